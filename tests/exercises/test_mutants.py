"""The checkers, measured: how many slightly wrong functions does each refuse?

The solution of every exercise that asks for a function is mutated (`mutants.py`). A mutant counts if it differs from
the solution on one of 200 inputs that the checker does not use (`inputs.py`); the checker must refuse it.
"""

import ast
import copy
import difflib
import functools
import inspect

import numpy as np
import pytest
from test_exercises import FUNCTIONS, QUESTIONS

from inputs import INPUTS
from mutants import mutants

pytestmark = pytest.mark.filterwarnings("ignore")  # a warning is no refusal


def outcome(function, arguments):
    """What a call gives, as an array; or None if it raises or gives no array of numbers."""
    try:
        result = np.asarray(function(*copy.deepcopy(arguments)))
    except Exception:  # a mutant may raise anything
        return None
    return result if result.dtype.kind in "biuf" else None


def differs(mutant, inputs, expected):
    for arguments, right in zip(inputs, expected, strict=True):
        result = outcome(mutant, arguments)
        if result is None or result.shape != right.shape or not np.allclose(result, right, rtol=1e-9, atol=1e-9):
            return True
    return False


@functools.cache
def measure(name):
    """Numbers of mutants, of the wrong ones, of those that return something, and what the checker takes for right."""
    question, generator = QUESTIONS[name], np.random.default_rng(2012)
    inputs = [INPUTS[name](generator) for _ in range(200)]
    expected = [outcome(question.answer, arguments) for arguments in inputs]
    assert all(right is not None for right in expected), "an input is not valid"
    found = mutants(question.answer)
    wrong = {source: mutant for source, mutant in found.items() if differs(mutant, inputs, expected)}
    returning = [source for source, mutant in wrong.items() if outcome(mutant, inputs[0]) is not None]
    survivors = [source for source, mutant in wrong.items() if question.check(mutant).right]
    return len(found), len(wrong), len(returning), survivors


def change(name, source):
    """The lines in which a mutant differs from the solution."""
    solution = ast.unparse(ast.parse(inspect.getsource(QUESTIONS[name].answer)))
    lines = difflib.ndiff(solution.splitlines(), source.splitlines())
    return [f"    {line}" for line in lines if line[0] in "-+"]


def test_every_function_has_inputs():
    assert set(INPUTS) == set(FUNCTIONS)


def halvings_to_zero(size):
    while size > 0:
        size = size // 2
    return size


def test_a_mutant_that_never_ends_is_stopped():
    with pytest.raises(TimeoutError):
        next(mutant for source, mutant in mutants(halvings_to_zero).items() if "size * 2" in source)(1)


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_checker_refuses_mutants(name, measured):
    made, wrong, returning, survivors = measure(name)
    share = 1 - len(survivors) / wrong
    measured(f"{name}: {share:.1%} of {wrong} wrong mutants refused ({returning} return a result; {made} made)")
    for source in survivors:
        measured("\n".join(["  taken for right:", *change(name, source)]))
    assert wrong >= 20
    assert share >= 0.95


@pytest.mark.slow
def test_the_checkers_together_refuse_mutants(measured):
    results = [measure(name) for name in FUNCTIONS]
    wrong, survivors = sum(result[1] for result in results), sum(len(result[3]) for result in results)
    measured(f"all exercises: {1 - survivors / wrong:.2%} of {wrong} wrong mutants refused, survivors: {survivors}")
    assert survivors <= 0.05 * wrong
