"""Typical wrong answers to the exercises of lesson 05, each with what the checker must say."""

import numpy as np


def loop(image, kernel, bias, rows=None, columns=None):
    """Written by hand with loops, so that no code of the checker is used."""
    height, width, depth, filters = kernel.shape
    rows = rows or image.shape[0] - height + 1
    columns = columns or image.shape[1] - width + 1
    output = np.zeros((rows, columns, filters))
    for i, j, d in np.ndindex(output.shape):
        output[i, j, d] = bias[d]
        for a, b, c in np.ndindex(height, width, depth):
            output[i, j, d] += image[i + a, j + b, c] * kernel[a, b, c, d]
    return output


def no_bias(image, kernel, bias):
    return loop(image, kernel, np.zeros(len(bias)))


def one_short(image, kernel, bias):
    return loop(image, kernel, bias, image.shape[0] - kernel.shape[0], image.shape[1] - kernel.shape[1])


def channels_apart(image, kernel, bias):
    """One map for each pair of channel and filter: the sum over channels is forgotten."""
    parts = [no_bias(image[..., c : c + 1], kernel[:, :, c : c + 1], bias) for c in range(image.shape[-1])]
    return np.concatenate(parts, axis=-1)


def repair_backwards(kernel_2, order):
    output = np.zeros_like(kernel_2)
    for position, channel in enumerate(order):
        output[:, :, channel] = kernel_2[:, :, position]
    return output


MISTAKES = {
    "q1": [
        ((8, 10, 8), "not the depth of the input"),
        ((8, 10, 128), "makes one map"),
        ((7, 9, 16), "Off by one"),
        ((6, 12, 16), "Rows and columns of the kernel are swapped"),
        ((10, 14, 16), "would need padding"),
        ((10, 8, 16), "Rows and columns of the answer are swapped"),
        ((16, 8, 10), "channels come first"),
        ((8, 10), r"must be 3 numbers"),
        ((8, 10, 1), "a single filter makes"),
        ((9, 11, 16), r"Right numbers: 1 of 3; look again at \[0\], \[1\]\."),
    ],
    "q2": [
        ((2400, 600), "biases are missing"),
        ((2401, 601), "one bias per filter"),
        ((2408, 608), "belong to the filters"),
        ((2420, 605), "still 20 biases"),
        ((320, 320), "as deep as its input"),
        ((2420, 2420), "sees fewer channels"),
        ((620, 2420), "order is swapped"),
        (2420, r"must be 2 numbers"),
    ],
    "q3": [
        (lambda kernel_2, order: kernel_2, "Nothing was changed"),
        (repair_backwards, "inverse order"),
        (
            lambda kernel_2, order: np.stack([kernel_2[..., n] for n in order], axis=-1),
            "must be an array of shape|reordered",
        ),
        (lambda kernel_2, order: np.flip(kernel_2, axis=2), "reversed, whatever"),
        (lambda kernel_2, order: kernel_2[order], "raised IndexError"),
        (lambda kernel_2, order: kernel_2 + 1, "must be"),
    ],
    "q4": [
        (no_bias, "bias is missing"),
        (lambda *case: no_bias(*case) + sum(case[2]), "its own bias"),
        (lambda image, kernel, bias: loop(image[:, :, 0:1], kernel[:, :, 0:1, :], bias), "Only the first channel"),
        (
            lambda image, kernel, bias: no_bias(image, kernel, bias) / kernel.shape[2] + bias,
            "average over",
        ),
        (lambda *case: no_bias(*case) + case[0].shape[2] * case[2], "once per channel"),
        (lambda image, kernel, bias: loop(image, kernel[::-1, ::-1], bias), "kernel is flipped"),
        (one_short, "Off by one"),
        (lambda *case: np.moveaxis(loop(*case), 2, 0), "channels come first"),
        (channels_apart, "result must be an array of shape"),
        (lambda *case: loop(*case).sum(axis=-1), "maps of all filters are added"),
        (lambda *case: None, "returned None"),
        (lambda *case: loop(case[0][:, :, [-1]], case[1][:, :, [-1]], case[2]), "Only the last channel"),
        (lambda *case: loop(*case).clip(0), "ReLU is no part"),
        (lambda *case: [loop(*case)], "has a batch axis"),
    ],
    "q5": [
        (lambda weights: weights.reshape(*weights.shape[2:], weights.shape[1], weights.shape[0]), "This is `reshape`"),
        (lambda weights: np.moveaxis(weights, (0, 1), (2, 3)), "Channels in and out are swapped"),
        (lambda weights: weights.T, "Rows and columns of the kernel are swapped"),
        (lambda weights: np.moveaxis(weights, (2, 3), (1, 0)), "way back"),
        (lambda weights: weights.copy(), "Nothing was moved"),
        (lambda weights: np.flip(np.moveaxis(weights.swapaxes(0, 1), (0, 1), (2, 3)), (0, 1)), "kernel is flipped"),
        (lambda weights: weights.sum(), "result must be an array of shape"),
    ],
}
