"""Convolutional networks, one lesson at a time: the helpers behind the notebooks.

Importing the package is cheap: it loads no framework and draws nothing. Import the modules that you need:
`from cnn_course import arithmetic, data, figures, kernels, reference`.
"""

import logging

__all__ = ["__version__"]

__version__ = "0.1.0"


def _is_worth_saying(record):
    """False for what Matplotlib says on stderr, at its import by Keras or by us, where the home cannot be written."""
    return not any(words in str(record.msg) for words in ("MPLCONFIGDIR", "mkdir -p failed"))


logging.getLogger("matplotlib").addFilter(_is_worth_saying)
