"""Weights of another training: what is taken over, what learns in which phase, and that a kill changes nothing."""

import json

import numpy as np
import pytest

from cnn_course import models
from cnn_course.training import networks, recipe
from cnn_course.training.settings import Refusal, Settings
from test_command import log, train
from test_folder import picture

# isort: split
import keras

SMALL = ["--model", "averaging_cnn", "--image-size", "28", "--batch-size", "8", "--learning-rate", "0.1", "--seed", "3"]
SAMPLE = np.random.default_rng(0).random((4, 40, 40, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name in ("a", "b"):
        for i in range(15):
            picture(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A network of other classes, as it was saved after another training; its statistics are no fresh ones."""
    keras.utils.set_random_seed(1)
    network = models.averaging_cnn((28, 28, 3), classes=7)
    network.set_weights([np.abs(w) + 0.1 for w in network.get_weights()])
    network.save_weights(path := tmp_path_factory.mktemp("source") / "other.weights.h5")
    return path


def weights(folder):
    """Arrays of the layers in front of the head, and of the head."""
    layers = [layer for layer in recipe.leaves(keras.saving.load_model(folder / "checkpoint.keras")) if layer.weights]
    *body, head = [(type(layer).__name__, layer.get_weights()) for layer in layers]
    return body, head


def moved(before, after):
    return {kind for (kind, old), (_, new) in zip(before, after, strict=True) if not all(map(np.array_equal, old, new))}


def test_first_the_head_learns_then_all_but_normalization(photos, source, tmp_path, capsys):
    flags = [*SMALL, "--data", photos, "--weights", source]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(whole, *flags, "--epochs", 4, "--fine-tune", 2, "--drops", 3) == 0
    network = models.averaging_cnn((28, 28, 3), classes=7)
    network.load_weights(source)
    borrowed = [(type(layer).__name__, layer.get_weights()) for layer in network.layers if layer.weights][:-1]
    assert train(parts, *flags, "--epochs", 1, "--freeze", "--drops", 3) == 0
    assert train(parts, "--resume", "--epochs", 2) == 0
    frozen = weights(parts)
    for last in (3, 4):  # resumed where the phase changes, and in the middle of the second
        assert train(parts, "--resume", "--epochs", last, "--fine-tune", 2) == 0
    assert moved(borrowed, frozen[0]) == set()
    body, head = weights(whole)
    assert moved(borrowed, body) == {"Conv2D"} and moved([frozen[1]], [head]) == {"Dense"}
    assert [row["learning_rate"] for row in log(whole)] == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert log(parts) == log(whole)
    assert train(parts, "--resume", "--fine-tune", 3) == 2
    assert "--fine-tune cannot move into or out of the 4 epochs that are done." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--freeze"], "--freeze and --fine-tune need --weights: "),
        (
            ["--weights", "imagenet"],
            "--weights imagenet belongs to keras.applications. Received: --model averag",
        ),
        (["--weights", "nowhere.weights.h5"], "--weights must be a file of weights of averaging_cnn: "),
        (["--weights", "wrong.weights.h5"], "--weights must be a file of weights of averaging_cnn: "),
    ],
)
def test_weights_that_are_of_no_use_are_refused(photos, tmp_path, monkeypatch, capsys, flags, message):
    monkeypatch.chdir(tmp_path)
    models.resnet(18, (32, 32, 3), classes=2, width=0.05).save_weights("wrong.weights.h5")
    assert train("run", *SMALL, "--data", photos, *flags) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_an_application_begins_with_the_weights_of_a_file(tmp_path):
    keras.utils.set_random_seed(1)
    options = {"weights": None, "input_shape": (40, 40, 3)}
    whole = keras.applications.MobileNet(classes=7, **options)
    whole.save_weights(file := tmp_path / "whole.weights.h5")  # its own last layer is left
    model = networks.build(Settings(model="MobileNet", weights=str(file), augmentation="none"), SAMPLE, classes=3)
    body = model.layers[-1].get_layer("mobilenet_1.00_40")
    taken, theirs = body.get_weights(), whole.get_weights()
    assert len(taken) == len(theirs) - 2 > 50
    assert all(map(np.array_equal, taken, theirs[:-2]))
    assert np.ptp(model(SAMPLE, training=False), axis=1).max() < 0.2  # the new head takes no class for another
    other = Settings(model="VGG16", weights=str(file), augmentation="none")
    with pytest.raises(Refusal, match="--weights must be a file of weights of VGG16: "):
        networks.build(other, SAMPLE, classes=3)


def test_without_a_network_a_file_is_asked_for(monkeypatch):
    def offline(weights, **options):
        assert weights == "imagenet" and not options["include_top"]
        raise Exception("URL fetch failure on https://storage: None -- [Errno -2] Name or service not known")

    monkeypatch.setattr(networks, "_found", lambda name: (offline, None))
    message = r"cannot fetch the weights of VGG16. Without .* --weights FILE.*include_top=False.*: URL fetch failure on"
    with pytest.raises(Refusal, match=message):
        networks.build(Settings(model="VGG16", weights="imagenet"), SAMPLE, classes=3)


def test_what_keras_has_fetched_stays(monkeypatch):
    """Also in layers with a ReLU of their own, which get new first weights in a network that begins from nothing."""

    def fetched(weights, input_shape, include_top, pooling):
        x = inputs = keras.Input(input_shape)
        x = keras.layers.Conv2D(4, 3, activation="relu", kernel_initializer="ones")(x)
        return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x), name="small")

    monkeypatch.setattr(networks, "_found", lambda name: (fetched, lambda images: images))
    kernels = {}
    for weights in ("imagenet", None):
        model = networks.build(Settings(model="Small", weights=weights, augmentation="none"), SAMPLE, classes=3)
        network = model.layers[-1]
        kernels[weights] = network.get_layer("small").layers[1].get_weights()[0]
        assert 0.005 < np.std(network.layers[-1].get_weights()[0]) < 0.02
    assert (kernels["imagenet"] == 1).all() and np.std(kernels[None]) == pytest.approx((2 / 27) ** 0.5, rel=0.3)


def test_where_weights_lie_is_asked_once(photos, source, tmp_path):
    copy = tmp_path / "copy.weights.h5"
    copy.write_bytes(source.read_bytes())
    assert train(tmp_path / "run", *SMALL, "--data", photos, "--weights", copy, "--epochs", 1) == 0
    copy.unlink()
    assert train(tmp_path / "run", "--resume", "--epochs", 2) == 0
    assert json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))["weights"] == str(copy)
