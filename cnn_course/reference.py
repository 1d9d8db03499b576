"""Convolution and pooling in NumPy, to be read and to be trusted: the course checks Keras against it, and back.

Images are (batch, height, width, channels), kernels (height, width, in_channels, filters), sizes in pixels. Floats keep
the dtype of the images (and of the kernel); half precision is added up in float32. Integers and bools are added in
int64, so that uint8 pixels never wrap.

Every function refuses arrays that hold no real numbers (TypeError) or nothing, or that have other axes (ValueError),
and sizes that are no integers (TypeError), are too small, or do not fit (ValueError).
"""

import functools
import itertools
import math
import reprlib
from typing import NamedTuple

import numpy as np

from cnn_course import arithmetic
from cnn_course._validate import validate_array, validate_integer, validate_number, validate_pair

__all__ = [
    "average_pool2d",
    "average_pool2d_gradient",
    "conv2d",
    "conv2d_gradients",
    "convolve",
    "cross_correlate",
    "im2col",
    "local_response_normalization",
    "max_pool2d",
    "max_pool2d_gradient",
    "relu",
    "softmax",
]

MOST_VALUES = 2**32  # of the padded images, and of the windows of one image: more is a mistake, and fills the memory
PIECE = 2**18  # values of windows that are laid out at once: 1 MiB in float32


def cross_correlate(image, kernel):
    """Slide `kernel` over `image` as it is and sum the products at each position: what a CNN calls convolution.

    Args:
        image: array (height, width).
        kernel: array (kernel_height, kernel_width), at most as large as the image.

    Returns:
        Array (height - kernel_height + 1, width - kernel_width + 1).

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equation 9.6.

    >>> cross_correlate(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2))  # 0*0 + 1*1 + 3*2 + 4*3 = 19
    array([[19, 25],
           [37, 43]])
    """
    image = validate_array(image, "image", rank=2)
    kernel = validate_array(kernel, "kernel", rank=2)
    return conv2d(image[np.newaxis, :, :, np.newaxis], kernel[:, :, np.newaxis, np.newaxis])[0, :, :, 0]


def convolve(image, kernel):
    """Convolution as in mathematics and signal processing: cross-correlation with the kernel flipped on both axes.

    Args:
        image, kernel: as in `cross_correlate`.

    Returns:
        Array (height - kernel_height + 1, width - kernel_width + 1).

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equation 9.5.

    >>> convolve(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2))  # 0*3 + 1*2 + 3*1 + 4*0 = 5
    array([[ 5, 11],
           [23, 29]])
    """
    return cross_correlate(image, validate_array(kernel, "kernel", rank=2)[::-1, ::-1])


def conv2d(images, kernel, bias=None, strides=1, padding="valid", dilation_rate=1, groups=1):
    """The 2-D convolution of CNNs: `keras.ops.conv` in NumPy.

    Args:
        images: array (batch, height, width, channels).
        kernel: array (kernel_height, kernel_width, channels // groups, filters).
        bias: array (filters,), or None.
        strides: int >= 1 or a pair (down, right).
        padding: `"valid"`, `"same"` (as in Keras), an int >= 0 (pixels on each side), or
            `((top, bottom), (left, right))`. The padding is zeros.
        dilation_rate: int >= 1 or a pair (down, right).
        groups: int >= 1; group g sees the g-th block of channels and makes the g-th block of filters.

    Returns:
        Array (batch, output_height, output_width, filters).

    Raises:
        ValueError: besides, where sums of integers could overflow int64, or absurd sizes would fill the memory.

    Source:
        Dumoulin & Visin (2016), arXiv:1603.07285, chapters 2 and 5; groups: Krizhevsky et al. (2012), section 3.2.

    >>> images, kernel = np.ones((1, 5, 7, 3)), np.ones((3, 3, 3, 2))
    >>> conv2d(images, kernel, strides=2).shape, float(conv2d(images, kernel).max())  # 3 * 3 * 3 = 27
    ((1, 2, 3, 2), 27.0)
    """
    images, kernel, groups = _validate_convolution(images, kernel, groups)
    bias = np.zeros(kernel.shape[-1], dtype=bool) if bias is None else validate_array(bias, "bias", rank=1)
    if bias.shape != kernel.shape[-1:]:
        raise ValueError(f"`bias` must have one value per filter. Received: {bias.shape=}, {kernel.shape=}.")
    layout = _layout(images, kernel.shape[:2], strides, padding, dilation_rate)
    dtype, images, kernel, bias = _prepare_sums((images.dtype, kernel.dtype), images, kernel, bias)
    output = np.empty((*layout.output_shape(images), kernel.shape[-1]), dtype=kernel.dtype)
    for part, weights, sums in _by_group(groups, images, kernel, output):
        weights = weights.reshape(-1, weights.shape[-1])
        for windows, places in _pieces(_windows(_pad(part, layout, 0), layout), sums):
            np.matmul(_rows(windows), weights, out=places.reshape(-1, weights.shape[-1]))  # a view of the output
    if bias.any():
        output += bias
    return output.astype(dtype, copy=False)


