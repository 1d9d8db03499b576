"""The checkers: solutions are right, stubs are not attempted, typical mistakes are refused by name."""

import ast
import importlib
import inspect
import itertools
import re
import socket
import sys
import time

import numpy as np
import pytest

import lessons
from alternatives import ALTERNATIVES
from cnn_course import checks
from cnn_course.checks import answers, engine
from inputs import INPUTS

QUESTIONS = {
    f"{module}.{name}": getattr(getattr(checks, module), name)
    for module in checks.__all__
    for name in getattr(checks, module).__all__
}
FUNCTIONS = [name for name, question in QUESTIONS.items() if callable(question.answer)]


@pytest.fixture(autouse=True)
def first_try():
    for question in QUESTIONS.values():
        question._wrong_tries = 0


def unwrapped(printed):
    """The text that was printed, without its line breaks, which must be where a reader wants them."""
    lines = printed.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert not [line for line in lines if re.search(r"(^| )[-+−·×*/=→]+$|^[-+−·×*/=→]+ ", line)], "a broken formula"
    assert all(len(f"{line} {after}") > 80 for line, after in itertools.pairwise(lines)), "a line ends too early"
    return " ".join(lines)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_solution_is_right_and_the_stub_is_not_attempted(name, capsys):
    question = QUESTIONS[name]
    assert question.check(question.answer).right
    assert unwrapped(capsys.readouterr().out) == f"✔ Right. {question.why}"
    stub = (lambda *arguments: ...) if callable(question.answer) else ...
    result = question.check(stub)
    assert (result.outcome, result.right) == ("not attempted", False)
    assert capsys.readouterr().out.startswith("… Not attempted. Replace the three dots")


@pytest.mark.parametrize("name", QUESTIONS)
def test_texts_are_there_and_say_no_solution_too_early(name, capsys):
    question = QUESTIONS[name]
    assert 1 <= len(question.hints) <= 3 and question.why and question.explanation
    question.hint()
    first, more = capsys.readouterr().out.rstrip().rsplit("\n", 1)
    assert unwrapped(first) == f"Hint 1: {question.hints[0]}" and more == f"For more run checks.{name}.hint(2)"
    for level in (len(question.hints), 9):
        question.hint(level)
        printed = capsys.readouterr().out
        assert printed.count("Hint ") == len(question.hints) and question.code not in printed
        assert "For more" not in printed
    question.solution()
    code, explanation = capsys.readouterr().out.rsplit("\n\n", 1)
    assert code == question.code and unwrapped(explanation) == question.explanation


@pytest.mark.parametrize("name", QUESTIONS)
def test_code_in_a_text_can_be_pasted(name):
    question = QUESTIONS[name]
    for text in (*question.hints, question.explanation, question.why):
        code = re.findall(r"`[^`]*`|\[[^\]]*\]", text)
        assert not [part for part in code if re.search("[−·×]", part)], text


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
def test_typical_mistakes_are_refused_by_name(name, monkeypatch):
    monkeypatch.delattr(socket, "socket")  # a check is offline
    for answer, message in MISTAKES[name]:
        result = QUESTIONS[name].check(answer)
        assert result.outcome == "wrong" and not result.right
        assert re.search(message, result.message), f"{message!r} is not in {result.message!r}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_way_to_the_right_result_is_right(name):
    generator, answer = np.random.default_rng(7), ALTERNATIVES[name]
    for arguments in (INPUTS[name](generator) for _ in range(20)):
        np.testing.assert_allclose(answer(*arguments), QUESTIONS[name].answer(*arguments), rtol=1e-4, atol=1e-5)
    assert QUESTIONS[name].check(answer).right


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
        return checks.start_here.q3.answer(size)

    assert checks.start_here.q3.check(warns).right
    printed = capsys.readouterr()
    assert printed.out.startswith("careful\n") and printed.err == ""


