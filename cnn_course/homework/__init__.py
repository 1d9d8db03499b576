"""Lessons, sections and exercises as one notebook to hand out: `python -m cnn_course.homework 03 07.2 11.q4`.

A section runs alone after the import cell of its lesson, so any choice of them runs after the merged import cells.
Solutions are read from `cnn_course.checks` and stand in the instructor's version only, with the metadata of nbgrader.
"""

import ast
import base64
import itertools
import json
import mimetypes
import re
import sys
import textwrap
from typing import NamedTuple

from cnn_course import __version__, checks
from cnn_course._files import shipped
from cnn_course._validate import named, validate_number

__all__ = ["WHEEL", "Lesson", "Piece", "choose", "compose", "read_lessons"]

WHEEL = f"./cnn_course-{__version__}-py3-none-any.whl[lessons]"

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:)([^)\s#]+\.\w+)(?:#[^)\s]*)?\)")  # to a file: no address, no anchor
_NEIGHBORS = re.compile(r"^(Before|After): .*\n\n?", re.MULTILINE)  # lessons that the homework may not have
_CHECK = re.compile(r"^checks\.(\w+)\.(\w+)\.check\((\w+)\)\Z", re.MULTILINE)  # the last line of an exercise
_MAX_LINE = 100
_OPENING = """\
# {title}

To install what this notebook needs, run one line in a new cell (in JupyterLab, on a JupyterHub or on Colab). Then
delete that cell and restart the kernel.

    %pip install "{install}"

{note}This notebook needs version {version} of the course (the package cnn-course) or a later one."""
_WHEEL_NOTE = "The file comes with this notebook: put both into one folder (on Colab, upload the file under *Files*).\n"


class Piece(NamedTuple):
    """What can be chosen of a lesson.

    Attributes:
        lesson: str, number of the lesson, `"03"`.
        key: str, number of a section `"2"`, of an exercise `"q4"`, `"exercises"` for the text before the exercises,
            or empty for what only a whole lesson brings: its first cell, recap, terms and sources.
        title: str, heading of a section, or the beginning of an exercise.
        cells: list of dict, cells of a notebook without outputs.
    """

    lesson: str
    key: str
    title: str
    cells: list


class Lesson(NamedTuple):
    """A lesson, cut into pieces.

    Attributes:
        number: str, two digits.
        title: str, without the number.
        imports: str, source of the import cell.
        pieces: list of `Piece`, all other cells in their order.
    """

    number: str
    title: str
    imports: str
    pieces: list


def read_lessons(folder=None):
    """Read the lessons that came with the course.

    Args:
        folder: None, or `pathlib.Path` of another folder that holds lessons `NN_name.ipynb`.

    Returns:
        dict from the number of a lesson, str, to its `Lesson`.

    Raises:
        FileNotFoundError: the folder holds no lessons.

    >>> read_lessons()["03"].title
    'Padding'
    """
    folder = folder or shipped("notebooks")
    files = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not files:
        raise FileNotFoundError(f"{folder} must hold lessons NN_name.ipynb. Received: none.")
    return {file.name[:2]: _read_lesson(file) for file in files}


def choose(names, lessons):
    """Find the pieces that are named.

    Args:
        names: list of str: a lesson `"03"`, a section `"03.2"`, an exercise `"03.q4"`, or `"03.exercises"`.
        lessons: dict of `Lesson`, as from `read_lessons`.

    Returns:
        list of `Piece` in the order of the names, the text before the exercises once for exercises in a row.

    Raises:
        TypeError: `names` is not a list of str.
        ValueError: nothing is named, a name is unknown, or a piece is named twice.

    >>> [piece.title for piece in choose(["03.1", "00.2"], read_lessons())]
    ['Why: the border counts least', 'Real data, already here']
    """
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"`names` must be a list of str. Received: {named('names', names)}.")
    if not names:
        raise ValueError("A lesson (03), a section (03.2) or an exercise (03.q4) must be named. Received: nothing.")
    chosen, seen = [], set()
    for name in names:
        for piece in _named(name, lessons):
            if piece.key == "exercises":
                continue
            if id(piece) in seen:
                twice = f"{piece.lesson}.{piece.key}".rstrip(".")
                raise ValueError(f"Each piece can be named once. Received twice: {twice}.")
            follows = chosen and chosen[-1].lesson == piece.lesson and _is_exercise(chosen[-1])
            if _is_exercise(piece) and not follows:
                chosen += [other for other in lessons[piece.lesson].pieces if other.key == "exercises"]
            chosen.append(piece)
            seen.add(id(piece))
    return chosen


