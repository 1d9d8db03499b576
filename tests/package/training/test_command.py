"""`python -m cnn_course.training`: a run, its folder, and what it refuses; run in this process, on tiny networks."""

import contextlib
import csv
import errno
import graphlib
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnn_course.training import __main__ as command
from cnn_course.training import devices, recipe, run
from cnn_course.training import folder as photo_folder
from cnn_course.training.settings import Settings
from test_folder import picture

# isort: split
import keras
import tensorflow as tf

TINY = ["--model", "lenet5", "--image-size", "28", "--batch-size", "4", "--epochs", "3"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name in ("cat", "dog"):
        for i in range(6):
            picture(folder / name / f"{i}.png", seed=i)
    (folder / "dog" / "notes.txt").write_text("not an image")
    return folder


def train(output, *flags):
    return command.main(["--output", str(output), *map(str, flags)])


def log(folder):
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def finished(photos, tmp_path_factory):
    """Run folder of an uninterrupted run; what it printed lies beside it."""
    folder = tmp_path_factory.mktemp("run")
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        assert train(folder, *TINY, "--data", photos) == 0
    (folder.parent / "printed").write_text(out.getvalue() + err.getvalue(), encoding="utf-8")
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_run_leaves_what_it_promises(finished):
    names = {"settings.json", "log.csv", "checkpoint.keras", "skipped.txt", "model.keras", "result.json", "report.html"}
    assert {path.name for path in finished.iterdir()} == names
    rows = log(finished)
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert [row["learning_rate"] for row in rows] == pytest.approx([2e-3, 2e-3, 2e-4])  # drops at four fifths
    curves = {"loss", "accuracy"}  # top 5 of two classes is no result
    assert set(rows[0]) == {"epoch", "learning_rate", *curves, *(f"val_{name}" for name in curves)}
    settings = json.loads((finished / "settings.json").read_text(encoding="utf-8"))
    assert settings["contents"]["classes"] == ["cat", "dog"] and settings["contents"]["train"] == 8


def test_the_result_is_that_of_the_checkpoint_on_the_test_split(finished, photos):
    model = keras.saving.load_model(finished / "checkpoint.keras")
    dataset = photo_folder.read(photos)
    load = photo_folder.loader(28)
    expected = model.evaluate(load(tf.constant(dataset.x_test)), dataset.y_test, verbose=0, return_dict=True)
    result = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    assert result["epochs"] == result["epoch"] == 3
    found = {name.removeprefix("test_"): value for name, value in result.items() if name.startswith("test_")}
    assert found == pytest.approx(expected, abs=2e-6)


def test_files_that_are_no_images_are_reported(finished):
    printed = (finished.parent / "printed").read_text(encoding="utf-8")
    assert "notes.txt: is no image of a kind" in printed and "Skipped in all: 1 files, see " in printed
    assert "8 images for train, 2 images for validation, 2 images for test." in printed
    assert "test_accuracy" in printed


SLOW = pytest.mark.slow
MOMENTS = ["in a batch", *(pytest.param(f"{when} the checkpoint", marks=SLOW) for when in ("before", "after"))]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_run_continues_with_the_same_numbers(finished, photos, tmp_path, monkeypatch, capsys, moment):
    stop, folder = [True], tmp_path / "run"

    def interrupt(epoch):
        if epoch == 1 and stop:
            stop.clear()
            os.kill(os.getpid(), signal.SIGTERM)

    class Interrupting(recipe.Checkpoint):
        def on_train_batch_end(self, batch, logs=None):
            if moment == "in a batch" and self.model.optimizer.iterations.numpy() == 3:
                interrupt(1)

        def on_epoch_end(self, epoch, logs=None):
            if moment == "before the checkpoint":
                interrupt(epoch)
            super().on_epoch_end(epoch, logs)
            if moment == "after the checkpoint":
                interrupt(epoch)

    monkeypatch.setattr(recipe, "Checkpoint", Interrupting)
    assert train(folder, *TINY, "--data", photos, "--resume") == 143
    error = capsys.readouterr().err
    assert "has no checkpoint yet: lenet5 on" in error and "Stopped. The last checkpoint stays" in error
    with (folder / "log.csv").open("a", encoding="utf-8") as file:
        file.write("9,0.5,half a row")
    assert train(folder, "--resume") == 0
    assert ("2 epochs are done." if moment == "after the checkpoint" else "1 epoch is done.") in capsys.readouterr().err
    assert log(folder) == log(finished)
    for name in ("result.json", "settings.json"):
        assert (folder / name).read_text(encoding="utf-8") == (finished / name).read_text(encoding="utf-8")


def test_more_epochs_continue_a_finished_run(copy, finished):
    assert train(copy, "--resume", "--epochs", 4) == 0
    assert log(copy)[:3] == log(finished) and len(log(copy)) == 4
    assert json.loads((copy / "result.json").read_text(encoding="utf-8"))["epochs"] == 4
    assert json.loads((copy / "settings.json").read_text(encoding="utf-8"))["drops"] == [2]  # of three epochs, still
    assert log(copy)[3]["learning_rate"] == pytest.approx(2e-4)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "is not empty: add --resume to continue, or choose another --output."),
        (["--resume", "--seed", "3"], "this run was started with --seed 0. Received: --seed 3."),
        (["--resume", "--batch-size", "2"], "this run was started with --batch-size 4. Received: --batch-size 2."),
        (["--resume", "--data", "digits"], "Received: --data digits."),
        (["--resume", "--epochs", "2"], "--epochs must be at least the 3 that are done. Received: 2."),
    ],
)
def test_a_run_folder_is_never_overwritten(copy, capsys, flags, message):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert train(copy, *flags) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def rewritten(path, change):
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def without(settings, name):
    return {key: value for key, value in settings.items() if key != name}


