"""What `describe` once got wrong or gave up on, on models that other people wrote."""

import math
import os

import keras
import numpy as np
import pytest
from keras import layers, ops

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.anatomy import describe, fields, graph, kinds, macs, tables


def chain(*stack, shape=(26, 20, 2)):
    return keras.Sequential([keras.Input(shape), *stack])


def through(function, shape=(26, 20, 2), **options):
    image = keras.Input(shape, **options)
    return keras.Model(image, function(image))


def last(model):
    return describe(model).rows[-1]


def shares(image):
    """An activation of a user: it divides by the sum over the image."""
    return image / ops.sum(image, axis=(1, 2, 3), keepdims=True)


def row_shares(vectors):
    return vectors / ops.sum(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Activation(shares),
        layers.Conv2D(3, 3, activation=shares),
        layers.Dense(3, activation=lambda x: x),
        layers.DepthwiseConv2D(3, activation=shares),
        layers.EinsumDense("abcd,de->abce", (None, None, 4), activation=shares),
        layers.TimeDistributed(layers.Dense(3, activation=row_shares)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_fields_behind_activations_of_ones_own_are_unknown(layer):
    row = last(chain(layer))
    assert (row.receptive_field, row.jump) == ("unknown",) * 2
    assert row.macs == {"Conv2D": 24 * 18 * 54, "DepthwiseConv2D": 24 * 18 * 18, "Activation": 0}.get(
        type(layer).__name__, 26 * 20 * 2 * (4 if isinstance(layer, layers.EinsumDense) else 3)
    )
    assert "traced" in row.note and (isinstance(layer, layers.TimeDistributed) or "none of keras.activ" in row.note)


def test_fields_behind_recurrent_activations_of_ones_own_are_unknown():
    for layer in (layers.LSTM(3, recurrent_activation=row_shares), layers.RNN(layers.GRUCell(3, row_shares))):
        row = last(chain(layer, shape=(5, 4)))
        assert row.receptive_field == "unknown" and row.note.startswith("traced")
        if keras.backend.backend() != "torch":  # which runs the first step twice
            assert row.macs == 5 * 3 * (4 + 3) * (4 if isinstance(layer, layers.LSTM) else 3)


def test_a_layer_as_activation_is_asked_for_its_own():
    row = last(chain(layers.Conv2D(3, 3, activation=layers.Activation(shares))))
    assert (row.macs, row.receptive_field) == (24 * 18 * 9 * 2 * 3, "unknown")
    assert last(chain(layers.Conv2D(3, 3, activation=layers.Activation("relu")))).receptive_field == 3


def test_activations_of_keras_stay_known():
    for name in [*kinds.ELEMENTWISE_ACTIVATIONS.split(), layers.ReLU(), ops.relu]:
        row = last(chain(layers.Conv2D(3, 3, activation=name)))
        assert (row.macs, row.receptive_field) == (24 * 18 * 9 * 2 * 3, 3)


@pytest.mark.parametrize("name", kinds.SUMMING_ACTIVATIONS.split())
def test_activations_that_sum_mix_the_last_axis(name):
    flat = chain(layers.Conv2D(3, 3), layers.Flatten(), layers.Activation(name))
    assert last(flat).receptive_field == "whole input"
    turned = through(lambda x: layers.Conv2D(3, 3, data_format="channels_first", activation=name)(x), (2, 26, 20))
    assert last(turned).receptive_field == (3, "whole input")  # along the width


def test_fields_of_several_inputs_are_kept_apart():
    large, small = keras.Input((26, 20, 1), name="large"), keras.Input((12, 10, 1), name="small")
    pooled = [layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(image)) for image in (large, small)]
    row = last(keras.Model([large, small], layers.Subtract()(pooled)))
    assert (row.receptive_field, row.note) == ("whole input", "")
    one, other = keras.Input((28, 28, 1), name="one"), keras.Input((28, 28, 1), name="other")
    heads = [
        layers.Flatten()(layers.MaxPooling2D()(layers.Conv2D(2, size)(image))) for image, size in ((one, 3), (other, 4))
    ]
    row = last(keras.Model([one, other], layers.Dense(2)(layers.Concatenate()(heads))))
    assert (row.receptive_field, row.note) == ("whole input", "reaches 27 × 27 of 28 × 28 pixels of other")
    both = [layers.Conv2D(2, size, padding="same")(image) for image, size in ((one, 3), (other, 5))]
    row = last(keras.Model([one, other], layers.Add()(both)))
    assert (row.receptive_field, row.jump) == ("–", "–")
    assert row.note == "field 3, jump 1 of one; field 5, jump 1 of other"


@pytest.mark.parametrize(
    ("function", "field"),
    [
        (lambda x: ops.softmax(x, axis=None), "unknown"),
        (lambda x: ops.log_softmax(x, axis=None), "unknown"),
        (lambda x: ops.mean(x, axis=0), "unknown"),
        (lambda x: ops.transpose(x), "unknown"),
        (lambda x: ops.transpose(x, (1, 0, 2, 3)), "unknown"),
        (lambda x: ops.expand_dims(x, 0), "unknown"),
        (lambda x: ops.transpose(x, (0, -1, 1, 2)), (3, 5)),
        (lambda x: ops.moveaxis(x, -1, 1), (3, 5)),
        (lambda x: ops.swapaxes(x, -1, 1), (3, 5)),
        (lambda x: ops.pad(x, ((0, 0), (1, 1), (2, 0), (0, 0))), (3, 5)),
        (lambda x: ops.pad(x, ((0, 0), (1, 1), (2, 0), (0, 0)), "reflect"), "unknown"),
        (lambda x: ops.split(x, 2, axis=-1)[1], (3, 5)),
        (lambda x: ops.split(x, 2, axis=1)[1], "unknown"),
        (lambda x: ops.flip(x, 1), (3, 5)),
        (lambda x: ops.stack([x, x], axis=1), (3, 5)),
        (lambda x: x[..., :1], (3, 5)),
        (lambda x: ops.conv(x, np.ones((3, 3, 2, 4), "float32"), 1), (5, 7)),
        (lambda x: ops.not_equal(x, 3), (3, 5)),
        (lambda x: ops.matmul(x, np.ones((2, 7), "float32")), (3, 5)),
        (lambda x: ops.einsum("bhwc,cd->bdhw", x, np.ones((2, 7), "float32")), (3, 5)),
    ],
)
def test_fields_behind_operations(function, field):
    rows = describe(through(lambda x: function(layers.Conv2D(2, (3, 5), padding="same")(x)))).rows
    assert rows[-1].receptive_field == field
    assert all("failed" not in row.note for row in rows)


def lit(model, axis):
    """Size of what the values in the middle of the output answer to, along one axis."""
    shape = model.inputs[0].shape[1:]
    images = np.zeros((shape[axis], *shape), "float32")
    for line in range(shape[axis]):
        images[(line, *[slice(None)] * axis, line)] = 1
    answers = np.abs(ops.convert_to_numpy(model(images))) > 0
    middle = answers[:, answers.shape[1] // 2, answers.shape[2] // 2].any(axis=-1)
    found = np.flatnonzero(middle)
    return found[-1] + 1 - found[0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 2:, ::2],
        lambda x: x[:, 1:-1:2, 3:],
        lambda x: x[:, ::-1, :, :1],
        lambda x: ops.flip(x, 2),
        lambda x: x[:, 1:21, 2:17],
        lambda x: ops.pad(x, ((0, 0), (2, 1), (0, 3), (0, 0))),
        lambda x: ops.concatenate(ops.split(x, 2, axis=-1), axis=-1),
    ],
)
def test_fields_of_slices_equal_the_lit_pixels(function):
    ones = {"use_bias": False, "kernel_initializer": "ones"}
    model = through(lambda x: layers.Conv2D(1, 3, **ones)(function(layers.Conv2D(2, 3, **ones)(x))))
    axes = next(iter(graph.follow(model)[-1].fields.values()))
    assert [axis.size for axis in axes[:2]] == [lit(model, 0), lit(model, 1)]


