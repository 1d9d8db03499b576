"""Exercises of lesson 06, 1×1 convolution."""

import numpy as np

from cnn_course.checks.engine import function_question, integers, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

q1 = value_question(
    (4128, 802_816),
    mistakes=[
        ((4096, 802_816), "The biases are missing in the parameters: one per output channel."),
        ((4097, 802_816), "There is not one bias for the layer: count one per output channel."),
        ((4224, 802_816), "The biases belong to the output channels, not to the input channels."),
        ((4128, 4096), "These are the MACs of one pixel. The layer works at every pixel of the map."),
        ((4128, 809_088), "The bias is not counted in MACs: it is added, not multiplied."),
        ((809_088, 802_816), "The weights are shared: the size of the map does not change the parameters."),
        ((802_816, 4128), "The order is swapped: parameters first."),
    ],
    code="(128 * 32 + 32, 14 * 14 * 128 * 32)",
    why="Parameters do not depend on the size of the map, the work does.",
    hints=(
        "Think of a dense layer from 128 to 32 values, applied at every pixel.",
        "How many biases has such a dense layer? How many pixels has the map?",
        "At one pixel there are 128 · 32 multiplications.",
    ),
    explanation="128 · 32 weights and 32 biases; each of the 4,096 weights works once at each of 14 · 14 = 196 pixels.",
)

q2 = value_question(
    (278_528, 2_359_296),
    mistakes=[
        ((2_359_296, 278_528), "The order is swapped: the bottleneck first."),
        ((147_456, 2_359_296), "Only the 3×3 layer is counted: the bottleneck has two 1×1 layers as well."),
        ((212_992, 2_359_296), "One of the two 1×1 layers is missing: squeeze *and* widen again."),
        ((147_456, 262_144), "A 3×3 kernel has nine weights for each pair of channels."),
        ((147_968, 2_359_296), "The 3×3 layer sees 128 channels *in* and makes 128 *out*: multiply both."),
        ((720_896, 2_359_296), "The 3×3 layer of the bottleneck reads the squeezed 128 channels, not 512."),
        ((279_296, 2_359_808), "These are parameters with biases. The question has none."),
    ],
    code="(512 * 128 + 9 * 128 * 128 + 128 * 512, 9 * 512 * 512)",
    why="The ratio is 8.47 again: all channel numbers are doubled, so all products are four times as large.",
    hints=(
        "Three layers, one after the other: the second reads what the first makes.",
        "Each layer has k · k · c_in · c_out weights.",
        "The first one: 1 · 1 · 512 · 128.",
    ),
    explanation="65,536 + 147,456 + 65,536 = 278,528 against 3 · 3 · 512 · 512 = 2,359,296.",
)

_TABLE = np.array([[0, 0, 0.5], [1, 0, 0], [0, 1, 0]])

q3 = value_question(
    _TABLE,
    mistakes=[
        (_TABLE.T, "The table is transposed: rows are the colors that come in, columns those that go out."),
        (np.ceil(_TABLE), "The colors move as they should, but the old red must be halved."),
        (np.ceil(_TABLE.T), "The table is transposed, and the old red must be halved."),
        (np.array([[0, 0, 1], [1, 0, 0], [0, 0.5, 0]]), "The wrong color is halved: it must be the old red."),
        (np.array([[0, 0, 1], [0.5, 0, 0], [0, 1, 0]]), "The wrong color is halved: it must be the old red."),
        (np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]), "This is the table of section 3: green must move, too."),
        (np.array([[0, 0, 1], [0, 1, 0], [0.5, 0, 0]]), "Green must move, too."),
    ],
    code="[[0, 0, 1 / 2],\n [1, 0, 0],\n [0, 1, 0]]",
    why="Every recoloring that treats all pixels alike, as a sum of colors, is such a table: a 1×1 convolution.",
    hints=(
        "Row: color that comes in. Column: color that goes out. The order is red, green, blue.",
        "Fill it column by column. The first column makes the new red: only the old green counts in it.",
        "The old red is row 0, the new blue is column 2.",
    ),
    explanation="Column 0 (new red) takes row 1, column 1 (new green) takes row 2, column 2 (new blue) half of row 0.",
)


def kernel(matrix, height, width):
    channels = len(matrix) // (height * width)
    return matrix.reshape(height, width, channels, -1)


