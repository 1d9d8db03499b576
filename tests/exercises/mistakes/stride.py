"""Typical wrong answers to the exercises of lesson 04, each with what the checker must say."""

import math

import numpy as np
import scipy.signal


def every(image, kernel, strides):
    """All places with SciPy, of which some are kept; without the checker's code."""
    return scipy.signal.correlate2d(image, kernel, "valid")[:: strides[0], :: strides[1]]


def too_close(image, kernel, strides):
    rows, columns = every(image, kernel, strides).shape
    return scipy.signal.correlate2d(image, kernel, "valid")[:rows, :columns]


def chain(n, layers, size):
    """Sizes after each layer, by any formula for one layer."""
    return [n := size(n, *layer) for layer in layers]


def windows(n, k, s, p):
    return sum(start + k <= n + 2 * p for start in range(0, n + 2 * p, s))


IMAGE = np.array([[1, 2, 0, 1, 3], [0, 1, 3, 2, 1], [2, 0, 1, 1, 0], [1, 3, 2, 0, 4]])
KERNEL = np.array([[1, 2], [0, -1]])


def gaps(image, kernel, strides):
    output = every(image, kernel, (1, 1))
    for i, j in np.ndindex(output.shape):
        if i % strides[0] or j % strides[1]:
            output[i, j] = 0
    return output


MISTAKES = {
    "q1": [
        ((149, 148), "Off by one"),
        ((151, 150), "Rounded up"),
        ((149, 149), "counted once instead of twice"),
        ((147, 149), "padding is not used"),
        ((100, 224), "strides are swapped"),
        ((151, 149), "of the kernel are swapped"),
        ((147, 151), "of the padding are swapped"),
        ((149, 150), "of the answer are swapped"),
        ((300, 447), "with strides 1"),
        ((150, 151), "rounded up, as with"),
        (150, r"must be 2 numbers"),
    ],
    "q2": [
        (every(IMAGE, KERNEL, (3, 2)), "strides are swapped"),
        (every(IMAGE, KERNEL, (2, 2)), "3 columns to the right"),
        (every(IMAGE, KERNEL, (1, 1)), "with strides 1"),
        (too_close(IMAGE, KERNEL, (2, 3)), "moves by one pixel"),
        (scipy.signal.convolve2d(IMAGE, KERNEL, "valid")[::2, ::3], "kernel is flipped"),
        (every(IMAGE, KERNEL.T, (2, 3)), "kernel is transposed"),
        ([[4, -1], [6, -3]], "of the result are swapped"),
        ([[6, 8], [5, 5]], "last weight"),
        ([4, 6, -1, -3], r"must be an array of shape \(2, 2\)"),
    ],
    "q3": [
        (400, "101 outputs"),
        (160, "80 zeros that no window reads"),
        (80, "99 outputs: where"),
        (0, "98 outputs"),
        (120, "on each side"),
        (16_240, "length of the padded axis"),
        (399, "not with the fewest zeros"),
        ((120, 120), r"must be one number"),
    ],
    "q4": [
        (lambda image, kernel, strides: every(image, kernel, (1, 1)), "strides are not used"),
        (lambda image, kernel, strides: every(image, kernel, strides[::-1]), "strides are swapped"),
        (lambda image, kernel, strides: every(image, kernel, (strides[0],) * 2), "used for both axes"),
        (too_close, "one pixel apart"),
        (lambda image, kernel, strides: every(image, kernel[::-1, ::-1], strides), "kernel is flipped"),
        (lambda *case: every(*case)[:-1, :-1], "Off by one"),
        (lambda *case: every(*case).T, "of the output are swapped"),
        (
            lambda image, kernel, strides: every(image, kernel.T, strides),
            "result must be an array of shape|raised ValueError",
        ),
        (lambda *case: every(*case) + 1e-3, r"the value at \[0, 0\] must be"),
        (gaps, "with zeros between"),
        (lambda *case: every(*case) / case[1].size, "the mean, not the sum"),
    ],
    "q5": [
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: windows(n + p, k, s, 0)), "counted once"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: windows(n, k, s, 0)), "padding is not used"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: windows(n, k, s, p) - 1), "Off by one"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1), "Rounded up"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: (n + 2 * p - k) / s + 1), "whole numbers"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: windows(n, k, 1, p)), "strides are not used"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: windows(n, s, k, p)), "are swapped"),
        (lambda n, layers: [windows(n, *layer) for layer in layers], "starts from n"),
        (lambda n, layers: [n, *chain(n, layers, windows)], "own size is in the list"),
        (lambda n, layers: chain(n, layers, windows)[-1], "last size alone"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: n + 2 * p - (k // s) + 1), "parentheses around"),
        (lambda n, layers: chain(n, layers, lambda n, k, s, p: math.ceil(n / s)), 'rule of "same"'),
        (
            lambda n, layers: chain(n, layers, lambda n, k, s, p: math.floor(n / s)),
            "kernel and the padding are not used",
        ),
        (lambda n, layers: chain(n, layers[:1], windows)[0], "first size alone"),
        (lambda n, layers: chain(n, layers, windows)[-1:], "`append` to one list"),
    ],
}
