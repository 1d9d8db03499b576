"""`python -m cnn_course.training`: flags, settings, the run folder, and errors that say what to do.

A run folder holds `settings.json`, `checkpoint.keras`, `log.csv`, `tensorboard/` and at the end `result.json`. At the
end of an epoch the row of the log is written before the checkpoint is replaced, and resuming cuts the log back to the
checkpoint: wherever a run is killed, the epoch that was not finished is repeated, with the same numbers. XLA is off
(`jit_compile=False`), because it changes them a little; `--xla` turns it on where there is one device.
"""

import argparse
import contextlib
import csv
import errno
import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from cnn_course import data, models
from cnn_course._files import write_whole
from cnn_course.training import devices
from cnn_course.training import folder as photographs
from cnn_course.training import recipe as training

# isort: split
import keras
import numpy as np
import tensorflow as tf

__all__ = ["main", "parser", "run"]

_DEFAULTS = {
    "model": "alexnet",
    "variant": "one_tower",
    "width": 0.25,
    "data": "textures",
    "data_path": None,
    "image_size": None,
    "augmentation": None,
    "epochs": 30,
    "batch_size": 6,
    "learning_rate": 0.002,
    "drops": None,
    "weight_decay": 5e-4,
    "seed": 0,
    "mixed_precision": False,
    "xla": False,
}
_MODELS = ("pooled_cnn", "strided_cnn", "all_convolutional", "lenet5", "alexnet")
_VARIANTS = ("one_tower", "two_tower", "textbook")
_AUGMENTATIONS = ("all", "no_flip", "none")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Refusal(Exception):
    """What the user can put right; printed without a traceback."""


def main(arguments=None):
    """Train a network of the course as the flags say.

    Args:
        arguments: None for those of the command line, or a list of str.

    Returns:
        int: 0; 1 if another worker has stopped; 2 if the user must put something right; 130 or 143 after a signal.
    """
    given = vars(parser().parse_args(arguments))
    handlers, policy = {number: signal.getsignal(number) for number in _SIGNALS}, keras.config.dtype_policy()
    try:
        _train(given)
    except KeyboardInterrupt as stop:
        return _say("Stopped. The last checkpoint stays: --resume continues.", 128 + (stop.args or _SIGNALS)[0])
    except _Refusal as refusal:
        return _say(f"error: {refusal}", 2)
    except devices.WorkerLost as lost:
        return _say(f"error: {lost} The last checkpoint stays: start all workers again with --resume.", 1)
    finally:
        keras.config.set_dtype_policy(policy)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return 0


def run():
    """Call `main` and leave the process with what it returns."""
    devices.reuse_memory()
    code = main()
    if code == 1:
        os._exit(code)  # TensorFlow would wait half a minute for the worker that is lost
    sys.exit(code)


def _train(given):
    folder, resume = Path(given.pop("output")), given.pop("resume", False)
    with _refusing(ValueError):
        strategy = devices.strategy(given.pop("strategy", "auto"))  # before any other use of TensorFlow
    for number in _SIGNALS:
        signal.signal(number, _interrupt)  # not earlier: with several workers TensorFlow itself catches SIGTERM
    settings = _settings(folder, given, resume)
    if settings["xla"] and strategy.num_replicas_in_sync > 1:
        raise _Refusal(f"--xla needs one device: add --strategy single. Received: {strategy.num_replicas_in_sync}.")
    dataset, load, settings = _data(settings)
    _check_sizes(dataset, settings["batch_size"], strategy.num_replicas_in_sync)
    with devices.reporting_lost_workers(strategy), _naming_a_full_disk(folder):
        _train_on(strategy, dataset, load, settings, folder, resume)


def _train_on(strategy, dataset, load, settings, folder, resume):
    chief, checkpoint = devices.is_chief(strategy), folder / "checkpoint.keras"
    steps = len(dataset.y_train) // settings["batch_size"]
    devices.check_same_file(strategy, checkpoint)
    with strategy.scope():
        model = _model(checkpoint, dataset, load, settings, steps)
    done = int(model.optimizer.iterations.numpy()) // steps
    if settings["epochs"] < done:
        raise _Refusal(f"--epochs must be at least the {done} that are done. Received: {settings['epochs']}.")
    if chief:
        _prepare(folder, settings, model, done)
    if resume:
        fresh = f"{folder} has no checkpoint yet: {settings['model']} on {settings['data']}, from the beginning."
        _say(f"{done} epochs are done." if done else fresh)
    _fit(model, dataset, load, settings, done, _writers(folder) if chief else [])
    if chief:
        _conclude(model, dataset, load, settings, folder)