def test_a_contracted_half_of_an_axis_is_unknown():
    einsum = layers.EinsumDense("abcd,ce->abed", (8, 5, 2))
    row = last(chain(layers.Reshape((8, 3, 2)), einsum, shape=(4, 6, 2)))
    assert (row.receptive_field, row.macs) == ("unknown", 8 * 3 * 2 * 5) and "failed" not in row.note


def test_capitals_in_an_equation():
    small = {"kernel_initializer": "ones"}
    capitals = chain(layers.EinsumDense("...C,CE->...E", 5, **small), shape=(7, 2))
    letters = chain(layers.EinsumDense("...c,ce->...e", 5, **small), shape=(7, 2))
    total = float(np.sum(ops.convert_to_numpy(capitals(np.ones((1, 7, 2), "float32")))))
    assert last(capitals).macs == last(letters).macs == total == 7 * 2 * 5


@pytest.mark.parametrize("error", [IndexError, TypeError])
def test_a_rule_that_raises_means_unknown_and_is_named(monkeypatch, error):
    def broken(call):
        raise error(call)

    monkeypatch.setitem(kinds.KINDS, "ReLU", kinds.Kind(broken, macs.nothing))
    row = last(chain(layers.ReLU()))
    assert (row.receptive_field, row.macs, row.note) == ("unknown", 0, f"the rule for ReLU failed ({error.__name__})")
    monkeypatch.setitem(kinds.KINDS, "ReLU", kinds.Kind(fields.same, broken))
    row = last(chain(layers.ReLU()))
    failed = f"the rule for ReLU failed ({error.__name__})"
    assert (row.receptive_field, row.macs) == (1, 0) and row.note.startswith("traced") and row.note.endswith(failed)


