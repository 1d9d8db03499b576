"""Bad input to the modules that are not `arithmetic` or `reference`: each call, and the message that it must give."""

import math

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import anatomy, checks, data, figures, looking, models, training
from cnn_course.training import devices, folder

import keras  # isort: skip

OPEN = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3)])
PLANE, LABELS = np.ones((3, 4)), np.arange(4)
STEPS = [keras.layers.Conv2D(2, 3, name="maps"), keras.layers.GlobalAveragePooling2D(name="mean")]
READER, IMAGE = keras.Sequential([keras.Input((5, 6, 1)), *STEPS]), np.ones((5, 6, 1))
NOT_BUILT = keras.Sequential([keras.layers.Flatten()], name="new")
TWO = keras.Model(
    [source := keras.Input((5, 6, 1)), other := keras.Input((5, 6, 1))], keras.layers.Add()([source, other])
)
TWICE = keras.Sequential([keras.Input((5, 6, 1)), *[keras.layers.ReLU(name="bend")] * 2, STEPS[1]])
TEXTURE = {"input_shape": (67, 67, 3), "classes": 3}


class Own(keras.Model):
    """A model with a `call` of its own."""

    def call(self, inputs):
        return inputs


def curves(x=(1, 2), series=None):
    return figures.curves(x, {"a": [1, 2]} if series is None else series, "x", "y", "title")


def window(image=PLANE, kernel=PLANE[:2, :2], output=PLANE[:2, :3], position=(0, 0), strides=1):
    return figures.sliding_window(image, kernel, output, position, strides=strides)


def batches(x=LABELS, y=LABELS, batch_size=2, seed=0, epochs=1, initial_epoch=0):
    return training.batches(x, y, batch_size, seed, epochs, initial_epoch)


def keywords(function, **options):
    return lambda: function(**options)


