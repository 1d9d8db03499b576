"""Exercises of lesson 14, Training AlexNet."""

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    0.001,
    mistakes=[
        (0.0001, "Both drops are counted. Is the last batch of an epoch, smaller as it is, an update, too?"),
        (0.01, "No drop is counted, but the first one has come: in which epoch is update 315?"),
        (0.00001, "A drop is a tenth each, and there are two at most."),
        (0.009, "The rate falls *to* a tenth, not *by* a tenth."),
        (0.1, "The rate rises here: a drop divides it by 10."),
        (1e-3 / 2, "A drop divides by 10, not by 2 or 20."),
        (19, "This is the epoch of update 315. Which rate does it have?"),
        (315 / 16, "This is the place in epochs. Which rate belongs to it?"),
    ],
    code="0.01 / 10",
    why="Schedules count updates, people count epochs: one division stands between them.",
    hints=(
        "How many steps has an epoch? Then: in which epoch is update 315?",
        "1,000 / 64 = 15.6: the last batch is smaller, and it is an update: 16 updates an epoch.",
        "Epoch 19 begins with update 304 and ends with 319. How many drops have come by then?",
    ),
    explanation="16 updates an epoch; 315 // 16 = 19. The drop of epoch 10 has come, that of epoch 20 not: 0.01 / 10.",
)

_WIDE, _TEST = 227, 413  # columns of a crop, first column of the test crop


