"""Click a unit, in a browser: numbers against `anatomy`, `reference` and lesson 09."""

import re
from functools import partial

import keras
import numpy as np
import pytest
from in_page import called, named, rows

from cnn_course import anatomy, arithmetic, explore, models, reference
from cnn_course.anatomy import graph

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
POOLED = [(3, 1, "valid", 1, "conv"), (2, 2, "valid", 1, "pool")] * 3
TRACE = "state => trace(state).maps"
SEEN = """state => { const { maps } = trace(state); return maps.map(({ n }, layer) =>
  Array.from({ length: n }, (_, position) => range(paths(maps, layer, [position])[0]))); }"""
PATHS = "([state, layer, positions]) => paths(trace(state).maps, layer, positions).map(counts => [...counts])"


def random_net():
    size = left = int(RNG.integers(12, 36))
    net = keras.Sequential([keras.Input((size, size, 1))])
    while len(net.layers) < 4:
        kernel_size, strides, rate = (int(RNG.integers(1, most)) for most in (6, 4, 4))
        if (kernel_size - 1) * 3 + 1 > left:
            break
        options = {"strides": strides, "padding": ["valid", "same"][RNG.integers(2)]}
        if options["padding"] == "valid" and RNG.integers(2):
            net.add(keras.layers.ZeroPadding2D(int(RNG.integers(1, 3))))
        dilation = {"dilation_rate": rate if strides == 1 else 1}  # Keras wants one of them to be 1
        of = keras.layers.MaxPooling2D if RNG.integers(2) else partial(keras.layers.Conv2D, 1, **dilation)
        net.add(of(kernel_size, **options))
        left = net.output_shape[1]
    return net


def windows(layers):
    """A kernel of ones and the options of `reference` for each layer: sums count paths."""
    for kernel_size, strides, padding, dilation_rate, _ in layers:
        frame = padding if isinstance(padding, str) else (padding, padding)
        options = {"strides": strides, "padding": frame, "dilation_rate": dilation_rate}
        yield np.ones((kernel_size, kernel_size, 1, 1), int), options


def paths_up(picture, layers):
    maps = [picture[None, ..., None]]
    for kernel, options in windows(layers):
        maps.append(reference.conv2d(maps[-1], kernel, **options))
    return maps


def paths_down(values, layers, maps):
    for below, (kernel, options) in reversed(list(zip(maps, windows(layers), strict=False))):
        values = reference.conv2d_gradients(below, kernel, values, **options)[0]
    return values[0, ..., 0]


def one_of(shape, row, column):
    values = np.zeros(shape, int)
    values[row, column] = 1
    return values


def test_fields_are_those_of_anatomy_and_paths_those_of_reference(browser):
    page = browser.new_page()
    called(page, "receptive_field")
    counted = 0
    for _ in range(25):
        net = random_net()
        explorer = explore.receptive_field(net)
        state, layers, size = explorer.state, explorer.layers, net.input_shape[1]
        maps, ranges = page.evaluate(TRACE, state), page.evaluate(SEEN, state)
        steps = [step for step in graph.follow(net) if not isinstance(step.operation, keras.layers.ZeroPadding2D)]
        described = [row for row in anatomy.describe(net).rows if row.kind != "ZeroPadding2D"]
        for found, pairs, row, step in zip(maps, ranges, described, steps, strict=True):
            assert (found["n"], found["size"], found["jump"]) == (row.output_shape[0], row.receptive_field, row.jump)
            (axes,) = step.fields.values()
            assert pairs == [[pair[0], pair[1] - 1] if pair else [-1, -1] for pair in axes[0].seen]
        last, (row, column), (y, x) = maps[-1]["n"], *RNG.integers((maps[-1]["n"], size), size=(2, 2)).T.tolist()
        down, across = (page.evaluate(PATHS, [state, len(layers), [at]])[0] for at in (row, column))
        sums = paths_up(np.ones((size, size), int), layers)
        below = paths_down(one_of((last, last), row, column)[None, ..., None], layers, sums)
        np.testing.assert_array_equal(np.outer(down, across), below)
        up, along = (page.evaluate(PATHS, [state, 0, [at]])[-1] for at in (y, x))
        above = paths_up(one_of((size, size), y, x), layers)[-1]
        np.testing.assert_array_equal(np.outer(up, along), above[0, ..., 0])
        never = int((paths_down(np.ones_like(sums[-1]), layers, sums) == 0).sum())
        assert repr(explorer).endswith(f"; {never} pixels are never read.")
        counted += len(layers)
    page.close()
    assert counted > 50


