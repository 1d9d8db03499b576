"""`describe` against figures from papers, sums of ones, and images of which one row or column is lit."""

import html.parser
import inspect
import json
import math
import pathlib
import pkgutil
import random

import keras
import numpy as np
import pytest
from keras import layers, ops

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import anatomy, models
from cnn_course.anatomy import describe, fields, graph, kinds, macs, tables, traced


def row_of(model, name):
    (row,) = [row for row in describe(model).rows if row.name == name]
    return row


def last(model):
    return describe(model).rows[-1]


def chain(*stack, shape=(26, 19, 2)):
    return keras.Sequential([keras.Input(shape), *stack])


# What the values really see: kernels of ones and one lit row (or column) of a black image


def seen_by_values(model, axis):
    """Hull of the lit rows (axis 0) or columns (axis 1) that each position of the output answers to."""
    shape = model.inputs[0].shape[1:]
    lit = np.zeros((shape[axis], *shape), "float32")
    for line in range(shape[axis]):
        lit[(line, *[slice(None)] * axis, line)] = 1
    answers = np.abs(ops.convert_to_numpy(model(lit, training=False)))
    answers = answers > 1e-5 * answers.max()  # more than rounding
    if answers.ndim == 2:  # after a head
        answers = answers.any(axis=1, keepdims=True)
    else:
        answers = answers.any(axis=tuple(set(range(1, answers.ndim)) - {axis + 1}))
    lines = [np.flatnonzero(answers[:, position]) for position in range(answers.shape[1])]
    return [(int(found[0]), int(found[-1]) + 1) if len(found) else None for found in lines]


def assert_fields_are_right(model):
    """Compare what each position sees; return whether a field was met that the edge does not cut."""
    axes, uncut = *graph.follow(model)[-1].fields.values(), False
    for index in range(len(model.inputs[0].shape) - 2):
        axis, length = axes[index], model.inputs[0].shape[1 + index]
        seen = seen_by_values(model, index)
        assert axis.state == "followed" and list(axis.seen) == seen
        for position, found in enumerate(seen):
            first, end = axis.field(position) or (0, 0)
            if found and first >= 0 and end <= length and axis.reach == (0, length):
                assert found == (first, end), (index, position)
                uncut = uncut or end - first == axis.size
    return uncut


def conv(filters=2, kernel_size=3, make=layers.Conv2D, **options):
    return make(filters, kernel_size, use_bias=False, kernel_initializer="ones", **options)


def random_layer(choice, upsampling):
    pair = lambda *values: (choice(values), choice(values))  # noqa: E731
    same = {"padding": choice(["valid", "same"])}
    ones = {"use_bias": False, "kernel_initializer": "ones"}
    strided = {"strides": pair(1, 2, 3)} if choice([0, 1]) else {"dilation_rate": pair(1, 2)}
    square = {"strides": choice([1, 2])}  # depthwise convolutions take no strides that differ
    makers = [
        lambda: layers.Conv2D(2, pair(1, 2, 3, 4, 5), **strided, **same, **ones),
        lambda: layers.Conv2D(2, pair(1, 3), groups=2, **same, **ones),
        lambda: layers.DepthwiseConv2D(pair(2, 3), **square, **same, use_bias=False, depthwise_initializer="ones"),
        lambda: layers.MaxPooling2D(pair(1, 2, 3), strides=pair(1, 2), **same),
        lambda: layers.AveragePooling2D(pair(2, 3), strides=pair(1, 2), **same),
        lambda: layers.ZeroPadding2D((pair(0, 1, 2), pair(0, 1, 2))),
        lambda: layers.Dense(2, **ones),
    ]
    if upsampling:
        makers += [
            lambda: layers.Conv2DTranspose(2, pair(1, 2, 3, 4), strides=pair(1, 2, 3), **same, **ones),
            lambda: layers.UpSampling2D(pair(1, 2, 3)),
            lambda: layers.UpSampling2D(pair(2, 3), interpolation="bilinear"),
        ] * 2
    return choice(makers)()


def random_chain(seed, upsampling=False, length=3, shape=(26, 19, 2)):
    choice = random.Random(seed).choice
    for _ in range(50):
        try:
            return chain(*[random_layer(choice, upsampling) for _ in range(length)], shape=shape)
        except ValueError:  # a window that does not fit
            continue
    raise AssertionError(seed)


def test_fields_of_random_chains():
    assert sum(assert_fields_are_right(random_chain(seed)) for seed in range(20)) > 15


def test_fields_of_random_chains_that_enlarge():
    assert sum(assert_fields_are_right(random_chain(seed, upsampling=True)) for seed in range(100, 120)) > 15


@pytest.mark.slow
def test_fields_of_many_random_chains():
    for seed in range(1000, 1250):
        assert_fields_are_right(random_chain(seed, upsampling=seed % 2 == 0, length=2 + seed % 4, shape=(31, 23, 2)))


def test_fields_along_one_and_three_axes():
    causal = conv(kernel_size=3, make=layers.Conv1D, padding="causal", dilation_rate=2)
    enlarge = conv(kernel_size=3, make=layers.Conv1DTranspose, strides=2)
    pool = layers.MaxPooling1D(3, strides=2, padding="same")
    assert assert_fields_are_right(chain(causal, pool, enlarge, shape=(30, 2)))
    shifted = [
        layers.ZeroPadding1D((2, 0)),
        layers.Cropping1D((1, 3)),
        layers.UpSampling1D(2),
        layers.AveragePooling1D(3),
    ]
    assert_fields_are_right(chain(*shifted, shape=(20, 2)))
    volume = [conv(kernel_size=(2, 3, 1), make=layers.Conv3D), layers.MaxPooling3D((1, 2, 3), padding="same")]
    volume += [layers.UpSampling3D((1, 1, 2))]
    assert assert_fields_are_right(chain(*volume, shape=(6, 9, 8, 1)))


