"""`describe(model)`: a row a layer with shape, parameters, work, memory and receptive field, for any Keras 3 model."""

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import keras

from cnn_course._validate import validate_integer
from cnn_course.anatomy import tables
from cnn_course.anatomy.calls import Call
from cnn_course.anatomy.fields import follow_fields, input_axes
from cnn_course.anatomy.macs import count_macs

__all__ = ["UNKNOWN", "WHOLE", "Anatomy", "Row", "Totals", "describe"]

UNKNOWN = "unknown"
WHOLE = "whole input"
NOTHING = "–"
FIGURES = ("parameters", "trainable_parameters", "non_trainable_parameters", "macs", "activation_bytes")


class Row(NamedTuple):
    """One application of a layer. A figure that cannot be known is the string `"unknown"`.

    Attributes:
        name: str; layers of a nested model are called `model/layer`.
        kind: str, name of the class; operations of `keras.ops` as `ops.Add`.
        output_shape: tuple without the batch axis; a list of tuples if there are several outputs.
        parameters, trainable_parameters, non_trainable_parameters: int; weights that several layers share are
            counted in the first row.
        macs: int, multiply-accumulates per image.
        activation_bytes: int, memory of the output for one image.
        receptive_field: int, pixels of the input that a value depends on, or a tuple where the axes differ; or
            `"whole input"`; `"–"` where no pixel takes part.
        jump: int (or float, or tuple), pixels of the input from the field of one value to the next; or `"–"`.
        note: str, what else to know, empty mostly.
    """

    name: str
    kind: str
    output_shape: tuple | list | str
    parameters: int | str
    trainable_parameters: int | str
    non_trainable_parameters: int | str
    macs: int | str
    activation_bytes: int | str
    receptive_field: int | tuple | str
    jump: int | float | tuple | str
    note: str = ""


class Totals(NamedTuple):
    """Sums over all rows.

    Attributes:
        parameters, trainable_parameters, non_trainable_parameters: int, as Keras counts them.
        macs: int, multiply-accumulates per image.
        activation_bytes: int, memory of all outputs for one image.
        at_least: tuple of str, the figures that are lower bounds because a row has `"unknown"`.
    """

    parameters: int
    trainable_parameters: int
    non_trainable_parameters: int
    macs: int
    activation_bytes: int
    at_least: tuple = ()


@dataclass(frozen=True)
class Anatomy:
    """What `describe` returns: print it, let a notebook show it, or hand `to_records()` to `pandas.DataFrame`.

    Attributes:
        name: str, the model's name.
        kind: str, the model's class.
        rows: tuple of `Row`.
        totals: `Totals`.
    """

    name: str
    kind: str
    rows: tuple
    totals: Totals

    def to_records(self):
        """Rows as plain dictionaries.

        Returns:
            list of dict, one a row, with the fields of `Row`.
        """
        return [row._asdict() for row in self.rows]

    def __str__(self):
        return tables.plain(self)

    __repr__ = __str__

    def _repr_html_(self):
        return tables.as_html(self)


