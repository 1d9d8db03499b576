"""Push the picture, in a browser."""

import keras
import numpy as np
import pytest
from in_page import called, named, rows

from cnn_course import data, explore, kernels, reference

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
SEVEN = np.array([list(map(float, row)) for row in ("000000", "111110", "000010", "000100", "001000", "000000")])
FLAT_LINE = [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]


def by_keras(explorer):
    """The maps before and after, with the layers of Keras."""
    kernel, strides, (height, width, _) = explorer.kernel[..., None], explorer.strides, explorer.image.shape
    mode, more = ("wrap", 1) if explorer.wrap else ("constant", 0)
    wide = np.pad(explorer.image, ((2 * height, 2 * height), (2 * width, 2 * width), (0, 0)), mode=mode)
    rows, columns = height + more * (len(kernel) - 1), width + more * (kernel.shape[1] - 1)
    starts = [(2 * height - down, 2 * width - right) for down, right in ((0, 0), explorer.by)]
    pictures = [wide[top : top + rows, left : left + columns] for top, left in starts]
    answers = keras.ops.conv(np.array(pictures), kernel)
    return {
        "all answers": answers,
        "max pool": keras.layers.MaxPooling2D(strides, dtype="float64")(answers),
        "average pool": keras.layers.AveragePooling2D(strides, dtype="float64")(answers),
        "strides": keras.ops.conv(np.array(pictures), kernel, strides=strides),
    }


def test_maps_are_those_of_keras_and_of_numpy(browser):
    page = browser.new_page()
    called(page, "shift")
    script = """state => {
      const image = unpack(state.image), before = mapsOf(image, state);
      const found = compare(before, mapsOf(push(image, state.by, state.wrap), state), state);
      const list = ({ values }) => [...values];
      return found.map((o, i) => ({ ...o, was: list(before[i]), now: list(o.now), change: list(o.change) }));
    }"""
    for case in range(60):
        shape, kernel = RNG.integers(4, 15, 2), RNG.normal(size=RNG.integers(1, 4, 2))
        image = RNG.normal(size=shape) if case % 2 else RNG.integers(0, 2, shape)
        by = [int(RNG.integers(1 - size, size)) for size in shape]
        explorer = explore.shift(image, kernel, int(RNG.integers(1, 3)), by, wrap=bool(case % 3))
        expected = by_keras(explorer)
        least = 1e-6 * np.abs(expected["all answers"]).max()
        for one in page.evaluate(script, explorer.state):
            was, now = explorer.maps[one["name"]]
            np.testing.assert_allclose(np.asarray(expected[one["name"]])[..., 0], [was, now], atol=1e-5)
            np.testing.assert_allclose([one["was"], one["now"]], [was.ravel(), now.ravel()], atol=1e-9)
            np.testing.assert_allclose(one["change"], (now - was).ravel(), atol=1e-9)
            assert (one["same"], one["count"]) == ((np.abs(was - now) <= least).sum(), was.size)
            np.testing.assert_allclose(one["means"], [was.mean(), now.mean()], atol=1e-9)
            np.testing.assert_allclose(one["largest"], [was.max(), now.max()], atol=1e-9)
            if was.std() > 1e-6 and now.std() > 1e-6:
                assert one["alike"] == pytest.approx(np.corrcoef(was.ravel(), now.ravel())[0, 1], abs=1e-6)
            step = np.array(by) // (1 if one["name"] == "all answers" else explorer.strides)
            whole = one["name"] == "all answers" or not np.any(np.array(by) % explorer.strides)
            if explorer.wrap and whole:
                assert one["moved"] == (np.abs(np.roll(was, step, axis=(0, 1)) - now) <= least).sum()
            assert (one["moved"] is not None) == whole
    page.close()


def test_the_pool_finds_the_pushed_line_and_strides_do_not(opened):
    page = opened(explore.shift(SEVEN, FLAT_LINE, by=(0, 0), wrap=False))
    assert [row[0] for row in rows(page)] == ["all answers", "max pool", "average pool", "strides"]
    assert [row[1] for row in rows(page)] == ["16 of 16", "4 of 4", "4 of 4", "4 of 4"]
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowDown")
    assert [row[4] for row in rows(page)] == ["6 → 6", "6 → 6", "1.25 → 1.5", "6 → −2"]
    assert [row[1] for row in rows(page)] == ["1 of 16", "3 of 4", "0 of 4", "0 of 4"]
    assert "1 pixel down, 0 pixels right. That is not a multiple of the strides, 2" in named(page, "said").inner_text()


def test_the_edges_of_lesson_7(opened):
    edges = np.abs(reference.cross_correlate(data.photo("cat").mean(axis=-1), kernels.SOBEL_X))[:192, :384]
    page = opened(explore.shift(edges, by=(0, -1)))
    assert [row[3] for row in rows(page)] == ["0.55", "0.85", "0.82", "0.55"]


def test_it_is_pushed_by_mouse_finger_and_keys(opened):
    page = opened(explore.shift(RNG.integers(0, 9, (6, 9))), has_touch=True)
    at = lambda: tuple(int(named(page, way).input_value()) for way in ("down", "right"))  # noqa: E731
    picture = page.get_by_role("application")
    box = picture.bounding_box()
    cell = box["width"] / 9
    page.touchscreen.tap(box["x"] + 4.5 * cell, box["y"] + 2.5 * cell)
    assert at() == (0, 1)
    page.mouse.move(box["x"] + 4.5 * cell, box["y"] + 2.5 * cell)
    page.mouse.down()
    page.mouse.move(box["x"] + 6.5 * cell, box["y"] + 1.5 * cell)
    assert at() == (-1, 3)
    page.mouse.move(box["x"] + 50 * cell, box["y"] + 1.5 * cell)  # not farther than its side
    page.mouse.up()
    assert at() == (-1, 8)
    page.mouse.move(box["x"], box["y"])
    assert at() == (-1, 8)
    page.get_by_role("button", name="push back").click()
    page.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    assert at() == (2, -1) and page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Shift+ArrowUp")
    assert at() == (-5, -1)


def test_pushed_by_the_strides_only_borders_change(opened):
    page = opened(explore.shift(RNG.integers(1, 9, (8, 8)), np.ones((3, 3)), strides=4, by=(0, 0)))
    page.get_by_label("right").fill("4")
    assert "multiple of the strides, 4: the maps move by whole places, and nothing else" in page.inner_text("main")
    assert [row[2] for row in rows(page)] == ["64 of 64", "4 of 4", "4 of 4", "4 of 4"]
    page.get_by_role("button", name="what leaves").click()
    assert "only at the borders there is more that changes" in page.inner_text("main")
    named(page, "strides").fill("99")
    assert named(page, "strides").get_attribute("aria-invalid") == "true"
