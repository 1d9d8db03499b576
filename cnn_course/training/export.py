"""The model that a run leaves behind: a raw photograph goes in, and Keras alone can read it.

`checkpoint.keras` is made to go on training: images in [0, 1] of one size, augmentation, an optimizer, perhaps float16,
and for AlexNet a layer of this package. `model.keras` crops, resizes and scales by itself, computes in float32 and is
made of Keras's own layers and operations, so that `keras.saving.load_model` reads it where this package is not.
"""

import json
import zipfile

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras
from keras import ops

from cnn_course._files import write_whole
from cnn_course.models import LocalResponseNormalization

__all__ = ["CLASS_NAMES", "portable", "read", "write"]

CLASS_NAMES = "class_names.json"  # a `.keras` file is a zip archive; Keras leaves alone what it does not know


def portable(trained):
    """The network of a checkpoint behind what prepares a photograph.

    Args:
        trained: `keras.Model` from images (batch, height, width, channels) in [0, 1] to probabilities (batch, classes).

    Returns:
        `keras.Model` from images (batch, any height, any width, channels) from 0 to 255 to the same probabilities: the
        largest centered part with the shape of the network's input is resized to it.
    """
    _, height, width, channels = trained.input_shape
    network = keras.models.clone_model(
        keras.Model(trained.inputs, trained.outputs, name=trained.name),  # of a Sequential, too
        clone_function=_plain,
        call_function=_without_augmentation,
        recursive=True,
    )
    network.set_weights(trained.get_weights())
    image = keras.Input((None, None, channels), name="image")
    # not the layer `Resizing`: a plain call of a model that begins with it runs dropout as in training
    x = ops.image.resize(image, (height, width), crop_to_aspect_ratio=True, data_format="channels_last")
    return keras.Model(image, network(x / 255.0), name=f"{trained.name}_for_photographs")


def write(trained, class_names, path):
    """Save `portable(trained)`, together with the names of its classes.

    Args:
        trained: `keras.Model`, as in `portable`.
        class_names: sequence of str, in the order of the outputs.
        path: `pathlib.Path`, ends in `.keras`.

    Returns:
        `keras.Model`, the one that was saved; its last layer is the network.
    """
    model = portable(trained)

    def save(unfinished):
        model.save(unfinished)
        with zipfile.ZipFile(unfinished, "a") as archive:
            archive.writestr(CLASS_NAMES, json.dumps(list(class_names), ensure_ascii=False))

    write_whole(path, save)
    return model


def read(path):
    """A model that `write` has saved, and the names of its classes.

    Args:
        path: `pathlib.Path`.

    Returns:
        `keras.Model` and list of str.

    Raises:
        ValueError: the file is damaged, or `write` has not written it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            class_names = json.loads(archive.read(CLASS_NAMES))
        return keras.saving.load_model(path), class_names
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ValueError(f"{path} is damaged, or was not written by a run of this version: {error}") from error


def _plain(layer):
    """The same layer in float32, without weights; what belongs to this package is put together from operations."""
    if isinstance(layer, LocalResponseNormalization):
        return _of_operations(layer)
    if not isinstance(layer, keras.Layer):  # an operation, such as a product, has no weights
        return layer
    return layer.__class__.from_config(layer.get_config() | {"dtype": "float32"})


def _without_augmentation(layer, *args, **options):
    """Call a layer, but not one of those that do nothing when a model is used."""
    return args[0] if type(layer).__name__.startswith("Random") else layer(*args, **options)


def _of_operations(layer):
    """`LocalResponseNormalization` as a model: the squares, moved along the channels, are summed."""
    *_, channels = shape = layer.output.shape[1:]
    radius, x = layer.depth_radius, keras.Input(shape)
    padded = ops.pad(ops.square(x), [[0, 0]] * 3 + [[radius, radius]])
    near = sum(padded[..., shift : shift + channels] for shift in range(2 * radius + 1))
    scale = ops.exp(-layer.beta * ops.log(layer.bias + layer.alpha * near))
    return keras.Model(x, x * scale, name=layer.name)
