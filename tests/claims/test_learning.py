"""Lesson 10: whose gradient is right, what a training forgives, and that it ends at no minimum."""

import numpy as np
import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
import rerun

import keras  # isort: skip


def test_adam_of_the_lesson_is_adam_of_keras():
    descend = rerun.section("10_learning", 4, until="def descend")["descend"]
    optimizer, weights = keras.optimizers.Adam(0.1), keras.Variable(np.ones(2))
    for _ in range(60):
        optimizer.apply([keras.ops.array([1, 0.01]) * weights], [weights])
    assert np.allclose(weights, descend("Adam", 0.1)[-1], atol=1e-3)


def test_with_all_answers_right_longer_weights_have_a_smaller_loss():
    """Lesson 10, section 5: cross-entropy has no minimum there, for any logits; with one mistake it may have one."""
    logits = np.random.default_rng(0).normal(size=(50, 10))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    factors = (1, 2, 4, 8, 16)
    right = [float(loss(logits.argmax(axis=1), factor * logits)) for factor in factors]
    wrong = [float(loss(logits.argmin(axis=1), factor * logits)) for factor in factors]
    assert right == sorted(right, reverse=True) and right[-1] < 0.1 * right[0]
    assert wrong == sorted(wrong)


@pytest.mark.slow
def test_a_net_with_turned_gradients_learns_too(measured):
    shares = {"right": [], "turned": []}
    for seed in range(3):
        changes = {r"start\(0\), np.random.default_rng\(0\)": f"start({seed}), np.random.default_rng({seed})"}
        names = rerun.section("10_learning", 2, until="trained, losses", changes=changes)
        for name, share in names["right"].items():
            shares[name].append(share)
    for name, values in shares.items():
        measured(f"{name}: " + ", ".join(f"{value:.3f}" for value in values))
    assert min(shares["right"]) > 0.94 and min(shares["turned"]) > 0.8
    assert np.mean(shares["turned"]) < np.mean(shares["right"]) - 0.01
    assert np.ptp(shares["right"]) < 0.03


@pytest.mark.slow
def test_validation_turns_long_before_training_ends(measured):
    for seed in range(3):
        names = rerun.section("10_learning", 5, until="scaled, weights_last", seed=seed)
        history, scaled = names["history"], names["scaled"]
        best = int(np.argmin(history["val_loss"])) + 1
        measured(f"seed {seed}: best epoch {best}, {min(history['val_loss']):.2f} to {history['val_loss'][-1]:.2f}")
        assert best < 40 and history["loss"][-1] < 0.2 * history["loss"][best - 1]
        assert scaled[1][0] > scaled[1.5][0] > scaled[2][0] and scaled[1][2] < scaled[1.5][2] < scaled[2][2]
        assert scaled[1][3] == scaled[2][3] and scaled[1][1] == 1
