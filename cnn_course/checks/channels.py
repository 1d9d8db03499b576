"""Exercises of lesson 05, Channels."""

import numpy as np

from cnn_course.checks.engine import function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (8, 10, 16),
    mistakes=[
        ((8, 10, 8), "The depth of the output is not the depth of the input: count the filters."),
        ((8, 10, 128), "Depth 8 · 16: a filter sums over all channels and makes one map, not one per channel."),
        ((7, 9, 16), "Off by one: this is n − k. The kernel also fits at the last position: n − k + 1."),
        ((6, 12, 16), "Rows and columns of the kernel are swapped: it has 3 rows and 5 columns."),
        ((10, 14, 16), "This would need padding. How often does the kernel fit along each axis?"),
        ((10, 8, 16), "Rows and columns of the answer are swapped: (rows, columns, channels)."),
        ((16, 8, 10), "The channels come first here, as in PyTorch. Keras puts them last."),
        ((8, 10, 1), "One map is what a single filter makes. How many filters are there?"),
    ],
    code="(10 - 3 + 1, 14 - 5 + 1, 16)",
    why="Kernel, strides and padding decide height and width; only the filters decide the depth.",
    hints=(
        "Height and width first, as for an image with one channel.",
        "How many maps does one filter make, and how many filters are there?",
        "Rows: 10 − 3 + 1.",
    ),
    explanation="10 − 3 + 1 = 8 rows, 14 − 5 + 1 = 10 columns, and one map for each of the 16 filters.",
)

q2 = value_question(
    (2420, 620),
    mistakes=[
        ((2400, 600), "The biases are missing: one per filter."),
        ((2401, 601), "There is one bias per filter, not one per layer."),
        ((2408, 608), "The biases belong to the filters, not to the input channels."),
        ((2420, 605), "With groups there are still 20 filters, so still 20 biases: only the weights are fewer."),
        ((320, 320), "A filter is as deep as its input: you counted flat kernels of 15 weights."),
        ((2420, 2420), "With groups each filter sees fewer channels."),
        ((620, 2420), "The order is swapped: the full layer first."),
    ],
    code="((3 * 5 * 8 + 1) * 20, (3 * 5 * (8 / 4) + 1) * 20)",
    why="Groups make each filter flatter: that was AlexNet's way to split a layer over two cards.",
    hints=(
        "Count one filter first: its weights and its bias.",
        "A filter sees all 8 channels, or, with 4 groups, only those of its own group.",
        "The full layer: (3 · 5 · 8 + 1) parameters for each filter.",
    ),
    explanation="Full: (120 + 1) · 20 = 2,420. In groups each filter sees 8 / 4 = 2 channels: (30 + 1) · 20 = 620.",
)


def repair(kernel_2, order):
    return kernel_2[:, :, order, :]


q3 = function_question(
    repair,
    cases=[(*integers(0, (3, 2, 4, 4)), [2, 0, 3, 1]), (*integers(1, (2, 3, 5, 6)), [1, 2, 4, 0, 3])],
    mistakes=[
        (
            lambda kernel_2, order: kernel_2,
            "Nothing was changed: each channel must meet its old weights again.",
        ),
        (
            lambda kernel_2, order: kernel_2[:, :, np.argsort(order), :],
            "This is the inverse order: position n must hold the weights of old channel order[n].",
        ),
        (
            lambda kernel_2, order: kernel_2[:, :, :, order],
            "You reordered the filters of layer 2. Its input channels are another axis.",
        ),
        (lambda kernel_2, order: kernel_2[:, :, ::-1, :], "The channels are reversed, whatever the order says."),
    ],
    why="The order of channels means nothing, as long as both layers agree on it.",
    hints=(
        "Filter n of layer 1 makes the map that layer 2 reads as its input channel n.",
        "Which axis of (k, k, c_in, c_out) counts the input channels?",
        "A list of numbers used as an index reorders an axis, as in `kernel_1[:, :, :, order]`.",
    ),
    explanation="The maps come in the new order, so the input channels of layer 2 (axis 2) must come in it, too.",
)


def conv(image, kernel, bias):
    height, width, _, filters = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1, filters))
    for i in range(output.shape[0]):
        for j in range(output.shape[1]):
            window = image[i : i + height, j : j + width, :, np.newaxis]
            output[i, j] = (window * kernel).sum(axis=(0, 1, 2)) + bias
    return output


