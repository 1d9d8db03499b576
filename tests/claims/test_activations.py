"""Lesson 08 over seeds, run from the notebook's own cells: what bends, which gap is none, what lowers a real one."""

import numpy as np
import pytest

import rerun

SEEDS, OTHERS = (0, 1, 2), (1, 2)  # the lesson itself has run 0


def section(number, until, seed, **changes):
    return rerun.section("08_activations", number, until, changes, seed)


@pytest.mark.slow
def test_without_a_bend_no_net_reads_digits_and_their_negatives(measured):
    mixed_only = {r'"as they are": plain_pair, ': ""}
    runs = [section(1, "nets, right", seed, **mixed_only)["right"] for seed in SEEDS]
    linear, bent = ([run[name, "half of them dark"] for run in runs] for name in ("linear", "relu"))
    measured(f"linear {np.mean(linear):.1%} ± {np.std(linear):.1%}, ReLU {np.mean(bent):.1%} ± {np.std(bent):.1%}")
    assert max(linear) < 0.45 and min(bent) > 0.85


@pytest.mark.slow
def test_young_moving_averages_look_like_overfitting(measured):
    for momentum in (0.99, 0.9):
        runs = [section(6, "modes = ", seed, **{r"\(0\.99, 0\.9\)": f"({momentum},)"})["modes"] for seed in OTHERS]
        shares = np.array([run[momentum] for run in runs])  # fit, evaluate: training, validation
        measured(f"momentum {momentum}: {shares.round(3).tolist()}")
        assert shares[:, 0].min() > 0.85 and np.abs(shares[:, 1] - shares[:, 2]).max() < 0.08
        assert shares[:, 1].mean() < 0.7 if momentum == 0.99 else shares.min() > 0.85


@pytest.mark.slow
def test_what_lowers_a_gap(measured):
    without = {r', "dropout 0\.9": \{"rate": 0\.9\}': ""}
    tables = [section(7, "changes = ", seed, **without)["table"] for seed in SEEDS]
    means = {}
    for name in tables[0]:
        rows = np.array([table[name] for table in tables])  # loss on known digits, on new ones, share of these read
        means[name], spread = rows.mean(axis=0), rows.std(axis=0)
        loss, right = f"{means[name][1]:.2f} ± {spread[1]:.2f}", f"{means[name][2]:.1%} ± {spread[2]:.1%}"
        measured(f"{name}: loss {loss}, right {right}, gap {means[name][1] - means[name][0]:.2f}")
    losses = {name: mean[1] for name, mean in means.items()}
    helpless = min(losses["nothing"], losses["half of the units"])
    assert max(losses["64 updates"], losses["decay 1"]) < helpless - 0.05
    assert max(losses["dropout 0.5"], losses["moved"], losses["1,000 digits"]) < losses["decay 1"]
    shares = {name: mean[2] for name, mean in means.items()}
    assert min(shares["moved"], shares["1,000 digits"]) > shares["nothing"] + 0.01


@pytest.mark.slow
def test_a_sigmoid_net_learns_from_the_weights_of_a_tanh_net(measured):
    two = {r"model in racers\.items\(\)": 'model in racers.items() if name in ("sigmoid", "rescaled")'}
    for seed in OTHERS:
        race = section(8, "race = ", seed, **two)["race"]
        measured(f"seed {seed}: sigmoid {race['sigmoid'].min():.0%}, rescaled {race['rescaled'].min():.0%} errors")
        assert race["sigmoid"].min() > 0.8 and race["rescaled"].min() < 0.2


@pytest.mark.slow
def test_a_leaky_relu_does_not_mend_the_rate(measured):
    for seed in OTHERS:
        names = section(9, "cases = ", seed)
        measured(f"seed {seed}: dead {names['dead']}, read {names['read']}")
        assert names["dead"]["ReLU"] > 12 and names["dead"]["leaky ReLU"] == 0
        assert names["read"]["leaky ReLU"] < 0.4 and names["read"]["normalized"] > 0.8
