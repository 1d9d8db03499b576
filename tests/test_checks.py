"""The checkers: solutions are right, stubs are not attempted, typical mistakes are refused by name."""

import ast
import re
import time

import numpy as np
import pytest
import scipy.signal

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


def loop(image, kernel, rows, columns):
    """Written by hand with loops, so that no code of the checker is used."""
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for a in range(kernel.shape[0]):
                for b in range(kernel.shape[1]):
                    output[i, j] += image[i + a, j + b] * kernel[a, b]
    return output


def valid(image, kernel):
    return loop(image, kernel, image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1)


def one_short(image, kernel):
    return loop(image, kernel[::-1, ::-1], image.shape[0] - kernel.shape[0], image.shape[1] - kernel.shape[1])


def gradient(image, kernel, target):
    error = scipy.signal.correlate2d(image, kernel, "valid") - target
    return 2 * scipy.signal.correlate2d(image, error, "valid")


def one_sided_loop(image, kernel):
    return loop(image, kernel[::-1, ::-1], *(image.shape[0] - kernel.shape[0] + 1,) * 2)


IMAGE, KERNEL = np.array([[1, 2, 0], [0, 1, 3], [4, 0, 1]]), np.array([[1, 0], [2, -1]])

MISTAKES = {
    "start.example": [(6, "Off by one"), (4, "Off by one"), (3, "the size that is left"), (48, "Work one value out")],
    "start.q1": [(240_000, "number of pixels"), (1_003, "are added"), (960_000, "Four values"), (80_000, "Divided")],
    "start.q2": [
        ((4, 1, 28, 28), "channels first"),
        ((28, 28, 1), "one image"),
        ((28, 28, 1, 4), "batch axis comes first"),
        ((4, 28, 28), "still a channel"),
        ((4, 28, 28, 3), "gray"),
    ],
    "start.q3": [
        (lambda size: int(np.log2(size)), "with a remainder"),
        (lambda size: len([k for k in range(20) if size % 2**k == 0]), "Off by one"),
        (lambda size: max(0, len([k for k in range(1, 20) if size % 2**k == 0]) - 1), "Off by one"),
        (lambda size: size // np.gcd(size, 2**20), "the odd size that is left"),
        (lambda size: size // 2, "halves once"),
        (lambda size: size / 0, "raised ZeroDivisionError"),
    ],
    "convolution.q1": [
        ((295, 444), "Off by one"),
        ((297, 446), "Off by one in the other direction"),
        ((294, 447), "Rows and columns of the kernel are swapped"),
        ((445, 296), "Rows and columns of the answer are swapped"),
        ((300, 451), "the size of the photograph"),
        (296, r"must have the shape \(2,\)"),
    ],
    "convolution.q2": [
        (scipy.signal.correlate2d(IMAGE, KERNEL, "valid"), "cross-correlation: a true convolution flips"),
        (scipy.signal.convolve2d(IMAGE, KERNEL[:, ::-1], "valid"), "flipped up-down only"),
        (scipy.signal.convolve2d(IMAGE, KERNEL[::-1], "valid"), "flipped left-right only"),
        (scipy.signal.convolve2d(IMAGE, KERNEL, "valid").T, "Rows and columns are swapped"),
        (scipy.signal.correlate2d(IMAGE, KERNEL.T, "valid"), "transposed, not flipped"),
        (scipy.signal.convolve2d(IMAGE, KERNEL, "full"), r"must have the shape \(2, 2\)"),
    ],
    "convolution.q3": [
        ([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "to the left"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], "moves the picture down"),
        ([[0, 0, 0], [0, 0, 0], [0, 1, 0]], "moves the picture up"),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "leaves the picture where it is"),
        ([[1, 0]], r"must have the shape \(3, 3\)"),
    ],
    "convolution.q4": [
        (valid, "not flipped"),
        (lambda image, kernel: valid(image, kernel[::-1]), "flipped up-down only"),
        (lambda image, kernel: valid(image, kernel[:, ::-1]), "flipped left-right only"),
        (one_short, "Off by one"),
        (lambda image, kernel: valid(image, kernel[::-1, ::-1]).T, "Rows and columns of the output are swapped"),
        (lambda image, kernel: valid(image, kernel.T), "result must have shape|raised IndexError"),
        (one_sided_loop, "raised IndexError|result must have shape"),
        (lambda image, kernel: scipy.signal.convolve2d(image, kernel, "same"), "result must have shape"),
        (lambda image, kernel: valid(image, kernel[::-1, ::-1]) + 1e-3, r"the value at \[0, 0\] must be"),
        (lambda image, kernel: None, "returned None"),
        (lambda image, kernel: "numbers", "must return numbers"),
        (3, "must be a function"),
    ],
    "convolution.q5": [
        (lambda *case: gradient(*case) / 2, "factor 2 is missing"),
        (lambda *case: -gradient(*case), "sign is wrong"),
        (lambda *case: gradient(*case) / case[2].size, "gradient of the mean"),
        (lambda *case: gradient(*case)[::-1, ::-1], "gradient is flipped"),
        (lambda *case: case[1], r"the value at \[0, 0\] must be"),
    ],
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