def test_jumps_of_a_third_are_rounded():
    assert " 0.333\n" in str(describe(chain(layers.UpSampling2D(3))))
    assert "0.3333" not in str(describe(chain(layers.UpSampling2D(3))))


def test_an_input_shape_that_a_layer_refuses():
    model = chain(layers.Conv2D(2, 9, name="big"), shape=(None, None, 3))
    with pytest.raises(ValueError, match=r"`input_shape` must suit every layer; big says: .*input_shape=\(5, 5, 3\)"):
        describe(model, (5, 5, 3))
    with pytest.raises(ValueError, match=r"without the batch axis\. Received: input_shape=\(1, 32, 32, 3\)"):
        describe(model, (1, 32, 32, 3))


def test_sizes_for_several_inputs():
    one, other = keras.Input((None, None, 3), name="one"), keras.Input((None, 4), name="other")
    model = keras.Model([one, other], [layers.Conv2D(2, 3)(one), layers.Dense(5)(other)])
    rows = describe(model).rows
    assert "input_shape={'one': (224, 224, 3), 'other': (100, 4)}" in rows[0].note and rows[0].note == rows[1].note
    for shape in ([(8, 8, 3), (6, 4)], {"other": (6, 4), "one": (8, 8, 3)}):
        totals = describe(model, shape).totals
        assert (totals.macs, totals.at_least) == (36 * 9 * 3 * 2 + 6 * 4 * 5, ())
    for shape in ((8, 8, 3), [(8, 8, 3)], {"one": (8, 8, 3)}, [(8, 8, 3), (6, 5)], {"a": (8, 8, 3), "b": (6, 4)}):
        with pytest.raises(ValueError, match="`input_shape` must fit"):
            describe(model, shape)
    with pytest.raises(TypeError, match="must be a tuple of integers"):
        describe(model, [(8, 8, 3), 5])
    assert "input_shape=(224, 224, 3)" in describe(chain(layers.ReLU(), shape=(None, None, 3))).rows[0].note


def test_masks_of_words():
    words = keras.Input((20,), dtype="int32")
    row = last(keras.Model(words, layers.LSTM(3)(layers.Embedding(9, 4, mask_zero=True)(words))))
    assert (row.macs, row.receptive_field) == (20 * 4 * 3 * (4 + 3), "whole input")


