"""The set-up into an empty folder with empty caches, by uv and by pip, and what is then on the disk, by package."""

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
                    sizes[name] = by_package(Path(folder) / "venv")
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
    (site,) = venv.glob("lib/python*/site-packages")
    owners = {}
    for package in distributions(path=[str(site)]):
        for file in map(Path, map(os.path.normpath, map(package.locate_file, package.files or []))):
            owners[file] = package.name
            for folder in file.parents:
                if folder.is_relative_to(site) and folder != site:
                    owners.setdefault(folder, package.name)
    sizes = Counter()
    for file in venv.rglob("*"):
        owner = next((owners[path] for path in (file, *file.parents) if path in owners), "the environment itself")
        sizes[owner] += file.lstat().st_blocks * 512
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
