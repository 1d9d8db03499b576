"""Lesson 16 over seeds, run from its cells: the crumb, the test of random weights, images that please and that fool."""

import numpy as np
import pytest

import rerun

LESSON = "16_looking_inside"


def seeded(number, until, seed):
    """Names that a section binds, with another seed for its nets."""
    return rerun.section(LESSON, number, until, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_score_does_not_see_what_train_and_validation_share(seed, measured):
    names = seeded(1, "same = ", seed)
    measured(f"seed {seed}: {names['score']:.1%} right, of clean threes {names['clean_right']:.0%}")
    assert names["score"] > 0.95 and names["clean_right"] < 0.5
    assert np.unravel_index(names["falls"].argmax(), (6, 6)) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [10, 20])
def test_occlusion_and_grad_cam_pass_where_gradient_times_input_fails(seed, measured):
    changes = {r"set_random_seed\(seed\)": f"set_random_seed(seed + {seed})"}
    alike = rerun.section(LESSON, 3, until="alike = {}", changes=changes)["alike"]
    measured(f"seed {seed}: " + ", ".join(f"{kind} {net} {value:.2f}" for (kind, net), value in alike.items()))
    assert alike["gradient × input", "second"] - alike["gradient × input", "untrained"] < 0.2
    for kind in ("occlusion", "Grad-CAM"):
        assert alike[kind, "second"] > max(0.6, alike[kind, "untrained"] + 0.3)
    assert alike["saliency", "second"] < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_net_is_sure_of_images_that_another_does_not_read(seed, measured):
    names = seeded(4, "sure = []", seed)
    measured(f"seed {seed}: sure {names['sure'][0]:.2f} and {names['sure'][1]:.2f}, read {names['read']} of 10")
    assert min(names["sure"]) > 0.9 and names["read"] <= 7


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_changes_by_the_slope_fool_and_random_ones_do_not(seed, measured):
    shares = seeded(7, "shares = ", seed)["shares"]
    measured(f"seed {seed}: random changes {shares[0]:.0%} right, by slope {shares[1]:.0%}")
    assert shares[0] > 0.93 and shares[1] < 0.3
