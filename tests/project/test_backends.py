"""Models and `describe` on Keras's other backends, where they are installed (`pip install jax torch`)."""

import importlib.util
import os
import subprocess
import sys

import pytest

from lessons import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_models_and_anatomy_on(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    files = ["tests/package/test_models.py", "tests/package/anatomy"]
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "-p", "no:cacheprovider", *files]
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
