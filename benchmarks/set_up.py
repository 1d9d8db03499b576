"""The set-up into an empty folder with empty caches, by uv and by pip, and what is then on the disk, by package."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path

from race import table

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {"uv": 60, "pip": 120}
MEGABYTES_ALLOWED = 2700
EXTRAS = {"make lab": "course", "make test": "test"}
LISTED = 16


def main():
    """Print the tables."""
    rows, sizes = [], {}
    for tool, allowed in ALLOWED.items():
        for name, extras in EXTRAS.items():
            if tool == "pip" or any(_has_uv(folder) for folder in os.get_exec_path()):
                with tempfile.TemporaryDirectory() as folder:
                    seconds, received = _set_up(Path(folder), tool, extras)
                    sizes[name] = sizes.get(name) or by_package(Path(folder) / "venv")
                rows.append([f"`{name}` by {tool}", extras, received, f"{seconds:.0f} s (at most {allowed} s)"])
    print(table(["set-up, empty caches", "extra", "received", "on the clock"], rows) + "\n")
    largest = [name for name, _ in sizes["make test"].most_common(LISTED)]
    rows = [[name, *(_megabytes(size[name]) for size in sizes.values())] for name in largest]
    others = [sum(size.values()) - sum(size[name] for name in largest) for size in sizes.values()]
    rows.append([f"{len(sizes['make test']) - LISTED} more", *map(_megabytes, others)])
    rows.append(["all", *(f"{_megabytes(size.total())} (at most {MEGABYTES_ALLOWED})" for size in sizes.values())])
    print(table(["on the disk, MB", *(f"`{name}`" for name in sizes)], rows))


def by_package(venv):
    """What each package of an environment takes on the disk, with its folders and its bytecode.

    Args:
        venv: `pathlib.Path`.

    Returns:
        `collections.Counter` of name to bytes.
    """
    (site,) = map(str, venv.glob("lib/python*/site-packages"))
    owners, sizes = {site: "the environment itself"}, Counter()
    for package in distributions(path=[site]):
        name = package.name  # which reads a file
        for file, *_ in csv.reader(package.read_text("RECORD").splitlines()):
            owners[path := os.path.normpath(os.path.join(site, file))] = name
            while (path := os.path.dirname(path)).startswith(site) and path not in owners:
                owners[path] = name
    for folder, folders, files in os.walk(venv):
        around = owners.setdefault(folder, owners.get(os.path.dirname(folder), owners[site]))
        for path in (os.path.join(folder, below) for below in (*folders, *files)):
            sizes[owners.get(path, around)] += os.lstat(path).st_blocks * 512
    return sizes


def _set_up(folder, tool, extras):
    """Seconds, and megabytes that came over the network meanwhile."""
    path = [place for place in os.get_exec_path() if tool == "uv" or not _has_uv(place)]
    caches = {"UV_CACHE_DIR": str(folder / "cache"), "PIP_NO_CACHE_DIR": "1"}
    variables = os.environ | caches | {"PATH": os.pathsep.join(path), "PYTHON": sys._base_executable}
    start, received = time.perf_counter(), _received()
    command = ["sh", ROOT / "tools" / "set_up.sh", folder / "venv", extras]
    subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    return seconds, f"{_received() - received:.0f} MB" if _received() else "–"


def _has_uv(folder):
    return (Path(folder) / "uv").exists()


def _received():
    """Megabytes that this machine has received so far, where the system tells (Linux), otherwise 0."""
    counters = Path("/proc/net/dev")
    lines = counters.read_text(encoding="utf-8").splitlines()[2:] if counters.exists() else []
    columns = [line.replace(":", " ").split() for line in lines]
    return sum(int(received) for name, received, *_ in columns if name != "lo") / 1e6


def _megabytes(size):
    return f"{size / 1e6:.0f}"


if __name__ == "__main__":
    main()
