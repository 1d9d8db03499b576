"""A run and its folder: begun, continued with the same numbers, and reported.

The folder holds `settings.json`, `checkpoint.keras`, `log.csv`, `skipped.txt` where files were left out, `best.keras`
with `--patience`, at the end `model.keras`, `result.json` and `report.html`, and while the run lasts `.lock`. At the
end of an epoch the row of the log is written before the checkpoint is replaced, and resuming cuts the log back to the
checkpoint: wherever a run is killed, the epoch that was not finished is repeated, with the same numbers. XLA is off
(`jit_compile=False`), because it changes them a little; `--xla` turns it on where there is one device.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from cnn_course import data
from cnn_course._files import write_whole
from cnn_course.training import devices, export, fitting, networks, progress, recipe, report
from cnn_course.training import folder as photographs
from cnn_course.training.settings import Refusal, Settings

# isort: split
import keras
import numpy as np
import tensorflow as tf

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two runs apart
    fcntl = None

__all__ = ["train"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOCK = ".lock"


def train(output, resume=False, strategy="auto", **typed):
    """Train a network of the course in a folder.

    Args:
        output: str, the folder; new or empty unless the run in it is resumed.
        resume: bool.
        strategy: str, as in `devices.strategy`.
        **typed: fields of `Settings`, those that were given.

    Returns:
        int: 0; 1 if another worker has stopped; 2 if the user must put something right; 130 or 143 after a signal.
    """
    handlers, policy = {number: signal.getsignal(number) for number in _SIGNALS}, keras.config.dtype_policy()
    try:
        _train(Path(output), resume, strategy, typed)
    except KeyboardInterrupt as stop:
        return _say("Stopped. The last checkpoint stays: --resume continues.", 128 + (stop.args or _SIGNALS)[0])
    except Refusal as refusal:
        return _say(f"error: {refusal}", 2)
    except devices.WorkerLost as lost:
        return _say(f"error: {lost} The last checkpoint stays: start all workers again with --resume.", 1)
    finally:
        keras.config.set_dtype_policy(policy)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return 0


class _Run(NamedTuple):
    folder: Path
    strategy: tf.distribute.Strategy
    settings: Settings
    images: data.Dataset | photographs.Photographs
    load: object  # function from a part of x to images, or None
    done: int  # epochs

    @property
    def checkpoint(self):
        return self.folder / "checkpoint.keras"

    @property
    def steps(self):
        return len(self.images.y_train) // self.settings.batch_size


def _train(folder, resume, strategy, typed):
    with _refusing(ValueError):
        strategy = devices.strategy(strategy)  # before any other use of TensorFlow
    for number in _SIGNALS:
        signal.signal(number, _interrupt)  # not earlier: with several workers TensorFlow itself catches SIGTERM
    chief = devices.is_chief(strategy)
    with _locked(folder, chief), devices.reporting_lost_workers(strategy), _naming_a_full_disk(folder):
        devices.check_same_file(strategy, folder / "checkpoint.keras")
        settings, done = _settings(folder, resume, typed)
        if settings.xla and strategy.num_replicas_in_sync > 1:
            raise Refusal(f"--xla needs one device: add --strategy single. Received: {strategy.num_replicas_in_sync}.")
        run = _Run(folder, strategy, *_data(settings, folder), done)
        _check_sizes(run)
        with strategy.scope():
            model = _model(run)
        if chief:
            _prepare(run, model)
        if resume:
            _say_where_it_continues(run)
        fitting.fit(model, run, chief)
        if chief:
            _conclude(run)
        devices.leave_together(strategy)


@contextlib.contextmanager
def _locked(folder, chief):
    """Keep a second run out of the folder; remove a folder that was made for a run and stayed empty."""
    if not chief:
        yield
        return
    new, lock = [path for path in (folder, *folder.parents) if not path.exists()], folder / _LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = lock.open("wb")
    except OSError as error:
        raise Refusal(f"--output must be a folder that can be written to: {error}.") from error
    with file:
        if not _is_ours(file):
            raise Refusal(f"another run uses {folder}: wait until it has ended, or choose another --output.")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # a folder is not empty, or on Windows the lock is open
                lock.unlink()
                for path in new:
                    path.rmdir()


def _is_ours(file):
    """True if no other process holds the lock; the system gives it back when a process ends, however it does."""
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return os.fstat(file.fileno()).st_nlink > 0  # else the run that held it has just ended, and removed it


def _settings(folder, resume, typed):
    """Settings of this run, and how many epochs are done."""
    file, checkpoint = folder / "settings.json", folder / "checkpoint.keras"
    if not resume and any(path.name != _LOCK for path in folder.glob("*")):
        raise Refusal(f"{folder} is not empty: add --resume to continue, or choose another --output.")
    if resume and not file.exists() and "data" not in typed:
        raise Refusal(f"there is no run to resume, no {file}: is --output right? To begin one, name its --data.")
    stored = Settings.read(file) if file.exists() else Settings()
    settings = stored.updated(typed).completed()
    with _refusing(ValueError):
        done = recipe.epochs_done(checkpoint) if checkpoint.exists() else 0
    if settings.fine_tune != stored.fine_tune and min(settings.fine_tune or done, stored.fine_tune or done) < done:
        raise Refusal(f"--fine-tune cannot move into or out of the {done} epochs that are done.")
    if settings.epochs < done:
        raise Refusal(f"--epochs must be at least the {done} that are done. Received: {settings.epochs}.")
    return settings, done


def _data(settings, folder):
    """The settings with what the data hold; the images or their names; the function that loads them, or None."""
    size = settings.image_size
    with _refusing(ValueError, OSError, ImportError):
        if settings.is_folder:
            settings = replace(settings, data=str(_found(settings, folder)))
            images = photographs.read(settings.data, settings.seed)
            load = photographs.loader(size or (227 if settings.is_of_course else 224), settings.background)
        else:
            images = data.load(settings.data, settings.data_path)
            load = (lambda images: tf.image.resize(images, (size, size))) if size else None
    contents = {split: len(getattr(images, f"y_{split}")) for split in ("train", "validation", "test")}
    _say(f"{', '.join(f'{count} images for {split}' for split, count in contents.items())}.")
    contents |= {"classes": list(images.class_names), "sha256": _sha256(images)}
    if settings.contents not in (None, contents):
        raise Refusal(f"the images in {settings.data} are not those that this run was started with.")
    return replace(settings, contents=contents), images, load


def _found(settings, folder):
    """The folder of photographs; if it has moved together with the run folder, where it lies now."""
    data = Path(settings.data)
    if data.is_dir() or not settings.contents:
        return data
    ends = [Path(*data.parts[start:]) for start in range(1, len(data.parts))]  # the longest first
    places = [parent / end for end in ends for parent in folder.resolve().parents]
    if not (found := next((place for place in places if place.is_dir()), None)):
        raise Refusal(f"{data} is not there any more: tell with --data where it is now.")
    _say(f"{data} is not there any more: taking {found}.")
    return found


def _sha256(images):
    if isinstance(images, photographs.Photographs):
        return images.sha256()
    labels = (images.y_train, images.y_validation, images.y_test)
    return hashlib.sha256(np.concatenate(labels).astype("<i8").tobytes()).hexdigest()


def _check_sizes(run):
    size, replicas = run.settings.batch_size, run.strategy.num_replicas_in_sync
    if size % replicas:
        raise Refusal(f"--batch-size must be a multiple of the {replicas} devices. Received: {size}.")
    for split, least in (("train", size), ("validation", replicas)):
        if (count := run.settings.contents[split]) < least:
            raise Refusal(
                f"too few images: {split} needs at least {least} with --batch-size {size} on {replicas} devices. "
                f"Received: {count}."
            )


def _model(run):
    """The checkpoint's model; where there is none, a new one."""
    settings, classes = run.settings, len(run.images.class_names)
    if run.checkpoint.exists():
        return _loaded(run.checkpoint, classes)
    keras.utils.set_random_seed(settings.seed)
    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_float16")
    with _refusing(tf.errors.ResourceExhaustedError):
        model = networks.build(settings, _sample(run), classes)
    return model


