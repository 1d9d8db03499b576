"""Exercises of lesson 04, Stride."""

__all__ = []
