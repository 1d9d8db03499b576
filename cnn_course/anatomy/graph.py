"""From a model to its steps: every application of a layer with what goes in and out, in the order of computation."""

import inspect
import itertools
import math
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import keras

from cnn_course._validate import validate_integer
from cnn_course.anatomy import fields
from cnn_course.anatomy.fields import Call, rule_name
from cnn_course.anatomy.kinds import KINDS, count_macs, follow_fields, without_rule

__all__ = ["BATCH", "Step", "follow"]

# Images in the batch that goes through the model, symbolically: a prime above all usual sizes. What it divides counts
# images, so that images folded into the batch, as the frames of a video are, count as often as they are there.
BATCH = 1009


class Step(NamedTuple):
    """One application of a layer.

    Attributes:
        name: str; layers of a nested model are called `model/layer`.
        operation: `keras.Operation`.
        outputs: list of `(shape, dtype, values)`: the shape without the batch axis, and the number of values for one
            image of the input, None if unknown. None for a layer that is not connected.
        macs: int, for one image; None if unknown.
        fields: dict, for the name of each input that takes part a tuple of `Axis`.
        note: str, what a reader should know.
    """

    name: str
    operation: keras.Operation
    outputs: list | None = None
    macs: int | None = None
    fields: dict | None = None
    note: str = ""


@dataclass(eq=False)
class _Value:
    """What goes through the graph: a tensor and, by input, its fields."""

    tensor: keras.KerasTensor
    fields: dict = field(default_factory=dict)


def follow(model, input_shape=None):
    """The steps of a model.

    Args:
        model: built `keras.Model`.
        input_shape: as for `describe`.

    Returns:
        list of `Step`: first the inputs, then each application of a layer; only layers, without more, of a model
        whose layers are not connected.
    """
    if not has_graph(model):
        _shapes({}, input_shape)
        return [Step(layer.name, layer, note=without_rule(model)) for layer in model.layers]
    layers = [tensor._keras_history.operation for tensor in model.inputs]
    own = {layer.name: tuple(source.shape[1:]) for layer, source in zip(layers, model.inputs, strict=True)}
    shapes = _shapes(own, input_shape)
    batch = next((tensor.shape[0] for tensor in model.inputs if tensor.shape and tensor.shape[0]), BATCH)
    most_axes = max(map(len, shapes.values()))
    walk = _Walk(batch, input_shape)
    values = []
    for layer, source in zip(layers, model.inputs, strict=True):
        tensor = keras.KerasTensor((batch, *shapes[layer.name]), source.dtype, sparse=source.sparse)
        axes = {layer.name: fields.input_axes(tensor.shape)} if len(shapes[layer.name]) == most_axes > 0 else {}
        values.append(_Value(tensor, axes))
        walk.steps.append(walk.step(layer.name, layer, values[-1:], 0, [_open_sizes(shapes, layer.name)]))
    walk.through(model, values)
    return walk.steps


def has_graph(operation):
    """Whether the layers inside are connected by a graph that is really run: no `call` of the user's own."""
    if isinstance(operation, keras.Sequential) and not hasattr(operation, "outputs"):
        return False  # built, but its layers could not be chained
    own_call = next(cls for cls in type(operation).__mro__ if "call" in vars(cls))
    return isinstance(operation, (keras.Function, keras.Sequential)) and own_call.__module__.split(".")[0] == "keras"


