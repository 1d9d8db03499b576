"""Draw a digit: nets that read while one draws."""

import base64
import functools
import json
import sys

import numpy as np

from cnn_course import data, reference
from cnn_course._validate import named
from cnn_course.explore._base import Explorer, finite, packed, unpacked

__all__ = ["digit"]

MAX_NETS, MAX_SIDE = 4, 64  # beyond, a move is slow
VALUE_BY_VALUE = {"linear": None, "relu": reference.relu, "softmax": reference.softmax, "tanh": np.tanh}
VALUE_BY_VALUE["sigmoid"] = lambda values: 1 / (1 + np.exp(-values))
POOLS = {"MaxPooling2D": "max", "AveragePooling2D": "average"}
POOLS |= {"GlobalMaxPooling2D": "max", "GlobalAveragePooling2D": "average"}
IDLE = {"ActivityRegularization", "Dropout", "GaussianDropout", "GaussianNoise", "Identity", "InputLayer"}
IDLE |= {"RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"}
IDLE |= {"SpatialDropout2D"}  # what does nothing outside of training
KINDS = "Conv2D", "Dense", "Flatten", *POOLS, "BatchNormalization", "Activation", "ReLU", "Softmax"


class digit(Explorer):
    """A digit to draw, push and turn, while nets read it: their maps, kernels and probabilities.

    Args:
        nets: None for three that come with the course, `"pooled"` of lesson 11, `"strided"` of lesson 12, and the
            `"better recipe"` of lesson 11; or the name of one of them, or `"crumb"`, which lesson 16 has cheated. Or a
            `keras.Sequential` of your own, or a dict of up to four by name. They read one gray image of the same size,
            at most 64 pixels a side, and are made of convolutions, pools, dense layers, batch normalization and the
            usual activations.
        image: array (height, width) or (height, width, 1) from 0 to 1, what the nets read; None for a digit of the
            data.

    Raises:
        TypeError: `nets` holds something else, or `image` no real numbers.
        ValueError: a net has other layers or another input, or `image` has another shape or range.

    Source:
        The weights are those of lessons 11 and 12, of whole numbers from -127 to 127 times a scale for each output.

    >>> digit()
    Explorer: draw a digit, image 28×28: pooled reads 9, strided reads 9, better recipe reads 9.
    """

    title = "Draw a digit"

    def __init__(self, nets=None, image=None):
        self._nets = _stored()[:3] if nets is None else _described(nets)
        super().__init__(image=image)

    @property
    def constants(self):
        """The nets, and ten digits of the data where the nets read images of that size."""
        return {"nets": self._nets, "examples": _examples() if self._nets[0]["shape"] == [28, 28] else ""}

    def _checked(self, image):
        shape = self._nets[0]["shape"]
        if image is None:
            image = data.load("digits").x_validation[8] if shape == [28, 28] else np.zeros(shape)
        image = finite(unpacked(image), "image")
        if list(image.shape) != [*shape, 1]:
            raise ValueError(f"`image` must be of shape {(*shape, 1)}. Received: image of shape {image.shape}.")
        if image.min() < 0 or image.max() > 1:
            limits = f"from {image.min():g} to {image.max():g}"
            raise ValueError(f"`image` must lie between 0 and 1. Received: image {limits}.")
        return {"image": image}

    def _as_json(self):
        return {"image": packed(self.image)}

    def _in_words(self):
        read = ", ".join(f"{net['name']} reads {_answers(net, self.image[np.newaxis]).argmax()}" for net in self._nets)
        return f"draw a digit, image {'×'.join(map(str, self.image.shape[:2]))}: {read}."


@functools.cache
def _stored():
    """The nets that come with the course: what `_described` gives, as JSON."""
    return [json.loads(bytes(net)) for net in data._read("nets").values()]


@functools.cache
def _examples():
    digits = data.load("digits")
    first = [digits.x_validation[np.argmax(digits.y_validation == digit)] for digit in range(10)]
    return base64.b64encode(np.round(255 * np.stack(first)).astype(np.uint8)).decode()


def _described(nets):
    """What the module needs to know of each net."""
    if isinstance(nets, str):
        stored = {net["name"]: net for net in _stored()}
        if nets not in stored:
            raise ValueError(f"The name of a net must be one of {', '.join(stored)}. Received: {nets!r}.")
        return [stored[nets]]
    received, nets = named("nets", nets), nets if isinstance(nets, dict) else {getattr(nets, "name", ""): nets}
    keras = sys.modules.get("keras")  # who has a net has imported it
    for name, net in nets.items():
        if not isinstance(name, str) or keras is None or not isinstance(net, keras.Sequential):
            raise TypeError(f"`nets` must be a keras.Sequential or a dict of some. Received: {received}.")
    if not 1 <= len(nets) <= MAX_NETS:
        raise ValueError(f"`nets` must hold 1 to {MAX_NETS} nets. Received: {len(nets)}.")
    described = [_net(name, net) for name, net in nets.items()]
    shapes = [tuple(net["shape"]) for net in described]
    if len(set(shapes)) > 1:
        raise ValueError(f"`nets` must read images of one size. Received: sizes {shapes}.")
    return described


