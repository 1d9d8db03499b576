"""Exercises of lesson 02, Convolution."""

import numpy as np

from cnn_course import reference
from cnn_course.checks.engine import function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (296, 445),
    mistakes=[
        ((295, 444), "Off by one: this is n − k. The kernel also fits at the last position: n − k + 1."),
        ((297, 446), "Off by one in the other direction: n − k + 1 positions."),
        ((294, 447), "Rows and columns of the kernel are swapped: it has 5 rows and 7 columns."),
        ((445, 296), "Rows and columns of the answer are swapped: (rows, columns)."),
        ((300, 451), "This is the size of the photograph. How often does the kernel fit into it along each axis?"),
    ],
    code="(300 - 5 + 1, 451 - 7 + 1)",
    why="Every layer without padding shrinks its maps by k − 1, so sizes have to be planned.",
    hints=(
        "Treat rows and columns one by one.",
        "A kernel of k fits into n pixels at n − k + 1 positions.",
        "Rows: 300 − 5 + 1.",
    ),
    explanation="300 − 5 + 1 = 296 rows and 451 − 7 + 1 = 445 columns.",
)

_IMAGE = np.array([[1, 2, 0], [0, 1, 3], [4, 0, 1]])
_KERNEL = np.array([[1, 0], [2, -1]])
_CONVOLUTION = reference.convolve(_IMAGE, _KERNEL)

q2 = value_question(
    _CONVOLUTION,
    mistakes=[
        (
            reference.cross_correlate(_IMAGE, _KERNEL),
            "This is the cross-correlation: a true convolution flips the kernel.",
        ),
        (reference.cross_correlate(_IMAGE, _KERNEL[::-1]), "The kernel is flipped up-down only: flip left-right too."),
        (
            reference.cross_correlate(_IMAGE, _KERNEL[:, ::-1]),
            "The kernel is flipped left-right only: flip up-down too.",
        ),
        (_CONVOLUTION.T, "Rows and columns are swapped."),
        (
            reference.cross_correlate(_IMAGE, _KERNEL.T),
            "The kernel is transposed, not flipped: rotate it by 180 degrees.",
        ),
    ],
    code="[[4, 1],\n [2, 6]]",
    why="You have done by hand what `scipy.signal.convolve2d` does, and what Keras does not.",
    hints=(
        "Write the kernel down flipped first: last row first, last column first.",
        "The flipped kernel is [[-1, 2], [0, 1]].",
        "Top left: 1·(−1) + 2·2 + 0·0 + 1·1.",
    ),
    explanation="The flipped kernel [[-1, 2], [0, 1]] slides: 1·(−1) + 2·2 + 0·0 + 1·1 = 4 at the top left.",
)

_MOVE_RIGHT = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])

q3 = value_question(
    _MOVE_RIGHT,
    mistakes=[
        (_MOVE_RIGHT[:, ::-1], "This moves the picture to the left: each output fetches the pixel under the 1."),
        (_MOVE_RIGHT.T, "Rows and columns are swapped: this moves the picture down."),
        (_MOVE_RIGHT.T[::-1], "Rows and columns are swapped: this moves the picture up."),
        (np.diag([0, 1, 0]), "This leaves the picture where it is: each output fetches the pixel in the middle."),
    ],
    code="[[0, 0, 0],\n [1, 0, 0],\n [0, 0, 0]]",
    why="A cross-correlation fetches: the 1 stands where the value comes from. A convolution would carry: flip it.",
    hints=(
        "Only one weight is 1, all others are 0.",
        "After a move to the right, each output shows what stood one pixel to its left.",
        "The middle of the kernel is [1, 1]; one to the left of it is [1, 0].",
    ),
    explanation="The weight 1 stands left of the middle, so each output takes the value of its left neighbor.",
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
    why="This is the operation of signal processing; drop the flip and you have the layer of a CNN.",
    hints=(
        "Start from the loops of section 3.",
        "Flip the kernel once, before the loops: `kernel[::-1, ::-1]`.",
        "Rows: `image.shape[0] - kernel.shape[0] + 1`; columns: the same with `shape[1]`.",
    ),
    explanation="The flip happens once, before the loops. Everything else is the cross-correlation of section 3.",
)


def kernel_gradient(image, kernel, target):
    difference = reference.cross_correlate(image, kernel) - target
    return 2 * reference.cross_correlate(image, difference)


q5 = function_question(
    kernel_gradient,
    cases=[integers(3, (6, 8), (1, 2), (6, 7)), integers(4, (5, 4), (2, 3), (4, 2))],
    mistakes=[
        (lambda *case: kernel_gradient(*case) / 2, "The factor 2 is missing: the derivative of e² is 2e."),
        (lambda *case: -kernel_gradient(*case), "The sign is wrong: the difference is output minus target."),
        (
            lambda *case: kernel_gradient(*case) / case[2].size,
            "This is the gradient of the mean. The loss of this lesson is the sum.",
        ),
        (lambda *case: kernel_gradient(*case)[::-1, ::-1], "The gradient is flipped: nothing is flipped in a CNN."),
        (lambda *case: kernel_gradient(*case) / (2 * case[2].size), "This is half the gradient of the mean."),
        (
            lambda image, kernel, target: 2 * (reference.cross_correlate(image, kernel) - target),
            "This is the gradient with respect to each output. Each weight meets many outputs: go on to the weights.",
        ),
        (
            lambda image, kernel, target: np.sum((reference.cross_correlate(image, kernel) - target) ** 2),
            "This is the loss itself, not its gradient.",
        ),
        (
            lambda image, kernel, target: (
                2 * reference.convolve(image, reference.cross_correlate(image, kernel) - target)
            ),
            "The difference is flipped: slide it over the image as it is.",
        ),
        (
            lambda image, kernel, target: 2 * reference.cross_correlate(image, -target),
            "The output is missing: the difference is output minus target.",
        ),
    ],
    why="The gradient of a convolution is again a convolution: the same fast routine runs a CNN and trains it.",
    hints=(
        "First the difference: output minus target, an array like the target.",
        "Weight [a, b] multiplies image[i + a, j + b] at each position: sum 2 · difference · that pixel.",
        "That sum is itself a cross-correlation: of the image with the difference.",
    ),
    explanation="Each weight meets one pixel at each place; the gradient sums twice the difference times that pixel.",
)
