"""The glossary, from the tables of terms in the lessons, and a link to it from the first use of each term in a lesson.

An extension of Sphinx: links are made when pages are written, notebooks stay as they are.
"""

import re
from typing import NamedTuple

from docutils import nodes

from lesson_page import sections

PAGE = "glossary"
TOO_PLAIN = re.compile("block|head|leak|jump|seed|tower|transition|freeze|saturated|bias|weight|loss|batch|filter")
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


class Term(NamedTuple):
    """A term of the course.

    Attributes:
        names: list of str in English; the first is the headword.
        chinese: str, one or several separated by commas.
        line: str, what it is, in one line of Markdown.
        lesson: str, the lesson that teaches it, such as "09_receptive_field".
        section: str, heading of its section there.
        lessons: list of str, all lessons that list it.
    """

    names: list
    chinese: str
    line: str
    lesson: str
    section: str
    lessons: list


def collect(notebooks):
    """All terms, in alphabetical order.

    Args:
        notebooks: dict from the name of a lesson to its notebook, in their order; the first holds the glossary.

    Returns:
        list of `Term`.
    """
    rows = [(name, *row) for name, notebook in notebooks.items() for row in _rows(notebook)]
    headwords = {_split(english)[0] for _, english, *_ in rows}
    by_word = {}
    for lesson, english, chinese, line in rows:
        names = _split(english)
        if not set(names[1:]) & headwords:  # a row of two terms that have rows of their own is left out
            by_word.setdefault(names[0], []).append((lesson, names, chinese, line))
    return [
        _term(found, notebooks) for _, found in sorted(by_word.items(), key=lambda item: item[0].strip('`"').lower())
    ]


def _rows(notebook):
    for heading, text in sections(notebook):
        if heading.startswith("Terms") or heading.endswith("glossary"):
            yield from (row for row in _ROW.findall(text) if row[0] != "English" and "---" not in row[0])


def _split(english):
    """`multiply-accumulate (MAC)` and `kernel, filter` have two names each."""
    return [name for name in re.split(r", | \(|\)", english) if name]


def _term(found, notebooks):
    """The row of the lesson that is called like the term or has a section of that name; else the first one's."""
    first = next(iter(notebooks))
    (word, *_), listed = found[0][1], [row[0] for row in found]
    titled = [lesson for lesson in listed if _pattern(word).search(lesson.replace("_", " "))]
    headed = [
        lesson for lesson in listed if any(_pattern(word).search(head) for head, _ in sections(notebooks[lesson]))
    ]
    taught = next(iter([*titled, *headed, *(lesson for lesson in listed if lesson != first), *listed]))
    _, _, chinese, line = next(row for row in found if row[0] == taught)
    names = list(dict.fromkeys(name for row in found for name in row[1]))
    if taught == first:  # no lesson lists it: the first one that says it
        taught = next((lesson for lesson in notebooks if lesson != first and _says(word, notebooks[lesson])), first)
    return Term(names, chinese, line, taught, _section(names, notebooks[taught]), listed)


def _says(word, notebook):
    return any(_pattern(word).search(text) for heading, text in sections(notebook) if heading[:1].isdigit())


def _section(names, notebook):
    """Heading of the section that is named after a term; else of the first that says it, or its longer words."""
    body = [part for part in sections(notebook) if part[0][:1].isdigit()]
    words = sorted(re.findall(r"\w{5,}", " ".join(names)), key=len, reverse=True)
    stems = [re.compile(rf"\b{word[: max(6, len(word) - 5)]}", re.IGNORECASE) for word in words]
    for pattern in (*(_pattern(name.strip('`"')) for name in names), *stems):
        named = [head for head, _ in body if pattern.search(head)]
        said = [head for head, text in body if pattern.search(text)]
        if named or said:
            return (named or said)[0]
    return next(head for head, _ in sections(notebook) if head.startswith("Terms"))


def mark_chinese(app, doctree, docname):
    """Say of each run of Chinese that it is (`doctree-resolved`): docutils writes the class as `lang`."""
    for text in [text for text in doctree.findall(nodes.Text) if _CHINESE.search(text)]:
        if not isinstance(text.parent, (nodes.literal_block, nodes.raw, nodes.comment)):
            parts = re.split(f"({_CHINESE.pattern})", text.astext())
            marked = [nodes.inline("", part, classes=["language-zh"]) for part in parts[1::2]]
            plain = [nodes.Text(part) for part in parts[::2]]
            text.parent.replace(
                text, [node for pair in zip(plain, [*marked, nodes.Text("")], strict=True) for node in pair]
            )


