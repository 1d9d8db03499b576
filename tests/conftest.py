"""Settings of hypothesis for all tests: the same inputs on every run, and no time limit on a busy machine.

With `CNN_COURSE_GPU=1` (`make test-gpu`) nothing runs unless TensorFlow sees a GPU.
"""

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("course", derandomize=True, deadline=None)
hypothesis.settings.load_profile("course")


def pytest_configure(config):
    if os.environ.get("CNN_COURSE_GPU") == "1" and not hasattr(config, "workerinput"):
        from cnn_course import quiet

        with quiet.silenced():
            import tensorflow as tf

            devices = tf.config.list_physical_devices()
        if not any(device.device_type == "GPU" for device in devices):
            seen = ", ".join(device.name for device in devices)
            raise pytest.UsageError(f"TensorFlow must see a GPU. Received: no GPU, only {seen}.")
