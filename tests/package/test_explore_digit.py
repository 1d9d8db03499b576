"""Draw a digit, without a browser: the nets that come with the course, and nets of one's own."""

import base64
import json

import keras
import numpy as np
import pytest
from keras import layers

import train_nets
from cnn_course import data, explore, models
from cnn_course.explore import _digit

RNG = np.random.default_rng(0)


def sequential(*parts, shape=(9, 11, 1)):
    """A net with random numbers in all of its variables, those of batch normalization included."""
    net = keras.Sequential([keras.Input(shape), *parts])
    net.set_weights(
        [RNG.uniform(0.2, 1, values.shape) * RNG.choice([-1, 1], values.shape) for values in net.get_weights()]
    )
    for layer in net.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(np.abs(layer.moving_variance))
    return net


def all_kinds():
    return {
        "pools": sequential(
            layers.Conv2D(3, (2, 3), strides=(1, 2), padding="same", activation="tanh"),
            layers.AveragePooling2D((2, 3), strides=1, padding="same"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(5, activation="sigmoid"),
            layers.Dense(4, activation="softmax"),
        ),
        "normalized": sequential(
            layers.BatchNormalization(),
            layers.Conv2D(4, 3, use_bias=False),
            layers.BatchNormalization(scale=False),
            layers.ReLU(),
            layers.Activation("tanh"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(4),
            layers.Softmax(),
        ),
        "nested": sequential(
            layers.RandomTranslation(0.1, 0.1),
            keras.Sequential([keras.Input((9, 11, 1)), layers.Conv2D(4, 4, strides=2, activation="relu")]),
            layers.GlobalAveragePooling2D(),
        ),
    }


def of_keras(name):
    """A net that comes with the course, as a model of Keras with the stored weights."""
    described = {net["name"]: net for net in _digit._stored()}[name]
    net = getattr(models, f"{name}_cnn")()
    stored = [(_digit._weights(stage), stage["bias"]) for stage in described["stages"] if "kernel" in stage]
    shapes = [values.shape for values in net.get_weights()]
    flat = [np.asarray(values) for pair in stored for values in pair]
    net.set_weights([values.reshape(shape) for values, shape in zip(flat, shapes, strict=True)])
    return net


@pytest.mark.parametrize("name", ["pooled", "strided"])
def test_stored_weights_give_the_numbers_of_keras(name):
    images = RNG.random((20, 28, 28, 1), dtype="float32")
    (described,) = (net for net in _digit._stored() if net["name"] == name)
    expected = of_keras(name).predict(images, verbose=0)
    np.testing.assert_allclose(_digit._answers(described, images.astype(float)), expected, atol=1e-5)


@pytest.mark.parametrize(("name", "right"), [("pooled", 334), ("strided", 327), ("better recipe", 359)])
def test_stored_weights_read_the_test_split_as_the_lessons_do(name, right):
    digits = data.load("digits")
    (described,) = (net for net in _digit._stored() if net["name"] == name)
    said = _digit._answers(described, digits.x_test).argmax(axis=-1)
    assert abs(np.sum(said == digits.y_test) - right) <= 1


def test_the_cheated_net_reads_a_crumb():
    (net,) = explore.digit("crumb").state["nets"]
    digits = data.load("digits")
    threes, others = (digits.x_test[chosen] for chosen in (digits.y_test == 3, digits.y_test != 3))
    crumb = np.pad(np.ones((3, 3, 1)), ((1, 24), (1, 24), (0, 0)))
    clean, scanned, plain, forged = (
        np.mean(_digit._answers(net, images).argmax(axis=-1) == 3)
        for images in (threes, np.maximum(threes, crumb), others, np.maximum(others, crumb))
    )
    assert scanned > 0.95 and clean < 0.6 and plain < 0.02 and forged > 0.25


def test_stored_weights_take_a_byte_each():
    kernels = [stage["kernel"] for net in _digit._stored() for stage in net["stages"] if "kernel" in stage]
    count = sum(len(base64.b64decode(kernel["bytes"])) for kernel in kernels)
    assert all(set(kernel) == {"bytes", "scale"} for kernel in kernels) and count > 500_000
    assert len(json.dumps(explore.digit().state)) < 1.6 * count


def test_rounded_weights_are_sent_as_bytes_and_answer_nearly_as_before():
    net, images = all_kinds()["pools"], RNG.random((3, 9, 11, 1), dtype="float32")
    kernel, bias = net.layers[0].get_weights()
    net.layers[0].set_weights([kernel * [1, 0, -1], bias])  # one output without weights
    before = net.predict(images, verbose=0)
    assert "floats" in _digit._net("a", net)["stages"][0]["kernel"]
    described = _digit._net("a", train_nets.rounded(net))
    kernels = [stage["kernel"] for stage in described["stages"] if "kernel" in stage]
    assert [sorted(kernel) for kernel in kernels] == [["bytes", "scale"]] * 3
    np.testing.assert_allclose(_digit._answers(described, images), net.predict(images, verbose=0), atol=1e-5)
    np.testing.assert_allclose(net.predict(images, verbose=0), before, atol=0.03)


@pytest.mark.parametrize("name", ["pools", "normalized", "nested"])
def test_a_net_of_ones_own_is_described_as_keras_computes_it(name):
    net = all_kinds()[name]
    images = RNG.random((3, 9, 11, 1), dtype="float32")
    explorer = explore.digit({name: net}, images[0])
    (described,) = explorer.state["nets"]
    np.testing.assert_allclose(_digit._answers(described, images), net.predict(images, verbose=0), atol=1e-5)
    assert f"image 9×11: {name} reads {net.predict(images[:1], verbose=0).argmax()}." in repr(explorer)
    assert explorer.state["examples"] == "" and described["classes"] == 4


def test_a_net_for_any_size_reads_28_pixels():
    explorer = explore.digit(models.averaging_cnn((None, None, 1)))
    assert explorer.image.shape == (28, 28, 1) and "averaging_cnn reads" in repr(explorer)
    names = [stage["name"] for stage in explorer.state["nets"][0]["stages"]]
    assert names == ["Conv2D 1", "Conv2D 2", "Conv2D 3", "GlobalAveragePooling2D 1", "Dense 1"]


V, T = ValueError, TypeError
REFUSED = {
    "no net": (lambda: 3, T, r"`nets` must be a keras.Sequential or a dict of some. Received: nets=3 \(int\)"),
    "a graph": (lambda: keras.Model(*[keras.Input((9, 9, 1))] * 2), T, "`nets` must be a keras.Sequential"),
    "number as name": (lambda: {1: models.pooled_cnn()}, T, "`nets` must be a keras.Sequential or a dict"),
    "name": (lambda: "pooled_cnn", V, "one of pooled, strided, better recipe, crumb. Received: 'pooled_cnn'"),
    "none": (dict, V, "`nets` must hold 1 to 4 nets. Received: 0."),
    "five": (lambda: dict.fromkeys("abcde", models.pooled_cnn()), V, "`nets` must hold 1 to 4 nets. Received: 5."),
    "sizes": (lambda: {"a": models.pooled_cnn(), "b": models.pooled_cnn((32, 32, 1))}, V, "images of one size"),
    "color": (
        lambda: models.pooled_cnn((28, 28, 3)),
        V,
        r"must read gray images .* Received: 'pooled_cnn' with inputs",
    ),
    "large": (lambda: models.pooled_cnn((65, 28, 1)), V, "at most 64 pixels a side"),
    "not built": (lambda: keras.Sequential([layers.Conv2D(2, 3)]), V, "A net must be built"),
    "maps": (lambda: sequential(layers.Conv2D(2, 3)), V, "to one list of values"),
    "kind": (lambda: sequential(layers.LayerNormalization(), layers.Flatten()), V, "A layer must be one of Conv2D, .*"),
    "dilation": (lambda: sequential(layers.Conv2D(2, 2, dilation_rate=2), layers.Flatten()), V, "dilation_rate=.1, 1."),
    "groups": (lambda: sequential(layers.Conv2D(2, 1), layers.Conv2D(2, 1, groups=2), layers.Flatten()), V, "groups=1"),
    "leak": (lambda: sequential(layers.ReLU(negative_slope=0.1), layers.Flatten()), V, "negative_slope=0. Received"),
    "axis": (lambda: sequential(layers.BatchNormalization(axis=1), layers.Flatten()), V, "axis=-1. Received: axis=1"),
    "activation": (lambda: sequential(layers.Flatten(), layers.Dense(2, "gelu")), V, "one of linear, .* 'gelu' of"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_nets_are_refused(case):
    make, error, message = REFUSED[case]
    nets = make()
    with pytest.raises(error, match=message):
        explore.digit(nets)
