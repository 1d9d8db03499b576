"""Exercises of lesson 15: what the blocks of AlexNet's successors cost, and what a shortcut does."""

import numpy as np

from cnn_course._validate import validate_integer
from cnn_course.checks.answers import shown
from cnn_course.checks.engine import Question, function_question, value_question

__all__ = ["q1", "q2", "q3", "q4", "q5"]

_WEIGHTS = 480 * 192 + 480 * 96 + 9 * 96 * 208 + 480 * 16 + 25 * 16 * 48 + 480 * 64
_BIASES = 192 + 96 + 208 + 16 + 48 + 64

q1 = value_question(
    (512, _WEIGHTS + _BIASES),
    mistakes=[
        ((512, _WEIGHTS), "The biases are forgotten: each of the six convolutions has one for each of its maps."),
        ((512, _WEIGHTS + 512), "The two convolutions that squeeze have biases, too: 96 and 16 more."),
        (
            (512, _WEIGHTS + _BIASES - 481 * 64),
            "The pool has no weights, but the 1×1 behind it has, and it reads 480 channels.",
        ),
        (
            (512, 481 * 192 + (9 * 480 + 1) * 208 + (25 * 480 + 1) * 48 + 481 * 64),
            "Without squeezing. The 3×3 reads the 96 maps of the 1×1 in front of it, the 5×5 reads 16.",
        ),
        ((624, _WEIGHTS + _BIASES), "The 96 and 16 squeezed maps do not come out: the large kernels read them."),
        ((928, _WEIGHTS + _BIASES), "The pool's 480 channels do not come out: the 1×1 behind it makes 64 of them."),
        ((448, _WEIGHTS + _BIASES), "The branch with the pool is forgotten: 64 maps."),
        ((208, _WEIGHTS + _BIASES), "Inception concatenates its branches: the channels add up."),
    ],
    code="(192 + 208 + 48 + 64, 481 * 192 + 481 * 96 + 865 * 208 + 481 * 16 + 401 * 48 + 481 * 64)",
    why="Six convolutions, of which four answer; what comes out is as wide as their answers together.",
    hints=(
        "Draw the four branches. Which convolutions stand in each, and what does each of them read?",
        "All 1×1 layers read 480 channels; the 3×3 reads 96, the 5×5 reads 16.",
        "Parameters: (k · k · channels read + 1) · maps, six times.",
    ),
    explanation="192 + 208 + 48 + 64 = 512. 92,352 + 46,176 + 179,920 + 7,696 + 19,248 + 30,784 = 376,176.",
)

q2 = value_question(
    (2, 3, 1),
    mistakes=[
        ((2, 1, 3), "A is right. ReLU(8 − 4) is not 0: the shortcut keeps the 8."),
        ((1, 3, 2), "B is right. In A nothing gets smaller. Which program can take nothing away from x?"),
        ((3, 2, 1), "C is right. In B the 8 is gone: which program does not carry it past f?"),
        ((1, 2, 3), "All three are wrong. Compute the first block of each: f(8) = −4."),
        ((3, 1, 2), "All three are wrong. Compute the first block of each: f(8) = −4."),
    ],
    code="(2, 3, 1)",
    why="Where the ReLU stands decides what a block can do.",
    hints=(
        "f(8) = −4. What is the output of the first block in each of the three programs?",
        "ReLU(−4) is 0: what is left of the 8 then, with a shortcut and without one?",
        "Program 1 computes ReLU(8 − 4), program 2 computes 8 + 0, program 3 computes 0.",
    ),
    explanation="A ReLU before the sum (2) lets a block only add, never take away: so the last layer of f has none. "
    "Without a shortcut (3) what f drops is gone. Program 1 is ResNet's block: 8 − 4 = 4, 4 − 2 = 2, 2 − 1 = 1.",
)


def _dense_weights(count, growth):
    return sum(9 * (24 + growth * number) * growth for number in range(count))


