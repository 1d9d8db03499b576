"""Run the benchmarks and write their tables into RESULTS.md: `make bench`, or `make bench ARGS="convolution steps"`.

    make bench ARGS="--mnist PATH to_99_percent"
    make bench ARGS=--list                        # run nothing: judge the tables that stand there

A part that is not run keeps the table that stands there, with the machine that it was measured on. What falls short of
a limit, in all tables that stand there then, is printed at the end and stored at the top; how a script states a limit:
race.py.
"""

import argparse
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from race import judge, machine

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "RESULTS.md"
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}
PARTS = {  # name: script, its arguments, its environment
    "convolution_one_thread": ("convolution.py", ["1"], ONE_THREAD),
    "convolution": ("convolution.py", [], {}),
    "steps": ("steps.py", [], {}),
    "to_99_percent": ("to_99_percent.py", [], {}),
    "suite": ("suite.py", [], {}),
    "set_up": ("set_up.py", [], {}),
    "start": ("start.py", [], {}),
    "explorers": ("explorers.py", [], {}),
    "gpu": ("gpu.py", [], {}),
    "site": ("site_pages.py", [], {}),
}


def main(arguments=None, file=RESULTS):
    """Run the parts that are named, or all that can run here; return the number that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all that can run")
    parser.add_argument("--mnist", help="mnist.npz or a folder with the original files, for to_99_percent")
    parser.add_argument("--list", action="store_true", help="run nothing, list what falls short")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.parts) - set(PARTS)):
        parser.error(f"PART must be one of {', '.join(PARTS)}. Received: {', '.join(unknown)}.")
    if "to_99_percent" in chosen.parts and not chosen.mnist:
        parser.error("to_99_percent needs --mnist PATH.")
    failures = 0
    here = dict.fromkeys(("gpu", "set_up", "site"), False)
    here |= {"to_99_percent": chosen.mnist, "explorers": find_spec("playwright")}
    for name in [] if chosen.list else chosen.parts or [name for name in PARTS if here.get(name, True)]:
        script, options, environment = PARTS[name]
        options = [*options, chosen.mnist] if name == "to_99_percent" else options
        command = [sys.executable, str(FOLDER / script), *options]
        print(f"{name} ...", flush=True)
        done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
        print(done.stdout)
        failures += done.returncode != 0
        if done.returncode == 0:
            store(name, f"{done.stdout.strip()}\n\n*{machine()}*", file)
    print(f"What falls short:\n\n{judge_all(file)}")
    return failures


def judge_all(file=RESULTS):
    """Say in each stored table, of whatever day, where it misses a limit, and list these places under `falls_short`.

    Args:
        file: `pathlib.Path`.

    Returns:
        str, the list.
    """
    found = []
    for name in PARTS:
        text, misses = judge(_section(name).search(file.read_text(encoding="utf-8"))[2])
        store(name, text, file)
        found += [f"- `{name}`: {miss}" for miss in misses]
    listed = "\n".join(found) or "Nothing."
    store("falls_short", listed, file)
    return listed


def store(name, text, file=RESULTS):
    """Put `text` between the marks of a part.

    Args:
        name: str, one of `PARTS`, or falls_short.
        text: str, Markdown.
        file: `pathlib.Path`.

    Raises:
        ValueError: the file has no such marks.
    """
    before = file.read_text(encoding="utf-8")
    after, count = _section(name).subn(lambda found: f"{found[1]}{text}{found[3]}", before)
    if count != 1:
        raise ValueError(f"{file.name} must have the marks of the part {name} once. Received: {count} times.")
    file.write_text(after, encoding="utf-8")


def _section(name):
    return re.compile(rf"(<!-- begin {name} -->\n)(.*?)(\n<!-- end {name} -->)", re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
