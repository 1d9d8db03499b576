"""A folder of photographs, one subfolder a class: what can be read, what cannot and why, and three splits.

`keras.utils.image_dataset_from_directory` stops a training at the first file it cannot decode, cannot be told to leave
one out, and lays phone pictures on their side. So the files are decoded once beforehand, and by Pillow: turned as the
camera was held, what is transparent on white, the first frame of what moves. A picture that lies there twice is taken
once, so that none is both learned and asked. Cropping and resizing are Keras's; the pixels of a PNG are the same as
there, those of a JPEG differ by a few of 255 (Keras asks for the faster, less exact way to decode it).
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageColor, ImageOps

from cnn_course._validate import named, validate_integer, validate_number, validate_path

__all__ = ["Photographs", "decode", "files_in", "loader", "problem", "read"]

_SPLITS = ("train", "validation", "test")
_NAMES_OF_SPLITS = {*_SPLITS, "training", "val", "valid", "testing"}
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_PHOTOMETRIC = 262  # a tag of TIFF; 0: the lowest value is white


class Photographs(NamedTuple):
    """Names of photographs in three splits, with labels; `loader` turns the names into images.

    Attributes:
        x_train, x_validation, x_test: bytes arrays (count,), names of files.
        y_train, y_validation, y_test: int64 arrays (count,), each label an index into `class_names`.
        class_names: tuple of str, in the order of the labels.
        folder: `pathlib.Path` in which they lie.
        skipped: dict of `pathlib.Path` to str: each file or folder that was left out, and why.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple
    folder: Path
    skipped: dict

    def sha256(self):
        """Checksum of the names and their splits, the same wherever the folder lies."""
        names = [
            f"{split} {Path(os.fsdecode(name)).relative_to(self.folder).as_posix()}"
            for split in _SPLITS
            for name in getattr(self, f"x_{split}")
        ]
        return hashlib.sha256(os.fsencode("\n".join(names))).hexdigest()


