"""The rules of notebooks. Each takes a notebook and returns its problems, as a list of str; an empty list is a pass."""

import ast
import builtins
import itertools
import re
import symtable

import lessons
import reading

IGNORED, RAISES, COLLAPSED = "nbval-ignore-output", "raises-exception", "hide-input"
MAX_LINES, MAX_MODEL_LINES, MAX_LINE, MAX_WORDS = 15, 20, 100, 120
CLOSING_SECTIONS = ["Exercises", "Recap", "Terms of this lesson", "Sources"]
CORE_MINUTES = {"00": 10}  # at most, by lesson
MAX_CORE_MINUTES, MAX_CORE_WORDS, MAX_CORE_LINES, MAX_PREDICTIONS, MAX_CORE_CELLS = 40, 1900, 130, 8, 45
MAX_ASSERTION_CELLS = 2  # in a section
FOLDED = "\n\n<details><summary>Stop and think, then open</summary>\n\n(?P<answer>.+?)\n\n</details>"
PREDICTION = re.compile(rf"^> ✎ \*\*Predict\*\* [^\n]+(?:\n>[^\n]*)*{FOLDED}\s*\Z", re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"^\*\*True or false\?\*\* From [^:\n]+:\n\n> “", re.MULTILINE)
VERDICT = re.compile(r"^\*\*(?:True|False|Only [^*]+)\.\*\*", re.MULTILINE)
EXPLORER, WORDS = re.compile(r"explore\.\w+\(.*\)(  # .+)?"), re.compile(r"Explorer: .+\.")
TOLD = {}  # why a number of an answer may stand in the code below: {("03", "200"): "the photograph is 200 pixels wide"}
OF_KERAS = {"add", "build", "compile", "evaluate", "fit", "get_weights", "predict", "set_weights", "summary"}


