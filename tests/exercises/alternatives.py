"""Other right answers to the exercises that ask for a function: other ways, other types; no code of the checker."""

import math

import numpy as np
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view


def correlate(image, kernel):
    return scipy.signal.correlate2d(image, kernel, "valid")


def kernel_from_responses(matrix, height, width):
    """What one bright pixel gives to its neighbors is the kernel, flipped."""
    pixel = np.zeros((height, width))
    pixel[1, 1] = 1
    return (matrix @ pixel.ravel()).reshape(height, width)[2::-1, 2::-1]


def uses(image_shape, kernel_shape, padding):
    counts = np.zeros(image_shape)
    for i, j in np.ndindex(*image_shape):
        along = []
        for place, size, k, p in zip((i, j), image_shape, kernel_shape, padding, strict=True):
            along.append(sum(start <= place < start + k for start in range(-p, size + p - k + 1)))
        counts[i, j] = along[0] * along[1]
    return counts


def same_padding(n, kernel_size, strides):
    total = max(kernel_size - (n % strides or strides), 0)
    return [math.floor(total / 2), math.ceil(total / 2)]


def sizes(n, layers):
    if not layers:
        return []
    (k, s, p), *rest = layers
    size = len(range(0, n + 2 * p - k + 1, s))
    return [size, *sizes(size, rest)]


def conv(image, kernel, bias):
    windows = sliding_window_view(image.astype("float32"), kernel.shape[:2], axis=(0, 1))
    return np.einsum("ijcab,abcd->ijd", windows, kernel.astype("float32")) + bias


def dense_on_windows(image, matrix, bias, height, width):
    windows = np.moveaxis(sliding_window_view(image, (height, width), axis=(0, 1)), 2, -1)
    return np.tensordot(windows.reshape(*windows.shape[:2], -1), matrix, 1) + bias


def pool(image, pool_size, strides):
    windows = sliding_window_view(image, (pool_size, pool_size), axis=(0, 1))[::strides, ::strides]
    return windows.max(axis=(-1, -2)).astype("float32")


def view(stack, i):
    """The view of one layer more in front, moved and stretched."""
    if not stack:
        return i, i
    (kernel_size, strides, padding, rate), *rest = stack
    first, last = view(rest, i)
    return first * strides - padding, last * strides - padding + (kernel_size - 1) * rate


def field(stack):
    reads = [0, 1]  # of two neighbors in the last map, followed backward
    ends = [0, 1]
    for kernel_size, strides, rate in stack[::-1]:
        reads = [place * strides for place in reads]
        ends = [place * strides + rate * (kernel_size - 1) for place in ends]
    return np.array([ends[0] - reads[0] + 1, reads[1] - reads[0]])


def unread(size, stack):
    last = size
    for kernel_size, strides in stack:
        last = len(range(0, last - kernel_size + 1, strides))
    place = last - 1
    for kernel_size, strides in stack[::-1]:
        place = place * strides + kernel_size - 1
    return len(range(place + 1, size))


def counts(true, predicted, classes):
    pairs = list(zip(true.tolist(), predicted.tolist(), strict=True))
    return [[pairs.count((row, column)) for column in range(classes)] for row in range(classes)]


def shift(image, rows, columns):
    padded = np.pad(image, [(abs(rows), abs(rows)), (abs(columns), abs(columns)), (0, 0)])
    top, left = abs(rows) - rows, abs(columns) - columns
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