def read(folder, seed=0, validation_share=0.15, test_share=0.15):
    """Find the images in a folder and split them, the same share of every class.

    A folder that holds the subfolders `train`, `validation` and `test`, each with one subfolder a class, is split
    already. What is hidden (its name, or that of a folder in between, begins with a dot) is not looked at. Of files
    that show the very same pixels one is taken, that of the test where splits share them; the others are named.

    Args:
        folder: str or `os.PathLike`, with one subfolder a class; the images may lie deeper in it.
        seed: int >= 0, decides which image goes where.
        validation_share: float in (0, 1), of each class, at least one image.
        test_share: float in (0, 1), likewise.

    Returns:
        `Photographs`.

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
    folders, skipped = _subfolders(folder, "lies in no class")
    if _is_split(folder, [path.name for path in folders]):
        skipped |= {path: f"lies beside {', '.join(_SPLITS)}" for path in folders if path.name not in _SPLITS}
        folders = [folder / split for split in _SPLITS]
        splits = [_by_class(path, skipped) for path in folders]
        if len({tuple(split) for split in splits}) > 1:
            raise ValueError(f"{', '.join(_SPLITS)} must have the same classes. Received: {[*map(list, splits)]}.")
        splits = _without_copies(folders, splits, skipped, least=1)
    else:
        (classes,) = _without_copies([folder], [_by_class(folder, skipped)], skipped, least=3)
        splits = _split(classes, seed, validation_share, test_share)
    arrays = {}
    for name, split in zip(_SPLITS, splits, strict=True):
        arrays[f"x_{name}"] = np.array([os.fsencode(file) for files in split.values() for file in files])
        arrays[f"y_{name}"] = np.repeat(np.arange(len(split)), [len(files) for files in split.values()])
    return Photographs(**arrays, class_names=tuple(splits[0]), folder=folder, skipped=skipped)


def loader(image_size, background="white"):
    """Function that turns names of files into images, in `tf.data` or by itself.

    Args:
        image_size: int >= 1, height and width of the images in pixels. The largest centered square of a photograph
            is resized to it.
        background: str, a color that Pillow knows, such as `"white"` or `"#808080"`: what is transparent lies on it.

    Returns:
        Function from names (a string tensor (count,), or a list of str or paths) to float32 images (count,
        image_size, image_size, 3) in [0, 1]: what the networks of this course are trained on.

    Raises:
        TypeError: `image_size` is not an integer.
        ValueError: `image_size` is below 1, or `background` is no color.
    """
    image_size = validate_integer(image_size, "image_size", minimum=1)
    background = _color(background)

    def load(name):
        image = tf.numpy_function(lambda name: decode(np.asarray(name).item(), background), [name], tf.uint8)
        image.set_shape((None, None, 3))
        return keras.preprocessing.image.smart_resize(image, (image_size, image_size)) / 255

    def load_all(names):
        if isinstance(names, (str, bytes, os.PathLike)):
            raise TypeError(f"`names` must be a list of names. Received: {named('names', names)}.")
        names = names if tf.is_tensor(names) else tf.constant([os.fsencode(name) for name in names], tf.string)
        shape = tf.TensorSpec((image_size, image_size, 3), tf.float32)
        return tf.map_fn(load, names, fn_output_signature=shape)

    return load_all


def decode(name, background="white", channels=3):
    """The first frame of an image, upright.

    Args:
        name: str, bytes or `os.PathLike` of a file.
        background: str, a color that Pillow knows: what is transparent lies on it.
        channels: 3 for red, green and blue, 1 for gray.

    Returns:
        uint8 array (height, width, channels).

    Raises:
        ValueError, OSError: the file cannot be decoded, or its pixels are no colors.
    """
    with Image.open(os.fsdecode(name), formats=_FORMATS) as image:
        white_is_0 = image.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC) == 0
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I;16"):  # Pillow would clip, and turns black and white of 8 bits only
            gray = (np.asarray(image) >> 8).astype(np.uint8)
            image = Image.fromarray(255 - gray if white_is_0 else gray)
        if image.mode in ("I", "F"):
            raise ValueError(f"has pixels that are no colors (mode {image.mode})")
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, background), image)
        pixels = np.asarray(image.convert("RGB" if channels == 3 else "L"))
        return pixels.reshape(*pixels.shape[:2], channels)


def files_in(folder):
    """Visible files in a folder and below it.

    Args:
        folder: `pathlib.Path`.

    Returns:
        list of `pathlib.Path`, sorted.
    """
    return [file for file in sorted(folder.rglob("*")) if _is_visible(file, folder)]


def problem(error):
    """What is wrong with a file that `decode` refuses, in words.

    Args:
        error: `Exception`.

    Returns:
        str.
    """
    if isinstance(error, Image.UnidentifiedImageError):
        return f"is no image of a kind that is read ({', '.join(_FORMATS)})"
    return f"cannot be decoded: {error}"


def _color(name):
    try:
        ImageColor.getrgb(name)
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(
            f"`background` must be a color such as 'white'. Received: {named('background', name)}."
        ) from error
    return name


def _subfolders(folder, reason):
    """Visible folders in a folder, sorted, and a dict of what else is there: `reason`."""
    visible = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    skipped = {path: reason for path in visible if not path.is_dir()}
    skipped |= {path: "is what macOS adds to an archive, no class" for path in visible if path.name == "__MACOSX"}
    return [path for path in visible if path not in skipped], skipped


def _is_split(folder, names):
    """True if the subfolders are splits, not classes; one class among others may be called as a split is."""
    found = sorted(_NAMES_OF_SPLITS.intersection(names))
    if not found or (len(found) == 1 and len(names) > 1):
        return False
    if not set(_SPLITS) <= set(names):
        raise ValueError(f"{folder} must hold {', '.join(_SPLITS)}, or classes. Received: {', '.join(found)}.")
    return True


def _by_class(folder, skipped):
    """Of each class a dict of its readable files to what they show; adds to `skipped` what is wrong with the others."""
    classes, beside = _subfolders(folder, "lies in no class")
    skipped |= beside
    if len(classes) < 2:
        raise ValueError(
            f"At least two classes, each a subfolder of {folder}, are needed. Received: {len(classes)}{_first(beside)}."
        )
    readable = {}
    with ThreadPoolExecutor() as pool:  # decoding releases the interpreter's lock
        for path in classes:
            files = files_in(path)
            found = [*zip(files, pool.map(_inspect, files), strict=True)]
            skipped |= {file: problem for file, (problem, _) in found if problem}
            readable[path.name] = {file: checksum for file, (problem, checksum) in found if not problem}
    return readable


def _without_copies(folders, splits, skipped, least):
    """Files of each class of each split, every picture once: where several splits show it, the last one keeps it."""
    first, kept = {}, []
    for folder, split in reversed([*zip(folders, splits, strict=True)]):
        kept.insert(0, {name: [] for name in split})
        for name, files in split.items():
            for file, checksum in files.items():
                shown, of_class = first.setdefault(checksum, (file, name))
                if shown == file:
                    kept[0][name].append(file)
                else:
                    skipped[file] = f"shows the same as {shown}{'' if of_class == name else ', of another class'}"
            _check_count(folder / name, kept[0][name], skipped, least)
    return kept


def _check_count(folder, files, skipped, least):
    if len(files) < least:
        left_out = {file: reason for file, reason in skipped.items() if folder in file.parents}
        raise ValueError(
            f"Class {folder.name!r} needs at least {least} readable images. "
            f"Received: {len(files)}, and {len(left_out)} files that are left out{_first(left_out)}."
        )


def _is_visible(file, folder):
    """True for a file, and a link, of whose path no part below the folder begins with a dot."""
    if file.is_dir() and not file.is_symlink():
        return False
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def _first(skipped):
    return "".join(f"; {path.name} {reason}" for path, reason in [*skipped.items()][:1])


def _inspect(file):
    """Why a file cannot be decoded, None if it can; and a checksum of its pixels."""
    if file.is_dir():
        return "is a link to a folder, which is not followed", None
    try:
        if not file.stat().st_size:
            return "is empty", None
        pixels = decode(file)
        return None, hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
    except Exception as error:  # Pillow's plugins raise errors of many kinds
        return problem(error), None


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
