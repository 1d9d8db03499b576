"""What becomes of a lesson on its page: captions, running explorers, folded hints, a notebook to take along.

Notebooks are dicts as in their files, and stay as they are there: what is added, is added to a copy.
"""

import ast
import base64
import copy
import html
import itertools
import json
import re
import struct
from urllib.parse import quote

from cnn_course import checks
from cnn_course.explore import _base

WIDE = 500  # pixels; a telephone shows such a figure larger than itself, and scrolls it
TIME = re.compile(r"^Time: (\d+) minutes", re.MULTILINE)
CAPTION = re.compile(r"Figure: (.*)\n?")
CHECK = re.compile(r"^checks\.(\w+)\.(q\d)\.check\(", re.MULTILINE)
_START = """\
{
  const place = document.getElementById("KEY"), { explorer, standIn } = window.explorers.NAME;
  place.replaceChildren();
  explorer.render({ model: standIn(STATE), el: place });
  const region = place.querySelector(".explorer");
  region.ariaLabel += " (KEY)";  // a lesson may have several
}
"""
EXERCISE = re.compile(r"^\*\*(\d) ", re.MULTILINE)


def source(cell):
    """The text of a cell, which a file may hold as a list of lines."""
    return "".join(cell["source"])


def sections(notebook):
    """Each level-2 heading of a notebook with the text cells up to the next.

    Args:
        notebook: dict.

    Returns:
        list of pairs (heading, text), the first with an empty heading.
    """
    found = [("", "")]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            heading = re.match(r"## (.+)", source(cell))
            found.append((heading[1], "")) if heading else None
            found[-1] = (found[-1][0], f"{found[-1][1]}\n\n{source(cell)}")
    return found


def minutes(notebook):
    """Reading time of the core of a lesson in minutes, from its head."""
    return int(TIME.search(source(notebook["cells"][0]))[1])


def prepare(notebook, name, buttons):
    """Make a lesson ready for its page.

    Args:
        notebook: dict, as read from its file; left as it is.
        name: str, such as "07_pooling".
        buttons: list of pairs (label, address) under the title.

    Returns:
        `(notebook, files)`: a dict like the one given, and a dict from paths below `_static` to bytes.

    Raises:
        ValueError: an explorer is not what is stored below it.
    """
    page, files = copy.deepcopy(notebook), {}
    page["cells"][0]["source"] = _with_bar(source(page["cells"][0]), buttons)
    number = itertools.count(1)
    for index, cell in enumerate(page["cells"]):
        if cell["cell_type"] == "markdown":
            cell["source"] = EXERCISE.sub(lambda match: f"(q-{name[:2]}-{match[1]})=\n{match[0]}", source(cell))
            continue
        if "hide-input" in cell["metadata"].get("tags", []):
            comment = source(cell).partition("\n")[0].removeprefix("# ")
            cell["metadata"]["mystnb"] = {"code_prompt_show": comment, "code_prompt_hide": comment}
        if CHECK.search(source(cell)):
            cell["outputs"] = []  # “Not attempted.”
        elif any(_printed(output).startswith("Explorer: ") for output in cell["outputs"]):
            key = f"{name[:2]}-{next(number)}"
            element, more = running(explorer_of(notebook["cells"], index), key, "../")
            cell["outputs"] = [_as_html(element)]
            files |= more
        else:
            cell["outputs"] = _with_captions(cell["outputs"], f"figures/{name}", number, files)
    page["cells"] = [new for cell in page["cells"] for new in (cell, *_hints(cell))]
    return page, files


def _with_bar(text, buttons):
    items = "".join(f'<li><a href="{address}">{label}</a></li>' for label, address in buttons)
    title, rest = text.split("\n", 1)
    return f'{title}\n\n<ul class="lesson-bar" aria-label="Take this lesson along">{items}</ul>\n{rest}'


def _hints(cell):
    """A cell of folded hints after one that checks an exercise."""
    for lesson, question in CHECK.findall(source(cell)) if cell["cell_type"] == "code" else ():
        hints = getattr(getattr(checks, lesson), question).hints
        folded = [
            f'<details class="hint"><summary>Hint {number} of {len(hints)}</summary><p>{_in_html(hint)}</p></details>'
            for number, hint in enumerate(hints, start=1)
        ]
        yield {"cell_type": "markdown", "metadata": {}, "id": f"hints-{question}", "source": "\n".join(folded)}


