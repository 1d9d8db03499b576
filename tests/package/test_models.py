"""The course's networks: parameters, sizes and work as the lessons say, training, saving; on every Keras backend."""

import functools
import inspect

import numpy as np
import pytest

from cnn_course import models, quiet, reference  # quiet before Keras; isort: skip
from cnn_course.anatomy import describe

import keras  # isort: skip

SMALL = [models.pooled_cnn, models.strided_cnn, models.all_convolutional, models.averaging_cnn, models.lenet5]
SUCCESSORS = {  # small builds of what came after AlexNet
    models.vgg: {"depth": 11, "input_shape": (32, 35, 2), "width": 0.05},
    models.nin: {"input_shape": (67, 70, 2), "width": 0.05},
    models.googlenet: {"input_shape": (32, 35, 2), "width": 0.1},
    models.resnet: {"depth": 18, "input_shape": (32, 35, 2), "width": 0.1},
    models.densenet: {"input_shape": (32, 35, 2), "growth_rate": 2},
}
once = pytest.mark.skipif(
    quiet.keras_backend() != "tensorflow", reason="once is enough: large nets are slow to build on other backends"
)
ALEXNETS = ["two_tower", "one_tower", "textbook", "one_gpu"]


def tiny_alexnet(variant="two_tower", **options):
    return models.alexnet(variant, classes=3, width=0.05, **({"input_shape": (67, 75, 3)} | options))


def test_the_backend_is_the_one_asked_for():
    assert keras.config.backend() == quiet.keras_backend()


@functools.cache
def full_alexnet(variant):
    return models.alexnet(variant)


@functools.cache
def small(build):
    return build(**SUCCESSORS[build], classes=4)


@pytest.mark.parametrize(
    ("build", "parameters", "macs"),
    [
        (models.pooled_cnn, 110_474, 3_106_176),
        (models.strided_cnn, 159_626, 1_073_952),
        (models.all_convolutional, 287_722, 7_145_856 - (512 + 10) * 128 + 2 * 2 * 128 * 10),
        (models.averaging_cnn, 24_538, 14 * 14 * 400 + 7 * 7 * (4_608 + 18_432) + 640),
        (models.lenet5, 61_706, 28 * 28 * 150 + 10 * 10 * 2400 + 48_000 + 84 * 120 + 840),
    ],
)
def test_parameters_and_macs(build, parameters, macs):
    model = build()
    assert model.count_params() == parameters
    totals = describe(model).totals
    assert (totals.parameters, totals.macs) == (parameters, macs)


@pytest.mark.parametrize(
    ("kernel_size", "padding", "parameters", "macs"),
    [
        (3, "same", 353_386, 7_145_856),
        (2, "valid", 196_714, 4_273_536),
    ],
)
def test_an_extra_strided_layer_for_each_pool_costs_more(kernel_size, padding, parameters, macs):
    channels, extra = 0, []
    for layer in models.pooled_cnn().layers:
        channels = getattr(layer, "filters", channels)
        if isinstance(layer, keras.layers.MaxPooling2D):
            extra.append(keras.layers.Conv2D(channels, kernel_size, strides=2, padding=padding, activation="relu"))
        else:
            extra.append(layer.__class__.from_config(layer.get_config()))
    model = keras.Sequential([keras.Input((28, 28, 1)), *extra])
    assert model.count_params() == parameters
    assert describe(model).totals.macs == macs


@once
@pytest.mark.parametrize("build", [*SMALL, models.alexnet, *SUCCESSORS], ids=lambda build: build.__name__)
def test_a_copy_of_the_source_runs_as_it_stands(build):
    namespace = {"keras": keras, "layers": keras.layers}
    exec(inspect.getsource(build), namespace)  # what a learner does who pastes it below the import cell
    options = {"variant": "one_gpu", "width": 0.05} if build is models.alexnet else {}
    options |= SUCCESSORS[build] | {"classes": 4} if build in SUCCESSORS else {}
    copy, original = namespace[build.__name__](**options), small(build) if build in SUCCESSORS else build(**options)
    assert [type(layer) for layer in copy.layers] == [type(layer) for layer in original.layers]
    assert copy.count_params() == original.count_params()


@pytest.mark.parametrize(
    ("build", "smallest"),
    [
        (models.pooled_cnn, 22),
        (models.strided_cnn, 15),
        (models.all_convolutional, 15),
        (models.lenet5, 28),
    ],
)
def test_the_smallest_image_is_as_documented(build, smallest):
    assert f"at least {smallest} pixels" in build.__doc__
    assert build(input_shape=(smallest, smallest + 3, 2), classes=4).output_shape == (None, 4)
    with pytest.raises(ValueError):
        build(input_shape=(smallest - 1, smallest + 3, 2))


