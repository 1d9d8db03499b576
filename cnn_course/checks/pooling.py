"""Exercises of lesson 07, Pooling."""

import numpy as np

from cnn_course import arithmetic, reference
from cnn_course._validate import validate_integer
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (27, 20, 96),
    mistakes=[
        ((27, 19, 96), "Rows and columns of the window are swapped: it has 3 rows and 2 columns."),
        ((18, 20, 96), "This is the default, strides equal to the window. Here the window moves by 2 both ways."),
        ((28, 20, 96), 'This is "same". Without padding, rows that no whole window covers are dropped.'),
        ((26, 19, 96), "Off by one: the window also stands at its start, so add 1 after the division."),
        ((53, 39, 96), "The strides are forgotten: the window moves by 2, not by 1."),
        ((27, 20, 1), "Pooling works channel by channel: none of them is merged with another."),
        ((27, 20), "The channels are missing: pooling leaves their number as it is."),
        ((20, 27, 96), "Rows and columns of the answer are swapped: (rows, columns, channels)."),
    ],
    code="((55 - 3) // 2 + 1, (40 - 2) // 2 + 1, 96)",
    why="A pool follows the size formula of every sliding window; the channels pass through.",
    hints=(
        "Treat rows and columns one by one; what happens to the channels?",
        "Along one axis: (size − window) // stride + 1.",
        "Rows: (55 − 3) // 2 + 1.",
    ),
    explanation="Rows (55 − 3) // 2 + 1 = 27, columns (40 − 2) // 2 + 1 = 20, and 96 channels as before.",
)

_MAP = np.array([[-3, -1, -4, -2], [-5, -9, -8, -6], [-7, -6, -5, 3]])
_POOLED = np.array([[-1, -1], [-5, 3]])

q2 = value_question(
    _POOLED,
    mistakes=[
        ([[0, 0], [0, 3]], "The padding has won: it must never be the largest value, so it is −∞ and not 0."),
        ([[-1, -2], [-5, 3]], 'This is Keras "same": one column on the right only. Here p = 1 is on each side.'),
        ([[-9, -9], [-9, -9]], "These are the smallest values of the windows, not the largest."),
        (_POOLED.T, "Rows and columns are swapped."),
        ([[-1]], "The padding is forgotten: with p = 1 on each side the window fits at two places each way."),
        (
            reference.average_pool2d(_MAP[None, :, :, None], 3, strides=2, padding=1)[0, :, :, 0],
            "These are averages: take the largest value of each window.",
        ),
    ],
    code="[[-1, -1],\n [-5, 3]]",
    why="After a ReLU nothing is negative and zero padding does no harm; everywhere else it invents values.",
    hints=(
        "Draw the frame of padding first. What must stand in it so that it never wins?",
        "The first window covers two rows and two columns of the map; the rest of it is padding.",
        "Top left: the largest of −3, −1, −5, −9.",
    ),
    explanation="The windows see rows 0–1 or 1–2, columns 0–1 or 1–3 of the map. Their largest values: −1, −1, −5, 3.",
)


