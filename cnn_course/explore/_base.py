"""What explorers share: settings that are checked, a text form, a live widget, a page, and arrays for JSON."""

import base64
import importlib.util
import json
import re
import reprlib
from pathlib import Path

import numpy as np

from cnn_course._validate import named, validate_array

__all__ = ["Explorer", "finite", "module", "packed", "page", "unpacked"]

FOLDER = Path(__file__).resolve().parent
MAX_LISTED = 1024  # values of an image that are written as numbers
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
        traits |= {"_esm": module(type(self).__name__), "_css": style()}
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


def page(explorer):
    """Write an explorer as one HTML page, which runs without a kernel and asks no other host for anything.

    Args:
        explorer: an explorer, as the classes of `cnn_course.explore` make it.

    Returns:
        str, the page, with the state as it is now.

    Raises:
        TypeError: `explorer` is none.

    >>> from cnn_course import explore
    >>> explore.page(explore.axis()).count("<script")
    2
    """
    if not isinstance(explorer, Explorer):
        raise TypeError(f"`explorer` must be an explorer. Received: {named('explorer', explorer)}.")
    source = module(type(explorer).__name__).replace("export default", "const explorer =")
    state = json.dumps(explorer.state).replace("<", "\\u003c")  # nothing in it may end the script
    parts = {"TITLE": explorer.title, "STATE": state, "MODULE": source, "STYLE": style()}
    return re.sub("TITLE|STATE|MODULE|STYLE", lambda match: parts[match[0]], _PAGE)


def module(name):
    """An explorer's module with what it shares in front, so that it imports nothing."""
    shared, own = ((FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in ("shared", name))
    own = re.sub(r'^import [^;]* from "\./shared\.js";\n', "", own, count=1, flags=re.MULTILINE)
    return re.sub(r"^export (?=const|function)", "", shared, flags=re.MULTILINE) + own


def style():
    return (FOLDER / "shared.css").read_text(encoding="utf-8")


def finite(values, name):
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


def packed(image):
    """An image for JSON: a small one as numbers, a photograph as bytes, anything else as float32."""
    packed, in_bytes = {"shape": list(image.shape)}, image * 255
    if image.size <= MAX_LISTED:
        return packed | {"values": image.ravel().tolist()}
    if image.min() >= 0 and image.max() <= 1 and np.abs(in_bytes - in_bytes.round()).max() < 1e-4:
        return packed | {"bytes": base64.b64encode(in_bytes.round().astype(np.uint8)).decode()}
    return packed | {"floats": base64.b64encode(image.astype("<f4")).decode()}


def unpacked(image):
    """An image from what `packed` made of it, or what was changed on the page; an array as it is."""
    if not isinstance(image, dict):
        return image
    shape = image.get("shape")
    if "values" in image:
        return np.array(image["values"]).reshape(shape)
    key, kind, scale = ("bytes", "u1", 255) if "bytes" in image else ("floats", "<f4", 1)
    return np.frombuffer(base64.b64decode(image[key]), kind).reshape(shape) / scale
