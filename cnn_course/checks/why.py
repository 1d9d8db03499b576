"""Exercises of lesson 01, Why convolution."""

__all__ = []