def _examine_crops(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"The answer must be two columns (step, last). Received: {shown(answer)}."
    try:
        step, last = (validate_integer(answer[0], "step", minimum=1), validate_integer(answer[1], "last", minimum=0))
    except (TypeError, ValueError) as error:
        return str(error)
    starts = range(0, last + 1, step)
    if starts[-1] + _WIDE > _TEST:
        seen = starts[-1] + _WIDE - _TEST
        return f"A leak: the crop that begins at {starts[-1]} and the test crop have {seen} columns in common."
    if len(starts) < 5:
        return f"The crops begin at {list(starts)}. These are {len(starts)}, and at least five are needed."
    if (shared := max(_WIDE - step, 0) / _WIDE) >= 0.8:
        return f"Neighbors share {shared:.1%} of their pixels, which must be less than 80 %."
    return None


q2 = Question(
    _examine_crops,
    (46, 184),
    code="(46, 184)",
    why="Cut first: the place of the test crop limits the training crops, and their step says how different they are.",
    hints=(
        "A crop that begins at column c ends before column c + 227. Where may the last one begin?",
        "At most at 413 − 227 = 186. Five crops begin at 0, step, …, 4 · step.",
        "Neighbors share 227 − step of 227 columns; this must be less than 80 % of 227, which is 181.6.",
    ),
    explanation="From 227 − step < 181.6 the step is at least 46, from 4 · step ≤ 186 at most 46. So the last crop "
    "begins at 184, and `last` may be 184, 185 or 186.",
)


def my_training(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        weight = weight - rate * weight_decay * weight
        velocity = momentum * velocity - rate * gradient
        weight = weight + velocity
    return weight


def _rate_outside(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - gradient
        weight = weight * (1 - rate * weight_decay) + rate * velocity
    return weight


def _decay_in_the_velocity(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - rate * (gradient + weight_decay * weight)
        weight = weight + velocity
    return weight


def _decay_last(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - rate * gradient
        weight = (weight + velocity) * (1 - rate * weight_decay)
    return weight


def _decay_without_rate(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - rate * gradient
        weight = weight * (1 - weight_decay) + velocity
    return weight


def _running_average(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - (1 - momentum) * rate * gradient
        weight = weight * (1 - rate * weight_decay) + velocity
    return weight


_STEPS = [
    (np.array([2.0, -1.0]), np.array([[1.0, 3.0], [1.0, -2.0], [0.5, 1.0]]), [0.1, 0.1, 0.01], 0.9, 0.5),
    (np.array([[1.0, -3.0, 0.5]]), np.arange(15.0).reshape(5, 1, 3) - 6, [0.2, 0.2, 0.1, 0.1, 0.05], 0.5, 0.1),
]


def _momentum_of_all(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * (velocity - rate * gradient)
        weight = weight * (1 - rate * weight_decay) + velocity
    return weight


def _decay_by_a_constant(weight, gradients, rates, momentum, weight_decay):
    return my_training(weight, gradients, rates, momentum, 0) - np.sum(rates) * weight_decay


def _given(weight, gradients, rates, momentum, weight_decay):
    velocity = np.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = momentum * velocity - gradient
        weight = weight * (1 - weight_decay) + rate * velocity
    return weight


q3 = function_question(
    my_training,
    cases=_STEPS,
    mistakes=[
        (_given, "This gives what the given code gives: both mistakes are left."),
        (
            lambda weight, gradients, rates, momentum, weight_decay: my_training(
                weight, -gradients, rates, momentum, weight_decay
            ),
            "The sign of the gradient is wrong: training goes downhill.",
        ),
        (
            lambda weight, gradients, rates, momentum, weight_decay: my_training(
                weight, gradients, rates, 0, weight_decay
            ),
            "The momentum is missing: each step begins with `momentum` times the last velocity.",
        ),
        (
            lambda weight, gradients, rates, momentum, weight_decay: my_training(weight, gradients, rates, momentum, 0),
            "The weight decay is missing.",
        ),
        (
            _rate_outside,
            "The rate multiplies the whole velocity. Here it multiplies the gradient only: after a drop, "
            "old velocity keeps its size.",
        ),
        (
            _decay_in_the_velocity,
            "The decay passes through the momentum, as in the paper. Do as Keras does: beside it.",
        ),
        (_decay_last, "The decay comes last. Keras takes it off the weight first, then adds the velocity."),
        (_decay_without_rate, "The rate is missing in the decay: a step takes off rate · weight_decay · weight."),
        (
            _running_average,
            "This velocity is a running average, as in Adam: in SGD nothing is multiplied by 1 − momentum.",
        ),
        (
            _momentum_of_all,
            "The momentum multiplies the old velocity only, not the new step.",
        ),
        (
            _decay_by_a_constant,
            "The decay does not depend on the weight here: a step takes off rate · weight_decay · weight.",
        ),
        (
            lambda weight, gradients, rates, *rest: my_training(weight, gradients, rates[:1] * len(rates), *rest),
            "The first rate is used in every step.",
        ),
        (
            lambda weight, gradients, rates, *rest: my_training(weight, gradients[:1], rates[:1], *rest),
            "Only the first step is taken: does `return` stand inside the loop?",
        ),
    ],
    why="This is all that the optimizer of AlexNet does, for each of its 60 million weights.",
    hints=(
        "Compare each of the three lines in the loop with its sentence. Try two updates whose rates differ.",
        "One update with velocity 0 cannot tell whether the rate multiplies the gradient or the whole velocity.",
        "The decay takes rate · weight_decay · weight off the weight. The velocity is that of section 3.",
    ),
    explanation="First the decay, then velocity = momentum · velocity − rate · gradient, then weight + velocity.",
)


def my_top_k(scores, labels, k):
    best = np.argsort(-scores, axis=1)[:, :k]
    return np.mean((best == labels[:, None]).any(axis=1))


def _worst(scores, labels, k):
    return my_top_k(-scores, labels, k)


def _exactly_kth(scores, labels, k):
    return np.mean(np.argsort(-scores, axis=1)[:, k - 1] == labels)


def _scores_and_labels(seed, count, classes, k):
    generator = np.random.default_rng(seed)
    scores = generator.permuted(np.tile(np.arange(classes) - 1.5, (count, 1)), axis=1)  # no two are equal
    return scores, generator.integers(0, classes, count), k


def _without_the_best(scores, labels, k):
    return my_top_k(scores, labels, k) - my_top_k(scores, labels, 1)


q4 = function_question(
    my_top_k,
    cases=[_scores_and_labels(0, 40, 6, 2), _scores_and_labels(1, 30, 9, 5), _scores_and_labels(2, 25, 4, 3)],
    mistakes=[
        (lambda scores, labels, k: my_top_k(scores, labels, 1), "This is the top-1 accuracy, whatever k is."),
        (lambda scores, labels, k: my_top_k(scores, labels, k - 1), "Off by one: only k − 1 guesses are taken."),
        (lambda scores, labels, k: my_top_k(scores, labels, k + 1), "Off by one: k + 1 guesses are taken."),
        (_worst, "The k *smallest* scores are taken: `argsort` sorts upward."),
        (_exactly_kth, "Only the k-th guess is compared: the better ones count, too."),
        (lambda scores, labels, k: my_top_k(scores, labels, k) * len(labels), "This is a count: divide by the images."),
        (lambda scores, labels, k: 1 - my_top_k(scores, labels, k), "This is the top-k error, not the accuracy."),
        (
            lambda scores, labels, k: my_top_k(scores, labels, k) / k,
            "Divide by the number of images only, not by the guesses: one hit in an image is enough.",
        ),
        (
            lambda scores, labels, k: 100 * my_top_k(scores, labels, k),
            "This is in percent: return a share from 0 to 1.",
        ),
        (_without_the_best, "The best guess is left out: a slice like [-k:-1] ends before the last."),
        (
            lambda scores, labels, k: my_top_k(scores[:1], labels[:1], k),
            "Only the first image is counted: does `return` stand inside the loop?",
        ),
    ],
    why="The contest of 2012 was decided by the top-5 error: five guesses for each photograph.",
    hints=(
        "For each image take the k classes with the largest scores, and look whether the label is among them.",
        "`np.argsort(scores, axis=1)` sorts upward: the largest scores are at the end of each row.",
        "A loop over images is fine: `label in guesses` is True or False, and their mean is the answer.",
    ),
    explanation="The label must be among the k classes with the largest scores; the mean over all images is the share.",
)


def batch_gradient(gradients, counts):
    shares = np.asarray(counts) / np.sum(counts)
    return sum(share * gradient for share, gradient in zip(shares, gradients, strict=True))


q5 = function_question(
    batch_gradient,
    cases=[
        (np.array([[3.0, -1.0, 2.0], [0.0, 4.0, -6.0]]), [6, 3]),
        (np.array([[[1.0, 2.0]], [[-4.0, 0.5]], [[7.0, -3.0]]]), [1, 2, 5]),
    ],
    mistakes=[
        (
            lambda gradients, counts: np.mean(gradients, axis=0),
            "Every device counts the same here, but one that has more images must count more.",
        ),
        (lambda gradients, counts: np.sum(gradients, axis=0), "This is the sum of the means: nothing is divided."),
        (
            lambda gradients, counts: batch_gradient(gradients, counts) * np.sum(counts),
            "This is the sum over all images: divide by the size of the whole batch.",
        ),
        (
            lambda gradients, counts: batch_gradient(gradients, counts) * np.sum(counts) / len(counts),
            "Divided by the number of devices: divide by the number of images.",
        ),
        (
            lambda gradients, counts: batch_gradient(gradients, counts[::-1]),
            "The counts are in the wrong order: the first count belongs to the first gradient.",
        ),
        (
            lambda gradients, counts: batch_gradient(gradients, 1 / np.asarray(counts)),
            "The device with fewer images counts more here: it is the other way around.",
        ),
    ],
    why="With shares of one size it is the plain mean; that is why a batch must be a multiple of the devices.",
    hints=(
        "A device's gradient is a mean over its images. How do you get back to a sum?",
        "A mean times its count is a sum over images; sums can be added.",
        "In the end divide by the number of images of the whole batch.",
    ),
    explanation="Each mean times its count is a sum; the sums together, divided by all images, are the batch's mean.",
)
