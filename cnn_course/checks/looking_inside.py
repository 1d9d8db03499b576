"""Exercises of lesson 16, Looking inside."""

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (9, 14, 4),
    mistakes=[
        ((8, 13, 4), "The first place is forgotten: (size − patch) // strides + 1."),
        ((10, 15, 4), "This is size / strides. The patch must lie wholly in the image."),
        ((33, 53, 4), "The strides are forgotten: the patch moves by 4."),
        ((14, 9, 4), "Rows and columns are swapped: the image has 40 rows."),
        ((9, 14, 1), "Patches overlap, because 4 is less than 8: a pixel is covered at several places."),
        ((9, 14, 2), "That holds for one axis. The patch moves along both."),
        ((9, 14, 9), "One place too many along each axis: place i covers the rows 4i to 4i + 7."),
    ],
    code="((40 - 8) // 4 + 1, (60 - 8) // 4 + 1, 2 * 2)",
    why="An occlusion map is as coarse as its strides and blurred by its patch: one cause shows at several places.",
    hints=(
        "The patch moves as a window does. Lesson 04 has the formula.",
        "Place i covers the rows 4i to 4i + 7. For which i is one of the rows 9, 10, 11 among them?",
        "Rows: i = 1 and 2. Do the same for the columns 20 to 22, and count all pairs.",
    ),
    explanation="(40 − 8) // 4 + 1 = 9 and (60 − 8) // 4 + 1 = 14. Rows 9 to 11 are touched by places 1 and 2, columns "
    "20 to 22 by places 4 and 5: four places.",
)

q2 = value_question(
    ((1.5, 0), (0.25, 0.75)),
    mistakes=[
        (((1.5, -1.5), (0.25, 0.75)), "These are the votes, with their signs. Grad-CAM keeps only what is positive."),
        (((6, 0), (1, 3)), "The mean slope is the weight divided by the number of places, here 4."),
        (((6, -6), (1, 3)), "These are the votes before the division by 4, and negative ones become 0."),
        (((1.5, 1.5), (0.25, 0.75)), "What speaks against the class is not turned round: it becomes 0."),
        (((1.5, 0), (0.75, 0.75)), "The second map has been left out. Its weight is negative, but it counts."),
        (((1.5, 1.5), (1.25, 0.75)), "The second map counts with −2, not with 2."),
        (((1.5, 0.25), (0, 0.75)), "Rows and columns are swapped."),
    ],
    code="[[(3 * 2 - 2 * 0) / 4, 0], [(3 * 1 - 2 * 1) / 4, (3 * 1 - 2 * 0) / 4]]",
    why="Grad-CAM is nothing but this sum; by hand one sees what the last step, keeping the positive, throws away.",
    hints=(
        "Behind a global average each place has its part in the logit. Write it down for one place.",
        "The slope of the logit for one value of a map is its dense weight divided by the number of places.",
        "At the top left: (3 · 2 − 2 · 0) / 4. Negative results become 0.",
    ),
    explanation="Three times the first map less twice the second, by 4: at the top right −1.5, which becomes 0.",
)

q3 = value_question(
    (2, 1, 3),
    mistakes=[
        ((1, 2, 3), "A is as high for the untrained net. Can it follow what was learned?"),
        (
            (2, 3, 1),
            "B is high for trained nets and low for the untrained one. What do the trained ones share?",
        ),
        ((3, 1, 2), "A is alike for all nets, so not different for every set of weights."),
        (
            (1, 3, 2),
            "Follow A first: 0.52 for a net that has learned nothing. What can it share with the other?",
        ),
        ((3, 2, 1), "What follows the image is alike for all nets. What was learned is shared by trained nets only."),
    ],
    code="(2, 1, 3)",
    why="The two numbers together tell the three cases apart; one picture of one net tells none of them.",
    hints=(
        "What do two trained nets share? What does an untrained net share with them?",
        "All nets share the image. Only trained nets share what was learned.",
        "High and high: the image. High and low: what was learned. Low and low: neither.",
    ),
    explanation="A is alike even for random weights: it follows the image (2). B is alike for trained nets only: what "
    "was learned (1). C is alike for no two nets (3): average it over nets, or leave it.",
)


def grad_cam(maps, slopes):
    weights = slopes.mean(axis=(0, 1))
    return np.maximum((maps * weights).sum(axis=-1), 0)


