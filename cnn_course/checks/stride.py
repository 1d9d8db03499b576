"""Exercises of lesson 04, Stride."""

import numpy as np

from cnn_course import reference
from cnn_course.checks.engine import function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (150, 149),
    mistakes=[
        ((149, 148), "Off by one: the start at 0 counts, too: ⌊(n + 2p − k)/s⌋ + 1."),
        ((151, 150), "Rounded up: what does not fit is dropped, so round down."),
        ((149, 149), "Padding counted once instead of twice: it is on each side."),
        ((147, 149), "The padding is not used: 3 rows of zeros above and 3 below."),
        ((100, 224), "The strides are swapped: 2 down, 3 to the right."),
        ((151, 149), "Rows and columns of the kernel are swapped: it has 7 rows and 5 columns."),
        ((147, 151), "Rows and columns of the padding are swapped: 3 above and below, none at the sides."),
        ((149, 150), "Rows and columns of the answer are swapped: (rows, columns)."),
        ((300, 447), "This is the size with strides 1."),
        ((150, 151), 'This is n / s, rounded up, as with "same". Here the padding is given.'),
    ],
    code="((300 + 2 * 3 - 7) // 2 + 1, (451 - 5) // 3 + 1)",
    why="Each axis has its own kernel size, padding and stride, and each rounds down for itself.",
    hints=(
        "Treat rows and columns one by one.",
        "Rows: 300 + 2 · 3 pixels, the last start at 306 − 7. How many starts are there if every second counts?",
        "Rows: 299/2 = 149.5, rounded down, plus the start at 0.",
    ),
    explanation="⌊(300 + 6 − 7)/2⌋ + 1 = 149 + 1 rows and ⌊(451 − 5)/3⌋ + 1 = 148 + 1 columns.",
)

_IMAGE = np.array([[1, 2, 0, 1, 3], [0, 1, 3, 2, 1], [2, 0, 1, 1, 0], [1, 3, 2, 0, 4]])
_KERNEL = np.array([[1, 2], [0, -1]])


def _every(down, right, kernel=_KERNEL):
    return reference.cross_correlate(_IMAGE, kernel)[::down, ::right]


q2 = value_question(
    _every(2, 3),
    mistakes=[
        (_every(3, 2), "The strides are swapped: 2 down, 3 to the right."),
        (_every(2, 2), "The kernel moves 3 columns to the right, not 2."),
        (_every(1, 1), "This is the result with strides 1: which of these values remain?"),
        (_every(1, 1)[:2, :2], "The kernel moves by one pixel here: the strides are 2 down, 3 to the right."),
        (_every(2, 3, _KERNEL[::-1, ::-1]), "The kernel is flipped here: nothing is flipped in a CNN."),
        (_every(2, 3, _KERNEL.T), "The kernel is transposed: its first row is [1, 2]."),
        (_every(2, 3).T, "Rows and columns of the result are swapped."),
        (_every(2, 3, np.abs(_KERNEL)), "The last weight is −1, not 1."),
    ],
    code="[[4, 6],\n [-1, -3]]",
    why="Four outputs instead of twelve: each jump saves the windows between.",
    hints=(
        "At which rows and at which columns can the kernel start?",
        "Rows 0 and 2, columns 0 and 3.",
        "Top left: 1·1 + 2·2 + 0·0 + 1·(−1).",
    ),
    explanation="1 + 4 − 1 = 4, 1 + 6 − 1 = 6, 2 + 0 − 3 = −1 and 1 + 0 − 4 = −3, at rows 0, 2 and columns 0, 3.",
)

q3 = value_question(
    240,
    mistakes=[
        (400, "That makes 101 outputs: one too many. Mind the start at 0."),
        (160, "That makes 99 outputs, with 80 zeros that no window reads. Where does the last of 100 windows end?"),
        (80, "That makes 99 outputs: where does the last of 100 windows end?"),
        (0, "Without zeros there are 98 outputs."),
        (120, "That is on each side. The question is: in total."),
        (16_240, "That is the length of the padded axis. How many of these samples are zeros?"),
        (399, "That makes 100 outputs, but not with the fewest zeros: the last ones are never read."),
    ],
    code="(100 - 1) * 160 + 400 - 16_000",
    why='This is what "same" adds. Windows of 25 ms, one every 10 ms, are how speech recognizers often begin.',
    hints=(
        "Turn the question round: how many samples do 100 windows need?",
        "The first window starts at 0. Where does the last of 100 start, and where does it end?",
        "It starts at 99 · 160 = 15,840 and is 400 long.",
    ),
    explanation="The last window starts at 99 · 160 = 15,840 and ends after 16,240 samples: 240 more than 16,000.",
)


def strided(image, kernel, strides):
    (height, width), (down, right) = kernel.shape, strides
    rows, columns = (image.shape[0] - height) // down + 1, (image.shape[1] - width) // right + 1
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = i * down, j * right
            output[i, j] = (image[top : top + height, left : left + width] * kernel).sum()
    return output


def _with_gaps(image, kernel, strides):
    output = np.zeros_like(strided(image, kernel, (1, 1)))
    output[:: strides[0], :: strides[1]] = strided(image, kernel, strides)
    return output


