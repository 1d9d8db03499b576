"""Exercises of lesson 02, Convolution."""

import numpy as np

from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (296, 445, 16, 1696),
    mistakes=[
        ((295, 444, 16, 1696), "Off by one: this is n − k. The kernel also fits at the last place: n − k + 1."),
        ((294, 447, 16, 1696), "Rows and columns of the kernel are swapped: it has 5 rows and 7 columns."),
        ((300, 451, 16, 1696), "This is the size of the photograph. How often does the kernel fit along each axis?"),
        ((296, 445, 3, 1696), "3 channels come in. As many come out as there are filters."),
        ((296, 445, 16, 1680), "The biases are forgotten: each of the 16 filters has one."),
        ((296, 445, 16, 1681), "There is one bias for each filter, not one in all."),
        ((296, 445, 16, 576), "A filter has a slice for each of the 3 channels that come in."),
        ((296, 445, 16, 106), "This is one filter. The layer has 16 of them."),
    ],
    code="(300 - 5 + 1, 451 - 7 + 1, 16, (5 * 7 * 3 + 1) * 16)",
    why="The shape depends on the photograph, the parameters do not: they belong to the filters alone.",
    hints=(
        "Treat rows and columns one by one; then count one filter.",
        "A kernel of k fits into n pixels at n − k + 1 places. A filter has a slice for each channel, and a bias.",
        "Rows: 300 − 5 + 1. One filter: 5 · 7 · 3 + 1.",
    ),
    explanation="300 − 5 + 1 = 296 rows, 451 − 7 + 1 = 445 columns, 16 channels; (5 · 7 · 3 + 1) · 16 = 1,696.",
)

_CLUES = (
    (3, 2, "The mean of 3, 3, 3 is 3, and that of 3, 3, 9 is 5: which result begins so?"),
    (0, 4, "The weights of (4) sum to 1, so it answers 3 on 3, 3, 3 and 9 on 9, 9, 9, but jumps between them."),
    (2, 3, "On 3, 3, 9 the kernel (3) gives 3 − 6 + 9 = 6, flipped or not."),
)


def _examine_kernels(answer):
    numbers = as_array(answer)
    if numbers is None or sorted(np.ravel(numbers).tolist()) != [1, 2, 3, 4] or numbers.ndim != 1:
        return f"The answer must be four numbers, each of 1, 2, 3, 4 once. Received: {shown(answer)}."
    for place, kernel, text in _CLUES:
        if numbers[place] != kernel:
            return text
    return None


q2 = Question(
    _examine_kernels,
    (4, 1, 3, 2),
    code="(4, 1, 3, 2)",
    why="Only a kernel that differs from its mirror image can tell whether a program flips.",
    hints=(
        "What does each kernel answer where all three pixels are equal?",
        "Weights that sum to 1 keep 3 and 9 at the ends. (1) and (3) sum to 0: what do they answer on 3, 3, 9?",
        "[-1, 0, 1] gives 9 − 3 = 6 on 3, 3, 9, and flipped −6.",
    ),
    explanation="D is the mean and A sharpens: their weights sum to 1. C is 3 − 2 · 3 + 9 and 3 − 2 · 9 + 9. "
    "B is left for [-1, 0, 1], with the sign turned: the program flips. The others read the same from both sides.",
)


def _examine_slope(answer):
    weights = as_array(answer)
    if weights is None or weights.shape != (3, 3):
        return f"The answer must be an array of shape (3, 3). Received: {shown(answer)}."
    rows, columns = np.mgrid[:3, :3]
    even, right, down = (float((weights * surface).sum()) for surface in (np.ones((3, 3)), columns, rows))
    if not np.isclose(even, 0):
        return f"On an even surface of 1 it answers {even:g}, not 0: its weights must sum to 0."
    if np.isclose(right, -2):
        return "The sign is wrong: brighter to the right must give 2, this gives −2. Nothing is flipped here."
    if not np.isclose(right, 2):
        return f"On a surface that rises by 1 to the right it answers {right:g}, not 2."
    if not np.isclose(down, 0):
        return f"On a surface that rises by 1 downwards it answers {down:g}, not 0."
    largest = np.abs(weights).max()
    if not largest <= 0.5 + 1e-9:
        return f"A weight of {largest:g} is too large. Spread the difference over the three rows."
    return None


