"""`python -m cnn_course.homework`: flags, files that are never overwritten unasked, errors that say what to do."""

import argparse
import ast
import contextlib
import json
import os
import sys
from pathlib import Path

from cnn_course import homework
from cnn_course._files import say, write_whole
from cnn_course._validate import validate_number

__all__ = ["NBGRADER_CONFIG", "main"]

NBGRADER_CONFIG = '''\
"""Settings of nbgrader for homework from cnn-course. Their place is the course folder, where nbgrader is run."""

c = get_config()  # noqa: F821

# The course's own stub stands above the solution, so nothing replaces the solution
c.ClearSolutions.code_stub = {"python": ""}

# A locked cell that a student deleted comes back, as one that was changed does: else the exercise counts 0. Who deleted
# the answer, too, is not graded (KeyError) until `nbgrader autograde` gets --OverwriteCells.add_missing_cells=False
c.OverwriteCells.add_missing_cells = True

# Seconds for a cell. The 30 of nbgrader are too few for lessons that train: a whole one takes a minute on two cores.
# An answer that never ends takes this time twice, once in its own cell and once in that of its points
c.Execute.timeout = 180
'''
_WHEN_GRADED = (
    "When nbgrader grades, locked cells that a student changed or deleted come back; "
    "an answer that never ends takes 180 seconds twice, in its own cell and in that of its points."
)


def main(arguments=None):
    """Write the notebook that the flags describe, or list what can be chosen.

    Args:
        arguments: None for those of the command line, or a list of str.

    Returns:
        int: 0, or 2 if the user must put something right; then the notebook was not written.
    """
    given = _parser().parse_args(arguments)
    lessons = homework.read_lessons()
    if given.list:
        return say("\n".join(_listing(lessons)))
    try:
        chosen = homework.choose(given.names, lessons)
        _check(given)
    except (ValueError, OSError) as error:
        return _refuse(error)
    points = (given.points or 1) if given.instructor else None
    notebook = homework.compose(chosen, lessons, given.title, given.install, points)
    try:
        needed = _settings_to_add(given.out) if given.instructor else ""
        _write(given.out, json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        return _refuse(error)
    exercises = sum(piece.key.startswith("q") for piece in chosen)
    return say(f"{given.out}: {len(notebook['cells'])} cells, {exercises} exercises.{needed}")


def _refuse(error):
    print(f"error: {error}", file=sys.stderr)
    return 2


def _listing(lessons):
    for lesson in lessons.values():
        yield f"{lesson.number}  {lesson.title}"
        for piece in filter(lambda piece: piece.key, lesson.pieces):
            yield f"    {lesson.number}.{piece.key:<10} {piece.title.replace('*', '')}"  # no italics in a terminal


def _check(given):
    """Say what the user must put right before anything is written."""
    out = given.out
    if given.points is not None and not given.instructor:
        raise ValueError("--points belongs to --instructor. Received: --points alone.")
    if given.points is not None:
        validate_number(given.points, "--points", above=0)
    if out.suffix != ".ipynb":
        raise ValueError(f"The name after --out must end in .ipynb. Received: {out}.")
    if not (out.parent.is_dir() and os.access(out.parent, os.W_OK)):
        raise OSError(f"The folder of --out must exist and be writable. Received: {out}.")
    if out.is_dir():
        raise IsADirectoryError(f"--out must be a file, not a folder. Received: {out}.")
    if out.exists() and not given.force:
        raise FileExistsError(f"{out} exists and was left as it is. Choose another --out, or replace it with --force.")


def _settings_to_add(out):
    """Write the settings of nbgrader where there are none; of a teacher's file, never changed, say what it lacks."""
    config = out.with_name("nbgrader_config.py")
    if not config.exists():
        _write(config, NBGRADER_CONFIG)
        return f"\n{config}: settings for all weeks. {_WHEN_GRADED}"
    needed, found = _settings(NBGRADER_CONFIG), _settings(config.read_text(encoding="utf-8", errors="replace"))
    kept = {"c.Execute.timeout"} & set(found)  # who allows other seconds, more or fewer, has a reason
    lacking = [name for name in needed if name not in kept and found.get(name) != needed[name]]
    lines = "\n".join(f"{name} = {needed[name]!r}" for name in lacking)
    return f"\n{config} exists and was left as it is. Add to it:\n{lines}" if lacking else ""


def _settings(source):
    """Values by name of the lines `c.Class.name = value`; None for a value that is computed."""
    settings = {}
    try:
        lines = ast.parse(source).body
    except (SyntaxError, ValueError):  # nbgrader cannot read it either
        return settings
    for line in lines:
        if isinstance(line, ast.Assign):
            with contextlib.suppress(ValueError):
                settings |= dict.fromkeys(map(ast.unparse, line.targets))
                settings |= dict.fromkeys(map(ast.unparse, line.targets), ast.literal_eval(line.value))
    return {name: value for name, value in settings.items() if name.startswith("c.")}


def _write(path, text):
    write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8", newline="\n"))


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m cnn_course.homework",
        usage="%(prog)s --list | NAME [NAME ...] [flags]; --help lists them",
        description="Write lessons, sections and exercises into one notebook to hand out, without outputs.",
        epilog=f"Without --instructor it is the students' version: stubs, no solutions. {_WHEN_GRADED}",
        allow_abbrev=False,
    )
    what = "a lesson (03), a section (03.2), an exercise (03.q4) or all exercises of a lesson (03.exercises)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=what)
    parser.add_argument("--list", action="store_true", help="print what can be chosen")
    parser.add_argument("--out", type=Path, default=Path("homework.ipynb"), metavar="FILE", help="default: %(default)s")
    parser.add_argument("--title", default="Homework", help="heading of the notebook (default: %(default)s)")
    text = "what students hand to `pip install`: a file, an address or a name (default: %(default)s)"
    parser.add_argument("--install", default=homework.WHEEL, metavar="SOURCE", help=text)
    text = "write solutions and the metadata of nbgrader, and nbgrader_config.py beside it"
    parser.add_argument("--instructor", action="store_true", help=text)
    parser.add_argument("--points", type=float, metavar="N", help="of each exercise, with --instructor (default: 1)")
    parser.add_argument("--force", action="store_true", help="replace FILE; nbgrader_config.py is never replaced")
    return parser


if __name__ == "__main__":
    sys.exit(main())
