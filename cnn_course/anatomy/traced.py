"""Work of a layer that no rule knows: it runs once on shapes alone, and what it multiplies is read off.

TensorFlow writes a graph of the run, JAX a jaxpr; PyTorch has a counter of its own. No number is computed, and what
the outputs do not depend on is left out where the backend can tell.
"""

import math
import re
import warnings
from collections import Counter

import keras

from cnn_course.anatomy.fields import einsum_letters
from cnn_course.anatomy.macs import summed_products

__all__ = ["products"]

# What else multiplies, and is not counted: types of TensorFlow, primitives of JAX
UNCOUNTED = re.compile(
    "Cholesky|Conv(?!ert)|Cudnn|Dot|Eig|Einsum|FFT|GRU|LSTM|MatMul|Matrix(?!Band|Diag|SetDiag)|PyFunc|Qr|Svd|XlaC"
    "|^(cholesky|eigh?|fft|ffi_call|lu|pallas_call|qr|schur|svd)$|callback|custom_call|ragged_dot|_product|_solve"
)


def products(function, values):
    """Multiply-accumulates of each convolution and each matrix product in a call, for all images of the batch.

    Args:
        function: takes as many tensors of the backend as there are `values`.
        values: list of `keras.KerasTensor`, their sizes known.

    Returns:
        `(found, problem)`: list of int, or None if one of them cannot be told; and str, why.
    """
    watch = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}.get(keras.backend.backend())
    if watch is None or any(None in value.shape for value in values):
        return None, ""
    try:
        with keras.StatelessScope(), warnings.catch_warnings(action="ignore"):  # who counts calls, not this one
            return list(watch(function, values)), ""
    except _UncountedError as error:
        return None, f"its trace has {error}, whose products are not counted"
    except Exception as error:  # what a layer of the user's own does with tensors is its own affair
        return None, f"its run on shapes alone failed ({type(error).__name__})"


class _UncountedError(Exception):
    """Something that multiplies nobody can tell how often."""


def _uncounted(what):
    raise _UncountedError(what)


def _only(branches):
    """The products of whichever branch is taken, if they are the same."""
    first, *others = map(list, branches)
    return first if all(Counter(first) == Counter(other) for other in others) else _uncounted("branches that differ")


# TensorFlow


def _tensorflow(function, values):
    import tensorflow as tf

    signature = [tf.TensorSpec(value.shape, value.dtype) for value in values]
    return _of_graph(tf.function(function, autograph=False).get_concrete_function(*signature).graph)


def _of_graph(graph):
    for operation in _needed(graph):
        kind, shapes = operation.type, [tensor.shape for tensor in operation.inputs]
        inside = [graph._get_function(name).graph for name in _functions(operation)]
        if kind in ("Conv2D", "Conv3D"):
            yield math.prod(_uncut(operation).shape) * math.prod(shapes[1][:-1])
        elif kind == "DepthwiseConv2dNative":
            yield math.prod(_uncut(operation).shape) * math.prod(shapes[1][:-2])
        elif kind in ("Conv2DBackpropInput", "Conv3DBackpropInputV2"):  # each value of the input, with each number
            yield math.prod(shapes[2]) * math.prod(shapes[1][:-1])
        elif kind in ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"):
            turned = operation.get_attr("transpose_a" if kind == "MatMul" else "adj_x")
            yield math.prod(operation.outputs[0].shape) * shapes[0][-2 if turned else -1]
        elif kind in ("Einsum", "XlaEinsum"):
            words, output = einsum_letters(operation.get_attr("equation").decode(), [len(shape) for shape in shapes])
            yield summed_products(words, output, shapes) if len(words) == 2 else 0
        elif kind.startswith("CudnnRNN") and not kind.endswith("Backprop"):  # LSTM and GRU on a GPU: all steps at once
            gates, (*steps, features) = {"lstm": 4, "gru": 3}[operation.get_attr("rnn_mode").decode()], shapes[0]
            yield math.prod(steps) * gates * shapes[1][-1] * (features + shapes[1][-1])
        elif kind in ("While", "StatelessWhile"):
            body, condition = inside
            found = list(_of_graph(body))
            yield from found * _times(operation, condition) if any(found) else ()
        elif kind in ("If", "StatelessIf", "Case", "StatelessCase"):
            yield from _only(map(_of_graph, inside))
        elif kind in ("PartitionedCall", "StatefulPartitionedCall"):
            yield from _of_graph(*inside)
        elif inside or UNCOUNTED.search(kind):
            _uncounted(kind)


