"""Exercises of lesson 11, A first CNN."""

import numpy as np

from cnn_course.checks.engine import function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    4480,
    mistakes=[
        (420, "These are 3 channels, but a convolution makes as many as it has filters."),
        (2240, "These are 16 channels: the second convolution has 32 filters."),
        (140, "This is one channel only: every filter makes a map of its own."),
        (6272, "This is a square of 64×64: the images have 64 rows and 48 columns."),
        (3200, "This is a square of 48×48: the images have 64 rows and 48 columns."),
        (6144, "Padding is counted, but there is none: each convolution without padding loses k − 1 pixels."),
        (4480 * 3, "The 3 colors are counted again: a kernel sums over all channels of its input."),
    ],
    code="14 * 10 * 32",
    why="Every pixel and channel left at `Flatten` costs one weight for each unit of the dense layer behind it.",
    hints=(
        "Follow rows and columns one by one through the four layers; only then think of channels.",
        "A convolution of k leaves n − k + 1, a pool of 2 leaves n // 2.",
        "Rows: 64 → 60 → 30 → … ; the number of channels is the number of filters of the last convolution.",
    ),
    explanation="Rows 64 → 60 → 30 → 28 → 14, columns 48 → 44 → 22 → 20 → 10, and 32 channels: 14 · 10 · 32 = 4,480.",
)

q2 = value_question(
    (3, 1, 2),
    mistakes=[
        ((3, 2, 1), "A is right. B is as bad on its own images as on new ones: what was it short of?"),
        ((1, 3, 2), "C is right. Stopped too early, a net cannot know all of its training images, as A does."),
        ((2, 1, 3), "B is right. From 100 rightly labelled images a net learns more than a guess is worth: look at A."),
        ((1, 2, 3), "None is right. Ask of each: does it know its own images? Is it better than a guess on new ones?"),
        ((2, 3, 1), "None is right. Ask of each: does it know its own images? Is it better than a guess on new ones?"),
    ],
    code="(3, 1, 2)",
    why="Two numbers tell what to do next: train longer, get more images, or look for a mistake in the data.",
    hints=(
        "Which of them know their own images by heart, and which does not yet?",
        "What could a net learn from images with labels that belong to other images, except each one by heart?",
        "11 % is a guess: A has learned nothing that holds for new images.",
    ),
    explanation="Shuffled labels can only be learned by heart (A: a guess on new ones). B is underfitting, "
    "for it is stopped while both still rise. C overfits its 100 images, but what it learned holds for many new ones.",
)


