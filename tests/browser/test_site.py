"""The site in a browser, from the disk and without a network: every page, light and dark, from 360 to 1,600 pixels.

`make test-browser` builds it first, as `make site` does.
"""

import re
import subprocess
import sys
from urllib.parse import unquote, urldefrag

import pytest

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
    """What each page is like in the light and in the dark: dict from its path below the site to what was found."""
    from axe_playwright_python.sync_playwright import Axe

    axe, found = Axe(), {}
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True, color_scheme=scheme)
        for file in sorted(site.rglob("*.html")):
            page, asked, said = context.new_page(), [], []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.goto(file.as_uri(), wait_until="load")
            page.wait_for_load_state("networkidle")
            visit = page.evaluate(LOOK) | {"asked": [*asked], "said": [*said]}  # before axe-core reads style sheets
            visit["faults"] = [
                (fault["id"], *(node["target"] for node in fault["nodes"][:3]))
                for fault in axe.run(page).response["violations"]
            ]
            visit["wide"] = []
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    visit["wide"].append(width)
            found[f"{scheme} {file.relative_to(site).as_posix()}"] = visit
            page.close()
        context.close()
    return found


def failing(visits, name):
    return {path: visit[name] for path, visit in visits.items() if visit[name]}


def test_there_is_a_page_for_each_lesson_document_and_module(site):
    import build

    documents = [file.with_suffix(".html").name for file in (ROOT / "docs").glob("*.md")]
    expected = {f"notebooks/{lesson.stem}.html" for lesson in LESSONS} | {f"docs/{name}" for name in documents}
    expected |= {f"reference/{name}.html" for name in build.MODULES.split()}
    expected |= {f"{name}.html" for name in ("index", "glossary", "exercises", "CHANGELOG", "search", "genindex")}
    assert expected <= {file.relative_to(site).as_posix() for file in site.rglob("*.html")}
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < 25e6


def test_no_other_host_is_asked_and_nothing_said(visits, site):
    assert failing(visits, "said") == {} and failing(visits, "cookies") == {}
    inside = site.as_uri()
    asked = {url for visit in visits.values() for url in visit["asked"]}
    assert {url for url in asked if not url.startswith((inside, "data:"))} == set()


def test_links_and_anchors_lead_somewhere(visits, site, measured):
    ids = {path.partition(" ")[2]: set(visit["ids"]) for path, visit in visits.items()}
    dead, outside = set(), set()
    for path, visit in visits.items():
        for link in visit["links"]:
            address, anchor = urldefrag(link)
            if not address.startswith(site.as_uri()):
                outside.add(address)
                continue
            target = unquote(address.removeprefix(site.as_uri()).lstrip("/").partition("?")[0])
            if not (site / target).is_file() or (anchor and unquote(anchor) not in ids.get(target, {unquote(anchor)})):
                dead.add((path.partition(" ")[2], link.removeprefix(site.as_uri())))
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