def test_starts_are_those_of_arithmetic(browser):
    page = browser.new_page()
    called(page, "receptive_field")
    layers = [(11, 4, 0, 1), (3, 2, 0, 1), (5, 1, 2, 1), (3, 2, 0, 1), (3, 1, (1, 0), 2)]
    found = page.evaluate(TRACE, explore.receptive_field(layers, 227).state)[1:]
    expected = [(field.size, field.jump, field.start) for field in arithmetic.receptive_field(layers)]
    assert [(one["size"], one["jump"], one["start"]) for one in found] == expected
    page.close()


def test_the_nets_to_choose_are_those_of_the_course():
    nets = explore.receptive_field.constants["nets"]
    for name, model in (("11: three pools", models.pooled_cnn()), ("12: strides", models.strided_cnn())):
        assert nets[name] == [28, explore.receptive_field(model).state["layers"]]
    assert nets["13: AlexNet"] == [227, explore.receptive_field(models.alexnet(width=0.125)).state["layers"]]
    lenet = explore.receptive_field(models.lenet5()).state["layers"]  # 28 pixels and a frame of two
    assert nets["11: LeNet-5"] == [32, [[5, 1, "valid", 1, "conv1"], *lenet[1:]]]


@pytest.mark.parametrize(("depth", "size", "part", "share"), [(5, 11, 9, 67), (10, 21, 13, 38), (20, 41, 17, 17)])
def test_the_part_that_counts_is_that_of_lesson_09(opened, depth, size, part, share):
    page = opened(explore.receptive_field([(3, 1, "valid", 1)] * depth, size))
    assert f"sees {size}×{size} pixels: rows 0 to {size - 1}," in named(page, "unit").inner_text()
    words = f"95 % of the paths begin in the middle {part}×{part}, {share} % of the area."
    assert words in named(page, "unit").inner_text()


def test_size_jump_and_start_of_lesson_09(opened):
    page = opened(explore.receptive_field(unit=(3, 1, 5)))
    assert named(page, "unit").inner_text() == (
        "Row 1, column 5 of conv2 sees 8×8 pixels: rows 0 to 6 (-1 to 6: 1 of them padding), columns 7 to 14. "
        "It reads 56 of them; 95 % of the paths begin in the middle 8×8, 100 % of the area."
    ).replace("-", "−")
    assert [row[3:] for row in rows(page)] == [["1", "1", "0.5"], ["3", "1", "0.5"], ["4", "2", "1"], ["8", "2", "1"]]
    formula = "Size 4 + (3 − 1) · 2 = 8, jump 2 · 1 = 2, start 1 + ((3 − 1)/2 − 1) · 2 = 1."
    assert named(page, "formula").inner_text() == f"{formula} Value 1 sees from 1 + 1 · 2 − 8/2 = −1."
    page.get_by_role("button", name="09: dilation").click()
    assert "It reads 961" not in named(page, "unit").inner_text()
    page = opened(explore.receptive_field([(3, 1, "valid", 2)] * 2, 20))
    assert "sees 9×9 pixels" in named(page, "unit").inner_text()
    assert "It reads 25 of them" in named(page, "unit").inner_text()


def test_pixels_that_lesson_11_never_reads(opened):
    page = opened(explore.receptive_field(POOLED, 28))
    assert "484 of 784 pixels; 300 are never read" in named(page, "unread").inner_text()
    for size, never in ((22, 0), (29, 357), (30, 0), (32, 124)):
        named(page, "input_size").fill(str(size))
        assert named(page, "unread").inner_text().endswith(f"; {never} are never read.")
    named(page, "input_size").fill("21")
    assert page.get_by_role("alert").inner_text() == "pool does not fit: its kernel spans 2 of 1 pixel."
    named(page, "input_size").blur()
    assert named(page, "input_size").input_value() == "32" and page.get_by_role("alert").inner_text() == ""
    page.get_by_role("button", name="11: LeNet-5").click()
    assert "1,024 of 1,024 pixels; 0 are never read" in named(page, "unread").inner_text()


