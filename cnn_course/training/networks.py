"""The network of a run: one of the course's, or one of `keras.applications`, with the weights of another training."""

import difflib
import inspect
import re
import warnings

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras

from cnn_course import models
from cnn_course.training import recipe
from cnn_course.training.settings import Refusal

__all__ = ["build", "freeze", "short", "unfreeze"]


def build(settings, sample, classes):
    """Augmentation, what prepares an image, and a network, whose last layer is new.

    Args:
        settings: `Settings`.
        sample: float array (count, height, width, channels), training images in [0, 1], to normalize by.
        classes: int >= 2.

    Returns:
        `keras.Model` from images in [0, 1] to probabilities (batch, classes), not compiled.

    Raises:
        Refusal: the network is unknown or cannot be built for such images, or the weights do not fit it.
    """
    course = settings.is_of_course
    network = (_of_course if course else _application)(settings, sample.shape[1:], classes)
    body = _body(network)
    fetched = body.get_weights() if settings.weights == "imagenet" else None
    recipe.initialize(network)
    if fetched:
        body.set_weights(fetched)
    elif settings.weights:
        _load(body, settings)
    network.layers[-1].dtype_policy = "float32"  # probabilities, also under mixed precision
    front = [] if settings.augmentation == "none" else recipe.augmentation(settings.augmentation == "all")
    if course:  # as in lesson 14
        mean, variance = sample.mean((0, 1, 2), "float64"), sample.var((0, 1, 2), "float64")
        front.append(keras.layers.Normalization(mean=mean, variance=variance))
    inputs = keras.Input(sample.shape[1:])
    if isinstance(network, keras.Sequential):
        return keras.Sequential([inputs, *front, *network.layers], name=network.name)
    x = inputs
    for layer in front:
        x = layer(x)
    return keras.Model(inputs, network(x), name=network.name)


def freeze(model):
    """Let only the last layer with weights learn. Compile the model afterwards.

    Args:
        model: `keras.Model`.
    """
    *body, _ = _with_weights(model)
    for layer in body:
        layer.trainable = False


def unfreeze(model):
    """Let all layers learn but batch normalization, whose statistics stay those of the borrowed weights.

    Args:
        model: `keras.Model`, compile it afterwards.
    """
    for layer in _with_weights(model):
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)


def short(error):
    """The line of an error of Keras that says what is wrong, without its colors, the layer's call and arguments.

    Args:
        error: `Exception`.

    Returns:
        str.
    """
    lines = [re.sub(r"\x1b\[\d+m", "", line) for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("Exception encountered")), type(error).__name__)


def _of_course(settings, shape, classes):
    """A network of `cnn_course.models`; a depth stands behind its name, as in `resnet18`."""
    name, depth = settings.name_and_depth
    make = getattr(models, name)
    known = inspect.signature(make).parameters
    options = {"variant": settings.variant, "width": settings.width, "depth": depth}
    options = {option: value for option, value in options.items() if option in known and value is not None}
    try:
        return make(input_shape=shape, classes=classes, **options)
    except ValueError as error:
        what = f"{settings.model} cannot be built for images of {shape}"
        raise Refusal(f"{what}, see --image-size: {short(error)}") from error


def _application(settings, shape, classes):
    """A network of `keras.applications` behind its own `preprocess_input`, with a new last layer."""
    make, preprocess = _found(settings.model)
    body = _body_of_application(make, settings, (*shape[:2], 3))
    inputs = keras.Input(shape)
    x = inputs if shape[-1] == 3 else keras.layers.Concatenate()([inputs] * 3)  # gray
    x = body(preprocess(x * 255.0))
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x), name=settings.model)


def _found(name):
    """A function of `keras.applications`, and the `preprocess_input` that belongs to it."""
    names = [known for known in dir(keras.applications) if known[0].isupper()]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        raise Refusal(f"--model must be one of keras.applications. Received: {name}. Near: {', '.join(near)}.")
    make = getattr(keras.applications, name)
    return make, inspect.getmodule(make).preprocess_input


def _body_of_application(make, settings, shape):
    weights = "imagenet" if settings.weights == "imagenet" else None
    options = {"include_top": False, "weights": weights, "input_shape": shape, "pooling": "avg"}
    try:
        return make(**options)
    except ValueError as error:
        what = f"{settings.model} cannot be built for images of {shape}"
        raise Refusal(f"{what}, see --image-size: {short(error)}") from error
    except Exception as error:  # of many kinds, when a file cannot be fetched
        if weights is None:
            raise
        raise Refusal(
            f"Keras cannot fetch the weights of {settings.model}. Without a network name a file, --weights FILE, that "
            f"keras.applications.{settings.model}(include_top=False).save_weights has written: {short(error)}"
        ) from error


def _body(network):
    """What stands before the last layer with weights; of an application it is one layer, a model."""
    *_, before, last = [layer for layer in network.layers if layer.weights]
    return before if isinstance(before, keras.Model) else keras.Model(network.inputs, last.input)


def _load(body, settings):
    """Read weights of the same network into what stands before its last layer."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            body.load_weights(settings.weights)
        wrong = [short(warning.message) for warning in said if "Skipping" in str(warning.message)]  # layers stay random
    except Exception as error:  # of many kinds: no such file, another format, another network
        wrong = [short(error)]
    if wrong:
        what = f"--weights must be a file of weights of {settings.model}"
        raise Refusal(f"{what}: {wrong[0]} Received: {settings.weights}.")


def _with_weights(model):
    return [layer for layer in recipe.leaves(model) if layer.weights]
