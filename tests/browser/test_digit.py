"""Draw a digit, in a browser."""

import base64
import re

import numpy as np
import pytest
from in_page import called, named
from test_explore_digit import all_kinds, of_keras

from cnn_course import data, explore
from cnn_course.explore import _digit

pytestmark = pytest.mark.browser
RNG = np.random.default_rng(0)
DECODED = "net => ({ ...net, stages: net.stages.map((s) => (s.kernel ? { ...s, kernel: numbers(s.kernel) } : s)) })"
STROKES = {  # as one writes them, in shares of the frame: down, right
    0: [[(0.2, 0.5), (0.35, 0.32), (0.65, 0.32), (0.8, 0.5), (0.65, 0.68), (0.35, 0.68), (0.2, 0.5)]],
    1: [[(0.3, 0.38), (0.2, 0.5), (0.8, 0.5)]],
    2: [[(0.3, 0.33), (0.2, 0.48), (0.3, 0.65), (0.5, 0.55), (0.8, 0.32), (0.8, 0.7)]],
    3: [[(0.22, 0.35), (0.2, 0.55), (0.35, 0.62), (0.47, 0.48), (0.62, 0.65), (0.78, 0.55), (0.78, 0.35)]],
    4: [[(0.2, 0.5), (0.6, 0.3), (0.6, 0.72)], [(0.42, 0.58), (0.82, 0.55)]],
    5: [[(0.2, 0.66), (0.2, 0.38), (0.45, 0.37), (0.5, 0.6), (0.68, 0.64), (0.8, 0.5), (0.76, 0.34)]],
    6: [[(0.2, 0.58), (0.45, 0.36), (0.7, 0.36), (0.8, 0.5), (0.7, 0.64), (0.55, 0.55), (0.6, 0.38)]],
    7: [[(0.2, 0.32), (0.2, 0.68), (0.5, 0.52), (0.8, 0.42)], [(0.5, 0.4), (0.5, 0.66)]],
    8: [[(0.35, 0.62), (0.2, 0.5), (0.35, 0.38), (0.65, 0.62), (0.8, 0.5), (0.65, 0.38), (0.35, 0.62)]],
    9: [[(0.35, 0.62), (0.2, 0.5), (0.35, 0.38), (0.45, 0.5), (0.35, 0.62), (0.8, 0.56)]],
}


def computed(page, net, images):
    """What the module computes for each image, of all stages."""
    called(page, "digit")
    planes = [{"height": x.shape[0], "width": x.shape[1], "channels": 1, "values": x.ravel().tolist()} for x in images]
    run = f"([net, images]) => images.map((image) => [...through(({DECODED})(net), image).at(-1).values])"
    return np.array(page.evaluate(run, [net, planes]))


@pytest.mark.parametrize("name", ["pooled", "strided"])
def test_drawings_get_the_probabilities_of_keras(browser, name):
    page = browser.new_page()
    scribbles = RNG.random((8, 28, 28)) * (RNG.random((8, 28, 28)) < 0.3)
    images = np.concatenate([scribbles, data.load("digits").x_test[:8, ..., 0]])
    net = next(net for net in explore.digit().state["nets"] if net["name"] == name)
    expected = of_keras(name).predict(images[..., None], verbose=0)
    np.testing.assert_allclose(computed(page, net, images), expected, atol=1e-5)
    page.close()


@pytest.mark.parametrize("name", ["pools", "normalized", "nested"])
def test_a_net_of_ones_own_gives_the_numbers_of_keras(browser, name):
    page, net = browser.new_page(), all_kinds()[name]
    images = RNG.random((5, 9, 11))
    expected = net.predict(images[..., None], verbose=0)
    if name == "nested":  # ends in logits
        expected = np.exp(expected) / np.exp(expected).sum(axis=-1, keepdims=True)
    (described,) = explore.digit(net).state["nets"]
    np.testing.assert_allclose(computed(page, described, images), expected, atol=1e-5)
    page.close()


def shares(page):
    """What the table of probabilities says, a column for each net."""
    cells = page.locator(".lines td").all_inner_texts()
    return np.array(cells, float).reshape(10, -1).T


def drag(page, *places):
    """Draw through these places, each a share of height and width."""
    box = page.get_by_role("application", name=re.compile("^Drawing")).bounding_box()
    first, *others = [(box["x"] + right * box["width"], box["y"] + down * box["height"]) for down, right in places]
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place)
    page.mouse.up()


def test_ink_in_the_last_six_rows_moves_no_bar_of_the_pooled_net(opened):
    page = opened(explore.digit())
    before = shares(page)
    assert "300 pixels that pooled never reads" in page.inner_text("main")
    drag(page, (0.9, 0.05), (0.9, 0.95))  # from row 23 on, which the strided net does not read either
    after = shares(page)
    assert (after[:2] == before[:2]).all() and (after[2] != before[2]).any()
    drag(page, (0.75, 0.05), (0.75, 0.95))
    assert (shares(page) != before).any(axis=1).all()
    page.get_by_role("button", name="strided").click()
    assert f"{28**2 - 23**2} pixels that strided never reads" in page.inner_text("main")
    page.get_by_role("button", name="better recipe").click()
    assert "never reads" not in page.inner_text("main")


def test_digits_drawn_with_the_mouse_are_read(opened):
    page = opened(explore.digit())
    read = []
    for strokes in STROKES.values():
        page.get_by_role("button", name="empty").click()
        for stroke in strokes:
            drag(page, *stroke)
        read.append(shares(page).argmax(axis=1))
    right = (list(STROKES) == np.array(read).T).sum(axis=1)
    assert right[2] >= 9 and right[:2].min() >= 6, read


