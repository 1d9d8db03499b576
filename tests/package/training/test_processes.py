"""Whole processes: killed at random moments, on two devices, on two hosts of which one dies; and the default run."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import pytest

from lessons import ROOT
from test_command import log

# isort: split
import keras

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "cnn_course.training"]
# no random layer: equal on all devices; and smooth: behind max pooling and ReLU rounding grows to a hundredth
EQUAL = ["--model", "lenet5", "--data", "digits", "--augmentation", "none"]
EQUAL += ["--batch-size", "16", "--learning-rate", "0.01", "--drops", "3", "--epochs", "4"]
TWO_CPUS = """
import sys, tensorflow
cpu, = tensorflow.config.list_physical_devices("CPU")
tensorflow.config.set_logical_device_configuration(cpu, [tensorflow.config.LogicalDeviceConfiguration()] * 2)
from cnn_course.training import __main__ as command
sys.exit(command.main(sys.argv[1:]))
"""


SCALER = "keras.optimizers.LossScaleOptimizer.__init__"
SCALED = f"""import keras
begin = {SCALER}
{SCALER} = lambda *args, **options: begin(*args, **{{"initial_scale": 2.0**127}} | options)
"""
OVERFLOWING = TWO_CPUS.replace("sys.exit", SCALED + "sys.exit")


def start(command, folder, *flags, **environment):
    settings = os.environ | {"CUDA_VISIBLE_DEVICES": "-1"} | environment
    pipe = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, "--output", str(folder), *flags], cwd=ROOT, env=settings, **pipe)


def finish(process, timeout=300):
    _, error = process.communicate(timeout=timeout)
    return process.returncode, error


def wait_for(condition, process, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end, "waited for too long"
        time.sleep(0.02)


def assert_logs_are_close(found, expected, tolerance):
    assert len(found) == len(expected) > 0
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted, abs=tolerance)


def test_a_run_that_is_killed_five_times_equals_one_that_is_not(tmp_path):
    flags = ["--width", "0.05", "--data", "digits", "--image-size", "67", "--batch-size", "64", "--epochs", "40"]
    code, error = finish(start(COMMAND, tmp_path / "whole", *flags))
    assert code == 0, error
    moments, folder, done = random.Random(5), tmp_path / "killed", []
    checkpoint = folder / "checkpoint.keras"
    for _ in range(5):
        process = start(COMMAND, folder, "--resume", *flags)
        before = len(log(folder)) if folder.exists() else 0
        wait_for(lambda before=before: checkpoint.exists() and len(log(folder)) > before, process)
        time.sleep(moments.uniform(0, 0.5))
        process.kill()
        assert finish(process)[0] == -signal.SIGKILL
        done.append(len(log(folder)))
    assert done == sorted(set(done)) and done[-1] < 40  # each was killed on its way, at another epoch
    code, error = finish(start(COMMAND, folder, "--resume", *flags))
    assert code == 0, error
    assert_logs_are_close(log(folder), log(tmp_path / "whole"), 1e-6)
    assert (folder / "result.json").read_bytes() == (tmp_path / "whole" / "result.json").read_bytes()


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    folder = tmp_path_factory.mktemp("single")
    code, error = finish(start(COMMAND, folder, *EQUAL, "--strategy", "single"))
    assert code == 0, error
    return log(folder)


def test_two_devices_give_the_losses_of_one(single, tmp_path):
    code, error = finish(start([sys.executable, "-c", TWO_CPUS], tmp_path / "run", *EQUAL, "--strategy", "mirrored"))
    assert code == 0, error
    assert_logs_are_close(log(tmp_path / "run"), single, 1e-5)


def test_a_killed_run_of_several_devices_under_mixed_precision_equals_one_that_is_not(tmp_path):
    command = [sys.executable, "-c", OVERFLOWING]  # the first steps are skipped
    flags = ["--model", "lenet5", "--data", "digits", "--batch-size", "64", "--epochs", "4", "--drops", "2"]
    flags += ["--strategy", "mirrored", "--mixed-precision"]
    code, error = finish(start(command, tmp_path / "whole", *flags))
    assert code == 0, error
    folder = tmp_path / "killed"
    process = start(command, folder, *flags)
    wait_for((folder / "checkpoint.keras").exists, process)
    process.kill()
    assert finish(process)[0] == -signal.SIGKILL and 1 <= len(log(folder)) < 4
    code, error = finish(start(command, folder, *flags, "--resume"))
    assert code == 0, error
    assert_logs_are_close(log(folder), log(tmp_path / "whole"), 1e-6)
    assert int(keras.saving.load_model(folder / "checkpoint.keras").optimizer.iterations) < 4 * 17  # steps


def test_batches_must_be_shared_evenly(tmp_path):
    flags = ["--strategy", "mirrored", "--batch-size", "5"]
    code, error = finish(start([sys.executable, "-c", TWO_CPUS], tmp_path / "run", *flags))
    assert code == 2 and "--batch-size must be a multiple of the 2 devices. Received: 5." in error


def workers(folder, other_folder, *flags):
    """Two processes that are told, as two hosts would be, who they are."""
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        hosts = [f"127.0.0.1:{free.getsockname()[1]}" for free in (first, second)]
    tasks = [{"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}} for index in (0, 1)]
    flags = (*EQUAL, "--strategy", "multi_worker", *flags)
    folders = (folder, other_folder)
    return [start(COMMAND, seen, *flags, TF_CONFIG=json.dumps(task)) for seen, task in zip(folders, tasks, strict=True)]


@pytest.mark.parametrize("victim", [0, 1])
def test_a_worker_that_dies_ends_the_other_and_both_can_resume(single, tmp_path, victim):
    folder = tmp_path / "run"
    processes = workers(folder, folder)
    wait_for((folder / "checkpoint.keras").exists, processes[0])
    time.sleep(0.2)
    processes[victim].kill()
    code, error = finish(processes[1 - victim])
    assert code == 1
    assert "error: Another worker has stopped" in error and "--resume" in error and "Traceback" not in error
    assert 1 <= len(log(folder)) < 4
    for code, error in map(finish, workers(folder, folder, "--resume")):
        assert code == 0 and "UNAVAILABLE" not in error, error
    assert_logs_are_close(log(folder), single, 1e-5)
    assert (folder / "result.json").exists()


def test_two_hosts_must_see_the_same_folder(tmp_path):
    seen = [tmp_path / "seen", tmp_path / "elsewhere"]
    code, error = finish(start(COMMAND, seen[0], *EQUAL[:-1], "1"))
    assert code == 0, error
    for process in workers(*seen, "--resume"):
        code, error = finish(process)
        assert code == 1 and "All workers must see the same " in error and "Received: checksums [" in error


def test_the_default_run_learns_the_textures(tmp_path):
    code, error = finish(start(COMMAND, tmp_path / "run"))
    assert code == 0, error
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert result["test_accuracy"] >= 0.7  # chance is 1/3