def _settings(folder, given, resume):
    """Flags of this run: what is given, else what the run was started with, else the default."""
    stored, file = {}, folder / "settings.json"
    if resume and file.exists():
        stored = json.loads(file.read_text(encoding="utf-8"))
    elif not resume and folder.exists() and any(folder.iterdir()):
        raise _Refusal(f"{folder} is not empty: add --resume to continue, or choose another --output.")
    if "data" in given and given["data"] not in data.DATASETS:
        given["data"] = str(Path(given["data"]).resolve())
    for name, value in given.items():
        if stored and name != "epochs" and stored[name] != value:
            flag = f"--{name.replace('_', '-')}"
            raise _Refusal(f"this run was started with {flag} {stored[name]}. Received: {flag} {value}.")
    settings = _DEFAULTS | stored | given
    if settings["model"] != "alexnet" and given.keys() & {"variant", "width"}:
        raise _Refusal(f"--variant and --width belong to alexnet. Received: --model {settings['model']}.")
    if settings["drops"] is None:
        settings["drops"] = [settings["epochs"] * 4 // 5] if settings["epochs"] > 1 else []
    if settings["drops"] != sorted(set(settings["drops"])):
        raise _Refusal(f"--drops must be increasing epochs. Received: {settings['drops']}.")
    if settings["augmentation"] is None:
        settings["augmentation"] = "no_flip" if settings["data"] in ("digits", "mnist") else "all"
    return settings


def _data(settings):
    """The images or their names; the function that loads them, or None; the settings with what the data hold."""
    size = settings["image_size"]
    if settings["data"] in data.DATASETS:
        with _refusing(ValueError, OSError, ImportError):
            dataset = data.load(settings["data"], settings["data_path"])
        load = (lambda images: tf.image.resize(images, (size, size))) if size else None
    else:
        with _refusing(ValueError, OSError):
            dataset, skipped = photographs.read(settings["data"], settings["seed"])
        _report(skipped)
        load = photographs.loader(size or 227)
    contents = {split: len(getattr(dataset, f"y_{split}")) for split in ("train", "validation", "test")}
    _say(f"{', '.join(f'{count} images for {split}' for split, count in contents.items())}.")
    contents["classes"] = list(dataset.class_names)
    if dataset.x_train.ndim == 1:
        contents["names_sha256"] = hashlib.sha256(b"\n".join(dataset.x_train)).hexdigest()
    if settings.get("contents", contents) != contents:
        raise _Refusal(f"the images in {settings['data']} are not those that this run was started with.")
    return dataset, load, settings | {"contents": contents}


def _report(skipped):
    for path, problem in [*skipped.items()][:10]:
        _say(f"Skipped {path}: {problem}")
    if skipped:
        _say(f"Skipped in all: {len(skipped)} files.")


def _check_sizes(dataset, batch_size, replicas):
    if batch_size % replicas:
        raise _Refusal(f"--batch-size must be a multiple of the {replicas} devices. Received: {batch_size}.")
    for split, least in (("train", batch_size), ("validation", replicas)):
        count = len(getattr(dataset, f"y_{split}"))
        if count < least:
            raise _Refusal(
                f"too few images: {split} needs at least {least} with --batch-size {batch_size} "
                f"on {replicas} devices. Received: {count}."
            )


def _model(checkpoint, dataset, load, settings, steps):
    """The checkpoint's model; where there is none, a new one, compiled."""
    if checkpoint.exists():
        return keras.saving.load_model(checkpoint)
    keras.utils.set_random_seed(settings["seed"])
    if settings["mixed_precision"]:
        keras.config.set_dtype_policy("mixed_float16")
    model = _new_model(settings, _sample(dataset, load, settings["seed"]), len(dataset.class_names))
    optimizer = training.optimizer(settings["learning_rate"], steps, settings["drops"], settings["weight_decay"])
    model.compile(
        # Keras would wrap it by itself, but then the checkpoint cannot be read without the same global policy
        keras.optimizers.LossScaleOptimizer(optimizer) if settings["mixed_precision"] else optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(5, name="top_5")],
        jit_compile=settings["xla"],
    )
    return model


