"""Images per second in training on a GPU: AlexNet and lesson 11's first CNN, float32 and mixed, XLA on and off.

The batch lies on the card already: reading and copying pictures is another matter. Beside PyTorch where it is
installed, and beside the card's rate of matrix products. Ends with an error where TensorFlow sees no GPU.
"""

import sys
import time

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
    """AlexNet in PyTorch, in float32 and with automatic mixed precision."""
    try:
        import torch
    except ImportError:
        return [["PyTorch", "", "", "", "not installed", "–"]]
    from steps import torch_alexnet

    if not torch.cuda.is_available():
        return [["PyTorch", "", "", "", "sees no GPU", "–"]]
    tf32 = tf.config.experimental.tensor_float_32_execution_enabled()  # the same for both
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    model, batch = torch_alexnet().cuda(), 128
    images, labels = _batch((227, 227, 3), 1000, batch)
    planes = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).cuda()
    targets, loss, rows = torch.from_numpy(labels).cuda(), torch.nn.CrossEntropyLoss(), []
    optimizer = torch.optim.SGD(model.parameters(), 0.001, momentum=0.9)
    for mixed in (False, True):
        scaler = torch.amp.GradScaler("cuda", enabled=mixed)

        def steps(mixed=mixed, scaler=scaler):
            for _ in range(STEPS):
                optimizer.zero_grad()
                with torch.autocast("cuda", torch.float16, enabled=mixed):
                    value = loss(model(planes), targets)
                scaler.scale(value).backward()
                scaler.step(optimizer)
                scaler.update()
            torch.cuda.synchronize()

        rate = batch * STEPS / _median_seconds(steps)
        rows.append(["AlexNet, PyTorch", batch, "mixed" if mixed else "float32", "–", f"{rate:,.0f}", "–"])
    return rows


if __name__ == "__main__":
    main()