def executed_in_order(notebook):
    counts = [cell.execution_count for cell in lessons.code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts are {counts}, not 1..n"]


def no_stderr(notebook):
    return [
        f"{_name(cell)}: a stored output on stderr"
        for cell in lessons.code_cells(notebook)
        if any(output.get("name") == "stderr" for output in cell.outputs)
    ]


def errors_only_where_tagged(notebook):
    problems = []
    for cell in lessons.code_cells(notebook):
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised != (RAISES in lessons.tags(cell)):
            found = "an error without" if raised else "no error in spite of"
            problems.append(f"{_name(cell)}: {found} the tag {RAISES}")
    for section in lessons.sections(notebook):
        raising = [cell for cell in section.code if RAISES in lessons.tags(cell)]
        if raising and raising != section.code[-1:]:
            problems.append(f"section {section.title}: only its last code cell may raise")
    return problems


def no_absolute_path(notebook):
    path = re.compile(r"(?<![\w.~:/])/(?:home|Users|root|tmp|usr|var|opt|mnt|work)/\w|\b[A-Z]:\\\w")
    problems = []
    for cell in notebook.cells:
        texts = [cell.source] + [text for output in cell.get("outputs", []) for text in _texts(output)]
        problems += [f"{_name(cell)}: {match[0]}" for text in texts for match in path.finditer(text)]
    return problems


def no_network(notebook):
    modules = r"\b(?:urllib|requests|socket|pooch)\b"
    words = re.compile(rf"https?://|{modules}|get_file|keras\.datasets|^\s*[!%]", re.MULTILINE)
    return [
        f"{_name(cell)}: {match[0]}" for cell in lessons.code_cells(notebook) for match in words.finditer(cell.source)
    ]


def no_xla(notebook):
    """XLA, which Keras switches on by itself on a GPU, moves losses by a hundredth."""
    off = re.compile(r"jit_compile(=|\": )False")
    return [
        f"{_name(cell)}: `compile` without jit_compile=False"
        for cell in lessons.code_cells(notebook)
        if len(re.findall(r"\w\.compile\(", cell.source)) > len(off.findall(cell.source))
    ]


def seeded_training(notebook):
    """Where TensorFlow must be deterministic, as on a GPU that is tested, it refuses to shuffle without a seed."""
    sources = {section.title: "\n".join(cell.source for cell in section.code) for section in lessons.sections(notebook)}
    return [
        f"section {title}: `fit` shuffles, and no `set_random_seed` gives it a seed"
        for title, source in sources.items()
        if source.count(".fit(") > source.count("shuffle=False") and "set_random_seed(" not in source
    ]


def one_import_cell(notebook):
    problems = []
    for position, cell in enumerate(lessons.code_cells(notebook)):
        imported = [node for node in ast.walk(_tree(cell)) if isinstance(node, (ast.Import, ast.ImportFrom))]
        if bool(imported) != (position == 0):
            problems.append(f"{_name(cell)}: the first code cell, and no other, holds the imports")
    names = [alias.name for node in _tree(lessons.code_cells(notebook)[0]).body for alias in getattr(node, "names", [])]
    uses_keras = any(name.split(".")[0] in ("keras", "tensorflow") for name in names)
    if uses_keras and names[0] != "cnn_course.quiet":
        problems.append("`import cnn_course.quiet` must come first where Keras is imported")
    return problems


def short_cells(notebook):
    problems = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            is_model = "keras.Sequential(" in cell.source or "keras.Model(" in cell.source
            limit = MAX_MODEL_LINES if is_model else MAX_LINES
            if len(lines) > limit:
                problems.append(f"{_name(cell)}: {len(lines)} lines, at most {limit}")
            if any(len(line) > MAX_LINE for line in lines):
                problems.append(f"{_name(cell)}: a line of more than {MAX_LINE} characters")
        else:
            if (words := reading.words(cell.source)) > MAX_WORDS:
                problems.append(f"{_name(cell)}: {words} words, at most {MAX_WORDS}")
    return problems


def numbered_sections(notebook):
    found = lessons.sections(notebook)
    numbers = [section.number for section in found if section.number is not None]
    problems = []
    if numbers != list(range(1, len(numbers) + 1)):
        problems.append(f"sections are numbered {numbers}")
    if [section.title for section in found if section.number is None] != CLOSING_SECTIONS:
        problems.append(f"the sections without a number must be {CLOSING_SECTIONS}, at the end")
    if len([section for section in found if section.number and section.code]) < 4:
        problems.append("fewer than four numbered sections with code")
    return problems


def tags_where_allowed(notebook):
    cells = [cell for cell in lessons.code_cells(notebook) if not lessons.is_explorer(cell)]
    problems = [
        f"{_name(cell)}: tag {tag} is not allowed"
        for cell in notebook.cells
        for tag in lessons.tags(cell) - ({IGNORED, RAISES, COLLAPSED} if cell.cell_type == "code" else set())
    ]
    ignored = [index for index, cell in enumerate(cells) if IGNORED in lessons.tags(cell)]
    limit = 6 if any(".fit(" in cell.source for cell in cells) else 3
    if len(ignored) > limit:
        problems.append(f"{len(ignored)} cells are tagged {IGNORED}, at most {limit}")
    for index in ignored:
        follower = cells[index + 1] if index + 1 < len(cells) else None
        if follower is None or IGNORED in lessons.tags(follower) or not _asserted_names(_tree(follower)):
            problems.append(f"{_name(cells[index])}: no compared cell with an assertion follows")
    return problems


def names_bound_once(notebook):
    statements = {}
    for cell in _cells_without_exercises(notebook):
        for statement in _tree(cell).body:
            for name in _bound_names(statement) - {"_"}:
                statements.setdefault(name, {}).setdefault(id(cell), set()).add(ast.dump(statement))
    return [
        f"`{name}` is bound in {len(cells)} cells by different statements"
        for name, cells in statements.items()
        if len(cells) > 1 and len(set().union(*cells.values())) > 1
    ]


def sections_stand_alone(notebook):
    """With the import cell a section has all names that it uses, and leaves those of the import cell as they are.

    What running a section alone shows beyond that (seeds, the state of a package) `make test-slow` looks at.
    """
    imports = _tree(lessons.code_cells(notebook)[0])
    shared = _bound_in(imports) | {name for node in imports.body for name in _imported(node)}
    problems = []
    for section in lessons.sections(notebook):
        known, missing, changed, later = shared | set(dir(builtins)), set(), set(), set()
        for statement in (statement for cell in section.code for statement in _tree(cell).body):
            used, inside, bound = _names_of(statement)
            missing |= used - known
            changed |= shared & (bound | _changed_in(statement))
            later |= inside
            known |= bound
        problems += [
            f"section {section.title}: `{name}` is not bound in it" for name in sorted(missing | later - known)
        ]
        problems += [f"section {section.title}: changes `{name}` of the import cell" for name in sorted(changed)]
    return problems


def figures_have_text(notebook):
    problems = []
    for cell in lessons.code_cells(notebook):
        pictures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        lines = len(re.findall(r"^Figure: \S", printed, re.M))
        if pictures != lines:
            problems.append(f"{_name(cell)}: {pictures} pictures and {lines} lines `Figure: ...`")
    return problems


def links_resolve(notebook):
    problems = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for exclamation, text, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", cell.source):
                if exclamation and not text.strip():
                    problems.append(f"{_name(cell)}: image {target} has no text alternative")
                if not target.startswith(("http", "#")) and not (lessons.NOTEBOOKS / target.split("#")[0]).exists():
                    problems.append(f"{_name(cell)}: link to {target}, which does not exist")
    return problems


def small_and_normalized(notebook):
    problems = []
    if set(notebook.metadata) != {"kernelspec", "language_info"} or set(notebook.metadata.language_info) != {"name"}:
        problems.append(f"metadata are not normalized: {dict(notebook.metadata)}")
    for cell in notebook.cells:
        folded = {"source_hidden": True} if lessons.is_collapsed(cell) else None
        if set(cell.metadata) - {"tags", "jupyter"} or cell.metadata.get("jupyter") != folded:
            problems.append(f"{_name(cell)}: metadata {dict(cell.metadata)}")
        for output in cell.get("outputs", []):
            if output.get("metadata") or len(output.get("traceback", [])) > 1:
                problems.append(f"{_name(cell)}: an output that `make notebooks` would normalize")
    return problems


def reading_time(notebook):
    """The stated time is the computed one, and the core is short enough."""
    core, line = reading.core(notebook), reading.time_line(notebook)
    limits = {
        "minutes": (core.rounded, CORE_MINUTES.get(lessons.number(notebook), MAX_CORE_MINUTES)),
        "words": (core.words, MAX_CORE_WORDS),
        "visible lines of code": (core.lines, MAX_CORE_LINES),
        "predictions": (core.predictions, MAX_PREDICTIONS),
        "cells": (core.cells, MAX_CORE_CELLS),
    }
    problems = [f"the core has {has} {what}, at most {most}" for what, (has, most) in limits.items() if has > most]
    if not core.predictions:
        problems.append("the core has no prediction")
    return problems + ([] if line in notebook.cells[0].source else [f"the head must say: {line}"])


def head(notebook):
    first = notebook.cells[0].source
    parts = [r"^# \w+ ", r"^\*\*The question: .+\?\*\*$", r"^You need: ", r"^\*You will be able to\*$"]
    problems = [f"the head has no {part!r}" for part in parts if not re.search(part, first, re.M)]
    if (verbs := len(re.findall(r"^- \*\*\w+\*\*", first, re.M))) != 3:
        problems.append(f"the head has {verbs} bullets that begin with a verb in bold, not 3")
    return problems


def more_text_than_code(notebook):
    cells = [cell for section in lessons.sections(notebook) if section.title != "Exercises" for cell in section.cells]
    text = sum(cell.cell_type == "markdown" for cell in cells)
    code = sum(
        cell.cell_type == "code" and not (lessons.is_collapsed(cell) or lessons.is_explorer(cell)) for cell in cells
    )
    return [f"{code} visible code cells and only {text} of text"] if code > text else []


def deeper_last(notebook):
    found = [section for section in lessons.sections(notebook) if section.number]
    problems = [
        f"section {section.title}: `## 7 Deeper: ...`"
        for section in found
        if re.match(r"\d+ \W*deeper\b", section.title, re.IGNORECASE) and not section.is_deeper
    ]
    if [section.is_deeper for section in found] != sorted(section.is_deeper for section in found):
        problems.append("a section follows that is not *Deeper*")
    return problems


def predictions(notebook):
    return [
        f"{_name(cell)}: one prediction a cell, its last part, in the form of the template"
        for cell in _texts_to_read(notebook)
        if reading.PREDICT.search(cell.source)
        if len(reading.PREDICT.findall(cell.source)) > 1 or not PREDICTION.search(cell.source)
    ]


def answers_are_not_told(notebook):
    """No number of a folded answer stands in the code up to the next text."""
    problems = []
    for position, cell in enumerate(notebook.cells):
        answer = PREDICTION.search(cell.source) if cell.cell_type == "markdown" else None
        if answer:
            secret = _numbers(answer["answer"]) - _numbers(cell.source[: answer.start("answer")])
            told = secret & set().union(*map(_numbers_told, _code_below(notebook, position)))
            problems += [f"{_name(cell)}: the code below tells {number}" for number in sorted(told)]
    excused = {float(number) for lesson, number in TOLD if lesson == lessons.number(notebook)}
    return [problem for problem in problems if float(problem.split()[-1]) not in excused]


def assertions_apart(notebook):
    problems = []
    for cell in filter(reading.has_assertion, notebook.cells):
        if cell.outputs or "print(" in cell.source or not lessons.is_collapsed(cell):
            problems.append(f"{_name(cell)}: assertions stand in a collapsed cell that prints and draws nothing")
    for section in lessons.sections(notebook):
        if (count := sum(map(reading.has_assertion, section.code))) > MAX_ASSERTION_CELLS:
            problems.append(f"section {section.title}: {count} cells with assertions, at most {MAX_ASSERTION_CELLS}")
    return problems


def drawings_collapsed(notebook):
    """A cell of which nothing comes but a picture, and that calls nothing that is taught, is collapsed.

    Statements that stand in another cell, too, are not counted: they make the section run alone.
    """
    problems, cells = [], _cells_without_exercises(notebook)
    for cell in cells:
        own = _own_statements(cell, cells)
        used = any(_needed_from_elsewhere(other) & _bound_in(own) for other in cells)
        if _draws(cell) and not (lessons.is_collapsed(cell) or used or _calls_what_is_taught(own, notebook)):
            problems.append(f"{_name(cell)}: only draws, and is not collapsed")
    return problems


def collapsed_cells(notebook):
    problems = []
    for cell in filter(lessons.is_collapsed, lessons.code_cells(notebook)):
        printed = "".join(output.get("text", "") for output in cell.outputs)
        if not cell.source.startswith("# "):
            problems.append(f"{_name(cell)}: collapsed, and does not begin with a comment")
        taught = "keras." in cell.source or _methods(_tree(cell)) & OF_KERAS
        if taught or not (_draws(cell) or reading.has_assertion(cell)):
            problems.append(f"{_name(cell)}: collapsed, and does more than to draw or to assert")
        if any(not line.startswith("Figure: ") for line in printed.splitlines()):
            problems.append(f"{_name(cell)}: collapsed, and prints more than `Figure: ...`")
    return problems


def claims(notebook):
    problems = []
    for cell in _texts_to_read(notebook):
        if re.search(r"\bclaims? \d", cell.source, re.IGNORECASE):
            problems.append(f"{_name(cell)}: a numbered claim")
        if cell.source.count("**True or false?**") != len(CLAIM.findall(cell.source)):
            problems.append(f"{_name(cell)}: a claim in another form than the template's")
    for section in lessons.sections(notebook):
        text = "\n\n".join(cell.source for cell in section.cells if cell.cell_type == "markdown")
        if len(CLAIM.findall(text)) > len(VERDICT.findall(text)):
            problems.append(f"section {section.title}: a claim without its verdict, e.g. `**False.**`")
    return problems


def folds_are_rendered(notebook):
    """Markdown after `<summary>` is rendered behind a blank line only."""
    fold = re.compile(r"<summary>(?:(?!</summary>).)*</summary>(?!\n\n)|(?<!\n)</details>")
    return [
        f"{_name(cell)}: no blank line after {match[0]}"
        for cell in _text_cells(notebook)
        for match in fold.finditer(cell.source)
    ]


def sections_begin_with_why(notebook):
    return [
        f"section {section.title}: begins with what happened in another"
        for section in lessons.sections(notebook)
        if re.match(r"## .+\s+\*\*What happened", "\n".join(cell.source for cell in section.cells[:2]))
    ]


def no_minus_in_code(notebook):
    code = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
    return [
        f"{_name(cell)}: − in {match[0]!r}; code takes -"
        for cell in _text_cells(notebook)
        for match in code.finditer(cell.source)
        if "−" in match[0]
    ]


def figures_speak_plainly(notebook):
    return [
        f"{_name(cell)}: {line}"
        for cell in lessons.code_cells(notebook)
        for output in cell.outputs
        for line in output.get("text", "").splitlines()
        if line.startswith("Figure: ") and re.search(r"\bnp\.\w+|array\(|\[\(|dtype=", line)
    ]


def recap(notebook):
    """Five bullets and, as soon as there are two lessons to ask about, two questions with links to earlier ones."""
    source = "\n\n".join(
        cell.source for section in lessons.sections(notebook) if section.title == "Recap" for cell in section.cells
    )
    problems = []
    if (bullets := len(re.findall(r"^- ", reading.FOLD.sub("", source), re.M))) != 5:
        problems.append(f"{bullets} bullets in the recap, not 5")
    own = lessons.number(notebook)
    asked, _, rest = source.partition("**From earlier lessons**")[2].partition("<details><summary>Answers</summary>")
    links = [re.search(r"\]\((\d\d)_", line) for line in re.findall(r"^\d\. .+", asked, re.M)]
    if own not in ("00", "01") and (len(links) != 2 or not rest or not all(link and link[1] < own for link in links)):
        problems.append("the recap needs `**From earlier lessons**`: two questions with links, and their answers")
    return problems


def exercises(notebook):
    found = [section for section in lessons.sections(notebook) if section.title == "Exercises"]
    text = "\n".join(cell.source for section in found for cell in section.cells if cell.cell_type == "markdown")
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+) ", text, re.M)]
    wanted = (1, 2, 3, 4, 5) if lessons.number(notebook) == "00" else (5,)
    sound = len(numbers) in wanted and numbers == list(range(1, len(numbers) + 1))
    return [] if sound else [f"exercises are numbered {numbers}, not 1 to 5"]


