"""Figures: what is drawn is read back from the Axes; what is shown has its text."""

import base64
import io
import subprocess
import sys

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from cnn_course import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """What `show` hands to the notebook."""
    displayed = []
    monkeypatch.setattr(figures, "_display", displayed.append)
    return displayed


def picture(displayed):
    return Image.open(io.BytesIO(base64.b64decode(displayed["image/png"])))


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_show_displays_a_png_prints_the_text_and_closes(shown, capsys):
    figures.show(figures.curves([0, 1], {"a": [1, 2]}, "x (m)", "y (s)", "title"), "a line from 1 to 2")
    assert capsys.readouterr().out == "Figure: a line from 1 to 2\n"
    assert len(shown) == 1 and set(shown[0]) == {"image/png", "text/plain"}
    assert picture(shown[0]).format == "PNG" and not getattr(picture(shown[0]), "is_animated", False)
    assert plt.get_fignums() == []


def test_a_figure_is_a_light_card_with_round_corners_for_white_and_for_dark_pages(shown):
    figures.show(figures.curves([0, 1], {"a": [1, 2]}, "x", "y", "in color"), "a line")
    figures.show(figures.panels(), "nothing yet")
    for index, mode, card in ((0, "RGBA", (245, 245, 245, 255)), (1, "LA", (245, 255))):
        drawn = picture(shown[index])
        corners = [drawn.getpixel((x, y)) for x in (0, drawn.width - 1) for y in (0, drawn.height - 1)]
        assert drawn.mode == mode and {corner[-1] for corner in corners} == {0}
        assert drawn.getpixel((drawn.width // 2, 0)) == drawn.getpixel((0, drawn.height // 2)) == card


@pytest.mark.parametrize(("wanted", "width"), [(2, 432), (4.5, 432), (5, 432), (6, 864), (9, 864), (12, 864)])
def test_figures_are_half_a_page_or_a_page_wide(shown, wanted, width):
    figures.show(figures.panels(width=wanted), "nothing yet")
    figures.show(figures.images([np.ones((3, 4))], ["t"], panel_size=wanted - 0.6), "a picture")
    figures.show(figures.numbers(np.ones((2, 3)), "t", axes=figures.panels(width=wanted)), "numbers")
    assert {picture(data).width for data in shown} == {width}


def test_what_is_empty_above_and_below_is_cut_off(shown):
    for height in (3, 9):
        axes = figures.numbers(np.ones((2, 3)), "t", axes=figures.panels(width=4.5, height=height))
        figures.show(axes, "numbers")
    first, second = (picture(data) for data in shown)
    assert second.height < 4 * 96 + 20  # six inches of nothing are gone, and the cells fill the width
    pixels = np.asarray(first.convert("RGBA"))[:, :, :3]
    empty = (pixels == 245).all(axis=(1, 2))
    assert empty[:10].all() and empty[-10:].all() and not empty[10] and not empty[-11]


def test_a_list_of_axes_becomes_an_animation(shown, capsys):
    image, kernel = np.arange(12).reshape(3, 4), np.array([[0, 1], [2, 3]])
    output = np.arange(6).reshape(2, 3)
    frames = [figures.sliding_window(image, kernel, output, place) for place in np.ndindex(2, 3)]
    figures.show(frames, "six places")
    animation = picture(shown[0])
    assert animation.format == "PNG" and animation.n_frames == 6
    assert (animation.info["duration"], animation.info["loop"]) == (1500, 2)  # ms a frame; then it stands still
    pixels = []
    for index in range(6):
        animation.seek(index)
        frame = animation.convert("RGBA")
        assert frame.getpixel((0, 0))[3] == 0 and frame.getpixel((frame.width // 2, 0)) == (245, 245, 245, 255)
        pixels.append(np.asarray(frame).tobytes())
    assert len(set(pixels)) == 6
    assert plt.get_fignums() == [] and capsys.readouterr().out == "Figure: six places\n"


def test_show_refuses_what_nobody_could_read(shown):
    axes = figures.panels()
    with pytest.raises(ValueError, match=r"needs a text .* Received: text=' '"):
        figures.show(axes, " ")
    with pytest.raises(ValueError, match="1 to 36 frames. Received: 37"):
        figures.show([axes] * 37, "too many")
    with pytest.raises(ValueError, match=r"frames .* must have one size. Received: .*3\.2.* 4\.0.* inches"):
        figures.show([figures.panels(), figures.panels(height=4)], "two sizes")
    for text in (f"{np.array([1.5])!r}", f"mean {np.float64(1)!r}", f"{np.dtype('int8')!r}", f"{object()}"):
        with pytest.raises(ValueError, match="must be words and numbers, not what Python prints for an object"):
            figures.show(axes, text)
    assert shown == []


@pytest.mark.parametrize("installed", [True, False])
def test_outside_a_notebook_only_the_text_is_printed(installed):
    without = "" if installed else "sys.modules['IPython'] = None; "  # an import of it fails then
    code = "from cnn_course import figures; print(figures.show(figures.bars({'a': 1}, 'x', 't'), 'one bar'))"
    done = subprocess.run([sys.executable, "-c", f"import sys; {without}{code}"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Figure: one bar\nNone\n", "")


def test_curves_differ_in_color_dash_and_marker():
    x = np.arange(30)
    axes = figures.curves(x, {"a": x, "b": 2 * x, "c": 3 * x}, "steps", "error", "what was found")
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("steps", "error", "what was found")
    for factor, line in enumerate(axes.lines, start=1):
        np.testing.assert_array_equal(line.get_ydata(), factor * x)
    for property_of in ("get_color", "get_linestyle", "get_marker"):
        assert len({getattr(line, property_of)() for line in axes.lines}) == 3
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b", "c"]


def test_bars_carry_their_numbers():
    axes = figures.bars({"dense": 201_392_128, "convolution": 1_792}, "parameters", "five orders of magnitude")
    assert [bar.get_width() for bar in axes.patches] == [201_392_128, 1_792]
    assert texts(axes) == ["201,392,128", "1,792"] and axes.get_xscale() == "log"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first one on top
    assert figures.bars({"a": 1, "b": 2}, "x", "y", logarithmic=False).get_xscale() == "linear"


def test_images_share_their_limits():
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(5, 8)), 3 * generator.normal(size=(4, 6))
    every = figures.images([first, second], ["first", "second"], signed=True)
    largest = max(np.abs(first).max(), np.abs(second).max())
    for axes, values, title in zip(every, (first, second), ("first", "second"), strict=True):
        drawn = axes.images[0]
        np.testing.assert_array_equal(np.ma.filled(drawn.get_array(), np.nan), values)
        assert drawn.get_clim() == (-largest, largest) and drawn.get_cmap().name == "PuOr"
        assert axes.get_title() == title and axes.get_xlabel() == "x (pixels)"
    labels = [axes.get_ylabel() for axes in every[0].figure.axes]
    assert labels == ["y (pixels)", "", "response"]  # the last one is the color bar


def test_images_in_gray_and_in_color():
    every = figures.images([np.zeros((3, 4)), np.ones((3, 4, 3)), np.ones((3, 4))], "abc", columns=2)
    assert len(every) == 3 and len(every[0].figure.axes) == 4  # the empty fourth place is gone, a color bar came
    assert every[0].images[0].get_clim() == (0, 1) and every[0].images[0].get_cmap().name == "gray"
    assert len(figures.images([np.ones((3, 4, 3))], ["c"])[0].figure.axes) == 1  # color needs no color bar
    with pytest.raises(ValueError, match=r"one title for each picture. Received: len\(pictures\)=1, len\(titles\)=2"):
        figures.images([np.zeros((3, 4))], ["a", "b"])


HARD = {  # what the limits and the array of a helper are tested with
    "NaN": [[0.25, np.nan, 0.5], [0.75, 1, 0]],
    "constant": np.full((2, 3), 0.5, np.float16),
    "zero": np.zeros((2, 3), np.float32),
    "bool": np.array([[True, False, True], [False, True, True]]),
    "int8": np.array([[-128, 0, 127], [1, 2, 3]], np.int8),
    "uint8": np.array([[0, 100, 255], [1, 2, 3]], np.uint8),
    "int64": np.array([[0, 1, 1], [1, 0, 0]]),
    "only NaN": np.full((2, 3), np.nan),
    "infinite": np.array([[0, np.inf, 1], [0.5, -np.inf, 0]]),
}
KNOWN = {  # its finite extremes
    "NaN": (0, 1), "constant": (0.5, 0.5), "zero": (0, 0), "bool": (0, 1), "int8": (-128, 127), "uint8": (0, 255),
    "int64": (0, 1), "only NaN": (0, 0), "infinite": (0, 1),
}  # fmt: skip
HELPERS = {  # function of values and `signed` -> what is colored
    "images": lambda values, signed: figures.images([values], ["t"], signed=signed)[0].images[0],
    "images, one channel": lambda values, signed: figures.images(
        [np.asarray(values)[:, :, np.newaxis]], ["t"], signed=signed
    )[0].images[0],
    "numbers": lambda values, signed: figures.numbers(values, "t", signed=signed).collections[0],
    "sliding_window": lambda values, signed: figures.sliding_window(values, [[1]], values, (1, 2), signed=signed)[
        2
    ].collections[0],
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply")  # infinite x a kernel
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("kind", HARD)
@pytest.mark.parametrize("helper", HELPERS)
def test_array_and_limits_whatever_is_drawn(helper, kind, signed):
    values, (low, high) = np.asarray(HARD[kind]), KNOWN[kind]
    if helper.startswith("images") and kind == "int8" and not signed:
        with pytest.raises(
            ValueError, match=r"must lie in \[0, 1\] .* Received: picture of dtype int8 from -128 to 127"
        ):
            HELPERS[helper](values, signed)
        return
    drawn = HELPERS[helper](values, signed)
    scale = 255 if helper.startswith("images") and kind == "uint8" and not signed else 1
    finite = np.isfinite(values)
    received = np.ma.filled(drawn.get_array().astype(float), np.nan)
    np.testing.assert_array_equal(received[finite], np.asarray(values, float)[finite] / scale)
    assert received.shape == (2, 3) and np.isnan(received[np.isnan(values)]).all()
    if signed:
        largest = max(-low, high) or 1  # never 0 to 0
        assert drawn.get_clim() == (-largest, largest)
    elif helper.startswith("images"):
        assert drawn.get_clim() == (0, 1)
    else:
        assert drawn.get_clim() == (low, high if low < high else low + 1)
    if helper.startswith("images"):
        assert len(drawn.axes.figure.axes) == 2  # the other one is the color bar
    drawn.axes.figure.canvas.draw()


def test_pictures_in_color_of_uint8_and_with_gaps():
    photo = np.array([[[0, 51, 255], [255, 0, 0]]], np.uint8)
    gaps = np.array([[[0.0, 0.2, 1], [np.nan, 0, 0]]])
    every = figures.images([photo, gaps], ["a", "b"])
    np.testing.assert_allclose(every[0].images[0].get_array(), photo / 255)
    np.testing.assert_allclose(every[1].images[0].get_array(), [[[0, 0.2, 1, 1], [0, 0, 0, 0]]])
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\] .* Received: picture of dtype float64 from 0 to 255"):
        figures.images([photo.astype(float)], ["a"], limits=(0, 255))


def test_a_sum_of_small_integers_is_not_taken_in_their_dtype():
    image, kernel = np.array([[200, 100], [50, 250]], np.uint8), np.ones((2, 2), np.uint8)
    left, *_ = figures.sliding_window(image, kernel, [[600]], (0, 0))
    assert left.figure.get_suptitle() == "200·1 + 100·1 + 50·1 + 250·1 = output[0, 0] = 600"


def test_bad_windows_and_limits_are_refused_by_name():
    plane = np.zeros((3, 4))
    for window in (3, "abcd", (0, 0, 1), (0, 0, 1.0, 1)):
        with pytest.raises(TypeError, match="`window` must be .*Received: window="):
            figures.numbers(plane, "t", window)
    for window in ((0, 0, 4, 1), (-1, 0, 1, 1), (0, 4, 1, 1), (0, 0, 0, 1)):
        with pytest.raises(ValueError, match="`window` must .*Received: "):
            figures.numbers(plane, "t", window)
    for draw in (lambda **o: figures.images([plane], ["t"], **o), lambda **o: figures.numbers(plane, "t", **o)):
        for limits in (3, "ab", (1, 2, 3), ("0", "1"), {}):
            with pytest.raises(TypeError, match="`limits` must be .*Received: limits="):
                draw(limits=limits)
        for limits in ((1, 1), (2, 1), (0, np.nan), (0, np.inf)):
            with pytest.raises(ValueError, match="`limits` must be .*Received: limits="):
                draw(limits=limits)
        with pytest.raises(ValueError, match=r"around zero. Received: limits=\(0, 5\)"):
            draw(limits=(0, 5), signed=True)
        with pytest.raises(TypeError, match="`signed` must be True or False. Received: signed=1"):
            draw(signed=1)
    with pytest.raises(TypeError, match="`logarithmic` must be True or False. Received: logarithmic=None"):
        figures.bars({"a": 1}, "x", "t", logarithmic=None)


def cell_sizes(every):
    """Pixels on the screen of one pixel of each picture, (horizontal, vertical)."""
    every[0].figure.draw_without_rendering()
    return np.array([np.abs(np.diff(axes.transData.transform([(0, 0), (1, 1)]), axis=0))[0] for axes in every])


def test_one_scale_draws_pixels_of_one_size():
    every = figures.panels(2, height=4)
    figures.numbers(np.ones((4, 4)), "map", axes=every[0])
    figures.numbers(np.ones((2, 2)), "pooled", axes=every[1])
    pictures = figures.images([np.ones((6, 9)), np.ones((3, 2)), np.ones((2, 12))], "abc", columns=2)
    for axes in (every, pictures):
        before = cell_sizes(axes)
        assert np.ptp(before) > 5  # each fills its place
        assert figures.one_scale(figures.one_scale(axes)) is axes  # a second time changes nothing
        np.testing.assert_allclose(np.ptp(cell_sizes(axes)), 0, atol=1e-6)
    assert list(pictures[1].get_xticks()) == list(every[1].get_xticks()) == [0, 1]  # ticks, too
    assert pictures[1].spines.bottom.get_position() == ("data", 2.5)  # the frame stays around the picture
    assert pictures[1].spines.left.get_bounds() == (-0.5, 2.5)
    with pytest.raises(ValueError, match="must show a picture. Received: axes="):
        figures.one_scale(figures.panels(2))


def test_sliding_window_has_cells_of_one_size():
    for image, output in (((3, 9), (2, 8)), ((9, 3), (8, 2)), ((2, 2), (1, 1))):
        every = figures.sliding_window(np.ones(image), np.ones((2, 2)), np.ones(output), (0, 0))
        np.testing.assert_allclose(np.ptp(cell_sizes(every)), 0, atol=1e-6)


def test_numbers_shows_each_value_and_the_window():
    values = np.array([[1.5, -2, 0], [np.nan, 40, 1 / 3]])
    axes = figures.numbers(values, "title", window=(0, 1, 2, 2), signed=True)
    assert texts(axes) == ["1.5", "−2", "0", "40", "0.3333"]
    mesh = axes.collections[0]
    np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), np.nan), values)
    assert mesh.get_clim() == (-40, 40)
    outline = axes.patches[0]
    assert (outline.get_x(), outline.get_y(), outline.get_width(), outline.get_height()) == (0.5, -0.5, 2, 2)
    assert axes.get_ylim() == (1.5, -0.5)  # row 0 at the top


def test_numbers_are_readable_on_their_cells():
    axes = figures.numbers(np.array([[0, 128, 255]]), "title")
    assert [text.get_color() for text in axes.texts] == ["white", "black", "black"]


def test_sliding_window_shows_window_kernel_and_output_so_far():
    image, kernel = np.arange(20).reshape(4, 5), np.array([[1, 0], [-1, 2]])
    output = np.array([[1.0, 2], [3, 4]])
    left, middle, right = figures.sliding_window(image, kernel, output, (1, 0), strides=2)
    window = left.patches[0]
    assert (window.get_x(), window.get_y()) == (-0.5, 1.5)  # column 0, row 2: one step of 2
    assert texts(middle) == ["1", "0", "−1", "2"]
    assert texts(right) == ["1", "2", "3"]  # the fourth is still to come
    assert left.figure.get_suptitle() == "10·1 + 11·0 + 15·−1 + 16·2 = output[1, 0] = 27"


def test_importing_draws_and_changes_nothing():
    assert mpl.rcParams["axes.titlesize"] == mpl.rcParamsDefault["axes.titlesize"]
    figures.panels()
    assert mpl.rcParams["axes.titlesize"] == mpl.rcParamsDefault["axes.titlesize"]
