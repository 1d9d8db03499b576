#!/bin/sh
# Make the virtual environment FOLDER and install the course with its pinned versions and some of its extras
# (default: test): sh tools/set_up.sh FOLDER [EXTRA,...]
# Uses uv where it is on the path, otherwise pip. Set PYTHON to choose another interpreter.
set -eu
venv=$1
extras=${2:-test}

# A name on the path may be a shim that does not run, and Debian's Python may lack ensurepip: try each one out.
needs="venv"
command -v uv >/dev/null 2>&1 || needs="venv, ensurepip"
chosen=""
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if "$candidate" -c "import sys, $needs; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >/dev/null 2>&1; then
        chosen=$("$candidate" -c "import sys; print(sys.executable)")
        break
    fi
done
if [ -z "$chosen" ]; then
    echo "This course needs Python 3.11, 3.12 or 3.13 with the module venv (Debian and Ubuntu: python3-venv)." >&2
    echo "Tried: ${PYTHON:-python3.13 python3.12 python3.11 python3}. Install one, or run: make PYTHON=/path/to/python" >&2
    exit 1
fi

[ ! -x "$venv/bin/python" ] || chosen=$venv/bin/python
echo "Setting up $venv with $("$chosen" --version); this takes a minute or two the first time."
if command -v uv >/dev/null 2>&1; then
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "$chosen" "$venv"
    uv pip install --quiet --python "$venv/bin/python" --constraint constraints.txt --editable ".[$extras]"
else
    [ -x "$venv/bin/python" ] || "$chosen" -m venv "$venv"
    "$venv/bin/python" -c "import pip" 2>/dev/null || "$venv/bin/python" -m ensurepip --default-pip >/dev/null
    "$venv/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt \
        --editable ".[$extras]"
fi
# Without bytecode TensorFlow takes three times as long to load. pip would make it on one core, and both of the packages'
# own tests (40 MB). Some packages ship files for other Pythons, which do not compile.
"$venv/bin/python" -m compileall -qq -j 0 -x 'site-packages/.*(/tests?/|_test\.py$)' "$venv/lib" || true
