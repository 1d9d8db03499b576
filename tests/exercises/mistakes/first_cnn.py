"""Typical wrong answers to the exercises of lesson 11, each with what the checker must say."""

from collections import Counter


def forward(size, stack):
    """Sizes of all maps, counted window by window, so that no code of the checker is used."""
    found = [size]
    for kernel_size, strides in stack:
        found.append(len(range(0, found[-1] - kernel_size + 1, strides)))
    return found


def unread(size, stack):
    """By marking: which places of each map are read, from the last map back to the image."""
    read = set(range(forward(size, stack)[-1]))
    for kernel_size, strides in reversed(stack):
        read = {place * strides + offset for place in read for offset in range(kernel_size)}
    return size - len(read & set(range(size)))


def one_last_value(size, stack):
    return size - len(_span(stack))


def _span(stack):
    read = {0}
    for kernel_size, strides in reversed(stack):
        read = {place * strides + offset for place in read for offset in range(kernel_size)}
    return read


def rests(size, stack):
    sizes = forward(size, stack)
    return [(n - k) % s for n, (k, s) in zip(sizes, stack, strict=False)]


def rests_with_late_jumps(size, stack):
    total, jump = 0, 1
    for rest, (_, strides) in zip(rests(size, stack), stack, strict=True):
        jump *= strides
        total += rest * jump
    return total


def table(pairs, classes):
    counts = Counter(pairs)
    return [[counts[row, column] for column in range(classes)] for row in range(classes)]


def counted(true, predicted, classes):
    return table(zip(true.tolist(), predicted.tolist(), strict=True), classes)


def swapped(true, predicted, classes):
    return counted(predicted, true, classes)


def each_pair_once(true, predicted, classes):
    return table(set(zip(true.tolist(), predicted.tolist(), strict=True)), classes)


def only_right(true, predicted, classes):
    return table([(a, b) for a, b in zip(true.tolist(), predicted.tolist(), strict=True) if a == b], classes)


def only_mistakes(true, predicted, classes):
    return table([(a, b) for a, b in zip(true.tolist(), predicted.tolist(), strict=True) if a != b], classes)


def shares(true, predicted, classes):
    return [[value / len(true) for value in row] for row in counted(true, predicted, classes)]


def shares_of_rows(true, predicted, classes):
    return [[value / max(sum(row), 1) for value in row] for row in counted(true, predicted, classes)]


def without_empty_classes(true, predicted, classes):
    return counted(true, predicted, max(max(true), max(predicted)) + 1)


def backward(values, stack, step=lambda m, k, s: k + s * (m - 1)):
    for layer in stack[::-1]:
        values = step(values, *layer)
    return values


def one_list_for_all_rows(true, predicted, classes):
    counts = [[0] * classes] * classes
    for label, guess in zip(true, predicted, strict=True):
        counts[label][guess] += 1
    return counts


def all_pairs(true, predicted, classes):
    return table([(label, guess) for label in true for guess in predicted], classes)


MISTAKES = {
    "q1": [
        (14 * 10 * 3, "as many as it has filters"),
        (14 * 10 * 16, "second convolution has 32 filters"),
        (14 * 10, "one channel only"),
        (14 * 14 * 32, "square of 64×64"),
        (10 * 10 * 32, "square of 48×48"),
        (16 * 12 * 32, "Padding is counted"),
        (14 * 10 * 32 * 3, "3 colors are counted again"),
        ((14, 10, 32), r"must be one number"),
        (15 * 11 * 32, "Work one value out by hand"),
    ],
    "q2": [
        ((3, 2, 1), "A is right"),
        ((1, 3, 2), "C is right"),
        ((2, 1, 3), "B is right"),
        ((1, 2, 3), "None is right"),
        ((2, 3, 1), "None is right"),
        ((3, 1), "3 numbers|shape"),
    ],
    "q3": [
        (3, "reads 22 of 28"),
        (7, "right size for the image"),
        (5, "10 → 5 → 3, and a pool of 2 leaves the last of 3 out"),
        (11, "18 → 9 → 7, and a pool of 2 leaves the last of 7 out"),
        (1, "more than 1"),
        (20, "size of the map"),
        (8, "Off by one"),
        (2, "28 → 27, and a pool of 2 leaves the last of 27 out"),
        (13, "3 → 1, and no window of 2 fits on 1"),
        (10, "Off by one"),
        (28, "28 → 1, and no window of 2 fits on 1"),
        (29, "That is too large"),
        ((9, 9), r"must be one number"),
    ],
    "q4": [
        (lambda size, stack: size - unread(size, stack), "counts the pixels that are read"),
        (one_last_value, "assumes that the last map has one value"),
        (lambda size, stack: sum(rests(size, stack)), "added as they are"),
        (rests_with_late_jumps, "count too much"),
        (lambda size, stack: rests(size, stack)[-1], "Only the rest of the last layer"),
        (lambda size, stack: -unread(size, stack), "sign is wrong"),
        (lambda size, stack: 0, "the result must be 6. Received: 0"),
        (lambda size, stack: forward(size, stack)[-1], "size of the last map"),
        (lambda size, stack: None, "returned None"),
        (lambda size, stack: size - backward(forward(size, stack)[-1], stack[::-1]), "`reversed"),
        (
            lambda size, stack: size - backward(forward(size, stack)[-1], stack, step=lambda m, k, s: k + s * m),
            "One step too",
        ),
        (
            lambda size, stack: size - backward(forward(size, stack)[-1], stack, step=lambda m, k, s: s * m),
            "kernel is forgotten",
        ),
    ],
    "q5": [
        (lambda true, predicted, classes: each_pair_once(predicted, true, classes), "still the code of the exercise"),
        (swapped, "Rows and columns are swapped"),
        (each_pair_once, "once at most"),
        (only_right, "Only right answers"),
        (only_mistakes, "Only mistakes"),
        (shares, "shares of all images"),
        (shares_of_rows, "shares of each row"),
        (without_empty_classes, r"never occurs keeps its row"),
        (
            lambda true, predicted, classes: [sum(row) for row in counted(true, predicted, classes)],
            "true classes alone",
        ),
        (lambda true, predicted, classes: 0.5, "must be an array of shape"),
        (all_pairs, "paired with every prediction"),
        (lambda true, predicted, classes: counted(true[:1], predicted[:1], classes), "Only the first image"),
        (lambda true, predicted, classes: sum(true == predicted) / len(true), "the accuracy"),
        (one_list_for_all_rows, "All rows are the same"),
    ],
}
