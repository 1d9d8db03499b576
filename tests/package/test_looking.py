"""Maps, occlusion, saliency, Grad-CAM against loops, finite differences, dense weights; on every Keras backend."""

import numpy as np
import pytest

from cnn_course import looking, quiet, reference  # quiet before Keras; isort: skip

import keras  # isort: skip
from keras import layers  # isort: skip

SHAPE, CLASSES, CLASS = (7, 10, 2), 4, 2
NOISE = np.random.default_rng(0)
IMAGE = NOISE.normal(size=SHAPE).astype("float32")


def body():
    """Layers before the last one; smooth, so that finite differences are exact, and with all that training changes."""
    return [
        layers.RandomFlip(),
        layers.Conv2D(3, (3, 2), strides=(1, 2), name="maps"),
        layers.BatchNormalization(name="norm"),
        layers.Activation("tanh", name="bend"),
        layers.Dropout(0.5),
        layers.Conv2D(4, 2, padding="same", activation="tanh", name="second"),
        layers.Flatten(name="flat"),
    ]


def head(end):
    """Layers that make scores of `CLASSES` classes."""
    dense = layers.Dense(CLASSES, "softmax" if end == "activation" else None, name="scores")
    last = {"layer": [layers.Softmax()], "activation layer": [layers.Activation("softmax")]}
    return [dense, *last.get(end, [])]


def sequential(end=None):
    return keras.Sequential([keras.Input(SHAPE), *body(), *head(end)])


def grown(end):
    model = keras.Sequential()
    for layer in [keras.Input(SHAPE), *body(), *head(end)]:
        model.add(layer)
    return model


def functional(end):
    """The same layers, called one by one; the softmax is a function."""
    value = inputs = keras.Input(SHAPE)
    for layer in [*body(), *head(None)]:
        value = layer(value)
    return keras.Model(inputs, keras.ops.softmax(value) if end == "function" else keras.activations.softmax(value))


def nested(end):
    value = inputs = keras.Input(SHAPE)
    for part in (keras.Sequential([keras.Input(SHAPE), *body()], name="body"), *head(end)):
        value = part(value)
    return keras.Model(inputs, value)


BUILDS = [
    (sequential, None),
    (sequential, "activation"),
    (sequential, "layer"),
    (grown, "activation layer"),
    (functional, "function"),
    (functional, "activation"),
    (nested, "activation"),
]


def with_weights(model):
    """The same weights for every build, statistics of the normalization included."""
    noise = np.random.default_rng(1)
    weights = [0.4 * noise.normal(size=variable.shape) for variable in model.weights]
    for variable, values in zip(model.weights, weights, strict=True):
        values[:] = abs(values) + 0.2 if "variance" in variable.path else values
    model.set_weights(weights)
    return model


@pytest.fixture(params=[*BUILDS, (grown, "loaded")], ids=lambda param: f"{param[0].__name__}-{param[1]}")
def model(request, tmp_path):
    build, end = request.param
    built = with_weights(build("activation" if end == "loaded" else end))
    if end == "loaded":
        built.save(tmp_path / "model.keras")
        built = keras.models.load_model(tmp_path / "model.keras")
    return built


def prefix(model):
    return "body/" if any(layer.name == "body" for layer in model.layers) else ""


def logits(images):
    """Oracle: the model without a softmax, as Keras runs it in use."""
    plain = with_weights(sequential())
    return keras.ops.convert_to_numpy(plain(np.asarray(images, "float32"), training=False)).astype("float64")


def test_feature_maps_are_those_of_the_reference(model):
    images = np.stack([IMAGE, IMAGE[::-1], 2 * IMAGE])
    kernel, bias = with_weights(sequential()).get_layer("maps").get_weights()
    maps = looking.feature_maps(model, images, prefix(model) + "maps")
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps, reference.conv2d(images, kernel, bias, strides=(1, 2)), rtol=1e-5, atol=1e-5)


def test_feature_maps_of_many_images_are_those_of_each(monkeypatch):
    monkeypatch.setattr(looking, "BATCH", 2)
    model, images = with_weights(sequential()), NOISE.normal(size=(5, *SHAPE))
    together = looking.feature_maps(model, images, model.get_layer("second"))
    alone = [looking.feature_maps(model, image[None], "second")[0] for image in images]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


def test_saliency_is_what_a_small_change_of_each_value_does_to_the_logit(model):
    step = 1e-2
    changes = step * np.eye(IMAGE.size).reshape(-1, *SHAPE)
    slopes = (logits(IMAGE + changes) - logits(IMAGE - changes))[:, CLASS] / (2 * step)
    gradient = looking.saliency(model, IMAGE, CLASS)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, slopes.reshape(SHAPE), rtol=2e-3, atol=5e-4)


def test_weights_of_grad_cam_are_what_a_brighter_map_does_to_the_logit(model):
    plain, step = with_weights(sequential()), 1e-2
    layer = plain.get_layer("maps")
    kernel, bias = layer.get_weights()
    maps = reference.conv2d(IMAGE[None], kernel, bias, strides=(1, 2))[0]
    weights = []
    for change in step * np.eye(len(bias), dtype="float32"):  # the bias moves a whole map
        scores = []
        for sign in (1, -1):
            layer.set_weights([kernel, bias + sign * change])
            scores.append(keras.ops.convert_to_numpy(plain(IMAGE[None], training=False))[0, CLASS])
        weights.append((scores[0] - scores[1]) / (2 * step) / maps[:, :, 0].size)
    cam = looking.grad_cam(model, IMAGE, CLASS, prefix(model) + "maps")
    assert cam.shape == (5, 5) and cam.dtype == np.float32 and 0 < np.count_nonzero(cam) < cam.size
    np.testing.assert_allclose(cam, np.maximum(maps @ weights, 0), rtol=5e-3, atol=5e-4)


