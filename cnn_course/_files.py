"""Files: written whole or not at all, the place of those that came with the course; and what commands print."""

import os
import sys
from pathlib import Path

__all__ = ["say", "shipped", "write_whole"]


def say(text):
    """Print for a command, in the characters of its output, which may be closed.

    Args:
        text: str.

    Returns:
        int: 0, the status of a command that is done.
    """
    encoding = sys.stdout.encoding or "utf-8"  # cp1252 has no minus sign
    try:
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except BrokenPipeError:  # `| head` has seen enough; what is still to be flushed at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def shipped(name):
    """Folder of files that came with the course.

    Args:
        name: str, `"data"` for the embedded files, `"notebooks"` for the lessons.

    Returns:
        `pathlib.Path`: inside the package when it was installed from a wheel, beside it in a clone.

    >>> (shipped("data") / "SHA256SUMS").is_file()
    True
    """
    package = Path(__file__).parent
    installed = package / f"_{name}"
    return installed if installed.is_dir() else package.parent / name


def write_whole(path, write):
    """Make a file under another name and then rename it, so that it is never seen half written.

    Args:
        path: `pathlib.Path`.
        write: function that makes the file at the path it is given.

    Raises:
        OSError: the file cannot be written; what was at `path` before is still there.
    """
    unfinished = path.with_name(f"unfinished_{path.name}")
    try:
        write(unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
