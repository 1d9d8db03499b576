"""No module, tool or lesson runs text, reads pickles or fetches: ruff's rules S, and what they do not see."""

import ast
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import lessons

REQUIRED = {"allow_pickle": "False", "safe_mode": "True"}  # what these options must be where they are given


def dangers(source):
    """What ruff does not see in Python source, as a list of str."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name, options = ast.unparse(call.func), {word.arg: ast.unparse(word.value) for word in call.keywords}
        found += [f"{name}({option}=…)" for option, value in REQUIRED.items() if options.get(option, value) != value]
        if re.match(r"(tf\.)?keras\.applications\..*\b[A-Z]\w*$", name) and options.get("weights") in (
            None,
            "'imagenet'",
        ):
            found.append(f"{name} fetches weights")
        if re.search(r"enable_unsafe_deserialization$|keras\.datasets\.|\bget_file$|\.extractall$", name):
            found.append(name)
    return found


FILES = [
    path for folder in ("cnn_course", "tools", "benchmarks", "data") for path in (lessons.ROOT / folder).rglob("*.py")
]


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_module_is_safe(path):
    assert dangers(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [*lessons.LESSONS, lessons.TEMPLATE], ids=lambda path: path.stem)
def test_a_lesson_is_safe(path):
    assert [danger for cell in lessons.code_cells(lessons.read(path)) for danger in dangers(cell.source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "np.load(file, allow_pickle=True)",
        "np.lib.format.read_array(file, allow_pickle=flag)",
        "keras.saving.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "keras.datasets.mnist.load_data()",
        "keras.utils.get_file('x', url)",
        "keras.applications.VGG16()",
        "keras.applications.resnet.ResNet50(weights='imagenet')",
        "archive.extractall(folder)",
    ],
)
def test_dangers_are_found(source):
    assert dangers(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "np.load(file, allow_pickle=False)",
        "keras.saving.load_model(path, safe_mode=True)",
        "keras.applications.VGG16(weights=None)",
        "keras.applications.vgg16.preprocess_input(images)",
    ],
)
def test_what_is_harmless_passes(source):
    assert dangers(source) == []


@pytest.mark.parametrize("file", ["cnn_course/new.py", "notebooks/new.ipynb"])
def test_ruff_finds_the_rest(file):
    calls = ["exec(t)", "eval(t)", "pickle.loads(t)", "os.system(t)", "urllib.request.urlopen(t)", "requests.get(t)"]
    calls += ["subprocess.run(t, shell=True)", "tempfile.mktemp()", "yaml.load(t)"]
    source = "\n".join(["import os, pickle, requests, subprocess, tempfile, urllib.request, yaml", *calls])
    if file.endswith("ipynb"):
        source = nbformat.writes(new_notebook(cells=[new_code_cell(source)]))
    command = [sys.executable, "-m", "ruff", "check", "--output-format=concise", f"--stdin-filename={file}", "-"]
    done = subprocess.run(command, input=source, cwd=lessons.ROOT, capture_output=True, text=True)
    found = set(re.findall(r":(\d+):\d+: S\d+ ", done.stdout))
    assert found >= {str(line) for line in range(2, 2 + len(calls))}, done.stdout