@pytest.mark.parametrize("end", [None, "softmax", "sigmoid"])
def test_behind_a_global_average_grad_cam_is_the_weights_of_the_dense_layer(end):
    shape = (6, 9, 1)
    conv, dense = layers.Conv2D(5, 3, activation="relu", name="last"), layers.Dense(3, end)
    model = keras.Sequential([keras.Input(shape), conv, layers.GlobalAveragePooling2D(), dense])
    image = 20 * NOISE.random(shape).astype("float32")  # so sure that the slope of a softmax is lost in rounding
    kernel, bias = conv.get_weights()
    maps = np.maximum(reference.conv2d(image[None], kernel, bias)[0], 0)
    for index in range(3):
        expected = np.maximum(maps @ dense.get_weights()[0][:, index], 0) / (4 * 7)
        np.testing.assert_allclose(looking.grad_cam(model, image, index, conv), expected, rtol=1e-4, atol=1e-5)


def test_a_map_that_a_shortcut_passes_by_gets_only_its_own_gradient():
    inputs = keras.Input((4, 5, 1))
    maps = layers.Rescaling(2.0, name="maps")(inputs)
    total = layers.GlobalAveragePooling2D()(layers.Add()([layers.Rescaling(3.0)(maps), inputs]))
    model, image = keras.Model(inputs, total), np.arange(20.0).reshape(4, 5, 1)
    np.testing.assert_allclose(looking.grad_cam(model, image, 0, "maps"), 3 / 20 * 2 * image[:, :, 0], rtol=1e-6)
    np.testing.assert_allclose(looking.saliency(model, image, 0), np.full((4, 5, 1), 7 / 20), rtol=1e-6)


def test_a_layer_that_was_called_for_training_runs_as_in_use():
    inputs = keras.Input((4, 5, 1))
    dropped = layers.Dropout(0.5)(layers.Rescaling(2.0, name="maps")(inputs), training=True)
    model, image = keras.Model(inputs, layers.GlobalAveragePooling2D()(dropped)), np.ones((4, 5, 1))
    np.testing.assert_allclose(looking.saliency(model, image, 0), np.full((4, 5, 1), 2 / 20), rtol=1e-6)


def test_a_layer_that_the_class_does_not_need_has_an_empty_map():
    inputs = keras.Input((4, 5, 1))
    unused = layers.GlobalAveragePooling2D()(layers.Rescaling(2.0, name="unused")(inputs))
    model = keras.Model(inputs, layers.Add()([layers.GlobalAveragePooling2D()(inputs), 0 * unused]))
    assert not looking.grad_cam(model, np.ones((4, 5, 1)), 0, "unused").any()


def test_of_a_deep_model_the_last_layers_are_named_too():
    names = [f"step_{index}" for index in range(40)]
    model = keras.Sequential([keras.Input((2, 2, 1)), *[layers.ReLU(name=name) for name in names]])
    with pytest.raises(ValueError, match=r"one of: step_0, .*step_3, …, step_28, .*, step_39\. Received: layer='x'"):
        looking.feature_maps(model, np.ones((1, 2, 2, 1)), "x")


class Own(keras.Model):
    """A model with a `call` of its own."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(CLASSES, "softmax")

    def call(self, inputs):
        return self.dense(keras.ops.reshape(inputs, (-1, 7 * 10 * 2)))


@pytest.mark.parametrize("build", [lambda: with_weights(grown("layer")), Own], ids=["grown", "with a call of its own"])
@pytest.mark.parametrize("value", [0.5, (0.25, -1.0)])
def test_occlusion_equals_a_loop(build, value, monkeypatch):
    monkeypatch.setattr(looking, "BATCH", 4)
    model = build()
    score = lambda image: keras.ops.convert_to_numpy(model(image[None], training=False))[0, CLASS]  # noqa: E731
    expected = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            covered = IMAGE.copy()
            covered[2 * i : 2 * i + 3, 3 * j : 3 * j + 4] = value
            expected[i, j] = score(IMAGE) - score(covered)
    falls = looking.occlusion(model, IMAGE, CLASS, patch_size=(3, 4), strides=(2, 3), value=value)
    assert falls.dtype == np.float32 and abs(expected).max() > 0.01
    np.testing.assert_allclose(falls, expected, rtol=1e-4, atol=1e-6)


def test_looking_changes_nothing(model):
    image, before = IMAGE.copy(), model.get_weights()
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    with pytest.raises(ValueError, match="which is not there"):
        looking.grad_cam(model, image, CLASS, "none")
    with pytest.raises(ValueError, match=r"output of shape \(1, 4\)"):
        looking.feature_maps(model, image[None], "scores")
    looking.saliency(model, image, CLASS)
    looking.grad_cam(model, image, CLASS, prefix(model) + "bend")
    looking.occlusion(model, image, CLASS, patch_size=3)
    assert np.array_equal(image, IMAGE) and nodes == [len(layer._inbound_nodes) for layer in model.layers]
    assert all(map(np.array_equal, before, model.get_weights()))
    expected = logits(IMAGE[None])
    outputs = keras.ops.convert_to_numpy(model(IMAGE[None], training=False))
    ends_in_softmax = not np.allclose(outputs, expected, atol=1e-4)
    np.testing.assert_allclose(outputs, reference.softmax(expected) if ends_in_softmax else expected, atol=1e-4)


def test_the_backend_is_the_one_asked_for():
    assert keras.config.backend() == quiet.keras_backend()