def _needed(graph):
    """The operations that the outputs of a graph depend on."""
    waiting, needed = [tensor.op for tensor in graph.outputs], {}
    while waiting:
        operation = waiting.pop()
        if operation.name not in needed:
            needed[operation.name] = operation
            waiting += [tensor.op for tensor in operation.inputs]
    return needed.values()


def _functions(operation):
    """Names of the functions that an operation calls, in the order of its attributes: `body`, `cond`."""
    attributes = operation.node_def.attr
    parts = [attributes[name] for name in sorted(attributes) if not name.startswith("_")]
    return [function.name for part in parts for function in ([part.func] if part.HasField("func") else part.list.func)]


def _uncut(operation):
    """The output; of a dilated convolution, done on pieces of the image in the batch, what is not cut off at last."""
    (output,) = operation.outputs
    after = output
    while len(users := after.consumers()) == 1 and users[0].type in ("BatchToSpaceND", "Squeeze"):
        (after,) = users[0].outputs
        output = after if users[0].type == "BatchToSpaceND" else output
    return output


def _times(loop, condition):
    """How often a loop is run that only counts; its second input is the greatest number of times, from constants."""
    import tensorflow as tf

    from cnn_course.quiet import silenced

    counts = ("Const", "Identity", "Less", "LogicalAnd", "Placeholder")
    for one in _needed(condition):
        if one.type not in counts or any(tensor.dtype.is_floating for tensor in one.inputs):
            _uncounted("a loop that ends when something happens")
    with silenced(), tf.compat.v1.Session(graph=loop.graph) as session:
        times = int(session.run(loop.inputs[1]))
    return times if times >= 0 else _uncounted("a loop without an end")


# JAX


def _jax(function, values):
    import jax
    from jax.interpreters.partial_eval import dce_jaxpr

    signature = [jax.ShapeDtypeStruct(value.shape, value.dtype) for value in values]
    jaxpr = jax.make_jaxpr(lambda *given: jax.tree.leaves(function(*given)))(*signature).jaxpr
    return _of_jaxpr(dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))[0])


def _of_jaxpr(jaxpr):
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        kind, settings = equation.primitive.name, equation.params
        output, *shapes = (getattr(one.aval, "shape", ()) for one in (equation.outvars[:1] + equation.invars))
        inside = [one for one in keras.tree.flatten(list(settings.values())) if hasattr(one, "eqns")]
        if kind == "dot_general":
            (contracted, _), _ = settings["dimension_numbers"]
            yield math.prod(output) * math.prod(shapes[0][axis] for axis in contracted)
        elif kind == "conv_general_dilated":
            numbers = settings["dimension_numbers"]
            ways = ((shapes[0], numbers.lhs_spec), (output, numbers.out_spec))  # a transposed one begins with the less
            positions = min(math.prod(shape[axis] for axis in axes[2:]) for shape, axes in ways)
            yield output[numbers.out_spec[0]] * positions * math.prod(shapes[1])
        elif kind == "scan":
            yield from list(_of_jaxpr(*inside)) * settings["length"]
        elif kind == "while":
            any(any(_of_jaxpr(one)) for one in inside) and _uncounted("a loop that ends when something happens")
        elif kind == "cond":
            yield from _only(map(_of_jaxpr, inside))
        elif UNCOUNTED.search(kind):
            _uncounted(kind)
        elif inside and settings.get("name") != "_resize":  # resizing counts 0, although JAX does it by products
            yield from _of_jaxpr(*inside)


# PyTorch


def _torch(function, values):
    import torch
    from torch.utils.flop_counter import FlopCounterMode, flop_registry

    found = []

    def recorded(count):
        def record(*args, **kwargs):
            found.append(count(*args, **kwargs) // 2)
            return 0

        record._get_raw = True  # as the counter's own
        return record

    def vector(matrix, *_, **__):
        return 2 * matrix.numel()

    counts = flop_registry | {torch.ops.aten.mv: vector, torch.ops.aten.dot: vector}
    counter = FlopCounterMode(display=False, custom_mapping={name: recorded(count) for name, count in counts.items()})
    with keras.device("meta"), torch.no_grad():
        tensors = [keras.ops.zeros(value.shape, value.dtype) for value in values]
        with counter:
            function(*tensors)
    return found
