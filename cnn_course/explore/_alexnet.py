"""AlexNet's budget: sizes, parameters, work and memory of the net of 2012, and what changes them."""

from cnn_course import arithmetic
from cnn_course._validate import validate_integer, validate_number
from cnn_course.explore._axis import MAX_LENGTH, window
from cnn_course.explore._base import Explorer

__all__ = ["alexnet"]

FILTERS = (96, 256, 384, 384, 256, 4096, 4096)  # C1 to C5, F6, F7
CLASSES, MAX_GROUPS, MAX_BATCH = 1000, 4, 4096


class alexnet(Explorer):
    """AlexNet's budget: its towers with sizes, parameters, work and memory, and which numbers of the paper they give.

    Args:
        input_size: int from 1 to 512, rows and columns of the picture.
        padding: zeros around the picture: `"valid"`, `"same"`, an int (on *each* side), or a pair `(before, after)`.
        kernel_size: int from 1 to 64, of C1.
        strides: int from 1 to 64, of C1.
        width: float above 0 and at most 4, multiplies filters and units, as in `models.alexnet`.
        groups: int from 1 to 4, towers: groups of C2, C4 and C5.
        batch: int from 1 to 4096, pictures in a step of training.

    Raises:
        TypeError: a size is not an integer, or `width` is not a number.
        ValueError: a size is too small or too large, a window does not fit, or `groups` does not divide the filters.

    Source:
        Krizhevsky, Sutskever & Hinton (2012), ImageNet Classification with Deep Convolutional Neural Networks.

    >>> repr(alexnet(input_size=224, groups=1)).split("batch=128: ")[1]
    '50,844,008 parameters, 1,009,945,728 MACs.'
    """

    title = "AlexNet's budget"

    def __init__(self, input_size=227, padding=0, kernel_size=11, strides=4, width=1.0, groups=2, batch=128):
        super().__init__(
            input_size=input_size,
            padding=padding,
            kernel_size=kernel_size,
            strides=strides,
            width=width,
            groups=groups,
            batch=batch,
        )

    def _checked(self, input_size, padding, kernel_size, strides, width, groups, batch):
        input_size = validate_integer(input_size, "input_size", 1, MAX_LENGTH)
        first = window(input_size, kernel_size, strides, padding, dilation_rate=1)
        settings = {"input_size": input_size, **{name: first[name] for name in ("padding", "kernel_size", "strides")}}
        settings["width"] = validate_number(width, "width", above=0, maximum=4)
        settings["groups"] = validate_integer(groups, "groups", 1, MAX_GROUPS)
        settings["batch"] = validate_integer(batch, "batch", 1, MAX_BATCH)
        _count(**settings)
        return settings

    def _as_json(self):
        return self._settings | {"padding": self.padding if isinstance(self.padding, str) else list(self.padding)}

    def _in_words(self):
        settings = self._settings | {"width": f"{self.width:g}"}
        settings = ", ".join(f"{name}={value}" for name, value in settings.items())
        parameters, macs = _count(**self._settings)
        return f"AlexNet's budget, {settings}: {parameters:,} parameters, {macs:,} MACs."


def _count(input_size, padding, kernel_size, strides, width, groups, batch):
    """Parameters, and multiply-accumulates for one picture."""
    filters = [max(2, 2 * round(count * width / 2)) for count in FILTERS]
    size = arithmetic.output_size(input_size, kernel_size, strides, padding)
    layers = zip((kernel_size, 5, 3, 3, 3), (1, groups, 1, groups, groups), [3, *filters], filters, strict=False)
    parameters = macs = 0
    for number, (kernel, parts, depth, count) in enumerate(layers):
        parameters += arithmetic.conv_parameters(kernel, depth, count, groups=parts)
        macs += arithmetic.conv_macs(size, kernel, depth, count, groups=parts)
        if number in (0, 1, 4):  # a pool follows
            size = arithmetic.output_size(size, 3, 2)
    inputs = (size * size * filters[4], *filters[5:])
    for read, units in zip(inputs, (*filters[5:], CLASSES), strict=True):
        parameters += arithmetic.dense_parameters(read, units)
        macs += read * units
    return parameters, macs