@pytest.mark.parametrize(("variant", "smallest"), [("two_tower", 67), ("one_gpu", 63)])
def test_alexnet_needs_67_pixels_or_63_with_its_padding(variant, smallest):
    assert tiny_alexnet(variant, input_shape=(smallest, smallest, 1)).output_shape == (None, 3)
    with pytest.raises(ValueError, match="zero or negative"):
        tiny_alexnet(variant, input_shape=(smallest - 1, smallest, 1))


@pytest.mark.parametrize("build", [*SMALL, *(functools.partial(tiny_alexnet, variant) for variant in ALEXNETS)])
def test_models_train_save_and_load(build, tmp_path):
    keras.utils.set_random_seed(0)
    model = build()
    labels = np.arange(16, dtype="int32") % 2
    noise = np.random.default_rng(0).random((16, *model.input_shape[1:]))
    images = (noise * (labels + 0.5)[:, None, None, None]).astype("float32")  # one class is brighter
    probabilities = keras.ops.convert_to_numpy(model(images))
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5) and probabilities.min() >= 0
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # else each step is traced twice
    before = model.evaluate(images, labels, verbose=0)
    model.fit(images, labels, batch_size=4, epochs=4, verbose=0)
    assert model.evaluate(images, labels, verbose=0) < 0.95 * before
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    expected = keras.ops.convert_to_numpy(model(images))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(images)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("variant", "parameters", "megamacs"),
    [
        ("two_tower", 60_965_224, 724.4),
        ("one_tower", 62_378_344, 1135.3),
        ("textbook", 50_844_008, 1009.9),
        ("one_gpu", 61_100_840, 714.2),
    ],
)
def test_alexnet_at_full_width(variant, parameters, megamacs):
    model = full_alexnet(variant)
    macs = describe(model).totals.macs
    assert (model.count_params(), round(macs / 1e6, 1)) == (parameters, megamacs)
    assert f"{parameters:,}" in models.alexnet.__doc__ and f"{macs:,}" in models.alexnet.__doc__
    names = [layer.name for layer in model.layers if layer.weights]
    assert names == ["C1", "C2", "C3", "C4", "C5", "F6", "F7", "F8"]


def test_alexnet_for_one_gpu_layer_by_layer():
    layers = {layer.name: layer for layer in full_alexnet("one_gpu").layers}
    sizes = [layers[name].output.shape[1] for name in ("C1", "P1", "C2", "P2", "C3", "C4", "C5", "P5")]
    assert sizes == [55, 27, 27, 13, 13, 13, 13, 6]
    assert [layers[f"C{i}"].filters for i in range(1, 6)] == [64, 192, 384, 256, 256]
    assert [*layers][-6:] == ["flatten", "D5", "F6", "D6", "F7", "F8"] and layers["D5"].output.shape[1] == 9216
    weights = [23_296, 307_392, 663_936, 884_992, 590_080, 37_752_832, 16_781_312, 4_097_000]  # of torchvision
    assert [layer.count_params() for layer in layers.values() if layer.weights] == weights


def test_the_original_alexnet_row_by_row():
    rows = [row for row in describe(full_alexnet("two_tower")).rows if row.kind in ("Conv2D", "Dense", "MaxPooling2D")]
    biases = [96, 256, 384, 384, 256, 4096, 4096, 1000]
    weights = [34_848, 307_200, 884_736, 663_552, 442_368, 37_748_736, 16_777_216, 4_096_000]
    learned = [row for row in rows if row.kind != "MaxPooling2D"]
    assert [row.parameters for row in learned] == [a + b for a, b in zip(weights, biases, strict=True)]
    assert sum(weights) == 60_954_656 and sum(biases) == 10_568
    assert [round(row.macs / 1e6, 1) for row in learned] == [105.4, 223.9, 149.5, 112.1, 74.8, 37.7, 16.8, 4.1]
    assert [row.output_shape[0] for row in rows] == [55, 27, 27, 13, 13, 13, 13, 6, 4096, 4096, 1000]
    fields = [(row.receptive_field, row.jump) for row in learned[:5]] + [(rows[7].receptive_field, rows[7].jump)]
    assert fields == [(11, 4), (51, 8), (99, 16), (131, 16), (163, 16), (195, 32)]
    assert sum(np.prod(row.output_shape) for row in learned) == 659_272


def test_the_textbook_alexnet_drops_to_5_by_5():
    sizes = [layer.output.shape[1] for layer in full_alexnet("textbook").layers[:8]]
    assert sizes == [54, 26, 26, 12, 12, 12, 12, 5]


