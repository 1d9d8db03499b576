"""Sizes and padding of a convolution along one axis: integers in, integers out, standard library only."""

import operator

__all__ = ["output_size", "padding_amounts", "same_padding", "validate_integer"]


def validate_integer(value, name, minimum):
    """Return `value` as an int, or say what was required.

    Args:
        value: anything with `__index__` except bool (a NumPy integer, for example).
        name: str, how the message calls the value.
        minimum: int, the smallest value allowed.

    Returns:
        int >= `minimum`.

    Raises:
        TypeError: `value` is not an integer (floats, bools and strings are refused, `2.0` too).
        ValueError: `value` is below `minimum`.

    >>> validate_integer(3, "strides", minimum=1)
    3
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        message = f"`{name}` must be an integer. Received: {name}={value!r} ({type(value).__name__})."
        raise TypeError(message) from None
    if number < minimum:
        raise ValueError(f"`{name}` must be at least {minimum}. Received: {name}={number}.")
    return number


def output_size(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Number of positions that a kernel visits along one axis.

    Args:
        input_size: int >= 1, length of the axis in pixels.
        kernel_size: int >= 1, length of the kernel in pixels.
        strides: int >= 1, step of the kernel in pixels.
        padding: `"valid"` (none), `"same"` (as in Keras), an int >= 0 (pixels on *each* side),
            or a pair `(before, after)` of such ints.
        dilation_rate: int >= 1, distance in pixels between neighboring kernel elements.

    Returns:
        int >= 1, length of the output along that axis in pixels.

    Raises:
        TypeError: a size, the strides, the dilation rate or an amount of padding is not an integer.
        ValueError: one of them is too small, the kernel does not fit, or the padding is unknown.

    Source:
        Dumoulin & Visin (2016), arXiv:1603.07285, relationships 6 and 15.

    >>> output_size(227, kernel_size=11, strides=4)  # AlexNet: (227 - 11) // 4 + 1
    55
    >>> output_size(8, kernel_size=3, padding=1)  # 8 + 2 * 1 - 3 + 1
    8
    """
    sizes = _validate_sizes(input_size, kernel_size, strides, dilation_rate)
    input_size, kernel_size, strides, dilation_rate = sizes
    before, after = padding_amounts(input_size, kernel_size, strides, padding, dilation_rate)
    extent = dilation_rate * (kernel_size - 1) + 1  # pixels from the first to the last kernel element
    padded_size = input_size + before + after
    if extent > padded_size:
        raise ValueError(
            "The kernel does not fit: it needs to span at most the padded input. Received: "
            f"kernel_size={kernel_size}, input_size={input_size}, padding={padding!r}, dilation_rate={dilation_rate}."
        )
    return (padded_size - extent) // strides + 1


def same_padding(input_size, kernel_size, strides=1, dilation_rate=1):
    """Pixels that Keras adds before and after an axis for `padding="same"`.

    The output then has `ceil(input_size / strides)` positions; an odd pixel goes to the end.

    Args:
        input_size: int >= 1, length of the axis in pixels.
        kernel_size: int >= 1, length of the kernel in pixels.
        strides: int >= 1, step of the kernel in pixels.
        dilation_rate: int >= 1, distance in pixels between neighboring kernel elements.

    Returns:
        `(before, after)`, ints >= 0 in pixels.

    Raises:
        TypeError: an argument is not an integer.
        ValueError: an argument is below 1.

    Source:
        TensorFlow, `tf.nn`, "Notes on padding".

    >>> same_padding(224, kernel_size=3, strides=2)  # one pixel in all, at the end
    (0, 1)
    """
    input_size, kernel_size, strides, dilation_rate = _validate_sizes(input_size, kernel_size, strides, dilation_rate)
    positions = -(-input_size // strides)  # rounded up
    extent = dilation_rate * (kernel_size - 1) + 1
    total = max((positions - 1) * strides + extent - input_size, 0)
    return total // 2, total - total // 2


def padding_amounts(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Translate any form of padding into pixels before and after one axis.

    Args:
        input_size, kernel_size, strides, padding, dilation_rate: as in `output_size`.

    Returns:
        `(before, after)`, ints >= 0 in pixels.

    Raises:
        TypeError: an argument is not an integer, or `padding` is of a type that has no meaning here.
        ValueError: an argument is too small, or `padding` is an unknown word or has another number of parts than 2.

    >>> padding_amounts(8, kernel_size=3, padding="same"), padding_amounts(8, kernel_size=3, padding=2)
    ((1, 1), (2, 2))
    """
    sizes = _validate_sizes(input_size, kernel_size, strides, dilation_rate)
    if isinstance(padding, str):
        if padding == "valid":
            return 0, 0
        if padding == "same":
            return same_padding(*sizes)
        raise ValueError(f'`padding` must be "valid", "same", an integer or a pair. Received: padding={padding!r}.')
    if isinstance(padding, (tuple, list)):
        if len(padding) != 2:
            raise ValueError(f"`padding` must have two parts, (before, after). Received: padding={padding!r}.")
        before, after = padding
        return validate_integer(before, "padding", 0), validate_integer(after, "padding", 0)
    amount = validate_integer(padding, "padding", minimum=0)
    return amount, amount


def _validate_sizes(input_size, kernel_size, strides, dilation_rate):
    return (
        validate_integer(input_size, "input_size", minimum=1),
        validate_integer(kernel_size, "kernel_size", minimum=1),
        validate_integer(strides, "strides", minimum=1),
        validate_integer(dilation_rate, "dilation_rate", minimum=1),
    )
