"""Explorers in a browser, on their page without a kernel and without a network: `make test-browser`.

Nothing may be asked of another host, and nothing may be said on the console: every test here ends with this.
"""

import re
import shutil

import numpy as np
import pytest

from cnn_course import arithmetic, data, explore, kernels, reference

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
GRID, SMALL = np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)
COLORS = "element => ['color', 'backgroundColor'].map(key => getComputedStyle(element)[key])"
NAMELESS = "all => all.filter(e => !(e.labels?.length || e.ariaLabel || e.innerText)).map(e => e.outerHTML)"
LARGEST = {"kernel_size": 8, "strides": 6, "dilation_rate": 4}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail("`make test-browser` needs Chromium or Chrome on the path (Debian, Ubuntu: apt install chromium).")
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Function that opens an explorer's page, offline."""
    contexts, asked, said = [], [], []

    def open_page(explorer, width=900, **options):
        file = tmp_path / "explorer.html"
        file.write_text(explore.page(explorer), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert contexts and said == []
    assert {url for url in asked if not url.startswith("data:")} == {(tmp_path / "explorer.html").as_uri()}


def called(page, name):
    """Let the functions of a module be called from here."""
    page.evaluate("source => (0, eval)(source)", explore._module(name).replace("export default", "var explorer ="))


def named(page, name):
    return page.locator(f"[data-name={name}]")


def rows(page):
    return [[cell.strip() for cell in row.split("\t")] for row in page.locator(".lines tbody").inner_text().split("\n")]


# One axis


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


# Drag the window


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


# Both


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["axis", "long axis", "numbers", "channels", "cat"])
def test_a_telephone_shows_all_of_it_in_light_and_dark(opened, name, scheme):
    make = {
        "axis": explore.axis,
        "long axis": lambda: explore.axis(227, 11, 4, "same"),
        "numbers": lambda: explore.convolution(GRID, SMALL),
        "channels": lambda: explore.convolution(RNG.integers(0, 9, (12, 12, 3)), np.ones((3, 3))),
        "cat": lambda: explore.convolution(data.photo("cat"), kernels.SOBEL_X),
    }
    page = opened(make[name](), width=360, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink, paper = page.locator(".explorer").evaluate(COLORS)
    light = [sum(map(float, re.findall(r"[\d.]+", color)[:3])) for color in (ink, paper)]
    assert (light[0] < light[1]) == (scheme == "light")
    assert page.locator("input, button, canvas").evaluate_all(NAMELESS) == []
