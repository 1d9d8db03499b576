"""Lesson 11's better recipe, exactly as it stands in the notebook, over seeds and on other data.

    python benchmarks/read_digits.py                      # the digits
    python benchmarks/read_digits.py mnist [PATH]         # MNIST, fetched or from a local file
    python benchmarks/read_digits.py mnist PATH --epochs 9 --moved

Prints accuracy on the validation and the test split, the seconds of the training and of reading the test split, for
three seeds. With `--moved` each image is read five times: where it stands, and moved by one pixel up, down, left and
right; the net's five opinions are averaged.
"""

import argparse
import time

import numpy as np

import rerun

ALL_FOUR = ("augmentation", "normalization", "rate", "smoothing")
STANDING, MOVED = ((0, 0),), ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))  # pixels down and to the right


def recipe(data_set="digits", path=None, seed=0, epochs=None, ingredients=ALL_FOUR, places=STANDING):
    """Train as in section 6 of lesson 11.

    Args:
        data_set: str, one of `data.DATASETS` with images of 28x28x1.
        path: None or str, for `data.load`.
        seed: int.
        epochs: None or int >= 1; by default about 20,000 images are seen, at least two epochs.
        ingredients: tuple of str, of `ALL_FOUR`.
        places: tuple of pairs of ints, `STANDING` or `MOVED`: for images with an empty margin, what leaves at one side
            comes in at the other.

    Returns:
        dict with `validation` and `test` (shares right), `seconds` of the training and of `reading` the test split.
    """
    changes = {r'data\.load\("digits"\)': f"data.load({data_set!r}, path={path!r})"}
    names = rerun.section("11_first_cnn", 6, until="def train(", changes=changes)
    digits = names["digits"]
    begin = time.perf_counter()
    model = names["train"](ingredients, seed, epochs or max(2, 20_000 // len(digits.x_train)))
    seconds = time.perf_counter() - begin
    right = {}
    for split in ("validation", "test"):
        begin, images = time.perf_counter(), getattr(digits, f"x_{split}")
        said = sum(_opinion(model, np.roll(images, place, axis=(1, 2))) for place in places).argmax(axis=-1)
        reading = time.perf_counter() - begin
        right[split] = float(np.mean(said == getattr(digits, f"y_{split}")))
    return right | {"seconds": seconds, "reading": reading}


def _opinion(model, images):
    """Probabilities of the classes; the net itself gives logits."""
    logits = model.predict(images, batch_size=1000, verbose=0)
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def main():
    """Print a row a seed, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_set", nargs="?", default="digits")
    parser.add_argument("path", nargs="?")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--moved", action="store_true", help="read each image five times, for MNIST")
    arguments = parser.parse_args()
    rows, places = [], MOVED if arguments.moved else STANDING
    for seed in range(arguments.seeds):
        row = recipe(arguments.data_set, arguments.path, seed, arguments.epochs, places=places)
        rows.append(list(row.values()))
        print(f"seed {seed}: " + ", ".join(f"{name} {value:.4f}" for name, value in row.items()), flush=True)
    print("mean:   validation {:.4f}, test {:.4f}, seconds {:.1f}, reading {:.1f}".format(*np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
