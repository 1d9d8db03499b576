"""Typical wrong answers to the exercises of lesson 03, each with what the checker must say."""

MISTAKES = {}