def _in_html(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _as_html(element):
    return {"output_type": "display_data", "data": {"text/html": element}, "metadata": {}}


def _printed(output):
    return "".join(output.get("data", {}).get("text/plain", output.get("text", "")))


def _with_captions(outputs, folder, number, files):
    """Outputs in which a figure has its line of words as alternative text and as caption."""
    found = []
    for output in outputs:
        if "image/png" in output.get("data", {}):
            png = base64.b64decode(output["data"]["image/png"])
            path = f"{folder}-{next(number)}.png"
            files[path] = png
            found.append((path, struct.unpack(">II", png[16:24])))
        elif found and isinstance(found[-1], tuple) and (caption := CAPTION.match(_printed(output))):
            found[-1] = _as_html(_figure(*found[-1], html.escape(caption[1])))
            rest = _printed(output)[caption.end() :]
            found += [output | {"text": rest}] if rest else []
        else:
            found.append(output)
    if bare := [path for path in found if isinstance(path, tuple)]:
        raise ValueError(f"A figure must be followed by its line of words. Received: none in {bare}.")
    return found


def _figure(path, size, words):
    width, height = size
    image = f'<img src="../_static/{path}" alt="{words}" width="{width}" height="{height}" loading="lazy">'
    kind = ' class="wide"' if width > WIDE else ""
    return f'<figure class="shown"><div{kind}>{image}</div><figcaption aria-hidden="true">{words}</figcaption></figure>'


def explorer_of(cells, index):
    """The explorer that a cell shows, made by that cell and the statements before it that it needs, and no others.

    Args:
        cells: list of dict, cells of a lesson.
        index: int, the cell.

    Returns:
        an explorer.

    Raises:
        ValueError: its line of words is not the one that is stored; of nets trained in the lesson, its beginning.
    """
    tree = ast.parse(source(cells[index]))
    shown = tree.body.pop()
    replaced = _with_stored_nets(shown.value)
    statements, needed = [*tree.body], _names(tree, ast.Load) | _names(shown, ast.Load)
    for cell in reversed(cells[:index]):
        for statement in reversed(ast.parse(source(cell)).body if cell["cell_type"] == "code" else []):
            if needed & (_names(statement, ast.Store) | _changed(statement)):
                made = _names(statement, ast.Store) if isinstance(statement, ast.Assign) else set()
                needed = (needed - made) | _names(statement, ast.Load)
                statements.insert(0, statement)
    if "keras" in needed or any("keras" in _names(statement, ast.Store) for statement in statements):
        statements.insert(0, ast.parse("import cnn_course.quiet").body[0])  # it goes before Keras
    names = {}
    exec(compile(ast.Module(statements, []), "lesson", "exec"), names)
    explorer = eval(compile(ast.fix_missing_locations(ast.Expression(shown.value)), "lesson", "eval"), names)
    stored = [_printed(output) for output in cells[index]["outputs"]]
    made = repr(explorer).rpartition(":")[0] if replaced else repr(explorer)  # other nets may read another digit
    if not any(words.startswith(made) for words in stored):
        raise ValueError(f"An explorer must be what is stored below it. Received: {explorer!r}, stored {stored}.")
    return explorer


def _with_stored_nets(call):
    """Training takes minutes: in place of nets trained in the lesson a page shows those that come with the course."""
    replaced = ast.unparse(call.func) == "explore.digit" and bool(call.args)
    if replaced:
        call.keywords += [ast.keyword("image", image) for image in call.args[1:]]
        call.args = []
    return replaced


def _names(node, context):
    """Names that a statement binds (`ast.Store`) or reads (`ast.Load`)."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, context):
            found.add(part.id)
        elif context is ast.Store and isinstance(part, ast.alias):
            found.add((part.asname or part.name).partition(".")[0])
        elif context is ast.Store and isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            found.add(part.name)
    return found


def _changed(node):
    """Names of what a statement changes in place: `image[1, 1] = 1`."""
    parts = (part for part in ast.walk(node) if isinstance(part, (ast.Subscript, ast.Attribute)))
    return set().union(*(_names(part.value, ast.Load) for part in parts if isinstance(part.ctx, ast.Store)))


def running(explorer, key, root=""):
    """An explorer that runs in a page without a kernel.

    Args:
        explorer: as `cnn_course.explore` makes it.
        key: str, of this one among all of the site.
        root: str, way from the page to the folder that holds `_static`.

    Returns:
        `(element, files)`: HTML for the page, and a dict from paths below `_static` to bytes.
    """
    name, words = type(explorer).__name__, html.escape(repr(explorer))
    module = _base.module(name).replace("export default", "const explorer =")
    state = json.dumps(explorer.state, separators=(",", ":"))
    paths = [f"explorers/{part}.js" for part in (name, f"{name}-{key}")]
    scripts = "".join(f'<script defer src="{root}_static/{quote(path)}"></script>' for path in paths)
    shared = f"(window.explorers ??= {{}}).{name} = (() => {{\n{module}\nreturn {{ explorer, standIn }};\n}})();\n"
    start = _START.replace("KEY", f"explorer-{key}").replace("NAME", name).replace("STATE", state)
    files = {path: text.encode() for path, text in zip(paths, (shared, start), strict=True)}
    return f'<div class="running" id="explorer-{key}"><p>{words}</p></div>{scripts}', files