def _pattern(word):
    return re.compile(rf"(?<![\w-]){re.escape(word)}(?:s|es)?(?![\w-])", re.IGNORECASE)


def page(terms, slug):
    """The glossary as Markdown.

    Args:
        terms: list of `Term`.
        slug: function from a heading to its anchor.

    Returns:
        str.
    """
    entries, seen = [], set()
    for term in terms:
        chinese = dict.fromkeys(term.chinese.split(", "))
        own = [word for word in chinese if word not in seen]  # Sphinx wants each word once
        shared = "".join(f"({word}) " for word in chinese if word in seen)
        seen.update(own)
        entries.append("\n".join([*term.names, *own, f"  {shared}{_sentence(term.line)} {_where(term, slug)}"]))
    return "\n\n".join(["```{glossary}", *entries, "```"]) + "\n"


def _sentence(line):
    return f"{line[0].upper()}{line[1:]}{'' if line.endswith('.') else '.'}"


def _where(term, slug):
    number = f", section {term.section.partition(' ')[0]}" if term.section[0].isdigit() else ""
    return f"*[Lesson {term.lesson[:2]}{number}](notebooks/{term.lesson}.ipynb#{slug(term.section)})*"


def link_first_uses(app, doctree, docname):
    """In a lesson, make the first use of each term a link to the glossary (`doctree-resolved`)."""
    if not docname.startswith("notebooks/"):
        return
    lesson, waiting = docname.partition("/")[2], {}
    for term in app.config.course_terms:
        others = [name for name in term.lessons if not name.startswith("00")]
        known = " " in term.names[0] or len(term.lessons) > len(others) or len(others) > 1
        if lesson in term.lessons or (known and not TOO_PLAIN.fullmatch(term.names[0])):  # else it may be a plain word
            waiting |= {name: term for name in term.names if re.fullmatch(r"[\w×-][\w× -]{2,}", name)}
    address = app.builder.get_relative_uri(docname, PAGE)
    ids = {name: where[1] for (kind, name), where in app.env.domaindata["std"]["objects"].items() if kind == "term"}
    for text in _running_text(doctree):
        _link(text, waiting, address, ids)


def _running_text(doctree):
    """Pieces of text a reader reads first: no headings, code, tables, links, and nothing that is folded."""
    folded, found = False, []
    for node in doctree.findall():
        if isinstance(node, nodes.raw):
            opened, closed = (node.astext().count(f"<{slash}details") for slash in ("", "/"))
            folded = opened > closed or (folded and not closed)
        elif isinstance(node, nodes.section) and node["names"] and re.match("terms|sources", node["names"][0]):
            break
        elif isinstance(node, nodes.Text) and not folded:
            above, parents = node.parent, set()
            while above is not None:
                parents.add(type(above))
                above = above.parent
            barred = {nodes.title, nodes.literal, nodes.literal_block, nodes.reference, nodes.table, nodes.math}
            if nodes.paragraph in parents and not parents & barred:
                found.append(node)
    return found


def _link(text, waiting, address, ids):
    """Cut a text where terms stand that still wait for a link."""
    parts, rest = [], text.astext()
    while waiting:
        names = "|".join(re.escape(name) for name in sorted(waiting, key=len, reverse=True))
        match = re.search(rf"(?<![\w-])({names})(?:s|es)?(?![\w-])", rest, re.IGNORECASE)
        if not match:
            break
        term = next(term for name, term in waiting.items() if name.lower() == match[1].lower())
        for name in [name for name, other in waiting.items() if other is term]:
            del waiting[name]
        target = f"{address}#{ids[term.names[0]]}"
        title = f"{re.sub('[*`]', '', term.line)} ({term.chinese})"
        link = nodes.reference("", match[0], refuri=target, reftitle=title, internal=True, classes=["term"])
        parts += [nodes.Text(rest[: match.start()]), link]
        rest = rest[match.end() :]
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(rest)])


def setup(app):
    """Called by Sphinx."""
    app.add_config_value("course_terms", [], "html")
    app.connect("doctree-resolved", link_first_uses)
    app.connect("doctree-resolved", mark_chinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
