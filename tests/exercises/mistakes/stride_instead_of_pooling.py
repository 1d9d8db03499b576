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
        ((5_035_392, 20_141_568), "The two are swapped"),
        ((5_035_392, 5_035_392), "saves nothing of the work before it"),
        ((21_233_664, 5_308_416), 'This is "same"'),
        ((1_258_848, 314_712), "channels of the input are forgotten"),
        ((839_232, 209_808), "work of one filter"),
        ((2_237_952, 559_488), "pixels of the kernel are forgotten"),
        ((20_141_568, 10_070_784), r"halve the rows \*and\* the columns"),
        ((94 * 62 * (9 * 16 + 1) * 24, 47 * 31 * (9 * 16 + 1) * 24), "biases are counted"),
        ((3_480, 3_480), "These are the parameters"),
        (20_141_568, r"must be 2 numbers"),
    ],
    "q2": [
        (42, "gradients are forgotten"),
        (168, "4 bytes"),
        (336, "once, not twice"),
        (5.25, "for one image"),
        (88.080384, "millions of bytes"),
        (88_080_384, "These are bytes"),
        (86_016, "These are KiB"),
        (44_040_192, "One of the two factors of 2 is missing"),
        (63, "Work one value out by hand"),
        (21, "Both factors of 2"),
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
