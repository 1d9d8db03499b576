"""Limits of the benchmarks: a table says in its row where it misses one, and all that do are listed."""

import pytest
import run
import set_up

import race
from lessons import ROOT


def _table(header, *cells):
    return race.table(["net", header], [[f"row {number}", cell] for number, cell in enumerate(cells)])


@pytest.mark.parametrize(
    ("header", "cell", "judged"),
    [
        ("ratio", "1.49 (at most 1.4)", "1.49 (at most 1.4: missed)"),
        ("ratio", "1.40 (at most 1.4)", "1.40 (at most 1.4)"),
        ("speed", "0.94 (at least 0.95)", "0.94 (at least 0.95: missed)"),
        ("speed", "0.95 (at least 0.95)", "0.95 (at least 0.95)"),
        ("", "3 tests, 1,011 s (at most 300 s)", "3 tests, 1,011 s (at most 300 s: missed)"),
        ("accuracy", "99.40% (at least 99.5%)", "99.40% (at least 99.5%: missed)"),
        ("paint (at most 200 ms)", "228 ms", "228 ms: missed"),
        ("paint (at most 200 ms)", "200 ms", "200 ms"),
        ("paint (at most 200 ms)", "–", "–"),  # was not measured
        ("paint (at most 200 ms)", "228 ms (at most 300 ms)", "228 ms (at most 300 ms)"),  # its own limit is nearer
        ("ratio (at most 3)", "3.10, median of 25", "3.10, median of 25: missed"),
        ("ratio", "1.49 (median)", "1.49 (median)"),
    ],
)
def test_a_cell_says_where_it_misses_its_limit(header, cell, judged):
    text, misses = race.judge(_table(header, cell))
    assert text == _table(header, judged)
    assert len(misses) == ("missed" in judged)
    assert race.judge(text) == (text, misses)  # judging twice changes nothing


def test_a_limit_that_holds_now_is_no_longer_missed():
    text, misses = race.judge(_table("ratio", "1.10 (at most 1.4: missed)"))
    assert (text, misses) == (_table("ratio", "1.10 (at most 1.4)"), [])


def test_each_table_has_its_own_header():
    two = "\n\n".join([_table("ms (at most 5)", "4", "6"), "Words (at most 1) and 2.", _table("ms", "6")])
    text, misses = race.judge(two)
    assert text == two.replace("| row 1 | 6 |", "| row 1 | 6: missed |")
    assert misses == ["row 1, ms: 6 (at most 5)"]


@pytest.mark.parametrize("cell", ["0.23 s (at most 200 ms)", "none (at most 2)", "228 (at most 200 ms)"])
def test_a_limit_wants_a_number_in_its_unit(cell):
    with pytest.raises(ValueError, match=r"behind a number in its unit\. Received: "):
        race.judge(_table("paint", cell))


def test_bench_ends_with_all_that_falls_short(tmp_path, monkeypatch, capsys):
    script, results = tmp_path / "part.py", tmp_path / "RESULTS.md"
    script.write_text(f"print({_table('ratio', '0.9 (at most 0.8)')!r})", encoding="utf-8")
    monkeypatch.setattr(run, "PARTS", {"now": (str(script), [], {}), "before": ("never.py", [], {})})
    stored = {"falls_short": "Nothing.", "now": "no table yet", "before": _table("s (at most 1)", "0.5", "1.5")}
    marked = "\n\n".join(f"<!-- begin {name} -->\n{text}\n<!-- end {name} -->" for name, text in stored.items())
    results.write_text(marked, encoding="utf-8")
    assert run.main(["now"], results) == 0
    listed = "- `now`: row 0, ratio: 0.9 (at most 0.8)\n- `before`: row 1, s: 1.5 (at most 1)"
    assert capsys.readouterr().out.endswith(f"What falls short:\n\n{listed}\n")
    text = results.read_text(encoding="utf-8")
    assert f"<!-- begin falls_short -->\n{listed}\n<!-- end falls_short -->" in text
    assert _table("ratio", "0.9 (at most 0.8: missed)") in text
    assert _table("s (at most 1)", "0.5", "1.5: missed") in text


def test_results_say_where_they_miss_a_limit(tmp_path):
    """After an edit by hand: `make bench ARGS=--list`."""
    text = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    copy = tmp_path / "RESULTS.md"
    copy.write_text(text, encoding="utf-8")
    run.judge_all(copy)
    assert copy.read_text(encoding="utf-8") == text
    stored = "\n".join(run._section(name).search(text)[2] for name in run.PARTS)
    outside = [line for line in stored.splitlines() if not line.startswith("|")]
    assert not [line for line in outside if "at most" in line or "at least" in line]  # nobody judges these


def test_each_file_of_an_environment_belongs_to_one_package(tmp_path):
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    files = {
        "one/a.py": 10_000,
        "one/__pycache__/a.cpython-311.pyc": 20_000,  # not in the record, as uv leaves it
        "one-1.dist-info/METADATA": 0,
        "two/b.so": 30_000,
        "two-2.dist-info/METADATA": 0,
        "nobodys.txt": 40_000,
        "../../../bin/two": 50_000,
    }
    for name, size in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(b"x" * size)
    for package, version in (("one", 1), ("two", 2)):
        info = site / f"{package}-{version}.dist-info"
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        owned = [name for name in files if package in name and "__pycache__" not in name]
        (info / "RECORD").write_text("".join(f"{name},,\n" for name in owned))
    sizes = set_up.by_package(tmp_path)
    on_disk = sum(path.lstat().st_blocks * 512 for path in tmp_path.rglob("*"))
    assert sizes.total() == on_disk > sum(files.values())
    assert 30_000 < sizes["one"] < 60_000 and 80_000 < sizes["two"] < 110_000
    assert set(sizes) == {"one", "two", "the environment itself"}


def test_what_is_installed_anew_is_measured_only_when_asked(monkeypatch, tmp_path):
    """It fetches three gigabytes."""
    ran = []
    monkeypatch.setattr(run.subprocess, "run", lambda command, **_: ran.append(command[1]) or _Done)
    monkeypatch.setattr(run, "store", lambda *_: None)
    monkeypatch.setattr(run, "judge_all", lambda _: "")
    assert run.main([], tmp_path / "none") == 0
    assert any("start.py" in script for script in ran) and not any("set_up.py" in script for script in ran)
    ran.clear()
    assert run.main(["set_up"], tmp_path / "none") == 0 and ran == [str(run.FOLDER / "set_up.py")]


class _Done:
    stdout, returncode = "", 0
