"""Lesson 01, measured over seeds: a dense net ignores a permutation of the pixels, a CNN only in centered digits."""

import numpy as np
import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import data

import keras  # isort: skip

SEEDS, SIZE, CANVAS = 3, 14, 28
WHERE, KINDS, PIXELS = ("centered", "anywhere"), ("dense", "cnn"), ("original", "permuted")


def paste(images, places):
    """Digits at half their size, each with its top left at its place on a dark canvas."""
    small = images.reshape(-1, SIZE, 2, SIZE, 2, 1).mean(axis=(2, 4))
    canvas = np.zeros((len(places), CANVAS, CANVAS, 1), "float32")
    for index, (top, left) in enumerate(places):
        canvas[index, top : top + SIZE, left : left + SIZE] = small[index % len(small)]
    return canvas


def accuracy(kind, images, labels, seed, epochs):
    """Share of the validation images that a net trained on the first of two splits reads."""
    keras.utils.set_random_seed(seed)
    front = [
        keras.layers.Conv2D(16, 5, strides=2, activation="relu"),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
    ]
    tail = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    start = [keras.Input((CANVAS, CANVAS, 1)), *(front if kind == "cnn" else [])]
    model = keras.Sequential([*start, keras.layers.Flatten(), *tail])
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(images[0], labels[0], batch_size=64, epochs=epochs, verbose=0)
    guesses = keras.ops.convert_to_numpy(model(images[1])).argmax(axis=-1)
    return float(np.mean(guesses == labels[1]))


def measure(seed):
    """Accuracies by (where, kind, pixels); places and the permutation change with the seed as well."""
    digits, generator = data.load("digits"), np.random.default_rng(seed)
    order = generator.permutation(CANVAS**2)
    splits = ((digits.x_train, digits.y_train), (digits.x_validation, digits.y_validation))
    found = {}
    for where, copies, epochs in zip(WHERE, (1, 4), (6, 3), strict=True):
        places = [generator.integers(0, CANVAS - SIZE + 1, (copies * len(x), 2)) for x, _ in splits]
        if where == "centered":
            places = [np.full_like(pairs, (CANVAS - SIZE) // 2) for pairs in places]
        original = [paste(x, pairs) for (x, _), pairs in zip(splits, places, strict=True)]
        permuted = [x.reshape(len(x), -1)[:, order].reshape(x.shape) for x in original]
        labels = [np.resize(y, len(pairs)) for (_, y), pairs in zip(splits, places, strict=True)]
        for kind in KINDS:
            for pixels, images in zip(PIXELS, (original, permuted), strict=True):
                found[where, kind, pixels] = accuracy(kind, images, labels, seed, epochs)
    return found


@pytest.mark.slow
def test_only_a_cnn_on_digits_at_random_places_loses_by_permuted_pixels(measured):
    runs = [measure(seed) for seed in range(SEEDS)]
    mean = {key: np.mean([run[key] for run in runs]) for key in runs[0]}
    loss = {(where, kind): mean[where, kind, "original"] - mean[where, kind, "permuted"] for where, kind, _ in mean}
    for key, value in mean.items():
        measured(f"{' '.join(key)}: {value:.3f}")
    assert abs(loss["centered", "dense"]) < 0.03
    assert abs(loss["anywhere", "dense"]) < 0.06
    assert abs(loss["centered", "cnn"]) < 0.04
    assert loss["anywhere", "cnn"] > 0.2
    assert mean["centered", "cnn", "permuted"] > 0.9
    assert mean["anywhere", "cnn", "original"] - mean["anywhere", "dense", "original"] > 0.15
    assert mean["anywhere", "cnn", "permuted"] - mean["anywhere", "dense", "permuted"] < 0.05
