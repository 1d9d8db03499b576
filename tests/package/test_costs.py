"""Parameters, multiply-accumulates, transposed sizes and receptive fields against Keras and against counting."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.arithmetic import (
    conv_macs,
    conv_parameters,
    dense_parameters,
    output_size,
    receptive_field,
    transposed_output_size,
)

import keras  # isort: skip


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(("channels", "filters", "groups"), [(3, 64, 1), (4, 6, 2), (6, 6, 6), (8, 4, 4)])
@pytest.mark.parametrize("kernel_size", [1, 3, (3, 5)])
def test_parameters_equal_those_of_keras(kernel_size, channels, filters, groups, use_bias):
    layer = keras.layers.Conv2D(filters, kernel_size, use_bias=use_bias, groups=groups)
    layer.build((None, 9, 9, channels))
    assert conv_parameters(kernel_size, channels, filters, use_bias, groups) == layer.count_params()


def test_dense_parameters_equal_those_of_keras():
    for inputs, units, use_bias in itertools.product((1, 128), (1, 10), (True, False)):
        layer = keras.layers.Dense(units, use_bias=use_bias)
        layer.build((None, inputs))
        assert dense_parameters(inputs, units, use_bias) == layer.count_params()


def test_known_counts():
    assert conv_parameters(3, 3, 64) == 28 * 64 == 1_792
    assert conv_parameters(5, 3, 1) == 76
    assert dense_parameters(32 * 32 * 3, 32 * 32 * 64) == 201_326_592 + 65_536 == 201_392_128
    assert dense_parameters(10**6, 1000, use_bias=False) == 10**9
    assert conv_macs(27, 5, 96, 256, groups=2) == 223_948_800
    assert sum(conv_macs(*layer) for layer in [(26, 3, 1, 32), (11, 3, 32, 64), (3, 3, 64, 128)]) == 3_088_512


def test_macs_equal_counting():
    for size, kernel, channels, filters, groups in [((2, 3), (1, 2), 4, 6, 2), (3, 2, 2, 3, 1), (2, (3, 1), 3, 3, 3)]:
        rows, columns = size if isinstance(size, tuple) else (size, size)
        height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        count = 0
        for _ in np.ndindex(rows, columns, height, width):
            for filter_index, channel in np.ndindex(filters, channels):
                count += filter_index // (filters // groups) == channel // (channels // groups)
        assert conv_macs(size, kernel, channels, filters, groups) == count


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (conv_parameters, (0, 3, 64), ValueError, "`kernel_size` must be at least 1. Received: kernel_size=0"),
        (conv_parameters, ((3, 3, 3), 3, 64), TypeError, "`kernel_size` must be an integer"),
        (conv_parameters, (3, 3.0, 64), TypeError, "`in_channels` must be an integer. Received: in_channels=3.0"),
        (conv_parameters, (3, 3, True), TypeError, "`filters` must be an integer. Received: filters=True"),
        (conv_parameters, (3, 3, 64, 1), TypeError, "`use_bias` must be True or False. Received: use_bias=1"),
        (conv_parameters, (3, 3, 64, True, 2), ValueError, "groups=2, in_channels=3, filters=64"),
        (dense_parameters, (0, 1), ValueError, "`inputs` must be at least 1"),
        (dense_parameters, (1, "1"), TypeError, "`units` must be an integer. Received: units='1'"),
        (conv_macs, (0, 3, 3, 64), ValueError, "`output_size` must be at least 1"),
        (conv_macs, (8, 3, 4, 6, 4), ValueError, "groups=4, in_channels=4, filters=6"),
        (transposed_output_size, (1, 3, 1, 2), ValueError, "takes away the whole output. Received: padding=2"),
        (transposed_output_size, (4, 3, 0), ValueError, "`strides` must be at least 1"),
        (transposed_output_size, (4, 3, 1, "full"), ValueError, "Received: padding='full'"),
        (receptive_field, ([(3, 1, "valid")],), ValueError, "four parts.*Received: \\(3, 1, 'valid'\\)"),
        (receptive_field, ([3],), TypeError, "A layer must be .* Received: layer=3"),
        (receptive_field, ([(3, 0, 0, 1)],), ValueError, "`strides` must be at least 1. Received: strides=0"),
        (receptive_field, ([(3, 1, "vaild", 1)],), ValueError, "Received: padding='vaild'"),
        (receptive_field, ([(3.0, 1, 0, 1)],), TypeError, "`kernel_size` must be an integer"),
    ],
)
def test_bad_input_is_refused(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)


def test_transposed_sizes_equal_those_of_keras():
    for size, kernel, strides, padding in itertools.product((1, 4, 7), (1, 2, 3, 5), (1, 2, 3), ("valid", "same")):
        layer = keras.layers.Conv2DTranspose(1, kernel, strides, padding)
        expected = layer.compute_output_shape((None, size, size, 1))[1]
        assert transposed_output_size(size, kernel, strides, padding) == expected


def test_transposed_sizes_equal_the_pixels_that_are_written():
    for size, kernel, strides, dilation in itertools.product(range(1, 8), range(1, 6), range(1, 4), (1, 2)):
        written = {i * strides + a * dilation for i in range(size) for a in range(kernel)}
        for before, after in itertools.product(range(3), range(3)):
            left = max(written) + 1 - before - after
            if left >= 1:
                assert transposed_output_size(size, kernel, strides, (before, after), dilation) == left


@given(st.integers(1, 500), st.integers(1, 20), st.integers(1, 9), st.integers(0, 5), st.integers(1, 4))
def test_the_convolution_leads_back(size, kernel, strides, padding, dilation):
    extent = dilation * (kernel - 1) + 1
    if (size - 1) * strides + extent - 2 * padding < 1:
        return
    larger = transposed_output_size(size, kernel, strides, padding, dilation)
    assert output_size(larger, kernel, strides, padding, dilation) == size


def dependencies(layers, position):
    """Input positions that one output value depends on, followed back layer by layer; no code under test."""
    seen = {position}
    for kernel, strides, padding, dilation in reversed(layers):
        seen = {p * strides - padding + dilation * a for p in seen for a in range(kernel)}
    return seen


LAYER = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))


@given(st.lists(LAYER, min_size=1, max_size=5), st.integers(0, 3))
def test_receptive_fields_equal_what_an_output_depends_on(layers, position):
    fields = receptive_field(layers)
    assert len(fields) == len(layers)
    for depth, field in enumerate(fields, start=1):
        seen = dependencies(layers[:depth], position)
        assert max(seen) - min(seen) + 1 == field.size
        assert min(seen) == position * field.jump - field.padding
        assert field.start + position * field.jump == (min(seen) + max(seen)) / 2 + 0.5
        assert min(dependencies(layers[:depth], position + 1)) - min(seen) == field.jump


def test_receptive_fields_of_known_networks():
    pool = (3, 2, 0, 1)
    alexnet = [(11, 4, 0, 1), pool, (5, 1, 2, 1), pool, (3, 1, 1, 1), (3, 1, 1, 1), (3, 1, 1, 1), pool]
    fields = receptive_field(alexnet)
    convolutions = [fields[index][:2] for index in (0, 2, 4, 5, 6)]
    assert convolutions == [(11, 4), (51, 8), (99, 16), (131, 16), (163, 16)] and fields[-1][:2] == (195, 32)
    vgg = [layer for count in (2, 2, 3, 3, 3) for layer in [(3, 1, "same", 1)] * count + [(2, 2, "valid", 1)]]
    assert receptive_field(vgg)[-1][:2] == (212, 32)
    assert receptive_field([(2, 1, "valid", 1)] * 2)[-1].size == 3
    assert receptive_field([(7, 1, "valid", 1)])[-1] == receptive_field([(3, 1, "valid", 1)] * 3)[-1]
    assert receptive_field([]) == []


def test_same_padding_in_receptive_fields():
    explicit = receptive_field([(3, 1, (1, 1), 1), (3, 2, (0, 1), 1), (5, 1, (2, 2), 1)])
    assert receptive_field([(3, 1, "same", 1), (3, 2, "same", 1), (5, 1, "same", 1)]) == explicit
