"""The commands behind `make`: the learner's copies, the set-up, and what `make notebooks` stores."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from jupyter_client.kernelspec import get_kernel_spec
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import lab
import lessons
import notebooks


def stored_lesson(text):
    """Bytes of a lesson as the course keeps it: run, with an output."""
    cell = new_code_cell("6 * 7", execution_count=1, outputs=[stream("42\n")], metadata={"tags": ["hide-input"]})
    notebook = executed(new_markdown_cell(text), cell)
    notebook.metadata = nbformat.from_dict(notebooks.METADATA)
    return nbformat.writes(notebook).encode()


@pytest.fixture
def folders(tmp_path):
    source = tmp_path / "notebooks"
    source.mkdir()
    for name in ("00_a.ipynb", "01_b.ipynb", "_template.ipynb"):
        (source / name).write_bytes(stored_lesson(f"first version of {name}"))
    return source, tmp_path / "work"


def test_lessons_are_copied_once(folders):
    source, work = folders
    assert lab.copy_lessons(source, work) == (["00_a.ipynb", "01_b.ipynb"], [])
    assert lab.copy_lessons(source, work) == ([], [])
    assert sorted(path.name for path in work.iterdir() if path.name != lab.RECORD) == ["00_a.ipynb", "01_b.ipynb"]


def test_a_copy_has_not_been_run_and_is_otherwise_the_lesson(folders):
    source, work = folders
    lab.copy_lessons(source, work)
    copy, stored = nbformat.read(work / "00_a.ipynb", 4), nbformat.read(source / "00_a.ipynb", 4)
    assert stored.cells[1].outputs and stored.cells[1].execution_count == 1
    assert (copy.cells[1].outputs, copy.cells[1].execution_count) == ([], None)
    for mine, theirs in zip(copy.cells, stored.cells, strict=True):
        assert (mine.id, mine.source, mine.metadata) == (theirs.id, theirs.source, theirs.metadata)


def test_a_copy_has_the_metadata_that_jupyterlab_takes_from_the_kernel(folders):
    """JupyterLab asks to save a notebook into which it had to write them."""
    source, work = folders
    lab.copy_lessons(source, work)
    metadata = nbformat.read(work / "00_a.ipynb", 4).metadata
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        language = client.kernel_info(reply=True, timeout=60)["content"]["language_info"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert metadata.language_info == language
    spec = get_kernel_spec("python3")
    assert metadata.kernelspec == {"name": "python3", "display_name": spec.display_name, "language": spec.language}


def test_a_copy_is_never_overwritten_and_a_change_is_reported(folders):
    source, work = folders
    lab.copy_lessons(source, work)
    (work / "00_a.ipynb").write_text("what the learner wrote")
    assert lab.copy_lessons(source, work) == ([], [])
    (source / "00_a.ipynb").write_bytes(stored_lesson("second version"))
    assert lab.copy_lessons(source, work) == ([], ["00_a.ipynb"])
    assert lab.copy_lessons(source, work) == ([], ["00_a.ipynb"])  # until the learner does something about it
    assert (work / "00_a.ipynb").read_text() == "what the learner wrote"
    (work / "00_a.ipynb").rename(work / "my_00_a.ipynb")
    assert lab.copy_lessons(source, work) == (["00_a.ipynb"], [])
    assert nbformat.read(work / "00_a.ipynb", 4).cells[0].source == "second version"
    assert lab.copy_lessons(source, work) == ([], [])


@pytest.mark.parametrize("record", ["", "no json", "[1, 2]"])
def test_a_damaged_record_loses_nothing(folders, record):
    source, work = folders
    lab.copy_lessons(source, work)
    (work / "00_a.ipynb").write_text("what the learner wrote")
    (work / lab.RECORD).write_text(record)
    assert lab.copy_lessons(source, work) == ([], ["00_a.ipynb", "01_b.ipynb"])
    assert (work / "00_a.ipynb").read_text() == "what the learner wrote"


def test_a_break_while_copying_leaves_no_half_of_a_lesson(folders, monkeypatch):
    source, work = folders
    monkeypatch.setattr(lab.os, "replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        lab.copy_lessons(source, work)
    monkeypatch.undo()
    assert lab.copy_lessons(source, work) == (["00_a.ipynb", "01_b.ipynb"], [])


def test_options_of_the_learner_come_last_and_win(tmp_path):
    first = lab.command(tmp_path, ["--LabApp.default_url=/lab"])
    assert first[-1] == "--LabApp.default_url=/lab" and f"--ServerApp.root_dir={tmp_path}" in first


@pytest.mark.slow
def test_jupyterlab_opens_the_first_lesson_and_does_not_ask_about_news(tmp_path):
    lab.copy_lessons(lessons.NOTEBOOKS, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    settings = lab.environment() | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    server = subprocess.Popen(
        lab.command(tmp_path, options), cwd=tmp_path, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        first = answer(server, f"http://127.0.0.1:{port}/")
        assert first.geturl().endswith(f"/lab/tree/{lab.FIRST}") and (tmp_path / lab.FIRST).exists()
        asked = answer(server, f"http://127.0.0.1:{port}/lab/api/settings/@jupyterlab/apputils-extension:notification")
        assert json.load(asked)["schema"]["properties"]["fetchNews"]["default"] == "false"
    finally:
        server.terminate()
        server.wait(60)


def answer(server, address):
    """The response of a server, as soon as it listens."""
    while server.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=60)
        except urllib.error.URLError:
            time.sleep(0.5)
    raise AssertionError(f"the server ended with status {server.returncode}")


def executed(*cells):
    return new_notebook(cells=list(cells), metadata={"widgets": {}})


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


WIDGET = {"text/plain": "3", "application/vnd.jupyter.widget-view+json": {"model_id": "0123456789abcdef"}}


def test_normalize_strips_what_differs_between_runs():
    traceback = ["\x1b[31mTraceback\x1b[0m", 'File "/home/ada/x.py"', "ValueError: \x1b[1mtoo small\x1b[0m"]
    notebook = executed(
        new_markdown_cell("# Title", metadata={"scrolled": True}),
        new_code_cell("a", execution_count=5, outputs=[stream("1\n"), stream("2\n"), stream("warning", "stderr")]),
        new_code_cell(
            "b",
            execution_count=9,
            metadata={"tags": ["raises-exception"], "execution": {"start": "12:00"}},
            outputs=[new_output("error", ename="ValueError", evalue="too small", traceback=traceback)],
        ),
        new_code_cell("b", outputs=[new_output("execute_result", WIDGET, execution_count=10, metadata={"x": 1})]),
    )
    result = notebooks.normalize(notebook, executed())
    assert result.metadata == notebooks.METADATA
    assert [dict(cell.metadata) for cell in result.cells] == [{}, {}, {"tags": ["raises-exception"]}, {}]
    assert [cell.execution_count for cell in result.cells[1:]] == [1, 2, 3]
    assert [output.text for output in result.cells[1].outputs] == ["1\n2\n", "warning"]
    assert result.cells[2].outputs[0].traceback == ["ValueError: too small"]
    assert result.cells[3].outputs[0].data == {"text/plain": "3"}
    assert (result.cells[3].outputs[0].execution_count, result.cells[3].outputs[0].metadata) == (3, {})
    identifiers = [cell.id for cell in result.cells]
    assert len(set(identifiers)) == 4
    again = executed(*(new_code_cell(cell.source) for cell in result.cells[1:]))
    assert [cell.id for cell in notebooks.normalize(again, executed()).cells] == identifiers[1:]


def test_of_a_message_of_keras_all_but_its_arguments_is_stored():
    evalue = "Exception\n\n\x1b[1mComputed output size is negative.\x1b[0m\n\nArguments received by MaxPooling2D:\n  a"
    error = new_output("error", ename="ValueError", evalue=evalue, traceback=["Traceback", "  a"])
    result = notebooks.normalize(executed(new_code_cell("a", outputs=[error])), executed())
    assert result.cells[0].outputs[0].traceback == ["ValueError: Exception\n\nComputed output size is negative."]
    assert result.cells[0].outputs[0].evalue == evalue


def test_a_cell_with_hide_input_is_collapsed_in_jupyterlab_too():
    tagged, left = {"tags": ["hide-input"]}, {"jupyter": {"source_hidden": True}, "collapsed": True}
    notebook = executed(new_code_cell("a", metadata=tagged), new_code_cell("b", metadata=left))
    stored = [dict(cell.metadata) for cell in notebooks.normalize(notebook, executed()).cells]
    assert stored == [tagged | {"jupyter": {"source_hidden": True}}, {}]


def test_a_tagged_cell_keeps_its_output_while_its_source_is_unchanged():
    tagged = {"tags": [notebooks.KEPT_TAG]}

    def run(source, text, count=1):
        return executed(new_code_cell(source, metadata=tagged, execution_count=count, outputs=[stream(text)]))

    def kept(source, stored):
        return notebooks.normalize(run(source, "new"), stored).cells[0].outputs[0].text

    assert kept("time()", run("time()", "old")) == "old"
    assert kept("time() + 1", run("time()", "old")) == "new"
    assert kept("time()", run("time()", "never executed", count=None)) == "new"
    untagged = executed(new_code_cell("time()", execution_count=1, outputs=[stream("old")]))
    assert kept("time()", untagged) == "new"


def test_a_changed_text_needs_no_execution_and_a_new_cell_does(tmp_path):
    file = tmp_path / "lesson.ipynb"
    nbformat.write(executed(new_code_cell("1 / 0", execution_count=7)), file)
    assert notebooks.main(["--text-only", str(file)]) == 0
    assert nbformat.read(file, 4).cells[0].execution_count == 1
    nbformat.write(executed(new_code_cell("1 / 0")), file)
    with pytest.raises(ValueError, match="must have been executed. Received: '1 / 0' in lesson.ipynb"):
        notebooks.main(["--text-only", str(file)])


def test_a_failing_notebook_is_left_as_it_was(tmp_path, capsys):
    sound, failing = tmp_path / "sound.ipynb", tmp_path / "failing.ipynb"
    nbformat.write(executed(new_code_cell("print(6 * 7)")), sound)
    nbformat.write(executed(new_code_cell("1 / 0")), failing)
    before = failing.read_bytes()
    assert notebooks.main([str(failing), str(sound)]) == 1
    assert failing.read_bytes() == before
    assert nbformat.read(sound, 4).cells[0].outputs[0].text == "42\n"
    printed = capsys.readouterr()
    assert "[1/2] failing" in printed.out and "ZeroDivisionError" in printed.err
    assert printed.out.splitlines()[-1].split()[:2] == ["sound", "1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["failing.ipynb", "sound.ipynb"]


@pytest.mark.slow
@pytest.mark.parametrize("lesson", [*lessons.LESSONS, lessons.TEMPLATE], ids=lambda lesson: lesson.stem)
def test_executing_a_second_time_changes_nothing(lesson, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.endswith("_THREADS")]:
        monkeypatch.delenv(name)  # pictures of what was trained differ a little with the number of threads
    copy = tmp_path / lesson.name
    copy.write_bytes(lesson.read_bytes())
    assert notebooks.main([str(copy)]) == 0
    assert copy.read_bytes() == lesson.read_bytes()


def fake_python(folder, name, works):
    """An executable that answers like a Python of the right version, or like a shim that does not run."""
    file = folder / name
    file.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n' if works else "#!/bin/sh\nexit 127\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def set_up(tmp_path, *extras, **environment):
    """Run the set-up with a `uv` that only notes how it was called; return what it printed and those notes."""
    notes = tmp_path / "notes"
    (tmp_path / "uv").write_text(f'#!/bin/sh\necho "$@" >> {notes}\n')
    (tmp_path / "uv").chmod(0o755)
    script = lessons.ROOT / "tools" / "set_up.sh"
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "")} | environment
    command = ["sh", script, tmp_path / "venv", *extras]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
    return done, notes.read_text() if notes.exists() else ""


@pytest.mark.skipif(os.name == "nt", reason="make and sh are not used on Windows")
def test_set_up_takes_the_newest_python_that_runs(tmp_path):
    fake_python(tmp_path, "python3.13", works=False)
    fake_python(tmp_path, "python3.12", works=True)
    done, notes = set_up(tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"venv --quiet --python {sys.executable}" in notes
    assert "--constraint constraints.txt --editable .[test]" in notes


@pytest.mark.skipif(os.name == "nt", reason="make and sh are not used on Windows")
def test_set_up_takes_other_extras(tmp_path):
    fake_python(tmp_path, "python3.13", works=True)
    done, notes = set_up(tmp_path, "test,instructor")
    assert done.returncode == 0 and "--editable .[test,instructor]" in notes


@pytest.mark.skipif(os.name == "nt", reason="make and sh are not used on Windows")
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_set_up_makes_bytecode_of_all_but_the_tests_of_packages(tmp_path, tool):
    if shutil.which("uv", path="/usr/bin:/bin") and tool == "pip":
        pytest.skip("uv is beside sh")
    notes, python = tmp_path / "notes", tmp_path / "tests" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    note = f'if [ "$2" = pip ]; then echo "$@" >> {notes}; else exec {sys.executable} "$@"; fi'
    for file, text in ((python, note), (tmp_path / "uv", f'echo "$@" >> {notes}')):
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
    site = tmp_path / "tests" / "venv" / "lib" / "python3.11" / "site-packages" / "package"
    (site / "tests").mkdir(parents=True)
    for name in ("a.py", "a_test.py", "tests/b.py", "testing.py"):
        (site / name).touch()
    (site / "of_another_python.py").write_text("print 6 * 7")
    path = f"{tmp_path}:/usr/bin:/bin" if tool == "uv" else "/usr/bin:/bin"
    command = ["sh", lessons.ROOT / "tools" / "set_up.sh", tmp_path / "tests" / "venv", "course"]
    variables = {"PATH": path, "PYTHON": sys.executable}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(file.name.partition(".")[0] for file in site.rglob("*.pyc")) == ["a", "testing"]
    installed = notes.read_text().splitlines()[-1]
    assert installed.endswith("--constraint constraints.txt --editable .[course]")
    assert installed.startswith(
        "-m pip install --quiet --no-compile" if tool == "pip" else "pip install --quiet --python"
    )


def needed(venv, target):
    """What `make` would do before it runs a target."""
    command = ["make", "--dry-run", "--no-print-directory", target, f"VENV={venv}"]
    done = subprocess.run(command, cwd=lessons.ROOT, capture_output=True, text=True, check=True, timeout=60)
    return [line.partition("set_up.sh ")[2] for line in done.stdout.splitlines() if "set_up.sh" in line]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_lessons_need_nothing_that_only_tests_need(tmp_path):
    assert (needed(tmp_path, "lab"), needed(tmp_path, "test")) == ([f"{tmp_path} course"], [f"{tmp_path}"])
    (tmp_path / "ready-lab").touch()
    assert (needed(tmp_path, "lab"), needed(tmp_path, "test")) == ([], [f"{tmp_path}"])


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_what_tests_need_is_enough_for_the_lessons(tmp_path):
    ready = tmp_path / "ready"
    ready.touch()
    assert (needed(tmp_path, "lab"), needed(tmp_path, "test")) == ([], [])
    os.utime(ready, (0, 0))  # the pins have changed since
    assert needed(tmp_path, "lab") == needed(tmp_path, "test") == [f"{tmp_path}"]


@pytest.mark.skipif(os.name == "nt", reason="make and sh are not used on Windows")
def test_set_up_says_what_is_needed_where_no_python_fits(tmp_path):
    done, notes = set_up(tmp_path, PYTHON="python2.7 no-such-python")
    assert done.returncode == 1 and notes == ""
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "Tried: python2.7 no-such-python" in done.stderr
