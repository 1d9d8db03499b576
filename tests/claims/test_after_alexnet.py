"""Lesson 15 over seeds, from the notebook's own cells: depth hurts a plain net in training, and helps one with sums."""

import numpy as np
import pytest

import rerun

LESSON = "15_after_alexnet"


@pytest.mark.slow
def test_more_layers_are_worse_in_training_and_better_with_sums(measured):
    last = {}
    for seed in range(3):
        names = rerun.section(LESSON, 5, until='train("20 layers, sums"', seed=seed)
        for name, losses in names["losses"].items():
            last.setdefault(name, []).append(losses[-1])
        shallow, deep, shallow_sums, deep_sums = (values[-1] for values in last.values())
        assert deep > 1.15 * shallow > shallow_sums > 2 * deep_sums
        assert np.abs(names["answers"][0] - names["answers"][1]).max() < 1e-4
    for name, values in last.items():
        measured(f"{name}: training loss {np.mean(values):.2f} ± {np.std(values):.2f}")


@pytest.mark.slow
def test_the_plain_deep_net_has_not_caught_up_later(measured):
    changes = {"epochs=4": "epochs=12"}
    losses = rerun.section(LESSON, 5, until='train("20 layers", 20)', changes=changes)["losses"]
    measured(", ".join(f"{name} after 12 epochs: {values[-1]:.2f}" for name, values in losses.items()))
    assert losses["20 layers"][-1] > 1.5 * losses["8 layers"][-1]


@pytest.mark.slow
def test_gradients_of_a_normalized_plain_net_explode(measured):
    ratios = {}
    for seed in range(3):
        names = rerun.section(LESSON, 8, until="ratios[", seed=seed)
        for name, ratio in names["ratios"].items():
            ratios.setdefault(name, []).append(ratio)
    for (depth, shortcuts), values in ratios.items():
        kind = "sums" if shortcuts else "plain"
        measured(f"{depth} layers, {kind}: first / last kernel {', '.join(f'{value:.1f}' for value in values)}")
    assert min(ratios[32, False]) > 10 and max(ratios[32, True]) < 10
    assert np.mean(ratios[8, False]) < np.mean(ratios[20, False]) < np.mean(ratios[32, False])
