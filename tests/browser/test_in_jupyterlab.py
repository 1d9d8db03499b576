"""All explorers in JupyterLab: shown when their cell is run, in step with Python in both ways, and stored as words."""

import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from urllib.parse import urlparse

import nbformat
import pytest
from cases import CASES, made
from in_page import named
from nbformat.v4 import new_code_cell, new_notebook

import lab
from cnn_course import explore

pytestmark = pytest.mark.browser
IMPORTS = "import numpy as np\n\nfrom cnn_course import data, explore, kernels\n"
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
WAIT = 180_000  # milliseconds: a busy machine loads JupyterLab slowly


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Folder and address of a JupyterLab with the settings of `make lab`."""
    folder = tmp_path_factory.mktemp("lab")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token="]
    places = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    settings = lab.environment() | places | {"PYTHONPATH": str(lab.ROOT), "IPYTHONDIR": str(folder / "ipython")}
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(lab.command(folder, options), cwd=folder, env=settings, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            assert started.poll() is None, (folder / "log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api", timeout=60).close()
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        yield folder, address
    finally:
        started.terminate()
        started.wait(60)


@pytest.fixture
def page(browser, server):
    """A page in which nothing fails, and which asks nobody but the server."""
    asked, said = [], []
    context = browser.new_context(viewport={"width": 1200, "height": 1400}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []
    hosts = {urlparse(url).netloc for url in asked if urlparse(url).scheme in ("http", "https", "ws", "wss")}
    assert hosts == {urlparse(server[1]).netloc}


def test_every_explorer_is_tried():
    assert set(CASES) == set(explore.__all__) - {"Explorer", "page"}


@pytest.mark.parametrize("name", CASES)
def test_it_is_live_in_jupyterlab(page, server, name):
    case, (folder, address) = CASES[name], server
    sources = [f"{IMPORTS}\nexplorer = {case.source}\nexplorer", case.put, case.moved[0]]
    file = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources], metadata=KERNEL), file)
    page.goto(f"{address}/lab/tree/{file.name}?reset")
    cells = page.locator(".jp-Notebook:visible .jp-CodeCell")
    cells.nth(0).locator(".cm-content").click()
    page.get_by_text("Python 3 (ipykernel) | Idle").first.wait_for()
    page.keyboard.press("Shift+Enter")
    words = named(page, case.element)
    words.and_(page.get_by_text(case.says)).wait_for()

    page.keyboard.press("Shift+Enter")
    words.and_(page.get_by_text(case.then)).wait_for()

    page.locator(".explorer").get_by_label(re.compile(f"^{re.escape(case.control)}")).first.focus()
    page.keyboard.press(case.key)
    cells.nth(2).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    assert cells.nth(2).locator(".jp-OutputArea-output").first.inner_text().strip() == case.moved[1]

    page.keyboard.press("Control+s")
    page.locator(".lm-TabBar-tab.jp-mod-current:not(.jp-mod-dirty)").get_by_text(file.name).wait_for()
    stored = nbformat.read(file, as_version=4)
    assert "widgets" not in stored.metadata and stored.cells[2].outputs
    (output,) = stored.cells[0].outputs
    assert output.data["text/plain"] == repr(made(case.source))
