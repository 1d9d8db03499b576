"""More than one device, more than one host: TensorFlow's strategies, and the loop that `fit` lacks on several hosts.

With Keras 3.15 `fit` works under `MirroredStrategy` but not under `MultiWorkerMirroredStrategy` (keras issue 20585),
so `fit` below is written with the strategy's own API, as TensorFlow's guide on custom training loops shows it.
"""

import contextlib
import json
import os
import zlib

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import keras
import tensorflow as tf

from cnn_course.training.settings import STRATEGIES

__all__ = [
    "WorkerLost",
    "check_same_file",
    "fit",
    "is_chief",
    "leave_together",
    "reporting_lost_workers",
    "reuse_memory",
    "strategy",
]

_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError, tf.errors.CancelledError)


class WorkerLost(Exception):
    """Another worker has stopped, or does not see the same files."""


def reuse_memory():
    """Let TensorFlow keep the memory of one step on the CPU for the next. Call it before the first tensor is made.

    Otherwise large arrays go back to the system after every step, and come back page by page, cleared: for AlexNet,
    whose gradients take 250 MB, that is a third of the time. A `TF_CPU_ALLOCATOR_USE_BFC` that is set stays as it is.

    Source:
        TensorFlow's `ProcessState::GetCPUAllocator`; BFC ("best fit with coalescing") is what it uses on GPUs.
    """
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")


def strategy(name="auto"):
    """Strategy that says on which devices a model is trained. Call it before anything else of TensorFlow.

    Args:
        name: str, one of these. `"single"`: one device. `"mirrored"`: all GPUs of this host (or, where it has
            none, all logical CPUs), each with a copy of the model and its share of every batch. `"auto"`: `"mirrored"`
            with several GPUs, else `"single"`. `"multi_worker"`: several hosts; each runs the same command with its
            own `TF_CONFIG`. Waits until all have started.

    Returns:
        `tf.distribute.Strategy`; build and compile the model in its `scope()`.

    Raises:
        ValueError: the name is unknown, there is one device only, or `TF_CONFIG` is not as TensorFlow documents it.

    Source:
        TensorFlow, "Distributed training with TensorFlow" and "Multi-worker training with Keras".

    >>> strategy("single").num_replicas_in_sync
    1
    """
    if not isinstance(name, str) or name not in STRATEGIES:
        raise ValueError(f"`strategy` must be one of {', '.join(STRATEGIES)}. Received: {name!r}.")
    if name == "multi_worker":
        _check_tf_config(os.environ.get("TF_CONFIG", ""))
        return tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_logical_devices("GPU")
    if name == "single" or (name == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    devices = [device.name for device in gpus or tf.config.list_logical_devices("CPU")]
    if len(devices) < 2:
        raise ValueError(f"The strategy 'mirrored' needs at least two devices. Received: {devices[0]}.")
    return tf.distribute.MirroredStrategy(devices)


def is_chief(strategy):
    """True for the one process that writes files: the only one, or the first worker.

    Args:
        strategy: `tf.distribute.Strategy`.

    Returns:
        bool.
    """
    resolver = strategy.cluster_resolver
    return (
        resolver is None
        or resolver.task_type in (None, "chief")
        or (resolver.task_id == 0 and "chief" not in resolver.cluster_spec().jobs)
    )


def check_same_file(strategy, path):
    """Make sure that all workers start from the same file, or all from none; to be called by all of them.

    Args:
        strategy: `tf.distribute.Strategy`.
        path: `pathlib.Path`, on a file system that all hosts share.

    Raises:
        WorkerLost: they do not.
    """
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        checksum = zlib.crc32(path.read_bytes()) if path.exists() else -1
        checksums = strategy.gather(tf.constant([checksum], tf.int64), axis=0).numpy().tolist()
        if len(set(checksums)) > 1:
            raise WorkerLost(f"All workers must see the same {path}. Received: checksums {checksums} (-1: no file).")


def leave_together(strategy):
    """Wait for all workers: one that leaves while others still compute is taken for lost.

    Args:
        strategy: `tf.distribute.Strategy`.
    """
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        strategy.gather(tf.constant([0]), axis=0)


@contextlib.contextmanager
def reporting_lost_workers(strategy):
    """Turn what TensorFlow raises when another worker stops, after ten seconds at most, into one clear error.

    Args:
        strategy: `tf.distribute.Strategy`.

    Yields:
        None.

    Raises:
        WorkerLost: another worker has stopped.
    """
    try:
        yield
    except _LOST as error:
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            raise
        reported = error.message.rpartition("}} ")[2].splitlines()[0].rstrip(": ")
        raise WorkerLost(f"Another worker has stopped. TensorFlow reports: {reported}.") from error


def fit(model, make_dataset, steps_per_epoch, epochs, initial_epoch=0, validation_data=None, callbacks=(), verbose=2):
    """What `model.fit` does, for a model built under `MultiWorkerMirroredStrategy`.

    Args:
        model: compiled `keras.Model` from images to probabilities.
        make_dataset: function from a `tf.distribute.InputContext` to a `tf.data.Dataset` of this worker's batches
            (images, labels), for all epochs one after the other.
        steps_per_epoch: int >= 1.
        epochs: int >= 1, the last epoch plus one.
        initial_epoch: int >= 0; must be the same on all workers.
        validation_data: None or a `tf.data.Dataset` of batches (images, labels), which every worker reads whole.
        callbacks: iterable of `keras.callbacks.Callback`.
        verbose: 0, 1 or 2, as in `model.fit`.

    Returns:
        None; what was measured is passed to the callbacks.

    Source:
        TensorFlow, "Multi-worker training with a custom training loop".
    """
    everyone = model.distribute_strategy
    callbacks = keras.callbacks.CallbackList(
        callbacks, add_progbar=verbose > 0, model=model, verbose=verbose, epochs=epochs, steps=steps_per_epoch
    )
    batches = iter(everyone.distribute_datasets_from_function(make_dataset))
    step = tf.function(lambda batches: everyone.run(model.train_step, args=(next(batches),)), autograph=False)
    alone = keras.models.clone_model(model)  # to validate in this process
    alone.compile_from_config(model.get_compile_config())
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        callbacks.on_epoch_begin(epoch)
        model.reset_metrics()
        for index in range(steps_per_epoch):
            callbacks.on_train_batch_begin(index)
            step(batches)
            callbacks.on_train_batch_end(index)
        logs = {name: float(value) for name, value in model.get_metrics_result().items()}  # the sum over all workers
        if validation_data is not None:
            alone.set_weights(model.get_weights())
            found = alone.evaluate(validation_data, verbose=0, return_dict=True)
            logs |= {f"val_{name}": value for name, value in found.items()}
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    callbacks.on_train_end()


def _check_tf_config(text):
    wanted = (
        "The strategy 'multi_worker' needs the environment variable TF_CONFIG on every host, such as "
        '{"cluster": {"worker": ["host1:12345", "host2:12345"]}, "task": {"type": "worker", "index": 0}}.'
    )
    try:
        settings = json.loads(text)
        hosts = settings["cluster"][settings["task"]["type"]]
        valid = isinstance(hosts, list) and settings["task"]["index"] in range(len(hosts))
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        raise ValueError(f"{wanted} Received: {text!r}.")
