"""Lesson 11's better recipe over seeds, its ingredients one at a time and together, from the notebook's own cells."""

import matplotlib
import numpy as np
import pytest

import read_digits
import rerun


@pytest.mark.slow
def test_the_better_recipe_reads_the_digits(measured):
    matplotlib.use("agg")
    rows = [read_digits.recipe(seed=seed) for seed in range(3)]
    accuracies = [row["test"] for row in rows]
    measured(" ".join(["test accuracy of three seeds:", *(f"{accuracy:.4f}" for accuracy in accuracies)]))
    assert np.mean(accuracies) >= 0.975 and min(accuracies) >= 0.96


@pytest.mark.slow
def test_each_ingredient_alone_and_all_together(measured):
    right = {}
    for seed in range(5):
        for extra in ((), *([name] for name in read_digits.ALL_FOUR), read_digits.ALL_FOUR):
            name = " + ".join(extra) or "windows that fit"
            right.setdefault(name, []).append(read_digits.recipe(seed=seed, ingredients=extra)["validation"])
    for name, values in right.items():
        measured(f"{name}: validation {np.mean(values):.3f} ± {np.std(values):.3f}")
    means = [np.mean(values) for values in right.values()]
    assert means[0] > 0.94 and min(means[1:]) > means[0] - 0.005
    assert means[-1] == max(means) and means[-1] > 0.98


def test_what_is_replaced_must_be_there():
    with pytest.raises(ValueError, match=r"must hold 'nothing_like_it'. Received: none\."):
        rerun.section("11_first_cnn", 6, until="def train(", changes={"nothing_like_it": ""})
