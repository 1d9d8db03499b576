"""`python -m cnn_course.training`: the flags. TensorFlow is loaded after they have been read."""

import argparse
import contextlib
import importlib.util
import os
import re
import sys
from dataclasses import asdict

from cnn_course import data
from cnn_course.training.settings import AUGMENTATIONS, MODELS, STRATEGIES, VARIANTS, Settings, name_and_depth

__all__ = ["main", "parser", "run"]

_EPILOG = """
--output receives settings.json (contents.classes: the classes in the order of
the outputs), log.csv (epochs counted from 0), checkpoint.keras to go on from,
best.keras with --patience, skipped.txt where files of a folder were left out,
and at the end model.keras, result.json and report.html, which shows it. With
--resume, flags that are not given come from settings.json. Only --epochs,
--patience, --fine-tune and --strategy may change, and --data if the folder has
moved; with more --epochs the rate still drops where it was to drop at first.

ask the trained model:
  python -m cnn_course.training predict FOLDER new.jpg more_photographs

use it in any program that has Keras; it crops, resizes and scales by itself:
  import json, keras, zipfile
  model = keras.saving.load_model("FOLDER/model.keras")
  classes = json.loads(zipfile.ZipFile("FOLDER/model.keras").read("class_names.json"))
  image = keras.utils.img_to_array(keras.utils.load_img("new.jpg"))  # 0 to 255
  print(dict(zip(classes, model.predict(image[None])[0].tolist())))

two hosts, with a run folder that both see; the second has "index": 1:
  TF_CONFIG='{"cluster": {"worker": ["host1:12345", "host2:12345"]},
              "task": {"type": "worker", "index": 0}}' \\
  python -m cnn_course.training --output FOLDER --strategy multi_worker
"""


