"""Build the course as a static site: `python site/build.py`; `make site` calls it.

From the committed notebooks and documents it writes what Sphinx reads (`site/_build/source`), runs Sphinx, and prints
where the site is. Nothing is executed but the cells that show an explorer, and nothing is fetched.
"""

import argparse
import html
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
import time
import webbrowser
from pathlib import Path
from urllib.parse import urlencode

from myst_parser.mdit_to_docutils.base import default_slugify as slug
from sphinx.cmd.build import build_main

import cnn_course
import lesson_page
from cnn_course import explore, homework
from cnn_course.explore import _base
from glossary import collect
from glossary import page as glossary_page

ROOT = Path(__file__).resolve().parents[1]
SITE, BUILD = ROOT / "site", ROOT / "site" / "_build"
FOLDERS = "", "docs", "data", "benchmarks"  # whose Markdown the site has
MODULES = [module.name for module in pkgutil.iter_modules(cnn_course.__path__) if not module.name.startswith("_")]
MENDED = {  # regular expressions of what the theme and Sphinx write, and what accessible HTML has in its place
    r'<aside class="sidebar-drawer"': r'\g<0> aria-label="All pages"',
    r'<aside class="toc-drawer[^"]*"': r'\g<0> aria-label="On this page"',
    r'<p class="caption" role="heading"': r'\g<0> aria-level="2"',
    r'<th class="head"><p></p></th>': "<td></td>",
    r'<div id="search-results">': r"<h1>Search</h1>\g<0>",
    r"(</strong>(?: \(<em>[^<]*</em>\))?) -- ": r"\1: ",  # a docstring's dash; `smartquotes` would change more
    r'(?s)<label class="(nav-overlay-icon)" for="(\w+)">(.*?)</label>': r'<button class="\1" type="button" '
    r'data-opens="\2" aria-expanded="false" aria-label="All pages">\3</button>',
    r'(?s)<label class="(toc-overlay-icon[^"]*)" for="(\w+)">(.*?)</label>': r'<button class="\1" type="button" '
    r'data-opens="\2" aria-expanded="false" aria-label="On this page">\3</button>',
}
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")
LESSON_ROW = re.compile(r"^\| (\d\d) \| \[(.+?)\]\(notebooks/(\w+)\.ipynb\) \| (.+?) \| !\[(.+?)\]\((\S+)\) \|$", re.M)


