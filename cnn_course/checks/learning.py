"""Exercises of lesson 10, How filters are learned."""

import numpy as np

from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    ((2.0, 2.0), (2.0, 1.5)),
    mistakes=[
        (((3.0, 2.0), (2.5, 3.0)), "The ReLU is forgotten: one of the four values is negative and hands nothing on."),
        (((5.5, 16.5), (0.0, 5.5)), "This is for the maximum. An average gives each of the four its share."),
        (((8.0, 8.0), (8.0, 6.0)), "The average is forgotten: each of the four values counts a quarter."),
        (((1.0, 1.0), (1.0, 0.75)), "The derivative of a square is 2 · (output − wanted): the 2 is missing."),
        (((-2.0, -2.0), (-2.0, -1.5)), "The sign is turned: the output is too large, and the gradient points uphill."),
        (
            (((17 / 6) * 4 / 3, (17 / 6) * 4 / 3), ((17 / 6) * 4 / 3, 17 / 6)),
            "The average is over all four values; the one that the ReLU made 0 counts in it, too.",
        ),
    ],
    code="[[2, 2], [2, 1.5]]",
    why="Three windows share the gradient, each a quarter; the fourth is behind a shut ReLU.",
    hints=(
        "Forward first: four values, ReLU, their average. How far is it from 0.25?",
        "The loss changes by 2 · (output − wanted) per unit of output, and each value is a quarter of the output.",
        "The values are −1, 1, 3, 1, the output 1.25: half of the sum of three windows.",
    ),
    explanation="ReLU makes 0, 1, 3, 1 of −1, 1, 3, 1; the average is 1.25, so 2 · (1.25 − 0.25) / 4 = 0.5 arrives at "
    "each. [[0, 1], [3, 0]] + [[1, 3], [0, 1]] + [[3, 0], [1, 2]] = [[4, 4], [4, 3]], and half of it is the gradient.",
)

q2 = value_question(
    (2, 1, 3, 4),
    mistakes=[
        ((1, 2, 3, 4), "C and D are right. In A something moves, and with zeros the loss is ln 10 at once."),
        ((2, 3, 1, 4), "A and D are right. A net of zeros cannot learn images by heart, and shuffled labels can be."),
        ((2, 1, 4, 3), "A and B are right. Which one of the two mistakes does the check of a gradient see?"),
        ((4, 1, 3, 2), "B and C are right. In A all gradients pass the check: no line can be wrong."),
        ((3, 1, 2, 4), "B and D are right. Can anything be learned by heart with a rate that is far too small?"),
        ((2, 4, 3, 1), "A and C are right. Which loss is exactly ln 10, and who lets no gradient through?"),
    ],
    code="(2, 1, 3, 4)",
    why="Each mistake has its own test: ten images by heart, the check of the gradient, new images, a look at zeros.",
    hints=(
        "ln 10 = 2.303 is the loss of a net that gives each class 10 %.",
        "With zeros behind them the filters hear nothing. What does a net learn from shuffled labels?",
        "D fails the check; only one cause makes a gradient wrong.",
    ),
    explanation="A moves, rightly but hardly: the rate. B: zeros hand nothing back. C: by heart everything can be "
    "learned, even wrong labels; new digits show it. D: only the check finds a wrong gradient.",
)


def adam(weight, gradients, rate):
    mean, square = 0.0, 0.0
    for t, gradient in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        mean_t, square_t = mean / (1 - 0.9**t), square / (1 - 0.999**t)
        weight = weight - rate * mean_t / (np.sqrt(square_t) + 1e-7)
    return weight


def _adam(weight, gradients, rate, of_mean="t", of_square="t", shift=0, sign=-1):
    """Adam with mistakes to choose from: a correction by the power t, by the first power, or none."""
    mean, square = 0.0, 0.0
    for t, gradient in enumerate(gradients, start=1 + shift):
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        powers = {"t": t, "1": 1, "none": np.inf}
        mean_t, square_t = mean / (1 - 0.9 ** powers[of_mean]), square / (1 - 0.999 ** powers[of_square])
        weight = weight + sign * rate * mean_t / (np.sqrt(square_t) + 1e-7)
    return weight


def _adam_with(**mistakes):
    return lambda weight, gradients, rate: _adam(weight, gradients, rate, **mistakes)


q3 = function_question(
    adam,
    cases=[
        (1.0, [4.0], 0.1),
        (0.5, [4.0, -4.0, 1.0], 0.003),
        (-2.0, [1000.0, 10.0, 0.1, -3.0], 0.01),
        (3.0, [0.5, 0.25, 0.125, -2.0, -1.0], 0.5),
    ],
    mistakes=[
        (
            _adam_with(of_mean="1", of_square="none"),
            "This is still the code of the exercise. Take its first step by hand.",
        ),
        (
            _adam_with(of_square="none"),
            "One mistake is mended. The first step is still far too long: both means begin at 0, and both are small.",
        ),
        (
            _adam_with(of_mean="1"),
            "One mistake is mended. The first step is right now. What is missing in the mean after many steps?",
        ),
        (_adam_with(of_mean="1", of_square="1"), "Right in the first step only: how much is missing after t steps?"),
        (_adam_with(of_square="1"), "The mean is right. The square is corrected for the first step only."),
        (_adam_with(of_mean="none"), "The mean must be corrected, too: it began at 0."),
        (
            _adam_with(of_mean="none", of_square="none"),
            "Now neither mean is corrected; the first step must be the rate.",
        ),
        (_adam_with(shift=1), "t begins with 1: the first mean is one part of ten, 0.1 = 1 - 0.9**1."),
        (_adam_with(sign=1), "This goes uphill: the step is subtracted."),
        (
            lambda weight, gradients, rate: weight - rate * sum(gradients),
            "This is plain SGD: the steps must not depend on the length of the gradient.",
        ),
    ],
    why="With both corrections the first step is exactly the rate, whatever the gradient: a test of any Adam.",
    hints=(
        "Run it by hand for one gradient, 4. What are both means, and how long is the step?",
        "The first step must be the rate (section 4). Both means began at 0. What is missing in each after t steps?",
        "mean_t = mean / (1 - 0.9**t), and square_t = square / (1 - 0.999**t).",
    ),
    explanation="Without its correction the first mean square is a thousandth of the square, so the first step is "
    "√1000 = 32 times too long. Divided by 0.1 for ever, the mean becomes ten times too long, once it has filled up.",
)

