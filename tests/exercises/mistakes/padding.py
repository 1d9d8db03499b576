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


MISTAKES = {
    "q1": [
        ((297, 450), "counted once instead of twice"),
        ((296, 448), "without padding"),
        ((297, 451), "Off by one"),
        ((299, 451), "of the kernel are swapped"),
        ((300, 450), "of the padding are swapped"),
        ((452, 298), "of the answer are swapped"),
        ((300, 451), "the size of the image"),
        (298, r"must be 2 numbers"),
    ],
    "q2": [
        ((1, 2, 2, 2, 2, 1), "without padding"),
        ((3, 6, 6, 6, 6, 3), "a row in the middle"),
        ((4, 4, 4, 4, 4, 4), "none at the sides"),
        ((4, 6, 6, 6, 6, 4), "none at the sides"),
        ((1, 2, 3, 3, 2, 1), "of the kernel are swapped"),
        ((2, 2, 2, 2, 2, 2), "rows of windows"),
        ([2, 4, 4, 4, 2], r"must be 6 numbers"),
    ],
    "q3": [
        ([[6, 15, 18], [10, 20, 15]], "two rows are swapped"),
        ([[6, 15, 18], [6, 15, 18]], "does not pad both sides evenly"),
        ([[10, 20, 15], [10, 20, 15]], "four in all, not three"),
        ([[15, 18, 11], [6, 15, 18]], "all at the end"),
        ([[6, 15, 20], [6, 15, 18]], "larger part of the padding goes to the end"),
        ([10, 20, 15], r"must be an array of shape \(2, 3\)"),
    ],
    "q4": [
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
