"""Typical wrong answers to the exercises of lesson 03, each with what the checker must say."""

import math

import numpy as np
import scipy.signal


def covered(size, kernel, before):
    """How often each pixel of one axis is used, by listing the windows; without the checker's code."""
    starts = range(-before, size + before - kernel + 1)
    return np.array([sum(start <= pixel < start + kernel for start in starts) for pixel in range(size)])


def uses(image, kernel, padding):
    return np.outer(covered(image[0], kernel[0], padding[0]), covered(image[1], kernel[1], padding[1]))


def uses_with_frame(image, kernel, padding):
    windows = np.ones([size + 2 * p - k + 1 for size, k, p in zip(image, kernel, padding, strict=True)])
    return scipy.signal.convolve2d(windows, np.ones(kernel), "full")


def uses_one_short(image, kernel, padding):
    windows = np.ones([size + 2 * p - k for size, k, p in zip(image, kernel, padding, strict=True)])
    framed = np.pad(scipy.signal.convolve2d(windows, np.ones(kernel), "full"), ((0, 1), (0, 1)))
    return framed[padding[0] : padding[0] + image[0], padding[1] : padding[1] + image[1]]


def uses_added_once(image, kernel, padding):
    windows = np.ones([size + p - k + 1 for size, k, p in zip(image, kernel, padding, strict=True)])
    return scipy.signal.convolve2d(windows, np.ones(kernel), "full")[padding[0] :, padding[1] :]


def total(n, kernel_size, strides, positions=math.ceil):
    return (positions(n / strides) - 1) * strides + kernel_size - n


def halves(amount):
    return math.floor(amount / 2), math.ceil(amount / 2)


def whole(image, kernel, padding, most=0):
    """Uses on the padded image; up to `most` rows and columns of a window may stick out at the end."""
    (height, width), (rows, columns) = (np.add(image, np.multiply(2, padding)), kernel)
    uses = np.zeros((height, width))
    for top, left in np.ndindex(height, width):
        if top + rows <= height + most and left + columns <= width + most:
            uses[top : top + rows, left : left + columns] += 1
    return uses


def cut(image, kernel, padding, most=0):
    rows, columns = (slice(before, before + size) for before, size in zip(padding, image, strict=True))
    return whole(image, kernel, padding, most)[rows, columns]


def sticking_out(image, kernel, padding):
    return cut(image, kernel, padding, most=99)


def frame(before):
    return slice(before, -before)


def of_the_author(image_shape, kernel_shape, padding):
    """The code that the exercise asks to mend."""
    height, width = image_shape[0] + 2 * padding[0], image_shape[1] + 2 * padding[1]
    uses = np.zeros((height, width))
    for i, j in np.ndindex(height - kernel_shape[0], width - kernel_shape[1]):
        uses[i : i + kernel_shape[0], j : j + kernel_shape[1]] += 1
    return uses[padding[0] : -padding[0], padding[1] : -padding[1]]


MISTAKES = {
    "q1": [
        ((293, 446, 16), "counted once instead of twice"),
        ((292, 444, 16), "frame of the first layer is forgotten"),
        ((292, 446, 16), "shrinks nothing"),
        ((292, 445, 16), "Off by one"),
        ((295, 447, 16), "of the first kernel are swapped"),
        ((296, 446, 16), "of the frame are swapped"),
        ((298, 452, 16), "last layer has no padding"),
        ((298, 452, 8), "the map before the last layer"),
        ((294, 448, 8), "16 filters"),
        ((448, 294, 16), "of the answer are swapped"),
        ((294, 448), r"must be 3 numbers"),
    ],
    "q2": [
        ((1, 3, 2), "B is right"),
        ((2, 1, 3), "A is right"),
        ((3, 2, 1), "C is right"),
        ((1, 2, 3), "sums of the first windows"),
        ((3, 1, 2), "sums of the first windows"),
        ((2, 2, 1), "Received"),
        ((2, 3), r"must be 3 numbers"),
    ],
    "q3": [
        ((3, 7, 9), "139 weights"),
        ((5, 5, 9), "131 weights"),
        ((3, 3, 13), "187 weights"),
        ((1, 9, 9), "1×1 is not allowed"),
        ((5, 7, 5), "into 18×18"),
        ((3, 3, 3), "into 26×26"),
        ((6, 6, 7), "6 is even"),
        ((17, 17, 17), "do not fit"),
        ((5.0, 7, 7), "must be an integer"),
        ((0, 7, 7), "must be at least 1"),
        ((5, 7), "must be three kernel sizes"),
        (7, "must be three kernel sizes"),
    ],
    "q4": [
        (of_the_author, "still the code of the exercise"),
        (lambda image, kernel, padding: uses(image, kernel, (0, 0)), "padding is not used"),
        (uses_with_frame, "frame is still there"),
        (uses_added_once, "counted once instead of twice"),
        (uses_one_short, "Off by one"),
        (lambda image, kernel, padding: uses(image, kernel[::-1], padding), "of the kernel are swapped"),
        (lambda image, kernel, padding: uses(image, kernel, padding[::-1]), "of the padding are swapped"),
        (lambda *case: uses(*case).T, "of the map are swapped"),
        (lambda *case: uses(*case) + 1, r"the value at \[0, 0\] must be 4"),
        (lambda *case: whole(*case)[frame(case[2][0]), frame(case[2][1])], "slice `p:-p` is empty"),
        (lambda image, kernel, padding: np.ones(image), "whether a pixel is used"),
        (sticking_out, "stick out"),
        (lambda image, kernel, padding: cut(image, (kernel[0], kernel[0]), padding), "rows of the kernel are used"),
        (lambda image, kernel, padding: cut(image, kernel, (padding[0], padding[0])), "padding of the rows is used"),
    ],
    "q5": [
        (lambda *case: halves(max(total(*case), 0))[::-1], "Before and after are swapped"),
        (lambda n, kernel_size, strides: halves(kernel_size - 1), "strides are not used"),
        (lambda n, kernel_size, strides: ((kernel_size - 1) // 2,) * 2, "two-sided padding of PyTorch"),
        (lambda *case: halves(total(*case)), "padding is negative"),
        (lambda *case: halves(max(total(*case, math.floor), 0)), "rounded up, not down"),
        (lambda *case: (0, max(total(*case), 0)), "all of it stands at the end"),
        (lambda *case: (max(total(*case), 0) // 2,) * 2, "one pixel is lost"),
        (lambda *case: max(total(*case), 0), "This is the total"),
        (lambda *case: (max(total(*case), 0) / 2,) * 2, "no half zeros"),
        (lambda n, k, s: halves(max(k - s, 0)), "only where n is a multiple"),
        (lambda n, k, s: [k // 2, k // 2], "does not depend on the size"),
    ],
}
