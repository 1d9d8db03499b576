"""What the site makes of a lesson and of its terms, without building it. The whole: tests/browser/test_site.py."""

import base64
import copy
import json
import re
import subprocess
from types import SimpleNamespace

import pytest

import lesson_page
from cnn_course import checks, data
from lessons import LESSONS, NOTEBOOKS, ROOT

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (48).to_bytes(4, "big")).decode()
POINT = "Explorer: drag the window, image 3×3×1, kernel 1×1×1, flip=False, position=(0, 0): 7."


def code(source, *outputs, tags=()):
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {"tags": list(tags)}}


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def shown(**data):
    return {"output_type": "display_data", "data": {name.replace("_", "/"): value for name, value in data.items()}}


def stream(words):
    return {"output_type": "stream", "name": "stdout", "text": [words]}


def explorer_cells(stored=POINT):
    return [
        code("import numpy as np\nimport missing\n\nfrom cnn_course import explore"),
        code("point = np.zeros((3, 3))\npoint[0, 0] = 7\nother = missing.thing(point)"),
        text("point = 1"),
        code("explore.convolution(point, np.ones((1, 1)))  # drag", shown(text_plain=stored)),
    ]


def test_an_explorer_is_made_by_its_cell_and_what_the_cell_needs():
    explorer = lesson_page.explorer_of(explorer_cells(), 3)  # `missing` is not imported
    assert repr(explorer) == POINT and explorer.image[0, 0, 0] == 7


def test_an_explorer_that_is_not_what_is_stored_stops_the_build():
    with pytest.raises(ValueError, match="An explorer must be what is stored below it. Received: Explorer: drag"):
        lesson_page.explorer_of(explorer_cells(POINT.replace("7.", "8.")), 3)


def test_nets_of_a_lesson_are_not_trained_for_its_page():
    cells = [code("from cnn_course import data, explore"), code("one = data.load('digits').x_validation[8]")]
    stored = shown(text_plain="Explorer: draw a digit, image 28×28: my net reads 4.")
    explorer = lesson_page.explorer_of([*cells, code("explore.digit(trained_for_hours, one)", stored)], 2)
    assert repr(explorer).startswith("Explorer: draw a digit, image 28×28: pooled reads 9")
    assert (explorer.image == data.load("digits").x_validation[8]).all()


def test_the_module_and_the_state_of_an_explorer_are_files_of_their_own():
    element, files = lesson_page.running(lesson_page.explorer_of(explorer_cells(), 3), "02-1", "../")
    assert set(files) == {"explorers/convolution.js", "explorers/convolution-02-1.js"}
    assert all(f'src="../_static/{path}"' in element for path in files) and POINT in element
    assert b"export " not in files["explorers/convolution.js"]
    assert b'getElementById("explorer-02-1")' in files["explorers/convolution-02-1.js"]


def lesson(*cells):
    head = text("# 07 Pooling\n\n**The question?**\n\nTime: 35 minutes, and 10 for *Deeper*.\n")
    return {"cells": [head, *cells], "metadata": {}}


def test_a_figure_gets_its_line_of_words_and_leaves_the_rest():
    cell = code("figures.show(a, b)", stream("1\n"), shown(image_png=PNG), stream('Figure: a "cat" < dog\nmore\n'))
    page, files = lesson_page.prepare(lesson(cell), "07_pooling", [])
    (path,) = files
    before, figure, after = page["cells"][1]["outputs"]
    assert before == stream("1\n") and after["text"] == "more\n" and path.startswith("figures/07_pooling-")
    element = figure["data"]["text/html"]
    assert 'alt="a &quot;cat&quot; &lt; dog"' in element and 'width="640" height="48"' in element and path in element


def test_a_figure_without_words_stops_the_build():
    with pytest.raises(ValueError, match="A figure must be followed by its line of words"):
        lesson_page.prepare(lesson(code("plt.show()", shown(image_png=PNG), stream("no words\n"))), "07_pooling", [])


