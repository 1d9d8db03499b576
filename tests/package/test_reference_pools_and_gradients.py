"""Pools, gradients and the small functions of `reference` against Keras, TensorFlow, SciPy, loops and differences."""

import functools
import itertools

import numpy as np
import pytest
import scipy.special

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import reference

import keras  # isort: skip
import tensorflow as tf  # isort: skip

POOLS, STRIDES = (2, 3, (2, 3), (3, 1)), (None, 1, 2, (3, 2))
WORDS = ("valid", "same")
AMOUNTS = (1, ((0, 1), (1, 0)), ((1, 1), (0, 0)))


def maps(sign="both", shape=(2, 9, 12, 3), seed=0):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return -np.abs(values) - 1 if sign == "negative" else values


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def both(pool_size, strides):
    """Size and step of the window as pairs; no strides means the size."""
    return pair(pool_size), pair(pool_size if strides is None else strides)


def loop_pool(images, pool_size, strides, amounts, summarize):
    """Each window cut out by hand: the pixels of the image that lie under it, without padding."""
    (top, bottom), (left, right) = amounts
    (height, width), (down, across) = both(pool_size, strides)
    rows = (images.shape[1] + top + bottom - height) // down + 1
    columns = (images.shape[2] + left + right - width) // across + 1
    output = np.zeros((images.shape[0], rows, columns, images.shape[3]), dtype=np.float64)
    for i, j in np.ndindex(rows, columns):
        first_row, first_column = i * down - top, j * across - left
        window = images[:, max(0, first_row) : first_row + height, max(0, first_column) : first_column + width]
        output[:, i, j] = summarize(window, axis=(1, 2))
    return output


@pytest.mark.parametrize("sign", ["both", "negative"])
@pytest.mark.parametrize("padding", WORDS)
def test_pools_equal_those_of_keras(padding, sign):
    images = maps(sign)
    for pool_size, strides in itertools.product(POOLS, STRIDES):
        size, step = both(pool_size, strides)
        for ours, theirs in (
            (reference.max_pool2d, keras.ops.max_pool),
            (reference.average_pool2d, keras.ops.average_pool),
        ):
            received = ours(images, pool_size, strides, padding)
            expected = keras.ops.convert_to_numpy(theirs(images, size, step, padding))
            assert received.dtype == np.float32
            np.testing.assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("padding", AMOUNTS, ids=str)
def test_pools_with_explicit_padding_equal_the_loop(padding):
    images = maps("negative")
    amounts = padding if isinstance(padding, tuple) else ((padding, padding),) * 2
    for pool_size, strides in itertools.product((2, 3, (2, 3)), STRIDES):
        for ours, summarize in ((reference.max_pool2d, np.max), (reference.average_pool2d, np.mean)):
            expected = loop_pool(images, pool_size, strides, amounts, summarize)
            np.testing.assert_allclose(ours(images, pool_size, strides, padding), expected, rtol=1e-6, atol=1e-6)


def test_the_examples_of_the_texts():
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    stacked = np.concatenate([image, image + 1], axis=-1)
    pooled = reference.max_pool2d(stacked, 3, 2, padding=1)
    assert pooled[0, :, :, 0].tolist() == [[5, 7], [13, 15]] and pooled[0, :, :, 1].tolist() == [[6, 8], [14, 16]]
    assert reference.max_pool2d(image, 3, 2, "same")[0, :, :, 0].tolist() == [[10, 11], [14, 15]]
    assert reference.max_pool2d(-1 - image, 3, 2, padding=1)[0, :, :, 0].tolist() == [[-1, -2], [-5, -6]]
    assert reference.max_pool2d(np.zeros((1, 8, 8, 1)), (2, 3), (2, 3), ((0, 0), (1, 1))).shape == (1, 4, 3, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, np.float16, np.float64])
def test_dtypes_of_pools(dtype):
    images = np.array([[1, 0, 1], [0, 1, 1]], dtype=dtype).reshape(1, 2, 3, 1) * dtype(1 if dtype is bool else 100)
    largest = reference.max_pool2d(images, 2, 1, "same")
    assert largest.dtype == dtype
    np.testing.assert_array_equal(largest[0, :, :, 0], images.max() * np.ones((2, 3), dtype=dtype))
    mean = reference.average_pool2d(images, 2, 1)
    assert mean.dtype == (dtype if np.issubdtype(dtype, np.floating) else np.float64)
    np.testing.assert_allclose(mean[0, 0], [[images.max() * 0.5], [images.max() * 0.75]])  # 200 / 4 and 300 / 4


