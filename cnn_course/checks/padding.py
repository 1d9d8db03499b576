"""Exercises of lesson 03, Padding."""

__all__ = []
