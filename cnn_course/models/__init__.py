"""The course's networks in plain Keras: each function returns a built, untrained `keras.Model`.

Every function can be copied into a notebook as it stands: below `import keras` and `from keras import layers`. What all
of them refuse is said once, here. No function downloads weights.
"""

import functools
import inspect

from cnn_course._validate import validate_image_shape, validate_integer, validate_number
from cnn_course.models import after_2012, first, of_2012
from cnn_course.models.of_2012 import LocalResponseNormalization

__all__ = [
    "LocalResponseNormalization",
    "alexnet",
    "all_convolutional",
    "averaging_cnn",
    "densenet",
    "googlenet",
    "lenet5",
    "nin",
    "pooled_cnn",
    "resnet",
    "strided_cnn",
    "vgg",
]

_ARGUMENTS = {
    "depth": functools.partial(validate_integer, minimum=1),
    "input_shape": validate_image_shape,
    "classes": functools.partial(validate_integer, minimum=1),
    "growth_rate": functools.partial(validate_integer, minimum=1),
    "width": functools.partial(validate_number, above=0, maximum=4),
}


def _checked(build):
    """The same function, which refuses bad arguments by name; no decorator, so that its source can be pasted."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def checked(*args, **options):
        given = signature.bind(*args, **options).arguments
        for name, validate in _ARGUMENTS.items():
            if name in given and given[name] is not signature.parameters[name].default:
                given[name] = validate(given[name], name)
        return build(**given)

    return checked


all_convolutional, averaging_cnn, lenet5, pooled_cnn, strided_cnn = map(
    _checked, (first.all_convolutional, first.averaging_cnn, first.lenet5, first.pooled_cnn, first.strided_cnn)
)
alexnet = _checked(of_2012.alexnet)
densenet, googlenet, nin, resnet, vgg = map(
    _checked, (after_2012.densenet, after_2012.googlenet, after_2012.nin, after_2012.resnet, after_2012.vgg)
)
