"""Reads data sets as their authors publish them: idx files, CIFAR-10's binary batches, Keras's `.npz`; no pickles."""

import contextlib
import gzip
import io
import math
import tarfile
import tokenize
import zipfile
import zlib

import numpy as np

from cnn_course._validate import validate_path

__all__ = ["read"]

KEYS = ("x_train", "y_train", "x_test", "y_test")
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR_FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
CIFAR_RECORD = 1 + 3 * 32 * 32  # a label, then a red, a green and a blue plane
MOST_BYTES = 2**28  # no array and no archive of a known data set unpacks to more; a forged one may
UNREADABLE = (EOFError, KeyError, OSError, RuntimeError, ValueError)  # RuntimeError: encrypted, or packed unknown ways
UNREADABLE += (tarfile.TarError, tokenize.TokenError, zipfile.BadZipFile, zlib.error)


def read(name, path, image_shape, classes=10):
    """Read the training and test images of a data set from local files, and check what they hold.

    Args:
        name: str, `"mnist"`, `"fashion_mnist"` or `"cifar10"`.
        path: str or `os.PathLike`: an `.npz` with the keys `x_train, y_train, x_test, y_test`; CIFAR-10's binary
            archive `.tar.gz`; or a folder that holds `NAME.npz` or the original files (idx files plain or `.gz`;
            for CIFAR-10 the archive, or its six `.bin` files).
        image_shape: tuple of ints, (height, width) or (height, width, channels) that each image must have.
        classes: int, labels must be 0 to `classes - 1`, and each must occur in both parts.

    Returns:
        dict of uint8 arrays: `x_train`, `x_test` (count, *image_shape) and `y_train`, `y_test` (count,).

    Raises:
        TypeError: `path` is not a path.
        FileNotFoundError: `path` does not exist, or is a folder without the files.
        ValueError: a file is damaged, or does not hold what is required.

    Source:
        LeCun, Cortes & Burges, The MNIST database (idx); Krizhevsky (2009), the CIFAR-10 dataset (binary version).
    """
    path = validate_path(path, "path")
    if not path.exists():
        raise FileNotFoundError(f"`path` must be an existing file or folder. Received: {str(path)!r}.")
    arrays = _read_folder(name, path) if path.is_dir() else _read_file(name, path)
    required = f"(count, {', '.join(map(str, image_shape))})"
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        _require(images.dtype == np.uint8, path, f"x_{part} must be uint8", images.dtype)
        _require(images.shape[1:] == image_shape, path, f"x_{part} must be {required}", images.shape)
        arrays[f"y_{part}"] = _check_labels(labels, len(images), classes, path, f"y_{part}")
    return arrays


def _check_labels(labels, count, classes, path, key):
    """Labels as uint8 (count,), whether they came as (count,) or, as Keras's CIFAR-10, as (count, 1)."""
    _require(np.issubdtype(labels.dtype, np.integer), path, f"{key} must be integers", labels.dtype)
    _require(labels.shape in ((count,), (count, 1)), path, f"{key} must be ({count},), one an image", labels.shape)
    present = np.unique(labels).tolist()
    _require(present == list(range(classes)), path, f"{key} must hold each label 0 to {classes - 1}", present)
    return labels.reshape(count).astype(np.uint8)


def _read_folder(name, folder):
    if (folder / f"{name}.npz").is_file():
        return _read_npz(folder / f"{name}.npz")
    if name != "cifar10":
        return {key: _read_idx(_plain_or_gz(folder, filename, name)) for key, filename in IDX_FILES.items()}
    if (folder / CIFAR_ARCHIVE).is_file():
        return _read_cifar_archive(folder / CIFAR_ARCHIVE)
    missing = [filename for filename in CIFAR_FILES if not (folder / filename).is_file()]
    if missing:
        raise FileNotFoundError(_nothing_in(folder, f"cifar10.npz, {CIFAR_ARCHIVE} or the six .bin files", missing[0]))
    return _cifar_arrays({filename: (folder / filename).read_bytes() for filename in CIFAR_FILES}, folder)


def _read_file(name, path):
    if path.suffix == ".npz":
        return _read_npz(path)
    if name == "cifar10" and path.name.endswith((".tar.gz", ".tgz")):
        return _read_cifar_archive(path)
    kinds = f".npz or {CIFAR_ARCHIVE}" if name == "cifar10" else ".npz (for idx files give their folder)"
    raise ValueError(f"A file for {name!r} must be {kinds}. Received: {str(path)!r}.")