def _shapes(shapes, given):
    """Shapes of the inputs by name, with those `given` in place of the sizes left open."""
    if given is None:
        return shapes
    found = given
    if isinstance(given, (tuple, list)):
        one = not any(isinstance(part, (tuple, list)) for part in given)
        found = dict(itertools.zip_longest(shapes, [given] if one else given, fillvalue=()))
    if not (isinstance(found, dict) and found and all(isinstance(shape, (tuple, list)) for shape in found.values())):
        raise TypeError(f"`input_shape` must be a tuple of integers. Received: input_shape={given!r}.")
    found = {
        name: tuple(validate_integer(size, "input_shape", minimum=1) for size in shape) for name, shape in found.items()
    }
    if set(found) == set(shapes) and all(_fits(shape, found[name]) for name, shape in shapes.items()):
        return found
    with_batch = set(found) == set(shapes) and all(_fits(shape, found[name][1:]) for name, shape in shapes.items())
    raise ValueError(
        "`input_shape` must fit the one input of a model whose layers are connected, or be a list or dict of a shape "
        f"for each of several{'; write it without the batch axis' if with_batch else ''}. "
        f"Received: input_shape={given}, a model with inputs of shape {list(shapes.values())}."
    )


def _fits(shape, given):
    return len(shape) == len(given) and all(one in (None, size) for one, size in zip(shape, given, strict=True))


def _open_sizes(shapes, name):
    """What to do about sizes that are left open."""
    if None not in shapes[name]:
        return ""
    examples = {one: tuple(size or (224 if len(shape) > 2 else 100) for size in shape) for one, shape in shapes.items()}
    return f"sizes are left open: give them with input_shape={examples if len(shapes) > 1 else examples[name]}"


