"""The report of a run: figures against the formulas, by hand, and a page that needs nothing."""

import html
import json
import re

import numpy as np
import pytest

from cnn_course.training import report
from test_command import finished, log, photos  # noqa: F401

PROBABILITIES = np.array([[6, 3, 1], [2, 7, 1], [1, 8, 1], [5, 4, 1], [1, 1, 8], [9, 0.5, 0.5]]) / 10
LABELS = np.array([0, 1, 0, 1, 2, 2])
NAMES = ["a", "b", "<i>c</i>"]


def test_figures_are_those_of_the_formulas():
    found = report.figures_of(PROBABILITIES, LABELS, NAMES)
    assert found["confusion"] == [[1, 1, 0], [1, 1, 0], [1, 0, 1]]
    assert found["test_accuracy"] == 0.5
    assert found["test_loss"] == pytest.approx(-np.log([0.6, 0.7, 0.1, 0.4, 0.8, 0.05]).mean())
    shares = [(row["images"], row["precision"], row["recall"], row["f1"]) for row in found["classes"]]
    assert shares == [(2, 1 / 3, 1 / 2, 2 / 5), (2, 1 / 2, 1 / 2, 1 / 2), (2, 1, 1 / 2, 2 / 3)]
    assert [mistake["index"] for mistake in found["mistakes"]] == [5, 2, 3]
    assert found["mistakes"][0] == {"index": 5, "is": "<i>c</i>", "said": "a", "probability": 0.9}


def test_a_class_that_was_never_said_has_no_precision():
    row = report.figures_of(np.array([[0.9, 0.1]]), np.array([1]), ["a", "b"])["classes"]
    assert row[1] == {"name": "b", "images": 1, "precision": None, "recall": 0, "f1": 0}
    assert row[0]["recall"] is None


def test_top_5_counts_a_label_among_five():
    probabilities = np.arange(14, 0, -1).reshape(2, 7) / 100
    assert report.figures_of(probabilities, np.array([4, 5]), list("abcdefg"))["test_top_5"] == 0.5


def cells(page, start):
    table = page[page.index(start) :].partition("</table>")[0]
    return [re.findall(r"<td[^>]*>([^<]+)</td>", row) for row in table.split("<tr>")[2:]]


def test_the_page_says_what_the_json_says_and_loads_nothing(finished):  # noqa: F811
    result = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import|<script|<!-- [A-Z]""", page)
    assert [[int(cell) for cell in row] for row in cells(page, 'class="confusion"')] == result["confusion"]
    classes = cells(page, "<h2>Each class")
    assert [int(row[0]) for row in classes] == [row["images"] for row in result["classes"]]
    assert sum(map(sum, result["confusion"])) == 2 and f"{result['test_accuracy']:.1%}" in page
    assert [row["epoch"] for row in result["history"]] == [0, 1, 2]
    for stored, row in zip(result["history"], log(finished), strict=True):
        assert stored == pytest.approx(row, abs=1e-6)
    mistakes = re.findall(r"<figcaption>is (\w+), said: (\w+) \((\d+)%\)<br>([^<]+)<", page)
    assert mistakes == [(m["is"], m["said"], f"{m['probability']:.0%}"[:-1], m["file"]) for m in result["mistakes"]]


def test_names_are_text_not_markup(tmp_path):
    figures = report.figures_of(PROBABILITIES, LABELS, NAMES) | {"epochs": 1, "epoch": 1}
    report.write(tmp_path, "alexnet on <b>", figures, np.zeros((3, 4, 4, 1)), [], names=["<u>.png"] * 3)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not any(name in page for name in ("<i>", "<b>", "<u>")) and html.escape("<i>c</i>") in page


def test_a_loss_that_is_no_number_is_none_in_json(tmp_path):
    figures = report.figures_of(np.full((1, 2), np.nan), np.array([1]), ["a", "b"]) | {"epochs": 1, "epoch": 1}
    report.write(tmp_path, "lenet5", figures, np.zeros((1, 4, 4, 1)), [])
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["test_loss"] is None
    assert "loss nan" in (tmp_path / "report.html").read_text(encoding="utf-8")
