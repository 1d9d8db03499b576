"""docs/gpu.md names every call of Keras and TensorFlow of the lessons, and what holds where a GPU differs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import calls
import nbformat
import pytest

import lessons

PAGE = (lessons.ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
NAMES = [file.stem for file in lessons.LESSONS]
CODE = re.compile(r"`([^`]+)`")


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def rows():
    """Cells of the table's rows: what differs, calls, lessons, what holds it, how we know."""
    lines = [line for line in section("Calls that differ").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_the_page_names_every_call_once_and_no_other():
    named = [call for row in rows() for call in CODE.findall(row[1])] + CODE.findall(section("Calls that do not"))
    made = set(calls.by_lesson())
    assert (made - set(named), set(named) - made) == (set(), set()), "not on the page, and on it without use"
    assert len(made) == len(named) > 100


def test_the_page_names_the_lessons_that_make_a_call():
    made = calls.by_lesson()
    for _, named, numbers, *_ in rows():
        found = set().union(*(made[call] for call in CODE.findall(named)))
        assert numbers == (calls.ranges(found) or "–"), named


def test_what_holds_a_difference_exists():
    for row in rows():
        assert re.search("seen|read", row[4]) and "](../" in row[3], row[0]
    links = re.findall(r"\[`([^`]+)`\]\(\.\./([^)#]+)\)", PAGE)
    assert len(links) > 15
    for name, file in links:
        text = (lessons.ROOT / file).read_text(encoding="utf-8")
        assert (f"def {name}(" if re.fullmatch(r"test_\w+", name) else name) in text or name == Path(file).name, name


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import keras\nkeras.ops.conv(image, kernel)", {"ops.conv"}),
        ("from keras import layers as parts\nparts.Dense(3)", {"layers.Dense"}),
        ("from keras.layers import Dense\nmap(Dense, sizes)", {"layers.Dense"}),
        ("import tensorflow as tf\nslope = tf.norm", {"tf.norm"}),
        ("import keras\nzoo, free = keras.applications, {}\nzoo.VGG16(**free)", {"applications.VGG16"}),
        ("model.fit(images)\nnp.fit(2)\ncounts.sum(dtype=int)", {".fit"}),
        ("import numpy as np\nnp.gradient(series)\ntape.gradient(loss, image)", {".gradient"}),
        ("model.compile('adam', loss='mse')", {".compile", 'optimizer="adam"', 'loss="mse"'}),
        ("import keras\nkeras.layers.Activation('tanh')", {"layers.Activation", 'activation="tanh"'}),
        ("options = {'activation': 'gelu', 'filters': 3}", {'activation="gelu"'}),
        ("from cnn_course import reference\nreference.conv2d(image, kernel, groups=2)", set()),
        ("conv(groups=2, dtype='float16')", {"groups=", "dtype="}),
    ],
)
def test_a_call_is_found_however_it_is_written(code, found):
    assert calls.calls_of(code) == found


def test_lessons_are_named_in_ranges():
    assert calls.ranges({"01", "02", "03", "05", "09", "10"}) == "01–03, 05, 09–10"
    assert calls.ranges(set()) == ""


TIES = {("10", "blocks"), ("11", "validation_scores")}  # equal floats that NumPy alone has made; the first is taken
ON_THE_CPU = {"RandomShuffle int64", "StatelessShuffle int32"}  # of `fit` and of `training`: drawn there everywhere


def asked_by(file):
    command = [sys.executable, lessons.ROOT / "tests" / "notebooks" / "operations.py", file.name]
    environment = os.environ | {"TF_DETERMINISTIC_OPS": "1", "PYTHONPATH": str(lessons.ROOT)}
    options = {"cwd": file.parent, "env": environment, "capture_output": True, "text": True, "timeout": 900}
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES[1:])
def test_a_lesson_asks_a_gpu_for_nothing_that_it_lacks(name, measured):
    """It runs in deterministic mode, without XLA, on kernels that GPUs have; no argmax is taken of equal floats."""
    asked = asked_by(lessons.NOTEBOOKS / f"{name}.ipynb")
    assert (asked["errors"], asked["left to Keras"]) == ([], [])
    assert {part for part in asked["without a kernel"] if "Dataset" not in part} <= ON_THE_CPU
    assert set(asked["products"]) <= {"float32", "float64"} | ({"float16"} if name.startswith("14") else set())
    assert {(name[:2], values) for values, lead in asked["leads"] if lead == 0} <= TIES
    least = min([lead for _, lead in asked["leads"] if lead], default=1)
    measured(f"{name}: the smallest lead of an argmax of floats is {least:.0e} of the largest")


@pytest.mark.slow
def test_what_a_gpu_lacks_is_found(tmp_path):
    sources = [
        "import keras\nimport numpy as np\nimport tensorflow as tf\nhalves = np.full((2, 3), 0.5)",
        "whole = np.ones((3, 3), int)\ntf.linalg.matmul(whole, whole)",
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name='asked')\nmodel.predict(halves)",
        "model.compile('sgd', 'mse', jit_compile=False)\nmodel.predict(halves)\nmodel.fit(halves, halves[:, :2])",
        "print(halves.argmax(axis=1), np.argmax([0.25, 0.5]), whole.argmax())",
    ]
    file = tmp_path / "asks.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]), file)
    asked = asked_by(file)
    assert any(re.fullmatch(r"MatMul int\d+", part) for part in asked["without a kernel"])
    assert "float32" in asked["products"] and len(asked["products"]) == 2 and asked["left to Keras"] == ["asked"]
    assert asked["leads"] == [["halves", 0], ["[0.25, 0.5]", 0.5]]
    assert len(asked["errors"]) == 1 and "Random ops require a seed" in asked["errors"][0]
