"""The project as a whole: cheap imports, a wheel that carries its data, pins and documents that agree."""

import ast
import importlib
import importlib.metadata
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cnn_course
from cnn_course import homework
from lessons import LESSONS, ROOT, code_cells, read

LIGHT = ["arithmetic", "checks", "data", "data.formats", "data.originals", "explore", "homework", "homework.__main__"]
LIGHT += ["kernels", "reference", "training", "figures"]  # the last may load matplotlib
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def python(code, *options, **environment):
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_load_no_framework():
    code = f"""
import importlib, sys
sys.modules["IPython"] = None  # the extra `lessons` brings none
for name in {LIGHT}:
    importlib.import_module(f"cnn_course.{{name}}")
    print(name, *{{module.partition(".")[0] for module in sys.modules}})
"""
    for line in python(code).splitlines():
        module, *loaded = line.split()
        assert not set(loaded) & {"tensorflow", "keras", "torch", "jax"}, module
        if module != "figures":
            assert not set(loaded) & {"anywidget", "matplotlib", "pooch", "requests", "tqdm"}, module


def test_every_public_name_exists_and_has_a_docstring():
    for found in pkgutil.walk_packages(cnn_course.__path__, "cnn_course."):
        module = importlib.import_module(found.name)
        assert module.__doc__ and len(set(module.__all__)) == len(module.__all__), found.name
        for name in module.__all__:
            assert not inspect.isroutine(getattr(module, name)) or getattr(module, name).__doc__, f"{found.name}.{name}"


def installed_version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def test_constraints_are_names_with_exact_versions_and_are_installed():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert len({pin.name for pin in pins}) == len(pins) > 50
    for pin in pins:
        assert [specifier.operator for specifier in pin.specifier] == ["=="] and pin.url is None
        if pin.marker is None or pin.marker.evaluate():
            version = installed_version(pin.name)
            for_slow = version is None and installed_version("scikit-learn") is None  # comes with `make test-slow`
            for_browser = version is None and pin.name in ("greenlet", "playwright")  # with `make test-browser`
            for_site = version is None and installed_version("sphinx") is None  # with `make site`
            assert for_slow or for_browser or for_site or pin.specifier.contains(version), f"{pin} is not installed"
    versions = {pin.name: str(pin.specifier)[2:] for pin in pins}
    extras = PROJECT["optional-dependencies"]
    for text in (*PROJECT["dependencies"], *(text for name in set(extras) - {"gpu"} for text in extras[name])):
        wanted = Requirement(text)
        assert wanted.name == PROJECT["name"] or wanted.specifier.contains(versions[wanted.name]), text


def brought(requirement):
    """Names of all packages that come with a requirement: what it needs, what that needs, and so on."""
    waiting, seen = [Requirement(requirement)], set()
    while waiting:
        wanted = waiting.pop()
        for text in importlib.metadata.requires(wanted.name) or []:
            needed = Requirement(text)
            applies = any(needed.marker is None or needed.marker.evaluate({"extra": e}) for e in ("", *wanted.extras))
            if applies and str(needed) not in seen:
                seen.add(str(needed))
                waiting.append(needed)
    return {canonicalize_name(Requirement(text).name) for text in seen} - {"cnn-course"}


def test_lessons_import_nothing_that_only_tests_need():
    """`make lab` installs the extra `course`."""
    code = "\n".join(cell.source for lesson in LESSONS for cell in code_cells(read(lesson)))
    statements = list(ast.walk(ast.parse(code)))
    names = [alias.name for node in statements if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in statements if isinstance(node, ast.ImportFrom)]
    imported = {name.partition(".")[0] for name in names} - {*sys.stdlib_module_names, "cnn_course"}
    owners, installed = importlib.metadata.packages_distributions(), brought("cnn-course[course]")
    assert {"keras", "numpy"} <= imported and "scipy" not in installed and "jupyterlab" in installed
    assert [name for name in imported if not {canonicalize_name(owner) for owner in owners[name]} & installed] == []


def test_whatever_a_dependency_needs_is_pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(Requirement(line).name) for line in lines}
    names = brought("cnn-course[test]")
    assert len(names) > 100 and names - pinned == set()
    lessons, gpu = (PROJECT["optional-dependencies"][extra] for extra in ("lessons", "gpu"))
    assert [text.replace("[and-cuda]", "") for text in gpu] == [text for text in lessons if "tensorflow" in text]


