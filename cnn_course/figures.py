"""Figures of the course: each function draws and returns matplotlib Axes; `show` displays them with their text.

Pictures are gray in [0, 1] or RGB; signed values are purple and orange around a white zero; lines differ in color,
dash and marker. Everything is drawn on white, so that it reads the same in a dark notebook.
"""

import base64
import io
import reprlib
from collections.abc import Sized

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from PIL import Image

from cnn_course._validate import validate_integer, validate_number

__all__ = ["MAX_FRAMES", "bars", "curves", "images", "numbers", "panels", "show", "sliding_window"]

MAX_FRAMES = 36
MAX_INCHES, MAX_PANELS, MAX_NUMBERS = 100, 200, 2500  # beyond, drawing takes minutes and gigabytes
_HIGHLIGHT = "#009E73"  # a green that is neither in gray nor in the purple and orange of signed values
_STYLE = {
    "axes.prop_cycle": cycler(color=["#006BA4", "#FF800E", "#595959", "#5F9ED1", "#C85200"])
    + cycler(linestyle=["-", "--", "-.", ":", "-"])
    + cycler(marker=["o", "s", "^", "D", "v"]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.constrained_layout.h_pad": 0.12,  # inches; less cuts titles above panels of equal aspect
    "figure.constrained_layout.use": True,
    "font.size": 10,
}


def panels(columns=1, rows=1, width=9, height=3.2, **options):
    """Make empty Axes in the style of the course.

    Args:
        columns, rows: int >= 1, how many Axes side by side and below each other.
        width, height: float, of the whole figure in inches.
        **options: passed on to `matplotlib.pyplot.subplots` (`width_ratios`, `sharey`, ...).

    Returns:
        one `Axes`, or an array of them (of shape (columns,) for one row, (rows, columns) otherwise).

    Raises:
        TypeError: a number of Axes is not an integer, or a length is not a number.
        ValueError: one of them is too small, or the figure is larger than anybody could read.
    """
    columns, rows = validate_integer(columns, "columns", minimum=1), validate_integer(rows, "rows", minimum=1)
    width, height = validate_number(width, "width", above=0), validate_number(height, "height", above=0)
    if rows * columns > MAX_PANELS or max(width, height) > MAX_INCHES:
        raise ValueError(
            f"A figure must have at most {MAX_PANELS} Axes and {MAX_INCHES} inches a side. "
            f"Received: {columns=}, {rows=}, {width=:g}, {height=:g}."
        )
    with mpl.rc_context(_STYLE):
        return plt.subplots(rows, columns, figsize=(width, height), **options)[1]


def curves(x, series, x_label, y_label, title, axes=None):
    """Draw lines over a common axis; each has its color, dash and marker.

    Args:
        x: array (points,).
        series: dict from label to array (points,).
        x_label, y_label: str, with the unit.
        title: str, the finding.
        axes: `Axes` to draw into, or None for new ones.

    Returns:
        `Axes`.

    Raises:
        TypeError: `series` is not a dict, or an array holds no real numbers.
        ValueError: there are no series, or one has not a value for each point.
    """
    _validate_dict(series, "series")
    x = _numbers(x, "x", rank=1)
    for label, y in series.items():
        y = _numbers(y, f"series[{label!r}]", rank=1)
        if len(y) != len(x):
            raise ValueError(
                f"Each series must have a value for each of {len(x)} points. Received: {len(y)} ({label})."
            )
    axes = panels() if axes is None else axes
    for label, y in series.items():
        axes.plot(x, y, label=label, markevery=max(1, len(x) // 12), markersize=5)
    axes.set(xlabel=x_label, ylabel=y_label, title=title)
    if len(series) > 1:
        axes.legend(frameon=False)
    return axes


def bars(counts, x_label, title, logarithmic=True, axes=None):
    """Draw one horizontal bar for each count, with its number: parameters, weights, multiply-accumulates.

    Args:
        counts: dict from label to number > 0, drawn from top to bottom.
        x_label: str, what is counted.
        title: str, the finding.
        logarithmic: bool; True where the counts differ by orders of magnitude.
        axes: `Axes` to draw into, or None for new ones.

    Returns:
        `Axes`.

    Raises:
        TypeError: `counts` is not a dict of numbers.
        ValueError: there are no counts, or one of them is not above 0.
    """
    _validate_dict(counts, "counts")
    for label, count in counts.items():
        validate_number(count, f"counts[{label!r}]", above=0)
    axes = panels(height=0.45 * len(counts) + 1) if axes is None else axes
    drawn = axes.barh(list(counts), list(counts.values()), color="#5F9ED1", edgecolor="#006BA4")
    axes.bar_label(drawn, [f"{count:,}" for count in counts.values()], padding=4)
    axes.set(xlabel=x_label, title=title, xscale="log" if logarithmic else "linear")
    if not logarithmic:
        axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.invert_yaxis()
    axes.margins(x=0.25)
    return axes


def images(pictures, titles, signed=False, limits=None, label=None, columns=None, panel_size=2.9):
    """Draw pictures or feature maps side by side, all with the same limits and one color bar.

    Args:
        pictures: sequence of arrays, each (height, width), (height, width, 1) or, in color, (height, width, 3).
        titles: sequence of str, one a picture.
        signed: bool; True for responses around zero (purple to orange, symmetric limits).
        limits: pair of floats, or None: (0, 1) for pictures, the largest magnitude for signed ones.
        label: str for the color bar, or None: "brightness", or "response" for signed ones.
        columns: int >= 1, pictures a row; None puts all in one row.
        panel_size: float, width of one panel in inches.

    Returns:
        array of `Axes` (count,).

    Raises:
        TypeError: `pictures` or `titles` is not a sequence, or a picture holds no real numbers.
        ValueError: there is not one title for each picture, or a picture has other axes.
    """
    if not all(isinstance(value, Sized) for value in (pictures, titles)):
        received = f"pictures={reprlib.repr(pictures)}, titles={reprlib.repr(titles)}"
        raise TypeError(f"`pictures` and `titles` must be sequences. Received: {received}.")
    pictures = [_picture(picture) for picture in pictures]
    if len(pictures) != len(titles) or not pictures:
        raise ValueError(f"There must be one title for each picture. Received: {len(pictures)=}, {len(titles)=}.")
    columns = len(pictures) if columns is None else validate_integer(columns, "columns", minimum=1)
    rows = -(-len(pictures) // columns)
    ratio = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    height = rows * (panel_size * ratio + 0.5)
    every = np.ravel(panels(columns, rows, width=panel_size * columns + 0.6, height=height, squeeze=False))
    if limits is None:
        largest = max(float(np.abs(picture).max()) for picture in pictures)
        limits = (-largest, largest) if signed else (0, 1)
    for index, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
        axes = every[index]
        drawn = axes.imshow(picture, cmap="PuOr" if signed else "gray", vmin=limits[0], vmax=limits[1])
        axes.set(title=title, xlabel="x (pixels)" if index >= len(pictures) - columns else "")
        axes.set_ylabel("y (pixels)" if index % columns == 0 else "")
        axes.spines[:].set(visible=True, color="#888888")
    for axes in every[len(pictures) :]:
        axes.remove()
    if any(picture.ndim == 2 for picture in pictures):
        used = list(every[: len(pictures)])
        used[0].figure.colorbar(drawn, ax=used, shrink=0.8, label=label or ("response" if signed else "brightness"))
    return every[: len(pictures)]


def numbers(values, title, window=None, signed=False, limits=None, axes=None):
    """Draw a small array as a grid with its numbers; what is not a number (NaN) stays empty.

    Args:
        values: array (height, width).
        title: str.
        window: None or `(top, left, height, width)` in pixels: outlined.
        signed: bool; True colors around zero.
        limits: pair of floats for the colors, or None: from the values.
        axes: `Axes` to draw into, or None for new ones.

    Returns:
        `Axes`.

    Raises:
        TypeError: the array holds no real numbers.
        ValueError: the array is not 2-D, or has too many numbers to be read.
    """
    values = _numbers(values, "values", rank=2).astype(float)
    if values.size > MAX_NUMBERS:
        raise ValueError(f"`values` must be at most {MAX_NUMBERS} numbers. Received: values of shape {values.shape}.")
    if limits is None:
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if known.size else (0, 1)
        limits = (-max(abs(low), abs(high)), max(abs(low), abs(high))) if signed else (low, high)
    axes = panels(width=0.45 * values.shape[1] + 1, height=0.45 * values.shape[0] + 1) if axes is None else axes
    colors = mpl.colormaps["PuOr" if signed else "gray"]
    edges = [np.arange(size + 1) - 0.5 for size in values.shape[::-1]]
    lines = {"edgecolors": "#888888", "linewidth": 0.8}
    drawn = axes.pcolormesh(*edges, values, cmap=colors, vmin=limits[0], vmax=limits[1], **lines)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            brightness = np.dot(colors(drawn.norm(value))[:3], [0.299, 0.587, 0.114])
            style = {"color": "black" if brightness > 0.5 else "white", "in_layout": False}
            axes.text(column, row, _number(value), ha="center", va="center", **style)
    if window is not None:
        _outline(axes, *window)
    axes.set(title=title, aspect="equal", xticks=range(values.shape[1]), yticks=range(values.shape[0]))
    axes.set_ylim(values.shape[0] - 0.5, -0.5)  # row 0 at the top
    axes.tick_params(length=0, colors="#595959")
    axes.spines[:].set_visible(False)
    return axes


def sliding_window(image, kernel, output, position, strides=1, signed=False):
    """Draw one moment of a kernel that slides over an image: the window, the kernel, the output so far.

    Args:
        image: array (height, width), padded already where there is padding.
        kernel: array (kernel_height, kernel_width).
        output: array (output_height, output_width), complete.
        position: pair of ints (row, column) in the output.
        strides: int >= 1, in pixels.
        signed: bool; True colors image, kernel and output around zero.

    Returns:
        array of three `Axes`: image, kernel, output.

    Raises:
        TypeError: an array holds no real numbers, or a place is not an integer.
        ValueError: an array is not 2-D, or the position lies outside the output, or the kernel outside the image.
    """
    image, kernel = _numbers(image, "image", rank=2), _numbers(kernel, "kernel", rank=2)
    output, strides = _numbers(output, "output", rank=2).astype(float), validate_integer(strides, "strides", minimum=1)
    if not (isinstance(position, (tuple, list)) and len(position) == 2):
        raise TypeError(f"`position` must be a pair (row, column). Received: position={reprlib.repr(position)}.")
    row, column = (validate_integer(index, "position", minimum=0) for index in position)
    height, width = kernel.shape
    if (
        max(row - output.shape[0], column - output.shape[1]) >= 0
        or row * strides + height > image.shape[0]
        or column * strides + width > image.shape[1]
    ):
        raise ValueError(
            "`position` must lie in the output, and the kernel there in the image. Received: "
            f"{position=}, {strides=}, {image.shape=}, {kernel.shape=}, {output.shape=}."
        )
    top, left = row * strides, column * strides
    window = image[top : top + height, left : left + width]
    cells = [max(array.shape[1], 4) for array in (image, kernel, output)]  # room for a title
    size = {"width": 0.5 * sum(cells) + 1.2, "height": 0.5 * max(image.shape[0], 3) + 1.3}
    every = panels(3, width_ratios=cells, **size)
    done = np.arange(output.size).reshape(output.shape) <= row * output.shape[1] + column
    extremes = (-np.abs(output).max(), np.abs(output).max()) if signed else (output.min(), output.max())
    numbers(image, "image", (top, left, height, width), signed, axes=every[0])
    numbers(kernel, "kernel", signed=True, axes=every[1])
    numbers(np.where(done, output, np.nan), "output", (row, column, 1, 1), signed, extremes, axes=every[2])
    for axes, count in zip(every, cells, strict=True):  # cells of the same size in all three
        middle = sum(axes.get_xlim()) / 2
        axes.tick_params(labelleft=axes.get_xlim()[1] - axes.get_xlim()[0] == count)
        axes.set_xlim(middle - count / 2, middle + count / 2)
    terms = [f"{_number(pixel)}·{_number(weight)}" for pixel, weight in zip(window.flat, kernel.flat, strict=True)]
    total = f"output[{row}, {column}] = {_number((window * kernel).sum())}"
    every[0].figure.suptitle(f"{' + '.join(terms)} = {total}" if kernel.size <= 4 else total, fontsize=11)
    return every


def show(axes, text):
    """Display a figure, close it, and print the line that says in words what it shows.

    Args:
        axes: `Axes`, an array of `Axes` of one figure, or a list of such: the frames of an animation.
        text: str, the text alternative; its numbers come from the plotted data.

    Raises:
        TypeError: `axes` are no Axes, or the text is not a str.
        ValueError: the text is empty, or an animation has no frame or more than `MAX_FRAMES`.
    """
    if not isinstance(text, str):
        raise TypeError(f"`text` must be a str. Received: text={reprlib.repr(text)} ({type(text).__name__}).")
    if not text.strip():
        raise ValueError(f"A figure needs a text that says what it shows. Received: {text=}.")
    frames = [_figure(frame) for frame in axes] if isinstance(axes, list) else [_figure(axes)]
    if not 1 <= len(frames) <= MAX_FRAMES:
        raise ValueError(f"An animation must have 1 to {MAX_FRAMES} frames. Received: {len(frames)}.")
    pictures = [_render(figure) for figure in frames]
    buffer = io.BytesIO()
    if len(pictures) > 1:
        pictures = _share_palette(pictures)
        pictures[0].save(buffer, "PNG", save_all=True, append_images=pictures[1:], duration=700, loop=0)
    else:
        pictures[0].save(buffer, "PNG", optimize=True)
    png = base64.b64encode(buffer.getvalue()).decode("ascii")
    display({"image/png": png, "text/plain": "<Figure>"}, raw=True)
    print(f"Figure: {text}")


def _figure(axes):
    first = axes.flat[0] if isinstance(axes, np.ndarray) and axes.size else axes
    if not isinstance(first, mpl.axes.Axes):
        raise TypeError(f"`axes` must be Axes of Matplotlib. Received: axes={reprlib.repr(axes)}.")
    return first.figure


def _render(figure):
    figure.set(dpi=96, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once; `savefig` would draw a figure with a layout twice
    plt.close(figure)
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    red, green, blue = picture.split()
    return red if red.tobytes() == green.tobytes() == blue.tobytes() else picture  # gray needs one channel


def _share_palette(pictures):
    """The same 256 colors for all frames: an animated PNG keeps them as bytes then, a quarter of the size."""
    pictures = [picture.convert("RGB") for picture in pictures]
    together = Image.fromarray(np.concatenate([np.asarray(picture) for picture in pictures]))
    palette = together.quantize(256)
    colors = np.reshape(palette.getpalette(), (-1, 3))
    colors[(colors > 247).all(axis=1)] = 255  # the white of the page must stay white
    palette.putpalette(colors.ravel().tolist())
    return [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]


def _validate_dict(value, name):
    if not isinstance(value, dict):
        raise TypeError(f"`{name}` must be a dict. Received: {name}={reprlib.repr(value)}.")
    if not value:
        raise ValueError(f"`{name}` must not be empty. Received: {name}={{}}.")


def _numbers(values, name, rank=None):
    """The values as an array of real numbers, of a rank if one is given."""
    try:
        array = np.asarray(values)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be an array. Received: {name}={reprlib.repr(values)}: {error}") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold real numbers. Received: {name}={reprlib.repr(values)}.")
    if not array.size or rank not in (None, array.ndim):
        wanted = "hold something" if rank is None else f"have {rank} axes and hold something"
        raise ValueError(f"`{name}` must {wanted}. Received: {name} of shape {array.shape}.")
    return array


def _picture(values):
    """(height, width), (height, width, 1), or (height, width, 3) in color."""
    array = _numbers(values, "picture")
    if array.ndim != 2 and (array.ndim != 3 or array.shape[2] not in (1, 3)):
        raise ValueError(
            "A picture must be (height, width), with 1 or 3 channels or without that axis. "
            f"Received: picture of shape {array.shape}."
        )
    return array


def _number(value):
    return f"{float(value):.4g}".replace("-", "\N{MINUS SIGN}")


def _outline(axes, top, left, height, width):
    corner = (left - 0.5, top - 0.5)
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=_HIGHLIGHT, linewidth=3, zorder=3))
