"""Models of keras-hub, whose blocks have a `call` of their own: TensorFlow's traces against a count on JAX."""

import json
import os
import subprocess
import sys

import foreign
import keras
import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
from cnn_course.anatomy import describe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares with TensorFlow's"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def on_jax():
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, foreign.__file__], env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = map(json.loads, filter(lambda line: line.startswith("["), done.stdout.splitlines()))
    return {name: figures for name, *figures in lines}


def test_models_of_keras_hub():
    pytest.importorskip("keras_hub")
    expected, found, unknown = on_jax(), {}, {}
    for name, (build, shapes) in foreign.models().items():
        model = build()
        description = describe(model, foreign.shapes_of(model, shapes))
        found[name] = [description.totals.parameters, description.totals.macs]
        assert description.totals.parameters == model.count_params()
        unknown[name] = {row.kind for row in description.rows if row.macs == "unknown"}
    assert len(found) >= 12 and found == expected
    assert not any(unknown.values()), unknown
