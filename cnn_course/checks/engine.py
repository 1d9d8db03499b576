"""What every exercise shares: three outcomes, hints, a solution, and how answers are compared.

An exercise is a `Question` around one function, `examine(answer)`, that returns None for a right answer and otherwise
what is wrong with it. `value_question` and `function_question` make the two usual kinds. Nothing here runs text.
"""

import contextlib
import copy
import inspect
import linecache
import sys
import textwrap
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import arguments, as_array, difference, form, has_dots, part, same, shown

__all__ = ["PATIENCE", "WIDTH", "Question", "Result", "function_question", "value_question"]

PATIENCE = 5.0  # seconds before the learner is told that a function has not returned
WIDTH = 80  # characters in a printed line
_INTERRUPT = (
    "Does a loop never end? Stop it with Kernel > Interrupt (in JupyterLab: press I twice; in a terminal: Ctrl+C)."
)


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
        _say(f"{marks[result.outcome]} {result.outcome.capitalize()}. {result.message}")
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
            _say(f"Hint {number}: {text}")
        if level < len(self.hints):
            print(f"More: .hint({level + 1})")

    def solution(self):
        """Print a solution and its explanation."""
        print(f"{self.code}\n")
        _say(self.explanation)

    def _judge(self, answer):
        try:
            if has_dots(answer):
                raise _NotAttempted
            problem = self.examine(answer)
        except _NotAttempted:
            return Result("not attempted", "Replace the three dots with your answer and run the cell again.")
        return Result("right", self.why) if problem is None else Result("wrong", problem)


def _say(text):
    """Print with lines that break between words: JupyterLab breaks longer ones anywhere."""
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        print(textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))


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
        numbers = as_array(answer)
        if numbers is None:
            return f"The answer must consist of numbers. Received: {shown(answer)}."
        if same(numbers, expected):
            return None
        for value, text in mistakes:
            if same(numbers, value):
                return text
        if numbers.shape != np.shape(expected):
            return f"The answer must have the shape {form(np.shape(expected))}. Received: shape {form(numbers.shape)}."
        return f"Received: {shown(answer)}. {part(numbers, expected)} Work one value out by hand, or call .hint()."

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
    names = tuple(inspect.signature(solution).parameters)

    def examine(answer):
        problem = _unusable(answer, names)
        if problem is not None:
            return problem
        results = []
        with _patience():
            for case in cases:
                value, problem = _call(answer, case, names)
                if problem is not None:
                    return problem
                results.append(value)
        expected = [np.asarray(solution(*case)) for case in cases]
        pairs = list(zip(cases, results, expected, strict=True))
        if all(same(result, right) for _, result, right in pairs):
            return None
        for wrong, text in mistakes:
            if all(same(result, _attempt(wrong, case)) for case, result, _ in pairs):
                return text
        case, result, right = next(pair for pair in pairs if not same(*pair[1:]))
        return f"For {arguments(case, names)}, {difference(result, right)}"

    return Question(examine, solution, code=inspect.getsource(solution).strip(), **texts)


def _unusable(answer, names):
    """Why an answer cannot be called with arguments of these names, or None."""
    if not callable(answer):
        return (
            f"The answer must be a function. Received: {shown(answer)}. Pass the function itself: its name alone, "
            "without parentheses behind it."
        )
    try:
        signature = inspect.signature(answer)
    except ValueError:  # some built-in functions do not tell
        return None
    try:
        signature.bind(*names)
    except TypeError:
        name = getattr(answer, "__name__", "your function")
        return f"The function must take {len(names)} arguments ({', '.join(names)}). Received: {name}{signature}."
    return None


@contextlib.contextmanager
def _patience():
    """Tell the learner how to interrupt what takes longer than `PATIENCE`."""
    timer = threading.Timer(PATIENCE, _say, [f"Your function has not returned after {PATIENCE:g} s. {_INTERRUPT}"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _call(function, case, names):
    """Result of the learner's function as an array and None, or None and what went wrong."""
    called = f"It was called with {arguments(case, names)}."
    try:
        with contextlib.redirect_stderr(sys.stdout):  # graders such as nbgrader take a warning for a failure
            value = function(*copy.deepcopy(case))
    except (Exception, SystemExit) as error:  # whatever the learner's code raises is an answer to report
        return None, f"{_failure(error, function)}\n  {called}"
    if has_dots(value):
        raise _NotAttempted
    if value is None:
        return None, (
            "Your function returned None: does every path end in `return`? "
            f"(`print` shows a value but does not return it.) {called}"
        )
    if callable(value):
        return None, f"Your function must return numbers. Received: {shown(value)}. Are parentheses missing behind it?"
    numbers = as_array(value)
    if numbers is None:
        return None, f"Your function must return numbers. Received: {shown(value)}. {called}"
    return numbers, None


def _failure(error, function):
    """The error and the line of the learner's code that raised it."""
    names = getattr(function, "__globals__", None)  # all cells of a notebook share them
    lines = [
        (line, linecache.getline(frame.f_code.co_filename, line).strip())
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is names
    ]
    place = " in line {} of your cell:\n    {}".format(*lines[-1]) if lines else ""
    return "\n  ".join([f"Your function raised {type(error).__name__}{place}", *str(error).splitlines()])


def _attempt(function, case):
    """Result of a known mistake, or None where it cannot even run."""
    try:
        return function(*case)
    except (IndexError, ValueError):
        return None
