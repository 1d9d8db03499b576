"""Typical wrong answers to the exercises of lesson 17, each with what the checker must say."""

import numpy as np

BLUE, GREEN, RED = 103.939, 116.779, 123.68


def channels(pictures, first, second, third):
    """Channels of the answer, each made of (red, green, blue)."""
    red, green, blue = (pictures[..., channel] for channel in range(3))
    return np.stack([make(red, green, blue) for make in (first, second, third)], axis=-1)


def shifted(pictures, scale=255, means=(BLUE, GREEN, RED)):
    """Blue, green, red, each times `scale`, minus its number of `means`."""
    makers = [lambda *rgb, k=k, mean=mean: scale * rgb[k] - mean for k, mean in zip((2, 1, 0), means, strict=True)]
    return channels(pictures, *makers)


def within(parameters, budget, strict=False, skip=False):
    count = 0
    for size in parameters:
        if size < budget or (size == budget and not strict):
            count, budget = count + 1, budget - size
        elif not skip:
            return count
    return count


MISTAKES = {
    "q1": [
        (39, "With 39 units the head has 20,207 parameters"),
        (37, "one unit more makes 19,689"),
        (0, "`units` must be at least 1"),
        (38.5, "`units` must be an integer"),
        (19689, "more than 20,000"),
        ("38", "`units` must be an integer"),
    ],
    "q2": [
        ((1, 2, 4, 3), "A has 842 trainable parameters. But in program 1"),
        ((2, 4, 1, 3), "B has 18 trainable parameters. But in program 4"),
        ((2, 1, 3, 4), "C has 810 trainable parameters. But in program 3"),
        ((2, 1, 4, 4), "D has 50 trainable parameters. But in program 4"),
        ((2, 1, 4), "must be four programs"),
        ((2, 1, 4, 5), "must be four programs"),
        ("2143", "must be four programs"),
    ],
    "q3": [
        (lambda pictures: shifted(pictures, scale=1, means=(RED, GREEN, BLUE)), "both mistakes are left"),
        (lambda pictures: shifted(pictures, means=(RED, GREEN, BLUE)), r"is the mean of \*blue\*"),
        (lambda pictures: shifted(pictures, scale=1), "the pictures go from 0 to 1"),
        (lambda pictures: shifted(pictures[..., ::-1]), "Red comes first here"),
        (lambda pictures: shifted(pictures[..., ::-1], means=(RED, GREEN, BLUE)), "but red still comes first"),
        (lambda pictures: shifted(pictures, means=(0, 0, 0)), "The mean is missing"),
        (lambda pictures: shifted(pictures, means=(-BLUE, -GREEN, -RED)), r"taken \*off\*"),
        (lambda pictures: shifted(pictures, scale=1, means=(BLUE / 255, GREEN / 255, RED / 255)), "scaled to the"),
        (lambda pictures: pictures * 2 - 1, "what MobileNetV2 wants"),
        (lambda pictures: shifted(pictures)[0], "must be an array of shape|must have the shape|shape"),
        (lambda pictures: None, "returned None"),
    ],
    "q4": [
        ((1, 3, 4), "other weights"),
        ((4, 1, 3), "other weights"),
        ((3, 2, 4), "decides nothing"),
        ((2, 1, 4), "decides nothing"),
        ((3, 4, 1), "the best that one can do without a source"),
        ((3, 1, 3), "that a net is needed at all"),
        ((3, 1), "must be three runs"),
        ((0, 1, 4), "must be three runs"),
    ],
    "q5": [
        (within, "from the input on"),
        (lambda parameters, budget: within(sorted(parameters), budget), "the smallest layers"),
        (lambda parameters, budget: within(parameters[::-1], budget, skip=True), "skips a layer"),
        (lambda parameters, budget: within(parameters[::-1], budget, strict=True), "Exactly as many as the budget"),
        (lambda parameters, budget: within(parameters[::-1], budget) + 1, "One layer too many"),
        (lambda parameters, budget: len(parameters) - within(parameters[::-1], budget), r"stay \*frozen\*"),
        (
            lambda parameters, budget: np.cumsum([0, *parameters[::-1]])[within(parameters[::-1], budget)],
            "wanted is the number of layers",
        ),
        (lambda parameters, budget: None, "returned None"),
    ],
}
