"""Exercises of lesson 12, Stride instead of pooling."""

import numpy as np

from cnn_course import arithmetic
from cnn_course._validate import validate_integer
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

_WORK_POOLED = arithmetic.conv_macs((94, 62), 3, 16, 24)
_WORK_STRIDED = arithmetic.conv_macs((47, 31), 3, 16, 24)

q1 = value_question(
    (_WORK_POOLED, _WORK_STRIDED),
    mistakes=[
        ((_WORK_STRIDED, _WORK_POOLED), "The two are swapped: first the convolution that is followed by a pool."),
        (
            (_WORK_STRIDED, _WORK_STRIDED),
            "The pool comes after the convolution: it saves nothing of the work before it.",
        ),
        (
            (arithmetic.conv_macs((96, 64), 3, 16, 24), arithmetic.conv_macs((48, 32), 3, 16, 24)),
            'This is "same". Without padding the kernel fits at fewer places: n − k + 1 for strides of 1.',
        ),
        (
            (_WORK_POOLED // 16, _WORK_STRIDED // 16),
            "The channels of the input are forgotten: each kernel is as deep as its input.",
        ),
        ((_WORK_POOLED // 24, _WORK_STRIDED // 24), "This is the work of one filter. There are 24."),
        ((_WORK_POOLED // 9, _WORK_STRIDED // 9), "The 3 · 3 pixels of the kernel are forgotten."),
        ((_WORK_POOLED, _WORK_POOLED // 2), "Strides of 2 halve the rows *and* the columns."),
        (
            (94 * 62 * 3480, 47 * 31 * 3480),
            "The biases are counted: they are added, not multiplied. Count multiplications only.",
        ),
        ((3480, 3480), "These are the parameters. Count multiplications: each weight works once at each place."),
    ],
    code="(94 * 62 * 3 * 3 * 16 * 24, 47 * 31 * 3 * 3 * 16 * 24)",
    why="Four times the work: the pool throws three of four values away after they have been computed.",
    hints=(
        "At how many places does each of the two convolutions compute something?",
        "Rows and columns one by one: (size − 3) // strides + 1.",
        "Then multiply the places by the weights of the layer: 3 · 3 · 16 · 24.",
    ),
    explanation="94 × 62 places without strides, 47 × 31 with; at each, 3 · 3 · 16 · 24 = 3,456 multiplications.",
)

q2 = value_question(
    84,
    mistakes=[
        (42, "The gradients are forgotten: training keeps a second array of the same size."),
        (168, "This is for values of 4 bytes (float32). Here a value has 2 bytes."),
        (336, "Values have 2 bytes here; and the gradients come once, not twice."),
        (5.25, "This is for one image. The batch has 16."),
        (88.080384, "These are millions of bytes, MB. One MiB is 2²⁰ bytes."),
        (88_080_384, "These are bytes. Divide by 2²⁰."),
        (86_016, "These are KiB. Divide by 1,024 once more."),
        (44_040_192, "One of the two factors of 2 is missing (bytes, gradients), and so is the division by 2²⁰."),
        (21, "Both factors of 2 are missing: a value has 2 bytes, and the gradients are as large as the maps."),
    ],
    code="16 * 112 * 96 * 128 * 2 * 2 / 2**20",
    why="The memory of the maps grows with the batch; the memory of the weights does not.",
    hints=(
        "Count the values first, then bytes, then MiB.",
        "Values: images · rows · columns · channels. Bytes: 2 for each value.",
        "Twice, once for the maps and once for the gradients; then divide by 1024 · 1024.",
    ),
    explanation="16 · 112 · 96 · 128 = 22,020,096 values, 42 MiB in float16; with the gradients 84 MiB.",
)


def _examine_kernels(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return f"The answer must be three kernel sizes. Received: {answer!r}."
    size = 28
    for number, kernel_size in enumerate(answer, start=1):
        try:
            kernel_size = validate_integer(kernel_size, "kernel_size", minimum=2)
            output_size = arithmetic.output_size(size, kernel_size, strides=2)
        except (TypeError, ValueError) as error:
            return f"Layer {number}: {error}"
        if (size - kernel_size) % 2:
            return f"Layer {number}: {size} pixels, kernel {kernel_size}: the last pixel is under no window."
        size = output_size
    return None if size == 2 else f"Every pixel is seen, but the last map has size {size}, not 2."


q3 = Question(
    _examine_kernels,
    (4, 3, 4),
    code="(4, 3, 4)",
    why="Every window fits, no pixel is dropped: the net of this lesson reads 23 of 28 pixels, this one all 28.",
    hints=(
        "No pixel is dropped when (size − kernel_size) can be divided by the strides.",
        "An even size needs an even kernel, an odd size an odd one.",
        "For the first layer an even kernel: a kernel of 2 gives 14, of 4 gives 13, of 6 gives 12. Go on from there.",
    ),
    explanation="28 → 13 → 6 → 2, each without a rest. (2, 4, 4), (2, 2, 5), (6, 2, 4) and others do it too.",
)


def shift(image, rows, columns):
    height, width = image.shape[:2]
    moved = np.zeros_like(image)
    for i in range(height):
        for j in range(width):
            if 0 <= i - rows < height and 0 <= j - columns < width:
                moved[i, j] = image[i - rows, j - columns]
    return moved


def _fill_with_border(image, rows, columns):
    i = np.clip(np.arange(image.shape[0]) - rows, 0, image.shape[0] - 1)
    j = np.clip(np.arange(image.shape[1]) - columns, 0, image.shape[1] - 1)
    return image[i][:, j]


def _negative_indices(image, rows, columns):
    output = np.zeros_like(image)
    for i, j in np.ndindex(image.shape[:2]):
        if i + rows < image.shape[0] and j + columns < image.shape[1]:
            output[i + rows, j + columns] = image[i, j]
    return output


q4 = function_question(
    shift,
    cases=[
        (*integers(0, (5, 7, 2)), 1, 2),
        (*integers(1, (6, 4, 3)), -2, 1),
        (*integers(2, (4, 6, 1)), 0, -3),
        (*integers(3, (5, 6, 2)), 2, 0),
        (*integers(4, (5, 3, 2)), 0, 0),
    ],
    mistakes=[
        (
            lambda image, rows, columns: np.roll(image, (rows, columns), axis=(0, 1)),
            "What leaves on one side comes back on the other. The place that becomes free must be 0.",
        ),
        (
            lambda image, rows, columns: shift(image, -rows, -columns),
            "The picture moves in the opposite direction: positive means down and right.",
        ),
        (
            lambda image, rows, columns: shift(image, columns, rows),
            "Rows and columns are swapped: `rows` moves down, `columns` to the right.",
        ),
        (_fill_with_border, "The border is repeated. The place that becomes free must be 0."),
        (
            lambda image, rows, columns: shift(image, abs(rows), abs(columns)),
            "Negative shifts go the wrong way: they mean up and left.",
        ),
        (
            lambda image, rows, columns: shift(image, max(rows, 0), max(columns, 0)),
            "Negative shifts do nothing: they mean up and left.",
        ),
        (lambda image, rows, columns: shift(image, rows, 0), "The columns do not move."),
        (lambda image, rows, columns: shift(image, 0, columns), "The rows do not move."),
        (
            lambda image, rows, columns: np.where(
                shift(np.ones_like(image), rows, columns) > 0, shift(image, rows, columns), image
            ),
            "What becomes free keeps the old picture: start from zeros, not from a copy.",
        ),
        (
            _negative_indices,
            "A negative index counts from the end: ask also whether the new place is at least 0.",
        ),
    ],
    why="With it you can test any net for shifts: does it give the same answer before and after?",
    hints=(
        "Start from an array of zeros with the shape of the image. Which part of it gets filled?",
        "Pixel [i, j] of the result is pixel [i - rows, j - columns] of the image, where there is one.",
        "Two loops over the result, and an `if` that asks whether both indices lie inside the image.",
    ),
    explanation="Each pixel looks back to where it came from; what came from outside stays 0.",
)


def fold(image):
    height, width, channels = image.shape
    output = np.zeros((height // 2, width // 2, 4 * channels))
    for i in range(height // 2):
        for j in range(width // 2):
            output[i, j] = image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].ravel()
    return output


def _in_order(*axes):
    """Folding with other orders of the channels: `axes` of a window (row, column, channel)."""

    def folded(image):
        height, width, channels = image.shape
        windows = image.reshape(height // 2, 2, width // 2, 2, channels).transpose(0, 2, 1, 3, 4)
        return windows.transpose(0, 1, *(2 + axis for axis in axes)).reshape(height // 2, width // 2, 4 * channels)

    return folded


def _of_quarters(image):
    height, width = image.shape[0] // 2, image.shape[1] // 2
    quarters = [image[:height, :width], image[:height, width:], image[height:, :width], image[height:, width:]]
    return np.concatenate(quarters, axis=-1)


def _one_apart(image):
    output = np.zeros_like(fold(image))
    for i, j in np.ndindex(output.shape[:2]):
        output[i, j] = image[i : i + 2, j : j + 2].ravel()
    return output


q5 = function_question(
    fold,
    cases=[integers(5, (6, 4, 3)), integers(6, (4, 10, 2)), integers(7, (8, 6, 1))],
    mistakes=[
        (_in_order(2, 0, 1), "Channel by channel: the order must be row, column, channel, with the channel last."),
        (_in_order(1, 0, 2), "Columns come before rows: the two pixels of the upper row of a window come first."),
        (_in_order(2, 1, 0), "The order is reversed: it must be row, column, channel."),
        (
            lambda image: image[::2, ::2],
            "Only one pixel of each window is kept: this is what strides without a kernel do.",
        ),
        (
            lambda image: image.reshape(image.shape[0] // 2, image.shape[1] // 2, -1),
            "The shape is right, but the values come from one row: `reshape` alone does not cut windows out.",
        ),
        (_of_quarters, "These are the quarters of the image. Each window consists of four neighbors."),
        (
            lambda image: fold(image).reshape(image.shape[0] // 2, image.shape[1] // 2, 4, -1).max(axis=2),
            "This is max pooling. Nothing may be lost: all four pixels become channels.",
        ),
        (
            lambda image: fold(image).reshape(image.shape[0] // 2, image.shape[1] // 2, 4, -1).mean(axis=2),
            "This is average pooling. Nothing may be lost: all four pixels become channels.",
        ),
        (lambda image: fold(image).transpose(1, 0, 2), "Rows and columns of the output are swapped."),
        (_one_apart, "The windows start one pixel apart: the next one starts 2 pixels on."),
    ],
    why="Nothing is lost: a 1×1 convolution on it can do all that a 2×2 convolution with strides of 2 can.",
    hints=(
        "Two loops over the windows. What does each window become?",
        "A window `image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]` has the shape (2, 2, channels).",
        "Flattened in NumPy's own order, it is one pixel with 4 · channels channels.",
    ),
    explanation="Each 2×2 window, flattened, becomes one pixel: a quarter of the places, four times the channels.",
)