def _where_pixels_are_lost(kernel_size):
    """What to say of a first kernel size: the maps up to the first window that does not fit."""
    sizes = [28, 28 - kernel_size + 1]
    for window in (2, 3, 2, 3, 2):
        chain = f"This makes {' → '.join(map(str, sizes))}, and"
        if sizes[-1] < window:
            return f"{chain} no window of {window} fits on {sizes[-1]}."
        if window == 2 and sizes[-1] % 2:
            return f"{chain} a pool of 2 leaves the last of {sizes[-1]} out."
        sizes.append(sizes[-1] // 2 if window == 2 else sizes[-1] - 2)
    return f"This makes {' → '.join(map(str, sizes))}."


q3 = value_question(
    9,
    mistakes=[
        (3, "This is the net as it is: it reads 22 of 28 pixels."),
        (7, "This makes a map of 22. But 22 is the right size for the image, before the first convolution."),
        (1, "Here every window fits, but the exercise asks for more than 1."),
        (20, "This is the size of the map that you want. Which kernel makes it of 28 pixels?"),
        (8, "Off by one: this makes a map of 21. A kernel of k leaves n − k + 1."),
        (10, "Off by one: this makes a map of 19. A kernel of k leaves n − k + 1."),
        *((kernel_size, _where_pixels_are_lost(kernel_size)) for kernel_size in range(2, 29)),
    ],
    code="28 - 20 + 1",
    why="Sizes are chosen together: one kernel size at the start decides whether all later windows fit.",
    hints=(
        "Count backwards from the last map, 1×1, to the map behind the first convolution.",
        "A pool of 2 reads twice as many, a 3×3 convolution reads two more: 1, 2, 4, 8, 10, …",
        "You need a map of 20 behind the first convolution, and n − k + 1 with n = 28 must give it.",
    ),
    explanation="28 − 9 + 1 = 20, then 20 → 10 → 8 → 4 → 2 → 1: every window fits, so every pixel is read.",
)


def unread_pixels(size, stack):
    output = size
    for kernel_size, strides in stack:
        output = (output - kernel_size) // strides + 1
    for kernel_size, strides in reversed(stack):
        output = (output - 1) * strides + kernel_size
    return size - output


def _read_pixels(size, stack):
    return size - unread_pixels(size, stack)


def _one_value_reads(stack, size=1):
    for kernel_size, strides in reversed(stack):
        size = (size - 1) * strides + kernel_size
    return size


def _rests(size, stack, scaled):
    """Rows dropped by each layer, summed as they are or, scaled, in a wrong measure."""
    total, jump = 0, 1
    for kernel_size, strides in stack:
        rest = (size - kernel_size) % strides
        total += rest * (jump * strides if scaled else 1)
        jump *= strides
        size = (size - kernel_size) // strides + 1
    return total


def _last_rest(size, stack):
    for kernel_size, strides in stack[:-1]:
        size = (size - kernel_size) // strides + 1
    return (size - stack[-1][0]) % stack[-1][1]


_POOLED = [(3, 1), (2, 2)] * 3


def _last_size(size, stack):
    for kernel_size, strides in stack:
        size = (size - kernel_size) // strides + 1
    return size


def _way_back(stack, values, read):
    for kernel_size, strides in reversed(stack):
        values = read(values, kernel_size, strides)
    return values


def _back_in_the_same_order(size, stack):
    read = _way_back(stack[::-1], _last_size(size, stack), lambda m, k, s: (m - 1) * s + k)
    return size - read


q4 = function_question(
    unread_pixels,
    cases=[
        (28, _POOLED),
        (30, _POOLED),
        (45, _POOLED),
        (28, [(6, 2), (4, 2), (3, 1)]),
        (224, [(11, 4), (3, 2), (5, 1), (3, 2)]),
        (12, [(5, 3)]),
    ],
    mistakes=[
        (_read_pixels, "This counts the pixels that are read. The question is about the others."),
        (
            lambda size, stack: size - _one_value_reads(stack),
            "This assumes that the last map has one value. Go forward first to find its size, then back.",
        ),
        (
            lambda size, stack: _rests(size, stack, scaled=False),
            "The dropped rows are added as they are. A row of a later map stands for several pixels of the image.",
        ),
        (
            lambda size, stack: _rests(size, stack, scaled=True),
            "The dropped rows count too much: a row counts the jump of the map it is dropped from, "
            "not that of the layer's output.",
        ),
        (_last_rest, "Only the rest of the last layer is counted: the others drop rows too."),
        (lambda size, stack: -unread_pixels(size, stack), "The sign is wrong: size minus what is read."),
        (_last_size, "This is the size of the last map. How many pixels of the image does it read?"),
        (_back_in_the_same_order, "The way back begins with the last layer: `reversed(stack)`."),
        (
            lambda size, stack: size - _way_back(stack, _last_size(size, stack), lambda m, k, s: m * s + k),
            "One step too many on the way back: m values read (m − 1) · strides + kernel_size.",
        ),
        (
            lambda size, stack: size - _way_back(stack, _last_size(size, stack), lambda m, k, s: m * s),
            "The kernel is forgotten on the way back: m values read (m − 1) · strides + kernel_size.",
        ),
    ],
    why="Two lines tell you before training whether a network is blind at two sides.",
    hints=(
        "Go forward through the stack to find the size of the last map, then backward.",
        "Backward: m values of a layer read (m − 1) · strides + kernel_size values of its input.",
        "`for kernel_size, strides in reversed(stack):` begins the way back; the answer is `size` minus its end.",
    ),
    explanation="Forward gives the size of the last map, backward the pixels that it reads; the rest is never read.",
)


def confusion_matrix(true, predicted, classes):
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (true, predicted), 1)
    return counts