def _split(matrix, height, width, order, axes):
    """The mistakes of q4: rows counted off in another order of (height, width, channels), then moved."""
    sizes = (height, width, len(matrix) // (height * width))
    return matrix.reshape(*(sizes[axis] for axis in order), -1).transpose(axes)


q4 = function_question(
    kernel,
    cases=[
        (*integers(0, (24, 5)), 3, 4),
        (*integers(1, (30, 2)), 5, 2),
        (*integers(2, (27, 3)), 3, 3),
        (*integers(6, (4, 3)), 1, 1),
    ],
    mistakes=[
        (
            lambda matrix, height, width: _split(matrix, height, width, (2, 0, 1), (1, 2, 0, 3)),
            "This counts off the channels first, as PyTorch flattens. Keras flattens row, column, channel.",
        ),
        (
            lambda matrix, height, width: _split(matrix, height, width, (1, 0, 2), (1, 0, 2, 3)),
            "Height and width are swapped while counting off: rows come first.",
        ),
        (
            lambda matrix, height, width: _split(matrix, height, width, (1, 0, 2), (0, 1, 2, 3)),
            "Height and width are swapped in the shape.",
        ),
        (
            lambda matrix, height, width: matrix.T.reshape(kernel(matrix, height, width).shape),
            "The matrix is transposed first: then the numbers are dealt out to the wrong places.",
        ),
        (
            lambda matrix, height, width: kernel(matrix, height, width)[::-1, ::-1],
            "The kernel is flipped: neither `Dense` nor `Conv2D` flips.",
        ),
        (lambda matrix, height, width: matrix, "The matrix is as it was: Keras wants four axes."),
        (
            lambda matrix, height, width: matrix.reshape(height, width, matrix.shape[1], -1),
            "The units come before the channels: the filters are the last axis.",
        ),
        (
            lambda matrix, height, width: matrix.reshape(-1, height, width, matrix.shape[1]),
            "The channels come first: Keras wants (height, width, channels, filters).",
        ),
        (
            lambda matrix, height, width: matrix.reshape(height, width, -1),
            "Channels and units share one axis: Keras wants four axes.",
        ),
    ],
    why="With this line any classifier that ends in Flatten and Dense can slide over larger images.",
    hints=(
        "Keras wants (height, width, channels, filters). What are the filters here?",
        "The number of channels is the number of rows divided by height · width.",
        "Flattening counts channels fastest, then columns, then rows: the order of the kernel's axes.",
    ),
    explanation="The order of the rows is that of the axes (row, column, channel), so counting off anew is enough.",
)


def score_map(image, matrix, bias, height, width):
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    scores = np.zeros((rows, columns, len(bias)))
    for i in range(rows):
        for j in range(columns):
            window = image[i : i + height, j : j + width]
            scores[i, j] = window.reshape(-1) @ matrix + bias
    return scores


def _channel_by_channel(image, matrix, bias, height, width):
    rows = np.arange(len(matrix)).reshape(-1, height, width).transpose(1, 2, 0).ravel()
    return score_map(image, matrix[rows], bias, height, width)


q5 = function_question(
    score_map,
    cases=[
        (*integers(3, (5, 7, 2), (12, 3), (3,)), 2, 3),
        (*integers(4, (6, 4, 3), (18, 4), (4,)), 3, 2),
    ],
    mistakes=[
        (lambda *case: score_map(*case)[:-1, :-1], "Off by one: there are n − k + 1 places, not n − k."),
        (lambda *case: score_map(*case) - case[2], "The bias is missing: one number per unit."),
        (lambda *case: score_map(*case)[:1, :1], "Only the first window is asked. Slide on."),
        (
            lambda *case: score_map(*case)[:: case[3], :: case[4]],
            "The windows stand side by side. Slide by one pixel, so that they overlap.",
        ),
        (lambda *case: score_map(*case).transpose(2, 0, 1), "The units come first; put them last, as channels."),
        (lambda *case: score_map(*case).transpose(1, 0, 2), "Rows and columns of the result are swapped."),
        (lambda *case: score_map(*case).argmax(axis=-1), "These are the winners. Return the scores of all units."),
        (
            lambda image, matrix, bias, height, width: score_map(image, matrix, bias, width, height),
            "Height and width of the window are swapped.",
        ),
        (_channel_by_channel, "The windows are flattened channel by channel. The order is row, column, channel."),
        (
            lambda *case: score_map(*case).reshape(-1, len(case[2])),
            "The numbers are right, but the places stand in one row: return (rows, columns, units).",
        ),
    ],
    why="This is what a convolution with the reshaped matrix does, without computing anything twice.",
    hints=(
        "Two loops over the places; at each place one row of numbers, one per unit.",
        "There are rows − height + 1 places downwards.",
        "`window.reshape(-1)` flattens in the order row, column, channel.",
    ),
    explanation="Each window is flattened and meets the same matrix: a convolution, written as a dense layer.",
)