def main(arguments=None):
    """Build the site and print where it is; return 0, or another number where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=BUILD / "html", help="folder of the site")
    parser.add_argument("--repository", default="", help="address of the project, for links to it and to Colab")
    parser.add_argument("--hub", default="", help="address of a JupyterHub with nbgitpuller, to open notebooks there")
    parser.add_argument("--open", action="store_true", help="open the site in the browser")
    parser.add_argument("--publish", action="store_true", help="push the site to the branch gh-pages of --repository")
    given = parser.parse_args(arguments)
    if given.publish and not given.repository:
        parser.error("--publish needs --repository: make site-publish REPOSITORY=https://github.com/OWNER/NAME")
    start, source = time.perf_counter(), BUILD / "source"
    texts, files = write_pages(given.repository.rstrip("/"), given.hub.rstrip("/"))
    update(
        source, {path: text.encode() for path, text in texts.items()} | {f"_static/{p}": b for p, b in files.items()}
    )
    os.environ |= {"COURSE_SOURCE": str(source), "COURSE_REPOSITORY": given.repository}
    shutil.rmtree(given.out, ignore_errors=True)
    options = ["-c", str(SITE), "-d", str(BUILD / "doctrees"), "-j", "auto", "-q", "-W", "--keep-going"]
    status = build_main([*options, "-b", "html", str(source), str(given.out)])
    for page in given.out.rglob("*.html"):
        page.write_text(mend(page.read_text(encoding="utf-8")), encoding="utf-8")
    for left in (*given.out.rglob("*.map"), given.out / ".buildinfo"):
        left.unlink(missing_ok=True)
    (given.out / ".nojekyll").touch()
    built = [file for file in given.out.rglob("*") if file.is_file()]
    size, pages = sum(file.stat().st_size for file in built) / 1e6, sum(file.suffix == ".html" for file in built)
    print(f"{pages} pages, {size:.1f} MB, in {time.perf_counter() - start:.0f} s: {given.out / 'index.html'}")
    if status == 0 and given.open:
        webbrowser.open((given.out / "index.html").resolve().as_uri())
    return status or (publish(given.out, given.repository) if given.publish else 0)


def publish(folder, repository):
    """Push a folder as the one commit of the branch gh-pages; return git's exit status.

    Args:
        folder: `pathlib.Path`.
        repository: str, what `git push` takes.

    Returns:
        int.
    """
    with tempfile.TemporaryDirectory() as kept:
        git = [
            "git",
            f"--git-dir={kept}",
            f"--work-tree={folder.resolve()}",
            "-c",
            "user.name=site",
            "-c",
            "user.email=site@localhost",
        ]
        for command in (
            ["init", "-q", "-b", "gh-pages"],
            ["add", "--all", "--force"],
            ["commit", "-q", "-m", "The site"],
        ):
            subprocess.run([*git, *command], check=True)
        return subprocess.run([*git, "push", "--force", repository, "gh-pages"]).returncode


def mend(page):
    """A page without what the theme and Sphinx leave out: names of its regions, levels and words of headings.

    Args:
        page: str, HTML.

    Returns:
        str.
    """
    for found, better in MENDED.items():
        page = re.sub(found, better, page)
    return page


def update(folder, contents):
    """Make a folder hold these files and no others; what is the same is left alone, so that Sphinx reads it once.

    Args:
        folder: `pathlib.Path`.
        contents: dict from path to bytes.
    """
    for file in [file for file in folder.rglob("*") if file.is_file()]:
        if file.relative_to(folder).as_posix() not in contents:
            file.unlink()
    for path, data in contents.items():
        file = folder / path
        if not file.exists() or file.read_bytes() != data:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def write_pages(repository="", hub=""):
    """All that Sphinx reads.

    Args:
        repository, hub: str, addresses, or empty: then there are no links to them.

    Returns:
        `(texts, files)`: dicts from paths to str, and from paths below `_static` to bytes.
    """
    lessons = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in _lessons()}
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in _documents()}
    files = {} if repository else dict([_wheel()])
    for name, notebook in lessons.items():
        files[f"notebooks/{name}.ipynb"] = _to_take_along(name, repository)
        page, more = lesson_page.prepare(notebook, name, _buttons(name, repository, hub))
        texts[f"notebooks/{name}.ipynb"] = json.dumps(page, ensure_ascii=False)
        files |= more
    terms = collect(lessons)
    texts["terms.json"] = json.dumps(terms, ensure_ascii=False)
    texts["glossary.md"] = _page("glossary.md").replace("TERMS", glossary_page(terms, slug))
    texts["exercises.md"] = _page("exercises.md") + "".join(_exercises(*item) for item in lessons.items())
    texts |= dict(_reference())
    home, more = _home(texts["README.md"], lessons, files)
    texts["index.md"] = home
    files["explorers/style.css"] = _base.style().encode()
    del texts["README.md"]  # its place has the first page
    known = {*texts, "README.md"}
    for path in [path for path in texts if path.endswith(".md")]:
        texts[path] = LINK.sub(lambda match, path=path: _link(match, path, known, repository), texts[path])
    return texts, files | more


def _lessons():
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def _documents():
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.md"))]
    return [file.relative_to(ROOT).as_posix() for file in files]


def _page(name):
    return (SITE / name).read_text(encoding="utf-8")


def _to_take_along(name, repository):
    """A lesson without outputs, whose first cell says how to install what it needs."""
    lessons = homework.read_lessons()
    lesson = lessons[name[:2]]
    install = {"install": f"cnn-course[lessons] @ git+{repository}"} if repository else {}
    chosen = homework.choose([lesson.number], lessons)
    notebook = homework.compose(chosen, lessons, f"{lesson.number} {lesson.title}", **install)
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def _wheel():
    """Path and bytes of the package as a wheel: without a repository, notebooks install the course from it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        return f"notebooks/{wheel.name}", wheel.read_bytes()