NETWORKS = [getattr(models, name) for name in models.__all__ if name.islower()]
V, T = ValueError, TypeError
TABLE = {
    "figures.panels": [
        *[
            (keywords(figures.panels, columns=v), T, "`columns` must be an integer. Received: columns=")
            for v in (2.5, None, "3")
        ],
        *[(keywords(figures.panels, rows=v), V, f"`rows` must be at least 1. Received: rows={v}") for v in (0, -1)],
        *[(keywords(figures.panels, width=v), V, "`width` must be a finite number above 0") for v in (0, -1, math.nan)],
        *[(keywords(figures.panels, height=v), T, "`height` must be a number. Received: height=") for v in (None, "3")],
        (keywords(figures.panels, columns=10**12), V, r"at most 200 Axes .* Received: columns=1000000000000"),
        (keywords(figures.panels, width=10**4), V, r"100 inches a side. Received: .* width=10000"),
    ],
    "figures.curves": [
        (keywords(curves, x=3), V, r"`x` must have 1 axes. Received: x of shape \(\)"),
        (keywords(curves, x=["a", "b"]), T, r"`x` must hold real numbers. Received: x=\['a', 'b'\]"),
        (keywords(curves, x=[[1], [2, 3]]), V, r"`x` must be an array. Received: x=\[\[1\], \[2, 3\]\]"),
        (keywords(curves, series=[1, 2]), T, r"`series` must be a dict. Received: series=\[1, 2\]"),
        (keywords(curves, series={}), V, "`series` must not be empty"),
        (keywords(curves, series={"a": [1, 2, 3]}), V, r"a value for each of 2 points. Received: 3 \(a\)"),
        (keywords(curves, series={"a": [1, 1j]}), T, r"`series\['a'\]` must hold real numbers"),
    ],
    "figures.bars": [
        *[
            (lambda v=v: figures.bars(v, "", ""), T, "`counts` must be a dict. Received: counts=")
            for v in (3, [1, 2], None)
        ],
        (lambda: figures.bars({}, "", ""), V, "`counts` must not be empty"),
        (lambda: figures.bars({"a": 0}, "", ""), V, r"`counts\['a'\]` must be a finite number above 0. Received: .*=0"),
        (lambda: figures.bars({"a": "1"}, "", ""), T, r"`counts\['a'\]` must be a number. Received: .*'1'"),
    ],
    "figures.images": [
        (lambda: figures.images(3, ["t"]), T, r"must be sequences. Received: pictures=3, titles=\['t'\]"),
        (lambda: figures.images([], []), V, r"one title for each picture. Received: len\(pictures\)=0"),
        (lambda: figures.images([PLANE], ["a", "b"]), V, r"Received: len\(pictures\)=1, len\(titles\)=2"),
        (
            lambda: figures.images([PLANE[0]], ["t"]),
            V,
            r"A picture must be \(height, width\).* Received: picture of shape \(4,\)",
        ),
        (lambda: figures.images([np.ones((2, 3, 4))], ["t"]), V, r"Received: picture of shape \(2, 3, 4\)"),
        (lambda: figures.images(["cat"], ["t"]), T, "`picture` must hold real numbers. Received: picture='cat'"),
        (lambda: figures.images([PLANE], ["t"], columns=0), V, "`columns` must be at least 1. Received: columns=0"),
        (lambda: figures.images([PLANE] * 99, ["t"] * 99), V, "100 inches a side. Received: columns=99"),
    ],
    "figures.numbers": [
        (lambda: figures.numbers(3, "t"), V, r"`values` must have 2 axes. Received: values of shape \(\)"),
        (lambda: figures.numbers(None, "t"), T, "`values` must hold real numbers. Received: values=None"),
        (lambda: figures.numbers(np.ones((0, 3)), "t"), V, r"Received: values of shape \(0, 3\)"),
        (lambda: figures.numbers(np.ones((300, 451)), "t"), V, r"at most 2500 numbers. Received: .* \(300, 451\)"),
    ],
    "figures.sliding_window": [
        (keywords(window, image=3), V, r"`image` must have 2 axes. Received: image of shape \(\)"),
        (keywords(window, kernel="sobel"), T, "`kernel` must hold real numbers. Received: kernel='sobel'"),
        (keywords(window, position=3), T, r"`position` must be a pair \(row, column\). Received: position=3"),
        (keywords(window, position=(0, 1.0)), T, "`position` must be an integer. Received: position=1.0"),
        (keywords(window, position=(0, -1)), V, "`position` must be at least 0. Received: position=-1"),
        (keywords(window, position=(2, 0)), V, r"must lie in the output, .* Received: position=\(2, 0\)"),
        (keywords(window, position=(1, 2), strides=2), V, "and the kernel there in the image. Received: .* strides=2"),
        (keywords(window, strides=0), V, "`strides` must be at least 1. Received: strides=0"),
    ],
    "figures.show": [
        *[
            (lambda v=v: figures.show(v, "text"), T, "`axes` must be Axes")
            for v in (3, None, [3], np.ones(2), {}, np.ones(0))
        ],
        (lambda: figures.show([], "text"), V, "1 to 36 frames. Received: 0"),
        (lambda: figures.show(None, 3), T, r"`text` must be a str. Received: text=3 \(int\)"),
    ],
    "data": [
        *[
            (lambda v=v, load=load: load(v), V, "The name of a .* must be one of .* Received: ")
            for v in ("cats", "", None, 3, ["digits"], {}, np.array(["digits", "mnist"]))
            for load in (data.load, data.photo)
        ],
        (lambda: data.load("digits", path="x"), V, "comes with the course: `path` must be None. Received: path='x'"),
        (lambda: data.load("mnist", path="x"), FileNotFoundError, "`path` must be an existing file .* Received: 'x'"),
        (lambda: data.load("mnist", path="ftp://x"), FileNotFoundError, "Received: 'ftp:/x'"),
        *[
            (lambda v=v: data.load("mnist", path=v), T, "`path` must be a str or a path. Received: ")
            for v in (3, 2.5, b"x", ["x"], {})
        ],
    ],
    "models": [
        *[
            (lambda v=v, make=make: make(classes=v), T, "`classes` must be an integer. Received: classes=")
            for make in NETWORKS
            for v in ("3", 2.5, None, True)
        ],
        *[
            (lambda v=v, make=make: make(classes=v), V, f"`classes` must be at least 1. Received: classes={v}")
            for make in NETWORKS
            for v in (0, -1)
        ],
        *[
            (lambda v=v, make=make: make(input_shape=v), T, r"`input_shape` must be \(height, width, channels\)")
            for make in NETWORKS
            for v in (3, "3", 2.5, (28, 28), (), 0, {}, PLANE)
        ],
        *[
            (lambda v=v, make=make: make(input_shape=v), V, "`input_shape` must be at least 1. Received: input_shape=")
            for make in NETWORKS
            for v in ((-1, 28, 1), (28, 0, 1), (28, 28, 0))
        ],
        (lambda: models.pooled_cnn((28, 28.0, 1)), T, "`input_shape` must be an integer. Received: input_shape=28.0"),
        (lambda: models.pooled_cnn((28, 28, None)), T, "`input_shape` must be an integer. Received: input_shape=None"),
        (lambda: models.pooled_cnn(None), T, r"`input_shape` must be \(height, .* Received: input_shape=None"),
        (lambda: models.pooled_cnn((5, 5, 1)), V, "zero or negative"),
        *[
            (lambda v=v: models.alexnet(v), V, "`variant` must be 'two_tower', .* Received: variant=")
            for v in ("", "three", None, 3, PLANE)
        ],
        *[
            (lambda v=v, make=make: make(depth=v), V, r"`depth` must be 1.* or \d+\. Received: depth=17\.")
            for make in (models.vgg, models.resnet, models.densenet)
            for v in (17, np.int64(17))
        ],
        *[
            (lambda v=v, make=make: make(depth=v), T, "`depth` must be an integer. Received: depth=")
            for make in (models.vgg, models.resnet, models.densenet)
            for v in ("16", 16.0, None, True, [16])
        ],
        (lambda: models.densenet(growth_rate=0), V, "`growth_rate` must be at least 1. Received: growth_rate=0"),
        *[
            (lambda make=make: make(width=0), V, "`width` must be a finite number above 0 and of at most 4. R")
            for make in (models.vgg, models.nin, models.googlenet, models.resnet)
        ],
        *[
            (lambda v=v: models.alexnet(width=v), T, "`width` must be a number. Received: width=")
            for v in (None, "1", True, PLANE)
        ],
        *[
            (lambda v=v: models.alexnet(width=v), V, "`width` must be a finite number above 0 and of at most 4. R")
            for v in (0, -1.0, math.nan, math.inf, 1e308, 5)
        ],
        *[
            (
                lambda name=name: models.LocalResponseNormalization(**{name: "1"}),
                T,
                f"`{name}` must be .* Received: {name}='1'",
            )
            for name in ("depth_radius", "bias", "alpha", "beta")
        ],
        (lambda: models.LocalResponseNormalization(depth_radius=-1), V, "`depth_radius` must be at least 0"),
        (
            lambda: models.LocalResponseNormalization(bias=0),
            V,
            "`bias` must be a finite number above 0. Received: bias=0",
        ),
        (lambda: models.LocalResponseNormalization(alpha=-1), V, "`alpha` must be a finite number of at least 0"),
        (
            lambda: models.LocalResponseNormalization(beta=math.nan),
            V,
            "`beta` must be a finite number. Received: beta=nan",
        ),
    ],
    "anatomy": [
        *[
            (lambda v=v: anatomy.describe(OPEN, v), T, "must be a tuple of integers. Received: ")
            for v in (3, 2.5, "abc", {})
        ],
        (lambda: anatomy.describe(OPEN, (9, 9.0, 1)), T, "`input_shape` must be an integer. Received: input_shape=9.0"),
        (
            lambda: anatomy.describe(OPEN, (9, None, 1)),
            T,
            "`input_shape` must be an integer. Received: input_shape=None",
        ),
        (lambda: anatomy.describe(OPEN, (9, 0, 1)), V, "`input_shape` must be at least 1. Received: input_shape=0"),
    ],
    "looking": [
        *[
            (lambda f=f, v=v: f(v), T, "`model` must be a keras.Model. Received: model=")
            for f in (
                lambda model: looking.feature_maps(model, IMAGE[None], "maps"),
                lambda model: looking.occlusion(model, IMAGE, 0),
                lambda model: looking.saliency(model, IMAGE, 0),
                lambda model: looking.grad_cam(model, IMAGE, 0, "maps"),
            )
            for v in (None, 3, STEPS[0])
        ],
        (lambda: looking.saliency(NOT_BUILT, IMAGE, 0), V, "connected layers.* Received: Sequential 'new', not built"),
        (
            lambda: looking.feature_maps(Own(), IMAGE[None], "maps"),
            V,
            "Received: Own 'own.*', with a `call` of its",
        ),
        (lambda: looking.saliency(TWO, IMAGE, 0), V, "`model` must have one input .* Received: Functional .* of shape"),
        (lambda: looking.saliency(OPEN, IMAGE, 0), V, r"`model` must have one output \(batch, classes\). Received: "),
        (lambda: looking.occlusion(OPEN, IMAGE, 0, 1), V, r"`model` must have one output \(batch, classes\)"),
        *[
            (lambda f=f, v=v: f(v), V, r"`image` must be of shape \(5, 6, 1\). Received: image of shape \(")
            for f in (
                lambda image: looking.occlusion(READER, image, 0),
                lambda image: looking.saliency(READER, image, 0),
                lambda image: looking.grad_cam(READER, image, 0, "maps"),
            )
            for v in (IMAGE[None], IMAGE[:, :, 0], np.ones((6, 5, 1)), np.ones((5, 6, 3)))
        ],
        (
            lambda: looking.feature_maps(READER, IMAGE, "maps"),
            V,
            r"`images` must be of shape \(None, 5, 6, 1\). Received: images of shape \(5, 6, 1\)",
        ),
        (lambda: looking.saliency(READER, "image", 0), T, "`image` must hold real numbers. Received: image='image'"),
        *[
            (lambda f=f, v=v: f(v), error, message)
            for f in (
                lambda index: looking.occlusion(READER, IMAGE, index, 2),
                lambda index: looking.saliency(READER, IMAGE, index),
                lambda index: looking.grad_cam(READER, IMAGE, index, "maps"),
            )
            for v, error, message in [
                (2, V, "`class_index` must be at most 1. Received: class_index=2"),
                (-1, V, "`class_index` must be at least 0. Received: class_index=-1"),
                (0.0, T, "`class_index` must be an integer. Received: class_index=0.0"),
                ("0", T, "`class_index` must be an integer. Received: class_index='0'"),
            ]
        ],
        *[
            (lambda f=f, v=v: f(v), error, message)
            for f in (
                lambda layer: looking.feature_maps(READER, IMAGE[None], layer),
                lambda layer: looking.grad_cam(READER, IMAGE, 0, layer),
            )
            for v, error, message in [
                ("map", V, "`layer` must be .*, one of: maps. Received: layer='map', which is not there"),
                ("mean", V, r"one of: maps. Received: layer='mean', with an output of shape \(1, 2\)"),
                (keras.layers.ReLU(name="elsewhere"), V, "Received: layer='elsewhere', which is not there"),
                (None, T, "`layer` must be the name of a layer, or a layer. Received: layer=None"),
                (0, T, "`layer` must be the name of a layer, or a layer. Received: layer=0"),
            ]
        ],
        (lambda: looking.grad_cam(TWICE, IMAGE, 0, "bend"), V, "Received: layer='bend', which is applied 2 times"),
        (
            lambda: looking.occlusion(READER, IMAGE, 0, 6),
            V,
            "The patch must fit into the image. Received: patch_size=6",
        ),
        (lambda: looking.occlusion(READER, IMAGE, 0, 2, strides=0), V, "`strides` must be at least 1. Received: "),
        (lambda: looking.occlusion(READER, IMAGE, 0, 2, value=math.nan), V, "`value` must be a finite number"),
        (
            lambda: looking.occlusion(READER, IMAGE, 0, 2, value=[1, 2]),
            V,
            r"`value` must be of shape \(1,\)",
        ),
        (lambda: looking.occlusion(READER, IMAGE, 0, 2, value="gray"), T, "`value` must be a number. Received: "),
    ],
    "training": [
        *[
            (lambda v=v: training.optimizer(v, 3), V, "`learning_rate` must be a finite number above 0")
            for v in (0, -1, math.inf)
        ],
        *[
            (lambda v=v: training.optimizer(v, 3), T, "`learning_rate` must be a number. Received: ")
            for v in (None, "1", [1])
        ],
        (lambda: training.optimizer(0.1, 0), V, "`steps_per_epoch` must be at least 1. Received: steps_per_epoch=0"),
        (lambda: training.optimizer(0.1, 2.5), T, "`steps_per_epoch` must be an integer. Received: .*2.5"),
        *[
            (lambda v=v: training.optimizer(0.1, 3, v), T, "`drops` must be a sequence .* Received: ")
            for v in (2, None, "2")
        ],
        (lambda: training.optimizer(0.1, 3, [2, 1]), V, r"`drops` must increase. Received: drops=\[2, 1\]"),
        (lambda: training.optimizer(0.1, 3, [0]), V, "`drops` must be at least 1. Received: drops=0"),
        (lambda: training.optimizer(0.1, 3, weight_decay=-1), V, "`weight_decay` must be .* Received: weight_decay=-1"),
        *[
            (keywords(batches, batch_size=v), T, "`batch_size` must be an integer")
            for v in (None, 2.0, "2", True, PLANE)
        ],
        *[(keywords(batches, seed=v), T, "`seed` must be an integer. Received: seed=") for v in (None, 0.5, "0", [0])],
        (keywords(batches, seed=-1), V, "`seed` must be at least 0. Received: seed=-1"),
        (keywords(batches, epochs=1, initial_epoch=2), V, "`epochs` must be at least 2. Received: epochs=1"),
        (keywords(batches, initial_epoch=-1), V, "`initial_epoch` must be at least 0. Received: initial_epoch=-1"),
        (keywords(batches, x=LABELS[:3]), V, "one label for each image. Received: 3 images, 4 labels"),
        (lambda: training.in_order(LABELS, LABELS, 0), V, "`batch_size` must be at least 1. Received: batch_size=0"),
        (lambda: training.in_order(LABELS, LABELS[:3], 2), V, "Received: 4 images, 3 labels"),
        *[(lambda v=v: training.Reseed(v), T, "`seed` must be an integer. Received: seed=") for v in (None, 0.5, "0")],
        *[
            (lambda v=v: training.Checkpoint(v), T, "`path` must be a str or a path. Received: ")
            for v in (None, 3, ["x"])
        ],
        (lambda: batches(seed=2**70), V, r"`seed` must be below 2\*\*63. Received: seed="),
        (lambda: batches(epochs=2**70), V, r"`epochs` must be below 2\*\*63. Received: epochs="),
        (lambda: training.in_order(LABELS, LABELS, 2**70), V, r"`batch_size` must be below 2\*\*63. Received: "),
        *[(lambda v=v: training.epochs_done(v), T, "`path` must be a str or a path. Received: ") for v in (None, 3)],
        (lambda: training.epochs_done("nowhere.keras"), FileNotFoundError, "nowhere.keras"),
    ],
    "devices": [
        (lambda v=v: devices.strategy(v), V, "`strategy` must be one of auto, single, .* Received: ")
        for v in ("", 3, None, PLANE)
    ],
    "photographs": [
        *[
            (lambda v=v: folder.loader(v), T, "`image_size` must be an integer. Received: ")
            for v in (None, 2.5, "3", (3, 4))
        ],
        (lambda: folder.loader(0), V, "`image_size` must be at least 1. Received: image_size=0"),
        *[(lambda v=v: folder.read(v), T, "`folder` must be a str or a path. Received: ") for v in (None, 3, ["x"])],
        (lambda: folder.read("x", seed=-1), V, "`seed` must be at least 0. Received: seed=-1"),
        (lambda: folder.read("x", test_share="half"), T, "`test_share` must be a number. Received: .*'half'"),
        (
            lambda: folder.read("x", validation_share=0),
            V,
            "`validation_share` must be .* Received: validation_share=0",
        ),
        (lambda: folder.read("no folder"), FileNotFoundError, "is needed. Received: no folder"),
    ],
    "checks": [
        *[
            (lambda v=v: checks.padding.q1.hint(v), T, "`level` must be an integer. Received: ")
            for v in (None, 1.5, "1", True)
        ],
        *[
            (lambda v=v: checks.padding.q1.hint(v), V, f"`level` must be at least 1. Received: level={v}")
            for v in (0, -1)
        ],
    ],
}


@pytest.mark.parametrize("function", TABLE)
def test_bad_input_is_refused_with_its_message(function):
    for call, error, message in TABLE[function]:
        with pytest.raises(error, match=message) as caught:
            call()
        assert caught.type is error
    plt.close("all")


HOSTILE = [keras.Input((3,)), [[0] * 999] * 9, 10**400, math.nan, np.array([], dtype=object), np.ma.masked, {}, len, 1j]


@pytest.mark.parametrize("question", [checks.padding.q1, checks.padding.q3, checks.convolution.q4], ids=["a", "b", "c"])
def test_no_answer_breaks_a_check(question, capsys):
    for answer in [*HOSTILE, *(lambda *_, value=value: value for value in HOSTILE)]:
        result = question.check(answer)
        assert result.outcome == "wrong" and len(result.message) < 1000
