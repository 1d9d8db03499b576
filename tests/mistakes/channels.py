"""Typical wrong answers to the exercises of lesson 05, each with what the checker must say."""

MISTAKES = {}
