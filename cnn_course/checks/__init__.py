"""The exercises, one module a lesson: `checks.convolution.q1.check(answer)`, `.hint()`, `.solution()`."""

from cnn_course.checks import (
    alexnet,
    channels,
    convolution,
    first_cnn,
    one_by_one,
    padding,
    pooling,
    start,
    stride,
    stride_instead_of_pooling,
    training_alexnet,
    why,
)

__all__ = [
    "alexnet",
    "channels",
    "convolution",
    "first_cnn",
    "one_by_one",
    "padding",
    "pooling",
    "start",
    "stride",
    "stride_instead_of_pooling",
    "training_alexnet",
    "why",
]
