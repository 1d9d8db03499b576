"""Models, `describe` and `looking` on Keras's other backends: what the README says of JAX and PyTorch."""

import importlib.util
import os
import subprocess
import sys

import pytest

from lessons import ROOT

NO_TORCH = "torch is not installed: of the other backends `make test-slow` installs JAX alone"


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend",
    [
        "jax",  # the extra `backends`, which `make test-slow` installs
        pytest.param("torch", marks=pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason=NO_TORCH)),
    ],
)
def test_models_anatomy_and_looking_on(backend):
    files = ["tests/package/test_models.py", "tests/package/anatomy", "tests/package/test_looking.py"]
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "-p", "no:cacheprovider", *files]
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
