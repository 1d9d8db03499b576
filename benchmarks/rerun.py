"""Runs a section of a lesson as it stands in the notebook, with another seed or other data."""

import contextlib
import io
import re
from pathlib import Path

import nbformat

LESSONS = Path(__file__).resolve().parents[1] / "notebooks"


def section(lesson, number, until, changes=None, seed=None):
    """Run the import cell and the code of one section.

    Args:
        lesson: str, file name without its ending.
        number: int, of the section.
        until: str; the first cell of the section that holds it is the last one to run.
        changes: dict from a regular expression to what replaces it, wherever it matches.
        seed: int, in place of 0 wherever the section seeds Keras; None leaves it.

    Returns:
        dict of the names that the code has bound.

    Raises:
        ValueError: an expression matches nothing.
    """
    cells = nbformat.read(LESSONS / f"{lesson}.ipynb", as_version=4).cells
    start = next(i for i, cell in enumerate(cells) if cell.source.startswith(f"## {number} "))
    last = next(i for i, cell in enumerate(cells) if i > start and until in cell.source)
    imports = next(cell for cell in cells if cell.cell_type == "code")
    code = "\n".join(cell.source for cell in [imports, *cells[start : last + 1]] if cell.cell_type == "code")
    seeded = {} if seed is None else {r"set_random_seed\(0\)": f"set_random_seed({seed})"}
    for pattern, replacement in (seeded | (changes or {})).items():
        code, count = re.subn(pattern, lambda _, text=replacement: text, code)
        if not count:
            raise ValueError(f"Section {number} of {lesson} must hold {pattern!r}. Received: none.")
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):  # what the cells print, and figures without a notebook
        exec(compile(code, lesson, "exec"), names)
    return names
