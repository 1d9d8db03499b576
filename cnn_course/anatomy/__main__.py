"""`python -m cnn_course.anatomy MODEL`: the table of `describe` for a saved model or one of `keras.applications`."""

import argparse
import csv
import difflib
import inspect
import io
import json
import shutil
import sys
import textwrap
from pathlib import Path

import keras

from cnn_course import anatomy, models  # noqa: F401  (the layer of the course is registered)
from cnn_course._files import say
from cnn_course.anatomy import tables

__all__ = ["main"]


def main(arguments=None):
    """Print what the flags ask for.

    Args:
        arguments: None for those of the command line, or a list of str.

    Returns:
        int: 0, or 2 if the user must put something right.
    """
    given = _parser().parse_args(arguments)
    try:
        description = anatomy.describe(_model(given.model), _input_shape(given.input_shape), given.depth)
        return say(tables.encodable(_text(description, given), sys.stdout.encoding or "utf-8"))
    except (OSError, TypeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _model(name):
    """A model from a file, or built by `keras.applications` without its weights, which no figure depends on."""
    path = Path(name)
    if path.suffix == ".keras" or path.exists():
        if not (path.suffix == ".keras" and path.is_file()):
            raise FileNotFoundError(f"MODEL must be a file that ends in .keras and exists. Received: {name}.")
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # of a damaged file or of an unknown layer it may be any
            reason = next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
            raise ValueError(f"{name} cannot be loaded in Keras's safe mode: {reason}") from error
    known = [one for one, build in vars(keras.applications).items() if inspect.isfunction(build)]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known
        raise ValueError(
            "MODEL must be a .keras file or a name out of keras.applications, "
            f"such as {', '.join(near)}. Received: {name}."
        )
    return getattr(keras.applications, name)(weights=None)


def _input_shape(words):
    """`224,224,3` as a tuple; several with `name=` before each as a dict."""
    try:
        shapes = {word.rpartition("=")[0]: tuple(map(int, word.rpartition("=")[2].split(","))) for word in words}
    except ValueError:
        raise ValueError(
            "--input-shape must be sizes without the batch, such as 224,224,3, for several inputs each as NAME=SIZES. "
            f"Received: {' '.join(words)}."
        ) from None
    return shapes.get("", shapes) or None


def _text(description, given):
    options = {"columns": given.columns and given.columns.split(","), "sort": given.sort}
    if given.json:
        totals, memory = description.totals._asdict(), description.memory(given.batch_size)._asdict()
        head = {"name": description.name, "kind": description.kind, "totals": totals}
        head["memory"] = {"batch_size": given.batch_size, **memory}
        return json.dumps({**head, "rows": description.to_records(**options)}, indent=2)
    if given.csv:
        records, lines = description.to_records(**options), io.StringIO()
        writer = csv.DictWriter(lines, records[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        return lines.getvalue().removesuffix("\n")
    if given.markdown:
        return description.to_markdown(**options, units=given.units)
    width = shutil.get_terminal_size((120, 24)).columns if given.width is None else given.width
    memory = description.memory(given.batch_size)
    amounts = [f"{tables.short(amount)}B" for amount in memory[:3]]
    images = "1 image" if given.batch_size == 1 else f"{given.batch_size} images"
    sentence = (
        f"Memory for {images}{', at least' if memory.at_least else ''}: parameters {amounts[0]}, "
        f"inference {amounts[1]}, a step of training with Adam {amounts[2]}."
    )
    return f"{description.to_text(width, **options, units=given.units)}\n{textwrap.fill(sentence, max(width, 40))}"


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m cnn_course.anatomy",
        description="A row a layer: shape, parameters, multiply-accumulates, memory, receptive field.",
        epilog=f"Columns: {', '.join(tables.COLUMNS)}.",
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras file, or a name out of keras.applications: ResNet50")
    text = "in place of sizes that the model leaves open: 224,224,3; for several inputs NAME=224,224,3 NAME=100"
    parser.add_argument("--input-shape", nargs="+", default=[], metavar="SIZES", help=text)
    parser.add_argument("--depth", type=int, metavar="N", help="levels of nested models with rows of their own")
    parser.add_argument("--columns", metavar="NAME,…", help="what to show, in this order")
    parser.add_argument("--sort", metavar="NAME", help="the column to sort by, the largest first")
    parser.add_argument("--units", action="store_true", help="K, M and G in place of all digits")
    parser.add_argument("--width", type=int, metavar="N", help="characters of a line (default: the terminal's)")
    parser.add_argument("--batch-size", type=int, default=1, metavar="N", help="images, for memory (default: 1)")
    form = parser.add_mutually_exclusive_group()
    for name, text in (("json", "rows, totals and memory as JSON"), ("csv", "rows"), ("markdown", "the table")):
        form.add_argument(f"--{name}", action="store_true", help=text if name == "json" else f"{text} as {name}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