q4 = function_question(
    strided,
    cases=[
        (*integers(0, (7, 12), (3, 2)), (2, 3)),
        (*integers(1, (9, 6), (2, 3)), (3, 1)),
        (*integers(2, (6, 11), (2, 2)), (1, 4)),
        (*integers(3, (4, 5), (4, 5)), (2, 2)),
    ],
    mistakes=[
        (lambda image, kernel, strides: strided(image, kernel, (1, 1)), "The strides are not used."),
        (
            lambda image, kernel, strides: strided(image, kernel, strides[::-1]),
            "The strides are swapped: the first is down, the second to the right.",
        ),
        (
            lambda image, kernel, strides: strided(image, kernel, (strides[0],) * 2),
            "The stride down is used for both axes.",
        ),
        (
            lambda image, kernel, strides: strided(image, kernel, (1, 1))[: strided(image, kernel, strides).shape[0]][
                :, : strided(image, kernel, strides).shape[1]
            ],
            "The size is right, but the windows start one pixel apart: multiply i and j by the strides.",
        ),
        (
            lambda image, kernel, strides: strided(image, kernel[::-1, ::-1], strides),
            "The kernel is flipped: nothing is flipped in a CNN.",
        ),
        (
            lambda image, kernel, strides: strided(image, kernel, strides)[:-1, :-1],
            "Off by one: there are ⌊(n − k)/s⌋ + 1 positions, with the start at 0.",
        ),
        (lambda *case: strided(*case).T, "Rows and columns of the output are swapped."),
        (
            _with_gaps,
            "The values stand where they stood, with zeros between them: the output has one place for each window.",
        ),
        (
            lambda image, kernel, strides: strided(image, kernel, strides) / kernel.size,
            "This is the mean, not the sum.",
        ),
    ],
    why="A framework does just this; it never computes the outputs that the strides leave out.",
    hints=(
        "Start from the loops of section 2.",
        "Window [i, j] starts at row i · down and column j · right.",
        "Rows: `(image.shape[0] - kernel.shape[0]) // strides[0] + 1`; columns: the same with index 1.",
    ),
    explanation="Window [i, j] starts at (i · down, j · right); the numbers of windows are those of section 3.",
)


def sizes(n, layers):
    after = []
    for kernel_size, strides, padding in layers:
        n = (n + 2 * padding - kernel_size) // strides + 1
        after.append(n)
    return after


def _with(size):
    """A calculator that uses another formula for one layer."""

    def calculate(n, layers):
        after = []
        for layer in layers:
            n = size(n, *layer)
            after.append(n)
        return after

    return calculate


q5 = function_question(
    sizes,
    cases=[
        (227, [(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 2, 0)]),
        (224, [(7, 2, 3), (3, 2, 1), (3, 1, 1), (3, 2, 1)]),
        (50, [(4, 3, 1), (2, 2, 0), (3, 1, 2)]),
    ],
    mistakes=[
        (_with(lambda n, k, s, p: (n + p - k) // s + 1), "Padding counted once instead of twice: it is on each side."),
        (_with(lambda n, k, s, p: (n - k) // s + 1), "The padding is not used."),
        (_with(lambda n, k, s, p: (n + 2 * p - k) // s), "Off by one: the start at 0 counts, too."),
        (_with(lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1), "Rounded up: what does not fit is dropped."),
        (_with(lambda n, k, s, p: (n + 2 * p - k) / s + 1), "Sizes are whole numbers: round down in each layer."),
        (_with(lambda n, k, s, p: n + 2 * p - k + 1), "The strides are not used."),
        (_with(lambda n, k, s, p: (n + 2 * p - s) // k + 1), "Kernel size and strides are swapped."),
        (
            lambda n, layers: [sizes(n, [layer])[0] for layer in layers],
            "Every layer starts from n here: it must start from what the layer before leaves.",
        ),
        (lambda n, layers: [n, *sizes(n, layers)], "The input's own size is in the list: return the sizes after it."),
        (lambda n, layers: sizes(n, layers)[-1], "This is the last size alone: return one size for each layer."),
        (
            _with(lambda n, k, s, p: n + 2 * p - k // s + 1),
            "Only k is divided here: put parentheses around n + 2p − k.",
        ),
        (_with(lambda n, k, s, p: -(-n // s)), 'This is the rule of "same". Here each layer has its own padding.'),
        (_with(lambda n, k, s, p: n // s), "The kernel and the padding are not used."),
        (lambda n, layers: sizes(n, layers)[0], "This is the first size alone: does `return` stand inside the loop?"),
        (lambda n, layers: sizes(n, layers)[-1:], "This is the last size alone: `append` to one list for all layers."),
    ],
    why="Two lines of arithmetic before a training run have saved many an evening.",
    hints=(
        "Go through the layers in a loop and keep the current size in a variable.",
        "The formula of section 3 gives the new size from the current one; append it to a list.",
        "Padding is on each side, so it counts twice; `//` rounds down.",
    ),
    explanation="Each layer's size is computed from the one before with ⌊(n + 2p − k)/s⌋ + 1.",
)
