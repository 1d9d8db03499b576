"""What a lesson asks of its reader: `make lessons`, or `python tests/notebooks/reading.py [NOTEBOOK ...]`, default all.

Prints for each lesson its words, visible lines of code, predictions, cells and minutes. For a lesson that is named it
also prints what breaks a rule. 150 words, 8 visible lines of code or one prediction take a minute.
"""

import ast
import math
import re
import sys
from pathlib import Path
from typing import NamedTuple

import lessons

WORDS, LINES = 150, 8  # in a minute
PREDICT = re.compile(r"^[> ✎]*\*\*Predict\b", re.MULTILINE)
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)


class Reading(NamedTuple):
    """What some cells ask of a reader."""

    words: int
    lines: int
    predictions: int
    cells: int

    @property
    def minutes(self):
        return self.words / WORDS + self.lines / LINES + self.predictions

    @property
    def rounded(self):
        """Minutes as a lesson states them: rounded up to 5."""
        return math.ceil(self.minutes / 5) * 5


def core(notebook):
    """What nobody skips: the head, the imports, the numbered sections that are not *Deeper*, the recap."""
    cells, found = notebook.cells, lessons.sections(notebook)
    head = cells[: len(cells) - sum(len(section.cells) for section in found)]
    kept = [section for section in found if section.title == "Recap" or (section.number and not section.is_deeper)]
    return _reading([*head, *(cell for section in kept for cell in section.cells)])


def deeper(notebook):
    return _reading([cell for section in lessons.sections(notebook) if section.is_deeper for cell in section.cells])


def words(source):
    """Number of words of a text cell that a reader sees: without folded answers, tags and addresses of links."""
    text = re.sub(r"\$\$.*?\$\$", " formula ", FOLD.sub(" ", source), flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’.,-]*", re.sub(r"<[^>]+>|\]\([^)]*\)", " ", text)))


def time_line(notebook):
    """The line on time that belongs into the head."""
    more = deeper(notebook).rounded
    return f"Time: {core(notebook).rounded} minutes{f', and {more} for *Deeper*' if more else ''}."


def has_assertion(cell):
    return cell.cell_type == "code" and any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))


def _reading(cells):
    cells = [cell for cell in cells if not lessons.is_explorer(cell)]
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    visible = [cell.source for cell in cells if cell.cell_type == "code" and not lessons.is_collapsed(cell)]
    lines = sum(bool(line.strip()) for source in visible for line in source.splitlines())
    predictions = sum(len(PREDICT.findall(text)) for text in texts)
    return Reading(sum(map(words, texts)), lines, predictions, len(cells))


def _row(file):
    notebook = lessons.read(file)
    first, more = core(notebook), deeper(notebook)
    asserting = sum(map(has_assertion, notebook.cells))
    stated = re.search(r"Time: ([^.\n]*)", notebook.cells[0].source)
    minutes = f"{first.minutes:8.1f}{more.minutes:8.1f}"
    counts = f"{first.words:7}{first.lines:7}{first.predictions:9}{asserting:9}{first.cells:7}{len(notebook.cells):5}"
    return f"{file.stem:<30}{counts}{minutes}  {stated[1] if stated else ''}"


def main(arguments):
    """Print the table; for lessons named also the line on time and the problems."""
    import rules

    files = [Path(argument).resolve() for argument in arguments]
    heads = f"{'words':>7}{'lines':>7}{'predict':>9}{'asserts':>9}{'cells':>7}{'all':>5}{'minutes':>8}{'deeper':>8}"
    print(f"{'of the core':<30}{heads}  stated")
    for file in files or lessons.LESSONS:
        print(_row(file))
    for file in files:
        notebook = lessons.read(file)
        print(f"\n{file.stem}: {time_line(notebook)}")
        for rule in rules.FOR_LESSONS:
            for problem in rule(notebook):
                print(f"  {rule.__name__}: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:])