def conv2d_gradients(images, kernel, output_gradient, strides=1, padding="valid", dilation_rate=1, groups=1):
    """Gradients of a loss with respect to the images, the kernel and the bias of `conv2d`.

    Args:
        images, kernel, strides, padding, dilation_rate, groups: as in `conv2d`.
        output_gradient: array (batch, output_height, output_width, filters), the gradient of the loss with respect to
            the output.

    Returns:
        `(images_gradient, kernel_gradient, bias_gradient)`, arrays shaped like images, kernel and (filters,).

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equations 9.11 and 9.13.

    >>> gradients = conv2d_gradients(np.ones((1, 5, 7, 3)), np.ones((3, 3, 3, 2)), np.ones((1, 3, 5, 2)))
    >>> [gradient.shape for gradient in gradients], gradients[2].tolist()  # 3 * 5 outputs add the bias
    ([(1, 5, 7, 3), (3, 3, 3, 2), (2,)], [15.0, 15.0])
    """
    images, kernel, groups = _validate_convolution(images, kernel, groups)
    layout = _layout(images, kernel.shape[:2], strides, padding, dilation_rate)
    output_gradient = _validate_gradient(output_gradient, (*layout.output_shape(images), kernel.shape[-1]))
    dtypes = images.dtype, kernel.dtype
    dtype, images, kernel, output_gradient = _prepare_sums(dtypes, images, kernel, output_gradient)
    of_images = [_images_gradient(*part, layout) for part in _by_group(groups, images, kernel, output_gradient)]
    of_kernel = [_kernel_gradient(*part, layout) for part in _by_group(groups, images, kernel, output_gradient)]
    gradients = np.concatenate(of_images, axis=-1), np.concatenate(of_kernel, axis=-1), output_gradient.sum((0, 1, 2))
    return tuple(gradient.astype(dtype, copy=False) for gradient in gradients)


