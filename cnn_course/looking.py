"""What a trained network looks at: feature maps, occlusion, saliency and Grad-CAM; arrays in, arrays out (lesson 16).

Models of any Keras backend that has gradients: TensorFlow, JAX or PyTorch. They run as they do in use, without dropout
or augmentation and with the stored statistics of batch normalization. Layers of a nested model are called
`model/layer`, as in `anatomy.describe`.
"""

import inspect
import reprlib

import keras
import numpy as np

from cnn_course._validate import named, validate_integer, validate_number, validate_pair, validate_shape
from cnn_course.anatomy.graph import has_graph, run_through

__all__ = ["feature_maps", "grad_cam", "occlusion", "saliency"]

BATCH = 64  # images that go through the model at a time, so that the maps of many fit into memory
SHOWN = 12  # names of layers in a message
ENDS = (keras.activations.softmax, keras.activations.sigmoid, keras.activations.log_softmax)


def feature_maps(model, images, layer):
    """What a layer puts out for some images.

    Args:
        model: `keras.Model` with one input of images and connected layers: Sequential or functional, nested or loaded.
        images: array (batch, height, width, channels) of the size and the range of values that the model takes.
        layer: str, name of a layer with an output of rank 4, or the layer itself.

    Returns:
        float32 array (batch, map_height, map_width, filters).

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: the layers are not connected, the images do not fit, or the layer is not there, is applied more
            than once, or has no maps.

    Source:
        Zeiler & Fergus (2014), arXiv:1311.2901, section 4, looks at them.

    >>> model = keras.Sequential([keras.Input((4, 6, 1)), keras.layers.MaxPooling2D(2, name="pool")])
    >>> feature_maps(model, np.arange(24).reshape(1, 4, 6, 1), "pool")[0, :, :, 0]
    array([[ 7.,  9., 11.],
           [19., 21., 23.]], dtype=float32)
    """
    images = validate_shape(images, "images", (None, *_input_shape(model))).astype("float32")
    batches = np.split(images, range(BATCH, len(images), BATCH))
    return np.concatenate([_maps(model, batch, layer) for batch in batches])


def occlusion(model, image, class_index, patch_size=8, strides=4, value=0.0):
    """How far the model's output for a class falls when a patch covers a part of the image, for each place of it.

    Pixels to the right and below that no place reaches are never covered, as in a convolution without padding.

    Args:
        model: `keras.Model` from images (batch, height, width, channels) to (batch, classes), of any build.
        image: array (height, width, channels), as the model takes it.
        class_index: int, the output to watch.
        patch_size: int or pair of ints (height, width), in pixels.
        strides: int or pair of ints, step of the patch in pixels.
        value: number, or array (channels,), to put into the patch. Another one asks another question.

    Returns:
        float32 array (rows, columns): output for the whole image minus output for the covered one, in the unit of the
        model's output (probability or logit). Place [i, j] covers the rows from i * strides on.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: the image does not fit the model, the patch does not fit the image, or there is no such class.

    Source:
        Zeiler & Fergus (2014), arXiv:1311.2901, section 4.2.

    >>> model = keras.Sequential([keras.Input((2, 3, 1)), keras.layers.Flatten()])  # output 4 is pixel [1, 1]
    >>> occlusion(model, np.ones((2, 3, 1)), 4, patch_size=(2, 1), strides=1)
    array([[0., 1., 0.]], dtype=float32)
    """
    own = isinstance(model, keras.Model) and not has_graph(model)  # may take anything
    shape = (None, None, None) if own else _input_shape(model)
    image = validate_shape(image, "image", shape).astype("float32")
    (height, width), (down, right) = validate_pair(patch_size, "patch_size"), validate_pair(strides, "strides")
    value = _patch_value(value, image.shape[2])
    tops, lefts = range(0, len(image) - height + 1, down), range(0, image.shape[1] - width + 1, right)
    if not (tops and lefts):
        raise ValueError(f"The patch must fit into the image. Received: {patch_size=}, image of shape {image.shape}.")
    places, falls = [(top, left) for top in tops for left in lefts], []
    for first in range(0, len(places), BATCH):
        some = places[first : first + BATCH]
        images = np.repeat(image[None], 1 + len(some), axis=0)  # the whole image among them: the same rounding
        for covered, (top, left) in zip(images[1:], some, strict=True):
            covered[top : top + height, left : left + width] = value
        outputs = _array(_scores(model(keras.ops.convert_to_tensor(images), training=False)))
        validate_integer(class_index, "class_index", 0, outputs.shape[1] - 1)
        falls.append(outputs[0, class_index] - outputs[1:, class_index])
    return np.concatenate(falls).reshape(len(tops), len(lefts))


