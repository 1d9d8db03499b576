"""Lesson 07 over seeds, run from the notebook's own cells: which shifts are exact, and what makes the gap smaller."""

import numpy as np
import pytest

import rerun


@pytest.mark.slow
def test_strides_and_borders_spoil_the_invariance_of_any_net(measured):
    largest = {}
    for seed in range(5):
        percent = rerun.section("07_pooling", 6, until="percent = ", seed=seed)["percent"]
        strided = np.stack([percent[name] for name in ("max pools", "average pools", "strided convolutions")])
        assert percent["no strides"].max() < 0.01 and strided[:, [0, 4, 8]].max() < 0.01
        assert min(strided[:, [1, 3, 5, 7]].min(), percent["no strides, zero border"][1:].min()) > 0.1
        for name, values in percent.items():
            largest.setdefault(name, []).append(values.max())
    for name, values in largest.items():
        measured(f"{name}: largest change {np.mean(values):.1f} ± {np.std(values):.1f} %")
    order = [np.mean(largest[name]) for name in ("average pools", "max pools", "strided convolutions")]
    assert order == sorted(order)


@pytest.mark.slow
def test_a_smaller_dense_layer_makes_the_gap_as_small_as_a_pool_does(measured):
    gaps, accuracies = {}, {}
    for seed in range(5):
        names = rerun.section("07_pooling", 11, until="trained = ", changes={r"train\(0,": f"train({seed},"})
        for name, gap in names["gaps"].items():
            gaps.setdefault(name, []).append(gap)
            accuracies.setdefault(name, []).append(names["accuracies"][name])
    for name, values in gaps.items():
        right = f"right {np.mean(accuracies[name]):.3f} ± {np.std(accuracies[name]):.3f}"
        measured(f"{name}: gap {np.mean(values):.2f} ± {np.std(values):.2f}, {right}")
    no_pool, pool, no_pool_small = (np.mean(values) for values in gaps.values())
    assert max(pool, no_pool_small) < no_pool - 0.05
    assert abs(pool - no_pool_small) < 0.08
    means = [np.mean(values) for values in accuracies.values()]
    assert max(means) - min(means) < 0.03
