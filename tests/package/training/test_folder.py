"""Folders of photographs: what is read, what is skipped and why, and how the rest is split."""

import numpy as np
import pytest
from PIL import Image

from cnn_course.training import folder as photographs

# isort: split
import keras
import tensorflow as tf


def picture(path, size=(30, 20), mode="RGB", seed=0, **options):
    """Write a smooth picture, width by height, so that JPEG keeps it; files of other names show something else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [part for part in path.parts[-3:] if not part.startswith("pytest-")]  # those are counted
    seeds = [seed, *"/".join(parts).encode()]
    small = np.random.default_rng(seeds).integers(0, 256, (4, 4, 3), dtype=np.uint8)
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
    assert 0 <= np.abs(theirs - photographs.decode(file)).max() <= most


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


def classes(folder, count=3, names=("cat", "dog")):
    for name in names:
        for i in range(count):
            picture(folder / name / f"{i}.png", seed=i)
    return folder


def all_members(dataset):
    return sorted(name for split in ("train", "validation", "test") for name in members(dataset, split))


@pytest.mark.parametrize("place", [".hidden.png", ".ipynb_checkpoints/0.png", "deep/.cache/0.png", ".a/b/c/0.png"])
def test_what_is_hidden_anywhere_below_a_class_is_not_looked_at(tmp_path, place):
    classes(tmp_path)
    before = all_members(photographs.read(tmp_path))
    picture(tmp_path / "cat" / place)
    dataset = photographs.read(tmp_path)
    assert all_members(dataset) == before and not dataset.skipped


def test_a_hidden_folder_above_the_photographs_hides_nothing(tmp_path):
    assert len(all_members(photographs.read(classes(tmp_path / ".data" / "photos")))) == 6


def blocks(mode, *colors):
    """Left half of one color, right half of another, 16 by 8 pixels."""
    image = Image.new(mode, (16, 8), colors[0])
    image.paste(colors[1], (8, 0, 16, 8))
    return image


def halves(file):
    image = photographs.decode(file).astype(int)
    return image[:, :6].mean((0, 1)), image[:, 10:].mean((0, 1))


RED, BLUE, WHITE = (250, 10, 10), (10, 10, 250), (255, 255, 255)


@pytest.mark.parametrize(
    ("name", "make", "left", "right"),
    [
        ("palette.bmp", lambda: blocks("RGB", RED, BLUE).quantize(4), RED, BLUE),
        ("bit.bmp", lambda: blocks("1", 0, 1), (0, 0, 0), WHITE),
        ("alpha.png", lambda: blocks("RGBA", (*RED, 255), (0, 0, 0, 0)), RED, WHITE),
        ("half.png", lambda: blocks("RGBA", (*RED, 255), (0, 0, 0, 127)), RED, (128, 128, 128)),
        ("gray_alpha.png", lambda: blocks("LA", (90, 255), (0, 0)), (90, 90, 90), WHITE),
        ("alpha.webp", lambda: blocks("RGBA", (*RED, 255), (0, 0, 0, 0)), RED, WHITE),
        ("sixteen.png", lambda: blocks("I", 90 * 257, 200 * 257).convert("I;16"), (90, 90, 90), (200, 200, 200)),
        ("print.jpg", lambda: blocks("RGB", RED, WHITE).convert("CMYK"), RED, WHITE),
        ("several.mpo", lambda: blocks("RGB", RED, BLUE), RED, BLUE),
    ],
)  # fmt: skip
def test_colors_are_those_of_the_picture(tmp_path, name, make, left, right):
    make().save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    for found, expected in zip(halves(tmp_path / name), (left, right), strict=True):
        np.testing.assert_allclose(found, expected, atol=8)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_scan_in_which_white_is_0_is_no_negative(tmp_path, bits):
    low, high = np.array([90, 200]) * (257 if bits == 16 else 1)
    pixels = np.full((8, 16), low, np.uint16 if bits == 16 else np.uint8)
    pixels[:, 8:] = high
    Image.fromarray(pixels).save(file := tmp_path / "scan.tif")
    head = b"\x06\x01\x03\x00\x01\x00\x00\x00"  # tag 262, one short
    content = file.read_bytes()
    assert head + b"\1" in content
    file.write_bytes(content.replace(head + b"\1", head + b"\0"))
    for found, expected in zip(halves(file), (255 - 90, 255 - 200), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_transparent_color_of_a_palette_becomes_white(tmp_path):
    blocks("RGB", RED, BLUE).quantize(2).save(
        tmp_path / "a.gif", transparency=blocks("RGB", RED, BLUE).quantize(2).getpixel((12, 2))
    )
    for found, expected in zip(halves(tmp_path / "a.gif"), (RED, WHITE), strict=True):
        np.testing.assert_allclose(found, expected, atol=8)


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_the_first_frame_of_what_moves_is_read(tmp_path, kind):
    options = {"lossless": True} if kind == "webp" else {}
    first, second = blocks("RGB", RED, BLUE), blocks("RGB", WHITE, WHITE)
    first.save(tmp_path / f"a.{kind}", save_all=True, append_images=[second], **options)
    for found, expected in zip(halves(tmp_path / f"a.{kind}"), (RED, BLUE), strict=True):
        np.testing.assert_allclose(found, expected, atol=8)


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_photograph_stands_as_the_camera_was_held(tmp_path, orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.jpg", "a.png", "a.webp"):
        file = picture(tmp_path / name, size=(48, 32), exif=exif.tobytes())
        plain = np.asarray(Image.open(file).convert("RGB"))
        np.testing.assert_array_equal(photographs.decode(file), np.rot90(plain, turned))


def test_transparency_lies_on_the_color_that_is_named(tmp_path):
    blocks("RGBA", (*RED, 255), (0, 0, 0, 0)).save(tmp_path / "a.png")
    image = photographs.loader(8, background="#0a0afa")([tmp_path / "a.png"])[0]
    np.testing.assert_allclose(image[4, 6] * 255, BLUE, atol=2)
    with pytest.raises(ValueError, match="`background` must be a color such as 'white'. Received: background='whit'"):
        photographs.loader(8, background="whit")


def test_the_same_picture_is_taken_once(tmp_path):
    classes(tmp_path, count=5)
    first = tmp_path / "cat" / "0.png"
    with Image.open(first) as image:
        image.save(tmp_path / "cat" / "copy.bmp")  # another file, the same pixels
        image.save(tmp_path / "dog" / "copy.tif")
    dataset = photographs.read(tmp_path)
    assert dataset.skipped == {
        tmp_path / "cat" / "copy.bmp": f"shows the same as {first}",
        tmp_path / "dog" / "copy.tif": f"shows the same as {first}, of another class",
    }
    assert len(all_members(dataset)) == 10


def test_no_picture_of_the_test_is_trained_on(tmp_path):
    for split in ("train", "validation", "test"):
        classes(tmp_path / split)
    asked, learned = (tmp_path / split / "cat" / "0.png" for split in ("test", "train"))
    learned.write_bytes(asked.read_bytes())
    dataset = photographs.read(tmp_path)
    assert dataset.skipped == {learned: f"shows the same as {asked}"}
    assert [len(members(dataset, split)) for split in ("train", "validation", "test")] == [5, 6, 6]
    for i in (1, 2):
        (tmp_path / "train" / "cat" / f"{i}.png").write_bytes(asked.read_bytes())
    with pytest.raises(ValueError, match="'cat' needs at least 1 readable images. Received: 0, and 3 files that"):
        photographs.read(tmp_path)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pixels_that_are_no_colors_are_skipped(tmp_path, mode):
    classes(tmp_path)
    Image.new(mode, (9, 9)).save(tmp_path / "cat" / "depth.tif")
    assert photographs.read(tmp_path).skipped == {
        tmp_path / "cat" / "depth.tif": f"cannot be decoded: has pixels that are no colors (mode {mode})"
    }


@pytest.mark.parametrize("name", ["train", "test", "validation", "val"])
def test_one_class_among_others_may_be_called_as_a_split_is(tmp_path, name):
    dataset = photographs.read(classes(tmp_path, names=("bus", name)))
    assert dataset.class_names == ("bus", name) and len(all_members(dataset)) == 6


@pytest.mark.parametrize("names", [("train",), ("train", "val"), ("train", "test", "val"), ("train", "test", "cat")])
def test_splits_that_are_not_complete_are_refused(tmp_path, names):
    for name in names:
        classes(tmp_path / name)
    with pytest.raises(ValueError, match="must hold train, validation, test, or classes. Received: "):
        photographs.read(tmp_path)


def test_what_lies_beside_the_splits_is_named(tmp_path):
    for name in ("train", "validation", "test", "unlabeled"):
        classes(tmp_path / name, count=1)
    assert photographs.read(tmp_path).skipped == {tmp_path / "unlabeled": "lies beside train, validation, test"}


def test_what_macos_adds_to_an_archive_is_no_class(tmp_path):
    classes(tmp_path)
    (tmp_path / "__MACOSX" / "cat").mkdir(parents=True)
    (tmp_path / "__MACOSX" / "cat" / "._0.png").write_bytes(b"\0\5\x16\7")
    dataset = photographs.read(tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.skipped == {tmp_path / "__MACOSX": "is what macOS adds to an archive, no class"}


def test_a_linked_class_is_read_and_a_linked_folder_in_a_class_is_named(tmp_path):
    elsewhere = classes(tmp_path / "elsewhere", names=("bird",)) / "bird"
    folder = classes(tmp_path / "photos")
    (folder / "bird").symlink_to(elsewhere)
    (folder / "cat" / "more").symlink_to(elsewhere)
    (folder / "cat" / "lost.png").symlink_to(tmp_path / "nowhere.png")
    dataset = photographs.read(folder)
    assert dataset.class_names == ("bird", "cat", "dog") and len(all_members(dataset)) == 9
    assert dataset.skipped[folder / "cat" / "more"] == "is a link to a folder, which is not followed"
    assert dataset.skipped.keys() == {folder / "cat" / "more", folder / "cat" / "lost.png"}


def test_a_class_without_images_says_what_it_holds(tmp_path):
    (classes(tmp_path) / "notes").mkdir()
    (tmp_path / "notes" / "a.heic").write_bytes(b"....ftypheic")
    reason = "Received: 0, and 1 files that are left out; a.heic is no image of a kind that is read"
    with pytest.raises(ValueError, match=f"Class 'notes' needs at least 3 readable images. {reason}"):
        photographs.read(tmp_path)


def test_the_checksum_is_of_names_and_splits_wherever_the_folder_lies(tmp_path):
    here, there = classes(tmp_path / "here", count=9), classes(tmp_path / "far" / "there", count=9)
    first = photographs.read(here)
    assert first.sha256() == photographs.read(there).sha256()
    assert first.sha256() != photographs.read(here, seed=1).sha256()
    (here / "cat" / "0.png").rename(here / "cat" / "new.png")
    assert first.sha256() != photographs.read(here).sha256()


def test_a_loader_takes_a_list_of_names(tmp_path):
    file = picture(tmp_path / "a.png")
    load = photographs.loader(8)
    expected = load(tf.constant([str(file)])).numpy()
    for names in ([file], [str(file)], (str(file).encode(),), np.array([str(file).encode()])):
        np.testing.assert_array_equal(load(names), expected)
    assert load([]).shape == (0, 8, 8, 3)
    for name in (file, str(file), str(file).encode()):
        with pytest.raises(TypeError, match="`names` must be a list of names. Received: names="):
            load(name)
