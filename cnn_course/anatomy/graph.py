"""From a model to its steps: every application of a layer with what goes in and out, in the order of computation."""

import inspect
import itertools
import math
import re
from functools import partial
from typing import NamedTuple

import keras

from cnn_course._validate import validate_integer
from cnn_course.anatomy import fields, traced
from cnn_course.anatomy.fields import Call, rule_name
from cnn_course.anatomy.kinds import count_macs, follow_fields, on_each_value, without_rule

__all__ = ["BATCH", "Step", "follow", "has_graph", "peak_bytes", "run_through", "tensor_bytes"]

# Images in the batch that goes through the model, symbolically: a prime above all usual sizes. What it divides counts
# images, so that images folded into the batch, as the frames of a video are, count as often as they are there.
BATCH = 1009
TRACED = "traced: its work is counted as it runs on shapes alone"


class Step(NamedTuple):
    """One application of a layer. What is unknown is None.

    Attributes:
        name: str; layers of a nested model are called `model/layer`.
        operation: `keras.Operation`.
        shapes: list of the shapes of the outputs, without the batch axis.
        activation_bytes: int, memory of the outputs for one image of the input.
        macs: int, for one image.
        fields: dict, for the name of each input that takes part a tuple of `Axis`.
        note: str, what a reader should know.
        lives: list of `[first, last, bytes]` for each output: from which step to which it is needed.
    """

    name: str
    operation: keras.Operation
    shapes: list | None = None
    activation_bytes: int | None = None
    macs: int | None = None
    fields: dict | None = None
    note: str = ""
    lives: tuple | list = ()


class _Value(keras.KerasTensor):
    """What goes through the graph: a tensor and, by input, its fields."""

    def __init__(self, tensor, shape, followed=()):
        super().__init__(shape, tensor.dtype, sparse=tensor.sparse)
        self.fields = dict(followed)
        self.life = [0, 0, 0]  # one list for all forms of a tensor

    def renumbered(self, shape, by):
        """In another shape, with `by` axes added behind the batch."""
        other = _Value(self, shape, {source: fields.renumber(axes, by) for source, axes in self.fields.items()})
        other.life = self.life
        return other


def follow(model, input_shape=None):
    """The steps of a model.

    Args:
        model: built `keras.Model`.
        input_shape: as for `describe`.

    Returns:
        list of `Step`: first the inputs, then each application of a layer. Of a model whose layers are not connected
        one for all, traced; without `input_shape` its layers, without more.
    """
    if not has_graph(model):
        note = f"{without_rule(model)}; with input_shape=… the whole is traced"
        return _whole(model, input_shape) if input_shape else [Step(one.name, one, note=note) for one in model.layers]
    layers = [tensor._keras_history.operation for tensor in model.inputs]
    own = {layer.name: tuple(source.shape[1:]) for layer, source in zip(layers, model.inputs, strict=True)}
    shapes = _shapes(own, input_shape)
    batch = next((tensor.shape[0] for tensor in model.inputs if tensor.shape and tensor.shape[0]), BATCH)
    most_axes = max(map(len, shapes.values()))
    walk, values = _Walk(batch, input_shape), []
    for layer, source in zip(layers, model.inputs, strict=True):
        shape = (batch, *shapes[layer.name])
        followed = {layer.name: fields.input_axes(shape)} if len(shape) - 1 == most_axes > 0 else {}
        values.append(_Value(source, shape, followed))
        walk.add(layer.name, layer, values[-1:], 0, [_open_sizes(shapes, layer.name)])
    for value in walk.through(model, values):
        value.life[1] = len(walk.steps)
    return walk.steps


def _whole(model, input_shape):
    """The one step of a model with a `call` of its own; a dict or list of shapes becomes one of tensors."""
    several = isinstance(input_shape, (tuple, list)) and any(isinstance(part, (tuple, list)) for part in input_shape)
    found = input_shape if isinstance(input_shape, dict) else dict(enumerate(input_shape if several else [input_shape]))
    values = {}
    for name, sizes in _sizes(found, input_shape).items():
        shape = (BATCH, *sizes)
        values[name] = _Value(keras.KerasTensor(shape), shape, {name: fields.input_axes(shape)})
    given = values if found is input_shape else list(values.values()) if several else values[0]
    walk = _Walk(BATCH, input_shape)
    walk.visit(model, "", (given,), {})
    return walk.steps


def peak_bytes(steps):
    """Memory of the outputs that are needed at one time, for one image, where they are most."""
    lives = [life for step in steps for life in step.lives]
    return max((sum(size for born, last, size in lives if born <= at <= last) for at in range(len(steps))), default=0)


