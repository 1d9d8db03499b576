"""Exercises of lesson 01, Why convolution."""

import numpy as np

from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (2304, 165, 25),
    mistakes=[
        (
            (2304, 192, 25),
            "After translation: off by one. Inside 6 rows the ways go from −5 to 5: 2 · 6 − 1.",
        ),
        ((2304, 48, 25), "After translation, ways in both directions count: up and down, left and right."),
        ((2304, 2304, 25), "The second number is after translation. The relative index alone changes nothing."),
        ((2304, 121, 25), "After translation: the columns are 8, not 6. The image is not square."),
        ((2304, 225, 25), "After translation: the rows are 6, not 8. The image is not square."),
        ((2304, 165, 9), "After locality: 9 belongs to Δ = 1. Here Δ = 2."),
        ((2304, 165, 4), "After locality: the kernel reaches Δ to both sides, and the middle counts too."),
        ((2304, 165, 16), "After locality: off by one on each axis. The middle counts too."),
        ((48, 165, 25), "The dense layer: 48 pixels *and* 48 outputs. Each pair has a weight."),
        ((1296, 121, 25), "The image is not square: 6 rows and 8 columns."),
        ((2304, 165, 10), "After locality: 5 rows and 5 columns are multiplied, not added."),
        ((2304, 26, 25), "After translation: 11 ways of the rows and 15 of the columns are multiplied, not added."),
        ((2304, 26, 10), "The ways of rows and columns are multiplied, not added."),
    ],
    code="((6 * 8) ** 2, (2 * 6 - 1) * (2 * 8 - 1), (2 * 2 + 1) ** 2)",
    why="Each assumption removes weights that no data has to pay for.",
    hints=(
        "Dense: a weight for each pair of pixel and output. Then count ways, no longer pairs.",
        "How many rows up or down can one go inside 6 rows? From −5 to 5. Likewise for 8 columns.",
        "With Δ = 2 a way has −2, −1, 0, 1 or 2 rows, and as many columns.",
    ),
    explanation="48 · 48 = 2,304 pairs; 11 · 15 = 165 ways; 5 · 5 = 25 near ways.",
)


def _examine_kernel_size(answer):
    sides = as_array(answer)
    if sides is None or sides.shape != (2,):
        return f"The answer must be two numbers (rows, columns). Received: {shown(answer)}."
    if any(side not in (3, 5, 7, 9) for side in sides.tolist()):
        return f"Both sides must be odd, from 3 to 9. Received: {shown(answer)}."
    rows, columns = (int(side) for side in sides)
    parameters, pixels = rows * columns * 4 + 1, rows * columns
    if parameters > 110:
        text = f"{rows} · {columns} · 4 + 1 = {parameters} parameters are more than 110."
        return f"{text} Did you forget the channels?" if pixels < 110 else text
    if pixels < 27:
        return f"{parameters} parameters are allowed, but {pixels} pixels are not the most. Try sides that differ."
    return None


q2 = Question(
    _examine_kernel_size,
    (3, 9),
    code="(3, 9)",
    why="Local in space, full in depth: each pixel costs four weights here, and the size of the image plays no part.",
    hints=(
        "Each pixel under the kernel costs one weight for each channel. The bias is paid once.",
        "(110 − 1) / 4 is a little more than 27. How many pixels are that at most?",
        "5 · 5 = 25 fits, 5 · 7 = 35 does not. Which other product of two odd sides lies between?",
    ),
    explanation="3 · 9 · 4 + 1 = 109 parameters for 27 pixels; 9 rows and 3 columns do as well.",
)

_MATRIX = np.eye(4, k=-1) + 2 * np.eye(4) + 3 * np.eye(4, k=1)
_WRAPPED = _MATRIX + 3 * np.eye(4, k=-3) + np.eye(4, k=3)
_LATE = np.eye(4) + 2 * np.eye(4, k=1) + 3 * np.eye(4, k=2)