def fold(image):
    return np.concatenate([image[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=-1)


def alexnet(image_size, groups, classes):
    side = (((image_size - 11) / 4 // 1 + 1 - 3) // 2 + 1 - 3) // 2 + 1
    side = (side - 3) // 2 + 1
    weights = 34_848 + (614_400 + 1_327_104 + 884_736) / groups + 884_736
    return weights + side**2 * 256 * 4096 + 4096**2 + 4096 * classes + 96 + 256 + 384 + 384 + 256 + 8192 + classes


def without_twin(kernel_2, first, second):
    """A product with the matrix that sends each old channel to its new place."""
    places = [first if channel == second else channel - (channel > second) for channel in range(kernel_2.shape[2])]
    return np.einsum("abcd,ce->abed", kernel_2, np.eye(kernel_2.shape[2] - 1)[places])


def dropped(values, drawn, rate, training):
    rate *= training
    return np.where(drawn < rate, 0, values / (1 - rate))


def trained(weight, gradients, rates, momentum, weight_decay):
    velocity, weight = 0, weight.astype("float32")
    for gradient, rate in zip(gradients, rates, strict=True):
        velocity = velocity * momentum - rate * gradient
        weight = weight * (1 - weight_decay * rate) + velocity
    return weight.tolist()


def top_k(scores, labels, k):
    own = scores[np.arange(len(labels)), labels]
    return np.float32(((scores > own[:, None]).sum(axis=1) < k).mean())


def adam(weight, gradients, rate):
    steps = np.arange(1, len(gradients) + 1)
    age = steps[:, None] - steps
    means = [
        (1 - b) * np.tril(b ** np.maximum(age, 0)) @ g for b, g in ((0.9, gradients), (0.999, np.square(gradients)))
    ]
    mean, square = means[0] / (1 - 0.9**steps), means[1] / (1 - 0.999**steps)
    return float(weight - rate * np.sum(mean / (np.sqrt(square) + 1e-7)))


def image_gradient(kernel, arriving, strides):
    apart = np.zeros([(size - 1) * strides + 1 for size in arriving.shape])
    apart[::strides, ::strides] = arriving
    return scipy.signal.convolve2d(apart, kernel, "full")


def batch_norm(images, gamma, beta, mean, variance, training):
    values = images.reshape(-1, images.shape[-1])
    if training:
        mean, variance = np.mean(values, 0), np.mean(values**2, 0) - np.mean(values, 0) ** 2
    return (gamma * ((values - mean) * (variance + 1e-3) ** -0.5) + beta).reshape(images.shape)


def folded(gamma, beta, mean, variance):
    at_0, at_1 = (gamma * (value - mean) / (variance + 1e-3) ** 0.5 + beta for value in (0, 1))
    return [(at_1 - at_0).tolist(), at_0.tolist()]


def with_shortcut(kernel):
    identity = np.zeros(kernel.shape)
    identity[kernel.shape[0] // 2, kernel.shape[1] // 2] = np.eye(kernel.shape[-1])
    return kernel.astype("float32") + identity


def dense_block(channels, count, growth):
    read = channels * count + growth * count * (count - 1) // 2
    return [channels + count * growth, 4 * growth * (read + 9 * growth * count)]


def layers_within(parameters, budget):
    sums = np.cumsum(parameters[::-1])
    return np.searchsorted(sums, budget, side="right")


def votes(maps, slopes):
    height, width, channels = maps.shape
    total = np.einsum("ijc,c->ij", maps, slopes.reshape(-1, channels).sum(axis=0) / (height * width))
    return np.where(total > 0, total, 0).tolist()


ALTERNATIVES = {
    "start_here.q3": lambda size: (size & -size).bit_length() - 1,
    "why_convolution.q4": lambda shuffled, order: [
        [row[list(order).index(k)] for k in range(len(row))] for row in shuffled
    ],
    "why_convolution.q5": kernel_from_responses,
    "convolution.q4": lambda image, kernel: scipy.signal.convolve2d(image, kernel, "valid"),
    "padding.q4": uses,
    "padding.q5": same_padding,
    "stride.q4": lambda image, kernel, strides: correlate(image, kernel)[:: strides[0], :: strides[1]],
    "stride.q5": sizes,
    "channels.q3": conv,
    "channels.q4": without_twin,
    "one_by_one.q4": lambda matrix, height, width: np.stack([c.reshape(height, width, -1) for c in matrix.T], axis=-1),
    "one_by_one.q5": dense_on_windows,
    "pooling.q5": pool,
    "activations.q4": batch_norm,
    "activations.q5": folded,
    "receptive_field.q4": view,
    "receptive_field.q5": field,
    "learning.q3": adam,
    "learning.q5": image_gradient,
    "first_cnn.q4": unread,
    "first_cnn.q5": counts,
    "stride_instead_of_pooling.q4": shift,
    "stride_instead_of_pooling.q5": fold,
    "alexnet.q3": alexnet,
    "alexnet.q5": dropped,
    "after_alexnet.q4": with_shortcut,
    "after_alexnet.q5": dense_block,
    "training_alexnet.q3": trained,
    "training_alexnet.q4": top_k,
    "training_alexnet.q5": lambda gradients, counts: np.average(gradients, axis=0, weights=counts),
    "transfer.q3": lambda pictures: np.flip(pictures * 255 - [123.68, 116.779, 103.939], axis=-1),
    "transfer.q5": layers_within,
    "looking_inside.q4": votes,
}
