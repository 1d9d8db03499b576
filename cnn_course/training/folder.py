"""A folder of photographs, one subfolder a class: what can be read, what cannot and why, and three splits.

`keras.utils.image_dataset_from_directory` stops a training at the first file it cannot decode, and cannot be told to
leave one out. So the files are decoded once beforehand; what remains is decoded and resized as Keras does it, to the
same pixels.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from cnn_course import data, quiet  # loads TensorFlow without its start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf

from cnn_course._validate import validate_integer, validate_number, validate_path

__all__ = ["loader", "read"]

_SPLITS = ("train", "validation", "test")


def read(folder, seed=0, validation_share=0.15, test_share=0.15):
    """Find the images in a folder and split them, the same share of every class.

    A folder that holds the subfolders `train`, `validation` and `test`, each with one subfolder a class, is split
    already. Hidden files are not looked at.

    Args:
        folder: str or `os.PathLike`, with one subfolder a class; the images may lie deeper in it.
        seed: int >= 0, decides which image goes where.
        validation_share: float in (0, 1), of each class, at least one image.
        test_share: float in (0, 1), likewise.

    Returns:
        `data.Dataset` whose `x_` arrays hold file names, as bytes, (count,), and a dict: the path of each file that
        was left out, and why.

    Raises:
        FileNotFoundError: the folder does not exist.
        TypeError: `folder` is no path, `seed` is not an integer, or a share is not a number.
        ValueError: there are fewer than two classes, a class has too few images that can be read, `seed` is negative,
            or a share is not above 0 or leaves nothing to train on.

    Source:
        The layout is that of `keras.utils.image_dataset_from_directory`.
    """
    folder, seed = validate_path(folder, "folder"), validate_integer(seed, "seed", minimum=0)
    validation_share = validate_number(validation_share, "validation_share", above=0)
    test_share = validate_number(test_share, "test_share", above=0)
    if not folder.is_dir():
        raise FileNotFoundError(f"A folder with one subfolder for each class is needed. Received: {folder}.")
    present = [split for split in _SPLITS if (folder / split).is_dir()]
    if "train" not in present:
        files, skipped = _by_class(folder, least=3)
        splits = _split(files, seed, validation_share, test_share)
    elif len(present) == 3:
        parts = [_by_class(folder / split, least=1) for split in _SPLITS]
        splits, skipped = [part[0] for part in parts], {k: v for part in parts for k, v in part[1].items()}
        if len({tuple(split) for split in splits}) > 1:
            raise ValueError(f"{', '.join(_SPLITS)} must have the same classes. Received: {[*map(list, splits)]}.")
    else:
        raise ValueError(f"{folder} must hold {', '.join(_SPLITS)}, or classes. Received: {', '.join(present)}.")
    arrays = {}
    for name, split in zip(_SPLITS, splits, strict=True):
        arrays[f"x_{name}"] = np.array([os.fsencode(file) for files in split.values() for file in files])
        arrays[f"y_{name}"] = np.repeat(np.arange(len(split)), [len(files) for files in split.values()])
    return data.Dataset(**arrays, class_names=tuple(splits[0]), source=str(folder)), skipped


def loader(image_size):
    """Function that turns file names into images; usable in `tf.data`.

    Args:
        image_size: int >= 1, height and width of the images in pixels. The largest centered square of a photograph
            is resized to it.

    Returns:
        Function from a string tensor (count,) to float32 images (count, image_size, image_size, 3) in [0, 1].

    Raises:
        TypeError: `image_size` is not an integer.
        ValueError: `image_size` is below 1.
    """
    image_size = validate_integer(image_size, "image_size", minimum=1)

    def load(name):
        image = _decode(name)
        image.set_shape((None, None, 3))
        return keras.preprocessing.image.smart_resize(image, (image_size, image_size)) / 255

    shape = tf.TensorSpec((image_size, image_size, 3), tf.float32)
    return lambda names: tf.map_fn(load, names, fn_output_signature=shape)


def _decode(name):
    return tf.io.decode_image(tf.io.read_file(name), channels=3, expand_animations=False)


def _by_class(folder, least):
    """Readable files of each class, sorted, and for the others what is wrong."""
    visible = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    classes = [path for path in visible if path.is_dir()]
    if len(classes) < 2:
        raise ValueError(f"At least two classes, each a subfolder of {folder}, are needed. Received: {len(classes)}.")
    skipped = {path: "lies in no class" for path in visible if not path.is_dir()}
    readable = {}
    with quiet.silenced(), ThreadPoolExecutor() as pool:  # decoding releases the interpreter's lock
        for path in classes:
            files = [file for file in sorted(path.rglob("[!.]*")) if not file.is_dir()]
            problems = dict(zip(files, pool.map(_problem, files), strict=True))
            readable[path.name] = [file for file, problem in problems.items() if problem is None]
            skipped |= {file: problem for file, problem in problems.items() if problem is not None}
    for name, files in readable.items():
        if len(files) < least:
            raise ValueError(f"Class {name!r} needs at least {least} readable images. Received: {len(files)}.")
    return readable, skipped


def _problem(file):
    """Why a file cannot be decoded, None if it can."""
    try:
        _decode(os.fsencode(file))
    except tf.errors.OpError as error:
        if isinstance(error, tf.errors.InvalidArgumentError) and not file.stat().st_size:
            return "is empty"
        return error.message.rpartition("}} ")[2].split(" [Op:")[0]  # without the names of TensorFlow's nodes
    return None


def _split(files, seed, validation_share, test_share):
    """Three dicts of class name to files."""
    random = np.random.default_rng(seed)
    splits = ({}, {}, {})
    for name, members in files.items():
        shuffled = [members[i] for i in random.permutation(len(members))]
        validation, test = (max(1, round(share * len(members))) for share in (validation_share, test_share))
        if validation + test >= len(members):
            raise ValueError(
                f"Nothing of class {name!r} is left to train on. Received: {validation_share=}, {test_share=}."
            )
        parts = (shuffled[validation + test :], shuffled[:validation], shuffled[validation : validation + test])
        for split, part in zip(splits, parts, strict=True):
            split[name] = part
    return splits