def explorers(notebook):
    """An explorer is a cell of one line, right below a figure, and stores nothing but its words."""
    problems = []
    for above, cell in itertools.pairwise(notebook.cells):
        if cell.cell_type != "code" or not re.search(r"\bexplore\.", cell.source):
            continue
        if not EXPLORER.fullmatch(cell.source):
            problems.append(f"{_name(cell)}: an explorer is a cell of one line, `explore.NAME(...)`")
        if not any("image/png" in output.get("data", {}) for output in above.get("outputs", [])):
            problems.append(f"{_name(cell)}: an explorer stands right below the figure that it moves")
        stored = [output.get("data", {}) for output in cell.outputs]
        if [list(data) for data in stored] != [["text/plain"]] or not WORDS.fullmatch(stored[0]["text/plain"]):
            problems.append(f"{_name(cell)}: an explorer stores one line of words, and no widget")
    return problems


FOR_ALL = [
    executed_in_order,
    no_stderr,
    errors_only_where_tagged,
    no_absolute_path,
    no_network,
    no_xla,
    seeded_training,
    one_import_cell,
    short_cells,
    numbered_sections,
    tags_where_allowed,
    names_bound_once,
    sections_stand_alone,
    figures_have_text,
    links_resolve,
    small_and_normalized,
    more_text_than_code,
]
SECOND_EDITION = [
    head,
    reading_time,
    deeper_last,
    predictions,
    answers_are_not_told,
    assertions_apart,
    drawings_collapsed,
    collapsed_cells,
    claims,
    folds_are_rendered,
    sections_begin_with_why,
    no_minus_in_code,
    figures_speak_plainly,
    recap,
    exercises,
    explorers,
]
FOR_LESSONS = [*FOR_ALL, *SECOND_EDITION]


