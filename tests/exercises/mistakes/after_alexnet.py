"""Typical wrong answers to the exercises of lesson 15, each with what the checker must say."""

import numpy as np


def identity(shape, place=None):
    """A kernel that hands each channel on, at a place of the kernel or everywhere."""
    kernel = np.zeros(shape)
    for channel in range(shape[-1]):
        if place is None:
            kernel[:, :, channel, channel] = 1
        else:
            kernel[place[0], place[1], channel, channel] = 1
    return kernel


def middle(kernel):
    return [(side - 1) // 2 for side in kernel.shape[:2]]


def all_to_all(kernel):
    changed = kernel + 0
    changed[middle(kernel)[0], middle(kernel)[1]] += 1
    return changed


def first_channel(kernel):
    row, column = middle(kernel)
    return kernel + np.where(np.arange(kernel.size) == kernel[:row].size + kernel[row, :column].size, 1, 0).reshape(
        kernel.shape
    )


def of_the_author(channels, count, growth, doubled=True, reads_all=True):
    """The code that the exercise asks to mend; the arguments mend one of its two mistakes each."""
    weights = 0
    for _ in range(count):
        weights += channels * 4 * growth
        weights += 9 * (channels if reads_all else 4 * growth) * growth
        channels = channels + (channels if doubled else growth)
    return channels, weights


def counted(channels, count, growth, size=3, read=4, gain=1):
    layers = [(channels + gain * growth * n) * 4 * growth + size**2 * read * growth**2 for n in range(count)]
    return channels + gain * growth * count, sum(layers)


MISTAKES = {
    "q1": [
        ((512, 375552), "biases are forgotten"),
        ((512, 376064), "convolutions that squeeze have biases"),
        ((512, 345392), "the 1×1 behind it has"),
        ((512, 1597952), "Without squeezing"),
        ((624, 376176), "do not come out"),
        ((928, 376176), "makes 64 of them"),
        ((448, 376176), "branch with the pool is forgotten"),
        ((208, 376176), "concatenates"),
        ((512, 376177), "Received"),
        (512, "2 numbers"),
    ],
    "q2": [
        ((2, 1, 3), "A is right"),
        ((1, 3, 2), "B is right"),
        ((3, 2, 1), "C is right"),
        ((1, 2, 3), "All three are wrong"),
        ((3, 1, 2), "All three are wrong"),
        ("2 3 1", "must consist of numbers"),
    ],
    "q3": [
        ((3, 16), "at least four layers"),
        ((6, 8), "This has 19,008 weights"),
        ((48, 1), "This has 20,520 weights"),
        ((4, 48), r"24 \+ 4 · 48 = 216"),
        ((4, 18), r"24 \+ 4 · 18 = 96"),
        ((12, 4), "there is a block with 18,144"),
        ((4, 12.0), "`g` must be an integer"),
        ((0, 12), "`layers` must be at least 1"),
        ((4, 12, 12), "must be two numbers"),
        (48, "must be two numbers"),
    ],
    "q4": [
        (all_to_all, "sum of \\*all\\* input channels"),
        (lambda kernel: kernel + identity(kernel.shape), "all neighbors are added"),
        (lambda kernel: kernel + identity(kernel.shape, (0, 0)), "a shifted picture"),
        (lambda kernel: kernel + np.ones(kernel.shape), "sum of the whole window"),
        (lambda kernel: identity(kernel.shape, middle(kernel)), "is lost"),
        (first_channel, "Only the first channel"),
        (lambda kernel: kernel + identity(kernel.shape, middle(kernel)[:1] * 2), "need not be square"),
        (lambda kernel: kernel, r"the value at \[\d+, \d+, 0, 0\] must be"),
        (lambda kernel: None, "returned None"),
    ],
    "q5": [
        (of_the_author, "still the code of the exercise"),
        (lambda *case: of_the_author(*case, reads_all=False), "The other: a layer concatenates"),
        (lambda *case: of_the_author(*case, doubled=False), "The other: what does the 3×3 read"),
        (lambda *case: counted(*case, gain=0), "channels never grow"),
        (lambda *case: counted(*case, gain=4), "a layer adds the growth"),
        (lambda *case: counted(*case, size=1), "second convolution is 3×3"),
        (lambda *case: counted(*case, read=1), "not growth of them"),
        (lambda *case: counted(*case)[::-1], "First the channels"),
        (lambda *case: counted(*case)[1], "must be two numbers"),
        (lambda *case: counted(*case, size=5), "must be"),
    ],
}
