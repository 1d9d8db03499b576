"""Homework graded as a teacher would: nbgrader from the instructor's notebook to feedback, in a temporary course."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import lessons
from cnn_course import homework
from cnn_course.homework import __main__ as command

pytestmark = pytest.mark.slow

NAMES = ["00.q1", "00.q3", "02.4", "03.q1", "03.q3", "03.q4", "03.q5"]
POINTS = 2


def nbgrader(course, *arguments):
    """Run a command of nbgrader in the folder of the course, as in an activated environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {name: str(course / "jupyter") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    done = subprocess.run(
        ["nbgrader", *arguments], cwd=course, env=os.environ | own | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with the notebook of one week, released; and what the instructor's version has as answers."""
    folder = tmp_path_factory.mktemp("course")
    written = folder / "week3.ipynb"
    assert command.main([*NAMES, "--instructor", "--points", str(POINTS), "--out", str(written)]) == 0
    source = folder / "source" / "week3"
    source.mkdir(parents=True)
    written.rename(source / "week3.ipynb")
    nbgrader(folder, "generate_assignment", "week3")
    return folder


def answers(notebook):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]


def submit(course, student, solved, change=None):
    """Hand in the released notebook with the exercises of the indices solved."""
    released = nbformat.read(course / "release" / "week3" / "week3.ipynb", 4)
    solutions = answers(lessons.read(course / "source" / "week3" / "week3.ipynb"))
    for index, (cell, solution) in enumerate(zip(answers(released), solutions, strict=True)):
        if index in solved:
            cell.source = solution.source
    if change:
        change(released)
    folder = course / "submitted" / student / "week3"
    folder.mkdir(parents=True)
    nbformat.write(released, folder / "week3.ipynb")


def warn_on_the_way(notebook):
    """A right answer, on whose way NumPy warns: nbgrader takes what stands on stderr of a locked cell for a failure."""
    (cell,) = [cell for cell in answers(notebook) if "    count = 0\n" in cell.source]
    cell.source = cell.source.replace("    count = 0\n", "    count = 0\n    np.divide(1.0, np.zeros(1))\n")


def remove_the_tests(notebook):
    """What a student might try: tests that are always right."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "assert True"


def delete_the_tests(notebook):
    """What Colab lets a student do, and JupyterLab does not."""
    notebook.cells = [cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")]


def test_the_released_notebook_keeps_the_stubs_of_the_course(course):
    released = lessons.read(course / "release" / "week3" / "week3.ipynb")
    student = homework.read_lessons()
    composed = homework.compose(homework.choose(NAMES, student), student, "Homework")
    stubs = [cell["source"] for cell in composed["cells"] if ".check(" in cell["source"] and " = ..." in cell["source"]]
    stubs += [cell["source"] for cell in composed["cells"] if "return ..." in cell["source"]]
    received = {re.sub(r"\n+", "\n", cell.source) for cell in answers(released)}
    assert received == {re.sub(r"\n+", "\n", stub) for stub in stubs} and len(received) == 6
    text = json.dumps(released)
    assert "SOLUTION" not in text and "NotImplementedError" not in text


def test_the_released_notebook_runs_from_top_to_bottom(course, tmp_path):
    released = nbformat.read(course / "release" / "week3" / "week3.ipynb", 4)
    NotebookClient(released, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    errors = [output.ename for cell in lessons.code_cells(released) for output in cell.outputs if "ename" in output]
    assert errors == ["AssertionError"] * 6  # the stubs; in cells whose tag lets the rest run


def test_perfect_half_and_empty_submissions_get_their_points_and_feedback(course):
    submit(course, "perfect", solved=range(6), change=warn_on_the_way)
    submit(course, "half", solved=range(0, 6, 2))
    submit(course, "stub", solved=())
    submit(course, "cheat", solved=(), change=remove_the_tests)
    submit(course, "colab", solved=range(0, 6, 2), change=delete_the_tests)
    nbgrader(course, "autograde", "week3")
    nbgrader(course, "generate_feedback", "week3")
    nbgrader(course, "export")
    rows = list(csv.DictReader((course / "grades.csv").open(encoding="utf-8")))
    assert {row["max_score"] for row in rows} == {str(6.0 * POINTS)}
    scores = {row["student_id"]: float(row["score"]) for row in rows}
    assert scores == {"perfect": 6 * POINTS, "half": 3 * POINTS, "stub": 0, "cheat": 0, "colab": 3 * POINTS}
    for student, score in scores.items():
        page = (course / "feedback" / student / "week3" / "week3.html").read_text(encoding="utf-8")
        assert f"(Score: {score:.1f} / {6.0 * POINTS})" in page
        assert ("Not attempted" in page) == (student != "perfect")


def test_hidden_tests_are_not_released_and_count(tmp_path):
    written = tmp_path / "week4.ipynb"
    assert command.main(["00.q1", "--instructor", "--out", str(written)]) == 0
    notebook = nbformat.read(written, 4)
    notebook.cells[-1].source += "\n### BEGIN HIDDEN TESTS\nassert numbers_of_coffee == 1\n### END HIDDEN TESTS"
    source = tmp_path / "source" / "week4"
    source.mkdir(parents=True)
    nbformat.write(notebook, source / "week4.ipynb")
    written.unlink()
    nbgrader(tmp_path, "generate_assignment", "week4")
    released = (tmp_path / "release" / "week4" / "week4.ipynb").read_text(encoding="utf-8")
    assert "HIDDEN" not in released and "numbers_of_coffee == 1" not in released
    submitted = tmp_path / "submitted" / "ada" / "week4"
    submitted.mkdir(parents=True)
    nbformat.write(notebook, submitted / "week4.ipynb")
    nbgrader(tmp_path, "autograde", "week4")
    nbgrader(tmp_path, "export")
    (row,) = csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8"))
    assert (row["score"], row["max_score"]) == ("0.0", "1.0")
