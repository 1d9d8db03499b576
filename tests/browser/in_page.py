"""What tests of explorers ask a page."""

from cnn_course.explore import _base


def called(page, name):
    """Let the functions of a module be called from here."""
    page.evaluate("source => (0, eval)(source)", _base.module(name).replace("export default", "var explorer ="))


def named(page, name):
    return page.locator(f"[data-name={name}]")


def rows(page):
    return [[cell.strip() for cell in row.split("\t")] for row in page.locator(".lines tbody").inner_text().split("\n")]