def _name(cell):
    return f"cell {cell.source.splitlines()[0][:60]!r}"


def _text_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def _texts_to_read(notebook):
    """Text cells without the exercises."""
    asked = [cell for section in lessons.sections(notebook) if section.title == "Exercises" for cell in section.cells]
    return [cell for cell in _text_cells(notebook) if not any(cell is other for other in asked)]


def _code_below(notebook, position):
    """Sources of the code cells between a cell and the next text cell."""
    for cell in notebook.cells[position + 1 :]:
        if cell.cell_type != "code":
            return
        yield cell.source


def _numbers(text):
    """Numbers in a text, as float: 1,000 and 1_000 are one number, the 2 of conv2d is none."""
    found = re.findall(r"(?<![\w.])\d+(?:[,_]\d{3})*(?:\.\d+)?", text)
    return {float(re.sub("[,_]", "", number)) for number in found}


def _numbers_told(source):
    """Numbers that code gives away: all but 0, 1 and 2, which stand everywhere; in assertions these too."""
    asserted = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    return (_numbers(source) - {0, 1, 2}).union(*(_numbers(ast.unparse(node)) for node in asserted))


def _calls(tree):
    return [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _methods(tree):
    return {function.attr for function in _calls(tree) if isinstance(function, ast.Attribute)}


def _draws(cell):
    return any(ast.unparse(function) == "figures.show" for function in _calls(_tree(cell)))


def _calls_what_is_taught(tree, notebook):
    """Whether code calls a package other than `figures`, a function or model of the lesson, or a method of Keras."""
    imports = ast.walk(_tree(lessons.code_cells(notebook)[0]))
    imported = {alias.asname or alias.name.split(".")[0] for node in imports for alias in getattr(node, "names", [])}
    roots = {ast.unparse(function).split(".")[0] for function in _calls(tree) if isinstance(function, ast.Attribute)}
    plain = {function.id for function in _calls(tree) if isinstance(function, ast.Name)}
    return bool(roots & (imported - {"figures"}) or plain - set(dir(builtins)) or _methods(tree) & OF_KERAS)


def _own_statements(cell, cells):
    """The statements of a cell that stand in no other."""
    known = {ast.dump(node) for other in cells if other is not cell for node in _tree(other).body}
    return ast.Module([node for node in _tree(cell).body if ast.dump(node) not in known], [])


def _bound_in(tree):
    return set().union(*map(_bound_names, tree.body))


def _needed_from_elsewhere(cell):
    """Names that a cell uses and does not bind."""
    return {node.id for node in ast.walk(_tree(cell)) if isinstance(node, ast.Name)} - _bound_in(_tree(cell))


def _imported(statement):
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    return set()


def _names_of(statement):
    """Names that a top-level statement uses at once, those that its functions use when called, those that it binds."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    inside = {symbol.get_name() for child in _scopes(table) for symbol in child.get_symbols() if symbol.is_global()}
    bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return used, inside, bound
    is_simple = isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign))
    return used | inside if is_simple else (used | inside) - bound, set(), bound


def _scopes(table):
    """The scopes in a scope, at any depth."""
    return [scope for child in table.get_children() for scope in (child, *_scopes(child))]


def _changed_in(statement):
    """Names of which a part is assigned, deleted or added to: `images[0] = 1`, `net.trainable = False`."""
    parts = [
        node
        for node in ast.walk(statement)
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del))
    ]
    return {ast.unparse(part).split("[")[0].split(".")[0] for part in parts}


def _tree(cell):
    return ast.parse(cell.source)


def _texts(output):
    yield output.get("text", "")
    yield output.get("evalue", "")
    yield from output.get("traceback", [])
    yield from (value for kind, value in output.get("data", {}).items() if kind.startswith("text/"))


def _cells_without_exercises(notebook):
    exercises = next((section.code for section in lessons.sections(notebook) if section.title == "Exercises"), [])
    return [cell for cell in lessons.code_cells(notebook) if not any(cell is exercise for exercise in exercises)]


def _bound_names(statement):
    """Names that a top-level statement binds: assignments, functions, classes; loop variables are not counted."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    names = set()
    if isinstance(statement, (ast.With, ast.If, ast.For, ast.While, ast.Try)):
        for inner in ast.iter_child_nodes(statement):
            if isinstance(inner, ast.stmt):
                names |= _bound_names(inner)
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    if not isinstance(statement, ast.For):
        for target in filter(None, targets):
            nodes = [node for node in ast.walk(target) if isinstance(node, ast.Name)]
            names |= {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return names


def _asserted_names(tree):
    return {
        node.id
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assert)
        for node in ast.walk(statement.test)
        if isinstance(node, ast.Name)
    }
