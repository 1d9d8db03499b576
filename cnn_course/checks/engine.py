"""What every exercise shares: three outcomes, hints, a solution, and how answers are compared.

An exercise is a `Question` around one function, `examine(answer)`, that returns None for a right answer and otherwise
what is wrong with it. `value_question` and `function_question` make the two usual kinds. Nothing here runs text.
"""

import contextlib
import copy
import html
import inspect
import linecache
import re
import sys
import textwrap
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import arguments, as_array, difference, form, has_dots, part, same, shown

__all__ = ["PATIENCE", "WIDTH", "Question", "Result", "function_question", "integers", "value_question"]

PATIENCE = 5.0  # seconds before the learner is told that a function has not returned
WIDTH = 80  # characters in a printed line
_TRIES = 3  # wrong ones, before the way to a hint is shown
_MARKS = {"not attempted": "…", "wrong": "✘", "right": "✔"}
_COLORS = {"wrong": "#d55e00", "right": "#009e73"}  # told apart by the color-blind, on light and on dark
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


@dataclass(repr=False)
class Question:
    """One exercise.

    Args:
        examine: function from an answer to None (right) or to a str that says what is wrong.
        answer: a right answer.
        code: str, the right answer as a learner would write it.
        why: str, one sentence on why the right answer matters.
        hints: tuple of one to three str, from vague to concrete.
        explanation: str, why the solution is one.
        name: str, what a learner types to reach it, such as "checks.padding.q1".
    """

    examine: Callable
    answer: object
    code: str
    why: str
    hints: tuple
    explanation: str
    name: str = ""
    _wrong_tries: int = 0

    def __repr__(self):
        return "Exercise: call .check(your answer), .hint() or .solution()"

    def __dir__(self):
        """What Tab offers in a notebook: no answer, no solution before it is asked for."""
        return ["check", "hint", "solution"]

    def check(self, answer, *more):
        """Show what is to be said of `answer`, and return it as a `Result`.

        Args:
            answer: a value or a function, as the exercise asks; `...` means not attempted.
            *more: nothing: several numbers are one answer, a tuple.

        Returns:
            `Result`.
        """
        result = self._judge_one(answer, *more)
        text = f"{result.outcome.capitalize()}. {result.message}"
        if result.outcome != "not attempted":
            self._wrong_tries = 0 if result.right else self._wrong_tries + 1
        if self._wrong_tries >= _TRIES:
            text += f"\nFor a hint run {self.name}.hint()"
        _show(text, result.outcome)
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
            print(_wrapped(f"Hint {number}: {text}"))
        if level < len(self.hints):
            print(f"For more run {self.name}.hint({level + 1})")

    def solution(self):
        """Print a solution and its explanation."""
        print(f"{self.code}\n\n{_wrapped(self.explanation)}")

    def _judge_one(self, *answers):
        if len(answers) == 1:
            return self._judge(*answers)
        if callable(self.answer):
            return Result("wrong", f"Pass the function alone. Received: {len(answers)} arguments.")
        numbers = "both numbers" if len(answers) == 2 else "all numbers"
        return Result("wrong", f"Give {numbers} as one tuple, in parentheses of its own: check({shown(answers)}).")

    def _judge(self, answer):
        try:
            if has_dots(answer):
                raise _NotAttempted
            problem = self.examine(answer)
        except _NotAttempted:
            return Result("not attempted", "Replace the three dots with your answer and run the cell again.")
        except _Refused as refused:
            problem = str(refused)
        return Result("right", self.why) if problem is None else Result("wrong", problem)


def _show(text, outcome):
    """Show a verdict: in a notebook with a bar in a color beside it, elsewhere printed."""
    printed = _wrapped(f"{_MARKS[outcome]} {text}")
    notebook = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if outcome not in _COLORS or notebook is None:
        print(printed)
        return
    verdict, message = html.escape(_glued(text), quote=False).split(". ", 1)
    style = f"border-left: 6px solid {_COLORS[outcome]}; padding-left: 0.8em; white-space: pre-wrap"
    boxed = f'<div style="{style}"><strong>{_MARKS[outcome]} {verdict}.</strong> {message}</div>'
    notebook.display_pub.publish({"text/plain": printed, "text/html": boxed})