def tape_gradients(function, *arrays, output_gradient):
    variables = [tf.convert_to_tensor(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = tf.reduce_sum(function(*variables) * output_gradient)
    return [gradient.numpy() for gradient in tape.gradient(loss, variables)]


def numerical_gradient(function, array, output_gradient, step=1e-6):
    """Central differences of sum(function(array) * output_gradient), value by value."""
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        moved = array.copy()
        moved[index] += step
        above = function(moved)
        moved[index] -= 2 * step
        gradient[index] = ((above - function(moved)) * output_gradient).sum() / (2 * step)
    return gradient


@pytest.mark.parametrize("padding", WORDS)
def test_gradients_of_pools_equal_automatic_differentiation(padding):
    images = maps()
    for pool_size, strides in itertools.product(POOLS, STRIDES):
        size, step = both(pool_size, strides)
        for ours, gradient_of, theirs in (
            (reference.max_pool2d, reference.max_pool2d_gradient, keras.ops.max_pool),
            (reference.average_pool2d, reference.average_pool2d_gradient, keras.ops.average_pool),
        ):
            output_gradient = maps(shape=ours(images, pool_size, strides, padding).shape, seed=1)
            pool = functools.partial(theirs, pool_size=size, strides=step, padding=padding)
            (expected,) = tape_gradients(pool, images, output_gradient=output_gradient)
            received = gradient_of(images, output_gradient, pool_size, strides, padding)
            np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("padding", AMOUNTS, ids=str)
def test_gradients_of_pools_equal_finite_differences(padding):
    images = maps(shape=(1, 5, 6, 2)).astype(np.float64)
    for ours, gradient_of in (
        (reference.max_pool2d, reference.max_pool2d_gradient),
        (reference.average_pool2d, reference.average_pool2d_gradient),
    ):
        output_gradient = maps(shape=ours(images, (3, 2), 2, padding).shape, seed=1)
        received = gradient_of(images, output_gradient, (3, 2), 2, padding)
        pool = functools.partial(ours, pool_size=(3, 2), strides=2, padding=padding)
        expected = numerical_gradient(pool, images, output_gradient)
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-7)


def test_among_equal_values_the_first_takes_the_gradient_as_in_tensorflow():
    images = np.ones((1, 4, 6, 1), dtype=np.float32)
    output_gradient = np.arange(1, 7, dtype=np.float32).reshape(1, 2, 3, 1)
    (expected,) = tape_gradients(lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), images, output_gradient=output_gradient)
    np.testing.assert_array_equal(reference.max_pool2d_gradient(images, output_gradient, 2), expected)
    assert expected.sum() == output_gradient.sum()


