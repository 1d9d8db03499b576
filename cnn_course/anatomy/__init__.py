"""`describe(model)`: a row a layer with shape, parameters, work, memory and receptive field, for any Keras 3 model."""

import math
import os
import sys
from dataclasses import dataclass
from typing import NamedTuple

import cnn_course.quiet  # noqa: F401  (before Keras: the command, too, is quiet)

# isort: split
import keras

from cnn_course._validate import validate_integer
from cnn_course.anatomy import graph, tables

__all__ = ["UNKNOWN", "WHOLE", "Anatomy", "Memory", "Row", "Totals", "describe"]

UNKNOWN = "unknown"
WHOLE = "whole input"
NOTHING = "–"
COLUMNS = ("parameters", "trainable_parameters", "non_trainable_parameters", "macs", "activation_bytes")


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
            `"whole input"`; `"–"` where no pixel takes part, or where it differs from input to input (see `note`).
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


class Memory(NamedTuple):
    """Bytes, as `Anatomy.memory` counts them; a backend adds what it needs to compute.

    Attributes:
        parameters: int, all weights.
        inference: int, those and the maps that are needed at one time, where they are most.
        training: int, all weights, a gradient and the slots of the optimizer for each trainable one, all maps, which
            the backward pass asks for again, and the gradients of those that are needed at one time.
        at_least: bool, whether these are lower bounds: where maps are unknown, or hidden in a traced layer.
    """

    parameters: int
    inference: int
    training: int
    at_least: bool = False


@dataclass(frozen=True)
class Anatomy:
    """What `describe` returns: print it, let a notebook show it, or hand `to_records()` to `pandas.DataFrame`.

    Attributes:
        name: str, the model's name.
        kind: str, the model's class.
        rows: tuple of `Row`.
        totals: `Totals`.
        weight_bytes: `(trainable, non_trainable)`, memory of the weights.
        peak_bytes: int, memory of the maps that are needed at one time, for one image, where they are most.

    What a table shows can be chosen: `columns`, names of `anatomy.tables.COLUMNS`, which are the fields of `Row` and
    `flops` (2 × MACs), `parameters_share`, `macs_share` and `activation_share` (percent of the total); `sort`, the
    column by which rows are sorted, the largest first; `units`, True for K, M and G in place of all digits.
    """

    name: str
    kind: str
    rows: tuple
    totals: Totals
    weight_bytes: tuple
    peak_bytes: int

    def to_records(self, columns=None, sort=None, unknown=UNKNOWN):
        """Rows as plain dictionaries, for `pandas.DataFrame` or `csv.DictWriter`.

        Args:
            columns: list of str; None for the fields of `Row`.
            sort: str or None.
            unknown: what to put in place of `"unknown"`, as None, with which columns of figures stay numeric.

        Returns:
            list of dict, one a row.
        """
        return tables.as_records(self, _columns(columns, sort) or Row._fields, sort, unknown)

    def to_text(self, width=120, columns=None, sort=None, units=False):
        """The table as aligned text.

        Args:
            width: int >= 1, characters of a line: names, kinds and shapes give way, then whole columns unless they are
                asked for; None for as wide as the longest name needs.
            columns: list of str; None for the usual ones.
            sort: str or None.
            units: bool.

        Returns:
            str.
        """
        width = width if width is None else validate_integer(width, "width", minimum=1)
        return tables.plain(self, width, _columns(columns, sort), sort, units)

    def to_markdown(self, columns=None, sort=None, units=False):
        """The table in Markdown.

        Args:
            columns: list of str; None for the usual ones.
            sort: str or None.
            units: bool.

        Returns:
            str.
        """
        return tables.as_markdown(self, _columns(columns, sort) or tables.DEFAULT, sort, units)

    def memory(self, batch_size=1, slots=2):
        """What the model needs in memory, if each map is stored on its own.

        Args:
            batch_size: int >= 1.
            slots: int >= 0, numbers that the optimizer keeps for each weight: Adam 2, SGD with momentum 1, without 0.

        Returns:
            `Memory`.

        >>> dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, use_bias=False)])
        >>> describe(dense).memory(batch_size=10)  # 12 weights; 4 and 3 values an image
        Memory(parameters=48, inference=328, training=752, at_least=False)
        """
        batch_size = validate_integer(batch_size, "batch_size", minimum=1)
        slots = validate_integer(slots, "slots", minimum=0)
        weights, maps = sum(self.weight_bytes), batch_size * self.totals.activation_bytes
        at_once, of_training = batch_size * self.peak_bytes, (1 + slots) * self.weight_bytes[0]
        hidden = any("traced" in row.note for row in self.rows) or bool(self.totals.at_least)
        return Memory(weights, weights + at_once, weights + of_training + maps + at_once, hidden)

    def __str__(self):
        return tables.encodable(self.to_text(_terminal_width()), getattr(sys.stdout, "encoding", None) or "utf-8")

    __repr__ = __str__

    def _repr_html_(self):
        return tables.as_html(self)


