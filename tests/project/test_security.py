"""What no module, tool or lesson may do: run text, read pickles, fetch or run code of others."""

import ast

import pytest

import lessons

FORBIDDEN = {  # the beginning of a dotted name
    *("eval", "exec", "compile", "__import__", "importlib.import_module", "runpy", "get_ipython", "ctypes", "pip"),
    *("pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "pandas.read_pickle"),
    *("os.system", "os.popen", "os.exec", "os.spawn", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("urllib", "http", "ftplib", "socket", "requests", "urlopen", "webbrowser"),
    *("keras.utils.get_file", "keras.datasets", "get_file", "tf.keras.utils.get_file"),
    *("zipfile.ZipFile", "shutil.unpack_archive", "tempfile.mktemp", "input"),
    *("keras.config.enable_unsafe_deserialization", "yaml.load", "yaml.unsafe_load"),
}
ALLOWED = {  # what one file may do, and no other
    "originals.py": {"requests"},  # fetches data, compared with a checksum
    "rerun.py": {"compile", "exec"},  # runs cells of a lesson with another seed
}
METHODS = {"extractall", "extract", "run_line_magic"}


def dotted(node):
    """`a.b.c` of an expression, as far as it is made of names."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def mentioned(tree):
    """Pairs of a dotted name and a line: what is imported, called or read; strings and comments do not count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, (ast.Attribute, ast.Name)):
            yield dotted(node), node.lineno


def dangers(source, allowed=()):
    """What is wrong with Python source, as a list of str."""
    tree = ast.parse(source)
    found = []
    for name, line in mentioned(tree):
        words = [word for word in FORBIDDEN - set(allowed) if name == word or name.startswith(f"{word}.")]
        if words or (name.rpartition(".")[2] in METHODS and "." in name):
            found.append(f"line {line}: {name}")
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        name = dotted(call.func)
        if name in ("np.load", "numpy.load") and not is_constant(keywords.get("allow_pickle"), False):
            found.append(f"line {call.lineno}: {name} without allow_pickle=False")
        if name.startswith("keras.applications.") and not is_constant(keywords.get("weights"), None):
            found.append(f"line {call.lineno}: {name} without weights=None fetches them")
        for option in ("shell", "allow_pickle", "safe_mode"):
            wrong = option in keywords and is_constant(keywords[option], False) == (option == "safe_mode")
            if wrong:
                found.append(f"line {call.lineno}: {option}={ast.unparse(keywords[option])}")
    return found


def is_constant(node, value):
    return isinstance(node, ast.Constant) and node.value is value


MODULES = [
    path
    for folder in ("cnn_course", "tools", "benchmarks", "data")
    for path in sorted((lessons.ROOT / folder).rglob("*.py"))
    if "_data" not in path.parts
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_module_runs_no_foreign_code(path):
    assert dangers(path.read_text(encoding="utf-8"), ALLOWED.get(path.name, ())) == []


@pytest.mark.parametrize("path", [*lessons.LESSONS, lessons.TEMPLATE], ids=lambda path: path.stem)
def test_a_lesson_runs_no_foreign_code(path):
    for cell in lessons.code_cells(lessons.read(path)):
        assert dangers(cell.source) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "exec(text)",
        "import pickle",
        "from pickle import loads",
        "import joblib as j",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "np.load(file, allow_pickle=flag)",
        "os.system('ls')",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=flag)",
        "from urllib.request import urlopen",
        "import urllib.request",
        "requests.get(url)",
        "keras.datasets.mnist.load_data()",
        "keras.utils.get_file('x', url)",
        "keras.applications.VGG16()",
        "keras.applications.VGG16(weights='imagenet')",
        "archive.extractall(folder)",
        "archive.extract('x')",
        "keras.saving.load_model(path, safe_mode=False)",
        "__import__('os')",
        "get_ipython().system('ls')",
    ],
)
def test_dangers_are_found(source):
    assert dangers(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "np.load(file, allow_pickle=False)",
        "model.compile('sgd')",
        "re.compile('x')",
        "subprocess.run(['ls'])",
        "keras.applications.VGG16(weights=None)",
    ],
)
def test_what_is_harmless_passes(source):
    assert dangers(source) == []
