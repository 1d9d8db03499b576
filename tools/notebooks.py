"""Re-execute the notebooks in fresh kernels and normalize what they store: `python tools/notebooks.py [NOTEBOOK ...]`.

A notebook is written only after it has run to its end. Stored are: tags, execution counts 1..n, outputs without
metadata and widgets, of tracebacks the message, cell ids made from the source. Cells tagged `hide-input` are collapsed
in JupyterLab, too. A cell tagged `nbval-ignore-output` whose source did not change keeps its stored output, so that a
second run changes nothing.
"""

import argparse
import base64
import hashlib
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
PICTURES = ROOT / "docs" / "pictures"
PICTURE_OF = {  # which figure of a lesson, counted from 0, stands for it in the README
    "00_start_here": 0,
    "01_why_convolution": 2,
    "02_convolution": 7,
    "03_padding": 0,
    "04_stride": 2,
    "05_channels": 4,
    "06_one_by_one": 1,
    "07_pooling": 3,
    "08_activations": 0,
    "09_receptive_field": 3,
    "10_learning": 2,
    "11_first_cnn": 7,
    "12_stride_instead_of_pooling": 2,
    "13_alexnet": 6,
    "14_training_alexnet": 0,
    "15_after_alexnet": 2,
    "16_looking_inside": 3,
    "17_transfer": 0,
}
KEPT_TAG, COLLAPSED_TAG = "nbval-ignore-output", "hide-input"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(file):
    """Run a notebook from top to bottom in a fresh kernel and return it, normalized.

    Args:
        file: `pathlib.Path` of the notebook; its folder is the kernel's working directory.

    Returns:
        `nbformat.NotebookNode`.

    Raises:
        CellExecutionError: a cell raised that is not tagged `raises-exception`.
    """
    stored = nbformat.read(file, as_version=4)
    notebook = nbformat.read(file, as_version=4)
    options = {"timeout": 600, "kernel_name": "python3", "extra_arguments": ["--log-level=40"]}  # errors only
    NotebookClient(notebook, resources={"metadata": {"path": file.parent}}, **options).execute()
    return normalize(notebook, stored)


def unchanged(file):
    """The notebook as it is, normalized; each code cell must have been executed."""
    notebook = nbformat.read(file, as_version=4)
    missing = [cell.source for cell in notebook.cells if cell.cell_type == "code" and not cell.execution_count]
    if missing:
        raise ValueError(f"Every code cell must have been executed. Received: {missing[0]!r} in {file.name}.")
    return normalize(notebook, nbformat.from_dict(notebook))


def normalize(notebook, stored):
    """Strip what differs between runs and machines.

    Args:
        notebook: `nbformat.NotebookNode`, just executed.
        stored: the notebook as it was before, whose outputs of unchanged tagged cells are kept.

    Returns:
        `notebook`, changed in place.
    """
    kept = {cell.source: cell.outputs for cell in stored.cells if _is_tagged(cell) and cell.execution_count}
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen, count = {}, 0
    for cell in notebook.cells:
        seen[cell.source] = seen.get(cell.source, 0) + 1
        cell.id = hashlib.sha256(f"{cell.cell_type} {cell.source} {seen[cell.source]}".encode()).hexdigest()[:12]
        cell.metadata = _normalize_metadata(cell.metadata.get("tags", []))
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        outputs = kept.get(cell.source, cell.outputs) if _is_tagged(cell) else cell.outputs
        cell.outputs = [_normalize_output(output, count) for output in _joined(outputs)]
    return notebook


def _is_tagged(cell):
    return cell.cell_type == "code" and KEPT_TAG in cell.metadata.get("tags", [])


def _joined(outputs):
    """Neighboring pieces of one stream as one output: where a kernel cuts them is chance."""
    joined = []
    for output in outputs:
        if joined and output.output_type == "stream" and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _normalize_metadata(tags):
    hidden = {"jupyter": {"source_hidden": True}} if COLLAPSED_TAG in tags else {}
    return nbformat.from_dict(({"tags": tags} if tags else {}) | hidden)


def _normalize_output(output, count):
    if output.output_type == "error":
        message = re.sub(r"\x1b\[[0-9;]*m", "", output.evalue).partition("\n\nArguments received by")[0]
        output.traceback = [f"{output.ename}: {message}"]
    output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)  # the number of a widget long gone
    if "metadata" in output:
        output.metadata = {}
    if "execution_count" in output:
        output.execution_count = count
    return output


def write(notebook, file):
    """Write a notebook beside its place and move it there, so that a break leaves the old one."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, suffix=".part", delete=False) as part:
        part.write(nbformat.writes(notebook) + "\n")
    os.chmod(part.name, 0o644)
    os.replace(part.name, file)


def picture(notebook, index):
    """Bytes of the figure number `index` (from 0) of a notebook, a PNG."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return base64.b64decode(figures[index])


def main(arguments=None):
    """Execute the notebooks named, or all of them; print progress and a table; return the number of failures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    parser.add_argument("--text-only", action="store_true", help="run nothing: only text cells were changed")
    given = parser.parse_args(arguments)
    files = given.notebooks or sorted(FOLDER.glob("*.ipynb"))
    rows, failures = [], 0
    for number, file in enumerate(files, start=1):
        print(f"[{number}/{len(files)}] {file.stem} ...", flush=True)
        start = time.perf_counter()
        try:
            notebook = (unchanged if given.text_only else execute)(file.resolve())
        except CellExecutionError as error:
            failures += 1
            print(f"{file.name} was left as it is:\n{error}", file=sys.stderr)
            continue
        write(notebook, file)
        if file.resolve().parent == FOLDER and file.stem in PICTURE_OF:
            (PICTURES / f"{file.stem}.png").write_bytes(picture(notebook, PICTURE_OF[file.stem]))
        rows.append((file.stem, len(notebook.cells), time.perf_counter() - start))
    print(f"\n{'lesson':<28}{'cells':>6}{'seconds':>9}")
    for lesson, cells, seconds in rows:
        print(f"{lesson:<28}{cells:>6}{seconds:>9.1f}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