def _loaded(checkpoint, classes):
    try:
        model = keras.saving.load_model(checkpoint)
    except Exception as error:  # Keras raises errors of many kinds
        if getattr(error, "errno", None) in _FULL_DISK:  # it may unpack the file
            raise
        raise Refusal(f"{checkpoint} is damaged, or was written by another version: {networks.short(error)}") from error
    if model.output_shape[-1] != classes:
        raise Refusal(f"{checkpoint} tells {model.output_shape[-1]} classes apart. Received: data with {classes}.")
    return model


def _sample(run, most=200):
    """Training images to normalize by: at random, since labels may be sorted."""
    some = np.random.default_rng(run.settings.seed).permutation(len(run.images.y_train))[:most]
    return np.asarray(run.load(run.images.x_train[some]) if run.load else run.images.x_train[some])


def _prepare(run, model):
    """Bring the run folder to the state of its checkpoint."""
    copies = 3 if run.settings.patience else 2  # the new file beside the old one, and the best one
    needed = copies * 8 * model.count_params() + 2**20  # weights and momentum in float32
    needed -= run.checkpoint.stat().st_size if run.checkpoint.exists() else 0
    free = shutil.disk_usage(run.folder).free
    if free < needed:
        raise Refusal(f"{run.folder} needs {needed / 1e6:.0f} MB for checkpoints. Received: {free / 1e6:.0f} MB free.")
    with _refusing(OSError):
        _cut(run.folder / "log.csv", run.done)
        run.settings.write(run.folder / "settings.json")
        for name in ("result.json", "report.html", "model.keras"):
            (run.folder / name).unlink(missing_ok=True)
        if run.done and run.settings.patience:
            progress.keep_best(run.folder, run.done)
        _report(getattr(run.images, "skipped", {}), run.folder / "skipped.txt")


