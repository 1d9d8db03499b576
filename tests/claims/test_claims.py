"""Sentences that circulate about CNNs, and that a lesson judges in words alone, decided here: one function each."""

import numpy as np
import scipy.ndimage
import scipy.signal

import cnn_course.quiet  # noqa: F401  (before Keras)

import keras  # isort: skip


def test_the_convolution_of_image_processing_flips_only_in_some_programs():
    """Lesson 02, section 6: SciPy has both, Keras slides without a flip."""
    image, kernel = np.arange(9.0).reshape(3, 3), np.arange(4.0).reshape(2, 2)
    slid, flipped = [[19, 25], [37, 43]], [[5, 11], [23, 29]]
    by_keras = keras.ops.conv(image[None, :, :, None], kernel[:, :, None, None])
    assert np.array_equal(np.asarray(by_keras)[0, :, :, 0], slid)
    assert np.array_equal(scipy.signal.correlate2d(image, kernel, "valid"), slid)
    assert np.array_equal(scipy.ndimage.correlate(image, kernel)[1:, 1:], slid)
    assert np.array_equal(scipy.signal.convolve2d(image, kernel, "valid"), flipped)
    assert np.array_equal(scipy.ndimage.convolve(image, kernel)[:-1, :-1], flipped)
