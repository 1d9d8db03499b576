"""Sizes as pairs and padding as pixels, for oracles: none of the code under test."""


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def padding_amounts(padding, image_size, kernel_size, strides, dilation):
    """Pixels before and after each axis, by the definition of "same"."""
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
