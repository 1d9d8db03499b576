"""Exercises of lesson 08, Activations and regularization."""

import numpy as np

from cnn_course.checks.answers import as_array, shown
from cnn_course.checks.engine import Question, function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

_LN_2 = float(np.log(2))

q1 = value_question(
    (2 * _LN_2, 1 / 3),
    mistakes=[
        ((6 * _LN_2, 1 / 3), "The share is right. This is the sum of the three losses; the loss is their mean."),
        ((2.0, 1 / 3), "The share is right. This is the logarithm to base 2; the loss takes the natural one."),
        ((-2 * _LN_2, 1 / 3), "The share is right. The loss is *minus* the logarithm, and so never below 0."),
        (
            (float(-np.log((1 / 2 + 1 / 8 + 1 / 4) / 3)), 1 / 3),
            "The share is right. Take the logarithm of each probability first, then the mean.",
        ),
        (
            (float(-np.log(1 / 2 * 3 / 4 * 1 / 2) / 3), 1 / 3),
            "The share is right. The loss takes the probability of the *right* class, not the largest one.",
        ),
        (
            (float(np.log(6 * 6) / 3), 1 / 3),
            "The share is right. A logit of 0 is no probability of 0: e to the power of 0 is 1.",
        ),
        ((1.386, 1 / 3), "Right up to rounding: let Python compute it, `np.log(2)` is at hand."),
        ((2 * _LN_2, 2 / 3), "The loss is right. In how many rows is the first logit the largest?"),
        ((2 * _LN_2, 1.0), "The loss is right. In how many rows is the first logit the largest?"),
        ((2 * _LN_2, 1), "The loss is right. The share is a part of the three images."),
    ],
    code="(2 * 0.6931472, 1 / 3)",
    why="A net may be wrong twice of three times and know it: the loss sees how sure it was, the share does not.",
    hints=(
        "Softmax each row, take the probability of the first class, then minus its logarithm.",
        "e to each: 2, 1, 1 in the first row; 1, 6, 1 in the second; 1, 2, 1 in the third.",
        "The probabilities are 1/2, 1/8 and 1/4, so the losses are ln 2, 3 ln 2 and 2 ln 2.",
    ),
    explanation="1/2, 1/8 and 1/4 give ln 2, 3 ln 2 and 2 ln 2, on average 2 ln 2 = 1.386. Only in the first row is "
    "the first logit the largest.",
)

_CAUSES = (5, 4, 3, 1, 2)
_WHY_NOT = (
    "A is bad on the very pictures that `fit` found easy. That is no overfitting. What differs between the two modes?",
    "B: 2.303 is ln 10, the loss of a guess. The net does not learn at all, and nobody complains.",
    "C reads well and cannot say so: as if its scores could not be far enough apart.",
    "D is good on known pictures, also with `evaluate`, and worse on new ones.",
    "E is better in use than in training. What makes it hard for the net only while it learns?",
)


def _examine_causes(answer):
    causes = as_array(answer)
    if causes is None or causes.shape != (5,) or sorted(causes.tolist()) != [1, 2, 3, 4, 5]:
        return f"The answer must be 1, 2, 3, 4 and 5 in some order, one for each of A to E. Received: {shown(answer)}."
    wrong = [text for cause, right, text in zip(causes.tolist(), _CAUSES, _WHY_NOT, strict=True) if cause != right]
    return f"{len(wrong)} of 5 are wrong. {wrong[0]}" if wrong else None


q2 = Question(
    _examine_causes,
    _CAUSES,
    code="(5, 4, 3, 1, 2)",
    why="Three numbers tell these five apart: `fit`, `evaluate` on training pictures, `evaluate` on new ones.",
    hints=(
        "Begin with the one that never learns. Which two of the causes concern the loss?",
        "Then compare `fit` with `evaluate` on the same pictures: where is training harder than use, where easier?",
        "Section 5 has the numbers 2.30 and 1.46, section 7 the net that is bad on its own training pictures.",
    ),
    explanation="A: averages that have not arrived (5). B: clipped scores have slope 0 (4). C: scores between 0 and 1, "
    "floor 1.46 (3). D: overfitting (1). E: dropout is off in use (2).",
)


def _examine_hat(answer):
    weights = as_array(answer)
    if weights is None or weights.shape != (3,):
        return f"The answer must be three numbers (p, q, r). Received: {shown(answer)}."
    for z, height in ((-1, 0), (0, 0), (1, 1), (0.5, 0.5), (2, 0), (1.5, 0.5), (3, 0), (9, 0)):
        value = sum(weight * max(z - corner, 0) for corner, weight in enumerate(weights.tolist()))
        if value != height:
            return f"At z = {z} this gives {value:g}, but the hat is {height:g} there."
    return None


q3 = Question(
    _examine_hat,
    (1, -2, 1),
    code="(1, -2, 1)",
    why="Each ReLU changes the slope at its corner, and only to the right of it: 1, then −1, then 0.",
    hints=(
        "Go from left to right. Between 0 and 1 only the first ReLU is above 0.",
        "Which slope must the sum have between 1 and 2? The first ReLU goes on rising.",
        "p = 1 makes the slope 1; q must turn it into −1; r must turn it into 0.",
    ),
    explanation="p = 1 gives slope 1; from z = 1 on the slope is p + q = −1, so q = −2; from z = 2 on p + q + r = 0.",
)


def batch_norm(images, gamma, beta, mean, variance, training):
    if training:
        mean, variance = images.mean(axis=(0, 1, 2)), images.var(axis=(0, 1, 2))
    return gamma * (images - mean) / np.sqrt(variance + 0.001) + beta