@pytest.mark.parametrize("merge", [layers.Add, layers.Concatenate, layers.Maximum, layers.Average, layers.Subtract])
def test_merged_branches_see_what_the_longest_sees(merge):
    image = keras.Input((26, 19, 2))
    short = conv(kernel_size=(1, 5), padding="same")(image)
    tall = conv(kernel_size=(5, 2), padding="same", dilation_rate=(1, 2))(image)
    long = conv(kernel_size=(3, 1), padding="same")(tall)
    model = keras.Model(image, merge()([short, long]))
    assert last(model).receptive_field == (7, 5) and last(model).jump == 1 and last(model).note == ""
    if merge is not layers.Subtract:  # there, ones cancel
        assert assert_fields_are_right(model)


def two_branches(size, kernel_size=3):
    image = keras.Input((size, size + 4, 1))
    main = conv(kernel_size=kernel_size, strides=2, padding="same")(image)
    return keras.Model(image, layers.Add()([main, conv(kernel_size=1, strides=2, padding="same")(image)]))


def test_branches_whose_centers_differ_are_flagged():
    even, odd = two_branches(26), two_branches(25)
    assert last(even).receptive_field == last(odd).receptive_field == 3  # 26 pads only the end, 25 both sides
    assert last(even).note == "merges fields whose centers are 1 pixel apart" and last(odd).note == ""
    assert f"[1] {last(even).note}" in str(describe(even)) and "apart" not in str(describe(odd))
    assert assert_fields_are_right(even) and assert_fields_are_right(odd)
    unknown_size = keras.Input((None, None, 1))
    same = conv(strides=2, padding="same")(unknown_size)
    merged = layers.Add()([same, conv(kernel_size=1, strides=2, padding="same")(unknown_size)])
    row = last(keras.Model(unknown_size, merged))
    assert (row.receptive_field, row.jump, row.note) == (3, 2, "")


def test_misaligned_branches_see_their_union():
    image = keras.Input((26, 19, 1))
    model = keras.Model(image, layers.Cropping2D(((2, 0), (0, 0)))(image) + layers.Cropping2D(((0, 2), (0, 0)))(image))
    assert last(model).receptive_field == (3, 1) and "2 pixels apart" in last(model).note
    assert assert_fields_are_right(model) and seen_by_values(model, 0)[4] == (4, 7)


def test_branches_whose_pattern_differs_in_length():
    image = keras.Input((24, 24, 2))
    coarse = layers.UpSampling2D((4, 2))(layers.MaxPooling2D((4, 2))(image))
    model = keras.Model(image, layers.Add()([conv(kernel_size=5, padding="same")(image), coarse]))
    assert assert_fields_are_right(model) and last(model).receptive_field == (6, 5)


def test_pieces_joined_along_an_image_axis():
    image = keras.Input((12, 12, 2))
    joined = layers.Concatenate(axis=1)([conv(kernel_size=(3, 5))(image), conv(kernel_size=(4, 5))(image)])
    rows = describe(keras.Model(image, conv()(layers.ReLU()(joined)))).rows
    assert [row.receptive_field for row in rows[3:]] == [(4, 5), (4, 5), "unknown"]  # windows would cross the seam


def test_different_jumps_are_said():
    image = keras.Input((8, 8, 1))
    fine, coarse = conv(padding="same")(image), conv(strides=2, padding="same")(image)
    model = keras.Model(image, layers.Add()([layers.Cropping2D(2)(fine), coarse]))
    row = last(model)
    assert row.receptive_field == 3 and row.note == "merges jumps of 1 pixel and 2 pixels"


def u_net(size, transposed_kernel=2):
    image = keras.Input((size, size + 8, 1))
    fine = conv(padding="same")(image)
    coarse = conv(padding="same")(layers.MaxPooling2D()(fine))
    coarsest = conv(padding="same")(layers.MaxPooling2D()(coarse))
    up = {"strides": 2, "padding": "same", "use_bias": False, "kernel_initializer": "ones"}
    coarse = layers.Concatenate()([coarse, layers.Conv2DTranspose(2, transposed_kernel, **up)(coarsest)])
    enlarged = layers.Conv2DTranspose(2, transposed_kernel, **up)(conv(padding="same")(coarse))
    fine = layers.Concatenate()([fine, enlarged])
    return keras.Model(image, conv(padding="same")(fine))


def test_u_net():
    model = u_net(48)
    assert all(row.note == "" for row in describe(model).rows)  # with kernels of 2 or 4 the halves stay aligned
    assert all(row.note == "" for row in describe(u_net(48, 4)).rows)
    assert any("apart" in row.note for row in describe(u_net(48, 3)).rows)
    assert last(model).jump == 1 and assert_fields_are_right(model)
    middle = seen_by_values(model, 0)
    assert last(model).receptive_field == max(end - first for first, end in middle if first > 0 and end < 48)


def test_enlarging_an_image_divides_the_jump():
    model = chain(layers.UpSampling2D(2), layers.UpSampling2D((2, 1)), conv())
    assert [row.jump for row in describe(model).rows] == [1, 0.5, (0.25, 0.5), (0.25, 0.5)]
    assert [row.receptive_field for row in describe(model).rows] == [1, 1, 1, 2]  # 3 quarters or halves touch 2 pixels
    assert "0.25 × 0.5" in str(describe(model))


# Whole input


