"""Exercises of lesson 05, Channels."""

__all__ = []
