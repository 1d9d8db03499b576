"""Exercises of lesson 00, Start here."""

from cnn_course.checks.engine import function_question, value_question

__all__ = ["example", "q1", "q2", "q3"]

example = value_question(
    5,
    mistakes=[
        (6, "Off by one: 96 → 48 → 24 → 12 → 6 → 3. Count the arrows, not the numbers."),
        (4, "Off by one: 6 can be halved as well."),
        (3, "3 is the size that is left. How many halvings led there?"),
    ],
    code="5  # 96 = 3 * 2 ** 5",
    why="Networks halve an image again and again; while its size is even, no row is lost.",
    hints=(
        "Write down 96, 48, 24 and go on.",
        "Stop at the first odd number.",
        "Count the arrows between the numbers.",
    ),
    explanation="96 = 3 · 2 · 2 · 2 · 2 · 2: five factors of two.",
)

q1 = value_question(
    720_000,
    mistakes=[
        (240_000, "This is the number of pixels. How many numbers does a pixel of a color photograph have?"),
        (1_003, "These are added: rows, columns and channels multiply."),
        (960_000, "Four values per pixel? Red, green and blue are three."),
        (80_000, "Divided by three: each pixel has three numbers, so there are more numbers than pixels."),
    ],
    code="400 * 600 * 3",
    why="Pixels and numbers are easily confused: 224×224 are 50,176 pixels, in color 150,528 numbers.",
    hints=("How many pixels are there?", "Each pixel has a red, a green and a blue value.", "400 · 600 · 3."),
    explanation="400 rows of 600 pixels are 240,000 pixels; with three values each they are 720,000 numbers.",
)

q2 = value_question(
    (4, 32, 48, 3),
    mistakes=[
        ((4, 3, 32, 48), "That is channels first, as in PyTorch. Keras puts the channels last."),
        ((32, 48, 3), "This is one image. Which axis counts the images of a batch?"),
        ((32, 48, 3, 4), "The batch axis comes first, not last."),
        ((32, 48, 4, 3), "The batch axis comes first."),
        ((4, 48, 32, 3), "Rows and columns are swapped: the height comes before the width."),
        ((4, 32, 48), "The channels are missing: they are the last axis."),
        ((4, 32, 48, 1), "This is for gray images. How many values does a pixel have in color?"),
        ((1149, 32, 48, 3), "This is still the whole training part. The first axis counts the images: four."),
        ((1, 32, 48, 12), "That is one image with twelve channels. The first axis counts the images."),
        ((4, 1536, 3), "The pixels stay in rows and columns: nothing is flattened here."),
        ((4, 4608), "The pixels stay in rows and columns: nothing is flattened here."),
    ],
    code="(4, 32, 48, 3)  # (batch, height, width, channels)",
    why="Every array of images in this course has these four axes in this order.",
    hints=(
        "There are still four axes.",
        "The order is (batch, height, width, channels).",
        "A color pixel has a red, a green and a blue value: three channels.",
    ),
    explanation="Four images of 32 rows and 48 columns with three values per pixel.",
)


def halvings(size):
    count = 0
    while size % 2 == 0:
        size = size // 2
        count = count + 1
    return count


q3 = function_question(
    halvings,
    cases=[(28,), (32,), (64,), (96,), (224,), (384,), (512,), (27,), (1,)],
    mistakes=[
        (lambda size: size.bit_length() - 1, "This counts halvings with a remainder: 28 → 14 → 7 and no further."),
        (lambda size: halvings(size) + 1, "Off by one: count the halvings, not the sizes."),
        (lambda size: max(halvings(size) - 1, 0), "Off by one: does the loop stop one halving too early?"),
        (lambda size: size // 2 ** halvings(size), "This is the odd size that is left, not the number of halvings."),
        (lambda size: size // 2, "This halves once. Repeat it while the size is even, and count."),
        (lambda size: (size - 1).bit_length(), "This counts halvings with a remainder: 28 → 14 → 7 and no further."),
        (
            lambda size: int(size % 2 == 0),
            "One halving is counted at most. Does `return` stand inside the loop, or `=+` in the place of `+=`?",
        ),
    ],
    why="An input of 224 survives five halvings: one reason why 224 = 7 · 32 is popular.",
    hints=(
        "Repeat something while the size is even.",
        "`size % 2 == 0` says whether the size is even; `size // 2` is its half.",
        "Begin with a count of 0 and add 1 in each round of a `while` loop.",
    ),
    explanation="Each round removes one factor of two; what is left at the end is odd.",
)
