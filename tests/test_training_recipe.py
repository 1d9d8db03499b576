"""The run of lesson 14, cell by cell as it stands, with other seeds."""

import contextlib
import io

import numpy as np
import pytest

import lessons

pytestmark = pytest.mark.slow

LESSON = lessons.NOTEBOOKS / "14_training_alexnet.ipynb"
SEEDS = (1, 2, 3)


def accuracy_on_test(seed):
    """Accuracy on the test split of the section that trains, with `seed` in its training cell."""
    notebook = lessons.read(LESSON)
    imports = lessons.code_cells(notebook)[0].source
    (section,) = [section for section in lessons.sections(notebook) if section.number == 4]
    sources = [cell.source for cell in section.cells if cell.cell_type == "code"]
    trains = next(i for i, source in enumerate(sources) if "model.fit" in source)
    last = next(i for i, source in enumerate(sources) if "test_accuracy, " in source)
    assert "keras.utils.set_random_seed(0)" in sources[trains]
    sources[trains] = sources[trains].replace("set_random_seed(0)", f"set_random_seed({seed})")
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join([imports, *sources[: last + 1]]), names)
    return names["test_accuracy"]


def test_other_seeds_learn_as_well(measured, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    accuracies = [accuracy_on_test(seed) for seed in SEEDS]
    measured(f"lesson 14, test accuracy for seeds {SEEDS}: {', '.join(f'{value:.0%}' for value in accuracies)}")
    assert np.mean(accuracies) >= 0.7 and min(accuracies) > 0.4  # chance is 1/3
