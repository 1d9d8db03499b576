"""The pieces of lesson 14: augmentation, schedule, order, reseeding, checkpoints."""

import errno

import numpy as np
import pytest

from cnn_course.training import __main__ as command
from cnn_course.training import devices, export, fitting, folder, networks, prediction, progress, recipe, report, run
from cnn_course.training import settings as training_settings

# isort: split
import keras
import tensorflow as tf

SHAPE = (12, 10, 3)
ALL = [
    devices,
    export,
    fitting,
    folder,
    networks,
    prediction,
    progress,
    recipe,
    report,
    run,
    training_settings,
    command,
]


def images(count=6, seed=0):
    return np.random.default_rng(seed).random((count, *SHAPE), dtype=np.float32)


def small_model(*extra):
    keras.utils.set_random_seed(0)
    layers = [keras.Input(SHAPE), *extra, keras.layers.Flatten(), keras.layers.Dropout(0.5)]
    model = keras.Sequential([*layers, keras.layers.Dense(3, activation="softmax")])
    model.compile(recipe.optimizer(0.1, 2, drops=[1]), "sparse_categorical_crossentropy", jit_compile=False)
    return model


def test_augmentation_changes_training_images_only():
    x = images()
    layers = keras.Sequential([keras.Input(SHAPE), *recipe.augmentation()])
    np.testing.assert_array_equal(layers(x, training=False), x)
    changed = np.array(layers(x, training=True))
    assert changed.shape == x.shape and changed.min() >= 0 and changed.max() <= 1
    assert all(np.abs(after - before).mean() > 0.01 for after, before in zip(changed, x, strict=True))


@pytest.mark.parametrize(("flip", "expected"), [(True, {False, True}), (False, {False})])
def test_only_flips_mirror_an_image(flip, expected):
    layers = keras.Sequential([keras.Input((40, 40, 1)), *recipe.augmentation(flip)])
    ramp = np.broadcast_to(np.linspace(0.3, 0.7, 40, dtype=np.float32)[:, None], (16, 40, 40, 1))  # to the right
    changed = np.array(layers(ramp, training=True))
    mirrored = changed[:, :, :20].mean((1, 2, 3)) > changed[:, :, 20:].mean((1, 2, 3))
    assert set(mirrored.tolist()) == expected


def test_each_image_is_shifted_by_itself():
    keras.utils.set_random_seed(0)
    x = np.repeat(images(1), 8, axis=0)
    changed = np.array(recipe.augmentation()[0](x, training=True))
    assert len(np.unique(changed.reshape(8, -1), axis=0)) > 2
    assert np.isin(changed, x).all()  # a crop invents no values


def test_the_rate_falls_where_an_epoch_begins():
    sgd = recipe.optimizer(0.5, steps_per_epoch=3, drops=[2, 4], weight_decay=0.25)
    rates = [float(sgd.learning_rate.numpy())]
    for step in range(1, 15):
        sgd.iterations.assign(step)
        rates.append(float(sgd.learning_rate.numpy()))
    np.testing.assert_allclose(rates, [0.5] * 6 + [0.05] * 6 + [0.005] * 3, rtol=1e-6)
    assert sgd.momentum == 0.9 and sgd.weight_decay == 0.25


def test_a_step_is_that_of_the_formula():
    weight = keras.Variable([2.0, -1.0])
    sgd = recipe.optimizer(0.1, steps_per_epoch=1, weight_decay=0.01)
    expected, velocity = np.array([2.0, -1.0]), 0
    for gradient in ([1.0, 0.0], [0.5, -2.0]):
        sgd.apply([keras.ops.array(gradient)], [weight])
        velocity = 0.9 * velocity - 0.1 * np.array(gradient)
        expected = expected - 0.1 * 0.01 * expected + velocity
    np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-6)