def _sample(dataset, load, seed, most=200):
    """Training images to normalize by: at random, since labels may be sorted."""
    some = np.random.default_rng(seed).permutation(len(dataset.y_train))[:most]
    return np.asarray(load(dataset.x_train[some]) if load else dataset.x_train[some])


def _new_model(settings, sample, classes):
    """Augmentation, normalization and the network, as in lesson 14."""
    shape = sample.shape[1:]
    options = {name: settings[name] for name in ("variant", "width")} if settings["model"] == "alexnet" else {}
    try:
        network = getattr(models, settings["model"])(input_shape=shape, classes=classes, **options)
    except ValueError as error:
        raise _Refusal(f"{settings['model']} needs larger images: see --image-size. Received: {shape}.") from error
    training.initialize(network)
    network.layers[-1].dtype_policy = "float32"  # probabilities, also under mixed precision
    front = [] if settings["augmentation"] == "none" else training.augmentation(settings["augmentation"] == "all")
    mean, variance = sample.mean((0, 1, 2), "float64"), sample.var((0, 1, 2), "float64")
    front.append(keras.layers.Normalization(mean=mean, variance=variance))
    return keras.Sequential([keras.Input(shape), *front, *network.layers], name=network.name)


def _prepare(folder, settings, model, done):
    """Bring the run folder to the state of its checkpoint."""
    checkpoint = folder / "checkpoint.keras"
    needed = 2 * 8 * model.count_params() + 2**20  # weights and momentum in float32; the new file beside the old one
    needed -= checkpoint.stat().st_size if checkpoint.exists() else 0
    with _refusing(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise _Refusal(f"{folder} needs {needed / 1e6:.0f} MB for checkpoints. Received: {free / 1e6:.0f} MB free.")
        _write_json(folder / "settings.json", settings)
        _cut(folder / "log.csv", done)
        shutil.rmtree(folder / "tensorboard", ignore_errors=True)
        (folder / "result.json").unlink(missing_ok=True)


def _cut(path, rows):
    """Keep the header and as many whole rows as the checkpoint has epochs."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    kept = [line for line in lines if line.endswith(b"\n")][: rows + 1] if rows else []
    if rows and len(kept) <= rows:
        raise _Refusal(f"{path} must have a row for each of the {rows} epochs. Received: {max(0, len(kept) - 1)} rows.")
    write_whole(path, lambda unfinished: unfinished.write_bytes(b"".join(kept)))


def _fit(model, dataset, load, settings, done, writers):
    strategy, replicas = model.distribute_strategy, model.distribute_strategy.num_replicas_in_sync
    size, seed, epochs = (settings[name] for name in ("batch_size", "seed", "epochs"))
    if done == epochs:
        return

    def make_batches(context=None):
        return training.batches(dataset.x_train, dataset.y_train, size, seed, epochs, done, load, context)

    # Keras cannot begin with a batch that the replicas share unevenly
    even = min(size, len(dataset.y_validation) // replicas * replicas)
    options = {
        "steps_per_epoch": len(dataset.y_train) // size,
        "epochs": epochs,
        "initial_epoch": done,
        "validation_data": training.in_order(dataset.x_validation, dataset.y_validation, even, load),
        "callbacks": [training.Reseed(seed), *writers],
        "verbose": (1 if sys.stdout.isatty() else 2) if writers else 0,
    }
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        devices.fit(model, make_batches, **options)
    else:
        model.fit(make_batches(), shuffle=False, **options)  # the order is ours


class _LearningRate(keras.callbacks.Callback):
    """Add the learning rate of an epoch to its logs; stands before the callbacks that write them."""

    def on_epoch_begin(self, epoch, logs=None):
        self.rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = self.rate


def _writers(folder):
    """The callbacks that write, the checkpoint last."""
    log, scalars = folder / "log.csv", training.Scalars(folder / "tensorboard")
    with log.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            scalars.on_epoch_end(int(row.pop("epoch")), {name: float(value) for name, value in row.items()})
    checkpoint = training.Checkpoint(folder / "checkpoint.keras")
    return [_LearningRate(), keras.callbacks.CSVLogger(log, append=True), scalars, checkpoint]


def _conclude(model, dataset, load, settings, folder):
    """Read the test split, once."""
    test = training.in_order(dataset.x_test, dataset.y_test, settings["batch_size"], load)
    result = {f"test_{name}": value for name, value in devices.evaluate(model, test).items()}
    _write_json(folder / "result.json", {"epochs": settings["epochs"]} | result)
    print(", ".join(f"{name} {value:.4f}" for name, value in result.items()))


def _write_json(path, record):
    text = json.dumps(record, indent=2) + "\n"
    write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))


@contextlib.contextmanager
def _naming_a_full_disk(folder):
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL_DISK:
            raise
        free = shutil.disk_usage(folder).free / 1e6
        raise _Refusal(f"cannot write to {folder}, {free:.0f} MB free: {error} The last checkpoint stays.") from error


@contextlib.contextmanager
def _refusing(*errors):
    try:
        yield
    except errors as error:
        raise _Refusal(error) from error


def _interrupt(number, frame):
    raise KeyboardInterrupt(number)


def _say(text, code=None):
    print(text, file=sys.stderr, flush=True)
    return code


def parser():
    """Reader of the command line: `parse_args` gives what was typed, without defaults.

    Returns:
        `argparse.ArgumentParser`.
    """
    reader = argparse.ArgumentParser(
        prog="python -m cnn_course.training",
        usage="%(prog)s --output FOLDER [flags]; --help lists them",
        description="Train a network of the course, on a data set or on a folder of photographs.",
        epilog="--output receives settings.json, log.csv (epochs counted from 0), tensorboard/, checkpoint.keras, "
        "which keras.saving.load_model reads, and at the end result.json. With --resume, flags that are not given "
        "come from settings.json; only --epochs and --strategy may change.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )

    def flag(name, text, metavar=None, **options):
        if metavar:
            options["metavar"] = metavar
        reader.add_argument(f"--{name}", help=text.format(**_DEFAULTS), **options)

    known = ", ".join(data.DATASETS)
    flag("output", "run folder, new or empty unless --resume is given", "FOLDER", required=True)
    flag("resume", "continue the run in --output", action="store_true")
    flag("model", f"{', '.join(_MODELS)} (default: {{model}})", "NAME", choices=_MODELS)
    flag("variant", f"of alexnet: {', '.join(_VARIANTS)} (default: {{variant}})", "NAME", choices=_VARIANTS)
    flag("width", "of alexnet: 1 is full width, for a GPU (default: {width})", "FACTOR", type=_above_0)
    flag("data", f"{known}, or a folder with one subfolder a class (default: {{data}})", "NAME|FOLDER")
    flag("data-path", "file, folder or mirror for a data set that is fetched otherwise", "PATH")
    flag("image-size", "height and width in pixels (default: of a folder 227, else as they are)", "N", type=_count)
    flag("augmentation", "all, no_flip (default for digits and mnist) or none", "KIND", choices=_AUGMENTATIONS)
    flag("epochs", "passes over the training images (default: {epochs})", "N", type=_count)
    flag("batch-size", "images a step, on all devices together (default: {batch_size})", "N", type=_count)
    flag("learning-rate", "of SGD with momentum 0.9 (default: {learning_rate})", "RATE", type=_above_0)
    flag("drops", "epochs that begin with a tenth of the rate (default: at 4/5)", "EPOCH", type=_count, nargs="*")
    flag("weight-decay", "share of the weights, times the rate (default: {weight_decay})", "SHARE", type=_from_0)
    flag("seed", "of weights, split of a folder, order and augmentation (default: {seed})", "N", type=_seed)
    flag("mixed-precision", "compute in float16, keep weights in float32: for a GPU", action="store_true")
    flag("xla", "compile the step, on one device: fewer seconds and bytes at full width", action="store_true")
    flag("strategy", f"{', '.join(devices.STRATEGIES)} (default: auto)", "NAME", choices=devices.STRATEGIES)
    return reader


def _number(kind, wanted, accepts):
    def parse(text):
        with contextlib.suppress(ValueError):
            if accepts(kind(text)):
                return kind(text)
        raise argparse.ArgumentTypeError(f"must be {wanted}. Received: {text!r}.")

    return parse


_count = _number(int, "a whole number of at least 1", lambda value: value >= 1)
_seed = _number(int, "a whole number from 0 to 4294967295", lambda value: 0 <= value < 2**32)
_above_0 = _number(float, "a number above 0", lambda value: 0 < value < float("inf"))
_from_0 = _number(float, "a number of at least 0", lambda value: 0 <= value < float("inf"))


if __name__ == "__main__":
    run()
