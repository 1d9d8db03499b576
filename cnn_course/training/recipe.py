"""What `fit` needs to train for long: augmentation, a schedule, an order that can be repeated, checkpoints.

Lesson 14 uses the functions and callbacks below; `python -m cnn_course.training --help` puts them together, for data
that do not fit a notebook. Every random number of an epoch is derived from (seed, epoch), and a checkpoint holds the
state after a whole epoch: a training that was killed and resumed gives the numbers of one that was not.
"""

import json
import zipfile

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf

from cnn_course._files import write_whole
from cnn_course._validate import named, validate_integer, validate_number, validate_path

__all__ = [
    "Checkpoint",
    "Reseed",
    "augmentation",
    "batches",
    "epochs_done",
    "in_order",
    "initialize",
    "leaves",
    "optimizer",
]


def augmentation(flip=True):
    """Layers that change a training image at random, and leave it alone at inference.

    Shifts by up to 6 % of height and width, which is a random crop of an image with a reflected border; flips from
    left to right; brightness up or down by 0.05; contrast by a tenth. `fit`, `evaluate` and `predict` know which is
    which; whoever calls the model says `training=False`. (`keras.layers.RandomCrop` draws one place a batch.)

    Args:
        flip: bool; False for writing, and for anything else whose mirror image means something else.

    Returns:
        list of `keras.layers.Layer`, from float images (batch, height, width, channels) in [0, 1] to the same.

    Source:
        Krizhevsky, Sutskever & Hinton (2012), section 4.1: crops and reflections; they changed colors along principal
        components instead of brightness and contrast.

    >>> [layer.name.split("_")[1] for layer in augmentation()]
    ['translation', 'flip', 'brightness', 'contrast']
    """
    return [
        keras.layers.RandomTranslation(0.06, 0.06, fill_mode="reflect", interpolation="nearest"),
        *([keras.layers.RandomFlip("horizontal")] if flip else []),
        keras.layers.RandomBrightness(0.05, value_range=(0, 1)),
        keras.layers.RandomContrast(0.1, value_range=(0, 1)),
    ]


def initialize(model):
    """Draw new first weights: He's for the layers with a ReLU of their own, small ones for the last layer.

    Keras's own first weights keep the variance of a linear layer, and a ReLU takes half of it away: in a deep network
    without batch normalization little is left at the end, and AlexNet hardly begins to learn. The last layer begins
    with standard deviation 0.01, so that all classes are about equally likely and the first steps not too long.

    Args:
        model: built `keras.Model`, of which layers may be models, too; changed in place. A layer whose ReLU is another
            layer keeps its weights. Call `keras.utils.set_random_seed` before.

    Returns:
        The model.

    Raises:
        ValueError: the model is not built, or none of its layers has a kernel.

    Source:
        He, Zhang, Ren & Sun (2015), Delving Deep into Rectifiers, arXiv:1502.01852, section 2.2. The last layer:
        Krizhevsky, Sutskever & Hinton (2012), section 5.

    >>> layer = keras.layers.Dense(200, activation="relu")
    >>> model = initialize(keras.Sequential([keras.Input((300,)), layer, keras.layers.Dense(50)]))
    >>> round(float(np.var(layer.kernel) * 300), 1), round(float(np.std(model.layers[-1].kernel)), 2)
    (2.0, 0.01)
    """
    layers = [layer for layer in leaves(model) if hasattr(layer, "kernel")]
    if not layers:
        raise ValueError(f"`model` must be built and have a layer with a kernel. Received: {named('model', model)}.")
    for layer in layers[:-1]:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.kernel.assign(keras.initializers.HeNormal()(layer.kernel.shape))
    layers[-1].kernel.assign(keras.initializers.RandomNormal(stddev=0.01)(layers[-1].kernel.shape))
    return model


