"""Explorers: one moves something and sees numbers change, in a notebook or on a page without a kernel.

Each is a class in a file of its own and one plain ES module beside it, which does the sums, so that nothing waits for a
kernel. Where anywidget is installed a notebook shows it live and in step with Python; `page` writes it as one HTML file
that needs neither a kernel nor a network.

    explorer = explore.convolution(image, kernel)
    explorer.kernel = kernels.SOBEL_X  # what is shown follows, and what is moved there can be read here
"""

from cnn_course.explore._alexnet import alexnet
from cnn_course.explore._axis import axis
from cnn_course.explore._base import Explorer, page
from cnn_course.explore._convolution import convolution
from cnn_course.explore._digit import digit
from cnn_course.explore._receptive_field import receptive_field
from cnn_course.explore._shift import shift
from cnn_course.explore._valley import valley

__all__ = ["Explorer", "alexnet", "axis", "convolution", "digit", "page", "receptive_field", "shift", "valley"]
