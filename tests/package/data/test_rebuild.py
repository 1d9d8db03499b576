"""The embedded data against the packages that ship the originals: extra `originals`, which `make test-slow` installs.

The packages are imported in the tests, because `make test` collects this file without them.
"""

import importlib.util

import numpy as np
import pytest

from cnn_course import data
from cnn_course._files import shipped

pytestmark = pytest.mark.slow


def test_photos_are_the_originals():
    import skimage.data

    for name, original in (("cat", skimage.data.chelsea()), ("coffee", skimage.data.coffee())):
        np.testing.assert_array_equal(np.round(data.photo(name) * 255).astype(np.uint8), original)
    for name in ("brick", "grass", "gravel"):
        for channel in range(3):
            restored = np.round(data.photo(name)[:, :, channel] * 255).astype(np.uint8)
            np.testing.assert_array_equal(restored, getattr(skimage.data, name)())


def test_the_splits_together_hold_every_digit_once():
    from sklearn.datasets import load_digits

    digits, originals = data.load("digits"), load_digits()
    images = np.concatenate([digits.x_train, digits.x_validation, digits.x_test])
    labels = np.concatenate([digits.y_train, digits.y_validation, digits.y_test])
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(originals.target))
    distinct = len(np.unique(originals.images.reshape(1797, -1), axis=0))
    assert len(np.unique(images.reshape(1797, -1), axis=0)) == distinct


def test_the_script_rebuilds_what_is_committed():
    specification = importlib.util.spec_from_file_location("rebuild", shipped("data") / "rebuild.py")
    rebuild = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(rebuild)
    expected = {"digits": rebuild.digits()} | {name: {"pixels": p} for name, p in rebuild.photographs().items()}
    assert set(expected) == {"digits", *data.PHOTOS}
    for name, arrays in expected.items():
        with np.load(shipped("data") / f"{name}.npz", allow_pickle=False) as stored:
            assert set(stored) == set(arrays)
            for key, values in arrays.items():
                assert stored[key].dtype == values.dtype == np.uint8
                np.testing.assert_array_equal(stored[key], values)
