"""What a run tells at its end about the test split: figures as JSON, and the same as one page that needs no network."""

import base64
import html
import io
import json
import math
import os
from pathlib import Path

import cnn_course.quiet  # noqa: F401, loads TensorFlow without its start-up lines

# isort: split
import numpy as np
from PIL import Image

from cnn_course._files import write_whole

__all__ = ["figures_of", "page", "relative", "write"]

_WORST = 12


def figures_of(probabilities, labels, class_names):
    """Figures of a split.

    Args:
        probabilities: float array (images, classes).
        labels: int array (images,).
        class_names: sequence of str.

    Returns:
        dict: `test_loss` and `test_accuracy` (`test_top_5` of more than five classes); `classes`, for each its `name`,
        `images`, `precision`, `recall` and `f1` (None for a class that was never said); `confusion`, rows of counts,
        one row for each true class and one column for each class that was said; `mistakes`, of the worst first:
        `index` of the image, the class that it `is`, the one `said`, and the `probability` of the latter.

    >>> figures_of(np.array([[0.5, 0.5], [0.25, 0.75], [0.25, 0.75]]), np.array([0, 0, 1]), ["a", "b"])["confusion"]
    [[1, 1], [0, 1]]
    """
    count, said = len(class_names), probabilities.argmax(axis=1)
    of_truth = probabilities[np.arange(len(labels)), labels]
    confusion = np.bincount(labels * count + said, minlength=count**2).reshape(count, count)
    figures = {"test_loss": float(-np.log(np.clip(of_truth, 1e-7, 1 - 1e-7)).mean())}
    figures["test_accuracy"] = float((said == labels).mean())
    if count > 5:
        figures["test_top_5"] = float(((probabilities > of_truth[:, None]).sum(axis=1) < 5).mean())
    wrong = np.flatnonzero(said != labels)
    wrong = wrong[np.argsort(of_truth[wrong], kind="stable")][:_WORST]
    mistakes = [(int(i), class_names[labels[i]], class_names[said[i]], float(probabilities[i, said[i]])) for i in wrong]
    return figures | {
        "classes": [_of_class(name, confusion, i) for i, name in enumerate(class_names)],
        "confusion": confusion.tolist(),
        "mistakes": [dict(zip(("index", "is", "said", "probability"), mistake, strict=True)) for mistake in mistakes],
    }


def write(folder, title, figures, images, history, names=None):
    """Write `result.json` and `report.html`.

    Args:
        folder: `pathlib.Path` of the run.
        title: str, what was trained.
        figures: dict, as `figures_of` returns it, with `epochs` and `epoch`.
        images: float array (mistakes, height, width, channels) in [0, 1], those of the mistakes.
        history: list of dict, rows of the log.
        names: None, or list of str, the file of each mistake.
    """
    for mistake, name in zip(figures["mistakes"], names or (), strict=bool(names)):
        mistake["file"] = name
    figures = _rounded(figures | {"history": history})
    for name, text in (
        ("result.json", json.dumps(figures, indent=2) + "\n"),
        ("report.html", page(title, figures, images)),
    ):
        write_whole(folder / name, lambda unfinished, text=text: unfinished.write_text(text, encoding="utf-8"))


def page(title, figures, images):
    """The figures as HTML.

    Args:
        title: str, what was trained.
        figures: dict, as `write` stores it.
        images: float array (mistakes, height, width, channels) in [0, 1].

    Returns:
        str, a page that loads nothing.
    """
    classes = figures["classes"]
    count = sum(row["images"] for row in classes)
    right = sum(counts[i] for i, counts in enumerate(figures["confusion"]))
    parts = {
        "TITLE": html.escape(title),
        "SUMMARY": f"{right} of {count} test images are right ({figures['test_accuracy']:.1%}), "
        f"loss {_or_nan(figures['test_loss']):.4f}; epoch {figures['epoch']} of {figures['epochs']}. "
        f"Always the same class, the most frequent, would be right {max(row['images'] for row in classes)} times.",
        "CURVES": _curves(figures["history"]),
        "CLASSES": "".join(map(_row_of_class, classes)),
        "HEADS": "".join(f'<th scope="col">{html.escape(row["name"])}</th>' for row in classes),
        "CONFUSION": "".join(
            _row_of_confusion(row["name"], counts) for row, counts in zip(classes, figures["confusion"], strict=True)
        ),
        "MISTAKES": "".join(map(_mistake, figures["mistakes"], images)) or "<p>There are none.</p>",
    }
    text = (Path(__file__).parent / "report.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->", part)
    return text


def relative(files, folder):
    """Names of files as they are seen from a folder.

    Args:
        files: iterable of bytes.
        folder: `pathlib.Path`.

    Returns:
        list of str.
    """
    return [Path(os.fsdecode(file)).relative_to(folder).as_posix() for file in files]


def _of_class(name, confusion, i):
    images, said, right = confusion[i].sum(), confusion[:, i].sum(), confusion[i, i]
    shares = {"precision": right / said if said else None, "recall": right / images if images else None}
    shares["f1"] = 2 * right / (said + images) if said + images else None
    return {"name": name, "images": int(images)} | {k: None if v is None else float(v) for k, v in shares.items()}


def _rounded(value):
    """The same with six decimals, and None for what JSON cannot hold."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _row_of_class(row):
    shares = "".join(f"<td>{'–' if row[k] is None else f'{row[k]:.1%}'}</td>" for k in ("precision", "recall", "f1"))
    return f'<tr><th scope="row">{html.escape(row["name"])}</th><td>{row["images"]}</td>{shares}</tr>'


def _row_of_confusion(name, counts):
    most = max(sum(counts), 1)
    cells = "".join(f'<td style="--share: {count / most:.2f}">{count}</td>' for count in counts)
    return f'<tr><th scope="row">{html.escape(name)}</th>{cells}</tr>'


def _mistake(mistake, image):
    said = f"{html.escape(mistake['said'])} ({_or_nan(mistake['probability']):.0%})"
    text = f"is {html.escape(mistake['is'])}, said: {said}"
    name = html.escape(mistake.get("file", f"test image {mistake['index']}"))
    return f'<figure><img src="{_picture(image)}" alt="{text}"><figcaption>{text}<br>{name}</figcaption></figure>'


def _picture(image):
    """An image in [0, 1] as a JPEG in the page, its sides 160 pixels at most."""
    pixels = (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    picture.thumbnail((160, 160))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return _as_url("jpeg", file.getvalue())


def _curves(history):
    """Loss and accuracy over the epochs, an image each."""
    return "".join(_curve(history, what) for what in ("loss", "accuracy")) if history else ""


def _curve(history, what):
    from cnn_course import figures  # draws; not needed before the end of a run

    series = {name: [_or_nan(row[name]) for row in history] for name in (what, f"val_{what}")}
    text = f"{what} over {len(history)} epochs; at the end {history[-1][what]}, validation {history[-1][f'val_{what}']}"
    labels = {"training (augmented)": series[what], "validation": series[f"val_{what}"]}
    axes = figures.panels(width=4.5)
    figures.curves([row["epoch"] + 1 for row in history], labels, "epoch", what, what.capitalize(), axes)
    axes.xaxis.get_major_locator().set_params(integer=True)
    return f'<img src="{_as_url("png", figures._png([axes.figure]))}" alt="{text}.">'


def _or_nan(value):
    return math.nan if value is None else value


def _as_url(kind, data):
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
