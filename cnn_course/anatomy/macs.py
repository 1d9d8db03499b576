"""How often layers multiply and add: one formula for each way of doing it.

A formula takes a `Call` and counts for all images of the batch, so that images folded into the batch are counted, too.
A size that is left open (None) raises TypeError: then nothing is known.

Source: Sze, Chen, Yang & Emer (2017), arXiv:1703.09039, section II.
"""

import math

from cnn_course.anatomy.fields import CELLS, cells_of, products, rule_name, spatial_axes

__all__ = ["nothing", "summed_products", "unknown"]


def nothing(call):
    """No products: what is moved, compared, added, scaled or normalized counts 0."""
    return 0


def unknown(call):
    """It multiplies, but nobody has written down how often."""
    return


def convolution(call):
    """Each position of the output: all numbers of the kernels, of which separable convolutions have two."""
    return _at_each_position(call, call.output_shapes[0])


def transposed(call):
    """Each position of the input: all numbers of the kernel, what the padding cuts off included."""
    return _at_each_position(call, call.input_shapes[0])


def _at_each_position(call, shape):
    kernel = call.arguments.get("kernel")
    numbers = _kernels(call.operation) if kernel is None else math.prod(kernel.shape)
    return shape[0] * math.prod(shape[axis] for axis in spatial_axes(call)) * numbers


def _kernels(layer):
    return sum(math.prod(weight.shape) for weight in layer.weights if weight.name.endswith("kernel"))


def recurrent(call):
    """Each step: the kernels of all gates and cells, at each position of the state where that is an image."""
    layer = getattr(call.operation, "forward_layer", call.operation)
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    known = all(rule_name(cell) in (*CELLS, "ConvLSTMCell") for cell in cells_of(call.operation))
    if not known or (channels_first and layer is not call.operation):
        return None  # two directions may stand side by side
    (images, steps, *values), shape = call.input_shapes[0], call.output_shapes[0]
    start = len(shape) - len(values) + channels_first
    return images * steps * math.prod(shape[start : start + len(values) - 1]) * _kernels(call.operation)


def dense(call):
    """Each value once for each unit; LoRA beside quantized weights adds its two thin products."""
    layer, (*rows, inputs) = call.operation, call.input_shapes[0]
    adapter = layer.lora_rank * (inputs + layer.units) if layer.lora_enabled and layer.quantization_mode else 0
    return math.prod(rows) * (inputs * layer.units + adapter)


def contract(call):
    """Products of two tensors. More tensors may be multiplied in any order."""
    words, output, operands = products(call)
    if len(words) != 2:
        return None if words[2:] else 0
    return summed_products(words, output, [operand.shape for operand in operands], call.output_shapes[0])


def summed_products(words, output, shapes, output_shape=()):
    """The sizes of all letters, but for one of a single factor that is not in the output: it is summed over before."""
    sizes = dict(zip(output, output_shape, strict=False))
    for word, shape in zip(words, shapes, strict=False):  # the output has the sizes of a kernel
        for letter, size in zip(word, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter) or 1)
    common = set(words[0]) & set(words[1])
    return math.prod(size for letter, size in sizes.items() if letter in output or letter in common)


def dot(call):
    """The layer `Dot`: each value of the output is a sum along one axis."""
    axes = call.operation.axes
    return math.prod(call.output_shapes[0]) * call.input_shapes[0][axes if isinstance(axes, int) else axes[0]]


def attend(call):
    """Scores and weighted sums, without projections: `Attention`, and `ops.dot_product_attention` with its heads."""
    if getattr(call.operation, "score_mode", "dot") != "dot":
        return None
    query, value, *_ = call.arguments.get("inputs") or (call.arguments["query"], call.arguments["value"])
    return math.prod(query.shape[:-1]) * value.shape[1] * (query.shape[-1] + value.shape[-1])


def attend_with_heads(call):
    """Projections, scores and weighted sums, masked ones included; in groups, heads share keys and values."""
    layer, arguments = call.operation, call.arguments
    query, value = arguments["query"].shape, arguments["value"].shape
    key = value if arguments.get("key") is None else arguments["key"].shape
    sizes = ("num_heads", "num_heads", "key_dim", "value_dim")
    if hasattr(layer, "num_query_heads"):
        sizes = ("num_query_heads", "num_key_value_heads", "head_dim", "head_dim")
    heads, shared, key_dim, value_dim = (getattr(layer, size) for size in sizes)
    queries, over = math.prod(query[:-1]), layer.get_config().get("attention_axes") or range(1, len(value) - 1)
    projections = math.prod(query) * heads * key_dim * (2 if getattr(layer, "use_gate", False) else 1)
    projections += math.prod(key) * shared * key_dim + math.prod(value) * shared * value_dim
    projections += queries * heads * value_dim * call.output_shapes[0][-1]
    return projections + queries * heads * math.prod(value[axis] for axis in over) * (key_dim + value_dim)
