"""The valley: steps down a loss of two weights, by SGD, momentum and Adam."""

import numpy as np

from cnn_course._validate import validate_integer, validate_number, validate_shape
from cnn_course.explore._base import Explorer

__all__ = ["valley"]

RULES = ("SGD", "momentum", "Adam")
MAX_STEPS, MAX_WEIGHT, CURVATURES = 100, 1000, (1e-6, 1e6)
STEEPEST = 20  # the largest rate times the largest curvature: 100 steps of -19 still are numbers


class valley(Explorer):
    """A valley to step down: the path of two weights, the factors of a step, and the rate from which on it flies away.

    The loss is (weights − best) · curvature · (weights − best) / 2. Without arguments it is that of lesson 02, where a
    kernel of two weights learns an edge.

    Args:
        curvature: 2×2, the second derivatives of the loss: symmetric, both curvatures from 10⁻⁶ to 10⁶, and the smaller
            one at least a thousandth of the larger.
        best: pair of weights, where the loss is 0; each within ±1,000, as in `start`.
        start: pair of weights.
        rule: "SGD", "momentum" (0.9), or "Adam", with the other settings of Keras.
        rate: the learning rate, above 0, at most 20 through the larger curvature.
        steps: int from 0 to 100.

    Raises:
        TypeError: a setting holds no real numbers, or `steps` is no integer.
        ValueError: a shape is another, a number too small or too large, `rule` unknown, or the loss is no valley.

    Source:
        Goodfellow, Bengio & Courville (2016), Deep Learning, section 4.3; Kingma & Ba (2014), arXiv:1412.6980.

    >>> valley(steps=1)
    Explorer: the valley, SGD, rate=0.03, curvatures 60 and 12: from [0.5, 0.9] to [-0.33, -0.79] in 1 step, loss 25.9.
    """

    title = "The valley"

    def __init__(self, curvature=((36, 24), (24, 36)), best=(1, -1), start=(0.5, 0.9), rule="SGD", rate=0.03, steps=10):
        super().__init__(curvature=curvature, best=best, start=start, rule=rule, rate=rate, steps=steps)

    def _checked(self, curvature, best, start, rule, rate, steps):
        matrix = validate_shape(curvature, "curvature", (2, 2)).astype(float)
        least, most = np.linalg.eigvalsh(matrix) if np.isfinite(matrix).all() else (0, 0)
        small, large = CURVATURES
        if not (matrix[0, 1] == matrix[1, 0] and max(small, most / 1000) <= least <= most <= large):
            limit = f"symmetric, with curvatures from {small:g} to {large:g} that are at most 1000 times apart"
            raise ValueError(f"`curvature` must be {limit}. Received: curvature={matrix.tolist()}.")
        if rule not in RULES:
            raise ValueError(f"`rule` must be one of {', '.join(RULES)}. Received: rule={rule!r}.")
        return {
            "curvature": matrix.tolist(),
            "best": _weights(best, "best"),
            "start": _weights(start, "start"),
            "rule": rule,
            "rate": validate_number(rate, "rate", above=0, maximum=STEEPEST / most),
            "steps": validate_integer(steps, "steps", 0, MAX_STEPS),
        }

    @property
    def path(self):
        """List of the weights [first, second], from the start on."""
        path, curvature, best = [np.array(self.start)], np.array(self.curvature), np.array(self.best)
        velocity = mean = square = np.zeros(2)
        for t in range(1, self.steps + 1):
            gradient = curvature @ (path[-1] - best)
            velocity = (0.9 * velocity if self.rule == "momentum" else 0) - self.rate * gradient
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            adam = -self.rate * mean / (1 - 0.9**t) / (np.sqrt(square / (1 - 0.999**t)) + 1e-7)
            path.append(path[-1] + (adam if self.rule == "Adam" else velocity))
        return [weights.tolist() for weights in path]

    def _in_words(self):
        start, *_, end = self.path * 2
        off, curvature = np.subtract(end, self.best), np.array(self.curvature)
        least, most = np.linalg.eigvalsh(curvature)
        numbers = [f"[{first:.4g}, {second:.4g}]" for first, second in (start, np.round(end, 2) + 0)]
        words = f"the valley, {self.rule}, rate={self.rate:.4g}, curvatures {most:.4g} and {least:.4g}"
        plural = "" if self.steps == 1 else "s"
        loss = round(float(off @ curvature @ off) / 2, 6)
        return f"{words}: from {numbers[0]} to {numbers[1]} in {self.steps} step{plural}, loss {loss:.3g}."


def _weights(value, name):
    pair = validate_shape(value, name, (2,)).tolist()
    return [validate_number(weight, name, minimum=-MAX_WEIGHT, maximum=MAX_WEIGHT) for weight in pair]