def pooled(dense=True):
    stack = []
    for filters in (32, 64, 128):
        stack += [layers.Conv2D(filters, 3), layers.MaxPooling2D()]
    return chain(*stack, layers.Flatten(), layers.Dense(128), layers.Dense(10), shape=(28, 28, 1))


def strided():
    stack = [layers.Conv2D(filters, 3, strides=2, padding=padding) for filters, padding in STRIDED]
    return chain(*stack, layers.Flatten(), layers.Dense(128), layers.Dense(10), shape=(28, 28, 1))


STRIDED = [(32, "valid"), (64, "valid"), (128, "valid")]


def test_windows_that_do_not_fit_keep_the_head_from_the_edge():
    rows = {row.name: row for row in describe(pooled()).rows}
    dense = next(row for row in rows.values() if row.kind == "Dense")
    assert dense.receptive_field == "whole input" and dense.jump == "–"
    assert dense.note == "reaches 22 × 22 of 28 × 28 pixels"
    flatten = next(row for row in rows.values() if row.kind == "Flatten")
    assert (flatten.receptive_field, flatten.jump, flatten.note) == (22, 8, "")


@pytest.mark.parametrize("seed", range(20))
def test_reach_of_random_heads(seed):
    body = random_chain(seed, upsampling=seed % 3 == 0)
    head = layers.GlobalAveragePooling2D() if seed % 2 else layers.Flatten()
    model = keras.Sequential([body, head, layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    reached = [seen_by_values(model, axis)[0] for axis in (0, 1)]
    row = last(model)
    assert row.receptive_field == "whole input"
    sizes = [end - first for first, end in reached]
    expected = "" if sizes == [26, 19] else f"reaches {sizes[0]} × {sizes[1]} of 26 × 19 pixels"
    assert row.note == expected


def test_squeeze_and_excite_sees_the_whole_input():
    image = keras.Input((16, 16, 4))
    features = conv(4, padding="same")(image)
    gate = layers.Dense(4)(layers.GlobalAveragePooling2D(keepdims=True)(features))
    model = keras.Model(image, conv()(layers.Multiply()([features, gate])))
    by_kind = {row.kind: row for row in describe(model).rows}
    for kind in ("GlobalAveragePooling2D", "Dense", "Multiply"):
        assert (by_kind[kind].receptive_field, by_kind[kind].jump) == ("whole input", "–")
    assert last(model).receptive_field == "whole input"


def test_dense_on_a_map_is_a_1x1_convolution():
    row = last(chain(conv(), layers.Dense(5)))
    assert (row.receptive_field, row.jump, row.macs) == (3, 1, 24 * 17 * 2 * 5)


@pytest.mark.parametrize(
    ("stack", "field"),
    [
        ([layers.Flatten(), layers.ReLU()], 3),
        ([layers.Reshape((24 * 17, 2)), layers.Dense(3)], 3),
        ([layers.Reshape((24 * 17, 2)), layers.Conv1D(3, 3)], "unknown"),
        ([layers.Permute((2, 1, 3)), conv(kernel_size=(3, 1))], (3, 5)),
        ([layers.Permute((3, 1, 2)), conv(kernel_size=(2, 3))], (5, "whole input")),  # columns serve as channels
        ([layers.Reshape((24, 17, 1, 2)), layers.Conv3D(1, (3, 1, 1))], (5, 3)),
        ([layers.Resizing(9, 9)], "unknown"),
        ([layers.Softmax(axis=(1, 2, 3))], "whole input"),
        ([layers.Softmax()], 3),
        ([layers.Flatten(), layers.Activation("softmax")], "whole input"),
        ([layers.GlobalMaxPooling2D(), layers.Reshape((1, 1, 2)), conv(kernel_size=1)], "whole input"),
        ([layers.AdaptiveAveragePooling2D(1)], "whole input"),
        ([layers.AdaptiveAveragePooling2D(5)], "unknown"),
        ([layers.SpectralNormalization(conv(kernel_size=(3, 1)))], (5, 3)),
        ([layers.BatchNormalization(), layers.Dropout(0.5), layers.LayerNormalization()], 3),
        ([layers.RandomFlip(), layers.Rescaling(2)], 3),
        ([layers.RandomCrop(5, 5)], "unknown"),
    ],
    ids=lambda value: "-".join(layer.__class__.__name__ for layer in value) if isinstance(value, list) else None,
)
def test_fields_by_kind(stack, field):
    assert last(chain(conv(), *stack)).receptive_field == field


@pytest.mark.parametrize(
    "layer",
    [
        layers.GroupNormalization(1),
        layers.LayerNormalization(axis=(1, 2, 3)),
        layers.UnitNormalization(axis=(1, 2)),
        layers.Softmax(axis=(1, 2)),
    ],
    ids=lambda layer: layer.name,
)
def test_what_mixes_over_the_image_is_carried_on(layer):
    shown = [row.receptive_field for row in describe(chain(conv(), layer, conv(), layers.ReLU())).rows]
    assert shown == [1, 3, "whole input", "whole input", "whole input"]


def test_channels_first():
    image = keras.Input((3, 40, 30))
    options = {"data_format": "channels_first"}
    features = layers.Conv2D(8, (5, 3), strides=2, groups=1, **options)(layers.ZeroPadding2D((1, 0), **options)(image))
    features = layers.MaxPooling2D((2, 3), **options)(layers.DepthwiseConv2D(3, **options)(features))
    up = layers.Conv2DTranspose(4, 2, strides=2, **options)(features)
    head = layers.Dense(2)(layers.GlobalAveragePooling2D(**options)(up))
    rows = {row.kind: row for row in describe(keras.Model(image, head)).rows}
    assert rows["Conv2D"].output_shape == (8, 19, 14) and rows["Conv2D"].macs == 19 * 14 * 5 * 3 * 3 * 8
    assert (rows["Conv2D"].receptive_field, rows["Conv2D"].jump) == ((5, 3), 2)
    assert rows["DepthwiseConv2D"].macs == 17 * 12 * 3 * 3 * 8
    assert (rows["MaxPooling2D"].receptive_field, rows["MaxPooling2D"].jump) == (11, (4, 6))  # 5 + 4 + 2, 3 + 4 + 4
    assert rows["Conv2DTranspose"].jump == (2, 3) and rows["Conv2DTranspose"].macs == 8 * 4 * 2 * 2 * 8 * 4
    assert rows["Dense"].receptive_field == "whole input"


def test_sequences_and_volumes():
    steps = keras.Input((50, 8))
    features = layers.Conv1D(4, 3, dilation_rate=2, padding="causal")(steps)
    rows = describe(keras.Model(steps, layers.LSTM(6)(layers.MaxPooling1D(2)(features)))).rows
    assert [row.receptive_field for row in rows] == [1, 5, 6, "whole input"]
    assert rows[-1].macs == 25 * 4 * 6 * (4 + 6)
    words = [layers.Embedding(9, 4), layers.Conv1D(3, 5)]
    rows = describe(chain(*words, shape=(20,))).rows
    assert [(row.receptive_field, row.macs) for row in rows] == [(1, 0), (1, 0), (5, 16 * 5 * 4 * 3)]
    repeated = [layers.Dense(3), layers.RepeatVector(4), layers.Conv1D(2, 2)]
    assert [row.receptive_field for row in describe(chain(*repeated, shape=(6,))).rows] == [1] + ["whole input"] * 3
    row = last(chain(layers.Conv3D(2, (1, 2, 3)), shape=(9, 8, 7, 3)))
    assert row.receptive_field == (1, 2, 3) and row.macs == 9 * 7 * 5 * 6 * 3 * 2


def test_fields_follow_the_input_with_the_most_axes():
    image, table = keras.Input((12, 12, 1)), keras.Input((5,))
    vector = layers.Dense(2)(table)
    model = keras.Model([image, table], layers.Add()([conv()(image), vector]))
    fields = {row.kind: row.receptive_field for row in describe(model).rows if row.kind != "InputLayer"}
    assert fields == {"Conv2D": 3, "Dense": "–", "Add": 3}


# Multiply-accumulates: with ones everywhere and no bias, the sum of all outputs counts them


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda ones: layers.Conv1D(3, 4, strides=2, **ones), (11, 2)),
        (lambda ones: layers.Conv2D(4, (3, 2), strides=2, **ones), (9, 8, 3)),
        (lambda ones: layers.Conv2D(6, (2, 3), groups=2, dilation_rate=2, **ones), (9, 8, 4)),
        (lambda ones: layers.Conv3D(2, (1, 2, 3), **ones), (4, 5, 6, 2)),
        (lambda ones: layers.Conv2DTranspose(3, (3, 2), strides=2, **ones), (5, 4, 2)),
        (lambda ones: layers.Conv1DTranspose(3, 5, **ones), (6, 2)),
        (lambda ones: layers.Dense(7, **ones), (6,)),
        (lambda ones: layers.Dense(7, **ones), (3, 2, 6)),
        (lambda ones: layers.EinsumDense("...xy,xzy->...zx", (5, 3), kernel_initializer="ones"), (4, 3, 2)),
        (lambda ones: layers.EinsumDense("abc,cd->abd", (None, 7), kernel_initializer="ones"), (4, 3)),
        (lambda ones: layers.SimpleRNN(3, **ones, recurrent_initializer="zeros", activation=None), (1, 4)),
        (lambda ones: layers.TimeDistributed(layers.Conv2D(2, 3, **ones)), (4, 6, 5, 2)),
    ],
)
def test_macs_equal_the_sum_of_ones(make, shape):
    model = chain(make({"use_bias": False, "kernel_initializer": "ones"}), shape=shape)
    total = float(np.sum(ops.convert_to_numpy(model(np.ones((1, *shape), "float32")))))
    if isinstance(model.layers[0], layers.SimpleRNN):
        total += 3 * 3  # the recurrent kernel works, too, on a state of zeros
    assert last(model).macs == total


