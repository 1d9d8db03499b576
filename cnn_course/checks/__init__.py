"""The exercises, one module a lesson: `checks.convolution.q1.check(answer)`, `.hint()`, `.solution()`."""

from cnn_course.checks import channels, convolution, one_by_one, padding, pooling, start, stride, why

__all__ = ["channels", "convolution", "one_by_one", "padding", "pooling", "start", "stride", "why"]
