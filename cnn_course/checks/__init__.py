"""The exercises, one module a lesson: `checks.convolution.q1.check(answer)`, `.hint()`, `.solution()`."""

from cnn_course.checks import (
    alexnet,
    channels,
    convolution,
    first_cnn,
    one_by_one,
    padding,
    pooling,
    start_here,
    stride,
    stride_instead_of_pooling,
    training_alexnet,
    why_convolution,
)

__all__ = [
    "alexnet",
    "channels",
    "convolution",
    "first_cnn",
    "one_by_one",
    "padding",
    "pooling",
    "start_here",
    "stride",
    "stride_instead_of_pooling",
    "training_alexnet",
    "why_convolution",
]
