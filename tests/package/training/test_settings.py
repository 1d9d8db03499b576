"""Settings of a run: typed, stored, completed."""

import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import models
from cnn_course.training.settings import MODELS, VARIANTS, Refusal, Settings

BEGUN = Settings(contents={"classes": ["a", "b"]})


@pytest.mark.parametrize(("epochs", "drops"), [(1, []), (2, [1]), (30, [24])])
def test_the_rate_drops_at_four_fifths(epochs, drops):
    assert Settings().updated({"epochs": epochs}).completed().drops == drops


def test_settings_are_read_as_they_were_written(tmp_path):
    settings = Settings(data=str(tmp_path), contents={}).updated({"width": 1.0, "drops": [3, 5]}).completed()
    settings.write(tmp_path / "settings.json")
    assert Settings.read(tmp_path / "settings.json") == settings


@pytest.mark.parametrize("typed", [{}, {"epochs": 60}, {"seed": 0}, {"data": "textures"}, {"data_path": "elsewhere"}])
def test_a_run_that_has_begun_may_go_on(typed):
    BEGUN.updated(typed)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"seed": 1}, "this run was started with --seed 0. Received: --seed 1."),
        ({"batch_size": 3}, "this run was started with --batch-size 6. Received: --batch-size 3."),
        ({"data": "digits"}, "this run was started with --data textures. Received: --data digits."),
        ({"data": "photos"}, "this run was started with --data textures. Received: --data photos."),
        ({"model": "lenet5"}, "this run was started with --model alexnet. Received: --model lenet5."),
    ],
)
def test_a_run_that_has_begun_is_not_changed(typed, message):
    with pytest.raises(Refusal, match=message):
        BEGUN.updated(typed)


def test_paths_do_not_depend_on_where_the_command_was_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings().updated({"data": "photos", "data_path": "files"})
    assert (settings.data, settings.data_path) == (str(tmp_path / "photos"), str(tmp_path / "files"))
    assert Settings().updated({"data_path": "https://mirror/x"}).data_path == "https://mirror/x"


def test_every_network_that_the_course_trains_can_be_chosen():
    assert set(MODELS) == {name for name in models.__all__ if name != "LocalResponseNormalization"}
    for variant in VARIANTS:
        assert models.alexnet(variant, width=0.02).name == f"alexnet_{variant}"
    with pytest.raises(ValueError, match="`variant` must be") as refused:
        models.alexnet("another")
    assert all(repr(variant) in str(refused.value) for variant in VARIANTS) and str(refused.value).count("'") == 10
