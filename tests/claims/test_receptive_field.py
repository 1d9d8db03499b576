"""Lesson 09 over seeds, run from the notebook's own cells: which fields tell holes 8 apart from holes 12 apart."""

import pytest

import rerun


def trained(seed, rates):
    changes = {r"\(\(1, 1, 1\), .+\(1, 2, 4\)\)": rates}
    names = rerun.section("09_receptive_field", 1, until="model.fit(", changes=changes, seed=seed)
    return names["right"], names["gaps"]


@pytest.mark.slow
def test_holes_on_the_rim_of_the_field_are_found_in_some_runs_and_outside_of_it_in_none(measured):
    found = {7: 0, 9: 0, 11: 0, "9, one path each": 0}
    for seed in range(8):
        right, gaps = trained(seed, "((1, 1, 1), (1, 1, 2), (1, 2, 2))")
        assert right[7] == 0.5 and gaps[7] < 1e-4
        right["9, one path each"] = trained(seed, "((1, 3),)")[0][9]
        for field, share in right.items():
            found[field] += share > 0.95
    measured("of eight runs succeed: " + ", ".join(f"field {field}: {count}" for field, count in found.items()))
    assert found[7] == 0 and found[11] == 8
    assert 2 <= found[9] <= 6 < found["9, one path each"]
