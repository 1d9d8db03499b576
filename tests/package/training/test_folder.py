"""Folders of photographs: what is read, what is skipped and why, and how the rest is split."""

import numpy as np
import pytest
from PIL import Image

from cnn_course.training import folder as photographs

# isort: split
import keras
import tensorflow as tf


def picture(path, size=(30, 20), mode="RGB", seed=0, **options):
    """Write a smooth picture, width by height, so that JPEG keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    if mode == "I;16":
        image = Image.fromarray(np.array(image.convert("L"), dtype=np.uint16) * 257)
    image.convert(mode).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path):
    for name, count in (("cat", 7), ("dog", 12)):
        for i in range(count):
            picture(tmp_path / "photos" / name / f"{i}.png", seed=i)
    return tmp_path / "photos"


def members(dataset, split):
    return [name.decode() for name in getattr(dataset, f"x_{split}")]


def test_every_class_is_split_in_the_same_way(folder):
    dataset = photographs.read(folder, validation_share=0.2, test_share=0.3)
    assert dataset.class_names == ("cat", "dog") and dataset.skipped == {}
    found = []
    for split, counts in (("train", [4, 6]), ("validation", [1, 2]), ("test", [2, 4])):
        labels = getattr(dataset, f"y_{split}")
        assert np.bincount(labels).tolist() == counts
        for name, label in zip(members(dataset, split), labels, strict=True):
            assert name.startswith(f"{folder}/{dataset.class_names[label]}/")
        found += members(dataset, split)
    assert sorted(found) == sorted(map(str, folder.rglob("*.png")))


def test_the_split_depends_on_the_seed_alone(folder):
    splits = [members(photographs.read(folder, seed=seed), "test") for seed in (1, 1, 2)]
    assert splits[0] == splits[1] != splits[2]


def test_a_folder_that_is_split_already_is_taken_as_it_is(tmp_path):
    for split, count in (("train", 3), ("validation", 1), ("test", 2)):
        for name in ("a", "b"):
            for i in range(count):
                picture(tmp_path / split / name / f"{i}.png")
    dataset = photographs.read(tmp_path)
    assert [len(members(dataset, split)) for split in ("train", "validation", "test")] == [6, 2, 4]
    assert all(f"/{split}/" in name for split in ("train", "test") for name in members(dataset, split))
    picture(tmp_path / "test" / "c" / "0.png")
    with pytest.raises(ValueError, match="must have the same classes"):
        photographs.read(tmp_path)
    (tmp_path / "validation").rename(tmp_path / "val")
    with pytest.raises(ValueError, match=r"must hold train, validation, test, or classes. Received: test, train, val"):
        photographs.read(tmp_path)


def test_what_cannot_be_decoded_is_skipped_and_named(folder):
    whole = picture(folder / "cat" / "whole.jpg", size=(200, 200)).read_bytes()
    bad = {
        folder / "cat" / "cut.jpg": whole[: len(whole) // 2],
        folder / "cat" / "empty.png": b"",
        folder / "dog" / "deeper" / "text.jpg": b"not an image",
        folder / "dog" / "notes.txt": b"hello",
        folder / "README.md": b"# Photographs",
    }
    for path, content in bad.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (folder / "cat" / ".hidden").write_bytes(b"")
    (folder / ".git").mkdir()
    dataset = photographs.read(folder)
    skipped = dataset.skipped
    assert set(skipped) == set(bad) and all(skipped.values())
    assert skipped[folder / "cat" / "empty.png"] == "is empty" and skipped[folder / "README.md"] == "lies in no class"
    assert skipped[folder / "dog" / "notes.txt"].startswith("is no image of a kind that is read (BMP, GIF, JPEG, PNG")
    assert "truncated" in skipped[folder / "cat" / "cut.jpg"]
    names = [name for split in ("train", "validation", "test") for name in members(dataset, split)]
    assert len(names) == 7 + 12 + 1 and str(folder / "cat" / "whole.jpg") in names


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("gray.png", "L", {}),
        ("gray.jpg", "L", {}),
        ("alpha.png", "RGBA", {}),
        ("palette.png", "P", {}),
        ("sixteen.png", "I;16", {}),
        ("print.jpg", "CMYK", {}),
        ("progressive.jpg", "RGB", {"progressive": True}),
        ("a.gif", "P", {}),
        ("a.bmp", "RGB", {}),
        ("a.webp", "RGB", {}),
    ],
)
def test_all_usual_kinds_of_image_become_three_channels(tmp_path, name, mode, options):
    for class_name in ("a", "b"):
        for i in range(3):
            picture(tmp_path / class_name / f"{i}{name}", mode=mode, **options)
    dataset = photographs.read(tmp_path)
    assert dataset.skipped == {}
    images = photographs.loader(16)(tf.constant(dataset.x_train)).numpy()
    assert images.shape == (2, 16, 16, 3) and images.dtype == np.float32 and images.min() >= 0 and images.max() <= 1
    assert images.std() > 0.01


def test_pixels_are_those_of_keras(folder):
    picture(folder / "cat" / "tall.png", size=(31, 70), seed=9)
    theirs = keras.utils.image_dataset_from_directory(
        folder, image_size=(17, 17), batch_size=None, shuffle=False, crop_to_aspect_ratio=True, verbose=False
    )
    ours = photographs.loader(17)(tf.constant(theirs.file_paths)).numpy()
    np.testing.assert_allclose(ours, np.stack([image for image, _ in theirs]) / 255, atol=1e-6)


@pytest.mark.parametrize(("exact", "most"), [(False, 4), (True, 0)])
def test_pixels_of_a_jpeg_are_those_of_the_exact_transform(tmp_path, exact, most):
    file = picture(tmp_path / "a.jpg", size=(64, 48), quality=90)
    how = "INTEGER_ACCURATE" if exact else "INTEGER_FAST"  # Keras asks for the fast one
    theirs = tf.io.decode_jpeg(file.read_bytes(), channels=3, dct_method=how).numpy().astype(int)
    assert 0 <= np.abs(theirs - photographs._decode(file)).max() <= most


def test_names_outside_ascii_are_read(tmp_path):
    for class_name in ("Käfer", "猫"):
        for i in range(3):
            picture(tmp_path / class_name / f"ä {i}.png")
    dataset = photographs.read(tmp_path)
    assert dataset.class_names == ("Käfer", "猫") and not dataset.skipped
    assert photographs.loader(8)(tf.constant(dataset.x_test)).shape == (2, 8, 8, 3)


def test_folders_that_cannot_be_trained_on_are_errors(folder):
    with pytest.raises(FileNotFoundError, match="one subfolder for each class is needed. Received: .*nowhere"):
        photographs.read(folder / "nowhere")
    with pytest.raises(ValueError, match="At least two classes.* Received: 0"):
        photographs.read(folder / "cat")
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="Class 'empty' needs at least 3 readable images. Received: 0"):
        photographs.read(folder)
    with pytest.raises(ValueError, match="Nothing of class 'cat' is left to train on"):
        (folder / "empty").rmdir()
        photographs.read(folder, validation_share=0.5, test_share=0.5)