def _of_the_author(maps, slopes, reduce=np.max, late=False):
    """The code of the exercise; the arguments mend one of its two mistakes each."""
    votes = maps * reduce(slopes, axis=(0, 1))
    return np.maximum(votes.sum(axis=-1), 0) if late else np.maximum(votes, 0).sum(axis=-1)


def _random_case(seed, shape):
    """Maps as behind a ReLU; slopes of both signs, of the second map all negative."""
    generator = np.random.default_rng(seed)
    maps, slopes = generator.integers(0, 9, shape), generator.integers(-9, 10, shape)
    slopes[..., 1:2] = -1 - abs(slopes[..., 1:2])
    return maps.astype(float), slopes.astype(float)


q4 = function_question(
    grad_cam,
    cases=[
        _random_case(0, (3, 4, 2)),
        _random_case(1, (5, 3, 4)),
        _random_case(2, (2, 6, 3)),
        _random_case(3, (1, 2, 1)),
    ],
    mistakes=[
        (_of_the_author, "This is still the code of the exercise. Try two maps, slopes of both signs."),
        (
            lambda *case: _of_the_author(*case, reduce=np.mean),
            "One mistake is left: a map that speaks against the class must be able to cancel one that speaks for it.",
        ),
        (
            lambda *case: _of_the_author(*case, late=True),
            "One mistake is left: the weight of a map is the mean of its slopes, not the largest.",
        ),
        (
            lambda maps, slopes: (maps * slopes.mean(axis=(0, 1))).sum(axis=-1),
            "What is negative must become 0 at the end.",
        ),
        (
            lambda maps, slopes: np.abs((maps * slopes.mean(axis=(0, 1))).sum(axis=-1)),
            "What speaks against the class becomes 0, it is not turned round.",
        ),
        (
            lambda maps, slopes: np.maximum((maps * slopes).sum(axis=-1), 0),
            "Here each place has its own slope. Grad-CAM takes one weight for a map: the mean over all places.",
        ),
        (
            lambda maps, slopes: np.maximum((maps * slopes.sum(axis=(0, 1))).sum(axis=-1), 0),
            "The weight is the mean of the slopes, not their sum.",
        ),
        (
            lambda maps, slopes: np.maximum((maps * slopes.mean(axis=(0, 1))).mean(axis=-1), 0),
            "The weighted maps are added up, not averaged.",
        ),
        (lambda *case: grad_cam(*case).T, "Rows and columns of the map are swapped."),
    ],
    why="With one map and equal slopes both mistakes are invisible; code for pictures needs tests with signs.",
    hints=(
        "What is the weight of a map in Grad-CAM? And when is the negative cut off?",
        "Try two maps of which one speaks for the class and one against it, at the same place.",
        "weights = slopes.mean(axis=(0, 1)); the sum over the maps comes first, the maximum with 0 last.",
    ),
    explanation="The mean slope weighs a map, and votes for and against meet before the negative is cut off.",
)

_SIZE, _PLACES = 28, 8


def _examine_patch(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"The answer must be (patch_size, strides). Received: {shown(answer)}."
    try:
        patch, strides = (validate_integer(value, "patch and strides", minimum=1) for value in answer)
    except (TypeError, ValueError) as error:
        return str(error)
    places = (_SIZE - patch) // strides + 1 if patch <= _SIZE else 0
    if places != _PLACES:
        return f"This gives {places}×{places} places, not {_PLACES}×{_PLACES}."
    if rest := (_SIZE - patch) % strides:
        return f"The last {rest} rows and columns are never covered."
    if 4 * patch * patch > _SIZE * _SIZE:
        return f"The patch covers {patch * patch} of {_SIZE * _SIZE} pixels, more than a quarter."
    return None


q5 = Question(
    _examine_patch,
    (7, 3),
    code="(7, 3)",
    why="Windows that fit leave no pixel unexamined; a small patch is sharp, a large one covers enough to matter.",
    hints=(
        "Which formula gives the number of places? When does the last patch end at the last pixel?",
        "28 − patch must be a multiple of the strides: exactly 7 steps.",
        "Steps of 1, 2, 3 leave patches of 21, 14, 7. Which are small enough?",
    ),
    explanation="7 · 3 + 7 = 28; and 7 · 2 + 14 = 28, whose patch is exactly a quarter.",
)
