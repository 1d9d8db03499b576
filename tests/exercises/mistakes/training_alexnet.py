"""Typical wrong answers to the exercises of lesson 14, each with what the checker must say."""

import numpy as np


def walked(weight, gradients, rates, change):
    """Run `change(weight, velocity, gradient, rate) -> (weight, velocity)` number by number."""
    result = weight.copy()
    for place in np.ndindex(weight.shape):
        velocity = 0.0
        for gradient, rate in zip(gradients, rates, strict=True):
            result[place], velocity = change(result[place], velocity, gradient[place], rate)
    return result


def trainer(rule):
    """A learner's function from a rule that also gets momentum and weight decay."""

    def train(weight, gradients, rates, momentum, weight_decay):
        def change(w, v, g, rate):
            return rule(w, v, g, rate, momentum, weight_decay)

        return walked(weight, gradients, rates, change)

    return train


def uphill(w, v, g, rate, momentum, decay):
    v = momentum * v + rate * g
    return w - rate * decay * w + v, v


def plain(w, v, g, rate, momentum, decay):
    return w - rate * decay * w - rate * g, v


def no_decay(w, v, g, rate, momentum, decay):
    v = momentum * v - rate * g
    return w + v, v


def rate_times_velocity(w, v, g, rate, momentum, decay):
    v = momentum * v - g
    return w - rate * decay * w + rate * v, v


def as_in_the_paper(w, v, g, rate, momentum, decay):
    v = momentum * v - decay * rate * w - rate * g
    return w + v, v


def decay_at_the_end(w, v, g, rate, momentum, decay):
    v = momentum * v - rate * g
    return (w + v) - rate * decay * (w + v), v


def whole_decay(w, v, g, rate, momentum, decay):
    v = momentum * v - rate * g
    return w - decay * w + v, v


def average(w, v, g, rate, momentum, decay):
    v = momentum * v - rate * (1 - momentum) * g
    return w - rate * decay * w + v, v


def guesses(row, k, worst=False):
    return sorted(range(len(row)), key=lambda label: row[label], reverse=not worst)[:k]


def hits(scores, labels, k, worst=False):
    rows = zip(scores.tolist(), labels.tolist(), strict=True)
    return sum(label in guesses(row, k, worst) for row, label in rows)


def kth_only(scores, labels, k):
    rows = zip(scores.tolist(), labels.tolist(), strict=True)
    return sum(guesses(row, k)[-1] == label for row, label in rows) / len(labels)


def weighted(gradients, weights, divisor):
    total = gradients[0] * 0
    for gradient, weight in zip(gradients, weights, strict=True):
        total = total + weight * gradient
    return total / divisor


def all_damped(w, v, g, rate, momentum, decay):
    v = momentum * (v - rate * g)
    return w - rate * decay * w + v, v


def constant_decay(w, v, g, rate, momentum, decay):
    v = momentum * v - rate * g
    return w - rate * decay + v, v


def decay_first(w, v, g, rate, momentum, decay):
    v = momentum * v - rate * g
    return w - rate * decay * w + v, v


def as_given(w, v, g, rate, momentum, decay):
    v = momentum * v - g
    return w - decay * w + rate * v, v


MISTAKES = {
    "q1": [
        (0.0001, "Both drops are counted"),
        (0.01, "No drop is counted"),
        (0.009, r"falls \*to\* a tenth"),
        (0.1, "rate rises"),
        (315 // 16, "epoch of update 315"),
        (315 / 16, "place in epochs"),
        (0.0005, "divides by 10"),
        (3.0, "Work one value out by hand"),
    ],
    "q2": [
        ((47, 188), "2 columns in common"),
        ((46, 413), "A leak"),
        ((50, 186), "at least five"),
        ((40, 160), "82.4% of their pixels"),
        ((45, 180), "80.2%"),
        ((0, 184), "step"),
        ((46.5, 186), "step"),
        (46, "two columns"),
    ],
    "q3": [
        (trainer(uphill), "goes downhill"),
        (trainer(as_given), "both mistakes are left"),
        (trainer(plain), "momentum is missing"),
        (trainer(no_decay), "weight decay is missing"),
        (trainer(rate_times_velocity), "multiplies the whole velocity"),
        (trainer(as_in_the_paper), "passes through the momentum"),
        (trainer(decay_at_the_end), "decay comes last"),
        (trainer(whole_decay), "rate is missing in the decay"),
        (trainer(average), "running average"),
        (lambda weight, gradients, rates, momentum, weight_decay: weight, r"the value at \[0\]"),
        (lambda weight, gradients, rates, momentum, weight_decay: None, "returned None"),
        (trainer(all_damped), "old velocity only"),
        (trainer(constant_decay), "does not depend on the weight"),
        (
            lambda weight, gradients, rates, *rest: trainer(decay_first)(
                weight, gradients, [rates[0] for _ in rates], *rest
            ),
            "first rate is used",
        ),
        (
            lambda weight, gradients, rates, *rest: trainer(decay_first)(weight, gradients[:1], rates[:1], *rest),
            "Only the first step",
        ),
    ],
    "q4": [
        (lambda scores, labels, k: hits(scores, labels, 1) / len(labels), "top-1 accuracy"),
        (lambda scores, labels, k: hits(scores, labels, k - 1) / len(labels), "only k − 1"),
        (lambda scores, labels, k: hits(scores, labels, k + 1) / len(labels), r"k \+ 1 guesses"),
        (lambda scores, labels, k: hits(scores, labels, k, worst=True) / len(labels), "sorts upward"),
        (kth_only, "Only the k-th guess"),
        (lambda scores, labels, k: hits(scores, labels, k), "This is a count"),
        (lambda scores, labels, k: 1 - hits(scores, labels, k) / len(labels), "top-k error"),
        (lambda scores, labels, k: hits(scores, labels, k) / len(labels) / k, "not by the guesses"),
        (lambda scores, labels, k: scores.argsort()[:, -k:], r"must be one number"),
        (lambda scores, labels, k: 100 * hits(scores, labels, k) / len(labels), "in percent"),
        (
            lambda s, labels, k: np.mean([n in row[-k:-1] for n, row in zip(labels, s.argsort(), strict=True)]),
            "best guess is left out",
        ),
        (lambda scores, labels, k: float(labels[0] in guesses(scores[0], k)), "Only the first image"),
    ],
    "q5": [
        (lambda gradients, counts: weighted(gradients, [1] * len(counts), len(counts)), "counts the same"),
        (lambda gradients, counts: weighted(gradients, [1] * len(counts), 1), "nothing is divided"),
        (lambda gradients, counts: weighted(gradients, counts, 1), "sum over all images"),
        (lambda gradients, counts: weighted(gradients, counts, len(counts)), "number of devices"),
        (lambda gradients, counts: weighted(gradients, counts[::-1], sum(counts)), "wrong order"),
        (
            lambda gradients, counts: weighted(gradients, [1 / n for n in counts], sum(1 / n for n in counts)),
            "fewer images counts more",
        ),
        (lambda gradients, counts: gradients[0] * 0, "must be"),
        (lambda gradients, counts: gradients, "must be 3 numbers|must be an array of shape"),
    ],
}