def optimizer(learning_rate, steps_per_epoch, drops=(), weight_decay=5e-4):
    """Stochastic gradient descent with momentum 0.9 and a learning rate that falls to a tenth at each drop.

    Args:
        learning_rate: float > 0.
        steps_per_epoch: int >= 1.
        drops: increasing ints >= 1, the epochs, counted from 0, that begin with the next lower rate.
        weight_decay: float >= 0; each step takes this share of a weight, times the learning rate, off the weight.
            Keras does so beside the momentum; in the paper it passes through the momentum and weighs up to ten times
            as much.

    Returns:
        `keras.optimizers.SGD`.

    Raises:
        TypeError: an argument is not the number, or the sequence of integers, that it must be.
        ValueError: one of them is too small, or the drops do not increase.

    Source:
        Krizhevsky, Sutskever & Hinton (2012), section 5.

    >>> schedule = optimizer(0.01, steps_per_epoch=6, drops=[2]).get_config()["learning_rate"]["config"]
    >>> schedule["boundaries"], schedule["values"]  # step 11 is the last of the second epoch
    ([11], [0.01, 0.001])
    """
    learning_rate = validate_number(learning_rate, "learning_rate", above=0)
    weight_decay = validate_number(weight_decay, "weight_decay", minimum=0)
    steps_per_epoch = validate_integer(steps_per_epoch, "steps_per_epoch", minimum=1)
    if not isinstance(drops, (tuple, list)):
        raise TypeError(f"`drops` must be a sequence of epochs. Received: drops={drops!r}.")
    drops = [validate_integer(epoch, "drops", minimum=1) for epoch in drops]
    if drops != sorted(set(drops)):
        raise ValueError(f"`drops` must increase. Received: {drops=}.")
    rates = [learning_rate / 10**drop for drop in range(len(drops) + 1)]
    boundaries = [epoch * steps_per_epoch - 1 for epoch in drops]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates) if drops else learning_rate
    return keras.optimizers.SGD(schedule, momentum=0.9, weight_decay=weight_decay)


def batches(x, y, batch_size, seed, epochs, initial_epoch=0, load=None, context=None):
    """Full batches for `fit`, of all epochs one after the other; the order of each comes from (seed, epoch).

    Images that do not fill the last batch are left out; which ones they are differs from epoch to epoch. `fit` needs
    `steps_per_epoch=len(y) // batch_size`.

    Args:
        x: array of images (count, height, width, channels), or of what `load` takes.
        y: int array (count,), labels.
        batch_size: int >= 1, at most count.
        seed: int >= 0.
        epochs: int >= 1, as in `fit`: the last epoch plus one.
        initial_epoch: int >= 0, as in `fit`.
        load: None or a function of TensorFlow from a part of `x` to images, such as `folder.loader` returns.
        context: None or a `tf.distribute.InputContext`: give only one worker's share of each batch.

    Returns:
        `tf.data.Dataset` of pairs: images (batch_size, height, width, channels), labels (batch_size,).

    Raises:
        TypeError: an argument is not an integer.
        ValueError: one of them is too small or beyond 64 bits, the batch is larger than the data set, or there is not
            one label for each image.

    >>> labels = np.arange(4)
    >>> short, long = (list(batches(labels, labels, 2, seed=0, epochs=epochs)) for epochs in (1, 3))
    >>> len(short), len(long), bool((short[0][1] == long[0][1]).numpy().all())
    (2, 6, True)
    """
    batch_size, seed = _int64(batch_size, "batch_size", minimum=1), _int64(seed, "seed", minimum=0)
    initial_epoch = _int64(initial_epoch, "initial_epoch", minimum=0)
    epochs = _int64(epochs, "epochs", minimum=initial_epoch)
    if batch_size > len(y):
        raise ValueError(f"`batch_size` must be from 1 to {len(y)}, the number of images. Received: {batch_size=}.")
    used = len(y) // batch_size * batch_size
    context = context or tf.distribute.InputContext()

    def order(epoch):
        shuffled = tf.random.experimental.stateless_shuffle(tf.range(len(y)), seed=tf.stack([seed, epoch]))
        return tf.data.Dataset.from_tensor_slices(shuffled[:used])

    indices = tf.data.Dataset.range(initial_epoch, epochs).flat_map(order)
    indices = indices.shard(context.num_input_pipelines, context.input_pipeline_id)
    return _gathered(x, y, indices.batch(context.get_per_replica_batch_size(batch_size), drop_remainder=True), load)


