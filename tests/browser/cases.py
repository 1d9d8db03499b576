"""The explorers that are tried: one entry each, made as in a notebook, and moved from Python and by the keyboard."""

from typing import NamedTuple

import numpy as np

from cnn_course import data, explore, kernels


class Case(NamedTuple):
    """An explorer, what it says, and how it is moved."""

    source: str  # Python, as it stands in a notebook
    element: str  # the `data-name` of what says the following
    says: str
    put: str  # Python: another setting of `explorer`
    then: str  # what is said after it
    control: str  # how the label begins of what takes the key
    key: str
    moved: tuple  # Python, and what it gives after the key


CASES = {
    "alexnet": Case(
        source="explore.alexnet()",
        element="sums",
        says="60,965,224 parameters",
        put="explorer.groups = 1",
        then="62,378,344 parameters",
        control="batch",
        key="ArrowDown",
        moved=("explorer.batch", "127"),
    ),
    "axis": Case(
        source="explore.axis(n=6)",
        element="window",
        says="Window 0 reads 1 + 2 + 3 = 6.",
        put="explorer.padding = 1",
        then="Window 0 reads 0 + 1 + 2 = 3.",
        control="n (pixels)",
        key="ArrowUp",
        moved=("explorer.n", "7"),
    ),
    "convolution": Case(
        source="explore.convolution(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2))",
        element="sum",
        says="0·0 + 1·1 + 3·2 + 4·3 = 19.",
        put="explorer.flip = True",
        then="0·3 + 1·2 + 3·1 + 4·0 = 5.",
        control="Image",
        key="ArrowRight",
        moved=("explorer.position", "(0, 1)"),
    ),
    "digit": Case(
        source="explore.digit()",
        element="answers",
        says="pooled reads 9, strided reads 9, better recipe reads 9.",
        put='explorer.image = data.load("digits").x_validation[0]',
        then="pooled reads 3, strided reads 3, better recipe reads 3.",
        control="Drawing",
        key="Space",
        moved=("explorer.image[:2, 0, 0].tolist()", "[1.0, 1.0]"),
    ),
    "receptive_field": Case(
        source='explore.receptive_field([(3, 1, "valid", 1), (2, 2, "valid", 1)] * 3, input_size=28)',
        element="unread",
        says="484 of 784 pixels; 300 are never read.",
        put="explorer.input_size = 22",
        then="484 of 484 pixels; 0 are never read.",
        control="picture larger",
        key="Enter",
        moved=("explorer.input_size", "23"),
    ),
    "shift": Case(
        source='explore.shift(data.photo("cat").mean(axis=-1)[:200])',
        element="said",
        says="Pushed 0 pixels down, 1 pixel right. That is not a multiple of the strides, 2",
        put="explorer.by = (0, 2)",
        then="Pushed 0 pixels down, 2 pixels right. A multiple of the strides, 2",
        control="Picture",
        key="ArrowDown",
        moved=("explorer.by", "(1, 2)"),
    ),
    "valley": Case(
        source="explore.valley()",
        element="path",
        says="After 10 steps of SGD: weights [1.06, −0.91], loss 0.341",
        put="explorer.rate = 0.034",
        then="After 10 steps of SGD: weights [2.03, 0.04], loss 64.4",
        control="steps",
        key="ArrowUp",
        moved=("explorer.steps", "11"),
    ),
}
LOOKS = {name: case.source for name, case in CASES.items()} | {  # what looks different is looked at, too
    "alexnet, four towers": "explore.alexnet(groups=4)",
    "axis, long": 'explore.axis(227, 11, 4, "same")',
    "convolution, channels": "explore.convolution(np.arange(432).reshape(12, 12, 3) % 10, np.ones((3, 3)))",
    "convolution, photograph": 'explore.convolution(data.photo("cat"), kernels.SOBEL_X)',
    "receptive_field, choice": "explore.receptive_field()",
    "receptive_field, a pixel": 'explore.receptive_field([(11, 4, "valid", 1), (3, 2, "same", 1)], 227, (0, 5, 226))',
    "shift, numbers": "explore.shift(np.eye(6), np.ones((3, 3)), wrap=False)",
}


def made(source):
    """The explorer that a line of Python makes."""
    return eval(source, {"data": data, "explore": explore, "kernels": kernels, "np": np})