def _net(name, net):
    if not net.built or len(net.input_shape) != 4 or len(net.output_shape) != 2:
        raise ValueError(f"A net must be built, from images to one list of values. Received: {named(name, net)}.")
    *shape, channels = net.input_shape[1:]
    shape = [28 if size is None else size for size in shape]
    if channels != 1 or max(shape) > MAX_SIDE:
        limits = f"gray images of at most {MAX_SIDE} pixels a side"
        raise ValueError(f"A net must read {limits}. Received: {name!r} with inputs {net.input_shape[1:]}.")
    stages = []
    for layer in _flat(net):
        stage, values = _stage(layer)
        if values and not (stages or stage):  # nothing before it that it could follow
            stage = {"kind": "max", "size": [1, 1], "strides": [1, 1]}
        if stage:
            kind = type(layer).__name__
            number = 1 + sum(one["name"].startswith(f"{kind} ") for one in stages)
            stages.append({"name": f"{kind} {number}", "after": []} | stage)
        if values:
            stages[-1]["after"] += values
    return {"name": name, "shape": shape, "classes": net.output_shape[-1], "stages": stages}


def _flat(net):
    for layer in net.layers:
        yield from _flat(layer) if hasattr(layer, "layers") else [layer]


def _stage(layer):
    """A layer as a stage of its own (or None), and what it does to each value."""
    kind = type(layer).__name__
    if kind not in (*KINDS, *IDLE):
        raise ValueError(f"A layer must be one of {', '.join(KINDS)}. Received: {kind} {layer.name!r}.")
    activation = getattr(layer, "activation", None)
    function = {"ReLU": "relu", "Softmax": "softmax"}.get(kind, getattr(activation, "__name__", "linear"))
    usual = {"data_format": "channels_last", "dilation_rate": (1, 1), "groups": 1, "max_value": None}
    usual |= {"negative_slope": 0, "threshold": 0, "axis": -1}
    for option, value in usual.items():
        if getattr(layer, option, value) not in (value, *([3] if option == "axis" else [])):
            received = f"{option}={getattr(layer, option)!r} of {layer.name!r}"
            raise ValueError(f"The options of a layer must be usual: {option}={value!r}. Received: {received}.")
    if function not in VALUE_BY_VALUE:
        allowed = ", ".join(VALUE_BY_VALUE)
        raise ValueError(f"An activation must be one of {allowed}. Received: {function!r} of {layer.name!r}.")
    values = [] if function == "linear" else [{"function": function}]
    if kind in IDLE:
        return None, []
    if kind == "BatchNormalization":
        gain = 1 / np.sqrt(np.asarray(layer.moving_variance) + layer.epsilon)
        gain = gain * np.asarray(layer.gamma) if layer.scale else gain
        offset = -gain * np.asarray(layer.moving_mean) + (np.asarray(layer.beta) if layer.center else 0)
        return None, [{"gain": gain.tolist(), "offset": offset.tolist()}]
    if kind == "Flatten":
        return {"kind": "flatten"}, []
    if kind in POOLS:
        windows = {} if kind.startswith("Global") else {"size": list(layer.pool_size), "strides": list(layer.strides)}
        return {"kind": POOLS[kind], "padding": getattr(layer, "padding", "valid")} | windows, []
    if kind in ("Conv2D", "Dense"):
        kernel = np.asarray(layer.kernel)
        bias = np.asarray(layer.bias) if layer.use_bias else np.zeros(kernel.shape[-1])
        size, strides = (kernel.shape[:2], layer.strides) if kind == "Conv2D" else ((1, 1), (1, 1))
        stage = {"kind": "sums", "size": list(size), "strides": list(strides), "kernel": _packed(kernel)}
        return stage | {"bias": bias.tolist(), "padding": getattr(layer, "padding", "valid")}, values
    return None, values


def _packed(kernel):
    """Weights for JSON: whole numbers with a scale for each output where they are such, else float32."""
    scale = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1))) / 127
    whole = np.round(kernel / np.where(scale, scale, 1))
    if np.allclose(whole * scale, kernel, rtol=1e-6, atol=0):
        return {"bytes": base64.b64encode(whole.astype(np.int8)).decode(), "scale": scale.tolist()}
    return {"floats": base64.b64encode(kernel.astype("<f4")).decode()}


def _weights(stage):
    """The kernel of a stage (height, width, inputs, outputs)."""
    kernel, key = stage["kernel"], "bytes" if "bytes" in stage["kernel"] else "floats"
    values = np.frombuffer(base64.b64decode(kernel[key]), {"bytes": np.int8, "floats": "<f4"}[key])
    return values.reshape(*stage["size"], -1, len(stage["bias"])) * np.array(kernel.get("scale", 1))


def _answers(net, images):
    """What a net puts out for each image, in NumPy."""
    values = images
    for stage in net["stages"]:
        size, padding = stage.get("size", values.shape[1:3]), stage.get("padding", "valid")
        if stage["kind"] == "flatten":
            values = values.reshape(len(values), 1, 1, -1)
        elif stage["kind"] == "sums":
            values = reference.conv2d(values, _weights(stage), np.array(stage["bias"]), stage["strides"], padding)
        else:
            pool = reference.max_pool2d if stage["kind"] == "max" else reference.average_pool2d
            values = pool(values, size, stage.get("strides", 1), padding)
        for step in stage["after"]:
            function = VALUE_BY_VALUE.get(step.get("function"))
            values = function(values) if function else values * step["gain"] + np.array(step["offset"])
    return values[:, 0, 0]