def in_order(x, y, batch_size, load=None):
    """All images once, in their order, for validation and test.

    Args:
        x: array of images (count, height, width, channels), or of what `load` takes.
        y: int array (count,), labels.
        batch_size: int >= 1; the last batch may be smaller.
        load: as in `batches`.

    Returns:
        `tf.data.Dataset` of pairs: images (batch_size, height, width, channels), labels (batch_size,).

    >>> [labels.numpy().tolist() for _, labels in in_order(np.arange(3), np.arange(3), batch_size=2)]
    [[0, 1], [2]]
    """
    batch_size = _int64(batch_size, "batch_size", minimum=1)
    return _gathered(x, y, tf.data.Dataset.range(len(y)).batch(batch_size), load)


class Reseed(keras.callbacks.Callback):
    """Derive the state of all random layers from (seed, epoch) when an epoch begins: no checkpoint keeps it.

    Args:
        seed: int >= 0.
    """

    def __init__(self, seed):
        super().__init__()
        self.seed = validate_integer(seed, "seed", minimum=0)

    def on_epoch_begin(self, epoch, logs=None):
        """Set the generators of dropout and augmentation."""
        states = [v for v in self.model.non_trainable_variables if v.path.endswith("seed_generator_state")]
        seeds = np.random.SeedSequence((self.seed, epoch)).generate_state(len(states))
        for state, seed in zip(states, seeds, strict=True):
            state.assign([int(seed) % 2**31, 0])


class Checkpoint(keras.callbacks.Callback):
    """Save the model with its optimizer when an epoch ends: written under another name, then renamed.

    `keras.saving.load_model` reads it, and `epochs_done` tells for how many epochs it was trained. The steps that the
    optimizer has counted do not: under mixed precision those whose gradients overflow are skipped.

    Args:
        path: str or `os.PathLike`, ends in `.keras`.
    """

    def __init__(self, path):
        super().__init__()
        self.path = validate_path(path, "path")

    def on_epoch_end(self, epoch, logs=None):
        """Replace the checkpoint; where that fails, the one before is still there."""

        def save(unfinished):
            self.model.save(unfinished)
            with zipfile.ZipFile(unfinished, "a") as archive:  # a `.keras` file is one, and may have a comment
                archive.comment = json.dumps({"epochs": epoch + 1}).encode()

        write_whole(self.path, save)


def epochs_done(path):
    """Epochs for which the model of a checkpoint was trained: the `initial_epoch` to continue with.

    Args:
        path: str or `os.PathLike` of a file that `Checkpoint` has written.

    Returns:
        int >= 1.

    Raises:
        FileNotFoundError: there is no file.
        TypeError: `path` is no path.
        ValueError: the file is damaged, or was not written by this version of `Checkpoint`.
    """
    path = validate_path(path, "path")
    try:
        with zipfile.ZipFile(path) as archive:
            return validate_integer(json.loads(archive.comment)["epochs"], "epochs", minimum=1)
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        what = "`path` must be a whole checkpoint, written by this version of `Checkpoint`"
        raise ValueError(f"{what}. Received: path={path}.") from error


def leaves(model):
    """Layers of a model and of the models in it.

    Args:
        model: `keras.Model`.

    Yields:
        `keras.layers.Layer`, none of them a model.
    """
    for layer in model.layers:
        yield from leaves(layer) if isinstance(layer, keras.Model) else [layer]


def _int64(value, name, minimum):
    if (number := validate_integer(value, name, minimum)) >= 2**63:  # TensorFlow counts in 64 bits
        raise ValueError(f"`{name}` must be below 2**63. Received: {named(name, value)}.")
    return number


def _gathered(x, y, indices, load):
    """Images and labels at batches of indices, made while the step before is computed."""
    if len(x) != len(y):
        raise ValueError(f"There must be one label for each image. Received: {len(x)} images, {len(y)} labels.")
    with tf.device("CPU:0"):  # a data set need not fit a GPU
        x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)

    def gather(chosen):
        part = tf.gather(x, chosen)
        return (load(part) if load else part), tf.gather(y, chosen)

    return indices.map(gather, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
