"""Exercises of lesson 13, AlexNet."""

import numpy as np

from cnn_course import reference
from cnn_course.checks.engine import function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    ((47, 63), (5, 7)),
    mistakes=[
        (((55, 55), (6, 6)), "These are the sizes for 227×227 pixels. Start from 195 rows and 259 columns."),
        (((63, 47), (7, 5)), "Rows and columns are swapped: 195 rows come first."),
        (((46, 62), (3, 5)), "Off by one: n − k divided by the strides is the number of steps. Add the start."),
        (((49, 65), (5, 7)), 'This is C1 with "same". The original has no padding there.'),
        (((49, 65), (7, 9)), 'This is "same" everywhere. C1 and the pools have no padding.'),
        (((47, 63), (11, 15)), "After two pools. There are three: after C1, C2 and C5."),
        (((47, 63), (23, 31)), "After one pool. There are three: after C1, C2 and C5."),
        (((47, 63), (6, 8)), "The pools have no padding: what does not fit is dropped, not rounded up."),
        (((48, 64), (5, 7)), "This is C1 with 2 pixels of padding. The original build here has none."),
    ],
    code="(((195 - 11) // 4 + 1, (259 - 11) // 4 + 1), (5, 7))",
    why="The convolutions take images of any size; only F6 insists on 6×6.",
    hints=(
        "Rows and columns go through the chain of section 1 one by one.",
        "(n + 2p − k) // s + 1. Only C1 and the three pools change the size.",
        "Rows: (195 − 11) // 4 + 1 = 47, then three times (n − 3) // 2 + 1.",
    ),
    explanation="Rows 195 → 47 → 23 → 11 → 5, columns 259 → 63 → 31 → 15 → 7.",
)

q2 = value_question(
    (332_160, 56_070_144),
    mistakes=[
        ((663_936, 112_140_288), "This is the original with two groups."),
        ((1_327_488, 224_280_576), "This is the layer without groups."),
        ((331_776, 56_070_144), "The biases are missing: one per filter, in groups as well."),
        ((331_872, 56_070_144), "There are still 384 filters, and one bias for each of them."),
        ((332_160, 56_135_040), "The biases are not multiplied: they do not count as MACs."),
        ((83_328, 14_017_536), "The groups were counted twice: all 384 filters stay, only each one is flatter."),
        ((332_160, 331_776), "Each weight works at all 13×13 positions."),
        ((332_160, 4_313_088), "Each weight works at 13×13 positions, not at 13."),
        ((56_070_144, 332_160), "The order is swapped: parameters first."),
    ],
    code="(3 * 3 * (384 // 4) * 384 + 384, 13 * 13 * 3 * 3 * (384 // 4) * 384)",
    why="Twice the groups, half the weights and half the work; but each filter sees less.",
    hints=(
        "How many of the 384 maps does one filter see?",
        "Weights: k · k · (channels in / groups) · filters. The number of filters stays.",
        "One filter has 3 · 3 · 96 weights and one bias, and works at 13 · 13 positions.",
    ),
    explanation="3 · 3 · 96 · 384 = 331,776 weights, each used 169 times; 384 biases, which cost no MACs.",
)