@pytest.mark.parametrize(
    "change",
    [
        lambda settings: [],
        lambda settings: None,
        lambda settings: without(settings, "batch_size"),
        lambda settings: without(settings, "contents"),
        lambda settings: settings | {"batch_size": "4"},
        lambda settings: settings | {"drops": 3},
        lambda settings: settings | {"speed": 1},
    ],
)
def test_damaged_settings_are_refused(copy, capsys, change):
    rewritten(copy / "settings.json", change)
    assert train(copy, "--resume", "--batch-size", 4) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "settings.json must hold the settings of a run of this version" in error


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"epochs": 3'])
def test_settings_that_are_no_json_are_refused(copy, capsys, content):
    (copy / "settings.json").write_bytes(content)
    assert train(copy, "--resume", "--epochs", 4) == 2
    assert capsys.readouterr().err.startswith(f"error: {copy / 'settings.json'} is damaged: ")


def members(archive):
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in file.namelist()}


def pack(archive, content, comment=b'{"epochs": 3}'):
    with zipfile.ZipFile(archive, "w") as file:
        file.comment = comment
        for name, data in content.items():
            file.writestr(name, data)


def damage(how, checkpoint):
    whole, content = checkpoint.read_bytes(), members(checkpoint)
    if how == "empty":
        checkpoint.write_bytes(b"")
    elif how == "cut":
        checkpoint.write_bytes(whole[: len(whole) // 2])
    elif how == "config":
        pack(checkpoint, content | {"config.json": b"{}"})
    elif how == "weights":
        pack(checkpoint, content | {"model.weights.h5": content["model.weights.h5"][:500]})
    else:
        pack(checkpoint, content, comment={"no epochs": b"", "list": b"[]", "text": b'{"epochs": "3"}'}[how])


@pytest.mark.parametrize("how", ["empty", "cut", "config", "weights", "no epochs", "list", "text"])
def test_a_damaged_checkpoint_and_one_without_its_epochs_are_refused(copy, capsys, how):
    damage(how, copy / "checkpoint.keras")
    before = (copy / "log.csv").read_bytes()
    assert train(copy, "--resume", "--epochs", 4) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and "checkpoint.keras" in error
    assert (copy / "log.csv").read_bytes() == before


def test_an_output_that_is_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    for output in (tmp_path / "file", tmp_path / "file" / "run"):
        assert train(output, "--data", "digits") == 2
        assert "error: --output must be a folder that can be written to: " in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_resuming_where_no_run_is_needs_data_that_are_named(copy, photos, tmp_path, capsys):
    (copy / "settings.json").unlink()
    for folder in (tmp_path / "typo", copy):
        before = sorted(folder.glob("*"))
        assert train(folder, "--resume") == 2
        assert "there is no run to resume" in capsys.readouterr().err and sorted(folder.glob("*")) == before
    assert not (tmp_path / "typo").exists()
    assert train(copy, "--resume", *TINY, "--data", "digits") == 2
    assert "tells 2 classes apart. Received: data with 10." in capsys.readouterr().err
    assert train(copy, "--resume", *TINY, "--data", photos) == 0
    assert "3 epochs are done." in capsys.readouterr().err


def test_a_second_run_in_the_same_folder_is_refused(copy, capsys):
    before = (copy / "log.csv").read_bytes()
    with run._locked(copy, chief=True):
        assert train(copy, "--resume", "--epochs", 4) == 2
        assert f"another run uses {copy}: wait until it has ended" in capsys.readouterr().err
    assert (copy / "log.csv").read_bytes() == before and not (copy / ".lock").exists()


def test_a_lock_that_a_killed_run_has_left_holds_nobody_up(copy, tmp_path):
    (copy / ".lock").touch()
    assert train(copy, "--resume") == 0
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".lock").touch()
    assert train(tmp_path / "new", "--model", "lenet5", "--data", "nowhere") == 2  # not: is not empty


def test_photographs_that_have_moved_are_found_again(copy, finished, photos, tmp_path, capsys):
    moved = shutil.copytree(photos, tmp_path / "elsewhere" / "pictures")
    rewritten(copy / "settings.json", lambda settings: settings | {"data": str(tmp_path / "gone")})
    assert train(copy, "--resume", "--epochs", 4) == 2
    assert "is not there any more: tell with --data where it is now." in capsys.readouterr().err
    assert train(copy, "--resume", "--epochs", 4, "--data", moved) == 0
    assert json.loads((copy / "settings.json").read_text(encoding="utf-8"))["data"] == str(moved)
    assert log(copy)[:3] == log(finished)


def test_a_relative_folder_of_photographs_is_found_from_anywhere(copy, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos.parent)
    assert train(copy, "--resume", "--data", photos.name) == 0
    monkeypatch.chdir(tmp_path)
    assert train(copy, "--resume") == 0


def test_all_files_that_are_skipped_are_listed(photos, tmp_path, capsys):
    folder = shutil.copytree(photos, tmp_path / "photos")
    for i in range(12):
        (folder / "cat" / f"{i}.txt").write_text("no image")
    assert train(tmp_path / "run", *TINY, "--epochs", 1, "--data", folder) == 0
    error = capsys.readouterr().err
    assert error.count("Skipped /") == 10 and "Skipped in all: 13 files, see " in error
    lines = (tmp_path / "run" / "skipped.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 13 and all(": is no image of a kind that is read" in line for line in lines)
    for file in folder.rglob("*.txt"):
        file.unlink()
    assert train(tmp_path / "run", "--resume") == 0 and not (tmp_path / "run" / "skipped.txt").exists()


def test_top_5_is_measured_where_there_are_more_classes(tmp_path):
    flags = ["--model", "lenet5", "--data", "digits", "--batch-size", 512, "--epochs", 1]
    assert train(tmp_path / "run", *flags) == 0
    assert {"top_5", "val_top_5"} < set(log(tmp_path / "run")[0])


@pytest.mark.slow
def test_skipped_steps_of_mixed_precision_count_as_trained(photos, tmp_path, monkeypatch, capsys):
    class Overflowing(keras.optimizers.LossScaleOptimizer):
        def __init__(self, *args, **options):  # the first gradients overflow: the scale is halved, the step skipped
            super().__init__(*args, **{"initial_scale": 2.0**127} | options)

    monkeypatch.setattr(keras.optimizers, "LossScaleOptimizer", Overflowing)
    monkeypatch.setitem(keras.saving.get_custom_objects(), "Overflowing", Overflowing)
    flags = [*TINY, "--data", photos, "--mixed-precision", "--drops", 1]
    for folder, epochs in (("whole", [3]), ("parts", [1, 3])):
        for last in epochs:
            resume = ["--resume"] if last != epochs[0] else []
            assert train(tmp_path / folder, *flags, "--epochs", last, *resume) == 0
    assert "1 epoch is done." in capsys.readouterr().err
    model = keras.saving.load_model(tmp_path / "parts" / "checkpoint.keras")
    assert int(model.optimizer.iterations) < 3 * 2  # two steps an epoch, and some were skipped
    assert log(tmp_path / "parts") == log(tmp_path / "whole")
    assert train(tmp_path / "parts", "--resume") == 0
    assert "3 epochs are done." in capsys.readouterr().err and len(log(tmp_path / "parts")) == 3


def test_keras_must_use_tensorflow(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(SystemExit, match="2"):
        train(tmp_path / "run")
    assert "error: Keras must use TensorFlow: set KERAS_BACKEND=tensorflow. Received: jax." in capsys.readouterr().err


LOADED = """
import runpy, sys
try:
    runpy.run_module("cnn_course.training", run_name="__main__")
except SystemExit as stopped:
    print("code", stopped.code)
print("loaded", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(("flags", "code"), [(["--help"], 0), (["--output", "x", "--epochs", "0"], 2), ([], 2)])
def test_flags_are_read_before_tensorflow_is_loaded(flags, code):
    done = subprocess.run([sys.executable, "-c", LOADED, *flags], capture_output=True, text=True)
    *_, stopped, loaded = done.stdout.splitlines()
    assert stopped == f"code {code}" and "cnn_course" in loaded
    assert not {"tensorflow", "keras", "PIL", "matplotlib"} & set(loaded.split())


def test_modules_of_training_import_each_other_in_no_circle():
    folder = Path(command.__file__).parent
    imports = {}
    for file in folder.glob("*.py"):
        found = re.findall(r"^ *from cnn_course\.training(?:\.(\w+))? import (.+)$", file.read_text(), re.MULTILINE)
        names = {module or name for module, names in found for name in re.split(r", | as \w+", names)}
        imports[file.stem] = {name for name in names if (folder / f"{name}.py").exists()}
    assert {"devices", "folder", "recipe", "settings"} < imports["run"] and not imports["settings"]
    assert list(graphlib.TopologicalSorter(imports).static_order())  # raises CycleError
    assert not any("__main__" in names for names in imports.values())


def test_other_images_than_those_of_the_run_are_refused(copy, photos, capsys):
    new = picture(photos / "cat" / "new.png")
    assert train(copy, "--resume", "--epochs", 4) == 2
    new.unlink()
    assert "are not those that this run was started with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--data", "nowhere"], "A folder with one subfolder for each class is needed. Received: "),
        (["--data-path", "x"], "'textures' comes with the course"),
        (
            ["--model", "lenet5", "--width", "0.5"],
            "--width belongs to alexnet, nin, googlenet, vgg, resnet. Received: --model le",
        ),
        (["--data", "digits"], "alexnet cannot be built for images of (28, 28, 1), see --image-size: "),
        (["--batch-size", "55"], "train needs at least 55 with --batch-size 55 on 1 devices. Received: 54."),
        (["--drops", "3", "2"], "--drops must be increasing epochs. Received: [3, 2]."),
        (["--strategy", "mirrored"], "'mirrored' needs at least two devices"),
        (["--strategy", "multi_worker"], "needs the environment variable TF_CONFIG"),
    ],
)
def test_what_cannot_work_is_refused_before_training(tmp_path, monkeypatch, capsys, flags, message):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert train(tmp_path / "run", *flags) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("error: ") and message in error and "Traceback" not in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flag", "value"),
    [("epochs", "0"), ("epochs", "x"), ("learning-rate", "-1"), ("learning-rate", "nan"), ("weight-decay", "inf"),
     ("seed", "-1"), ("seed", "4294967296"), ("width", "0"), ("width", "1e308"), ("image-size", "1000000000"),
     ("model", "vgg_16"), ("strategy", "tpu"), ("batch", "3")],
)  # fmt: skip
def test_wrong_flags_are_named(tmp_path, capsys, flag, value):
    with pytest.raises(SystemExit) as stopped:
        train(tmp_path, f"--{flag}", value)
    error = capsys.readouterr().err
    assert stopped.value.code == 2 and f"--{flag}" in error and value in error and len(error.splitlines()) == 2


def test_unexpected_errors_keep_their_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "augmentation", lambda flip: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(tmp_path, "--model", "lenet5", "--data", "digits")


def test_too_little_space_is_known_before_training(tmp_path, monkeypatch, capsys):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10**6))
    assert train(tmp_path / "run", "--model", "lenet5", "--data", "digits") == 2
    # 61,706 weights and 3 of the normalization, twice (momentum), 4 bytes each, two files and a mebibyte
    assert "needs 2 MB for checkpoints. Received: 1 MB free." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("fault", ["error", pytest.param("limit", marks=SLOW)])
def test_a_full_disk_is_named_and_the_checkpoint_stays(copy, finished, monkeypatch, capsys, fault):
    before = (copy / "checkpoint.keras").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if fault == "error":
        full = OSError(errno.ENOSPC, "No space left on device")
        monkeypatch.setattr(recipe, "write_whole", raising(full, recipe.write_whole, "checkpoint.keras"))
    try:
        if fault == "limit":  # no file may grow beyond half a checkpoint: a real error of the operating system
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
        assert train(copy, "--resume", "--epochs", 4) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot write to" in (error := capsys.readouterr().err) and "The last checkpoint stays." in error
    assert (copy / "checkpoint.keras").read_bytes() == before
    if fault == "limit":
        assert train(copy, "--resume") == 0 and log(copy)[:3] == log(finished) and len(log(copy)) == 4


def raising(error, write, name):
    def wrapped(path, content):
        if path.name == name:
            raise error
        write(path, content)

    return wrapped


@pytest.mark.slow
def test_mixed_precision_computes_in_float16_and_ends_in_float32(tmp_path):
    flags = ["--model", "lenet5", "--data", "digits", "--epochs", 1, "--batch-size", 128, "--mixed-precision"]
    assert train(tmp_path / "run", *flags) == 0
    model = keras.saving.load_model(tmp_path / "run" / "checkpoint.keras")
    assert model.layers[-2].compute_dtype == "float16" and model.layers[-1].compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
    assert train(tmp_path / "run", "--resume", "--epochs", 2) == 0
    assert len(log(tmp_path / "run")) == 2


@pytest.mark.slow
def test_a_run_with_xla_gives_nearly_the_same_numbers_and_resumes(tmp_path):
    flags = ["--model", "lenet5", "--data", "digits", "--batch-size", 128, "--augmentation", "none", "--epochs", 1]
    assert train(tmp_path / "off", *flags) == 0 and train(tmp_path / "xla", *flags, "--xla") == 0
    off, xla = (log(tmp_path / name)[0]["loss"] for name in ("off", "xla"))
    assert xla == pytest.approx(off, rel=1e-3)
    assert keras.saving.load_model(tmp_path / "xla" / "checkpoint.keras").jit_compile
    assert train(tmp_path / "xla", "--resume", "--epochs", 2) == 0
    assert len(log(tmp_path / "xla")) == 2


def test_xla_needs_one_device(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        devices, "strategy", lambda name: SimpleNamespace(num_replicas_in_sync=2, cluster_resolver=None)
    )
    assert train(tmp_path / "run", "--xla") == 2
    assert "--xla needs one device: add --strategy single. Received: 2." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("data", "kinds"), [("digits", 3), ("textures", 4)])
def test_writing_is_not_mirrored(data, kinds):
    settings = Settings().updated({"data": data}).completed()
    assert len(recipe.augmentation(settings.augmentation == "all")) == kinds


@pytest.mark.parametrize("kind", ["all", "no_flip", "none"])
def test_an_augmentation_that_is_named_stays(kind):
    assert Settings().updated({"augmentation": kind}).completed().augmentation == kind


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}']
)
def test_tf_config_must_be_as_tensorflow_documents_it(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="needs the environment variable TF_CONFIG .*Received: "):
        devices.strategy("multi_worker")


MEMORY = """
from cnn_course.training import devices
devices.reuse_memory()
import tensorflow as tf
ones = tf.ones(1000)
print(tf.config.experimental.get_memory_info("CPU:0")["current"])
"""


@pytest.mark.slow
def test_memory_of_a_step_is_kept_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")  # a step on a GPU takes none of this memory
    for wish, kept in ((None, True), ("true", True), ("false", False)):
        environment = {name: value for name, value in os.environ.items() if name != "TF_CPU_ALLOCATOR_USE_BFC"}
        environment |= {"TF_CPU_ALLOCATOR_USE_BFC": wish} if wish else {}
        done = subprocess.run([sys.executable, "-c", MEMORY], env=environment, capture_output=True, text=True)
        if kept:
            assert done.returncode == 0 and int(done.stdout) >= 4000, done.stderr
        else:  # TensorFlow's other allocators count nothing; oneDNN's, where the processor has it, small arrays as 0
            assert done.stdout.strip() == "0" or "Allocator stats not available" in done.stderr


def test_the_command_keeps_memory(monkeypatch):
    monkeypatch.delenv("TF_CPU_ALLOCATOR_USE_BFC", raising=False)
    monkeypatch.setattr(command, "main", lambda: 0 if os.environ["TF_CPU_ALLOCATOR_USE_BFC"] == "true" else 1)
    with pytest.raises(SystemExit, match="0"):
        command.run()


def test_what_was_printed_is_not_lost_at_a_hard_end():
    """TensorFlow would wait for the worker that is lost; the answers of `predict` may stand in a buffer."""
    code = "from cnn_course.training import __main__ as m; m.main = lambda: print('answer') or 1; m.run()"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == "answer\n", done.stderr


def test_strategies():
    single = devices.strategy("auto")
    assert single.num_replicas_in_sync == 1 and devices.is_chief(single) and not tf.distribute.has_strategy()
    with pytest.raises(ValueError, match="`strategy` must be one of auto, single, .*multi_worker. Received: 'x'"):
        devices.strategy("x")
