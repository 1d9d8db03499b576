"""Rebuild the embedded data from the packages that ship the originals.

Run from the project's root, with the extra `originals` installed: `python data/rebuild.py`.
It writes the archives of this folder and `SHA256SUMS`; `README.md` repeats the checksums for readers.
"""

import hashlib
from pathlib import Path

import numpy as np
import skimage.data
from skimage.transform import resize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).parent
PHOTOGRAPHS = {"cat": "cat", "coffee": "coffee", "brick": "brick", "grass": "grass", "gravel": "gravel"}
SEED = 0


def digits():
    """Enlarge the 8x8 digits (17 gray levels) to 28x28 by cubic interpolation and split them, stratified.

    Returns:
        dict of arrays: `x_*` uint8 (count, 28, 28), `y_*` uint8 (count,); 1,149 train, 288 validation, 360 test.
    """
    source = load_digits()
    enlarged = [resize(image / 16, (28, 28), order=3, mode="edge", clip=True) for image in source.images]
    images = np.round(255 * np.stack(enlarged)).astype(np.uint8)
    labels = source.target.astype(np.uint8)
    rest, test = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=SEED)
    train, validation = train_test_split(rest, test_size=0.2, stratify=labels[rest], random_state=SEED)
    splits = {"train": train, "validation": validation, "test": test}
    return {f"x_{split}": images[index] for split, index in splits.items()} | {
        f"y_{split}": labels[index] for split, index in splits.items()
    }


def photographs():
    """Return the photographs as scikit-image ships them: by name, uint8 (height, width) or (height, width, 3)."""
    return {name: getattr(skimage.data, original)() for name, original in PHOTOGRAPHS.items()}


def main():
    """Write all archives and their checksums."""
    np.savez_compressed(FOLDER / "digits.npz", **digits())
    for name, pixels in photographs().items():
        np.savez_compressed(FOLDER / f"{name}.npz", pixels=pixels)
    files = sorted(FOLDER.glob("*.npz"))
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (FOLDER / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