def count_parameters(image_size, groups, classes):
    size = (image_size - 11) // 4 + 1  # C1
    for _ in range(3):  # the pools; C2 to C5 keep the size
        size = (size - 3) // 2 + 1
    layers = [(11, 3, 96), (5, 96 // groups, 256), (3, 256, 384), (3, 384 // groups, 384), (3, 384 // groups, 256)]
    layers += [(size, 256, 4096), (1, 4096, 4096), (1, 4096, classes)]
    return sum((k * k * depth + 1) * filters for k, depth, filters in layers)


def _count(image_size, groups, classes, c3_groups=1, bias=1, fewer_biases=False, side=None):
    """The count with one mistake in it."""
    side = _side(image_size) if side is None else side
    layers = [(11, 3, 96, 1), (5, 96, 256, groups), (3, 256, 384, c3_groups), (3, 384, 384, groups)]
    layers += [(3, 384, 256, groups), (side, 256, 4096, 1), (1, 4096, 4096, 1), (1, 4096, classes, 1)]
    return sum(k * k * c // g * d + bias * d // (g if fewer_biases else 1) for k, c, d, g in layers)


def _side(image_size, pools=3):
    size = (image_size - 11) // 4 + 1
    for _ in range(pools):
        size = (size - 3) // 2 + 1
    return size


q3 = function_question(
    count_parameters,
    cases=[(227, 2, 1000), (227, 1, 1000), (224, 1, 1000), (195, 4, 10), (290, 2, 17)],
    mistakes=[
        (lambda *case: _count(*case, bias=0), "The biases are missing: one per filter and unit."),
        (
            lambda size, groups, classes: _count(size, 1, classes),
            "The groups are not used: they make the filters of C2, C4 and C5 flatter.",
        ),
        (
            lambda size, groups, classes: _count(size, groups, classes, c3_groups=groups),
            "C3 is grouped here. It sees both towers.",
        ),
        (lambda *case: _count(*case, side=6), "F6 always reads 6×6 here. Its size depends on the image."),
        (
            lambda *case: _count(*case, side=_side(case[0], pools=2)),
            "F6 reads the map after two pools here: the pool behind C5 is forgotten.",
        ),
        (
            lambda size, groups, classes: _count(size, groups, 1000),
            "There are always 1,000 classes here: F8 has one unit per class.",
        ),
        (
            lambda *case: _count(*case) - 4096 * 4097,
            "F7 is missing: there are three dense layers.",
        ),
        (
            lambda *case: _count(*case, fewer_biases=True),
            "The biases are divided by the groups. There is one for each filter, whatever it sees.",
        ),
        (
            lambda *case: _count(*case) - (_side(case[0]) ** 2 - _side(case[0])) * 256 * 4096,
            "F6 reads a square map, side times side: one side is missing.",
        ),
        (lambda *case: _count(*case) - 11 * 11 * 2 * 96, "C1 reads three colors, not one."),
    ],
    why="Most of the answer hangs on one number: the side of the map that F6 reads.",
    hints=(
        "Sizes first, then a list of layers, then one formula for all of them.",
        "The side of the last map: (n − 11) // 4 + 1, then three times (n − 3) // 2 + 1.",
        "Each layer: (k · k · channels a filter sees + 1) · filters. F6 is a kernel as large as its map.",
    ),
    explanation="Only C2, C4 and C5 depend on the groups, only F6 on the image, only F8 on the classes.",
)


def towers(image, kernel, bias):
    halves = zip(np.split(image, 2, -1), np.split(kernel, 2, -1), np.split(bias, 2), strict=True)
    return np.concatenate([reference.conv2d(half[np.newaxis], k, b)[0] for half, k, b in halves], axis=-1)


def _apart(image, kernel, bias):
    return np.split(towers(image, kernel, bias), 2, -1)


def _alternating(image, kernel, bias):
    pairs = np.stack(_apart(image, kernel, bias), axis=-1)
    return pairs.reshape(*pairs.shape[:2], -1)


def _interleaved(image, kernel, bias):
    order = [*range(0, image.shape[-1], 2), *range(1, image.shape[-1], 2)]
    return towers(image[..., order], kernel, bias)


def _same_half(image, kernel, bias):
    half = image[..., : kernel.shape[2]]
    return towers(np.concatenate([half, half], axis=-1), kernel, bias)


q4 = function_question(
    towers,
    cases=[integers(0, (5, 7, 4), (3, 3, 2, 6), (6,)), integers(1, (6, 4, 6), (2, 2, 3, 4), (4,))],
    mistakes=[
        (lambda image, kernel, bias: towers(image, kernel, 0 * bias), "The bias is missing: half for each tower."),
        (_same_half, "Both towers read the first half of the channels."),
        (
            lambda image, kernel, bias: towers(np.roll(image, image.shape[-1] // 2, -1), kernel, bias),
            "The towers read each other's channels: the first half of the filters sees the first half of the channels.",
        ),
        (
            lambda image, kernel, bias: np.concatenate(_apart(image, kernel, bias)[::-1], axis=-1),
            "The towers are joined in the wrong order.",
        ),
        (
            lambda image, kernel, bias: sum(_apart(image, kernel, bias)),
            "The towers are added. Their maps stand side by side.",
        ),
        (
            _alternating,
            "The maps of the towers alternate. All maps of the first tower come first.",
        ),
        (_interleaved, "Every other channel goes to a tower here. A tower has the first half, or the second."),
        (
            lambda image, kernel, bias: np.concatenate(_apart(image, kernel, bias), axis=0),
            "The maps are joined along the rows, not along the channels.",
        ),
        (
            lambda image, kernel, bias: towers(image, kernel, bias)[np.newaxis],
            "The result still has the batch axis: take the first image of it.",
        ),
        (
            lambda image, kernel, bias: towers(image, kernel, np.tile(bias[: len(bias) // 2], 2)),
            "Both towers get the first half of the biases.",
        ),
        (
            lambda image, kernel, bias: towers(image, np.tile(kernel[..., : len(bias) // 2], 2), bias),
            "Both towers get the first half of the filters.",
        ),
        (
            lambda image, kernel, bias: np.stack(_apart(image, kernel, bias)),
            "The towers stand in a list or on an axis of their own: join them along the last axis, `np.concatenate`.",
        ),
    ],
    why="This is how two cards computed one layer without a word between them.",
    hints=(
        "Three things are cut in half: the channels of the image, the filters of the kernel, the biases.",
        "`image[..., :half]` takes the first channels; the filters are the last axis of the kernel.",
        "Join both results with `np.concatenate` along the last axis; add and remove the batch axis.",
    ),
    explanation="Each tower gets half of the channels, filters and biases; the maps are joined along the channels.",
)


def normalization(maps, radius, bias, alpha, beta):
    output = np.zeros(maps.shape)
    for c in range(maps.shape[-1]):
        near = maps[..., max(c - radius, 0) : c + radius + 1]
        output[..., c] = maps[..., c] / (bias + alpha * (near**2).sum(axis=-1)) ** beta
    return output


def _wrapped(maps, radius, bias, alpha, beta):
    squares = sum(np.roll(maps**2, shift, -1) for shift in range(-radius, radius + 1))
    return maps / (bias + alpha * squares) ** beta


def _without_itself(maps, radius, bias, alpha, beta):
    inner = (maps / normalization(maps, radius, bias, alpha, 1)) - alpha * maps**2
    return maps / inner**beta


def _sums(maps, radius, bias, alpha, beta):
    near = [maps[..., max(c - radius, 0) : c + radius + 1].sum(axis=-1) for c in range(maps.shape[-1])]
    return maps / np.abs(bias + alpha * np.stack(near, axis=-1)) ** beta


_MAPS = integers(2, (2, 3, 7), (3, 2, 5))


def _neighbors(chosen):
    """Normalization over another slice of the channels."""

    def normalized(maps, radius, bias, alpha, beta):
        near = [(maps[..., chosen(c, radius)] ** 2).sum(axis=-1) for c in range(maps.shape[-1])]
        return maps / (bias + alpha * np.stack(near, axis=-1)) ** beta

    return normalized


q5 = function_question(
    normalization,
    cases=[(_MAPS[0] + 0.5, 2, 1.5, 0.01, 0.75), (_MAPS[1] - 0.5, 1, 0.8, 0.05, 0.5)],
    mistakes=[
        (
            lambda maps, radius, *rest: normalization(maps.transpose(0, 2, 1), radius, *rest).transpose(0, 2, 1),
            "The neighbors are pixels of the same row. They must be channels of the same pixel.",
        ),
        (
            lambda maps, radius, *rest: normalization(maps.transpose(2, 1, 0), radius, *rest).transpose(2, 1, 0),
            "The neighbors are pixels of the same column. They must be channels of the same pixel.",
        ),
        (_wrapped, "The channels go round in a circle: the last one is no neighbor of the first."),
        (_without_itself, "The value itself is missing in the sum."),
        (_sums, "The values are summed, not their squares."),
        (
            lambda maps, radius, bias, alpha, beta: normalization(maps, radius, bias, alpha / (2 * radius + 1), beta),
            "Alpha is divided by the number of neighbors, as in PyTorch. The paper does not do this.",
        ),
        (
            lambda maps, radius, *rest: normalization(maps, maps.shape[-1], *rest),
            "All channels are summed. Only those within the radius are neighbors.",
        ),
        (
            lambda maps, radius, bias, alpha, beta: normalization(maps, radius, bias, alpha, 1),
            "The power is missing: the sum is raised to beta.",
        ),
        (
            lambda maps, radius, bias, alpha, beta: normalization(maps, radius, 0, alpha, beta),
            "The bias is missing (k in the paper).",
        ),
        (
            _neighbors(lambda c, radius: slice(c - radius, c + radius + 1)),
            "At the first channels c − radius is negative, and that counts from the end: max(c − radius, 0).",
        ),
        (
            _neighbors(lambda c, radius: slice(max(c - radius, 0), c + radius)),
            "Off by one: a slice ends before its second number, so the last neighbor is missing.",
        ),
        (
            _neighbors(lambda c, radius: slice(max(c - radius, 0), c + 1)),
            "Only the channels before are neighbors here. Those behind count, too.",
        ),
        (
            lambda maps, radius, *rest: normalization(maps, 0, *rest),
            "Each channel is divided by its own square only: the neighbors are missing.",
        ),
        (
            lambda maps, radius, bias, alpha, beta: normalization(maps, radius, bias, alpha, -beta),
            "This multiplies by the sum. It must divide.",
        ),
    ],
    why="PyTorch divides alpha by the number of neighbors: multiply it when you carry such a layer there.",
    hints=(
        "Start from `normalize` in section 6: it does one channel of one pixel.",
        "`maps[..., low:high]` takes neighbor channels at all pixels at once; at the ends there are fewer.",
        "The channels from max(c − radius, 0) to c + radius; sum their squares along the last axis.",
    ),
    explanation="For each channel the squares of its neighbors are summed at every pixel; at the ends there are fewer.",
)