def test_adapters_of_low_rank():
    model = chain(layers.Dense(16), shape=(8,))
    model.layers[0].enable_lora(2)
    assert last(model).macs == 8 * 16 and "LoRA" in last(model).note  # Keras adds a x b to the kernel
    model.layers[0].quantize("int8")
    assert (last(model).macs, last(model).note) == (8 * 16 + 8 * 2 + 2 * 16, "")


def test_printing_where_characters_are_missing():
    description = describe(chain(layers.Conv2D(2, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)))
    for encoding in ("cp1252", "ascii", "cp437"):
        shown = tables.encodable(str(description), encoding)
        assert shown.encode(encoding) and "?" not in shown and len(shown) == len(str(description))
    assert tables.encodable(str(description), "utf-8") == str(description)
    assert "24 x 18 x 2" in tables.encodable(str(description), "ascii")


def test_str_asks_the_output(monkeypatch):
    model = chain(layers.Conv2D(2, 3, name="卷积"))
    with open(os.devnull, "w", encoding="cp1252") as windows:
        monkeypatch.setattr("sys.stdout", windows)
        print(describe(model))
        assert str(describe(model)).isascii() and "?" in str(describe(model))


def long_names(count=3):
    stack = [layers.ReLU(name=f"stage{stage}_block1_of_the_network_with_a_long_conv_act1") for stage in range(count)]
    return describe(chain(*stack))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200, None])
def test_names_in_a_table_of_any_width_differ(width):
    lines = long_names().to_text(width).splitlines()
    names = [line.split()[0] for line in lines if line.startswith("s")]
    assert len(set(names)) == 3
    table = lines[1 : lines.index(lines[1], 2)]
    assert width is None or width < 100 or max(map(len, table)) <= width
    assert (width in (200, None)) == ("stage1_block1_of_the_network_with_a_long_conv_act1" in names)
    assert "…" in "".join(tables._shorten_apart(["a" * 20 + "b" * 20, "a" * 20 + "c" + "b" * 19], 12))


def test_a_width_is_a_positive_integer():
    with pytest.raises(ValueError, match="`width` must be at least 1"):
        long_names().to_text(0)
    with pytest.raises(TypeError, match="`width` must be an integer"):
        long_names().to_text("wide")


# Images in the batch


def test_frames_folded_into_the_batch():
    def frames(video):
        images = layers.Conv2D(8, 3, padding="same")(ops.reshape(video, (-1, 32, 32, 3)))
        return ops.reshape(images, (-1, 5, 32, 32, 8))

    _, convolution, unfolded = describe(through(frames, (5, 32, 32, 3))).rows[1:]
    distributed = layers.TimeDistributed(layers.Conv2D(8, 3, padding="same"))
    expected = last(chain(distributed, shape=(5, 32, 32, 3)))
    assert convolution.macs == expected.macs == 5 * 32 * 32 * 27 * 8
    assert convolution.activation_bytes == unfolded.activation_bytes == expected.activation_bytes
    assert (convolution.receptive_field, convolution.note) == (3, "5 of these for each image")


def test_two_views_joined_along_the_batch():
    views = [keras.Input((32, 32, 3)), keras.Input((32, 32, 3))]
    joined = layers.Conv2D(8, 3, padding="same")(ops.concatenate(views, axis=0))
    assert last(keras.Model(views, joined)).macs == 2 * 32 * 32 * 27 * 8


def test_windows_of_a_transformer():
    def windows(image):
        cut = ops.transpose(ops.reshape(image, (-1, 2, 13, 2, 10, 2)), (0, 1, 3, 2, 4, 5))
        return layers.MultiHeadAttention(2, 3)(tokens := ops.reshape(cut, (-1, 130, 2)), tokens)

    row = last(through(windows))
    one = last(through(lambda x: layers.MultiHeadAttention(2, 3)(x, x), (130, 2)))
    assert row.macs == 4 * one.macs


