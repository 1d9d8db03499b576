"""Typical wrong answers to the exercises of lesson 12, each with what the checker must say."""

import numpy as np
import scipy.ndimage


def moved(image, rows, columns, **options):
    """By SciPy, one channel after another, without any code of the checker."""
    settings = {"order": 0, "mode": "constant", **options}
    channels = [scipy.ndimage.shift(channel, (rows, columns), **settings) for channel in np.moveaxis(image, -1, 0)]
    return np.stack(channels, axis=-1)


def corners(image):
    """The four pixels of all windows: upper left, upper right, lower left, lower right."""
    return [image[0::2, 0::2], image[0::2, 1::2], image[1::2, 0::2], image[1::2, 1::2]]


def channel_by_channel(image):
    return np.concatenate([np.stack(corners(channel), axis=-1) for channel in np.moveaxis(image, -1, 0)], axis=-1)


def columns_first(image):
    first, second, third, fourth = corners(image)
    return np.concatenate([first, third, second, fourth], axis=-1)


def quarters(image):
    top, bottom = np.split(image, 2, axis=0)
    return np.concatenate([*np.split(top, 2, axis=1), *np.split(bottom, 2, axis=1)], axis=-1)


def on_a_copy(image, rows, columns):
    output = image.copy()
    for i, row in enumerate(image):
        for j, pixel in enumerate(row):
            if i + rows in range(len(image)) and j + columns in range(len(row)):
                output[i + rows, j + columns] = pixel
    return output


def as_given(image, rows, columns):
    output = np.zeros_like(image)
    output[rows:, columns:] = image[:-rows, :-columns]
    return output


def mended_for_zero(image, rows, columns):
    output = np.zeros_like(image)
    output[rows:, columns:] = image[: len(image) - rows, : image.shape[1] - columns]
    return output


def no_lower_bound(image, rows, columns):
    output = image * 0
    for i, row in enumerate(image):
        for j, pixel in enumerate(row):
            if i + rows < len(image) and j + columns < len(row):
                output[i + rows][j + columns] = pixel
    return output


def one_pixel_apart(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return [
        [np.concatenate([*image[i, j : j + 2], *image[i + 1, j : j + 2]]) for j in range(columns)] for i in range(rows)
    ]


MISTAKES = {
    "q1": [
        ((1, 2), r"Sentence 1 is no reason. A depthwise layer has \*fewer\* weights"),
        ((3, 4), "write the same number of values"),
        ((2, 5), "additions fall by the same factor"),
        ((2, 2), "two different sentences"),
        (2, "two numbers from 1 to 5"),
        ((2, 6), "two numbers from 1 to 5"),
        ("both", "two numbers from 1 to 5"),
    ],
    "q2": [
        ((167, 668), "gradients are forgotten: each"),
        ((167, 334), "gradients are forgotten with strides of 1"),
        ((83, 167), r"halve the rows \*and\* the columns"),
        ((84, 335), "Rounded up: the last"),
        ((84, 334), "Rounded up with strides of 1"),
        ((83, 332), r"\*rounded\* number"),
        ((83, 83), "112×112 places"),
        ((334, 83), "swapped"),
        ((41, 167), "One factor of 2 too many"),
        (83, "must be 2 numbers"),
        ((83, 333), "Work one value out by hand"),
    ],
    "q3": [
        ((3, 3, 3), "Layer 1: 28 pixels, kernel 3: the last pixel is under no window"),
        ((4, 4, 4), "Layer 2: 13 pixels, kernel 4: the last pixel is under no window"),
        ((4, 3, 3), "Layer 3: 6 pixels, kernel 3: the last pixel is under no window"),
        ((2, 2, 3), "the last map has size 3, not 2"),
        ((4, 3, 6), "the last map has size 1, not 2"),
        ((28, 3, 3), "Layer 2: The kernel does not fit"),
        ((4.0, 3, 4), "Layer 1: `kernel_size` must be an integer"),
        ((4, 1, 4), "`kernel_size` must be at least 2"),
        ((4, 3), "must be three kernel sizes"),
        (4, "must be three kernel sizes"),
    ],
    "q4": [
        (lambda *case: moved(*case, mode="grid-wrap"), "comes back on the other"),
        (lambda image, rows, columns: moved(image, -rows, -columns), "opposite direction"),
        (lambda image, rows, columns: moved(image, columns, rows), "Rows and columns are swapped"),
        (lambda *case: moved(*case, mode="nearest"), "border is repeated"),
        (lambda image, rows, columns: moved(image, abs(rows), abs(columns)), "go the wrong way"),
        (lambda image, rows, columns: moved(image, max(rows, 0), max(columns, 0)), "Negative shifts do nothing"),
        (lambda image, rows, columns: moved(image, rows, 0), "columns do not move"),
        (lambda image, rows, columns: moved(image, 0, columns), "rows do not move"),
        (lambda *case: moved(*case, cval=1.0), r"the value at \[0, 0, 0\] must be 0"),
        (lambda image, rows, columns: image[rows:, columns:], "result must be an array of shape"),
        (lambda image, rows, columns: moved(image[:, :, :1], rows, columns), "result must be an array of shape"),
        (lambda image, rows, columns: None, "returned None"),
        (as_given, r"could not broadcast[\s\S]*columns=-3"),
        (mended_for_zero, r"could not broadcast[\s\S]*rows=-2"),
        (on_a_copy, "keeps the old picture"),
        (no_lower_bound, "counts from the end"),
    ],
    "q5": [
        (channel_by_channel, "Channel by channel"),
        (columns_first, "Columns come before rows"),
        (lambda image: channel_by_channel(image.swapaxes(0, 1)).swapaxes(0, 1), "order is reversed"),
        (lambda image: np.concatenate(corners(image)[::-1], axis=-1), r"the value at \[0, 0, 0\] must be"),
        (lambda image: image[::2, ::2], "Only one pixel of each window"),
        (lambda image: image.reshape(image.shape[0] // 2, image.shape[1] // 2, -1), "does not cut windows out"),
        (quarters, "quarters of the image"),
        (lambda image: np.max(corners(image), axis=0), "This is max pooling"),
        (lambda image: np.mean(corners(image), axis=0), "This is average pooling"),
        (lambda image: np.concatenate(corners(image), axis=-1).swapaxes(0, 1), "Rows and columns of the output"),
        (lambda image: np.stack(corners(image), axis=-1), "result must be an array of shape"),
        (one_pixel_apart, "start one pixel apart"),
    ],
}
