"""What the named kernels claim about themselves."""

import numpy as np
import pytest

from cnn_course import kernels
from cnn_course.reference import cross_correlate

ALL = {name: getattr(kernels, name) for name in kernels.__all__}


@pytest.mark.parametrize("name", ALL)
def test_a_kernel_cannot_be_changed_by_accident(name):
    assert ALL[name].dtype == np.float32 and ALL[name].ndim == 2
    with pytest.raises(ValueError, match="read-only"):
        ALL[name][0, 0] = 5


@pytest.mark.parametrize("name", ALL)
def test_the_sum_of_the_weights(name):
    keeps_brightness = name in ("IDENTITY", "BOX_BLUR", "GAUSSIAN_BLUR", "SHARPEN", "EMBOSS")
    assert ALL[name].sum() == pytest.approx(1 if keeps_brightness else 0)


def test_signs_of_the_edges():
    brighter_to_the_right = np.tile(np.arange(7.0), (5, 1))
    assert (cross_correlate(brighter_to_the_right, kernels.VERTICAL_EDGES) == -1).all()
    assert (cross_correlate(brighter_to_the_right, kernels.SOBEL_X) == 8).all()
    assert (cross_correlate(brighter_to_the_right.T, kernels.HORIZONTAL_EDGES) == -1).all()
    assert (cross_correlate(brighter_to_the_right.T, kernels.SOBEL_Y) == 8).all()
    for other in (kernels.HORIZONTAL_EDGES, kernels.SOBEL_Y, kernels.LAPLACIAN):
        assert (cross_correlate(brighter_to_the_right, other) == 0).all()


def test_how_the_kernels_are_made():
    smooth, difference = np.array([[1, 2, 1]]), np.array([[-1, 0, 1]])
    np.testing.assert_array_equal(kernels.SOBEL_X, smooth.T * difference)
    np.testing.assert_array_equal(kernels.SOBEL_Y, kernels.SOBEL_X.T)
    np.testing.assert_array_equal(kernels.GAUSSIAN_BLUR, smooth.T * smooth / 16)
    np.testing.assert_array_equal(kernels.SHARPEN, kernels.IDENTITY - kernels.LAPLACIAN)
    np.testing.assert_allclose(kernels.BOX_BLUR, np.full((3, 3), 1 / 9), rtol=1e-6)


def test_emboss_lights_from_the_upper_left():
    step = np.zeros((6, 6))
    step[3:, 3:] = 1  # a raised corner: its upper left edge faces the light
    response = cross_correlate(step, kernels.EMBOSS) - step[1:-1, 1:-1]
    assert response[1, 1] > 0 and response[2, 2] > 0