def _cut(path, rows):
    """Keep the header and as many whole rows as the checkpoint has epochs."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    kept = [line for line in lines if line.endswith(b"\n")][: rows + 1] if rows else []
    if rows and len(kept) <= rows:
        raise Refusal(f"{path} must have a row for each of the {rows} epochs. Received: {max(0, len(kept) - 1)} rows.")
    write_whole(path, lambda unfinished: unfinished.write_bytes(b"".join(kept)))


def _report(skipped, path):
    """Say which files were left out: the first ten here, all of them in a file."""
    path.unlink(missing_ok=True)
    lines = [f"{file}: {problem}" for file, problem in skipped.items()]
    for line in lines[:10]:
        _say(f"Skipped {line}")
    if lines:
        _say(f"Skipped in all: {len(lines)} files, see {path}.")
        text = "\n".join([*lines, ""])
        write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8", errors="surrogateescape"))


def _say_where_it_continues(run):
    if not run.done:
        what = f"{run.settings.model} on {run.settings.data}"
        return _say(f"{run.folder} has no checkpoint yet: {what}, from the beginning.")
    count = "1 epoch is" if run.done == 1 else f"{run.done} epochs are"
    return _say(f"{count} done. The drops of the rate stay as they were: {run.settings.drops}.")


def _conclude(run):
    """Leave the model that can be used, and read the test split, once, with it, in this process."""
    images, best = run.images, run.folder / "best.keras"
    file = best if run.settings.patience else run.checkpoint
    trained = _loaded(file, len(images.class_names))
    network = export.write(trained, images.class_names, run.folder / "model.keras").layers[-1]
    test = recipe.in_order(images.x_test, images.y_test, run.settings.batch_size, run.load)
    figures = report.figures_of(network.predict(test, verbose=0), images.y_test, images.class_names)
    epochs = {"epochs": recipe.epochs_done(run.checkpoint), "epoch": recipe.epochs_done(file)}
    wrong = images.x_test[[mistake["index"] for mistake in figures["mistakes"]]]
    names = report.relative(wrong, images.folder) if run.settings.is_folder else None
    pictures = np.asarray(run.load(wrong) if run.load else wrong)
    title = f"{run.settings.model} on {Path(run.settings.data).name}"
    report.write(run.folder, title, epochs | figures, pictures, progress.history(run.folder / "log.csv"), names)
    print(", ".join(f"{name} {figures[name]:.4f}" for name in figures if name.startswith("test_")))
    print(f"More in {run.folder / 'report.html'}. To ask: python -m cnn_course.training predict {run.folder} PHOTO")


@contextlib.contextmanager
def _naming_a_full_disk(folder):
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL_DISK:
            raise
        free = shutil.disk_usage(folder).free / 1e6
        raise Refusal(f"cannot write to {folder}, {free:.0f} MB free: {error} The last checkpoint stays.") from error


@contextlib.contextmanager
def _refusing(*errors):
    try:
        yield
    except errors as error:
        raise Refusal(error) from error


def _interrupt(number, frame):
    raise KeyboardInterrupt(number)


def _say(text, code=None):
    print(text, file=sys.stderr, flush=True)
    return code
