"""Which calls of Keras and TensorFlow the lessons make: `python tests/notebooks/calls.py` prints them by lesson.

Found by the code's syntax, without running or loading anything. A call is a name that is called or passed on, without
`keras.` before it (`ops.conv`, `tf.norm`), a method of models, layers, optimizers, tapes or tensors (`.fit`), a
function chosen by a word (`activation="relu"`), or an argument that asks for another kernel (`groups=`).
"""

import ast
import collections
import functools
import itertools
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import lessons

FRAMEWORKS = ("keras", "tensorflow")
CLASSES = {  # whose public methods are those of what a lesson holds
    "keras": "models/model models/sequential trainers/trainer layers/layer ops/operation "
    "optimizers/base_optimizer backend/common/variables",
    "tensorflow": "python/eager/backprop python/framework/tensor python/ops/variables",
}
OF_OTHERS = {*dir(np.ndarray), *dir(dict), *dir(list), *dir(set), *dir(str)}
WORDS = ("activation", "kernel_initializer", "loss", "optimizer")
ANOTHER_KERNEL = ("dilation_rate", "dtype", "groups", "kernel_regularizer", "run_eagerly")


def by_lesson():
    """Calls, each with the numbers of the lessons that make it, a dict of sets of str."""
    found = collections.defaultdict(set)
    for file in lessons.LESSONS:
        notebook = lessons.read(file)
        for call in calls_of("\n".join(cell.source for cell in lessons.code_cells(notebook))):
            found[call].add(lessons.number(notebook))
    return dict(sorted(found.items()))


def ranges(numbers):
    """Numbers of lessons as a page shows them: `"01–03, 07"`."""
    runs = []
    for _, run in itertools.groupby(enumerate(sorted(numbers)), lambda pair: int(pair[1]) - pair[0]):
        first, *_, last = [number for _, number in run] * 2
        runs.append(first if first == last else f"{first}–{last}")
    return ", ".join(runs)


def calls_of(source):
    """Calls that some code makes, a set of str."""
    tree = ast.parse(source)
    roots = _roots(tree)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load) and id(node) not in inner:
            found.add(_dotted(node, roots))
        if isinstance(node, ast.Call):
            found |= _of_call(node, roots)
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            found |= _of_options({key.value: value for key, value in pairs if isinstance(key, ast.Constant)})
    modules = {name for name in roots.values() if any(str(call).startswith(f"{name}.") for call in found)}
    names = found - modules - {None, *FRAMEWORKS}
    return {name.removeprefix("keras.").replace("tensorflow.", "tf.") for name in names}


def _roots(tree):
    """What a name at the beginning stands for: imports, and `zoo = keras.applications`."""
    roots = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            roots |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = [(node.targets[0], node.value)]
            if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(node.targets[0].elts, node.value.elts, strict=False)
            for target, value in pairs:
                if isinstance(target, ast.Name) and isinstance(value, ast.Attribute) and _dotted(value, roots):
                    roots[target.id] = _dotted(value, roots)
    return roots


def _root(node):
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _dotted(node, roots):
    """`keras.layers.Conv2D` of `layers.Conv2D`; None of what is neither Keras's nor TensorFlow's."""
    whole = roots.get(_root(node), "")
    return ast.unparse(node).replace(_root(node), whole, 1) if whole.split(".")[0] in FRAMEWORKS else None


def _of_call(node, roots):
    function, name = node.func, _dotted(node.func, roots)
    if roots.get(_root(function), "keras").split(".")[0] not in FRAMEWORKS:
        return set()  # `np.gradient(series)`, `reference.conv2d(images, kernel, groups=2)`
    method = function.attr if isinstance(function, ast.Attribute) and not name else None
    if method and method not in methods():
        return set()  # `counts.sum(dtype=int)`
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    places = {"compile": WORDS[:1:-1], "keras.layers.Activation": WORDS[:1]}.get(method or name, ())
    return _of_options(options | dict(zip(places, node.args, strict=False))) | ({f".{method}"} if method else set())


def _of_options(options):
    words = {name: value.value for name, value in options.items() if isinstance(value, ast.Constant)}
    chosen = {f'{name}="{words[name]}"' for name in WORDS if isinstance(words.get(name), str)}
    return chosen | {f"{name}=" for name in options if name in ANOTHER_KERNEL}


@functools.cache
def methods():
    """Public methods of Keras's and TensorFlow's objects that Python's and NumPy's do not have as well."""
    found = set()
    for package, files in CLASSES.items():
        folder = Path(find_spec(package).origin).parent / ("src" if package == "keras" else "")
        for file in files.split():
            text = (folder / f"{file}.py").read_text(encoding="utf-8")
            found |= set(re.findall(r"^ {2,4}def ([a-z]\w*)\(", text, re.MULTILINE))
    return frozenset(found - OF_OTHERS)


if __name__ == "__main__":
    for call, numbers in by_lesson().items():
        print(f"{call:<44} {ranges(numbers)}")