def _examine_dense_block(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"The answer must be two numbers (layers, g). Received: {shown(answer)}."
    try:
        count, growth = (
            validate_integer(value, name, minimum=1) for value, name in zip(answer, ("layers", "g"), strict=True)
        )
    except (TypeError, ValueError) as error:
        return str(error)
    channels = 24 + count * growth
    if channels != 72:
        return (
            f"With {count} layers and g = {growth} the block ends with 24 + {count} · {growth} = {channels} channels."
        )
    if count < 4:
        return f"The block must have at least four layers. Received: {count}."
    if count > 4:
        weights, fewest = _dense_weights(count, growth), _dense_weights(4, 12)
        return f"This has {weights:,} weights. It ends with 72 channels, but there is a block with {fewest:,}."
    return None


q3 = Question(
    _examine_dense_block,
    (4, 12),
    code="(4, 12)",
    why="With the same channels at the end, more layers mean more links, and each link has weights.",
    hints=(
        "How many channels must the layers add together?",
        "48 = layers · g. Which pairs have at least four layers?",
        "A layer has 9 · (channels so far) · g weights: compute it for 4 · 12 and for 6 · 8.",
    ),
    explanation="9 · 12 · (24 + 36 + 48 + 60) = 18,144 weights; 6 layers of 8 would have 19,008, 48 of 1 have 20,520.",
)


def with_shortcut(kernel):
    rows, columns, channels, _ = kernel.shape
    kernel = kernel.copy()
    for channel in range(channels):
        kernel[rows // 2, columns // 2, channel, channel] += 1
    return kernel


def _add(kernel, where, what):
    kernel = kernel.copy()
    kernel[where] += what
    return kernel


def _middle(kernel):
    return kernel.shape[0] // 2, kernel.shape[1] // 2


def _kernel(seed, shape):
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(float)


q4 = function_question(
    with_shortcut,
    cases=[(_kernel(0, (3, 3, 2, 2)),), (_kernel(1, (3, 5, 3, 3)),), (_kernel(2, (5, 3, 3, 3)),)],
    mistakes=[
        (
            lambda kernel: _add(kernel, _middle(kernel), 1),
            "Each output channel now adds the sum of *all* input channels. Which one must it add?",
        ),
        (
            lambda kernel: kernel + np.eye(kernel.shape[-1]),
            "The 1s stand at all places of the kernel, so all neighbors are added, too. Only the middle is x.",
        ),
        (
            lambda kernel: _add(kernel, (0, 0), np.eye(kernel.shape[-1])),
            "The 1s stand at the top left: that adds a shifted picture. With “same” the middle is x.",
        ),
        (lambda kernel: kernel + 1, "Every weight has grown by 1: that adds the sum of the whole window."),
        (
            lambda kernel: _add(0 * kernel, _middle(kernel), np.eye(kernel.shape[-1])),
            "This kernel hands x on, and conv(x) is lost: the two kernels must be added.",
        ),
        (
            lambda kernel: _add(kernel, (*_middle(kernel), 0, 0), 1),
            "Only the first channel has its shortcut.",
        ),
        (
            lambda kernel: _add(kernel, (kernel.shape[0] // 2, kernel.shape[0] // 2), np.eye(kernel.shape[-1])),
            "The middle is rows // 2 and columns // 2: a kernel need not be square.",
        ),
    ],
    why="Convolution is linear in its kernel: the sum of two convolutions of x is one with the sum of the kernels.",
    hints=(
        "x itself is a convolution of x. With which kernel? (Section 5.)",
        "That kernel is 1 in the middle, from each channel to itself, and 0 elsewhere. Add it.",
        "kernel.copy(), then [rows // 2, columns // 2] += np.eye(channels).",
    ),
    explanation="x = conv(x) with the identity kernel, and conv(x, K) + conv(x, I) = conv(x, K + I). A ReLU inside the "
    "block would forbid it: so RepVGG has one convolution between two ReLUs.",
)


def dense_block(channels, count, growth):
    weights = 0
    for _ in range(count):
        weights += channels * 4 * growth
        weights += 9 * 4 * growth * growth
        channels += growth
    return channels, weights


def _variant(reads=None, grow=None, kernel=9):
    """The count with a mistake: `reads` gives what the 3×3 reads, `grow` the channels after a layer."""

    def count_block(channels, count, growth):
        weights = 0
        for _ in range(count):
            narrow = 4 * growth if reads is None else reads(channels, growth)
            weights += channels * 4 * growth + kernel * narrow * growth
            channels = channels + growth if grow is None else grow(channels, growth)
        return channels, weights

    return count_block


q5 = function_question(
    dense_block,
    cases=[(128, 1, 32), (64, 6, 32), (24, 3, 12), (10, 4, 3)],
    mistakes=[
        (
            _variant(lambda channels, growth: channels, lambda channels, growth: 2 * channels),
            "This is still the code of the exercise. Try it on 64 channels, 2 layers, growth 32.",
        ),
        (
            _variant(grow=lambda channels, growth: 2 * channels),
            "One mistake is mended. The other: a layer concatenates its *new* maps, how many are they?",
        ),
        (
            _variant(lambda channels, growth: channels),
            "One mistake is mended. The other: what does the 3×3 read, the whole input or the squeezed maps?",
        ),
        (
            _variant(grow=lambda channels, growth: channels),
            "The channels never grow here. Each layer adds its new maps to what it has read.",
        ),
        (
            _variant(grow=lambda channels, growth: channels + 4 * growth),
            "The squeezed maps are read by the 3×3 only: a layer adds the growth.",
        ),
        (_variant(kernel=1), "The second convolution is 3×3: nine weights for each pair of channels."),
        (
            _variant(lambda channels, growth: growth),
            "The 3×3 reads the 4 · growth maps of the 1×1, not growth of them.",
        ),
        (lambda *case: dense_block(*case)[::-1], "First the channels, then the weights."),
        (lambda *case: dense_block(*case)[1], "The answer must be two numbers: channels and weights."),
    ],
    why="One test with channels = 4 · growth and one layer hides both mistakes.",
    hints=(
        "In the author's test channels and 4 · growth are the same number, and nobody looked at the channels.",
        "What does the 3×3 read? And how many maps does a layer add to what it has read?",
        "The 3×3 has 9 · (4 · growth) · growth weights, and channels becomes channels + growth.",
    ),
    explanation="The 1×1 squeezes to 4 · growth whatever comes in, so every 3×3 costs the same: 36 · growth².",
)
