"""Typical wrong answers to the exercises of lesson 01, each with what the checker must say."""

MISTAKES = {}
