"""The silent start of TensorFlow, each time in a process of its own."""

import json
import os
import subprocess
import sys

import pytest


def run(code, **environment):
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("KERAS", "CNN_COURSE", "TF_"))}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=variables | environment, capture_output=True, text=True, timeout=300)


def test_nothing_reaches_stderr_and_keras_is_configured_as_the_user_says(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "tensorflow", "floatx": "float64"}))
    code = "import cnn_course.quiet, keras; print(keras.backend.backend(), keras.ops.ones(3).dtype)"
    done = run(code, KERAS_HOME=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "tensorflow <dtype: 'float64'>\n", "")


@pytest.mark.skipif(os.name == "nt", reason="there is no /dev/null")
@pytest.mark.parametrize(
    "code", ["from cnn_course import figures", pytest.param("import cnn_course.quiet, keras", marks=pytest.mark.slow)]
)
def test_nothing_reaches_stderr_where_the_home_cannot_be_written(code):
    environment = {"HOME": "/dev/null", "MPLCONFIGDIR": "", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""}
    done = run(f"{code}; import logging; logging.getLogger('matplotlib').warning('heard')", **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "heard\n")


def test_the_variable_switches_it_off():
    done = run("import sys, cnn_course.quiet; print('tensorflow' in sys.modules)", CNN_COURSE_QUIET="0")
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_are_left_alone(backend):
    done = run("import sys, cnn_course.quiet; print('tensorflow' in sys.modules)", KERAS_BACKEND=backend)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_backend_is_found_as_keras_finds_it(tmp_path):
    for number, content in enumerate(['{"backend": "jax"}', "{}", "not json", None]):
        (tmp_path / str(number)).mkdir()
        if content is not None:
            (tmp_path / str(number) / "keras.json").write_text(content)
    code = """
import os
from cnn_course import quiet
for backend, number in (("", 0), ("", 1), ("", 2), ("", 3), ("torch", 0)):
    os.environ |= {"KERAS_BACKEND": backend, "KERAS_HOME": str(number)}
    print(quiet.keras_backend())
"""
    done = run(f"import os; os.chdir({str(tmp_path)!r})\n{code}", CNN_COURSE_QUIET="0")
    assert (done.stdout.split(), done.stderr) == (["jax", "tensorflow", "tensorflow", "tensorflow", "torch"], "")


def test_an_exception_surfaces_with_what_was_written_before_it():
    code = """
import os
from cnn_course import quiet
with quiet.silenced():
    os.write(2, b"noise\\n")
os.write(2, b"heard\\n")
with quiet.silenced():
    os.write(2, b"the reason\\n")
    raise ImportError("no such library")
"""
    done = run(code, CNN_COURSE_QUIET="0")
    assert done.returncode == 1
    assert "noise" not in done.stderr
    assert done.stderr.startswith("heard\nthe reason\nTraceback")
    assert done.stderr.endswith("ImportError: no such library\n")


def test_a_stderr_that_is_missing_or_closed_is_no_obstacle():
    code = """
import os, sys
from cnn_course import quiet

def closed():
    file = open(os.devnull, "w")
    file.close()
    return file

for sys.stderr, descriptor in ((None, 2), (closed(), 2), (None, None)):  # pythonw, a service, `2>&-`
    if descriptor is None:
        os.close(2)
    with quiet.silenced():
        print("inside")
    try:
        with quiet.silenced():
            raise ImportError
    except ImportError:
        print("raised")
"""
    done = run(code, CNN_COURSE_QUIET="0")
    assert (done.returncode, done.stdout) == (0, "inside\nraised\n" * 3)


def test_a_broken_tensorflow_is_not_hidden(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('libcuda is broken')")
    done = run("import cnn_course.quiet", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1 and "ImportError: libcuda is broken" in done.stderr
