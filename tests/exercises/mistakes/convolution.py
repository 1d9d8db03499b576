"""Typical wrong answers to the exercises of lesson 02, each with what the checker must say."""

import numpy as np
import scipy.signal


def loop(image, kernel, rows, columns):
    """Written by hand with loops, so that no code of the checker is used."""
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for a in range(kernel.shape[0]):
                for b in range(kernel.shape[1]):
                    output[i, j] += image[i + a, j + b] * kernel[a, b]
    return output


def valid(image, kernel):
    return loop(image, kernel, image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1)


def one_short(image, kernel):
    return loop(image, kernel[::-1, ::-1], image.shape[0] - kernel.shape[0], image.shape[1] - kernel.shape[1])


def gradient(image, kernel, target):
    error = scipy.signal.correlate2d(image, kernel, "valid") - target
    return 2 * scipy.signal.correlate2d(image, error, "valid")


def one_sided_loop(image, kernel):
    return loop(image, kernel[::-1, ::-1], *(image.shape[0] - kernel.shape[0] + 1,) * 2)


IMAGE, KERNEL = np.array([[1, 2, 0], [0, 1, 3], [4, 0, 1]]), np.array([[1, 0], [2, -1]])


def zeros_at_the_end(image, kernel):
    output = image * 0
    for i, j in np.ndindex(image.shape):
        window = image[i : i + kernel.shape[0], j : j + kernel.shape[1]]
        if window.shape == kernel.shape:
            output[i, j] = (window * np.rot90(kernel, 2)).sum()
    return output


def last_product(image, kernel):
    (height, width), flipped = kernel.shape, np.rot90(kernel, 2)
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i, j, a, b in np.ndindex(*output.shape, height, width):
        output[i, j] = image[i + a, j + b] * flipped[a, b]
    return output


def correlate(image, kernel):
    return scipy.signal.correlate2d(image, kernel, "valid")


MISTAKES = {
    "q1": [
        ((295, 444), "Off by one"),
        ((297, 446), "Off by one in the other direction"),
        ((294, 447), "Rows and columns of the kernel are swapped"),
        ((445, 296), "Rows and columns of the answer are swapped"),
        ((300, 451), "the size of the photograph"),
        (296, r"must be 2 numbers"),
    ],
    "q2": [
        (scipy.signal.correlate2d(IMAGE, KERNEL, "valid"), "cross-correlation: a true convolution flips"),
        (scipy.signal.convolve2d(IMAGE, KERNEL[:, ::-1], "valid"), "flipped up-down only"),
        (scipy.signal.convolve2d(IMAGE, KERNEL[::-1], "valid"), "flipped left-right only"),
        (scipy.signal.convolve2d(IMAGE, KERNEL, "valid").T, "Rows and columns are swapped"),
        (scipy.signal.correlate2d(IMAGE, KERNEL.T, "valid"), "transposed, not flipped"),
        (scipy.signal.convolve2d(IMAGE, KERNEL, "full"), r"must be an array of shape \(2, 2\)"),
    ],
    "q3": [
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "to the left"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "moves the picture down"),
        ([[0, 0, 0], [0, 0, 0], [0, 1, 0]], "moves the picture up"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "leaves the picture where it is"),
        ([[1, 0]], r"must be an array of shape \(3, 3\)"),
    ],
    "q4": [
        (valid, "not flipped"),
        (lambda image, kernel: valid(image, kernel[::-1]), "flipped up-down only"),
        (lambda image, kernel: valid(image, kernel[:, ::-1]), "flipped left-right only"),
        (one_short, "Off by one"),
        (lambda image, kernel: valid(image, kernel[::-1, ::-1]).T, "Rows and columns of the output are swapped"),
        (lambda image, kernel: valid(image, kernel.T), "transposed, not flipped"),
        (one_sided_loop, "raised IndexError|result must be an array of shape"),
        (lambda image, kernel: scipy.signal.convolve2d(image, kernel, "same"), "result must be an array of shape"),
        (lambda image, kernel: valid(image, kernel[::-1, ::-1]) + 1e-3, r"the value at \[0, 0\] must be"),
        (lambda image, kernel: None, "returned None"),
        (lambda image, kernel: "numbers", "must return numbers"),
        (3, "must be a function"),
        (
            lambda image, kernel: scipy.signal.convolve2d(image, kernel, "valid") / kernel.size,
            "the mean of the products",
        ),
        (scipy.signal.convolve2d, "partly outside"),
        (zeros_at_the_end, "as large as the image"),
        (last_product, "Only the last product"),
        (lambda image, kernel: image.sum, "Are parentheses missing"),
        (lambda image: image, r"must take 2 arguments \(image, kernel\)\. Received: <lambda>\(image\)\."),
        (3, "its name alone, without parentheses"),
    ],
    "q5": [
        (lambda *case: gradient(*case) / 2, "factor 2 is missing"),
        (lambda *case: -gradient(*case), "sign is wrong"),
        (lambda *case: gradient(*case) / case[2].size, "gradient of the mean"),
        (lambda *case: gradient(*case)[::-1, ::-1], "gradient is flipped"),
        (lambda *case: case[1], r"the value at \[0, 0\] must be"),
        (lambda image, kernel, target: 2 * (correlate(image, kernel) - target), "with respect to each output"),
        (lambda image, kernel, target: ((correlate(image, kernel) - target) ** 2).sum(), "loss itself"),
        (
            lambda image, kernel, target: (
                2 * scipy.signal.convolve2d(image, correlate(image, kernel) - target, "valid")
            ),
            "difference is flipped",
        ),
        (lambda image, kernel, target: -2 * correlate(image, target), "output is missing"),
    ],
}
