"""One axis: windows over pixels, and what "same" does."""

from cnn_course import arithmetic
from cnn_course._validate import validate_integer
from cnn_course.explore._base import Explorer

__all__ = ["MAX_LENGTH", "axis", "window"]

MAX_LENGTH, MAX_STEP = 512, 64  # pixels; beyond, nothing can be read on a screen


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

    def _checked(self, n, **sizes):
        n = validate_integer(n, "n", 1, MAX_LENGTH)
        return {"n": n, **window(n, **sizes)}

    def _as_json(self):
        return self._settings | {"padding": self.padding if isinstance(self.padding, str) else list(self.padding)}

    def _in_words(self):
        sizes = ", ".join(f"{name}={value}" for name, value in self._settings.items() if name != "padding")
        before, after = arithmetic.padding_amounts(**_of_axis(self._settings))
        padding = f'"{self.padding}"' if isinstance(self.padding, str) else self.padding
        outputs = arithmetic.output_size(**_of_axis(self._settings))
        plural = "s" if outputs > 1 else ""
        return f"one axis, {sizes}, padding={padding} ({before} before, {after} after): {outputs} output{plural}."


def window(n, kernel_size, strides, padding, dilation_rate):
    """The settings of a window over an axis of `n` pixels in one form, or an error; a frame as a pair."""
    sizes = {"kernel_size": kernel_size, "strides": strides, "dilation_rate": dilation_rate}
    sizes = {name: validate_integer(size, name, 1, MAX_STEP) for name, size in sizes.items()}
    if not isinstance(padding, str):
        padding = arithmetic.padding_amounts(n, padding=padding, **sizes)
        padding = tuple(validate_integer(zeros, "padding", 0, MAX_STEP) for zeros in padding)
    arithmetic.output_size(n, padding=padding, **sizes)  # it knows the words, and whether the kernel fits
    return {**sizes, "padding": padding}


def _of_axis(settings):
    """The settings of `axis` by the names of `arithmetic`."""
    return {"input_size" if name == "n" else name: value for name, value in settings.items()}
