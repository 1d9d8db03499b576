"""What all explorers keep in a browser: `make test-browser`."""

import re

import numpy as np
import pytest

from cnn_course import data, explore, kernels, models

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
GRID, SMALL = np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)
COLORS = "element => ['color', 'backgroundColor'].map(key => getComputedStyle(element)[key])"
NAMELESS = "all => all.filter(e => !(e.labels?.length || e.ariaLabel || e.innerText)).map(e => e.outerHTML)"
SHOWN = {
    "axis": explore.axis,
    "long axis": lambda: explore.axis(227, 11, 4, "same"),
    "numbers": lambda: explore.convolution(GRID, SMALL),
    "channels": lambda: explore.convolution(RNG.integers(0, 9, (12, 12, 3)), np.ones((3, 3))),
    "valley": explore.valley,
    "seven": lambda: explore.shift(np.eye(6), np.ones((3, 3)), wrap=False),
    "push": lambda: explore.shift(data.photo("cat").mean(axis=-1)[:200]),
    "cat": lambda: explore.convolution(data.photo("cat"), kernels.SOBEL_X),
    "units": explore.receptive_field,
    "AlexNet": lambda: explore.receptive_field(models.alexnet(width=0.125), unit=(0, 5, 226)),
    "budget": lambda: explore.alexnet(groups=4),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SHOWN)
def test_a_telephone_shows_all_of_it_in_light_and_dark(opened, name, scheme):
    page = opened(SHOWN[name](), width=360, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink, paper = page.locator(".explorer").evaluate(COLORS)
    light = [sum(map(float, re.findall(r"[\d.]+", color)[:3])) for color in (ink, paper)]
    assert (light[0] < light[1]) == (scheme == "light")
    assert page.locator("input, button, canvas").evaluate_all(NAMELESS) == []
