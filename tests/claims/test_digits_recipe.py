"""Lesson 11's better recipe over three seeds, run from the notebook's own cells."""

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


def test_what_is_replaced_must_be_there():
    with pytest.raises(ValueError, match=r"must hold 'nothing_like_it'. Received: none\."):
        rerun.section("11_first_cnn", 6, until="test_accuracy = ", changes={"nothing_like_it": ""})