def test_renewing_the_pins_is_documented_for_all_extras_that_are_tested():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^uv pip compile [^`]*?constraints\.txt$", readme, re.MULTILINE)
    tested = (
        "--extra test",
        "--extra instructor",
        "--extra originals",
        "--extra backends",
        "--extra foreign",
        "--extra browser",
        "--extra site",
    )
    for option in (*tested, "--universal", "--no-emit-index-url", "--upgrade", "--python-version 3.11"):
        assert option in command


@pytest.mark.parametrize("linter", ["oxlint", "ruff"])
def test_a_linter_has_one_version_everywhere(linter):
    pinned = next(text for text in PROJECT["optional-dependencies"]["test"] if text.startswith(linter))
    assert f"{pinned}\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert f"[{pinned}]" in (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_ruff_finds_nothing():
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def oxlint(folder):
    command = [
        shutil.which("oxlint", path=os.path.dirname(sys.executable)),
        "--config",
        ROOT / ".oxlintrc.json",
        folder,
    ]
    return subprocess.run(command, capture_output=True, text=True)


def test_oxlint_finds_nothing():
    done = oxlint(ROOT / "cnn_course" / "explore")
    assert done.returncode == 0 and not re.search("on 0 files", done.stdout), done.stdout + done.stderr


@pytest.mark.parametrize(
    "fault", ["show(1);", "let a = 1;\nwindow.b = a;", "export const a = (b) => b == 1;", "const a = 1;"]
)
def test_oxlint_finds_a_fault(fault, tmp_path):
    (tmp_path / "faulty.js").write_text(f"{fault}\n")
    assert oxlint(tmp_path).returncode == 1


def test_ci_runs_the_tests_of_the_readme():
    script, *pages = ((ROOT / name).read_text(encoding="utf-8") for name in (".ci/run", "README.md", "docs/install.md"))
    for command in ("make test", "make test-slow", "make test-browser"):
        assert re.search(rf"^{command}$", script, re.M) and re.search(rf"^{command} ", "".join(pages), re.M), command


def test_dependencies_are_defended_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        for requirement in map(Requirement, group):
            assert requirement.name == PROJECT["name"] or f"| {requirement.name} " in readme, requirement.name


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_supported_python_reads_all_modules(version):
    interpreter = f"python{version}"
    if shutil.which(interpreter) is None or subprocess.run([interpreter, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"{interpreter} is not on the path")
    code = """
import ast, doctest, pathlib
for file in pathlib.Path().glob("*/**/*.py"):
    if not file.parts[0].startswith("."):
        ast.parse(file.read_text(encoding="utf-8"), str(file))
from cnn_course import arithmetic
print(doctest.testmod(arithmetic))
"""
    command = [interpreter, "-B", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "failed=0" in done.stdout and "attempted=0" not in done.stdout


def test_version_is_the_same_everywhere():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {cnn_course.__version__}" in changelog and f"\nversion: {cnn_course.__version__}\n" in citation
    assert importlib.metadata.version("cnn-course") == cnn_course.__version__


@pytest.mark.slow
def test_a_wheel_installed_elsewhere_carries_its_data_and_lessons(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = [file.name for pattern in ("*.npz", "*SUMS", "*.md") for file in (ROOT / "data").glob(pattern)]
    carried = {name for name in names if name.startswith("cnn_course/_") and "/" in name.removeprefix("cnn_course/_")}
    assert len(data) == 9
    assert carried == {f"cnn_course/_data/{name}" for name in data} | {
        f"cnn_course/_notebooks/{lesson.name}" for lesson in LESSONS
    }
    assert {name.partition("/")[0] for name in names} == {
        "cnn_course",
        f"cnn_course-{cnn_course.__version__}.dist-info",
    }
    assert f"./{wheel.name}[lessons]" == homework.WHEEL and wheel.stat().st_size < 15e6

    venv.create(tmp_path / "venv", with_pip=True)
    elsewhere = tmp_path / "else where"
    pip = [tmp_path / "venv" / "bin" / "python", "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
    subprocess.run([*pip, "--target", str(elsewhere), str(wheel)], check=True, capture_output=True, timeout=300)
    code = """
import cnn_course, numpy
from cnn_course import data
from cnn_course._files import shipped
print(cnn_course.__file__)
print(shipped("data"), *[data.photo(name).shape for name in data.PHOTOS], data.load("digits"))
"""
    options = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(elsewhere)}, "capture_output": True}
    options |= {"text": True, "check": True, "timeout": 300}
    done = subprocess.run([sys.executable, "-P", "-c", code], **options)
    first, second = done.stdout.splitlines()
    assert first.startswith(str(elsewhere)) and second.startswith(str(elsewhere / "cnn_course" / "_data"))
    assert "(300, 451, 3)" in second and "train (1149, 28, 28, 1)" in second
    subprocess.run([sys.executable, "-P", "-m", "cnn_course.homework", "03", "00.q1"], **options)
    assert "mended_uses" in (tmp_path / "homework.ipynb").read_text(encoding="utf-8")
