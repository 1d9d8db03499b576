"""Every lesson keeps the rules, and each of its sections runs when it is copied. Nbval compares the outputs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import lessons
import notebooks
import rules

NAMES = [file.stem for file in lessons.LESSONS]
TRAINS_LONG = {
    "01_why_convolution": 7,
    "07_pooling": 8,
    "11_first_cnn": 6,
    "12_stride_instead_of_pooling": 4,
    "14_training_alexnet": 4,
}  # sections that train for more than 5 s, by lesson


def sections_that_fail(file, titles=()):
    """Problems that `run_sections.py` finds, in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("run_sections.py")), str(file), *titles]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_there_are_lessons_and_their_numbers_are_unique():
    numbers = [name[:2] for name in NAMES]
    assert {"00", "02"} <= set(numbers) and len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("rule", rules.FOR_LESSONS, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_rule(name, rule):
    assert rule(lessons.read(lessons.NOTEBOOKS / f"{name}.ipynb")) == []


@pytest.mark.parametrize("rule", rules.FOR_ALL, ids=lambda rule: rule.__name__)
def test_the_template_keeps_the_rules_too(rule):
    assert rule(lessons.read(lessons.TEMPLATE)) == []


@pytest.mark.parametrize("name", [*NAMES, "_template"])
def test_a_lesson_is_small(name):
    assert (lessons.NOTEBOOKS / f"{name}.ipynb").stat().st_size <= 1_000_000


@pytest.mark.parametrize("name", [*NAMES, "_template"])
def test_each_section_runs_when_copied(name):
    file = lessons.NOTEBOOKS / f"{name}.ipynb"
    sections = lessons.sections(lessons.read(file))
    titles = [section.title for section in sections if section.code and section.number != TRAINS_LONG.get(name, 0)]
    assert titles and sections_that_fail(file, titles) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINS_LONG)
def test_a_section_that_trains_long_runs_when_copied(name):
    file = lessons.NOTEBOOKS / f"{name}.ipynb"
    sections = lessons.sections(lessons.read(file))
    titles = [section.title for section in sections if section.number == TRAINS_LONG[name]]
    assert len(titles) == 1 and any(".fit(" in cell.source for cell in sections[TRAINS_LONG[name] - 1].code)
    assert sections_that_fail(file, titles) == []


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