def test_a_pixel_says_who_sees_it(opened):
    page = opened(explore.receptive_field(POOLED, 28, unit=(0, 27, 0)))
    assert named(page, "unit").inner_text() == (
        "Row 27, column 0 of the picture is seen by 1 of conv, 1 of pool, 1 of conv, 0 of pool, 0 of conv, 0 of pool."
    )
    picture = page.get_by_role("application", name=re.compile("^picture"))
    box = picture.bounding_box()
    picture.click(position={"x": 5.5 * box["width"] / 28, "y": 9.5 * box["height"] / 28})
    assert named(page, "unit").inner_text().startswith("Row 9, column 5 of the picture is seen by 9 of conv, 4 of pool")


def test_units_by_keyboard_mouse_and_finger(opened):
    page = opened(explore.receptive_field(), has_touch=True)
    for _ in range(8):
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert named(page, "input_size").input_value() == "27"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert named(page, "input_size").input_value() == "28"
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert named(page, "unit").inner_text().startswith("Row 7, column 8 of conv2 sees")
    page.keyboard.press("Shift+ArrowUp")
    assert named(page, "unit").inner_text().startswith("Row 0, column 8 of conv2 sees")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    pool = page.get_by_role("application", name=re.compile("^pool1"))
    box = pool.bounding_box()
    page.touchscreen.tap(box["x"] + 3.5 * box["width"] / 14, box["y"] + 2.5 * box["height"] / 14)
    assert named(page, "unit").inner_text().startswith("Row 2, column 3 of pool1 sees 4×4 pixels: rows 3 to 6,")
    page.mouse.move(box["x"] + 4.5 * box["width"] / 14, box["y"] + 2.5 * box["height"] / 14)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 2.5 * box["height"] / 14)
    page.mouse.up()
    assert named(page, "unit").inner_text().startswith("Row 2, column 13 of pool1")


def test_a_stack_can_be_built(opened):
    page = opened(explore.receptive_field([(3, 1, "valid", 1)], 20))
    page.get_by_role("button", name="add one behind").click()
    assert [row[:4] for row in rows(page)][1:] == [["layer 1", "18×18", "3×3", "3"], ["layer 2", "18×18", "3×3", "5"]]
    named(page, "strides").fill("2")
    named(page, "kernel_size").fill("5")
    assert rows(page)[2] == ["layer 2", "9×9", "5×5 by 2", "7", "2", "2.5"]
    page.get_by_role("button", name="valid").click()
    assert rows(page)[2] == ["layer 2", "7×7", "5×5 by 2", "7", "2", "3.5"]
    named(page, "kernel_size").fill("0")
    assert named(page, "kernel_size").get_attribute("aria-invalid") == "true" and rows(page)[2][2] == "5×5 by 2"
    page.get_by_role("button", name="layer 1", exact=True).click()
    page.get_by_role("button", name="remove it").click()
    assert [row[2] for row in rows(page)] == ["", "5×5 by 2"]
    page.get_by_role("button", name="remove it").click()
    assert len(rows(page)) == 2


def test_a_unit_that_reads_nothing_but_padding(opened):
    page = opened(explore.receptive_field([(3, 1, 4, 1), (2, 1, 0, 1)], 6, unit=(2, 0, 5)))
    assert named(page, "unit").inner_text() == (
        "Row 0, column 5 of layer 2 sees 4×4 pixels: rows only padding, columns 1 to 4. It reads 0 of them."
    )


def test_fields_beyond_all_pixels_are_as_large_as_python_allows(opened):
    layers = [(64, 64, 32, 1)] * 8  # 64**8 is 2**48
    page = opened(explore.receptive_field(layers, 64))
    assert rows(page)[-1][4] == f"{64**8}"
    page.get_by_role("button", name="add one behind").click()
    assert page.get_by_role("alert").inner_text() == "" and len(rows(page)) == 10
