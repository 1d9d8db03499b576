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
    "receptive_field": explore.receptive_field,
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
