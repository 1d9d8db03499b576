"""Typical wrong answers in lesson 13, written without the checkers' own code."""

import numpy as np


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


def layers(image_size, groups, classes, rows=None, colors=3):
    """All parameters, layer by layer."""
    side = (image_size - 11) // 4 + 1
    for _ in range(3):
        side = (side - 3) // 2 + 1
    convolutions = 121 * colors * 96 + 96 + (25 * 96 * 256) // groups + 256 + 9 * 256 * 384 + 384
    convolutions += (9 * 384 * 384) // groups + 384 + (9 * 384 * 256) // groups + 256
    return convolutions + (rows or side) * side * 256 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * classes + classes


def drop(goes=lambda number, rate: number < rate, grow=lambda rate: 1 / (1 - rate), use=lambda value, rate: value):
    """Dropout value by value, without any code of the checker."""

    def function(values, drawn, rate, training):
        output = np.zeros(values.shape)
        for place, value in np.ndenumerate(values):
            left = 0 if goes(drawn[place], rate) else value * grow(rate)
            output[place] = left if training else use(value, rate)
        return output

    return function


def of_the_author(values, drawn, rate, training):
    kept = drawn >= 1 - rate
    return values * kept / rate


MISTAKES = {
    "q1": [
        ((3, 2, 1, 4), "how many biases does the network have"),
        ((4, 2, 3, 1), "can gray photographs save"),
        ((1, 2, 4, 3), "A misses 442,368"),
        ((2, 3, 4, 1), "B has \\*more\\* parameters"),
        ((2, 4, 1, 3), "Wanted is the mistake of each letter"),
        ((3, 2, 4, 4), "Received"),
        ((3, 2, 4), "Received"),
        ("3241", "must consist of numbers"),
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
        ((11, 4), "C1 leaves 30 positions and the last pool 2"),
        ((11, 2), "59 positions|MACs: more than 50 million"),
        ((7, 2), "52,508,7|MACs: more than 50 million"),
        ((6, 2), "is even"),
        ((3, 2), "C1 leaves 63 positions and the last pool 7"),
        ((21, 2), "C1 leaves 54 positions and the last pool 5"),
        ((5, 1), "C1 leaves 124 positions"),
        ((2, 5), "C1 leaves 26 positions"),
        ((5, 0), "`strides` must be at least 1"),
        ((5.0, 2), "`kernel_size` must be an integer"),
        ((200, 2), "does not fit"),
        (5, "must be two numbers"),
        ("5, 2", "must be two numbers"),
    ],
    "q5": [
        (of_the_author, "still the code of the exercise"),
        (drop(use=None), "raised"),
        (lambda values, drawn, rate, training: drop()(values, drawn, rate, True), "it drops in use as well"),
        (drop(lambda number, rate: number < 1 - rate, lambda rate: 1 / rate), "it keeps a quarter"),
        (drop(grow=lambda rate: 1 / rate), "divided by the share dropped"),
        (drop(grow=lambda rate: 1), "must grow"),
        (drop(grow=lambda rate: 1, use=lambda value, rate: value * (1 - rate)), "way of the paper"),
        (drop(lambda number, rate: number >= rate), "wrong ones are dropped"),
        (drop(lambda number, rate: number >= 1 - rate), "highest numbers"),
        (lambda values, drawn, rate, training: drop()(values, drawn, rate, not training), "swapped"),
        (lambda values, *rest: values, "Nothing is dropped"),
        (drop(use=lambda value, rate: 0), "must be"),
        (lambda *case: None, "returned None"),
    ],
}