def test_an_interrupt_is_not_swallowed():
    def interrupted(size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.start_here.q3.check(interrupted)


def test_a_learner_cannot_change_the_cases():
    def destructive(image, kernel):
        image *= 0
        return image

    assert not checks.convolution.q4.check(destructive).right
    assert checks.convolution.q4.check(checks.convolution.q4.answer).right


def test_a_learner_cannot_change_a_list_of_the_cases():
    def destructive(n, layers):
        layers.clear()
        return []

    assert not checks.stride.q5.check(destructive).right
    assert checks.stride.q5.check(checks.stride.q5.answer).right


def element(array, *index):
    return array[index]


def test_an_exception_in_a_helper_names_the_line_of_the_helper():
    message = checks.convolution.q4.check(lambda image, kernel: element(image, 9, 9)).message
    assert "of your cell:\n    return array[index]\n  index 9 is out of bounds" in message
    assert message.endswith("kernel=[[-2.0, 7.0, 1.0], [-9.0, 5.0, 4.0]].")


def test_leaving_python_and_recursion_without_end_are_wrong_answers():
    def endless(size):
        return endless(size)

    assert "raised RecursionError in line" in checks.start_here.q3.check(endless).message
    assert "raised SystemExit in line" in checks.start_here.q3.check(lambda size: sys.exit()).message


def test_whole_numbers_are_compared_exactly_and_told_apart():
    assert not checks.alexnet.q2.check((332_160, 56_070_145)).right
    message = checks.alexnet.q3.check(lambda *case: checks.alexnet.q3.answer(*case) + 1).message
    assert message.endswith("the result must be 60965224. Received: 60965225.")


@pytest.mark.parametrize(
    "convert", [np.ndarray.tolist, lambda array: array.astype("float32"), lambda array: array.astype(int), tuple]
)
def test_results_may_be_lists_and_arrays_of_other_types(convert):
    assert checks.convolution.q4.check(lambda *case: convert(checks.convolution.q4.answer(*case))).right


def test_results_may_be_tensors():
    ops = pytest.importorskip("keras").ops
    assert checks.convolution.q4.check(lambda *case: ops.convert_to_tensor(checks.convolution.q4.answer(*case))).right


class Symbol:
    """Something like a symbolic tensor: it has a shape but no numbers."""

    def __array__(self, *arguments, **options):
        raise RuntimeError("This tensor has no values.")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "returned None"),
        ("16", "must return numbers. Received: '16'."),
        (Symbol(), "must return numbers. Received: <test_exercises.Symbol"),
        (np.sum, "Are parentheses missing"),
        ((number for number in (1, 2)), "must return numbers. Received: <generator"),
        ([[1], [2, 3]], "must return numbers"),
        (1 + 2j, "must return numbers"),
        (np.nan, "must be 2. Received: nan."),
        (list(range(9)), "must be one number. Received: 9 numbers."),
        ("x" * 999, "xx …"),
    ],
)
def test_results_of_other_kinds(result, message):
    found = checks.start_here.q3.check(lambda size: result)
    assert found.outcome == "wrong" and message in found.message


@pytest.mark.parametrize("answer", [lambda: 1, lambda image: 1, lambda image, kernel, strides: 1])
def test_functions_with_other_arguments(answer):
    message = checks.convolution.q4.check(answer).message
    assert message.startswith("The function must take 2 arguments (image, kernel). Received: <lambda>(")


def test_a_function_that_was_called_already():
    message = checks.convolution.q4.check(np.zeros((3, 4))).message
    assert message.startswith("The answer must be a function. Received: array(") and "its name alone" in message


def test_printed_lines_break_between_words_and_keep_their_indent(capsys):
    checks.convolution.q4.check(lambda image, kernel: element(image, 9, 9))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 4 and max(map(len, lines)) <= 80
    assert all(line.startswith("  ") for line in lines[-2:])


@pytest.mark.parametrize("answer", [(296, ...), [..., ...], [[1, ...], [2, 3]]])
def test_dots_in_an_answer_are_not_attempted(answer):
    assert checks.convolution.q2.check(answer).outcome == "not attempted"
    assert checks.padding.q5.check(lambda n, kernel_size, strides: answer).outcome == "not attempted"


def test_every_exercise_of_a_lesson_has_its_question():
    for file in lessons.LESSONS:
        notebook = lessons.read(file)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        code = "\n".join(cell.source for cell in lessons.code_cells(notebook))
        numbers = re.findall(r"^\*\*(\d) \w[\w ]*\.\*\*", text, re.MULTILINE)
        module = getattr(checks, re.search(r"checks\.(\w+)\.q1\.check", code)[1])
        questions = [name for name in module.__all__ if name.startswith("q")]
        assert [f"q{number}" for number in numbers] == questions != [], file.name