def _norm(axes=(0, 1, 2), when=lambda training: training, epsilon=0.001, root=True, spread=np.var):
    """Batch normalization with one thing changed."""

    def function(images, gamma, beta, mean, variance, training):
        if when(training):
            keep = axes != (0, 1, 2)
            mean, variance = images.mean(axis=axes, keepdims=keep), spread(images, axis=axes, keepdims=keep)
        variance = variance + epsilon
        return gamma * (images - mean) / (np.sqrt(variance) if root else variance) + beta

    return function


def _norm_case(seed, shape, training):
    images, gamma, beta, mean = integers(seed, shape, shape[-1:], shape[-1:], shape[-1:])
    return images, gamma, beta, mean, integers(seed + 50, shape[-1:])[0] ** 2 + 1, training


_ONE_LEFT = "One mistake is left: "

q4 = function_question(
    batch_norm,
    cases=[
        _norm_case(0, (2, 1, 2, 2), True),
        _norm_case(1, (3, 2, 4, 2), False),
        _norm_case(2, (1, 3, 2, 4), False),
        _norm_case(3, (4, 3, 5, 3), True),
    ],
    mistakes=[
        (
            _norm(axes=(1, 2), when=lambda training: True),
            "This is still the code of the exercise. Try two images, and `training=False`.",
        ),
        (
            _norm(when=lambda training: True),
            f"{_ONE_LEFT}in use there may be one image only. What are the moving averages for?",
        ),
        (
            _norm(axes=(1, 2)),
            f"{_ONE_LEFT}in training each image has a mean of its own. Over what does *batch* normalization take it?",
        ),
        (_norm(axes=(0, 1, 2, 3)), "All channels share one mean. Each channel has its own."),
        (_norm(axes=(0,)), "The mean is taken over the images only, for each place. Take rows and columns, too."),
        (_norm(when=lambda training: not training), "The two modes are swapped: the batch counts in training."),
        (_norm(when=lambda training: False), "The moving averages are used in training, too: there the batch counts."),
        (_norm(root=False), "Divide by the *root* of the variance."),
        (_norm(epsilon=0.0), "The 0.001 under the root is missing."),
        (
            lambda images, gamma, beta, *more: _norm()(images, np.ones_like(gamma), np.zeros_like(beta), *more),
            "γ and β are forgotten.",
        ),
        (
            lambda images, gamma, beta, *more: _norm()(images, gamma, np.zeros_like(beta), *more),
            "β is forgotten: it is added at the end.",
        ),
    ],
    why="A test with one image cannot tell a mean over the batch from a mean over the image.",
    hints=(
        "What do two images share? And what happens if one image comes alone, in use?",
        "Over which axes of (images, rows, columns, channels) is one mean for each channel?",
        "if training: mean, variance = images.mean(axis=(0, 1, 2)), images.var(axis=(0, 1, 2)); else leave them.",
    ),
    explanation="One mean and one variance a channel, over all images and places in training; the moving ones in use. "
    "A mean for each image is instance normalization, a layer of its own.",
)


def folded(gamma, beta, mean, variance):
    scale = gamma / np.sqrt(variance + 0.001)
    return np.stack([scale, beta - mean * scale])


def _fold_case(seed, channels):
    gamma, beta, mean, root = integers(seed, (channels,), (channels,), (channels,), (channels,))
    return gamma, beta, mean, root**2 / 4 + 0.01


def _rows(scale, shift):
    """A wrong pair, from functions of (gamma, beta, mean, variance) and of the scale and these."""

    def function(*numbers):
        of_scale = scale(*numbers)
        return np.stack([of_scale, shift(of_scale, *numbers)])

    return function


def _right_scale(gamma, beta, mean, variance):
    return gamma / np.sqrt(variance + 0.001)


def _right_shift(scale, gamma, beta, mean, variance):
    return beta - mean * scale


q5 = function_question(
    folded,
    cases=[_fold_case(0, 3), _fold_case(1, 4), _fold_case(2, 1)],
    mistakes=[
        (_rows(_right_scale, lambda scale, gamma, beta, mean, variance: beta), "The mean is forgotten in the shift."),
        (
            _rows(_right_scale, lambda scale, gamma, beta, mean, variance: beta - mean),
            "The mean is scaled, too: γ · (value − mean) / root. Multiply it out.",
        ),
        (
            _rows(_right_scale, lambda scale, gamma, beta, mean, variance: beta + mean * scale),
            "The mean is subtracted, not added: look at the sign.",
        ),
        (
            _rows(_right_scale, lambda scale, gamma, beta, mean, variance: (beta - mean) * scale),
            "β is added after the scaling: it is not scaled itself.",
        ),
        (
            _rows(lambda gamma, beta, mean, variance: gamma / (variance + 0.001), _right_shift),
            "Divide by the *root* of the variance.",
        ),
        (
            _rows(lambda gamma, beta, mean, variance: gamma / np.sqrt(variance), _right_shift),
            "The 0.001 under the root is missing.",
        ),
        (
            _rows(lambda gamma, beta, mean, variance: 1 / np.sqrt(variance + 0.001), _right_shift),
            "γ is forgotten in the scale.",
        ),
        (lambda *numbers: folded(*numbers)[::-1], "The rows are swapped: scales first, then shifts."),
        (lambda *numbers: folded(*numbers).T, "Two rows are asked for: the scales, then the shifts."),
    ],
    why="Programs that only use a net do this once: the normalization then costs neither time nor memory.",
    hints=(
        "Write the formula of batch normalization for one value: γ · (value − mean) / root + β.",
        "Multiply it out. What multiplies the value, and what is left?",
        "scale = gamma / np.sqrt(variance + 0.001); the shift is beta minus mean times scale.",
    ),
    explanation="γ · (value − mean) / root + β = (γ / root) · value + (β − mean · γ / root).",
)