def _buttons(name, repository, hub):
    """Labels and addresses below the title of a lesson; what needs an address that is not set is left out."""
    path = f"_static/notebooks/{name}.ipynb"
    buttons = [("Download the notebook", f"../{path}")]
    if not repository:
        wheel = homework.WHEEL.removeprefix("./").partition("[")[0]
        buttons.append(("and the package it installs", f"../_static/notebooks/{wheel}"))
    if repository.startswith("https://github.com/"):
        place = repository.removeprefix("https://github.com/")
        buttons.append(("Open in Colab", f"https://colab.research.google.com/github/{place}/blob/gh-pages/{path}"))
    if repository and hub:
        folder = repository.rpartition("/")[2]
        query = urlencode({"repo": repository, "branch": "gh-pages", "urlpath": f"lab/tree/{folder}/{path}"})
        buttons.append(("Open on the JupyterHub", f"{hub}/hub/user-redirect/git-pull?{html.escape(query)}"))
    return buttons


def _exercises(name, notebook):
    """One lesson on the page of all exercises: each with its kind and how it begins."""
    title = lesson_page.source(notebook["cells"][0]).splitlines()[0].removeprefix("# ")
    text = next(text for heading, text in lesson_page.sections(notebook) if heading == "Exercises")
    found = re.findall(r"^\*\*(\d) ([^*]+?)\.?\*\* (.+)", text, re.MULTILINE)
    rows = [f"{number}. [{kind}](#q-{name[:2]}-{number}): {_beginning(words)}" for number, kind, words in found]
    return "\n".join([f"\n## [{title}](notebooks/{name}.ipynb#exercises)\n", *rows, ""])


def _beginning(words, most=220):
    """The first paragraph of an exercise, cut if it is long, as text without links and formulas."""
    words = re.sub(r"\$+([^$]*)\$+|\[([^\]]*)\]\([^)]*\)", r"\1\2", words)
    return words if len(words) <= most else f"{words[:most].rpartition(' ')[0].replace('`', '').replace('*', '')} …"


def _reference():
    """A page for each module, made of its docstrings; the exercises themselves have none, what they share has."""
    yield "reference/index.md", _page("reference.md").replace("MODULES", "\n".join(MODULES))
    for name in MODULES:
        documented = (name, "checks.engine") if name == "checks" else (name,)
        parts = "\n".join(f".. automodule:: cnn_course.{module}\n   :members:\n" for module in documented)
        yield f"reference/{name}.md", f"# {name}\n\n```{{eval-rst}}\n{parts}```\n"


def _home(readme, lessons, files):
    """The first page: a running explorer, and the map of the lessons from the README's table."""
    element, more = lesson_page.running(explore.axis(), "home")
    figures = {data: path for path, data in files.items() if path.endswith(".png")}
    cards = []
    for _number, title, name, answers, words, picture in LESSON_ROW.findall(readme):
        core = lesson_page.minutes(lessons[name])
        data = (ROOT / picture).read_bytes()
        path = figures.get(data, picture.removeprefix("docs/"))  # it is one of the figures: once is enough
        more[path] = data
        image = f'<img src="_static/{path}" alt="{html.escape(words)}" loading="lazy">'
        texts = (
            f"<strong>{name[:2]} {title}</strong><span>{lesson_page._in_html(answers)}</span><small>{core} min</small>"
        )
        cards.append(f'<li><a href="notebooks/{name}.html">{image}{texts}</a></li>')
    if len(cards) != len(lessons):
        raise ValueError(f"README must have a row for each of {len(lessons)} lessons. Received: {len(cards)}.")
    names = "\n".join(f"notebooks/{name}" for name in lessons)
    index = _page("index.md")
    more_pages = [path[:-3] for path in _documents() if path[:-3] not in index and path != "README.md"]
    parts = {
        "OTHERS": "\n".join(more_pages),
        "EXPLORER": element,
        "CARDS": f'<ul class="cards">{"".join(cards)}</ul>',
        "LESSONS": names,
    }
    return re.sub("|".join(parts), lambda match: parts[match[0]], index), more


def _link(match, path, known, repository):
    """A link of a document as it leads on the site: to a page, to the project's repository, or nowhere."""
    label, target, _ = match.groups()
    folder = (ROOT / path).parent
    place = os.path.relpath((folder / target).resolve(), ROOT).replace(os.sep, "/")
    if place == "README.md":
        return f"[{label}]({os.path.relpath(ROOT / 'index.md', folder)})"
    if place in known:
        return match[0]
    if (ROOT / place).is_dir() and repository:
        return f"[{label}]({repository}/tree/HEAD/{place})"
    return f"[{label}]({repository}/blob/HEAD/{place})" if repository else label


if __name__ == "__main__":
    sys.exit(main())