def describe(model, input_shape=None):
    """Take a model apart: a row for each application of a layer, in the order of computation.

    Receptive fields are those at inference, counted in pixels of the input with the most axes (of several such, over
    all of them), from the first to the last pixel that matters. At merges the union is taken.

    Args:
        model: `keras.Model`, built.
        input_shape: tuple of int without the batch axis, such as (height, width, channels), to be put in place of the
            sizes that the model leaves open; None leaves them open. For models with one input.

    Returns:
        `Anatomy`.

    Raises:
        TypeError: `model` is not a Keras model, or `input_shape` is no tuple of integers.
        ValueError: `model` is not built, or `input_shape` does not fit it.

    Source:
        Araujo, Norris & Sim (2019), Computing Receptive Fields of CNNs, Distill, for fields; Sze, Chen, Yang & Emer
        (2017), arXiv:1703.09039, section II, for multiply-accumulates.

    >>> layers = [keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3), keras.layers.MaxPooling2D()]
    >>> describe(keras.Sequential(layers)).totals.macs  # 26 * 26 * 3 * 3 * 1 * 32
    194688
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {model!r} ({type(model).__name__}).")
    if not model.built:
        raise ValueError(
            "`model` must be built: begin it with keras.Input(shape), or call model.build(input_shape). "
            f"Received: {type(model).__name__} {model.name!r}, not built."
        )
    steps = list(_steps(model, input_shape))
    rows = tuple(_rows(model, steps))
    return Anatomy(model.name, type(model).__name__, rows, _totals(rows))


# From the model to its steps: every application of a layer, with what goes in and out


class _Step(NamedTuple):
    name: str
    operation: keras.Operation
    outputs: tuple = ()  # of `keras.KerasTensor`: shapes and dtypes
    macs: int | None = None
    axes: tuple | None = None
    note: str = ""


def _steps(model, input_shape=None):
    """Yield a `_Step` for each input and each application of a layer."""
    inputs = _inputs(model, input_shape)
    if not _has_graph(model):
        yield from (_Step(layer.name, layer) for layer in model.layers)
        return
    most_axes = max(len(tensor.shape) for tensor in inputs)
    values = [(tensor, input_axes(tensor.shape) if len(tensor.shape) == most_axes else None) for tensor in inputs]
    for source, (tensor, axes) in zip(model.inputs, values, strict=True):
        layer = _call_node(source).operation
        yield _Step(layer.name, layer, (tensor,), 0, axes)
    yield from _graph_steps(model, values)


def _inputs(model, input_shape):
    """Symbolic inputs, with `input_shape` in place of the sizes left open."""
    inputs = model.inputs if _has_graph(model) else []
    if input_shape is None:
        return inputs
    wanted = [tuple(tensor.shape[1:]) for tensor in inputs]
    if not isinstance(input_shape, (tuple, list)):
        raise TypeError(f"`input_shape` must be a tuple of integers. Received: input_shape={input_shape!r}.")
    shape = tuple(validate_integer(size, "input_shape", minimum=1) for size in input_shape)
    if (
        len(inputs) != 1
        or len(shape) != len(wanted[0])
        or any(size is not None and size != given for size, given in zip(wanted[0], shape, strict=True))
    ):
        raise ValueError(
            "`input_shape` must fit the one input of a model whose layers are connected. "
            f"Received: input_shape={shape}, a model with inputs of shape {wanted}."
        )
    return [keras.KerasTensor((None, *shape), dtype=inputs[0].dtype)]


def _graph_steps(model, inputs, prefix=""):
    """Yield the steps of a graph, nested graphs included; return its outputs. A value is `(tensor, axes)`."""
    values = dict(zip(map(id, model.inputs), inputs, strict=False))
    for node in _call_nodes(model):
        operation, name = node.operation, prefix + node.operation.name
        arguments = [values[id(tensor)] for tensor in node.input_tensors]
        if _has_graph(operation) and len(arguments) >= len(operation.inputs):
            outputs = yield from _graph_steps(operation, arguments, f"{name}/")
        else:
            tensors = _output_tensors(node, values)
            shapes = [[tensor.shape for tensor, _ in arguments], [tensor.shape for tensor in tensors]]
            call = Call(operation, *shapes, [axes for _, axes in arguments])
            axes, note = follow_fields(call)
            yield _Step(name, operation, tuple(tensors), count_macs(call), axes, note)
            outputs = [(tensor, axes) for tensor in tensors]
        values.update(zip(map(id, node.outputs), outputs, strict=True))
    return [values[id(tensor)] for tensor in model.outputs]


def _has_graph(operation):
    """Whether the layers inside are connected by a graph that is really run: no `call` of the user's own."""
    if isinstance(operation, keras.Sequential) and not hasattr(operation, "outputs"):
        return False  # built, but its layers could not be chained
    own_call = next(cls for cls in type(operation).__mro__ if "call" in vars(cls))
    return isinstance(operation, (keras.Function, keras.Sequential)) and own_call.__module__.split(".")[0] == "keras"


def _call_node(tensor):
    """The record that Keras keeps of the call that made a symbolic tensor.

    Keras has no public way to ask which call of a shared layer made a tensor: `get_config` fails on layers that cannot
    be serialized, and `clone_model` builds new weights. The two private names stand here, and nowhere else; what is
    read from the record (`operation`, `input_tensors`, `outputs`, `arguments`) has public names.
    """
    operation, node_index, _ = tensor._keras_history
    return operation._inbound_nodes[node_index]


def _call_nodes(model):
    """Calls between a model's inputs and outputs, each after those that it depends on."""
    order, done = [], set(map(id, model.inputs))
    stack = list(reversed(model.outputs))
    while stack:
        tensor = stack[-1]
        if id(tensor) in done:
            stack.pop()
            continue
        node = _call_node(tensor)
        missing = [source for source in node.input_tensors if id(source) not in done]
        if missing:
            stack.extend(reversed(missing))
        else:
            order.append(node)
            done.update(map(id, node.outputs))
    return order


def _output_tensors(node, values):
    """Symbolic outputs of a call; computed anew where a nested model gets other sizes than it was made with."""
    if all(values[id(tensor)][0].shape == tensor.shape for tensor in node.input_tensors):
        return node.outputs
    arguments, keywords = node.arguments.fill_in({id(tensor): values[id(tensor)][0] for tensor in node.input_tensors})
    return keras.tree.flatten(node.operation.compute_output_spec(*arguments, **keywords))


