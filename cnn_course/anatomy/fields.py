"""Receptive fields: the algebra of `Axis`, and what layers do to fields, one rule for each way of doing it.

A field is followed exactly, along every axis of the input on its own. `Axis.fields` holds what the values at positions
0, 1, … of a feature map see; one entry is enough unless something was enlarged, since then neighbors see different
amounts and the pattern repeats only after some positions.
"""

import math
import string
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import keras

from cnn_course.arithmetic import padding_amounts

__all__ = ["Axis", "Call", "input_axes", "rule_name"]

GATES = {"GRUCell": 3, "LSTMCell": 4, "SimpleRNNCell": 1}  # of the cells whose outputs see all of their inputs
LONGEST = 4096  # positions of an axis that are followed one by one; on longer ones only notes on the reach are lost


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


class Axis(NamedTuple):
    """What the values of one tensor see along one axis of the model's input.

    Attributes:
        state: str. `"followed"`: the field moves on by the same amount from position to position. `"scattered"`: known
            per value, but in an order that no window can slide along. `"whole"`: every value sees all that there is
            to see. `"unknown"`.
        fields: tuple of `(first, end)`, the pixels that the values at positions 0, 1, … see, `end` not included, and
            counted on where padding lies; None for a value that sees nothing. Position `len(fields)` sees what
            position 0 sees, `step` pixels further on.
        step: int, see `fields`.
        positions: frozenset of int, the axes of the tensor along which the field moves (0 is the batch).
        seen: tuple, as `fields`, but for each position that there is and without what lies in padding; in other states
            than `"followed"` only the union counts. None if a size is unknown or above `LONGEST`.
        input_size: int, length of the axis in pixels; None if unknown.
        anchored: bool, whether `fields` are right about where a field lies, not only about its size.
        spatial: bool, whether a window was slid along this axis or a global pooling took it in.
        note: str, what a reader should know of the step just taken.
    """

    state: str
    fields: tuple
    step: int
    positions: frozenset
    seen: tuple | None
    input_size: int | None
    anchored: bool = True
    spatial: bool = False
    note: str = ""

    def lost(self):
        """The same axis where nothing more is known of the fields."""
        return self._replace(state="unknown", positions=frozenset())

    def whole(self):
        """The same axis where every value sees what all values together saw."""
        return self._replace(state="whole", positions=frozenset(), seen=_together([self]))

    @property
    def size(self):
        """Pixels from the first to the last that one value sees."""
        return max((end - first for first, end in filter(None, self.fields)), default=0)

    @property
    def reach(self):
        """`(first, end)`, the pixels of the input that the values see together; None if unknown."""
        return self.seen and _hull(self.seen)

    @property
    def jump(self):
        """Pixels from the field of one value to that of the next, a `Fraction`."""
        return Fraction(self.step, len(self.fields))

    @property
    def center(self):
        """Center of the field at position 0 in pixels, the average over the pattern; the first pixel's is 0.5."""
        centers = [Fraction(sum(field), 2) - at * self.jump for at, field in enumerate(self.fields) if field]
        return sum(centers) / len(centers) if centers else None

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
        Axis("followed", ((0, 1),), 1, frozenset([position]), _own_pixels(size), size)
        for position, size in enumerate(shape[1:], start=1)
    )


def _own_pixels(size):
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
    """The cells that a recurrent layer runs at each step, one after the other."""
    cell = getattr(layer, "cell", None)
    return getattr(cell, "cells", [] if cell is None else [cell])


def channels_first(call):
    """Whether the channels come before the spatial axes."""
    layout = getattr(call.operation, "data_format", "channels_last") or keras.config.image_data_format()
    return layout == "channels_first"


def spatial_axes(call):
    """Axes of the first input that a window slides along."""
    rank = len(call.input_shapes[0])
    return range(2, rank) if channels_first(call) else range(1, rank - 1)


def spatial_sizes(call, shape):
    """Sizes along the spatial axes of `shape`, which has the rank of the first input."""
    return [shape[axis] for axis in spatial_axes(call)]


