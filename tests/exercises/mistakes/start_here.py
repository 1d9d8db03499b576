"""Typical wrong answers to the exercises of lesson 00, each with what the checker must say."""

import numpy as np


def down_to_one(size):
    count = 0
    while size > 1:
        size, count = size / 2, count + 1
    return count


def returns_inside_the_loop(size):
    count = 0
    while size % 2 == 0:
        count += 1
        return count
    return count


MISTAKES = {
    "example": [(6, "Off by one"), (4, "Off by one"), (3, "the size that is left"), (48, "Work one value out")],
    "q1": [(240_000, "number of pixels"), (1_003, "are added"), (960_000, "Four values"), (80_000, "Divided")],
    "q2": [
        ((4, 3, 32, 48), "channels first"),
        ((32, 48, 3), "one image"),
        ((32, 48, 3, 4), "batch axis comes first, not last"),
        ((32, 48, 4, 3), "batch axis comes first"),
        ((4, 48, 32, 3), "Rows and columns are swapped"),
        ((4, 32, 48), "channels are missing"),
        ((4, 32, 48, 1), "for gray images"),
        ((1149, 32, 48, 3), "whole training part"),
        ((1, 32, 48, 12), "twelve channels"),
        ((4, 32 * 48, 3), "nothing is flattened"),
        ((4, 32 * 48 * 3), "nothing is flattened"),
        ((4, 28, 28, 3), r"Right numbers: 2 of 4; look again at \[1\], \[2\]\."),
        ((4, 32, 48, 2.5), "These must be whole numbers"),
        (4 * 32 * 48 * 3, r"must be 4 numbers\. Received: one number\."),
    ],
    "q3": [
        (lambda size: int(np.log2(size)), "with a remainder"),
        (lambda size: len([k for k in range(20) if size % 2**k == 0]), "Off by one"),
        (lambda size: max(0, len([k for k in range(1, 20) if size % 2**k == 0]) - 1), "Off by one"),
        (lambda size: size // np.gcd(size, 2**20), "the odd size that is left"),
        (lambda size: size // 2, "halves once"),
        (lambda size: size / 0, "raised ZeroDivisionError"),
        (down_to_one, "with a remainder"),
        (returns_inside_the_loop, "One halving is counted at most"),
        (lambda size: [size, size // 2], r"must be one number\. Received: 2 numbers\."),
        (lambda size: max(0, len(bin(size)) - 3), "with a remainder"),
    ],
}
