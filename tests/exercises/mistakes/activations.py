"""Typical wrong answers to the exercises of lesson 08, each with what the checker must say."""

import math

import numpy as np

LN_2 = math.log(2)


def normalized(over, moving_in_use=True, swapped=False, epsilon=0.001, divide=math.sqrt, gamma_too=True, beta_too=True):
    """Batch normalization value by value, without any code of the checker; `over` names what shares a mean."""

    def function(images, gamma, beta, mean, variance, training):
        output = np.zeros_like(images)
        own = training != swapped or not moving_in_use
        for place in np.ndindex(*images.shape):
            image, row, column, channel = place
            groups = {
                "channel": images[..., channel],
                "image": images[image, ..., channel],
                "place": images[:, row, column, channel],
                "all": images,
            }
            center = groups[over].mean() if own else mean[channel]
            spread = ((groups[over] - center) ** 2).mean() if own else variance[channel]
            value = (images[place] - center) / divide(spread + epsilon)
            output[place] = value * (gamma[channel] if gamma_too else 1) + (beta[channel] if beta_too else 0)
        return output

    return function


def pairs(scale, shift):
    def function(gamma, beta, mean, variance):
        columns = [
            (scale(g, v), shift(scale(g, v), b, m)) for g, b, m, v in zip(gamma, beta, mean, variance, strict=True)
        ]
        return np.array(columns).T

    return function


def right_scale(gamma, variance):
    return gamma / math.sqrt(variance + 0.001)


def right_shift(scale, beta, mean):
    return beta - scale * mean


MISTAKES = {
    "q1": [
        ((6 * LN_2, 1 / 3), "sum of the three losses"),
        ((2, 1 / 3), "logarithm to base 2"),
        ((-2 * LN_2, 1 / 3), "minus"),
        ((-math.log(7 / 24), 1 / 3), "logarithm of each probability first"),
        ((-(math.log(1 / 2) + math.log(6 / 8) + math.log(1 / 2)) / 3, 1 / 3), "not the largest one"),
        (((0 + math.log(6 * 6) / 3), 1 / 3), "e to the power of 0 is 1"),
        ((2 * LN_2, 2 / 3), "In how many rows"),
        ((2 * LN_2, 1.0), "In how many rows|a part of the three"),
        ((1.386, 1 / 3), "up to rounding"),
        ((2 * LN_2, 33), "look again at"),
        (2 * LN_2, "must be 2 numbers"),
    ],
    "q2": [
        ((1, 4, 3, 5, 2), "2 of 5 are wrong. A is bad on the very pictures"),
        ((5, 3, 4, 1, 2), "2 of 5 are wrong. B: 2.303 is ln 10"),
        ((5, 4, 1, 3, 2), "2 of 5 are wrong. C reads well"),
        ((5, 4, 3, 2, 1), "2 of 5 are wrong. D is good on known pictures"),
        ((1, 2, 3, 4, 5), "4 of 5 are wrong"),
        ((5, 4, 3, 1, 1), "1, 2, 3, 4 and 5 in some order"),
        (5, "1, 2, 3, 4 and 5 in some order"),
        ("54312", "1, 2, 3, 4 and 5 in some order"),
    ],
    "q3": [
        ((1, -1, 0), "At z = 2 this gives 1, but the hat is 0"),
        ((1, -2, 0), "At z = 3 this gives -1, but the hat is 0"),
        ((1, 1, -1), "At z = 2 this gives 3"),
        ((2, -4, 2), "At z = 1 this gives 2, but the hat is 1"),
        ((1, -2, 2), "At z = 3 this gives 1"),
        ((0, 1, 0), "At z = 1 this gives 0, but the hat is 1"),
        ((1, -2), "must be three numbers"),
        (1, "must be three numbers"),
        ("hat", "must be three numbers"),
    ],
    "q4": [
        (normalized("image", moving_in_use=False), "still the code of the exercise"),
        (normalized("channel", moving_in_use=False), "One mistake is left: in use"),
        (normalized("image"), "One mistake is left: in training each image"),
        (normalized("all"), "All channels share one mean"),
        (normalized("place"), "over the images only"),
        (normalized("channel", swapped=True), "two modes are swapped"),
        (lambda *case: normalized("channel")(*case[:-1], False), "moving averages are used in training"),
        (normalized("channel", divide=lambda value: value), "the \\*root\\* of the variance"),
        (normalized("channel", epsilon=0.0), "0.001 under the root is missing"),
        (normalized("channel", gamma_too=False, beta_too=False), "γ and β are forgotten"),
        (normalized("channel", beta_too=False), "β is forgotten"),
        (lambda *case: normalized("channel")(*case).sum(axis=0), "result must be an array of shape"),
        (lambda *case: None, "must take 6 arguments|returned None"),
    ],
    "q5": [
        (pairs(right_scale, lambda scale, beta, mean: beta), "mean is forgotten"),
        (pairs(right_scale, lambda scale, beta, mean: beta - mean), "mean is scaled, too"),
        (pairs(right_scale, lambda scale, beta, mean: beta + scale * mean), "look at the sign"),
        (pairs(right_scale, lambda scale, beta, mean: (beta - mean) * scale), "not scaled itself"),
        (pairs(lambda gamma, variance: gamma / (variance + 0.001), right_shift), "the \\*root\\* of the variance"),
        (pairs(lambda gamma, variance: gamma / math.sqrt(variance), right_shift), "0.001 under the root is missing"),
        (pairs(lambda gamma, variance: 1 / math.sqrt(variance + 0.001), right_shift), "γ is forgotten"),
        (lambda *case: pairs(right_scale, right_shift)(*case)[::-1], "rows are swapped"),
        (lambda *case: pairs(right_scale, right_shift)(*case).T, "Two rows are asked for"),
        (lambda gamma, beta, mean, variance: gamma, "result must be an array of shape"),
    ],
}
