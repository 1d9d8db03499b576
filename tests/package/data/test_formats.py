"""Well-known data sets from local files: every form that `path` takes, what it refuses, and the validation split."""

import gzip
import io
import shutil
import struct
import tarfile
import zipfile

import numpy as np
import pytest

from cnn_course import data
from cnn_course.data import formats

SHAPES = {"mnist": (28, 28), "fashion_mnist": (28, 28), "cifar10": (32, 32, 3)}
NAMES = list(SHAPES)
BINARIES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


def originals(name, train=200, test=30):
    """Random images; the first two pixels of the first row are the number of the image, the label is its last digit."""
    generator = np.random.default_rng(len(name))
    arrays = {}
    for part, count in (("train", train), ("test", test)):
        images = generator.integers(0, 256, (count, *SHAPES[name]), np.uint8)
        images.reshape(count, -1)[:, 0], images.reshape(count, -1)[:, 1] = divmod(np.arange(count), 256)
        arrays |= {f"x_{part}": images, f"y_{part}": (np.arange(count) % 10).astype(np.uint8)}
    return arrays


def idx(values):
    """The idx format, written from its description: magic number, big-endian lengths, bytes."""
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def idx_files(arrays):
    names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
    return {name: idx(arrays[key]) for name, key in zip(names, ["x_train", "y_train", "x_test", "y_test"], strict=True)}


def cifar_files(arrays):
    """CIFAR-10's binary version, written from its description: label, red plane, green plane, blue plane."""

    def records(images, labels):
        planes = [[image[:, :, channel].tobytes() for channel in range(3)] for image in images]
        return b"".join(bytes([label]) + b"".join(three) for three, label in zip(planes, labels, strict=True))

    fifths = zip(np.split(arrays["x_train"], 5), np.split(arrays["y_train"], 5), strict=True)
    contents = [*(records(*fifth) for fifth in fifths), records(arrays["x_test"], arrays["y_test"])]
    return dict(zip(BINARIES, contents, strict=True))


def tar_gz(files, folder="cifar-10-batches-bin"):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, values in {"batches.meta.txt": b"airplane\n", **files, "readme.html": b"<html>"}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(values)
            archive.addfile(member, io.BytesIO(values))
    return gzip.compress(content.getvalue(), mtime=0)  # the same bytes whenever it is made


def npz(arrays):
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def published_files(name, arrays):
    """The files that a server has, by name."""
    if name == "mnist":
        return {"mnist.npz": npz(arrays)}
    if name == "cifar10":
        return {"cifar-10-binary.tar.gz": tar_gz(cifar_files(arrays))}
    return {f"{file}.gz": gzip.compress(content, mtime=0) for file, content in idx_files(arrays).items()}


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def assert_same_images(dataset, arrays):
    """The test part is as it was; training and validation together are the training part, each image once."""
    x = np.concatenate([dataset.x_train, dataset.x_validation])
    y = np.concatenate([dataset.y_train, dataset.y_validation])
    parts = {"train": (x, y), "test": (dataset.x_test, dataset.y_test)}
    for part, (images, labels) in parts.items():
        assert images.dtype == np.float32 and labels.dtype == np.int64 and images.ndim == 4
        restored = np.round(images * 255).astype(np.uint8).reshape(arrays[f"x_{part}"].shape)
        first_pixels = restored.reshape(len(restored), -1)[:, :2].astype(int)
        number = first_pixels @ [256, 1]
        np.testing.assert_array_equal(np.sort(number), np.arange(len(restored)))
        np.testing.assert_array_equal(restored, arrays[f"x_{part}"][number])
        np.testing.assert_array_equal(labels, arrays[f"y_{part}"][number])


def forms(name, tmp_path):
    """Every form of local files that `path` takes for one data set."""
    arrays = originals(name)
    labels_in_a_column = arrays | {key: arrays[key][:, np.newaxis] for key in ("y_train", "y_test")}
    yield "npz", write(tmp_path / "a", {"any name.npz": npz(arrays)}) / "any name.npz"
    yield "npz as str", str(write(tmp_path / "b", {"mine.npz": npz(labels_in_a_column)}) / "mine.npz")
    yield "folder with npz", write(tmp_path / "c", {f"{name}.npz": npz(arrays), "other.npz": b""})
    yield "published", write(tmp_path / "d", published_files(name, arrays))
    if name == "cifar10":
        yield "archive", tmp_path / "d" / "cifar-10-binary.tar.gz"
        yield "binaries", write(tmp_path / "e", cifar_files(arrays))
    else:
        yield "idx", write(tmp_path / "e", idx_files(arrays))
        zipped = {f"{file}.gz": gzip.compress(content) for file, content in idx_files(arrays).items()}
        yield "idx.gz", write(tmp_path / "f", zipped)


