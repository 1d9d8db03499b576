"""What a layer of each kind does to receptive fields.

A field is followed exactly, along every axis of the input on its own. `Axis.fields` holds what the values at positions
0, 1, … of a feature map see; one entry is enough unless something was enlarged, since then neighbors see different
amounts and the pattern repeats only after some positions.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import keras

from cnn_course.anatomy.calls import (
    Call,
    as_tuple,
    channel_axis,
    einsum_letters,
    layers_named,
    ops_named,
    rule_name,
    spatial_axes,
    spatial_sizes,
    with_ranks,
)
from cnn_course.arithmetic import padding_amounts

__all__ = ["FIELD_RULES", "Axis", "follow_fields", "inner_call", "input_axes"]

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
    rule = FIELD_RULES.get(rule_name(call.operation))
    if rule is None or (len(call.fields) > 1 and rule not in (_merge, _concatenate)):
        return _unknown(call), ""
    result = rule(call)
    return result if rule in (_merge, _concatenate, _normalize) else (result, "")


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
    spatial = list(spatial_axes(call))
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
    layer, count = call.operation, len(spatial_axes(call))
    kernel_size = as_tuple(layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size, count)
    strides = as_tuple(layer.strides or kernel_size, count)
    rates = as_tuple(getattr(layer, "dilation_rate", 1), count)
    sizes = spatial_sizes(call, call.input_shapes[0])
    output_sizes = spatial_sizes(call, call.output_shapes[0])

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
    return _mix(axes, [channel_axis(call)]) if hasattr(layer, "filters") else axes


def _transposed(call):
    """Transposed convolution: input `i` is written to `i * strides + tap`, less what the padding cuts off."""
    layer = call.operation
    output_sizes = spatial_sizes(call, call.output_shapes[0])

    def spread(axis, index):
        kernel, stride, rate = layer.kernel_size[index], layer.strides[index], layer.dilation_rate[index]
        extent = rate * (kernel - 1) + 1
        extra = stride if layer.output_padding is None else extent % 2 + layer.output_padding[index]
        crop = max(extent - extra, 0) // 2 if layer.padding == "same" else 0

        def read(output):
            places = (output + crop - rate * tap for tap in range(kernel))
            return [place // stride for place in places if place % stride == 0]

        return _read(axis, read, outputs=stride, inputs=1, output_size=output_sizes[index])

    return _mix(_along(call, spread), [channel_axis(call)])


def _enlarge(call):
    """`UpSampling`: values are repeated, or interpolated between the two nearest."""
    layer, count = call.operation, len(spatial_axes(call))
    output_sizes = spatial_sizes(call, call.output_shapes[0])
    interpolation = getattr(layer, "interpolation", "nearest")
    if interpolation not in ("nearest", "bilinear"):
        return _along(call, lambda axis, _: axis._replace(state="unknown"))

    def repeat(axis, index):
        size = as_tuple(layer.size, count)[index]

        def read(output):
            if interpolation == "nearest":
                return [output // size]
            place = Fraction(2 * output + 1 - size, 2 * size)  # pixel centers at halves
            return {math.floor(place), math.ceil(place)}

        return _read(axis, read, outputs=size, inputs=1, output_size=output_sizes[index])

    return _along(call, repeat)


def _shift(call):
    """Zero padding and cropping move the first position."""
    layer, count = call.operation, len(spatial_axes(call))
    padded = hasattr(layer, "padding")
    amounts = layer.padding if padded else layer.cropping
    amounts = [amounts] if count == 1 and not isinstance(amounts[0], (tuple, list)) else amounts
    output_sizes = spatial_sizes(call, call.output_shapes[0])

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
    over = {axis % len(shape) for axis in as_tuple(layer.axis, 1)}
    if rule_name(layer) == "GroupNormalization":
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
    return _mix(call.fields[0], {axis % len(call.input_shapes[0]) for axis in as_tuple(call.operation.axis, 1)})


def _dense(call):
    return _mix(call.fields[0], [len(call.input_shapes[0]) - 1])


def _einsum_dense(call):
    inputs, _, outputs = einsum_letters(call)
    axes = _mix(call.fields[0], [at for at, letter in enumerate(inputs) if letter not in outputs])
    return _move(axes, lambda position: {outputs.index(inputs[position])})


def _reduce(call):
    """Mean, maximum and their like over some axes, and global pooling."""
    operation, rank = call.operation, len(call.input_shapes[0])
    pooling = isinstance(operation, keras.Layer)
    axis = tuple(spatial_axes(call)) if pooling else operation.axis
    if axis is None or 0 in (over := {one % rank for one in as_tuple(axis, 1)}):  # over the batch, too
        return _unknown(call)
    axes = _mix(call.fields[0], over, spatial=pooling)
    if operation.keepdims:
        return axes
    return _move(axes, lambda position: {position - sum(one < position for one in over)})


def _adapt(call):
    """Adaptive pooling to one value is global pooling; other windows differ in size."""
    if all(size == 1 for size in spatial_sizes(call, call.output_shapes[0])):
        return _mix(call.fields[0], spatial_axes(call), spatial=True)
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
        while (values := math.prod(shape[axis] for axis in before)) != (
            wanted := math.prod(new_shape[axis] for axis in after)
        ):
            side, rest = (before, olds) if values < wanted else (after, news)
            side.append(rest.pop(0))
        groups.append((before, after))
    return groups


def _product(shape, axes):
    return math.prod(shape[axis] for axis in axes)


def inner_call(call, steps=0):
    """The call that a wrapper makes; with `steps`, for one of them: axis 1 is the time."""
    shapes = [
        [(shape[0], *shape[1 + steps :]) for shape in shapes] for shapes in (call.input_shapes, call.output_shapes)
    ]
    fields = [axes and _move(axes, lambda position: {position - steps}) for axes in call.fields]
    return Call(call.operation.layer, *shapes, fields)


def _wrap(call):
    return follow_fields(inner_call(call))[0]


def _distribute(call):
    axes, _ = follow_fields(inner_call(call, steps=1))
    return _move(axes, lambda position: {position + 1})


ELEMENTWISE = [
    *layers_named(
        """ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout GaussianNoise
        Identity LayerScale LeakyReLU LocalResponseNormalization Masking Normalization PReLU RandomBrightness
        RandomContrast RandomFlip RandomRotation RandomTranslation RandomZoom ReLU Rescaling StochasticDepth"""
    ),
    *with_ranks("SpatialDropout"),
    *ops_named(
        """Abs Absolute BatchNorm Cast Celu Clip Copy Cos Elu Erf Exp Expm1 Gelu HardSigmoid HardSilu HardTanh
        LeakyRelu Log Log1p LogSigmoid Negative Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Silu Sin
        Softplus Softsign Sqrt Square StopGradient Tanh"""
    ),
]
MERGES = [
    *layers_named("Add Average CustomScaleLayer Maximum Minimum Multiply Subtract"),
    *ops_named("Add Divide DivideNoNan Equal Greater Less Maximum Minimum Multiply Power Subtract TrueDivide Where"),
]
FIELD_RULES = {
    **dict.fromkeys([*ELEMENTWISE, *MERGES], _merge),
    **dict.fromkeys(["Concatenate", "ops.Concatenate"], _concatenate),
    **dict.fromkeys(with_ranks("Conv", "MaxPooling", "AveragePooling"), _window),
    **dict.fromkeys(["DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"], _window),
    **dict.fromkeys(["ops.MaxPool", "ops.AveragePool"], _window),
    **dict.fromkeys([f"Conv{rank}DTranspose" for rank in (1, 2, 3)], _transposed),
    **dict.fromkeys(with_ranks("UpSampling"), _enlarge),
    **dict.fromkeys(with_ranks("ZeroPadding", "Cropping"), _shift),
    **dict.fromkeys(with_ranks("GlobalMaxPooling", "GlobalAveragePooling"), _reduce),
    **dict.fromkeys(ops_named("Max Mean Min Prod Std Sum Var"), _reduce),
    **dict.fromkeys(with_ranks("AdaptiveAveragePooling", "AdaptiveMaxPooling"), _adapt),
    **dict.fromkeys(["GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"], _normalize),
    **dict.fromkeys(["Softmax", "ops.Softmax", "ops.LogSoftmax"], _softmax),
    **dict.fromkeys(["Flatten", "Reshape", *ops_named("ExpandDims Reshape Squeeze")], _reshape),
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
