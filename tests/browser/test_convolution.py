"""Drag the window, in a browser."""

import re

import numpy as np
import pytest
from in_page import called, named

from cnn_course import data, explore, kernels, reference

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
GRID, SMALL = np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_the_output_is_that_of_reference(browser, channels):
    page = browser.new_page()
    called(page, "convolution")
    for shape in ((5, 7), (30, 41)):
        image, kernel = RNG.normal(size=(*shape, channels)), RNG.normal(size=(4, 3, channels))
        state = explore.convolution(image, kernel).state
        found = page.evaluate("s => [...correlate(unpack(s.image), s.kernel).values]", state)
        expected = reference.conv2d(image[None], kernel[..., None])
        np.testing.assert_allclose(found, expected.ravel(), atol=1e-5)
        again = page.evaluate("s => pack(unpack(s.image))", state)
        np.testing.assert_allclose(explore.convolution(again, kernel).image, image, atol=1e-6)
    page.close()


def shown_sum(page):
    return float(re.search(r"([−\d.]+)\.$", named(page, "sum").inner_text())[1].replace("−", "-"))


def test_flip_turns_19_into_5(opened):
    page = opened(explore.convolution(GRID, SMALL))
    assert named(page, "sum").inner_text() == "Row 0, column 0: 0·0 + 1·1 + 3·2 + 4·3 = 19."
    page.get_by_role("button", name="flip").click()
    assert named(page, "sum").inner_text() == "Row 0, column 0: 0·3 + 1·2 + 3·1 + 4·0 = 5."
    page.get_by_role("button", name="start again").click()
    assert shown_sum(page) == 19


def test_the_window_moves_by_keys_mouse_and_finger(opened):
    image, kernel = RNG.integers(-9, 10, (6, 9)), RNG.integers(-3, 4, (3, 2))
    output = reference.cross_correlate(image, kernel)
    page = opened(explore.convolution(image, kernel), has_touch=True)
    canvas = page.get_by_role("application", name=re.compile("^Image"))
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert shown_sum(page) == output[1, 2]
    page.keyboard.press("Shift+ArrowLeft")
    assert shown_sum(page) == output[1, 0]
    box = canvas.bounding_box()
    cell = box["width"] / 9
    page.mouse.move(box["x"] + 4.5 * cell, box["y"] + 2.5 * cell)  # the window is held in its middle: row 1, column 1
    page.mouse.down()
    assert shown_sum(page) == output[1, 3]
    page.mouse.move(box["x"] + 50 * cell, box["y"] + 4.5 * cell)  # the pointer may leave
    assert shown_sum(page) == output[3, 7]
    page.mouse.up()
    page.mouse.move(box["x"], box["y"])
    assert shown_sum(page) == output[3, 7]
    page.touchscreen.tap(box["x"] + 2.5 * cell, box["y"] + 3.5 * cell)
    assert shown_sum(page) == output[2, 1]


def test_pixels_weights_kernels_and_channels_can_be_changed(opened):
    page = opened(explore.convolution(GRID, SMALL))
    page.get_by_label("pixel under the window, row 0, column 0, channel 0").fill("−2,5")
    page.get_by_label("weight, row 0, column 0, channel 0").fill("2")
    assert shown_sum(page) == 19 - 5
    weight = page.get_by_label("weight, row 1, column 1, channel 0")
    weight.fill("three")
    assert weight.get_attribute("aria-invalid") == "true" and shown_sum(page) == 14
    page.get_by_role("button", name="3", exact=True).click()
    assert shown_sum(page) == 3 * 14 and page.get_by_role("application").count() == 4
    page.get_by_label("weight, row 0, column 0, channel 2").fill("0")
    assert shown_sum(page) == 3 * 14 + 5
    page.get_by_role("button", name="1", exact=True).click()
    page.get_by_role("button", name="SOBEL_X").click()
    image = GRID.astype(float)
    image[0, 0] = -2.5
    assert shown_sum(page) == reference.cross_correlate(image, kernels.SOBEL_X).item()
    page = opened(explore.convolution(SMALL, [[1]]))
    page.get_by_role("button", name="EMBOSS").click()
    assert page.get_by_role("alert").inner_text() == "The kernel does not fit: it is 3×3, the image 2×2."


def test_the_cat_in_color(opened):
    cat = data.photo("cat")
    page = opened(explore.convolution(cat, kernels.BOX_BLUR, position=(120, 200)))
    page.get_by_role("button", name="SOBEL_X").click()
    output = reference.conv2d(cat[None], np.repeat(kernels.SOBEL_X[..., None, None], 3, axis=2))[0, ..., 0]
    assert shown_sum(page) == pytest.approx(output[120, 200], abs=1e-4)
    numbers = re.findall(r"[−\d.]*\d", named(page, "statistics").inner_text().replace("±", ""))
    total, image_mean, mean, _, strong = (float(number.replace("−", "-")) for number in numbers)
    assert total == 0 and image_mean == pytest.approx(cat.mean(), abs=1e-4)
    assert mean == pytest.approx(output.mean(), abs=1e-4)
    assert strong == pytest.approx(100 * (np.abs(output) > 0.5).mean(), abs=0.06)