def test_macs_of_depthwise_and_separable_layers():
    ones = {"use_bias": False, "depthwise_initializer": "ones"}
    depthwise = chain(layers.DepthwiseConv2D((3, 2), depth_multiplier=3, **ones), shape=(9, 8, 4))
    first = float(np.sum(ops.convert_to_numpy(depthwise(np.ones((1, 9, 8, 4), "float32")))))
    assert last(depthwise).macs == first
    separable = chain(layers.SeparableConv2D(5, (3, 2), depth_multiplier=3), shape=(9, 8, 4))
    assert last(separable).macs == first + 7 * 7 * 12 * 5


def test_padding_counts_like_pixels():
    same = last(chain(conv(5, (3, 4), padding="same"))).macs
    assert same == last(chain(layers.ZeroPadding2D(((1, 1), (1, 2))), conv(5, (3, 4)))).macs == 26 * 19 * 12 * 2 * 5


def test_macs_of_recurrent_layers_and_attention():
    steps = keras.Input((10, 4))
    for layer, gates in ((layers.LSTM(3), 4), (layers.GRU(3), 3), (layers.SimpleRNN(3), 1)):
        assert last(keras.Model(steps, layer(steps))).macs == 10 * gates * 3 * (4 + 3)
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
    row = last(keras.Model(steps, both(steps)))
    assert row.macs == 2 * 10 * 4 * 3 * (4 + 3) and row.receptive_field == "whole input"
    row = last(keras.Model(steps, layers.LSTM(3, return_sequences=True)(steps)))
    assert row.receptive_field == "unknown" and row.output_shape == (10, 3)
    states = [keras.Input((3,)), keras.Input((3,))]
    row = last(keras.Model([steps, *states], layers.LSTM(3)(steps, initial_state=states)))
    assert row.receptive_field == "whole input" and row.macs == 10 * 4 * 3 * (4 + 3)
    attention = layers.MultiHeadAttention(2, 3, value_dim=5)
    row = last(keras.Model(steps, attention(steps, steps)))
    kernels = sum(math.prod(weight.shape) for weight in attention.weights if "kernel" in weight.path)
    assert row.macs == 10 * kernels + 2 * 10 * 10 * (3 + 5)  # scores and sums of two heads
    assert row.parameters == attention.count_params()


