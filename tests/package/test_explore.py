"""Explorers without a browser: what they refuse, their state, their text, their page, and their live widget."""

import json
import re

import keras
import numpy as np
import pytest

from cnn_course import explore, kernels, reference

RNG = np.random.default_rng(0)
GRID, SMALL = np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)
MAKE = {
    "alexnet": explore.alexnet,
    "axis": explore.axis,
    "convolution": lambda: explore.convolution(GRID, SMALL),
    "digit": explore.digit,
    "receptive_field": explore.receptive_field,
    "shift": lambda: explore.shift(GRID, SMALL),
    "valley": explore.valley,
}
V, T = ValueError, TypeError
REFUSED = [
    ("axis", "n", 0, V, "`n` must be at least 1. Received: n=0"),
    ("axis", "n", 513, V, "`n` must be at most 512. Received: n=513"),
    ("axis", "n", 2, V, "The kernel does not fit.* input_size=2, padding='valid'"),
    ("axis", "kernel_size", 2.0, T, r"`kernel_size` must be an integer. Received: kernel_size=2.0 \(float\)"),
    ("axis", "strides", True, T, r"`strides` must be an integer. Received: strides=True"),
    ("axis", "strides", 65, V, "`strides` must be at most 64"),
    ("axis", "dilation_rate", 0, V, "`dilation_rate` must be at least 1"),
    ("axis", "padding", "vaild", V, "`padding` must be \"valid\", .* Received: padding='vaild'"),
    ("axis", "padding", (0, -1), V, "`padding` must be at least 0. Received: padding=-1"),
    ("axis", "padding", 65, V, "`padding` must be at most 64"),
    ("convolution", "image", "cat", T, "`image` must hold real numbers. Received: image='cat'"),
    ("convolution", "image", np.ones(3), V, r"`image` must have 2 or 3 axes. Received: image of shape \(3,\)"),
    ("convolution", "image", np.ones((3, 3, 4)), V, r"at most 3 channels .* Received: image of shape \(3, 3, 4\)"),
    ("convolution", "image", np.ones((601, 600)), V, "at most .* 360,000 pixels"),
    ("convolution", "image", [[1, np.nan], [1, 2]], V, "`image` must be finite. Received: image with 1 that are not"),
    (
        "convolution",
        "kernel",
        np.ones((4, 1)),
        V,
        r"`kernel` must be at most 3×3 .* kernel of shape \(4, 1, 1\)",
    ),
    ("convolution", "kernel", np.ones((2, 2, 3)), V, r"have 1 or 1 channels. Received: kernel of shape \(2, 2, 3\)"),
    ("convolution", "flip", 1, T, r"`flip` must be True or False. Received: flip=1 \(int\)"),
    ("convolution", "position", 1, T, r"`position` must be a pair \(row, column\). Received: position=1"),
    ("convolution", "position", (0, 2), V, "`position` must be at most 1"),
    ("convolution", "position", (0.0, 1), T, "`position` must be an integer. Received: position=0.0"),
    ("alexnet", "input_size", 0, V, "`input_size` must be at least 1"),
    ("alexnet", "input_size", 60, V, "The kernel does not fit.* kernel_size=3, input_size=2"),
    ("alexnet", "kernel_size", 1.5, T, "`kernel_size` must be an integer"),
    ("alexnet", "strides", 0, V, "`strides` must be at least 1"),
    ("alexnet", "padding", "smae", V, "`padding` must be \"valid\", .* Received: padding='smae'"),
    ("alexnet", "width", 0, V, "`width` must be a finite number above 0 and of at most 4. Received: width=0"),
    ("alexnet", "width", "wide", T, "`width` must be a number. Received: width='wide'"),
    ("alexnet", "groups", 3, V, "`groups` must divide `in_channels` and `filters`. Received: groups=3"),
    ("alexnet", "groups", 5, V, "`groups` must be at most 4. Received: groups=5"),
    ("alexnet", "batch", 0, V, "`batch` must be at least 1. Received: batch=0"),
    ("receptive_field", "layers", 3, T, r"`layers` must be .* a list of 1 to 32 layers. Received: layers=3 \(int\)"),
    ("receptive_field", "layers", [], V, "`layers` must be .* a list of 1 to 32 layers. Received: layers=\\[\\]"),
    ("receptive_field", "layers", [(1, 1, 0, 1)] * 33, V, "`layers` must be .* a list of 1 to 32 layers"),
    ("receptive_field", "layers", [3], T, r"A layer must be \(kernel_size, strides, padding, dilation_rate\)"),
    ("receptive_field", "layers", [(3, 1, 0)], V, "A layer must have four parts"),
    ("receptive_field", "layers", [(3, 1, 0, 1, 7)], T, r"The name of a layer must be a str. Received: name=7 \(int\)"),
    ("receptive_field", "layers", [(65, 1, 0, 1)], V, "`kernel_size` must be at most 64"),
    ("receptive_field", "layers", [(3, 2, 0, 1)] * 4, V, "The kernel does not fit.* input_size=2"),
    ("receptive_field", "input_size", 2, V, "The kernel does not fit"),
    ("receptive_field", "input_size", 513, V, "`input_size` must be at most 512. Received: input_size=513"),
    ("receptive_field", "unit", (1, 2), T, r"`unit` must be a triple \(layer, row, column\). Received: unit=\(1, 2\)"),
    ("receptive_field", "unit", (4, 0, 0), V, "`unit` must be at most 3. Received: unit=4"),
    ("receptive_field", "unit", (3, 0, 14), V, "`unit` must be at most 13. Received: unit=14"),
    ("valley", "curvature", np.eye(3), V, r"`curvature` must be of shape \(2, 2\). Received: .* of shape \(3, 3\)"),
    ("valley", "curvature", [[1, 2], [0, 1]], V, "`curvature` must be symmetric, with curvatures from 1e-06 to"),
    ("valley", "curvature", [[1, 2], [2, 1]], V, r"symmetric.* Received: curvature=\[\[1.0, 2.0\], \[2.0, 1.0\]\]"),
    ("valley", "curvature", [[1, 0], [0, 0.0009]], V, "at most 1000 times apart"),
    ("valley", "curvature", [[np.nan, 0], [0, 1]], V, "symmetric, with curvatures"),
    ("valley", "curvature", [[2e6, 0], [0, 2e6]], V, "symmetric, with curvatures"),
    ("valley", "best", (1, 2, 3), V, r"`best` must be of shape \(2,\). Received: best of shape \(3,\)"),
    ("valley", "start", (np.inf, 0), V, "`start` must be a finite number .* Received: start=inf"),
    ("valley", "start", (0, 1001), V, "`start` must be a finite number of at least -1000 and of at most 1000"),
    ("valley", "start", "ab", T, "`start` must hold real numbers. Received: start='ab'"),
    ("valley", "rule", "adam", V, "`rule` must be one of SGD, momentum, Adam. Received: rule='adam'"),
    ("valley", "rate", 0, V, "`rate` must be a finite number above 0"),
    ("valley", "rate", 0.34, V, "`rate` must be .* at most 0.333"),
    ("valley", "rate", "fast", T, r"`rate` must be a number. Received: rate='fast' \(str\)"),
    ("valley", "steps", 101, V, "`steps` must be at most 100. Received: steps=101"),
    ("valley", "steps", 1.0, T, r"`steps` must be an integer. Received: steps=1.0 \(float\)"),
    ("shift", "image", np.ones((9, 9, 3)), V, r"one channel and at most 100,000 pixels. .* image of shape \(9, 9, 3\)"),
    ("shift", "image", np.ones((400, 251)), V, "one channel and at most 100,000 pixels"),
    ("shift", "image", [[np.inf, 1], [2, 3]], V, "`image` must be finite. Received: image with 1 that are not"),
    ("shift", "kernel", np.ones((4, 1)), V, r"`kernel` must be at most 3×3 .* kernel of shape \(4, 1, 1\)"),
    ("shift", "kernel", np.ones((1, 1, 2)), V, "have one channel"),
    ("shift", "strides", 4, V, "`strides` must be at most 3. Received: strides=4"),
    ("shift", "strides", 0, V, "`strides` must be at least 1"),
    ("shift", "by", 1, T, r"`by` must be a pair \(down, right\). Received: by=1 \(int\)"),
    ("shift", "by", (0, 3), V, "`by` must be at most 2"),
    ("shift", "by", (-3, 0), V, "`by` must be at least -2"),
    ("shift", "wrap", 1, T, r"`wrap` must be True or False. Received: wrap=1 \(int\)"),
    ("digit", "image", np.ones((28, 27)), V, r"`image` must be of shape \(28, 28, 1\). .* shape \(28, 27, 1\)"),
    ("digit", "image", np.full((28, 28), 1.5), V, "`image` must lie between 0 and 1. Received: image from 1.5 to 1.5"),
    ("digit", "image", np.full((28, 28), np.nan), V, "`image` must be finite. Received: image with 784 that are not"),
    ("axis", "stride", 2, AttributeError, "A setting must be one of n, kernel_size, .* Received: stride=2"),
]