def test_what_does_not_grow_with_the_images_is_unknown():
    flat = lambda x: ops.reshape(x, (-1, 40))  # noqa: E731
    assert last(through(lambda x: ops.matmul(flat(x), ops.transpose(flat(x))), (40,))).macs == "unknown"
    assert last(through(lambda x: layers.Dense(3)(ops.mean(x, axis=0)))).macs == "unknown"


@pytest.mark.parametrize("batch", [1, 8])
def test_batches_of_a_fixed_size(batch):
    image = keras.Input(batch_shape=(batch, 6, 6, 2))
    flat = ops.reshape(layers.Conv2D(2, 3)(image), (batch, 32))
    totals = describe(keras.Model(image, layers.Dense(3)(flat))).totals
    assert (totals.macs, totals.activation_bytes) == (16 * 36 + 32 * 3, 4 * (72 + 32 + 32 + 3))


# Kinds that had no rule


def test_products_of_two_tensors():
    pair = [keras.Input((5, 4)), keras.Input((6, 4))]
    for joined in (
        layers.Dot(axes=(2, 2))(pair),
        layers.Dot(axes=-1)(pair),
        ops.einsum("bij,bkj->bik", *pair),
        ops.einsum("...ij,...kj->...ik", *pair),
        ops.matmul(pair[0], ops.transpose(pair[1], (0, 2, 1))),
    ):
        assert last(keras.Model(pair, joined)).macs == 5 * 6 * 4
    assert last(keras.Model(pair, layers.Attention()(pair))).macs == 5 * 6 * 4 * 2
    heads = [keras.Input((7, 2, 4)), keras.Input((9, 2, 4))]
    product = ops.dot_product_attention(heads[0], heads[1], heads[1])
    assert last(keras.Model(heads, product)).macs == 2 * (7 * 9 * 2 * 4)


def test_operations_with_a_given_kernel():
    last_channels = {"data_format": "channels_last"}
    for function in (
        lambda x: ops.conv(x, np.ones((3, 2, 2, 4), "float32"), 2),
        lambda x: ops.depthwise_conv(x, np.ones((3, 2, 2, 3), "float32"), **last_channels),
        lambda x: ops.conv_transpose(x, np.ones((3, 2, 4, 2), "float32"), 2, **last_channels),
    ):
        total = float(np.sum(ops.convert_to_numpy(function(np.ones((1, 26, 20, 2), "float32")))))
        assert last(through(function)).macs == total


def test_recurrence_of_images_and_of_cells():
    row = last(chain(layers.ConvLSTM2D(64, 5, padding="same"), shape=(8, 40, 40, 1)))
    assert (row.macs, row.receptive_field) == (5_324_800_000, "unknown")
    both = layers.Bidirectional(layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True))
    row = last(chain(both, shape=(8, 9, 7, 2)))
    assert (row.macs, row.receptive_field) == (2 * 8 * 63 * 4 * 9 * 6 * 4, "unknown")
    row = last(chain(layers.RNN([layers.LSTMCell(3), layers.GRUCell(5)]), shape=(10, 4)))
    assert (row.macs, row.receptive_field) == (10 * (4 * 3 * 7 + 3 * 5 * 8), "whole input")


def test_a_model_at_each_step_of_time():
    model = chain(layers.Conv2D(8, 3, padding="same", name="conv"), layers.GlobalMaxPooling2D(), shape=(32, 32, 3))
    films = chain(layers.TimeDistributed(model, name="each"), layers.LSTM(3), shape=(5, 32, 32, 3))
    description = describe(films)
    assert description.rows[1].name == "each/conv" and description.rows[1].macs == 5 * 32 * 32 * 27 * 8
    assert description.rows[-1].receptive_field == "whole input"
    assert description.totals.parameters == films.count_params() and description.totals.at_least == ()