_INPUTS = 5 * 5 * 16


def _examine_deviation(answer):
    number = as_array(answer)
    if number is None or number.shape:
        return f"The answer must be one number. Received: {shown(answer)}."
    received = float(number)
    for wrong, text in (
        ((2 / _INPUTS) ** 0.5, "This is He's rule. A ReLU sets half of the values to 0; does |x|?"),
        (1 / _INPUTS, "This is the variance. The standard deviation is its root."),
        (2 / _INPUTS, "This is He's variance. Which part of the mean square does |x| keep, and what is its root?"),
        ((1 / 25) ** 0.5, "Each value is a sum over all 16 channels."),
        ((1 / 16) ** 0.5, "Each value is a sum over all places of the kernel."),
    ):
        if np.isclose(received, wrong, rtol=0.01):
            return text
    if received <= 0:
        return f"A standard deviation is above 0. Received: {received:g}."
    factor = received * _INPUTS**0.5
    if abs(factor - 1) > 0.01:
        return f"Each layer makes the signal {factor:.3g} times as large, twenty layers {factor**20:.1g} times."
    return None


q4 = Question(
    _examine_deviation,
    0.05,
    code="(1 / (5 * 5 * 16)) ** 0.5",
    why="The rule depends on what stands behind the layer, and can be derived for anything.",
    hints=(
        "How many products are in one value? Which part of the mean square does |x| keep?",
        "|x| has the same square as x, so nothing is halved.",
        "400 · s² = 1.",
    ),
    explanation="A sum of 5 · 5 · 16 = 400 products has 400 s² times the mean square, |x| keeps all of it: s = 1/20.",
)


def image_gradient(kernel, arriving, strides):
    (height, width), (rows, columns) = kernel.shape, arriving.shape
    gradient = np.zeros(((rows - 1) * strides + height, (columns - 1) * strides + width))
    for i, j in np.ndindex(rows, columns):
        top, left = i * strides, j * strides
        gradient[top : top + height, left : left + width] += arriving[i, j] * kernel
    return gradient


def _overwritten(kernel, arriving, strides):
    gradient = np.zeros(image_gradient(kernel, arriving, strides).shape)
    for i, j in np.ndindex(*arriving.shape):
        part = gradient[i * strides :, j * strides :][: kernel.shape[0], : kernel.shape[1]]
        part[:] = arriving[i, j] * kernel
    return gradient


def _valid(kernel, arriving, strides):
    rows, columns = arriving.shape[0] - kernel.shape[0] + 1, arriving.shape[1] - kernel.shape[1] + 1
    if min(rows, columns) < 1:
        return np.zeros((0, 0))
    windows = np.lib.stride_tricks.sliding_window_view(arriving, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


q5 = function_question(
    image_gradient,
    cases=[
        (*integers(0, (2, 3), (3, 4)), 1),
        (*integers(1, (3, 2), (4, 3)), 2),
        (*integers(2, (3, 4), (3, 4)), 2),
        (*integers(3, (2, 2), (2, 3)), 3),
    ],
    mistakes=[
        (
            lambda kernel, *rest: image_gradient(kernel[::-1, ::-1], *rest),
            "The kernel lies turned: a pixel gets the weight that it met, so the kernel is printed as it is.",
        ),
        (
            lambda kernel, arriving, strides: image_gradient(kernel, arriving, 1),
            "The strides are ignored: window (i, j) begins at row i * strides.",
        ),
        (_overwritten, "Where windows overlap, a pixel gets something from each: add, do not overwrite."),
        (_valid, "This slides the kernel over the gradient. Without a frame of zeros the result is too small."),
        (
            lambda *case: image_gradient(*case)[: -case[0].shape[0] + 1 or None, : -case[0].shape[1] + 1 or None],
            "Too small: the last windows reach kernel size − 1 pixels further than they begin.",
        ),
        (lambda *case: image_gradient(*case).T, "Rows and columns are swapped."),
        (lambda *case: -image_gradient(*case), "The sign is turned: nothing here is subtracted."),
    ],
    why="This is `Conv2DTranspose`: the backward pass of a strided convolution, used forward to make maps larger.",
    hints=(
        "Which pixels has output (i, j) met, and with which weights?",
        "Print the kernel, times what arrives, where its window stood; add where windows overlap.",
        "gradient[i * strides : i * strides + height, j * strides : j * strides + width] += arriving[i, j] * kernel",
    ),
    explanation="Each output hands to each pixel of its window what arrived, times the weight between the two. The "
    "last window begins at (rows - 1) * strides, so the image has (rows - 1) * strides + height rows.",
)
