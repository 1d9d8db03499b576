"""Exercises of lesson 03, Padding."""

import numpy as np

from cnn_course.checks.engine import function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (298, 452),
    mistakes=[
        ((297, 450), "Padding counted once instead of twice: it is on each side."),
        ((296, 448), "This is the size without padding."),
        ((297, 451), "Off by one: a kernel of k fits at n − k + 1 positions, not n − k."),
        ((299, 451), "Rows and columns of the kernel are swapped: it has 5 rows and 4 columns."),
        ((300, 450), "Rows and columns of the padding are swapped: it is one above and below, two at the sides."),
        ((452, 298), "Rows and columns of the answer are swapped: (rows, columns)."),
        ((300, 451), 'This is the size of the image, as with "same". Here the padding is given.'),
    ],
    code="(300 + 2 * 1 - 5 + 1, 451 + 2 * 2 - 4 + 1)",
    why="Each axis has its own kernel size and its own padding, and the padding is there on both sides.",
    hints=(
        "Treat rows and columns one by one.",
        "How long is each axis once the zeros are there? The kernel then slides as in lesson 02.",
        "Rows: 300 + 2 · 1 − 5 + 1.",
    ),
    explanation="300 + 2 · 1 − 5 + 1 = 298 rows and 451 + 2 · 2 − 4 + 1 = 452 columns.",
)

q2 = value_question(
    (2, 4, 4, 4, 4, 2),
    mistakes=[
        ((1, 2, 2, 2, 2, 1), "This is without padding: how many rows of windows reach the first row of the image?"),
        ((3, 6, 6, 6, 6, 3), "These are the uses of a row in the middle: fewer windows reach the first one."),
        ((4, 4, 4, 4, 4, 4), "There is padding above and below, but none at the sides."),
        ((4, 6, 6, 6, 6, 4), "There is padding above and below, but none at the sides."),
        ((1, 2, 3, 3, 2, 1), "Rows and columns of the kernel are swapped: it has 3 rows and 2 columns."),
        ((2, 2, 2, 2, 2, 2), "These are the rows of windows. How many columns of windows cover each pixel?"),
    ],
    code="[2 * 1, 2 * 2, 2 * 2, 2 * 2, 2 * 2, 2 * 1]",
    why="The map is a product of one list for the rows and one for the columns, so each axis can be judged alone.",
    hints=(
        "Count along the rows and along the columns separately, then multiply.",
        "Across, without padding, a kernel of 2 covers the pixels of a row of 6 this often: 1, 2, 2, 2, 2, 1.",
        "Down, with one row of zeros above, the windows that start at the zeros and at the first row cover it.",
    ),
    explanation="Two rows of windows reach the first row, and 1, 2, 2, 2, 2, 1 columns of windows each pixel.",
)

q3 = value_question(
    [[10, 20, 15], [6, 15, 18]],
    mistakes=[
        ([[6, 15, 18], [10, 20, 15]], 'The two rows are swapped: "same" comes first.'),
        ([[6, 15, 18], [6, 15, 18]], '"same" does not pad both sides evenly here: how many zeros does it need in all?'),
        ([[10, 20, 15], [10, 20, 15]], "Two zeros on each side are four in all, not three."),
        ([[15, 18, 11], [6, 15, 18]], 'In "same" the zeros are all at the end: only the odd one more goes there.'),
        ([[6, 15, 20], [6, 15, 18]], 'In "same" the larger part of the padding goes to the end, not to the beginning.'),
        ([[6, 15, 18, 11], [6, 15, 18, 11]], "There are three outputs: 6 / 2."),
    ],
    code="[[10, 20, 15],\n [6, 15, 18]]",
    why="On an even size the two paddings differ by one pixel, for a kernel of 5 as for a kernel of 3.",
    hints=(
        'How many pixels do three windows of 5 need, two apart? The rest is the padding of "same" in all.',
        "2 · 2 + 5 = 9 pixels, 6 are there: 3 zeros, the smaller half before and the larger half after.",
        '"same" slides over 0, 1, 2, 3, 4, 5, 6, 0, 0.',
    ),
    explanation='"same": 0+1+2+3+4, 2+3+4+5+6, 4+5+6+0+0. Two-sided: 0+0+1+2+3, 1+2+3+4+5, 3+4+5+6+0.',
)


def pixel_uses(image_shape, kernel_shape, padding):
    (height, width), (rows, columns), (above, left) = image_shape, kernel_shape, padding
    uses = np.zeros((height + 2 * above, width + 2 * left), dtype=int)
    for i in range(uses.shape[0] - rows + 1):
        for j in range(uses.shape[1] - columns + 1):
            uses[i : i + rows, j : j + columns] += 1
    return uses[above : above + height, left : left + width]


def _with_frame(image_shape, kernel_shape, padding):
    (height, width), (above, left) = image_shape, padding
    return pixel_uses((height + 2 * above, width + 2 * left), kernel_shape, (0, 0))


def _added_once(image_shape, kernel_shape, padding):
    (height, width), (above, left) = image_shape, padding
    return pixel_uses((height + above, width + left), kernel_shape, (0, 0))[above:, left:]


def _one_short(image_shape, kernel_shape, padding):
    (height, width), (rows, columns), (above, left) = image_shape, kernel_shape, padding
    uses = np.zeros((height + 2 * above, width + 2 * left), dtype=int)
    for i in range(uses.shape[0] - rows):
        for j in range(uses.shape[1] - columns):
            uses[i : i + rows, j : j + columns] += 1
    return uses[above : above + height, left : left + width]