def test_who_draws_small_is_read_when_it_is_prepared(browser):
    page, digits = browser.new_page(), data.load("digits")
    small = np.zeros((60, 28, 28))
    small[:, 5:19, 10:24] = digits.x_test[:60, ::2, ::2, 0]
    called(page, "digit")
    run = "all => all.map((values) => [...prepared({ height: 28, width: 28, values: Float64Array.from(values) })])"
    prepared = np.array(page.evaluate(run, small.reshape(60, -1).tolist())).reshape(small.shape)
    right = []
    for net in _digit._stored()[:3]:
        answers = [_digit._answers(net, images[..., None]).argmax(axis=-1) for images in (small, prepared)]
        right.append([np.mean(said == digits.y_test[:60]) for said in answers])
    assert max(before for before, _ in right) < 0.5 and min(after for _, after in right) > 0.8, right
    assert page.evaluate("[...prepared({ height: 9, width: 9, values: new Float64Array(81) })].every((v) => v === 0)")
    page.close()


def test_push_and_turn_move_whole_pixels_exactly(browser):
    page, image = browser.new_page(), RNG.random((9, 9))
    called(page, "digit")
    run = "([values, move]) => [...moved({ height: 9, width: 9, values }, move)]"

    def moved(**by):
        move = {"down": 0, "right": 0, "turn": 0} | by
        return np.array(page.evaluate(run, [image.ravel().tolist(), move])).reshape(9, 9)

    expected = np.zeros((9, 9))
    expected[2:, :-3] = image[:-2, 3:]
    np.testing.assert_allclose(moved(down=2, right=-3), expected, atol=1e-12)
    np.testing.assert_allclose(moved(turn=90), np.rot90(image, -1), atol=1e-12)
    page.close()


def test_a_digit_is_pushed_by_a_slider_and_put_back(opened):
    page = opened(explore.digit())
    before = shares(page)
    page.get_by_role("button", name="7", exact=True).click()
    assert (shares(page).argmax(axis=1) == 7).all()
    named(page, "right").focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert "push right 6" in page.inner_text("main") and (shares(page).argmax(axis=1) != 7).any()
    page.get_by_role("button", name="put back").click()
    assert named(page, "right").input_value() == "0" and (shares(page).argmax(axis=1) == 7).all()
    page.get_by_role("button", name="9", exact=True).click()
    assert (shares(page).argmax(axis=1) == before.argmax(axis=1)).all()


def test_a_finger_draws_and_the_eraser_takes_it_away(opened):
    page = opened(explore.digit(), width=360, has_touch=True)
    page.get_by_role("button", name="empty").click()
    blank, finger = shares(page), page.context.new_cdp_session(page)
    box = page.get_by_role("application", name=re.compile("^Drawing")).bounding_box()

    def wipe(button):
        page.get_by_role("button", name=button).click()
        for kind, down in [("touchStart", 0.2), ("touchMove", 0.5), ("touchMove", 0.8)]:
            point = {"x": box["x"] + 0.5 * box["width"], "y": box["y"] + down * box["height"]}
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    wipe("empty")
    assert (shares(page).argmax(axis=1) == 1).all() and page.evaluate("scrollY") == 0
    wipe("erase")
    assert (shares(page) == blank).all()


def test_drawing_by_keyboard_alone(opened):
    page = opened(explore.digit())
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.innerText") != "empty":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    blank = shares(page)
    while not page.evaluate("(document.activeElement.ariaLabel || '').startsWith('Drawing')"):
        page.keyboard.press("Tab")
    for key in ["ArrowRight"] * 14 + ["ArrowDown"] * 5:
        page.keyboard.press(key)
    assert "Pen up, row 5, column 14." in page.inner_text("main") and (shares(page) == blank).all()
    page.keyboard.press(" ")
    for key in ["ArrowDown"] * 17:
        page.keyboard.press(key)
    assert "Pen down, row 22, column 14." in page.inner_text("main")
    assert shares(page).argmax(axis=1)[2] == 1
    page.keyboard.press(" ")
    drawn = shares(page)
    page.keyboard.press("ArrowLeft")
    assert "Pen up" in page.inner_text("main") and (shares(page) == drawn).all()


def test_a_map_shows_its_kernel_and_its_inputs(opened):
    page = opened(explore.digit())
    sheet = page.get_by_role("application", name=re.compile("^Conv2D 2: 64 maps of 11×11"))
    box = sheet.bounding_box()
    page.mouse.click(box["x"] + 3.5 * box["width"] / 16, box["y"] + 1.5 * box["height"] / 4)
    said = named(page, "map")
    assert said.inner_text().startswith("Conv2D 2, map 19: a kernel of 3×3 for each of 32 inputs")
    stage = explore.digit().state["nets"][0]["stages"][2]
    assert f"bias {stage['bias'][19]:.2f}".replace("-", "−") in said.inner_text()
    sheet.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert said.inner_text().startswith("Conv2D 2, map 34:")
    maps = [f"input {c}" for c in range(32)]
    shown = page.get_by_role("img").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert len(set(maps) & set(shown)) == 8 and shown.count("kernel") == 8


def test_what_python_sets_is_shown(browser):
    page, state = browser.new_page(), explore.digit().state
    called(page, "digit")
    digit = np.frombuffer(base64.b64decode(state["examples"]), np.uint8)[4 * 784 : 5 * 784] / 255
    run = """([state, values]) => {
        const model = standIn(state);
        explorer.render({ model, el: document.body });
        model.set("image", { shape: [28, 28, 1], values });
    }"""
    page.evaluate(run, [state, digit.tolist()])
    assert named(page, "answers").inner_text() == "pooled reads 4, strided reads 4, better recipe reads 4."
    page.close()