# Figures from papers and from Keras


def test_pooled_and_strided():
    for model, parameters, products in ((pooled(), 110_474, 3_106_176), (strided(), 159_626, 1_073_952)):
        totals = describe(model).totals
        assert (totals.parameters, totals.macs, totals.at_least) == (parameters, products, ())


@pytest.mark.slow
def test_vgg16_with_its_head():
    totals = describe(keras.applications.VGG16(weights=None)).totals
    assert totals.parameters == 138_357_544 and totals.macs == 15_470_264_320


def test_vgg16_in_text():
    description = describe(keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3)))
    assert description.totals.parameters == 138_357_544 - 123_642_856  # its three dense layers
    assert description.totals.macs == 15_470_264_320 - 25_088 * 4096 - 4096 * 4096 - 4096 * 1000
    assert (description.rows[-1].receptive_field, description.rows[-1].jump) == (212, 32)
    lines = {line.split("  ")[0].strip(): line for line in str(description).splitlines()}
    assert max(map(len, lines.values())) <= 120
    first = lines["block1_conv1"]
    assert first.split() == "block1_conv1 Conv2D 224 × 224 × 64 1,792 86,704,128 12,845,056 3 1".split()  # noqa: SIM905
    assert lines["total"].split()[:3] == ["total", "14,714,688", "15,346,630,656"]
    for number, column in (("1,792", "parameters"), ("86,704,128", "MACs"), ("12,845,056", "activations")):
        assert first.index(number) + len(number) == lines["layer"].index(column) + len(column)  # right-aligned


def test_alexnet_column():
    pool = lambda: layers.MaxPooling2D(3, strides=2)  # noqa: E731
    stack = [layers.Conv2D(8, 11, strides=4), pool(), layers.Conv2D(8, 5, padding="same"), pool()]
    stack += [layers.Conv2D(8, 3, padding="same") for _ in range(3)] + [pool()]
    rows = describe(chain(*stack, shape=(227, 227, 3))).rows
    expected = [(1, 1), (11, 4), (19, 8), (51, 8), (67, 16), (99, 16), (131, 16), (163, 16), (195, 32)]
    assert [(row.receptive_field, row.jump) for row in rows] == expected


DISTILL = {"MobileNet": (315, 32), "ResNet50": (483, 32), "InceptionV3": (1311, 32)}  # Araujo et al. (2019), table 1


@pytest.mark.parametrize("name", ["MobileNet", "ResNet50", pytest.param("InceptionV3", marks=pytest.mark.slow)])
def test_fields_of_published_networks(name):
    model = getattr(keras.applications, name)(weights=None, include_top=False)
    row = last(model)
    assert (row.receptive_field, row.jump) == DISTILL[name]
    totals = describe(model).totals
    assert totals.parameters == model.count_params()
    assert totals.at_least == ("macs", "activation_bytes")  # sizes are not given
    assert [row.name for row in describe(model).rows] == [layer.name for layer in model.layers]


SMALLEST = {
    "convnext": "ConvNeXtTiny",
    "densenet": "DenseNet121",
    "efficientnet": "EfficientNetB0",
    "efficientnet_v2": "EfficientNetV2B0",
    "inception_resnet_v2": "InceptionResNetV2",
    "inception_v3": "InceptionV3",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3": "MobileNetV3Small",
    "nasnet": "NASNetMobile",
    "resnet": "ResNet50",
    "resnet_v2": "ResNet50V2",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "xception": "Xception",
}


def test_every_family_is_listed():
    from keras.src import applications

    modules = {module.name for module in pkgutil.iter_modules(applications.__path__)}
    assert {name for name in modules if not name.endswith(("_utils", "_test"))} == set(SMALLEST)


def assert_totals_agree(model):
    totals = describe(model).totals
    assert totals.parameters == model.count_params()
    for weights, figure in (
        (model.trainable_weights, totals.trainable_parameters),
        (model.non_trainable_weights, totals.non_trainable_parameters),
    ):
        assert figure == sum(math.prod(weight.shape) for weight in weights)
    return totals


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST.values())
def test_the_smallest_of_every_family(name):
    model = getattr(keras.applications, name)(weights=None)
    assert_totals_agree(model)
    description = describe(model, input_shape=tuple(size or 224 for size in model.input_shape[1:]))
    assert description.totals.at_least == () and description.totals.macs > 10**7
    assert all(row.receptive_field != "unknown" for row in description.rows)
    assert last(model).receptive_field == "whole input"
    names = [row.name for row in description.rows]
    assert len(set(names)) == len(names) and {layer.name for layer in model.layers} <= {n.split("/")[0] for n in names}
    assert max(map(len, str(description).splitlines())) <= 120


# Graphs: sharing, nesting, operations, what cannot be known


