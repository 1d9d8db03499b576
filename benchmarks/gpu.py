"""Images per second in training on a GPU: AlexNet and lesson 11's first CNN, float32 and mixed, XLA on and off.

The batch lies on the card already: reading and copying pictures is another matter. Beside PyTorch where it is
installed, and beside the card's rate of matrix products. Ends with an error where TensorFlow sees no GPU.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import cnn_course.quiet  # noqa: F401, before Keras

# isort: split
import keras
import numpy as np
import tensorflow as tf

from cnn_course import anatomy, models
from race import table

MODELS = {
    "AlexNet, one tower": (models.alexnet, {"variant": "one_tower"}, 128),
    "first CNN": (models.pooled_cnn, {}, 1024),
}
STEPS, TURNS = 20, 5


def main():
    """Print the table."""
    if not tf.config.list_physical_devices("GPU"):
        sys.exit("error: this benchmark needs a GPU. Received: TensorFlow lists none.")
    card = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])["device_name"]
    peaks = {policy: _matrix_rate(dtype) for policy, dtype in (("float32", "float32"), ("mixed_float16", "float16"))}
    for policy, rate in peaks.items():
        print(f"{card}: {rate / 1e12:.1f} TFLOP/s in products of 8192×8192 matrices, {policy}.\n")
    rows = []
    for label, (build, options, batch) in MODELS.items():
        for policy in peaks:
            keras.config.set_dtype_policy(policy)
            for xla in (False, True):
                model = build(**options)
                rate = _images_per_second(model, batch, xla)
                share = 6 * anatomy.describe(model).totals.macs * rate / peaks[policy]  # forward 2, backward 4
                rows.append([label, batch, policy, "on" if xla else "off", f"{rate:,.0f}", f"{share:.1%}"])
    keras.config.set_dtype_policy("float32")
    rows += _torch()
    print(table(["model", "batch", "precision", "XLA", "images a second", "share of the card's rate"], rows))


def _matrix_rate(dtype, size=8192):
    """Operations a second in a product of two large matrices, the median of several."""
    a = tf.cast(tf.random.normal((size, size)), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)))
    return 2 * size**3 / _median_seconds(lambda: float(product()))


def _images_per_second(model, batch, xla):
    images, labels = map(tf.constant, _batch(model.input_shape[1:], model.output_shape[-1], batch))
    model.compile(keras.optimizers.SGD(0.001, momentum=0.9), "sparse_categorical_crossentropy", jit_compile=xla)
    return batch * STEPS / _median_seconds(lambda: [model.train_on_batch(images, labels) for _ in range(STEPS)])


def _batch(shape, classes, batch):
    random = np.random.default_rng(0)
    return random.random((batch, *shape), dtype="float32"), random.integers(0, classes, batch)


def _median_seconds(function):
    function()
    taken = []
    for _ in range(TURNS):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def _torch():
    """AlexNet in PyTorch: in a process of its own, since the two bring different libraries of NVIDIA's."""
    command = [sys.executable, str(Path(__file__).with_name("gpu_torch.py"))]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
