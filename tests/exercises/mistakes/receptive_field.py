"""Typical wrong answers to the exercises of lesson 09, each with what the checker must say."""


def pixels(stack, i):
    """All places that value i reads, one by one: without any code of the checker."""
    places = {i}
    for kernel_size, strides, padding, rate in stack[::-1]:
        places = {place * strides - padding + rate * tap for place in places for tap in range(kernel_size)}
    return min(places), max(places)


def changed(change):
    """A view of which each layer has been changed first."""
    return lambda stack, i: pixels([change(*layer) for layer in stack], i)


def sizes(stack, early=False, extent=lambda k, d: (k - 1) * d):
    size, jump = 1, 1
    for kernel_size, strides, rate in stack:
        jump *= strides if early else 1
        size += extent(kernel_size, rate) * jump
        jump *= 1 if early else strides
    return [size, jump]


MISTAKES = {
    "q1": [
        ((45, 8, 24), "multiplied too early"),
        ((27, 8, 3), "Value 3 is not pixel 3"),
        ((27, 8, 27), "one jump apart, not one field"),
        ((27, 4, 12), "One of the strides is forgotten"),
        ((16, 8, 24), "sizes of the kernels are added"),
        ((38, 8, 24), "adds k − 1 steps"),
        ((13, 8, 24), "one jump, not one pixel"),
        ((27, 8, 32), "numbered from 0"),
        ((27, 8), "must be 3 numbers"),
        ("27, 8, 24", "must consist of numbers"),
    ],
    "q2": [
        ((1, 2), "holds for pools"),
        ((3, 2), "Padding lies around"),
        ((4, 2), "not that small"),
        ((2, 1), "black picture"),
        ((2, 3), "Training changes weights"),
        ((2, 4), "8×8 pixels in any picture"),
        ((5, 5), "Received"),
    ],
    "q3": [
        ((1, 2, 4), "No holes, and 15 pixels"),
        ((1, 1, 1), "No holes, and 7 pixels"),
        ((1, 2, 7), "No holes, and 21 pixels"),
        ((1, 2, 8), "23 pixels and 2 holes, the first one 4 left"),
        ((2, 2, 2), "13 pixels and 6 holes"),
        ((3, 3, 7), "27 pixels and"),
        ((1, 4, 16), "43 pixels, but 3 · 3 · 3 = 27"),
        ((0, 3, 9), "`dilation_rate` must be at least 1"),
        ((1.0, 3, 9), "`dilation_rate` must be an integer"),
        ((1, 3), "must be three rates"),
        (9, "must be three rates"),
    ],
    "q4": [
        (lambda stack, i: pixels(stack[::-1], i), "begin with the last one"),
        (changed(lambda k, s, p, d: (k, s, p, 1)), "dilation is forgotten"),
        (changed(lambda k, s, p, d: (k, s, 0, d)), "padding is forgotten"),
        (changed(lambda k, s, p, d: (k, s, -p, d)), "to the left, not to the right"),
        (changed(lambda k, s, p, d: (k, s, 2 * p, d)), "not those behind it"),
        (changed(lambda k, s, p, d: (k, 1, p, d)), "strides are forgotten"),
        (changed(lambda k, s, p, d: (k + 1, s, p, d)), "Off by one: from the first to the last"),
        (lambda stack, i: tuple(max(end, 0) for end in pixels(stack, i)), "may begin outside"),
        (lambda stack, i: pixels(stack, i)[::-1], "First and last are swapped"),
        (lambda stack, i: (pixels(stack, i)[0], pixels(stack, i)[1] - pixels(stack, i)[0]), "not the distance"),
        (lambda stack, i: i, "one number|2 numbers|number"),
        (lambda stack: 0, "must take 2 arguments"),
    ],
    "q5": [
        (lambda stack: sizes(stack, early=True, extent=lambda k, d: d * k - 1), "still the code of the exercise"),
        (lambda stack: sizes(stack, extent=lambda k, d: d * k - 1), "first and last of k values"),
        (lambda stack: sizes(stack, early=True), "a layer's own jump"),
        (lambda stack: sizes(stack, extent=lambda k, d: k - 1), "dilation is forgotten"),
        (lambda stack: sizes(stack, extent=lambda k, d: d * k), "not k: its first value"),
        (lambda stack: [sizes(stack)[0], 1], "a different value|differs|should|expected|Received|For "),
        (lambda stack: sizes([(k, 1, d) for k, _, d in stack]), "strides are forgotten"),
        (lambda stack: sizes(stack)[::-1], "Size and jump are swapped"),
        (lambda stack: sizes(stack[::-1]), "taken backward"),
    ],
}