def test_a_layer_that_is_applied_twice_has_its_parameters_once():
    image = keras.Input((8, 8, 2))
    shared = conv(2, name="shared", padding="same")
    model = keras.Model(image, shared(shared(image)))
    first, second = describe(model).rows[1:]
    assert (first.parameters, first.macs, first.note) == (36, 8 * 8 * 36, "")
    assert (second.parameters, second.macs, second.note) == (0, first.macs, "shared with the row of this name above")
    assert (first.receptive_field, second.receptive_field) == (3, 5)
    assert assert_totals_agree(model).macs == 2 * first.macs


class Tied(layers.Layer):
    """Leads back through the kernel of another layer, and has a bias of its own."""

    def __init__(self, dense, **options):
        super().__init__(**options)
        self.dense = dense
        self.bias = self.add_weight(shape=(dense.kernel.shape[0],), name="bias")

    def call(self, inputs):
        return ops.matmul(inputs, ops.transpose(self.dense.kernel)) + self.bias


def test_a_weight_of_two_layers_counts_once():
    image = keras.Input((8,))
    dense = layers.Dense(5, name="dense", use_bias=False)
    code = dense(image)
    model = keras.Model(image, Tied(dense)(code))
    assert [row.parameters for row in describe(model).rows] == [0, 40, 8]
    assert last(model).note.startswith("shared with dense above; traced: ") and last(model).macs == 5 * 8
    assert_totals_agree(model)


def test_nested_models_are_taken_apart_and_may_be_applied_twice():
    encoder = chain(layers.Conv2D(4, 3, name="conv"), layers.MaxPooling2D(name="pool"), shape=(None, None, 3))
    body = keras.Sequential([keras.Input((None, None, 3)), encoder, layers.Dense(5, name="dense")], name="body")
    encoder_name = encoder.name
    left, right = keras.Input((26, 20, 3), name="left"), keras.Input((18, 12, 3), name="right")
    heads = [layers.GlobalAveragePooling2D(name=name)(body(image)) for name, image in (("a", left), ("b", right))]
    model = keras.Model([left, right], layers.Subtract(name="difference")(heads))
    rows = describe(model).rows
    inner = [f"body/{encoder_name}/conv", f"body/{encoder_name}/pool", "body/dense"]
    assert [row.name for row in rows] == ["left", "right", *inner, *inner, "a", "b", "difference"]
    assert [row.name for row in describe(body).rows][1:] == [name.removeprefix("body/") for name in inner]
    of_left, of_right = rows[5:8], rows[2:5]  # in the order in which Keras runs them
    assert [row.output_shape for row in of_left] == [(24, 18, 4), (12, 9, 4), (12, 9, 5)]
    assert [row.output_shape for row in of_right] == [(16, 10, 4), (8, 5, 4), (8, 5, 5)]
    assert [row.macs for row in of_left] == [24 * 18 * 27 * 4, 0, 12 * 9 * 4 * 5]
    assert [row.macs for row in of_right] == [16 * 10 * 27 * 4, 0, 8 * 5 * 4 * 5]
    assert all(row.parameters == 0 and row.note.startswith("shared") for row in rows[5:8])
    assert rows[4].receptive_field == rows[7].receptive_field == 4
    assert_totals_agree(model)


def test_operations_have_rows():
    image = keras.Input((8, 8, 2))
    features = conv()(image)
    model = keras.Model(image, ops.mean(ops.relu(features + features * 2.0), axis=(1, 2)))
    rows = describe(model).rows
    assert [row.kind for row in rows[2:]] == ["ops.Multiply", "ops.Add", "ops.Relu", "ops.Mean"]
    assert [row.receptive_field for row in rows[2:]] == [3, 3, 3, "whole input"]
    assert all((row.parameters, row.macs) == (0, 0) for row in rows[2:]) and rows[-1].output_shape == (2,)
    row = last(keras.Model(image, ops.matmul(features, ops.transpose(features, (0, 1, 3, 2)))))
    assert (row.macs, row.receptive_field) == (6 * 6 * 6 * 2, "unknown")  # 6 products of 6 x 2 and 2 x 6
    assert last(keras.Model(image, ops.cumsum(image, axis=1))).note.startswith("traced")


def test_operations_that_move_axes():
    image = keras.Input((12, 9, 2))
    turned = ops.transpose(conv(kernel_size=(5, 3))(image), (0, 2, 1, 3))
    joined = ops.squeeze(ops.expand_dims(turned, -1), -1)
    row = last(keras.Model(image, ops.max_pool(joined, (2, 1), 1)))
    assert (row.receptive_field, row.output_shape) == ((5, 4), (6, 8, 2))
    assert last(keras.Model(image, ops.mean(image, axis=2))).receptive_field == (1, "whole input")
    assert "1 × whole" in str(describe(keras.Model(image, ops.mean(image, axis=2))))
    assert last(keras.Model(image, ops.cumsum(image, axis=1))).receptive_field == "unknown"


class Twice(layers.Layer):
    calls = 0

    def call(self, inputs):
        Twice.calls += 1
        return 2 * inputs


class Mirrored(layers.Layer):
    def call(self, inputs):
        return inputs + inputs[:, ::-1]


class OwnConvolution(layers.Conv2D):
    def call(self, inputs):
        return super().call(inputs[:, ::-1])


class RenamedConvolution(layers.Conv2D):
    pass


