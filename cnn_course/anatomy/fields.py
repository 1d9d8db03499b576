"""Receptive fields: the algebra of `Axis`, and what layers do to fields, one rule for each way of doing it.

A field is followed exactly, along every axis of the input on its own. `Axis.fields` holds what the values at positions
0, 1, … of a feature map see; one entry is enough unless something was enlarged, since then neighbors see different
amounts and the pattern repeats only after some positions.
"""

import math
import string
from fractions import Fraction
from typing import NamedTuple

import keras

from cnn_course.arithmetic import padding_amounts

__all__ = ["Axis", "Call", "input_axes", "rule_name"]

CELLS = ("GRUCell", "LSTMCell", "SimpleRNNCell")  # whose outputs see all of their inputs
LONGEST = 10_000  # pixels along an axis up to which `Axis.seen` is kept
STATES = ("followed", "scattered", "unknown", "whole")  # of a sum, the state is the last of those of its terms


class Call(NamedTuple):
    """One application of a layer, with all that its rules look at.

    Attributes:
        operation: `keras.Operation` (each `keras.Layer` is one).
        input_shapes: list of tuples, with the batch axis.
        output_shapes: list of tuples, with the batch axis.
        fields: list, for each input a tuple of `Axis`, or None where no pixel takes part.
        arguments: dict, what `operation.call` is given, by name.
        batch: int, the number of images, which axis 0 of a tensor is a multiple of.
    """

    operation: keras.Operation
    input_shapes: list
    output_shapes: list
    fields: list
    arguments: dict
    batch: int

    @property
    def axes(self):
        """Fields of the first input, for rules that know what to do with one."""
        axes, *others = self.fields
        if any(others):
            raise NotImplementedError
        return axes


class Axis(NamedTuple):
    """What the values of one tensor see along one axis of the model's input.

    Attributes:
        fields: tuple of `(first, end)`, the pixels that the values at positions 0, 1, … see, `end` not included, and
            counted on where padding lies; None for a value that sees nothing. Position `len(fields)` sees what
            position 0 sees, `step` pixels further on.
        step: int, see `fields`.
        positions: frozenset of int, the axes of the tensor along which the field moves (0 is the batch).
        seen: tuple, as `fields`, but for each position that there is, without what lies in padding. None if a size is
            unknown or above `LONGEST`.
        input_size: int, length of the axis in pixels; None if unknown.
        state: str. `"followed"`: the field moves on by the same amount from position to position. `"scattered"`: known
            per value, but in an order that no window can slide along. `"whole"`: every value sees all that there is
            to see. `"unknown"`.
        anchored: bool, whether `fields` are right about where a field lies, not only about its size.
        spatial: bool, whether a window was slid along this axis.
        note: str, what a reader should know of the step just taken.
    """

    fields: tuple
    step: int
    positions: frozenset
    seen: tuple | None
    input_size: int | None
    state: str = "followed"
    anchored: bool = True
    spatial: bool = False
    note: str = ""

    def now(self, state):
        """The same axis in another state; the field of what is whole or unknown does not move."""
        return self._replace(state=state, positions=self.positions if state == "scattered" else frozenset())

    @property
    def size(self):
        """Pixels from the first to the last that one value sees."""
        return max((end - first for first, end in filter(None, self.fields)), default=0)

    @property
    def reach(self):
        """`(first, end)`, the pixels of the input that all values together see; None if unknown."""
        return self.seen and _hull(self.seen)

    @property
    def jump(self):
        """Pixels from the field of one value to that of the next."""
        jump = Fraction(self.step, len(self.fields))
        return int(jump) if jump.denominator == 1 else float(jump)

    def field(self, position):
        """`(first, end)` of any position, also of those that padding adds; None if it sees nothing."""
        times, at = divmod(position, len(self.fields))
        return self.fields[at] and tuple(edge + times * self.step for edge in self.fields[at])


