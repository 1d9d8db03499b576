"""Lesson 12 over seeds, run from the cells of the notebook: which net is right more often, which survives a shift."""

import numpy as np
import pytest

import rerun

AVERAGE = 'racers = {"average pools": lambda: cnn(shrink=lambda filters: layers.AveragePooling2D(2)),'


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [3, 5, 10])
def test_pools_keep_most_answers_after_a_shift(measured, epochs):
    changes = {r"racers = \{": AVERAGE, r"range\(3\)": "range(5)", "epochs=5": f"epochs={epochs}"}
    changes[r"counts == \["] = "counts == [110_474, "  # of the net with average pools
    names = rerun.section("12_stride_instead_of_pooling", 4, until="tolerance = ", changes=changes)
    right, tolerance = names["right"], names["tolerance"]
    for name, values in right.items():
        spread = f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}"
        measured(f"{name}, {epochs} epochs: {spread} % right, same answer after 4 pixels {tolerance[name][4]:.0f} %")
    others = set(tolerance) - {"pools"}
    assert tolerance["pools"][4] > max(tolerance[name][4] for name in others) + 5
    assert tolerance["strides"][4] > tolerance["strides, average"][4]
    assert np.mean(right["strides"]) > np.mean(right["strides, average"])
    assert abs(np.mean(right["strides"]) - np.mean(right["pools"])) < 4
