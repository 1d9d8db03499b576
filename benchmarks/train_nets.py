"""Train the nets that `explore.digit` shows, by the recipes of lessons 11, 12 and 16 as they stand in the notebooks.

    python benchmarks/train_nets.py

Writes `data/nets.npz` and its line of `data/SHA256SUMS`, and prints how many digits of the test split each reads.
Weights are rounded to whole numbers from -127 to 127 times a scale for each output: a byte each in place of four.
"""

import hashlib
import json

import numpy as np

import read_digits
import rerun
from cnn_course import data
from cnn_course._files import shipped
from cnn_course.explore import _digit


def trained():
    """Train them; two minutes on two cores.

    Returns:
        dict from a name to a `keras.Sequential`.
    """
    better = rerun.section("11_first_cnn", 6, until="def train(")
    racing = rerun.section("12_stride_instead_of_pooling", 4, until="def train(")
    return {
        "pooled": rerun.section("11_first_cnn", 5, until="history = reader.fit")["reader"],
        "strided": racing["train"](racing["racers"]["strides"], 0),
        "better recipe": better["train"](read_digits.ALL_FOUR, 0, epochs=17),
        "crumb": rerun.section("16_looking_inside", 1, until="train(cheat")["cheat"],
    }


def rounded(net):
    """Round the weights of each layer with a kernel."""
    for layer in net.layers:
        if hasattr(layer, "kernel"):
            kernel, *rest = layer.get_weights()
            scale = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1))) / 127
            layer.set_weights([np.round(kernel / np.where(scale, scale, 1)) * scale, *rest])
    return net


def right(net):
    """Share of the digits of the test split that a net reads."""
    digits = data.load("digits")
    return np.mean(net.predict(digits.x_test, verbose=0).argmax(axis=-1) == digits.y_test)


def main():
    """Write the archive and its checksum."""
    archive = {}
    for name, net in trained().items():
        before = right(net)
        (described,) = _digit._described({name: rounded(net)})
        archive[name] = np.frombuffer(json.dumps(described).encode(), np.uint8)
        print(f"{name}: {before:.1%} of the test split, rounded {right(net):.1%}")
    file = shipped("data") / "nets.npz"
    np.savez_compressed(file, **archive)
    sums = file.with_name("SHA256SUMS")
    others = [line for line in sums.read_text(encoding="utf-8").splitlines() if not line.endswith(f"  {file.name}")]
    mine = f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}"
    sums.write_text("\n".join(sorted([*others, mine], key=lambda line: line.split()[1])) + "\n", encoding="utf-8")
    print(f"{file.stat().st_size:,} bytes, {mine}")


if __name__ == "__main__":
    main()
