"""The exercises, one module a lesson: `checks.convolution.q1.check(answer)`, `.hint()`, `.solution()`."""

from cnn_course.checks import convolution, start

__all__ = ["convolution", "start"]
