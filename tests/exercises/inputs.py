"""Random valid arguments for each exercise that asks for a function; no case of a checker is among them by design.

Each function takes a NumPy generator and returns a tuple of arguments, as the text of the exercise allows them.
"""

import numpy as np


def whole(generator, low, high):
    """An int from low to high, both included."""
    return int(generator.integers(low, high + 1))


def values(generator, *shape):
    return generator.uniform(-4, 4, shape)


def halved(generator):
    return (whole(generator, 1, 9) * 2 ** whole(generator, 0, 8),)


def shuffled_images(generator):
    count = whole(generator, 2, 9)
    return values(generator, whole(generator, 1, 5), count), generator.permutation(count)


def conv_matrix(generator):
    kernel, height, width = values(generator, 3, 3), whole(generator, 3, 6), whole(generator, 3, 6)
    matrix = np.zeros((height, width, height + 2, width + 2))
    for i, j in np.ndindex(height, width):
        matrix[i, j, i : i + 3, j : j + 3] = kernel
    return matrix[:, :, 1:-1, 1:-1].reshape(height * width, -1), height, width


def image_and_kernel(generator):
    kernel = values(generator, whole(generator, 1, 3), whole(generator, 1, 3))
    return values(generator, *(size + whole(generator, 0, 4) for size in kernel.shape)), kernel


def pixel_uses(generator):
    kernel = (whole(generator, 1, 4), whole(generator, 1, 4))
    padding = (whole(generator, 0, 2), whole(generator, 0, 2))
    return tuple(size + whole(generator, 0, 4) for size in kernel), kernel, padding


def same_padding(generator):
    return whole(generator, 1, 60), whole(generator, 1, 9), whole(generator, 1, 5)


def strided(generator):
    return (*image_and_kernel(generator), (whole(generator, 1, 4), whole(generator, 1, 4)))


def layer_sizes(generator):
    n, layers = whole(generator, 8, 300), []
    size = n
    for _ in range(whole(generator, 1, 6)):
        padding = whole(generator, 0, 3)
        kernel_size, strides = whole(generator, 1, min(7, size + 2 * padding)), whole(generator, 1, 4)
        layers.append((kernel_size, strides, padding))
        size = (size + 2 * padding - kernel_size) // strides + 1
    return n, layers


def kernel_and_twins(generator):
    height, width, channels, filters = (whole(generator, 1, 4) for _ in range(4))
    first, second = sorted(int(n) for n in generator.permutation(channels + 1)[:2])
    return values(generator, height, width, channels + 1, filters), first, second


def conv(generator):
    image, kernel = image_and_kernel(generator)
    channels, filters = whole(generator, 1, 4), whole(generator, 1, 4)
    return (
        values(generator, *image.shape, channels),
        values(generator, *kernel.shape, channels, filters),
        values(generator, filters),
    )


def dense_matrix(generator):
    height, width, channels, units = (whole(generator, 1, 5) for _ in range(4))
    return values(generator, height * width * channels, units), height, width


def dense_layer_on_a_map(generator):
    matrix, height, width = dense_matrix(generator)
    channels = len(matrix) // (height * width)
    image = values(generator, height + whole(generator, 0, 4), width + whole(generator, 0, 4), channels)
    return image, matrix, values(generator, matrix.shape[1]), height, width


def max_pool(generator):
    pool_size, strides = whole(generator, 1, 4), whole(generator, 1, 4)
    sides = (pool_size + whole(generator, 0, 6) for _ in range(2))
    return values(generator, *sides, whole(generator, 1, 4)), pool_size, strides


def averages(generator, channels):
    return *(values(generator, channels) for _ in range(3)), generator.uniform(0.1, 4, channels)


def batch_norm(generator):
    shape = tuple(whole(generator, 1, 4) for _ in range(4))
    return values(generator, *shape), *averages(generator, shape[-1]), bool(whole(generator, 0, 1))


def stack(generator):
    size, layers = whole(generator, 6, 250), []
    output = size
    for _ in range(whole(generator, 1, 6)):
        layers.append((whole(generator, 1, min(7, output)), whole(generator, 1, 4)))
        output = (output - layers[-1][0]) // layers[-1][1] + 1
    return size, layers


def labels(generator):
    classes, count = whole(generator, 2, 7), whole(generator, 1, 40)
    return generator.integers(0, classes, count), generator.integers(0, classes, count), classes


def shift(generator):
    height, width, channels = (whole(generator, 1, 6) for _ in range(3))
    return values(generator, height, width, channels), whole(generator, -4, 4), whole(generator, -4, 4)


def even_image(generator):
    return (values(generator, 2 * whole(generator, 1, 4), 2 * whole(generator, 1, 4), whole(generator, 1, 4)),)


