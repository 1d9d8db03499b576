"""Exercises of lesson 13, AlexNet."""

import numpy as np

from cnn_course import arithmetic
from cnn_course._validate import validate_integer
from cnn_course.checks.answers import shown
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

_NEXT = "Which of the four mistakes changes the count by so much?"

q1 = value_question(
    (3, 2, 4, 1),
    mistakes=[
        ((3, 2, 1, 4), "A and B are right. D misses 10,568 and C 23,232: how many biases does the network have?"),
        ((4, 2, 3, 1), "B and D are right. C1 has only 34,848 weights: can gray photographs save 442,368 of them?"),
        ((1, 2, 4, 3), f"A misses 442,368, which is far more than the 10,568 biases. {_NEXT}"),
        ((2, 3, 4, 1), f"B has *more* parameters than the right network, by 139 million. {_NEXT}"),
        ((2, 4, 1, 3), "This says which letter belongs to each mistake. Wanted is the mistake of each letter."),
    ],
    code="(3, 2, 4, 1)",
    why="A wrong count tells by how much it is wrong, and mostly that is one layer: subtract first.",
    hints=(
        "Subtract 60,965,224 from each count. Only one mistake can make the network larger.",
        "Without biases 10,568 are missing. A layer with two groups has half of its weights.",
        "Gray photographs: the 96 filters of C1 are 11 · 11 · 1 instead of 11 · 11 · 3.",
    ),
    explanation="A misses 442,368, half of C3's weights. B has (13 · 13 − 6 · 6) · 256 · 4,096 = 139,460,608 more in "
    "F6. C misses 11 · 11 · 2 · 96 = 23,232. D misses 10,568, the biases.",
)

q2 = value_question(
    (332_160, 56_070_144),
    mistakes=[
        ((663_936, 112_140_288), "This is the original with two groups."),
        ((1_327_488, 224_280_576), "This is the layer without groups."),
        ((331_776, 56_070_144), "The biases are missing: one per filter, in groups as well."),
        ((331_872, 56_070_144), "There are still 384 filters, and one bias for each of them."),
        ((332_160, 56_135_040), "The biases are not multiplied: they do not count as MACs."),
        ((83_328, 14_017_536), "The groups were counted twice: all 384 filters stay, only each one is flatter."),
        ((332_160, 331_776), "Each weight works at all 13×13 positions."),
        ((332_160, 4_313_088), "Each weight works at 13×13 positions, not at 13."),
        ((56_070_144, 332_160), "The order is swapped: parameters first."),
    ],
    code="(3 * 3 * (384 // 4) * 384 + 384, 13 * 13 * 3 * 3 * (384 // 4) * 384)",
    why="Twice the groups, half the weights and half the work; but each filter sees less.",
    hints=(
        "How many of the 384 maps does one filter see?",
        "Weights: k · k · (channels in / groups) · filters. The number of filters stays.",
        "One filter has 3 · 3 · 96 weights and one bias, and works at 13 · 13 positions.",
    ),
    explanation="3 · 3 · 96 · 384 = 331,776 weights, each used 169 times; 384 biases, which cost no MACs.",
)