@pytest.mark.parametrize(
    ("layer", "work"),
    [(Mirrored(), 0), (layers.Lambda(lambda x: x - ops.mean(x)), 0), (OwnConvolution(2, 3), 22 * 15 * 9 * 2 * 2)],
    ids=lambda x: getattr(x, "name", x),
)
def test_fields_behind_layers_of_ones_own_are_unknown(layer, work):
    model = chain(layers.Conv2D(2, 3), layer, layers.Conv2D(2, 3), layers.GlobalAveragePooling2D())
    before, own, after, head = describe(model).rows[1:]
    assert (own.macs, own.receptive_field, own.jump) == (work, "unknown", "unknown")
    assert own.note.startswith("traced") and "`call` of its own" in own.note
    assert own.parameters == layer.count_params() and own.output_shape == tuple(layer.output.shape[1:])
    assert before.receptive_field == 3 and after.receptive_field == head.receptive_field == "unknown"
    assert assert_totals_agree(model).at_least == ()
    assert f" {before.macs + work + after.macs:,} " in str(describe(model))


def test_a_subclass_without_a_call_of_its_own_is_what_its_parent_is():
    row = last(chain(RenamedConvolution(2, 3)))
    assert row.kind == "RenamedConvolution" and row.receptive_field == 3 and row.macs == 24 * 17 * 9 * 2 * 2


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.first, self.second = layers.Dense(3, name="first"), layers.Dense(4, name="second")
        self.never_called = layers.Dense(5, name="never_called")
        self.scale = self.add_weight(shape=(7,), name="scale")

    def call(self, inputs):
        return self.second(self.first(inputs)) * self.scale[0]


@pytest.mark.filterwarnings("ignore:.*unbuilt state")
def test_subclassed_models():
    model = Subclassed()
    with pytest.raises(ValueError, match=r"must be built: .*model\.build\(input_shape\).* 'own', not built"):
        describe(model)
    model(np.zeros((1, 2), "float32"))
    rows = describe(model).rows
    assert [row.name for row in rows] == ["first", "second", "never_called", "own"]
    assert [row.parameters for row in rows] == [9, 16, "unknown", 7]
    assert {rows[0].macs, rows[0].output_shape, rows[0].receptive_field, rows[0].activation_bytes} == {"unknown"}
    totals = assert_totals_agree(model)
    assert totals.parameters == 32 and set(totals.at_least) == set(anatomy.COLUMNS)
    image = keras.Input((2,))
    (row,) = describe(keras.Model(image, model(image))).rows[1:]
    assert (row.name, row.parameters, row.macs, row.output_shape) == ("own", 32, 2 * 3 + 3 * 4, (4,))


class OwnCall(keras.Model):
    def call(self, inputs):
        return -super().call(inputs)


def test_a_graph_that_is_not_what_runs_is_not_followed():
    image = keras.Input((6, 6, 2))
    features = layers.Conv2D(2, 3, name="inside")(image)
    for cls, figure in ((OwnCall, "unknown"), (keras.Model, 4 * 4 * 36)):
        row = describe(cls(image, features)).rows[-1]
        assert (row.name, row.macs, row.parameters) == ("inside", figure, 38)


def test_frozen_layers_and_statistics_are_not_trainable():
    inner = chain(conv(name="conv"), layers.BatchNormalization(name="norm"), layers.Dropout(0.5), shape=(None, None, 2))
    normalize = layers.Normalization(name="normalize")
    model = keras.Sequential([keras.Input((9, 9, 2)), normalize, inner, layers.RandomFlip(), layers.Dense(3)])
    rows = {row.kind: row for row in describe(model).rows}
    assert rows["BatchNormalization"][3:6] == (8, 4, 4) and rows["Dropout"].parameters == 0
    assert rows["Normalization"].non_trainable_parameters == normalize.count_params() == 5
    assert_totals_agree(model)
    inner.trainable = False
    rows = {row.kind: row for row in describe(model).rows}
    assert rows["Conv2D"][3:6] == (36, 0, 36) and rows["Dense"][3:6] == (9, 9, 0)
    assert assert_totals_agree(model).trainable_parameters == 9
    model.trainable = False
    assert assert_totals_agree(model).trainable_parameters == 0
    model.layers[-1].trainable = True  # Keras trains nothing of a frozen model, whatever its layers say
    assert assert_totals_agree(model).trainable_parameters == 0


def test_unknown_sizes_stay_unknown():
    row = last(chain(conv(strides=2), conv(), shape=(None, 20, 2)))
    assert (row.output_shape, row.macs, row.activation_bytes) == ((None, 7, 2), "unknown", "unknown")
    assert (row.receptive_field, row.jump) == (7, 2)


def test_sizes_left_open_can_be_given():
    def stack():
        return [layers.Conv2D(2, 3, strides=2, padding="same"), layers.GlobalAveragePooling2D(), layers.Dense(3)]

    open_sizes, given = chain(*stack(), shape=(None, None, 2)), chain(*stack(), shape=(30, 21, 2))
    expected = [row._replace(name="") for row in describe(given).rows]
    assert [row._replace(name="") for row in describe(open_sizes, (30, 21, 2)).rows] == expected
    assert describe(open_sizes).totals.at_least == ("macs", "activation_bytes")
    assert describe(open_sizes, input_shape=[30, 21, 2]).totals == describe(given).totals
    two = keras.Model([keras.Input((3,)), image := keras.Input((3,))], image)
    for model, shape in ((open_sizes, (30, 21, 3)), (open_sizes, (30, 21)), (two, (3,))):
        with pytest.raises(ValueError, match=r"`input_shape` must fit .* Received: input_shape=\("):
            describe(model, input_shape=shape)


