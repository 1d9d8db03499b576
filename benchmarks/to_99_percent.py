"""Seconds of training to 99 % on MNIST: lesson 11's recipe beside those of Keras's and PyTorch's MNIST examples.

    python benchmarks/to_99_percent.py PATH      # mnist.npz or a folder with the original files

Ours: fixed recipes, the test split read once, at the end; the longer one has to reach 99.5 % in the time in which the
faster of the others reaches 99 %, and its seconds include the reading of the test split. Theirs: test accuracy after
each epoch, the seconds of training alone to the first epoch with at least 99.0 %, at most 15 (Keras) and 14 (PyTorch)
epochs, as they stand.
"""

import argparse
import json
import subprocess
import sys
import time

import numpy as np

from race import table
from read_digits import MOVED, recipe

SEEDS = (0, 1, 2)
GOAL = 0.99
PEERS = ("Keras example", "PyTorch example")


def main():
    """Print the table; with `--only` run one recipe in this process and print its rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--only", choices=[*RECIPES])
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(RECIPES[arguments.only](arguments.path)))
        return
    rows = []
    for name in RECIPES:
        command = [sys.executable, __file__, arguments.path, "--only", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(said := done.stdout.splitlines()[-1], file=sys.stderr)
        rows += json.loads(said)
    fastest = min((seconds for label, _, seconds in rows if label in PEERS and seconds), default=None)
    limit = f" (at most {fastest:.0f})" if fastest else ""
    cells = [f"{seconds:.0f}{'' if label in PEERS else limit}" if seconds else "–" for label, _, seconds in rows]
    rows = [[label, accuracy, cell] for (label, accuracy, _), cell in zip(rows, cells, strict=True)]
    print(table(["recipe", "test accuracy", "seconds"], rows))


def _lesson(path):
    """As it stands in the notebook: two epochs."""
    runs = [recipe("mnist", path, seed) for seed in SEEDS]
    tests = ", ".join(f"{test:.2%}" for test in sorted([run["test"] for run in runs], reverse=True))
    seconds = float(np.median([run["seconds"] for run in runs]))
    return [(f"lesson 11, two epochs, {len(SEEDS)} seeds", f"{tests} (at least 99%)", seconds)]


def _longer(path):
    """Nine epochs, and each test image read five times, as chosen by images that were held out."""
    rows = []
    for seed in SEEDS:
        run = recipe("mnist", path, seed, epochs=9, places=MOVED)
        print(run, file=sys.stderr, flush=True)
        label = f"lesson 11, nine epochs, five places, seed {seed}"
        rows.append((label, f"{run['test']:.2%} (at least 99.5%)", run["seconds"] + run["reading"]))
    return rows


def _until_the_goal(label, train_one_epoch, test, epochs):
    seconds, best = 0.0, 0.0
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        train_one_epoch()
        seconds += time.perf_counter() - start
        best = max(best, accuracy := test())
        if accuracy >= GOAL:
            return [(label, f"{accuracy:.2%} after epoch {epoch}", seconds)]
    return [(label, f"best {best:.2%} in {seconds:.0f} s", None)]


def _mnist(path):
    """All 60,000 training images, as both examples use them, and the test images."""
    from cnn_course import data

    mnist = data.load("mnist", path)
    x, y = np.concatenate([mnist.x_train, mnist.x_validation]), np.concatenate([mnist.y_train, mnist.y_validation])
    order = np.random.default_rng(0).permutation(len(y))  # the course's splits are sorted in part
    return x[order], y[order], mnist.x_test, mnist.y_test


def _keras(path):
    """Keras's "Simple MNIST convnet": two convolutions, dropout, Adam, batch 128, a tenth held out."""
    import cnn_course.quiet  # noqa: F401

    # isort: split
    import keras
    from keras import layers

    x_train, y_train, x_test, y_test = _mnist(path)
    keras.utils.set_random_seed(0)
    parts = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
    parts += [layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((28, 28, 1)), *parts, layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    labels = keras.utils.to_categorical(y_train, 10)

    def train_one_epoch():
        model.fit(x_train, labels, batch_size=128, validation_split=0.1, verbose=0)

    def test():
        return float(np.mean(model.predict(x_test, verbose=0).argmax(axis=1) == y_test))

    return _until_the_goal(PEERS[0], train_one_epoch, test, epochs=15)


def _torch(path):
    """PyTorch's "basic MNIST example": two convolutions, dropouts, Adadelta, rate times 0.7 an epoch, batch 64."""
    label = PEERS[1]
    try:
        import torch
    except ImportError:
        return [(label, "not installed", None)]
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    x_train, y_train, x_test, y_test = (np.ascontiguousarray(array) for array in _mnist(path))
    torch.manual_seed(0)
    x_train, x_test = (torch.from_numpy((x.transpose(0, 3, 1, 2) - 0.1307) / 0.3081) for x in (x_train, x_test))
    loader = DataLoader(TensorDataset(x_train, torch.from_numpy(y_train.astype("int64"))), 64, shuffle=True)
    features = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)]
    dense = [nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10), nn.LogSoftmax(1)]
    model = nn.Sequential(*features, *dense)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.7)

    def train_one_epoch():
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.nll_loss(model(images), labels).backward()
            optimizer.step()
        scheduler.step()

    def test():
        model.eval()
        with torch.no_grad():
            found = torch.cat([model(part).argmax(1) for part in x_test.split(1000)])
        return float((found.numpy() == y_test).mean())

    return _until_the_goal(label, train_one_epoch, test, epochs=14)


RECIPES = {"keras": _keras, "torch": _torch, "longer": _longer, "lesson": _lesson}


if __name__ == "__main__":
    main()
