"""Typical wrong answers to the exercises of lesson 06, each with what the checker must say."""

MISTAKES = {}