q3 = Question(
    _examine_slope,
    np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4,
    code="[[-1/4, 0, 1/4],\n [-2/4, 0, 2/4],\n [-1/4, 0, 1/4]]",
    why="This is Sobel's kernel, or a near relation of it: a slope across, averaged down, so that noise cancels.",
    hints=(
        "Leave the middle column 0. What must the left and the right column sum to?",
        "The right column is two pixels away from the left one, so a difference of 1 becomes 2.",
        "The right column sums to 1, the left one to −1, each spread over three rows.",
    ),
    explanation="The right column sums to 1, the left to −1, two pixels apart: 2. Equal sums above and below give 0 "
    "for slopes downwards. Thirds do as well as quarters and a half.",
)


def convolve(image, kernel):
    flipped = kernel[::-1, ::-1]
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            output[i, j] = (image[i : i + height, j : j + width] * flipped).sum()
    return output


def _full(image, kernel):
    return convolve(np.pad(image, [(size - 1, size - 1) for size in kernel.shape]), kernel)


def _in_the_image(image, kernel):
    output = np.zeros(image.shape)
    inside = convolve(image, kernel)
    output[: inside.shape[0], : inside.shape[1]] = inside
    return output


q4 = function_question(
    convolve,
    cases=[integers(0, (4, 6), (2, 3)), integers(1, (7, 5), (3, 2)), integers(2, (3, 3), (3, 3))],
    mistakes=[
        (
            lambda image, kernel: convolve(image, kernel[::-1, ::-1]),
            "The kernel is not flipped: this is a cross-correlation.",
        ),
        (
            lambda image, kernel: convolve(image, kernel[:, ::-1]),
            "The kernel is flipped up-down only: flip left-right too.",
        ),
        (
            lambda image, kernel: convolve(image, kernel[::-1]),
            "The kernel is flipped left-right only: flip up-down too.",
        ),
        (
            lambda image, kernel: convolve(image, kernel)[:-1, :-1],
            "Off by one: there are n − k + 1 positions, not n − k.",
        ),
        (lambda image, kernel: convolve(image, kernel).T, "Rows and columns of the output are swapped."),
        (lambda image, kernel: -convolve(image, kernel), "The sign is wrong."),
        (
            lambda image, kernel: convolve(image, kernel) / kernel.size,
            "This is the mean of the products, not their sum.",
        ),
        (
            lambda image, kernel: convolve(image, kernel[::-1, ::-1].T),
            "The kernel is transposed, not flipped: rotate it by 180 degrees.",
        ),
        (
            _full,
            "The kernel also stands partly outside the image (SciPy's mode “full”): keep to the places where it fits.",
        ),
        (
            _in_the_image,
            "The output is as large as the image, and zeros are left at its end: there are n − k + 1 positions.",
        ),
        (
            lambda image, kernel: image[kernel.shape[0] - 1 :, kernel.shape[1] - 1 :] * kernel[0, 0],
            "Only the last product of each window is left: add all of them up, as with `+=`.",
        ),
    ],
    why="A test with a square, symmetric kernel finds neither mistake: test with one that is as uneven as it can be.",
    hints=(
        "SOBEL_Y is square, and reads the same from the left and from the right. Try a kernel that is neither.",
        "Height and width of a kernel may differ. A flip reverses both axes: `kernel[::-1, ::-1]`.",
        "Rows: `image.shape[0] - kernel.shape[0] + 1`; columns: the same with `shape[1]`.",
    ),
    explanation="Rows are counted with the height of the kernel, columns with its width; both its axes are flipped.",
)


q5 = value_question(
    (1, -2, 1),
    mistakes=[
        ((-1, 2, -1), "The sign is turned. Was the output of `np.diff` the target?"),
        ((-1, 1, 0), "This is one difference of neighbors; n=2 takes the difference of two differences."),
        ((0, -1, 1), "This is one difference of neighbors; n=2 takes the difference of two differences."),
        ((1, -1, 0), "This is one difference of neighbors, and its sign is turned."),
        ((-1, 0, 1), "This is the difference of the two outer pixels, without the middle one."),
        ((0, 0, 0), "Nothing was learned. Was the layer built and compiled, and is the rate 0.1?"),
    ],
    code="(1, -2, 1)",
    why="Three weights make all 14 · 16 outputs, with a loss of 0: so it is a convolution, the second derivative.",
    hints=(
        "The net is that of section 5, with another kernel size and another example.",
        "Images need the axes (1, 16, 16, 1). The rows are then axis 1: the target is `np.diff(images, n=2, axis=1)`.",
        '`model.compile(keras.optimizers.SGD(0.1), "mse")`, then `fit` with epochs=200, then `layer.get_weights()`.',
    ),
    explanation="(c − b) − (b − a) = a − 2b + c: the weights are 1, −2, 1, the second derivative of section 3.",
)