def saliency(model, image, class_index):
    """Gradient of a class's logit with respect to the image: how much a little more of each value would change it.

    A softmax or sigmoid that ends the model is left out, because its slope vanishes where the model is sure.

    Args:
        model: `keras.Model` with connected layers, from images (batch, height, width, channels) to (batch, classes).
        image: array (height, width, channels), as the model takes it.
        class_index: int, the output to differentiate.

    Returns:
        float32 array (height, width, channels), with signs; the paper draws the largest magnitude of each pixel.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: the layers are not connected, the image does not fit, or there is no such class.

    Source:
        Simonyan, Vedaldi & Zisserman (2013), arXiv:1312.6034, section 3.

    >>> model = keras.Sequential([keras.Input((1, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")])
    >>> gradient = saliency(model, np.zeros((1, 3, 1)), class_index=1)  # of a linear model: its weights
    >>> np.array_equal(gradient.ravel(), keras.ops.convert_to_numpy(model.layers[-1].kernel)[:, 1])
    True
    """
    image, class_index = _image_and_class(model, image, class_index)
    gradient = _gradient(lambda images: _scores(_Pass(model, images).logits)[0, class_index], image[None])
    return gradient[0]


def grad_cam(model, image, class_index, layer):
    """Where a layer's maps speak for a class: their sum, each weighted by the mean gradient of the class's logit.

    A softmax or sigmoid that ends the model is left out, as in the paper.

    Args:
        model: `keras.Model` with connected layers, from images (batch, height, width, channels) to (batch, classes).
        image: array (height, width, channels), as the model takes it.
        class_index: int, the output to explain.
        layer: str, name of a layer with an output of rank 4, mostly the last such one, or the layer itself.

    Returns:
        float32 array (map_height, map_width) >= 0, neither scaled nor enlarged: what speaks against the class is 0.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: the layers are not connected, the image does not fit, there is no such class, or the layer is not
            there, is applied more than once, or has no maps.

    Source:
        Selvaraju et al. (2017), arXiv:1610.02391, equations 1 and 2.

    >>> outputs = [keras.layers.ReLU(name="maps"), keras.layers.GlobalAveragePooling2D()]
    >>> model = keras.Sequential([keras.Input((2, 2, 3)), *outputs])  # three maps, each its own class
    >>> grad_cam(model, np.eye(3)[[[0, 1], [1, 2]]], class_index=1, layer="maps")  # gradient of a mean of 4: 1/4
    array([[0.  , 0.25],
           [0.25, 0.  ]], dtype=float32)
    """
    image, class_index = _image_and_class(model, image, class_index)
    maps = _maps(model, image[None], layer)
    gradient = _gradient(
        lambda instead: _scores(_Pass(model, image[None], layer, instead).logits)[0, class_index], maps
    )
    # np.dot, for `@` may warn of an "invalid value" that OpenBLAS met outside the arrays (float32, five maps, AVX-512)
    return np.maximum(np.dot(maps[0], gradient[0].mean(axis=(0, 1))), 0)


class _Pass:
    """One run of a model, layer by layer, that keeps what one layer puts out, or puts something else in its place.

    Attributes:
        logits: list of the model's outputs, without a softmax or sigmoid at the end.
        found: list of what the layer put out, each time it was applied.
        shapes: dict, for the name of each layer the shape of its output.
    """

    def __init__(self, model, images, layer=None, instead=None):
        self.layer, self.instead, self.found, self.shapes, self.ends = layer, instead, [], {}, {}
        outputs = self.through(model, [keras.ops.convert_to_tensor(images)])
        self.logits = [self.ends.get(id(output), (output, output))[1] for output in outputs]

    def through(self, model, values, prefix=""):
        """Outputs of a model, nested models followed."""
        return run_through(model, values, lambda *args, **kwargs: self.visit(prefix, *args, **kwargs))

    def visit(self, prefix, operation, *args, **kwargs):
        """Outputs of one layer."""
        name = prefix + operation.name
        if has_graph(operation):
            values = keras.tree.flatten([args, kwargs.get("inputs", [])])
            outputs = self.through(operation, values[: len(operation.inputs)], f"{name}/")
            outputs = outputs[0] if len(outputs) == 1 else outputs
        else:
            outputs = self.apply(operation, args, kwargs)
        self.shapes[name] = _shape(outputs)
        if self.layer is operation or (isinstance(self.layer, str) and self.layer == name):
            outputs = outputs if self.instead is None else self.instead
            self.found.append(outputs)
        return outputs

    def apply(self, operation, args, kwargs):
        """Outputs of a layer in use; what stands before a softmax or sigmoid is kept beside them."""
        if "training" in inspect.signature(operation.call).parameters:
            kwargs = kwargs | {"training": False}
        outputs = operation(*args, **kwargs)
        if type(operation).__name__ in ("Softmax", "Sigmoid", "LogSoftmax"):  # layers, or of keras.ops
            self.ends[id(outputs)] = outputs, (*args, *kwargs.values())[0]
        elif isinstance(operation, (keras.layers.Activation, keras.layers.Dense)) and operation.activation in ENDS:
            activation, operation.activation = operation.activation, keras.activations.linear
            try:
                self.ends[id(outputs)] = outputs, operation(*args, **kwargs)
            finally:
                operation.activation = activation
        return outputs


