"""The notebooks that are handed out: complete, without solutions and outputs, and they run wherever they come from."""

import ast
import builtins
import contextlib
import dis
import io
import json
import os
import re
import shlex
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import lessons
import rules
from cnn_course import __version__, arithmetic, checks, homework, reference
from cnn_course.homework import __main__ as homework_main

LESSONS = homework.read_lessons()
PIECES = {f"{piece.lesson}.{piece.key}": piece for lesson in LESSONS.values() for piece in lesson.pieces if piece.key}
EXERCISES = {name: piece for name, piece in PIECES.items() if piece.key.startswith("q")}
LIGHT = {"np": np, "arithmetic": arithmetic, "checks": checks, "reference": reference}  # what solutions may use


def compose(*names, **options):
    composed = homework.compose(homework.choose(names, LESSONS), LESSONS, "Week 3", **options)
    notebook = nbformat.reads(json.dumps(composed), as_version=4)
    nbformat.validate(notebook)
    return notebook


def sources(cells, kind):
    return [cell.source for cell in cells if cell.cell_type == kind]


def command(*arguments):
    """Exit status, what was printed, and the error."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        status = homework_main.main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


def assigned(source):
    """Names that a cell binds in the notebook; those inside of functions and comprehensions are not among them."""
    instructions = dis.get_instructions(compile(source, "cell", "exec"))
    return {instruction.argval for instruction in instructions if instruction.opname == "STORE_NAME"}


@pytest.mark.parametrize("number", LESSONS)
def test_a_whole_lesson_is_handed_out_with_every_cell_and_nothing_to_copy_from(number):
    stored = lessons.read(next(lessons.NOTEBOOKS.glob(f"{number}_*.ipynb")))
    notebook = compose(number)
    opening, imports, *cells = notebook.cells
    assert opening.source.startswith("# Week 3\n") and __version__ in opening.source
    assert len(re.findall("^    %pip install ", opening.source, re.M)) == 1
    assert [ast.dump(line) for line in ast.parse(imports.source).body] == [
        ast.dump(line) for line in ast.parse(lessons.code_cells(stored)[0].source).body
    ]
    expected = lessons.code_cells(stored)[1:]
    received = [cell for cell in cells if cell.cell_type == "code"]
    assert len(expected) == len(received)
    for cell, copy in zip(expected, received, strict=True):
        collapsed = {"jupyter": cell.metadata["jupyter"]} if "jupyter" in cell.metadata else {}
        assert (copy.outputs, copy.execution_count, copy.metadata) == ([], None, collapsed)
        if rules.RAISES not in lessons.tags(cell):
            assert copy.source == cell.source
    texts = re.sub(r"\[([^\]]+)\]\([\w./]+\)", r"\1", "\n\n".join(sources(stored.cells, "markdown")))
    lines = [line for line in texts.splitlines() if not line.startswith(("Before: ", "After: "))]
    assert len(lines) < len(texts.splitlines())
    received = "\n\n".join(sources(cells, "markdown")).splitlines()
    assert [line for line in received if line] == [line for line in lines if line]


@pytest.mark.parametrize("number", LESSONS)
def test_what_raises_on_purpose_is_caught_and_otherwise_the_same(number):
    stored = lessons.read(next(lessons.NOTEBOOKS.glob(f"{number}_*.ipynb")))
    raising = [cell for cell in lessons.code_cells(stored) if rules.RAISES in lessons.tags(cell)]
    caught = [source for source in sources(compose(number).cells, "code") if source.startswith("try:\n")]
    own = [cell for cell in lessons.code_cells(stored) if cell.source.startswith("try:\n")]
    assert len(caught) == len(raising) + len(own)
    for cell in raising:
        matching = [source for source in caught if cell.source.splitlines()[0] in source]
        (statement,) = ast.parse(matching[0]).body
        assert [ast.dump(line) for line in statement.body] == [ast.dump(line) for line in ast.parse(cell.source).body]


@pytest.mark.parametrize("name", EXERCISES)
def test_students_get_the_stub_and_no_solution(name):
    notebook = compose(name)
    stub = sources(notebook.cells, "code")[1]
    _, module, question, _ = stub.splitlines()[-1].split("(")[0].split(".")
    exercise = getattr(getattr(checks, module), question)
    assert question == name.partition(".")[2]
    assert sum(line.count("...") for line in stub.splitlines()) == 1
    lines = [line for line in exercise.code.splitlines()[1:] if len(line.strip()) > 20]
    code = "\n".join(sources(notebook.cells, "code"))
    assert not [line for line in lines if line in code] and f"= {exercise.code}" not in code
    assert "SOLUTION" not in json.dumps(notebook) and "nbgrader" not in json.dumps(notebook)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_of_the_instructor_gets_its_points_and_the_stub_none(name):
    student, instructor = compose(name).cells, compose(name, points=2.5).cells
    assert sources(instructor, "markdown") == sources(student, "markdown")
    imports, answered, test = (cell for cell in instructor if cell.cell_type == "code")
    assert not answered.metadata.nbgrader.grade and answered.metadata.nbgrader.solution
    assert test.metadata.nbgrader.grade and test.metadata.nbgrader.locked and test.metadata.nbgrader.points == 2.5
    assert re.fullmatch(r"assert checks\.\w+\.q\d+\.check\(\w+\)\.right", test.source)
    before, begin, rest = answered.source.partition("### BEGIN SOLUTION\n")
    solution, end, check = rest.partition("### END SOLUTION\n")
    assert begin and end and solution.strip() and ast.parse(solution)
    stub = before + "\n" + check  # what nbgrader makes of it with the settings beside the notebook
    assert re.sub(r"\n+", "\n", stub) == re.sub(r"\n+", "\n", sources(student, "code")[1])
    namespace = {module: value for module, value in LIGHT.items() if module in assigned(imports.source)}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(answered.source, namespace)  # our own notebook
        exec(test.source, namespace)
        exec(stub, namespace)
        with pytest.raises(AssertionError):
            exec(test.source, namespace)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_stands_alone(name):
    code = "\n".join(cell["source"] for cell in EXERCISES[name].cells if cell["cell_type"] == "code")
    known = assigned(LESSONS[name[:2]].imports) | set(dir(builtins)) | assigned(code)
    loaded = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(ast.parse(code)) if isinstance(node, ast.arg)}
    assert loaded - arguments <= known


def test_no_lesson_binds_what_another_one_imports():
    imported = {}
    for lesson in LESSONS.values():
        for statement in ast.parse(lesson.imports).body:
            assert isinstance(statement, (ast.Import, ast.ImportFrom)), f"{lesson.number}: imports and nothing else"
            for alias in statement.names:
                origin = (getattr(statement, "module", None), alias.name)
                name = alias.asname or alias.name.partition(".")[0]
                if name != "cnn_course":
                    assert imported.setdefault(name, origin) == origin, f"{name}: imported from two places"
    for name, piece in PIECES.items():
        bound = set().union(*(assigned(cell["source"]) for cell in piece.cells if cell["cell_type"] == "code"))
        assert not bound & set(imported), name


def test_pieces_stand_in_the_order_of_their_names_under_the_title_of_their_lesson():
    notebook = compose("05.2", "03.q1", "03.q4", "05.q3", "02")
    headings = [text.splitlines()[0] for text in sources(notebook.cells, "markdown") if text.startswith("#")]
    parts = ["# 05 Channels", "## 2 One kernel, all channels", "# 03 Padding", "## Exercises", "# 05 Channels"]
    assert headings[:8] == ["# Week 3", *parts, "## Exercises", "# 02 Convolution"]
    assert headings[-1] == "## Sources"
    code = "\n".join(sources(notebook.cells, "code"))
    assert re.findall(r"^checks\.(?:padding|channels)\.(q\d)", code, re.M) == ["q1", "q4", "q3"]
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_all_exercises_of_a_lesson():
    names = ["03.q1", "03.q2", "03.q3", "03.q4", "03.q5"]
    assert compose("03.exercises") == compose(*names)


def test_imports_are_merged_without_duplicates_and_quiet_first():
    (merged,) = [cell.source for cell in compose("00.1", "11.1", "14.1", "07.1").cells[1:2]]
    lines = merged.splitlines()
    assert lines[0] == "import cnn_course.quiet" and merged.count("quiet") == 2  # lesson 14 also imports its name
    assert lines.count("import numpy as np") == lines.count("from pathlib import Path") == 1
    assert max(map(len, lines)) <= rules.MAX_LINE
    order = [merged.index(line) for line in ("import platform", "import keras", "from keras", "from cnn_course")]
    assert order == sorted(order)
    together = {ast.dump(alias) for line in ast.parse(merged).body for alias in line.names}
    apart = [LESSONS[number].imports for number in ("00", "11", "14", "07")]
    assert together == {ast.dump(a) for text in apart for line in ast.parse(text).body for a in line.names}
    assert "quiet" not in compose("00.1").cells[1].source


def test_everything_together_is_valid_and_points_to_no_file():
    notebook = compose(*LESSONS)
    assert len(sources(notebook.cells, "code")) > 300
    assert not re.search(r"\]\((?!https?:)", "\n".join(sources(notebook.cells, "markdown")))
    assert rules.links_resolve(notebook) == rules.no_absolute_path(notebook) == []


def test_light_lessons_run_from_top_to_bottom_in_another_folder(tmp_path):
    notebook = compose("00", "02.q4", "05.q3", "02.q5")
    imports = notebook.cells[1]
    imports.source = "\n".join(
        line for line in imports.source.splitlines() if "quiet" not in line and "keras" not in line
    )
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    printed = json.dumps(notebook)
    assert printed.count("Not attempted") >= 7 and "TensorFlow loaded: False" in printed


@pytest.mark.slow
def test_all_lessons_in_one_notebook_run_from_top_to_bottom(tmp_path):
    notebook = compose(*LESSONS)
    options = {"timeout": 600, "kernel_name": "python3", "extra_arguments": ["--log-level=40"]}
    NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}, **options).execute()
    outputs = [output for cell in lessons.code_cells(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    printed = "".join(output.text for output in outputs if output.get("name") == "stdout")
    assert printed.count("… Not attempted. Replace the three dots") >= len(EXERCISES)


def test_pictures_come_along_and_links_become_text(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").write_bytes(b"\x89PNG")
    text = "# 21 Cats\n\n![a cat](pictures/cat.png) [02 Dogs](22_dogs.ipynb#1-x) [home](https://example.org/a.html)"
    cells = [
        nbformat.v4.new_markdown_cell(text),
        nbformat.v4.new_code_cell("import numpy as np"),
        nbformat.v4.new_markdown_cell("## 1 Claws"),
        nbformat.v4.new_code_cell("np.load(\n    'x'\n)", metadata={"tags": ["raises-exception"]}),
        nbformat.v4.new_code_cell("3", metadata={"tags": ["hide-input"], "jupyter": {"source_hidden": True}}),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "21_cats.ipynb")
    found = homework.read_lessons(tmp_path)
    notebook = nbformat.from_dict(homework.compose(homework.choose(["21"], found), found, "Cats", "x"))
    nbformat.validate(notebook)
    assert notebook.cells[2].attachments == {"cat.png": {"image/png": "iVBORw=="}}
    assert notebook.cells[2].source.endswith("![a cat](attachment:cat.png) 02 Dogs [home](https://example.org/a.html)")
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    assert notebook.cells[4].outputs[0].text.startswith("FileNotFoundError: ")
    assert notebook.cells[5].metadata.jupyter == {"source_hidden": True} and "tags" not in notebook.cells[5].metadata


def test_the_one_line_installs_what_the_teacher_says():
    assert f'%pip install "./cnn_course-{__version__}-py3-none-any.whl[lessons]"' in compose("00.1").cells[0].source
    text = compose("00.1", install="cnn-course[lessons] @ https://example.org/c.whl").cells[0].source
    assert (
        '    %pip install "cnn-course[lessons] @ https://example.org/c.whl"\n' in text and "Colab, upload" not in text
    )


def test_list_names_everything_that_can_be_chosen():
    status, printed, _ = command("--list")
    listed = [line.split()[0] for line in printed.splitlines()]
    assert status == 0 and set(listed) == {*LESSONS, *PIECES} and len(listed) == len(set(listed))
    assert (
        "03.2          A frame of zeros: n + 2p − k + 1\n" in printed and "03.q3         Design. Three conv" in printed
    )
    for name in listed:
        assert homework.choose([name], LESSONS)


def test_the_command_writes_one_notebook_and_for_instructors_the_settings(tmp_path):
    out = tmp_path / "homework.ipynb"
    status, printed, error = command("03.q1", "03.2", "--out", out, "--title", "Week 3")
    assert (status, error) == (0, "") and f"{out}: 14 cells, 1 exercises." in printed
    assert [path.name for path in tmp_path.iterdir()] == ["homework.ipynb"]
    assert nbformat.read(out, 4) == compose("03.q1", "03.2")
    assert command("03.q1", "--out", out, "--instructor", "--points", "2", "--force")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["homework.ipynb", "nbgrader_config.py"]
    assert nbformat.read(out, 4).cells[-1].metadata.nbgrader.points == 2
    assert command("03.q2", "--out", tmp_path / "week4.ipynb", "--instructor")[0] == 0  # the settings are there already


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"must be named. Received: nothing"),
        (["08_"], r"The lesson must be one of 00, .*, 07, .*Received: '08_'"),
        (["3"], r"The lesson must be one of 00, "),
        (["03.99"], r"must be one of 03\.1, .*03\.8, 03\.exercises, 03\.q1, .*Received: '03\.99'"),
        (["03."], r"must be one of .*Received: '03\.'"),
        (["03", "03.2"], r"once. Received twice: 03\.2"),
        (["03", "03"], r"once. Received twice: 03\.\n"),
        (["03.exercises", "03.q2"], r"once. Received twice: 03\.q2"),
        (["03.q1", "--points", "2"], r"--points belongs to --instructor"),
        (["03.q1", "--instructor", "--points", "0"], r"must be a finite number above 0. Received: --points=0"),
        (["03.q1", "--instructor", "--points", "nan"], r"must be a finite number above 0. Received: --points=nan"),
        (["03.q1", "--out", "notes.txt"], r"must end in \.ipynb. Received: notes\.txt"),
        (["03.q1", "--out", "nowhere/homework.ipynb"], r"must exist and be writable. Received: nowhere"),
        (["03.q1", "--out", "folder.ipynb"], r"a file, not a folder"),
        (["03.q1", "--out", "mine.ipynb"], r"mine\.ipynb exists and was left as it is.*--force"),
        (["03.q1", "--out", "mine.ipynb/homework.ipynb"], r"must exist and be writable"),
    ],
)
def test_errors_say_what_to_do_and_nothing_is_written(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "mine.ipynb").write_text("what the teacher wrote")
    status, printed, error = command(*arguments)
    assert (status, printed) == (2, "") and re.match(f"error: .*{message}", error, re.DOTALL), error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.ipynb", "mine.ipynb"]
    assert (tmp_path / "mine.ipynb").read_text() == "what the teacher wrote"


@pytest.mark.parametrize(
    ("own", "lacking"),
    [
        ("c = get_config()\nc.CourseDirectory.course_id = 'cnn'\n", ["code_stub", "add_missing_cells", "timeout"]),
        ("# c.Execute.timeout = 180\n", ["code_stub", "add_missing_cells", "timeout"]),
        ("c.Execute.timeout = 6000\n", ["code_stub", "add_missing_cells"]),
        ("c.Execute.timeout=20 * 60\n", ["code_stub", "add_missing_cells"]),
        ("c.ClearSolutions.code_stub = {'python': 'pass'}\nc.Execute.timeout = None\n", ["code_stub", "add_missing"]),
        ("c.OverwriteCells.add_missing_cells = True and 3\n", ["code_stub", "add_missing_cells", "timeout"]),
        ("c.Execute.timeout = \n", ["code_stub", "add_missing_cells", "timeout"]),
    ],
)
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_settings_of_the_teacher_are_never_changed(tmp_path, own, lacking, force):
    out, config = tmp_path / "homework.ipynb", tmp_path / "nbgrader_config.py"
    config.write_text(own)
    status, printed, error = command("03.q1", "--instructor", "--out", out, *force)
    assert (status, error) == (0, "") and out.exists() and config.read_text() == own
    added = [line for line in printed.splitlines() if line.startswith("c.")]
    assert f"{config} exists and was left as it is. Add to it:" in printed and len(added) == len(lacking)
    assert all(name in line for name, line in zip(lacking, added, strict=True))
    if not own.endswith("= \n"):
        config.write_text("\n".join([own, *added]))
        assert command("03.q1", "--instructor", "--out", out, "--force")[1].count("\n") == 1  # nothing is lacking


def test_a_disk_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    out = tmp_path / "homework.ipynb"
    out.write_text("before")

    def fail(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    for failing in ("replace", "write_text"):
        with monkeypatch.context() as patched:
            patched.setattr(type(out), failing, fail)
            status, _, error = command("03.q1", "--out", out, "--force")
        assert status == 2 and error == "error: [Errno 13] Permission denied\n"
        assert out.read_bytes() == b"before" and list(tmp_path.iterdir()) == [out]


def test_a_fault_of_the_program_is_no_fault_of_the_user(tmp_path, monkeypatch):
    def fail(*arguments):
        raise ValueError("a programming error")

    monkeypatch.setattr(homework, "compose", fail)
    with pytest.raises(ValueError, match="a programming error"):
        command("03.q1", "--out", tmp_path / "homework.ipynb")


def test_help_loads_neither_frameworks_nor_figures():
    code = """