@pytest.mark.parametrize(("name", "setting", "value", "error", "message"), REFUSED)
def test_bad_settings_are_refused_and_change_nothing(name, setting, value, error, message):
    explorer = MAKE[name]()
    if setting == "n":
        explorer.padding = "valid"
    if setting == "input_size" and name == "receptive_field":
        explorer.layers = [(3, 1, "valid", 1)]
    before = explorer.state
    with pytest.raises(error, match=message):
        setattr(explorer, setting, value)
    assert explorer.state == before
    if error is not AttributeError:
        given = {part: getattr(explorer, part) for part in explorer._settings} | {setting: value}
        with pytest.raises(error, match=message):
            getattr(explore, name)(**given)


def test_settings_can_be_read_and_set():
    axis = explore.axis(n=np.int64(7), padding=1)
    axis.n, axis.dilation_rate = 12, 2
    assert (axis.n, axis.dilation_rate, axis.padding, axis.state["padding"]) == (12, 2, (1, 1), [1, 1])
    photo = explore.convolution(RNG.random((20, 30, 3)), kernels.VERTICAL_EDGES, position=(19, 28))
    photo.kernel = kernels.SOBEL_X  # the window would hang over the edge
    assert photo.position == (0, 0) and photo.kernel.shape == (3, 3, 3)
    np.testing.assert_array_equal(photo.kernel[..., 2], kernels.SOBEL_X)
    with pytest.raises(AttributeError, match="axis has no setting 'colour'"):
        axis.colour  # noqa: B018