def _over_the_end(image_shape, kernel_shape, padding):
    (height, width), (rows, columns), (above, left) = image_shape, kernel_shape, padding
    uses = pixel_uses((height + 2 * above + rows - 1, width + 2 * left + columns - 1), kernel_shape, (0, 0))
    return uses[above : above + height, left : left + width]


q4 = function_question(
    pixel_uses,
    cases=[((5, 7), (3, 3), (1, 1)), ((6, 4), (3, 2), (2, 0)), ((4, 6), (2, 5), (0, 3)), ((3, 5), (1, 4), (1, 2))],
    mistakes=[
        (
            lambda image, kernel, padding: pixel_uses(image, kernel, (0, 0)),
            "The padding is not used: these are the uses without it.",
        ),
        (_with_frame, "The frame is still there: return the part that belongs to the image."),
        (_added_once, "Padding counted once instead of twice: it is on each side."),
        (_one_short, "Off by one: the kernel also fits at the last position, n − k + 1 in all."),
        (
            lambda image, kernel, padding: pixel_uses(image, kernel[::-1], padding),
            "Rows and columns of the kernel are swapped.",
        ),
        (
            lambda image, kernel, padding: pixel_uses(image, kernel, padding[::-1]),
            "Rows and columns of the padding are swapped.",
        ),
        (lambda *case: pixel_uses(*case).T, "Rows and columns of the map are swapped."),
        (
            lambda *case: pixel_uses(*case)[: None if case[2][0] else 0, : None if case[2][1] else 0],
            "With a padding of 0 the slice `p:-p` is empty: cut with `p : p + size`.",
        ),
        (
            lambda *case: (pixel_uses(*case) > 0).astype(int),
            "This says whether a pixel is used. Count: each window adds 1, as with `+=`.",
        ),
        (_over_the_end, "Windows that stick out at the end are counted: the last one starts at n + 2p − k."),
        (
            lambda image, kernel, padding: pixel_uses(image, (kernel[0],) * 2, padding),
            "The rows of the kernel are used for both axes.",
        ),
        (
            lambda image, kernel, padding: pixel_uses(image, kernel, (padding[0],) * 2),
            "The padding of the rows is used for both axes.",
        ),
    ],
    why="The map also says how large a say each pixel has in the sum of all outputs, and in the gradient of a layer.",
    hints=(
        "Start from `pixel_uses` of section 1 and take the pairs apart: one number for the rows, one for the columns.",
        "Count on the image with its frame, of n + 2p rows and columns, and cut the frame off at the end.",
        "Each window adds 1 to all the pixels that it covers; there are n + 2p − k + 1 windows along an axis.",
    ),
    explanation="Every window adds 1 to what it covers, on the padded size; the last line cuts the frame off.",
)


def same_padding(n, kernel_size, strides):
    positions = -(-n // strides)  # n / strides, rounded up
    total = max((positions - 1) * strides + kernel_size - n, 0)
    return total // 2, total - total // 2


def _never_negative_forgotten(n, kernel_size, strides):
    total = (-(-n // strides) - 1) * strides + kernel_size - n
    return total // 2, total - total // 2


def _rounded_down(n, kernel_size, strides):
    total = max((n // strides - 1) * strides + kernel_size - n, 0)
    return total // 2, total - total // 2


q5 = function_question(
    same_padding,
    cases=[(8, 3, 1), (8, 4, 1), (8, 3, 2), (9, 3, 2), (10, 7, 3), (224, 11, 4), (12, 1, 4), (7, 2, 3)],
    mistakes=[
        (lambda *case: same_padding(*case)[::-1], "Before and after are swapped: the odd pixel goes to the end."),
        (
            lambda n, kernel_size, strides: same_padding(n, kernel_size, 1),
            "The strides are not used: with larger strides less padding is needed.",
        ),
        (
            lambda n, kernel_size, strides: ((kernel_size - 1) // 2,) * 2,
            "This is the two-sided padding of PyTorch: it does not depend on the size and the strides.",
        ),
        (_never_negative_forgotten, "The padding is negative where the kernel is smaller than the strides."),
        (_rounded_down, "The number of positions is n / strides rounded up, not down."),
        (lambda *case: (0, sum(same_padding(*case))), "The total is right, but all of it stands at the end: share it."),
        (
            lambda *case: (sum(same_padding(*case)) // 2,) * 2,
            "An odd total is shared evenly and one pixel is lost: the end gets one more.",
        ),
        (lambda *case: (sum(same_padding(*case)) / 2,) * 2, "There are no half zeros: the end gets the odd one."),
        (lambda *case: sum(same_padding(*case)), "This is the total. Share it: (before, after)."),
        (
            lambda n, kernel_size, strides: (
                max(kernel_size - strides, 0) // 2,
                max(kernel_size - strides, 0) - max(kernel_size - strides, 0) // 2,
            ),
            "kernel_size − strides is right only where n is a multiple of the strides: does the size play no part?",
        ),
        (
            lambda n, kernel_size, strides: (kernel_size // 2,) * 2,
            "This does not depend on the size and the strides. And an even kernel has one zero more after than before.",
        ),
    ],
    why='With this function you can write down the frame that stands behind the word "same" in any Keras model.',
    hints=(
        'How many positions does "same" want? How many pixels do so many windows need?',
        "The last window starts at (positions − 1) · strides and is kernel_size long.",
        "What is missing to that length is the total; half of it, rounded down, comes before.",
    ),
    explanation="The windows need (positions − 1) · strides + kernel_size pixels; what is missing is shared.",
)
