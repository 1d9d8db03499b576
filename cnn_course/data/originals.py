"""Fetches the original files of a data set once, keeps them, and gives up within seconds where there is no network."""

import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["ORIGINALS", "Original", "fetch", "is_address"]

PATIENCE = 10  # seconds without a byte before giving up
CHUNK = 2**16  # bytes


class Original(NamedTuple):
    """A data set that is fetched: where its files are published, with their checksums, and what they hold.

    Attributes:
        address: str, the folder of the files.
        checksums: dict from the name of a file to its published checksum.
        image_shape: tuple of ints, as in the files: (height, width) or (height, width, channels).
        class_names: tuple of str, in the order of the labels.
        source: str, authors and license.
    """

    address: str
    checksums: dict
    image_shape: tuple
    class_names: tuple
    source: str


KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
ORIGINALS = {
    "mnist": Original(
        KERAS,
        {"mnist.npz": "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
        (28, 28),
        tuple("0123456789"),
        "LeCun, Cortes & Burges, The MNIST database of handwritten digits, CC BY-SA 3.0",
    ),
    "fashion_mnist": Original(
        KERAS,
        {
            "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
        },
        (28, 28),
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        "Xiao, Rasul & Vollgraf (2017), Fashion-MNIST, arXiv:1708.07747, MIT",
    ),
    "cifar10": Original(
        "https://www.cs.toronto.edu/~kriz",
        {"cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530"},
        (32, 32, 3),
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        "Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, CIFAR-10, no license stated",
    ),
}


def is_address(path):
    """Whether `path` is the `http(s)://` address of a mirror; the scheme may be in capital letters."""
    return isinstance(path, str) and path.lower().startswith(("http://", "https://"))


def fetch(name, mirror=None):
    """Fetch the files of a data set that are not in the cache yet, or are damaged there, with a progress bar.

    The cache is the folder of the environment variable `CNN_COURSE_DATA_HOME`, or one among the user's caches. A file
    appears there whole and checked, or not at all.

    Args:
        name: str, one of `ORIGINALS`, and the name of its folder in the cache.
        mirror: None or str, `http(s)://` address of a folder with the same files; without it the environment variable
            `CNN_COURSE_DATA_URL` counts, and only then the original address.

    Returns:
        `pathlib.Path`, the folder that holds all files, each with the right checksum.

    Raises:
        ImportError: pooch is not installed.
        ValueError: the address of the mirror does not begin with `http://` or `https://`.
        ConnectionError: a file cannot be fetched, or is not what it should be.
        OSError: the cache folder cannot be written.

    Source:
        The checksum of MNIST is that of `keras.datasets`; the others are published by the authors.
    """
    pooch = _import_pooch(name)
    address = mirror or os.environ.get("CNN_COURSE_DATA_URL") or ORIGINALS[name].address
    if not is_address(address):
        raise ValueError(f"The address of a mirror must begin with http:// or https://. Received: {address!r}.")
    home = os.environ.get("CNN_COURSE_DATA_HOME") or pooch.os_cache("cnn-course")
    folder = Path(home).expanduser().absolute() / name
    for filename, checksum in ORIGINALS[name].checksums.items():
        _ensure(pooch, f"{address.rstrip('/')}/{filename}", folder / filename, checksum)
    return folder


def _import_pooch(name):
    try:
        import pooch
        import tqdm  # noqa: F401  (the progress bar)
    except ImportError as error:
        raise ImportError(
            f"Fetching {name!r} needs pooch and tqdm, which come with the extra `lessons`: "
            f'pip install "cnn-course[lessons]". Local files need neither: data.load({name!r}, path=…).'
        ) from error
    return pooch


def _ensure(pooch, url, file, checksum):
    """Leave `file` with the right checksum in the cache, or raise."""
    from requests import RequestException

    try:
        pooch.retrieve(url, checksum, fname=file.name, path=file.parent, downloader=_download)
    except (RequestException, ValueError) as error:  # pooch says ValueError where the checksum is wrong
        raise ConnectionError(_advice(url, file, error)) from error
    except OSError as error:
        raise OSError(
            f"The cache must be a folder that can be written. Received: {file.parent} ({error}). Choose another with "
            f"the environment variable CNN_COURSE_DATA_HOME, or data.load({file.parent.name!r}, path=…)."
        ) from error


def _download(url, output_file, _):
    import pooch

    os.chmod(output_file, 0o644)  # temporary files are private, but a class may share the cache
    # Undecoded, as stored: some servers call .gz an encoding of the content, and the checksum would be wrong
    options = {"headers": {"Accept-Encoding": "identity"}, "hooks": {"response": _undecoded}}
    pooch.HTTPDownloader(progressbar=True, chunk_size=CHUNK, timeout=PATIENCE, **options)(url, output_file, None)


def _undecoded(response, **_):
    response.raw.headers.pop("Content-Encoding", None)


def _advice(url, file, error):
    name = file.parent.name
    damaged = f"The file in the cache, {file}, is damaged and was not used.\n" if file.exists() else ""
    return damaged + (
        f"{name!r} could not be fetched. Tried: {url} (for at most {PATIENCE} s without data). Received: {error}\n"
        'Without a network: data.load("digits") and data.load("textures") come with the course.\n'
        f"With files of your own: data.load({name!r}, path=…) takes an .npz, a folder that holds the original files, "
        "or the address of a mirror that holds them; the environment variable CNN_COURSE_DATA_URL is such an address.\n"
        f"Fetched files are kept in {file.parent}; the environment variable CNN_COURSE_DATA_HOME chooses another place."
    )