def test_a_unit_goes_to_the_middle_of_another_stack():
    explorer = explore.receptive_field(unit=(3, 1, 5))
    explorer.input_size = 30
    assert explorer.unit == (3, 7, 7) and explorer.layers[1] == (2, 2, "valid", 1, "pool1")
    explorer.unit = (0, 29, 0)
    explorer.layers = explorer.state["layers"][:2]
    assert explorer.unit == (2, 7, 7)


OTHERS = {
    "a branch": lambda: keras.Model(source := keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3)(source)),
    "an oblong": lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, (3, 1), name="long")]),
    "enlarged": lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.UpSampling2D(name="up")]),
    "two frames": lambda: keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(1, 3, padding="same", name="same")]
    ),
}


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (
            "a branch",
            TypeError,
            "`layers` must be a keras.Sequential or a list of layers. Received: layers=<F",
        ),
        ("an oblong", ValueError, r"`layers` must hold square convolutions and pools.* Received: long \(Conv2D\)"),
        ("enlarged", ValueError, r"Received: up \(UpSampling2D\)"),
        ("two frames", ValueError, r"Received: same \(Conv2D\)"),
    ],
)
def test_models_without_square_windows_in_a_chain_are_refused(name, error, message):
    with pytest.raises(error, match=message):
        explore.receptive_field(OTHERS[name]())


def test_a_model_is_read_up_to_where_it_flattens():
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.ZeroPadding2D(((2, 1), (2, 1)))])
    for layer in (keras.layers.Conv2D(2, 5, name="own"), keras.layers.BatchNormalization(), keras.layers.ReLU()):
        model.add(layer)
    for layer in (
        keras.layers.AveragePooling2D(3, strides=2),
        keras.layers.GlobalMaxPooling2D(),
        keras.layers.Dense(2),
    ):
        model.add(layer)
    explorer = explore.receptive_field(model)
    assert explorer.layers == ((5, 1, (2, 1), 1, "own"), (3, 2, "valid", 1, "pool1")) and explorer.input_size == 28
    assert explore.receptive_field(model, 40).input_size == 40


def test_an_explorer_keeps_its_own_arrays():
    image = GRID.astype(float)
    explorer = explore.convolution(image, SMALL)
    image[:] = 0
    assert explorer.image[2, 2, 0] == 8
    with pytest.raises(ValueError, match="read-only"):
        explorer.image[0, 0, 0] = 1


def test_text_is_one_line_with_the_number_under_the_window():
    image, kernel = RNG.normal(size=(6, 9, 2)), RNG.normal(size=(2, 3, 2))
    for flip in (False, True):
        words = repr(explore.convolution(image, kernel, flip=flip, position=(3, 4)))
        used = kernel[::-1, ::-1] if flip else kernel
        expected = reference.conv2d(image[None], used[..., None])[0, 3, 4, 0]
        assert "\n" not in words and float(words.rstrip(".").split(": ")[-1]) == pytest.approx(expected, abs=1e-4)
    assert repr(explore.convolution(GRID, SMALL, flip=True)).endswith(" flip=True, position=(0, 0): 5.")


@pytest.mark.parametrize(
    "image",
    [RNG.normal(size=(5, 7, 2)), RNG.integers(0, 256, (40, 50, 3)) / 255, RNG.normal(size=(40, 50, 1))],
    ids=["numbers", "bytes", "floats"],
)
def test_an_image_comes_back_from_what_the_page_is_given(image):
    state = json.loads(json.dumps(explore.convolution(image, kernels.SOBEL_X).state))
    np.testing.assert_allclose(explore.convolution(state["image"], kernels.SOBEL_X).image, image, atol=1e-6)


