"""A browser, and pages in it without a kernel and without a network.

Nothing may be asked of another host, and nothing may be said on the console: every test with a page ends with this.
"""

import importlib.util
import shutil

import pytest

from cnn_course import explore

# They import what only `make test-browser` installs
collect_ignore_glob = [] if importlib.util.find_spec("axe_playwright_python") else ["test_*.py"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        needed = "`make test-browser` needs Chromium or Chrome on the path (Debian, Ubuntu: apt install chromium)."
        pytest.exit(needed, returncode=1)
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Function that opens an explorer's page, offline."""
    contexts, asked, said = [], [], []

    def open_page(explorer, width=900, **options):
        file = tmp_path / "explorer.html"
        file.write_text(explore.page(explorer), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert contexts and said == []
    assert {url for url in asked if not url.startswith("data:")} == {(tmp_path / "explorer.html").as_uri()}
