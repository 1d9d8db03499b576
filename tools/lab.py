"""Open JupyterLab on `work/`, the learner's own copies of the lessons: `python tools/lab.py [JupyterLab options]`.

A lesson is copied when there is no copy yet, without its outputs: they answer the questions of the text. A copy is
never overwritten; where the lesson has changed since it was copied, that is reported.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / "tools" / "jupyter"
RECORD = ".copied.json"
FIRST = "00_start_here.ipynb"
LANGUAGE = {  # what JupyterLab writes into a notebook that it opens, and then asks to save
    "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": f"ipython{sys.version_info.major}",
    "version": sys.version.split()[0],
}


def copy_lessons(notebooks, work):
    """Copy the lessons that `work` does not have yet, and say what was done.

    Args:
        notebooks: `pathlib.Path`, folder of the lessons.
        work: `pathlib.Path`, folder of the learner's copies; made if it does not exist.

    Returns:
        `(copied, changed)`: names of the lessons copied now, and of those that differ from what was once copied.

    Raises:
        OSError: a file could not be read or written.
        ValueError: a lesson is no notebook.
    """
    work.mkdir(exist_ok=True)
    record = _read_record(work / RECORD)
    copied, changed = [], []
    for lesson in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        stored = lesson.read_bytes()
        digest = hashlib.sha256(stored).hexdigest()
        if not (work / lesson.name).exists():
            _write(fresh(json.loads(stored)), work / lesson.name)
            record[lesson.name] = digest
            copied.append(lesson.name)
        elif record.get(lesson.name) != digest:
            changed.append(lesson.name)
    (work / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return copied, changed


def fresh(notebook):
    """A notebook as nobody has run it yet, with the metadata that JupyterLab would add.

    Args:
        notebook: dict, as read from its file.

    Returns:
        `notebook`, changed in place.
    """
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(execution_count=None, outputs=[])
    notebook["metadata"]["language_info"] = LANGUAGE
    return notebook


def command(work, options):
    """The call that opens JupyterLab on the first lesson.

    Args:
        work: `pathlib.Path`, folder of the learner's copies.
        options: list of str, further options of JupyterLab; they win.

    Returns:
        list of str.
    """
    own = [f"--ServerApp.root_dir={work}", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    return [sys.executable, "-m", "jupyterlab", *own, *options]


def environment():
    """The variables of this process, and where JupyterLab finds that it need not ask about news.

    Returns:
        dict.
    """
    paths = [str(SETTINGS), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def _write(notebook, file):
    """Write a notebook beside its place and move it there: a break leaves no half of a lesson."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, file)


def _read_record(file):
    """What was copied before: a dict from name to SHA-256; empty where the record is missing or damaged."""
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def main():
    """Copy, report, and hand over to JupyterLab; return its exit status."""
    work = ROOT / "work"
    copied, changed = copy_lessons(ROOT / "notebooks", work)
    if copied:
        print(f"Copied to work/: {', '.join(copied)}")
    for name in changed:
        print(f"work/{name} is not the current lesson. It was left as it is; rename it to get a fresh copy next time.")
    try:
        return subprocess.call(command(work, sys.argv[1:]), cwd=work, env=environment())
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