@pytest.mark.parametrize("name", MAKE)
def test_a_page_needs_nothing_else(name):
    explorer = MAKE[name]()
    page = explore.page(explorer)
    (state,) = re.findall(r'<script type="application/json" id="state">(.*?)</script>', page, re.DOTALL)
    assert json.loads(state) == explorer.state
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, not an address to ask
    assert not re.search(r"^\s*(import|export) |\bimport\(|\bfetch\(|src=|@import|url\(", page, re.MULTILINE)
    assert "default-src 'none'" in page


def test_a_page_is_made_of_explorers_only():
    with pytest.raises(TypeError, match=r"`explorer` must be an explorer. Received: explorer=3 \(int\)"):
        explore.page(3)


def test_without_anywidget_a_notebook_shows_the_text(monkeypatch):
    monkeypatch.setattr(explore._base.importlib.util, "find_spec", lambda name: None)
    explorer = explore.axis()
    assert explorer._repr_mimebundle_() == {"text/plain": repr(explorer)}


def test_the_live_widget_and_python_are_in_step():
    explorer = explore.convolution(GRID, SMALL)
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == repr(explorer) and len(bundle) == 2
    widget = explorer._widget
    explorer.kernel, explorer.flip = [[1, -1]], True
    assert (widget.kernel, widget.flip) == ([[[1.0], [-1.0]]], True)
    moved = {"position": [2, 1], "image": {"shape": [3, 3, 1], "values": list(range(9, 18))}}
    widget.set_state(moved)
    assert explorer.position == (2, 1) and explorer.image[2, 2, 0] == 17
    widget.set_state({"position": [2, 2]})  # no page of ours does
    assert explorer.position == (2, 1) and widget.position == [2, 1]
    assert explorer._repr_mimebundle_()["text/plain"] == repr(explorer) and explorer._widget is widget


def test_the_valley_is_that_of_lesson_2():
    stripe = np.tile([1.0, 1, 0, 0, 0, 0, 1, 1], (6, 1))
    wanted = np.tile([0.0, 1, 0, 0, 0, -1, 0], (6, 1))
    kernel = np.array([[0.5, 0.9]])
    for at in explore.valley().path:
        np.testing.assert_allclose(at, kernel[0], atol=1e-12)
        difference = reference.cross_correlate(stripe, kernel) - wanted
        kernel = kernel - 0.03 * 2 * reference.cross_correlate(stripe, difference)
    assert repr(explore.valley(steps=0)).endswith(": from [0.5, 0.9] to [0.5, 0.9] in 0 steps, loss 46.7.")


@pytest.mark.parametrize(("rule", "left"), [("SGD", 0.34), ("momentum", 0.05), ("Adam", 0.05)])
def test_the_valley_of_lesson_10_is_walked_as_far_as_there(rule, left):
    rate = 0.1 if rule == "Adam" else 1.8
    walked = explore.valley(np.diag([1, 0.01]), best=(0, 0), start=(1, 1), rule=rule, rate=rate, steps=60)
    assert round(float(np.hypot(*walked.path[-1])), 2) == left


@pytest.mark.parametrize("rate", [0.0333, 0.0334])
def test_the_valley_tips_at_a_thirtieth(rate):
    path = np.array(explore.valley(rate=rate, start=(1.5, -0.5), steps=100).path) - [1, -1]  # pushed together
    assert (np.abs(path[-1]) < np.abs(path[0])).all() == (rate < 1 / 30)


def test_the_fastest_path_still_has_numbers():
    for rule in ("SGD", "momentum", "Adam"):
        walked = explore.valley(np.eye(2) * 1e6, (-1000, -1000), (1000, 1000), rule, rate=20 / 1e6, steps=100)
        assert np.isfinite(walked.path).all() and not re.search("inf|nan", repr(walked))


def test_a_pushed_7_is_found_by_the_pool_and_not_by_strides():
    rows = ("000000", "111110", "000010", "000100", "001000", "000000")
    seven, flat_line = np.array([list(map(float, row)) for row in rows]), [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]
    maps = explore.shift(seven, flat_line, by=(1, 0), wrap=False).maps
    assert [part.max() for part in (*maps["max pool"], *maps["strides"])] == [6, 6, 6, -2]
    back = explore.shift(seven, flat_line, by=(-2, 0), wrap=False).maps["all answers"]
    np.testing.assert_array_equal(back[1, :2], back[0, 2:])
    assert "max pool 3 of 4" in repr(explore.shift(seven, flat_line, by=(1, 0), wrap=False))


def test_with_wrap_whole_strides_only_move_the_maps():
    image, kernel = RNG.normal(size=(12, 8)), RNG.normal(size=(3, 2))
    for name, (was, now) in explore.shift(image, kernel, strides=4, by=(8, -4)).maps.items():
        along = (8, -4) if name == "all answers" else (2, -1)
        np.testing.assert_allclose(np.roll(was, along, axis=(0, 1)), now, atol=1e-12)
