"""Real data that is never in the way: what comes with the course first, the well-known sets when they are asked for.

Embedded and fetched files are checked against their checksums. `data/README.md` gives sources and licenses.
"""

import hashlib
import io
from dataclasses import dataclass

import numpy as np

from cnn_course._files import shipped
from cnn_course.data import formats, originals

__all__ = ["DATASETS", "PHOTOS", "Dataset", "load", "photo"]

_SEED = 0
_TEXTURES = ("brick", "grass", "gravel")
_QUADRANTS = {"train": ((0, 0), (256, 256)), "validation": ((0, 256),), "test": ((256, 0),)}  # (top, left)
_OFFSETS = (0, 14, 28)  # 28 + 227 = 255 of 256 pixels

DATASETS = ("digits", "textures", *originals.ORIGINALS)
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


def load(name, path=None):
    """Load a data set as images with labels, split into train, validation and test.

    Args:
        name: str, one of `data.DATASETS`. Embedded: `"digits"`, 1,797 handwritten digits, and `"textures"`, crops of
            the photographs of brick, grass and gravel. Fetched once, then kept: `"mnist"`, `"fashion_mnist"` and
            `"cifar10"`, as in `keras.datasets`.
        path: None, or, for the sets that are fetched, str or `os.PathLike`: a local `.npz` with the keys `x_train,
            y_train, x_test, y_test`, a folder that holds the original files, or CIFAR-10's binary archive; needs no
            network. Or str, the `http(s)://` address of a mirror that holds the original files.

    Returns:
        `Dataset`. Gray digits and clothes are (28, 28, 1), CIFAR-10's images (32, 32, 3), textures (227, 227, 3) with
        three equal channels. Where the authors made no validation split, it is every tenth training image of each
        class, drawn with a fixed seed, always the same; the authors' test split is kept as it is.

        `"textures"`: of each photograph's quadrants of 256x256, top left and bottom right are for training, top right
        for validation and bottom left for the test. Nine crops are taken from each, at offsets 0, 14 and 28. Crops of
        one quadrant overlap: they are shifted views, not independent images. Crops of two quadrants share no pixel.

    Raises:
        ValueError: the name is unknown, a path is given for an embedded set, or a file does not hold what is required.
        TypeError: `path` is no path.
        FileNotFoundError: the path does not exist, or its folder does not hold the files.
        ConnectionError: the files cannot be fetched; the message says what to do without a network.
        OSError: the cache folder cannot be written.
        ImportError: something is to be fetched, and pooch (extra `lessons`) is not installed.

    Source:
        Alpaydin & Kaynak (1998), by way of scikit-learn; photographs by way of scikit-image; LeCun, Cortes & Burges;
        Xiao et al. (2017), arXiv:1708.07747; Krizhevsky (2009). Licenses in `data/README.md`.

    >>> load("digits")  # or "mnist"
    Dataset(train (1149, 28, 28, 1), validation (288, 28, 28, 1), test (360, 28, 28, 1), 10 classes)
    >>> load("textures")
    Dataset(train (54, 227, 227, 3), validation (27, 227, 227, 3), test (27, 227, 227, 3), 3 classes)
    """
    _validate_name(name, DATASETS, "data set")
    if name in originals.ORIGINALS:
        return _load_original(name, path)
    if path is not None:
        raise ValueError(f"{name!r} comes with the course: `path` must be None. Received: path={path!r}.")
    return _load_digits() if name == "digits" else _load_textures()


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


def _validate_name(name, known, kind):
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"The name of a {kind} must be one of {', '.join(known)}. Received: {name!r}.")


def _load_digits():
    arrays = {
        key: _pixels(values)[..., np.newaxis] if key.startswith("x_") else values.astype(np.int64)
        for key, values in _read("digits").items()
    }
    source = "Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, CC BY 4.0, enlarged from 8x8"
    return Dataset(**arrays, class_names=tuple("0123456789"), source=source)


def _load_textures():
    photos = [photo(texture) for texture in _TEXTURES]
    arrays = {}
    for split, corners in _QUADRANTS.items():
        places = [(top + i, left + j) for top, left in corners for i in _OFFSETS for j in _OFFSETS]
        crops = [pixels[top : top + 227, left : left + 227] for pixels in photos for top, left in places]
        arrays[f"x_{split}"] = np.stack(crops)
        arrays[f"y_{split}"] = np.repeat(np.arange(len(photos)), len(places))
    source = "scikit-image's photographs brick, grass and gravel, CC0, cut into crops"
    return Dataset(**arrays, class_names=_TEXTURES, source=source)


def _load_original(name, path):
    original = originals.ORIGINALS[name]
    if path is None or originals.is_address(path):
        path = originals.fetch(name, mirror=path)
    arrays = formats.read(name, path, original.image_shape)
    chosen = _validation_mask(arrays["y_train"])
    parts = {"train": ("train", ~chosen), "validation": ("train", chosen), "test": ("test", slice(None))}
    splits = {}
    for split, (part, index) in parts.items():
        images = _pixels(arrays[f"x_{part}"][index])
        splits[f"x_{split}"] = images if images.ndim == 4 else images[..., np.newaxis]
        splits[f"y_{split}"] = arrays[f"y_{part}"][index].astype(np.int64)
    return Dataset(**splits, class_names=original.class_names, source=original.source)


def _validation_mask(labels):
    """True for a tenth of the images, the same tenth of each class (within one), at random and always the same."""
    counts = np.bincount(labels)
    if counts.min() < 10:
        label = counts.argmin()
        raise ValueError(f"Each class needs at least 10 training images. Received: {counts[label]} of label {label}.")
    shuffled = np.random.default_rng(_SEED).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    chosen = np.zeros(len(labels), dtype=bool)
    chosen[by_class[::10]] = True
    return chosen


def _read(name):
    """Arrays of one embedded archive, by name, after its checksum was compared."""
    file = shipped("data") / f"{name}.npz"
    content = file.read_bytes()
    lines = (shipped("data") / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
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
    return np.divide(values, 255, dtype=np.float32)  # one array, where astype and a division would make two
