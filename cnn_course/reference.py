"""Convolution in NumPy, to be read and to be trusted: the course checks Keras against it, and it against Keras.

Images are (batch, height, width, channels), kernels (height, width, in_channels, filters). Floats keep their dtype;
integers and bools are accumulated in int64, so that uint8 pixels never wrap.
"""

import numpy as np

from cnn_course import arithmetic

__all__ = ["conv2d", "convolve", "cross_correlate"]


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
    image = _real_array(image, "image", rank=2)
    kernel = _real_array(kernel, "kernel", rank=2)
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
    return cross_correlate(image, _real_array(kernel, "kernel", rank=2)[::-1, ::-1])


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
        ValueError: a rank, a number of channels, a size or the padding is wrong, or the kernel does not fit.

    Source:
        Dumoulin & Visin (2016), arXiv:1603.07285, chapters 2 and 5; groups: Krizhevsky et al. (2012), section 3.2.

    >>> images, kernel = np.ones((1, 5, 7, 3)), np.ones((3, 3, 3, 2))
    >>> conv2d(images, kernel, strides=2).shape, float(conv2d(images, kernel).max())  # 3 * 3 * 3 = 27
    ((1, 2, 3, 2), 27.0)
    """
    images, kernel = _real_array(images, "images", rank=4), _real_array(kernel, "kernel", rank=4)
    groups = _validate_groups(images, kernel, groups)
    if bias is not None:
        bias = _real_array(bias, "bias", rank=1)
        if bias.shape != kernel.shape[-1:]:
            raise ValueError(f"`bias` must have one value per filter. Received: {bias.shape=}, {kernel.shape=}.")
    dtype = _accumulator(images, kernel)
    windows = _windows(images.astype(dtype, copy=False), kernel.shape[:2], strides, padding, dilation_rate)
    kernel = kernel.astype(dtype, copy=False)
    parts = zip(np.split(windows, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    outputs = np.concatenate([_windows_times_filters(*part) for part in parts], axis=-1)
    return outputs if bias is None else outputs + bias


def _windows_times_filters(windows, kernel):
    """Each window a row, each filter a column, one matrix product: (batch, rows, columns, filters)."""
    filters = kernel.shape[-1]
    products = windows.reshape(-1, kernel.size // filters) @ kernel.reshape(-1, filters)
    return products.reshape(*windows.shape[:3], filters)


def _windows(images, kernel_size, strides, padding, dilation_rate):
    """What the kernel sees at each position: a view (batch, rows, columns, kernel_height, kernel_width, channels)."""
    axes = list(
        zip(
            images.shape[1:3],
            kernel_size,
            _pair(strides, "strides"),
            _padding_per_axis(padding),
            _pair(dilation_rate, "dilation_rate"),
            strict=True,
        )
    )
    for axis in axes:
        arithmetic.output_size(*axis)  # raises where the kernel does not fit
    padded = np.pad(images, [(0, 0), *(arithmetic.padding_amounts(*axis) for axis in axes), (0, 0)])
    (down, right), (rate_down, rate_right) = [axis[2] for axis in axes], [axis[4] for axis in axes]
    extent = [(length - 1) * rate + 1 for _, length, _, _, rate in axes]
    everywhere = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=(1, 2))
    return np.moveaxis(everywhere[:, ::down, ::right, :, ::rate_down, ::rate_right], 3, -1)


def _real_array(values, name, rank):
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold real numbers. Received: {name} of dtype {array.dtype}.")
    if array.ndim != rank:
        raise ValueError(f"`{name}` must have {rank} axes. Received: {name} of shape {array.shape}.")
    if array.size == 0:
        raise ValueError(f"`{name}` must have at least one element. Received: {name} of shape {array.shape}.")
    return array


def _accumulator(*arrays):
    """The dtype of sums of products: the arrays' own if floating, otherwise int64."""
    dtype = np.result_type(*arrays)
    return dtype if dtype.kind == "f" else np.dtype(np.int64)


def _validate_groups(images, kernel, groups):
    groups = arithmetic.validate_integer(groups, "groups", minimum=1)
    if images.shape[-1] != groups * kernel.shape[2] or kernel.shape[-1] % groups:
        raise ValueError(
            "`images` must have `groups` times the kernel's in_channels, and `groups` must divide its filters. "
            f"Received: {images.shape=}, {kernel.shape=}, {groups=}."
        )
    return groups


def _pair(value, name):
    """An int for both axes, or one for each: (down, right)."""
    down, right = value if isinstance(value, (tuple, list)) and len(value) == 2 else (value, value)
    return arithmetic.validate_integer(down, name, minimum=1), arithmetic.validate_integer(right, name, minimum=1)


def _padding_per_axis(padding):
    """The padding of the height and of the width, each in a form that `arithmetic` understands."""
    if not isinstance(padding, (tuple, list)):
        return padding, padding
    if len(padding) == 2 and all(isinstance(pair, (tuple, list)) for pair in padding):
        return tuple(padding)
    raise ValueError(
        '`padding` must be "valid", "same", an integer or ((top, bottom), (left, right)). '
        f"Received: padding={padding!r}."
    )
