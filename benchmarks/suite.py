"""What a user waits for: `import cnn_course`, each lesson, one by one in fresh kernels, and `make test`."""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient

from race import table

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
ALLOWED, IMPORT_ALLOWED, TEST_ALLOWED = 450, 0.3, 300


def main():
    """Print the tables."""
    listing = [sys.executable, "-c", "import sys, cnn_course; print(*sys.modules)"]
    loaded = subprocess.run(listing, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    heavy = sorted({"tensorflow", "keras", "matplotlib"} & set(loaded))
    empty, ours = _start("pass"), _start("import cnn_course")
    seconds = [f"{ours - empty:.3f} (at most {IMPORT_ALLOWED})", f"{empty:.3f}", ", ".join(heavy) or "none"]
    header = ["to start", "seconds", "the bare interpreter", "of TensorFlow, Keras and matplotlib imported"]
    print(table(header, [["`import cnn_course`", *seconds]]) + "\n")
    seconds = {file.stem: _run(file) for file in LESSONS}
    rows = [[name, *(f"{value:.0f}" for value in both)] for name, both in seconds.items()]
    clock, processors = np.sum(list(seconds.values()), axis=0)
    rows.append(["all", f"{clock:.0f} (at most {ALLOWED})", f"{processors:.0f}"])
    print(table(["lesson", "seconds", "of processors"], rows))
    result, took = _tested()
    rows = [["`make test`", result, f"{took} (at most {TEST_ALLOWED})"]]
    print("\n" + table(["after set-up", "result", "seconds"], rows))


def _start(code):
    times = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _tested():
    """What pytest says at the end of `make test`, and its seconds."""
    own = {name: value for name, value in os.environ.items() if name not in ("ARGS", "MAKEFLAGS")}  # of `make bench`
    done = subprocess.run(["make", "test"], cwd=ROOT, env=own, stdout=subprocess.PIPE, text=True)
    summary = re.findall(r"=+ (.*) in ([\d.]+)s.* =+", done.stdout)[-1]
    if "passed" not in summary[0]:
        raise RuntimeError(f"`make test` must run tests. Received: {summary[0]}, after {done.stdout[-500:]}")
    return summary[0], f"{float(summary[1]):.0f}"


def _run(file):
    """Seconds on the clock, and those that processors worked, which other work on the machine hardly changes."""
    notebook = nbformat.read(file, as_version=4)
    start, worked = time.perf_counter(), _worked()
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": file.parent}}
    ).execute()
    return time.perf_counter() - start, _worked() - worked


def _worked():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # of kernels that have ended
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
