"""Settings of all tests: the same random numbers and inputs on every run, and no time limit on a busy machine.

Figures that tests measure are printed below their summary. With `CNN_COURSE_GPU=1` (`make test-gpu`) nothing runs
unless TensorFlow sees a GPU.
"""

import os
import sys

import hypothesis
import pytest

if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):  # they and their kernels share the processors
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, str(max(1, os.cpu_count() // workers)))

hypothesis.settings.register_profile("course", derandomize=True, deadline=None)  # a busy machine has no time limit
hypothesis.settings.load_profile("course")


@pytest.fixture(autouse=True)
def seeded():
    """Every test of Keras begins with the same random numbers."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture
def measured(record_property):
    """Function that prints a line in the summary of the run, from a worker of xdist as well."""
    return lambda line: record_property("measured", line)


def pytest_terminal_summary(terminalreporter):
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [line for report in reports for name, line in report.user_properties if name == "measured"]
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(lines))


def pytest_configure(config):
    if os.environ.get("CNN_COURSE_GPU") == "1":
        from cnn_course import quiet

        with quiet.silenced():
            import tensorflow as tf

            devices = tf.config.list_physical_devices()
        tf.config.experimental.enable_tensor_float_32_execution(False)  # NVIDIA_TF32_OVERRIDE does not reach all
        if not any(device.device_type == "GPU" for device in devices):
            seen = ", ".join(device.name for device in devices)
            raise pytest.UsageError(f"TensorFlow must see a GPU. Received: no GPU, only {seen}.")
