"""Exercises of lesson 17, Transfer learning."""

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

_FEATURES, _CLASSES, _ALLOWED = 512, 5, 20_000


def _head_parameters(units):
    return (_FEATURES + 1) * units + (units + 1) * _CLASSES


def _examine_units(answer):
    try:
        units = validate_integer(answer, "units", minimum=1)
    except (TypeError, ValueError) as error:
        return str(error)
    count = _head_parameters(units)
    if count > _ALLOWED:
        return f"With {units} units the head has {count:,} parameters, more than 20,000. Is a bias forgotten?"
    if (more := _head_parameters(units + 1)) <= _ALLOWED:
        return f"{units} units make {count:,} parameters; one unit more makes {more:,}, and that is still allowed."
    return None


q1 = Question(
    _examine_units,
    38,
    code="38",
    why="Few examples allow few parameters, and a global average in front is what keeps the head small.",
    hints=(
        "What does the global average leave of 7×7×512? How many weights and biases has each of the two layers?",
        "The hidden layer has 512 · u + u parameters, the last one 5 · u + 5.",
        "518 · u + 5 must be at most 20,000.",
    ),
    explanation="518 · 38 + 5 = 19,689. Behind `Flatten` one hidden unit alone would have 25,088 weights.",
)

_COUNTS = {"A": 842, "B": 18, "C": 810, "D": 50}
_PROGRAMS = {1: 18, 2: 842, 3: 50, 4: 810}
_SWITCHES = {
    1: "`base.trainable = False` leaves the head alone",
    2: "nothing is frozen, and all is trained but the moving numbers",
    3: "the convolutions are frozen, γ, β and the head are trained",
    4: "the batch normalizations are frozen, kernels and head are trained",
}


def _chosen(answer, count):
    """As many numbers from 1 to 4 as asked for, or None."""
    numbers = as_array(answer)
    if numbers is None or numbers.shape != (count,) or not np.isin(numbers, (1, 2, 3, 4)).all():
        return None
    return [int(number) for number in numbers]


def _examine_programs(answer):
    programs = _chosen(answer, 4)
    if programs is None:
        return f"The answer must be four programs (of A, of B, of C, of D), each 1 to 4. Received: {shown(answer)}."
    for (name, count), program in zip(_COUNTS.items(), programs, strict=True):
        if _PROGRAMS[program] != count:
            made = f"{_SWITCHES[program]}: {_PROGRAMS[program]} parameters"
            return f"{name} has {count} trainable parameters. But in program {program} {made}."
    return None


q2 = Question(
    _examine_programs,
    (2, 1, 4, 3),
    code="(2, 1, 4, 3)",
    why="The count of trainable parameters shows at a glance which switch a program has really set.",
    hints=(
        "Count each layer by itself first: which numbers of a batch normalization can be trained at all?",
        "Kernels 216 and 576, γ and β 16 and 16, head 18; moving means and variances are never trained.",
        "Only the head: 18. Kernels and head: 792 + 18. γ, β and head: 32 + 18. All: 792 + 32 + 18.",
    ),
    explanation="A, 842, is all that can be trained (2). B, 18, is the head (1). C, 810 = 792 + 18, has no γ and "
    "β (4). D, 50 = 32 + 18, has no kernels (3).",
)

_MEAN = np.array([103.939, 116.779, 123.68])


def prepared(pictures):
    blue_green_red = 255 * pictures[..., ::-1]
    return blue_green_red - np.array([103.939, 116.779, 123.68])


def _pictures(seed, *shape):
    return np.random.default_rng(seed).random(shape).round(3)


q3 = function_question(
    prepared,
    cases=[(_pictures(0, 2, 3, 2, 3),), (_pictures(1, 1, 1, 4, 3),)],
    mistakes=[
        (
            lambda pictures: (pictures - _MEAN)[..., ::-1],
            "This gives what the given code gives: both mistakes are left.",
        ),
        (
            lambda pictures: (255 * pictures - _MEAN)[..., ::-1],
            "One mistake is left. 103.939 is the mean of *blue*: from which channel is it taken here?",
        ),
        (
            lambda pictures: pictures[..., ::-1] - _MEAN,
            "One mistake is left: the mean is of pixels from 0 to 255, and the pictures go from 0 to 1.",
        ),
        (lambda pictures: 255 * pictures - _MEAN, "Red comes first here; the net wants blue, green, red."),
        (lambda pictures: 255 * pictures - _MEAN[::-1], "The means fit the channels, but red still comes first."),
        (lambda pictures: 255 * pictures[..., ::-1], "The mean is missing."),
        (lambda pictures: 255 * pictures[..., ::-1] + _MEAN, "The mean is to be taken *off*."),
        (
            lambda pictures: pictures[..., ::-1] - _MEAN / 255,
            "Blue, green, red, and the mean is scaled to the pictures. But the net wants pixels of 0 to 255, minus it.",
        ),
        (
            lambda pictures: 2 * pictures - 1,
            "This is what MobileNetV2 wants, -1 to 1. ResNet50 wants blue, green, red, minus their means.",
        ),
    ],
    why="Both mistakes raise no error. The net sees dark pictures in false colors, and its scores are a guess.",
    hints=(
        "Which numbers do the pictures hold, and which the means? In which order do the channels stand when it acts?",
        "The mean of blue must be taken off the channel of blue: turn the channels round first.",
        "255 * pictures[..., ::-1] is blue, green, red from 0 to 255.",
    ),
    explanation="Scale to 0 to 255, turn the channels round, then take off the mean that belongs to each.",
)