def input_axes(shape):
    """Fields of the input itself: each value sees its own pixel.

    Args:
        shape: tuple of int or None, with the batch axis.

    Returns:
        tuple of `Axis`, one for each axis but the batch, the channels included.

    >>> [axis.fields for axis in input_axes((None, 28, 28, 1))]
    [((0, 1),), ((0, 1),), ((0, 1),)]
    """
    return tuple(
        Axis(((0, 1),), 1, frozenset([position]), _each_pixel(size), size)
        for position, size in enumerate(shape[1:], start=1)
    )


def _each_pixel(size):
    return None if size is None or size > LONGEST else tuple((pixel, pixel + 1) for pixel in range(size))


# What the rules ask about a call


def rule_name(operation):
    """Name of the class of Keras or the course whose `call` is run; `keras.ops` get a prefix; None for foreign code."""
    prefix = "" if isinstance(operation, keras.Layer) else "ops."
    for cls in type(operation).__mro__:
        if cls.__module__.split(".")[0] in ("keras", "cnn_course"):
            return prefix + cls.__name__
        if {"call", "__call__", "convolution_op"} & set(vars(cls)):
            return None
    return None


def cells_of(layer):
    """The cells that a recurrent layer runs at each step, in both directions."""
    layers = [layer.forward_layer, layer.backward_layer] if hasattr(layer, "forward_layer") else [layer]
    cells = [one.cell for one in layers if hasattr(one, "cell")]
    return [part for cell in cells for part in getattr(cell, "cells", [cell])]


def spatial_axes(call):
    """Axes of the first input that a window slides along."""
    rank = len(call.input_shapes[0])
    return range(2, rank) if channel_axis(call) == 1 else range(1, rank - 1)


def channel_axis(call):
    """Axis of the first input that holds the channels."""
    layout = getattr(call.operation, "data_format", None) or keras.config.image_data_format()
    return 1 if layout == "channels_first" else len(call.input_shapes[0]) - 1


def windows_of(call):
    """Size, stride and dilation of the window along each spatial axis; `ops.conv` finds sizes in its kernel."""
    operation, axes = call.operation, spatial_axes(call)
    sizes = getattr(operation, "kernel_size", None) or getattr(operation, "pool_size", None)
    if "kernel" in call.arguments:
        sizes = call.arguments["kernel"].shape[:-2]
    options = (sizes, operation.strides or sizes, getattr(operation, "dilation_rate", 1))
    return dict(zip(axes, zip(*(as_tuple(option, len(axes)) for option in options), strict=True), strict=True))