def _gradient(score, values):
    """Gradient of a number with respect to the array that it is computed from: the only place that names a backend."""
    values, backend = keras.ops.convert_to_tensor(values), keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(values)
            result = score(values)
        gradient = tape.gradient(result, values, unconnected_gradients="zero")
    elif backend == "jax":
        import jax

        gradient = jax.grad(score)(values)
    elif backend == "torch":
        import torch

        values = values.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(score(values), values, materialize_grads=True)
    else:
        raise ValueError(f"A gradient needs the backend tensorflow, jax or torch. Received: backend={backend!r}.")
    return _array(gradient)


def _array(tensor):
    return keras.ops.convert_to_numpy(tensor).astype("float32")


def _input_shape(model):
    """(height, width, channels) that a model takes, None for any."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {named('model', model)}.")
    received = f"Received: {type(model).__name__} {model.name!r}"
    if not has_graph(model):
        waiting = isinstance(model, keras.Sequential) and not model.built
        raise ValueError(
            "`model` must have connected layers: Sequential that begins with keras.Input, or functional. "
            f"{received}, {'not built' if waiting else 'with a `call` of its own'}."
        )
    shapes = [tuple(source.shape) for source in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise ValueError(
            f"`model` must have one input (batch, height, width, channels). {received} with inputs of shape {shapes}."
        )
    return shapes[0][1:]


def _image_and_class(model, image, class_index):
    image = validate_shape(image, "image", _input_shape(model)).astype("float32")
    classes = _scores(model.outputs).shape[1]
    return image, validate_integer(class_index, "class_index", 0, classes - 1)


def _scores(outputs):
    """The one output (batch, classes) of a model."""
    outputs = keras.tree.flatten(outputs)
    shapes = [tuple(output.shape) for output in outputs]
    if len(shapes) != 1 or len(shapes[0]) != 2:
        raise ValueError(f"`model` must have one output (batch, classes). Received: outputs of shape {shapes}.")
    return outputs[0]


def _maps(model, images, layer):
    """What a layer puts out, as an array of rank 4."""
    if not isinstance(layer, (str, keras.Layer)):
        raise TypeError(f"`layer` must be the name of a layer, or a layer. Received: {named('layer', layer)}.")
    run = _Pass(model, images, layer)
    shapes = [_shape(output) for output in run.found]
    if len(shapes) == 1 and len(shapes[0]) == 4:
        return _array(run.found[0])
    with_maps = [name for name, shape in run.shapes.items() if len(shape) == 4]
    if len(with_maps) > SHOWN:
        with_maps = [*with_maps[: SHOWN // 3], "…", *with_maps[-SHOWN:]]  # the last ones are looked at most
    problem = "which is not there" if not shapes else f"which is applied {len(shapes)} times"
    problem = f"with an output of shape {shapes[0]}" if len(shapes) == 1 else problem
    given = layer if isinstance(layer, str) else layer.name
    raise ValueError(
        "`layer` must be a layer of the model, applied once, with an output (batch, height, width, channels), one of: "
        f"{', '.join(with_maps) or 'none'}. Received: layer={reprlib.repr(given)}, {problem}."
    )


def _shape(output):
    return tuple(getattr(output, "shape", ()))


def _patch_value(value, channels):
    """Number, or array (channels,), to put into each pixel of a patch."""
    several = isinstance(value, (tuple, list)) or np.ndim(value) > 0
    return validate_shape(value, "value", (channels,)) if several else validate_number(value, "value")