def channel_axis(call):
    """Axis of the first input that holds the channels."""
    return 1 if channels_first(call) else len(call.input_shapes[0]) - 1


def kernel_size_of(call):
    """Sizes of the window along the spatial axes; those of `ops.conv` stand in the kernel it is given."""
    operation = call.operation
    if "kernel" in call.arguments:
        return tuple(call.arguments["kernel"].shape[:-2])
    size = operation.kernel_size if hasattr(operation, "kernel_size") else operation.pool_size
    return as_tuple(size, len(spatial_axes(call)))


def as_tuple(value, length):
    """One number for all spatial axes, or one for each, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * length


def einsum_letters(equation, ranks):
    """Letters of the operands and of the output, an ellipsis written out in letters that the equation has not.

    >>> einsum_letters("...A,AB->...B", [3, 2])
    (['abA', 'AB'], 'abB')
    """
    operands, arrow, outputs = equation.replace(" ", "").partition("->")
    operands = operands.split(",")
    hidden = [rank - len(operand) + 3 if "..." in operand else 0 for operand, rank in zip(operands, ranks, strict=True)]
    most = max(hidden)
    ellipsis = [letter for letter in string.ascii_letters if letter not in equation][:most]
    written = [
        operand.replace("...", "".join(ellipsis[most - count :]))
        for operand, count in zip(operands, hidden, strict=True)
    ]
    if not arrow:  # then letters that stand once are kept, in the order of the alphabet
        together = "".join(operands)
        outputs = "..." + "".join(sorted(letter for letter in set(together) - {"."} if together.count(letter) == 1))
    return written, outputs.replace("...", "".join(ellipsis))


def products(call):
    """`(equation, operands)` of a matrix product, of whatever kind."""
    operation, arguments = call.operation, call.arguments
    if hasattr(operation, "subscripts"):
        return operation.subscripts, arguments["operands"]
    if hasattr(operation, "equation"):
        return operation.equation, [arguments["inputs"], None]  # the kernel has no fields, and no ellipsis
    if hasattr(operation, "axes"):
        return _dot_equation(operation.axes, *arguments["inputs"]), arguments["inputs"]
    operands = [arguments["x1"], arguments["x2"]]
    ranks = [len(operand.shape) for operand in operands]
    left, right = "k" if ranks[0] == 1 else "...ik", "k" if ranks[1] == 1 else "...kj"
    return f"{left},{right}->{'...' * (max(ranks) > 1)}{'i' * (ranks[0] > 1)}{'j' * (ranks[1] > 1)}", operands


def _dot_equation(axes, left, right):
    """Equation of the layer `Dot`, for each image on its own."""
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second = first % len(left.shape), second % len(right.shape)
    letters = list("abcdefgh"[: len(left.shape)])
    others = list("astuvwxy"[: len(right.shape)])
    others[second] = letters[first]
    kept = [letter for letter in letters + others[1:] if letter != letters[first]]
    return f"{''.join(letters)},{''.join(others)}->{''.join(kept)}"


# Steps that the rules are made of


def _hull(fields):
    fields = list(filter(None, fields))
    return (min(first for first, _ in fields), max(end for _, end in fields)) if fields else None


def _read(axis, reads, outputs, inputs, output_size, anchored=True):
    """What values see that read other values: the one at position `output` those at the positions `reads(output)`.

    `outputs` further positions read what lies `inputs` positions further: (1, 2) with strides of 2, (2, 1) where
    an image is enlarged by 2.

    >>> height, _ = input_axes((None, 6, 1))
    >>> pairs = _read(height, lambda output: [2 * output, 2 * output + 1], outputs=1, inputs=2, output_size=3)
    >>> pairs.fields, pairs.step, pairs.seen
    (((0, 2),), 2, ((0, 2), (2, 4), (4, 6)))
    """
    repeats = len(axis.fields) // math.gcd(len(axis.fields), inputs)
    period, step = repeats * outputs, repeats * inputs * axis.step // len(axis.fields)
    fields = tuple(_hull(map(axis.field, reads(output))) for output in range(period))
    seen = None
    if axis.seen is not None and output_size is not None and output_size <= LONGEST:
        there = dict(enumerate(axis.seen))
        seen = tuple(_hull(map(there.get, reads(output))) for output in range(output_size))
    return axis._replace(fields=fields, step=step, seen=seen, anchored=axis.anchored and anchored)


def _shifted(axis, start, size, step=1):
    """Positions `start`, `start + step`, … of an axis, `size` of them."""
    return _read(axis, lambda output: [start + step * output], outputs=1, inputs=step, output_size=size)


def _together(axes):
    """What the values of several tensors see, as one entry."""
    reached = [axis.reach for axis in axes]
    return (_hull(reached),) if all(reached) else None


def _each(axes, positions, step):
    """Apply `step(axis, position)` to each axis whose field moves along one of `positions` of the tensor."""
    result = []
    for axis in axes:
        if axis.positions & set(positions):
            simple = axis.state == "followed" and len(axis.positions) == 1
            axis = step(axis, *axis.positions) if simple else axis.lost()
        result.append(axis)
    return tuple(result)


def _along(call, step):
    """Apply `step(axis, index)` to each axis that lies along the spatial axis number `index`."""
    spatial = list(spatial_axes(call))
    axes = [axis._replace(spatial=axis.spatial or bool(axis.positions & set(spatial))) for axis in call.fields[0]]
    return _each(axes, spatial, lambda axis, position: step(axis, spatial.index(position)))


def _mix(axes, positions, spatial=False):
    """Values that draw on everything along `positions` of the tensor."""
    mixed = []
    for axis in axes:
        if axis.positions and axis.positions <= set(positions):
            axis = axis._replace(spatial=axis.spatial or spatial).whole()
        mixed.append(_forget(axis, positions))
    return tuple(mixed)


def _forget(axis, positions):
    return axis.lost() if axis.positions & set(positions) else axis


def _move(axes, renumber):
    """Renumber the axes of the tensor; `renumber(position)` gives the set of new positions."""
    return tuple(axis._replace(positions=frozenset().union(*map(renumber, axis.positions))) for axis in axes)


def _moved_and_repeated(axes, moves, shape, output_shape):
    """Renumber by the dict `moves`; along an axis of length 1 that is repeated nothing is known."""
    repeated = {old for old, new in moves.items() if shape[old] != output_shape[new]}
    return _move([_forget(axis, repeated) for axis in axes], lambda position: {moves[position]})


# The rules: each takes a `Call` and returns a tuple of `Axis`


def unknown(call):
    """Nothing is known of an output, except that it sees all if all that came in did."""
    together = zip(*filter(None, call.fields), strict=False)
    return tuple(
        axes[0]._replace(
            state="whole" if all(axis.state == "whole" for axis in axes) else "unknown",
            spatial=any(axis.spatial for axis in axes),
            seen=_together(axes),
            positions=frozenset(),
        )
        for axes in together
    )


def same(call):
    """Each value from the one at its place."""
    return call.fields[0]


def window(call):
    """Convolution and pooling: the kernel reads `kernel_size` positions, `dilation_rate` apart."""
    layer, count = call.operation, len(spatial_axes(call))
    kernel_size = kernel_size_of(call)
    strides = as_tuple(layer.strides or kernel_size, count)
    rates = as_tuple(getattr(layer, "dilation_rate", 1), count)
    sizes = spatial_sizes(call, call.input_shapes[0])
    output_sizes = spatial_sizes(call, call.output_shapes[0])

    def slide(axis, index):
        kernel, stride, rate, size = kernel_size[index], strides[index], rates[index], sizes[index]
        before = rate * (kernel - 1)
        if layer.padding != "causal":  # without a size: one that the strides divide
            before, _ = padding_amounts(size or stride, kernel, stride, layer.padding, rate)
        return _read(
            axis,
            lambda output: (output * stride - before + rate * tap for tap in range(kernel)),
            outputs=1,
            inputs=stride,
            output_size=output_sizes[index],
            anchored=size is not None or stride == 1 or layer.padding != "same",
        )

    return _along(call, slide)


def convolution(call):
    """A window that mixes the channels as well."""
    return _mix(window(call), [channel_axis(call)])


def transposed(call):
    """Transposed convolution: input `i` is written to `i * strides + tap`, less what the padding cuts off."""
    layer, kernel_size = call.operation, kernel_size_of(call)
    strides, rates = as_tuple(layer.strides, len(kernel_size)), as_tuple(layer.dilation_rate, len(kernel_size))
    output_sizes = spatial_sizes(call, call.output_shapes[0])

    def spread(axis, index):
        kernel, stride, rate = kernel_size[index], strides[index], rates[index]
        extent = rate * (kernel - 1) + 1
        extra = (
            stride
            if layer.output_padding is None
            else extent % 2 + as_tuple(layer.output_padding, len(kernel_size))[index]
        )
        crop = max(extent - extra, 0) // 2 if layer.padding == "same" else 0

        def read(output):
            places = (output + crop - rate * tap for tap in range(kernel))
            return [place // stride for place in places if place % stride == 0]

        return _read(axis, read, outputs=stride, inputs=1, output_size=output_sizes[index])

    return _mix(_along(call, spread), [channel_axis(call)])


def enlarge(call):
    """`UpSampling`: values are repeated, or interpolated between the two nearest."""
    layer, count = call.operation, len(spatial_axes(call))
    output_sizes = spatial_sizes(call, call.output_shapes[0])
    interpolation = getattr(layer, "interpolation", "nearest")
    if interpolation not in ("nearest", "bilinear"):
        return _along(call, lambda axis, _: axis.lost())

    def repeat(axis, index):
        size = as_tuple(layer.size, count)[index]

        def read(output):
            if interpolation == "nearest":
                return [output // size]
            place = Fraction(2 * output + 1 - size, 2 * size)  # pixel centers at halves
            return {math.floor(place), math.ceil(place)}

        return _read(axis, read, outputs=size, inputs=1, output_size=output_sizes[index])

    return _along(call, repeat)


def shift(call):
    """Zero padding and cropping of layers move the first position."""
    layer, count = call.operation, len(spatial_axes(call))
    padded = hasattr(layer, "padding")
    amounts = layer.padding if padded else layer.cropping
    amounts = [amounts] if count == 1 and not isinstance(amounts[0], (tuple, list)) else amounts
    output_sizes = spatial_sizes(call, call.output_shapes[0])
    sign = -1 if padded else 1
    return _along(call, lambda axis, index: _shifted(axis, sign * amounts[index][0], output_sizes[index]))


def pad(call):
    """`ops.pad` with a constant; a mirrored border is read in reverse."""
    shape, amounts = call.output_shapes[0], call.operation.pad_width
    amounts = list(amounts) * len(shape) if len(amounts) == 1 else amounts
    padded = [position for position in range(len(shape)) if any(amounts[position])]
    if call.operation.mode != "constant":
        return tuple(_forget(axis, padded) for axis in call.fields[0])
    return _each(call.fields[0], padded, lambda axis, at: _shifted(axis, -amounts[at][0], shape[at]))


def flip(call):
    """`ops.flip`: the last comes first."""
    shape, axis = call.input_shapes[0], call.operation.axis
    over = range(len(shape)) if axis is None else [one % len(shape) for one in as_tuple(axis, 1)]
    return _each(call.fields[0], over, lambda axis, at: _shifted(axis, shape[at] - 1, shape[at], step=-1))


def split(call):
    """Pieces of a tensor; nothing is known of those cut from an axis along which the field moves."""
    over = call.operation.axis % len(call.input_shapes[0])
    return tuple(_forget(axis, [over]) for axis in call.fields[0])


def take(call):
    """`x[key]` with slices, numbers, `...` and `None`."""
    shape, key = list(call.input_shapes[0]), call.arguments["key"]
    key = list(key) if isinstance(key, (tuple, list)) else [key]
    if any(not (one is None or one is ... or type(one) in (int, slice)) for one in key):
        return unknown(call)  # an array of places
    rest = len(shape) - sum(one is not None and one is not ... for one in key)
    at = next((index for index, one in enumerate(key) if one is ...), len(key))
    key[at : at + 1] = [slice(None)] * rest
    axes, moves, old, new = call.fields[0], {}, 0, 0
    for one in key:
        if one is None:
            new += 1
            continue
        if isinstance(one, slice):
            if one != slice(None):
                start, stop, step = one.indices(shape[old])
                size = len(range(start, stop, step))
                axes = _each(axes, [old], partial(_piece, start=start, size=size, step=step))
            moves[old], new = {new}, new + 1
        else:
            axes, moves[old] = _each(axes, [old], partial(_piece, start=one % shape[old], size=1)), set()
            axes = tuple(axis._replace(state="scattered") if axis.positions == {old} else axis for axis in axes)
        old += 1
    return _move(axes, moves.get)


def _piece(axis, _, start, size, step=1):
    return _shifted(axis, start, size, step)


def cut(call):
    """`ops.slice`: a box of the tensor."""
    shape = call.output_shapes[0]
    starts = [int(start) for start in call.arguments["start_indices"]]
    cut_axes = [at for at in range(len(shape)) if shape[at] != call.input_shapes[0][at]]
    return _each(call.fields[0], cut_axes, lambda axis, at: _shifted(axis, starts[at], shape[at]))


def merge(call):
    """Element by element, with broadcasting: the union of what the inputs see."""
    output_shape, branches = call.output_shapes[0], []
    for axes, shape in zip(call.fields, call.input_shapes, strict=True):
        if axes is not None:
            moves = {position: position + len(output_shape) - len(shape) for position in range(len(shape))}
            branches.append(_moved_and_repeated(axes, moves, shape, output_shape))
    return _union(branches)


def concatenate(call):
    """One after the other along an axis; where fields move along it, they do so piece by piece."""
    return _scatter(_union(filter(None, call.fields)), call.operation.axis % len(call.output_shapes[0]))


def stack(call):
    """One behind the other along a new axis."""
    new = call.operation.axis % len(call.output_shapes[0])
    return _move(_union(filter(None, call.fields)), lambda position: {position + (position >= new)})


def _scatter(axes, position):
    return tuple(
        one._replace(state="scattered") if one.state == "followed" and position in one.positions else one
        for one in axes
    )


def _union(branches):
    return tuple(map(_union_along, zip(*branches, strict=False)))


def _union_along(axes):
    """What a value sees, along one axis of the input, that is made of one value of each of several tensors."""
    widest = max(axes, key=lambda axis: axis.size)._replace(
        seen=_together(axes),
        spatial=any(axis.spatial for axis in axes),
        anchored=all(axis.anchored for axis in axes),
    )
    states = {axis.state for axis in axes}
    if "whole" in states:
        return widest._replace(state="whole", positions=frozenset())
    if "unknown" in states or len({axis.positions for axis in axes}) > 1:
        return widest.lost()
    if "scattered" in states:
        widest = widest._replace(state="scattered")
    elif widest.seen and len({len(axis.seen) for axis in axes}) == 1:  # else concatenated along this axis
        widest = widest._replace(seen=tuple(map(_hull, zip(*(axis.seen for axis in axes), strict=True))))
    return _aligned(widest, axes)


def _aligned(widest, axes):
    """The union position by position; a note where the branches do not look at the same place."""
    jumps = sorted({axis.jump for axis in axes})
    if len(jumps) > 1:
        return widest._replace(anchored=False, note=f"merges jumps of {' and '.join(map(_pixels, jumps))}")
    if not widest.anchored:
        return widest
    period = math.lcm(*(len(axis.fields) for axis in axes))
    fields = tuple(_hull(axis.field(position) for axis in axes) for position in range(period))
    centers = [axis.center for axis in axes if axis.center is not None]
    apart = max(centers) - min(centers) if centers else 0
    note = f"merges fields whose centers are {_pixels(apart)} apart" if apart else ""
    return widest._replace(fields=fields, step=int(jumps[0] * period), note=note)


def _pixels(number):
    return f"{float(number):g} pixel{'s' * (number != 1)}"


def normalize(call):
    """Normalization by statistics of the same image: values see all that the statistics are taken over."""
    return _mix(call.fields[0], [axis % len(call.input_shapes[0]) for axis in as_tuple(call.operation.axis, 1)])


def normalize_groups(call):
    """Statistics over everything but the groups of channels."""
    rank = len(call.input_shapes[0])
    return _mix(call.fields[0], set(range(1, rank)) - {call.operation.axis % rank})


def normalize_batch(call):
    """As for an element at inference; with `training=True` over the images, and over every axis but the channels."""
    return unknown(call) if call.arguments.get("training") else call.fields[0]


def softmax(call):
    """A sum over one or several axes takes part; without an axis also over the other images."""
    return unknown(call) if call.operation.axis is None else normalize(call)


def dense(call):
    """The last axis is mixed."""
    return mix_last(call.fields[0], len(call.input_shapes[0]))


def mix_last(axes, rank):
    """Fields behind an activation that sums over the last axis, wherever the channels are."""
    return _mix(axes, [rank - 1])


def contract(call):
    """Products in the sense of Einstein: the letters that vanish are mixed."""
    equation, operands = products(call)
    words, outputs = einsum_letters(equation, [len(getattr(operand, "shape", ())) for operand in operands])
    fields, branches = iter(call.fields), []
    for operand, word in zip(operands, words, strict=True):
        axes = next(fields) if isinstance(operand, keras.KerasTensor) else None
        if axes is not None:
            axes = _mix(axes, [at for at, letter in enumerate(word) if letter not in outputs])
            moves = {at: outputs.index(letter) for at, letter in enumerate(word) if letter in outputs}
            branches.append(_moved_and_repeated(axes, moves, operand.shape, call.output_shapes[0]))
    return _union(branches)


def attend(call):
    """Attention: a query sees itself and all values; only those before it with a causal mask."""
    query, *others = zip(call.fields, call.input_shapes, strict=True)
    if len(call.output_shapes) > 1:
        return unknown(call)
    over = getattr(call.operation, "get_config", dict)().get("attention_axes")
    branches = [query[0] and _mix(query[0], [len(query[1]) - 1])]
    causal = call.arguments.get("use_causal_mask") or getattr(call.operation, "is_causal", False)
    for axes, shape in others if len(others) else [query]:
        mixed = [*over, len(shape) - 1] if over else range(1, len(shape))
        if axes is not None:
            branches.append(tuple(_forget(axis, mixed) for axis in axes) if causal else _mix(axes, mixed))
    return _union(filter(None, branches))


def reduce(call):
    """Mean, maximum and their like over some axes."""
    operation, rank = call.operation, len(call.input_shapes[0])
    axis = operation.axis if hasattr(operation, "axis") else operation.axes
    if axis is None:
        return unknown(call)
    over = {one % rank for one in as_tuple(axis, 1)}
    if 0 in over:
        return unknown(call)
    axes = _mix(call.fields[0], over)
    if getattr(operation, "keepdims", False):
        return axes
    return _move(axes, lambda position: {position - sum(one < position for one in over)})


def pool_globally(call):
    """Global pooling; a mask that comes with the values sees no more than they do."""
    over = set(spatial_axes(call))
    axes = _union([_mix(axes, over, spatial=True) for axes in filter(None, call.fields)])
    if call.operation.keepdims:
        return axes
    return _move(axes, lambda position: {position - sum(one < position for one in over)})


def adapt(call):
    """Adaptive pooling to one value is global pooling; other windows differ in size."""
    if all(size == 1 for size in spatial_sizes(call, call.output_shapes[0])):
        return _mix(call.fields[0], spatial_axes(call), spatial=True)
    return _along(call, lambda axis, _: axis.lost())


def recur(call):
    """A recurrent layer: the last state sees all steps, those before it see what came before them.

    Masks and states that come with the steps are seen whole.
    """
    layer = getattr(call.operation, "forward_layer", call.operation)
    if any(rule_name(cell) not in GATES for cell in cells_of(layer)):
        return unknown(call)
    branches = [list(axes) for axes in call.fields if axes is not None]
    if layer.return_sequences and layer is call.operation:
        branches = [[_forget(axis, [1]) for axis in axes] for axes in branches]
    return _union([_mix(axes, range(1, 9)) for axes in branches])


def recur_convolution(call):
    """Convolutional recurrence: each step reads a window of the one before it, so that fields grow with time."""
    return tuple(axis if axis.state == "whole" else axis.lost()._replace(spatial=True) for axis in call.fields[0])


def permute(call):
    """Axes in another order; the images stay the first."""
    operation, rank = call.operation, len(call.input_shapes[0])
    if hasattr(operation, "dims"):
        order = [0, *operation.dims]
    elif hasattr(operation, "source"):
        order = _moved_axes(operation, rank)
    elif hasattr(operation, "axis1"):
        order = list(range(rank))
        one, other = operation.axis1 % rank, operation.axis2 % rank
        order[one], order[other] = other, one
    else:
        order = [axis % rank for axis in operation.axes or range(-1, -rank - 1, -1)]
    return _move(call.fields[0], lambda position: {order.index(position)}) if order[0] == 0 else unknown(call)


def _moved_axes(operation, rank):
    """Order of the axes behind `ops.moveaxis`."""
    sources = [axis % rank for axis in as_tuple(operation.source, 1)]
    destinations = [axis % rank for axis in as_tuple(operation.destination, 1)]
    order = [axis for axis in range(rank) if axis not in sources]
    for destination, source in sorted(zip(destinations, sources, strict=True)):
        order.insert(destination, source)
    return order


def repeat_vector(call):
    """A new axis of time before the features."""
    return _move(call.fields[0], lambda position: {position + 1})


def reshape(call):
    """Flatten, Reshape, squeeze: an axis stays in order where it is neither joined with others nor cut."""
    shape, new_shape = call.input_shapes[0], call.output_shapes[0]
    new_positions, kept = {}, set()
    for olds, news in _groups(shape, new_shape):
        new_positions |= {old: set(news) for old in olds}
        long = [old for old in olds if shape[old] != 1]
        long_news = [new for new in news if new_shape[new] != 1]
        if len(long) == len(long_news) == 1:
            new_positions[long[0]] = set(long_news)
            kept.update(long)
    moved = _move(call.fields[0], lambda position: new_positions.get(position, {position}))
    return tuple(
        new._replace(state="scattered") if new.state == "followed" and not old.positions <= kept else new
        for old, new in zip(call.fields[0], moved, strict=True)
    )


def _groups(shape, new_shape):
    """Axes before and after that hold the same number of values, from left to right.

    >>> _groups((7, 4, 6, 2), (7, 24, 2))  # rows and columns become one axis
    [([0], [0]), ([1, 2], [1]), ([3], [2])]
    >>> _groups((7, 5, 8, 8), (35, 8, 8))  # five images that stand for themselves
    [([0, 1], [0]), ([2], [1]), ([3], [2])]
    """
    olds, news = list(range(len(shape))), list(range(len(new_shape)))
    if None in shape or None in new_shape or 0 in shape:
        return [([0], [0]), (olds[1:], news[1:])]
    groups = []
    while olds or news:
        before, after = olds[:1], news[:1]
        del olds[:1], news[:1]
        while (values := math.prod(shape[axis] for axis in before)) != (
            wanted := math.prod(new_shape[axis] for axis in after)
        ):
            side, rest = (before, olds) if values < wanted else (after, news)
            side.append(rest.pop(0))
        groups.append((before, after))
    return groups


def distributed(call):
    """The call inside `TimeDistributed`: each step of time is an image of its own."""
    return call._replace(
        operation=call.operation.layer,
        input_shapes=[folded(call.input_shapes[0])],
        output_shapes=[folded(call.output_shapes[0])],
        fields=[call.fields[0] and renumber(call.fields[0], -1)],
        arguments={},
    )


def folded(shape):
    """Shape with time folded into the batch."""
    return (None if None in shape[:2] else shape[0] * shape[1], *shape[2:])


def renumber(axes, by):
    """Fields of a tensor to which `by` axes are added behind the batch."""
    return _move(axes, lambda position: {position + by})
