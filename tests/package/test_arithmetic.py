"""Sizes, padding, parameters, work and receptive fields against counting by hand and against Keras."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import pair

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.arithmetic import (
    conv_macs,
    conv_parameters,
    dense_parameters,
    output_size,
    receptive_field,
    same_padding,
    transposed_output_size,
)

import keras  # isort: skip

AMOUNTS = range(4)
PADDINGS = ["valid", "same", *AMOUNTS, *itertools.product(AMOUNTS, AMOUNTS)]


def count_placements(size, kernel, strides, padding, dilation):
    """Lay the kernel on every place of the padded axis and count those where it fits; None where there is none."""
    before, after = padding if isinstance(padding, tuple) else (padding, padding)
    pixels = set(range(size + before + after))
    touched = [{start + dilation * step for step in range(kernel)} for start in range(0, len(pixels), strides)]
    return sum(places <= pixels for places in touched) or None


@pytest.mark.parametrize("padding", PADDINGS, ids=str)
def test_output_size_equals_counting(padding):
    for size, kernel, strides, dilation in itertools.product(range(1, 16), range(1, 8), range(1, 5), range(1, 4)):
        if padding == "same":
            expected = len(range(0, size, strides))  # one output for every strides-th pixel
        else:
            expected = count_placements(size, kernel, strides, 0 if padding == "valid" else padding, dilation)
        if expected is None:
            with pytest.raises(ValueError, match="does not fit"):
                output_size(size, kernel, strides, padding, dilation)
        else:
            assert output_size(size, kernel, strides, padding, dilation) == expected


def test_same_padding_is_the_least_that_gives_all_positions():
    for size, kernel, strides, dilation in itertools.product(range(1, 16), range(1, 8), range(1, 5), range(1, 4)):
        before, after = same_padding(size, kernel, strides, dilation)
        positions = len(range(0, size, strides))
        assert after - before in (0, 1)
        assert count_placements(size, kernel, strides, (before, after), dilation) == positions
        if before + after:
            less = count_placements(size, kernel, strides, (before, after - 1), dilation)
            assert (less or 0) == positions - 1


def test_sizes_that_keras_computes():
    compared = 0
    for kernel, strides, rate, padding in itertools.product(range(1, 8), range(1, 5), range(1, 4), ("valid", "same")):
        if strides > 1 and rate > 1:
            continue  # Keras refuses both together
        layer = keras.layers.Conv2D(1, kernel, strides, padding, dilation_rate=rate)
        for size in range(1, 16):
            if padding == "valid" and rate * (kernel - 1) + 1 > size:
                continue
            expected = layer.compute_output_shape((None, size, size, 1))[1]
            assert output_size(size, kernel, strides, padding, rate) == expected
            compared += 1
    assert compared == 1074  # 630 with "same", 444 with "valid"


@given(st.integers(1, 10**9), st.integers(1, 10**4), st.integers(1, 10**3), st.integers(1, 50))
def test_same_gives_the_rounded_up_quotient(size, kernel, strides, dilation):
    assert output_size(size, kernel, strides, "same", dilation) == -(-size // strides)


@given(st.integers(1, 10**6), st.integers(1, 10**3), st.integers(1, 10**2), st.integers(0, 10**3))
def test_the_last_window_ends_inside_and_the_next_would_not(size, kernel, strides, padding):
    if kernel > size + 2 * padding:
        with pytest.raises(ValueError, match=f"kernel_size={kernel}, input_size={size}"):
            output_size(size, kernel, strides, padding)
        return
    last = (output_size(size, kernel, strides, padding) - 1) * strides
    assert last + kernel <= size + 2 * padding < last + strides + kernel


def test_numpy_integers_are_integers_and_do_not_wrap():
    assert output_size(np.int64(227), np.uint8(11), strides=np.int32(4)) == 55
    assert output_size(1000, np.uint8(200), dilation_rate=np.uint8(4)) == 1000 - 4 * 199  # 800 does not fit into uint8
    assert type(output_size(np.int64(9), 3)) is int


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
        (rows, columns), (height, width) = pair(size), pair(kernel)
        count = 0
        for _ in np.ndindex(rows, columns, height, width):
            for filter_index, channel in np.ndindex(filters, channels):
                count += filter_index // (filters // groups) == channel // (channels // groups)
        assert conv_macs(size, kernel, channels, filters, groups) == count


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


@pytest.mark.parametrize(
    ("call", "error", "message"),  # test_bad_sizes.py spoils every argument; these show what a reader meets
    [
        (lambda: output_size(8, 3, strides=0), ValueError, "`strides` must be at least 1. Received: strides=0."),
        (
            lambda: conv_parameters((3, 3, 3), 3, 64),
            TypeError,
            r"an integer or a pair of integers. Received: .*\(3, 3, 3\)",
        ),
        (lambda: receptive_field([(3, 1, "vaild", 1)]), ValueError, '"valid", "same", .* Received: padding=\'vaild\''),
        (lambda: transposed_output_size(1, 3, 1, 2), ValueError, "takes away the whole output. Received: padding=2"),
        (lambda: conv_macs(8, 3, 4, 6, 4), ValueError, "groups=4, in_channels=4, filters=6"),
    ],
)
def test_bad_input_is_refused_with_what_was_received(call, error, message):
    with pytest.raises(error, match=message):
        call()
