"""`python -m cnn_course.homework`: flags, files that are never overwritten unasked, errors that say what to do."""

import argparse
import json
import os
import sys
from pathlib import Path

from cnn_course import homework

__all__ = ["NBGRADER_CONFIG", "main"]

NBGRADER_CONFIG = '''\
"""Settings of nbgrader for homework from cnn-course. Their place is the course folder, where nbgrader is run."""

c = get_config()  # noqa: F821

# The course's own stub stands above the solution, so nothing replaces the solution
c.ClearSolutions.code_stub = {"python": ""}

# Seconds for a cell: the 30 of nbgrader are too few for lessons that train
c.Execute.timeout = 600
'''
_SETTINGS = [line for line in NBGRADER_CONFIG.splitlines() if line.startswith("c.")]


def main(arguments=None):
    """Write the notebook that the flags describe, or list what can be chosen.

    Args:
        arguments: None for those of the command line, or a list of str.

    Returns:
        int: 0, or 2 if the user must put something right; then nothing was written.
    """
    given = _parser().parse_args(arguments)
    try:
        lessons = homework.read_lessons()
        print("\n".join(_listing(lessons)) if given.list else _write(lessons, given))
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _listing(lessons):
    for lesson in lessons.values():
        yield f"{lesson.number}  {lesson.title}"
        yield from (f"    {lesson.number}.{piece.key:<10} {piece.title}" for piece in lesson.pieces if piece.key)


def _write(lessons, given):
    """Write all files or none; return what is to be said."""
    if given.points is not None and not given.instructor:
        raise ValueError("--points belongs to --instructor. Received: --points alone.")
    points = None if not given.instructor else 1 if given.points is None else given.points
    chosen = homework.choose(given.names, lessons)
    notebook = homework.compose(chosen, lessons, given.title, given.install, points)
    _check_place(given.out, given.force)
    files = {given.out: json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"}
    config = given.out.with_name("nbgrader_config.py")
    if given.instructor and not _has_settings(config, given.force):
        files[config] = NBGRADER_CONFIG
    _write_whole(files)
    exercises = sum(piece.key.startswith("q") for piece in chosen)
    return f"{' and '.join(map(str, files))}: {len(notebook['cells'])} cells, {exercises} exercises."


def _check_place(out, force):
    if out.suffix != ".ipynb":
        raise ValueError(f"The name after --out must end in .ipynb. Received: {out}.")
    if not (out.parent.is_dir() and os.access(out.parent, os.W_OK)):
        raise OSError(f"The folder of --out must exist and be writable. Received: {out}.")
    if out.is_dir():
        raise IsADirectoryError(f"--out must be a file, not a folder. Received: {out}.")
    if out.exists() and not force:
        raise FileExistsError(f"{out} exists and was left as it is. Choose another --out, or replace it with --force.")


def _has_settings(config, force):
    """Whether a file is there that has the settings already, perhaps among others of the teacher's."""
    if not config.exists():
        return False
    lines = config.read_text(encoding="utf-8").splitlines()
    has_settings = all(any(line.startswith(setting) for line in lines) for setting in _SETTINGS)
    if not has_settings and not force:
        needed = "\n".join(_SETTINGS)
        raise FileExistsError(
            f"{config} exists and was left as it is. Replace it with --force, or add to it:\n{needed}"
        )
    return has_settings


def _write_whole(files):
    """Write all texts beside their places, then move them there, so that a failure leaves what was there."""
    unfinished = {path: path.with_name(f"unfinished_{path.name}") for path in files}
    try:
        for path, text in files.items():
            unfinished[path].write_text(text, encoding="utf-8", newline="\n")
        for path in files:
            os.replace(unfinished[path], path)
    finally:
        for path in unfinished.values():
            path.unlink(missing_ok=True)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m cnn_course.homework",
        usage="%(prog)s --list | NAME [NAME ...] [flags]; --help lists them",
        description="Write lessons, sections and exercises into one notebook to hand out, without outputs.",
        epilog="Without --instructor it is the students' version: the course's own stubs, no solutions.",
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
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")
    return parser


if __name__ == "__main__":
    sys.exit(main())