def tensor_bytes(values, dtype):
    """Memory of so many values; None if it is not known how many, or how large one is."""
    bits = re.search(r"\d+", "bool8" if dtype == "bool" else dtype)
    return None if bits is None or values is None else -(-values * int(bits.group()) // 8)


def has_graph(operation):
    """Whether the layers inside are connected by a graph that is really run: no `call` of the user's own."""
    connected = isinstance(operation, (keras.Function, keras.Sequential)) and hasattr(operation, "outputs")
    homes = (cls.__module__ for cls in type(operation).__mro__ if "call" in vars(cls))
    return connected and next(homes).split(".")[0] == "keras"


def run_through(model, values, visit):
    """Take `values` through a model, each layer by `visit(operation, *args, **kwargs)`; list of what comes out.

    Keras has no public way to follow a graph call by call: `get_config` fails on layers that cannot be serialized,
    `clone_model` builds new weights. This private name stands here, `_keras_history` above, and no other.
    """
    graph = keras.Function(model.inputs, model.outputs)
    outputs = graph._run_through_graph(values, operation_fn=lambda operation: partial(visit, operation))
    return keras.tree.flatten(outputs)


def _shapes(own, given):
    """Shapes of the inputs by name, with those `given` in place of the sizes left open."""
    if given is None:
        return own
    found = given
    if isinstance(given, (tuple, list)):
        several = any(isinstance(part, (tuple, list)) for part in given)
        found = dict(itertools.zip_longest(own, given if several else [given], fillvalue=()))
    found = _sizes(found, given)
    if _fit(own, found):
        return found
    with_batch = _fit(own, {name: shape[1:] for name, shape in found.items()})
    raise ValueError(
        "`input_shape` must fit the one input of a model whose layers are connected, or be a list or dict of a shape "
        f"for each of several{'; write it without the batch axis' if with_batch else ''}. "
        f"Received: input_shape={given}, a model with inputs of shape {list(own.values())}."
    )


def _sizes(found, given):
    """A dict of tuples of integers, if it is one; `given` is what the user wrote."""
    if not (isinstance(found, dict) and found and all(isinstance(shape, (tuple, list)) for shape in found.values())):
        raise TypeError(f"`input_shape` must be a tuple of integers. Received: input_shape={given!r}.")
    size = partial(validate_integer, name="input_shape", minimum=1)
    return {name: tuple(map(size, shape)) for name, shape in found.items()}


def _fit(own, given):
    """Whether the names are the same, and the sizes that are not open."""
    pairs = [(shape, given.get(name, ())) for name, shape in own.items()]
    same_ranks = own.keys() == given.keys() and all(len(one) == len(other) for one, other in pairs)
    return same_ranks and all(size in (None, new) for pair in pairs for size, new in zip(*pair, strict=True))


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
        """Take `values` through a model; return those that come out."""
        before, groups = len(self.steps), []

        def visit(operation, *args, **kwargs):
            first = len(self.steps)
            outputs = self.visit(operation, prefix, args, kwargs)
            groups.append((operation, self.steps[first:]))
            return outputs

        outputs = run_through(model, values, visit)
        if len({id(operation) for operation, _ in groups}) == len(groups):  # in the order of model.summary()
            operations = keras.Function(model.inputs, model.outputs).operations
            order = {operation: index for index, operation in enumerate(operations)}
            groups.sort(key=lambda group: order[group[0]])
            self.steps[before:] = [step for _, steps in groups for step in steps]
        return outputs

    def visit(self, operation, prefix, args, kwargs):
        """One application of a layer: a step, or those of the model that it is."""
        name, arguments = prefix + operation.name, _arguments(operation, args, kwargs)
        values = [leaf for leaf in keras.tree.flatten(list(arguments.values())) if isinstance(leaf, _Value)]
        for value in values:
            value.life[1] = len(self.steps)
        run = operation.layer if rule_name(operation) in ("SpectralNormalization", "TimeDistributed") else operation
        time = values[0].shape[:2] if rule_name(operation) == "TimeDistributed" else ()
        if time:  # each step of it is an image of its own
            values = [values[0].renumbered(_folded(values[0].shape), -1)]
        if has_graph(run) and len(values) >= len(run.inputs):
            outputs = self.through(run, values[: len(run.inputs)], f"{name}/")
            return [one.renumbered((*time, *one.shape[1:]), 1) for one in outputs] if time else outputs
        outputs = [_Value(tensor, tensor.shape) for tensor in self.outputs(operation, args, kwargs)]
        shapes = [_folded(one.shape) if time else one.shape for one in outputs]
        call = Call(run, [value.shape for value in values], shapes, [None] * len(values), arguments, self.batch)
        if rule_name(run) in (None, "Lambda") and self.is_elementwise(run, args, kwargs):
            call = call._replace(operation=keras.layers.Add(name="elementwise"))
        macs, *notes = count_macs(call)
        if macs is None:
            macs, note = self.trace(operation, args, kwargs)
            notes.insert(0, note)
        for source in dict.fromkeys(source for value in values for source in value.fields):
            axes, note = follow_fields(call._replace(fields=[value.fields.get(source) for value in values]))
            notes.append(note)
            for value in outputs:
                value.fields[source] = fields.renumber(axes, 1 if time else 0)
        self.add(name, operation, outputs, macs, notes)
        return outputs

    def add(self, name, operation, outputs, macs, notes):
        """Write down a step, with its figures for one image."""
        images = {self.per_image(value.shape[0]) for value in outputs if value.shape}
        notes = [*notes, *(f"{count} of these for each image" for count in images if count and count > 1)]
        shapes = [self.without_batch(value.shape) for value in outputs]
        sizes = [self.bytes_of(value) for value in outputs]
        for value, size in zip(outputs, sizes, strict=True):
            value.life[:] = [len(self.steps), len(self.steps), size or 0]
        figures = (None if None in sizes else sum(sizes), self.per_image(macs), outputs[0].fields if outputs else {})
        note = "; ".join(dict.fromkeys(filter(None, notes)))
        self.steps.append(Step(name, operation, shapes, *figures, note, [value.life for value in outputs]))

    def bytes_of(self, value):
        """Memory for one image; None if unknown."""
        return tensor_bytes(None if None in value.shape else self.per_image(math.prod(value.shape)), value.dtype)

    def per_image(self, count):
        """Count for one image; None if it does not grow with the images."""
        if not count:
            return count
        share, rest = divmod(count, self.batch)
        return None if rest or (self.batch == BATCH and share % BATCH == 0) else share

    def without_batch(self, shape):
        """Shape of one image; what counts images on another axis is left open."""
        return tuple(None if self.batch == BATCH and size and size % BATCH == 0 else size for size in shape[1:])

    def any_batch(self, leaf):
        """A tensor in which the number of images is left open."""
        if not isinstance(leaf, _Value):
            return leaf
        return keras.KerasTensor((None, *self.without_batch(leaf.shape)), leaf.dtype)

    def outputs(self, operation, args, kwargs):
        """Symbolic outputs as Keras computes them, for our number of images; if a layer refuses, for any."""
        for given in ((args, kwargs), keras.tree.map_structure(self.any_batch, (args, kwargs))):
            try:
                return keras.tree.flatten(operation.compute_output_spec(*given[0], **given[1]))
            except Exception as problem:  # a layer of the user's own may raise anything
                error = problem
        if self.input_shape is None:
            raise error
        raise ValueError(
            f"`input_shape` must suit every layer; {operation.name} says: {str(error).strip().splitlines()[0]} "
            f"Received: input_shape={self.input_shape}."
        ) from error

    def trace(self, operation, args, kwargs):
        """Work of one application for all images, read off a run of it on shapes alone, and a note; None if unknown."""
        leaves = keras.tree.flatten((args, kwargs))

        def run(*tensors):
            given = iter(tensors)
            filled = [next(given) if isinstance(leaf, _Value) else leaf for leaf in leaves]
            positional, named = keras.tree.pack_sequence_as((args, kwargs), filled)
            return operation(*positional, **named)

        found, problem = traced.products(run, [leaf for leaf in leaves if isinstance(leaf, _Value)])
        once = [count for count in found or () if count % self.batch]
        shares = [count for count in found or () if count % self.batch == 0]
        if found is None or None in map(self.per_image, shares):
            return None, problem or (found and "its work for one image depends on how many there are") or ""
        return sum(shares), TRACED + (f" ({sum(once):,} once for all images are left out)" if once else "")

    def is_elementwise(self, operation, args, kwargs):
        """Whether a layer of the user's own, without layers inside, only works on each value: its `call` is traced."""
        try:
            if any(isinstance(part, keras.Layer) for part in keras.tree.flatten(list(vars(operation).values()))):
                return False
            args, kwargs = keras.tree.map_structure(self.any_batch, (args, kwargs))
            sources = [leaf for leaf in keras.tree.flatten((args, kwargs)) if isinstance(leaf, keras.KerasTensor)]
            with keras.StatelessScope():  # a `call` that counts its calls counts nothing
                traced = keras.Function(sources, operation.call(*args, **kwargs))
        except Exception:  # what it does is its own affair
            return False
        return all(map(on_each_value, traced.operations))


def _folded(shape):
    """Shape with time folded into the batch."""
    return (None if None in shape[:2] else shape[0] * shape[1], *shape[2:])


def _arguments(operation, args, kwargs):
    """What `operation.call` is given, by name."""
    try:
        return dict(inspect.signature(operation.call).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # no signature, or another one
        return {"args": args, **kwargs}
