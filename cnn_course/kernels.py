"""Small kernels with names, as read-only NumPy arrays (height, width), written for cross-correlation.

Source: Gonzalez & Woods (2018), Digital Image Processing, chapter 3 (box, Gaussian, Laplacian, sharpening, Sobel).
"""

import numpy as np

__all__ = [
    "BOX_BLUR",
    "EMBOSS",
    "GAUSSIAN_BLUR",
    "HORIZONTAL_EDGES",
    "IDENTITY",
    "LAPLACIAN",
    "SHARPEN",
    "SOBEL_X",
    "SOBEL_Y",
    "VERTICAL_EDGES",
]


def _kernel(*rows, divisor=1):
    values = np.array(rows, dtype=np.float32) / np.float32(divisor)
    values.setflags(write=False)
    return values


IDENTITY = _kernel([0, 0, 0], [0, 1, 0], [0, 0, 0])

# Two pixels: the first minus the second. Positive where the picture gets darker to the right (or downwards).
VERTICAL_EDGES = _kernel([1, -1])
HORIZONTAL_EDGES = _kernel([1], [-1])

# A difference across, smoothed along the edge. Positive where the picture gets brighter to the right (or downwards).
SOBEL_X = _kernel([-1, 0, 1], [-2, 0, 2], [-1, 0, 1])
SOBEL_Y = _kernel([-1, -2, -1], [0, 0, 0], [1, 2, 1])

# Averages: the weights sum to 1, so an even surface keeps its brightness.
BOX_BLUR = _kernel([1, 1, 1], [1, 1, 1], [1, 1, 1], divisor=9)
GAUSSIAN_BLUR = _kernel([1, 2, 1], [2, 4, 2], [1, 2, 1], divisor=16)

# The sum of the four neighbors minus four times the pixel: 0 on any even slope.
LAPLACIAN = _kernel([0, 1, 0], [1, -4, 1], [0, 1, 0])

# The identity minus the Laplacian; the weights sum to 1.
SHARPEN = _kernel([0, -1, 0], [-1, 5, -1], [0, -1, 0])

# Light from the upper left; the weights sum to 1.
EMBOSS = _kernel([-2, -1, 0], [-1, 1, 1], [0, 1, 2])
