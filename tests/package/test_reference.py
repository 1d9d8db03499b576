"""The NumPy reference against Keras, TensorFlow, SciPy, plain loops and finite differences."""

import functools
import itertools
import tracemalloc

import numpy as np
import pytest
import scipy.signal
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from sizes import padding_amounts, pair

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import reference
from cnn_course.reference import conv2d, convolve, cross_correlate

import keras  # isort: skip
import tensorflow as tf  # isort: skip

STRIDES, DILATIONS, GROUPS = (1, 2, (3, 2)), (1, 2, (1, 3)), (1, 2)
PADDINGS = ("valid", "same", 0, 2, ((1, 0), (0, 3)))
KERNELS = ((3, 2), (1, 4), (2, 2), (5, 3))
CASES = list(itertools.product(KERNELS, STRIDES, PADDINGS, DILATIONS, GROUPS))


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
        amounts = padding_amounts(padding, images.shape[1:3], kernel_size, pair(strides), pair(dilation))
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


@pytest.mark.parametrize("piece", [1, 500, reference.PIECE])  # row by row, some rows, several images
def test_integers_are_exact(monkeypatch, piece):
    monkeypatch.setattr(reference, "PIECE", piece)
    generator = np.random.default_rng(1)
    for kernel_size, strides, padding, dilation, groups in CASES[::7]:
        images = generator.integers(-99, 100, (2, 11, 14, 4))
        kernel = generator.integers(-99, 100, (*kernel_size, 4 // groups, 2))
        amounts = padding_amounts(padding, images.shape[1:3], kernel_size, pair(strides), pair(dilation))
        expected = plain_loop(images, kernel, pair(strides), amounts, pair(dilation), groups)
        received = conv2d(images, kernel, None, strides, padding, dilation, groups)
        assert received.dtype == np.int64
        np.testing.assert_array_equal(received, expected)


def test_a_batch_is_never_laid_out_at_once():
    images, kernel = np.ones((16, 64, 64, 32), dtype=np.float32), np.ones((3, 3, 32, 4), dtype=np.float32)
    tracemalloc.start()
    output = conv2d(images, kernel)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < output.nbytes + 2 * 4 * reference.PIECE  # all windows would take 71 MB


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


POOLS, POOL_STRIDES = (2, 3, (2, 3), (3, 1)), (None, 1, 2, (3, 2))
WORDS = ("valid", "same")
AMOUNTS = (1, ((0, 1), (1, 0)), ((1, 1), (0, 0)))


def maps(sign="both", shape=(2, 9, 12, 3), seed=0):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return -np.abs(values) - 1 if sign == "negative" else values


def loop_pool(images, pool_size, strides, amounts, summarize):
    """Each window cut out by hand: the pixels of the image that lie under it, without padding."""
    (top, bottom), (left, right) = amounts
    (height, width), (down, across) = pair(pool_size), pair(pool_size if strides is None else strides)
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
    for pool_size, strides in itertools.product(POOLS, POOL_STRIDES):
        size, step = pair(pool_size), pair(pool_size if strides is None else strides)
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
    for pool_size, strides in itertools.product((2, 3, (2, 3)), POOL_STRIDES):
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
    for pool_size, strides in itertools.product(POOLS, POOL_STRIDES):
        size, step = pair(pool_size), pair(pool_size if strides is None else strides)
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
    with tf.device("CPU:0"):  # cuDNN takes no depth_radius above 7
        expected = tf.nn.local_response_normalization(images, **(defaults | parameters)).numpy()
    received = reference.local_response_normalization(images, **parameters)
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, rtol=1e-5)


HALF = np.full((1, 64, 64, 1), 0.1)
ONE, WINDOW = np.ones((1, 1, 1, 1)), np.ones((64, 64, 1, 1))


@pytest.mark.parametrize(
    "function",
    [
        lambda half: reference.average_pool2d(half(HALF), 64),
        lambda half: reference.average_pool2d(half(1e4 * HALF), 9),
        lambda half: reference.average_pool2d_gradient(half(HALF), half(np.ones((1, 32, 32, 1))), 33, 1),
        lambda half: reference.max_pool2d_gradient(half(np.eye(127)[None, :, :, None]), half(HALF), 64, 1),
        lambda half: conv2d(half(HALF), half(WINDOW)),
        lambda half: reference.conv2d_gradients(half(np.ones((1, 127, 127, 1))), half(WINDOW), half(HALF))[0],
        lambda half: reference.conv2d_gradients(half(HALF), half(ONE), half(HALF))[1],
        lambda half: reference.conv2d_gradients(half(HALF), half(ONE), half(HALF))[2],
        lambda half: reference.softmax(half(np.zeros((70_000, 2))), axis=0),
        lambda half: reference.local_response_normalization(half(1e4 * HALF)),
    ],
)
def test_half_precision_is_added_up_in_float32(function):
    """Sums of thousands of halves stop growing, squares overflow."""
    result = function(np.float16)
    assert result.dtype == np.float16
    np.testing.assert_allclose(
        result, function(lambda values: values.astype(np.float16).astype(float)), rtol=1e-3, atol=1e-7
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("other", [np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_bias_and_gradients_of_another_dtype_change_no_dtype(dtype, other):
    images, kernel = np.ones((1, 4, 6, 2), dtype), np.ones((2, 2, 2, 3), dtype)
    results = [
        conv2d(images, kernel, np.ones(3, other)),
        *reference.conv2d_gradients(images, kernel, np.ones((1, 3, 5, 3), other)),
        reference.max_pool2d_gradient(images, np.ones((1, 2, 3, 2), other), 2),
        reference.average_pool2d_gradient(images, np.ones((1, 2, 3, 2), other), 2),
    ]
    assert [result.dtype for result in results] == [dtype] * 6
    assert conv2d(np.uint8(images), np.uint8(kernel), np.full(3, 0.5))[0, 0, 0, 0] == 8.5  # nothing is cut off


def test_a_window_with_nan_gives_its_gradient_to_the_first_nan():
    images = np.array([[5, np.nan, 1, 2], [np.nan, 7, 4, 3]]).reshape(1, 2, 4, 1)
    received = reference.max_pool2d_gradient(images, np.array([10.0, 20.0]).reshape(1, 1, 2, 1), 2)
    assert np.isnan(reference.max_pool2d(images, 2)[0, 0, 0, 0])
    assert received[0, :, :, 0].tolist() == [[0, 10, 0, 0], [0, 0, 20, 0]]


def test_no_result_is_a_view_of_the_images():
    images = np.ones((1, 3, 4, 2))
    results = [reference.im2col(images, 1), reference.max_pool2d(images, 1), reference.average_pool2d(images, 1)]
    for result in [*results, reference.relu(images), conv2d(images, np.ones((1, 1, 2, 2)))]:
        assert result.flags.writeable and not np.shares_memory(result, images)


IMAGES, KERNEL = np.ones((1, 5, 7, 4)), np.ones((3, 2, 4, 6))


@pytest.mark.parametrize(
    ("call", "error", "message"),  # test_bad_sizes.py spoils every argument; these show what a reader meets
    [
        (
            lambda: conv2d(IMAGES[0], KERNEL),
            ValueError,
            r"have 4 axes. Received: images of shape \(5, 7, 4\)",
        ),
        (lambda: conv2d(IMAGES, KERNEL, strides=1.5), TypeError, "or a pair of integers. Received: strides=1.5"),
        (lambda: conv2d(IMAGES, KERNEL, dilation_rate=3), ValueError, "does not fit.*input_size=5.*dilation_rate=3"),
        (lambda: conv2d(IMAGES, KERNEL, groups=2), ValueError, "times the kernel's in_channels.*groups=2"),
        (lambda: conv2d(IMAGES, KERNEL[..., :5], np.ones(6)), ValueError, "one value per filter"),
        (lambda: conv2d(IMAGES, KERNEL, padding=(1, 2)), ValueError, r"\(\(top, bottom\), \(left, right\)\)"),
        (lambda: reference.max_pool2d(IMAGES, 2, padding=2), ValueError, "padding alone. Received: padding=2"),
        (lambda: reference.average_pool2d_gradient(IMAGES, IMAGES, 2), ValueError, r"the output, \(1, 2, 3, 4\). Rec"),
        (lambda: reference.softmax(np.ones(3), axis=1), ValueError, r"axis=1, logits.shape=\(3,\)"),
    ],
)
def test_bad_input_is_refused_with_what_was_received(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_what_is_not_laid_out_at_once_is_not_refused():
    images = np.broadcast_to(np.float32(1), (64, 224, 224, 64))  # 1.8 billion values in all windows of a 3x3 kernel
    assert reference._layout(images, 3, 1, "same", 1).outputs == (224, 224)
