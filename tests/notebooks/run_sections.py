"""Run sections of a lesson as if each had been copied: `python run_sections.py LESSON [TITLE ...]`, default all.

The import cell runs once. Each section then runs in a fresh copy of that namespace, without a network, and what it
prints is compared with what is stored, except in tagged cells. Prints one JSON list of problems.
"""

import json
import multiprocessing
import os
import re
import socket
import sys
import types
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import matplotlib as mpl
from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import lessons
from rules import IGNORED

SHOWN = ("text/plain", "text/html", "text/markdown")


def sections_that_fail(file, titles=()):
    """Problems of a lesson's sections, found in a fresh process."""
    afresh = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
    with ProcessPoolExecutor(1, mp_context=afresh) as pool:
        return pool.submit(_problems_of_file, str(file), titles).result(timeout=900)


def _problems_of_file(file, titles):
    os.chdir(Path(file).parent)
    mpl.use("agg")
    socket.socket.connect = socket.create_connection = _refuse
    return _problems_of(lessons.read(Path(file)), titles)


def _problems_of(notebook, titles):
    shell = InteractiveShell.instance()
    shell.displayhook = shell.display_trap.hook = _Hook(shell)
    shell.showtraceback = lambda *arguments, **options: None  # errors are compared as outputs, not printed
    imports = lessons.code_cells(notebook)[0]
    problems = _compare(shell, imports)
    namespace = dict(shell.user_ns)
    for section in lessons.sections(notebook):
        if titles and section.title not in titles:
            continue
        module = types.ModuleType("__main__")
        module.__dict__.update(namespace)
        shell.user_module, shell.user_ns = module, module.__dict__
        for cell in section.code:
            problems += [f"section {section.title!r}: {problem}" for problem in _compare(shell, cell)]
    return problems


class _Hook(DisplayHook):
    """Keeps the value of a cell's last expression instead of writing it to the terminal."""

    def __init__(self, shell):
        super().__init__(shell=shell, parent=shell)
        self.values = []

    def write_output_prompt(self):
        """Nothing."""

    def write_format_data(self, format_dict, md_dict=None):
        self.values.append(format_dict)


def _compare(shell, cell):
    shell.displayhook.values.clear()
    with capture_output() as captured:
        result = shell.run_cell(cell.source)
    error = result.error_before_exec or result.error_in_exec
    received = {
        "stdout": captured.stdout,
        "error": [type(error).__name__, _unnumbered(str(error))] if error else None,
        "shown": [
            _text_forms(data) for data in [*(output.data for output in captured.outputs), *shell.displayhook.values]
        ],
    }
    stored = _stored(cell)
    if IGNORED in lessons.tags(cell):
        received, stored = {"error": received["error"]}, {"error": stored["error"]}
    return [
        f"cell {cell.source.splitlines()[0][:60]!r}: {key} is {received[key]!r}, stored is {stored[key]!r}"
        for key in stored
        if received[key] != stored[key]
    ]


def _stored(cell):
    errors = [[output.ename, _unnumbered(output.evalue)] for output in cell.outputs if output.output_type == "error"]
    return {
        "stdout": "".join(output.text for output in cell.outputs if output.get("name") == "stdout"),
        "error": errors[0] if errors else None,
        "shown": [
            _text_forms(output.data)
            for output in cell.outputs
            if output.output_type in ("display_data", "execute_result")
            and output.data.get("text/plain") != ""  # `model.summary` leaves an empty one, and only in Jupyter
        ],
    }


def _unnumbered(message):
    """A message of Keras without the number of its tensors, which counts those of other sections."""
    return re.sub(r"\bkeras_tensor_\d+", "keras_tensor", message)


def _text_forms(data):
    return {kind: data[kind] for kind in SHOWN if kind in data}


def _refuse(*arguments, **options):
    raise OSError("the network is switched off in this test")


if __name__ == "__main__":
    print(json.dumps(_problems_of_file(str(Path(sys.argv[1]).resolve()), sys.argv[2:])))