q4 = function_question(
    conv,
    cases=[integers(2, (5, 7, 4), (2, 3, 4, 5), (5,)), integers(3, (6, 4, 3), (3, 2, 3, 4), (4,))],
    mistakes=[
        (lambda image, kernel, bias: conv(image, kernel, 0 * bias), "The bias is missing: one number per filter."),
        (
            lambda image, kernel, bias: conv(image, kernel, 0 * bias) + bias.sum(),
            "Each map gets its own bias, not the sum of all.",
        ),
        (
            lambda image, kernel, bias: conv(image[..., :1], kernel[:, :, :1], bias),
            "Only the first channel is used: sum over all channels.",
        ),
        (
            lambda image, kernel, bias: conv(image, kernel / image.shape[-1], bias),
            "This is the average over the channels, not their sum.",
        ),
        (
            lambda image, kernel, bias: conv(image, kernel, image.shape[-1] * bias),
            "The bias is added once per channel; add it once per place.",
        ),
        (
            lambda image, kernel, bias: conv(image, kernel[::-1, ::-1], bias),
            "The kernel is flipped: a CNN never flips.",
        ),
        (
            lambda image, kernel, bias: conv(image, kernel, bias)[:-1, :-1],
            "Off by one: there are n − k + 1 positions, not n − k.",
        ),
        (
            lambda image, kernel, bias: conv(image, kernel, bias).transpose(2, 0, 1),
            "The channels come first; Keras wants (rows, columns, channels).",
        ),
        (
            lambda image, kernel, bias: conv(image[..., -1:], kernel[:, :, -1:], bias),
            "Only the last channel is left: add the channels up, as with `+=`.",
        ),
        (
            lambda *case: np.maximum(conv(*case), 0),
            "Negative values became 0: a ReLU is no part of the convolution here.",
        ),
        (lambda *case: conv(*case).sum(axis=-1), "The maps of all filters are added. They stay side by side."),
        (
            lambda *case: conv(*case)[np.newaxis],
            "The result has a batch axis. Return one image: (rows, columns, c_out).",
        ),
    ],
    why="This is all that a convolution layer computes; everything else is speed.",
    hints=(
        "Start from the loops of section 3; take the sizes from the arguments.",
        "At place [i, j], each filter d multiplies the same window with kernel[:, :, :, d] and sums over three axes.",
        "The output has shape (rows − k_h + 1, columns − k_w + 1, c_out); add bias[d] once.",
    ),
    explanation="The window gets a fourth axis of length 1, so that one product serves all filters at once.",
)


def to_keras(weights):
    return weights.transpose(2, 3, 1, 0)


q5 = function_question(
    to_keras,
    cases=[integers(4, (6, 2, 3, 5)), integers(5, (3, 3, 3, 3)), integers(6, (4, 1, 2, 3))],
    mistakes=[
        (
            lambda weights: weights.reshape([weights.shape[axis] for axis in (2, 3, 1, 0)]),
            "This is `reshape`: the shape is right, but the numbers are dealt out anew. Move the axes instead.",
        ),
        (lambda weights: weights.transpose(2, 3, 0, 1), "Channels in and out are swapped: Keras has c_out last."),
        (lambda weights: weights.transpose(3, 2, 1, 0), "Rows and columns of the kernel are swapped: k_h comes first."),
        (lambda weights: weights.transpose(3, 2, 0, 1), "This is the way back, from Keras to PyTorch."),
        (lambda weights: weights, "Nothing was moved."),
        (
            lambda weights: weights.transpose(2, 3, 1, 0)[::-1, ::-1],
            "The kernel is flipped: neither PyTorch nor Keras flips.",
        ),
    ],
    why="The second axis is flatter with groups, but the axes are the same four: one rule for both.",
    hints=(
        "Keras wants (k_h, k_w, c_in / groups, c_out). Where is each of them in PyTorch's shape?",
        "`transpose` takes, for each new axis, the number of the old one.",
        "k_h is axis 2 of PyTorch's kernel, so 2 comes first.",
    ),
    explanation="New axes: height (old 2), width (old 3), channels in (old 1), filters (old 0), groups or not.",
)
