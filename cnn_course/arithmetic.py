"""Sizes, padding, parameters, work and receptive fields: integers in, integers out, standard library only.

`output_size` says what the arguments are that most functions share. Sizes are pixels; "int" is anything with
`__index__` except bool. What is no integer is a TypeError; what is too small, unknown or does not fit is a ValueError.
"""

import reprlib
from typing import NamedTuple

from cnn_course._validate import named, validate_bool, validate_integer, validate_pair

__all__ = [
    "ReceptiveField",
    "conv_macs",
    "conv_parameters",
    "dense_parameters",
    "output_size",
    "padding_amounts",
    "receptive_field",
    "same_padding",
    "transposed_output_size",
]


def output_size(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Number of positions that a kernel visits along one axis.

    Args:
        input_size: int >= 1, length of the axis.
        kernel_size: int >= 1, length of the kernel.
        strides: int >= 1, step of the kernel.
        padding: `"valid"` (none), `"same"` (as in Keras), an int >= 0 (pixels on *each* side),
            or a pair `(before, after)` of such ints.
        dilation_rate: int >= 1, distance between neighboring kernel elements.

    Returns:
        int >= 1, length of the output along that axis.

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
    extent = _extent(kernel_size, dilation_rate)
    padded_size = input_size + before + after
    if extent > padded_size:
        raise ValueError(
            "The kernel does not fit: it needs to span at most the padded input. Received: "
            f"kernel_size={kernel_size}, input_size={input_size}, padding={padding!r}, dilation_rate={dilation_rate}."
        )
    return (padded_size - extent) // strides + 1


def same_padding(input_size, kernel_size, strides=1, dilation_rate=1):
    """Pixels that Keras adds before and after an axis for `padding="same"`.

    The output then has `ceil(input_size / strides)` positions; an odd pixel goes to the end. Arguments as in
    `output_size`.

    Returns:
        `(before, after)`, ints >= 0 in pixels.

    Source:
        TensorFlow, `tf.nn`, "Notes on padding".

    >>> same_padding(224, kernel_size=3, strides=2)  # one pixel in all, at the end
    (0, 1)
    """
    input_size, kernel_size, strides, dilation_rate = _validate_sizes(input_size, kernel_size, strides, dilation_rate)
    positions = -(-input_size // strides)  # rounded up
    extent = _extent(kernel_size, dilation_rate)
    total = max((positions - 1) * strides + extent - input_size, 0)
    return total // 2, total - total // 2


def padding_amounts(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Translate any form of padding into pixels before and after one axis. Arguments as in `output_size`.

    Returns:
        `(before, after)`, ints >= 0 in pixels.

    >>> padding_amounts(8, kernel_size=3, padding="same"), padding_amounts(8, kernel_size=3, padding=2)
    ((1, 1), (2, 2))
    """
    sizes = _validate_sizes(input_size, kernel_size, strides, dilation_rate)
    if isinstance(padding, str) and padding in ("valid", "same"):
        return same_padding(*sizes) if padding == "same" else (0, 0)
    parts = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    if isinstance(padding, str) or len(parts) != 2:
        raise ValueError(
            f'`padding` must be "valid", "same", an integer or a pair. Received: padding={reprlib.repr(padding)}.'
        )
    before, after = parts
    return validate_integer(before, "padding", minimum=0), validate_integer(after, "padding", minimum=0)


def transposed_output_size(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Length that a transposed convolution gives to one axis.

    Args:
        input_size, kernel_size, strides, dilation_rate: as in `output_size`.
        padding: `"valid"` or `"same"`, as in `keras.layers.Conv2DTranspose`; or the padding of the convolution that
            is transposed, an int >= 0 (pixels on *each* side) or a pair `(before, after)`, as in PyTorch.

    Returns:
        int >= 1, length of the output along that axis in pixels: the convolution with the same numbers leads back.

    Source:
        Dumoulin & Visin (2016), arXiv:1603.07285, relationship 13; for the words, `Conv2DTranspose` of Keras.

    >>> transposed_output_size(6, kernel_size=3, strides=2), output_size(13, kernel_size=3, strides=2)
    (13, 6)
    >>> transposed_output_size(14, kernel_size=3, strides=2, padding="same")  # 14 * 2
    28
    """
    sizes = _validate_sizes(input_size, kernel_size, strides, dilation_rate)
    input_size, kernel_size, strides, dilation_rate = sizes
    extent = _extent(kernel_size, dilation_rate)
    before, after = padding_amounts(input_size, kernel_size, strides, padding, dilation_rate)
    if padding == "same":
        return input_size * strides
    if padding == "valid":
        return input_size * strides + max(extent - strides, 0)
    size = (input_size - 1) * strides + extent - before - after
    if size < 1:
        raise ValueError(
            "The padding takes away the whole output. Received: "
            f"padding={padding!r}, input_size={input_size}, kernel_size={kernel_size}, strides={strides}."
        )
    return size


def conv_parameters(kernel_size, in_channels, filters, use_bias=True, groups=1):
    """Parameters of a 2-D convolution: its weights and one bias per filter.

    Args:
        kernel_size: int >= 1 (square) or a pair (height, width).
        in_channels: int >= 1, channels of the input.
        filters: int >= 1, channels of the output.
        use_bias: bool.
        groups: int >= 1 that divides `in_channels` and `filters`.

    Returns:
        int, the number of parameters.

    Source:
        Krizhevsky et al. (2012), section 3.5, for grouped kernels.

    >>> conv_parameters(3, in_channels=3, filters=64)  # (3 * 3 * 3 + 1) * 64 = 28 * 64
    1792
    """
    height, width, depth, filters = _validate_kernel(kernel_size, in_channels, filters, groups)
    return height * width * depth * filters + filters * validate_bool(use_bias, "use_bias")


def dense_parameters(inputs, units, use_bias=True):
    """Parameters of a dense layer: one weight for each input and unit, and one bias per unit.

    Args:
        inputs: int >= 1, values that come in.
        units: int >= 1, values that go out.
        use_bias: bool.

    Returns:
        int, the number of parameters.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.4.

    >>> dense_parameters(128, 10)  # 128 * 10 + 10
    1290
    """
    inputs, units = validate_integer(inputs, "inputs", minimum=1), validate_integer(units, "units", minimum=1)
    return inputs * units + units * validate_bool(use_bias, "use_bias")


def conv_macs(output_size, kernel_size, in_channels, filters, groups=1):
    """Multiply-accumulates of a 2-D convolution for one image: each weight works once at each position.

    Args:
        output_size: int >= 1 (square) or a pair (height, width).
        kernel_size, in_channels, filters, groups: as in `conv_parameters`.

    Returns:
        int, the number of multiplications (each with its addition; the bias is not counted).

    Source:
        Sze, Chen, Yang & Emer (2017), arXiv:1703.09039, section II.

    >>> conv_macs(55, kernel_size=11, in_channels=3, filters=96)  # AlexNet: 55 * 55 * 11 * 11 * 3 * 96
    105415200
    """
    rows, columns = validate_pair(output_size, "output_size")
    height, width, depth, filters = _validate_kernel(kernel_size, in_channels, filters, groups)
    return rows * columns * height * width * depth * filters


class ReceptiveField(NamedTuple):
    """What one value of a layer's output sees of the network's input, along one axis.

    Attributes:
        size: int, pixels of the input (and its padding) that the value depends on.
        jump: int, pixels of the input from one output value to the next.
        padding: int, pixels by which the field of the first value reaches over the beginning of the input.
        start: float, center of the field of the first value in pixels; the center of the first pixel is at 0.5.
    """

    size: int
    jump: int
    padding: int
    start: float


def receptive_field(layers):
    """Follow size, jump and position of the receptive field through a stack of layers, along one axis.

    Args:
        layers: iterable of `(kernel_size, strides, padding, dilation_rate)` in the order of the network, as in
            `output_size`. `"same"` with strides is taken for sizes that the strides divide; where they do not, give
            the pair that `same_padding` returns. (Only `padding` and `start` depend on it.)

    Returns:
        list of `ReceptiveField`, one a layer.

    Raises:
        ValueError: besides, where the field spans 2**53 pixels or more: `start` would no longer be exact.

    Source:
        Araujo, Norris & Sim (2019), Computing Receptive Fields of CNNs, Distill, equations 2 to 5.

    >>> [field.size for field in receptive_field([(3, 1, "valid", 1)] * 3)]  # each 3x3 adds 2
    [3, 5, 7]
    >>> receptive_field([(11, 4, 0, 1), (3, 2, 0, 1)])[-1]  # 11 + 2 * 4
    ReceptiveField(size=19, jump=8, padding=0, start=9.5)
    """
    try:
        layers = list(layers)
    except TypeError as error:
        raise TypeError(f"`layers` must be an iterable of layers. Received: {named('layers', layers)}.") from error
    fields = []
    size, jump, padding = 1, 1, 0
    for layer in layers:
        if not isinstance(layer, (tuple, list)):
            raise TypeError(
                f"A layer must be (kernel_size, strides, padding, dilation_rate). Received: {named('layer', layer)}."
            )
        if len(layer) != 4:
            raise ValueError(
                "A layer must have four parts: kernel_size, strides, padding, dilation_rate. "
                f"Received: {reprlib.repr(layer)}."
            )
        kernel_size, strides, words, dilation_rate = layer
        _, kernel_size, strides, dilation_rate = _validate_sizes(1, kernel_size, strides, dilation_rate)
        before, _ = padding_amounts(strides, kernel_size, strides, words, dilation_rate)  # a size that strides divide
        size += (_extent(kernel_size, dilation_rate) - 1) * jump
        padding += before * jump
        jump *= strides
        if max(size, jump, padding) >= 2**53:
            raise ValueError(f"A receptive field must span less than 2**53 pixels. Received: {reprlib.repr(layer)}.")
        fields.append(ReceptiveField(size, jump, padding, size / 2 - padding))
    return fields


def _extent(kernel_size, dilation_rate):
    """Pixels from the first to the last element of a kernel."""
    return dilation_rate * (kernel_size - 1) + 1


def _validate_kernel(kernel_size, in_channels, filters, groups):
    """Height, width, channels that one filter sees, and filters."""
    height, width = validate_pair(kernel_size, "kernel_size")
    in_channels = validate_integer(in_channels, "in_channels", minimum=1)
    filters = validate_integer(filters, "filters", minimum=1)
    groups = validate_integer(groups, "groups", minimum=1)
    if in_channels % groups or filters % groups:
        raise ValueError(
            "`groups` must divide `in_channels` and `filters`. "
            f"Received: groups={groups}, in_channels={in_channels}, filters={filters}."
        )
    return height, width, in_channels // groups, filters


def _validate_sizes(input_size, kernel_size, strides, dilation_rate):
    return (
        validate_integer(input_size, "input_size", minimum=1),
        validate_integer(kernel_size, "kernel_size", minimum=1),
        validate_integer(strides, "strides", minimum=1),
        validate_integer(dilation_rate, "dilation_rate", minimum=1),
    )
