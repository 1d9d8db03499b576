"""Sizes and padding against counting by hand and against Keras."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_course._validate import validate_path
from cnn_course.arithmetic import output_size, padding_amounts, same_padding

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
    import cnn_course.quiet  # noqa: F401, I001  (before Keras)
    import keras

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


@pytest.mark.parametrize("name", ["input_size", "kernel_size", "strides", "dilation_rate"])
@pytest.mark.parametrize("value", [0, -3])
def test_sizes_below_one_are_refused(name, value):
    arguments = {"input_size": 8, "kernel_size": 3} | {name: value}
    for function in (output_size, same_padding, padding_amounts):
        with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}={value}"):
            function(**arguments)


@pytest.mark.parametrize("name", ["input_size", "kernel_size", "strides", "dilation_rate"])
@pytest.mark.parametrize("value", [2.0, True, np.True_, "3", None, (3, 3), np.array([3, 3]), np.float32(3)], ids=repr)
def test_what_is_no_integer_is_refused(name, value):
    arguments = {"input_size": 8, "kernel_size": 3} | {name: value}
    for function in (output_size, same_padding, padding_amounts):
        with pytest.raises(TypeError, match=f"`{name}` must be an integer. Received: {name}="):
            function(**arguments)


@pytest.mark.parametrize(
    ("padding", "error", "message"),
    [
        ("vaild", ValueError, '"valid", "same", an integer or a pair. Received: padding=\'vaild\''),
        ("SAME", ValueError, "Received: padding='SAME'"),
        (-1, ValueError, "`padding` must be at least 0. Received: padding=-1"),
        ((1, -2), ValueError, "`padding` must be at least 0. Received: padding=-2"),
        ((1, 2, 3), ValueError, "two parts, .* Received: padding=\\(1, 2, 3\\)"),
        (1.0, TypeError, "`padding` must be an integer. Received: padding=1.0"),
        (True, TypeError, "`padding` must be an integer. Received: padding=True"),
        (None, TypeError, "`padding` must be an integer. Received: padding=None"),
        ((1, "2"), TypeError, "`padding` must be an integer. Received: padding='2'"),
    ],
)
def test_unknown_padding_is_refused(padding, error, message):
    with pytest.raises(error, match=message):
        output_size(8, 3, padding=padding)


@pytest.mark.parametrize("value", ["data/mnist.npz", Path("data") / "mnist.npz"])
def test_a_path_is_a_str_or_a_path(value):
    assert validate_path(value, "path") == Path("data", "mnist.npz")