import runpy, sys
sys.argv = ["homework", "--help"]
try:
    runpy.run_module("cnn_course.homework", run_name="__main__")
finally:
    print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("usage: python -m cnn_course.homework")
    heavy = {"tensorflow", "keras", "jax", "torch", "matplotlib", "PIL", "IPython", "pooch"}
    assert not heavy & set(done.stdout.split())


def test_a_reader_that_has_seen_enough_ends_the_list_silently():
    listing = [sys.executable, "-m", "cnn_course.homework", "--list"]
    with subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()  # before a line is printed
        assert (process.stderr.read(), process.wait(timeout=120)) == (b"", 0)


def test_the_list_is_printed_in_any_encoding():
    listing = [sys.executable, "-m", "cnn_course.homework", "--list"]
    for encoding in ("cp1252", "ascii"):  # Windows, where the output goes to a file; the minus sign is in neither
        environment = os.environ | {"PYTHONIOENCODING": encoding}
        done = subprocess.run(listing, capture_output=True, env=environment, timeout=120)
        assert (done.returncode, done.stderr) == (0, b"") and len(done.stdout.splitlines()) == len(LESSONS) + len(
            PIECES
        )


def test_bad_arguments_are_named():
    for names in ("03", [3], [None], 3):
        with pytest.raises(TypeError, match=r"`names` must be a list of str. Received: names="):
            homework.choose(names, LESSONS)
    chosen = homework.choose(["03.q1"], LESSONS)
    for points, error in (("2", TypeError), (True, TypeError), (0, ValueError), (float("inf"), ValueError)):
        with pytest.raises(error, match=r"`points` must be a .*number.*Received: points="):
            homework.compose(chosen, LESSONS, "Week 3", points=points)


def test_the_commands_of_the_pages_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pages = [lessons.ROOT / "docs" / name for name in ("homework.md", "grading.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    lines = re.findall(r"^python -m cnn_course\.homework (.+)$", text, re.M)
    assert len(lines) == 3
    for line in lines:
        assert command(*shlex.split(line, comments=True))[0] == 0, line
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"homework.ipynb", "week3.ipynb", "nbgrader_config.py"}
    (hidden,) = re.findall(r"^ +assert (mended_uses.+)\.tolist\(\) == (.+)$", text, re.M)
    arguments = ast.literal_eval(hidden[0].removeprefix("mended_uses"))
    assert checks.padding.q4.answer(*arguments).tolist() == ast.literal_eval(hidden[1])
    assert "def mended_uses(image_shape, kernel_shape, padding):" in (tmp_path / "week3.ipynb").read_text(
        encoding="utf-8"
    )


def test_a_folder_without_lessons_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"must hold lessons NN_name\.ipynb. Received: none"):
        homework.read_lessons(tmp_path)
