"""AlexNet's budget, in a browser: numbers against `models.alexnet` and `anatomy`."""

import keras
import pytest
from in_page import called, named

from cnn_course import anatomy, explore, models

pytestmark = pytest.mark.browser
SETTINGS = [
    {},
    {"groups": 1, "width": 0.125},
    {"input_size": 224, "padding": 2, "width": 0.125},
    {"input_size": 224, "padding": "same", "width": 0.125, "groups": 4},
    {"input_size": 224, "padding": (1, 1), "kernel_size": 7, "strides": 2, "width": 0.0625, "groups": 1},
    {"input_size": 67, "width": 0.21875, "groups": 2},  # halves, which Python rounds to even
    {"input_size": 100, "kernel_size": 3, "strides": 1, "width": 0.03125, "groups": 1},
]
MISSED = "all => all.filter(row => row.cells[2].innerText === 'missed').map(row => row.cells[0].innerText)"


def in_keras(explorer):
    """The same net of Keras, from that of the course."""
    variant = "one_tower" if explorer.groups == 1 else "two_tower"
    shape = (explorer.input_size, explorer.input_size, 3)
    config = models.alexnet(variant, (227, 227, 3), width=explorer.width).get_config()
    config.pop("build_input_shape", None)
    for layer in config["layers"]:
        settings = layer["config"]
        if layer["class_name"] == "InputLayer":
            settings["batch_shape"] = (None, *shape)
        if layer["class_name"] == "Dense":
            settings["kernel_initializer"] = "zeros"
        if settings["name"] == "C1":
            settings |= {"kernel_size": (explorer.kernel_size,) * 2, "strides": (explorer.strides,) * 2}
            settings["padding"] = "same" if explorer.padding == "same" else "valid"
        if settings.get("groups", 1) > 1:
            settings["groups"] = explorer.groups
        layer.pop("build_config", None)
    if isinstance(explorer.padding, tuple) and any(explorer.padding):
        frame = keras.layers.ZeroPadding2D((explorer.padding,) * 2)
        config["layers"].insert(1, keras.saving.serialize_keras_object(frame))
    return keras.Sequential.from_config(config)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_all_numbers_are_those_of_anatomy(browser, settings):
    page = browser.new_page()
    called(page, "alexnet")
    explorer = explore.alexnet(**settings)
    found, described = page.evaluate("state => budget(state)", explorer.state), anatomy.describe(in_keras(explorer))
    page.close()
    by_name = {row.name: row for row in described.rows}
    for row in found["rows"]:
        expected = by_name[row["name"]]
        assert (row["parameters"], row["macs"]) == (expected.parameters, expected.macs)
        shape = (row["filters"],) if row["dense"] else (row["side"], row["side"], row["filters"])
        assert shape == expected.output_shape and 4 * row["values"] == expected.activation_bytes
    totals = described.totals
    assert (found["parameters"], found["macs"]) == (totals.parameters, totals.macs)
    assert 4 * found["kept"] == totals.activation_bytes
    assert repr(explorer).endswith(f": {totals.parameters:,} parameters, {totals.macs:,} MACs.")


def test_numbers_of_lesson_13(opened):
    page = opened(explore.alexnet())
    sums, memory = (named(page, name).inner_text() for name in ("sums", "memory"))
    assert "60,965,224 parameters (60,954,656 weights, 10,568 biases) and 724.4 million MACs" in sums
    assert "96.2 % of the weights and 8.1 % of the MACs" in sums
    assert "698 MiB for parameters" in memory and "1,397 MiB for the outputs of 128 pictures" in memory
    assert "C1 to F8 alone 644 MiB" in memory
    assert named(page, "layer").inner_text() == (
        "C2: (27 + 4 − 5) / 1 + 1 = 27 rows and columns. Each of 256 filters has 5 · 5 · 48 weights (it reads one of 2 "
        "towers): 307,200, and a bias each. Each weight works at 27 · 27 places: 223,948,800 MACs. "
        "The pool behind it leaves 13 rows and columns."
    )


def test_which_numbers_of_the_paper_are_missed(opened):
    page = opened(explore.alexnet())
    claims, slips = page.locator(".lines").nth(1).locator("tbody tr"), ["C1: 253,440 values"]
    share = "a convolution: at most 1 % of the parameters"
    assert claims.evaluate_all(MISSED) == ["the picture: 150,528 values", *slips, share]
    page.get_by_role("button", name="224, two zeros around").click()
    assert claims.evaluate_all(MISSED) == [*slips, share]
    page.get_by_role("button", name="224 pixels").click()
    assert claims.evaluate_all(MISSED)[1:5] == [
        "C2: 186,624 values",
        "C3 and C4: 64,896 values",
        "C5: 43,264 values",
        "650,000 neurons",
    ]
    named(page, "groups").fill("1")
    assert "50,844,008 parameters" in named(page, "sums").inner_text()
    page.get_by_role("button", name="start again").click()
    named(page, "groups").fill("1")
    assert "62,378,344 parameters" in named(page, "sums").inner_text()
    missed = claims.evaluate_all(MISSED)
    assert "C2: kernels of 5×5×48" in missed and "60 million parameters" in missed
    named(page, "kernel_size").fill("7")
    assert "C1: kernels of 11×11×3, strides 4" in claims.evaluate_all(MISSED)


def test_the_towers_are_redrawn(opened):
    page = opened(explore.alexnet())
    boxes, lines = page.locator("svg rect[rx='2']"), page.locator("svg line")
    assert (boxes.count(), lines.count()) == (
        1 + 7 * 2 + 1,
        2 + 2 + 4 + 2 + 2 + 4 + 4 + 2,
    )  # they meet in C3, F6, F7, F8
    named(page, "groups").fill("1")
    assert (boxes.count(), lines.count()) == (9, 8)
    named(page, "groups").fill("4")
    assert boxes.count() == 1 + 7 * 4 + 1
    assert "27×27×256" in page.locator("svg text").all_text_contents()


def test_alexnet_by_keyboard_alone(opened):
    page = opened(explore.alexnet())
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert named(page, "input_size").input_value() == "224"
    assert "50,844,008" not in named(page, "sums").inner_text()
    for _ in range(7 + 4 + 1 + 5):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "F6: Each of 4,096 units has 5 · 5 · 256 weights" in named(page, "layer").inner_text()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_alexnet_says_what_does_not_fit(opened):
    page, alert = opened(explore.alexnet()), "[role=alert]"
    for name, value, words in (
        ("input_size", "60", "The pool behind C5 does not fit: it spans 3 of 2 rows."),
        ("input_size", "9", "The kernel of C1 does not fit: it spans 11 of 9 pixels."),
        ("groups", "3", "3 towers cannot share 96 and 256 maps in equal parts."),
    ):
        before = named(page, name).input_value()
        named(page, name).fill(value)
        assert page.locator(alert).inner_text() == words
        assert named(page, name).input_value() == value  # while it is typed, it stays
        named(page, name).blur()
        assert named(page, name).input_value() == before and page.locator(alert).inner_text() == ""
