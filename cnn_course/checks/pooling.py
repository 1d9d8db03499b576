"""Exercises of lesson 07, Pooling."""

__all__ = []