def test_bytes_follow_the_dtype():
    half = chain(layers.Conv2D(2, 3, dtype="mixed_float16"), layers.Dense(3, dtype="float32"), shape=(6, 6, 2))
    assert [row.activation_bytes for row in describe(half).rows] == [4 * 72, 2 * 32, 4 * 48]
    brain = chain(layers.Conv2D(2, 3, dtype="mixed_bfloat16"), shape=(6, 6, 2))
    assert last(brain).activation_bytes == 2 * 32
    pixels = keras.Input((6, 6, 2), dtype="uint8")
    rows = describe(keras.Model(pixels, [layers.Rescaling(1 / 255)(pixels), pixels > 3])).rows
    assert sorted(row.activation_bytes for row in rows) == [72, 72, 4 * 72]


def test_several_outputs():
    steps = keras.Input((5, 2))
    row = last(keras.Model(steps, layers.LSTM(3, return_state=True)(steps)))
    assert row.output_shape == [(3,), (3,), (3,)] and row.activation_bytes == 3 * 3 * 4


def test_describing_changes_and_runs_nothing():
    encoder = chain(layers.Conv2D(2, 3), Twice(), shape=(None, None, 2))
    image = keras.Input((9, 9, 2))
    model = keras.Model(image, layers.Dense(1)(encoder(image)))
    every = [*model.layers, *encoder.layers]
    nodes, weights = [len(layer._inbound_nodes) for layer in every], list(map(id, model.weights))
    first = describe(model)
    assert describe(model) == first and first.rows[1].output_shape == (7, 7, 2)
    assert [len(layer._inbound_nodes) for layer in every] == nodes and list(map(id, model.weights)) == weights
    assert model.output.shape == (None, 7, 7, 1) and model.layers[-1].output.shape == (None, 7, 7, 1)


@pytest.mark.parametrize("value", [None, "vgg16", layers.Dense(3), keras.Model, np.zeros(3)], ids=type)
def test_what_is_no_model_is_refused(value):
    with pytest.raises(TypeError, match="`model` must be a keras.Model. Received: "):
        describe(value)


@pytest.mark.parametrize("model", [keras.Sequential([layers.Dense(3)], name="bare"), keras.Sequential(name="bare")])
def test_models_that_are_not_built_are_refused(model):
    with pytest.raises(ValueError, match=r"begin it with keras\.Input\(shape\).* 'bare', not built"):
        describe(model)


# Text, HTML, records

LONG = "a_very_long_name_of_a_layer_that_no_table_of_120_characters_has_space_for_in_its_first_column"


def long_model():
    stack = [layers.Conv2D(2, 3, name=LONG), layers.GlobalAveragePooling2D(name="x" * 50 + "1"), Twice(name="<b>&")]
    return chain(*stack)


def test_text_fits_and_records_keep_names():
    description = describe(long_model())
    lines = str(description).splitlines()
    assert max(map(len, lines)) <= 120 and repr(description) == str(description)
    assert any("…" in line and "first_column " in line for line in lines) and LONG not in str(description)
    assert [record["name"] for record in description.to_records()][1:] == [LONG, "x" * 50 + "1", "<b>&"]


def test_records_are_plain():
    records = describe(pooled()).to_records()
    assert set(records[0]) == set(anatomy.Row._fields)
    again = json.loads(json.dumps(records))
    assert [record["macs"] for record in again] == [record["macs"] for record in records]
    assert again[1]["output_shape"] == [26, 26, 32]
    assert sum(record["parameters"] for record in records) == 110_474


class Cells(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.open, self.scopes = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("br",):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "th":
            self.scopes.append(dict(attributes)["scope"])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1] += text


def test_html_is_a_table_with_headers_and_escaped_names():
    description = describe(long_model())
    cells = Cells()
    cells.feed(description._repr_html_())
    assert cells.open == [] and {len(row) for row in cells.rows} == {9}
    assert len(cells.rows) == len(description.rows) + 2
    assert cells.scopes == ["col"] * 9 + ["row"] * (len(description.rows) + 1)
    assert cells.rows[-2][0] == "<b>&" and "&lt;b&gt;&amp;" in description._repr_html_()
    assert f'title="{LONG}"' in description._repr_html_() and "color" not in description._repr_html_()
    assert cells.rows[2][4] == f"{24 * 17 * 9 * 2 * 2:,}"


def test_public_names():
    for module in (anatomy, fields, graph, kinds, macs, tables, traced):
        assert module.__doc__ and len(set(module.__all__)) == len(module.__all__)
        assert all(getattr(module, name).__doc__ for name in module.__all__)


def operation_classes():
    """Classes behind `keras.ops`, by name."""
    from keras.src import ops as modules

    every = [value for module in vars(modules).values() if inspect.ismodule(module) for value in vars(module).values()]
    return {value.__name__ for value in every if inspect.isclass(value) and issubclass(value, keras.Operation)}


def test_every_kind_is_a_layer_or_an_operation():
    operations, private = (
        operation_classes(),
        {"CustomScaleLayer", "GroupedQueryAttention", "LayerScale", "StochasticDepth"},
    )
    for name, kind in kinds.KINDS.items():
        if name.startswith("ops."):
            assert name.removeprefix("ops.") in operations, name
        else:
            assert name in private or hasattr(layers, name) or hasattr(models, name), name
        assert callable(kind.field) and callable(kind.macs)


def test_the_page_shows_what_is_printed():
    keras.utils.clear_session()  # Keras counts the names of layers from the start again
    page = (pathlib.Path(__file__).parents[3] / "docs" / "describe.md").read_text(encoding="utf-8")
    assert f"```text\n{describe(models.pooled_cnn())}\n```" in page


def test_local_response_normalization_is_known():
    assert describe(chain(models.LocalResponseNormalization())).rows[-1][6:10] == (0, 26 * 19 * 2 * 4, 1, 1)