_CLAIMS = {
    "A": (3, "A speaks of what the *weights* have learned. Which run has the same net, the same head, other weights?"),
    "B": (
        1,
        "B compares with training alone. Which run is the best that one can do without a source?",
    ),
    "C": (4, "C says that a net is needed at all. Which run has none?"),
}


def _examine_controls(answer):
    runs = _chosen(answer, 3)
    if runs is None:
        return f"The answer must be three runs (for A, for B, for C), each 1 to 4. Received: {shown(answer)}."
    for (name, (right, text)), run in zip(_CLAIMS.items(), runs, strict=True):
        if run == 2:
            return f"{name}: run 2 compares with a rival that was never given its chance; it decides nothing."
        if run != right:
            return text
    return None


q4 = Question(
    _examine_controls,
    (3, 1, 4),
    code="(3, 1, 4)",
    why="Each sentence has its own control: the run that differs in just what the sentence credits.",
    hints=(
        "For each sentence: what would a doubter say made the difference instead?",
        "“The architecture alone does it”; “I can do as well without you”; “these pictures are easy”.",
        "Random weights answer the first, a well-trained rival the second, a rule without a net the third.",
    ),
    explanation="A: random, frozen (3). B: from scratch at its own best rate (1), for a rival at a rate that suits "
    "somebody else (2) proves nothing. C: nearest neighbor (4).",
)


def unfrozen(parameters, budget):
    count, total = 0, 0
    for size in reversed(parameters):
        if total + size > budget:
            break
        count, total = count + 1, total + size
    return count


def _from_the_input(parameters, budget):
    return unfrozen(parameters[::-1], budget)


def _smallest_first(parameters, budget):
    return unfrozen(sorted(parameters, reverse=True), budget)


def _skipping(parameters, budget):
    count = 0
    for size in reversed(parameters):
        if size <= budget:
            count, budget = count + 1, budget - size
    return count


def _strictly(parameters, budget):
    return unfrozen(parameters, budget - 1)


q5 = function_question(
    unfrozen,
    cases=[
        ([448, 4640, 18496, 73856, 645], 95000),
        ([448, 4640, 18496, 73856, 645], 74501),
        ([10, 300, 20, 500, 40], 100),
        ([10, 300, 20, 500, 40], 1000),
        ([70, 30, 50], 20),
        ([5, 80, 9], 89),
        ([5, 80, 9], 88),
    ],
    mistakes=[
        (_from_the_input, "This unfreezes from the input on. The layers next to the head are the special ones."),
        (_smallest_first, "This takes the smallest layers, wherever they are. It must go down from the head."),
        (_skipping, "This skips a layer that is too large and goes on below it. Stop at the first that does not fit."),
        (_strictly, "Exactly as many as the budget are allowed."),
        (lambda parameters, budget: unfrozen(parameters, budget) + 1, "One layer too many: the last does not fit."),
        (
            lambda parameters, budget: len(parameters) - unfrozen(parameters, budget),
            "This counts the layers that stay *frozen*.",
        ),
        (
            lambda parameters, budget: sum(parameters[len(parameters) - unfrozen(parameters, budget) :]),
            "These are the parameters that are trained; wanted is the number of layers.",
        ),
    ],
    why="General features stand near the input, special ones near the head: unfreeze downward.",
    hints=(
        "Begin with the last layer and add up. When do you stop?",
        "Go through `reversed(parameters)`; stop *before* the sum exceeds the budget.",
        "If total + size > budget: break. Otherwise count one layer more.",
    ),
    explanation="The sum runs from the head downward and stops at the first layer that does not fit.",
)