def test_an_exercise_has_its_hints_below_and_a_place_to_link_to():
    notebook = lesson(
        text("## Exercises\n\n**1 Compute.** How many?\n\n**2 Explain.** Why?"),
        code("answer = ...\nchecks.pooling.q1.check(answer)", stream("… Not attempted.")),
        code("# Draws it.\nx = 1", tags=["hide-input"]),
    )
    before = copy.deepcopy(notebook)
    page, _ = lesson_page.prepare(notebook, "07_pooling", [("Take it", "there.ipynb")])
    head, exercises, check, hints, drawing = page["cells"]
    assert notebook == before
    assert '<a href="there.ipynb">Take it</a>' in head["source"] and head["source"].startswith("# 07 Pooling\n")
    assert exercises["source"].count("\n(q-07-") == 2 and "(q-07-2)=\n**2 Explain.**" in exercises["source"]
    assert check["outputs"] == [] and re.findall(r"Hint \d of \d", hints["source"]) == [
        f"Hint {number} of 3" for number in (1, 2, 3)
    ]
    assert drawing["metadata"]["mystnb"]["code_prompt_show"] == "Draws it."


def test_no_solution_of_an_exercise_is_on_a_page():
    for file in LESSONS:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        hints = [hint["source"] for cell in cells for hint in lesson_page._hints(cell)]
        module = getattr(checks, file.stem[3:])
        assert len(hints) == len(module.__all__) - (file.stem == "00_start_here"), file.stem
        for name in module.__all__:
            assert getattr(module, name).explanation not in "".join(hints)


@pytest.fixture(scope="module")
def glossary():
    pytest.importorskip("docutils", reason="`make site` installs it")
    import glossary

    return glossary


@pytest.fixture(scope="module")
def terms(glossary):
    return glossary.collect({file.stem: json.loads(file.read_text(encoding="utf-8")) for file in LESSONS})


def test_each_term_has_both_languages_a_sentence_and_a_section_that_exists(terms):
    words = [term.names[0] for term in terms]
    assert len(words) == len(set(words)) > 60
    for term in terms:
        headings = {
            head for head, _ in lesson_page.sections(json.loads((NOTEBOOKS / f"{term.lesson}.ipynb").read_text()))
        }
        assert term.line and term.section in headings, term
        assert re.search("[\u4e00-\u9fff]", term.chinese), term


def test_a_term_belongs_to_the_lesson_that_teaches_it(terms):
    lesson = {name: term.lesson[:2] for term in terms for name in term.names}
    expected = {"receptive field": "09", "padding": "03", "stride": "04", "channel": "05", "convolution": "02"}
    expected |= {"pooling": "07", "dropout": "08", "MAC": "04", "transfer learning": "17", "Grad-CAM": "16"}
    assert {name: lesson[name] for name in expected} == expected
    (field,) = [term for term in terms if term.names[0] == "receptive field"]
    assert field.chinese == "感受野" and field.line == "the pixels that a value depends on"


def test_the_first_use_in_running_text_becomes_a_link(glossary):
    from docutils import nodes

    term = glossary.Term(["stride"], "步幅", "step of the kernel", "04_stride", "", ["04_stride", "00_start_here"])
    other = glossary.Term(["max pooling", "max pool"], "最大池化", "the largest", "07_pooling", "", ["07_pooling"])
    document = nodes.section("", names=["1 why"])
    document += nodes.title("", "Strides in a title")
    document += nodes.raw("", "<details><summary>Think</summary>", format="html")
    document += nodes.paragraph("", "A stride that is folded.")
    document += nodes.raw("", "</details>", format="html")
    document += nodes.paragraph(
        "", "", nodes.literal("", "stride"), nodes.Text(": a bestride, then Strides and max pools.")
    )
    document += nodes.paragraph("", "The stride again, and max pooling.")
    objects = {("term", "stride"): ("glossary", "term-stride"), ("term", "max pooling"): ("glossary", "term-mp")}
    app = SimpleNamespace(
        config=SimpleNamespace(course_terms=[term, other]),
        builder=SimpleNamespace(get_relative_uri=lambda page, target: f"../{target}.html"),
        env=SimpleNamespace(domaindata={"std": {"objects": objects}}),
    )
    glossary.link_first_uses(app, document, "notebooks/07_pooling")
    links = [(link.astext(), link["refuri"]) for link in document.findall(nodes.reference)]
    assert links == [("Strides", "../glossary.html#term-stride"), ("max pools", "../glossary.html#term-mp")]
    assert document.astext().count("tride") == 6  # no word is lost


def test_chinese_is_marked_as_such(glossary):
    from docutils import nodes

    paragraph = nodes.paragraph("", "A field (感受野), a 步幅.")
    glossary.mark_chinese(None, paragraph, "x")
    assert [node.astext() for node in paragraph.findall(nodes.inline)] == ["感受野", "步幅"]
    assert paragraph.astext() == "A field (感受野), a 步幅."


@pytest.fixture(scope="module")
def build():
    pytest.importorskip("myst_parser", reason="`make site` installs it")
    import build

    return build


