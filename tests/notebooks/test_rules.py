"""The checks of notebooks find what they are there to find: each is shown a copy with one fault."""

import shutil
import subprocess
import sys

import nbformat
import pytest

import lessons
import rules
from run_sections import sections_that_fail

SOUND = lessons.read(lessons.TEMPLATE)


def faulty(change):
    """A copy of the template with one change."""
    notebook = nbformat.from_dict(SOUND)
    change(notebook)
    return notebook


def code(notebook, index):
    return lessons.code_cells(notebook)[index]


def add_output(notebook, **output):
    code(notebook, 1).outputs.append(nbformat.from_dict(output))


def set_source(notebook, index, source):
    code(notebook, index).source = source


FAULTS = [
    (rules.executed_in_order, lambda nb: code(nb, 1).update(execution_count=None, outputs=[])),
    (rules.executed_in_order, lambda nb: code(nb, 1).update(execution_count=7)),
    (rules.no_stderr, lambda nb: add_output(nb, output_type="stream", name="stderr", text="a banner")),
    (
        rules.errors_only_where_tagged,
        lambda nb: add_output(nb, output_type="error", ename="E", evalue="e", traceback=["e"]),
    ),
    (rules.errors_only_where_tagged, lambda nb: code(nb, 1).metadata.update(tags=["raises-exception"])),
    (rules.no_absolute_path, lambda nb: set_source(nb, 1, "file = '/home/ada/cat.png'")),
    (rules.no_absolute_path, lambda nb: add_output(nb, output_type="stream", name="stdout", text="in /tmp/x.py")),
    (rules.no_absolute_path, lambda nb: set_source(nb, 1, "file = r'C:\\cat.png'")),
    (rules.no_network, lambda nb: set_source(nb, 1, "page = open_page('https://example.org')")),
    (rules.no_network, lambda nb: set_source(nb, 1, "digits = keras.datasets.mnist.load_data()")),
    (rules.no_xla, lambda nb: set_source(nb, 1, "model.compile('sgd', 'mse')")),
    (rules.one_import_cell, lambda nb: set_source(nb, 1, "import os")),
    (rules.one_import_cell, lambda nb: set_source(nb, 0, "import keras\nimport cnn_course.quiet")),
    (rules.short_cells, lambda nb: set_source(nb, 1, "x = 1\n" * 16)),
    (rules.short_cells, lambda nb: set_source(nb, 1, "x = " + "1 + " * 30 + "1")),
    (rules.short_cells, lambda nb: nb.cells[0].update(source="word " * 121)),
    (rules.tags_where_allowed, lambda nb: code(nb, 1).metadata.update(tags=["hide-input"])),
    (rules.tags_where_allowed, lambda nb: nb.cells[0].metadata.update(tags=["raises-exception"])),
    (rules.tags_where_allowed, lambda nb: code(nb, -1).metadata.update(tags=["nbval-ignore-output"])),
    (
        rules.tags_where_allowed,
        lambda nb: [cell.metadata.update(tags=["nbval-ignore-output"]) for cell in lessons.code_cells(nb)[1:5]],
    ),
    (rules.names_bound_once, lambda nb: [set_source(nb, i, f"size = {i}") for i in (1, 2)]),
    (rules.names_bound_once, lambda nb: [set_source(nb, i, f"def size():\n    return {i}") for i in (1, 2)]),
    (
        rules.figures_have_text,
        lambda nb: add_output(nb, output_type="display_data", data={"image/png": ""}, metadata={}),
    ),
    (rules.sections_assert, lambda nb: [set_source(nb, i, "size = 3\nassert True") for i in range(1, 4)]),
    (rules.links_resolve, lambda nb: nb.cells[0].update(source="[nowhere](99_nowhere.ipynb)")),
    (rules.links_resolve, lambda nb: nb.cells[0].update(source="![](00_start_here.ipynb)")),
    (rules.small_and_normalised, lambda nb: nb.metadata.update(widgets={})),
    (rules.small_and_normalised, lambda nb: nb.cells[0].metadata.update(scrolled=True)),
    (rules.numbered_sections, lambda nb: nb.cells.pop(-1)),
    (rules.predicts, lambda nb: [cell.update(source="## 1 Title") for cell in nb.cells if "Predict" in cell.source]),
    (rules.enough_text, lambda nb: [nb.cells.append(code(nb, 1)) for _ in range(40)]),
]


@pytest.mark.parametrize(("rule", "change"), FAULTS)
def test_each_rule_finds_its_fault(rule, change):
    assert rule(faulty(change)) != []


def test_every_rule_has_its_fault():
    assert {rule for rule, _ in FAULTS} == set(rules.FOR_LESSONS)


def test_the_same_statement_in_two_cells_is_allowed():
    assert rules.names_bound_once(faulty(lambda nb: [set_source(nb, i, "size = 3  # again") for i in (1, 2)])) == []


def test_a_section_that_leans_on_another_is_caught(tmp_path):
    lesson = lessons.read(lessons.LESSONS[0])
    first, second = [section for section in lessons.sections(lesson) if section.code][:2]
    second.code[0].source = f"again = {first.code[0].source.split(' =')[0]}\n{second.code[0].source}"
    nbformat.write(lesson, tmp_path / "leaning.ipynb")
    problems = sections_that_fail(tmp_path / "leaning.ipynb")
    assert any(second.title in problem and "NameError" in problem for problem in problems)
    assert not any(first.title in problem for problem in problems)


def nbval(file):
    """Titles of the cells on which the test command fails for a notebook."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "-q",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=lessons.ROOT, timeout=600)
    failed = [line.split("::")[-1].split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return done.returncode, failed


def change_one_digit(notebook):
    """Change the first digit of the first compared text output; return the number of its code cell."""
    for number, cell in enumerate(lessons.code_cells(notebook)):
        for output in cell.outputs:
            if output.get("name") == "stdout" and rules.IGNORED not in lessons.tags(cell):
                position = next((i for i, letter in enumerate(output.text) if letter.isdigit()), None)
                if position is not None:
                    digit = (int(output.text[position]) + 1) % 10
                    output.text = f"{output.text[:position]}{digit}{output.text[position + 1 :]}"
                    return number
    raise AssertionError("no digit to change")


@pytest.mark.parametrize(
    "name",
    [pytest.param(file.stem, marks=pytest.mark.slow if file.stem[:2] != "00" else ()) for file in lessons.LESSONS],
)
def test_one_changed_digit_fails_on_exactly_that_cell(tmp_path, name):
    copy = tmp_path / f"{name}.ipynb"
    shutil.copyfile(lessons.NOTEBOOKS / f"{name}.ipynb", copy)
    notebook = lessons.read(copy)
    number = change_one_digit(notebook)
    nbformat.write(notebook, copy)
    assert nbval(copy) == (1, [str(number)])
