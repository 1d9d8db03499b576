"""The only place where an argument is refused: integers, numbers, pairs, paths, arrays."""

import math
import numbers
import operator
import reprlib
from pathlib import Path

__all__ = ["named", "validate_bool", "validate_integer", "validate_number", "validate_pair", "validate_path"]


def validate_integer(value, name, minimum):
    """Return `value` as an int, or say what was required.

    Args:
        value: anything with `__index__` except bool (a NumPy integer, for example).
        name: str, how the message calls the value.
        minimum: int, the smallest value allowed.

    Returns:
        int >= `minimum`.

    Raises:
        TypeError: `value` is not an integer (floats, bools and strings are refused, `2.0` too).
        ValueError: `value` is below `minimum`.

    >>> validate_integer(3, "strides", minimum=1)
    3
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"`{name}` must be an integer. Received: {named(name, value)}.") from None
    if number < minimum:
        raise ValueError(f"`{name}` must be at least {minimum}. Received: {name}={reprlib.repr(number)}.")
    return number


def validate_number(value, name, above=-math.inf, minimum=-math.inf):
    """Return `value` as a float, or say what was required.

    Args:
        value: int or float, of NumPy too; no bool.
        name: str, how the message calls the value.
        above: float, the value must be greater.
        minimum: float, the smallest value allowed.

    Returns:
        float, finite.

    Raises:
        TypeError: `value` is not a real number.
        ValueError: `value` is infinite, not a number (NaN), or too small.

    >>> validate_number(1, "alpha", minimum=0)
    1.0
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a number. Received: {named(name, value)}.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and number > above and number >= minimum):
        limit = f" above {above}" if above > -math.inf else f" of at least {minimum}" if minimum > -math.inf else ""
        raise ValueError(f"`{name}` must be a finite number{limit}. Received: {name}={reprlib.repr(value)}.")
    return number


def validate_pair(value, name):
    """Return two ints >= 1, or say what was required.

    Args:
        value: int >= 1 for both axes, or a pair (height, width) of such ints.
        name: str, how the message calls the value.

    Returns:
        tuple of two ints.

    Raises:
        TypeError: a part is not an integer.
        ValueError: a part is below 1.

    >>> validate_pair(3, "kernel_size"), validate_pair((3, 5), "kernel_size")
    ((3, 3), (3, 5))
    """
    height, width = value if isinstance(value, (tuple, list)) and len(value) == 2 else (value, value)
    return validate_integer(height, name, minimum=1), validate_integer(width, name, minimum=1)


def validate_path(value, name):
    """Return `value` as a path, or say what was required.

    Args:
        value: str or `os.PathLike` of a str.
        name: str, how the message calls the value.

    Returns:
        `pathlib.Path`; nothing is looked up.

    Raises:
        TypeError: `value` is neither.

    >>> validate_path("data/mnist.npz", "path").name
    'mnist.npz'
    """
    try:
        return Path(value)
    except TypeError:
        raise TypeError(f"`{name}` must be a str or a path. Received: {named(name, value)}.") from None


def named(name, value):
    """A value of any kind for a message: its name, its beginning (it may be a whole image), its type."""
    return f"{name}={reprlib.repr(value)} ({type(value).__name__})"


def validate_bool(value, name):
    if not isinstance(value, bool):
        raise TypeError(f"`{name}` must be True or False. Received: {named(name, value)}.")
    return value
