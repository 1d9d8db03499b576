"""`make test-gpu`: no run without a GPU, and what should run on it does. A stub device tests this on any CPU."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course import reference
from lessons import ROOT

import keras  # isort: skip
import tensorflow as tf  # isort: skip

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
    value, eye = np.float32(1 + 2**-12), np.eye(64, dtype=np.float32)
    if layer == "product":
        result = keras.ops.matmul(np.full((64, 64), value), eye)
    else:
        kernel = np.pad(eye[None, None], [(1, 1), (1, 1), (0, 0), (0, 0)])
        result = keras.ops.conv(np.full((8, 32, 32, 64), value), kernel)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(result), value)


def a_model(**options):
    """A convolution in two groups."""
    return keras.Sequential([keras.Input((6, 5, 4)), keras.layers.Conv2D(6, 3, groups=2, **options)])


def test_xla_compiles_by_itself_beside_a_gpu_only(monkeypatch):
    """Also what nobody has compiled, as soon as it predicts; the setting outlives a copy on the disk."""
    compiled = a_model()
    compiled.compile("sgd", "mse")
    assert compiled.jit_compile == a_model().jit_compile == ON_A_GPU
    devices = [*tf.config.list_physical_devices("CPU"), tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: devices)
    compiled.compile("sgd", "mse")
    assert compiled.jit_compile and a_model().jit_compile
    compiled.compile("sgd", "mse", jit_compile=False)
    assert not compiled.jit_compile


def test_a_convolution_in_groups_runs_and_trains_without_xla_around_it():
    """Keras compiles this operation alone, on a CPU and on a GPU."""
    model, images = a_model(), np.random.default_rng(0).normal(size=(3, 6, 5, 4)).astype("float32")
    kernel, bias = (keras.ops.convert_to_numpy(weights) for weights in model.weights)
    expected = reference.conv2d(images, kernel, bias, groups=2)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images)), expected, rtol=1e-5, atol=1e-5)
    model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)
    model.fit(images, np.zeros_like(expected), shuffle=False, verbose=0)
    slopes = reference.conv2d_gradients(images, kernel, 2 * expected / expected.size, groups=2)[1]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model.weights[0]), kernel - 0.5 * slopes, atol=1e-5)


@pytest.mark.parametrize("operation", ["max_pool", "max"])
def test_equal_maxima_share_one_slope(operation):
    """A window hands its slope to one of them, on a CPU to the first; a maximum over an axis to each the same part."""
    image = tf.ones((1, 4, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        found = keras.ops.max_pool(image, 2) if operation == "max_pool" else keras.ops.max(image)
        total = tf.reduce_sum(found)
    slopes = tape.gradient(total, image).numpy().reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(4, 4)  # by window
    if operation == "max":
        assert (slopes == 1 / 16).all()
    else:
        assert (np.sort(slopes, axis=1) == [0, 0, 0, 1]).all() and (ON_A_GPU or (slopes[:, 0] == 1).all())


def test_batch_normalization_of_one_value_is_a_number():
    """The fused kernel of cuDNN divides its variance by no value; Keras 3 computes mean and variance on their own."""
    layer = keras.layers.BatchNormalization()
    assert (keras.ops.convert_to_numpy(layer(np.full((1, 1, 1, 3), 7, "float32"), training=True)) == 0).all()
    assert np.isfinite(keras.ops.convert_to_numpy(layer.moving_variance)).all()


@pytest.mark.skipif(not ON_A_GPU, reason="make test-gpu runs it")
@pytest.mark.parametrize("draw", ["normal", "uniform", "shuffle", "dropout"])
def test_a_seed_draws_the_same_numbers_on_a_gpu(draw):
    """Whole numbers decide all but the normal one, which takes a logarithm and a sine of them."""
    numbers = []
    for device in ("CPU:0", "GPU:0"):
        with tf.device(device):
            if draw == "dropout":
                drawn = keras.layers.Dropout(0.5, seed=3)(np.ones((50, 7), "float32"), training=True)
            else:
                drawn = getattr(keras.random, draw)(np.arange(350) if draw == "shuffle" else (50, 7), seed=3)
        numbers.append(keras.ops.convert_to_numpy(drawn))
    assert len(np.unique(numbers[0])) > 1
    np.testing.assert_allclose(numbers[1], numbers[0], rtol=0, atol=1e-5 if draw == "normal" else 0)


KERNELS = {  # whether this TensorFlow has a kernel for GPUs, by type
    "Conv2D": {"float32": True, "float64": True, "int32": True, "int64": False},
    "MatMul": {"float32": True, "float64": True, "int32": False, "int64": False},
    "MaxPool": {"float32": True, "float64": True, "int32": False, "int64": False},
}


@pytest.mark.parametrize("operation", KERNELS)
def test_integers_have_hardly_a_kernel_for_gpus(operation):
    """The registry of the installed TensorFlow says so on a CPU, too, where it is built for CUDA."""
    from tensorflow.python.framework import kernels

    if not tf.test.is_built_with_cuda():
        pytest.skip("this TensorFlow is built for CPUs")
    registered = kernels.get_registered_kernels_for_op(operation).kernel
    on_gpus = [constraint for kernel in registered if kernel.device_type == "GPU" for constraint in kernel.constraint]
    types = {tf.as_dtype(kind).name for constraint in on_gpus for kind in constraint.allowed_values.list.type}
    assert {kind: kind in types for kind in KERNELS[operation]} == KERNELS[operation]