def test_a_grouped_convolution_equals_two_towers():
    model = tiny_alexnet()
    grouped = [layer for layer in model.layers if getattr(layer, "groups", 1) == 2]
    assert len(grouped) == 3
    for layer in grouped:
        kernel, bias = (keras.ops.convert_to_numpy(value) for value in (layer.kernel, layer.bias))
        images = np.random.default_rng(1).normal(size=(2, 5, 7, 2 * kernel.shape[2])).astype("float32")
        halves = zip(np.split(images, 2, -1), np.split(kernel, 2, -1), np.split(bias, 2), strict=True)
        towers = np.concatenate([reference.conv2d(i, k, b, padding="same") for i, k, b in halves], axis=-1)
        layer_output = keras.ops.convert_to_numpy(layer(images))
        np.testing.assert_allclose(layer_output, np.maximum(towers, 0), rtol=1e-5, atol=1e-5)


def test_width_scales_every_hidden_layer():
    wide, narrow = (models.alexnet("one_tower", classes=7, width=width) for width in (0.2, 0.1))
    for wider, narrower in zip(wide.layers[:-1], narrow.layers[:-1], strict=True):
        for attribute in ("filters", "units"):
            assert getattr(wider, attribute, 0) == 2 * getattr(narrower, attribute, 0)


@once
@pytest.mark.parametrize(
    ("build", "depth", "parameters", "macs"),
    [
        (models.vgg, 16, 138_357_544, 15_470_264_320),
        (models.vgg, 19, 143_667_240, 19_632_062_464),
        (models.nin, None, 7_595_176, 1_105_996_320),
        (models.googlenet, None, 6_998_552, 1_582_671_872),
        (models.resnet, 18, 11_699_112, 1_814_073_344),
        (models.resnet, 34, 21_814_696, 3_663_761_408),
        (models.resnet, 50, 25_636_712, 3_857_973_248),
        (models.densenet, 121, 8_062_504, 2_834_161_664),
    ],
)
def test_successors_of_alexnet_at_full_size(build, depth, parameters, macs):
    model = build(depth) if depth else build()
    assert (model.count_params(), describe(model).totals.macs) == (parameters, macs)
    assert f"{parameters:,}" in build.__doc__ and f"{macs:,}" in build.__doc__


@once
@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "depth", "parameters"),
    [
        (models.resnet, 101, 44_707_176),
        (models.resnet, 152, 60_419_944),
        (models.densenet, 169, 14_307_880),
        (models.densenet, 201, 20_242_984),
    ],
)
def test_deep_ones_have_the_parameters_that_keras_documents(build, depth, parameters):
    assert build(depth).count_params() == parameters


@once
@pytest.mark.parametrize(
    ("build", "depth", "published"),
    [
        (models.vgg, 16, keras.applications.VGG16),
        (models.resnet, 50, keras.applications.ResNet50),
        (models.densenet, 121, keras.applications.DenseNet121),
    ],
    ids=["vgg", "resnet", "densenet"],
)
def test_weights_of_keras_give_the_features_of_keras(build, depth, published):
    keras.utils.set_random_seed(3)
    options = {"input_shape": (32, 48, 3), "classes": 3}
    theirs, ours = published(weights=None, **options), build(depth, **options)
    generator = np.random.default_rng(3)
    for layer in theirs.layers:
        if isinstance(layer, keras.layers.BatchNormalization):  # ones and zeros would hide an exchange
            layer.set_weights([generator.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    ours.set_weights(theirs.get_weights())
    images = generator.random((2, 32, 48, 3)).astype("float32")
    expected, result = (
        keras.ops.convert_to_numpy(keras.Model(model.inputs[0], model.layers[-2].output)(images))
        for model in (theirs, ours)
    )
    scale = np.abs(expected).max()
    assert np.abs(expected[0] - expected[1]).max() > 1e-3 * scale
    np.testing.assert_allclose(result / scale, expected / scale, atol=1e-5)


@pytest.mark.parametrize("build", SUCCESSORS, ids=lambda build: build.__name__)
def test_successors_give_probabilities_and_are_saved(build, tmp_path):
    model = small(build)
    images = np.random.default_rng(4).random((3, *model.input_shape[1:])).astype("float32")
    probabilities = keras.ops.convert_to_numpy(model(images))
    assert probabilities.shape == (3, 4) and np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(images)), probabilities, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("build", "smallest"), [(models.vgg, 32), (models.nin, 67), (models.densenet, 29)])
def test_successors_need_images_as_large_as_documented(build, smallest):
    assert f"at least {smallest} pixels" in build.__doc__
    options = SUCCESSORS[build] | {"classes": 4}
    assert build(**options | {"input_shape": (smallest + 3, smallest, 1)}).output_shape == (None, 4)
    with pytest.raises(ValueError, match="zero or negative"):
        build(**options | {"input_shape": (smallest + 3, smallest - 1, 1)})


