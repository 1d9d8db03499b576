"""How often layers multiply and add: one formula for each way of doing it.

A formula takes a `Call` and counts for all images of the batch, so that images folded into the batch are counted, too.
A size that is left open (None) raises TypeError: then nothing is known.

Source: Sze, Chen, Yang & Emer (2017), arXiv:1703.09039, section II.
"""

import math

from cnn_course.anatomy.fields import (
    GATES,
    cells_of,
    channel_axis,
    channels_first,
    einsum_letters,
    products,
    rule_name,
    spatial_sizes,
)

__all__ = ["nothing", "unknown"]


def nothing(call):
    """No products: what is moved, compared, added, scaled or normalized counts 0."""
    return 0


def unknown(call):
    """It multiplies, but nobody has written down how often."""
    return


def convolution(call):
    """Each position of the output: a kernel times the channels of its group."""
    layer, shape = call.operation, call.output_shapes[0]
    depth = call.input_shapes[0][channel_axis(call)]
    return _positions(call, shape) * math.prod(layer.kernel_size) * (depth // layer.groups) * layer.filters


def depthwise(call):
    """Each position of the output: one kernel for each channel and multiplier."""
    layer = call.operation
    depth = call.input_shapes[0][channel_axis(call)] * layer.depth_multiplier
    return _positions(call, call.output_shapes[0]) * math.prod(layer.kernel_size) * depth


def separable(call):
    """A depthwise convolution, then one of 1x1."""
    depth = call.input_shapes[0][channel_axis(call)] * call.operation.depth_multiplier
    return depthwise(call) + _positions(call, call.output_shapes[0]) * depth * call.operation.filters


def transposed(call):
    """Each position of the input: a kernel, what the padding cuts off included."""
    layer, depth = call.operation, call.input_shapes[0][channel_axis(call)]
    return _positions(call, call.input_shapes[0]) * math.prod(layer.kernel_size) * depth * layer.filters


def given_kernel(call):
    """`ops.conv` and `ops.depthwise_conv`: each position of the output, all of the kernel."""
    return _positions(call, call.output_shapes[0]) * math.prod(call.arguments["kernel"].shape)


def given_kernel_transposed(call):
    """`ops.conv_transpose`: each position of the input, all of the kernel."""
    return _positions(call, call.input_shapes[0]) * math.prod(call.arguments["kernel"].shape)


def _positions(call, shape):
    return shape[0] * math.prod(spatial_sizes(call, shape))


def dense(call):
    """Each value once for each unit."""
    layer, shape = call.operation, call.input_shapes[0]
    rows = math.prod(shape[:-1])
    return rows * shape[-1] * layer.units + _adapters(layer, rows, shape[-1], layer.units)


def embedding(call):
    """A look-up multiplies nothing."""
    layer = call.operation
    return _adapters(layer, math.prod(call.input_shapes[0]), 0, layer.output_dim)


def _adapters(layer, rows, inputs, units):
    """The two thin products of LoRA, where Keras runs them: beside quantized weights.

    With weights in floats it adds the product of the two to the kernel, once for all images.
    """
    quantized = getattr(layer, "quantization_mode", None)
    return rows * layer.lora_rank * (inputs + units) if quantized and getattr(layer, "lora_enabled", False) else 0


def contract(call):
    """Products of two tensors: the sizes of all letters. More tensors may be multiplied in any order."""
    equation, operands = products(call)
    if len(operands) > 2:
        return None
    words, _ = einsum_letters(equation, [len(operand.shape) for operand in operands])
    sizes = {}
    for operand, word in zip(operands, words, strict=True):
        for letter, size in zip(word, operand.shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return math.prod(sizes.values()) if len(operands) == 2 else 0


def einsum_dense(call):
    """As `contract`; with LoRA beside quantized weights nothing is known."""
    layer = call.operation
    if getattr(layer, "quantization_mode", None) and layer.lora_enabled:
        return None
    (inputs, _), outputs = einsum_letters(layer.equation, [len(call.input_shapes[0]), 0])
    sizes = dict(zip(outputs + inputs, (*call.output_shapes[0], *call.input_shapes[0]), strict=True))
    return math.prod(sizes.values())


def attend_with_heads(call):
    """Projections, scores and weighted sums; those that a mask hides are computed, too."""
    layer, (query, key, value) = call.operation, _query_key_value(call)
    sizes = layer.num_heads, layer.num_heads, layer.key_dim, layer.value_dim
    over = layer.get_config().get("attention_axes") or range(1, len(value) - 1)
    tokens = math.prod(value[axis] for axis in over)
    return _projected(query, key, value, *sizes, call.output_shapes[0][-1], tokens)


def attend_in_groups(call):
    """As `attend_with_heads`, with fewer heads of keys and values."""
    layer, (query, key, value) = call.operation, _query_key_value(call)
    sizes = layer.num_query_heads, layer.num_key_value_heads, layer.head_dim, layer.head_dim
    gate = math.prod(query) * layer.num_query_heads * layer.head_dim if getattr(layer, "use_gate", False) else 0
    return gate + _projected(query, key, value, *sizes, call.output_shapes[0][-1], value[1])


def _projected(query, key, value, heads, value_heads, key_dim, value_dim, outputs, tokens):
    projections = math.prod(query) * heads * key_dim
    projections += math.prod(key) * value_heads * key_dim + math.prod(value) * value_heads * value_dim
    rows = math.prod(query[:-1]) * heads
    return projections + rows * tokens * (key_dim + value_dim) + rows * value_dim * outputs


def _query_key_value(call):
    arguments = call.arguments
    value = arguments["value"]
    key = value if arguments.get("key") is None else arguments["key"]
    return arguments["query"].shape, key.shape, value.shape


def attend(call):
    """Scores and weighted sums of the layer `Attention`, without projections."""
    if call.operation.score_mode != "dot":
        return None
    query, value, *_ = (tensor.shape for tensor in call.arguments["inputs"])
    return math.prod(query) * value[1] + math.prod(query[:-1]) * math.prod(value[1:])


def attend_to_heads(call):
    """`ops.dot_product_attention`: (batch, tokens, heads, features)."""
    query, value = call.arguments["query"].shape, call.arguments["value"].shape
    return math.prod(query) * value[1] + math.prod(query[:-1]) * value[1] * value[-1]


def recurrent(call):
    """Each step: all gates of all cells, from inputs and state."""
    images, steps, inputs = call.input_shapes[0]
    total = 0
    for cell in cells_of(call.operation):
        if rule_name(cell) not in GATES:
            return None
        total += GATES[rule_name(cell)] * cell.units * (inputs + cell.units)
        inputs = cell.units
    return images * steps * total


def recurrent_convolution(call):
    """Each step: four gates, a convolution of the input and one of the state."""
    layer, (images, steps, *_) = call.operation, call.input_shapes[0]
    sizes = call.output_shapes[0][2:] if layer.return_sequences else call.output_shapes[0][1:]
    places = sizes[1:] if channels_first(call) else sizes[:-1]
    depth = call.input_shapes[0][2 if channels_first(call) else -1] + layer.filters
    return images * steps * math.prod(places) * 4 * math.prod(layer.kernel_size) * depth * layer.filters
