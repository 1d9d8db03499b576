"""Open JupyterLab on `work/`, the learner's own copies of the lessons: `python tools/lab.py [JupyterLab options]`.

A lesson is copied when there is no copy yet. A copy is never overwritten; where the lesson has changed since it was
copied, that is reported.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ".copied.json"


def copy_lessons(notebooks, work):
    """Copy the lessons that `work` does not have yet, and say what was done.

    Args:
        notebooks: `pathlib.Path`, folder of the lessons.
        work: `pathlib.Path`, folder of the learner's copies; made if it does not exist.

    Returns:
        `(copied, changed)`: names of the lessons copied now, and of those that differ from what was once copied.

    Raises:
        OSError: a file could not be read or written.
    """
    work.mkdir(exist_ok=True)
    record = _read_record(work / RECORD)
    copied, changed = [], []
    for lesson in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        digest = hashlib.sha256(lesson.read_bytes()).hexdigest()
        if not (work / lesson.name).exists():
            shutil.copyfile(lesson, work / lesson.name)
            record[lesson.name] = digest
            copied.append(lesson.name)
        elif record.get(lesson.name) != digest:
            changed.append(lesson.name)
    (work / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return copied, changed


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
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}", *sys.argv[1:]]
    try:
        return subprocess.call(command, cwd=work)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