@pytest.mark.parametrize("build", [models.googlenet, models.resnet])
def test_a_pixel_is_enough_where_no_size_is_documented(build):
    assert "pixels" not in build.__doc__
    assert build(**SUCCESSORS[build] | {"input_shape": (1, 1, 1)}).output_shape == (None, 1000)


@once
def test_names_and_maps_of_vgg_and_nin():
    layers = {layer.name: layer.output.shape[1:] for layer in models.vgg(13, width=0.02).layers}
    assert [layers[f"P{block}"] for block in range(1, 6)] == [
        (112, 112, 1), (56, 56, 3), (28, 28, 5), (14, 14, 10), (7, 7, 10),
    ]  # fmt: skip
    assert {f"C{block}_{number}" for block in range(1, 6) for number in (1, 2)} | {"F6", "F7", "F8"} < set(layers)
    maps = {layer.name: layer.output.shape[1:] for layer in models.nin(classes=7, width=0.05).layers}
    assert [maps[name][0] for name in ("C1", "P1", "C2", "P2", "C3", "P3", "C4")] == [55, 27, 27, 13, 13, 6, 6]
    assert maps["C4a"] == (6, 6, 51) and maps["C4b"] == (6, 6, 7) and maps["mean"] == (7,)


@once
def test_inception_blocks_have_the_channels_of_the_paper():
    maps = {layer.name: layer.output.shape[1:] for layer in models.googlenet().layers}
    channels = {"3a": 256, "3b": 480, "4a": 512, "4b": 512, "4c": 512, "4d": 528, "4e": 832, "5a": 832, "5b": 1024}
    assert {name: maps[name][-1] for name in channels} == channels
    assert [maps[name][0] for name in ("C1", "P1", "P2", "P3", "P4", "5b")] == [112, 56, 28, 14, 7, 7]


def test_a_residual_block_that_computes_nothing_passes_its_maps_on():
    model = keras.models.clone_model(small(models.resnet))  # its weights change
    for name in ("2_1", "2_2"):
        layer = model.get_layer(f"N{name}b")
        layer.gamma.assign(0 * layer.gamma)
    names = ("P1", "R2_2", "A3_1", "R3_1")
    inner = keras.Model(model.inputs[0], [model.get_layer(name).output for name in names])
    images = np.random.default_rng(5).normal(size=(2, 32, 35, 2)).astype("float32")
    stem, passed, added, bent = map(keras.ops.convert_to_numpy, inner(images))
    np.testing.assert_array_equal(passed, stem)
    np.testing.assert_array_equal(bent, np.maximum(added, 0))
    assert stem.std() > 0 and added.min() < 0 and bent.shape == (2, 4, 5, 13)
    names = [layer.name for layer in model.layers]
    assert [name for name in names if name.endswith("s")] == [
        f"{kind}{stage}_1s" for stage in (3, 4, 5) for kind in "CN"
    ]


def test_a_dense_block_keeps_what_came_in():
    model = small(models.densenet)
    inner = keras.Model(model.inputs[0], [model.get_layer(name).output for name in ("P0", "B1_1", "B1_6", "P1")])
    images = np.random.default_rng(6).normal(size=(2, 32, 35, 2)).astype("float32")
    came_in, first, last, halved = map(keras.ops.convert_to_numpy, inner(images))
    np.testing.assert_array_equal(last[..., :4], came_in)
    np.testing.assert_array_equal(last[..., :6], first)
    assert last.shape == (2, 8, 9, 4 + 6 * 2) and halved.shape == (2, 4, 4, 8)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"depth_radius": 1, "bias": 1.0, "alpha": 0.5, "beta": 0.5},
        {"depth_radius": 9, "alpha": 0.1},
        {"depth_radius": 0, "alpha": 1.0},
    ],
)
def test_local_response_normalization_equals_the_reference(settings):
    images = 3 * np.random.default_rng(2).normal(size=(2, 3, 4, 7)).astype("float32")
    layer = models.LocalResponseNormalization(**settings)
    expected = reference.local_response_normalization(images, **settings)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(images)), expected, rtol=1e-5, atol=1e-6)
    again = models.LocalResponseNormalization.from_config(layer.get_config())
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(images)), expected, rtol=1e-5, atol=1e-6)


def test_local_response_normalization_does_not_overflow_in_half_precision():
    images = np.full((1, 1, 1, 8), 1000, "float16")
    result = models.LocalResponseNormalization(dtype="mixed_float16")(images)
    assert keras.backend.standardize_dtype(result.dtype) == "float16"
    expected = reference.local_response_normalization(images.astype("float32"))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(result), expected, rtol=2e-3)
