"""What a run was started with: typed flags, what its folder says, and defaults; loads no TensorFlow."""

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from cnn_course._files import write_whole
from cnn_course.data import DATASETS

__all__ = ["AUGMENTATIONS", "MODELS", "STRATEGIES", "VARIANTS", "Refusal", "Settings", "name_and_depth"]

_DEEP = ("vgg", "resnet", "densenet")  # a depth may stand behind the name
MODELS = ("pooled_cnn", "strided_cnn", "all_convolutional", "averaging_cnn", "lenet5", "alexnet", "nin", "googlenet")
MODELS += _DEEP
VARIANTS = ("one_tower", "two_tower", "textbook", "one_gpu")
AUGMENTATIONS = ("all", "no_flip", "none")
STRATEGIES = ("auto", "single", "mirrored", "multi_worker")
_OF_WIDTH = ("alexnet", "nin", "googlenet", "vgg", "resnet")
_MAY_CHANGE = {"epochs", "data_path", "patience", "fine_tune"}  # of a run that has begun
_ADDED = {"weights", "freeze", "fine_tune", "patience", "background"}  # later: older runs lack them


def name_and_depth(model):
    """Function of `cnn_course.models` and depth that a name such as `"resnet18"` stands for.

    Args:
        model: str.

    Returns:
        Tuple of str and int or None; None if the course has no such network.

    >>> name_and_depth("resnet18"), name_and_depth("lenet5"), name_and_depth("ResNet50")
    (('resnet', 18), ('lenet5', None), None)
    """
    found = re.fullmatch(f"({'|'.join(_DEEP)})([0-9]+)", model)
    return (found[1], int(found[2])) if found else (model, None) if model in MODELS else None


class Refusal(Exception):
    """What the user can put right: the command prints it without a traceback."""


@dataclass(frozen=True)
class Settings:
    """The flags of a run, named as on the command line, and what its data hold: `contents`, None before they are read.

    >>> Settings().updated({"epochs": 10}).completed().drops
    [8]
    """

    model: str = "alexnet"
    variant: str = "one_tower"
    width: float | int = 0.25
    weights: str | None = None
    freeze: bool = False
    fine_tune: int | None = None
    data: str = "textures"
    data_path: str | None = None
    background: str = "white"
    image_size: int | None = None
    augmentation: str | None = None
    epochs: int = 30
    batch_size: int = 6
    learning_rate: float | int = 0.002
    drops: list | None = None
    patience: int | None = None
    weight_decay: float | int = 5e-4
    seed: int = 0
    mixed_precision: bool = False
    xla: bool = False
    contents: dict | None = None

    @classmethod
    def read(cls, path):
        """Settings that a run has written.

        Args:
            path: `pathlib.Path` of its `settings.json`.

        Returns:
            `Settings`.

        Raises:
            Refusal: the file is damaged, or a setting is missing, unknown or of another kind.
        """
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Refusal(f"{path} is damaged: {error}. Restore it, or begin anew in another --output.") from error
        stored = {name: getattr(cls, name) for name in _ADDED} | (stored if isinstance(stored, dict) else {})
        kinds = {field.name: field.type for field in fields(cls)}
        wrong = [name for name in kinds if name not in stored or not isinstance(stored[name], kinds[name])]
        if wrong := [*wrong, *(stored.keys() - kinds)]:
            raise Refusal(
                f"{path} must hold the settings of a run of this version. Missing, unknown or damaged: "
                f"{', '.join(wrong)}. Restore it, or begin anew in another --output."
            )
        return cls(**stored)

    def write(self, path):
        """Replace the file at `path`."""
        text = json.dumps(asdict(self), indent=2) + "\n"
        write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))

    @property
    def is_folder(self):
        """True if the data are a folder of photographs."""
        return self.data not in DATASETS

    @property
    def is_of_course(self):
        """True if the network is one of `cnn_course.models`, not of `keras.applications`."""
        return self.name_and_depth is not None

    @property
    def name_and_depth(self):
        """Function of `cnn_course.models` and the depth behind its name, if any; None for another network."""
        return name_and_depth(self.model)

    @property
    def phases(self):
        """Tuples of first epoch, last epoch plus one, and whether only the last layer learns."""
        frozen = self.epochs if self.freeze and self.fine_tune is None else min(self.fine_tune or 0, self.epochs)
        phases = [(0, frozen, True), (frozen, self.epochs, False)]
        return [phase for phase in phases if phase[0] < phase[1]]

    def updated(self, typed):
        """These settings with what was typed.

        Args:
            typed: dict of names to values. Of a run that has begun only `epochs` may differ, and where its data lie.

        Returns:
            `Settings`.

        Raises:
            Refusal: another setting differs, or a flag of AlexNet was typed for another network.
        """
        changed = replace(self, **typed)
        if changed.is_folder:
            changed = replace(changed, data=str(Path(changed.data).resolve()))
        if changed.weights not in (None, "imagenet"):
            changed = replace(changed, weights=str(Path(changed.weights).resolve()))
        if changed.data_path and "://" not in changed.data_path:
            changed = replace(changed, data_path=str(Path(changed.data_path).resolve()))
        may_change = _MAY_CHANGE | ({"data"} if self.is_folder and changed.is_folder else set())
        for name, value in typed.items() if self.contents else ():
            if name not in may_change and getattr(changed, name) != (before := getattr(self, name)):
                flag = f"--{name.replace('_', '-')}"
                raise Refusal(f"this run was started with {flag} {before}. Received: {flag} {value}.")
        changed._check(typed)
        return changed

    def _check(self, typed):
        """Refuse flags that do not go together."""
        name, _ = self.name_and_depth or (self.model, None)
        for flag, networks in (("variant", ("alexnet",)), ("width", _OF_WIDTH)):
            if flag in typed and name not in networks:
                raise Refusal(f"--{flag} belongs to {', '.join(networks)}. Received: --model {self.model}.")
        if self.weights == "imagenet" and self.is_of_course:
            raise Refusal(f"--weights imagenet belongs to keras.applications. Received: --model {self.model}.")
        if (self.freeze or self.fine_tune) and not self.weights:
            raise Refusal("--freeze and --fine-tune need --weights: random features would stay as they are.")

    def completed(self):
        """These settings with the defaults that follow from others: the drops and the augmentation.

        Returns:
            `Settings`.

        Raises:
            Refusal: the drops do not increase.
        """
        drops, kind = self.drops, self.augmentation or ("no_flip" if self.data in ("digits", "mnist") else "all")
        if drops is None:
            drops = [self.epochs * 4 // 5] if self.epochs > 1 else []
        if drops != sorted(set(drops)):
            raise Refusal(f"--drops must be increasing epochs. Received: {drops}.")
        return replace(self, drops=drops, augmentation=kind)