def _terminal_width():
    """Characters of a line of the terminal that is printed to; 120 where it is none."""
    try:
        return max(os.get_terminal_size(sys.stdout.fileno()).columns, 40) if sys.stdout.isatty() else 120
    except (AttributeError, OSError, ValueError):
        return 120


def _columns(columns, sort):
    """The columns that are asked for, if there are such."""
    known = f"names out of {', '.join(tables.COLUMNS)}"
    if columns is not None and (isinstance(columns, str) or not columns or not set(columns) <= set(tables.COLUMNS)):
        raise ValueError(f"`columns` must be a list of {known}. Received: columns={columns!r}.")
    if sort is not None and sort not in tables.SORTABLE:
        raise ValueError(f"`sort` must be one of {', '.join(tables.SORTABLE)}. Received: sort={sort!r}.")
    return columns and list(columns)


def describe(model, input_shape=None, depth=None):
    """Take a model apart: a row for each application of a layer, in the order of computation.

    Receptive fields are those at inference, counted in pixels of the input with the most axes, from the first to the
    last pixel that matters; of several such inputs for each on its own. At merges the union is taken. The work of a
    layer with a `call` of its own is traced: it runs once on shapes alone. What is not known for certain, as the field
    of such a layer, is `"unknown"`, and a note says why.

    Args:
        model: `keras.Model`, built.
        input_shape: tuple of int without the batch axis, such as (height, width, channels), to be put in place of the
            sizes that the model leaves open; None leaves them open. For several inputs a list of such tuples, or a
            dict by the name of the input.
        depth: int >= 1, levels of nested models that have rows of their own: with 1 each of them is one row; None for
            all.

    Returns:
        `Anatomy`.

    Raises:
        TypeError: `model` is not a Keras model, or `input_shape` is no tuple of integers.
        ValueError: `model` is not built, or `input_shape` does not fit it, or is too small for one of its layers.

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
    depth = depth if depth is None else validate_integer(depth, "depth", minimum=1)
    steps = graph.follow(model, input_shape)
    rows = tuple(_rows(model, steps))
    shown = rows if depth is None else tuple(_folded(rows, depth))
    memory = _weight_bytes(model), graph.peak_bytes(steps)
    return Anatomy(model.name, type(model).__name__, shown, _totals(rows), *memory)


# From steps to rows


def _rows(model, steps):
    shown = _shown_axes(steps)
    trainable = {id(weight) for weight in model.trainable_weights}
    first_rows = {}  # of each weight and each layer, by identity
    for step in steps:
        kind = ("" if isinstance(step.operation, keras.Layer) else "ops.") + type(step.operation).__name__
        shape = step.shapes[0] if step.shapes and len(step.shapes) == 1 else step.shapes or None
        parameters, shared_with = _count_new(step, trainable, first_rows)
        field, jump, note = _fields(step.fields, shown)
        figures = (shape, *parameters, step.macs, step.activation_bytes, field, jump)
        figures = (UNKNOWN if figure is None else figure for figure in figures)
        yield Row(step.name, kind, *figures, "; ".join(filter(None, [shared_with, step.note, note])))
    others = [weight for weight in model.weights if id(weight) not in first_rows]
    if others:
        counts = _count(others, trainable)
        yield Row(model.name, "weights", [], *counts, 0, 0, NOTHING, NOTHING, "weights that belong to no layer above")


def _folded(rows, depth):
    """Rows of which those that share the first `depth` parts of their names are one."""
    groups = []
    for row in rows:
        name = "/".join(row.name.split("/")[:depth])
        if groups and name != row.name and groups[-1][0] == name and row.name != groups[-1][1][0].name:
            groups[-1][1].append(row)
        else:
            groups.append((name, [row]))
    for name, (first, *others) in groups:
        yield _sum_of(name, [first, *others]) if first.name != name else first


def _sum_of(name, rows):
    """One row for those of a nested model: sums, and what comes out in the end."""
    columns = [[getattr(row, column) for row in rows] for column in COLUMNS]
    sums = [UNKNOWN if UNKNOWN in values else sum(values) for values in columns]
    notes = "; ".join(dict.fromkeys(note for row in rows for note in row.note.split("; ") if note))
    last = rows[-1]
    return Row(
        name,
        f"{len(rows)} layer{'s' * (len(rows) > 1)}",
        last.output_shape,
        *sums,
        last.receptive_field,
        last.jump,
        notes,
    )


def _weight_bytes(model):
    """Memory of the trainable weights and of the others."""
    trainable = {id(weight) for weight in model.trainable_weights}
    sizes = [(graph.tensor_bytes(math.prod(one.shape), one.dtype) or 0, id(one) in trainable) for one in model.weights]
    return tuple(sum(size for size, trained in sizes if trained is wanted) for wanted in (True, False))


def _count(weights, trainable):
    """Parameters: all, trainable, non-trainable."""
    sizes = [(math.prod(weight.shape), id(weight) in trainable) for weight in weights]
    counts = [sum(size for size, trained in sizes if trained is wanted) for wanted in (True, False)]
    return sum(counts), *counts


def _count_new(step, trainable, first_rows):
    """Parameters that no earlier row has counted, and a note on those that one has."""
    layer = step.operation
    if not isinstance(layer, keras.Layer) or not layer.built:
        return (None if isinstance(layer, keras.Layer) else 0,) * 3, ""
    identities = [id(layer), *map(id, layer.weights)]
    shared = [first_rows[identity] for identity in identities if identity in first_rows]
    counts = _count([weight for weight in layer.weights if id(weight) not in first_rows], trainable)
    for identity in identities:
        first_rows.setdefault(identity, step.name)
    where = "the row of this name" if shared[:1] == [step.name] else shared and shared[0]
    return counts, f"shared with {where} above" if shared else ""


def _shown_axes(steps):
    """For each input, indices of its spatial axes: those that a window was slid along, else by convention."""
    shown, spatial = {}, {}
    for step in steps:
        for source, axes in (step.fields or {}).items():
            spatial.setdefault(source, set()).update(index for index, axis in enumerate(axes) if axis.spatial)
            first = keras.config.image_data_format() == "channels_first" and len(axes) > 1
            shown[source] = sorted(spatial[source]) or list(range(first, max(len(axes) - 1, 1) + first))
    return shown


def _fields(fields, shown):
    """Receptive field, jump, and a note; where they differ in several inputs, the note says them."""
    if fields is None:
        return None, None, ""
    found, reached = {}, []
    for source, axes in fields.items():
        spatial = [axes[index] for index in shown[source]]
        found[source] = _field_and_jump(spatial)
        reached += [note + (f" of {source}" if len(shown) > 1 else "") for note in _reach_notes(spatial)]
    different = set(found.values())
    if len(different) == 1:
        return *different.pop(), "; ".join(reached)
    notes = [f"field {tables.text(field)}, jump {tables.text(jump)} of {name}" for name, (field, jump) in found.items()]
    return NOTHING, NOTHING, "; ".join([*notes, *reached])


def _field_and_jump(axes):
    if any(axis.state == "unknown" for axis in axes):
        return UNKNOWN, UNKNOWN
    pairs = [(WHOLE, NOTHING) if axis.state == "whole" else (axis.size, abs(axis.jump)) for axis in axes]
    return tuple(values[0] if len(set(values)) == 1 else values for values in zip(*pairs, strict=True))


def _reach_notes(axes):
    """Pixels that even the whole does not reach."""
    if not all(axis.state == "whole" and axis.reach and axis.input_size for axis in axes):
        return []
    reached = tuple(axis.reach[1] - axis.reach[0] for axis in axes)
    sizes = tuple(axis.input_size for axis in axes)
    return [] if reached == sizes else [f"reaches {tables.text(reached)} of {tables.text(sizes)} pixels"]


def _totals(rows):
    columns = {column: [getattr(row, column) for row in rows] for column in COLUMNS}
    sums = [sum(value for value in values if value != UNKNOWN) for values in columns.values()]
    return Totals(*sums, at_least=tuple(column for column, values in columns.items() if UNKNOWN in values))
