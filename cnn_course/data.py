"""Real data that is never in the way: small data sets and photographs that come with the course.

Each file is checked against its SHA-256 when it is read. `README.md` beside the files gives sources and licenses.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["DATASETS", "PHOTOS", "Dataset", "folder", "load", "photo"]

DATASETS = ("digits",)
PHOTOS = ("brick", "cat", "coffee", "grass", "gravel")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with labels in three splits: fit on `train`, choose on `validation`, read `test` once.

    Attributes:
        x_train, x_validation, x_test: float32 arrays (count, height, width, channels) in [0, 1].
        y_train, y_validation, y_test: int64 arrays (count,), each label an index into `class_names`.
        class_names: tuple of str, in the order of the labels.
        source: str, where the images come from and their license.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple
    source: str

    def __repr__(self):
        splits = ", ".join(f"{split} {getattr(self, f'x_{split}').shape}" for split in ("train", "validation", "test"))
        return f"Dataset({splits}, {len(self.class_names)} classes)"


def load(name):
    """Load a data set as images with labels, split into train, validation and test.

    Args:
        name: str, one of `data.DATASETS`. `"digits"`: 1,797 handwritten digits at 28x28.

    Returns:
        `Dataset`; for `"digits"` 1,149 training, 288 validation and 360 test images of shape (28, 28, 1).

    Raises:
        ValueError: the name is unknown, or the file is damaged.
        FileNotFoundError: the file is missing.

    Source:
        Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, by way of scikit-learn; CC BY 4.0.

    >>> load("digits")
    Dataset(train (1149, 28, 28, 1), validation (288, 28, 28, 1), test (360, 28, 28, 1), 10 classes)
    """
    _validate_name(name, DATASETS, "data set")
    arrays = {
        key: _pixels(values)[..., np.newaxis] if key.startswith("x_") else values.astype(np.int64)
        for key, values in _read(name).items()
    }
    return Dataset(
        **arrays,
        class_names=tuple("0123456789"),
        source="Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, CC BY 4.0, enlarged from 8x8",
    )


def photo(name):
    """Load a photograph in color; a gray photograph comes with three equal channels.

    Args:
        name: str, one of `data.PHOTOS`. `"cat"` is 300x451, `"coffee"` 400x600; `"brick"`, `"grass"` and
            `"gravel"` are gray textures of 512x512.

    Returns:
        float32 array (height, width, 3) in [0, 1].

    Raises:
        ValueError: the name is unknown, or the file is damaged.
        FileNotFoundError: the file is missing.

    Source:
        scikit-image's collection; photographers and licenses in `data/README.md`.

    >>> photo("cat").shape
    (300, 451, 3)
    """
    _validate_name(name, PHOTOS, "photo")
    pixels = _pixels(_read(name)["pixels"])
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], 3, axis=-1)


def folder():
    """Folder that holds the embedded files.

    Returns:
        `pathlib.Path`: inside the package when it was installed from a wheel, `data/` beside it in a clone.
    """
    installed = Path(__file__).with_name("_data")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "data"


def _validate_name(name, known, kind):
    if name not in known:
        raise ValueError(f"The name of a {kind} must be one of {', '.join(known)}. Received: {name!r}.")


def _read(name):
    """Arrays of one embedded archive, by name, after its checksum was compared."""
    file = folder() / f"{name}.npz"
    content = file.read_bytes()
    lines = (folder() / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    expected = {filename: digest for digest, filename in map(str.split, lines)}[file.name]
    received = hashlib.sha256(content).hexdigest()
    if received != expected:
        raise ValueError(
            f"{file.name} is damaged: its SHA-256 must be {expected}. Received: {received}. "
            "Restore the file from the repository, or install the package again."
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return dict(archive)


def _pixels(values):
    """Gray levels 0..255 as float32 in [0, 1]."""
    return values.astype(np.float32) / np.float32(255)
