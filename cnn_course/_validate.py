"""The only place where an argument is refused: integers, numbers, booleans, pairs, paths, arrays.

Each function takes the value and `name`, what the message calls it, and returns the value in one form. A wrong kind of
value is a TypeError, a wrong value a ValueError: "`name` must be …. Received: name=value".
"""

import math
import numbers
import operator
import reprlib
from pathlib import Path

__all__ = [
    "named",
    "validate_array",
    "validate_bool",
    "validate_image_shape",
    "validate_integer",
    "validate_number",
    "validate_pair",
    "validate_path",
    "validate_shape",
]


def validate_integer(value, name, minimum, maximum=None):
    """Return an int from `minimum` to `maximum`, from anything with `__index__` except bool: NumPy's integers, too.

    >>> validate_integer(3, "strides", minimum=1)
    3
    """
    number = _index(value)
    if number is None:
        raise TypeError(f"`{name}` must be an integer. Received: {named(name, value)}.")
    if number < minimum:
        raise ValueError(f"`{name}` must be at least {minimum}. Received: {name}={reprlib.repr(number)}.")
    if maximum is not None and number > maximum:
        raise ValueError(f"`{name}` must be at most {maximum}. Received: {name}={reprlib.repr(number)}.")
    return number


def validate_number(value, name, above=-math.inf, minimum=-math.inf, maximum=math.inf):
    """Return a finite float `> above`, `>= minimum` and `<= maximum`, from any real number except bool.

    >>> validate_number(1, "alpha", minimum=0)
    1.0
    """
    real = value[()] if getattr(value, "ndim", None) == 0 else value  # what an array without axes holds
    if isinstance(real, bool) or not isinstance(real, numbers.Real):
        raise TypeError(f"`{name}` must be a number. Received: {named(name, value)}.")
    try:
        number = float(real)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and number > above and minimum <= number <= maximum):
        limits = {" above ": above, " of at least ": minimum, " of at most ": maximum}
        limit = " and".join(f"{words}{limit}" for words, limit in limits.items() if math.isfinite(limit))
        raise ValueError(f"`{name}` must be a finite number{limit}. Received: {name}={reprlib.repr(value)}.")
    return number


def validate_bool(value, name):
    """Return True or False.

    >>> validate_bool(True, "use_bias")
    True
    """
    if not isinstance(value, bool):
        raise TypeError(f"`{name}` must be True or False. Received: {named(name, value)}.")
    return value


def validate_pair(value, name, minimum=1):
    """Return two ints of at least `minimum`, (height, width), from such a pair or from one int for both.

    >>> validate_pair(3, "kernel_size"), validate_pair((3, 5), "kernel_size")
    ((3, 3), (3, 5))
    """
    parts = value if isinstance(value, (tuple, list)) else (value, value)
    if len(parts) != 2 or any(_index(part) is None for part in parts):
        raise TypeError(f"`{name}` must be an integer or a pair of integers. Received: {named(name, value)}.")
    height, width = parts
    return validate_integer(height, name, minimum), validate_integer(width, name, minimum)


def validate_image_shape(value, name):
    """Return (height, width, channels) as three ints of at least 1; height and width may be None, for any.

    >>> validate_image_shape([28, None, 1], "input_shape")
    (28, None, 1)
    """
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        raise TypeError(f"`{name}` must be (height, width, channels). Received: {named(name, value)}.")
    height, width, channels = value
    sizes = (size if size is None else validate_integer(size, name, minimum=1) for size in (height, width))
    return *sizes, validate_integer(channels, name, minimum=1)


def validate_path(value, name):
    """Return a `pathlib.Path`, from a str or an `os.PathLike` of a str; nothing is looked up.

    >>> validate_path("data/mnist.npz", "path").name
    'mnist.npz'
    """
    try:
        return Path(value)
    except TypeError:
        raise TypeError(f"`{name}` must be a str or a path. Received: {named(name, value)}.") from None


def validate_array(values, name, rank=None):
    """Return a NumPy array of real numbers with at least one element, and `rank` axes if given, none of them masked.

    >>> validate_array([[1, 2]], "image", rank=2)
    array([[1, 2]])
    """
    import numpy as np  # here, so that arithmetic needs the standard library only

    try:
        array = np.asarray(values)
    except (RuntimeError, TypeError, ValueError) as error:  # rows of different lengths, symbolic tensors
        raise ValueError(f"`{name}` must be an array. Received: {named(name, values)}: {error}") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold real numbers. Received: {named(name, values)} of dtype {array.dtype}.")
    if rank is not None and array.ndim != rank:
        raise ValueError(f"`{name}` must have {rank} axes. Received: {name} of shape {array.shape}.")
    if array.size == 0:
        raise ValueError(f"`{name}` must have at least one element. Received: {name} of shape {array.shape}.")
    masked = np.ma.count_masked(values) if isinstance(values, np.ma.MaskedArray) else 0
    if masked:
        raise ValueError(f"`{name}` must have no masked elements. Received: {name} with {masked} masked.")
    return array


def validate_shape(values, name, shape):
    """Return a NumPy array of real numbers of this shape, in which None stands for any size.

    >>> validate_shape([[1, 2]], "kernel", (None, 2))
    array([[1, 2]])
    """
    array = validate_array(values, name)
    same = array.ndim == len(shape) and all(want in (None, size) for want, size in zip(shape, array.shape, strict=True))
    if not same:
        raise ValueError(f"`{name}` must be of shape {tuple(shape)}. Received: {name} of shape {array.shape}.")
    return array


def named(name, value):
    """A value of any kind for a message: its name, its beginning (it may be a whole image), its type."""
    return f"{name}={reprlib.repr(value)} ({type(value).__name__})"


def _index(value):
    """The int that a value stands for, or None."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None