def _read_npz(path):
    _require(zipfile.is_zipfile(path), path, "it must be an undamaged .npz", "something else, or a part of one")
    with _reading(path), np.load(path, allow_pickle=False) as archive:
        present = sorted(archive)
        headers = {key: _npy_header(archive.zip, key) for key in KEYS if key in present}
    _require(set(headers) == set(KEYS), path, f"the keys must be {', '.join(KEYS)}", present)
    for key, (shape, dtype) in headers.items():
        size = math.prod(shape) * dtype.itemsize
        _require(not dtype.hasobject, path, f"{key} must be numbers, no pickles", dtype)
        _require(size <= MOST_BYTES, path, f"{key} must have at most {MOST_BYTES} bytes", size)
    with _reading(path), np.load(path, allow_pickle=False) as archive:
        return {key: archive[key] for key in KEYS}


def _npy_header(archive, key):
    """Shape and dtype of an array, before a byte of it is unpacked."""
    with archive.open(f"{key}.npy") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    return shape, dtype


def _unpacked(path):
    """Content of a file, of a `.gz` what it unpacks to, never more than `MOST_BYTES`."""
    with _reading(path), (gzip.open if path.suffix in (".gz", ".tgz") else open)(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    _require(len(content) <= MOST_BYTES, path, f"it must hold at most {MOST_BYTES} bytes", "more")
    return content


def _plain_or_gz(folder, filename, name):
    for candidate in (folder / filename, folder / f"{filename}.gz"):
        if candidate.is_file():
            return candidate
    required = f"{name}.npz or {', '.join(IDX_FILES.values())} (plain or .gz)"
    raise FileNotFoundError(_nothing_in(folder, required, filename))


def _read_idx(path):
    """Unsigned bytes of an idx file: two zeros, 8 (unsigned byte), the number of axes, their lengths, the values."""
    axes, content = 3 if "idx3" in path.name else 1, _unpacked(path)
    start = 4 + 4 * axes
    _require(content[:4] == bytes([0, 0, 8, axes]), path, f"it must begin with 0, 0, 8, {axes}", list(content[:4]))
    shape = [int.from_bytes(content[i : i + 4]) for i in range(4, start, 4)]
    size, received = math.prod(shape), len(content) - start
    _require(received == size, path, f"it must hold {size} values", received)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _read_cifar_archive(path):
    """Only the six members that are wanted, in memory: nothing is unpacked to disk, whatever the archive says."""
    contents, unpacked = {}, io.BytesIO(_unpacked(path))
    with _reading(path), tarfile.open(fileobj=unpacked) as archive:
        for member in archive:
            folder, _, filename = member.name.rpartition("/")
            wanted = folder == "cifar-10-batches-bin" and filename in CIFAR_FILES
            if wanted and member.isfile() and not member.issparse():  # a sparse one may claim any size
                contents[filename] = archive.extractfile(member).read()
    _require(set(contents) == set(CIFAR_FILES), path, f"it must hold {', '.join(CIFAR_FILES)}", sorted(contents))
    return _cifar_arrays(contents, path)


def _cifar_arrays(contents, path):
    for filename, content in contents.items():
        remainder = len(content) % CIFAR_RECORD
        _require(not remainder, path, f"{filename} must hold records of {CIFAR_RECORD} bytes", f"{remainder} left over")
    parts = {"train": b"".join(contents[filename] for filename in CIFAR_FILES[:-1]), "test": contents[CIFAR_FILES[-1]]}
    arrays = {}
    for part, content in parts.items():
        records = np.frombuffer(content, np.uint8).reshape(-1, CIFAR_RECORD)
        arrays[f"x_{part}"] = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"y_{part}"] = records[:, 0]
    return arrays


def _require(condition, path, required, received):
    if not condition:
        raise ValueError(f"{path}: {required}. Received: {received}.")


@contextlib.contextmanager
def _reading(path):
    try:
        yield
    except UNREADABLE as error:
        message = f"{path}: it must be undamaged. Received: {type(error).__name__}: {error}"
        raise ValueError(message) from error


def _nothing_in(folder, required, missing):
    return f"The folder must hold {required}. Received: {str(folder)!r}, without {missing}."
