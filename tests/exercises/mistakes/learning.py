"""Typical wrong answers to the exercises of lesson 10, each with what the checker must say."""

import math

import numpy as np


def adam(mean_part=lambda t: 1 - 0.9**t, square_part=lambda t: 1 - 0.999**t, sign=-1):
    """Adam by the recursion of its two means, without any code of the checker; which part of them is there after t?"""

    def function(weight, gradients, rate):
        for t in range(1, len(gradients) + 1):
            seen = list(reversed(gradients[:t]))
            mean = sum(0.1 * 0.9**age * gradient for age, gradient in enumerate(seen))
            square = sum(0.001 * 0.999**age * gradient**2 for age, gradient in enumerate(seen))
            weight = weight + sign * rate * (mean / mean_part(t)) / (math.sqrt(square / square_part(t)) + 1e-7)
        return weight

    return function


def of_the_author(weight, gradients, rate):
    """The code that the exercise asks to mend."""
    mean, square = 0.0, 0.0
    for gradient in gradients:
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weight = weight - rate * (mean / (1 - 0.9)) / (np.sqrt(square) + 1e-7)
    return weight


def spread(kernel, arriving, strides, step=None, add=True, sign=1):
    """Print the kernel wherever its window stood, pixel by pixel."""
    reach = [(count - 1) * (step or strides) + size for count, size in zip(arriving.shape, kernel.shape, strict=True)]
    image = np.zeros(reach)
    for i in range(arriving.shape[0]):
        for j in range(arriving.shape[1]):
            for a in range(kernel.shape[0]):
                for b in range(kernel.shape[1]):
                    place = i * (step or strides) + a, j * (step or strides) + b
                    image[place] = add * image[place] + sign * arriving[i, j] * kernel[a, b]
    return image


def slid(kernel, arriving, strides):
    windows = np.lib.stride_tricks.sliding_window_view(arriving, kernel.shape)
    return np.einsum("ijab,ab->ij", windows, kernel)


MISTAKES = {
    "q1": [
        ([[3, 2], [2.5, 3]], "ReLU is forgotten"),
        ([[5.5, 16.5], [0, 5.5]], "This is for the maximum"),
        ([[8, 8], [8, 6]], "The average is forgotten"),
        ([[1, 1], [1, 0.75]], "the 2 is missing"),
        ([[-2, -2], [-2, -1.5]], "The sign is turned"),
        ([[34 / 9, 34 / 9], [34 / 9, 17 / 6]], "The average is over all four values"),
        ([[2, 2], [2, 2]], "Right numbers: 3 of 4"),
        (2, "must be an array of shape"),
    ],
    "q2": [
        ((1, 2, 3, 4), "C and D are right"),
        ((2, 3, 1, 4), "A and D are right"),
        ((2, 1, 4, 3), "A and B are right"),
        ((4, 1, 3, 2), "B and C are right"),
        ((3, 1, 2, 4), "B and D are right"),
        ((2, 4, 3, 1), "A and C are right"),
        ((3, 4, 1, 2), "None of these numbers is right"),
        ("2134", "must consist of numbers"),
    ],
    "q3": [
        (of_the_author, "still the code of the exercise"),
        (adam(square_part=lambda t: 1), "The first step is still far too long"),
        (adam(mean_part=lambda t: 0.1), "The first step is right now"),
        (adam(mean_part=lambda t: 0.1, square_part=lambda t: 0.001), "Right in the first step only"),
        (adam(square_part=lambda t: 0.001), "The square is corrected for the first step only"),
        (adam(mean_part=lambda t: 1), "The mean must be corrected, too"),
        (adam(mean_part=lambda t: 1, square_part=lambda t: 1), "Now neither mean is corrected"),
        (adam(lambda t: 1 - 0.9 ** (t + 1), lambda t: 1 - 0.999 ** (t + 1)), "t begins with 1"),
        (adam(sign=1), "This goes uphill"),
        (lambda weight, gradients, rate: weight - rate * np.sum(gradients), "This is plain SGD"),
        (lambda weight, gradients, rate: weight, "the result must be"),
        (lambda weight, gradients, rate: None, "returned None"),
    ],
    "q4": [
        ((2 / 400) ** 0.5, "This is He's rule"),
        (1 / 400, "This is the variance"),
        (2 / 400, "This is He's variance"),
        (0.2, "over all 16 channels"),
        (0.25, "over all places of the kernel"),
        (0.1, "2 times as large, twenty layers 1e\\+06 times"),
        (0.01, "0.2 times as large"),
        (-0.05, "A standard deviation is above 0"),
        ((0.05, 0.05), "must be one number"),
        ("1/20", "must be one number"),
    ],
    "q5": [
        (lambda kernel, *rest: spread(np.rot90(kernel, 2), *rest), "The kernel lies turned"),
        (lambda *case: spread(*case, step=1), "The strides are ignored"),
        (lambda *case: spread(*case, add=False), "add, do not overwrite"),
        (slid, "Without a frame of zeros"),
        (lambda *case: spread(*case).transpose(), "Rows and columns are swapped"),
        (lambda *case: spread(*case, sign=-1), "The sign is turned"),
        (lambda *case: spread(*case)[:-1], "must be an array of shape"),
        (lambda *case: 0.5 * spread(*case), r"the value at \[0, 0\] must be"),
    ],
}