def order(**options):
    x = np.arange(11, dtype=np.float32)
    found = recipe.batches(x, np.arange(11), 4, **{"seed": 5, "epochs": 3} | options)
    for values, labels in found:
        np.testing.assert_array_equal(values, labels)
    return [labels.numpy().tolist() for _, labels in found]


def test_each_epoch_has_its_own_order_and_full_batches():
    found = order()
    assert [len(batch) for batch in found] == [4] * 6  # 2 batches in each of 3 epochs
    epochs = [tuple(found[i] + found[i + 1]) for i in (0, 2, 4)]
    assert all(len(set(epoch)) == 8 and set(epoch) <= set(range(11)) for epoch in epochs)
    assert len(set(epochs)) == 3 and len({frozenset(epoch) for epoch in epochs}) > 1
    assert order(seed=6) != found


def test_the_order_depends_on_seed_and_epoch_alone():
    assert order(initial_epoch=1) == order()[2:]
    assert order(epochs=5)[:6] == order()


@pytest.mark.parametrize(("workers", "replicas"), [(2, 2), (2, 4), (1, 2)])
def test_the_shares_of_all_workers_make_up_each_batch(workers, replicas):
    shares = [order(context=tf.distribute.InputContext(workers, i, replicas)) for i in range(workers)]
    local = replicas // workers
    for step, batch in enumerate(order()):
        parts = [part for share in shares for part in share[step * local : (step + 1) * local]]
        assert sorted(label for part in parts for label in part) == sorted(batch)


def test_images_are_loaded_when_they_are_needed():
    x, y = np.array([b"11", b"22", b"33"]), np.arange(3)
    for found in (
        recipe.batches(x, y, 3, 0, 1, load=tf.strings.to_number),
        recipe.in_order(x, y, 2, tf.strings.to_number),
    ):
        for numbers, labels in found:
            np.testing.assert_array_equal(numbers, 11 * (labels.numpy() + 1))


@pytest.mark.parametrize("batch_size", [0, 12])
def test_a_batch_needs_images(batch_size):
    with pytest.raises(ValueError, match=f"batch_size.* must be .* 1.* Received: .*{batch_size}"):
        recipe.batches(np.arange(11), np.arange(11), batch_size, seed=0, epochs=1)


def test_reseeding_repeats_an_epoch_and_changes_the_next():
    def noise(epoch, seed=3, used=0):
        model = small_model(keras.layers.GaussianNoise(0.3))
        for _ in range(used):
            model(images(), training=True)
        callback = recipe.Reseed(seed)
        callback.set_model(model)
        callback.on_epoch_begin(epoch)
        dropped = np.array(model.layers[2](np.ones((1, 360), np.float32), training=True))
        return np.array(model.layers[0](images(), training=True)), dropped

    first = noise(epoch=1)
    for again, same in ((noise(1, used=4), True), (noise(2), False), (noise(1, seed=4), False)):
        assert all(np.array_equal(a, b) == same for a, b in zip(first, again, strict=True))


def test_random_layers_differ_from_each_other():
    model = small_model(keras.layers.Dropout(0.5), keras.layers.Dropout(0.5))
    callback = recipe.Reseed(0)
    callback.set_model(model)
    callback.on_epoch_begin(0)
    ones = np.ones((1, *SHAPE), np.float32)
    assert not np.array_equal(model.layers[0](ones, training=True), model.layers[1](ones, training=True))


def fit(model, epochs, initial_epoch=0, callbacks=()):
    x, y = images(4), np.array([0, 1, 2, 0])
    found = recipe.batches(x, y, 2, 0, epochs, initial_epoch)
    options = {"steps_per_epoch": 2, "epochs": epochs, "initial_epoch": initial_epoch, "shuffle": False, "verbose": 0}
    return model.fit(found, callbacks=[recipe.Reseed(0), *callbacks], **options).history["loss"]