def test_buttons_that_need_an_address_are_left_out_without_it(build):
    labels = [[label for label, _ in build._buttons("07_pooling", *given)] for given in (("", ""), ("", "https://hub"))]
    assert labels == [["Download the notebook", "and the package it installs"]] * 2
    github = build._buttons("07_pooling", "https://github.com/some/course", "https://hub")
    path = "_static/notebooks/07_pooling.ipynb"
    assert dict(github) == {
        "Download the notebook": f"../{path}",
        "Open in Colab": f"https://colab.research.google.com/github/some/course/blob/gh-pages/{path}",
        "Open on the JupyterHub": "https://hub/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fsome%2Fcourse"
        "&amp;branch=gh-pages&amp;urlpath=lab%2Ftree%2Fcourse%2F_static%2Fnotebooks%2F07_pooling.ipynb",
    }
    assert len(build._buttons("07_pooling", "https://git.example.org/course", "")) == 1  # Colab reads GitHub only
    notebook = build._to_take_along("07_pooling", "https://github.com/some/course").decode()
    assert "cnn-course[lessons] @ git+https://github.com/some/course" in notebook


@pytest.mark.parametrize(
    ("path", "link", "alone", "with_repository"),
    [
        ("docs/claims.md", "[t](../tests/a.py)", "t", "[t](https://host/p/blob/HEAD/tests/a.py)"),
        ("docs/claims.md", "[07](../notebooks/07_pooling.ipynb)", None, None),
        ("docs/site.md", "[home](../README.md#license)", "[home](../index.md)", "[home](../index.md)"),
        ("CHANGELOG.md", "[x](docs)", "x", "[x](https://host/p/tree/HEAD/docs)"),
        ("docs/site.md", "[x](https://a.b)", None, None),
        ("docs/site.md", "![x](pictures/a.png)", None, None),
    ],
)
def test_links_lead_to_pages_or_to_the_project(build, path, link, alone, with_repository):
    known = {"notebooks/07_pooling.ipynb", "README.md"}
    for repository, expected in (("", alone), ("https://host/p", with_repository)):
        changed = build.LINK.sub(lambda match, to=repository: build._link(match, path, known, to), f"a {link} b")
        assert changed == f"a {expected or link} b"


def test_formulas_are_mathml_and_an_unknown_command_stops_the_build(build):
    import formulas
    from sphinx.errors import ExtensionError

    written = formulas.mathml(r"\lfloor (n - k)/s \rfloor + 1", "block")
    assert 'display="block"' in written and "&#x0230A;" in written
    with pytest.raises(ExtensionError, match=r"Received: \\flour n"):
        formulas.mathml(r"\flour n")


def test_what_is_published_needs_an_address(build):
    with pytest.raises(SystemExit):
        build.main(["--publish"])


def test_publishing_pushes_the_folder_as_one_commit(build, tmp_path):
    (tmp_path / "html").mkdir()
    for number in range(2):
        (tmp_path / "html" / "index.html").write_text(str(number))
        subprocess.run(["git", "init", "-q", "--bare", tmp_path / "remote"], check=True)
        assert build.publish(tmp_path / "html", str(tmp_path / "remote")) == 0
    git = ["git", f"--git-dir={tmp_path / 'remote'}"]
    count = subprocess.run([*git, "rev-list", "--count", "gh-pages"], capture_output=True, text=True, check=True)
    shown = subprocess.run([*git, "show", "gh-pages:index.html"], capture_output=True, text=True, check=True)
    assert (count.stdout.strip(), shown.stdout) == ("1", "1")


def test_a_folder_holds_what_it_should_and_nothing_else(build, tmp_path):
    build.update(tmp_path, {"a/b.txt": b"1", "c.txt": b"2"})
    before = (tmp_path / "c.txt").stat().st_mtime_ns
    build.update(tmp_path, {"a/d.txt": b"3", "c.txt": b"2"})
    held = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert held == {"a/d.txt", "c.txt"} and (tmp_path / "c.txt").stat().st_mtime_ns == before


def test_workflows_run_nothing_that_is_no_make_target():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    commands = [run for file in files for run in re.findall(r"- run: (.+)", file.read_text(encoding="utf-8"))]
    assert [file.name for file in files] == ["site.yml", "tests.yml"] and len(commands) >= 5
    for command in commands:
        assert re.fullmatch(r"make [\w-]+", command) and command.removeprefix("make ") in targets, command
