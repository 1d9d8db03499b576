"""The valley, in a browser."""

import re

import keras
import numpy as np
import pytest
from in_page import called, named, rows

from cnn_course import explore

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
OPTIMIZERS = {
    "SGD": keras.optimizers.SGD,
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "Adam": lambda rate: keras.optimizers.Adam(rate, epsilon=1e-7),
}


def any_valley(rule):
    """Settings at random, with a rate that comes nearer."""
    turn, (least, most) = RNG.uniform(0, np.pi), np.sort(10 ** RNG.uniform(-1.5, 1.5, 2))
    ways = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = ways @ np.diag([most, least]) @ ways.T
    matrix[0, 1] = matrix[1, 0]
    best, start = RNG.uniform(-2, 2, (2, 2))
    # in float64, too, Keras corrects with a 0.999 of float32, which makes its long steps differ in the fifth digit
    rate = RNG.uniform(0.003, 0.03) if rule == "Adam" else RNG.uniform(0.01, 1.9) / most
    return explore.valley(matrix, best, start, rule, rate, steps=int(RNG.integers(1, 60)))


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_the_path_is_that_of_keras_and_of_numpy(browser, rule):
    page = browser.new_page()
    called(page, "valley")
    for _ in range(12):
        valley = any_valley(rule)
        found = page.evaluate("state => descend(state)", valley.state)
        np.testing.assert_allclose(found, valley.path, atol=1e-9)
        weights = keras.Variable(np.array(valley.start), dtype="float64")
        optimizer = OPTIMIZERS[rule](valley.rate)
        for at in found:
            np.testing.assert_allclose(at, np.asarray(weights), atol=1e-5)
            gradient = valley.curvature @ (np.asarray(weights) - valley.best)
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
    page.close()


def test_factors_are_those_of_the_steps(browser):
    page = browser.new_page()
    called(page, "valley")
    for _ in range(20):
        valley = any_valley("SGD")
        found = page.evaluate("state => directions(state)", valley.state)
        values, ways = np.linalg.eigh(valley.curvature)
        np.testing.assert_allclose([one["value"] for one in found], values[::-1], rtol=1e-9)
        for one, way in zip(found, ways.T[::-1], strict=True):
            assert abs(np.dot(one["way"], way)) == pytest.approx(np.linalg.norm(one["way"]))
            valley.start, valley.steps = np.add(valley.best, one["way"]), 1
            np.testing.assert_allclose(np.subtract(valley.path[1], valley.best), one["factor"] * np.array(one["way"]))
        valley.rule = "momentum"
        for one in page.evaluate("state => directions(state)", valley.state):
            step = [[1.9 - valley.rate * one["value"], -0.9], [1, 0]]  # of two errors, this one and the last
            assert one["factor"] == pytest.approx(np.abs(np.linalg.eigvals(step)).max(), abs=1e-6)
    page.close()


def test_it_tips_at_a_thirtieth(opened):
    page = opened(explore.valley(steps=0))
    assert "SGD tips at 2 / 60 = 0.0333, momentum (0.9) at 3.8 / 60 = 0.0633" in named(page, "tips").inner_text()
    assert "Fastest of SGD is 2 / (60 + 12) = 0.0278: both factors are 0.667" in named(page, "tips").inner_text()
    ends = {"0.03": "−0.8; it jumps across and comes nearer", "0.035": "−1.1; it jumps across and flies away"}
    for rate, end in ends.items():
        named(page, "rate").fill(rate)
        first = f"Curvature 60, along [1, 1]: a step leaves 1 − {rate} · 60 = {end}."
        assert first in named(page, "factors").inner_text()
    page.get_by_role("button", name="at the tip").click()
    assert "= −1; it jumps across and stays as far away." in named(page, "factors").inner_text()
    for steps, weights in (("97", "[0.3, −1.7]"), ("98", "[1.7, −0.3]"), ("99", "[0.3, −1.7]")):
        named(page, "steps").fill(steps)
        assert rows(page)[0][2] == weights


def test_all_three_rules_stand_side_by_side(opened):
    page = opened(explore.valley(steps=10))
    assert named(page, "path").inner_text().startswith("After 10 steps of SGD: weights [1.06, −0.91], loss 0.341, ")
    page.get_by_role("button", name="lesson 10").click()
    for _ in range(3):
        page.get_by_role("button", name="step", exact=True).click()
    named(page, "steps").fill("60")
    assert [row[1] for row in rows(page)] == ["2", "3.8", "never"]
    assert [round(float(row[4]), 2) for row in rows(page)[:2]] == [0.34, 0.05]
    page.get_by_role("button", name="Adam").click()
    named(page, "rate").fill("0.1")
    assert round(float(rows(page)[2][4]), 2) == 0.05
    assert "the first one moves each weight by 0.1" in named(page, "factors").inner_text()


def test_the_valley_by_keyboard_alone(opened):
    page = opened(explore.valley(steps=0), reduced_motion="reduce")
    press = page.keyboard.press
    for _ in range(7):
        press("Tab")
    assert page.evaluate("document.activeElement.dataset.name") == "slider"
    press("ArrowRight")
    assert named(page, "rate").input_value() == "0.0301"
    press("Tab")
    press("ArrowUp")
    assert named(page, "path").inner_text().startswith("After 1 step of SGD")
    for key in ("Tab", "Enter", "Tab", "Enter"):  # a step, and a run, which must not move
        press(key)
    assert named(page, "steps").input_value() == "60"
    press("Enter")
    assert named(page, "steps").input_value() == "100"
    for key in ("Tab", "Enter", "Tab", "ArrowUp", "Shift+ArrowLeft"):
        press(key)
    assert named(page, "steps").input_value() == "0"
    shown = re.search(r"\[(.+), (.+)\], loss", named(page, "path").inner_text().replace("−", "-"))
    first, second = map(float, shown.groups())
    assert first < 0 and second > 0.9
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_start_goes_where_the_pointer_is(opened):
    page = opened(explore.valley(steps=0), has_touch=True)
    box = page.get_by_role("application").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "weights [1, −1], loss 0," in named(page, "path").inner_text()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.up()
    assert re.search(r"weights \[[23]\.\d+, −1\]", named(page, "path").inner_text())


def test_a_run_can_be_paused(opened):
    from playwright.sync_api import expect

    page = opened(explore.valley(steps=0))
    steps = named(page, "steps")
    page.get_by_role("button", name="run").click()
    expect(steps).not_to_have_value(re.compile("^[012]$"))
    page.get_by_role("button", name="pause").click()
    at = int(steps.input_value())
    page.wait_for_timeout(200)
    assert 2 < int(steps.input_value()) == at < 60
    page.get_by_role("button", name="run").click()
    expect(steps).to_have_value("60", timeout=20_000)
    expect(page.get_by_role("button", name="run")).to_be_visible()


def test_what_flies_away_still_is_drawn(opened):
    page = opened(explore.valley(rate=0.33, steps=100, rule="momentum"))
    assert "flies away" in named(page, "factors").inner_text()
    assert "NaN" not in page.inner_text("main") and "NaN" not in page.locator("svg").inner_html()
    page.get_by_label("learning rate").fill("0.4")
    assert page.get_by_label("learning rate").get_attribute("aria-invalid") == "true"
