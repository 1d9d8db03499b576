"""The checks of notebooks find what they are there to find: each is shown a copy with one fault."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest

import lessons
import reading
import rules
from run_sections import sections_that_fail

SOUND = lessons.read(lessons.TEMPLATE)


def faulty(change):
    """A copy of the template with one change."""
    notebook = nbformat.from_dict(SOUND)
    change(notebook)
    return notebook


def code(notebook, index):
    return lessons.code_cells(notebook)[index]


def add_output(notebook, **output):
    code(notebook, 1).outputs.append(nbformat.from_dict(output))


def set_source(notebook, index, source):
    code(notebook, index).source = source


def say(notebook, old, new):
    """Replace some text wherever it stands in the text cells."""
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert any(old in cell.source for cell in texts)
    for cell in texts:
        cell.source = cell.source.replace(old, new)


def collapse(notebook, index, source, printed=""):
    cell = code(notebook, index)
    outputs = [nbformat.from_dict({"output_type": "stream", "name": "stdout", "text": printed})] if printed else []
    cell.update(source=source, outputs=outputs, metadata={"tags": ["hide-input"]})


def repeat(notebook, cell, times):
    notebook.cells[3:3] = [nbformat.from_dict(cell) for _ in range(times)]  # in the core


def add_text(notebook, source):
    repeat(notebook, {"cell_type": "markdown", "metadata": {}, "source": source}, 1)


WORDS = {"text/plain": "Explorer: one axis, n=6: 3 outputs."}
WIDGET = "application/vnd.jupyter.widget-view+json"


def add_explorer(notebook, below=3, source="explore.axis(n=6)  # move it", data=WORDS):
    """An explorer below a code cell; number 3 draws."""
    output = {"output_type": "execute_result", "execution_count": 5, "metadata": {}, "data": data}
    cell = code(notebook, below) | {"source": source, "outputs": [output], "metadata": {}}
    notebook.cells.insert(notebook.cells.index(code(notebook, below)) + 1, nbformat.from_dict(cell))


FAULTS = [
    (rules.executed_in_order, lambda nb: code(nb, 1).update(execution_count=None, outputs=[])),
    (rules.executed_in_order, lambda nb: code(nb, 1).update(execution_count=7)),
    (rules.no_stderr, lambda nb: add_output(nb, output_type="stream", name="stderr", text="a banner")),
    (
        rules.errors_only_where_tagged,
        lambda nb: add_output(nb, output_type="error", ename="E", evalue="e", traceback=["e"]),
    ),
    (rules.errors_only_where_tagged, lambda nb: code(nb, 1).metadata.update(tags=["raises-exception"])),
    (rules.no_absolute_path, lambda nb: set_source(nb, 1, "file = '/home/ada/cat.png'")),
    (rules.no_absolute_path, lambda nb: add_output(nb, output_type="stream", name="stdout", text="in /tmp/x.py")),
    (rules.no_absolute_path, lambda nb: set_source(nb, 1, "file = r'C:\\cat.png'")),
    (rules.no_network, lambda nb: set_source(nb, 1, "page = open_page('https://example.org')")),
    (rules.no_network, lambda nb: set_source(nb, 1, "digits = keras.datasets.mnist.load_data()")),
    (rules.no_xla, lambda nb: set_source(nb, 1, "model.compile('sgd', 'mse')")),
    (rules.seeded_training, lambda nb: set_source(nb, 2, "model.fit(images, labels)")),
    (rules.one_import_cell, lambda nb: set_source(nb, 1, "import os")),
    (rules.one_import_cell, lambda nb: set_source(nb, 0, "import keras\nimport cnn_course.quiet")),
    (rules.short_cells, lambda nb: set_source(nb, 1, "x = 1\n" * 16)),
    (rules.short_cells, lambda nb: set_source(nb, 1, "x = " + "1 + " * 30 + "1")),
    (rules.short_cells, lambda nb: nb.cells[0].update(source="word " * 121)),
    (rules.tags_where_allowed, lambda nb: code(nb, 1).metadata.update(tags=["remove-cell"])),
    (rules.tags_where_allowed, lambda nb: nb.cells[0].metadata.update(tags=["hide-input"])),
    (rules.tags_where_allowed, lambda nb: nb.cells[0].metadata.update(tags=["raises-exception"])),
    (rules.tags_where_allowed, lambda nb: code(nb, -1).metadata.update(tags=["nbval-ignore-output"])),
    (
        rules.tags_where_allowed,
        lambda nb: [cell.metadata.update(tags=["nbval-ignore-output"]) for cell in lessons.code_cells(nb)[1:5]],
    ),
    (rules.names_bound_once, lambda nb: [set_source(nb, i, f"size = {i}") for i in (1, 2)]),
    (rules.names_bound_once, lambda nb: [set_source(nb, i, f"def size():\n    return {i}") for i in (1, 2)]),
    (rules.sections_stand_alone, lambda nb: set_source(nb, 1, "again = places_elsewhere")),
    (rules.sections_stand_alone, lambda nb: set_source(nb, 1, "total = total + 1")),
    (rules.sections_stand_alone, lambda nb: set_source(nb, 1, "later()\ndef later():\n    return 1")),
    (rules.sections_stand_alone, lambda nb: set_source(nb, 1, "def f(a):\n    return [a + unknown for _ in a]")),
    (rules.sections_stand_alone, lambda nb: set_source(nb, 1, "np = 3")),
    (rules.sections_stand_alone, lambda nb: set_source(nb, 1, "np.shared[0] = 3")),
    (
        rules.figures_have_text,
        lambda nb: add_output(nb, output_type="display_data", data={"image/png": ""}, metadata={}),
    ),
    (rules.links_resolve, lambda nb: nb.cells[0].update(source="[nowhere](99_nowhere.ipynb)")),
    (rules.links_resolve, lambda nb: nb.cells[0].update(source="![](00_start_here.ipynb)")),
    (rules.small_and_normalized, lambda nb: nb.metadata.update(widgets={})),
    (rules.small_and_normalized, lambda nb: nb.cells[0].metadata.update(scrolled=True)),
    (rules.small_and_normalized, lambda nb: code(nb, 1).metadata.update(tags=["hide-input"])),
    (rules.small_and_normalized, lambda nb: code(nb, 1).metadata.update(jupyter={"source_hidden": True})),
    (rules.numbered_sections, lambda nb: nb.cells.pop(-1)),
    (rules.numbered_sections, lambda nb: say(nb, "## 4 ", "## 5 ")),
    (rules.more_text_than_code, lambda nb: repeat(nb, code(nb, 1), 15)),
    (rules.head, lambda nb: say(nb, "- **choose** a third.", "")),
    (rules.head, lambda nb: say(nb, "**The question: ", "**")),
    (rules.reading_time, lambda nb: say(nb, "Time: 10 minutes", "Time: 5 minutes")),
    (rules.reading_time, lambda nb: say(nb, ", and 5 for *Deeper*", "")),
    (rules.deeper_last, lambda nb: say(nb, "## 3 By", "## 3 Deeper: by")),
    (rules.deeper_last, lambda nb: say(nb, "## 5 Deeper: what", "## 5 *Deeper:* what")),
    (rules.predictions, lambda nb: say(nb, "> ✎ **Predict**", "**Predict:**")),
    (rules.predictions, lambda nb: say(nb, "Stop and think, then open", "Answer")),
    (
        rules.predictions,
        lambda nb: say(nb, "> ✎ **Predict** A kernel", "> ✎ **Predict** A?\n\n> ✎ **Predict** A kernel"),
    ),
    (
        rules.predictions,
        lambda nb: say(nb, "six pixels.\n\n</details>", "six pixels.\n\n</details>\n\nMore."),
    ),
    (rules.answers_are_not_told, lambda nb: set_source(nb, 1, "assert places == 7")),
    (rules.answers_are_not_told, lambda nb: set_source(nb, 1, "places = 9 - 3 + 1  # gives 7 places")),
    (rules.answers_are_not_told, lambda nb: say(nb, "**7**", "**1,024**") or set_source(nb, 1, "places = 1_024.0")),
    (rules.answers_are_not_told, lambda nb: say(nb, "**7**", "**2**") or set_source(nb, 1, "assert places == 2")),
    (rules.assertions_apart, lambda nb: code(nb, 1).update(source="assert True", outputs=[])),
    (rules.assertions_apart, lambda nb: collapse(nb, 1, "# Asserts.\nassert True", "1\n")),
    (rules.assertions_apart, lambda nb: [collapse(nb, i, "# Asserts.\nassert True") for i in (5, 6, 7)]),
    (rules.drawings_collapsed, lambda nb: code(nb, 3).metadata.clear()),
    (rules.collapsed_cells, lambda nb: collapse(nb, 1, "assert True")),
    (rules.collapsed_cells, lambda nb: collapse(nb, 1, "# Computes the places.\nplaces = 7")),
    (rules.collapsed_cells, lambda nb: collapse(nb, 1, "# Trains.\nmodel.fit(x, y)\nassert model.built")),
    (rules.collapsed_cells, lambda nb: collapse(nb, 3, code(nb, 3).source, "54\nFigure: a sum\n")),
    (rules.claims, lambda nb: add_text(nb, "Back to claim 12.")),
    (rules.claims, lambda nb: say(nb, "From a well-known course:\n\n> “", "“")),
    (rules.claims, lambda nb: say(nb, "**Only in mathematics.**", "It depends.")),
    (rules.folds_are_rendered, lambda nb: add_text(nb, "<details><summary>More</summary>\n*Raw*.\n\n</details>")),
    (rules.folds_are_rendered, lambda nb: add_text(nb, "<details><summary>More</summary>\n\n*Raw*.</details>")),
    (rules.sections_begin_with_why, lambda nb: say(nb, "breaks\n\nAt", "breaks\n\n**What happened above.** At")),
    (rules.sections_begin_with_why, lambda nb: add_text(nb, "## 9 More\n\n**What happened.** It grew.")),
    (rules.no_minus_in_code, lambda nb: add_text(nb, "Type `[−1, 0, 1]`.")),
    (rules.no_minus_in_code, lambda nb: add_text(nb, "```python\nx = −1\n```")),
    (
        rules.figures_speak_plainly,
        lambda nb: add_output(nb, output_type="stream", name="stdout", text="Figure: np.float64(0.5) is the mean\n"),
    ),
    (
        rules.figures_speak_plainly,
        lambda nb: add_output(nb, output_type="stream", name="stdout", text="Figure: sizes [(3, 5)]\n"),
    ),
    (rules.recap, lambda nb: say(nb, "- A second (section 2).\n", "")),
    (
        rules.recap,
        lambda nb: say(nb, "\n2. A question", " A question"),
    ),
    (rules.recap, lambda nb: say(nb, "(01_why_convolution.ipynb)", "(https://example.org)")),
    (rules.recap, lambda nb: say(nb, "# NN Title", "# 01 Title") or say(nb, "- A second (section 2).\n", "")),
    (rules.recap, lambda nb: say(nb, "# NN Title", "# 02 Title") or say(nb, "01_why_convolution", "03_padding")),
    (rules.exercises, lambda nb: say(nb, "**5 Design.**", "**Design.**")),
    (rules.explorers, lambda nb: add_explorer(nb, source="explorer = explore.axis()")),
    (rules.explorers, lambda nb: add_explorer(nb, source="explore.axis(\n    n=6\n)")),
    (rules.explorers, lambda nb: add_explorer(nb, below=1)),
    (rules.explorers, lambda nb: add_explorer(nb, data={})),
    (rules.explorers, lambda nb: add_explorer(nb, data={"text/plain": "<explore.axis at 0x7f>"})),
    (rules.explorers, lambda nb: add_explorer(nb, data=WORDS | {WIDGET: {"model_id": "1"}})),
]


@pytest.mark.parametrize(("rule", "change"), FAULTS)
def test_each_rule_finds_its_fault(rule, change):
    assert rule(faulty(change)) != []


def test_every_rule_has_its_fault():
    assert {rule for rule, _ in FAULTS} == set(rules.FOR_LESSONS)


def test_numbers_of_the_question_and_named_exceptions_may_stand_in_the_code(monkeypatch):
    assert rules.answers_are_not_told(faulty(lambda nb: set_source(nb, 1, "places = 9 - 3 + 1"))) == []
    told = faulty(lambda nb: set_source(nb, 1, "places = 7"))
    monkeypatch.setattr(rules, "TOLD", {("NN", "7"): "a reason"})
    assert rules.answers_are_not_told(told) == []
    monkeypatch.setattr(rules, "TOLD", {("03", "7"): "a reason"})
    assert rules.answers_are_not_told(told) != []


def test_a_cell_with_a_picture_that_teaches_or_computes_stays_open():
    shown = 'figures.show(figures.numbers(image, "A title"), "words")'
    for source in (
        f"image = reference.relu(image)\n{shown}",
        f"image = kernel(3)\n{shown}",
        f"model.fit(image)\n{shown}",
    ):
        notebook = faulty(lambda nb, source=source: code(nb, 3).update(source=source, metadata={}))
        assert rules.drawings_collapsed(notebook) == []
    needed = faulty(lambda nb: code(nb, 3).update(source=f"needed = 3\n{shown}", metadata={}))
    assert rules.drawings_collapsed(needed) != []
    set_source(needed, 4, "print(needed)")
    assert rules.drawings_collapsed(needed) == []


def test_the_reading_counts_what_a_reader_sees():
    core, deeper = reading.core(SOUND), reading.deeper(SOUND)
    assert (core.predictions, core.rounded, deeper.rounded, deeper.cells, deeper.lines) == (3, 10, 5, 3, 1)
    assert reading.words("**Two** words, [a link](of_some.ipynb) <b>and</b> $$\\frac{a}{b}$$ a fold.") == 8
    assert reading.words("Seen.\n\n<details><summary>Open</summary>\n\nNot counted.\n\n</details>") == 1
    more = faulty(lambda nb: repeat(nb, {**code(nb, 1), "source": "# a\n\nx = 1"}, 3))
    assert reading.core(more) == core._replace(lines=core.lines + 6, cells=core.cells + 3)
    hidden = faulty(lambda nb: repeat(nb, {**code(nb, 3), "source": "# a\n\nx = 1"}, 3))
    assert reading.core(hidden) == core._replace(cells=core.cells + 3)
    exercise = faulty(lambda nb: say(nb, "**5 Design.**", "**5 Design.** Some more words.\n\n**Predict**"))
    assert reading.core(exercise) == core


TEXT = {"cell_type": "markdown", "metadata": {}, "source": "word " * 100}
LIMITS = [
    (" words", lambda nb: repeat(nb, TEXT, 15)),
    (" visible lines of code", lambda nb: repeat(nb, {**code(nb, 1), "source": "x = 1\n" * 14}, 9)),
    (" minutes", lambda nb: repeat(nb, {**code(nb, 1), "source": "x = 1\n" * 14}, 19)),
    (" minutes", lambda nb: say(nb, "# NN ", "# 00 ") or repeat(nb, TEXT, 4)),
    (" predictions", lambda nb: repeat(nb, {**TEXT, "source": "> ✎ **Predict** What?"}, 6)),
    (" no prediction", lambda nb: say(nb, "> ✎ **Predict**", "> ✎ **Guess**")),
    (" cells", lambda nb: repeat(nb, {**TEXT, "source": "word"}, 25)),
]


@pytest.mark.parametrize(("what", "change"), LIMITS)
def test_the_core_is_short_enough_even_where_its_time_is_stated(what, change):
    notebook = faulty(change)
    notebook.cells[0].source = re.sub("Time: .*", reading.time_line(notebook), notebook.cells[0].source)
    problems = rules.reading_time(notebook)
    assert any(what in problem for problem in problems) and not any("must say" in problem for problem in problems)


def test_an_explorer_below_a_figure_is_sound_and_costs_no_reading():
    notebook = faulty(add_explorer)
    assert rules.explorers(notebook) == rules.more_text_than_code(notebook) == []
    assert reading.core(notebook) == reading.core(SOUND)


@pytest.mark.parametrize(("source", "sound"), [("assert size > 0", True), ("size = 0", False)])
def test_an_explorer_may_stand_between_a_figure_and_its_assertion(source, sound):
    notebook = faulty(add_explorer)
    code(notebook, 3).metadata.update(tags=["nbval-ignore-output"])
    set_source(notebook, 5, source)
    assert (rules.tags_where_allowed(notebook) == []) == sound


def test_the_table_shows_a_lesson_its_time_line_and_its_problems(capsys):
    reading.main([str(lessons.TEMPLATE), str(lessons.LESSONS[0])])
    table = capsys.readouterr().out
    assert "_template: Time: 10 minutes, and 5 for *Deeper*." in table and "reading_time: " not in table.split("00_")[1]


def test_the_same_statement_in_two_cells_is_allowed():
    assert rules.names_bound_once(faulty(lambda nb: [set_source(nb, i, "size = 3  # again") for i in (1, 2)])) == []


@pytest.mark.parametrize(
    "source",
    [
        "from_here = 3\nfor i, total in enumerate([from_here]):\n    total += i",
        "def twice(a, times=2):\n    return [times * one(b) for b in a]\n\n\ndef one(b):\n    return b",
        "pairs = {a: (lambda b: b + a) for a in range(3)}\nprint(f'{pairs[0](1)} of {np.pi}')",
    ],
)
def test_what_a_section_makes_itself_it_may_use(source):
    assert rules.sections_stand_alone(faulty(lambda nb: set_source(nb, 1, source))) == []


def test_a_section_that_leans_on_another_is_caught(tmp_path):
    lesson = nbformat.from_dict(lessons.read(lessons.LESSONS[0]))
    first, second = [section for section in lessons.sections(lesson) if section.code][:2]
    name = first.code[0].source.split(" =")[0]
    second.code[0].source = f"again = {name}\n{second.code[0].source}"
    assert rules.sections_stand_alone(lesson) == [f"section {second.title}: `{name}` is not bound in it"]
    nbformat.write(lesson, tmp_path / "leaning.ipynb")
    problems = sections_that_fail(tmp_path / "leaning.ipynb", [first.title, second.title])
    assert all(second.title in problem for problem in problems) and "NameError" in "".join(problems)


def nbval(file):
    """Titles of the cells on which the test command fails for a notebook."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "-q",
        "--numprocesses=0",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=lessons.ROOT, timeout=600)
    failed = [line.split("::")[-1].split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return done.returncode, failed


def change_one_digit(notebook):
    """Change the first digit of the first compared text output; return the number of its code cell."""
    for number, cell in enumerate(lessons.code_cells(notebook)):
        for output in cell.outputs:
            if output.get("name") == "stdout" and rules.IGNORED not in lessons.tags(cell):
                position = next((i for i, letter in enumerate(output.text) if letter.isdigit()), None)
                if position is not None:
                    digit = (int(output.text[position]) + 1) % 10
                    output.text = f"{output.text[:position]}{digit}{output.text[position + 1 :]}"
                    return number
    raise AssertionError("no digit to change")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["00_start_here", "13_alexnet"])
def test_one_changed_digit_fails_on_exactly_that_cell(tmp_path, name):
    copy = tmp_path / f"{name}.ipynb"
    shutil.copyfile(lessons.NOTEBOOKS / f"{name}.ipynb", copy)
    notebook = lessons.read(copy)
    number = change_one_digit(notebook)
    nbformat.write(notebook, copy)
    assert nbval(copy) == (1, [str(number)])


def test_the_test_command_compares_what_is_printed(tmp_path):
    notebook, file = nbformat.v4.new_notebook(), tmp_path / "two_cells.ipynb"
    for count, (source, text) in enumerate([("print(6 * 7)", "42\n"), ("print(7 * 7)", "48\n")], 1):
        output = nbformat.v4.new_output("stream", text=text)
        notebook.cells.append(nbformat.v4.new_code_cell(source, execution_count=count, outputs=[output]))
    nbformat.write(notebook, file)
    assert nbval(file) == (1, ["1"])