# From steps to rows


def _rows(model, steps):
    shown = _shown_axes(steps)
    trainable = {id(weight) for weight in model.trainable_weights}
    first_rows = {}  # of each weight and each layer, by identity
    for step in steps:
        parameters, shared_with = _count_new(step, trainable, first_rows)
        field, jump, reach = _fields([step.axes[index] for index in shown] if step.axes else None)
        if not step.outputs:  # a layer of a model without a graph
            field = jump = UNKNOWN
        yield Row(
            step.name,
            ("" if isinstance(step.operation, keras.Layer) else "ops.") + type(step.operation).__name__,
            _shape(step.outputs),
            *parameters,
            UNKNOWN if step.macs is None else step.macs,
            _bytes(step.outputs),
            field,
            jump,
            "; ".join(filter(None, [shared_with, step.note, reach])),
        )
    others = [weight for weight in model.weights if id(weight) not in first_rows]
    if others:
        counts = _count(others, trainable)
        yield Row(model.name, "weights", [], *counts, 0, 0, NOTHING, NOTHING, "weights that belong to no layer above")


def _count(weights, trainable):
    """Parameters: all, trainable, non-trainable."""
    counts = [0, 0]
    for weight in weights:
        counts[id(weight) not in trainable] += math.prod(weight.shape)
    return sum(counts), *counts


def _count_new(step, trainable, first_rows):
    """Parameters that no earlier row has counted, and a note on those that one has."""
    layer = step.operation
    if not isinstance(layer, keras.Layer):
        return (0, 0, 0), ""
    if not layer.built:
        return (UNKNOWN,) * 3, ""
    identities = [id(layer), *map(id, layer.weights)]
    shared = [first_rows[identity] for identity in identities if identity in first_rows]
    counts = _count([weight for weight in layer.weights if id(weight) not in first_rows], trainable)
    for identity in identities:
        first_rows.setdefault(identity, step.name)
    if not shared:
        return counts, ""
    return counts, f"shared with {'the row of this name' if shared[0] == step.name else shared[0]} above"


def _shown_axes(steps):
    """Indices of the input's axes that are spatial: those that a window was slid along, else by convention."""
    followed = [step.axes for step in steps if step.axes]
    if not followed:
        return []
    count = len(followed[0])
    slid = [index for index in range(count) if any(axes[index].spatial for axes in followed)]
    first = keras.config.image_data_format() == "channels_first" and count > 1
    return slid or list(range(first, max(count - 1, 1) + first))


def _fields(axes):
    """Receptive field, jump and a note on pixels that even the whole does not reach."""
    if axes is None:
        return NOTHING, NOTHING, ""
    states = [axis.state for axis in axes]
    if "unknown" in states:
        return UNKNOWN, UNKNOWN, ""
    sizes = tuple(WHOLE if axis.state == "whole" else axis.size for axis in axes)
    jumps = tuple(NOTHING if axis.state == "whole" else _number(axis.jump) for axis in axes)
    note = ""
    if set(states) == {"whole"} and all(axis.reach and axis.input_size for axis in axes):
        reached = [axis.reach[1] - axis.reach[0] for axis in axes]
        sizes_of_input = [axis.input_size for axis in axes]
        if reached != sizes_of_input:
            note = f"reaches {' x '.join(map(str, reached))} of {' x '.join(map(str, sizes_of_input))} pixels"
    return _one_if_equal(sizes), _one_if_equal(jumps), note


def _number(fraction):
    return int(fraction) if fraction.denominator == 1 else float(fraction)


def _one_if_equal(values):
    return values[0] if len(set(values)) == 1 else values


def _shape(tensors):
    if not tensors:
        return UNKNOWN
    shapes = [tuple(tensor.shape[1:]) for tensor in tensors]
    return shapes[0] if len(shapes) == 1 else shapes


def _bytes(tensors):
    """Bytes of all outputs for one image."""
    total = 0
    for tensor in tensors:
        bits = re.search(r"\d+", "bool8" if tensor.dtype == "bool" else tensor.dtype)
        if bits is None or None in tensor.shape[1:]:
            return UNKNOWN
        total += -(-math.prod(tensor.shape[1:]) * int(bits.group()) // 8)
    return total if tensors else UNKNOWN


def _totals(rows):
    columns = {figure: [getattr(row, figure) for row in rows] for figure in FIGURES}
    sums = [sum(value for value in values if value != UNKNOWN) for values in columns.values()]
    return Totals(*sums, at_least=tuple(figure for figure, values in columns.items() if UNKNOWN in values))