class _Walk:
    """Goes through a graph with Keras's own walk and writes down the steps."""

    def __init__(self, batch, input_shape):
        self.batch, self.input_shape, self.steps = batch, input_shape, []

    def through(self, model, values, prefix=""):
        """Take `values` through a model; return those that come out.

        Keras has no public way to follow a graph call by call: `get_config` fails on layers that cannot be serialized,
        `clone_model` builds new weights. This private name stands here, `_keras_history` above, and no other.
        """
        graph, before = keras.Function(model.inputs, model.outputs), len(self.steps)
        groups = []

        def visit(operation, *args, **kwargs):
            first = len(self.steps)
            outputs = self.visit(operation, prefix, *args, **kwargs)
            groups.append((operation, self.steps[first:]))
            return outputs

        outputs = graph._run_through_graph(values, operation_fn=lambda operation: partial(visit, operation))
        if len({id(operation) for operation, _ in groups}) == len(groups):  # in the order of model.summary()
            order = {id(operation): index for index, operation in enumerate(graph.operations)}
            groups.sort(key=lambda group: order[id(group[0])])
            self.steps[before:] = [step for _, steps in groups for step in steps]
        return keras.tree.flatten(outputs)

    def through_steps(self, model, value, prefix):
        """Take a value through the model in `TimeDistributed`: each step of time is an image of its own."""
        shape = value.tensor.shape
        tensor = keras.KerasTensor(fields.folded(shape), value.tensor.dtype)
        inside = {source: fields.renumber(axes, -1) for source, axes in value.fields.items()}
        outputs = self.through(model, [_Value(tensor, inside)], prefix)
        return [
            _Value(
                keras.KerasTensor((*shape[:2], *output.tensor.shape[1:]), output.tensor.dtype),
                {source: fields.renumber(axes, 1) for source, axes in output.fields.items()},
            )
            for output in outputs
        ]

    def visit(self, operation, prefix, *args, **kwargs):
        """One application of a layer: a step, or those of the model that it is."""
        name, arguments = prefix + operation.name, _arguments(operation, args, kwargs)
        values = [leaf for leaf in keras.tree.flatten(list(arguments.values())) if isinstance(leaf, _Value)]
        if rule_name(operation) == "TimeDistributed" and has_graph(operation.layer):
            return self.through_steps(operation.layer, values[0], f"{name}/")
        if has_graph(operation) and len(values) >= len(operation.inputs):
            return self.through(operation, values[: len(operation.inputs)], f"{name}/")
        outputs = [_Value(tensor) for tensor in self.outputs(operation, args, kwargs)]
        call = Call(
            operation,
            [value.tensor.shape for value in values],
            [value.tensor.shape for value in outputs],
            [None] * len(values),
            keras.tree.map_structure(_tensor, arguments),
            self.batch,
        )
        if rule_name(operation) in (None, "Lambda") and self.is_elementwise(operation, args, kwargs):
            call = call._replace(operation=keras.layers.Add(name="elementwise"))
        macs, *notes = count_macs(call)
        for source in dict.fromkeys(source for value in values for source in value.fields):
            axes, note = follow_fields(call._replace(fields=[value.fields.get(source) for value in values]))
            notes.append(note)
            for value in outputs:
                value.fields[source] = axes
        self.steps.append(self.step(name, operation, outputs, macs, notes))
        return outputs

    def step(self, name, operation, outputs, macs, notes=()):
        """A step, with its figures for one image."""
        described, notes = [], dict.fromkeys(notes)
        for value in outputs:
            shape = value.tensor.shape
            images = self.per_image(shape[0]) if shape else None
            if images is not None and images > 1:
                notes[f"{images} of these for each image"] = None
            values = None if None in shape else self.per_image(math.prod(shape))
            described.append((self.without_batch(shape), value.tensor.dtype, values))
        note = "; ".join(filter(None, notes))
        return Step(name, operation, described, self.per_image(macs), outputs[0].fields if outputs else {}, note)

    def per_image(self, count):
        """Count for one image; None if it does not grow with the images."""
        if not count:
            return count
        share, rest = divmod(count, self.batch)
        return None if rest or (self.batch == BATCH and share % BATCH == 0) else share

    def without_batch(self, shape):
        """Shape of one image; what counts images on another axis is left open."""
        return tuple(None if self.batch == BATCH and size and size % BATCH == 0 else size for size in shape[1:])

    def outputs(self, operation, args, kwargs):
        """Symbolic outputs as Keras computes them, for our number of images; if a layer refuses, for any."""
        error = None
        for given in (_tensor, self.any_batch):
            tensors, keywords = keras.tree.map_structure(given, (args, kwargs))
            try:
                found = operation.compute_output_spec(*tensors, **keywords)
                return [keras.KerasTensor(one.shape, one.dtype) for one in keras.tree.flatten(found)]
            except Exception as problem:  # a layer of the user's own may raise anything
                error = problem
        if self.input_shape is None:
            raise error
        raise ValueError(
            f"`input_shape` must suit every layer; {operation.name} says: {str(error).strip().splitlines()[0]} "
            f"Received: input_shape={self.input_shape}."
        ) from error

    def is_elementwise(self, operation, args, kwargs):
        """Whether a layer of the user's own, without layers inside, only works on each value: its `call` is traced."""
        sources = []

        def symbol(leaf):
            if isinstance(leaf, _Value):
                sources.append(leaf := self.any_batch(leaf))
            return leaf

        try:
            if any(isinstance(part, keras.Layer) for part in keras.tree.flatten(list(vars(operation).values()))):
                return False
            tensors, keywords = keras.tree.map_structure(symbol, (args, kwargs))
            with keras.StatelessScope():  # a `call` that counts its calls counts nothing
                traced = keras.Function(sources, operation.call(*tensors, **keywords))
        except Exception:  # what it does is its own affair
            return False
        found = [KINDS.get(rule_name(one)) for one in traced.operations]
        return all(kind is not None and kind.field in (fields.same, fields.merge) for kind in found)

    def any_batch(self, leaf):
        """A tensor in which the number of images is left open."""
        if not isinstance(leaf, _Value):
            return leaf
        return keras.KerasTensor((None, *self.without_batch(leaf.tensor.shape)), leaf.tensor.dtype)


def _tensor(leaf):
    return leaf.tensor if isinstance(leaf, _Value) else leaf


def _arguments(operation, args, kwargs):
    """What `operation.call` is given, by name."""
    try:
        return dict(inspect.signature(operation.call).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # no signature, or another one
        return {**{str(index): value for index, value in enumerate(args)}, **kwargs}
