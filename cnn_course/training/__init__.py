"""What `fit` needs to train for long, and `python -m cnn_course.training`, which puts it together (lesson 14).

The public names of `recipe`, and `predict`, are found here, too. None is loaded before it is asked for, so that the
command answers `--help` without TensorFlow.
"""

__all__ = [
    "Checkpoint",
    "Reseed",
    "augmentation",
    "batches",
    "epochs_done",
    "in_order",
    "initialize",
    "optimizer",
    "predict",
]


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cnn_course.training import prediction, recipe

    return getattr(prediction if name == "predict" else recipe, name)


def __dir__():
    return __all__
