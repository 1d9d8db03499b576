"""The site in a browser, from the disk and without a network: every page, light and dark, from 360 to 1,600 pixels.

`make test-browser` builds it first, as `make site` does.
"""

import re
import subprocess
import sys
from urllib.parse import unquote, urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe

from lessons import LESSONS, ROOT

pytestmark = pytest.mark.browser
WIDTHS = 360, 768, 1024, 1600
LOOK = """() => ({
  ids: [...document.querySelectorAll("[id]")].map(e => e.id),
  links: [...document.querySelectorAll("a[href]")].map(e => e.href),
  bare: [...document.querySelectorAll("img, svg[role=img]")].filter(e => !(e.alt || e.ariaLabel || "").trim()
        && !e.closest("[aria-hidden=true]")).map(e => e.outerHTML.slice(0, 100)),
  language: document.documentElement.lang,
  cookies: document.cookie,
})"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site, built without a warning."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, ROOT / "site" / "build.py", "--out", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def visits(site, browser):
    """What each page is like, in the light and in the dark: dict from its path below the site to what was found."""
    axe, found = Axe(), {}
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    for file in sorted(site.rglob("*.html")):
        page, asked, said = context.new_page(), [], []
        page.set_default_timeout(120_000)
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.goto(file.as_uri())
        visit = page.evaluate(LOOK) | {"asked": asked, "said": said, "faults": [], "wide": []}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for fault in axe.run(page, options={"preload": False}).response["violations"]:
                visit["faults"].append((scheme, fault["id"], *(node["target"] for node in fault["nodes"][:3])))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                visit["wide"].append(width)
        found[file.relative_to(site).as_posix()] = visit
        page.close()
    context.close()
    return found


def failing(visits, name):
    return {path: visit[name] for path, visit in visits.items() if visit[name]}


def test_there_is_a_page_for_each_lesson_document_and_module(site):
    import build

    documents = [file.with_suffix(".html").name for file in (ROOT / "docs").glob("*.md")]
    expected = {f"notebooks/{lesson.stem}.html" for lesson in LESSONS} | {f"docs/{name}" for name in documents}
    expected |= {f"reference/{name}.html" for name in build.MODULES}
    expected |= {f"{name}.html" for name in ("index", "glossary", "exercises", "CHANGELOG", "search", "genindex")}
    assert expected <= {file.relative_to(site).as_posix() for file in site.rglob("*.html")}
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < 25e6


def test_no_other_host_is_asked_and_nothing_said(visits, site):
    assert failing(visits, "said") == {} and failing(visits, "cookies") == {}
    inside = site.as_uri()
    asked = {url for visit in visits.values() for url in visit["asked"]}
    assert {url for url in asked if not url.startswith((inside, "data:"))} == set()


def test_links_and_anchors_lead_somewhere(visits, site, measured):
    ids = {path: set(visit["ids"]) for path, visit in visits.items()}
    dead, outside = set(), set()
    for path, visit in visits.items():
        for link in visit["links"]:
            address, anchor = urldefrag(link)
            if not address.startswith(site.as_uri()):
                outside.add(address)
                continue
            target = unquote(address.removeprefix(site.as_uri()).lstrip("/").partition("?")[0])
            if not (site / target).is_file() or (anchor and unquote(anchor) not in ids.get(target, {unquote(anchor)})):
                dead.add((path, link.removeprefix(site.as_uri())))
    measured("links to other hosts: " + ", ".join(sorted(outside)))
    assert dead == set()
    assert all(re.match("https?://|mailto:", address) for address in outside)


def test_axe_finds_nothing(visits):
    assert failing(visits, "faults") == {}


def test_each_image_has_a_text_and_each_page_a_language(visits):
    assert failing(visits, "bare") == {}
    assert {visit["language"] for visit in visits.values()} == {"en"}


def test_no_page_scrolls_sideways(visits):
    assert failing(visits, "wide") == {}


@pytest.fixture
def opened(site, browser):
    """Function that opens a page of the site."""
    contexts = []

    def open_page(path, width=1280, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, offline=True, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{site.as_uri()}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("does pooling have parameters", "notebooks/07_pooling.html"),
        ("感受野", "glossary.html#term-"),
        ("describe my own model", "docs/describe.html"),
        ("grade a class", "docs/grading.html"),
        ("padding_amounts", "reference/arithmetic.html#cnn_course.arithmetic.padding_amounts"),
    ],
)
def test_search_finds_it_without_a_server(opened, words, expected):
    page = opened("index.html")
    page.get_by_label("Search", exact=True).fill(words)
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    page.wait_for_function("!document.querySelector('#search-progress')?.textContent.startsWith('Preparing')")
    found = [link.get_attribute("href") for link in page.locator("#search-results li a").all()[:5]]
    assert any(expected in href for href in found), found


def test_the_glossary_has_both_languages_and_a_section_for_each_term(opened):
    page = opened("glossary.html")
    terms = page.locator("dl.glossary dt")
    assert terms.count() > 150
    links = page.locator("dl.glossary dd a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(links) > 60 and all(re.fullmatch(r"notebooks/\w+\.html(#.+)?", link) for link in links)
    assert page.locator("dl.glossary [lang=zh]").count() > 60
    field = page.locator("dt#term-receptive-field")
    assert field.inner_text().startswith("receptive field")


def test_the_first_use_of_a_term_is_a_link_to_its_sentence(opened):
    page = opened("notebooks/09_receptive_field.html")
    links = page.locator("a.term")
    texts = [text.lower().rstrip("s") for text in links.all_inner_texts()]
    assert "receptive field" in texts and len(texts) == len(set(texts)) > 8
    links.first.click()
    assert re.search(r"glossary\.html#term-", page.url)


def test_an_explorer_runs_and_follows_the_theme_of_the_page(opened):
    page = opened("index.html", color_scheme="light")
    explorer = page.locator(".running .explorer")
    explorer.get_by_role("button", name="7 pixels", exact=True).click()
    assert "1, 3, 5, 7" in explorer.inner_text() or "4" in explorer.locator(".lines").inner_text()
    paper = "element => getComputedStyle(element).backgroundColor"
    before = explorer.evaluate(paper)
    while page.evaluate("document.body.dataset.theme") != "dark":
        page.locator(".theme-toggle:visible").click()
    page.wait_for_function("() => document.documentElement.getAttribute('theme') === 'dark'")
    assert explorer.evaluate(paper) != before


def test_each_explorer_of_a_lesson_runs_on_its_page(opened):
    shown = 0
    for lesson in LESSONS:
        text = lesson.read_text(encoding="utf-8")
        stored = len(re.findall(r'^ +"Explorer: ', text, re.MULTILINE))
        page = opened(f"notebooks/{lesson.stem}.html")
        assert page.locator(".running > .explorer").count() == stored, lesson.stem
        shown += stored
    assert shown >= 9


def test_formulas_are_drawn(opened):
    page = opened("notebooks/02_convolution.html")
    assert page.locator(".formula math").count() == page.locator(".formula").count() > 3
    fraction = opened("notebooks/13_alexnet.html").locator("div.formula math").first
    two, one = (fraction.locator(part).first.bounding_box()["height"] for part in ("mfrac", "msub"))  # lines of text
    assert two > 1.7 * one


def test_hints_are_folded_and_open(opened):
    page = opened("notebooks/07_pooling.html")
    hints = page.locator("details.hint")
    assert hints.count() >= 10 and not hints.first.locator("p").is_visible()
    hints.first.locator("summary").press("Enter")
    assert hints.first.locator("p").is_visible()
    folded = page.locator("div.cell details.hide")
    assert folded.count() == page.locator("div.cell details.hide:not([open])").count() > 5


def test_a_narrow_page_works_by_keyboard(opened):
    page = opened("notebooks/07_pooling.html", width=360)
    menu = page.get_by_role("button", name="All pages")
    link = page.locator(".sidebar-drawer a", has_text="Glossary")
    assert not link.is_visible()
    menu.press("Enter")
    link.wait_for(state="visible")
    assert menu.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    wide = page.locator("article pre[tabindex='0']").first
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_a_lesson_can_be_taken_along(opened, site):
    page = opened("notebooks/07_pooling.html")
    names = [link.get_attribute("href") for link in page.locator(".lesson-bar a").all()]
    assert len(names) == 2  # without an address of the project no Colab, no JupyterHub
    notebook, wheel = [site / "notebooks" / name for name in names]
    text = notebook.read_text(encoding="utf-8")
    assert f'%pip install \\"./{wheel.name}[lessons]\\"' in text and '"outputs": []' in text and "image/png" not in text
    assert wheel.stat().st_size > 1e6
    before, after = (page.locator(f".{name}-page").get_attribute("href") for name in ("prev", "next"))
    assert (before, after) == ("06_one_by_one.html", "08_activations.html")