def compose(chosen, lessons, title, install=WHEEL, points=None):
    """Make one notebook of the chosen pieces.

    Args:
        chosen: list of `Piece`, as from `choose`.
        lessons: dict of `Lesson`, as from `read_lessons`.
        title: str, heading of the notebook.
        install: str, what students hand to `pip install`.
        points: None for students; or float > 0, points of an exercise, for the instructor's version: with solutions,
            and with cells that nbgrader locks and grades.

    Returns:
        dict, a notebook of format 4.5 without outputs.

    Raises:
        TypeError: `points` is not a number.
        ValueError: `points` is not above 0, or not finite.
    """
    points = None if points is None else validate_number(points, "points", above=0)
    note = _WHEEL_NOTE if install == WHEEL else ""
    opening = _OPENING.format(title=title, install=install, note=note, version=__version__)
    used = dict.fromkeys(piece.lesson for piece in chosen)
    imports = _code(_merged_imports(lessons[number].imports for number in used))
    cells = [_text(opening), imports if points is None else _for_nbgrader(imports, "imports")]
    for number, pieces in itertools.groupby(chosen, key=lambda piece: piece.lesson):
        pieces = list(pieces)
        if pieces[0] is not lessons[number].pieces[0]:
            cells.append(_text(f"# {number} {lessons[number].title}"))
        for piece in pieces:
            graded = points is not None and _is_exercise(piece)
            cells += [new for cell in piece.cells for new in _with_solution(cell, points)] if graded else piece.cells
    return {
        "cells": [cell | {"id": f"cell-{number:03}"} for number, cell in enumerate(cells, start=1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _read_lesson(file):
    number = file.name[:2]
    stored = json.loads(file.read_text(encoding="utf-8"))["cells"]
    cells = [_clean(cell, file.parent) for cell in stored]
    cells[0]["source"] = _NEIGHBORS.sub("", cells[0]["source"])
    first = next(index for index, cell in enumerate(cells) if cell["cell_type"] == "code")
    imports = cells.pop(first)["source"]
    title = cells[0]["source"].splitlines()[0].removeprefix(f"# {number} ")
    parts = [piece for heading, part in _parts(cells) for piece in _pieces(number, heading, part)]
    return Lesson(number, title, imports, parts)


def _clean(cell, folder):
    """A cell without outputs and tags, collapsed if it was; without links to files, and with its pictures inside."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        raises = "raises-exception" in cell["metadata"].get("tags", [])
        collapsed = {key: value for key, value in cell["metadata"].items() if key == "jupyter"}
        return _code(_caught(source) if raises else source) | {"metadata": collapsed}
    pictures = {target: folder / target for exclamation, _, target in _LINK.findall(source) if exclamation}
    attachments = cell.get("attachments", {}) | {file.name: _attachment(file) for file in pictures.values()}
    clean = _text(_LINK.sub(_without_file, source))
    return clean | {"attachments": attachments} if attachments else clean


def _without_file(match):
    exclamation, text, target = match.groups()
    return f"![{text}](attachment:{target.rpartition('/')[2]})" if exclamation else text


def _attachment(file):
    return {mimetypes.guess_type(file.name)[0]: base64.b64encode(file.read_bytes()).decode()}


def _caught(source):
    """A cell that raises on purpose, in a form that goes on wherever all cells are run."""
    show = 'print(f"{type(error).__name__}: {error}")'
    return f"try:\n{textwrap.indent(source, '    ')}\nexcept Exception as error:  # raised on purpose\n    {show}"


def _text(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source):
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def _parts(cells):
    """What stands before the first level-2 heading, under an empty one, and then each heading with its cells."""
    parts = [("", [])]
    for cell in cells:
        heading = re.match(r"## (.+)", cell["source"]) if cell["cell_type"] == "markdown" else None
        if heading:
            parts.append((heading[1], []))
        parts[-1][1].append(cell)
    return parts


def _pieces(number, heading, cells):
    if heading == "Exercises":
        return _exercises(number, cells)
    key, title = re.fullmatch(r"(?:(\d+) )?(.*)", heading).groups()
    return [Piece(number, key or "", title, cells)]


def _exercises(number, cells):
    """The text before the exercises, then each: one cell may hold the end of one and the beginning of the next."""
    pieces = [Piece(number, "exercises", "Exercises", [])]
    for cell in cells:
        is_text = cell["cell_type"] == "markdown"
        for source in re.split(r"\n\n(?=\*\*\d+ )", cell["source"]) if is_text else [cell["source"]]:
            question = re.match(r"\*\*(\d+) (.+)", source) if is_text else None
            if question:
                title = textwrap.shorten(question[2].replace("*", ""), 70, placeholder=" …")
                pieces.append(Piece(number, f"q{question[1]}", title, []))
            pieces[-1].cells.append(cell | {"source": source})
    return pieces


def _is_exercise(piece):
    return piece.key.startswith("q")


def _named(name, lessons):
    number, dot, key = name.partition(".")
    if number not in lessons:
        raise ValueError(f"The lesson must be one of {', '.join(lessons)}. Received: {name!r}.")
    pieces = lessons[number].pieces
    if not dot:
        return pieces
    found = [piece for piece in pieces if piece.key == key or (key == "exercises" and _is_exercise(piece))]
    if not key or not found:
        known = ", ".join(f"{number}.{piece.key}" for piece in pieces if piece.key)
        raise ValueError(f"What is chosen of lesson {number} must be one of {known}. Received: {name!r}.")
    return found


def _merged_imports(sources):
    """One import cell: `cnn_course.quiet` first, then the standard library, other packages and the course."""
    modules, names = set(), {}
    for statement in itertools.chain.from_iterable(ast.parse(source).body for source in sources):
        aliases = {ast.unparse(alias) for alias in statement.names}
        if isinstance(statement, ast.Import):
            modules |= aliases
        else:
            names.setdefault(statement.module, set()).update(aliases)
    quiet = "import cnn_course.quiet\n" if "cnn_course.quiet" in modules else ""
    lines = [f"import {module}" for module in sorted(modules - {"cnn_course.quiet"})]
    lines += [_from_import(module, sorted(names[module])) for module in sorted(names)]
    groups = [[line for line in lines if _group(line) == group] for group in range(3)]
    return quiet + "\n\n".join("\n".join(group) for group in groups if group)


def _from_import(module, names):
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _MAX_LINE:
        return line
    return "\n    ".join([f"from {module} import (", *(f"{name}," for name in names)]) + "\n)"


def _group(line):
    package = line.split()[1].partition(".")[0]
    return 0 if package in sys.stdlib_module_names else 2 if package == "cnn_course" else 1


def _with_solution(cell, points):
    """The cells in place of one of an exercise: a stub gets its solution, and after it a locked cell for the points."""
    if cell["cell_type"] != "code" or not (check := _CHECK.search(cell["source"])):
        return [cell]
    module, name, answer = check.groups()
    question = getattr(getattr(checks, module), name)
    is_function = callable(question.answer)
    solution = re.sub(r"\w+(?=\()", answer, question.code, count=1) if is_function else f"{answer} = {question.code}"
    stub = cell["source"][: check.start()].rstrip() + ("\n" if is_function else "")
    answered = _code(f"{stub}\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION\n{check[0]}")
    test = _code(f"assert {check[0]}.right")
    test["metadata"] = {"tags": ["raises-exception"]}  # where all cells are run, the next exercise follows
    return [
        _for_nbgrader(answered, f"{module}_{name}", solution=True, locked=False),
        _for_nbgrader(test, f"{module}_{name}_points", grade=True, points=points),
    ]


def _for_nbgrader(cell, grade_id, **options):
    settings = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3} | options
    nbgrader = {"cell_type": cell["cell_type"], "grade_id": grade_id} | settings
    return cell | {"metadata": cell["metadata"] | {"nbgrader": nbgrader}}
