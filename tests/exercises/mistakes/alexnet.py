"""Typical wrong answers in lesson 13, written without the checkers' own code."""

import numpy as np
import scipy.signal


def convolution(image, kernel):
    maps = [
        sum(scipy.signal.correlate2d(image[..., c], kernel[:, :, c, d], "valid") for c in range(kernel.shape[2]))
        for d in range(kernel.shape[3])
    ]
    return np.stack(maps, axis=-1)


def tower_pair(image, kernel, bias, first=None, second=None):
    channels, filters = image.shape[-1] // 2, kernel.shape[-1] // 2
    first = image[..., :channels] if first is None else first
    second = image[..., channels:] if second is None else second
    one = convolution(first, kernel[..., :filters]) + bias[:filters]
    return one, convolution(second, kernel[..., filters:]) + bias[filters:]


def joined(*arrays, axis=-1):
    return np.concatenate(arrays, axis=axis)


def swapped_towers(image, kernel, bias):
    half = image.shape[-1] // 2
    return joined(*tower_pair(image, kernel, bias, image[..., half:], image[..., :half]))


def first_half_twice(image, kernel, bias):
    return joined(*tower_pair(image, kernel, bias, second=image[..., : image.shape[-1] // 2]))


def every_other_channel(image, kernel, bias):
    return joined(*tower_pair(image, kernel, bias, image[..., ::2], image[..., 1::2]))


def alternating_maps(image, kernel, bias):
    one, other = tower_pair(image, kernel, bias)
    maps = np.zeros((*one.shape[:2], 2 * one.shape[2]))
    maps[..., ::2], maps[..., 1::2] = one, other
    return maps


def parameters(side, groups=(2, 1, 2, 2), bias=1, classes=1000, c1_to_c5=(96, 256, 384, 384, 256)):
    one, two, three, four, five = c1_to_c5
    g2, g3, g4, g5 = groups
    total = 11 * 11 * 3 * one + 25 * one // g2 * two + 9 * two // g3 * three + 9 * three // g4 * four
    total += 9 * four // g5 * five + side * side * five * 4096 + 4096 * 4096 + 4096 * classes
    return total + bias * (one + two + three + four + five + 4096 + 4096 + classes)


def side_of(image_size):
    c1 = (image_size - 11) // 4 + 1
    pool_1 = (c1 - 3) // 2 + 1
    pool_2 = (pool_1 - 3) // 2 + 1
    return (pool_2 - 3) // 2 + 1


def count(image_size, groups, classes, bias=1, c3=1):
    return parameters(side_of(image_size), (groups, c3, groups, groups), bias, classes)


def after_two_pools(image_size, groups, classes):
    side = (((image_size - 11) // 4 + 1 - 3) // 2 + 1 - 3) // 2 + 1
    return parameters(side, (groups, 1, groups, groups), 1, classes)


def normalize(maps, bias, alpha, beta, band):
    squares = np.einsum("hwc,cd->hwd", maps**2, band)
    return maps / (bias + alpha * squares) ** beta


def near(channels, radius):
    distance = np.abs(np.subtract.outer(np.arange(channels), np.arange(channels)))
    return (distance <= radius).astype(float)


def along_rows(maps, radius, bias, alpha, beta):
    squares = np.einsum("hwc,wv->hvc", maps**2, near(maps.shape[1], radius))
    return maps / (bias + alpha * squares) ** beta


def along_columns(maps, radius, bias, alpha, beta):
    squares = np.einsum("hwc,hg->gwc", maps**2, near(maps.shape[0], radius))
    return maps / (bias + alpha * squares) ** beta


def in_a_circle(maps, radius, bias, alpha, beta):
    channels = maps.shape[-1]
    distance = np.abs(np.subtract.outer(np.arange(channels), np.arange(channels)))
    return normalize(maps, bias, alpha, beta, (np.minimum(distance, channels - distance) <= radius).astype(float))


def without_itself(maps, radius, bias, alpha, beta):
    channels = maps.shape[-1]
    return normalize(maps, bias, alpha, beta, near(channels, radius) - np.eye(channels))


def plain_sums(maps, radius, bias, alpha, beta):
    sums = maps @ near(maps.shape[-1], radius)
    return maps / np.abs(bias + alpha * sums) ** beta


def as_in_pytorch(maps, radius, bias, alpha, beta):
    return normalize(maps, bias, alpha / (2 * radius + 1), beta, near(maps.shape[-1], radius))


def layers(image_size, groups, classes, rows=None, colors=3):
    """All parameters, layer by layer."""
    side = (image_size - 11) // 4 + 1
    for _ in range(3):
        side = (side - 3) // 2 + 1
    convolutions = 121 * colors * 96 + 96 + (25 * 96 * 256) // groups + 256 + 9 * 256 * 384 + 384
    convolutions += (9 * 384 * 384) // groups + 384 + (9 * 384 * 256) // groups + 256
    return convolutions + (rows or side) * side * 256 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * classes + classes


def grouped(image, kernel, bias, filters=(0, 1), biases=(0, 1)):
    """Two towers, with the number of the half that each of them takes."""
    half, parts = len(bias) // 2, []
    for tower in (0, 1):
        maps = image[..., tower * kernel.shape[2] : (tower + 1) * kernel.shape[2]]
        weights = kernel[..., filters[tower] * half : (filters[tower] + 1) * half]
        windows = np.lib.stride_tricks.sliding_window_view(maps, kernel.shape[:2], axis=(0, 1))
        added = bias[biases[tower] * half : (biases[tower] + 1) * half]
        parts.append(np.einsum("ijcab,abcd->ijd", windows, weights) + added)
    return np.concatenate(parts, axis=-1)


def each(maps, radius, bias, alpha, beta, ends):
    output = np.zeros(maps.shape)
    for *pixel, c in np.ndindex(maps.shape):
        low, high = ends(c, radius)
        squares = sum(value**2 for value in maps[tuple(pixel)][low:high])
        output[*pixel, c] = maps[*pixel, c] / (bias + alpha * squares) ** beta
    return output


MISTAKES = {
    "q1": [
        (((55, 55), (6, 6)), "sizes for 227"),
        (((63, 47), (7, 5)), "Rows and columns are swapped"),
        (((46, 62), (3, 5)), "Off by one"),
        (((49, 65), (5, 7)), 'C1 with "same"'),
        (((49, 65), (7, 9)), '"same" everywhere'),
        (((47, 63), (11, 15)), "After two pools"),
        (((47, 63), (23, 31)), "After one pool"),
        (((47, 63), (6, 8)), "dropped, not rounded up"),
        (((48, 64), (5, 7)), "2 pixels of padding"),
        ((47, 63), r"must be an array of shape \(2, 2\)"),
    ],
    "q2": [
        ((663_936, 112_140_288), "original with two groups"),
        ((1_327_488, 224_280_576), "layer without groups"),
        ((331_776, 56_070_144), "biases are missing"),
        ((331_872, 56_070_144), "still 384 filters"),
        ((332_160, 332_160 * 169), "do not count as MACs"),
        ((9 * 96 * 96 + 384, 169 * 9 * 96 * 96), "groups were counted twice"),
        ((332_160, 331_776), r"all 13×13 positions"),
        ((332_160, 331_776 * 13), "not at 13"),
        ((56_070_144, 332_160), "order is swapped"),
        (332_160, r"must be 2 numbers"),
    ],
    "q3": [
        (lambda *case: count(*case, bias=0), "biases are missing"),
        (lambda size, groups, classes: count(size, 1, classes), "groups are not used"),
        (lambda size, groups, classes: count(size, groups, classes, c3=groups), "C3 is grouped"),
        (lambda size, groups, classes: parameters(6, (groups, 1, groups, groups), 1, classes), "always reads 6×6"),
        (after_two_pools, "after two pools"),
        (lambda size, groups, classes: count(size, groups, 1000), "always 1,000 classes"),
        (lambda *case: count(*case) - 4096 * 4096 - 4096, "F7 is missing"),
        (
            lambda size, groups, classes: count(size, groups, classes) - (256 + 384 + 256) * (groups - 1) // groups,
            "biases are divided by the groups",
        ),
        (lambda *case: 60_965_224, "must be"),
        (lambda *case: layers(*case, rows=1), "one side is missing"),
        (lambda *case: layers(*case, colors=1), "three colors"),
    ],
    "q4": [
        (lambda image, kernel, bias: joined(*tower_pair(image, kernel, 0 * bias)), "bias is missing"),
        (first_half_twice, "Both towers read the first half"),
        (swapped_towers, "read each other's channels"),
        (lambda *case: joined(*tower_pair(*case)[::-1]), "wrong order"),
        (lambda *case: sum(tower_pair(*case)), "towers are added"),
        (alternating_maps, "maps of the towers alternate"),
        (every_other_channel, "Every other channel"),
        (lambda *case: joined(*tower_pair(*case), axis=0), "along the rows"),
        (lambda *case: joined(*tower_pair(*case))[None], "still has the batch axis"),
        (lambda *case: joined(*tower_pair(*case)) + 1e-2, "must be"),
        (lambda image, kernel, bias: convolution(image, kernel), "result must|shape"),
        (lambda *case: grouped(*case, biases=(0, 0)), "first half of the biases"),
        (lambda *case: grouped(*case, filters=(0, 0)), "first half of the filters"),
        (lambda *case: np.split(grouped(*case), 2, axis=-1), "in a list"),
    ],
    "q5": [
        (along_rows, "pixels of the same row"),
        (along_columns, "pixels of the same column"),
        (in_a_circle, "round in a circle"),
        (without_itself, "value itself is missing"),
        (plain_sums, "summed, not their squares"),
        (as_in_pytorch, "as in PyTorch"),
        (lambda maps, _, *rest: normalize(maps, *rest, near(maps.shape[-1], 99)), "All channels are summed"),
        (lambda maps, r, b, a, _: normalize(maps, b, a, 1, near(maps.shape[-1], r)), "power is missing"),
        (lambda maps, r, _, a, beta: normalize(maps, 0, a, beta, near(maps.shape[-1], r)), "bias is missing"),
        (lambda maps, *rest: maps, "must be"),
        (lambda *case: each(*case, lambda c, r: (c - r, c + r + 1)), "counts from the end"),
        (lambda *case: each(*case, lambda c, r: (max(0, c - r), c + r)), "last neighbor is missing"),
        (lambda *case: each(*case, lambda c, r: (max(0, c - r), c + 1)), "channels before"),
        (lambda *case: each(*case, lambda c, r: (c, c + 1)), "neighbors are missing"),
        (lambda *case: case[0] ** 2 / each(*case, lambda c, r: (max(0, c - r), c + r + 1)), "It must divide"),
    ],
}
