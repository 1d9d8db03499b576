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


def of_the_author(image, kernel, bias):
    """The code that the exercise asks to mend."""
    size, _, depth, filters = kernel.shape
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    output = np.zeros((rows, columns, filters))
    for i, j in np.ndindex(rows, columns):
        for c in range(depth):
            window = image[i : i + size, j : j + size, c, None]
            output[i, j] += (window * kernel[:, :, c]).sum(axis=(0, 1)) + bias
    return output


def half_mended(image, kernel, bias):
    """The width is right, the bias is still inside the loop over channels."""
    return sum(loop(image[..., [c]], kernel[:, :, [c]], bias) for c in range(image.shape[2]))


def without(kernel_2, gone, weights, stays):
    """Layer 2 without channel `gone`, with the given weights for the channel that stays."""
    channels = [weights if c == stays else kernel_2[:, :, c] for c in range(kernel_2.shape[2]) if c != gone]
    return np.stack(channels, axis=2)


MISTAKES = {
    "q1": [
        ((10, 28, 37), "one filter of each"),
        ((9, 27, 36), "weights of one filter"),
        ((160, 448, 592), "Divide them among the 16 filters"),
        ((16, 16, 16), "16 is what comes out"),
        ((1, 2, 3), "take it off"),
        ((1, 3, 3), "Transparency is a channel"),
        ((1, 3, 5), "37 parameters a filter"),
        ((1, 3), r"must be 3 numbers"),
        ((4, 3, 1), r"Right numbers: 1 of 3"),
    ],
    "q2": [
        ((1, -1, 0), "On the leaf"),
        ((1, 1, 1), "On the gray pixel"),
        ((-1, 0, 1), r"On the tomato .* answers -5"),
        ((0, 0, 0), "On the tomato"),
        ((6, -2, -1), "On the gray pixel"),
        ((1, 0), "must be three numbers"),
        ("red", "must be three numbers"),
    ],
    "q3": [
        (of_the_author, "raised ValueError"),
        (half_mended, "One mistake is left"),
        (no_bias, "bias is missing"),
        (lambda *case: no_bias(*case) + sum(case[2]), "its own bias"),
        (lambda image, kernel, bias: loop(image[:, :, 0:1], kernel[:, :, 0:1, :], bias), "Only the first channel"),
        (lambda image, kernel, bias: no_bias(image, kernel, bias) / kernel.shape[2] + bias, "average over"),
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
    "q4": [
        (lambda k, first, second: without(k, second, k[:, :, first], first), "can do that work, too"),
        (lambda k, first, second: without(k, second, k[:, :, second], first), "are lost"),
        (lambda k, first, second: without(k, second, k[:, :, [first, second]].mean(axis=2), first), "the mean"),
        (lambda k, first, second: without(k, first, k[:, :, [first, second]].sum(axis=2), second), "is removed"),
        (lambda k, first, second: without(k, second, k[:, :, first] + k[:, :, first], first), "different weights"),
        (lambda kernel_2, first, second: kernel_2, "must be an array of shape"),
    ],
    "q5": [
        ((2, 4, 1, 3), "A and B are right"),
        ((3, 4, 2, 1), "B and D are right"),
        ((1, 4, 3, 2), "Which program moves whole axes"),
        ((2, 3, 4, 1), "A and D are right"),
        ((2, 1, 3, 4), "A and C are right"),
        ((2, 4, 3), r"must be 4 numbers"),
    ],
}
