"""How often a layer of each kind multiplies and adds."""

import math

from cnn_course.anatomy.calls import channel_axis, einsum_letters, rule_name, spatial_sizes, with_ranks
from cnn_course.anatomy.fields import FIELD_RULES, inner_call

__all__ = ["MAC_RULES", "WITHOUT_PRODUCTS", "count_macs"]


def count_macs(call):
    """Multiply-accumulates of convolutions and dense-like products for one image.

    Args:
        call: `Call`.

    Returns:
        int, or None if unknown.

    Source:
        Sze, Chen, Yang & Emer (2017), arXiv:1703.09039, section II.
    """
    name = rule_name(call.operation)
    if name not in MAC_RULES:
        return 0 if name in FIELD_RULES or name in WITHOUT_PRODUCTS else None
    try:
        return MAC_RULES[name](call)
    except TypeError:  # a size is None
        return None


# Rules of multiply-accumulates: each takes a `Call`; a size of None raises TypeError


def _conv_macs(call):
    layer = call.operation
    depth = call.input_shapes[0][channel_axis(call)] // layer.groups
    return _positions(call.output_shapes[0], call) * math.prod(layer.kernel_size) * depth * layer.filters


def _depthwise_macs(call):
    layer = call.operation
    depth = call.input_shapes[0][channel_axis(call)] * layer.depth_multiplier
    return _positions(call.output_shapes[0], call) * math.prod(layer.kernel_size) * depth


def _separable_macs(call):
    depth = call.input_shapes[0][channel_axis(call)] * call.operation.depth_multiplier
    return _depthwise_macs(call) + _positions(call.output_shapes[0], call) * depth * call.operation.filters


def _transposed_macs(call):
    layer = call.operation
    depth = call.input_shapes[0][channel_axis(call)]
    return _positions(call.input_shapes[0], call) * math.prod(layer.kernel_size) * depth * layer.filters


def _positions(shape, call):
    return math.prod(spatial_sizes(call, shape))


def _dense_macs(call):
    return math.prod(call.input_shapes[0][1:]) * call.operation.units


def _einsum_macs(call):
    inputs, _, outputs = einsum_letters(call)
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
    return call.input_shapes[0][1] * count_macs(inner_call(call, steps=1))


MAC_RULES = {
    **dict.fromkeys(with_ranks("Conv"), _conv_macs),
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
    "SpectralNormalization": lambda call: count_macs(inner_call(call)),
    "TimeDistributed": _distributed_macs,
    "ops.Matmul": _matmul_macs,
}
WITHOUT_PRODUCTS = {"CenterCrop", "InputLayer", "RandomCrop", "Resizing", "ops.GetItem", "ops.Resize", "ops.Split"}
