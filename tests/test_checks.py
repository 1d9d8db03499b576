"""The checkers: solutions are right, stubs are not attempted, typical mistakes are refused by name."""

import ast
import importlib
import re
import sys
import time

import numpy as np
import pytest

from cnn_course import checks
from cnn_course.checks import engine

QUESTIONS = {
    f"{module}.{name}": getattr(getattr(checks, module), name)
    for module in checks.__all__
    for name in getattr(checks, module).__all__
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_solution_is_right_and_the_stub_is_not_attempted(name, capsys):
    question = QUESTIONS[name]
    start = time.perf_counter()
    assert question.check(question.answer).right
    assert time.perf_counter() - start < 1
    assert capsys.readouterr().out == f"✔ Right. {question.why}\n"
    stub = (lambda *arguments: ...) if callable(question.answer) else ...
    result = question.check(stub)
    assert (result.outcome, result.right) == ("not attempted", False)
    assert capsys.readouterr().out.startswith("… Not attempted. Replace the three dots")


@pytest.mark.parametrize("name", QUESTIONS)
def test_texts_are_there_and_say_no_solution_too_early(name, capsys):
    question = QUESTIONS[name]
    assert 1 <= len(question.hints) <= 3 and question.why and question.explanation
    question.hint()
    assert capsys.readouterr().out.splitlines() == [f"Hint 1: {question.hints[0]}", "More: .hint(2)"]
    question.hint(9)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == len(question.hints) and question.code not in printed
    question.solution()
    assert capsys.readouterr().out == f"{question.code}\n\n{question.explanation}\n"


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if not callable(question.answer)])
def test_the_solution_as_text_is_the_solution(name):
    question = QUESTIONS[name]
    allowed = (ast.Expression, ast.Tuple, ast.List, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    tree = ast.parse(question.code, mode="eval")
    assert all(isinstance(node, (*allowed, ast.Load)) for node in ast.walk(tree))
    value = eval(compile(tree, "solution", "eval"))  # numbers and arithmetic only, as asserted above
    assert question.check(value).right


MISTAKES = {
    f"{module}.{name}": mistakes
    for module in checks.__all__
    for name, mistakes in importlib.import_module(f"mistakes.{module}").MISTAKES.items()
}


def test_every_exercise_is_tested_with_at_least_four_mistakes():
    assert set(MISTAKES) == set(QUESTIONS)
    assert min(len(mistakes) for mistakes in MISTAKES.values()) >= 4


@pytest.mark.parametrize("name", MISTAKES)
def test_typical_mistakes_are_refused_by_name(name):
    for answer, message in MISTAKES[name]:
        result = QUESTIONS[name].check(answer)
        assert result.outcome == "wrong" and not result.right
        assert re.search(message, result.message), f"{message!r} is not in {result.message!r}"


def test_an_exception_names_the_line_of_the_learner():
    def learners(image, kernel):
        height = kernel.shape[0]
        return image[height, 0, 0]

    message = checks.convolution.q4.check(learners).message
    assert message.startswith("Your function raised IndexError in line ")
    assert "return image[height, 0, 0]" in message and "too many indices" in message


def test_a_function_that_does_not_return_is_reported(monkeypatch, capsys):
    monkeypatch.setattr(engine, "PATIENCE", 0.05)
    question = engine.function_question(lambda: 1, [()], why="", hints=("",), explanation="")
    assert question.check(lambda: time.sleep(0.3) or 1).right
    assert "has not returned after 0.05 s" in capsys.readouterr().out
    assert question.check(lambda: 1).right
    time.sleep(0.1)
    assert "has not returned" not in capsys.readouterr().out


def test_a_warning_is_shown_and_is_no_failure(capsys):
    def warns(size):
        print("careful", file=sys.stderr)
        return checks.start.q3.answer(size)

    assert checks.start.q3.check(warns).right
    printed = capsys.readouterr()
    assert printed.out.startswith("careful\n") and printed.err == ""


def test_an_interrupt_is_not_swallowed():
    def interrupted(size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.start.q3.check(interrupted)


def test_a_learner_cannot_change_the_cases():
    def destructive(image, kernel):
        image *= 0
        return image

    assert not checks.convolution.q4.check(destructive).right
    assert checks.convolution.q4.check(checks.convolution.q4.answer).right


@pytest.mark.parametrize("answer", ["(296, 445)", None, [[1], [2, 3]], object(), np.array(["a"]), {1: 2}])
def test_answers_that_are_no_numbers(answer):
    assert checks.convolution.q1.check(answer).message.startswith("The answer must consist of numbers. Received: ")


def test_a_result_is_not_shown_twice_in_a_notebook(capsys):
    result = checks.convolution.q1.check((296, 445))
    capsys.readouterr()
    assert result._ipython_display_() is None and capsys.readouterr().out == ""
