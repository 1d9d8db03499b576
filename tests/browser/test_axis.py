"""One axis, in a browser."""

import numpy as np
import pytest
from in_page import called, named, rows

from cnn_course import arithmetic, explore, reference

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
LARGEST = {"kernel_size": 8, "strides": 6, "dilation_rate": 4}


def test_axis_counts_as_arithmetic_and_reference_do(browser):
    page = browser.new_page()
    called(page, "axis")
    fitted = 0
    for _ in range(200):
        settings = {name: int(RNG.integers(1, most)) for name, most in LARGEST.items()}
        n, frame = int(RNG.integers(1, 40)), RNG.integers(0, 4, 2).tolist()
        padding = ["valid", "same", frame][RNG.integers(3)]
        found = page.evaluate("settings => layout(settings)", settings | {"n": n, "padding": padding})
        assert [found["before"], found["after"]] == list(arithmetic.padding_amounts(n, padding=padding, **settings))
        try:
            size = arithmetic.output_size(n, padding=padding, **settings)
        except ValueError:
            assert found["outputs"] == 0
            continue
        fitted += 1
        assert found["outputs"] == size
        kernel_size, steps = settings.pop("kernel_size"), {name: (1, settings[name]) for name in settings}
        sides = ((0, 0), (found["before"], found["after"]))
        image, kernel = np.arange(1, n + 1).reshape(1, 1, n, 1), np.ones((1, kernel_size, 1, 1), int)
        sums = reference.conv2d(image, kernel, padding=sides, **steps)
        np.testing.assert_array_equal(found["sums"], sums.ravel())
        uses = reference.conv2d_gradients(image, kernel, np.ones_like(sums), padding=sides, **steps)[0]
        np.testing.assert_array_equal(found["uses"], uses.ravel())
    page.close()
    assert fitted > 100


def test_axis_shows_what_same_does_on_an_even_size(opened):
    page = opened(explore.axis())
    assert rows(page) == [
        ["valid", "0, 0", "1, 3", "2", "6, 12"],
        ["same", "0, 1", "1, 3, 5", "3", "6, 12, 11"],
        ["PyTorch's padding=1", "1, 1", "a zero, 2, 4", "3", "3, 9, 15"],
    ]
    assert "1 zero missing, and it goes to the end." in named(page, "why").inner_text()
    assert "as many outputs, but its windows begin 1 pixel earlier" in named(page, "why").inner_text()
    page.get_by_role("button", name="PyTorch's padding=1").click()
    assert named(page, "window").inner_text() == "Window 0 reads 0 + 1 + 2 = 3."
    assert "remainder 1; 2 + 1 = 3 outputs" in named(page, "formula").inner_text()
    page.get_by_role("button", name="7 pixels", exact=True).click()
    page.get_by_role("button", name="same").click()
    assert rows(page)[1][1:] == rows(page)[2][1:] == ["1, 1", "a zero, 2, 4, 6", "4", "3, 9, 15, 13"]
    page.get_by_role("button", name="227 pixels").click()
    assert [row[3] for row in rows(page)] == ["55", "57", "55"]


def test_axis_names_the_pixels_that_are_dropped(opened):
    page = opened(explore.axis(n=8, kernel_size=3, strides=3, padding="valid"))
    assert "remainder 2" in named(page, "formula").inner_text()
    assert "Pixels that no window reads: 7, 8." in named(page, "rest").inner_text()
    page = opened(explore.axis(n=7, kernel_size=2, strides=3, padding="valid"))
    assert "Pixels that no window reads: 3, 6, 7." in named(page, "rest").inner_text()


def test_axis_by_keyboard_alone(opened):
    page = opened(explore.axis())
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    assert named(page, "n").input_value() == "7" and rows(page)[1][1] == "1, 1"
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")  # zeros after
    assert named(page, "after").input_value() == "2"
    assert "frame of your own: 1 before and 2 after" in page.inner_text("main")
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("[aria-pressed=true]").all_inner_texts() == ["7 pixels", "valid"]
    for _ in range(3):
        page.keyboard.press("Tab")
    for key, window in (("ArrowDown", 1), ("End", 2), ("ArrowRight", 2), ("ArrowUp", 1), ("Home", 0)):
        page.keyboard.press(key)
        assert named(page, "window").inner_text().startswith(f"Window {window} reads")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_axis_says_when_the_kernel_does_not_fit(opened):
    page = opened(explore.axis(padding="valid"))
    named(page, "n").fill("2")
    assert page.get_by_role("alert").inner_text() == "The kernel does not fit: it spans 3 of 2 pixels."
    assert named(page, "n").get_attribute("aria-invalid") == "true"
    page.keyboard.press("Tab")
    assert named(page, "n").input_value() == "6" and page.get_by_role("alert").inner_text() == ""
