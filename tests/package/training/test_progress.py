"""The end of an epoch: what is printed, what is kept, when to stop."""

import json
import math
import re
import shutil

import numpy as np
import pytest

from cnn_course.training import progress, recipe
from test_command import TINY, copy, finished, log, photos, train  # noqa: F401

# isort: split
import keras

BEFORE = {"weights", "freeze", "fine_tune", "patience", "background"}  # what settings of older runs lack


def test_each_epoch_is_one_line_with_the_time_left(finished):  # noqa: F811
    printed = (finished.parent / "printed").read_text(encoding="utf-8")
    lines = [line for line in printed.splitlines() if line.startswith("epoch ")]
    assert len(lines) == 3
    for number, (line, row) in enumerate(zip(lines, log(finished), strict=True), 1):
        measured = f"loss {row['loss']:.4f}, accuracy {row['accuracy']:.1%}; validation loss {row['val_loss']:.4f}"
        assert line.startswith(f"epoch {number} of 3: {measured}, accuracy {row['val_accuracy']:.1%}; ")
        assert re.search(r"; (\d+ s|\d+ min), (\d+ s|\d+ min) left$", line)
    assert lines[-1].endswith(", 0 s left")


def test_the_time_left_is_that_of_the_last_epochs(capsys, monkeypatch):
    clock = iter([0, 100, 100, 110, 110, 122])  # the first epoch prepares the step
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    lines = progress.Lines(epochs=20)
    for epoch in range(3):
        lines.on_epoch_begin(epoch)
        lines.on_epoch_end(epoch, {"loss": 1, "accuracy": 1, "val_loss": 1, "val_accuracy": 1})
    ends = [line.rpartition("; ")[2] for line in capsys.readouterr().out.splitlines()]
    assert ends == ["2 min, 32 min left", "10 s, 3 min left", "12 s, 3 min left"]  # 19 × 100, 18 × 10, 17 × 11 s


@pytest.fixture
def fixed(monkeypatch):
    """The first of the callbacks that write gives the epochs these validation losses."""
    losses = (0.9, 0.5, 0.7, 0.6, 0.55, 0.1)

    class Fixed(progress.LearningRate):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = losses[epoch]
            super().on_epoch_end(epoch, logs)

    monkeypatch.setattr(progress, "LearningRate", Fixed)


def test_patience_ends_a_run_and_keeps_its_best_epoch(photos, tmp_path, fixed):  # noqa: F811
    run, plain = tmp_path / "run", tmp_path / "plain"
    flags = [*TINY, "--data", photos, "--epochs", 6, "--drops", 3]
    assert train(run, *flags, "--patience", 3) == 0
    assert [row["val_loss"] for row in log(run)] == [0.9, 0.5, 0.7, 0.6, 0.55]
    assert recipe.epochs_done(run / "best.keras") == 2 and recipe.epochs_done(run / "checkpoint.keras") == 5
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    assert (result["epochs"], result["epoch"]) == (5, 2)
    assert train(plain, *TINY, "--data", photos, "--epochs", 2, "--drops", 3) == 0
    best, expected = (keras.saving.load_model(folder / "model.keras").get_weights() for folder in (run, plain))
    assert len(best) == len(expected) > 5 and all(map(np.array_equal, best, expected))
    before = (run / "log.csv").read_bytes()
    assert train(run, "--resume") == 0 and (run / "log.csv").read_bytes() == before
    assert train(run, "--resume", "--patience", 4) == 0 and len(log(run)) == 6  # more patience: it goes on
    assert recipe.epochs_done(run / "best.keras") == 6


def test_a_kill_between_checkpoint_and_best_loses_nothing(photos, tmp_path, fixed):  # noqa: F811
    run = tmp_path / "run"
    assert train(run, *TINY, "--data", photos, "--epochs", 2, "--patience", 5) == 0
    (run / "best.keras").unlink()
    assert train(run, "--resume", "--epochs", 3) == 0
    assert recipe.epochs_done(run / "best.keras") == 2


def test_a_run_of_before_goes_on(copy, finished):  # noqa: F811
    file = copy / "settings.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({k: v for k, v in settings.items() if k not in BEFORE}), encoding="utf-8")
    for name in ("model.keras", "report.html"):
        (copy / name).unlink()
    assert train(copy, "--resume", "--epochs", 4) == 0
    assert log(copy)[:3] == log(finished) and (copy / "model.keras").exists()


def test_run_and_photographs_that_moved_together_are_found(photos, tmp_path, capsys):  # noqa: F811
    shutil.copytree(photos, tmp_path / "here" / "pictures")
    assert (
        train(tmp_path / "here" / "runs" / "first", *TINY, "--epochs", 1, "--data", tmp_path / "here" / "pictures") == 0
    )
    (tmp_path / "here").rename(tmp_path / "there")
    capsys.readouterr()
    assert train(tmp_path / "there" / "runs" / "first", "--resume", "--epochs", 2) == 0
    found = tmp_path / "there" / "pictures"
    assert f"{tmp_path / 'here' / 'pictures'} is not there any more: taking {found}." in capsys.readouterr().err
    settings = json.loads((tmp_path / "there" / "runs" / "first" / "settings.json").read_text(encoding="utf-8"))
    assert settings["data"] == str(found)


@pytest.mark.parametrize(
    ("losses", "best"), [([3, 2, 1], 2), ([1, 1], 0), ([math.nan, 4, math.nan], 1), ([math.nan, math.nan], 0)]
)
def test_the_best_epoch_has_the_lowest_loss(losses, best):
    assert progress.best_epoch(losses) == best
