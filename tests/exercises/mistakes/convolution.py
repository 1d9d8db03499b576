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


def one_sided_loop(image, kernel):
    return loop(image, kernel[::-1, ::-1], *(image.shape[0] - kernel.shape[0] + 1,) * 2)


def of_the_author(image, kernel, flipped=lambda kernel: kernel[::-1]):
    """The code that the exercise asks to mend; with `flipped` one of its two mistakes is mended."""
    size = len(kernel)
    output = np.zeros((image.shape[0] - size + 1, image.shape[1] - size + 1))
    for i, j in np.ndindex(output.shape):
        output[i, j] = (image[i : i + size, j : j + size] * flipped(kernel)).sum()
    return output


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


MISTAKES = {
    "q1": [
        ((295, 444, 16, 1696), "Off by one"),
        ((294, 447, 16, 1696), "Rows and columns of the kernel are swapped"),
        ((300, 451, 16, 1696), "the size of the photograph"),
        ((296, 445, 3, 1696), "As many come out as there are filters"),
        ((296, 445, 16, 1680), "biases are forgotten"),
        ((296, 445, 16, 1681), "not one in all"),
        ((296, 445, 16, 35 * 16 + 16), "a slice for each of the 3 channels"),
        ((296, 445, 16, 106), "one filter"),
        ((296, 445), r"must be 4 numbers"),
    ],
    "q2": [
        ((2, 1, 3, 4), "The mean of 3, 3, 3 is 3"),
        ((1, 4, 3, 2), r"weights of \(4\) sum to 1"),
        ((4, 3, 1, 2), "flipped or not"),
        ((4, 1, 1, 2), "each of 1, 2, 3, 4 once"),
        ("4132", "four numbers"),
        (((4, 1), (3, 2)), "four numbers"),
    ],
    "q3": [
        ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "rises by 1 to the right it answers 8, not 2"),
        ([[0, 0, 0], [-1, 0, 1], [0, 0, 0]], "A weight of 1 is too large"),
        (np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4, "The sign is wrong"),
        (np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]) / 4, "to the right it answers 0, not 2"),
        ([[0, 0, 0.5], [-0.5, 0, 0.5], [-0.5, 0, 0]], "downwards it answers -1, not 0"),
        (np.array([[0, 0, 1], [0, 0, 1], [0, 0, 1]]) / 3, "On an even surface of 1 it answers 1, not 0"),
        ([[-1, 0, 1]], r"must be an array of shape \(3, 3\)"),
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
        (of_the_author, "raised ValueError"),
        (lambda image, kernel: of_the_author(image, kernel, lambda kernel: kernel[::-1, ::-1]), "raised ValueError"),
        (lambda image, kernel: image.sum, "Are parentheses missing"),
        (lambda image: image, r"must take 2 arguments \(image, kernel\)\. Received: <lambda>\(image\)\."),
        (3, "its name alone, without parentheses"),
    ],
    "q5": [
        ((-1, 2, -1), "sign is turned"),
        ((-1, 1, 0), "one difference of neighbors; n=2"),
        ((0, -1, 1), "one difference of neighbors; n=2"),
        ((1, -1, 0), "its sign is turned"),
        ((-1, 0, 1), "without the middle one"),
        ((0, 0, 0), "Nothing was learned"),
        ((1, -2), r"must be 3 numbers"),
    ],
}
