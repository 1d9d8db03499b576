"""The site: how long it is built, how large it is, and when a page shows something in Chromium, without a network."""

import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
from playwright import sync_api

from race import table

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "site" / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VISITS, SECONDS_ALLOWED, MEGABYTES_ALLOWED = 3, 120, 25
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main():
    """Print the tables."""
    shutil.rmtree(SITE.parent, ignore_errors=True)
    done = subprocess.run([sys.executable, ROOT / "site" / "build.py"], stdout=subprocess.PIPE, text=True, check=True)
    pages, size, seconds = re.search(r"(\d+) pages, ([\d.]+) MB, in (\d+) s", done.stdout).groups()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = used.ru_utime + used.ru_stime
    figures = [f"{size} (at most {MEGABYTES_ALLOWED})", f"{seconds} (at most {SECONDS_ALLOWED})", f"{worked:.0f}"]
    print(table(["built from nothing", "MB", "seconds", "of processors"], [[f"{pages} pages", *figures]]))
    print(f"\nMedian of {VISITS} visits:\n")
    with sync_api.sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        rows = [_visit(browser, file) for file in sorted(SITE.rglob("*.html"))]
    print(table(["page", "kB of HTML", "kB with all it loads", "first contentful paint, ms"], rows))


def _visit(browser, file):
    """A row; pictures that would wait for a reader to scroll are loaded, and counted."""
    painted, asked = [], set()
    for _ in range(VISITS):
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.on("requestfinished", lambda request: asked.add(request.url))
        page.goto(file.as_uri())
        page.wait_for_function(PAINTED)
        painted.append(page.evaluate(PAINTED))
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        page.wait_for_load_state("networkidle")
        context.close()
    loaded = {Path(unquote(urlsplit(address).path)) for address in asked if address.startswith("file:")}
    sizes = [f"{sum(part.stat().st_size for part in parts) / 1e3:.0f}" for parts in ([file], loaded)]
    return [file.relative_to(SITE).as_posix(), *sizes, f"{np.median(painted):.0f}"]


if __name__ == "__main__":
    main()
