"""Typical wrong answers to the exercises of lesson 01, each with what the checker must say."""

import numpy as np


def square(row, height, width):
    return row.reshape(height, width)[:3, :3]


MISTAKES = {
    "q1": [
        ((2304, 192, 25), "off by one"),
        ((2304, 48, 25), "both directions"),
        ((2304, 2304, 25), "relative index alone changes nothing"),
        ((2304, 121, 25), "the columns are 8"),
        ((2304, 225, 25), "the rows are 6"),
        ((2304, 165, 9), "9 belongs to Δ = 1"),
        ((2304, 165, 4), "to both sides"),
        ((2304, 165, 16), "off by one on each axis"),
        ((48, 165, 25), "Each pair has a weight"),
        ((1296, 121, 25), "not square"),
        (2304, r"must be 3 numbers"),
        ((2304, 165, 10), "5 rows and 5 columns are multiplied"),
        ((2304, 26, 25), "15 of the columns are multiplied"),
        ((2304, 26, 10), "ways of rows and columns are multiplied"),
        ((2304, 165, 18), r"Right numbers: 2 of 3; look again at \[2\]\."),
    ],
    "q2": [
        ((5, 5), "101 parameters are allowed, but 25 pixels are not the most"),
        ((7, 3), "85 parameters are allowed, but 21"),
        ((5, 7), r"141 parameters are more than 110\. Did you forget the channels"),
        ((9, 9), "325 parameters are more than 110"),
        ((1, 27), "odd, from 3 to 9"),
        ((4, 6), "must be odd"),
        ((3.5, 7), "must be odd"),
        (27, "must be two numbers"),
        ((3, 9, 4), "must be two numbers"),
        ("wide", "must be two numbers"),
    ],
    "q3": [
        ([[2, 1, 0, 0], [3, 2, 1, 0], [0, 3, 2, 1], [0, 0, 3, 2]], "flipped"),
        ([[2, 3, 0, 1], [1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2]], r"wraps around\. Outside"),
        ([[2, 1, 0, 3], [3, 2, 1, 0], [0, 3, 2, 1], [1, 0, 3, 2]], "wraps around, and it is flipped"),
        ([[1, 2, 3, 0], [0, 1, 2, 3], [0, 0, 1, 2], [0, 0, 0, 1]], "starts at the value at hand"),
        ([[3, 0, 0, 0], [2, 3, 0, 0], [1, 2, 3, 0], [0, 1, 2, 3]], "ends at the value at hand"),
        ([[1, 2, 3, 0], [0, 1, 2, 3]], "Two rows are missing"),
    ],
    "q4": [
        (lambda shuffled, order: shuffled[:, order], "shuffles once more"),
        (lambda shuffled, order: shuffled, "still dust"),
        (lambda shuffled, order: shuffled[:, ::-1], "reversed"),
        (lambda shuffled, order: shuffled[:, order[::-1]], "another shuffle"),
        (lambda shuffled, order: shuffled[:, np.argsort(order)].T, "transposed"),
        (lambda shuffled, order: np.sort(shuffled, axis=1), "Sort the places"),
        (lambda shuffled, order: shuffled[0, np.argsort(order)], "result must be an array of shape"),
        (lambda shuffled, order: None, "returned None"),
    ],
    "q5": [
        (lambda matrix, height, width: square(matrix[:, width + 1], height, width), "is flipped"),
        (lambda matrix, height, width: square(matrix[0], height, width), "cut off"),
        (lambda matrix, height, width: matrix[:3, :3], "mixes three outputs"),
        (lambda matrix, height, width: square(matrix[width + 1], height, width).T, "transposed"),
        (lambda matrix, height, width: square(matrix[width + 1][::-1], height, width), "the value at"),
        (lambda matrix, height, width: square(matrix[width + 1], height, width)[::-1, ::-1], "is flipped"),
        (lambda matrix, height, width: square(matrix[height + 1], height, width), "has place 1 · width"),
        (lambda matrix, height, width: square(matrix[width + 1], width, height), "Height and width are swapped"),
        (lambda matrix, height, width: matrix[width + 1].reshape(height, width), "result must be an array of shape"),
    ],
}
