"""Exercises of lesson 06, 1×1 convolution."""

__all__ = []
