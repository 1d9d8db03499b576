"""`reference.conv2d` and pooling beside the matrix product inside them, and beside what one would use instead."""

import functools
import sys

import cnn_course.quiet  # noqa: F401, before Keras

# isort: split
import keras
import numpy as np
import tensorflow as tf
from scipy import signal

from cnn_course import reference
from race import ratios, row, seconds, table

LIMITS = {  # label: images, kernel, strides, padding, how many times the bare product is allowed on one thread
    "AlexNet C1": ((1, 227, 227, 3), (11, 11, 3, 96), 4, "valid", 1.2),
    "AlexNet C2": ((1, 27, 27, 96), (5, 5, 96, 256), 1, "same", 1.2),
    "8×56×56×64 → 64, 3×3": ((8, 56, 56, 64), (3, 3, 64, 64), 1, "same", 1.2),
    "8×32×32×3 → 64, 3×3": ((8, 32, 32, 3), (3, 3, 3, 64), 1, "same", 1.5),
    "224×224×1 → 1, 3×3": ((1, 224, 224, 1), (3, 3, 1, 1), 1, "same", 1.8),
}
POOLS = {"3×3, stride 2": (3, 2, 1.1), "2×2, stride 2": (2, 2, 1.0)}  # pool size, strides, times tf.nn allowed
GRADIENTS = ["images gradient ÷ conv2d (at most 3)", "kernel gradient ÷ conv2d (at most 3)"]
OTHERS = ["reference.conv2d", "keras.ops.conv", "tf.nn.conv2d", "torch", "scipy", "plain loop"]


def main():
    """Print three tables. Set OMP_NUM_THREADS=1 and its like for one thread: `run.py` does."""
    single = "1" in sys.argv[1:]
    if single:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    random = np.random.default_rng(0)
    rows = [_convolution(label, case, random, single) for label, case in LIMITS.items()]
    print(table(["convolution", "bare product", *OTHERS, *GRADIENTS], rows))
    print()
    print(table(["pooling, 55×55×96", "tf.nn.max_pool2d", "reference.max_pool2d"], _pools(random, single)))


def _convolution(label, case, random, single):
    images_shape, kernel_shape, strides, padding, allowed = case
    images = random.normal(size=images_shape).astype("float32")
    kernel = random.normal(size=kernel_shape).astype("float32")
    columns = reference.im2col(images, kernel_shape[:2], strides, padding)
    columns, weights = columns.reshape(-1, columns.shape[-1]), kernel.reshape(-1, kernel_shape[-1])
    tf_images, tf_kernel = tf.constant(images), tf.constant(kernel)
    functions = {
        "reference.conv2d": lambda: reference.conv2d(images, kernel, strides=strides, padding=padding),
        "keras.ops.conv": lambda: keras.ops.conv(images, kernel, strides, padding),
        "tf.nn.conv2d": lambda: tf.nn.conv2d(tf_images, tf_kernel, strides, padding.upper()),
        **_torch(images, kernel, strides, padding, single),
    }
    if kernel_shape[2:] == (1, 1):
        functions["scipy"] = lambda: _with_scipy(images, kernel)
        functions["plain loop"] = lambda: _with_a_loop(images, kernel)
    expected = columns @ weights
    for name, function in functions.items():
        assert np.allclose(np.asarray(function()).ravel(), expected.ravel(), rtol=1e-3, atol=1e-2), name
    slow = {name: functions.pop(name) for name in ["plain loop"] if name in functions}
    gradient = functions["reference.conv2d"]()
    settings = (images, kernel, gradient, reference._layout(images, kernel_shape[:2], strides, padding, 1))
    parts = [reference._images_gradient, reference._kernel_gradient]  # `conv2d_gradients` calls both
    functions |= {name: functools.partial(part, *settings) for name, part in zip(GRADIENTS, parts, strict=True)}
    functions["bare"] = lambda: columns @ weights
    taken = seconds(functions, repeats=25)
    for name, function in slow.items():
        taken[name] = np.full(25, np.median(seconds({name: function}, repeats=3)[name]))
    backward = ratios(taken, "reference.conv2d")
    limits = {"reference.conv2d": allowed} if single else {}
    return [*row(label, taken, "bare", OTHERS, limits), *(f"{backward[name]:.2f}" for name in GRADIENTS)]


def _torch(images, kernel, strides, padding, single):
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1 if single else torch.get_num_threads())
    planes = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    weights = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
    return {"torch": lambda: torch.nn.functional.conv2d(planes, weights, None, strides, padding).permute(0, 2, 3, 1)}


def _with_scipy(images, kernel):
    return signal.correlate2d(images[0, :, :, 0], kernel[:, :, 0, 0], mode="same")


def _with_a_loop(images, kernel):
    padded, weights = np.pad(images[0, :, :, 0], 1), kernel[:, :, 0, 0]
    output = np.empty(images.shape[1:3], dtype="float32")
    for i, j in np.ndindex(*output.shape):
        output[i, j] = (padded[i : i + 3, j : j + 3] * weights).sum()
    return output


def _pools(random, single):
    images = random.normal(size=(1, 55, 55, 96)).astype("float32")
    tf_images, rows = tf.constant(images), []
    for label, (pool_size, strides, allowed) in POOLS.items():
        functions = {
            "tf.nn": lambda pool_size=pool_size, strides=strides: tf.nn.max_pool2d(
                tf_images, pool_size, strides, "VALID"
            ),
            "reference": lambda pool_size=pool_size, strides=strides: reference.max_pool2d(images, pool_size, strides),
        }
        assert np.array_equal(functions["tf.nn"](), functions["reference"]())
        limits = {"reference": allowed} if single else {}
        rows.append(row(label, seconds(functions, repeats=100), "tf.nn", ["reference"], limits))
    return rows


if __name__ == "__main__":
    main()
