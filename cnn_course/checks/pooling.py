"""Exercises of lesson 07, Pooling."""

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (23, 23, 64, 325),
    mistakes=[
        (
            (24, 24, 64, 325),
            'This is a second pool with padding="same". Without, a window that does not fit is left out.',
        ),
        ((16, 16, 64, 325), "This is the default, strides equal to the window. The second pool moves by 2."),
        ((46, 46, 64, 325), "The strides of the second pool are forgotten: it moves by 2."),
        ((22, 22, 64, 325), "Off by one: the window also stands at its start, so add 1 after the division."),
        ((47, 47, 64, 325), "The first pool is forgotten: it halves 96 to 48."),
        ((23, 23, 32, 165), "The second convolution has 64 filters, so 64 channels come out of it."),
        ((23, 23, 64, 320), "The biases are forgotten: each of the 5 outputs has one."),
        (
            (23, 23, 64, 23 * 23 * 64 * 5 + 5),
            "This would stand behind `Flatten`. A global average leaves one number for each channel.",
        ),
    ],
    code="((48 - 3) // 2 + 1, (48 - 3) // 2 + 1, 64, 64 * 5 + 5)",
    why="With a global average the dense layer stays small, however large the maps are.",
    hints=(
        "Go from layer to layer. Which of them change rows and columns, which the channels?",
        "“same” with strides 1 keeps the size; a pool without padding has (size − window) // strides + 1.",
        "The first pool leaves 48×48. The dense layer has 64 inputs and 5 outputs.",
    ),
    explanation="96 → 48 → (48 − 3) // 2 + 1 = 23; 64 channels; 64 inputs times 5 outputs and 5 biases are 325.",
)

q2 = value_question(
    (3, 1, 2),
    mistakes=[
        (
            (2, 1, 3),
            "B is right. In A the window at the top right has not seen the −1. Which program begins at column 0?",
        ),
        ((3, 2, 1), "A is right. The zeros of B are nowhere in the map: where can they come from?"),
        ((1, 2, 3), "The zeros of B are nowhere in the map: where can they come from?"),
        ((1, 3, 2), "C is right. The zeros of B are nowhere in the map: where can they come from?"),
        ((2, 3, 1), "The zeros of B are nowhere in the map: which program can make them?"),
    ],
    code="(3, 1, 2)",
    why="Each result tells how it was padded: a zero that is not in the map, or a window that begins elsewhere.",
    hints=(
        "One of the results holds numbers that are nowhere in the map.",
        "The other two differ at the top right: which columns does the second window see, if padding lies on the left?",
        "With a column of padding on each side the second window sees columns 1 to 3, and so the −1.",
    ),
    explanation="B holds zeros, so zeros were the padding. “same” pads columns on the right only: its second window "
    "sees columns 2 and 3, and at the top their largest value is −2 (A). With −∞ on all sides it sees the −1 (C).",
)

_STEP = 6


def _examine_strides(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return f"The answer must be three strides (first, second, third). Received: {shown(answer)}."
    try:
        total = int(np.prod([validate_integer(strides, "strides", minimum=1) for strides in answer]))
    except (TypeError, ValueError) as error:
        return str(error)
    if _STEP % total:
        moved = f"by {_STEP}/{total} places, which is no whole number"
        return f"Together the strides are {total}. A shift by 6 pixels moves the last map {moved}."
    if total < _STEP:
        side = 36 // total
        return f"The output stays the same, but the last map is {side}×{side}: it can be smaller."
    return None


q3 = Question(
    _examine_strides,
    (2, 3, 1),
    code="(2, 3, 1)",
    why="Exact are the shifts by multiples of all strides together, so their product must divide 6.",
    hints=(
        "By how many places does the last map move when the picture moves by 6 pixels?",
        "The strides multiply: after pools with strides 2 and 2 one place of the map is 4 pixels of the picture.",
        "Which products divide 6 without a rest? Take the largest.",
    ),
    explanation="2 · 3 · 1 = 6: a shift by 6 moves the last map, 6×6, by one place. Any order does, and (6, 1, 1).",
)


def _examine_maximum(answer):
    weights = as_array(answer)
    if weights is None or weights.shape != (3,):
        return f"The answer must be three numbers (p, q, r). Received: {shown(answer)}."
    p, q, r = weights.tolist()
    for a, b in ((5, 3), (3, 5), (-2, -7), (-7, -2)):
        value = p * max(a - b, 0) + q * a + r * b
        if value != max(a, b):
            return f"For a = {a} and b = {b} this gives {value:g}, but the larger one is {max(a, b)}."
    return None


q4 = Question(
    _examine_maximum,
    (1, 0, 1),
    code="(1, 0, 1)",
    why="A convolution makes a − b, a ReLU bends it, another convolution adds b: two layers do what a max pool does.",
    hints=(
        "Take the two cases apart: a smaller than b, and a larger than b.",
        "If a is smaller, the ReLU gives 0. What must q and r be then?",
        "If a is larger, the ReLU gives a − b. What is missing to make it a?",
    ),
    explanation="max(a, b) = ReLU(a − b) + b: if a is larger, a − b + b = a; if not, 0 + b = b. Three make 2×2.",
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


def _of_the_author(image, pool_size, strides, lowest=0.0):
    """The code of the exercise; with `lowest=-np.inf` one of its two mistakes is mended."""
    output = np.full((image.shape[0] // strides, image.shape[1] // strides, image.shape[2]), lowest)
    for i, j in np.ndindex(output.shape[:2]):
        window = image[i * strides : i * strides + pool_size, j * strides : j * strides + pool_size]
        output[i, j] = np.maximum(output[i, j], window.max(axis=(0, 1)))
    return output


q5 = function_question(
    max_pool,
    cases=[
        (_random_map(0, (6, 9, 3)), 2, 2),
        (_random_map(1, (7, 5, 2)), 3, 2),
        (_random_map(2, (8, 11, 2)), 3, 3),
        (_random_map(3, (5, 8, 1)), 2, 3),
    ],
    mistakes=[
        (
            _of_the_author,
            "This is still the code of the exercise. Try it on negative numbers, and on 7×5 with a window of 3.",
        ),
        (
            lambda *case: _of_the_author(*case, lowest=-np.inf),
            "One mistake is mended. The other: how many windows lie *wholly* on the map?",
        ),
        (_pool_with(lambda window: window.mean(axis=(0, 1))), "This is the average of each window, not the maximum."),
        (_pool_with(lambda window: window.min(axis=(0, 1))), "This is the minimum of each window, not the maximum."),
        (
            _pool_with(lambda window: window.max()),
            "All channels have become the same: the maximum runs over rows and columns, not over channels.",
        ),
        (
            lambda *case: np.maximum(max_pool(*case), 0),
            "One mistake is left: negative maxima became 0. Start from the window itself, not from 0.",
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
    why="Both mistakes are common, and no test with positive numbers and even sizes finds them.",
    hints=(
        "What becomes of a map of negative numbers? How many windows of 3 fit on 7 pixels with strides 2?",
        "The output begins as zeros, and a zero beats a negative maximum. Section 3 has the formula of the size.",
        "rows = (image.shape[0] - pool_size) // strides + 1, columns likewise; output[i, j] = the window's maximum.",
    ),
    explanation="Positions are counted by the size formula, and nothing but the window decides its maximum.",
)
