"""Every lesson keeps the rules, and each of its sections runs when it is copied. Nbval compares the outputs."""

import pytest

import lessons
import notebooks
import rules
from run_sections import sections_that_fail

NAMES = [file.stem for file in lessons.LESSONS]


def test_there_are_lessons_and_their_numbers_are_unique():
    numbers = [name[:2] for name in NAMES]
    assert {"00", "02"} <= set(numbers) and len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("rule", rules.FOR_LESSONS, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_rule(name, rule):
    assert rule(lessons.read(lessons.NOTEBOOKS / f"{name}.ipynb")) == []


@pytest.mark.parametrize("rule", rules.FOR_LESSONS, ids=lambda rule: rule.__name__)
def test_the_template_keeps_the_rules_too(rule):
    assert rule(lessons.read(lessons.TEMPLATE)) == []


def test_what_may_be_told_is_told(monkeypatch):
    told = [key for key, reason in rules.TOLD.items() if reason]
    assert len(told) == len(rules.TOLD)
    monkeypatch.setattr(rules, "TOLD", {})
    notebooks_of = {file.stem[:2]: lessons.read(file) for file in lessons.LESSONS}
    for lesson, number in told:
        problems = rules.answers_are_not_told(notebooks_of[lesson])
        assert any(float(problem.split()[-1]) == float(number) for problem in problems), (lesson, number)


@pytest.mark.parametrize("name", [*NAMES, "_template"])
def test_a_lesson_is_small(name):
    assert (lessons.NOTEBOOKS / f"{name}.ipynb").stat().st_size <= 1_000_000


@pytest.mark.parametrize("name", [*NAMES, "_template"])
def test_a_lesson_is_stored_as_the_tool_stores_it(name, tmp_path):
    """Else its next execution changes more than what was meant."""
    file = lessons.NOTEBOOKS / f"{name}.ipynb"
    notebooks.write(notebooks.unchanged(file), tmp_path / file.name)
    assert (tmp_path / file.name).read_bytes() == file.read_bytes(), "make notebooks ARGS=--text-only mends it"


@pytest.mark.parametrize("name", [*(pytest.param(name, marks=pytest.mark.slow) for name in NAMES), "_template"])
def test_each_section_runs_when_copied(name):
    """That a section has all names is a rule; this run is for what no rule sees: its seeds, and what Keras keeps."""
    assert sections_that_fail(lessons.NOTEBOOKS / f"{name}.ipynb") == []


def test_lesson_00_shows_the_map_of_all_lessons():
    text = "\n".join(cell.source for cell in lessons.read(lessons.LESSONS[0]).cells)
    for name in NAMES[1:]:
        assert f"({name}.ipynb)" in text


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_shows_the_lesson_with_one_of_its_pictures(name):
    readme = (lessons.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"(notebooks/{name}.ipynb)" in readme and f"(docs/pictures/{name}.png)" in readme
    stored = (lessons.ROOT / "docs" / "pictures" / f"{name}.png").read_bytes()
    assert stored == notebooks.picture(lessons.read(lessons.NOTEBOOKS / f"{name}.ipynb"), notebooks.PICTURE_OF[name])