def _wrapped(text):
    """Text in lines that break between words, but neither inside a formula nor, as JupyterLab does, anywhere."""
    lines = []
    for line in _glued(text).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        options = {"subsequent_indent": indent, "break_long_words": False, "break_on_hyphens": False}
        lines.append(textwrap.fill(line, WIDTH, **options))
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _glued(text):
    """Text with the spaces around operators made unbreakable."""
    return re.sub(r" ([-+−·×*/=→]+|//|\*\*) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", text)


class _NotAttempted(Exception):
    """The three dots of the stub are still there, or the learner's function returns them."""


class _Refused(Exception):
    """An answer of which is known, before it is compared, what is wrong with it."""


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
            return f"The answer must be {form(np.shape(expected))}. Received: {form(numbers.shape)}."
        return f"Received: {shown(answer)}. {part(numbers, expected)} Work one value out by hand."

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
        results = _run(answer, cases, names)
        expected = [solution(*case) for case in cases]
        if _all_same(results, expected):
            return None
        return _known_mistake(results, cases, mistakes) or _first_difference(results, expected, cases, names)

    return Question(examine, solution, code=inspect.getsource(solution).strip(), **texts)


def integers(seed, *shapes):
    """Random whole numbers from −9 to 9 for the cases of a question: small ones, that a learner can follow.

    Args:
        seed: int, the same numbers for the same seed.
        *shapes: tuple of int, one for each array.

    Returns:
        tuple of float64 arrays of these shapes.

    >>> integers(0, (2, 3))
    (array([[ 7.,  3.,  0.],
           [-4., -4., -9.]]),)
    """
    generator = np.random.default_rng(seed)
    return tuple(generator.integers(-9, 10, shape).astype(float) for shape in shapes)


def _run(answer, cases, names):
    """Results of the learner's function, as arrays, one a case."""
    _require_function(answer, names)
    with _patience():
        return [_call(answer, case, names) for case in cases]


def _all_same(results, others):
    return all(same(result, other) for result, other in zip(results, others, strict=True))


def _known_mistake(results, cases, mistakes):
    """What to say of the first known mistake that gives all of these results, or None."""
    for wrong, text in mistakes:
        if all(same(result, _attempt(wrong, case)) for result, case in zip(results, cases, strict=True)):
            return text
    return None


def _first_difference(results, expected, cases, names):
    """The first case with a wrong result, and where it differs."""
    triples = zip(cases, results, expected, strict=True)
    case, result, right = next(triple for triple in triples if not same(*triple[1:]))
    return f"For {arguments(case, names)}, {difference(result, right)}"


def _require_function(answer, names):
    """Refuse what cannot be called with arguments of these names."""
    if not callable(answer):
        raise _Refused(
            f"The answer must be a function. Received: {shown(answer)}. Pass the function itself: its name alone, "
            "without parentheses behind it."
        )
    try:
        signature = inspect.signature(answer)
    except ValueError:  # some built-in functions do not tell
        return
    try:
        signature.bind(*names)
    except TypeError:
        name = getattr(answer, "__name__", "your function")
        raise _Refused(
            f"The function must take {len(names)} arguments ({', '.join(names)}). Received: {name}{signature}."
        ) from None


@contextlib.contextmanager
def _patience():
    """Tell the learner how to interrupt what takes longer than `PATIENCE`."""
    text = _wrapped(f"Your function has not returned after {PATIENCE:g} s. {_INTERRUPT}")
    timer = threading.Timer(PATIENCE, print, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _call(function, case, names):
    """Result of the learner's function, as an array."""
    called = f"It was called with {arguments(case, names)}."
    try:
        with contextlib.redirect_stderr(sys.stdout):  # graders such as nbgrader take a warning for a failure
            value = function(*copy.deepcopy(case))
    except (Exception, SystemExit) as error:  # whatever the learner's code raises is an answer to report
        raise _Refused(f"{_failure(error, function)}\n  {called}") from None
    if has_dots(value):
        raise _NotAttempted
    if value is None:
        raise _Refused(
            "Your function returned None: does every path end in `return`? "
            f"(`print` shows a value but does not return it.) {called}"
        )
    if callable(value):
        called = "Are parentheses missing behind it?"
    numbers = as_array(value)
    if numbers is None:
        raise _Refused(f"Your function must return numbers. Received: {shown(value)}. {called}")
    return numbers


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
