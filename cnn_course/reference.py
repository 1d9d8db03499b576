"""Convolution and pooling in NumPy, to be read and to be trusted: the course checks Keras against it, and back.

Images are (batch, height, width, channels), kernels (height, width, in_channels, filters). Floats keep their dtype;
integers and bools are accumulated in int64, so that uint8 pixels never wrap.
"""

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

PIECE = 2**20  # bytes of columns that are laid out at once
MOST_VALUES = 2**30  # that one call lays out: 4 GiB in float32; more is a mistake, and would take the machine down
MOST_PIXELS = 2**20  # of one window, visited one by one


def cross_correlate(image, kernel):
    """Slide `kernel` over `image` as it is and sum the products at each position: what a CNN calls convolution.

    Args:
        image: real array (height, width).
        kernel: real array (kernel_height, kernel_width), at most as large as the image.

    Returns:
        Array (height - kernel_height + 1, width - kernel_width + 1).

    Raises:
        TypeError: an array holds no real numbers.
        ValueError: an array is not 2-D or has no elements, or the kernel does not fit.

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
        image: real array (height, width).
        kernel: real array (kernel_height, kernel_width), at most as large as the image.

    Returns:
        Array (height - kernel_height + 1, width - kernel_width + 1).

    Raises:
        TypeError: an array holds no real numbers.
        ValueError: an array is not 2-D or has no elements, or the kernel does not fit.

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
        images: real array (batch, height, width, channels).
        kernel: real array (kernel_height, kernel_width, channels // groups, filters).
        bias: real array (filters,), or None.
        strides: int >= 1 or a pair (down, right), in pixels.
        padding: `"valid"`, `"same"` (as in Keras), an int >= 0 (pixels on each side), or
            `((top, bottom), (left, right))` in pixels. The padding is zeros.
        dilation_rate: int >= 1 or a pair (down, right), in pixels.
        groups: int >= 1; group g sees the g-th block of channels and makes the g-th block of filters.

    Returns:
        Array (batch, output_height, output_width, filters).

    Raises:
        TypeError: an array holds no real numbers, or a size is not an integer.
        ValueError: a rank, a number of channels, a size or the padding is wrong, the kernel does not fit, the padded
            images or their windows would hold more than `MOST_VALUES`, or integers could overflow int64.

    Source:
        Dumoulin & Visin (2016), arXiv:1603.07285, chapters 2 and 5; groups: Krizhevsky et al. (2012), section 3.2.

    >>> images, kernel = np.ones((1, 5, 7, 3)), np.ones((3, 3, 3, 2))
    >>> conv2d(images, kernel, strides=2).shape, float(conv2d(images, kernel).max())  # 3 * 3 * 3 = 27
    ((1, 2, 3, 2), 27.0)
    """
    images, kernel, groups = _validate_convolution(images, kernel, groups)
    if bias is not None:
        bias = validate_array(bias, "bias", rank=1)
        if bias.shape != kernel.shape[-1:]:
            raise ValueError(f"`bias` must have one value per filter. Received: {bias.shape=}, {kernel.shape=}.")
        (bias,) = _accumulated(bias)
    layout = _layout(images, kernel.shape[:2], strides, padding, dilation_rate)
    parts = zip(np.split(images, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    outputs = [_correlate(part, weights, layout) for part, weights in parts]
    output = np.concatenate(outputs, axis=-1) if groups > 1 else outputs[0]
    return output if bias is None else output + bias


def conv2d_gradients(images, kernel, output_gradient, strides=1, padding="valid", dilation_rate=1, groups=1):
    """Gradients of a loss with respect to the images, the kernel and the bias of `conv2d`.

    Args:
        images, kernel, strides, padding, dilation_rate, groups: as in `conv2d`.
        output_gradient: real array (batch, output_height, output_width, filters), the gradient of the loss with
            respect to the output.

    Returns:
        `(images_gradient, kernel_gradient, bias_gradient)`, arrays shaped like images, kernel and (filters,).

    Raises:
        TypeError, ValueError: as in `conv2d`; or `output_gradient` has not the shape of the output.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equations 9.11 and 9.13.

    >>> gradients = conv2d_gradients(np.ones((1, 5, 7, 3)), np.ones((3, 3, 3, 2)), np.ones((1, 3, 5, 2)))
    >>> [gradient.shape for gradient in gradients], gradients[2].tolist()  # 3 * 5 outputs add the bias
    ([(1, 5, 7, 3), (3, 3, 3, 2), (2,)], [15.0, 15.0])
    """
    images, kernel, groups = _validate_convolution(images, kernel, groups)
    layout = _layout(images, kernel.shape[:2], strides, padding, dilation_rate)
    output_gradient = _validate_gradient(output_gradient, (*layout.output_shape(images), kernel.shape[-1]))
    images, kernel, output_gradient = _accumulated(images, kernel, output_gradient)
    arrays = (np.split(array, groups, axis=-1) for array in (images, kernel, output_gradient))
    parts = list(zip(*arrays, strict=True))
    images_gradient = np.concatenate([_images_gradient(*part, layout) for part in parts], axis=-1)
    kernel_gradient = np.concatenate([_kernel_gradient(*part, layout) for part in parts], axis=-1)
    bias_gradient = output_gradient.sum(axis=(0, 1, 2))
    return images_gradient, kernel_gradient, bias_gradient


def im2col(images, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Lay out what a kernel sees at each position: `keras.ops.image.extract_patches` in NumPy.

    With it a convolution is one matrix product: `im2col(images, size) @ kernel.reshape(-1, filters)`.

    Args:
        images: real array (batch, height, width, channels).
        kernel_size: int >= 1 or a pair (height, width), in pixels.
        strides, padding, dilation_rate: as in `conv2d`.

    Returns:
        Array (batch, output_height, output_width, kernel_height * kernel_width * channels).

    Raises:
        TypeError, ValueError: as in `conv2d`.

    Source:
        Chellapilla, Puri & Simard (2006), High Performance Convolutional Neural Networks, section 2.1.

    >>> im2col(np.arange(9).reshape(1, 3, 3, 1), 2)[0, 0, 1].tolist()  # second window of the first row
    [1, 2, 4, 5]
    """
    (images,) = _accumulated(validate_array(images, "images", rank=4))
    layout = _layout(images, kernel_size, strides, padding, dilation_rate)
    windows = _windows(_pad(images, layout, 0), layout)
    return windows.reshape(*windows.shape[:3], -1)


def max_pool2d(images, pool_size, strides=None, padding="valid"):
    """Largest value of each window, channel by channel: `keras.ops.max_pool` in NumPy.

    Args:
        images: real array (batch, height, width, channels).
        pool_size: int >= 1 or a pair (height, width), in pixels.
        strides: int >= 1 or a pair (down, right), in pixels; None means `pool_size`.
        padding: as in `conv2d`, less than `pool_size` on each side. The padding never wins: it is minus infinity.

    Returns:
        Array (batch, output_height, output_width, channels) of the dtype of `images`.

    Raises:
        TypeError, ValueError: as in `conv2d`; or a window could lie in the padding alone.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.3.

    >>> max_pool2d(-np.arange(1, 10).reshape(1, 3, 3, 1), 2, strides=1)[0, :, :, 0]
    array([[-1, -2],
           [-4, -5]])
    """
    images = validate_array(images, "images", rank=4)
    layout = _pool_layout(images, pool_size, strides, padding)
    return _maximum(_pad(images, layout, _lowest(images.dtype)), layout)


def max_pool2d_gradient(images, output_gradient, pool_size, strides=None, padding="valid"):
    """Gradient with respect to the images of `max_pool2d`: all of it goes to the largest value of each window.

    Among equal largest values the first takes it, from left to right and from top to bottom, as in TensorFlow.

    Args:
        images, pool_size, strides, padding: as in `max_pool2d`.
        output_gradient: real array (batch, output_height, output_width, channels).

    Returns:
        Array of the shape of `images`.

    Raises:
        TypeError, ValueError: as in `max_pool2d`; or `output_gradient` has not the shape of the output.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.3 and equation 6.44.

    >>> max_pool2d_gradient(np.array([[1., 4.], [3., 2.]]).reshape(1, 2, 2, 1), np.ones((1, 1, 1, 1)), 2)[0, :, :, 0]
    array([[0., 1.],
           [0., 0.]])
    """
    images = validate_array(images, "images", rank=4)
    layout = _pool_layout(images, pool_size, strides, padding)
    output_gradient = _validate_gradient(output_gradient, (*layout.output_shape(images), images.shape[-1]))
    padded = _pad(images, layout, _lowest(images.dtype))
    windows, output = _windows(padded, layout), _maximum(padded, layout)
    inside = _windows(layout.inside(images), layout)  # the padding may equal the largest value, but takes nothing
    waiting = np.ones(output.shape, dtype=bool)
    images_gradient, spots = _gradient_to_fill(images, layout, output_gradient.dtype)
    for a, b in layout.offsets():
        wins = waiting & inside[:, :, :, a, b] & (windows[:, :, :, a, b] == output)
        waiting[wins] = False
        spots[:, :, :, a, b] += output_gradient * wins
    return images_gradient


def average_pool2d(images, pool_size, strides=None, padding="valid"):
    """Mean of the pixels under each window, channel by channel: `keras.ops.average_pool` in NumPy.

    Args:
        images: real array (batch, height, width, channels).
        pool_size: int >= 1 or a pair (height, width), in pixels.
        strides: int >= 1 or a pair (down, right), in pixels; None means `pool_size`.
        padding: as in `conv2d`, less than `pool_size` on each side. Padding is not counted: as in Keras, the sum is
            divided by the number of pixels of the image under the window.

    Returns:
        Array (batch, output_height, output_width, channels); floats keep their dtype, integers give float64.

    Raises:
        TypeError, ValueError: as in `max_pool2d`.

    Source:
        LeCun et al. (1998), Gradient-Based Learning Applied to Document Recognition, section II.B (layer S2).

    >>> average_pool2d(np.arange(9).reshape(1, 3, 3, 1), 2, padding="same")[0, :, :, 0]  # the corner alone: 8 / 1
    array([[2. , 3.5],
           [6.5, 8. ]])
    """
    images = _floating(validate_array(images, "images", rank=4))
    layout = _pool_layout(images, pool_size, strides, padding)
    windows = _windows(_pad(images, layout, 0), layout)
    total = sum(windows[:, :, :, a, b] for a, b in layout.offsets())
    return total / layout.pixels_under_window(images).astype(images.dtype)


def average_pool2d_gradient(images, output_gradient, pool_size, strides=None, padding="valid"):
    """Gradient with respect to the images of `average_pool2d`: spread evenly over the pixels under each window.

    Args:
        images, pool_size, strides, padding: as in `average_pool2d`.
        output_gradient: real array (batch, output_height, output_width, channels).

    Returns:
        Array of the shape of `images`.

    Raises:
        TypeError, ValueError: as in `average_pool2d`; or `output_gradient` has not the shape of the output.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equation 6.44.

    >>> average_pool2d_gradient(np.ones((1, 2, 2, 1)), np.ones((1, 1, 1, 1)), 2)[0, :, :, 0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    images = validate_array(images, "images", rank=4)
    layout = _pool_layout(images, pool_size, strides, padding)
    output_gradient = _validate_gradient(output_gradient, (*layout.output_shape(images), images.shape[-1]))
    share = output_gradient / layout.pixels_under_window(images).astype(output_gradient.dtype)
    images_gradient, spots = _gradient_to_fill(images, layout, share.dtype)
    for a, b in layout.offsets():
        spots[:, :, :, a, b] += share
    return images_gradient


def relu(values):
    """Negative values become 0: max(values, 0).

    Args:
        values: real array of any shape.

    Returns:
        Array of the same shape and dtype.

    Raises:
        TypeError: the array holds no real numbers.

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
        logits: real array of any shape of rank >= 1.
        axis: int, the axis along which the values sum to 1.

    Returns:
        Array of the same shape; floats keep their dtype, integers give float64.

    Raises:
        TypeError: the array holds no real numbers, or `axis` is not an integer.
        ValueError: the array has no such axis.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, equation 6.29.

    >>> softmax(np.log([1.0, 2.0, 5.0])).round(3)
    array([0.125, 0.25 , 0.625])
    """
    logits = _floating(validate_array(logits, "logits"))
    axis = validate_integer(axis, "axis", minimum=-max(logits.ndim, 1))
    if axis >= logits.ndim or not logits.ndim:
        raise ValueError(f"`axis` must be an axis of the array. Received: {axis=}, {logits.shape=}.")
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))  # shifting changes nothing and cannot overflow
    return powers / powers.sum(axis=axis, keepdims=True)


def local_response_normalization(images, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75):
    """Divide each value by (bias + alpha * sum of squares over neighboring channels) ** beta.

    Args:
        images: real array (batch, height, width, channels).
        depth_radius: int >= 0, how many channels on each side are neighbors (the paper's n = 2 * depth_radius + 1).
        bias: float > 0, the paper's k.
        alpha: float >= 0.
        beta: float.

    Returns:
        Array of the same shape; floats keep their dtype, integers give float64.

    Raises:
        TypeError: the array holds no real numbers, `depth_radius` is not an integer, or another is not a number.
        ValueError: the array is not 4-D or has no elements, or a number is too small or not finite.

    Source:
        Krizhevsky, Sutskever & Hinton (2012), ImageNet Classification with Deep CNNs, section 3.3.

    >>> float(local_response_normalization(np.full((1, 1, 1, 5), 2.0), bias=1.0, alpha=1.0, beta=1.0)[0, 0, 0, 2])
    0.09523809523809523
    """  # 2 / (1 + 5 * 4) = 2 / 21
    images = _floating(validate_array(images, "images", rank=4))
    channels = images.shape[-1]
    depth_radius = min(validate_integer(depth_radius, "depth_radius", minimum=0), channels - 1)
    bias = validate_number(bias, "bias", above=0)
    alpha = validate_number(alpha, "alpha", minimum=0)
    beta = validate_number(beta, "beta")
    squares = np.pad(images**2, [(0, 0)] * 3 + [(depth_radius, depth_radius)])
    neighbors = sum(squares[..., shift : shift + channels] for shift in range(2 * depth_radius + 1))
    return images / (bias + alpha * neighbors) ** beta


class _Layout(NamedTuple):
    """Where a kernel stands: sizes and steps along height and width, in pixels."""

    kernel_size: tuple
    strides: tuple
    dilation_rate: tuple
    amounts: tuple  # padding: ((top, bottom), (left, right))
    outputs: tuple  # (output_height, output_width)

    def offsets(self):
        """Positions (a, b) inside the kernel, row by row."""
        return np.ndindex(*self.kernel_size)

    def output_shape(self, images):
        """(batch, output_height, output_width)."""
        return (images.shape[0], *self.outputs)

    def inside(self, images):
        """True for the pixels of the image, False for the padding: (1, padded_height, padded_width, 1)."""
        return _pad(np.ones((1, *images.shape[1:3], 1), dtype=bool), self, False)

    def pixels_under_window(self, images):
        """How many pixels of the image, not of the padding, each window covers: (output_height, output_width, 1)."""
        return _windows(self.inside(images), self).sum(axis=(3, 4))[0]


def _layout(images, kernel_size, strides, padding, dilation_rate):
    sizes, steps = validate_pair(kernel_size, "kernel_size"), validate_pair(strides, "strides")
    rates, words = validate_pair(dilation_rate, "dilation_rate"), _padding_per_axis(padding)
    axes = list(zip(images.shape[1:3], sizes, steps, words, rates, strict=True))
    outputs = tuple(arithmetic.output_size(*axis) for axis in axes)  # raises where the kernel does not fit
    layout = _Layout(sizes, steps, rates, tuple(arithmetic.padding_amounts(*axis) for axis in axes), outputs)
    _check_work(images, layout)
    return layout


def _check_work(images, layout):
    """Refuse what would fill the memory or never end, before an array is made."""
    padded = [size + sum(amounts) for size, amounts in zip(images.shape[1:3], layout.amounts, strict=True)]
    windows = [*layout.outputs, *layout.kernel_size]
    values = images.shape[0] * images.shape[3] * max(math.prod(padded), math.prod(windows))
    if values > MOST_VALUES or math.prod(layout.kernel_size) > MOST_PIXELS:
        raise ValueError(
            f"A call must lay out at most {MOST_VALUES:,} values, in windows of at most {MOST_PIXELS:,} pixels: give "
            f"fewer images or smaller sizes. Received: {values:,} values from images of shape {images.shape} with "
            f"kernel_size={layout.kernel_size}, padding={layout.amounts}, dilation_rate={layout.dilation_rate}."
        )


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
    if not any(map(sum, layout.amounts)):
        return images
    return np.pad(images, [(0, 0), *layout.amounts, (0, 0)], constant_values=value)


def _windows(padded, layout, writeable=False):
    """What the kernel sees at each position, without copying: (batch, output_height, output_width, *kernel, channels).

    At `[:, :, :, a, b]` lie the pixels under element (a, b) of the kernel.
    """
    (down, right), (rate_down, rate_right) = layout.strides, layout.dilation_rate
    reach = [(size - 1) * rate + 1 for size, rate in zip(layout.kernel_size, layout.dilation_rate, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2), writeable=writeable)
    return windows[:, ::down, ::right, :, ::rate_down, ::rate_right].transpose(0, 1, 2, 4, 5, 3)


def _pieces(windows):
    """Pairs (image, rows of the output) whose columns, laid out, stay in the processor's cache."""
    rows = max(1, PIECE // windows[0, :1].nbytes)
    return [
        (image, slice(top, top + rows)) for image in range(len(windows)) for top in range(0, windows.shape[1], rows)
    ]


def _columns(windows):
    """Lay out a piece of windows: a matrix with one column for each position, to be multiplied with the weights."""
    return windows.transpose(2, 3, 4, 0, 1).reshape(-1, windows.shape[0] * windows.shape[1])


def _correlate(images, kernel, layout):
    windows, weights = _windows(_pad(images, layout, 0), layout), kernel.reshape(-1, kernel.shape[-1])
    output = np.empty((*windows.shape[:3], kernel.shape[-1]), dtype=images.dtype)
    for piece in _pieces(windows):
        np.matmul(_columns(windows[piece]).T, weights, out=output[piece].reshape(-1, weights.shape[1]))
    return output


def _images_gradient(images, kernel, output_gradient, layout):
    weights = kernel.reshape(-1, kernel.shape[-1])
    images_gradient, spots = _gradient_to_fill(images, layout, images.dtype, by_channel=True)
    for piece in _pieces(spots):
        filled, flat = spots[piece], output_gradient[piece].reshape(-1, weights.shape[1])
        shares = np.dot(weights, flat.T)  # `@` is slow for a single filter
        shares = shares.reshape(*kernel.shape[:3], *filled.shape[:2]).transpose(3, 4, 0, 1, 2)
        for a, b in layout.offsets():
            filled[:, :, a, b] += shares[:, :, a, b]
    return images_gradient


def _kernel_gradient(images, kernel, output_gradient, layout):
    windows = _windows(_pad(images, layout, 0), layout)
    gradient = np.zeros((math.prod(kernel.shape[:3]), kernel.shape[3]), dtype=kernel.dtype)
    for piece in _pieces(windows):
        gradient += _columns(windows[piece]) @ output_gradient[piece].reshape(-1, kernel.shape[3])
    return gradient.reshape(kernel.shape)


def _gradient_to_fill(images, layout, dtype, by_channel=False):
    """Zeros shaped like the images, and what the kernel sees of them at each position, to be added to.

    `by_channel` stores one channel after the other: faster to fill where values come channel by channel.
    """
    padded = _pad(np.zeros(images.shape, dtype=dtype), layout, 0)
    if by_channel:
        padded = np.moveaxis(np.moveaxis(padded, -1, 1).copy(), 1, -1)
    (top, _), (left, _) = layout.amounts
    inside = padded[:, top : top + images.shape[1], left : left + images.shape[2]]
    return inside, _windows(padded, layout, writeable=True)


def _maximum(padded, layout):
    """Down first, then along the rows: fewer comparisons than window by window."""
    for axis, size, stride, count in zip((1, 2), layout.kernel_size, layout.strides, layout.outputs, strict=True):
        lines = padded.swapaxes(0, axis)
        shifted = [lines[offset : offset + (count - 1) * stride + 1 : stride] for offset in range(size)]
        output = np.maximum(shifted[0], shifted[-1])  # a new array, even where both are the same
        for line in shifted[1:-1]:
            np.maximum(output, line, out=output)
        padded = output.swapaxes(0, axis)
    return np.ascontiguousarray(padded)


def _lowest(dtype):
    """What never wins a maximum."""
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def _floating(array):
    """The array in its own dtype if floating, otherwise in float64."""
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _accumulated(*arrays):
    """The arrays in the dtype of sums of their products: their common one if any is floating, otherwise int64."""
    if any(array.dtype.kind == "f" for array in arrays):
        return [array.astype(np.result_type(*arrays), copy=False) for array in arrays]
    largest = sorted(max(int(array.max()), -int(array.min()), 1) for array in arrays)
    terms = max(array.size for array in arrays)  # no sum has more
    if math.prod(largest[-2:]) * terms >= 2**62:  # a bias may still be added
        raise ValueError(
            "Sums of products of integers must be below 2**62: give smaller numbers, or floats. "
            f"Received: magnitudes up to {', '.join(map(str, largest))} and up to {terms} terms."
        )
    return [array.astype(np.int64, copy=False) for array in arrays]


def _validate_convolution(images, kernel, groups):
    images, kernel = validate_array(images, "images", rank=4), validate_array(kernel, "kernel", rank=4)
    groups = validate_integer(groups, "groups", minimum=1)
    if images.shape[-1] != groups * kernel.shape[2] or kernel.shape[-1] % groups:
        raise ValueError(
            "`images` must have `groups` times the kernel's in_channels, and `groups` must divide its filters. "
            f"Received: {images.shape=}, {kernel.shape=}, {groups=}."
        )
    return *_accumulated(images, kernel), groups


def _validate_gradient(output_gradient, shape):
    output_gradient = validate_array(output_gradient, "output_gradient", rank=4)
    if output_gradient.shape != shape:
        raise ValueError(
            f"`output_gradient` must have the shape of the output, {shape}. Received: {output_gradient.shape=}."
        )
    return _accumulated(output_gradient)[0]


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