@pytest.mark.parametrize("name", NAMES)
def test_every_form_of_local_files_gives_the_same_images(name, tmp_path):
    loaded = {form: data.load(name, path=path) for form, path in forms(name, tmp_path)}
    assert len(loaded) == 6
    for form, dataset in loaded.items():
        assert_same_images(dataset, originals(name))
        np.testing.assert_array_equal(dataset.x_validation, loaded["npz"].x_validation, err_msg=form)


def test_colors_of_cifar_stand_where_its_description_says():
    arrays = originals("cifar10")
    record = cifar_files(arrays)["data_batch_2.bin"][3 * 3073 : 4 * 3073]  # the 44th training image
    image = arrays["x_train"][43]
    assert record[0] == arrays["y_train"][43] == 3
    assert [record[1 + channel * 1024 + 5 * 32 + 9] for channel in range(3)] == image[5, 9].tolist()


def test_validation_is_a_tenth_of_each_class_and_always_the_same(tmp_path):
    arrays = originals("mnist", train=1234)
    arrays["y_train"][:300] = 7  # unbalanced on purpose
    arrays["y_train"][300:400] = 1
    file = write(tmp_path / "a", {"mnist.npz": npz(arrays)}) / "mnist.npz"
    first, second = data.load("mnist", path=file), data.load("mnist", path=file)
    assert len(first.y_validation) == 124 and len(first.y_train) == 1110  # one in ten of 1,234, the first included
    assert np.abs(np.bincount(first.y_validation) - np.bincount(arrays["y_train"]) / 10).max() <= 1
    np.testing.assert_array_equal(first.x_validation, second.x_validation)
    numbers = np.round(first.x_validation[:, 0, :2, 0] * 255).astype(int) @ [256, 1]
    assert numbers[:8].tolist() == [19, 27, 38, 54, 62, 65, 70, 72]


def test_a_class_with_few_images_is_refused(tmp_path):
    arrays = originals("mnist", train=100)
    arrays["y_train"][arrays["y_train"] == 3] = [3] * 9 + [4]
    file = write(tmp_path / "a", {"mnist.npz": npz(arrays)}) / "mnist.npz"
    with pytest.raises(ValueError, match="at least 10 training images. Received: 9 of label 3"):
        data.load("mnist", path=file)
    arrays["y_train"][:10] = range(10)
    arrays["y_train"][10:] = np.arange(90) % 10
    file.write_bytes(npz(arrays))
    assert np.bincount(data.load("mnist", path=file).y_validation).tolist() == [1] * 10


def without(arrays, key):
    return {other: values for other, values in arrays.items() if other != key}