def test_attention_across_two_sequences():
    query, value = keras.Input((7, 8), name="query"), keras.Input((11, 6), name="value")
    attention = layers.MultiHeadAttention(2, 3, value_dim=5)
    row = last(keras.Model([query, value], attention(query, value)))
    projections = 7 * 8 * 2 * 3 + 11 * 6 * 2 * (3 + 5) + 7 * 2 * 5 * 8
    assert row.macs == projections + 2 * 7 * 11 * (3 + 5)
    assert row.note == "field 1, jump 1 of query; field whole input, jump – of value"
    causal = last(through(lambda x: layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True), (7, 8)))
    plain = last(through(lambda x: layers.MultiHeadAttention(2, 3)(x, x), (7, 8)))
    assert (causal.macs, causal.receptive_field, plain.receptive_field) == (plain.macs, "unknown", "whole input")
    groups = last(through(lambda x: layers.GroupQueryAttention(3, 4, 2)(x, x), (7, 8)))
    assert groups.macs == 7 * 8 * 4 * 3 * 2 + 2 * 7 * 8 * 2 * 3 + 2 * 7 * 7 * 4 * 3


def test_attention_behind_a_mask_is_not_whole():
    near = np.abs(np.subtract.outer(range(7), range(7))) < 2
    for function in (
        lambda x: layers.GroupQueryAttention(3, 4, 2, sliding_window=2)(x, x),
        lambda x: layers.MultiHeadAttention(2, 3)(x, x, attention_mask=near[None]),
        lambda x: ops.dot_product_attention(*[ops.reshape(x, (-1, 7, 2, 4))] * 3, mask=near[None, None]),
    ):
        assert last(through(function, (7, 8))).receptive_field == "unknown"


def test_field_and_work_are_known_apart():
    row = last(through(lambda x: layers.AdditiveAttention()([x, x]), (7, 8)))
    assert (row.macs, row.receptive_field) == (7 * 7 * 8, "whole input")  # the scores are no matrix product
    for function in (ops.glu, lambda x: ops.roll(x, 1, axis=1), lambda x: ops.repeat(x, 2, axis=1)):
        row = last(through(function))
        assert (row.macs, row.receptive_field) == (0, "unknown")


def test_words_are_looked_up_without_work():
    words = keras.Input((1,), dtype="string")
    looked_up = layers.Embedding(9, 4)(layers.StringLookup(vocabulary=["a", "b"])(words))
    texts = keras.Input((), dtype="string")
    vectorize = layers.TextVectorization(10, output_sequence_length=6, vocabulary=["a", "b"])
    for model in (keras.Model(words, looked_up), keras.Model(texts, layers.Embedding(12, 4)(vectorize(texts)))):
        assert (describe(model).totals.macs, "macs" in describe(model).totals.at_least) == (0, False)


# What stays unknown says why


