"""The exercises, one module a lesson: `checks.convolution.q1.check(answer)`, `.hint()`, `.solution()`."""

from cnn_course.checks import (
    activations,
    after_alexnet,
    alexnet,
    channels,
    convolution,
    first_cnn,
    learning,
    looking_inside,
    one_by_one,
    padding,
    pooling,
    receptive_field,
    start_here,
    stride,
    stride_instead_of_pooling,
    training_alexnet,
    transfer,
    why_convolution,
)

__all__ = [
    "activations",
    "after_alexnet",
    "alexnet",
    "channels",
    "convolution",
    "first_cnn",
    "learning",
    "looking_inside",
    "one_by_one",
    "padding",
    "pooling",
    "receptive_field",
    "start_here",
    "stride",
    "stride_instead_of_pooling",
    "training_alexnet",
    "transfer",
    "why_convolution",
]

for _title in __all__:
    _lesson = globals()[_title]
    _lesson.__dir__ = lambda _questions=tuple(_lesson.__all__): _questions  # Tab lists no solutions
    for _name in _lesson.__all__:
        getattr(_lesson, _name).name = f"checks.{_title}.{_name}"


def __dir__():
    return __all__  # Tab lists lessons, no engine
