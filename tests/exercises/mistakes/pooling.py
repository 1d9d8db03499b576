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


MISTAKES = {
    "q1": [
        ((27, 19, 96), "Rows and columns of the window are swapped"),
        ((18, 20, 96), "the default, strides equal to the window"),
        ((28, 20, 96), 'This is "same"'),
        ((26, 19, 96), "Off by one"),
        ((53, 39, 96), "strides are forgotten"),
        ((27, 20, 1), "channel by channel"),
        ((27, 20), "channels are missing"),
        ((20, 27, 96), "Rows and columns of the answer are swapped"),
        (27, r"must be 3 numbers"),
    ],
    "q2": [
        ([[0, 0], [0, 3]], "padding has won"),
        ([[-1, -2], [-5, 3]], 'Keras "same"'),
        ([[-9, -9], [-9, -9]], "smallest values"),
        ([[-1, -5], [-1, 3]], "Rows and columns are swapped"),
        ([[-1]], "padding is forgotten"),
        ([[-18 / 4, -30 / 6], [-27 / 4, -31 / 6]], "These are averages"),
        ([-1, -1, -5, 3], r"must be an array of shape \(2, 2\)"),
    ],
    "q3": [
        ((3, 3), "do not overlap"),
        ((2, 3), "do not overlap"),
        ((3, 2), "output has size 13, not 9"),
        ((11, 2), "under no window: 1"),
        ((3, 4), "output has size 7, not 9"),
        ((29, 3), "The kernel does not fit"),
        ((4.0, 3), "`pool_size` must be an integer"),
        ((4, 0), "`strides` must be at least 1"),
        (4, "must be a pair"),
        ((4, 3, 1), "must be a pair"),
        ("43", "must be a pair"),
        ([[4], [3, 3]], "`pool_size` must be an integer"),
        ((True, 3), "`pool_size` must be an integer"),
    ],
    "q4": [
        ([[1, 0, 2], [0, 4, 0], [0, 0, 0]], "Overwritten"),
        ([[1, 0, 2], [0, 3, 0], [0, 0, 0]], "Only one of the two windows"),
        ([[1, 0, 1], [0, 2, 0], [0, 0, 0]], "counts the windows won"),
        ([[0.25, 0.75, 0.5], [1, 2.5, 1.5], [0.75, 1.75, 1]], "average pooling"),
        ([[9, 0, 16], [0, 49, 0], [0, 0, 0]], "Nothing is multiplied"),
        ([[1, 0, 0], [0, 7, 0], [2, 0, 0]], "Rows and columns are swapped"),
        ([[1, 2], [3, 4]], r"must be an array of shape \(3, 3\)"),
    ],
    "q5": [
        (pool(lambda window: sum(window) / len(window)), "the average of each window"),
        (pool(min), "the minimum of each window"),
        (over_all_channels, "not over channels"),
        (pool(lambda window: max([0, *window])), "Negative maxima became 0"),
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
