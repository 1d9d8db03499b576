"""Exercises of lesson 09, Receptive field."""

from itertools import product

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (27, 8, 24),
    mistakes=[
        ((45, 8, 24), "The jump is multiplied too early: the strides of a layer spread only what comes after it."),
        ((27, 8, 3), "Value 3 is not pixel 3: from one value to the next lies one jump."),
        ((27, 8, 27), "Neighbors in the last map are one jump apart, not one field."),
        ((27, 4, 12), "One of the strides is forgotten: three of the four layers have strides 2."),
        ((16, 8, 24), "The sizes of the kernels are added. Behind a jump each step counts several pixels."),
        ((38, 8, 24), "A kernel of k adds k − 1 steps: its first value is seen already."),
        ((13, 8, 24), "Every step counts one jump, not one pixel: behind strides 2 it is 2 pixels, then 4."),
        ((27, 8, 32), "Values are numbered from 0: value 3 is three jumps from the beginning."),
    ],
    code="(7 + 2 * 2 + 2 * 4 + 2 * 4, 2 * 2 * 1 * 2, 3 * 8)",
    why="Size and jump of any layer follow from a column of sums; no net has to be built for that.",
    hints=(
        "Write a line for each layer: size, jump. A pool moves like a kernel.",
        "size += (k − 1) · jump first, then jump *= strides.",
        "The sizes are 7, 11, 19 and the last one; without padding value 0 begins at pixel 0.",
    ),
    explanation="Sizes 7, 7 + 2 · 2 = 11, 11 + 2 · 4 = 19, 19 + 2 · 4 = 27; jumps 2, 4, 4, 8. Without padding value 0 "
    "begins at pixel 0, and value 3 three jumps later.",
)

_NO_MAX = "The formula holds for pools, too: a 2×2 pool reads two neighbors like a kernel of 2."
_NO_PADDING = "Padding lies around the picture. A value in the middle does not see it, and still pixels are missing."
_NO_SMALL = "Slopes of two layers are not that small, and the second picture gave zero everywhere."
_NO_REMEDY = {
    1: "Reason 2 is right. On a black picture all values are equal: winners and ReLUs are chosen no better there.",
    3: "Reason 2 is right. Training changes weights; each picture would still switch on a part of the paths only.",
    4: "Reason 2 is right. The field has 8×8 pixels in any picture; a larger one switches on no more of its paths.",
}

q2 = value_question(
    (2, 2),
    mistakes=[
        *[((1, remedy), _NO_MAX) for remedy in (1, 2, 3, 4)],
        *[((3, remedy), _NO_PADDING) for remedy in (1, 2, 3, 4)],
        *[((4, remedy), _NO_SMALL) for remedy in (1, 2, 3, 4)],
        *[((2, remedy), text) for remedy, text in _NO_REMEDY.items()],
    ],
    code="(2, 2)",
    why="One gradient shows what one picture makes the net use. The field is what all pictures together can.",
    hints=(
        "What does a max pool do with the gradient that arrives at it? And a ReLU whose output is 0?",
        "With the next picture other values win. Which pixels of the field do both pictures together show?",
        "Section 9 does it with 1, 10 and 200 pictures.",
    ),
    explanation="A max pool hands the gradient to its winner, a ReLU that is off hands on nothing: one picture gives a "
    "lower bound. Over many pictures every pixel of the field is found once.",
)

_TAPS = (-1, 0, 1)


