"""Time functions beside each other, in turns, so that what disturbs the machine disturbs all of them.

A script states a limit in a table that it prints, in brackets behind the number, `1.49 (at most 1.4)`, or once for a
column in its header, `first paint (at most 200 ms)`; `at least` as well. `run.py` lets `judge` say where it is missed.
So no script compares, and a table that somebody edits is judged, too.
"""

import os
import platform
import re
import time
from pathlib import Path

import numpy as np

__all__ = ["judge", "machine", "ratios", "row", "seconds", "table"]

NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?([^\W\d]+|%)?")  # and its unit
LIMIT = re.compile(rf"\(at (most|least) {NUMBER.pattern}\)")


def seconds(functions, repeats=25):
    """Run all functions in turns.

    Args:
        functions: dict of name to function without arguments.
        repeats: int >= 1, turns after one that is not counted.

    Returns:
        dict of name to array (repeats,), seconds.
    """
    for function in functions.values():
        function()
    taken = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            taken[name].append(time.perf_counter() - start)
    return {name: np.array(times) for name, times in taken.items()}


def ratios(taken, base):
    """Median over the turns of each function's time divided by that of `base` in the same turn.

    Args:
        taken: dict of name to array (repeats,), seconds.
        base: str, a name.

    Returns:
        dict of name to float.
    """
    return {name: float(np.median(times / taken[base])) for name, times in taken.items()}


def row(label, taken, base, names, limits=None):
    """One line of a table: the median of `base` in milliseconds, and the ratios of the others.

    Args:
        label: str.
        taken: dict of name to array (repeats,), seconds.
        base: str, a name.
        names: list of str, which ratios, in order; "–" where one was not measured.
        limits: dict of name to float, how large a ratio may be at most, or None.

    Returns:
        list of str.
    """
    found = ratios(taken, base)
    cells = [f"{found[name]:.2f}" if name in found else "–" for name in names]
    for name, limit in (limits or {}).items():
        cells[names.index(name)] += f" (at most {limit})"
    return [label, f"{np.median(taken[base]) * 1e3:.2f} ms", *cells]


def table(header, rows):
    """Markdown table; words to the left, numbers to the right.

    Args:
        header: list of str.
        rows: list of lists of str.

    Returns:
        str.
    """
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def judge(text):
    """Say in each cell of the tables of `text` where it misses the limit that stands in it or over it.

    Behind its own limit a cell tells of its last number, `batch 8: 1.49 (at most 1.4)`; under a limit in the header of
    its first. A limit with a unit wants a number with this unit. Judging twice changes nothing.

    Args:
        text: str, Markdown; limits outside tables are not read.

    Returns:
        `(text, misses)`: str, with `1.49 (at most 1.4: missed)` and `228 ms: missed`; list of str, what they are.

    Raises:
        ValueError: a limit and its number have different units, or there is a limit and no number before it.
    """
    lines, misses, header = [], [], None
    for line in text.splitlines():
        if not line.startswith("| "):
            header = None
        elif header is None:
            header = line[2:-2].split(" | ")
        else:
            cells = [cell.replace(": missed", "") for cell in line[2:-2].split(" | ")]
            judged = [_judge(*pair) for pair in zip(cells, header, strict=True)]
            misses += [f"{cells[0]}, {miss}" for _, miss in judged if miss]
            line = f"| {' | '.join(cell for cell, _ in judged)} |"
        lines.append(line)
    return "\n".join(lines), misses


def _judge(cell, header):
    """The cell, which says so where it misses its limit, and then what it misses."""
    own = LIMIT.search(cell)
    limit, numbers = own or LIMIT.search(header), NUMBER.findall(cell[: own.start()] if own else cell)
    if not limit or not (own or numbers):
        return cell, None  # no limit, or nothing was measured
    number, unit = (numbers or [("none", "")])[-1 if own else 0]
    if number == "none" or limit[3] not in (None, unit):
        raise ValueError(f"A limit must stand behind a number in its unit. Received: {cell!r} under {header!r}.")
    value, bound = (float(digits.replace(",", "")) for digits in (number, limit[2]))
    if value <= bound if limit[1] == "most" else value >= bound:
        return cell, None
    name, words = LIMIT.sub("", header).strip(), cell.replace(limit[0], "").strip()
    return f"{cell[:-1]}: missed)" if own else f"{cell}: missed", f"{name}: {words} {limit[0]}"


def machine():
    """Processor, cores, memory and versions, in one sentence.

    Returns:
        str.
    """
    from importlib.metadata import version

    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "tensorflow", "keras"))
    return (
        f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )
