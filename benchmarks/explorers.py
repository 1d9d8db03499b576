"""The explorers in a browser: bytes, the first paint of a page, and a frame in which something is moved."""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright import sync_api

from cnn_course import explore
from cnn_course.explore import _base
from race import table

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "browser"))
from cases import LOOKS, made
from conftest import BROWSERS

OPENED, MOVED = 9, 40
HEADER = ["explorer", "its JavaScript", "the page", "first paint (at most 200 ms)", "of it worked"]
HEADER += ["moved (at most 16 ms)", "of it worked"]
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().find(
  ({ name }) => name === "first-contentful-paint").startTime)).observe({ type: "paint", buffered: true }))"""
# In a frame: the key, what it changes, style, layout and painting; the message comes when all of it is done.
FRAMES = """async (times) => {
  const all = [...document.querySelectorAll("[aria-label*='Arrow keys'], input[type=number]")];
  const moved = all.find((one) => one.ariaLabel) || all[0];
  const press = (i) => {
    const key = i % 2 ? "ArrowLeft" : "ArrowRight";
    if (moved.ariaLabel) moved.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    else { moved[i % 2 ? "stepDown" : "stepUp"](); moved.dispatchEvent(new Event("input", { bubbles: true })); }
  };
  const before = document.body.innerHTML, found = [];
  for (let i = 0; i < times; i++) {
    found.push(await new Promise((done) => requestAnimationFrame(() => {
      const start = performance.now(), { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now() - start);
      press(i);
      port2.postMessage(0);
    })));
    if (i === 0 && document.body.innerHTML === before && !moved.matches("canvas")) throw new Error("nothing has moved");
  }
  return found;
}"""


def main():
    """Print the table."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("error: this benchmark needs Chromium or Chrome on the path (Debian, Ubuntu: apt install chromium).")
    with sync_api.sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        rows = [_row(browser, label, made(source), Path(folder) / "page.html") for label, source in LOOKS.items()]
        version = browser.version
        browser.close()
    print(table(HEADER, rows))
    print(f"\nChromium {version}, without a GPU; medians of {OPENED} pages and {MOVED} frames.")


def _row(browser, label, explorer, file):
    file.write_text(explore.page(explorer), encoding="utf-8")
    painted, worked = [], []
    for _ in range(OPENED + 1):
        page = browser.new_page()
        clock = page.context.new_cdp_session(page)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(file.as_uri())
        painted.append(page.evaluate(PAINTED))
        worked.append(_thread_time(clock))
        if len(painted) > OPENED:
            frames = page.evaluate(FRAMES, MOVED)
            per_frame = (_thread_time(clock) - worked[-1]) / MOVED
        page.close()
    sizes = (len(_base.module(type(explorer).__name__).encode()), file.stat().st_size)
    times = (np.median(painted[1:]), np.median(worked[1:]), np.median(frames), per_frame)
    return [label, *(f"{size / 1e3:.1f} kB" for size in sizes), *(f"{time:.0f} ms" for time in times)]


def _thread_time(clock):
    """Milliseconds that the page's own thread has worked, which other programs do not lengthen."""
    metrics = {metric["name"]: metric["value"] for metric in clock.send("Performance.getMetrics")["metrics"]}
    return 1e3 * metrics["TaskDuration"]


if __name__ == "__main__":
    main()