def test_a_checkpoint_continues_as_if_nothing_had_happened(tmp_path):
    whole = fit(small_model(*recipe.augmentation()), epochs=3)
    fit(small_model(*recipe.augmentation()), epochs=1, callbacks=[recipe.Checkpoint(tmp_path / "a.keras")])
    model = keras.saving.load_model(tmp_path / "a.keras")
    assert int(model.optimizer.iterations.numpy()) == 2
    assert fit(model, epochs=3, initial_epoch=1) == whole[1:]
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


@pytest.mark.parametrize(("scale", "steps"), [(2.0**15, 4), (float("inf"), 0)])  # a step that overflows is skipped
def test_a_checkpoint_counts_epochs_not_steps(tmp_path, scale, steps):
    model = small_model()
    optimizer = keras.optimizers.LossScaleOptimizer(recipe.optimizer(0.1, 2), initial_scale=scale)
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
    for epoch in (1, 2):
        fit(model, epoch, initial_epoch=epoch - 1, callbacks=[recipe.Checkpoint(tmp_path / "a.keras")])
        assert recipe.epochs_done(tmp_path / "a.keras") == epoch
    assert int(keras.saving.load_model(tmp_path / "a.keras").optimizer.iterations) == steps


def test_a_checkpoint_without_its_epochs_is_refused(tmp_path):
    small_model().save(tmp_path / "a.keras")
    with pytest.raises(
        ValueError, match="`path` must be a whole checkpoint, written by this version of .* Received: path=.*a.keras"
    ):
        recipe.epochs_done(tmp_path / "a.keras")
    (tmp_path / "a.keras").write_bytes(b"PK")
    with pytest.raises(
        ValueError, match="`path` must be a whole checkpoint, written by this version of .* Received: path=.*a.keras"
    ):
        recipe.epochs_done(tmp_path / "a.keras")


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    model, path = small_model(), tmp_path / "a.keras"
    callback = recipe.Checkpoint(path)
    callback.set_model(model)
    callback.on_epoch_end(0)
    before = path.read_bytes()

    def half(unfinished):
        unfinished.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model, "save", half)
    with pytest.raises(OSError, match="No space left"):
        callback.on_epoch_end(1)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_file_appears_under_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("old")

    def write(unfinished):
        assert unfinished.parent == path.parent and path.read_text() == "old"
        unfinished.write_text("new")

    recipe.write_whole(path, write)
    assert path.read_text() == "new"


@pytest.mark.parametrize("module", ALL)
def test_public_names_have_docstrings(module):
    assert module.__doc__ and sorted(set(module.__all__)) == sorted(module.__all__)
    assert all(getattr(module, name).__doc__ for name in module.__all__)


def test_first_weights_keep_the_size_of_a_signal():
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((500,))] + [keras.layers.Dense(500, "relu") for _ in range(9)])
    network.add(keras.layers.Dense(7, "softmax"))
    hidden = keras.Sequential(network.layers[:-1])  # the same layers
    images = np.random.default_rng(0).normal(size=(50, 500))
    fading = float(np.mean(np.square(hidden(images))))
    recipe.initialize(network)
    assert fading < 0.01 < 0.5 < float(np.mean(np.square(hidden(images)))) < 2
    assert np.ptp(network(images)) < 0.15  # seven classes, about equally likely


def test_first_weights_reach_the_layers_of_nested_models():
    block = keras.Sequential([keras.Input((300,)), keras.layers.Dense(200, "relu", kernel_initializer="zeros")])
    head = keras.Sequential([keras.Input((200,)), keras.layers.Dense(50)])
    recipe.initialize(keras.Sequential([keras.Input((300,)), block, head]))
    assert np.var(block.layers[0].kernel) * 300 == pytest.approx(2, rel=0.05)
    assert np.std(head.layers[0].kernel) == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("layers", [[keras.Input((3,)), keras.layers.ReLU()], [keras.layers.Dense(3)]])
def test_first_weights_need_a_kernel(layers):
    with pytest.raises(ValueError, match="`model` must be built and have a layer with a kernel. Received: model="):
        recipe.initialize(keras.Sequential(layers))
