"""What a lesson asks of a GPU, found on a CPU: `python tests/notebooks/operations.py LESSON` prints it as JSON.

`without a kernel`: operations that ran and for which this TensorFlow has no kernel for GPUs, with their types: they run
on the CPU there. `products`: types of the operands of convolutions and matrix products. `left to Keras`: models that
predict and have no `compile` that says whether XLA compiles them. `leads`: for each argmax of floats in the lesson's
code, of what, and by how much the largest is ahead of the next, as a share of it. `errors`: what cells raised that is
not stored.
"""

import ast
import functools
import json
import os
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import cnn_course.quiet  # noqa: F401  (before Keras)
import lessons

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from tensorflow.python.framework import kernels, op_callbacks, op_def_registry  # isort: skip

PRODUCTS = ("BatchMatMul", "Conv", "DepthwiseConv", "Einsum", "MatMul")


def of_lesson(file):
    """What the cells of a lesson asked for when they ran, a dict."""
    asked = {"left to Keras": [], "leads": [], "errors": []}
    operations = set()
    predict = keras.Model.make_predict_function

    def predicting(model, force=False):
        asked["left to Keras"] += [] if model.compiled else [model.name]
        return predict(model, force)

    keras.Model.make_predict_function = predicting
    op_callbacks.add_op_callback(functools.partial(_note, operations))
    shell = InteractiveShell.instance()
    shell.ast_transformers.append(_WithLeads())
    shell.showtraceback = lambda *arguments, **options: None
    for cell in lessons.code_cells(lessons.read(file)):
        name = cell.source.splitlines()[0][:60]
        shell.user_ns["_noting_its_lead"] = functools.partial(_note_lead, asked["leads"])
        with capture_output():
            result = shell.run_cell(cell.source)
        error = result.error_before_exec or result.error_in_exec
        stored = [output.ename for output in cell.outputs if output.output_type == "error"]
        if stored != ([type(error).__name__] if error else []):
            asked["errors"].append(f"{name}: {error!r}"[:500])
    op_callbacks.clear_op_callbacks()
    ran = [(operation, dict(types)) for operation, *types in operations]
    lacking = {
        " ".join((operation, *types.values())) for operation, types in ran if not _runs_on_gpus(operation, types)
    }
    products = {types["T"] for operation, types in ran if operation.startswith(PRODUCTS)}
    return {"without a kernel": sorted(lacking), "products": sorted(products), **asked}


def _note(operations, operation, inputs, attributes, outputs, op_name=None, graph=None):
    operation = tf.compat.as_str(operation)
    if graph is None:
        values = dict(zip(map(tf.compat.as_str, attributes[::2]), attributes[1::2], strict=True))
    else:
        node = outputs[0].op.node_def if outputs else graph.get_operation_by_name(op_name).node_def
        values = {name: value.type for name, value in node.attr.items()}
    types = {name: tf.as_dtype(values[name]).name for name in _types_of(operation) if values.get(name)}
    operations.add((operation, *types.items()))


@functools.cache
def _types_of(operation):
    definition = op_def_registry.get(operation)
    return [attribute.name for attribute in definition.attr if attribute.type == "type"] if definition else []


def _runs_on_gpus(operation, types):
    registered = kernels.get_registered_kernels_for_op(operation).kernel

    def takes(kernel):
        allowed = {part.name: list(part.allowed_values.list.type) for part in kernel.constraint}
        return all(name not in types or tf.as_dtype(types[name]) in kinds for name, kinds in allowed.items() if kinds)

    return not registered or any(kernel.device_type in ("GPU", "DEFAULT") and takes(kernel) for kernel in registered)


class _WithLeads(ast.NodeTransformer):
    """Has the values noted of which an argmax or argmin is taken."""

    def visit_Call(self, node):
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in ("argmax", "argmin"):
            of_numpy = ast.unparse(node.func.value) == "np"
            values = node.args[0] if of_numpy else node.func.value
            axes = [*node.args[of_numpy:], *(keyword.value for keyword in node.keywords if keyword.arg == "axis")]
            told = [ast.Constant(ast.unparse(values)), ast.Constant(name)]
            call = ast.Call(ast.Name("_noting_its_lead", ast.Load()), [*told, values, *axes], [])
            if of_numpy:
                node.args[0] = call
            else:
                node.func.value = call
        return ast.fix_missing_locations(node)


def _note_lead(leads, source, name, values, axis=None):
    array = np.asarray(values)
    if array.dtype.kind == "f" and array.size > 1:
        rows = array.reshape(1, -1) if axis is None else np.moveaxis(array, axis, -1)
        ordered = np.sort(rows if name == "argmax" else -rows, axis=-1)
        share = (ordered[..., -1] - ordered[..., -2]) / np.maximum(abs(ordered[..., -1]), np.finfo(array.dtype).tiny)
        leads.append([source, float(share.min())])
    return values


if __name__ == "__main__":
    lesson = Path(sys.argv[1]).resolve()
    os.chdir(lesson.parent)
    mpl.use("agg")
    print(json.dumps(of_lesson(lesson)))
