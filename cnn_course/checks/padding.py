"""Exercises of lesson 03, Padding."""

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (294, 448, 16),
    mistakes=[
        ((293, 446, 16), "Padding counted once instead of twice: it is on each side."),
        ((292, 444, 16), "The frame of the first layer is forgotten: two more rows and four more columns."),
        ((292, 446, 16), "The layer with “same” shrinks nothing: it has its own frame."),
        ((292, 445, 16), "Off by one: a kernel of k fits at n − k + 1 places, not n − k."),
        ((295, 447, 16), "Rows and columns of the first kernel are swapped: it has 5 rows and 4 columns."),
        (
            (296, 446, 16),
            "Rows and columns of the frame are swapped: one row above and below, two columns at the sides.",
        ),
        ((298, 452, 16), "The last layer has no padding: its kernel of 5 takes 4 rows and 4 columns."),
        ((298, 452, 8), "This is the map before the last layer, which takes 4 rows and 4 columns and has 16 filters."),
        ((294, 448, 8), "The rows and columns are right. The last layer has 16 filters."),
        ((448, 294, 16), "Rows and columns of the answer are swapped: (rows, columns, channels)."),
    ],
    code="(300 + 2 * 1 - 5 + 1 - 4, 451 + 2 * 2 - 4 + 1 - 4, 16)",
    why="Each axis has its own kernel size and its own frame, and the frame is there on both sides.",
    hints=(
        "Treat rows and columns one by one, from layer to layer. Which of the layers change nothing?",
        "How long is each axis once the zeros are there? The kernel then slides as in lesson 02.",
        "Rows after the first convolution: 300 + 2 · 1 − 5 + 1.",
    ),
    explanation="300 + 2 − 5 + 1 = 298 and 451 + 4 − 4 + 1 = 452; “same” keeps both; the last kernel takes 4 of each.",
)

q2 = value_question(
    (2, 3, 1),
    mistakes=[
        ((1, 3, 2), "B is right. A and C: “same” needs three zeros, so its first window holds one zero, not two."),
        ((2, 1, 3), "A is right. The 11 of B is 3 + 2 + 1 + 2 + 3: no zero took part, which frame is that?"),
        ((3, 2, 1), "C is right. The first of A is 6 = 0 + 0 + 1 + 2 + 3: a mirrored frame holds no zeros."),
        ((1, 2, 3), "Begin with the sums of the first windows: 6, 11 and 10. Which of them hold zeros, and how many?"),
        ((3, 1, 2), "Begin with the sums of the first windows: 6, 11 and 10. Which of them hold zeros, and how many?"),
    ],
    code="(2, 3, 1)",
    why="The first number tells where the first window stands, and the last one what lies after the end.",
    hints=(
        "Which numbers lie under the first window of each program?",
        "Three windows of 5, two apart, need 9 pixels, and 6 are there: “same” has 3 zeros, 1 before and 2 after.",
        "A mirrored frame makes the row 3, 2, 1, 2, 3, 4, 5, 6, 5, 4.",
    ),
    explanation="A: 0+0+1+2+3, 1+2+3+4+5, 3+4+5+6+0 with two zeros on each side. B: 3+2+1+2+3, 1+2+3+4+5, 3+4+5+6+5, "
    "mirrored. C: 0+1+2+3+4, 2+3+4+5+6, 4+5+6+0+0 with one zero before and two after.",
)

_FEWEST = 5**2 + 7**2 + 7**2


def _examine_sizes(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return f"The answer must be three kernel sizes (first, second, third). Received: {shown(answer)}."
    try:
        sizes = [validate_integer(size, "kernel_size", minimum=1) for size in answer]
    except (TypeError, ValueError) as error:
        return str(error)
    even = [size for size in sizes if size % 2 == 0]
    if even:
        return f"A kernel of {even[0]} is even: it has no pixel in its middle."
    left = 32 - sum(size - 1 for size in sizes)
    if left < 1:
        return "The kernels do not fit: together they take more than the 32 rows."
    if left != 16:
        return f"These kernels turn 32×32 into {left}×{left}, not 16×16: a kernel of k takes k − 1 rows."
    if 1 in sizes:
        return "A kernel of 1×1 is not allowed here: share the 16 rows among all three."
    weights = sum(size**2 for size in sizes)
    if weights > _FEWEST:
        return f"The size is right, but {weights} weights are more than needed: share the 16 rows more evenly."
    return None


q3 = Question(
    _examine_sizes,
    (5, 7, 7),
    code="(5, 7, 7)",
    why="Weights grow with the square of the size, rows are taken in proportion to it: equal kernels are cheapest.",
    hints=(
        "How many rows must the three layers take together, and how many does a kernel of k take?",
        "The three sizes minus 1 must sum to 16, each of them even and at least 2.",
        "One large kernel costs much: 9×9 alone has 81 weights. How evenly can you share 4 + 6 + 6?",
    ),
    explanation="4 + 6 + 6 = 16 rows with 25 + 49 + 49 = 123 weights, in any order; (3, 7, 9) has 139, (5, 5, 9) 131.",
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


def _of_the_author(image_shape, kernel_shape, padding):
    """The code of the exercise: one position short on each axis, and cut with `p:-p`."""
    above, left = padding
    uses = pixel_uses([size + 2 * p - 1 for size, p in zip(image_shape, padding, strict=True)], kernel_shape, (0, 0))
    return np.pad(uses, ((0, 1), (0, 1)))[above:-above, left:-left]


def _over_the_end(image_shape, kernel_shape, padding):
    (height, width), (rows, columns), (above, left) = image_shape, kernel_shape, padding
    uses = pixel_uses((height + 2 * above + rows - 1, width + 2 * left + columns - 1), kernel_shape, (0, 0))
    return uses[above : above + height, left : left + width]


q4 = function_question(
    pixel_uses,
    cases=[((5, 7), (3, 3), (1, 1)), ((6, 4), (3, 2), (2, 0)), ((4, 6), (2, 5), (0, 3)), ((3, 5), (1, 4), (1, 2))],
    mistakes=[
        (
            _of_the_author,
            "This is still the code of the exercise. Try it with padding (2, 0), and look at the last row.",
        ),
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
        "Compare with `pixel_uses` of section 1. What comes out in the last row, and what with padding (2, 0)?",
        "How many windows are there along an axis of n + 2p pixels? And what is `uses[0:-0]`?",
        "`np.ndindex` needs n + 2p − k + 1 positions; cut the frame off with `p : p + size`.",
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
