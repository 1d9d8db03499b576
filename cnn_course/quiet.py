"""Import this before Keras in a notebook: it loads the TensorFlow backend without its start-up lines.

TensorFlow's C++ code writes to file descriptor 2 while it loads and looks for devices, and no setting silences all of
it. Here that descriptor leads to a temporary file meanwhile. Python exceptions surface as usual, with those lines
before them. What it writes later (on a GPU, with the first array and the first convolution) is cut to errors, unless
`TF_CPP_MIN_LOG_LEVEL` says otherwise. Where Keras uses another backend nothing happens; `CNN_COURSE_QUIET=0` switches
this module off.
"""

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

__all__ = ["keras_backend", "silenced"]


def keras_backend():
    """Backend that Keras is going to use, found without importing Keras.

    Returns:
        str: `KERAS_BACKEND` if set, else what `keras.json` in `KERAS_HOME` (or `~/.keras`) says, else "tensorflow".

    Source:
        Keras, "Configuring your backend".
    """
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"]
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend", "tensorflow")
    except (OSError, ValueError):  # Keras, too, falls back where there is no file or none that it can read
        return "tensorflow"


@contextlib.contextmanager
def silenced():
    """Keep what is written to file descriptor 2 in the block, and let it out only if the block raises.

    Yields:
        None.
    """
    with contextlib.suppress(AttributeError, ValueError):  # pythonw and services have None, or a closed file
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # nobody listens
        yield
        return
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            captured.seek(0)
            os.write(saved, captured.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _load_tensorflow():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow

    tensorflow.config.list_physical_devices()


if keras_backend() == "tensorflow" and os.environ.get("CNN_COURSE_QUIET", "1") != "0":
    with silenced():
        _load_tensorflow()
