"""The run of lesson 14, cell by cell as it stands, with other seeds."""

import matplotlib as mpl
import numpy as np
import pytest

import rerun

SEEDS = (1, 2, 3)


@pytest.mark.slow
def test_other_seeds_learn_as_well(measured):
    mpl.use("agg")
    accuracies = []
    for seed in SEEDS:
        names = rerun.section("14_training_alexnet", 5, until="test_accuracy =", seed=seed)
        accuracies.append(names["test_accuracy"])
    measured(f"lesson 14, test accuracy for seeds {SEEDS}: {', '.join(f'{value:.0%}' for value in accuracies)}")
    assert np.mean(accuracies) >= 0.7 and min(accuracies) > 0.4  # chance is 1/3
