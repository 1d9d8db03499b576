"""What every exercise shares: three outcomes, hints, a solution, and how answers are compared.

An exercise is a `Question` around one function, `examine(answer)`, that returns None for a right answer and otherwise
what is wrong with it. `value_question` and `function_question` make the two usual kinds. Nothing here runs text.
"""

import inspect
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_course.arithmetic import validate_integer

__all__ = ["PATIENCE", "Question", "Result", "function_question", "value_question"]

PATIENCE = 5.0  # seconds before the learner is told that a function has not returned
_INTERRUPT = "Does a loop never end? Stop it with Kernel > Interrupt (in JupyterLab: press I twice)."


@dataclass(frozen=True)
class Result:
    """What a check found: `outcome` is "not attempted", "wrong" or "right"; `message` says why."""

    outcome: str
    message: str

    @property
    def right(self):
        """bool, True only for a right answer."""
        return self.outcome == "right"

    def _ipython_display_(self):
        """Nothing: `check` has printed the message already."""


@dataclass(frozen=True, repr=False)
class Question:
    """One exercise.

    Args:
        examine: function from an answer to None (right) or to a str that says what is wrong.
        answer: a right answer.
        code: str, the right answer as a learner would write it.
        why: str, one sentence on why the right answer matters.
        hints: tuple of one to three str, from vague to concrete.
        explanation: str, why the solution is one.
    """

    examine: Callable
    answer: object
    code: str
    why: str
    hints: tuple
    explanation: str

    def __repr__(self):
        return "Exercise: call .check(your answer), .hint() or .solution()"

    def check(self, answer):
        """Print what is to be said of `answer`, and return it as a `Result`.

        Args:
            answer: a value or a function, as the exercise asks; `...` means not attempted.

        Returns:
            `Result`.
        """
        result = self._judge(answer)
        marks = {"not attempted": "…", "wrong": "✘", "right": "✔"}
        print(f"{marks[result.outcome]} {result.outcome.capitalize()}. {result.message}")
        return result

    def hint(self, level=1):
        """Print the first hints, from vague to concrete.

        Args:
            level: int >= 1, how many hints to print; more than there are means all.

        Raises:
            TypeError: `level` is not an integer.
            ValueError: `level` is below 1.
        """
        level = validate_integer(level, "level", minimum=1)
        for number, text in enumerate(self.hints[:level], start=1):
            print(f"Hint {number}: {text}")
        if level < len(self.hints):
            print(f"More: .hint({level + 1})")

    def solution(self):
        """Print a solution and its explanation."""
        print(f"{self.code}\n\n{self.explanation}")

    def _judge(self, answer):
        try:
            problem = None if answer is ... else self.examine(answer)
        except _NotAttempted:
            answer = ...
        if answer is ...:
            return Result("not attempted", "Replace the three dots with your answer and run the cell again.")
        return Result("right", self.why) if problem is None else Result("wrong", problem)


class _NotAttempted(Exception):
    """The learner's function still returns the three dots of the stub."""


def value_question(expected, mistakes=(), **texts):
    """Make a question whose answer is a number, a tuple of numbers or a small array.

    Args:
        expected: the right answer.
        mistakes: sequence of `(wrong value, what to say)`.
        **texts: `code`, `why`, `hints`, `explanation` of `Question`.

    Returns:
        `Question`.
    """

    def examine(answer):
        if not _is_numeric(answer):
            return f"The answer must consist of numbers. Received: {_beginning(answer)}."
        if _same(answer, expected):
            return None
        for value, text in mistakes:
            if _same(answer, value):
                return text
        if np.shape(answer) != np.shape(expected):
            return f"The answer must have the shape {np.shape(expected)}. Received: shape {np.shape(answer)}."
        return f"Received: {_beginning(answer)}. Work one value out by hand, or call .hint()."

    return Question(examine, expected, **texts)


def function_question(solution, cases, mistakes=(), **texts):
    """Make a question whose answer is a function; it is called on each case and compared with `solution`.

    Args:
        solution: function that gives the right result.
        cases: sequence of tuples of arguments; copies of them are handed to the learner's function.
        mistakes: sequence of `(wrong function, what to say)`: named when every result agrees with the wrong function.
        **texts: `why`, `hints`, `explanation` of `Question`.

    Returns:
        `Question`.
    """

    def examine(answer):
        if not callable(answer):
            return f"The answer must be a function. Received: {_beginning(answer)}."
        results = []
        for case in cases:
            value, problem = _call(answer, case)
            if problem is not None:
                return problem
            results.append(value)
        expected = [solution(*case) for case in cases]
        pairs = list(zip(cases, results, expected, strict=True))
        if all(_same(result, right) for _, result, right in pairs):
            return None
        for wrong, text in mistakes:
            if all(_same(result, _attempt(wrong, case)) for case, result, _ in pairs):
                return text
        return next(_difference(*pair) for pair in pairs if not _same(*pair[1:]))

    return Question(examine, solution, code=inspect.getsource(solution).strip(), **texts)


def _call(function, case):
    """Result of the learner's function and None, or None and what went wrong."""
    patience = threading.Timer(PATIENCE, print, [f"Your function has not returned after {PATIENCE:g} s. {_INTERRUPT}"])
    patience.daemon = True
    patience.start()
    try:
        value = function(*[_copy(argument) for argument in case])
    except Exception as error:  # whatever the learner's code raises is an answer to report, not ours to handle
        return None, _failure(error, function)
    finally:
        patience.cancel()
    if value is ...:
        raise _NotAttempted
    if value is None:
        return None, "Your function returned None: does every path end in `return`?"
    if not _is_numeric(value):
        return None, f"Your function must return numbers. Received: {_beginning(value)}."
    return value, None


def _failure(error, function):
    """The error and the line of the learner's code that raised it."""
    source = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == source]
    place = f" in line {frames[-1].lineno} of your cell: {frames[-1].line}" if frames else ""
    return f"Your function raised {type(error).__name__}{place}\n  {error}"


def _attempt(function, case):
    """Result of a known mistake, or None where it cannot even run."""
    try:
        return function(*case)
    except (IndexError, ValueError):
        return None


def _copy(argument):
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _is_numeric(value):
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except (RuntimeError, TypeError, ValueError):  # rows of different lengths, symbolic tensors
        return False


def _beginning(value):
    """What the learner sees of an answer, which may be a whole image as nested lists."""
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def _same(received, expected):
    if received is None or expected is None or np.shape(received) != np.shape(expected):
        return False
    return bool(np.allclose(received, expected, rtol=1e-5, atol=1e-6))


def _difference(case, received, expected):
    """Where a result first differs from the expected one."""
    arguments = " and ".join(
        f"shape {np.shape(argument)}" if np.ndim(argument) else repr(argument) for argument in case
    )
    if np.shape(received) != np.shape(expected):
        return f"For {arguments} the result must have shape {np.shape(expected)}. Received: shape {np.shape(received)}."
    received, expected = np.asarray(received), np.asarray(expected)
    index = tuple(int(i) for i in np.argwhere(~np.isclose(received, expected, rtol=1e-5, atol=1e-6))[0])
    place = f"the value at {list(index)}" if index else "the result"
    return f"For {arguments}, {place} must be {expected[index]:.4g}. Received: {received[index]:.4g}."
