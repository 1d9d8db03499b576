"""Lessons where nobody expects them to run: read-only, without a home or a network, in a foreign locale, elsewhere.

The kernel gets all of it at once: a copy of the course in a folder with spaces and umlauts that cannot be written,
a `HOME` that cannot be written, no network, the locale C without UTF-8 mode or a German one, another working folder.
"""

import ast
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import lessons

CHOSEN = ("02_convolution", "11_first_cnn", "00_start_here")  # NumPy alone; Keras, data and a little training; the map
NOT_EVEN_ROOT = ["--bounding-set=-dac_override,-dac_read_search,-fowner", "--inh-caps=-all"]
NO_NETWORK = """
import socket

def _refuse(call):
    def checked(self, address, *arguments):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"the network is switched off in this test: {address}")
        return call(self, address, *arguments)
    return checked

socket.socket.connect = _refuse(socket.socket.connect)
socket.socket.connect_ex = _refuse(socket.socket.connect_ex)
"""
RUN = """
import sys
from pathlib import Path
import nbformat
from nbclient import NotebookClient
file, result = map(Path, sys.argv[1:])
notebook = nbformat.read(file, 4)
options = {"timeout": 300, "kernel_name": "python3", "extra_arguments": ["--log-level=40"]}
NotebookClient(notebook, resources={"metadata": {"path": Path.cwd()}}, **options).execute()
nbformat.write(notebook, result)
"""
PROBE = """
import locale, os, socket, sys
from pathlib import Path
import cnn_course
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
root = Path(cnn_course.__file__).parents[1]
print([
    os.fsencode(root),
    refused(lambda: (root / "x").write_text("x")), refused(lambda: (root / "cnn_course" / "x").write_text("x")),
    refused(lambda: (Path.home() / "x").write_text("x")), refused(lambda: (Path.home() / ".cache").mkdir()),
    refused(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1)), os.getcwd(), locale.getencoding(),
])
"""


def installed_locales():
    listed = subprocess.run(["locale", "-a"], capture_output=True, text=True) if shutil.which("locale") else None
    names = listed.stdout.split() if listed else []
    return [name for name in ("de_DE.utf8", "ja_JP.utf8", "tr_TR.utf8") if name in names]


LOCALES = ["C", *installed_locales()]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Folders: the read-only copy `Meine Übungen`, the read-only home, a folder to work in, one for hooks."""
    base = tmp_path_factory.mktemp("place")
    copy = base / "Meine Übungen (neu)"
    copy.mkdir()
    for name in ("cnn_course", "data", "notebooks"):
        shutil.copytree(lessons.ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("home", "elsewhere", "hooks"):
        (base / name).mkdir()
    (base / "hooks" / "sitecustomize.py").write_text(NO_NETWORK)
    closed = [path for folder in (copy, base / "home") for path in (folder, *folder.rglob("*"))]
    for path in closed:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield base, copy
    for path in closed:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def run(place, code, *arguments, locale="C"):
    """Run Python in that place, root without the rights to ignore permissions; skip where that cannot be had."""
    base, copy = place
    kept = {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "CUDA_VISIBLE_DEVICES"}
    elsewhere = str(base / "elsewhere")
    settings = {name: value for name, value in os.environ.items() if name in kept} | {
        "HOME": str(base / "home"),
        "JUPYTER_RUNTIME_DIR": str(base / "elsewhere" / "runtime"),
        "LC_ALL": locale,
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(base / "hooks"), str(copy)]),
        "PYTHONUTF8": "0",
        "TMPDIR": elsewhere,
    }
    command = [sys.executable, "-c", code, *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["setpriv", *NOT_EVEN_ROOT, *command]
        if shutil.which("setpriv") is None or subprocess.run([*command[:3], "true"], capture_output=True).returncode:
            pytest.skip("run as root, and root cannot give up its rights here (setpriv): nothing would be read-only")
    return subprocess.run(
        command, env=settings, cwd=elsewhere, capture_output=True, text=True, encoding="utf-8", timeout=600
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="permissions and locales of Unix")
@pytest.mark.parametrize("locale", LOCALES)
def test_the_place_is_as_hostile_as_it_says(place, locale):
    base, copy = place
    done = run(place, PROBE, locale=locale)
    assert done.returncode == 0, done.stderr
    root, *refused, folder, encoding = ast.literal_eval(done.stdout)
    assert refused == [True] * 5 and Path(folder) == base / "elsewhere" and root == os.fsencode(copy)
    assert ("utf" in encoding.lower()) == (locale != "C")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="permissions and locales of Unix")
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CHOSEN)
def test_a_lesson_survives(place, name, locale):
    base, copy = place
    result = base / "elsewhere" / f"{name}.ipynb"
    done = run(place, RUN, copy / "notebooks" / f"{name}.ipynb", result, locale=locale)
    assert done.returncode == 0, done.stderr[-3000:]
    stored, received = lessons.read(copy / "notebooks" / f"{name}.ipynb"), lessons.read(result)
    for before, after in zip(lessons.code_cells(stored), lessons.code_cells(received), strict=True):
        streams = {output.name for output in after.outputs if output.output_type == "stream"}
        assert "stderr" not in streams, f"{after.source}\n{after.outputs}"
        assert [o.output_type for o in after.outputs if o.output_type == "error"] == [
            o.output_type for o in before.outputs if o.output_type == "error"
        ]
        if "nbval-ignore-output" not in lessons.tags(after):
            assert printed(after) == printed(before), after.source


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="permissions and locales of Unix")
def test_a_cell_that_fails_is_noticed(place):
    base, _ = place
    broken = base / "elsewhere" / "broken.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("open('/proc/version', 'w')")]), broken)
    done = run(place, RUN, broken, base / "elsewhere" / "result.ipynb")
    assert done.returncode != 0 and "CellExecutionError" in done.stderr
