"""`make test-gpu`: no run without a GPU, and what should run on it does. A stub device tests this on any CPU."""

import os
import re
import subprocess
import sys

import pytest

from lessons import ROOT

ON_A_GPU = os.environ.get("CNN_COURSE_GPU") == "1"
MUST_BE_PLACED = ("Conv2D", "MaxPool", "MaxPoolGrad", "Conv2DBackpropFilter", "AssignSubVariableOp")
PROGRAM = """
import contextlib, sys
import cnn_course.quiet
import keras
import numpy as np
import tensorflow as tf

stub = sys.argv[1:]
if stub:  # a second logical CPU stands for the GPU
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
tf.debugging.set_log_device_placement(True)
images = np.ones((2, 12, 10, 1), np.float32)
with tf.device(stub[0]) if stub else contextlib.nullcontext():
    convolution, pool = keras.layers.Conv2D(4, 3), keras.layers.MaxPooling2D()
    print("result of Conv2D:", convolution(images).device)
    print("result of MaxPool:", pool(images).device)
    layers = [keras.Input((12, 10, 1)), convolution, pool, keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    model.train_on_batch(images, np.zeros((2, 3)))
"""


def log_of(*stub):
    done = subprocess.run([sys.executable, "-c", PROGRAM, *stub], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def problems(log, device):
    """Where a convolution, a pool or a part of the training step ran elsewhere, or not at all."""
    found = []
    for operation in MUST_BE_PLACED:
        places = re.findall(rf"(?:\({operation}\)|result of {operation}): \S*/device:(\w+:\d+)", log)
        if set(places) != {device}:
            found.append(f"{operation} ran on {places}, not on {device}")
    return found


@pytest.mark.skipif(not ON_A_GPU, reason="make test-gpu runs it")
def test_convolution_pooling_and_a_training_step_are_placed_on_the_gpu():
    assert problems(log_of(), "GPU:0") == []


@pytest.mark.slow
def test_the_placement_is_found_out_on_a_stub_device():
    log = log_of("CPU:1")
    assert problems(log, "CPU:1") == []
    assert len(problems(log, "GPU:0")) == len(MUST_BE_PLACED)
    elsewhere = log.replace(
        "(MaxPoolGrad): /job:localhost/replica:0/task:0/device:CPU:1", "(MaxPoolGrad): /device:CPU:0"
    )
    assert problems(elsewhere, "CPU:1") == ["MaxPoolGrad ran on ['CPU:0'], not on CPU:1"]
    assert len(problems("", "CPU:1")) == len(MUST_BE_PLACED)


@pytest.mark.slow
def test_the_gpu_run_refuses_to_fall_back():
    hidden = os.environ | {"CNN_COURSE_GPU": "1", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "tests/project/test_gpu.py"]
    done = subprocess.run(command, cwd=ROOT, env=hidden, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0 and "test_gpu.py::" not in done.stdout
    assert "TensorFlow must see a GPU. Received: no GPU, only /physical_device:CPU:0" in done.stderr


@pytest.mark.skipif(not ON_A_GPU, reason="make test-gpu runs it")
@pytest.mark.parametrize("layer", ["product", "convolution"])
def test_products_are_those_of_float32(layer):
    """1 + 2**-12 needs 13 bits: TF32 keeps 11 and gives exactly 1."""
    import cnn_course.quiet  # noqa: F401, I001  (before Keras)
    import keras
    import numpy as np

    value, eye = np.float32(1 + 2**-12), np.eye(64, dtype=np.float32)
    if layer == "product":
        result = keras.ops.matmul(np.full((64, 64), value), eye)
    else:
        kernel = np.pad(eye[None, None], [(1, 1), (1, 1), (0, 0), (0, 0)])
        result = keras.ops.conv(np.full((8, 32, 32, 64), value), kernel)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(result), value)