def alexnet(generator):
    return whole(generator, 67, 400), int(generator.choice([1, 2, 4, 8])), whole(generator, 2, 2000)


def dropout(generator):
    shape = whole(generator, 1, 5), whole(generator, 1, 5)
    drawn, rate = generator.uniform(0, 1, shape), float(generator.uniform(0.05, 0.95))
    return values(generator, *shape), drawn, rate, bool(whole(generator, 0, 1))


def training(generator):
    shape = [(whole(generator, 1, 4),), (whole(generator, 1, 3), whole(generator, 1, 3))][whole(generator, 0, 1)]
    steps = whole(generator, 1, 6)
    rates = [float(rate) for rate in generator.uniform(0.01, 0.5, steps)]
    momentum, weight_decay = generator.uniform(0, 1, 2)
    return values(generator, *shape), values(generator, steps, *shape), rates, float(momentum), float(weight_decay)


def scores(generator):
    classes, count = whole(generator, 2, 9), whole(generator, 1, 20)
    return values(generator, count, classes), generator.integers(0, classes, count), whole(generator, 1, classes)


def maps_and_slopes(generator):
    shape = tuple(whole(generator, 1, 5) for _ in range(3))
    return abs(values(generator, *shape)), values(generator, *shape)


def shares(generator):
    devices, size = whole(generator, 1, 5), whole(generator, 1, 4)
    return values(generator, devices, size), [whole(generator, 1, 20) for _ in range(devices)]


def updates(generator):
    gradients = [float(gradient) for gradient in values(generator, whole(generator, 1, 6))]
    return float(generator.uniform(-4, 4)), gradients, float(generator.uniform(0.01, 0.5))


def arriving_gradient(generator):
    kernel = values(generator, whole(generator, 1, 3), whole(generator, 1, 3))
    return kernel, values(generator, whole(generator, 1, 4), whole(generator, 1, 4)), whole(generator, 1, 3)


def seen_layers(generator):
    layers = [
        tuple(whole(generator, low, high) for low, high in ((1, 5), (1, 3), (0, 3), (1, 4)))
        for _ in range(whole(generator, 0, 4))
    ]
    return layers, whole(generator, 0, 9)


def field_layers(generator):
    layers, _ = seen_layers(generator)
    return ([(kernel_size, strides, rate) for kernel_size, strides, _, rate in layers],)


def square_channels(generator):
    sides = (1 + 2 * whole(generator, 0, 2) for _ in range(2))
    channels = whole(generator, 1, 4)
    return (values(generator, *sides, channels, channels),)


def dense_block(generator):
    return whole(generator, 1, 99), whole(generator, 1, 6), whole(generator, 1, 40)


def colors(generator):
    return (generator.random((whole(generator, 1, 3), whole(generator, 1, 4), whole(generator, 1, 4), 3)),)


def layers_and_budget(generator):
    parameters = [whole(generator, 1, 50) for _ in range(whole(generator, 1, 6))]
    met = sum(parameters[whole(generator, 0, len(parameters) - 1) :])  # a budget that is met exactly
    return parameters, int(generator.choice([met, whole(generator, 0, sum(parameters) + 10)]))


INPUTS = {
    "start_here.q3": halved,
    "why_convolution.q4": shuffled_images,
    "why_convolution.q5": conv_matrix,
    "convolution.q4": image_and_kernel,
    "padding.q4": pixel_uses,
    "padding.q5": same_padding,
    "stride.q4": strided,
    "stride.q5": layer_sizes,
    "channels.q3": conv,
    "channels.q4": kernel_and_twins,
    "one_by_one.q4": dense_matrix,
    "one_by_one.q5": dense_layer_on_a_map,
    "pooling.q5": max_pool,
    "activations.q4": batch_norm,
    "activations.q5": lambda generator: averages(generator, whole(generator, 1, 5)),
    "receptive_field.q4": seen_layers,
    "receptive_field.q5": field_layers,
    "learning.q3": updates,
    "learning.q5": arriving_gradient,
    "first_cnn.q4": stack,
    "first_cnn.q5": labels,
    "stride_instead_of_pooling.q4": shift,
    "stride_instead_of_pooling.q5": even_image,
    "alexnet.q3": alexnet,
    "alexnet.q5": dropout,
    "after_alexnet.q4": square_channels,
    "after_alexnet.q5": dense_block,
    "training_alexnet.q3": training,
    "training_alexnet.q4": scores,
    "training_alexnet.q5": shares,
    "looking_inside.q4": maps_and_slopes,
    "transfer.q3": colors,
    "transfer.q5": layers_and_budget,
}
