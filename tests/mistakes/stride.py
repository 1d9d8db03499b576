"""Typical wrong answers to the exercises of lesson 04, each with what the checker must say."""

MISTAKES = {}