@pytest.mark.parametrize("answer", ["(296, 445)", None, [[1], [2, 3]], object(), np.array(["a"]), {1: 2}])
def test_answers_that_are_no_numbers(answer):
    assert checks.convolution.q1.check(answer).message.startswith("The answer must consist of numbers. Received: ")


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((296, 445), "Give both numbers as one tuple, in parentheses of its own: check((296, 445))."),
        ((1, 2, 3), "Give all numbers as one tuple, in parentheses of its own: check((1, 2, 3))."),
    ],
)
def test_numbers_that_are_no_tuple(numbers, message):
    assert checks.convolution.q1.check(*numbers).message == message
    assert checks.convolution.q4.check(*numbers).message.startswith("Pass the function alone.")


def test_the_third_wrong_try_shows_the_way_to_a_hint(capsys):
    def last_line(answer):
        checks.padding.q1.check(answer)
        return capsys.readouterr().out.splitlines()[-1]

    way = "For a hint run checks.padding.q1.hint()"
    assert [last_line(answer) == way for answer in (1, ..., 2, 3, 4)] == [False, False, False, True, True]
    assert [last_line(answer) == way for answer in (checks.padding.q1.answer, 1, 2, 3)] == [False, False, False, True]


@pytest.mark.parametrize(("answer", "right"), [((4128, 0.5), True), ((4128.01, 0.5), False), ((4128, 0.500001), True)])
def test_a_whole_number_beside_a_float_is_compared_exactly(answer, right):
    question = engine.value_question((4128, 0.5), code="", why="", hints=("",), explanation="")
    assert question.check(answer).right == right
    assert answers.same(np.array(answer), [4128, 0.5]) == right


def test_what_a_function_question_consists_of():
    """Each of its parts on its own: running, naming a known mistake, finding the first difference."""

    def double(size):
        return 2 * size

    cases, names = [(1,), (3,)], ("size",)
    results = engine._run(lambda size: size + 1, cases, names)
    assert [result.tolist() for result in results] == [2, 4]
    mistakes = [(lambda size: size, "same"), (lambda size: size + 1, "one more"), (lambda size: size + 1, "too late")]
    assert engine._known_mistake(results, cases, mistakes) == "one more"
    assert engine._known_mistake(results, cases, mistakes[:1]) is None
    expected = [double(*case) for case in cases]
    difference = engine._first_difference(results, expected, cases, names)
    assert difference == "For size=3, the result must be 6. Received: 4."
    for answer in (7, lambda: 1, lambda size: None):
        with pytest.raises(engine._Refused):
            engine._run(answer, cases, names)


def test_a_known_mistake_that_cannot_run_on_a_case_is_no_mistake():
    mistakes = [(lambda size: [1, 2][size], "an index"), (lambda size: int("x"), "a value"), (lambda size: 4, "four")]
    assert engine._known_mistake([np.array(4)], [(9,)], mistakes) == "four"


def test_the_line_of_the_learner_is_named_not_that_of_a_library():
    message = checks.convolution.q4.check(lambda image, kernel: np.linalg.inv(image)).message
    assert message.startswith("Your function raised LinAlgError in line ") and "np.linalg.inv(image)" in message


def test_a_built_in_function_that_tells_no_arguments_is_called():
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(max)
    assert checks.start_here.q3.check(max).message.startswith("Your function raised TypeError")


def test_places_of_wrong_numbers_are_told_up_to_three():
    right = np.arange(9).reshape(3, 3)
    assert answers.part(0 * right, right) == "Right numbers: 1 of 9; look again at [0, 1], [0, 2], [1, 0] …."
    assert answers.part(right + np.eye(3, dtype=int), right).endswith("at [0, 0], [1, 1], [2, 2].")


def test_a_question_shows_how_to_use_it_and_no_answer():
    assert repr(checks.padding.q1) == "Exercise: call .check(your answer), .hint() or .solution()"


def test_a_word_longer_than_a_line_stays_whole(capsys):
    word = "x" * 150
    checks.padding.q1.check(word)
    assert f"'{word}'." in capsys.readouterr().out


def test_random_integers_are_small_whole_and_repeatable():
    first, second = engine.integers(3, (40, 50), (7,))
    assert (first.shape, second.shape, first.dtype) == ((40, 50), (7,), float)
    assert set(np.unique(first)) == set(range(-9, 10))
    np.testing.assert_array_equal(first, engine.integers(3, (40, 50))[0])


def test_a_result_is_not_shown_twice_in_a_notebook(capsys):
    result = checks.convolution.q1.check((296, 445))
    capsys.readouterr()
    assert result._ipython_display_() is None and capsys.readouterr().out == ""