class Scaled(layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.calls.assign_add(1)
        return ops.relu(inputs * self.gain) + 1


class Residual(layers.Layer):
    def call(self, inputs):
        image, features = inputs
        return ops.where(image > 0, image, image + 0.1 * features)


class Hidden(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.ReLU()

    def call(self, inputs):
        return self.inner(inputs)


def test_own_layers_that_work_on_each_value_are_known():
    model = chain(layers.Conv2D(2, 3), Scaled(), layers.Conv2D(2, 3))
    assert [row.receptive_field for row in describe(model).rows] == [1, 3, 3, 5]
    assert describe(model).totals.at_least == () and float(model.layers[1].calls) == 0
    residual = through(lambda x: Residual()([x, layers.Conv2D(2, 5, padding="same")(x)]))
    assert (last(residual).receptive_field, last(residual).macs) == (5, 0)
    assert last(chain(layers.Lambda(lambda x: x / 255 - 0.5))).receptive_field == 1


@pytest.mark.parametrize("layer", [Hidden(), layers.Lambda(lambda x: x - ops.mean(x, axis=1, keepdims=True))], ids=type)
def test_fields_behind_own_layers_that_do_more_stay_unknown(layer):
    inner = getattr(layer, "inner", None)
    row = last(chain(layer))
    assert (row.receptive_field, row.macs) == ("unknown", 0) and "`call` of its own" in row.note
    assert inner is None or len(inner._inbound_nodes) == 0


class OwnCell(layers.Layer):
    units = state_size = output_size = 3

    def call(self, inputs, states):
        return inputs[:, :3] + states[0], [inputs[:, :3]]


def test_cells_of_ones_own_are_unknown():
    row = last(chain(layers.RNN(OwnCell()), shape=(5, 4)))
    assert (row.macs, row.receptive_field) == (0, "unknown") and "activation" not in row.note


class Wrapping(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = chain(layers.Conv2D(2, 3), shape=(None, None, 3))

    def call(self, inputs):
        return self.inner(inputs)


def test_a_subclass_around_a_model_says_what_to_do():
    model = Wrapping()
    model.build((None, 20, 20, 3))
    assert "describe(keras.Model(x, model.call(x)))" in last(model).note
    image = keras.Input((20, 20, 3))
    assert describe(keras.Model(image, model.call(image))).totals.macs == 18 * 18 * 27 * 2
    (whole,) = describe(model, (20, 20, 3)).rows
    assert (whole.macs, whole.output_shape, whole.parameters) == (18 * 18 * 27 * 2, (18, 18, 2), 56)
    assert (whole.receptive_field, whole.kind) == ("unknown", "Wrapping") and whole.note.startswith("traced")
    for shape in ((20, "a", 3), [(20, 20, 3), 5]):
        with pytest.raises(TypeError, match="`input_shape`"):
            describe(model, shape)
    with pytest.raises(ValueError, match="`input_shape` must suit every layer"):
        describe(model, (2, 2, 3))


class Refusing(layers.Layer):
    """Takes any number of images but not ours."""

    def compute_output_spec(self, inputs):
        if inputs.shape[0] is not None:
            raise RuntimeError(inputs)
        return keras.KerasTensor((None, 3))

    def call(self, inputs):
        return inputs[:, :3]


class Strange(layers.Layer):
    def call(self, inputs, scale=2.0, *, names=("a", "b")):
        return {"a": inputs * scale, "b": [ops.sum(inputs), inputs[:, 0]]}


def odd_models():
    image, vector = keras.Input((8, 6, 3), name="image"), keras.Input((4,), name="vector")
    strange = Strange()(image)
    scalar = keras.Input((), dtype="int32")
    yield keras.Model(vector, Refusing()(vector))
    yield keras.Model(image, [strange["a"], strange["b"][0], layers.Dense(2)(strange["a"])])
    yield keras.Model({"image": image, "vector": vector}, [image, vector])
    yield keras.Model(scalar, ops.one_hot(scalar, 5))
    yield keras.Model(image, ops.reshape(image, (-1,)))
    yield keras.Model(image, [ops.unique(image[:, :, 0, 0], size=4), ops.cumsum(image, axis=1)])
    yield keras.Model(image, ops.einsum("bhwc,bhwd,bhwe->bcde", image, image, image))
    yield keras.Model(image, layers.Bidirectional(layers.LSTM(2, return_state=True))(image[:, :, 0]))
    yield keras.Model(image, ops.take(image, ops.array([0, 2]), axis=1))
    yield keras.Model(image, image[:, 1, None, ..., 0])
    yield keras.Model(image, layers.Lambda(lambda x: x[0])(image))
    yield keras.Model(image, layers.Dense(3)(ops.sum(image)[None, None]))
    yield keras.Model(image, ops.vectorized_map(lambda x: x * 2, image))
    yield keras.Model(vector, layers.Dense(3, activation=layers.Softmax())(vector))
    adapted = chain(layers.Conv2D(2, 3), shape=(8, 6, 3))
    adapted.layers[0].enable_lora(2)
    yield adapted
    yield chain(layers.Discretization([0.5]), layers.CategoryEncoding(3, "multi_hot"), shape=(4,))
    yield chain(layers.ConvLSTM1D(2, 3, data_format="channels_first"), shape=(4, 2, 9))
    yield chain(layers.Lambda(lambda x: x), shape=(None, 1))


def test_describe_never_raises():
    for model in odd_models():
        description = describe(model)
        assert str(description) and description._repr_html_()
        assert description.totals.parameters == model.count_params()
        assert all(math.prod(weight.shape) for weight in model.weights)
