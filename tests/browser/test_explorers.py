"""What all explorers keep in a browser, on a page of their own: `make test-browser`."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from cases import CASES, LOOKS, made

pytestmark = pytest.mark.browser
COLORS = "element => ['color', 'backgroundColor'].map(key => getComputedStyle(element)[key])"
FOCUSED = """() => {
  const all = [...document.querySelectorAll("button, input, select, textarea, summary, a[href], [tabindex]")];
  const reached = all.filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility());
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return [reached.indexOf(document.activeElement), reached.length, `${outlineStyle} ${outlineWidth}`];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKS)
def test_a_telephone_shows_all_of_it_and_axe_finds_nothing(opened, name, scheme):
    page = opened(made(LOOKS[name]), width=360, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink, paper = page.locator(".explorer").evaluate(COLORS)
    light = [sum(map(float, re.findall(r"[\d.]+", color)[:3])) for color in (ink, paper)]
    assert (light[0] < light[1]) == (scheme == "light")
    for width in (360, 900):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert len(found.response["passes"]) > 10


@pytest.mark.parametrize("name", LOOKS)
def test_tab_reaches_every_control_in_order_and_shows_where_it_is(opened, name):
    page = opened(made(LOOKS[name]))
    for expected in range(page.evaluate(FOCUSED)[1]):
        page.keyboard.press("Tab")
        index, _, outline = page.evaluate(FOCUSED)
        assert (index, outline) == (expected, "solid 3px"), page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"digit"}))  # which has sliders only
def test_what_is_typed_stays_when_a_message_makes_the_explorer_taller(opened, name):
    page = opened(made(CASES[name].source))
    typed = page.locator("input:is([type=text], [type=number])").first
    typed.fill("")
    page.locator(".explorer").evaluate("root => root.append(document.createElement('p'), 'A message')")
    page.evaluate("new Promise((done) => setTimeout(done, 100))")  # some frames
    assert (typed.input_value(), typed.get_attribute("aria-invalid")) == ("", "true")
