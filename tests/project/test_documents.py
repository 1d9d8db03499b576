"""README and docs: their Python runs and prints what stands below it, their links lead somewhere."""

import ast
import base64
import contextlib
import io
import re

import numpy as np
import pytest
from matplotlib import image

import cnn_course.quiet  # noqa: F401  (before Keras)
import lessons
from cnn_course import figures
from lessons import ROOT

import keras  # isort: skip

DOCUMENTS = [path for folder in ("", "data", "docs") for path in sorted((ROOT / folder).glob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
PYTHON = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(code, printed, id=f"{name}-{number}")
    for name, path in zip(NAMES, DOCUMENTS, strict=True)
    for number, (code, printed) in enumerate(PYTHON.findall(path.read_text(encoding="utf-8")))
]


def run(code):
    """What a notebook would print below a cell: its output, and its last expression."""
    tree, names = ast.parse(code), {}
    keras.utils.clear_session()  # Keras counts the names of layers from the start again
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(tree, "document", "exec"), names)
        if last:
            value = eval(compile(ast.Expression(last.value), "document", "eval"), names)
            if value is not None:
                print(value)
    return out.getvalue()


@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_code_in_documents_prints_what_stands_below_it(code, printed):
    received = run(code)
    assert not printed or received == printed


def test_the_readme_shows_the_picture_of_its_cell(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "_display", shown.append)
    cell, *_ = PYTHON.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    run(cell[0])
    png = io.BytesIO(base64.b64decode(shown[0]["image/png"]))
    drawn, stored = (image.imread(file) for file in (png, ROOT / "docs" / "pictures" / "readme.png"))
    assert drawn.shape == stored.shape and np.abs(drawn - stored).mean() < 0.01


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_links_resolve(document):
    text = document.read_text(encoding="utf-8")
    for exclamation, label, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", text):
        assert not exclamation or label.strip(), f"image {target} has no text alternative"
        path, _, anchor = target.partition("#")
        if not target.startswith(("http", "mailto:")):
            linked = document.parent / path if path else document
            assert linked.exists(), target
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
            assert not anchor or anchor in map(slug, headings), target


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_each_claim_is_decided_where_the_page_says():
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) > 60 and all("](../" in row for row in rows if not re.match(r"\| +\| sentence|\| sentence", row))
    named = re.findall(r"\[\d\d\]\(\.\./notebooks/([\w.]+)\) sections? (\d+)", text)
    assert len(named) > 50
    for file, number in named:
        titles = [section.title for section in lessons.sections(lessons.read(lessons.NOTEBOOKS / file))]
        assert any(title.startswith(f"{number} ") for title in titles), f"{file} has no section {number}"
