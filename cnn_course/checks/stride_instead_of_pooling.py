"""Exercises of lesson 12, Stride instead of pooling."""

import numpy as np

from cnn_course import arithmetic
from cnn_course._validate import validate_integer
from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

_NO_REASON = {
    1: "A depthwise layer has *fewer* weights: one flat kernel for each channel, and no sum over channels.",
    3: "64 channels go in and 64 come out of both layers: they write the same number of values.",
    5: "Both layers add once for each multiplication, so additions fall by the same factor. What does not fall?",
}


def _examine_sentences(answer):
    numbers = as_array(answer)
    if numbers is None or numbers.shape != (2,) or not set(numbers) <= {1, 2, 3, 4, 5}:
        return f"The answer must be two numbers from 1 to 5. Received: {shown(answer)}."
    wrong = [number for number in _NO_REASON if number in numbers]
    if wrong:
        return f"Sentence {wrong[0]} is no reason. {_NO_REASON[wrong[0]]}"
    return None if len(set(numbers)) == 2 else "Name two different sentences: one alone does not explain it."


q1 = Question(
    _examine_sentences,
    (2, 4),
    code="(2, 4)",
    why="Where each byte is used for one MAC only, the time goes with the bytes, and these did not become fewer.",
    hints=(
        "What did *not* become 64 times less?",
        "Count for both layers: weights, additions, values read, values written.",
        "Weights and additions fall with the MACs. What is moved as often as before, and what waits for it?",
    ),
    explanation="Both layers read a map of 64 channels and write one. The depthwise layer does 64 times less with it, "
    "so the processor waits for memory. It is faster, but by less than its MACs promise.",
)

q2 = value_question(
    (83, 334),
    mistakes=[
        ((167, 668), "The gradients are forgotten: each value of the map has one, so a picture takes twice as much."),
        ((167, 334), "The gradients are forgotten with strides of 1: each value of the map has one."),
        ((83, 167), "Strides of 2 halve the rows *and* the columns: a quarter of the values, not half."),
        ((84, 335), "Rounded up: the last picture does not fit any more."),
        ((84, 334), "Rounded up with strides of 1: the last picture does not fit any more."),
        ((83, 332), "Four times the *rounded* number. With strides of 2 a picture takes 6.125 MiB: divide again."),
        ((83, 83), "With strides of 2 the map has 112×112 places, not 224×224."),
        ((334, 83), "The two are swapped: first strides of 1."),
        ((41, 167), "One factor of 2 too many: 4 bytes a value, and map and gradient are two arrays."),
        ((167, 669), "These are batches for values of 2 bytes. In `float32` a value takes 4."),
    ],
    code="(2048 * 2**20 // (2 * 4 * 224 * 224 * 64), 2048 * 2**20 // (2 * 4 * 112 * 112 * 64))",
    why="The batch that fits is set by the largest maps, not by the weights.",
    hints=(
        "How many MiB does one picture take, map and gradient together?",
        "With strides of 1 it is 24.5 MiB for a picture (section 5). With strides of 2 the map has 112×112 places.",
        "Divide 2,048 by the MiB of a picture, and round down.",
    ),
    explanation="2,048 / 24.5 = 83.6, so 83 pictures; with strides of 2 a picture takes 6.125 MiB: 334.4, so 334.",
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
    why="`image[:-0]` is empty, and a negative start counts from the end: two traps of slices with computed ends.",
    hints=(
        "What is `image[:-0]`, and where does `moved[-1:]` begin? Work both out for three numbers.",
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