def main(arguments=None):
    """Train a network as the flags say, or ask a trained one.

    Args:
        arguments: None for those of the command line, or a list of str.

    Returns:
        int, as of `run.train`; after `predict` 0, 1 if a photograph could not be read, or 2 if the run is of no use.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["predict"]:
        return _predict(arguments[1:])
    typed = _typed(arguments)
    from cnn_course.training import run  # loads TensorFlow: not for --help, nor for a flag that is wrong

    return run.train(**typed)


def run():
    """Call `main`, with TensorFlow keeping the memory of a step, and leave the process with what it returns."""
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")  # see devices.reuse_memory
    code = main()
    if code == 1:
        sys.stdout.flush()
        os._exit(code)  # TensorFlow would wait half a minute for the worker that is lost
    sys.exit(code)


def parser():
    """Reader of the command line.

    Returns:
        `argparse.ArgumentParser`.
    """
    reader = argparse.ArgumentParser(
        prog="python -m cnn_course.training",
        usage="%(prog)s --output FOLDER [flags], or %(prog)s predict RUN PHOTO...; --help lists them",
        description="Train a network, on a data set or on a folder of photographs; predict asks it afterwards.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )

    def flag(name, text, metavar=None, **options):
        reader.add_argument(f"--{name}", help=text, **options, **({"metavar": metavar} if metavar else {}))

    known, switch = ", ".join(data.DATASETS), {"action": "store_true"}
    flag("output", "run folder, new or empty unless --resume is given", "FOLDER", required=True)
    flag("resume", "continue the run in --output", **switch)
    networks = f"{', '.join(MODELS)}, some with a depth as in resnet18, or a name of keras.applications, as ResNet50"
    flag("model", f"{networks} (default: %(default)s)", "NAME", type=_model)
    flag("variant", f"of alexnet: {', '.join(VARIANTS)} (default: %(default)s)", "NAME", choices=VARIANTS)
    wide = "of alexnet, googlenet, nin, resnet, vgg: 1 is full width, for a GPU (default: %(default)s)"
    flag("width", wide, "FACTOR", type=_width)
    flag("weights", "to begin with: imagenet for keras.applications, or a file of weights", "imagenet|FILE")
    flag("freeze", "with --weights: only the last layer learns", **switch)
    flag("fine-tune", "epoch until which only the last layer learns; then all, at a tenth", "EPOCH", type=_count)
    flag("data", f"{known}, or a folder with one subfolder a class (default: %(default)s)", "NAME|FOLDER")
    flag("data-path", "file, folder or mirror for a data set that is fetched otherwise", "PATH")
    sizes = "height and width in pixels (default: of a folder 227, with keras.applications 224; else as they are)"
    flag("image-size", sizes, "N", type=_size)
    flag("background", "color on which transparent photographs lie (default: %(default)s)", "COLOR")
    flag("augmentation", "all, no_flip (default for digits and mnist) or none", "KIND", choices=AUGMENTATIONS)
    flag("epochs", "passes over the training images (default: %(default)s)", "N", type=_count)
    flag("batch-size", "images a step, on all devices together (default: %(default)s)", "N", type=_count)
    flag("learning-rate", "of SGD with momentum 0.9 (default: %(default)s)", "RATE", type=_above_0)
    flag("drops", "epochs that begin with a tenth of the rate (default: at 4/5)", "EPOCH", type=_count, nargs="*")
    flag("patience", "stop after N epochs without a lower validation loss; keep the best epoch", "N", type=_count)
    flag("weight-decay", "share of the weights, times the rate (default: %(default)s)", "SHARE", type=_from_0)
    flag("seed", "of weights, split of a folder, order and augmentation (default: %(default)s)", "N", type=_seed)
    flag("mixed-precision", "compute in float16, keep weights in float32: for a GPU", **switch)
    flag("xla", "compile the step, on one device: fewer seconds and bytes at full width", **switch)
    flag("strategy", f"{', '.join(STRATEGIES)} (default: %(default)s)", "NAME", choices=STRATEGIES)
    reader.set_defaults(**asdict(Settings()), strategy="auto")
    return reader


def _typed(arguments):
    """The flags that were typed, by name, if TensorFlow can be used."""
    reader = parser()
    untyped = argparse.Namespace(**dict.fromkeys(("resume", "strategy", *asdict(Settings()))))
    typed = {name: value for name, value in vars(reader.parse_args(arguments, untyped)).items() if value is not None}
    _need_tensorflow(reader)
    return typed


def _need_tensorflow(reader):
    if importlib.util.find_spec("tensorflow") is None:
        reader.error("TensorFlow is needed: pip install 'cnn-course[lessons]'.")
    from cnn_course import quiet

    if quiet.keras_backend() != "tensorflow":
        reader.error(f"Keras must use TensorFlow: set KERAS_BACKEND=tensorflow. Received: {quiet.keras_backend()}.")


def _model(text):
    if name_and_depth(text) or re.fullmatch("[A-Z][A-Za-z0-9]*", text):  # Keras is asked when it is loaded
        return text
    known = f"{', '.join(MODELS)}, or a name of keras.applications"
    raise argparse.ArgumentTypeError(f"must be {known}. Received: {text!r}.")


def _predict(arguments):
    """Print what the model of a run says."""
    reader = argparse.ArgumentParser(
        prog="python -m cnn_course.training predict", description="Ask the model of a run.", allow_abbrev=False
    )
    reader.add_argument("run", help="run folder, with model.keras in it", metavar="RUN")
    reader.add_argument("photos", help="photographs, or folders of them", metavar="PHOTO", nargs="+")
    reader.add_argument("--format", help="text (default), csv or json", choices=("text", "csv", "json"), default="text")
    asked = reader.parse_args(arguments)
    _need_tensorflow(reader)
    from cnn_course.training import prediction, settings

    try:
        said = prediction.predict(asked.run, asked.photos)
    except (OSError, ValueError, settings.Refusal) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(getattr(said, f"as_{asked.format}")(), end="")
    for file, problem in said.skipped.items():
        print(f"Skipped {file}: {problem}", file=sys.stderr)
    return 1 if said.skipped else 0


def _number(kind, wanted, accepts):
    def parse(text):
        with contextlib.suppress(ValueError):
            if accepts(kind(text)):
                return kind(text)
        raise argparse.ArgumentTypeError(f"must be {wanted}. Received: {text!r}.")

    return parse


_count = _number(int, "a whole number of at least 1", lambda value: 1 <= value < 2**63)
_size = _number(int, "a whole number from 1 to 4096", lambda value: 1 <= value <= 4096)
_seed = _number(int, "a whole number from 0 to 4294967295", lambda value: 0 <= value < 2**32)
_width = _number(float, "a number above 0, at most 16", lambda value: 0 < value <= 16)
_above_0 = _number(float, "a number above 0", lambda value: 0 < value < float("inf"))
_from_0 = _number(float, "a number of at least 0", lambda value: 0 <= value < float("inf"))


if __name__ == "__main__":
    run()