CONVOLUTIONS = [
    {"strides": 1, "padding": "valid"},
    {"strides": 2, "padding": "same"},
    {"strides": (2, 3), "padding": "valid"},
    {"strides": 1, "padding": "same", "dilation_rate": (1, 2)},
    {"strides": 1, "padding": "valid", "groups": 2},
    {"strides": 2, "padding": "same", "groups": 4},
]


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_gradients_of_a_convolution_equal_automatic_differentiation(options):
    groups = options.get("groups", 1)
    images, kernel = maps(shape=(2, 7, 10, 4)), maps(shape=(3, 2, 4 // groups, 8), seed=2)
    output_gradient = maps(shape=reference.conv2d(images, kernel, **options).shape, seed=3)
    strides, dilation = pair(options["strides"]), pair(options.get("dilation_rate", 1))

    def convolve(x, weights, bias):
        return keras.ops.conv(x, weights, strides, options["padding"], dilation_rate=dilation) + bias

    expected = tape_gradients(convolve, images, kernel, np.zeros(8, np.float32), output_gradient=output_gradient)
    received = reference.conv2d_gradients(images, kernel, output_gradient, **options)
    for ours, theirs in zip(received, expected, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"strides": 2, "padding": ((0, 2), (1, 0)), "dilation_rate": 2, "groups": 2},
        {"strides": (1, 2), "padding": 1, "dilation_rate": (2, 1)},
    ],
    ids=str,
)
def test_gradients_of_a_convolution_equal_finite_differences(options):
    images = maps(shape=(1, 6, 5, 2)).astype(np.float64)
    kernel = maps(shape=(2, 3, 2 // options.get("groups", 1), 2), seed=2).astype(np.float64)
    weights = maps(shape=reference.conv2d(images, kernel, **options).shape, seed=3).astype(np.float64)
    received = reference.conv2d_gradients(images, kernel, weights, **options)
    of_images = numerical_gradient(lambda x: reference.conv2d(x, kernel, **options), images, weights)
    of_kernel = numerical_gradient(lambda x: reference.conv2d(images, x, **options), kernel, weights)
    np.testing.assert_allclose(received[0], of_images, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(received[1], of_kernel, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(received[2], weights.sum(axis=(0, 1, 2)))


@pytest.mark.parametrize("padding", WORDS)
def test_im2col_equals_the_patches_of_keras(padding):
    images = maps(shape=(2, 7, 10, 3))
    for size, strides, rate in [((3, 2), 1, 1), ((3, 2), 2, 1), ((2, 2), 1, 2)]:
        patches = keras.ops.image.extract_patches(images, size, strides, rate, padding)
        received = reference.im2col(images, size, strides, padding, rate)
        np.testing.assert_array_equal(received, keras.ops.convert_to_numpy(patches))


def test_im2col_turns_a_convolution_into_a_matrix_product():
    images, kernel = maps(shape=(2, 7, 10, 3)), maps(shape=(3, 2, 3, 5), seed=1)
    rows = reference.im2col(images, (3, 2), strides=2, padding=1)
    product = rows @ kernel.reshape(-1, 5)
    np.testing.assert_allclose(product, reference.conv2d(images, kernel, None, 2, 1), rtol=1e-5, atol=1e-5)


def test_relu_and_softmax():
    values = maps(shape=(4, 5))
    np.testing.assert_array_equal(reference.relu(values), np.where(values > 0, values, 0))
    assert reference.relu(np.array([-3, 4])).tolist() == [0, 4] and reference.relu(np.array([-3, 4])).dtype == np.int64
    for axis in (-1, 0, 1):
        np.testing.assert_allclose(reference.softmax(values, axis), scipy.special.softmax(values, axis), rtol=1e-6)
    large = reference.softmax(np.array([1000.0, 1000.0, -1000.0]))
    assert large.tolist() == [0.5, 0.5, 0.0] and reference.softmax(values).dtype == np.float32


@pytest.mark.parametrize(
    "parameters", [{}, {"depth_radius": 1, "bias": 1.0, "alpha": 0.5, "beta": 0.5}, {"depth_radius": 9}]
)
def test_local_response_normalization_equals_that_of_tensorflow(parameters):
    images = 10 * maps(shape=(2, 3, 4, 7))
    defaults = {"depth_radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}
    expected = tf.nn.local_response_normalization(images, **(defaults | parameters)).numpy()
    received = reference.local_response_normalization(images, **parameters)
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, rtol=1e-5)


IMAGES, GRADIENT = np.ones((1, 4, 6, 2)), np.ones((1, 2, 3, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: reference.max_pool2d(np.ones((4, 6)), 2), ValueError, "`images` must have 4 axes"),
        (lambda: reference.max_pool2d(IMAGES, 0), ValueError, "`pool_size` must be at least 1. Received: pool_size=0"),
        (lambda: reference.max_pool2d(IMAGES, 2.0), TypeError, "`pool_size` must be an integer"),
        (lambda: reference.max_pool2d(IMAGES, 2, 0), ValueError, "`strides` must be at least 1"),
        (lambda: reference.max_pool2d(IMAGES, 5), ValueError, "does not fit"),
        (lambda: reference.max_pool2d(IMAGES, 2, padding=2), ValueError, "padding alone. Received: padding=2"),
        (lambda: reference.average_pool2d(IMAGES, (3, 1), padding=1), ValueError, "padding alone"),
        (lambda: reference.average_pool2d(IMAGES, 2, padding="SAME"), ValueError, "Received: padding='SAME'"),
        (lambda: reference.average_pool2d(IMAGES.astype(str), 2), TypeError, "must hold real numbers"),
        (
            lambda: reference.max_pool2d_gradient(IMAGES, IMAGES, 2),
            ValueError,
            r"the output, \(1, 2, 3, 2\). Received: output_gradient.shape=\(1, 4",
        ),
        (lambda: reference.average_pool2d_gradient(IMAGES, GRADIENT[0], 2), ValueError, "must have 4 axes"),
        (lambda: reference.conv2d_gradients(IMAGES, np.ones((2, 2, 2, 3)), GRADIENT), ValueError, r"\(1, 3, 5, 3\)"),
        (lambda: reference.conv2d_gradients(IMAGES, np.ones((2, 2, 3, 3)), GRADIENT), ValueError, "in_channels"),
        (lambda: reference.im2col(IMAGES, (5, 1)), ValueError, "does not fit.*kernel_size=5, input_size=4"),
        (lambda: reference.im2col(IMAGES, 2, padding=(1, 2)), ValueError, r"\(\(top, bottom\), \(left, right\)\)"),
        (lambda: reference.relu(["a"]), TypeError, "`values` must hold real numbers"),
        (lambda: reference.softmax(np.ones(3), axis=1), ValueError, "axis=1, logits.shape=\\(3,\\)"),
        (lambda: reference.softmax(np.ones(3), axis=-2), ValueError, "`axis` must be at least -1"),
        (lambda: reference.softmax(np.ones(3), axis=0.0), TypeError, "`axis` must be an integer"),
        (lambda: reference.softmax(np.ones((0,))), ValueError, "at least one element"),
        (lambda: reference.local_response_normalization(IMAGES, -1), ValueError, "`depth_radius` must be at least 0"),
        (lambda: reference.local_response_normalization(IMAGES, 1.5), TypeError, "`depth_radius` must be an integer"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
