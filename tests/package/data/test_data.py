"""The embedded data: what they hold, where they come from, and what happens when a file is damaged."""

import hashlib
import itertools
import shutil

import numpy as np
import pytest

from cnn_course import data
from cnn_course._files import shipped


def test_digits_have_the_promised_shapes_and_ranges():
    digits = data.load("digits")
    for split, count in (("train", 1149), ("validation", 288), ("test", 360)):
        x, y = getattr(digits, f"x_{split}"), getattr(digits, f"y_{split}")
        assert x.shape == (count, 28, 28, 1) and x.dtype == np.float32
        assert x.min() == 0 and 0.99 < x.max() <= 1
        assert y.shape == (count,) and y.dtype == np.int64
        assert set(y) == set(range(10))
    assert digits.class_names == tuple("0123456789")
    assert "CC BY 4.0" in digits.source


def test_splits_are_stratified():
    digits = data.load("digits")
    splits = (digits.y_train, digits.y_validation, digits.y_test)
    whole = np.bincount(np.concatenate(splits)) / 1797
    for y in splits:
        assert np.abs(np.bincount(y) / len(y) - whole).max() < 0.005


def test_textures_are_crops_of_fixed_quadrants():
    textures = data.load("textures")
    assert textures.class_names == ("brick", "grass", "gravel") and "CC0" in textures.source
    quadrants = {"train": [(0, 0), (256, 256)], "validation": [(0, 256)], "test": [(256, 0)]}
    for split, corners in quadrants.items():
        x, y = getattr(textures, f"x_{split}"), getattr(textures, f"y_{split}")
        assert x.shape == (27 * len(corners), 227, 227, 3) and x.dtype == np.float32 and y.dtype == np.int64
        crops, labels = iter(x), iter(y)
        for label, name in enumerate(textures.class_names):
            original = np.round(255 * data.photo(name)[..., 0]).astype(np.uint8)
            for top, left in corners:
                quadrant = original[top : top + 256, left : left + 256]
                for i, j in itertools.product([0, 14, 28], repeat=2):
                    crop = np.round(next(crops) * 255).astype(np.uint8)
                    assert next(labels) == label
                    for channel in range(3):
                        np.testing.assert_array_equal(crop[..., channel], quadrant[i : i + 227, j : j + 227])
        assert next(crops, None) is next(labels, None) is None


def test_textures_stay_below_a_hundred_megabytes():
    textures = data.load("textures")
    assert sum(getattr(textures, f"x_{split}").nbytes for split in ("train", "validation", "test")) < 100e6


@pytest.mark.parametrize("name", ["digits", "textures"])
@pytest.mark.parametrize("path", ["digits.npz", "", 3, "http://127.0.0.1"])
def test_embedded_sets_take_no_path(name, path):
    with pytest.raises(ValueError, match=f"'{name}' comes with the course: `path` must be None. Received: path="):
        data.load(name, path=path)


@pytest.mark.parametrize("name", ["brick", "grass", "gravel"])
def test_textures_are_gray_photographs_in_color(name):
    photo = data.photo(name)
    assert photo.shape == (512, 512, 3) and photo.dtype == np.float32 and photo.min() >= 0 and photo.max() <= 1
    assert (photo == photo[..., :1]).all()


def test_readme_gives_source_license_and_checksum_of_each_file():
    readme = (shipped("data") / "README.md").read_text(encoding="utf-8")
    files = sorted(shipped("data").glob("*.npz"))
    assert {file.stem for file in files} == {"digits", "nets", *data.PHOTOS}
    for file in files:
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{file.name}`"))
        assert hashlib.sha256(file.read_bytes()).hexdigest() in row
        assert "CC0" in row or "CC BY 4.0" in row


@pytest.fixture
def copied_folder(tmp_path, monkeypatch):
    copy = tmp_path / "data"
    shutil.copytree(shipped("data"), copy)
    monkeypatch.setattr(data, "shipped", lambda name: copy)
    return copy


@pytest.mark.parametrize(("name", "load"), [("cat", data.photo), ("digits", data.load)])
@pytest.mark.parametrize("damage", ["one byte", "truncated", "empty"])
def test_a_damaged_file_is_a_clear_error(copied_folder, name, load, damage):
    file = copied_folder / f"{name}.npz"
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes({"one byte": content, "truncated": content[:-100], "empty": b""}[damage])
    with pytest.raises(
        ValueError, match=f"{name}.npz is damaged: its SHA-256 must be .* Received: .* Restore the file"
    ):
        load(name)


def test_a_missing_file_is_a_clear_error(copied_folder):
    (copied_folder / "cat.npz").unlink()
    with pytest.raises(FileNotFoundError, match=r"cat\.npz"):
        data.photo("cat")


@pytest.mark.parametrize("name", ["dog", "", "CAT", None, 3, "../cat"])
def test_unknown_names_list_the_known_ones(name):
    with pytest.raises(ValueError, match=f"one of {', '.join(data.PHOTOS)}. Received: "):
        data.photo(name)
    with pytest.raises(ValueError, match=f"data set must be one of {', '.join(data.DATASETS)}. Received: "):
        data.load(name)
