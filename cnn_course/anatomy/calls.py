"""One application of a layer, and what the rules of fields and of multiply-accumulates both ask about it."""

import re
from typing import NamedTuple

import keras

__all__ = [
    "Call",
    "as_tuple",
    "channel_axis",
    "einsum_letters",
    "layers_named",
    "ops_named",
    "rule_name",
    "spatial_axes",
    "spatial_sizes",
    "with_ranks",
]


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


def rule_name(operation):
    """Name of the class of Keras or the course whose `call` is run; `keras.ops` get a prefix; None for foreign code."""
    prefix = "" if isinstance(operation, keras.Layer) else "ops."
    for cls in type(operation).__mro__:
        if cls.__module__.split(".")[0] in ("keras", "cnn_course"):
            return prefix + cls.__name__
        if {"call", "__call__", "convolution_op"} & set(vars(cls)):
            return None
    return None


def _channels_first(call):
    layout = getattr(call.operation, "data_format", "channels_last") or keras.config.image_data_format()
    return layout == "channels_first"


def spatial_axes(call):
    """Axes of the first input that a window slides along."""
    rank = len(call.input_shapes[0])
    return range(2, rank) if _channels_first(call) else range(1, rank - 1)


def spatial_sizes(call, shape):
    """Sizes along the spatial axes of `shape`, which has the rank of the first input."""
    return [shape[axis] for axis in spatial_axes(call)]


def channel_axis(call):
    """Axis of the first input that holds the channels."""
    return 1 if _channels_first(call) else len(call.input_shapes[0]) - 1


def as_tuple(value, length):
    """One number for all spatial axes, or one for each, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * length


def einsum_letters(call):
    """Letters of input, kernel and output of an `EinsumDense`, with capitals in place of an ellipsis."""
    inputs, kernel, outputs = re.split(",|->", call.operation.equation.replace(" ", ""))
    hidden = len(call.input_shapes[0]) - len(inputs.replace("...", ""))
    ellipsis = "ABCDEFGHIJ"[:hidden]
    return inputs.replace("...", ellipsis), kernel, outputs.replace("...", ellipsis)


def layers_named(names):
    """Names of rules for the layers listed in `names`."""
    return names.split()


def ops_named(names):
    """Names of rules for the operations in `keras.ops` with the classes listed in `names`."""
    return [f"ops.{name}" for name in names.split()]


def with_ranks(*names):
    """Names of the layers for one, two and three spatial axes."""
    return [f"{name}{rank}D" for name in names for rank in (1, 2, 3)]