WRONG_CONTENTS = {
    "a key is missing": (lambda a: without(a, "y_test"), "keys must be .* Received: .'x_test', 'x_train', 'y_train'"),
    "floats": (lambda a: a | {"x_train": a["x_train"] / 255}, "x_train must be uint8. Received: float64"),
    "labels are floats": (lambda a: a | {"y_test": a["y_test"] * 1.0}, "y_test must be integers. Received: float64"),
    "other size": (lambda a: a | {"x_test": a["x_test"][:, :27]}, "x_test must be .count, 28, 28.*Received: .30, 27"),
    "colors": (lambda a: originals("cifar10"), "x_train must be .count, 28, 28.*Received: .200, 32, 32, 3"),
    "a scalar": (lambda a: a | {"x_test": np.uint8(3)}, "x_test must be .count, 28, 28"),
    "fewer labels": (lambda a: a | {"y_train": a["y_train"][:-1]}, "y_train must be .200,.*Received: .199,"),
    "label 10": (lambda a: a | {"y_test": a["y_test"] + 1}, "y_test must hold each label 0 to 9. Received: .1, 2,"),
    "label -1": (lambda a: a | {"y_test": a["y_test"].astype(int) - 1}, "each label 0 to 9. Received: .-1, 0,"),
    "a class is missing": (lambda a: a | {"y_train": a["y_train"] // 2 * 2}, "each label 0 to 9. Received: .0, 2, 4"),
    "no images": (lambda a: a | {"x_test": a["x_test"][:0], "y_test": a["y_test"][:0]}, "each label 0 to 9. Rec"),
    "pickles": (lambda a: a | {"x_train": np.array([{}], object)}, "numbers, no pickles. Received: object"),
}


@pytest.mark.parametrize("fault", WRONG_CONTENTS)
@pytest.mark.parametrize("in_folder", [False, True])
def test_wrong_contents_are_named(fault, in_folder, tmp_path):
    change, message = WRONG_CONTENTS[fault]
    folder = write(tmp_path / "a", {"mnist.npz": npz(change(originals("mnist")))})
    with pytest.raises(ValueError, match=message) as raised:
        data.load("mnist", path=folder if in_folder else folder / "mnist.npz")
    assert str(raised.value).count(str(folder)) == 1


@pytest.mark.parametrize("damage", ["truncated", "empty", "altered", "page", "npy"])
def test_a_damaged_npz_is_named(damage, tmp_path):
    content = bytearray(npz(originals("mnist")))
    content[5000] ^= 1
    array = io.BytesIO()
    np.save(array, np.zeros((3, 28, 28), np.uint8))
    wrong = {"truncated": content[:-50], "empty": b"", "altered": content, "page": b"<html>", "npy": array.getvalue()}
    file = write(tmp_path / "a", {"mnist.npz": wrong[damage]}) / "mnist.npz"
    for path in (file, file.parent):
        with pytest.raises(ValueError, match=r"mnist\.npz: it must be .*undamaged.*. Received: "):
            data.load("mnist", path=path)


IDX_DAMAGE = {
    "truncated": (lambda c: c[:-1], "hold 156800 values. Received: 156799"),
    "too long": (lambda c: c + b"x", "hold 156800 values. Received: 156801"),
    "half a head": (lambda c: c[:9], "hold 0 values. Received: -7"),
    "empty": (lambda c: b"", "begin with 0, 0, 8, 3. Received: .."),
    "labels": (lambda c: idx(np.zeros(200, np.uint8)), "begin with 0, 0, 8, 3. Received: .0, 0, 8, 1"),
    "floats": (lambda c: b"\0\0\r\3" + c[4:], "begin with 0, 0, 8, 3. Received: .0, 0, 13, 3"),
    "forged": (lambda c: c[:4] + b"\xff" * 12, "hold 79228162458924105385300197375 values. Rec"),
}


@pytest.mark.parametrize("fault", IDX_DAMAGE)
@pytest.mark.parametrize("compressed", [False, True])
def test_damaged_idx_files_are_named(fault, compressed, tmp_path):
    change, message = IDX_DAMAGE[fault]
    files = idx_files(originals("fashion_mnist"))
    files["train-images-idx3-ubyte"] = change(files["train-images-idx3-ubyte"])
    if compressed:
        files = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.*: it must .*{message}"):
        data.load("fashion_mnist", path=write(tmp_path / "a", files))


@pytest.mark.parametrize("position", [-3, -6, 40_000])  # length, checksum, deflated bytes
def test_altered_gzip_files_are_named(position, tmp_path):
    for name, file in (("fashion_mnist", "train-images-idx3-ubyte.gz"), ("cifar10", "cifar-10-binary.tar.gz")):
        folder = write(tmp_path / name, published_files(name, originals(name)))
        content = bytearray((folder / file).read_bytes())
        content[position] ^= 1
        (folder / file).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{file}: it must be undamaged. Received: \w+: "):
            data.load(name, path=folder)
        (folder / file).write_bytes(content[:-2000])
        with pytest.raises(ValueError, match=rf"{file}: it must be undamaged. Received: \w+: "):
            data.load(name, path=folder)


def test_a_hostile_archive_writes_nothing_and_is_refused(tmp_path, monkeypatch):
    files = cifar_files(originals("cifar10"))
    archive = tmp_path / "in" / "cifar-10-binary.tar.gz"
    write(tmp_path / "in", {archive.name: tar_gz(files, folder="../cifar-10-batches-bin")})
    with pytest.raises(ValueError, match=r"it must hold data_batch_1\.bin, .*Received: \[\]"):
        data.load("cifar10", path=archive)

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as forged:
        for name in BINARIES:
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            forged.addfile(member)
    archive.write_bytes(content.getvalue())
    with pytest.raises(ValueError, match=r"it must hold data_batch_1\.bin, .*Received: \[\]"):
        data.load("cifar10", path=archive)

    archive.write_bytes(tar_gz(files | {"bomb": bytes(200_000)}))
    monkeypatch.setattr(formats, "MOST_BYTES", 199_999)
    with pytest.raises(ValueError, match="it must hold at most 199999 bytes. Received: more"):
        data.load("cifar10", path=archive)
    assert list(tmp_path.rglob("*")) == [archive.parent, archive]


def test_a_sparse_member_that_claims_gigabytes_is_refused(tmp_path):
    files = cifar_files(originals("cifar10"))
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=tarfile.PAX_FORMAT) as forged:
        for name, values in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(values)
            member.pax_headers = {"GNU.sparse.size": str(2**40), "GNU.sparse.map": f"0,{len(values)}"}
            forged.addfile(member, io.BytesIO(values))
    archive = write(tmp_path, {"cifar-10-binary.tar.gz": content.getvalue()}) / "cifar-10-binary.tar.gz"
    with pytest.raises(ValueError, match=r"it must hold data_batch_1\.bin, .*Received: \[\]"):
        data.load("cifar10", path=archive)


def test_a_forged_npz_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MOST_BYTES", 200 * 28 * 28)
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", None)
    arrays = originals("mnist")
    for dtype, size in ((np.uint8, 156801), (np.float64, 1254408)):
        file = write(tmp_path / "a", {"mnist.npz": npz(arrays | {"y_test": np.zeros(156801, dtype)})}) / "mnist.npz"
        with pytest.raises(ValueError, match=f"y_test must have at most 156800 bytes. Received: {size}"):
            data.load("mnist", path=file)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no array", "ValueError: the magic string"),
        (b"\x93NUMPY\1\0\2\0{(", "TokenError: "),  # a header that ends too early
        (b"\x93NUMPY\1\0\2\0[]", "ValueError: "),
    ],
)
def test_an_npz_of_something_else_is_named(content, error, tmp_path):
    file = tmp_path / "mnist.npz"
    with zipfile.ZipFile(file, "w") as archive:
        for key in originals("mnist"):
            archive.writestr(f"{key}.npy", content)
    with pytest.raises(ValueError, match=rf"mnist\.npz: it must be undamaged. Received: {error}"):
        data.load("mnist", path=file)


