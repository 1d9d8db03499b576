"""Figures of the course: each function draws and returns matplotlib Axes; `show` displays them with their text.

Pictures are gray in [0, 1] or RGB; signed values are purple and orange around a white zero; lines differ in color,
dash and marker. A figure is a light card with round corners, one of two widths, so that it reads on a white page and
on a dark one: no ink has a contrast of 4.5 to both.
"""

import base64
import io
import re
import reprlib
import sys
from collections.abc import Sized

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw

from cnn_course._validate import validate_array, validate_bool, validate_integer, validate_number

__all__ = [
    "MAX_FRAMES",
    "WIDTHS",
    "bars",
    "curves",
    "images",
    "numbers",
    "one_scale",
    "panels",
    "show",
    "sliding_window",
]

MAX_FRAMES = 36
WIDTHS = 4.5, 9  # inches: half a page, which a telephone shows without making it smaller, and a page
MAX_INCHES, MAX_PANELS, MAX_NUMBERS = 100, 200, 2500  # beyond, drawing takes minutes and gigabytes
MAX_BRIGHTNESS = 10  # white is 1; a sharpened picture overshoots, but not by so much
_CARD, _RADIUS, _MARGIN, _DPI = 245, 12, 10, 96  # gray of the card, pixels, pixels, pixels an inch
_SECONDS, _ROUNDS = 1.5, 2  # of a frame; an animation stops after two rounds on its last frame
_HIGHLIGHT = "#009E73"  # a green that is neither in gray nor in the purple and orange of signed values
_REPR = re.compile(r"\bnp\.|\barray\(|\bdtype\b|\bobject at 0x|\btf\.Tensor\(")
_STYLE = {
    "axes.facecolor": "none",
    "axes.prop_cycle": cycler(color=["#006BA4", "#FF800E", "#595959", "#5F9ED1", "#C85200"])
    + cycler(linestyle=["-", "--", "-.", ":", "-"])
    + cycler(marker=["o", "s", "^", "D", "v"]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.constrained_layout.h_pad": 0.12,  # inches; less cuts titles above panels of equal aspect
    "figure.constrained_layout.w_pad": 0.12,
    "font.size": 10,
}


def panels(columns=1, rows=1, width=9, height=3.2, **options):
    """Make empty Axes in the style of the course.

    Args:
        columns, rows: int >= 1, how many Axes side by side and below each other.
        width: float, of the whole figure in inches; it becomes the nearer one of `WIDTHS`.
        height: float, of the whole figure in inches; what stays empty above and below is cut off when it is shown.
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
        size = _standard(width), height
        return plt.subplots(rows, columns, figsize=size, **{"layout": "compressed", **options})[1]


def curves(x, series, x_label, y_label, title, axes=None):
    """Draw lines over a common axis; each has its color, dash and marker.

    Args:
        x: array (points,).
        series: dict from label to array (points,); NaN leaves a gap.
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
    x = _floats(x, "x", rank=1)
    lines = {label: _floats(y, f"series[{label!r}]", rank=1) for label, y in series.items()}
    for label, y in lines.items():
        if len(y) != len(x):
            raise ValueError(
                f"Each series must have a value for each of {len(x)} points. Received: {len(y)} ({label})."
            )
    axes = panels() if axes is None else axes
    for label, y in lines.items():
        axes.plot(x, y, label=label, markevery=max(1, len(x) // 12), markersize=5)
    axes.set(xlabel=x_label, ylabel=y_label, title=title)
    if len(lines) > 1:
        axes.legend(frameon=False)
    return axes


def bars(counts, x_label, title, *, logarithmic=True, axes=None):
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
        TypeError: `counts` is not a dict of numbers, or `logarithmic` no bool.
        ValueError: there are no counts, or one of them is not above 0.
    """
    _validate_dict(counts, "counts")
    validate_bool(logarithmic, "logarithmic")
    lengths = [validate_number(count, f"counts[{label!r}]", above=0) for label, count in counts.items()]
    axes = panels(height=0.45 * len(counts) + 1) if axes is None else axes
    drawn = axes.barh(list(counts), lengths, color="#5F9ED1", edgecolor="#006BA4")
    axes.bar_label(drawn, [f"{count:,}" for count in counts.values()], padding=4)
    axes.set(xlabel=x_label, title=title, xscale="log" if logarithmic else "linear")
    if not logarithmic:
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.locator_params(axis="x", nbins=4)  # long numbers need room
    axes.invert_yaxis()
    axes.margins(x=0.25)
    return axes


def images(pictures, titles, *, signed=False, limits=None, label=None, columns=None, panel_size=2.9):
    """Draw pictures or feature maps side by side, all with the same limits and one color bar.

    Args:
        pictures: sequence of arrays, each (height, width), (height, width, 1) or, in color, (height, width, 3):
            numbers in [0, 1] (what a kernel throws a little beyond is clipped) or uint8 in 0 ... 255; others where
            `signed` or `limits` says how. NaN stays empty.
        titles: sequence of str, one a picture.
        signed: bool; True for responses around zero (purple to orange).
        limits: pair of numbers (low, high), or None: (0, 1) for pictures, the largest magnitude for signed ones.
        label: str for the color bar, or None: "brightness", or "response" for signed ones.
        columns: int >= 1, pictures a row; None puts all in one row.
        panel_size: float, width of one panel in inches, less where a row would be wider than a page.

    Returns:
        array of `Axes` (count,). All panels are as large; `one_scale` draws all pixels as large instead.

    Raises:
        TypeError: `pictures` or `titles` is not a sequence, or a picture holds no real numbers.
        ValueError: there is not one title for each picture, or a picture has other axes, or values that are no
            brightness, or the limits are not in order (around zero where `signed`).
    """
    if not all(isinstance(value, Sized) for value in (pictures, titles)):
        received = f"pictures={reprlib.repr(pictures)}, titles={reprlib.repr(titles)}"
        raise TypeError(f"`pictures` and `titles` must be sequences. Received: {received}.")
    brightness = not validate_bool(signed, "signed") and limits is None
    pictures = [_picture(picture, brightness) for picture in pictures]
    if len(pictures) != len(titles) or not pictures:
        raise ValueError(f"There must be one title for each picture. Received: {len(pictures)=}, {len(titles)=}.")
    gray = [picture for picture in pictures if picture.ndim == 2]
    colors = _colors(gray, signed, (0, 1) if brightness else limits)
    every = _framed([picture.shape[:2] for picture in pictures], titles, columns, panel_size)
    drawn = [axes.imshow(picture, **colors) for axes, picture in zip(every, pictures, strict=True)]
    if gray:
        bar = next(image for image, picture in zip(drawn, pictures, strict=True) if picture.ndim == 2)
        label = label or ("response" if signed else "brightness")
        every[0].figure.colorbar(bar, ax=list(every), shrink=0.8, label=label)
    return every


def numbers(values, title, window=None, *, signed=False, limits=None, axes=None):
    """Draw a small array as a grid with its numbers; what is not a number (NaN) stays empty.

    Args:
        values: array (height, width).
        title: str.
        window: None or `(top, left, height, width)` in pixels: outlined.
        signed: bool; True colors around zero.
        limits: pair of numbers (low, high) for the colors, or None: from the values. Arrays that are compared
            need the same.
        axes: `Axes` to draw into, or None for new ones.

    Returns:
        `Axes`.

    Raises:
        TypeError: the array holds no real numbers, or the window is not four integers.
        ValueError: the array is not 2-D, or has too many numbers to be read, or the window lies outside, or the
            limits are not in order (around zero where `signed`).
    """
    values = _floats(values, "values", rank=2)
    height, width = values.shape
    if values.size > MAX_NUMBERS:
        raise ValueError(f"`values` must be at most {MAX_NUMBERS} numbers. Received: values of shape {values.shape}.")
    outline = None if window is None else _outline(window, values.shape)
    colors = _colors([values], signed, limits)
    axes = panels(width=0.45 * width + 1, height=0.45 * height + 1) if axes is None else axes
    edges = np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5
    drawn = axes.pcolormesh(*edges, values, edgecolors="#888888", linewidth=0.8, **colors)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            lightness = np.dot(drawn.cmap(drawn.norm(value))[:3], [0.299, 0.587, 0.114])
            style = {"color": "black" if lightness > 0.5 else "white", "in_layout": False}
            axes.text(column, row, _number(value), ha="center", va="center", **style)
    if outline is not None:
        axes.add_patch(outline)
    axes.set(title=title, aspect="equal", xticks=range(width), yticks=range(height))
    axes.set_ylim(height - 0.5, -0.5)  # row 0 at the top
    axes.tick_params(length=0, colors="#595959")
    axes.spines[:].set_visible(False)
    return axes


def one_scale(axes):
    """Draw the pixels of all pictures of a figure in one size: a smaller map is smaller on the page, too.

    Args:
        axes: array of all `Axes` of a figure, each with a picture: of `images`, or of `panels` and `numbers`.

    Returns:
        `axes`; their pictures begin at the top of their rows.

    Raises:
        TypeError: `axes` are no Axes.
        ValueError: one of them shows no picture.
    """
    _figure(axes)
    every = list(np.ravel(axes))
    if any(one.get_aspect() == "auto" for one in every):
        raise ValueError(f"Each of `axes` must show a picture. Received: axes={reprlib.repr(axes)}.")
    grid = every[0].get_gridspec()
    widths, heights = np.zeros(grid.ncols), np.zeros(grid.nrows)  # of the largest picture in a column, in a row
    places = [(one.get_subplotspec().rowspan.start, one.get_subplotspec().colspan.start) for one in every]
    for (row, column), one in zip(places, every, strict=True):
        widths[column] = max(widths[column], one.dataLim.width)
        heights[row] = max(heights[row], one.dataLim.height)
    for (row, column), one in zip(places, every, strict=True):
        left, top, right, bottom = one.dataLim.extents
        free = (widths[column] - (right - left)) / 2
        one.set(xlim=(left - free, right + free), ylim=(top + heights[row], top))
        one.set_xticks([place for place in one.get_xticks() if left <= place <= right])
        one.set_yticks([place for place in one.get_yticks() if top <= place <= bottom])
        for side, position in {"left": left, "right": right, "top": top, "bottom": bottom}.items():
            one.spines[side].set(position=("data", position))  # frame and ticks stay at the picture
            one.spines[side].set_bounds(*((top, bottom) if side in ("left", "right") else (left, right)))
    grid.set_width_ratios(widths)
    grid.set_height_ratios(heights)
    return axes


def sliding_window(image, kernel, output, position, *, strides=1, signed=False):
    """Draw one moment of a kernel that slides over an image: the window, the kernel, the output so far.

    Args:
        image: array (height, width), padded already where there is padding.
        kernel: array (kernel_height, kernel_width).
        output: array (output_height, output_width), complete.
        position: pair of ints (row, column) in the output.
        strides: int >= 1, in pixels.
        signed: bool; True colors image, kernel and output around zero.

    Returns:
        array of three `Axes`: image, kernel, output. Cells are of one size; products and their sum are in float64.

    Raises:
        TypeError: an array holds no real numbers, or a place is not an integer.
        ValueError: an array is not 2-D, or the position lies outside the output, or the kernel outside the image.
    """
    arrays = {"image": image, "kernel": kernel, "output": output}
    image, kernel, output = (_floats(values, name, rank=2) for name, values in arrays.items())
    row, column, top, left = _place(image, kernel, output, position, strides)
    height, width = kernel.shape
    size = {"width": 0.5 * (image.shape[1] + width + output.shape[1]) + 1.2, "height": 0.5 * len(image) + 1.3}
    every = panels(3, **size)
    so_far = np.where(np.arange(output.size).reshape(output.shape) <= row * output.shape[1] + column, output, np.nan)
    numbers(image, "image", (top, left, height, width), signed=signed, axes=every[0])
    numbers(kernel, "kernel", signed=True, axes=every[1])
    limits = _limits([output], signed)
    numbers(so_far, "output", (row, column, 1, 1), signed=signed, limits=limits, axes=every[2])
    window = image[top : top + height, left : left + width]
    terms = [f"{_number(pixel)}·{_number(weight)}" for pixel, weight in zip(window.flat, kernel.flat, strict=True)]
    total = f"output[{row}, {column}] = {_number((window * kernel).sum())}"
    every[0].figure.suptitle(f"{' + '.join(terms)} = {total}" if kernel.size <= 4 else total, fontsize=11)
    return one_scale(every)


def show(axes, text):
    """Display a figure, close it, and print the line that says in words what it shows.

    Outside a notebook only the line is printed. An animation shows each frame for 1.5 s and stops after two rounds.

    Args:
        axes: `Axes`, an array of `Axes` of one figure, or a list of such: the frames of an animation.
        text: str, the text alternative in words; its numbers come from the plotted data.

    Raises:
        TypeError: `axes` are no Axes, or the text is not a str.
        ValueError: the text is empty or holds the repr of an object, or an animation has no frame, more than
            `MAX_FRAMES`, or frames of several sizes.
    """
    if not isinstance(text, str):
        raise TypeError(f"`text` must be a str. Received: text={reprlib.repr(text)} ({type(text).__name__}).")
    if not text.strip():
        raise ValueError(f"A figure needs a text that says what it shows. Received: {text=}.")
    if _REPR.search(text):
        raise ValueError(f"`text` must be words and numbers, not what Python prints for an object. Received: {text=}.")
    frames = [_figure(frame) for frame in axes] if isinstance(axes, list) else [_figure(axes)]
    if not 1 <= len(frames) <= MAX_FRAMES:
        raise ValueError(f"An animation must have 1 to {MAX_FRAMES} frames. Received: {len(frames)}.")
    sizes = sorted({tuple(figure.get_size_inches().tolist()) for figure in frames})
    if len(sizes) > 1:
        raise ValueError(f"The frames of an animation must have one size. Received: {sizes} inches.")
    _display({"image/png": base64.b64encode(_png(frames)).decode("ascii"), "text/plain": "<Figure>"})
    print(f"Figure: {text}")


def _standard(width):
    return WIDTHS[0] if width <= 1.15 * WIDTHS[0] else WIDTHS[1]  # a little too wide: a little smaller instead


def _display(data):
    """Hand a picture to the notebook; where none runs (it would have loaded IPython), nothing happens."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(data, raw=True)


def _figure(axes):
    first = axes.flat[0] if isinstance(axes, np.ndarray) and axes.size else axes
    if not isinstance(first, mpl.axes.Axes):
        raise TypeError(f"`axes` must be Axes of Matplotlib. Received: axes={reprlib.repr(axes)}.")
    return first.figure


def _png(figures):
    """Bytes of a PNG with the figures as frames, each on a card."""
    pixels = [_render(figure) for figure in figures]
    used = np.flatnonzero(np.any([(frame != _CARD).any(axis=(1, 2)) for frame in pixels], axis=0))
    top, bottom = (used[0], used[-1] + 1) if used.size else (0, 1)
    around = ((_MARGIN, _MARGIN), (0, 0), (0, 0))
    pixels = [np.pad(frame[top:bottom], around, constant_values=_CARD) for frame in pixels]
    buffer, opaque = io.BytesIO(), _card(pixels[0].shape)
    if len(pixels) == 1:
        gray = (pixels[0] == pixels[0][:, :, :1]).all()  # gray needs one channel
        channels = pixels[0][:, :, :1] if gray else pixels[0]
        picture = np.dstack([channels, opaque])
        Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    else:
        first, *others = _share_palette(pixels, opaque)
        animation = {"save_all": True, "append_images": others, "duration": 1000 * _SECONDS, "loop": _ROUNDS}
        first.save(buffer, "PNG", transparency=255, **animation)
    return buffer.getvalue()


def _render(figure):
    """Pixels (height, width, 3) of a figure, which is closed."""
    figure.set(dpi=_DPI, facecolor=(_CARD / 255,) * 3)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once; `savefig` would draw a figure with a layout twice
    plt.close(figure)
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


def _card(shape):
    """How opaque a card of (height, width) is: wholly, but for its round corners."""
    height, width = shape[:2]
    large = Image.new("L", (4 * width, 4 * height))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, 4 * width - 1, 4 * height - 1), 4 * _RADIUS, fill=255)
    return np.asarray(large.resize((width, height), Image.Resampling.BOX))


def _share_palette(pixels, opaque):
    """The same 255 colors for all frames, and none: an animated PNG keeps them as bytes, a quarter of the size."""
    palette = Image.fromarray(np.concatenate(pixels)).quantize(255)
    colors = np.reshape(palette.getpalette()[: 3 * 255], (-1, 3))
    colors[(abs(colors - _CARD) <= 2).all(axis=1)] = _CARD  # the card must stay of one color
    palette.putpalette(colors.ravel().tolist())
    frames = []
    for frame in pixels:
        indices = np.array(Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE))
        indices[opaque < 128] = 255
        frames.append(Image.fromarray(indices))
        frames[-1].putpalette([*colors.ravel().tolist(), *[_CARD] * (3 * (256 - len(colors)))])
    return frames


