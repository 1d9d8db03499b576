"""Sentences that circulate about CNNs, and that a lesson judges in words alone, decided here: one function each."""

import numpy as np
import pytest
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


def test_n_minus_k_plus_p_plus_1_is_the_size_only_if_p_counts_both_sides():
    """Lesson 03, section 2: `ZeroPadding2D(p)`, and PyTorch's `padding=p`, mean each side."""
    for size, kernel_size, padding in ((8, 3, 1), (7, 2, 2), (5, 5, 3)):
        framed = keras.layers.ZeroPadding2D(padding)(np.ones((1, size, size, 1)))
        output = keras.ops.conv(framed, np.ones((kernel_size, kernel_size, 1, 1), "float32"), padding="valid")
        in_total = 2 * padding
        assert output.shape[1] == size - kernel_size + in_total + 1 != size - kernel_size + padding + 1


def test_an_old_argument_of_the_first_layer_still_works_with_a_warning():
    """Lesson 11, section 2: `input_shape=`; `keras.Input` is the way now."""
    with pytest.warns(UserWarning, match="Do not pass an `input_shape`"):
        layer = keras.layers.Conv2D(32, 3, input_shape=(28, 28, 1))
    old, new = keras.Sequential([layer]), keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3)])
    assert old.count_params() == new.count_params() == 320


def test_one_layer_of_a_billion_weights_is_larger_than_gpt_1():
    """Lesson 01, section 1: “10⁹ weights is about the size of GPT-1” is wrong; that model has about 117 million."""
    sizes = [(768, 3 * 768), (768, 768), (768, 3072), (3072, 768)]  # inputs and units of the dense layers of a block
    block = sum((inputs + 1) * units for inputs, units in sizes) + 2 * 2 * 768  # and two normalizations
    gpt_1 = (40_478 + 512) * 768 + 12 * block
    assert gpt_1 == 116_534_784 and 8 < 10**6 * 1000 / gpt_1 < 9


def test_leaky_relu_has_another_slope_by_name_than_as_a_layer():
    """Lesson 08, section 2: write the slope down."""
    below = np.array([-1.0], "float32")
    assert np.allclose(keras.activations.get("leaky_relu")(below), -0.2)
    assert np.allclose(keras.layers.LeakyReLU()(below), -0.3)


def test_switches_that_are_set_after_fit_wait_for_compile():
    """Lesson 17, section 2: a model that has run `fit` goes on with the switches that it was compiled with."""
    layer = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((2,)), layer])

    def moves(**options):
        before = layer.get_weights()[0]
        if options:
            model.compile("sgd", "mse", jit_compile=False, **options)
        model.fit(np.ones((4, 2)), np.zeros(4), verbose=0)
        return not np.array_equal(before, layer.get_weights()[0])

    assert moves(metrics=[])
    layer.trainable = False
    assert moves()
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        assert not moves(metrics=[])
