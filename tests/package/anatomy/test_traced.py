"""Work read off a trace, against the rules on every layer that has one, and against sums by hand.

The same file is run on the other backends, so that their traces are held to the same numbers.
"""

import math

import keras
import numpy as np
import pytest
from keras import layers, ops

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.anatomy import describe, graph, kinds, traced

BACKEND = keras.backend.backend()


def calls():
    """A function and the shapes of its inputs, by name: each way of multiplying that a rule knows."""
    for rank, size in enumerate([(11,), (11, 10), (5, 6, 7)], start=1):
        for padding in ("valid", "same"):
            for option in ({}, {"strides": 2}, {"dilation_rate": 2}, {"groups": 2}):
                layer = getattr(layers, f"Conv{rank}D")(6, 3, padding=padding, **option)
                yield f"{layer.name} {padding} {option}", layer, (*size, 4)
            for option in ({}, {"strides": 2}):
                layer = getattr(layers, f"Conv{rank}DTranspose")(6, 3, padding=padding, **option)
                yield f"{layer.name} {padding} {option}", layer, (*size, 4)
            for option in ({}, {"strides": 2}, {"dilation_rate": 2}, {"depth_multiplier": 3}) if rank < 3 else ():
                layer = getattr(layers, f"DepthwiseConv{rank}D")(3, padding=padding, **option)
                yield f"{layer.name} {padding} {option}", layer, (*size, 4)
                layer = getattr(layers, f"SeparableConv{rank}D")(6, 3, padding=padding, **option)
                yield f"{layer.name} {padding} {option}", layer, (*size, 4)
    yield "causal", layers.Conv1D(5, 3, padding="causal", dilation_rate=2), (11, 4)
    yield "dense", layers.Dense(7), (5, 4, 6)
    yield "dense of letters", layers.EinsumDense("...xy,xzy->...zx", (5, 3)), (4, 3, 2)
    yield "attention with heads", layers.MultiHeadAttention(2, 3), (7, 8), (5, 8)
    yield "attention along one axis", layers.MultiHeadAttention(2, 3, attention_axes=2), (5, 7, 8), (5, 7, 8)
    yield "attention", lambda *both: layers.Attention()(list(both)), (5, 4), (6, 4)
    yield "dot", lambda *both: layers.Dot(-1)(list(both)), (5, 4), (6, 4)
    yield "attention of operations", lambda a, b: ops.dot_product_attention(a, b, b), (7, 2, 4), (9, 2, 4)
    yield "matmul", ops.matmul, (5, 4), (4, 3)
    yield "turned", lambda a, b: ops.matmul(a, ops.transpose(b, (0, 2, 1))), (5, 4), (6, 4)
    yield "einsum", lambda a, b: ops.einsum("bij,bkj->bik", a, b), (5, 4), (6, 4)
    yield "einsum that sums first", lambda a, b: ops.einsum("bijq,bkj->bik", a, b), (5, 4, 2), (6, 4)
    yield "given kernel", lambda a: ops.conv(a, np.ones((3, 3, 4, 6), "float32"), 2, "same"), (11, 10, 4)
    yield "step by step", layers.TimeDistributed(layers.Conv2D(2, 3)), (4, 6, 5, 2)
    yield "unrolled", layers.LSTM(3, unroll=True), (7, 4)
    if BACKEND == "torch":  # runs the first step of some twice, once to learn the shapes
        return
    yield "groups", layers.GroupQueryAttention(3, 4, 2), (7, 8), (7, 8)
    for layer in (layers.LSTM(3), layers.GRU(3, return_sequences=True), layers.SimpleRNN(3, go_backwards=True)):
        yield layer.name, layer, (7, 4)
    yield "both ways", layers.Bidirectional(layers.LSTM(3)), (7, 4)
    yield "cells", layers.RNN([layers.LSTMCell(3), layers.GRUCell(5)]), (7, 4)
    yield "images in time", layers.ConvLSTM2D(4, 3, strides=2), (5, 9, 8, 2)


@pytest.mark.parametrize(("function", "shapes"), [pytest.param(one[1], one[2:], id=one[0]) for one in calls()])
def test_a_trace_counts_what_the_rule_counts(function, shapes, monkeypatch):
    inputs = [keras.Input(shape) for shape in shapes]
    model = keras.Model(inputs, function(*inputs))
    expected = describe(model).totals
    monkeypatch.setattr(graph, "count_macs", lambda call: (None, ""))
    by_trace = describe(model)
    assert by_trace.rows[-1].note.startswith("traced")
    assert (by_trace.totals.macs, by_trace.totals.at_least) == (expected.macs, expected.at_least) and expected.macs > 0


@pytest.mark.skipif(BACKEND != "tensorflow", reason="cuDNN is called by TensorFlow")
@pytest.mark.parametrize(("mode", "layer"), [("lstm", layers.LSTM(3)), ("gru", layers.GRU(3))])
def test_the_operation_of_cudnn_counts_what_the_rule_counts(mode, layer):
    import tensorflow as tf

    values = [keras.KerasTensor(shape) for shape in ((7, 1, 4), (1, 1, 3), (1, 1, 3), (200,))]
    call = lambda *four: tf.raw_ops.CudnnRNNV3(  # noqa: E731
        **dict(zip(("input", "input_h", "input_c", "params"), four, strict=True)), sequence_lengths=[7], rnn_mode=mode
    )[0]
    inputs = keras.Input((7, 4))
    assert traced.products(call, values) == ([describe(keras.Model(inputs, layer(inputs))).totals.macs], "")


