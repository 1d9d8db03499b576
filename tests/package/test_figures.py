"""Figures: what is drawn is read back from the Axes; what is shown has its text."""

import base64
import io

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from cnn_course import figures


@pytest.fixture
def shown(monkeypatch):
    """What `show` hands to the notebook."""
    displayed = []
    monkeypatch.setattr(figures, "display", lambda data, raw: displayed.append(data))
    plt.close("all")
    yield displayed
    plt.close("all")


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


def test_show_is_opaque_white_so_that_it_reads_on_a_dark_page(shown):
    figures.show(figures.curves([0, 1], {"a": [1, 2]}, "x", "y", "in color"), "a line")
    assert picture(shown[0]).mode == "RGB" and picture(shown[0]).getpixel((0, 0)) == (255, 255, 255)
    figures.show(figures.panels(), "nothing yet")
    assert picture(shown[1]).mode == "L" and picture(shown[1]).getpixel((0, 0)) == 255


def test_a_list_of_axes_becomes_an_animation(shown, capsys):
    image, kernel = np.arange(12).reshape(3, 4), np.array([[0, 1], [2, 3]])
    output = np.arange(6).reshape(2, 3)
    frames = [figures.sliding_window(image, kernel, output, place) for place in np.ndindex(2, 3)]
    figures.show(frames, "six places")
    animation = picture(shown[0])
    assert animation.format == "PNG" and animation.n_frames == 6
    pixels = []
    for index in range(6):
        animation.seek(index)
        frame = animation.convert("RGB")
        assert frame.getpixel((0, 0)) == (255, 255, 255)
        pixels.append(np.asarray(frame).tobytes())
    assert len(set(pixels)) == 6
    assert plt.get_fignums() == [] and capsys.readouterr().out == "Figure: six places\n"


def test_show_refuses_what_nobody_could_read(shown):
    axes = figures.panels()
    with pytest.raises(ValueError, match=r"needs a text .* Received: text=' '"):
        figures.show(axes, " ")
    with pytest.raises(ValueError, match="1 to 36 frames. Received: 37"):
        figures.show([axes] * 37, "too many")
    assert shown == []


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
        np.testing.assert_array_equal(drawn.get_array(), values)
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
