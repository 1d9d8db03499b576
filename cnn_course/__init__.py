"""Convolutional networks, one lesson at a time: the helpers behind the notebooks.

Importing the package is cheap: it loads no framework and draws nothing. Import the modules that you need:
`from cnn_course import arithmetic, data, figures, kernels, reference`.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