def test_every_way_of_multiplying_is_compared():
    compared = {kinds.macs.nothing, kinds.macs.unknown}
    for _, function, *shapes in calls():
        inputs = [keras.Input(shape) for shape in shapes]
        names = map(kinds.rule_name, keras.Model(inputs, function(*inputs)).operations)
        compared |= {kinds.KINDS[name].macs for name in names if name in kinds.KINDS}
    assert BACKEND == "torch" or {kind.macs for kind in kinds.KINDS.values()} == compared


class Block(layers.Layer):
    """Attention, a convolution, what is computed and thrown away, and what is computed once for all images."""

    def __init__(self):
        super().__init__()
        self.heads, self.mix = layers.MultiHeadAttention(2, 3), layers.Conv1D(8, 3, padding="same")
        self.table, self.unused = layers.Dense(8), layers.Dense(50)

    def build(self, shape):
        self.heads.build(shape, shape)
        for layer in (self.mix, self.unused):
            layer.build(shape)
        self.table.build((7, 2))

    def call(self, inputs):
        self.unused(inputs)
        return self.mix(inputs + self.heads(inputs, inputs)) + self.table(ops.ones((7, 2)))


def test_a_block_of_known_layers():
    tokens = keras.Input((7, 8))
    block = Block()
    row = describe(keras.Model(tokens, block(tokens))).rows[-1]
    work = 7 * 4 * 8 * 2 * 3 + 2 * 7 * 7 * 2 * 3 + 7 * 3 * 8 * 8
    assert row.macs == work + (7 * 8 * 50 if BACKEND == "torch" else 0)  # which runs what nobody needs
    assert f"traced: its work is counted as it runs on shapes alone ({7 * 2 * 8} once for all images" in row.note
    assert "no rule knows a layer with a `call` of its own" in row.note
    assert (row.receptive_field, row.parameters) == ("unknown", block.count_params())
    nodes = [len(layer._inbound_nodes) for layer in (block.heads, block.mix, block.table)]
    assert nodes == [0, 0, 0] and not block.losses


class Loop(layers.Layer):
    """The same product again and again: a number of times, or until something happens."""

    def __init__(self, times):
        super().__init__()
        self.times, self.step = times, layers.Dense(4)

    def build(self, shape):
        self.step.build(shape)

    def call(self, inputs):
        if self.times is None:
            return ops.while_loop(lambda x: ops.sum(x) < 100, lambda x: [self.step(x)], [inputs])[0]
        return ops.fori_loop(0, self.times, lambda _, x: self.step(x), inputs)


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch runs loops: without numbers they do not end")
def test_loops_are_counted_or_unknown():
    vectors = keras.Input((4,))
    (row,) = describe(keras.Model(vectors, Loop(None)(vectors))).rows[1:]
    assert row.macs == "unknown" and row.note.startswith("its trace has a loop that ends when something happens")
    (row,) = describe(keras.Model(vectors, Loop(5)(vectors))).rows[1:]
    assert row.macs in ("unknown", 5 * 16)


class Branches(layers.Layer):
    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = layers.Dense(first), layers.Dense(second)

    def build(self, shape):
        self.first.build(shape)
        self.second.build(shape)

    def call(self, inputs):
        either = ops.cond(ops.sum(inputs) > 0, lambda: self.first(inputs), lambda: self.second(inputs)[:, :3])
        return either + 1


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch takes the branch that the numbers choose")
def test_branches_are_counted_if_they_are_equal():
    vectors = keras.Input((4,))
    for second, work in ((3, 12), (5, "unknown")):
        (row,) = describe(keras.Model(vectors, Branches(3, second)(vectors))).rows[1:]
        assert row.macs == work


class Enlarged(layers.Layer):
    def call(self, inputs):
        return ops.image.resize(inputs, (9, 9), interpolation="bilinear")


def test_resizing_counts_nothing():
    image = keras.Input((4, 5, 2))
    assert describe(keras.Model(image, Enlarged()(image))).rows[-1].macs == 0  # JAX does it by matrix products


class Inverse(layers.Layer):
    def call(self, inputs):
        return ops.inv(inputs)


@pytest.mark.skipif(BACKEND == "torch", reason="its counter is silent on what it does not count")
def test_what_multiplies_in_another_way_is_unknown():
    matrices = keras.Input((4, 4))
    row = describe(keras.Model(matrices, Inverse()(matrices))).rows[-1]
    assert row.macs == "unknown" and "whose products are not counted" in row.note


class Pairs(layers.Layer):
    def call(self, inputs):
        return ops.matmul(inputs, ops.transpose(inputs))


class Broken(layers.Layer):
    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape)

    def call(self, inputs):
        raise KeyError(inputs)


def test_why_work_is_unknown():
    vectors = keras.Input((4,))
    row = describe(keras.Model(vectors, Pairs()(vectors))).rows[-1]
    assert row.macs == "unknown" and row.note.startswith("its work for one image depends on how many there are")
    row = describe(keras.Model(vectors, Broken()(vectors))).rows[-1]
    assert row.macs == "unknown" and row.note.startswith("its run on shapes alone failed (KeyError)")


def test_products_need_sizes():
    assert traced.products(lambda x: x, [keras.KerasTensor((None, 3))]) == (None, "")
    assert traced.products(lambda x: x, [keras.KerasTensor((2, 3))]) == ([], "")
    kernel = np.ones((3, 5), "float32")
    found = traced.products(lambda x: ops.matmul(x, kernel), [keras.KerasTensor((2, 3))])
    assert found == ([math.prod((2, 3, 5))], "")