def _of_the_author(true, predicted, classes):
    """The code of the exercise, with both mistakes."""
    return _set_to_one(predicted, true, classes)


def _set_to_one(true, predicted, classes):
    counts = np.zeros((classes, classes), dtype=int)
    counts[true, predicted] = 1
    return counts


def _random_labels(seed, count, classes):
    generator = np.random.default_rng(seed)
    true = generator.integers(0, classes, count)
    return true, np.where(generator.random(count) < 0.5, true, generator.integers(0, classes, count)), classes


q5 = function_question(
    confusion_matrix,
    cases=[
        (np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 2, 0]), 4),  # class 3 never occurs
        _random_labels(0, 40, 5),
        _random_labels(1, 60, 3),
    ],
    mistakes=[
        (
            _of_the_author,
            "This is still the code of the exercise. Try it on a class that is misread twice in the same way.",
        ),
        (
            lambda true, predicted, classes: confusion_matrix(predicted, true, classes),
            "Rows and columns are swapped: a row is a true class, a column what the net said.",
        ),
        (
            _set_to_one,
            "Every pair counts once at most: `counts[true, predicted] += 1` adds repeated pairs only once.",
        ),
        (
            lambda true, predicted, classes: np.diag(np.diag(confusion_matrix(true, predicted, classes))),
            "Only right answers are counted: the mistakes are missing.",
        ),
        (
            lambda true, predicted, classes: (
                confusion_matrix(true, predicted, classes)
                - np.diag(np.diag(confusion_matrix(true, predicted, classes)))
            ),
            "Only mistakes are counted: the diagonal is missing.",
        ),
        (
            lambda true, predicted, classes: confusion_matrix(true, predicted, classes) / len(true),
            "These are shares of all images: the exercise asks for counts.",
        ),
        (
            lambda true, predicted, classes: (
                confusion_matrix(true, predicted, classes) / np.bincount(true, minlength=classes)[:, None].clip(1)
            ),
            "These are shares of each row: the exercise asks for counts.",
        ),
        (
            lambda true, predicted, classes: confusion_matrix(true, predicted, classes).sum(axis=1),
            "These are the counts of the true classes alone.",
        ),
        (
            lambda true, predicted, classes: np.outer(
                np.bincount(true, minlength=classes), np.bincount(predicted, minlength=classes)
            ),
            "Every label is paired with every prediction: take them in pairs, `zip(true, predicted)`.",
        ),
        (
            lambda true, predicted, classes: confusion_matrix(true[:1], predicted[:1], classes),
            "Only the first image is counted: does `return` stand inside the loop?",
        ),
        (
            lambda true, predicted, classes: confusion_matrix(true, predicted, max(*true, *predicted) + 1),
            "A class that never occurs keeps its row and its column of zeros.",
        ),
        (lambda true, predicted, classes: np.mean(true == predicted), "This is the accuracy, a single number."),
        (
            lambda true, predicted, classes: np.tile(np.bincount(predicted, minlength=classes), (classes, 1)),
            "All rows are the same: `[row] * classes` repeats one list, so each count lands in every row.",
        ),
    ],
    why="The matrix says more than the accuracy: which classes are mixed up, and in which direction.",
    hints=(
        "Start with zeros, `classes` rows and columns; a class that never occurs keeps its row of zeros.",
        "Take the labels in pairs; each pair adds 1 to one place.",
        "A loop over `zip(true, predicted)` is fine; the row is the true label.",
    ),
    explanation="Each image adds 1 at (true, predicted); `counts[true, predicted] += 1` would add repeated pairs once.",
)
