"""Stored outputs hold elsewhere: every notebook strictly, under what other machines change and with a little noise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lessons import NOTEBOOKS, ROOT

HERE = Path(__file__).resolve().parent
ONE = dict.fromkeys(
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", *(f"TF_NUM_INT{e}OP_THREADS" for e in ("ER", "RA"))], "1"
)
NOISE = """
import sys
sys.path.insert(0, {folder!r})
__import__("perturbed").install_in(get_ipython())
sys.path.pop(0), sys.modules.pop("perturbed"), globals().pop("sys")
"""
SETTINGS = {
    "without oneDNN, one thread": {"TF_ENABLE_ONEDNN_OPTS": "0", **ONE},
    "the instructions of 2008": {"ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Nehalem"},
    "noise": {},
}


def run(*arguments, **environment):
    command, variables = [sys.executable, *arguments], os.environ | environment
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=1700)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_stored_outputs_hold(setting, tmp_path):
    environment = dict(SETTINGS[setting])
    if setting == "noise":
        startup = tmp_path / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00_noise.py").write_text(NOISE.format(folder=str(HERE)), encoding="utf-8")
        environment["IPYTHONDIR"] = str(tmp_path)
    options = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=600", "-q", "-p", "no:cacheprovider", "-rf"]
    code, printed = run("-m", "pytest", *options, str(NOTEBOOKS), **environment)
    assert code == 0, printed[-5000:]


PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import cnn_course.quiet, keras, numpy as np
image, kernel = np.random.default_rng(0).normal(size=(1, 9, 9, 2)), np.random.default_rng(1).normal(size=(3, 3, 2, 4))
once = lambda: [keras.ops.convert_to_numpy(keras.ops.conv(image, kernel)), image[0, 0] @ keras.ops.convert_to_numpy(
    keras.ops.matmul(kernel[0, 0], np.full((4, 2), 0.3)))]
before = once()
import perturbed
perturbed.install()
for exact, noisy, again in zip(before, once(), once()):
    off = abs(noisy / exact - 1)
    print(1e-8 < off.max() < 1e-5, (noisy == again).all())
print(float(keras.ops.sum(keras.ops.conv(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1))))))
"""


def test_the_noise_is_there_the_same_each_time_and_leaves_whole_numbers_alone():
    code, printed = run("-c", PROGRAM.format(folder=str(HERE)))
    assert (code, printed.split()) == (0, ["True"] * 4 + ["36.0"]), printed