def _examine_rates(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return f"The answer must be three rates (first, second, third). Received: {shown(answer)}."
    try:
        rates = [validate_integer(rate, "dilation_rate", minimum=1) for rate in answer]
    except (TypeError, ValueError) as error:
        return str(error)
    read = {sum(tap * rate for tap, rate in zip(taps, rates, strict=True)) for taps in product(_TAPS, repeat=3)}
    size = 1 + 2 * sum(rates)
    if size > 27:
        return f"The field has {size} pixels, but 3 · 3 · 3 = 27 paths read at most 27 of them: there are holes."
    holes = [place for place in range(-sum(rates), sum(rates) + 1) if place not in read]
    if holes:
        return f"The field has {size} pixels and {len(holes)} holes, the first one {-holes[0]} left of the middle."
    if size < 27:
        return f"No holes, and {size} pixels are seen. It can be more: some are read on several paths."
    return None


q3 = Question(
    _examine_rates,
    (1, 3, 9),
    code="(1, 3, 9)",
    why="Each pixel is read on exactly one path, so no other choice of three such layers can see more without a hole.",
    hints=(
        "How many paths lead through three kernels of three values in a row? So how many pixels can be read at most?",
        "Two layers with rates 1 and d: what is the largest d with which the shifted copies of 3 pixels still touch?",
        "Rate 1 reads 3 pixels side by side. With rate 3 three such groups touch and make 9. And the next?",
    ),
    explanation="3 · 3 · 3 = 27 paths read at most 27 pixels. Rate 1 reads 3 in a row, rate 3 puts three such groups "
    "side by side (9), rate 9 three of these (27). Any order of the rates does.",
)


def view(stack, i):
    first = last = i
    for kernel_size, strides, padding, dilation_rate in reversed(stack):
        first = first * strides - padding
        last = last * strides - padding + dilation_rate * (kernel_size - 1)
    return first, last


def _view_with(order=reversed, extent=lambda k, d: d * (k - 1), pad=lambda p: p, move=lambda s: s):
    def wrong(stack, i):
        first = last = i
        for kernel_size, strides, padding, dilation_rate in order(stack):
            first = first * move(strides) - pad(padding)
            last = last * move(strides) - pad(padding) + extent(kernel_size, dilation_rate)
        return first, last

    return wrong


def _inside(stack, i):
    first, last = view(stack, i)
    return max(first, 0), last


def _around_first(stack, i):
    first, last = view(stack, i)
    return first, last - first


_STACK = [(7, 2, 3, 1), (3, 2, 1, 1), (3, 1, 2, 2)]

q4 = function_question(
    view,
    cases=[
        ([(3, 1, 1, 1), (2, 2, 0, 1), (3, 1, 1, 1)], 1),
        (_STACK, 0),
        (_STACK, 5),
        ([(3, 1, 0, 1), (3, 1, 0, 2), (5, 3, 0, 4)], 2),
        ([(11, 4, 2, 1)], 3),
        ([], 4),
    ],
    mistakes=[
        (
            _view_with(order=list),
            "The layers are taken from the first to the last. To go back, begin with the last one.",
        ),
        (_view_with(extent=lambda k, d: d * k), "Off by one: from the first to the last value of a kernel are k − 1."),
        (
            _view_with(extent=lambda k, d: d * (k - 1) + 1),
            "Off by one: this is the end after the last pixel. Return the last pixel itself.",
        ),
        (
            _view_with(extent=lambda k, d: k - 1),
            "The dilation is forgotten: the values of a kernel lie dilation_rate apart.",
        ),
        (_view_with(extent=lambda k, d: d * k - 1), "Dilation spreads the k − 1 steps: d · (k − 1), not d · k − 1."),
        (_view_with(pad=lambda p: 0), "The padding is forgotten: it moves both ends to the left."),
        (_view_with(pad=lambda p: -p), "The padding moves the view to the left, not to the right."),
        (_view_with(pad=lambda p: 2 * p), "Only the zeros before the picture move the view, not those behind it."),
        (_view_with(move=lambda s: 1), "The strides are forgotten: value i begins at i · strides."),
        (_inside, "The view may begin outside of the picture: a negative first pixel is a zero of the padding."),
        (_around_first, "The second number is the last pixel, not the distance to it."),
        (lambda stack, i: view(stack, i)[::-1], "First and last are swapped."),
    ],
    why="Backward needs no start and no jump: it is what an autograd does, with ends of a window instead of slopes.",
    hints=(
        "Which values of the map before does value i of the last layer read? The first and the last of them?",
        "Value i of a layer begins at i · strides − padding, and spans dilation_rate · (kernel_size − 1) more.",
        "Take first = last = i. For each layer of reversed(stack) do this to both ends; only `last` gets the span.",
    ),
    explanation="In each layer the first value reads from first · strides − padding on; the last one ends "
    "dilation_rate · (kernel_size − 1) behind its own beginning.",
)


def field(stack):
    size, jump = 1, 1
    for kernel_size, strides, dilation_rate in stack:
        size += dilation_rate * (kernel_size - 1) * jump
        jump *= strides
    return size, jump


def _field_with(early, extent):
    def wrong(stack):
        size, jump = 1, 1
        for kernel_size, strides, dilation_rate in stack:
            size += extent(kernel_size, dilation_rate) * jump * (strides if early else 1)
            jump *= strides
        return size, jump

    return wrong


q5 = function_question(
    field,
    cases=[
        ([(3, 1, 1), (3, 2, 1), (3, 1, 1)],),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)],),
        ([(7, 2, 1), (3, 2, 1), (5, 1, 3), (2, 3, 1)],),
        ([(3, 1, 1)] * 3,),
        ([],),
    ],
    mistakes=[
        (
            _field_with(True, lambda k, d: d * k - 1),
            "This is still the code of the exercise. Try it on one layer with strides 2, and on one with dilation 2.",
        ),
        (
            _field_with(False, lambda k, d: d * k - 1),
            "One mistake is mended. The other: how many pixels lie between the first and last of k values d apart?",
        ),
        (
            _field_with(True, lambda k, d: d * (k - 1)),
            "One mistake is mended. The other: what does a layer's own jump change in its own field?",
        ),
        (_field_with(False, lambda k, d: k - 1), "The dilation is forgotten: k values d apart span d · (k − 1) + 1."),
        (_field_with(False, lambda k, d: d * k), "A kernel adds k − 1 steps, not k: its first value is seen already."),
        (lambda stack: field([(k, 1, d) for k, _, d in stack]), "The strides are forgotten."),
        (lambda stack: field(stack)[::-1], "Size and jump are swapped."),
        (lambda stack: field(stack[::-1]), "The layers are taken backward: the first layer comes first."),
    ],
    why="Three plain layers, the test of the author, cannot tell the four versions apart. Test where they differ.",
    hints=(
        "Follow one layer, (3, 2, 1), by hand: how many pixels does its value see?",
        "Then (3, 1, 2): three values, 2 apart. From the first to the last are how many pixels?",
        "Add d · (k − 1) · jump to the size first; multiply the jump by the strides afterwards.",
    ),
    explanation="The strides of a layer spread only what comes after it, so the jump is multiplied last; and k values "
    "d apart make d · (k − 1) steps.",
)