def test_an_encrypted_npz_is_named(tmp_path):
    content = bytearray(npz(originals("mnist")))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for start in (0, archive.start_dir):  # the first file's own head, and its line in the list of contents
            content[start + (6 if start == 0 else 8)] |= 1
    file = write(tmp_path / "a", {"mnist.npz": content}) / "mnist.npz"
    with pytest.raises(ValueError, match=r"mnist\.npz: it must be undamaged. Received: RuntimeError: .*encrypted"):
        data.load("mnist", path=file)


def test_damaged_binaries_of_cifar_are_named(tmp_path):
    files = cifar_files(originals("cifar10"))
    files["data_batch_4.bin"] = files["data_batch_4.bin"][:-1]
    with pytest.raises(ValueError, match=r"4\.bin must hold records of 3073 bytes. Received: 3072 left over"):
        data.load("cifar10", path=write(tmp_path / "a", files))
    (tmp_path / "a" / "data_batch_4.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"six \.bin files. Received: .* without data_batch_4\.bin"):
        data.load("cifar10", path=tmp_path / "a")
    archive = write(tmp_path / "b", {"cifar-10-binary.tar.gz": tar_gz(without(files, "data_batch_4.bin"))})
    with pytest.raises(ValueError, match=r"it must hold .*data_batch_4\.bin, .*Received: .'data_batch_1\.bin'"):
        data.load("cifar10", path=archive)


@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_holds_nothing_is_named(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="existing file or folder. Received: '.*nowhere'"):
        data.load(name, path=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=f"folder must hold {name}.npz.* or .*Received: '.*', without "):
        data.load(name, path=tmp_path)
    page = write(tmp_path / "a", {"page.html": b"<html>"}) / "page.html"
    with pytest.raises(ValueError, match=rf"A file for '{name}' must be \.npz.*Received: '.*page\.html'"):
        data.load(name, path=page)
    for wrong in (3, b"mnist.npz", ["mnist.npz"]):
        with pytest.raises(TypeError):
            data.load(name, path=wrong)


def test_one_missing_idx_file_is_named(tmp_path):
    folder = write(tmp_path / "a", idx_files(originals("mnist")))
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="without t10k-labels-idx1-ubyte"):
        data.load("mnist", path=folder)


def test_an_archive_of_cifar_is_no_mnist(tmp_path):
    folder = write(tmp_path / "a", published_files("cifar10", originals("cifar10")))
    with pytest.raises(ValueError, match=r"must be \.npz \(for idx files give their folder\). Received"):
        data.load("mnist", path=folder / "cifar-10-binary.tar.gz")


def test_arrays_can_be_written_and_the_file_may_go(tmp_path):
    for name in NAMES:
        folder = write(tmp_path / name, published_files(name, originals(name)))
        dataset = data.load(name, path=folder)
        shutil.rmtree(folder)
        dataset.x_train[:] = 3
        dataset.y_test[0] = 3
        assert dataset.x_train.min() == dataset.y_test[0] == 3