q3 = value_question(
    _MATRIX,
    mistakes=[
        (_MATRIX.T, "The kernel is flipped (or rows and columns are swapped): its 1 belongs to the value *before*."),
        (_WRAPPED, "The kernel wraps around. Outside there are zeros: its outer weights are cut off at the ends."),
        (_WRAPPED.T, "The kernel wraps around, and it is flipped."),
        (_LATE, "The kernel starts at the value at hand. Its middle, 2, belongs there."),
        (np.eye(4, k=-2) + 2 * np.eye(4, k=-1) + 3 * np.eye(4), "The kernel ends at the value at hand. Center it."),
        (_MATRIX[1:3], "Two rows are missing: with zeros outside there are four outputs."),
    ],
    code="[[2, 3, 0, 0],\n [1, 2, 3, 0],\n [0, 1, 2, 3],\n [0, 0, 1, 2]]",
    why="This is a Toeplitz matrix: three weights, each along its diagonal.",
    hints=(
        "One row makes one output: where does the kernel lie for that output?",
        "For the second value the kernel lies on values 0, 1 and 2.",
        "For the first value, the weight 1 falls on the zero outside and is cut off.",
    ),
    explanation="The middle 2 runs along the diagonal, 3 above it, 1 below it.",
)


def restored(shuffled, order):
    return shuffled[:, np.argsort(order)]


def _shuffling_cases():
    generator = np.random.default_rng(0)
    return [(generator.normal(size=(images, n)), generator.permutation(n)) for images, n in ((3, 7), (12, 12))]


q4 = function_question(
    restored,
    cases=_shuffling_cases(),
    mistakes=[
        (
            lambda shuffled, order: shuffled[:, order],
            "This is the code of your friend: it shuffles once more. Each pixel must go back to its place.",
        ),
        (lambda shuffled, order: shuffled, "Nothing has moved: this is still dust."),
        (lambda shuffled, order: shuffled[:, ::-1], "The pixels are reversed; they must go back by `order`."),
        (lambda shuffled, order: shuffled[:, order[::-1]], "`order` backwards is another shuffle, not the way back."),
        (lambda shuffled, order: shuffled[:, np.argsort(order)].T, "The result is transposed: keep (images, pixels)."),
        (lambda shuffled, order: np.sort(shuffled, axis=1), "Sort the places, not the brightness of the pixels."),
    ],
    why="A shuffle loses nothing: all of the picture is still there, only the neighbors are not.",
    hints=(
        "Place p of the shuffled image shows the pixel of place order[p]. Where must it go?",
        "Make an empty array and write to places instead of reading from them.",
        "`result[:, order] = shuffled`, or read with the order that sorts `order`: `np.argsort(order)`.",
    ),
    explanation="What stands at place p goes to place order[p]. `np.argsort(order)` is the inverse shuffle.",
)


def _conv_matrix(kernel, height, width):
    matrix = np.zeros((height, width, height, width))
    for i, j, y, x in np.ndindex(matrix.shape):
        if abs(y - i) <= 1 and abs(x - j) <= 1:
            matrix[i, j, y, x] = kernel[y - i + 1, x - j + 1]
    return matrix.reshape(height * width, height * width)


def kernel_of(matrix, height, width):
    row = matrix[width + 1]  # of output (1, 1): no weight is cut off
    return row.reshape(height, width)[:3, :3]


def _case(seed, height, width):
    kernel = np.random.default_rng(seed).permutation(np.arange(9.0)).reshape(3, 3) - 3
    return _conv_matrix(kernel, height, width), height, width


q5 = function_question(
    kernel_of,
    cases=[_case(0, 4, 3), _case(1, 3, 5), _case(2, 5, 4), _case(3, 3, 3)],
    mistakes=[
        (
            lambda matrix, height, width: matrix[:, width + 1].reshape(height, width)[:3, :3],
            "The kernel is flipped. (A column of the matrix shows it so; an output is a row.)",
        ),
        (
            lambda matrix, height, width: matrix[0].reshape(height, width)[:3, :3],
            "In the row of the first output part of the kernel is cut off: it lies on the zeros outside.",
        ),
        (lambda matrix, height, width: matrix[:3, :3], "A corner of the matrix mixes three outputs. One row has all."),
        (lambda *case: kernel_of(*case).T, "The kernel is transposed: rows and columns are swapped."),
        (
            lambda matrix, height, width: matrix[height + 1].reshape(height, width)[:3, :3],
            "Output (1, 1) has place 1 · width + 1: a row of the image has `width` pixels.",
        ),
        (
            lambda matrix, height, width: matrix[width + 1].reshape(width, height)[:3, :3],
            "Height and width are swapped: a row of the image has `width` pixels.",
        ),
    ],
    why="One row says everything: all others hold the same nine weights, moved along.",
    hints=(
        "Each row of the matrix holds the weights of one output. For which outputs is no weight cut off?",
        "Output (1, 1) is one. At which place does it stand when the image is flattened?",
        "Take row width + 1, lay it out as height×width pixels, and look at the top left corner.",
    ),
    explanation="The kernel of output (1, 1) lies on the rows and columns 0 to 2 of the image.",
)
