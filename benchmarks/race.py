"""Time functions beside each other, in turns, so that what disturbs the machine disturbs all of them."""

import os
import platform
import time
from pathlib import Path

import numpy as np

__all__ = ["machine", "ratios", "row", "seconds", "table"]


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


def row(label, taken, base, names):
    """One line of a table: the median of `base` in milliseconds, and the ratios of the others.

    Args:
        label: str.
        taken: dict of name to array (repeats,), seconds.
        base: str, a name.
        names: list of str, which ratios, in order; "–" where one was not measured.

    Returns:
        list of str.
    """
    found = ratios(taken, base)
    cells = [f"{found[name]:.2f}" if name in found else "–" for name in names]
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
