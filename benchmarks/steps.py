"""Training steps: `fit` beside a bare compiled step, AlexNet beside plain Keras and PyTorch, with peak memory.

`python benchmarks/steps.py` prints the tables. The bare steps run inside one `fit`, from a callback, between blocks of
its own steps. Each AlexNet runs in a process of its own, in turns: with glibc's allocator as it is, with huge pages,
and with huge pages that it never gives back, as the course keeps its memory. What is given back comes page by page.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np

from race import ratios, row, table

BATCH, SIZE, CLASSES, STEPS, TURNS = 8, 227, 1000, 6, 3
BLOCKS, BLOCK = 60, 12  # of steps, in turns
HUGE = "glibc.malloc.hugetlb=1"
ALLOCATORS = {  # how it is called: GLIBC_TUNABLES
    "": "",
    ", huge pages": HUGE,
    ", huge pages kept": f"{HUGE}:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold={2**40}",
}
HEADER = [f"one-tower AlexNet, batch {BATCH}, {SIZE}×{SIZE}", "a step", "course ÷ this", "peak memory"]


def main():
    """Print both tables, or with a name of `ALEXNETS` run that one and print its figures."""
    if sys.argv[1:]:
        print(json.dumps(ALEXNETS[sys.argv[1]]()))
        return
    taken = _fit_and_bare_step()
    inside = f"{1 / ratios(taken, 'bare')['fit']:.2f} (at least 0.95)"
    header = [f"lesson 11's first CNN, {BLOCK} steps of 64", "bare step", "fit", "steps a second, fit ÷ bare"]
    print(table(header, [[*row("digits", taken, "bare", ["fit"]), inside]]), end="\n\n")
    runs = {(allocator, name): [] for allocator in ALLOCATORS for name in ALEXNETS if not allocator or name != PLAIN}
    for _ in range(TURNS):
        for case, found in runs.items():
            found.append(_in_a_process(*case))
    print(table(HEADER, [_row(*case, runs) for case in runs]))


def _row(allocator, name, runs):
    found, ours = runs[allocator, name], runs[allocator, "course"]
    if None in found:
        return [name + allocator, "not installed", "–", "–"]
    times, course = (np.array([one["seconds"] for one in some]) for some in (found, ours))
    limit = " (at most 0.8)" if name == "PyTorch" else ""
    memory = f"{np.median([one['peak'] for one in found]) / 2**20:.0f} MiB"
    return [name + allocator, f"{np.median(times):.2f} s", f"{np.median(course / times):.2f}{limit}", memory]


def _fit_and_bare_step():
    """Seconds of blocks of steps of one `fit` over the digits, and of a compiled function between them."""
    import cnn_course.quiet  # noqa: F401

    # isort: split
    import keras
    import tensorflow as tf

    from cnn_course import data, models

    digits = data.load("digits")
    count = BLOCKS * BLOCK * 64
    images, labels = np.resize(digits.x_train, (count, 28, 28, 1)), np.resize(digits.y_train, count)
    fitted, model = (models.pooled_cnn() for _ in range(2))
    fitted.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    optimizer, loss = keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy()
    optimizer.build(model.trainable_variables)
    batches = [(tf.constant(images[i : i + 64]), tf.constant(labels[i : i + 64])) for i in range(0, BLOCK * 64, 64)]

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

    taken = {"bare": [], "fit": []}

    class Between(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            if (batch + 1) % BLOCK:
                return
            middle = time.perf_counter()
            for one in batches:
                step(*one)
            end = time.perf_counter()
            taken["fit"].append(middle - self.start)
            taken["bare"].append(end - middle)
            self.start = time.perf_counter()

    fitted.fit(images, labels, 64, shuffle=False, verbose=0, callbacks=[Between()])
    return {name: np.array(seconds[1:]) for name, seconds in taken.items()}  # the first ones compile


def _in_a_process(allocator, name):
    """What the network `name` measured, None where its framework is not installed."""
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "GLIBC_TUNABLES": ALLOCATORS[allocator]}
    done = subprocess.run(
        [sys.executable, __file__, name], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _photographs():
    random = np.random.default_rng(0)
    count = BATCH * STEPS
    images = random.random((count, SIZE, SIZE, 3), dtype="float32")
    return images, random.integers(0, CLASSES, count)


def _timed(epoch):
    """Seconds of one step after a first epoch, and the peak memory of the process in bytes."""
    import resource

    epoch()
    start = time.perf_counter()
    epoch()
    return {
        "seconds": (time.perf_counter() - start) / STEPS,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _course():
    """As `python -m cnn_course.training --xla` trains, without augmentation."""
    import cnn_course.quiet  # noqa: F401
    from cnn_course import models, training
    from cnn_course.training import devices

    devices.reuse_memory()
    images, labels = _photographs()
    model = models.alexnet("one_tower")
    model.compile(training.optimizer(0.01, STEPS), "sparse_categorical_crossentropy", jit_compile=True)

    def epoch():
        batches = training.batches(images, labels, BATCH, seed=0, epochs=1)
        model.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0)

    return _timed(epoch)


def _plain():
    """The same layers by what Keras and TensorFlow bring along, and `fit` with its defaults (XLA among them)."""
    import cnn_course.quiet  # noqa: F401

    # isort: split
    import keras
    import tensorflow as tf
    from keras import layers

    images, labels = _photographs()

    def conv(filters, size, strides=1, padding="same"):
        return layers.Conv2D(filters, size, strides, padding, activation="relu")

    def normalized_pool():
        constants = {"depth_radius": 2, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}
        lrn = layers.Lambda(lambda x: tf.nn.local_response_normalization(x, **constants))
        return [lrn, layers.MaxPooling2D(3, 2)]

    features = [conv(96, 11, 4, "valid"), *normalized_pool(), conv(256, 5), *normalized_pool()]
    features += [conv(384, 3), conv(384, 3), conv(256, 3), layers.MaxPooling2D(3, 2), layers.Flatten()]
    dense = [part for _ in range(2) for part in (layers.Dense(4096, activation="relu"), layers.Dropout(0.5))]
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *features, *dense, layers.Dense(CLASSES, "softmax")])
    assert model.count_params() == 62_378_344
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9, weight_decay=5e-4)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return _timed(lambda: model.fit(images, labels, BATCH, verbose=0))


def _torch():
    """The same network, loss and optimizer in PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    images, labels = _photographs()
    planes = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    targets, model = torch.from_numpy(labels), torch_alexnet()
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    loss = torch.nn.CrossEntropyLoss()

    def epoch():
        for start in range(0, len(planes), BATCH):
            optimizer.zero_grad()
            loss(model(planes[start : start + BATCH]), targets[start : start + BATCH]).backward()
            optimizer.step()

    return _timed(epoch)


def torch_alexnet():
    """One-tower AlexNet in PyTorch, from planes (batch, 3, 227, 227) to logits."""
    from torch import nn

    def normalized_pool():
        return [nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0), nn.MaxPool2d(3, 2)]  # alpha is divided by 5

    features = [nn.Conv2d(3, 96, 11, 4), nn.ReLU(), *normalized_pool()]
    features += [nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), *normalized_pool()]
    features += [nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()]
    features += [nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten()]
    dense = [nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
    model = nn.Sequential(*features, *dense, nn.Linear(4096, CLASSES))
    assert sum(p.numel() for p in model.parameters()) == 62_378_344
    return model


PLAIN = "plain Keras fit"
ALEXNETS = {"course": _course, PLAIN: _plain, "PyTorch": _torch}


if __name__ == "__main__":
    main()
