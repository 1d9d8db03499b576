"""What a run says, keeps and decides at the end of each epoch."""

import csv
import math
import shutil
import sys
import time
from itertools import islice

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras

from cnn_course._files import write_whole
from cnn_course.training import recipe

__all__ = ["KeepBest", "LearningRate", "Lines", "Patience", "best_epoch", "history", "is_exhausted", "keep_best"]


class LearningRate(keras.callbacks.Callback):
    """Add the learning rate of an epoch to its logs; stands before the callbacks that write them."""

    def on_epoch_begin(self, epoch, logs=None):
        """Note the rate that the epoch begins with."""
        self.rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):
        """Add it."""
        logs["learning_rate"] = self.rate


class Lines(keras.callbacks.Callback):
    """Print a line for each epoch, with its seconds and the time that is left; in a terminal also how far it is.

    Args:
        epochs: int >= 1, the last epoch plus one.
    """

    def __init__(self, epochs):
        super().__init__()
        self.epochs, self.seconds = epochs, []

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self.start = self.shown = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        """Show the step, once a second."""
        if sys.stdout.isatty() and time.monotonic() > self.shown + 1:
            self.shown = time.monotonic()
            print(f"step {batch + 1} of {self.params['steps']}", end="\r", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        """Print the line; the first epoch, in which TensorFlow prepares the step, says little on the others."""
        self.seconds.append(time.monotonic() - self.start)
        later = self.seconds[1:] or self.seconds
        left = (self.epochs - epoch - 1) * sum(later[-5:]) / len(later[-5:])
        parts = [_line(logs, ""), f"validation {_line(logs, 'val_')}"]
        times = f"{duration(self.seconds[-1])}, {duration(left)} left"
        print(f"epoch {epoch + 1} of {self.epochs}: {'; '.join(parts)}; {times}", flush=True)


def duration(seconds):
    """Seconds in words, such as `"40 s"`, `"12 min"` or `"3 h 20 min"`.

    >>> duration(40.4), duration(725), duration(12000)
    ('40 s', '12 min', '3 h 20 min')
    """
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class Patience(keras.callbacks.Callback):
    """Stop after so many epochs without a lower validation loss. It keeps no state that a checkpoint would lack.

    Args:
        patience: int >= 1.
        losses: list of float, validation losses of the epochs that are done.
        since: int >= 0, the epoch at which a new phase of the training begins, and with it the patience.
    """

    def __init__(self, patience, losses, since=0):
        super().__init__()
        self.patience, self.losses, self.since = patience, losses, since

    def on_epoch_end(self, epoch, logs=None):
        """Ask `fit` to stop."""
        self.losses.append(logs["val_loss"])
        self.model.stop_training = is_exhausted(self.losses, self.patience, self.since)


class KeepBest(keras.callbacks.Callback):
    """Call `keep_best` when an epoch ends; stands behind the checkpoint.

    Args:
        folder: `pathlib.Path` of the run.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        """Copy the checkpoint if it is the best."""
        keep_best(self.folder, epoch + 1)


def keep_best(folder, done):
    """Copy the checkpoint to `best.keras` if its validation loss is the lowest; called again it changes nothing.

    Args:
        folder: `pathlib.Path` of a run.
        done: int >= 1, epochs of its checkpoint.
    """
    best, losses = folder / "best.keras", [row["val_loss"] for row in history(folder / "log.csv")]
    known = recipe.epochs_done(best) if best.exists() else 0
    if not 0 < known <= done or _is_lower(losses[done - 1], losses[known - 1]):
        write_whole(best, lambda unfinished: shutil.copyfile(folder / "checkpoint.keras", unfinished))


def best_epoch(losses):
    """The epoch with the lowest loss, counted from 0; the first of several.

    >>> best_epoch([float("nan"), 0.5, 0.25, 0.25])
    2
    """
    return min(range(len(losses)), key=lambda epoch: math.inf if math.isnan(losses[epoch]) else losses[epoch])


def is_exhausted(losses, patience, since=0):
    """True if the last `patience` epochs, none of them before `since`, brought no lower loss.

    >>> is_exhausted([3, 1, 2, 2], patience=2), is_exhausted([3, 1, 2, 2], patience=2, since=3)
    (True, False)
    """
    return bool(losses) and len(losses) - max(best_epoch(losses) + 1, since) >= patience


def history(path, epochs=None):
    """Rows of a `log.csv`.

    Args:
        path: `pathlib.Path`.
        epochs: None for all rows, or int >= 0: as many are read, and what follows may be half a row.

    Returns:
        list of dict of str to float.
    """
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in islice(csv.DictReader(file), epochs)]


def _is_lower(loss, other):
    return loss < other or math.isnan(other) > math.isnan(loss)


def _line(logs, prefix):
    """Loss and accuracy, in words."""
    return f"loss {logs[f'{prefix}loss']:.4f}, accuracy {logs[f'{prefix}accuracy']:.1%}"
