"""Click a unit: what it sees in the picture and in every map between, and who sees a pixel."""

from collections import Counter

import numpy as np

from cnn_course import arithmetic
from cnn_course._validate import named, validate_integer
from cnn_course.explore._axis import MAX_LENGTH, window
from cnn_course.explore._base import Explorer

__all__ = ["receptive_field"]

MAX_LAYERS = 32
PARTS = ("kernel_size", "strides", "padding", "dilation_rate")  # of a layer, in the order of `arithmetic`
# Layers of Keras: those with a window, those that look at each value by itself, those behind which there is no map.
WINDOWS = ("AveragePooling2D", "Conv2D", "DepthwiseConv2D", "MaxPooling2D", "SeparableConv2D")
PASSING = ("Activation", "BatchNormalization", "Dropout", "ELU", "InputLayer", "LayerNormalization", "LeakyReLU")
PASSING += ("LocalResponseNormalization", "PReLU", "ReLU", "Rescaling", "Softmax", "SpatialDropout2D")
AUTOMATIC = ("average_pooling2d", "conv2d", "depthwise_conv2d", "max_pooling2d", "separable_conv2d")  # names by Keras
ENDS = ("Dense", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D")


def _conv(number, kernel_size=3, strides=1, padding="valid", dilation_rate=1):
    return kernel_size, strides, padding, dilation_rate, f"conv{number}"


def _pool(number):
    return 2, 2, "valid", 1, f"pool{number}"


_ALEXNET = [(11, 4, "valid", 1, "C1"), (3, 2, "valid", 1, "P1"), (5, 1, "same", 1, "C2"), (3, 2, "valid", 1, "P2")]
_ALEXNET += [(3, 1, "same", 1, name) for name in ("C3", "C4", "C5")] + [(3, 2, "valid", 1, "P5")]
NETS = {  # of the lessons: size of the picture, and layers
    "09: a pool between": (28, [_conv(1, padding="same"), _pool(1), _conv(2, padding="same")]),
    "09: five 3×3": (28, [_conv(number) for number in range(1, 6)]),
    "09: ten 3×3": (28, [_conv(number) for number in range(1, 11)]),
    "09: dilation": (48, [_conv(i + 1, padding="same", dilation_rate=2**i) for i in range(4)]),
    "11: three pools": (28, [layer for number in (1, 2, 3) for layer in (_conv(number), _pool(number))]),
    "11: LeNet-5": (32, [_conv(1, 5), _pool(1), _conv(2, 5), _pool(2), _conv(3, 5)]),
    "12: strides": (28, [_conv(number, strides=2) for number in (1, 2, 3)]),
    "13: AlexNet": (227, _ALEXNET),
}


class receptive_field(Explorer):
    """Units to click: what one sees in the picture and in every map between, and who sees a pixel.

    Pictures and windows are square. Size, jump and start of a field are those of `arithmetic.receptive_field`.

    Args:
        layers: a `keras.Sequential` of convolutions, pools and layers that look at each value by itself, up to where it
            flattens; or a list of at most 32 `(kernel_size, strides, padding, dilation_rate)`, as in
            `arithmetic.receptive_field`, each with a name behind it if you like. Sizes from 1 to 64.
        input_size: int from 1 to 512, rows and columns of the picture; None for the model's, or 28.
        unit: triple (layer, row, column). Layer 0 is the picture: its pixel is seen by others. None for the middle of
            the last map, where it also goes when `layers` or `input_size` are set.

    Raises:
        TypeError: a size is not an integer, or an argument is of another kind.
        ValueError: a size is too small or too large, a kernel does not fit, or a layer of the model is of a kind whose
            field is no window.

    Source:
        Araujo, Norris & Sim (2019), Computing Receptive Fields of CNNs, Distill; Luo et al. (2016), arXiv:1701.04128,
        for the part of the field that counts.

    >>> receptive_field([(3, 1, "valid", 1), (2, 2, "valid", 1)] * 3, input_size=28)
    Explorer: click a unit, 6 layers on 28×28 pixels, unit=(6, 0, 0): field 22×22, jump 8; 300 pixels are never read.
    """

    title = "Click a unit"
    constants = {"nets": {name: [size, list(map(list, net))] for name, (size, net) in NETS.items()}}  # noqa: RUF012

    def __init__(self, layers=NETS["09: a pool between"][1], input_size=None, unit=None):
        super().__init__(layers=layers, input_size=input_size, unit=unit)

    def _checked(self, layers, input_size, unit):
        own_size = 28
        if hasattr(layers, "layers"):
            layers, own_size = _of_keras(layers)
        if not isinstance(layers, (tuple, list)) or not 1 <= len(layers) <= MAX_LAYERS:
            error = ValueError if isinstance(layers, (tuple, list)) else TypeError
            limit = f"a keras.Sequential or a list of 1 to {MAX_LAYERS} layers"
            raise error(f"`layers` must be {limit}. Received: {named('layers', layers)}.")
        named_ones = [isinstance(layer, (tuple, list)) and len(layer) == 5 for layer in layers]
        names = [layer[4] if own else "" for layer, own in zip(layers, named_ones, strict=True)]
        for name in names:
            if not isinstance(name, str):
                raise TypeError(f"The name of a layer must be a str. Received: {named('name', name)}.")
        windows = [layer[:4] if own else layer for layer, own in zip(layers, named_ones, strict=True)]
        arithmetic.receptive_field(windows)  # it knows their form
        input_size = validate_integer(own_size if input_size is None else input_size, "input_size", 1, MAX_LENGTH)
        checked, sizes = [], [input_size]
        for name, parts in zip(names, windows, strict=True):
            parts = window(sizes[-1], **dict(zip(PARTS, parts, strict=True)))
            sizes.append(arithmetic.output_size(sizes[-1], **parts))
            checked.append((*(parts[part] for part in PARTS), name))
        if unit is None:
            unit = (len(checked), sizes[-1] // 2, sizes[-1] // 2)
        if not isinstance(unit, (tuple, list)) or len(unit) != 3:
            raise TypeError(f"`unit` must be a triple (layer, row, column). Received: {named('unit', unit)}.")
        layer = validate_integer(unit[0], "unit", 0, len(checked))
        places = (validate_integer(at, "unit", 0, sizes[layer] - 1) for at in unit[1:])
        return {"layers": tuple(checked), "input_size": input_size, "unit": (layer, *places)}

    def _set(self, **changes):
        super()._set(**({"unit": None} if changes.keys() & {"layers", "input_size"} else {}) | changes)

    def _as_json(self):
        layers = [[list(part) if isinstance(part, tuple) else part for part in layer] for layer in self.layers]
        return self._settings | {"layers": layers, "unit": list(self.unit)}

    def _in_words(self):
        sizes, windows = [self.input_size], []
        for kernel_size, strides, padding, dilation_rate, _ in self.layers:
            before = arithmetic.padding_amounts(sizes[-1], kernel_size, strides, padding, dilation_rate)
            windows.append((kernel_size, strides, before, dilation_rate))
            sizes.append(arithmetic.output_size(sizes[-1], *windows[-1]))
        fields = arithmetic.receptive_field([(1, 1, 0, 1), *windows])
        read = np.arange(sizes.pop())
        for (kernel_size, strides, (before, _), rate), size in zip(windows[::-1], sizes[::-1], strict=True):
            taps = read[:, None] * strides - before + np.arange(kernel_size) * rate
            read = np.intersect1d(taps, np.arange(size))
        field, plural = fields[self.unit[0]], "s" if len(windows) > 1 else ""
        words = f"click a unit, {len(windows)} layer{plural} on {self.input_size}×{self.input_size} pixels"
        seen = f"unit={self.unit}: field {field.size}×{field.size}, jump {field.jump}"
        return f"{words}, {seen}; {self.input_size**2 - len(read) ** 2} pixels are never read."


def _of_keras(model):
    """Windows of a `keras.Sequential` with names, up to where it flattens, and the size of its pictures."""
    if "Sequential" not in [cls.__name__ for cls in type(model).__mro__]:
        raise TypeError(f"`layers` must be a keras.Sequential or a list of layers. Received: {named('layers', model)}.")
    found, frame, counts = [], (0, 0), Counter()
    for layer in model.layers:
        kind, padding = type(layer).__name__, getattr(layer, "padding", None)
        if kind in ENDS:
            break
        if kind in PASSING:
            continue
        if kind == "ZeroPadding2D" and padding[0] == padding[1]:
            frame = tuple(map(sum, zip(frame, padding[0], strict=True)))
            continue
        word = "pool" if "Pooling" in kind else "conv"
        sizes = (getattr(layer, name, (1, 1)) for name in ("pool_size", "kernel_size", "strides", "dilation_rate"))
        pool_size, kernel_size, strides, rate = map(set, sizes)
        square = all(len(size) == 1 for size in (pool_size, kernel_size, strides, rate))
        if kind not in WINDOWS or not square or (any(frame) and padding != "valid"):
            raise ValueError(
                "`layers` must hold square convolutions and pools, and layers that look at each value by itself. "
                f"Received: {layer.name} ({kind})."
            )
        counts[word] += 1
        name = f"{word}{counts[word]}" if layer.name.startswith(AUTOMATIC) else layer.name
        padding, frame = frame if any(frame) else padding, (0, 0)
        found.append((*(pool_size if word == "pool" else kernel_size), *strides, padding, *rate, name))
    return found, (model.input_shape[-2] if model.built else None) or 28