def _examine_overlap(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"The answer must be a pair (pool_size, strides). Received: {answer!r}."
    try:
        pool_size = validate_integer(answer[0], "pool_size", minimum=1)
        strides = validate_integer(answer[1], "strides", minimum=1)
        size = arithmetic.output_size(28, pool_size, strides)
    except (TypeError, ValueError) as error:
        return str(error)
    if size != 9:
        return f"With pool_size={pool_size}, strides={strides} the output has size {size}, not 9."
    if pool_size <= strides:
        return "The size is 9, but the windows do not overlap: a window must be longer than its step."
    if (28 - pool_size) % strides:
        return f"Pixels at the end of each row under no window: {(28 - pool_size) % strides}. There must be none."
    return None


q3 = Question(
    _examine_overlap,
    (4, 3),
    code="(4, 3)",
    why="Windows that overlap see each border between two windows from both sides (AlexNet: 3×3, stride 2).",
    hints=(
        "28 shrinks to 9: about a third. Which strides do that?",
        "Overlap means that the window is larger than the strides.",
        "Without a rest: 28 − pool_size must be 8 · strides.",
    ),
    explanation="(28 − 4) / 3 + 1 = 9 without a rest, and 4 > 3: neighbors overlap. (12, 2) and (20, 1) do too.",
)

_IMAGE = np.array([[9, 2, 8], [3, 7, 4], [0, 5, 6]])
_ARRIVING = np.array([[1, 2], [3, 4]])
_GRADIENT = np.array([[1, 0, 2], [0, 7, 0], [0, 0, 0]])


def _average_gradient():
    arriving = _ARRIVING[None, :, :, None].astype(float)
    return reference.average_pool2d_gradient(_IMAGE[None, :, :, None], arriving, 2, strides=1)[0, :, :, 0]


q4 = value_question(
    _GRADIENT,
    mistakes=[
        ([[1, 0, 2], [0, 4, 0], [0, 0, 0]], "Overwritten: the 7 wins in two windows, so what arrives there adds up."),
        ([[1, 0, 2], [0, 3, 0], [0, 0, 0]], "Only one of the two windows in which the 7 wins is counted."),
        (
            [[1, 0, 1], [0, 2, 0], [0, 0, 0]],
            "This counts the windows won. Pass on what arrives: 1, 2, 3, 4.",
        ),
        (
            _average_gradient(),
            "This is the gradient of average pooling: here the winner takes all.",
        ),
        ([[9, 0, 16], [0, 49, 0], [0, 0, 0]], "Nothing is multiplied by the image: the slope of a maximum is 1."),
        (_GRADIENT.T, "Rows and columns are swapped."),
    ],
    code="[[1, 0, 2],\n [0, 3 + 4, 0],\n [0, 0, 0]]",
    why="Six of nine pixels get no gradient: max pooling trains only the values that won.",
    hints=(
        "Find the winner of each of the four windows first.",
        "Each output hands its whole gradient to its winner; all other pixels of that window get nothing from it.",
        "The 7 in the middle wins the two windows at the bottom.",
    ),
    explanation="9 wins the first window (1), 8 the second (2), and 7 the two at the bottom (3 + 4 = 7).",
)


def max_pool(image, pool_size, strides):
    height, width, channels = image.shape
    rows, columns = (height - pool_size) // strides + 1, (width - pool_size) // strides + 1
    output = np.zeros((rows, columns, channels))
    for i in range(rows):
        for j in range(columns):
            top, left = i * strides, j * strides
            output[i, j] = image[top : top + pool_size, left : left + pool_size].max(axis=(0, 1))
    return output


def _random_map(seed, shape):
    """Different values, most of them negative, in any order."""
    count = int(np.prod(shape))
    return np.random.default_rng(seed).permutation(count).reshape(shape) - 0.9 * count


def _pool_with(reduce):
    def pool(image, pool_size, strides):
        output = np.zeros_like(max_pool(image, pool_size, strides))
        for i, j in np.ndindex(output.shape[:2]):
            window = image[i * strides : i * strides + pool_size, j * strides : j * strides + pool_size]
            output[i, j] = reduce(window)
        return output

    return pool


def _without_strides(image, pool_size, strides):
    rows, columns, _ = max_pool(image, pool_size, strides).shape
    return max_pool(image, pool_size, 1)[:rows, :columns]


q5 = function_question(
    max_pool,
    cases=[
        (_random_map(0, (6, 9, 3)), 2, 2),
        (_random_map(1, (7, 5, 2)), 3, 2),
        (_random_map(2, (8, 11, 2)), 3, 3),
        (_random_map(3, (5, 8, 1)), 2, 3),
    ],
    mistakes=[
        (_pool_with(lambda window: window.mean(axis=(0, 1))), "This is the average of each window, not the maximum."),
        (_pool_with(lambda window: window.min(axis=(0, 1))), "This is the minimum of each window, not the maximum."),
        (
            _pool_with(lambda window: window.max()),
            "All channels have become the same: the maximum runs over rows and columns, not over channels.",
        ),
        (
            lambda *case: np.maximum(max_pool(*case), 0),
            "Negative maxima became 0: start from the window itself, not from 0.",
        ),
        (lambda *case: max_pool(*case).transpose(1, 0, 2), "Rows and columns of the output are swapped."),
        (lambda *case: max_pool(*case)[:-1, :-1], "Off by one: (size − pool_size) // strides + 1 positions."),
        (
            lambda image, pool_size, strides: max_pool(image, pool_size, 1),
            "The strides are ignored: the window moves by 1 instead.",
        ),
        (
            _without_strides,
            "The size is right, but the window moves by 1: output [i, j] looks at the rows from i * strides on.",
        ),
        (
            lambda image, pool_size, strides: max_pool(image, pool_size, pool_size),
            "The strides are ignored: the window moves by its own size.",
        ),
        (
            lambda image, pool_size, strides: max_pool(image, strides, pool_size),
            "pool_size and strides are swapped.",
        ),
        (lambda *case: max_pool(*case).max(axis=-1), "The channels are merged: each has its own maximum."),
        (lambda *case: max_pool(*case).transpose(2, 0, 1), "The channels come first; Keras has them last."),
    ],
    why="This is all that a MaxPooling2D layer does: a window, a step, a maximum for each channel, no weights.",
    hints=(
        "Two loops over the output, as in section 1; the channels need no loop.",
        "Output [i, j] looks at `pool_size` rows from row `i * strides` on; columns likewise.",
        "`window.max(axis=(0, 1))` gives one value for each channel.",
    ),
    explanation="The size formula gives the positions; each window gives one maximum for each channel.",
)
