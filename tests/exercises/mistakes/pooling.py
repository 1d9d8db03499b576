"""Typical wrong answers to the exercises of lesson 07, each with what the checker must say."""

import numpy as np


def pool(reduce, one_short=0, step=None):
    """Pooling by a function of one window of one channel, without any code of the checker."""

    def function(image, pool_size, strides):
        moves = strides if step is None else step(pool_size, strides)
        tops = [top for top in range(0, image.shape[0], moves) if top + pool_size <= image.shape[0]]
        lefts = [left for left in range(0, image.shape[1], moves) if left + pool_size <= image.shape[1]]
        tops, lefts = tops[: len(tops) - one_short], lefts[: len(lefts) - one_short]
        output = np.zeros((len(tops), len(lefts), image.shape[2]))
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                for channel in range(image.shape[2]):
                    window = image[top : top + pool_size, left : left + pool_size, channel]
                    output[i, j, channel] = reduce(list(window.ravel()))
        return output

    return function


def over_all_channels(image, pool_size, strides):
    largest = pool(max)(image, pool_size, strides).max(axis=-1, keepdims=True)
    return np.repeat(largest, image.shape[2], axis=-1)


def first_windows(image, pool_size, strides):
    rows, columns, _ = pool(max)(image, pool_size, strides).shape
    return pool(max, step=lambda size, strides: 1)(image, pool_size, strides)[:rows, :columns]


def of_the_author(image, pool_size, strides, start=lambda window: 0.0, short=False):
    """The code that the exercise asks to mend; the arguments mend one of its two mistakes each."""
    rows, columns, channels = image.shape[0] // strides, image.shape[1] // strides, image.shape[2]
    if short:
        rows, columns = (image.shape[0] - pool_size) // strides + 1, (image.shape[1] - pool_size) // strides + 1
    output = np.zeros((rows, columns, channels))
    for i, j in np.ndindex(rows, columns):
        window = image[i * strides : i * strides + pool_size, j * strides : j * strides + pool_size]
        output[i, j] = np.maximum(start(window), window.max(axis=(0, 1)))
    return output


MISTAKES = {
    "q1": [
        ((24, 24, 64, 325), 'padding="same"'),
        ((16, 16, 64, 325), "the default, strides equal to the window"),
        ((46, 46, 64, 325), "strides of the second pool are forgotten"),
        ((22, 22, 64, 325), "Off by one"),
        ((47, 47, 64, 325), "first pool is forgotten"),
        ((23, 23, 32, 165), "64 filters"),
        ((23, 23, 64, 320), "biases are forgotten"),
        ((23, 23, 64, 169285), "behind `Flatten`"),
        ((23, 23, 64), r"must have the shape \(4,\)|must be 4 numbers|4 numbers"),
    ],
    "q2": [
        ((2, 1, 3), "B is right"),
        ((3, 2, 1), "A is right"),
        ((1, 2, 3), "zeros of B"),
        ((1, 3, 2), "C is right"),
        ((2, 3, 1), "which program can make them"),
        ((3, 3, 2), "Received"),
        ("3 1 2", "must consist of numbers"),
    ],
    "q3": [
        ((2, 2, 2), "Together the strides are 8"),
        ((2, 2, 1), "moves the last map by 6/4 places"),
        ((1, 1, 1), "the last map is 36×36"),
        ((2, 1, 1), "the last map is 18×18"),
        ((3, 1, 1), "the last map is 12×12"),
        ((3, 4, 3), "Together the strides are 36"),
        ((0, 6, 1), "`strides` must be at least 1"),
        ((2.0, 3, 1), "`strides` must be an integer"),
        ((6, 1), "must be three strides"),
        (6, "must be three strides"),
        ("231", "must be three strides"),
    ],
    "q4": [
        ((1, 0, 0), "For a = 5 and b = 3 this gives 2"),
        ((1, 1, 0), "For a = 5 and b = 3 this gives 7"),
        ((0, 1, 0), "For a = 3 and b = 5 this gives 3"),
        ((0, 0, 1), "For a = 5 and b = 3 this gives 3"),
        ((1, 0, -1), "this gives -1"),
        ((-1, 0, 1), "this gives 1"),
        ((0.5, 0.5, 0.5), "but the larger one is 5"),
        (1, "must be three numbers"),
        ((1, 1), "must be three numbers"),
        ("101", "must be three numbers"),
    ],
    "q5": [
        (of_the_author, "still the code of the exercise"),
        (lambda *case: of_the_author(*case, start=lambda window: window[0, 0]), "The other: how many windows"),
        (lambda *case: of_the_author(*case, short=True), "One mistake is left: negative maxima became 0"),
        (pool(lambda window: sum(window) / len(window)), "the average of each window"),
        (pool(min), "the minimum of each window"),
        (over_all_channels, "not over channels"),
        (pool(lambda window: max([0, *window])), "negative maxima became 0"),
        (lambda *case: pool(max)(*case).swapaxes(0, 1), "Rows and columns of the output are swapped"),
        (pool(max, one_short=1), "Off by one"),
        (pool(max, step=lambda size, strides: 1), "the window moves by 1 instead"),
        (pool(max, step=lambda size, strides: size), "the window moves by its own size"),
        (first_windows, "The size is right, but the window moves by 1"),
        (pool(lambda window: max(window[1:])), r"the value at \[\d+, \d+, 0\] must be"),
        (lambda image, pool_size, strides: image.max(axis=(0, 1)), "result must be an array of shape"),
        (lambda image, pool_size, strides: None, "returned None"),
        (lambda image, pool_size, strides: pool(max)(image, strides, pool_size), "are swapped"),
        (lambda *case: pool(max)(*case).max(axis=2), "channels are merged"),
        (lambda *case: np.moveaxis(pool(max)(*case), 2, 0), "channels come first"),
    ],
}
