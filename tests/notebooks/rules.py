"""The rules of notebooks. Each takes a notebook and returns its problems, as a list of str; an empty list is a pass."""

import ast
import re

import lessons

IGNORED, RAISES = "nbval-ignore-output", "raises-exception"
MAX_LINES, MAX_MODEL_LINES, MAX_LINE, MAX_WORDS = 15, 20, 100, 120
CLOSING_SECTIONS = ["Exercises", "Recap", "Terms of this lesson", "Sources"]


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
            text = re.sub(r"<[^>]+>|\$\$.*?\$\$", "", cell.source, flags=re.DOTALL)  # without tags and formulas
            if (words := len(re.findall(r"\w[\w'’.,-]*", text))) > MAX_WORDS:
                problems.append(f"{_name(cell)}: {words} words, at most {MAX_WORDS}")
    return problems


def enough_text(notebook):
    cells = [cell for section in lessons.sections(notebook) if section.title != "Exercises" for cell in section.cells]
    code = sum(cell.cell_type == "code" for cell in cells)
    problems = []
    if not 25 <= len(cells) + 2 <= 60:
        problems.append(f"{len(cells) + 2} cells without the exercises, not 25 to 60")
    if code > len(cells) - code:
        problems.append(f"{code} code cells and only {len(cells) - code} of text")
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


def predicts(notebook):
    return [
        f"section {section.title}: no **Predict** question with a folded answer"
        for section in lessons.sections(notebook)
        if section.number and section.code
        if not any("**Predict:**" in cell.source and "<details>" in cell.source for cell in section.cells)
    ]


def tags_where_allowed(notebook):
    cells = lessons.code_cells(notebook)
    problems = [
        f"{_name(cell)}: tag {tag} is not allowed"
        for cell in notebook.cells
        for tag in lessons.tags(cell) - ({IGNORED, RAISES} if cell.cell_type == "code" else set())
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


def figures_have_text(notebook):
    problems = []
    for cell in lessons.code_cells(notebook):
        pictures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        lines = len(re.findall(r"^Figure: \S", printed, re.M))
        if pictures != lines:
            problems.append(f"{_name(cell)}: {pictures} pictures and {lines} lines `Figure: ...`")
    return problems


def sections_assert(notebook):
    problems = []
    for section in lessons.sections(notebook):
        if not section.code or section.title == "Exercises":
            continue
        trees = [_tree(cell) for cell in section.code]
        bound = set().union(*(_bound_names(statement) for tree in trees for statement in tree.body))
        asserted = set().union(*(_asserted_names(tree) for tree in trees))
        if not bound & asserted:
            problems.append(f"section {section.title}: no assertion on a name bound in it")
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


def small_and_normalised(notebook):
    problems = []
    if set(notebook.metadata) != {"kernelspec", "language_info"} or set(notebook.metadata.language_info) != {"name"}:
        problems.append(f"metadata are not normalised: {dict(notebook.metadata)}")
    for cell in notebook.cells:
        if set(cell.metadata) - {"tags"}:
            problems.append(f"{_name(cell)}: metadata {dict(cell.metadata)}")
        for output in cell.get("outputs", []):
            if output.get("metadata") or len(output.get("traceback", [])) > 1:
                problems.append(f"{_name(cell)}: an output that `make notebooks` would normalise")
    return problems


FOR_ALL = [
    executed_in_order,
    no_stderr,
    errors_only_where_tagged,
    no_absolute_path,
    no_network,
    no_xla,
    one_import_cell,
    short_cells,
    tags_where_allowed,
    names_bound_once,
    figures_have_text,
    sections_assert,
    links_resolve,
    small_and_normalised,
]
FOR_LESSONS = [*FOR_ALL, enough_text, numbered_sections, predicts]


def _name(cell):
    return f"cell {cell.source.splitlines()[0][:60]!r}"


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
