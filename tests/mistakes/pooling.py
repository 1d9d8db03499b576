"""Typical wrong answers to the exercises of lesson 07, each with what the checker must say."""

MISTAKES = {}
