"""The lessons as the tests see them: files, sections, code cells, collapsed cells."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import nbformat

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
TEMPLATE = NOTEBOOKS / "_template.ipynb"


class Section(NamedTuple):
    """A level-2 heading and everything up to the next one."""

    title: str
    cells: list

    @property
    def number(self):
        """int, or None for sections without a number (Exercises, Recap, ...)."""
        match = re.match(r"(\d+) ", self.title)
        return int(match[1]) if match else None

    @property
    def is_deeper(self):
        """Whether a reader may skip the section."""
        return re.match(r"\d+ Deeper: ", self.title) is not None

    @property
    def code(self):
        return [cell for cell in self.cells if cell.cell_type == "code"]


def read(file):
    """The notebook in a file, the same object to all who ask: copy it before you change it."""
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(file, changed):
    return nbformat.read(file, as_version=4)


def number(notebook):
    """Number of a lesson, str, from its title: `"03"`; the template's is `"NN"`."""
    return re.match(r"# (\w+) ", notebook.cells[0].source)[1]


def sections(notebook):
    """Sections in order; what stands before the first level-2 heading (title, imports) is not among them."""
    found = []
    for cell in notebook.cells:
        heading = re.match(r"## (.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            found.append(Section(heading[1].strip(), []))
        if found:
            found[-1].cells.append(cell)
    return found


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def is_collapsed(cell):
    """Whether the code of a cell is folded away on the site and in JupyterLab."""
    return "hide-input" in tags(cell)


def is_explorer(cell):
    """Whether a cell is an explorer: to be played with, not to be read."""
    return cell.cell_type == "code" and cell.source.startswith("explore.")
