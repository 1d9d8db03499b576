"""Lesson 17 over seeds and other examples, run from the notebook's own cells: what borrowing brings, and from where."""

import matplotlib as mpl
import numpy as np
import pytest

import rerun


@pytest.mark.slow
def test_fine_tuning_helps_and_a_large_rate_destroys_where_normalization_is_frozen(measured):
    mpl.use("agg")
    scores = {}
    for seed in (1, 2):  # the page has 0
        changes = {r"\[:10\]": f"[{10 * seed} : {10 * seed + 10}]", "seed=0": f"seed={10 * seed}"}
        names = rerun.section("17_transfer", 1, until="augmented =", changes=changes, seed=seed)
        for name, score in names["scores"].items():
            scores.setdefault(name, []).append(100 * score)
    for name, values in scores.items():
        measured(f"{name}: {np.mean(values):.0f} ± {np.std(values):.0f} ({', '.join(f'{v:.0f}' for v in values)}) %")
    mean = {name: np.mean(values) for name, values in scores.items()}
    assert max(mean["random, frozen"], mean["norm frozen, rate × 10"]) < 40  # a guess is 20
    assert min(mean["0 to 4, frozen"], mean["from scratch"]) > mean["random, frozen"] + 10
    assert mean["tuned"] > max(mean["0 to 4, frozen"], mean["from scratch"]) + 5
    assert mean["tuned, rate × 10"] > mean["norm frozen, rate × 10"] + 20
    assert mean["scratch, moved about"] > mean["from scratch"] + 5


@pytest.mark.slow
def test_ten_examples_gain_from_a_source_of_the_same_kind_only(measured):
    scores = {}
    for seed in (1, 2):
        changes = {
            r"\[::10\]": f"[{seed}::10]",
            r"from_start\(source, much, much_labels, updates=200\)": "None",  # the page has it, and it takes long
            r"(?m)^    print\(f.*$": "",
        }
        table = rerun.section("17_transfer", 5, until="table[name] =", changes=changes, seed=seed)["table"]
        for name, (with_10, _) in table.items():
            scores.setdefault(name, []).append(with_10)
    for name, values in scores.items():
        measured(f"ten of each, from {name}: {', '.join(f'{value:.0%}' for value in values)}")
    mean = {name: np.mean(values) for name, values in scores.items()}
    assert mean["textures"] < mean["scratch"] + 0.05 and mean["scratch"] + 0.08 < mean["0 to 4"]