def count_parameters(image_size, groups, classes):
    size = (image_size - 11) // 4 + 1  # C1
    for _ in range(3):  # the pools; C2 to C5 keep the size
        size = (size - 3) // 2 + 1
    layers = [(11, 3, 96), (5, 96 // groups, 256), (3, 256, 384), (3, 384 // groups, 384), (3, 384 // groups, 256)]
    layers += [(size, 256, 4096), (1, 4096, 4096), (1, 4096, classes)]
    return sum((k * k * depth + 1) * filters for k, depth, filters in layers)


def _count(image_size, groups, classes, c3_groups=1, bias=1, fewer_biases=False, side=None):
    """The count with one mistake in it."""
    side = _side(image_size) if side is None else side
    layers = [(11, 3, 96, 1), (5, 96, 256, groups), (3, 256, 384, c3_groups), (3, 384, 384, groups)]
    layers += [(3, 384, 256, groups), (side, 256, 4096, 1), (1, 4096, 4096, 1), (1, 4096, classes, 1)]
    return sum(k * k * c // g * d + bias * d // (g if fewer_biases else 1) for k, c, d, g in layers)


def _side(image_size, pools=3):
    size = (image_size - 11) // 4 + 1
    for _ in range(pools):
        size = (size - 3) // 2 + 1
    return size


q3 = function_question(
    count_parameters,
    cases=[(227, 2, 1000), (227, 1, 1000), (224, 1, 1000), (195, 4, 10), (290, 2, 17)],
    mistakes=[
        (lambda *case: _count(*case, bias=0), "The biases are missing: one per filter and unit."),
        (
            lambda size, groups, classes: _count(size, 1, classes),
            "The groups are not used: they make the filters of C2, C4 and C5 flatter.",
        ),
        (
            lambda size, groups, classes: _count(size, groups, classes, c3_groups=groups),
            "C3 is grouped here. It sees both towers.",
        ),
        (lambda *case: _count(*case, side=6), "F6 always reads 6×6 here. Its size depends on the image."),
        (
            lambda *case: _count(*case, side=_side(case[0], pools=2)),
            "F6 reads the map after two pools here: the pool behind C5 is forgotten.",
        ),
        (
            lambda size, groups, classes: _count(size, groups, 1000),
            "There are always 1,000 classes here: F8 has one unit per class.",
        ),
        (
            lambda *case: _count(*case) - 4096 * 4097,
            "F7 is missing: there are three dense layers.",
        ),
        (
            lambda *case: _count(*case, fewer_biases=True),
            "The biases are divided by the groups. There is one for each filter, whatever it sees.",
        ),
        (
            lambda *case: _count(*case) - (_side(case[0]) ** 2 - _side(case[0])) * 256 * 4096,
            "F6 reads a square map, side times side: one side is missing.",
        ),
        (lambda *case: _count(*case) - 11 * 11 * 2 * 96, "C1 reads three colors, not one."),
    ],
    why="Most of the answer hangs on one number: the side of the map that F6 reads.",
    hints=(
        "Sizes first, then a list of layers, then one formula for all of them.",
        "The side of the last map: (n − 11) // 4 + 1, then three times (n − 3) // 2 + 1.",
        "Each layer: (k · k · channels a filter sees + 1) · filters. F6 is a kernel as large as its map.",
    ),
    explanation="Only C2, C4 and C5 depend on the groups, only F6 on the image, only F8 on the classes.",
)


def _examine_c1(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"The answer must be two numbers (kernel_size, strides). Received: {shown(answer)}."
    try:
        size = validate_integer(answer[0], "kernel_size", minimum=1)
        strides = validate_integer(answer[1], "strides", minimum=1)
        positions = arithmetic.output_size(128, size, strides)
    except (TypeError, ValueError) as error:
        return str(error)
    last, work = positions, arithmetic.conv_macs(positions, size, 3, 96)
    for _ in range(3):
        last = (last - 3) // 2 + 1
    if last != 6:
        return f"C1 leaves {positions} positions and the last pool {last}: F6 reads 6."
    if size % 2 == 0:
        return f"F6 gets its 6×6, but a kernel of {size} pixels is even: it has no pixel in its middle."
    if work > 50_000_000:
        return f"F6 gets its 6×6, but C1 has {work:,} MACs: more than 50 million."
    return None


q4 = Question(
    _examine_c1,
    (5, 2),
    code="(5, 2)",
    why="Everything behind C1 asks only how many positions C1 leaves, and 55 to 62 are all the same to F6.",
    hints=(
        "Go backwards: from which sizes does a 3×3 pool with strides 2 make 6? And from which come those?",
        "6 comes from 13 or 14, these from 27 to 30, and these from 55 to 62. C1 must leave so many positions.",
        "(128 − k) // s + 1 is in this range for s = 2 alone. MACs: positions² · k² · 3 · 96, at most 50 million.",
    ),
    explanation="Strides 2: kernels of 5 to 20 pixels leave 62 to 55 positions. 7 pixels need 61² · 49 · 288 = 52.5 "
    "million MACs, 5 pixels 62² · 25 · 288 = 27.7 million.",
)


def dropout(values, drawn, rate, training):
    if not training:
        return values
    return values * (drawn >= rate) / (1 - rate)


_DRAWN = np.random.default_rng(0).permutation(24).reshape(4, 6) / 24 + 1 / 48  # evenly spread from 0 to 1, in any order
_VALUES = integers(3, (4, 6), (4, 6), (4, 6))

q5 = function_question(
    dropout,
    cases=[
        (_VALUES[0], _DRAWN, 0.25, True),
        (_VALUES[1], _DRAWN, 0.25, False),
        (_VALUES[2], _DRAWN, 0.5, True),
    ],
    mistakes=[
        (
            lambda values, drawn, rate, training: values * (drawn >= 1 - rate) / rate,
            "This is still the code of the exercise. Try a rate of 0.25, and use instead of training.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn >= rate) / (1 - rate),
            "One mistake is left: it drops in use as well, where Keras drops nothing.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn >= 1 - rate) / rate if training else values,
            "One mistake is left: with a rate of 0.25 it keeps a quarter. It must keep three quarters.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn >= rate) / rate if training else values,
            "The right values are dropped, but the others are divided by the share dropped, not by the share kept.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn >= rate) if training else values,
            "What is kept must grow, so that on average nothing changes.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn >= rate) if training else values * (1 - rate),
            "This is the way of the paper: smaller in use. Keras makes the values larger in training instead.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn < rate) / (1 - rate) if training else values,
            "The wrong ones are dropped: those with a number below the rate must go.",
        ),
        (
            lambda values, drawn, rate, training: values * (drawn < 1 - rate) / (1 - rate) if training else values,
            "As many are dropped as should be, but those with the highest numbers. Those below the rate must go.",
        ),
        (
            lambda values, drawn, rate, training: values if training else values * (drawn >= rate) / (1 - rate),
            "Training and use are swapped.",
        ),
        (lambda values, drawn, rate, training: values, "Nothing is dropped in training."),
    ],
    why="At rate 0.5 share kept and share dropped are the same number: a test there cannot tell them apart.",
    hints=(
        "Which share of the values is kept at a rate of 0.25? And what does Keras do in use?",
        "At 0.5 a number says the same as 1 − the number. Write `rate` and `1 - rate` where they belong.",
        "In use return the values. In training keep where drawn >= rate, and divide by the share kept.",
    ),
    explanation="The share 1 − rate is kept, and divided by it the mean stays as it was; in use nothing is dropped.",
)
