"""Ask the model of a run which classes photographs show."""

import csv
import io
import json
import os
from pathlib import Path
from typing import NamedTuple

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import numpy as np
import tensorflow as tf

from cnn_course._validate import named, validate_path
from cnn_course.training import export
from cnn_course.training import folder as photographs
from cnn_course.training.settings import Settings

__all__ = ["Predictions", "predict"]


class Predictions(NamedTuple):
    """What a model says about photographs.

    Attributes:
        class_names: tuple of str.
        files: tuple of `pathlib.Path`, the photographs that could be read.
        probabilities: float32 array (files, classes).
        skipped: dict of `pathlib.Path` to str: what could not be read, and why.
    """

    class_names: tuple
    files: tuple
    probabilities: np.ndarray
    skipped: dict

    def as_text(self, top=3):
        """A line for each photograph: its most probable classes.

        Args:
            top: int >= 1, how many.

        Returns:
            str.
        """
        lines = []
        for file, row in zip(self.files, self.probabilities, strict=True):
            best = np.argsort(-row, kind="stable")[:top]
            lines.append(f"{file}: " + ", ".join(f"{self.class_names[i]} {row[i]:.1%}" for i in best) + "\n")
        return "".join(lines)

    def as_csv(self):
        """A row for each photograph: its name, the most probable class, the probability of each class.

        Returns:
            str.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["file", "class", *self.class_names])
        for file, row in zip(self.files, self.probabilities, strict=True):
            writer.writerow([file, self.class_names[row.argmax()], *map(_shortest, row)])
        return text.getvalue()

    def as_json(self):
        """A list with an object for each photograph.

        Returns:
            str.
        """
        answers = [
            {
                "file": str(file),
                "class": self.class_names[row.argmax()],
                "probabilities": dict(zip(self.class_names, map(_shortest, row), strict=True)),
            }
            for file, row in zip(self.files, self.probabilities, strict=True)
        ]
        return json.dumps(answers, indent=2, ensure_ascii=False) + "\n"


def predict(run, photos):
    """Ask the model of a run which classes photographs show.

    Args:
        run: str or `os.PathLike`, the folder of a run that has ended.
        photos: iterable of str or `os.PathLike`: photographs, or folders with photographs in them or below.

    Returns:
        `Predictions`.

    Raises:
        TypeError: a name is none.
        FileNotFoundError: the run has left no model yet.
        Refusal: its settings are damaged.
        ValueError: its model is damaged.
    """
    run = validate_path(run, "run")
    if not (run / "model.keras").exists():
        raise FileNotFoundError(f"{run} holds no model.keras: it is no run folder, or the run in it has not ended.")
    model, class_names = export.read(run / "model.keras")
    background = Settings.read(run / "settings.json").background
    channels = model.input_shape[-1]
    answer = tf.function(lambda image: model(image, training=False), [tf.TensorSpec((1, None, None, channels))])
    rows, skipped = {}, {}
    for file in _files(photos):
        try:
            image = photographs.decode(file, background, channels)
        except Exception as error:  # Pillow's plugins raise errors of many kinds
            skipped[file] = photographs.problem(error)
        else:
            rows[file] = answer(tf.constant(image[None], tf.float32))[0].numpy()
    probabilities = np.array([*rows.values()], np.float32).reshape(-1, len(class_names))
    return Predictions(tuple(class_names), tuple(rows), probabilities, skipped)


def _files(photos):
    if isinstance(photos, (str, bytes, os.PathLike)):
        raise TypeError(f"`photos` must be a list of names. Received: {named('photos', photos)}.")
    for name in photos:
        path = Path(validate_path(name, "photos"))
        yield from photographs.files_in(path) if path.is_dir() else [path]


def _shortest(number):
    """The shortest decimal number that is this float32."""
    return float(str(number))
