"""The rules behind `anatomy`: what a layer of each kind does to receptive fields, and how often it multiplies.

A field is followed exactly, along every axis of the input on its own. `Axis.fields` holds what the values at positions
0, 1, … of a feature map see; one entry is enough unless something was enlarged, since then neighbors see different
amounts and the pattern repeats only after some positions.
"""

import math
import re
from fractions import Fraction
from typing import NamedTuple

import keras

from cnn_course.arithmetic import padding_amounts

__all__ = ["Axis", "Call", "count_macs", "follow_fields", "input_axes"]

LONGEST = 4096  # positions of an axis that are followed one by one; on longer ones only notes on the reach are lost


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
    """

    state: str
    fields: tuple
    step: int
    positions: frozenset
    seen: tuple | None
    input_size: int | None
    anchored: bool = True
    spatial: bool = False

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


class Call(NamedTuple):
    """One application of a layer or operation.

    Attributes:
        operation: `keras.Operation` (each `keras.Layer` is one).
        input_shapes: list of tuples, with the batch axis.
        output_shapes: list of tuples, with the batch axis.
        fields: list, for each input a tuple of `Axis`, or None where no pixel takes part.
    """

    operation: keras.Operation
    input_shapes: list
    output_shapes: list
    fields: list


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


def follow_fields(call):
    """Fields of the values that a layer puts out.

    Args:
        call: `Call`.

    Returns:
        `(axes, note)`: a tuple of `Axis`, or None if no pixel takes part; and str, what a reader should know.

    Source:
        Araujo, Norris & Sim (2019), Computing Receptive Fields of CNNs, Distill.
    """
    if not any(call.fields):
        return None, ""
    rule = FIELD_RULES.get(_rule_name(call.operation))
    if rule is None or (len(call.fields) > 1 and rule not in (_merge, _concatenate)):
        return _unknown(call), ""
    result = rule(call)
    return result if rule in (_merge, _concatenate, _normalize) else (result, "")


def count_macs(call):
    """Multiply-accumulates of convolutions and dense-like products for one image.

    Args:
        call: `Call`.

    Returns:
        int, or None if unknown.

    Source:
        Sze, Chen, Yang & Emer (2017), arXiv:1703.09039, section II.
    """
    name = _rule_name(call.operation)
    if name not in MAC_RULES:
        return 0 if name in FIELD_RULES or name in WITHOUT_PRODUCTS else None
    try:
        return MAC_RULES[name](call)
    except TypeError:  # a size is None
        return None


def _rule_name(operation):
    """Name of the class of Keras or the course whose `call` is run; `keras.ops` get a prefix; None for foreign code."""
    prefix = "" if isinstance(operation, keras.Layer) else "ops."
    for cls in type(operation).__mro__:
        if cls.__module__.split(".")[0] in ("keras", "cnn_course"):
            return prefix + cls.__name__
        if {"call", "__call__", "convolution_op"} & set(vars(cls)):
            return None
    return None


# Shapes


def _channels_first(call):
    layout = getattr(call.operation, "data_format", "channels_last") or keras.config.image_data_format()
    return layout == "channels_first"


def _spatial(call):
    """Axes of the first input that a window slides along."""
    rank = len(call.input_shapes[0])
    return range(2, rank) if _channels_first(call) else range(1, rank - 1)


def _channels(call):
    return 1 if _channels_first(call) else len(call.input_shapes[0]) - 1


def _sizes(shape, positions):
    return [shape[position] for position in positions]


def _tuple(value, length):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * length


# Steps that the rules of fields are made of


def _hull(fields):
    fields = list(filter(None, fields))
    return (min(first for first, _ in fields), max(end for _, end in fields)) if fields else None


def _read(axis, positions_read, outputs, inputs, output_size, anchored=True):
    """Fields of values that read the positions `positions_read(output)`, and `inputs` further `outputs` later."""
    repeats = len(axis.fields) // math.gcd(len(axis.fields), inputs)
    period, step = repeats * outputs, repeats * inputs * axis.step // len(axis.fields)
    fields = tuple(_hull(map(axis.field, positions_read(output))) for output in range(period))
    seen = None
    if axis.seen is not None and output_size is not None and output_size <= LONGEST:
        there = dict(enumerate(axis.seen))
        seen = tuple(_hull(map(there.get, positions_read(output))) for output in range(output_size))
    return axis._replace(fields=fields, step=step, seen=seen, anchored=axis.anchored and anchored)


def _together(axes):
    """What the values of several tensors see, as one entry."""
    reached = [axis.reach for axis in axes]
    return (_hull(reached),) if all(reached) else None


def _along(call, step):
    """Apply `step(axis, index)` to each axis that lies along the spatial axis number `index`."""
    spatial = list(_spatial(call))
    result = []
    for axis in call.fields[0]:
        if axis.state in ("followed", "scattered") and axis.positions & set(spatial):
            (position, *others) = axis.positions
            axis = axis._replace(spatial=True)
            if others or axis.state == "scattered":
                axis = axis._replace(state="unknown")
            else:
                axis = step(axis, spatial.index(position))
        result.append(axis)
    return tuple(result)


def _mix(axes, positions, spatial=False):
    """Values that draw on everything along `positions` of the tensor."""
    mixed = []
    for axis in axes:
        if axis.state in ("followed", "scattered") and axis.positions <= set(positions):
            spatial_now = axis.spatial or spatial
            axis = axis._replace(state="whole", positions=frozenset(), seen=_together([axis]), spatial=spatial_now)
        elif axis.positions & set(positions):
            axis = axis._replace(state="unknown")
        mixed.append(axis)
    return tuple(mixed)


def _move(axes, renumber):
    """Renumber the axes of the tensor; `renumber(position)` gives the set of new positions."""
    return tuple(axis._replace(positions=frozenset().union(*map(renumber, axis.positions))) for axis in axes)


def _unknown(call):
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


# Rules of fields: each takes a `Call` and returns a tuple of `Axis`; a few add a note


def _window(call):
    """Convolution and pooling: the kernel reads `kernel_size` positions, `dilation_rate` apart."""
    layer, count = call.operation, len(_spatial(call))
    kernel_size = _tuple(layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size, count)
    strides = _tuple(layer.strides or kernel_size, count)
    rates = _tuple(getattr(layer, "dilation_rate", 1), count)
    sizes = _sizes(call.input_shapes[0], _spatial(call))
    output_sizes = _sizes(call.output_shapes[0], _spatial(call))

    def slide(axis, index):
        kernel, stride, rate, size = kernel_size[index], strides[index], rates[index], sizes[index]
        before = rate * (kernel - 1)
        if layer.padding != "causal":  # without a size: one that the strides divide
            before, _ = padding_amounts(size or stride, kernel, stride, layer.padding, rate)
        anchored = size is not None or stride == 1 or layer.padding != "same"
        return _read(
            axis,
            lambda output: (output * stride - before + rate * tap for tap in range(kernel)),
            outputs=1,
            inputs=stride,
            output_size=output_sizes[index],
            anchored=anchored,
        )

    axes = _along(call, slide)
    return _mix(axes, [_channels(call)]) if hasattr(layer, "filters") else axes


def _transposed(call):
    """Transposed convolution: input `i` is written to `i * strides + tap`, less what the padding cuts off."""
    layer = call.operation
    output_sizes = _sizes(call.output_shapes[0], _spatial(call))

    def spread(axis, index):
        kernel, stride, rate = layer.kernel_size[index], layer.strides[index], layer.dilation_rate[index]
        extent = rate * (kernel - 1) + 1
        extra = stride if layer.output_padding is None else extent % 2 + layer.output_padding[index]
        crop = max(extent - extra, 0) // 2 if layer.padding == "same" else 0

        def read(output):
            places = (output + crop - rate * tap for tap in range(kernel))
            return [place // stride for place in places if place % stride == 0]

        return _read(axis, read, outputs=stride, inputs=1, output_size=output_sizes[index])

    return _mix(_along(call, spread), [_channels(call)])


def _enlarge(call):
    """`UpSampling`: values are repeated, or interpolated between the two nearest."""
    layer, count = call.operation, len(_spatial(call))
    output_sizes = _sizes(call.output_shapes[0], _spatial(call))
    interpolation = getattr(layer, "interpolation", "nearest")
    if interpolation not in ("nearest", "bilinear"):
        return _along(call, lambda axis, _: axis._replace(state="unknown"))

    def repeat(axis, index):
        size = _tuple(layer.size, count)[index]

        def read(output):
            if interpolation == "nearest":
                return [output // size]
            place = Fraction(2 * output + 1 - size, 2 * size)  # pixel centers at halves
            return {math.floor(place), math.ceil(place)}

        return _read(axis, read, outputs=size, inputs=1, output_size=output_sizes[index])

    return _along(call, repeat)


def _shift(call):
    """Zero padding and cropping move the first position."""
    layer, count = call.operation, len(_spatial(call))
    padded = hasattr(layer, "padding")
    amounts = layer.padding if padded else layer.cropping
    amounts = [amounts] if count == 1 and not isinstance(amounts[0], (tuple, list)) else amounts
    output_sizes = _sizes(call.output_shapes[0], _spatial(call))

    def move(axis, index):
        before = amounts[index][0] if padded else -amounts[index][0]
        return _read(axis, lambda output: [output - before], 1, 1, output_sizes[index])

    return _along(call, move)


def _merge(call):
    """Element by element, with broadcasting: the union of what the inputs see."""
    rank = len(call.output_shapes[0])
    branches = []
    for axes, shape in zip(call.fields, call.input_shapes, strict=True):
        if axes is not None:
            added = rank - len(shape)
            repeated = {p for p in range(1, len(shape)) if shape[p] != call.output_shapes[0][p + added]}
            axes = _move(axes, lambda position, added=added: {position + added})
            branches.append([_forget(axis, {p + added for p in repeated}) for axis in axes])
    return _union(branches)


def _concatenate(call):
    """One after the other along an axis; where fields move along it, they do so piece by piece."""
    axis = call.operation.axis % len(call.output_shapes[0])
    axes, note = _union([axes for axes in call.fields if axes is not None])
    scattered = [
        one._replace(state="scattered") if one.state == "followed" and axis in one.positions else one for one in axes
    ]
    return tuple(scattered), note


def _forget(axis, positions):
    return axis._replace(state="unknown") if axis.positions & positions and axis.state != "whole" else axis


def _union(branches):
    merged = [_union_along(axes) for axes in zip(*branches, strict=False)]
    notes = [note for _, note in merged if note]
    return tuple(axis for axis, _ in merged), "; ".join(dict.fromkeys(notes))


def _union_along(axes):
    """`(axis, note)` of merged branches along one axis of the input."""
    widest = max(axes, key=lambda axis: axis.size)._replace(
        seen=None if any(axis.state == "unknown" for axis in axes) else _together(axes),
        spatial=any(axis.spatial for axis in axes),
        anchored=all(axis.anchored for axis in axes),
    )
    states = {axis.state for axis in axes}
    if "whole" in states:
        return widest._replace(state="whole", positions=frozenset()), ""
    if "unknown" in states or len({axis.positions for axis in axes}) > 1:
        return widest._replace(state="unknown"), ""
    if "scattered" in states:
        widest = widest._replace(state="scattered")
    elif widest.seen and len({len(axis.seen) for axis in axes}) == 1:  # else concatenated along this axis
        widest = widest._replace(seen=tuple(map(_hull, zip(*(axis.seen for axis in axes), strict=True))))
    jumps = sorted({axis.jump for axis in axes})
    if len(jumps) > 1:
        return widest._replace(anchored=False), f"merges jumps of {' and '.join(map(_pixels, jumps))}"
    if not widest.anchored:
        return widest, ""
    period = math.lcm(*(len(axis.fields) for axis in axes))
    fields = tuple(_hull(axis.field(position) for axis in axes) for position in range(period))
    centers = [axis.center for axis in axes if axis.center is not None]
    apart = max(centers) - min(centers) if centers else 0
    note = f"merges fields whose centers are {_pixels(apart)} apart" if apart else ""
    return widest._replace(fields=fields, step=int(jumps[0] * period)), note


def _pixels(number):
    return f"{float(number):g} pixel{'s' * (number != 1)}"


def _normalize(call):
    """Normalization, as for an element; statistics taken over the image are left out, and the note says so."""
    layer, shape = call.operation, call.input_shapes[0]
    over = {axis % len(shape) for axis in _tuple(layer.axis, 1)}
    if _rule_name(layer) == "GroupNormalization":
        over = set(range(1, len(shape))) - over
    axes = call.fields[0]
    beyond_channels = len(shape) == 2 or over != {len(shape) - 1}
    touched = beyond_channels and any(axis.positions & over and axis.state != "whole" for axis in axes)
    return axes, "statistics over the image, which see more, are left out of the field" if touched else ""


def _activate(call):
    axes, _ = _merge(call)
    softmax = call.operation.activation in (keras.activations.softmax, keras.activations.log_softmax)
    return _mix(axes, [len(call.input_shapes[0]) - 1]) if softmax else axes


def _softmax(call):
    return _mix(call.fields[0], {axis % len(call.input_shapes[0]) for axis in _tuple(call.operation.axis, 1)})


def _dense(call):
    return _mix(call.fields[0], [len(call.input_shapes[0]) - 1])


def _einsum_dense(call):
    inputs, _, outputs = _einsum_letters(call)
    axes = _mix(call.fields[0], [at for at, letter in enumerate(inputs) if letter not in outputs])
    return _move(axes, lambda position: {outputs.index(inputs[position])})


def _einsum_letters(call):
    """Letters of input, kernel and output of an `EinsumDense`, with capitals in place of an ellipsis."""
    inputs, kernel, outputs = re.split(",|->", call.operation.equation.replace(" ", ""))
    hidden = len(call.input_shapes[0]) - len(inputs.replace("...", ""))
    ellipsis = "ABCDEFGHIJ"[:hidden]
    return inputs.replace("...", ellipsis), kernel, outputs.replace("...", ellipsis)


def _reduce(call):
    """Mean, maximum and their like over some axes, and global pooling."""
    operation, rank = call.operation, len(call.input_shapes[0])
    pooling = isinstance(operation, keras.Layer)
    axis = tuple(_spatial(call)) if pooling else operation.axis
    if axis is None or 0 in (over := {one % rank for one in _tuple(axis, 1)}):  # over the batch, too
        return _unknown(call)
    axes = _mix(call.fields[0], over, spatial=pooling)
    if operation.keepdims:
        return axes
    return _move(axes, lambda position: {position - sum(one < position for one in over)})


def _adapt(call):
    """Adaptive pooling to one value is global pooling; other windows differ in size."""
    if all(size == 1 for size in _sizes(call.output_shapes[0], _spatial(call))):
        return _mix(call.fields[0], _spatial(call), spatial=True)
    return _along(call, lambda axis, _: axis._replace(state="unknown"))


def _recur(call):
    """A recurrent layer: the last state sees all steps, those before it see what came before them."""
    if not call.operation.return_sequences or hasattr(call.operation, "backward_layer"):
        return _mix(call.fields[0], [1, 2])
    return _mix(tuple(_forget(axis, {1}) for axis in call.fields[0]), [2])


def _permute(call):
    operation = call.operation
    order = [0, *operation.dims] if hasattr(operation, "dims") else operation.axes
    if order is None or order[0] != 0:
        return _unknown(call)
    return _move(call.fields[0], lambda position: {order.index(position)})


def _repeat_vector(call):
    return _move(call.fields[0], lambda position: {position + 1})


def _reshape(call):
    """Flatten, Reshape, squeeze: an axis stays in order where it is neither joined with others nor cut."""
    shape, new_shape = call.input_shapes[0], call.output_shapes[0]
    groups = _groups(shape, new_shape)
    if groups is None:
        return _unknown(call)
    new_positions, kept = {}, set()
    for olds, news in groups:
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
    """Pairs of axes (before, after) of the same number of values; None where the batch takes part."""
    olds, news = list(range(1, len(shape))), list(range(1, len(new_shape)))
    if None in shape[1:] or None in new_shape[1:] or 0 in shape[1:]:
        return [(olds, news)]
    if math.prod(shape[1:]) != math.prod(new_shape[1:]):
        return None
    groups = []
    while olds or news:
        before, after = olds[:1], news[:1]
        del olds[:1], news[:1]
        while (values := math.prod(_sizes(shape, before))) != (wanted := math.prod(_sizes(new_shape, after))):
            side, rest = (before, olds) if values < wanted else (after, news)
            side.append(rest.pop(0))
        groups.append((before, after))
    return groups


def _inner(call, steps=0):
    """The call that a wrapper makes; with `steps`, for one of them: axis 1 is the time."""
    shapes = [
        [(shape[0], *shape[1 + steps :]) for shape in shapes] for shapes in (call.input_shapes, call.output_shapes)
    ]
    fields = [axes and _move(axes, lambda position: {position - steps}) for axes in call.fields]
    return Call(call.operation.layer, *shapes, fields)


def _wrap(call):
    return follow_fields(_inner(call))[0]


def _distribute(call):
    axes, _ = follow_fields(_inner(call, steps=1))
    return _move(axes, lambda position: {position + 1})


# Rules of multiply-accumulates: each takes a `Call`; a size of None raises TypeError


def _conv_macs(call):
    layer = call.operation
    depth = call.input_shapes[0][_channels(call)] // layer.groups
    return _positions(call.output_shapes[0], call) * math.prod(layer.kernel_size) * depth * layer.filters


def _depthwise_macs(call):
    layer = call.operation
    depth = call.input_shapes[0][_channels(call)] * layer.depth_multiplier
    return _positions(call.output_shapes[0], call) * math.prod(layer.kernel_size) * depth


def _separable_macs(call):
    depth = call.input_shapes[0][_channels(call)] * call.operation.depth_multiplier
    return _depthwise_macs(call) + _positions(call.output_shapes[0], call) * depth * call.operation.filters


def _transposed_macs(call):
    layer = call.operation
    depth = call.input_shapes[0][_channels(call)]
    return _positions(call.input_shapes[0], call) * math.prod(layer.kernel_size) * depth * layer.filters


def _positions(shape, call):
    return math.prod(_sizes(shape, _spatial(call)))


def _dense_macs(call):
    return math.prod(call.input_shapes[0][1:]) * call.operation.units


def _einsum_macs(call):
    inputs, _, outputs = _einsum_letters(call)
    sizes = dict(zip(outputs + inputs, (*call.output_shapes[0], *call.input_shapes[0]), strict=True))
    return math.prod(size for letter, size in sizes.items() if letter != inputs[0])  # not the batch


def _matmul_macs(call):
    if len(call.input_shapes) == 1:  # times an array: the sum runs over the axis that the two have in common
        return None
    return math.prod(call.output_shapes[0][1:]) * call.input_shapes[0][-1]


def _attention_macs(call):
    """Projections, scores and weighted sums; only where queries, keys and values are alike and all are attended to."""
    layer, shape = call.operation, call.input_shapes[0]
    if len(set(call.input_shapes)) > 1 or len(shape) != 3:
        return None
    _, tokens, depth = shape
    heads, key, value = layer.num_heads, layer.key_dim, layer.value_dim
    projections = depth * heads * (2 * key + value) + heads * value * call.output_shapes[0][-1]
    return tokens * projections + tokens * tokens * heads * (key + value)


def _recurrent_macs(call, gates):
    _, steps, inputs = call.input_shapes[0]
    units = call.operation.units
    return steps * gates * units * (inputs + units)


def _bidirectional_macs(call):
    halves = (call.operation.forward_layer, call.operation.backward_layer)
    return sum(count_macs(call._replace(operation=half)) for half in halves)


def _distributed_macs(call):
    return call.input_shapes[0][1] * count_macs(_inner(call, steps=1))


def _layers(names):
    return names.split()


def _ops(names):
    return [f"ops.{name}" for name in names.split()]


def _with_ranks(*names):
    return [f"{name}{rank}D" for name in names for rank in (1, 2, 3)]


ELEMENTWISE = [
    *_layers(
        """ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout GaussianNoise
        Identity LayerScale LeakyReLU LocalResponseNormalization Masking Normalization PReLU RandomBrightness
        RandomContrast RandomFlip RandomRotation RandomTranslation RandomZoom ReLU Rescaling StochasticDepth"""
    ),
    *_with_ranks("SpatialDropout"),
    *_ops(
        """Abs Absolute BatchNorm Cast Celu Clip Copy Cos Elu Erf Exp Expm1 Gelu HardSigmoid HardSilu HardTanh
        LeakyRelu Log Log1p LogSigmoid Negative Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Silu Sin
        Softplus Softsign Sqrt Square StopGradient Tanh"""
    ),
]
MERGES = [
    *_layers("Add Average CustomScaleLayer Maximum Minimum Multiply Subtract"),
    *_ops("Add Divide DivideNoNan Equal Greater Less Maximum Minimum Multiply Power Subtract TrueDivide Where"),
]
FIELD_RULES = {
    **dict.fromkeys([*ELEMENTWISE, *MERGES], _merge),
    **dict.fromkeys(["Concatenate", "ops.Concatenate"], _concatenate),
    **dict.fromkeys(_with_ranks("Conv", "MaxPooling", "AveragePooling"), _window),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"], _window),
    **dict.fromkeys(["ops.MaxPool", "ops.AveragePool"], _window),
    **dict.fromkeys([f"Conv{rank}DTranspose" for rank in (1, 2, 3)], _transposed),
    **dict.fromkeys(_with_ranks("UpSampling"), _enlarge),
    **dict.fromkeys(_with_ranks("ZeroPadding", "Cropping"), _shift),
    **dict.fromkeys(_with_ranks("GlobalMaxPooling", "GlobalAveragePooling"), _reduce),
    **dict.fromkeys(_ops("Max Mean Min Prod Std Sum Var"), _reduce),
    **dict.fromkeys(_with_ranks("AdaptiveAveragePooling", "AdaptiveMaxPooling"), _adapt),
    **dict.fromkeys(["GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"], _normalize),
    **dict.fromkeys(["Softmax", "ops.Softmax", "ops.LogSoftmax"], _softmax),
    **dict.fromkeys(["Flatten", "Reshape", *_ops("ExpandDims Reshape Squeeze")], _reshape),
    **dict.fromkeys(["Permute", "ops.Transpose"], _permute),
    **dict.fromkeys(["Bidirectional", "GRU", "LSTM", "SimpleRNN"], _recur),
    "Activation": _activate,
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Embedding": lambda call: call.fields[0],  # a new axis behind the others
    "RepeatVector": _repeat_vector,
    "SpectralNormalization": _wrap,
    "TimeDistributed": _distribute,
}
MAC_RULES = {
    **dict.fromkeys(_with_ranks("Conv"), _conv_macs),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D"], _depthwise_macs),
    **dict.fromkeys(["SeparableConv1D", "SeparableConv2D"], _separable_macs),
    **dict.fromkeys([f"Conv{rank}DTranspose" for rank in (1, 2, 3)], _transposed_macs),
    "Bidirectional": _bidirectional_macs,
    "Dense": _dense_macs,
    "EinsumDense": _einsum_macs,
    "GRU": lambda call: _recurrent_macs(call, gates=3),
    "LSTM": lambda call: _recurrent_macs(call, gates=4),
    "MultiHeadAttention": _attention_macs,
    "SimpleRNN": lambda call: _recurrent_macs(call, gates=1),
    "SpectralNormalization": lambda call: count_macs(_inner(call)),
    "TimeDistributed": _distributed_macs,
    "ops.Matmul": _matmul_macs,
}
WITHOUT_PRODUCTS = {"CenterCrop", "InputLayer", "RandomCrop", "Resizing", "ops.GetItem", "ops.Resize", "ops.Split"}