def as_tuple(value, length=1):
    """One number for all axes, or one for each, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * length


def einsum_letters(equation, ranks):
    """Letters of the operands and of the output, an ellipsis written out in letters that the equation has not.

    >>> einsum_letters("...A,AB->...B", [3, 2])
    (['abA', 'AB'], 'abB')
    """
    inputs, output = equation.replace(" ", "").split("->")
    words = inputs.split(",")
    hidden = [rank - len(word.replace("...", "")) for word, rank in zip(words, ranks, strict=True)]
    most = max(hidden)
    spare = "".join(letter for letter in string.ascii_letters if letter not in equation)[:most]
    written = [word.replace("...", spare[most - count :]) for word, count in zip(words, hidden, strict=True)]
    return written, output.replace("...", spare)


def products(call):
    """A matrix product of whatever kind: letters of its operands, of its output, and the operands but for weights."""
    operation, arguments = call.operation, call.arguments
    if hasattr(operation, "equation"):
        ranks = [len(call.input_shapes[0]), 0]  # a kernel has no ellipsis
        return *einsum_letters(operation.equation, ranks), [keras.KerasTensor(call.input_shapes[0])]
    operands = arguments["operands"] if "operands" in arguments else [arguments["x1"], arguments["x2"]]
    equation = getattr(operation, "subscripts", "...ik,...kj->...ij")
    return *einsum_letters(equation, [len(operand.shape) for operand in operands]), operands


# Steps that the rules are made of


def _hull(fields):
    fields = list(filter(None, fields))
    return (min(first for first, _ in fields), max(end for _, end in fields)) if fields else None


def _read(axis, output_size, reads, outputs=1, inputs=1, anchored=True):
    """What values see that read other values: the one at position `output` those at the positions `reads(output)`.

    `outputs` further positions read what lies `inputs` positions further: (1, 2) with strides of 2, (2, 1) where
    an image is enlarged by 2.

    >>> height, _ = input_axes((None, 7, 1))
    >>> pairs = _read(height, 3, lambda output: [2 * output, 2 * output + 1], outputs=1, inputs=2)
    >>> pairs.fields, pairs.step, pairs.reach
    (((0, 2),), 2, (0, 6))
    """
    repeats = len(axis.fields) // math.gcd(len(axis.fields), inputs)
    period, step = repeats * outputs, repeats * inputs * axis.step // len(axis.fields)
    fields = tuple(_hull(map(axis.field, reads(output))) for output in range(period))
    seen = None
    if axis.seen is not None and output_size is not None and output_size <= LONGEST:
        there = dict(enumerate(axis.seen))
        seen = tuple(_hull(map(there.get, reads(output))) for output in range(output_size))
    return axis._replace(fields=fields, step=step, seen=seen, anchored=axis.anchored and anchored)


def _along(call, over, window):
    """Read along the axes `over`; `window(position)` gives what `_read` is to be given."""

    def step(axis):
        if not axis.positions & set(over):
            return axis
        if axis.state != "followed" or len(axis.positions) > 1:
            return axis.now("unknown")
        (at,) = axis.positions
        axis = axis._replace(spatial=axis.spatial or at in spatial_axes(call))
        return _read(axis, call.output_shapes[0][at], *window(at))

    return tuple(map(step, call.axes))


def _cut(call, parts):
    """Begin at another position, and go on by another step, along the axes of a dict of `(start, step)`."""

    def window(at):
        start, step = parts[at]
        return lambda output: [start + step * output], 1, step

    return _along(call, parts, window)


def _turn(axes, positions, state):
    """Another state for each axis whose field moves along one of `positions` of the tensor."""
    return tuple(axis.now(state) if axis.positions & set(positions) else axis for axis in axes)


def _mix(axes, positions):
    """Values that draw on everything along `positions` of the tensor; what also moves elsewhere is lost."""
    over = set(positions)
    return tuple(
        axis.now("whole" if axis.positions <= over else "unknown") if axis.positions & over else axis for axis in axes
    )


def _move(axes, renumber):
    """Renumber the axes of the tensor; `renumber(position)` gives the set of new positions."""
    return tuple(axis._replace(positions=frozenset().union(*map(renumber, axis.positions))) for axis in axes)


def renumber(axes, by):
    """Fields of a tensor to which `by` axes are added behind the batch."""
    return _move(axes, lambda position: {position + by})


def _over(call, over):
    """Values that draw on everything along the axes `over`, which vanish where the output has fewer."""
    axes = _mix(call.axes, over)
    if len(call.output_shapes[0]) == len(call.input_shapes[0]):
        return axes
    return _move(axes, lambda position: {position - sum(one < position for one in over)})


def _combine(call, moves):
    """Union of the inputs, whose axes go where the dicts `moves` say; those that go nowhere are mixed.

    Along an axis of length 1 that is repeated nothing is known.
    """
    branches = []
    for axes, shape, places in zip(call.fields, call.input_shapes, moves, strict=True):
        if axes is not None:
            axes = _mix(axes, set(range(len(shape))) - set(places))
            repeated = [old for old, new in places.items() if shape[old] != call.output_shapes[0][new]]
            branches.append(_move(_turn(axes, repeated, "unknown"), lambda position, places=places: {places[position]}))
    return _union(branches)


def _union(branches):
    branches = list(filter(None, branches))
    return branches[0] if len(branches) == 1 else tuple(map(_union_along, zip(*branches, strict=False)))


def _union_along(axes):
    """What a value sees, along one axis of the input, that is made of one value of each of several tensors."""
    seen, jumps = [axis.seen for axis in axes], sorted({axis.jump for axis in axes})
    if len({len(one) for one in filter(None, seen)}) > 1:
        seen = [one and (_hull(one),) for one in seen]
    widest = max(axes, key=lambda axis: axis.size)._replace(
        state=max((axis.state for axis in axes), key=STATES.index),
        seen=tuple(map(_hull, zip(*seen, strict=True))) if all(seen) else None,
        anchored=all(axis.anchored for axis in axes) and len(jumps) == 1,
    )
    if widest.state in ("unknown", "whole") or len({axis.positions for axis in axes}) > 1:
        return widest.now("whole" if widest.state == "whole" else "unknown")
    if len(jumps) > 1:
        return widest._replace(note=f"merges jumps of {' and '.join(map(_pixels, jumps))}")
    if not widest.anchored:
        return widest
    period = math.lcm(*(len(axis.fields) for axis in axes))
    fields = [[axis.field(position) for position in range(period)] for axis in axes]
    centers = [Fraction(sum(map(sum, one)), 2 * period) for one in fields if all(one)]
    apart = max(centers) - min(centers) if centers else 0
    note = f"merges fields whose centers are {_pixels(apart)} apart" if apart else ""
    return widest._replace(
        fields=tuple(map(_hull, zip(*fields, strict=True))), step=round(jumps[0] * period), note=note
    )


def _pixels(number):
    return f"{float(number):g} pixel{'s' * (number != 1)}"


# The rules: each takes a `Call` and returns a tuple of `Axis`


def unknown(call):
    """Nothing is known of an output, except that it sees all if all that came in did."""
    inputs = list(filter(None, call.fields))
    all_seen = (all(axis.state == "whole" for axis in axes) for axes in zip(*inputs, strict=False))
    lost = _union([[axis.now("unknown") for axis in axes] for axes in inputs])
    return tuple(axis.now("whole") if whole else axis for axis, whole in zip(lost, all_seen, strict=True))


def same(call):
    """Each value from the one at its place; normalization of batches in training also from other images."""
    return unknown(call) if call.arguments.get("training") else call.fields[0]


def window(call):
    """Pooling: the window reads `pool_size` positions, `dilation_rate` apart."""
    windows, padding = windows_of(call), call.operation.padding

    def slide(at):
        (size, stride, rate), input_size = windows[at], call.input_shapes[0][at]
        before = rate * (size - 1)
        if padding != "causal":  # without a size: one that the strides divide
            before, _ = padding_amounts(input_size or stride, size, stride, padding, rate)
        anchored = input_size is not None or stride == 1 or padding != "same"
        return lambda output: [output * stride - before + rate * tap for tap in range(size)], 1, stride, anchored

    return _along(call, windows, slide)


def convolution(call):
    """A window that mixes the channels as well."""
    return _mix(window(call), [channel_axis(call)])


def transposed(call):
    """Transposed convolution: input `i` is written to `i * strides + tap`, less what the padding cuts off."""
    layer, windows = call.operation, windows_of(call)

    output_padding = dict(zip(windows, as_tuple(layer.output_padding, len(windows)), strict=True))

    def spread(at):
        size, stride, rate = windows[at]
        extent = rate * (size - 1) + 1
        extra = stride if layer.output_padding is None else extent % 2 + output_padding[at]
        crop = max(extent - extra, 0) // 2 if layer.padding == "same" else 0

        def read(output):
            places = [output + crop - rate * tap for tap in range(size)]
            return [place // stride for place in places if place % stride == 0]

        return read, stride

    return _mix(_along(call, windows, spread), [channel_axis(call)])


def enlarge(call):
    """`UpSampling`: values are repeated, or interpolated between the two nearest."""
    interpolation = getattr(call.operation, "interpolation", "nearest")
    over = spatial_axes(call)
    sizes = dict(zip(over, as_tuple(call.operation.size, len(over)), strict=True))
    if interpolation not in ("nearest", "bilinear"):
        return _turn(call.axes, over, "unknown")

    def repeat(at):
        def read(output):
            place = Fraction(2 * output + 1 - sizes[at], 2 * sizes[at])  # pixel centers at halves
            return [math.floor(place), math.ceil(place)] if interpolation == "bilinear" else [output // sizes[at]]

        return read, sizes[at]

    return _along(call, over, repeat)


def shift(call):
    """Zero padding and cropping of layers move the first position."""
    layer = call.operation
    amounts, sign = (layer.cropping, 1) if hasattr(layer, "cropping") else (layer.padding, -1)
    firsts = [amounts[0]] if isinstance(amounts[0], int) else [first for first, _ in amounts]
    return _cut(call, {at: (sign * first, 1) for at, first in zip(spatial_axes(call), firsts, strict=True)})


def pad(call):
    """`ops.pad` with a constant; a mirrored border is read in reverse."""
    amounts = list(call.operation.pad_width)
    amounts = amounts * len(call.input_shapes[0]) if len(amounts) == 1 else amounts
    padded = {at: (-before, 1) for at, (before, after) in enumerate(amounts) if before or after}
    return _cut(call, padded) if call.operation.mode == "constant" else _turn(call.axes, padded, "unknown")


def flip(call):
    """`ops.flip`: the last comes first."""
    shape = call.input_shapes[0]
    return _cut(call, {at % len(shape): (shape[at] - 1, -1) for at in as_tuple(call.operation.axis)})


def split(call):
    """Pieces of a tensor; nothing is known of those cut from an axis along which the field moves."""
    return _turn(call.axes, [call.operation.axis % len(call.input_shapes[0])], "unknown")


def take(call):
    """`x[key]` with slices and `...`."""
    shape, key = call.input_shapes[0], call.arguments["key"]
    key = list(key) if isinstance(key, (tuple, list)) else [key]
    if {type(one) for one in key} - {slice, type(...)}:
        return unknown(call)  # numbers, new axes, arrays of places
    at = key.index(...) if ... in key else len(key)
    key[at : at + 1] = [slice(None)] * (len(shape) - len(key) + (... in key))
    parts = {at: range(shape[at])[one] for at, one in enumerate(key) if one != slice(None)}
    return _cut(call, {at: (part.start, part.step) for at, part in parts.items()})


def merge(call):
    """Element by element, with broadcasting: the union of what the inputs see."""
    rank = len(call.output_shapes[0])
    moves = [dict(enumerate(range(rank - len(shape), rank))) for shape in call.input_shapes]
    return _combine(call, moves)


def contract(call):
    """Products in the sense of Einstein: the letters that vanish are mixed."""
    words, output, operands = products(call)
    traced = [word for word, one in zip(words, operands, strict=False) if isinstance(one, keras.KerasTensor)]
    moves = [{at: output.index(letter) for at, letter in enumerate(word) if letter in output} for word in traced]
    return _combine(call, moves)


def concatenate(call):
    """One after the other along an axis; where fields move along it, they do so piece by piece."""
    return _turn(_union(call.fields), [call.operation.axis % len(call.output_shapes[0])], "scattered")


def stack(call):
    """One behind the other along a new axis."""
    new = call.operation.axis % len(call.output_shapes[0])
    return _move(_union(call.fields), lambda position: {position + (position >= new)})


def reduce(call):
    """Means, maxima, normalization and their like: over some axes of the same image."""
    operation, rank = call.operation, len(call.input_shapes[0])
    axis = operation.axis if hasattr(operation, "axis") else operation.axes
    over = {0} if axis is None else {one % rank for one in as_tuple(axis)}
    return unknown(call) if 0 in over else _over(call, over)


def normalize_groups(call):
    """Statistics over everything but the groups of channels."""
    rank = len(call.input_shapes[0])
    return _over(call, set(range(1, rank)) - {call.operation.axis % rank})


def dense(call):
    """The last axis is mixed."""
    return _over(call, [len(call.input_shapes[0]) - 1])


def pool_globally(call):
    """Global pooling, which adaptive pooling to one value is, too; a mask sees no more than its values."""
    over, shape = spatial_axes(call), call.output_shapes[0]
    if len(shape) == len(call.input_shapes[0]) and any(shape[axis] != 1 for axis in over):
        return _turn(call.axes, over, "unknown")  # windows of different sizes
    return _over(call._replace(fields=call.fields[:1]), over)


def attend(call):
    """Attention: a query sees itself and all values, or what a mask leaves of them, which is unknown."""
    (query, shape), *others = zip(call.fields, call.input_shapes, strict=True)
    if len(call.output_shapes) > 1 or not others:
        return unknown(call)
    settings = {**vars(call.operation), **call.arguments}
    of_layer = isinstance(call.operation, keras.Layer)
    masks = ("use_causal_mask", "attention_mask", "sliding_window") if of_layer else ("is_causal", "mask")
    masked = any(settings.get(mask) is not None and settings[mask] is not False for mask in masks)
    over = call.operation.get_config().get("attention_axes") if of_layer else None
    branches = [query and _mix(query, [len(shape) - 1])]
    for axes, shape in others:
        seen = [*over, len(shape) - 1] if over else range(1, len(shape))
        branches.append(axes and (_turn(axes, seen, "unknown") if masked else _mix(axes, seen)))
    return _union(branches)


def recur(call):
    """A recurrent layer: the last state sees all steps, those before it see what came before them.

    Masks and states that come with the steps are seen whole.
    """
    layer = call.operation
    if any(rule_name(cell) not in CELLS for cell in cells_of(layer)):
        return unknown(call)
    one_way = layer.return_sequences and not hasattr(layer, "forward_layer")
    branches = [_turn(axes, [1], "unknown") if one_way else axes for axes in call.fields if axes]
    return _union([_mix(axes, range(1, 9)) for axes in branches])


def permute(call):
    """Axes in another order, which a shape of different sizes shows; the images stay the first."""
    sizes = range(1, len(call.input_shapes[0]) + 1)
    order = call.operation.compute_output_spec(keras.KerasTensor(sizes)).shape
    return _move(call.axes, lambda position: {order.index(position + 1)}) if order[0] == 1 else unknown(call)


def reshape(call):
    """Flatten, Reshape, squeeze: an axis with the same values behind it stays; what the others hold is scattered."""
    old, new, rank = _sizes(call.input_shapes[0]), _sizes(call.output_shapes[0]), len(call.output_shapes[0])
    kept = {axis: new[sizes] for sizes, axis in old.items() if sizes in new}
    joined = set(range(rank)) - set(kept.values()) or set(range(1, rank))
    axes = _turn(call.axes, set(range(len(call.input_shapes[0]))) - set(kept), "scattered")
    return _move(axes, lambda position: {kept[position]} if position in kept else joined)


def _sizes(shape):
    """Axes longer than 1 by their length and the number of values from one step along them to the next.

    >>> _sizes((7, 4, 6, 1, 2))
    {(7, 48): 0, (4, 12): 1, (6, 2): 2, (2, 1): 4}
    """
    values = enumerate(shape) if all(shape) else ()  # nothing is kept of open sizes
    return {(size, math.prod(shape[axis + 1 :])): axis for axis, size in values if size != 1}
