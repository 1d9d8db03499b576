"""Explorers: one moves something and sees numbers change, in a notebook or on a page without a kernel.

Each is a class here and one plain ES module beside it, which does the sums, so that nothing waits for a kernel. Where
anywidget is installed a notebook shows it live and in step with Python; `page` writes it as one HTML file that needs
neither a kernel nor a network.

    explorer = explore.convolution(image, kernel)
    explorer.kernel = kernels.SOBEL_X  # what is shown follows, and what is moved there can be read here
"""

import base64
import importlib.util
import json
import re
import reprlib
from pathlib import Path

import numpy as np

from cnn_course import arithmetic, kernels
from cnn_course._validate import named, validate_array, validate_bool, validate_integer

__all__ = ["Explorer", "axis", "convolution", "page"]

FOLDER = Path(__file__).resolve().parent
MAX_LENGTH, MAX_STEP, MAX_KERNEL = 512, 64, 11  # pixels; beyond, nothing can be read on a screen
MAX_PIXELS, MAX_LISTED = 600 * 600, 1024  # of an image; of one that is written as numbers
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>TITLE</title>
<style>
body { margin: 0; color-scheme: light dark; background: light-dark(#fff, #15181d) }
STYLE</style>
</head>
<body>
<main id="explorer"></main>
<script type="application/json" id="state">STATE</script>
<script type="module">
MODULE
const state = JSON.parse(document.getElementById("state").textContent);
explorer.render({ model: standIn(state), el: document.getElementById("explorer") });
</script>
</body>
</html>
"""


class Explorer:
    """What all explorers share: settings that are checked whenever one is set, a text form, and a live widget.

    Each setting is an attribute. Setting one checks it together with the others, and changes what is shown.
    """

    title = constants = None  # words above it; what its module needs besides the settings
    _settings, _widget = {}, None

    def __init__(self, **settings):
        self._settings = self._checked(**settings)

    def _checked(self, **settings):
        """The settings in one form, or an error."""
        raise NotImplementedError

    def _as_json(self):
        """The settings as the module wants them."""
        return dict(self._settings)

    def __getattr__(self, name):
        try:
            return self._settings[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no setting {name!r}.") from None

    def __setattr__(self, name, value):
        if name.startswith("_"):
            return super().__setattr__(name, value)
        if name not in self._settings:
            names = ", ".join(self._settings)
            raise AttributeError(f"A setting must be one of {names}. Received: {name}={reprlib.repr(value)}.")
        self._set(**{name: value})

    def _set(self, **changes):
        self._settings = self._checked(**self._settings | changes)
        if self._widget is not None:
            self._show()

    @property
    def state(self):
        """Dict of all that the module is given: numbers, strings and lists, fit for JSON."""
        return self._as_json() | (self.constants or {})

    def __repr__(self):
        return f"Explorer: {self._in_words()}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        """For a notebook: one line that is the same on every run, and where it can be the widget."""
        bundle = {"text/plain": repr(self)}
        if importlib.util.find_spec("anywidget"):
            self._widget = self._widget or self._live()
            bundle |= self._widget._repr_mimebundle_()[0] | bundle
        return bundle

    def _live(self):
        """A widget with a synchronized trait for each part of the state."""
        import anywidget
        import traitlets

        traits = {name: traitlets.Any(value).tag(sync=True) for name, value in self.state.items()}
        traits |= {"_esm": _module(type(self).__name__), "_css": _style()}
        widget = type("Widget", (anywidget.AnyWidget,), traits)()
        widget.observe(lambda change: self._moved(), names=list(self._as_json()))
        return widget

    def _moved(self):
        """Take over what was moved; what the checks refuse goes back to what it was."""
        shown = {name: getattr(self._widget, name) for name in self._as_json()}
        if shown == self._as_json():
            return
        try:
            self._settings = self._checked(**shown)
        except (TypeError, ValueError):
            self._show()

    def _show(self):
        with self._widget.hold_sync(), self._widget.hold_trait_notifications():  # all of it at once
            for name, value in self._as_json().items():
                setattr(self._widget, name, value)


class axis(Explorer):
    """One axis of a convolution: windows over pixels, how often each pixel is used, and what "same" does.

    Args:
        n: int from 1 to 512, pixels of the axis.
        kernel_size: int from 1 to 64.
        strides: int from 1 to 64.
        padding: `"valid"`, `"same"`, an int (zeros on *each* side), or a pair `(before, after)`, each from 0 to 64.
        dilation_rate: int from 1 to 64, distance between neighboring kernel elements.

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is too small or too large, `padding` is unknown, or the kernel does not fit.

    Source:
        Dumoulin & Visin (2016), arXiv:1603.07285, relationship 15.

    >>> axis(n=6, kernel_size=3, strides=2, padding="same")
    Explorer: one axis, n=6, kernel_size=3, strides=2, dilation_rate=1, padding="same" (0 before, 1 after): 3 outputs.
    """

    title = "One axis"

    def __init__(self, n=6, kernel_size=3, strides=2, padding="same", dilation_rate=1):
        super().__init__(n=n, kernel_size=kernel_size, strides=strides, padding=padding, dilation_rate=dilation_rate)

    def _checked(self, n, kernel_size, strides, padding, dilation_rate):
        n = validate_integer(n, "n", 1, MAX_LENGTH)
        sizes = {"kernel_size": kernel_size, "strides": strides, "dilation_rate": dilation_rate}
        sizes = {name: validate_integer(size, name, 1, MAX_STEP) for name, size in sizes.items()}
        if not isinstance(padding, str):
            padding = arithmetic.padding_amounts(n, padding=padding, **sizes)
            padding = tuple(validate_integer(zeros, "padding", 0, MAX_STEP) for zeros in padding)
        arithmetic.output_size(n, padding=padding, **sizes)  # it knows the words, and whether the kernel fits
        return {"n": n, **sizes, "padding": padding}

    def _as_json(self):
        return self._settings | {"padding": self.padding if isinstance(self.padding, str) else list(self.padding)}

    def _in_words(self):
        sizes = ", ".join(f"{name}={value}" for name, value in self._settings.items() if name != "padding")
        before, after = arithmetic.padding_amounts(**_of_axis(self._settings))
        padding = f'"{self.padding}"' if isinstance(self.padding, str) else self.padding
        outputs = arithmetic.output_size(**_of_axis(self._settings))
        plural = "s" if outputs > 1 else ""
        return f"one axis, {sizes}, padding={padding} ({before} before, {after} after): {outputs} output{plural}."


class convolution(Explorer):
    """A window to drag over an image: its pixels, the kernel, their products, the sum, and the whole output.

    Args:
        image: array (height, width) or (height, width, channels) with 1 to 3 channels, at most 360,000 pixels. Up to
            12 pixels a side it is shown as numbers, otherwise as a photograph.
        kernel: array (kernel_height, kernel_width) for every channel, or (kernel_height, kernel_width, channels), at
            most 11 on a side and as large as the image.
        flip: bool, whether the kernel is flipped on both axes first, as in mathematics.
        position: pair (row, column) of the window, counted in the output.

    Raises:
        TypeError: an array does not hold real numbers, or `flip` or `position` is of another kind.
        ValueError: an array has other axes, is too large or not finite, or the window lies outside of the image.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equations 9.5 and 9.6.

    >>> convolution(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2))
    Explorer: drag the window, image 3×3×1, kernel 2×2×1, flip=False, position=(0, 0): 19.
    """

    title = "Drag the window"
    constants = {"kernels": {name: getattr(kernels, name).tolist() for name in kernels.__all__}}  # noqa: RUF012

    def __init__(self, image, kernel, flip=False, position=(0, 0)):
        super().__init__(image=image, kernel=kernel, flip=flip, position=position)

    def _checked(self, image, kernel, flip, position):
        image = _finite(_unpacked(image), "image")
        if image.shape[-1] > 3 or image.shape[0] * image.shape[1] > MAX_PIXELS:
            limit = f"at most 3 channels and {MAX_PIXELS:,} pixels"
            raise ValueError(f"`image` must have {limit}. Received: image of shape {image.shape}.")
        kernel = _finite(kernel, "kernel")
        if kernel.shape[-1] == 1:
            kernel = np.repeat(kernel, image.shape[-1], axis=-1)
        limits = *(min(size, MAX_KERNEL) for size in image.shape[:2]), image.shape[-1]
        if kernel.shape[-1] != limits[-1] or any(size > most for size, most in zip(kernel.shape, limits, strict=True)):
            limit = f"at most {limits[0]}×{limits[1]} and have 1 or {limits[2]} channels"
            raise ValueError(f"`kernel` must be {limit}. Received: kernel of shape {kernel.shape}.")
        if not isinstance(position, (tuple, list)) or len(position) != 2:
            raise TypeError(f"`position` must be a pair (row, column). Received: {named('position', position)}.")
        last = [size - extent for size, extent in zip(image.shape[:2], kernel.shape[:2], strict=True)]
        position = tuple(validate_integer(at, "position", 0, most) for at, most in zip(position, last, strict=True))
        return {"image": image, "kernel": kernel, "flip": validate_bool(flip, "flip"), "position": position}

    def _set(self, **changes):
        """A window that hangs over the edge after the kernel or the image has changed moves back to the first place."""
        if changes.keys() & {"image", "kernel"} and "position" not in changes:
            try:
                return super()._set(**changes)
            except ValueError as error:
                if "`position`" not in str(error):
                    raise
                changes["position"] = (0, 0)
        return super()._set(**changes)

    def _as_json(self):
        settings = {"image": _packed(self.image), "kernel": self.kernel.tolist()}
        return self._settings | settings | {"position": list(self.position)}

    def _in_words(self):
        (row, column), kernel = self.position, self.kernel[::-1, ::-1] if self.flip else self.kernel
        height, width, _ = kernel.shape
        total = float((self.image[row : row + height, column : column + width] * kernel).sum())
        shapes = ["×".join(map(str, array.shape)) for array in (self.image, self.kernel)]
        words = f"drag the window, image {shapes[0]}, kernel {shapes[1]}, flip={self.flip}, position={self.position}"
        return f"{words}: {round(total, 4) + 0:g}."


def page(explorer):
    """Write an explorer as one HTML page, which runs without a kernel and asks no other host for anything.

    Args:
        explorer: an explorer, as `axis` and `convolution` make it.

    Returns:
        str, the page, with the state as it is now.

    Raises:
        TypeError: `explorer` is none.

    >>> page(axis()).count("<script")
    2
    """
    if not isinstance(explorer, Explorer):
        raise TypeError(f"`explorer` must be an explorer. Received: {named('explorer', explorer)}.")
    module = _module(type(explorer).__name__).replace("export default", "const explorer =")
    state = json.dumps(explorer.state).replace("<", "\\u003c")  # nothing in it may end the script
    parts = {"TITLE": explorer.title, "STATE": state, "MODULE": module, "STYLE": _style()}
    return re.sub("TITLE|STATE|MODULE|STYLE", lambda match: parts[match[0]], _PAGE)


def _module(name):
    """An explorer's module with what it shares in front, so that it imports nothing."""
    shared, own = ((FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in ("shared", name))
    own = re.sub(r'^import [^;]* from "\./shared\.js";\n', "", own, count=1, flags=re.MULTILINE)
    return re.sub(r"^export (?=const|function)", "", shared, flags=re.MULTILINE) + own


def _style():
    return (FOLDER / "shared.css").read_text(encoding="utf-8")


def _of_axis(settings):
    """The settings of `axis` by the names of `arithmetic`."""
    return {"input_size" if name == "n" else name: value for name, value in settings.items()}


def _finite(values, name):
    """A float64 array with three axes; one of two gets a channel."""
    array = validate_array(values, name)
    if array.ndim not in (2, 3):
        raise ValueError(f"`{name}` must have 2 or 3 axes. Received: {name} of shape {array.shape}.")
    if not np.isfinite(array).all():
        others = int((~np.isfinite(array)).sum())
        raise ValueError(f"`{name}` must be finite. Received: {name} with {others} that are not.")
    array = array.astype(np.float64).reshape(*array.shape[:2], -1)  # a copy, which nobody else changes
    array.setflags(write=False)
    return array


def _packed(image):
    """An image for JSON: a small one as numbers, a photograph as bytes, anything else as float32."""
    packed, in_bytes = {"shape": list(image.shape)}, image * 255
    if image.size <= MAX_LISTED:
        return packed | {"values": image.ravel().tolist()}
    if image.min() >= 0 and image.max() <= 1 and np.abs(in_bytes - in_bytes.round()).max() < 1e-4:
        return packed | {"bytes": base64.b64encode(in_bytes.round().astype(np.uint8)).decode()}
    return packed | {"floats": base64.b64encode(image.astype("<f4")).decode()}


def _unpacked(image):
    if not isinstance(image, dict):
        return image
    shape = image.get("shape")
    if "values" in image:
        return np.array(image["values"]).reshape(shape)
    key, kind, scale = ("bytes", "u1", 255) if "bytes" in image else ("floats", "<f4", 1)
    return np.frombuffer(base64.b64decode(image[key]), kind).reshape(shape) / scale
