"""What a run was started with: typed flags, what its folder says, and defaults; loads no TensorFlow."""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from cnn_course._files import write_whole
from cnn_course.data import DATASETS

__all__ = ["AUGMENTATIONS", "MODELS", "STRATEGIES", "VARIANTS", "Refusal", "Settings"]

MODELS = ("pooled_cnn", "strided_cnn", "all_convolutional", "lenet5", "alexnet")
VARIANTS = ("one_tower", "two_tower", "textbook", "one_gpu")
AUGMENTATIONS = ("all", "no_flip", "none")
STRATEGIES = ("auto", "single", "mirrored", "multi_worker")
_MAY_CHANGE = {"epochs", "data_path"}  # of a run that has begun


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
    data: str = "textures"
    data_path: str | None = None
    image_size: int | None = None
    augmentation: str | None = None
    epochs: int = 30
    batch_size: int = 6
    learning_rate: float | int = 0.002
    drops: list | None = None
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
        stored = stored if isinstance(stored, dict) else {}
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
        if changed.data_path and "://" not in changed.data_path:
            changed = replace(changed, data_path=str(Path(changed.data_path).resolve()))
        may_change = _MAY_CHANGE | ({"data"} if self.is_folder and changed.is_folder else set())
        for name, value in typed.items() if self.contents else ():
            if name not in may_change and getattr(changed, name) != (before := getattr(self, name)):
                flag = f"--{name.replace('_', '-')}"
                raise Refusal(f"this run was started with {flag} {before}. Received: {flag} {value}.")
        if changed.model != "alexnet" and typed.keys() & {"variant", "width"}:
            raise Refusal(f"--variant and --width belong to alexnet. Received: --model {changed.model}.")
        return changed

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
