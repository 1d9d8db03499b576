"""Stored outputs hold elsewhere: every notebook strictly, under what other machines change and with a little noise."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import notebooks
from lessons import NOTEBOOKS, ROOT

HERE = Path(__file__).resolve().parent
THREADS = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS"]
SETTINGS = {
    "without oneDNN, one thread, OpenBLAS of 2013": dict.fromkeys(THREADS, "1")
    | {"TF_ENABLE_ONEDNN_OPTS": "0", "OPENBLAS_CORETYPE": "Haswell"},
    "noise, instructions of 2008": {"ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Nehalem"},
}
NOISE = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
__import__("perturbed").install_in(get_ipython())
sys.path.pop(0), sys.modules.pop("perturbed"), globals().pop("sys")
"""


def python(*arguments, **environment):
    command, variables = [sys.executable, *arguments], os.environ | environment
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=3000)
    return done.returncode, done.stdout + done.stderr


def cells_that_differ(where, setting, home):
    """Names of the cells that do not print what is stored, and what pytest said."""
    environment = dict(SETTINGS[setting])
    if setting.startswith("noise"):
        startup = home / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00_noise.py").write_text(NOISE, encoding="utf-8")
        environment["IPYTHONDIR"] = str(home)
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=900", "-q", "-p", "no:cacheprovider", "-rf"]
    code, printed = python("-m", "pytest", *options, "--color=no", str(where), **environment)
    cells = re.findall(r"^FAILED (?:\S*/)?(\S+)\.ipynb::(Cell \d+)", printed, re.MULTILINE)
    assert code == bool(cells), printed[-5000:]
    return [" ".join(cell) for cell in cells], printed


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_stored_outputs_hold(setting, tmp_path):
    cells, printed = cells_that_differ(NOTEBOOKS, setting, tmp_path)
    assert not cells, f"{setting}: not as stored are {', '.join(cells)}\n{printed[-5000:]}"


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the settings name others")
def test_each_setting_reaches_the_kernel_and_a_cell_that_differs_is_named(tmp_path):
    """All digits of products of TensorFlow and NumPy; nine of a convolution in float64, which only the noise moves."""
    sources = [
        "import cnn_course.quiet, keras, numpy as np, tensorflow as tf",
        "left, right = (np.random.default_rng(0).normal(size=size) for size in ((100, 4000), (4000, 100)))",
        'print(tf.matmul(left.astype("float32"), right.astype("float32")).numpy().tobytes()[:400])',
        "print((left @ right).tobytes()[:400])",
        "print(np.round(keras.ops.conv(left[None, :, :, None], right[:3, :3, None, None])[0, 0, :9, 0], 9))",
    ]
    file = tmp_path / "digits.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]), file)
    notebooks.write(notebooks.execute(file), file)
    without, noise = (cells_that_differ(file, setting, tmp_path / setting)[0] for setting in SETTINGS)
    tensorflow, numpy, in_float64 = (f"digits Cell {number}" for number in (2, 3, 4))
    assert noise == [tensorflow, numpy, in_float64]
    assert without in ([tensorflow, numpy], [tensorflow])  # this machine's own product may be that of 2013


PROGRAM = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import cnn_course.quiet, keras, numpy as np, tensorflow as tf
import perturbed
from keras import layers, ops
random = np.random.default_rng(0).normal
image, kernel, matrix = random(size=(2, 9, 7, 3)), random(size=(3, 3, 3, 4)), random(size=(3, 3))
calls = {{
    "conv": lambda: ops.conv(image, kernel),
    "conv_transpose": lambda: ops.conv_transpose(image, kernel.swapaxes(2, 3)),
    "depthwise_conv": lambda: ops.depthwise_conv(image, kernel),
    "separable_conv": lambda: ops.separable_conv(image, kernel, np.full((1, 1, 12, 2), 0.3)),
    "dot": lambda: ops.dot(matrix, matrix),
    "einsum": lambda: ops.einsum("nhwc,cd->nhwd", image, matrix),
    "matmul": lambda: ops.matmul(image, matrix),
    "tensordot": lambda: ops.tensordot(image, matrix, 1),
}}

def slope():
    weights = tf.Variable(kernel)
    with tf.GradientTape() as tape:
        result = ops.sum(ops.conv(image, weights) ** 2)
    return tape.gradient(result, weights)

def fitted(jit_compile):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((9, 7, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=jit_compile)
    model.fit(image, np.ones(2), verbose=0)
    return np.concatenate([np.ravel(weights) for weights in model.get_weights()])

calls |= {{"gradient": slope, "fit": lambda: fitted(False), "fit with XLA": lambda: fitted(True)}}
assert {{name for names in perturbed.PRODUCTS.values() for name in names}} < set(calls)
exact, same = ({{name: np.asarray(call()) for name, call in calls.items()}} for _ in range(2))
perturbed.install()
noisy, again = ({{name: np.asarray(call()) for name, call in calls.items()}} for _ in range(2))
for name in calls:
    off = abs(noisy[name] - exact[name]).max() / abs(exact[name]).max()
    assert (exact[name] == same[name]).all() and (noisy[name] == again[name]).all(), name
    assert 1e-8 < off < 1e-5, (name, off)
assert ops.sum(ops.conv(np.ones((1, 4, 4, 1)), np.full((2, 2, 1, 1), 0.25))) == 9
"""


def test_the_noise_reaches_every_product_its_gradient_and_training_and_leaves_whole_numbers_alone():
    code, printed = python("-c", PROGRAM)
    assert code == 0, printed