def _validate_dict(value, name):
    if not isinstance(value, dict):
        raise TypeError(f"`{name}` must be a dict. Received: {name}={reprlib.repr(value)}.")
    if not value:
        raise ValueError(f"`{name}` must not be empty. Received: {name}={{}}.")


def _floats(values, name, rank=None):
    """The values in float64: no sum, product or magnitude of a picture may overflow in the caller's small integers."""
    return validate_array(values, name, rank=rank).astype(np.float64)


def _picture(values, brightness):
    """Floats (height, width), or (height, width, 3) in color; in [0, 1] if they are a brightness, as colors are."""
    array = validate_array(values, "picture")
    if array.ndim != 2 and (array.ndim != 3 or array.shape[2] not in (1, 3)):
        raise ValueError(
            "A picture must be (height, width), with 1 or 3 channels or without that axis. "
            f"Received: picture of shape {array.shape}."
        )
    picture = array.astype(np.float64)
    picture = picture[:, :, 0] if array.shape[2:] == (1,) else picture
    if not (brightness or picture.ndim == 3):
        return picture
    picture = picture / 255 if array.dtype == np.uint8 else picture
    known = picture[np.isfinite(picture)]
    integers = array.dtype.kind in "iu" and array.dtype != np.uint8
    if known.size and np.abs(known).max() > (1 if integers else MAX_BRIGHTNESS):
        raise ValueError(
            "A picture must lie in [0, 1] or be uint8 (or gray, with `signed` or `limits`). "
            f"Received: picture of dtype {array.dtype} from {known.min():.4g} to {known.max():.4g}."
        )
    if picture.ndim == 3 and known.size < picture.size:  # what is not a number stays empty
        return np.dstack([np.nan_to_num(picture).clip(0, 1), np.isfinite(picture).all(axis=2)])
    return picture if picture.ndim == 2 else picture.clip(0, 1)


