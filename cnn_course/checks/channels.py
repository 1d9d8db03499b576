"""Exercises of lesson 05, Channels."""

import numpy as np

from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (1, 3, 4),
    mistakes=[
        ((10, 28, 37), "This is one filter of each: its weights and its bias. How many channels is it deep?"),
        ((9, 27, 36), "These are the weights of one filter. At each place a 3×3 filter has nine for one channel."),
        ((160, 448, 592), "These are the parameters. Divide them among the 16 filters first."),
        ((16, 16, 16), "16 is what comes out: the filters. Asked is what goes in."),
        ((1, 2, 3), "A bias is part of each filter: take it off, then divide by the nine places."),
        ((1, 3, 3), "Transparency is a channel of its own, besides red, green and blue."),
        ((1, 3, 5), "592 / 16 = 37 parameters a filter, one of them a bias: 36 weights for nine places."),
    ],
    code="(1, 3, 4)",
    why="The parameters of a first layer tell what pictures it was built for.",
    hints=(
        "Divide by the number of filters: what belongs to one filter?",
        "A filter has 3 · 3 · channels weights and one bias.",
        "The first: 160 / 16 = 10 = 9 · 1 + 1.",
    ),
    explanation="10 = 9 · 1 + 1 (gray), 28 = 9 · 3 + 1 (color), 37 = 9 · 4 + 1 (color and transparency).",
)

_PIXELS = {"gray pixel [1, 1, 1]": (1, 1, 1), "leaf": (2, 5, 2), "tomato": (6, 2, 1)}


def _examine_colors(answer):
    weights = as_array(answer)
    if weights is None or weights.shape != (3,):
        return f"The answer must be three numbers (red, green, blue). Received: {shown(answer)}."
    gray, leaf, tomato = (float(weights @ np.array(pixel)) for pixel in _PIXELS.values())
    if abs(gray) > 1e-6:
        return f"On the gray pixel [1, 1, 1] it answers {gray:g}, and more on brighter ones. It must answer 0."
    if abs(leaf) > 1e-6:
        return f"On the leaf [2, 5, 2] it answers {leaf:g}. It must answer 0."
    if tomato < 1e-6:
        return f"On the tomato [6, 2, 1] it answers {tomato:g}. It must answer more than 0."
    return None


q2 = Question(
    _examine_colors,
    (1, 0, -1),
    code="(1, 0, -1)",
    why="Weights that sum to 0 do not see brightness: the kernel looks at the color alone.",
    hints=(
        "A gray pixel has three equal numbers: what must the three weights sum to?",
        "The leaf is the gray pixel [2, 2, 2] and 3 more of green. What does that say about green's weight?",
        "Green's weight is 0, so red and blue must cancel out on gray.",
    ),
    explanation="Gray: r + g + b = 0. The leaf is gray [2, 2, 2] and three times green: g = 0. So b = −r, and r > 0.",
)


def conv(image, kernel, bias):
    height, width, _, filters = kernel.shape
    output = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1, filters))
    for i in range(output.shape[0]):
        for j in range(output.shape[1]):
            window = image[i : i + height, j : j + width, :, np.newaxis]
            output[i, j] = (window * kernel).sum(axis=(0, 1, 2)) + bias
    return output


def _bias_each_channel(image, kernel, bias):
    return conv(image, kernel, image.shape[-1] * bias)


q3 = function_question(
    conv,
    cases=[integers(2, (5, 7, 4), (3, 3, 4, 5), (5,)), integers(3, (6, 4, 3), (3, 2, 3, 4), (4,))],
    mistakes=[
        (_bias_each_channel, "One mistake is left: the bias is added once per channel; add it once per place."),
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
    why="A test with one channel cannot see what happens once per channel, one with a square kernel not the axes.",
    hints=(
        "What was special about the author's test? Run the code in your head on two channels, then on a kernel of 3×2.",
        "With one channel, “once per channel” and “once” are the same.",
        "`size` is the height of the kernel. Columns need its width; the bias belongs behind the loop over channels.",
    ),
    explanation="The bias stood inside the loop over channels, and the height of the kernel was used as its width.",
)


def merge(kernel_2, first, second):
    merged = kernel_2.copy()
    merged[:, :, first] += kernel_2[:, :, second]
    return np.delete(merged, second, axis=2)


def _only_deleted(kernel_2, first, second):
    return np.delete(kernel_2, second, axis=2)


def _replaced(kernel_2, first, second):
    other = kernel_2.copy()
    other[:, :, first] = kernel_2[:, :, second]
    return np.delete(other, second, axis=2)


def _averaged(kernel_2, first, second):
    other = kernel_2 * 1.0
    other[:, :, first] = (kernel_2[:, :, first] + kernel_2[:, :, second]) / 2
    return np.delete(other, second, axis=2)


def _first_deleted(kernel_2, first, second):
    other = kernel_2.copy()
    other[:, :, second] += kernel_2[:, :, first]
    return np.delete(other, first, axis=2)


def _doubled(kernel_2, first, second):
    other = kernel_2.copy()
    other[:, :, first] *= 2
    return np.delete(other, second, axis=2)


q4 = function_question(
    merge,
    cases=[(*integers(0, (3, 2, 4, 4)), 0, 2), (*integers(1, (2, 3, 5, 6)), 1, 4)],
    mistakes=[
        (_only_deleted, "The channel is gone, and with it what it contributed. Its twin can do that work, too."),
        (_replaced, "The old weights of the channel that stays are lost. It has both jobs now."),
        (_averaged, "This is the mean. The twin must contribute as much as both did together."),
        (_first_deleted, "The weights are added, but `first` is removed. Layer 1 has lost `second`."),
        (_doubled, "The two channels were equal, but layer 2 had different weights for them."),
    ],
    why="So nets are pruned: what a channel means is only how it is made and how it is read.",
    hints=(
        "Layer 2 multiplies both channels and adds: w1 · x + w2 · x, with the same x.",
        "w1 · x + w2 · x = (w1 + w2) · x. Which axis of (k, k, c_in, c_out) counts the input channels?",
        "Copy the kernel, add `kernel_2[:, :, second]` to channel `first`, then `np.delete(…, second, axis=2)`.",
    ),
    explanation="The same map met two sets of weights; one channel with the sum of both does the same.",
)

q5 = value_question(
    (2, 4, 3, 1),
    mistakes=[
        ((2, 4, 1, 3), "A and B are right. C has rows and columns swapped: which program does that?"),
        ((3, 4, 2, 1), "B and D are right. In A all numbers are odd: every second number of memory."),
        ((1, 4, 3, 2), "D holds filter 1 as PyTorch has it. Which program moves whole axes, and nothing else?"),
        ((2, 3, 4, 1), "A and D are right. Which of B and C is D turned by half a turn?"),
        ((2, 1, 3, 4), "A and C are right. Which of B and D is filter 1 as PyTorch has it?"),
    ],
    code="(2, 4, 3, 1)",
    why="A wrong layout gives the right shape. Only numbers tell, and an unsymmetric kernel tells most.",
    hints=(
        "One result is filter 1 as PyTorch has it.",
        "`reshape` deals the numbers out in turn: filter 1 gets every second one.",
        "`.T` on four axes is `transpose(3, 2, 1, 0)`: width comes before height.",
    ),
    explanation="D is right (1). A has every second number (2: `reshape`). C is D with rows and columns swapped (3: "
    "`.T`). B is D turned by half a turn (4). On a symmetric kernel 1, 3 and 4 would look the same.",
)