def im2col(images, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Lay out what a kernel sees at each position: `keras.ops.image.extract_patches` in NumPy.

    With it a convolution is one matrix product: `im2col(images, size) @ kernel.reshape(-1, filters)`.

    Args:
        images: array (batch, height, width, channels).
        kernel_size: int >= 1 or a pair (height, width).
        strides, padding, dilation_rate: as in `conv2d`.

    Returns:
        Array (batch, output_height, output_width, kernel_height * kernel_width * channels); integers give int64.

    Source:
        Chellapilla, Puri & Simard (2006), High Performance Convolutional Neural Networks, section 2.1.

    >>> im2col(np.arange(9).reshape(1, 3, 3, 1), 2)[0, 0, 1].tolist()  # second window of the first row
    [1, 2, 4, 5]
    """
    images = validate_array(images, "images", rank=4)
    layout = _layout(images, kernel_size, strides, padding, dilation_rate)
    dtype, images = _prepare_sums((images.dtype,), images)
    windows = _windows(_pad(images, layout, 0), layout).astype(dtype, order="C")  # a copy, never a view of the images
    return windows.reshape(*windows.shape[:3], -1)


def max_pool2d(images, pool_size, strides=None, padding="valid"):
    """Largest value of each window, channel by channel: `keras.ops.max_pool` in NumPy.

    Args:
        images: array (batch, height, width, channels).
        pool_size: int >= 1 or a pair (height, width).
        strides: int >= 1 or a pair (down, right); None means `pool_size`.
        padding: as in `conv2d`, less than `pool_size` on each side. The padding never wins: it is minus infinity.

    Returns:
        Array (batch, output_height, output_width, channels) of the dtype of `images`, integers too.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.3.

    >>> max_pool2d(-np.arange(1, 10).reshape(1, 3, 3, 1), 2, strides=1)[0, :, :, 0]
    array([[-1, -2],
           [-4, -5]])
    """
    images = validate_array(images, "images", rank=4)
    layout = _pool_layout(images, pool_size, strides, padding)
    lowest = _lowest(images.dtype)
    return functools.reduce(np.maximum, _each(_windows(_pad(images, layout, lowest), layout)), lowest)


def max_pool2d_gradient(images, output_gradient, pool_size, strides=None, padding="valid"):
    """Gradient with respect to the images of `max_pool2d`: all of it goes to the largest value of each window.

    Among equal largest values the first takes it, from left to right and from top to bottom, as in TensorFlow. What is
    not a number (NaN) counts as the largest: the maximum is NaN, too.

    Args:
        images, pool_size, strides, padding: as in `max_pool2d`.
        output_gradient: array (batch, output_height, output_width, channels).

    Returns:
        Array of the shape of `images`.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.3 and equation 6.44.

    >>> max_pool2d_gradient(np.array([[1., 4.], [3., 2.]]).reshape(1, 2, 2, 1), np.ones((1, 1, 1, 1)), 2)[0, :, :, 0]
    array([[0., 1.],
           [0., 0.]])
    """
    images = validate_array(images, "images", rank=4)
    layout = _pool_layout(images, pool_size, strides, padding)
    output_gradient = _validate_gradient(output_gradient, (*layout.output_shape(images), images.shape[-1]))
    dtype, output_gradient = _prepare_sums((images.dtype,), output_gradient)
    largest = max_pool2d(images, pool_size, strides, padding)
    windows = _windows(_pad(images, layout, _lowest(images.dtype)), layout)
    images_gradient, spots = _gradient_to_fill(images, layout, output_gradient.dtype)
    waiting = np.ones(largest.shape, dtype=bool)
    for pixels, inside, spot in zip(*map(_each, (windows, _inside(images, layout), spots)), strict=True):
        wins = waiting & inside & ((pixels == largest) | np.isnan(pixels))  # the padding takes nothing
        waiting &= ~wins
        spot += output_gradient * wins
    return images_gradient.astype(dtype, copy=False)


def average_pool2d(images, pool_size, strides=None, padding="valid"):
    """Mean of the pixels under each window, channel by channel: `keras.ops.average_pool` in NumPy.

    Args:
        images: array (batch, height, width, channels).
        pool_size: int >= 1 or a pair (height, width).
        strides: int >= 1 or a pair (down, right); None means `pool_size`.
        padding: as in `conv2d`, less than `pool_size` on each side. Padding is not counted: as in Keras, the sum is
            divided by the number of pixels of the image under the window.

    Returns:
        Array (batch, output_height, output_width, channels); integers give float64.

    Source:
        LeCun et al. (1998), Gradient-Based Learning Applied to Document Recognition, section II.B (layer S2).

    >>> average_pool2d(np.arange(9).reshape(1, 3, 3, 1), 2, padding="same")[0, :, :, 0]  # the corner alone: 8 / 1
    array([[2. , 3.5],
           [6.5, 8. ]])
    """
    images = validate_array(images, "images", rank=4)
    dtype, images = _as_floats(images.dtype, images)
    layout = _pool_layout(images, pool_size, strides, padding)
    total = sum(_each(_windows(_pad(images, layout, 0), layout)))
    return (total / _counts(images, layout)).astype(dtype, copy=False)


def average_pool2d_gradient(images, output_gradient, pool_size, strides=None, padding="valid"):
    """Gradient with respect to the images of `average_pool2d`: spread evenly over the pixels under each window.

    Args:
        images, pool_size, strides, padding: as in `average_pool2d`.
        output_gradient: array (batch, output_height, output_width, channels).

    Returns:
        Array of the shape of `images`.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equation 6.44.

    >>> average_pool2d_gradient(np.ones((1, 2, 2, 1)), np.ones((1, 1, 1, 1)), 2)[0, :, :, 0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    images = validate_array(images, "images", rank=4)
    layout = _pool_layout(images, pool_size, strides, padding)
    output_gradient = _validate_gradient(output_gradient, (*layout.output_shape(images), images.shape[-1]))
    dtype, output_gradient = _as_floats(images.dtype, output_gradient)
    images_gradient, spots = _gradient_to_fill(images, layout, output_gradient.dtype)
    share = output_gradient / _counts(images, layout)
    for spot in _each(spots):
        spot += share
    return images_gradient.astype(dtype, copy=False)


def relu(values):
    """Negative values become 0: max(values, 0).

    Args:
        values: array of any shape.

    Returns:
        Array of the same shape and dtype, integers too.

    Source:
        Nair & Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann Machines.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    values = validate_array(values, "values")
    return np.maximum(values, values.dtype.type(0))


def softmax(logits, axis=-1):
    """Scores to positive values that sum to 1: exp(logits) / sum of exp(logits).

    Args:
        logits: array of any shape of rank >= 1.
        axis: int, the axis along which the values sum to 1.

    Returns:
        Array of the same shape; integers give float64.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equation 6.29.

    >>> softmax(np.log([1.0, 2.0, 5.0])).round(3)
    array([0.125, 0.25 , 0.625])
    """
    logits = validate_array(logits, "logits")
    dtype, logits = _as_floats(logits.dtype, logits)
    axis = validate_integer(axis, "axis", minimum=-max(logits.ndim, 1))
    if axis >= logits.ndim or not logits.ndim:
        raise ValueError(f"`axis` must be an axis of the array. Received: {axis=}, {logits.shape=}.")
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))  # shifting changes nothing and cannot overflow
    return (powers / powers.sum(axis=axis, keepdims=True)).astype(dtype, copy=False)


def local_response_normalization(images, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75):
    """Divide each value by (bias + alpha * sum of squares over neighboring channels) ** beta.

    Args:
        images: array (batch, height, width, channels).
        depth_radius: int >= 0, how many channels on each side are neighbors (the paper's n = 2 * depth_radius + 1).
        bias: float > 0, the paper's k.
        alpha: float >= 0.
        beta: float.

    Returns:
        Array of the same shape; integers give float64.

    Source:
        Krizhevsky, Sutskever & Hinton (2012), ImageNet Classification with Deep CNNs, section 3.3.

    >>> float(local_response_normalization(np.full((1, 1, 1, 5), 2.0), bias=1.0, alpha=1.0, beta=1.0)[0, 0, 0, 2])
    0.09523809523809523
    """  # 2 / (1 + 5 * 4) = 2 / 21
    images = validate_array(images, "images", rank=4)
    dtype, images = _as_floats(images.dtype, images)
    channels = images.shape[-1]
    depth_radius = min(validate_integer(depth_radius, "depth_radius", minimum=0), channels - 1)
    bias = validate_number(bias, "bias", above=0)
    alpha = validate_number(alpha, "alpha", minimum=0)
    beta = validate_number(beta, "beta")
    squares = np.pad(images**2, [(0, 0)] * 3 + [(depth_radius, depth_radius)])
    neighbors = sum(squares[..., shift : shift + channels] for shift in range(2 * depth_radius + 1))
    return (images / (bias + alpha * neighbors) ** beta).astype(dtype, copy=False)


class _Layout(NamedTuple):
    """Where a kernel stands: sizes and steps along height and width, in pixels."""

    kernel_size: tuple
    strides: tuple
    dilation_rate: tuple
    amounts: tuple  # padding: ((top, bottom), (left, right))
    outputs: tuple  # (output_height, output_width)

    def output_shape(self, images):
        """(batch, output_height, output_width)."""
        return (images.shape[0], *self.outputs)


def _layout(images, kernel_size, strides, padding, dilation_rate):
    sizes, steps = validate_pair(kernel_size, "kernel_size"), validate_pair(strides, "strides")
    rates, words = validate_pair(dilation_rate, "dilation_rate"), _padding_per_axis(padding)
    axes = list(zip(images.shape[1:3], sizes, steps, words, rates, strict=True))
    outputs = tuple(arithmetic.output_size(*axis) for axis in axes)  # raises where the kernel does not fit
    amounts = tuple(arithmetic.padding_amounts(*axis) for axis in axes)
    padded = [size + sum(amount) for size, amount in zip(images.shape[1:3], amounts, strict=True)]
    values = images.shape[3] * max(images.shape[0] * math.prod(padded), math.prod((*outputs, *sizes)))
    if values > MOST_VALUES:
        raise ValueError(
            f"The padded images, and the windows of one image, must hold at most {MOST_VALUES:,} values. Received: "
            f"{values:,} values from images of shape {images.shape} with kernel_size={sizes}, padding={amounts}, "
            f"dilation_rate={rates}."
        )
    return _Layout(sizes, steps, rates, amounts, outputs)


def _pool_layout(images, pool_size, strides, padding):
    pool_size = validate_pair(pool_size, "pool_size")
    layout = _layout(images, pool_size, pool_size if strides is None else strides, padding, 1)
    if any(max(pair) >= size for pair, size in zip(layout.amounts, pool_size, strict=True)):
        raise ValueError(
            "`padding` must be less than `pool_size`, or a window could lie in the padding alone. "
            f"Received: padding={reprlib.repr(padding)}, pool_size={pool_size}."
        )
    return layout


def _pad(images, layout, value):
    if layout.amounts == ((0, 0), (0, 0)):
        return images
    padded, inside = _frame(images, layout, value, images.dtype)
    inside[...] = images
    return padded


def _frame(images, layout, value, dtype):
    """Padded images that hold `value` everywhere, and the view of them where the pixels lie."""
    (top, bottom), (left, right) = layout.amounts
    batch, height, width, channels = images.shape
    padded = np.full((batch, top + height + bottom, left + width + right, channels), value, dtype)
    return padded, padded[:, top : top + height, left : left + width]


def _windows(padded, layout):
    """What the kernel sees at each position, without copying: (batch, output_height, output_width, *kernel, channels).

    At `[:, :, :, a, b]` lie the pixels under element (a, b) of the kernel.
    """
    (down, right), (rate_down, rate_right) = layout.strides, layout.dilation_rate
    reach = [(size - 1) * rate + 1 for size, rate in zip(layout.kernel_size, layout.dilation_rate, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2), writeable=True)
    return windows[:, ::down, ::right, :, ::rate_down, ::rate_right].transpose(0, 1, 2, 4, 5, 3)


def _each(windows):
    """The pixels under the first element of the kernel, then those under the second, and so on, row by row."""
    return [windows[:, :, :, a, b] for a, b in np.ndindex(*windows.shape[3:5])]


def _pieces(windows, sums):
    """Some images, or some rows of one, at a time: what is laid out then stays in the processor's cache."""
    rows = max(1, PIECE // max(windows[0, 0].size, sums[0, 0].size))
    images = max(1, rows // windows.shape[1])
    for i, j in itertools.product(range(0, len(windows), images), range(0, windows.shape[1], rows)):
        yield windows[i : i + images, j : j + rows], sums[i : i + images, j : j + rows]


def _rows(windows):
    """Lay out the windows as the rows of a matrix, copied along what is longer: a row of a window, or of positions."""
    if windows.shape[2] < math.prod(windows.shape[4:]):
        return windows.reshape(math.prod(windows.shape[:3]), -1)
    return windows.transpose(3, 4, 5, 0, 1, 2).reshape(math.prod(windows.shape[3:]), -1).T


def _by_group(groups, *arrays):
    """Group by group a block of channels, or filters, of each array: views of it."""
    return zip(*(np.split(array, groups, axis=-1) for array in arrays), strict=True)


def _inside(images, layout):
    """Windows that say where there is a pixel of the image (True) and where padding: (1, ..., 1)."""
    return _windows(_pad(np.ones((1, *images.shape[1:3], 1), dtype=bool), layout, False), layout)


def _counts(images, layout):
    """How many pixels of the image, not of the padding, each window covers: (1, output_height, output_width, 1)."""
    return sum(_each(_inside(images, layout)))


def _images_gradient(images, kernel, output_gradient, layout):
    """Each output's gradient, times the weights, goes back to the pixels that the kernel saw there."""
    images_gradient, spots = _gradient_to_fill(images, layout, images.dtype)
    for spot, gradient in zip(spots, output_gradient, strict=True):
        shares = np.tensordot(kernel, gradient, axes=(3, 2))  # (*kernel_size, in_channels, rows, columns)
        for a, b in np.ndindex(*kernel.shape[:2]):
            spot[:, :, a, b] += np.moveaxis(shares[a, b], 0, -1)
    return images_gradient


def _kernel_gradient(images, kernel, output_gradient, layout):
    """Each weight gathers, over all positions, the pixel that it saw times the gradient of the output there."""
    windows = _windows(_pad(images, layout, 0), layout)
    return sum(np.tensordot(*pair, axes=((0, 1), (0, 1))) for pair in zip(windows, output_gradient, strict=True))


def _gradient_to_fill(images, layout, dtype):
    """Zeros shaped like the images, and what the kernel sees of them at each position, to be added to."""
    padded, inside = _frame(images, layout, 0, dtype)
    return inside, _windows(padded, layout)


def _lowest(dtype):
    """What never wins a maximum."""
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def _as_floats(dtype, array):
    """The dtype of a result for images of `dtype`, and the array in the dtype to compute in."""
    dtype = next((one for one in (dtype, array.dtype) if one.kind == "f"), np.dtype(np.float64))
    return dtype, array.astype(np.promote_types(dtype, np.float32), copy=False)


def _prepare_sums(dtypes, *arrays):
    """The dtype of a result, which `dtypes` decide, and the arrays in the dtype in which to add their products."""
    for deciding in (dtypes, [*dtypes, *(array.dtype for array in arrays)]):
        if any(dtype.kind == "f" for dtype in deciding):
            dtype = np.result_type(*deciding)
            return dtype, *(array.astype(np.promote_types(dtype, np.float32), copy=False) for array in arrays)
    largest = sorted(max(int(array.max()), -int(array.min()), 1) for array in arrays)
    terms = max(array.size for array in arrays)  # no sum has more
    if math.prod(largest[-2:]) * terms >= 2**62:
        raise ValueError(
            "Sums of products of integers must be below 2**62: give smaller numbers, or floats. "
            f"Received: magnitudes up to {', '.join(map(str, largest))} and up to {terms} terms."
        )
    return np.dtype(np.int64), *(array.astype(np.int64, copy=False) for array in arrays)


def _validate_convolution(images, kernel, groups):
    images, kernel = validate_array(images, "images", rank=4), validate_array(kernel, "kernel", rank=4)
    groups = validate_integer(groups, "groups", minimum=1)
    if images.shape[-1] != groups * kernel.shape[2] or kernel.shape[-1] % groups:
        raise ValueError(
            "`images` must have `groups` times the kernel's in_channels, and `groups` must divide its filters. "
            f"Received: {images.shape=}, {kernel.shape=}, {groups=}."
        )
    return images, kernel, groups


def _validate_gradient(output_gradient, shape):
    output_gradient = validate_array(output_gradient, "output_gradient", rank=4)
    if output_gradient.shape != shape:
        raise ValueError(
            f"`output_gradient` must have the shape of the output, {shape}. Received: {output_gradient.shape=}."
        )
    return output_gradient


def _padding_per_axis(padding):
    """The padding of the height and of the width, each in a form that `arithmetic` understands."""
    if not isinstance(padding, (tuple, list)):
        return padding, padding
    if len(padding) == 2 and all(isinstance(pair, (tuple, list)) for pair in padding):
        return tuple(padding)
    raise ValueError(
        '`padding` must be "valid", "same", an integer or ((top, bottom), (left, right)). '
        f"Received: padding={reprlib.repr(padding)}."
    )
