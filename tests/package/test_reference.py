"""The NumPy convolution against Keras, SciPy and a plain loop."""

import itertools

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.reference import conv2d, convolve, cross_correlate

import keras  # isort: skip

STRIDES, DILATIONS, GROUPS = (1, 2, (3, 2)), (1, 2, (1, 3)), (1, 2)
PADDINGS = ("valid", "same", 0, 2, ((1, 0), (0, 3)))
KERNELS = ((3, 2), (1, 4), (2, 2), (5, 3))
CASES = list(itertools.product(KERNELS, STRIDES, PADDINGS, DILATIONS, GROUPS))


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def explicit_padding(padding, image_size, kernel_size, strides, dilation):
    """Pixels before and after each axis, by the definition of "same" and not by the code under test."""
    if padding == "valid":
        return ((0, 0), (0, 0))
    if isinstance(padding, int):
        return ((padding, padding), (padding, padding))
    if isinstance(padding, tuple):
        return padding
    amounts = []
    for size, kernel, step, rate in zip(image_size, kernel_size, strides, dilation, strict=True):
        total = max(0, (-(-size // step) - 1) * step + (kernel - 1) * rate + 1 - size)
        amounts.append((total // 2, total - total // 2))
    return tuple(amounts)


def plain_loop(images, kernel, strides, amounts, dilation, groups):
    """The definition, value by value."""
    padded = np.pad(images, [(0, 0), *amounts, (0, 0)])
    count, height, width, _ = padded.shape
    kernel_height, kernel_width, depth, filters = kernel.shape
    rows = (height - (kernel_height - 1) * dilation[0] - 1) // strides[0] + 1
    columns = (width - (kernel_width - 1) * dilation[1] - 1) // strides[1] + 1
    output = np.zeros((count, rows, columns, filters), dtype=padded.dtype)
    for n, i, j, f in np.ndindex(output.shape):
        group = f // (filters // groups)
        for a, b, c in np.ndindex(kernel_height, kernel_width, depth):
            pixel = padded[n, i * strides[0] + a * dilation[0], j * strides[1] + b * dilation[1], group * depth + c]
            output[n, i, j, f] += pixel * kernel[a, b, c, f]
    return output


def inputs(kernel_size, groups, seed=0):
    generator = np.random.default_rng(seed)
    images = generator.normal(size=(2, 11, 14, 4)).astype(np.float32)
    kernel = generator.normal(size=(*kernel_size, 4 // groups, 6)).astype(np.float32)
    return images, kernel


@pytest.mark.parametrize("kernel_size", KERNELS, ids=str)
def test_conv2d_equals_keras_or_the_plain_loop(kernel_size):
    compared_with_keras = 0
    for _, strides, padding, dilation, groups in (case for case in CASES if case[0] == kernel_size):
        images, kernel = inputs(kernel_size, groups)
        amounts = explicit_padding(padding, images.shape[1:3], kernel_size, pair(strides), pair(dilation))
        received = conv2d(images, kernel, None, strides, padding, dilation, groups)
        assert received.dtype == np.float32
        if pair(strides) == (1, 1) or pair(dilation) == (1, 1):
            padded = keras.ops.pad(images, [(0, 0), *amounts, (0, 0)])
            expected = keras.ops.conv(padded, kernel, pair(strides), "valid", dilation_rate=pair(dilation))
            expected = keras.ops.convert_to_numpy(expected)
            compared_with_keras += 1
        else:  # Keras refuses strides and dilation together
            expected = plain_loop(images, kernel, pair(strides), amounts, pair(dilation), groups)
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)
    assert compared_with_keras == 50


@pytest.mark.parametrize("strides", (1, 2))
@pytest.mark.parametrize("kernel_size", KERNELS, ids=str)
def test_same_padding_equals_that_of_keras(kernel_size, strides):
    images, kernel = inputs(kernel_size, groups=1)
    expected = keras.ops.convert_to_numpy(keras.ops.conv(images, kernel, strides, "same"))
    np.testing.assert_allclose(conv2d(images, kernel, None, strides, "same"), expected, rtol=1e-5, atol=1e-5)


def test_integers_are_exact():
    generator = np.random.default_rng(1)
    for kernel_size, strides, padding, dilation, groups in CASES[::7]:
        images = generator.integers(-99, 100, (1, 11, 14, 4))
        kernel = generator.integers(-99, 100, (*kernel_size, 4 // groups, 2))
        amounts = explicit_padding(padding, images.shape[1:3], kernel_size, pair(strides), pair(dilation))
        expected = plain_loop(images, kernel, pair(strides), amounts, pair(dilation), groups)
        received = conv2d(images, kernel, None, strides, padding, dilation, groups)
        assert received.dtype == np.int64
        np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, np.float16, np.float32, np.float64])
def test_dtypes(dtype):
    images = np.ones((1, 9, 9, 5), dtype=dtype) * (dtype(100) if np.dtype(dtype).itemsize == 1 else dtype(1))
    kernel = np.ones((3, 3, 5, 1), dtype=dtype)
    received = conv2d(images, kernel)
    is_float = np.issubdtype(dtype, np.floating)
    assert received.dtype == (dtype if is_float else np.int64)
    assert received[0, 0, 0, 0] == 45 * int(images.flat[0])  # uint8 would wrap: 45 * 100 > 255


def test_bias_is_added_to_each_filter():
    images, kernel = inputs((3, 2), groups=1)
    bias = np.arange(6, dtype=np.float32)
    difference = conv2d(images, kernel, bias) - conv2d(images, kernel)
    np.testing.assert_allclose(difference, np.broadcast_to(bias, difference.shape), atol=1e-5)


def test_inputs_are_left_as_they_were():
    images, kernel = inputs((3, 2), groups=2)
    copies = images.copy(), kernel.copy()
    conv2d(images, kernel, padding="same", groups=2)
    np.testing.assert_array_equal(images, copies[0])
    np.testing.assert_array_equal(kernel, copies[1])


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_two_dimensions_equal_scipy(height, width, kernel_height, kernel_width, seed):
    kernel_height, kernel_width = min(height, kernel_height), min(width, kernel_width)
    generator = np.random.default_rng(seed)
    image = generator.integers(-99, 100, (height, width))
    kernel = generator.integers(-99, 100, (kernel_height, kernel_width))
    np.testing.assert_array_equal(cross_correlate(image, kernel), scipy.signal.correlate2d(image, kernel, "valid"))
    np.testing.assert_array_equal(convolve(image, kernel), scipy.signal.convolve2d(image, kernel, "valid"))


IMAGES, KERNEL = np.ones((1, 5, 7, 4)), np.ones((3, 2, 4, 6))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"images": np.ones((5, 7, 4))},
            ValueError,
            r"`images` must have 4 axes. Received: images of shape \(5, 7, 4\)",
        ),
        ({"kernel": np.ones((3, 2))}, ValueError, r"`kernel` must have 4 axes. Received: kernel of shape \(3, 2\)"),
        ({"images": np.ones((0, 5, 7, 4))}, ValueError, "at least one element"),
        (
            {"images": np.full((1, 5, 7, 4), "a")},
            TypeError,
            "`images` must hold real numbers. Received: images=array.* of dtype <U1",
        ),
        (
            {"kernel": KERNEL * 1j},
            TypeError,
            "`kernel` must hold real numbers. Received: kernel=.* of dtype complex128",
        ),
        ({"images": [[1, 2], [3]]}, ValueError, "inhomogeneous"),
        ({"kernel": np.ones((3, 2, 3, 6))}, ValueError, r"times the kernel's in_channels.*\(3, 2, 3, 6\), groups=1"),
        ({"groups": 2}, ValueError, "times the kernel's in_channels.*groups=2"),
        ({"kernel": np.ones((3, 2, 2, 5)), "groups": 2}, ValueError, "must divide its filters"),
        ({"groups": 0}, ValueError, "`groups` must be at least 1. Received: groups=0"),
        ({"groups": 2.0}, TypeError, "`groups` must be an integer. Received: groups=2.0"),
        ({"bias": np.ones(5)}, ValueError, "one value per filter"),
        ({"bias": np.ones((1, 6))}, ValueError, r"`bias` must have 1 axes. Received: bias of shape \(1, 6\)"),
        ({"kernel": np.ones((6, 2, 4, 6))}, ValueError, "does not fit.*kernel_size=6, input_size=5"),
        ({"kernel": np.ones((3, 2, 4, 6)), "dilation_rate": 3}, ValueError, "does not fit.*dilation_rate=3"),
        ({"strides": 0}, ValueError, "`strides` must be at least 1. Received: strides=0"),
        ({"strides": (1, -1)}, ValueError, "`strides` must be at least 1. Received: strides=-1"),
        ({"strides": 1.0}, TypeError, r"`strides` must be .* a pair of integers. Received: strides=1.0"),
        ({"strides": True}, TypeError, r"`strides` must be .* a pair of integers. Received: strides=True"),
        ({"strides": (1, 2, 3)}, TypeError, r"`strides` must be .* a pair of integers. Received: strides=\(1, 2, 3\)"),
        ({"dilation_rate": 0}, ValueError, "`dilation_rate` must be at least 1"),
        ({"dilation_rate": "2"}, TypeError, "a pair of integers. Received: dilation_rate='2'"),
        ({"padding": "vaild"}, ValueError, "Received: padding='vaild'"),
        ({"padding": (1, 2)}, ValueError, r"\(\(top, bottom\), \(left, right\)\). Received: padding=\(1, 2\)"),
        ({"padding": -1}, ValueError, "`padding` must be at least 0. Received: padding=-1"),
        ({"padding": 1.5}, TypeError, "`padding` must be an integer. Received: padding=1.5"),
        ({"padding": ((1, 1), (1, -1))}, ValueError, "`padding` must be at least 0. Received: padding=-1"),
    ],
)
def test_bad_input_is_refused_with_what_was_received(arguments, error, message):
    with pytest.raises(error, match=message):
        conv2d(**({"images": IMAGES, "kernel": KERNEL} | arguments))


@pytest.mark.parametrize("function", [cross_correlate, convolve])
def test_two_dimensional_functions_refuse_other_ranks(function):
    with pytest.raises(ValueError, match=r"`image` must have 2 axes. Received: image of shape \(3,\)"):
        function(np.ones(3), np.ones((1, 1)))
    with pytest.raises(ValueError, match=r"`kernel` must have 2 axes. Received: kernel of shape \(2, 2, 1\)"):
        function(np.ones((3, 3)), np.ones((2, 2, 1)))
    with pytest.raises(ValueError, match="does not fit.*kernel_size=4, input_size=3"):
        function(np.ones((3, 5)), np.ones((4, 2)))
