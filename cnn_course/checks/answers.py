"""How the answers of learners are read, compared with the right ones, and shown in messages."""

import numpy as np

__all__ = ["arguments", "as_array", "difference", "form", "has_dots", "part", "same", "shown"]


def has_dots(value):
    """Whether the three dots of the stub are still there, also as a part of a tuple or list."""
    return value is ... or (isinstance(value, (list, tuple)) and any(has_dots(part) for part in value))


def as_array(value):
    """The numbers of an answer (a number, nested lists, an array, a tensor), or None where it has none."""
    try:
        numbers = np.array(value)
    except (RuntimeError, TypeError, ValueError):  # rows of different lengths; tensors that hold no values
        return None
    return numbers if numbers.dtype.kind in "biuf" else None


def same(received, expected):
    """Whether two results agree: whole numbers exactly, others up to rounding."""
    if received is None or expected is None or np.shape(received) != np.shape(expected):
        return False
    return bool(_agree(received, expected).all())


def _agree(received, expected):
    """Where two results of one shape agree, as an array of bool."""
    numbers = np.array(expected, dtype=object)  # keeps a whole number whole beside a float
    whole = [isinstance(number, (int, np.integer)) for number in numbers.ravel()]
    rounding = np.where(whole, 0, 1e-5).reshape(numbers.shape)
    return np.isclose(received, expected, rtol=rounding, atol=1e-6)


def form(shape):
    """What an answer of this shape is, in words as far as they go."""
    if len(shape) > 1:
        return f"an array of shape {shape}"
    return "one number" if shape == () else "a list of one number" if shape == (1,) else f"{shape[0]} numbers"


def shown(value):
    """The value as text, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]} …"


def part(received, expected):
    """Which numbers of a wrong answer are wrong, without saying what they must be."""
    if np.asarray(expected).dtype.kind == "i" and (received != np.round(received)).any():
        return "These must be whole numbers." if received.shape else "That must be a whole number."
    if not received.shape:
        return "That is too large." if received > expected else "That is too small."
    wrong = np.argwhere(~_agree(received, expected)).tolist()
    if len(wrong) == received.size:
        return "None of these numbers is right."
    places = ", ".join(map(str, wrong[:3])) + (" …" if len(wrong) > 3 else "")
    return f"Right numbers: {received.size - len(wrong)} of {received.size}; look again at {places}."


def arguments(case, names):
    """The arguments of a call: small ones as they are, large arrays by their shape."""
    texts = [
        f"{name} of shape {argument.shape}"
        if isinstance(argument, np.ndarray) and argument.size > 12
        else f"{name}={argument.tolist() if isinstance(argument, np.ndarray) else argument}"
        for name, argument in zip(names, case, strict=True)
    ]
    return ", ".join(texts)


def difference(received, expected):
    """Where a result first differs from the expected one."""
    if received.shape != np.shape(expected):
        return f"the result must be {form(np.shape(expected))}. Received: {form(received.shape)}."
    differs = ~_agree(received, expected)
    index = tuple(int(i) for i in np.argwhere(differs)[0])
    required, found = _told_apart(np.asarray(expected)[index], received[index])
    if not index:
        return f"the result must be {required}. Received: {found}."
    count = f"{differs.sum()} of {differs.size} values are wrong"
    return f"the value at {list(index)} must be {required}. Received: {found}. ({count}.)"


def _told_apart(first, second):
    """Two numbers with as many digits as it takes to see that they differ, but at least four."""
    for digits in range(4, 18):
        texts = [f"{float(number):.{digits}g}" for number in (first, second)]
        if texts[0] != texts[1] and "e+" not in "".join(texts):
            break
    return texts