def _framed(shapes, titles, columns, panel_size):
    """Axes with titles and frames for pictures of these shapes, `columns` a row."""
    count = len(shapes)
    columns = count if columns is None else validate_integer(columns, "columns", minimum=1)
    rows = -(-count // columns)
    wanted = validate_number(panel_size, "panel_size", above=0) * columns + 0.6
    panel = panel_size * min(1, _standard(wanted) / wanted)
    height = rows * (panel * max(height / width for height, width in shapes) + 0.5)
    every = np.ravel(panels(columns, rows, width=wanted, height=height, squeeze=False))
    for index, (axes, title) in enumerate(zip(every, titles, strict=False)):
        axes.set(title=title, xlabel="x (pixels)" if index >= count - columns else "")
        axes.set_ylabel("y (pixels)" if index % columns == 0 else "")
        axes.spines[:].set(visible=True, color="#888888")
    for axes in every[count:]:
        axes.remove()
    return every[:count]


def _colors(arrays, signed, limits):
    """Color map and limits, for matplotlib."""
    low, high = _limits(arrays, validate_bool(signed, "signed"), limits)
    return {"cmap": "PuOr" if signed else "gray", "vmin": low, "vmax": high}


def _limits(arrays, signed, limits=None):
    """Floats low < high: those given, or the extremes of all arrays; around zero where `signed`."""
    if limits is None:
        known = np.concatenate([values[np.isfinite(values)] for values in arrays] or [np.zeros(0)])
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
        if signed:
            low, high = -max(-low, high), max(-low, high)
        return (low, high) if low < high else (-1.0 if signed else low, low + max(1.0, abs(low)))
    if not (isinstance(limits, (tuple, list, np.ndarray)) and len(limits) == 2):
        raise TypeError(f"`limits` must be a pair (low, high). Received: limits={reprlib.repr(limits)}.")
    low, high = (validate_number(limit, "limits") for limit in limits)
    if not low < high or (signed and low != -high):
        wanted = "(-high, high), around zero" if signed else "(low, high) with low < high"
        raise ValueError(f"`limits` must be {wanted}. Received: limits={reprlib.repr(limits)}.")
    return low, high


def _place(image, kernel, output, position, strides):
    """Row and column in the output, top and left in the image."""
    strides = validate_integer(strides, "strides", minimum=1)
    if not (isinstance(position, (tuple, list)) and len(position) == 2):
        raise TypeError(f"`position` must be a pair (row, column). Received: position={reprlib.repr(position)}.")
    row, column = (validate_integer(index, "position", minimum=0) for index in position)
    top, left = row * strides, column * strides
    inside = row < output.shape[0] and column < output.shape[1]
    if not inside or top + kernel.shape[0] > image.shape[0] or left + kernel.shape[1] > image.shape[1]:
        raise ValueError(
            "`position` must lie in the output, and the kernel there in the image. Received: "
            f"{position=}, {strides=}, {image.shape=}, {kernel.shape=}, {output.shape=}."
        )
    return row, column, top, left


def _outline(window, shape):
    """A green frame around pixels of an array."""
    if not (isinstance(window, (tuple, list)) and len(window) == 4):
        raise TypeError(
            f"`window` must be (top, left, height, width). Received: window={reprlib.repr(window)} "
            f"({type(window).__name__})."
        )
    top, left = (validate_integer(place, "window", minimum=0) for place in window[:2])
    height, width = (validate_integer(length, "window", minimum=1) for length in window[2:])
    if top + height > shape[0] or left + width > shape[1]:
        raise ValueError(f"`window` must lie in the array. Received: {window=}, values of shape {shape}.")
    return Rectangle((left - 0.5, top - 0.5), width, height, fill=False, edgecolor=_HIGHLIGHT, linewidth=3, zorder=3)


def _number(value):
    return f"{float(value):.4g}".replace("-", "\N{MINUS SIGN}")
