"""Typical wrong answers to the exercises of lesson 00, each with what the checker must say."""

import numpy as np

MISTAKES = {
    "example": [(6, "Off by one"), (4, "Off by one"), (3, "the size that is left"), (48, "Work one value out")],
    "q1": [(240_000, "number of pixels"), (1_003, "are added"), (960_000, "Four values"), (80_000, "Divided")],
    "q2": [
        ((4, 1, 28, 28), "channels first"),
        ((28, 28, 1), "one image"),
        ((28, 28, 1, 4), "batch axis comes first"),
        ((4, 28, 28), "still a channel"),
        ((4, 28, 28, 3), "gray"),
    ],
    "q3": [
        (lambda size: int(np.log2(size)), "with a remainder"),
        (lambda size: len([k for k in range(20) if size % 2**k == 0]), "Off by one"),
        (lambda size: max(0, len([k for k in range(1, 20) if size % 2**k == 0]) - 1), "Off by one"),
        (lambda size: size // np.gcd(size, 2**20), "the odd size that is left"),
        (lambda size: size // 2, "halves once"),
        (lambda size: size / 0, "raised ZeroDivisionError"),
    ],
}
