"""Noise in every convolution and matrix product of Keras, as a stand-in for another processor or a GPU.

Each value is off by at most a millionth of itself, by the same share at the same place of every image; gradients are,
too, because they come back through that share. Small multiples of 1/256 stay: sums of them are exact everywhere.
"""

import functools
import sys

NOISE = 1e-6
PRODUCTS = {
    "nn": ("conv", "conv_transpose", "depthwise_conv", "separable_conv"),
    "numpy": ("dot", "einsum", "matmul", "tensordot"),
}


def install():
    """Put the noise into the TensorFlow backend of Keras, for this process."""
    import cnn_course.quiet  # noqa: F401, I001  (before Keras)
    import tensorflow as tf
    from keras.src import backend

    def noisy(product):
        @functools.wraps(product)
        def perturbed(*arguments, **options):
            exact = tf.convert_to_tensor(product(*arguments, **options))
            if not exact.dtype.is_floating:
                return exact
            share = tf.random.stateless_uniform(tf.shape(exact)[1:], (1, 2), -NOISE, NOISE, tf.float64)
            result = tf.cast(tf.cast(exact, tf.float64) * (1 + share), exact.dtype)
            stays = (256 * exact == tf.round(256 * exact)) & (abs(exact) < 4096)  # above, most of float32 would
            return tf.where(stays, exact, result)

        return perturbed

    for module, names in PRODUCTS.items():
        for name in names:
            setattr(getattr(backend, module), name, noisy(getattr(getattr(backend, module), name)))


def install_in(shell):
    """The same in a kernel, as soon as a cell has imported Keras: it shall not be loaded where a lesson does not."""

    def before_a_cell(info):
        if "keras" in sys.modules:
            shell.events.unregister("pre_run_cell", before_a_cell)
            install()

    shell.events.register("pre_run_cell", before_a_cell)
