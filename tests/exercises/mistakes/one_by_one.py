"""Typical wrong answers to the exercises of lesson 06, each with what the checker must say."""

import numpy as np


def channels_first(matrix, height, width):
    """Counts off the rows as (channel, row, column); by loops, so that no code of the checker is used."""
    channels = matrix.shape[0] // (height * width)
    output = np.zeros((height, width, channels, matrix.shape[1]))
    for i, j, c in np.ndindex(height, width, channels):
        output[i, j, c] = matrix[(c * height + i) * width + j]
    return output


def columns_first(matrix, height, width):
    channels = matrix.shape[0] // (height * width)
    output = np.zeros((height, width, channels, matrix.shape[1]))
    for i, j, c in np.ndindex(height, width, channels):
        output[i, j, c] = matrix[(j * height + i) * channels + c]
    return output


def slide(image, matrix, bias, height, width, rows=None, columns=None, step=(1, 1)):
    rows = rows or (image.shape[0] - height) // step[0] + 1
    columns = columns or (image.shape[1] - width) // step[1] + 1
    output = np.zeros((rows, columns, len(bias)))
    for i, j, unit in np.ndindex(output.shape):
        values = image[i * step[0] : i * step[0] + height, j * step[1] : j * step[1] + width].ravel()
        output[i, j, unit] = sum(value * weight for value, weight in zip(values, matrix[:, unit], strict=True))
        output[i, j, unit] += bias[unit]
    return output


def one_short(image, matrix, bias, height, width):
    return slide(image, matrix, bias, height, width, image.shape[0] - height, image.shape[1] - width)


def scores(image, matrix, bias, height, width, order=(0, 1, 2)):
    """The dense layer at each place; `order` of the axes in which a window is flattened."""
    places = [range(image.shape[0] - height + 1), range(image.shape[1] - width + 1)]
    return np.array(
        [
            [np.dot(image[i : i + height, j : j + width].transpose(order).flatten(), matrix) + bias for j in places[1]]
            for i in places[0]
        ]
    )


MISTAKES = {
    "q1": [
        ((4096, 802_816), "biases are missing"),
        ((4097, 802_816), "not one bias for the layer"),
        ((4224, 802_816), "not to the input channels"),
        ((4128, 4096), "MACs of one pixel"),
        ((4128, 809_088), "bias is not counted in MACs"),
        ((809_088, 802_816), "weights are shared"),
        ((802_816, 4128), "order is swapped"),
        (4128, r"must be 2 numbers"),
    ],
    "q2": [
        ((2_359_296, 278_528), "order is swapped"),
        ((147_456, 2_359_296), "Only the 3×3 layer"),
        ((212_992, 2_359_296), "One of the two 1×1"),
        ((147_456, 262_144), "nine weights"),
        ((147_968, 2_359_296), "multiply both"),
        ((720_896, 2_359_296), "reads the squeezed"),
        ((279_296, 2_359_808), "with biases"),
        (8.47, r"must be 2 numbers"),
    ],
    "q3": [
        ([[0, 1, 0], [0, 0, 1], [0.5, 0, 0]], "The table is transposed: rows"),
        ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], "old red must be halved"),
        ([[0, 1, 0], [0, 0, 1], [1, 0, 0]], "transposed, and the old red"),
        ([[0, 0, 1], [1, 0, 0], [0, 0.5, 0]], "wrong color is halved"),
        ([[0, 0, 1], [0.5, 0, 0], [0, 1, 0]], "wrong color is halved"),
        ([[0, 0, 1], [0, 1, 0], [1, 0, 0]], "table of section 3"),
        ([[0, 0, 1], [0, 1, 0], [0.5, 0, 0]], "Green must move"),
        ([0, 1, 0.5], r"must be an array of shape \(3, 3\)"),
    ],
    "q4": [
        (channels_first, "as PyTorch flattens"),
        (columns_first, "swapped while counting off"),
        (lambda matrix, height, width: matrix.reshape(width, height, -1, matrix.shape[1]), "swapped in the shape"),
        (
            lambda matrix, height, width: matrix.ravel("F").reshape(height, width, -1, matrix.shape[1]),
            "transposed first",
        ),
        (lambda matrix, height, width: np.flip(matrix.reshape(height, width, -1, matrix.shape[1]), (0, 1)), "flipped"),
        (lambda matrix, height, width: matrix.copy(), "Keras wants four axes"),
        (lambda matrix, height, width: matrix.reshape(1, 1, *matrix.shape), "result must be an array of shape"),
        (lambda matrix, height, width: matrix.reshape(height, width, matrix.shape[1], -1), "units come before"),
        (lambda matrix, height, width: matrix.reshape(-1, height, width, matrix.shape[1]), "channels come first"),
        (lambda matrix, height, width: matrix.reshape(height, width, -1), "share one axis"),
    ],
    "q5": [
        (one_short, "Off by one"),
        (lambda *case: slide(case[0], case[1], 0 * case[2], *case[3:]), "bias is missing"),
        (lambda *case: slide(*case, 1, 1), "Only the first window"),
        (lambda *case: slide(*case, step=case[3:]), "stand side by side"),
        (lambda *case: np.moveaxis(slide(*case), -1, 0), "units come first"),
        (lambda *case: slide(*case).swapaxes(0, 1), "Rows and columns of the result are swapped"),
        (lambda *case: np.argmax(slide(*case), axis=2), "the winners"),
        (lambda *case: case[0].reshape(1, -1) @ case[1] + case[2], "raised ValueError"),
        (lambda *case: None, "returned None"),
        (lambda *case: scores(*case[:3], *case[:2:-1]), "Height and width of the window"),
        (lambda *case: scores(*case, order=(2, 0, 1)), "channel by channel"),
        (lambda *case: np.concatenate(scores(*case)), "places stand in one row"),
    ],
}
