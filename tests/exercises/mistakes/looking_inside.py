"""Typical wrong answers to the exercises of lesson 16, each with what the checker must say."""

import numpy as np


def cam(weigh=lambda slopes: sum(slopes) / len(slopes), cut=lambda votes: max(0, sum(votes))):
    """Grad-CAM place by place, from a list of slopes to a weight and from a list of votes to a value."""

    def function(maps, slopes):
        height, width, channels = maps.shape
        weights = [weigh(list(slopes[:, :, channel].ravel())) for channel in range(channels)]
        output = np.zeros((height, width))
        for i, j in np.ndindex(height, width):
            output[i, j] = cut([maps[i, j, channel] * weights[channel] for channel in range(channels)])
        return output

    return function


def each_first(votes):
    return sum(max(0, vote) for vote in votes)


MISTAKES = {
    "q1": [
        ((8, 13, 4), "first place is forgotten"),
        ((10, 15, 4), "must lie wholly in the image"),
        ((33, 53, 4), "strides are forgotten"),
        ((14, 9, 4), "40 rows"),
        ((9, 14, 1), "Patches overlap"),
        ((9, 14, 2), "along both"),
        ((9, 14, 9), "One place too many"),
        ((9, 14), "3 numbers"),
    ],
    "q2": [
        (((1.5, -1.5), (0.25, 0.75)), "keeps only what is positive"),
        (((6, 0), (1, 3)), "number of places, here 4"),
        (((6, -6), (1, 3)), "before the division by 4"),
        (((1.5, 1.5), (0.25, 0.75)), "not turned round"),
        (((1.5, 0), (0.75, 0.75)), "second map has been left out"),
        (((1.5, 1.5), (1.25, 0.75)), "counts with −2"),
        (((1.5, 0.25), (0, 0.75)), "Rows and columns are swapped"),
        ((1.5, 0, 0.25, 0.75), r"an array of shape \(2, 2\)"),
    ],
    "q3": [
        ((1, 2, 3), "as high for the untrained net"),
        ((2, 3, 1), "What do the trained ones share"),
        ((3, 1, 2), "alike for all nets"),
        ((1, 3, 2), "Follow A first"),
        ((3, 2, 1), "shared by trained nets only"),
        ("213", "must consist of numbers"),
    ],
    "q4": [
        (cam(max, each_first), "still the code of the exercise"),
        (cam(cut=each_first), "cancel one that speaks for it"),
        (cam(max), "not the largest"),
        (cam(cut=sum), "must become 0 at the end"),
        (cam(cut=lambda votes: abs(sum(votes))), "not turned round"),
        (cam(sum), "not their sum"),
        (cam(cut=lambda votes: max(0, sum(votes)) / len(votes)), "added up, not averaged"),
        (cam(lambda slopes: max(0, sum(slopes) / len(slopes))), "cancel one that speaks for it"),
        (lambda maps, slopes: (maps * slopes).sum(axis=2).clip(0), "one weight for a map"),
        (lambda *case: np.swapaxes(cam()(*case), 0, 1), "Rows and columns of the map are swapped"),
        (lambda maps, slopes: maps.sum(axis=2), "the value at"),
        (lambda maps, slopes: None, "returned None"),
    ],
    "q5": [
        ((8, 3), "This gives 7×7 places"),
        ((8, 4), "This gives 6×6 places"),
        ((5, 3), "last 2 rows and columns are never covered"),
        ((1, 3), "This gives 10×10 places"),
        ((21, 1), "more than a quarter"),
        ((30, 1), "This gives 0×0 places"),
        ((7.0, 3), "must be an integer"),
        ((7, 0), "must be at least 1"),
        (7, r"must be \(patch_size, strides\)"),
    ],
}
