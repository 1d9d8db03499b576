"""AlexNet in four builds, and its normalization (lesson 13)."""

import keras
from keras import layers

from cnn_course._validate import validate_integer, validate_number

__all__ = ["LocalResponseNormalization", "alexnet"]


@keras.saving.register_keras_serializable(package="cnn_course")
class LocalResponseNormalization(layers.Layer):
    """Divide each value by a power of the squares at its pixel, summed over neighboring channels (lesson 13).

    The output is x / (bias + alpha * sum of x**2 over the channels within `depth_radius`)**beta. The sum is a matrix
    product with a band of ones, the power an exponential of a logarithm: on a CPU both are faster than a loop over
    channels or `**`.

    Args:
        depth_radius: int >= 0, n/2 in the paper, channels on each side.
        bias: float > 0, k in the paper.
        alpha: float >= 0.
        beta: float.

    Call:
        Array (batch, height, width, channels) to an array of the same shape.

    Raises:
        TypeError: `depth_radius` is not an integer, or another argument is not a number.
        ValueError: one of them is too small, or not finite.

    Source:
        Krizhevsky, Sutskever & Hinton (2012), section 3.3, with its constants.

    >>> LocalResponseNormalization()(keras.ops.ones((1, 55, 55, 96))).shape == (1, 55, 55, 96)
    True
    """

    def __init__(self, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75, **options):
        super().__init__(**options)
        self.depth_radius = validate_integer(depth_radius, "depth_radius", minimum=0)
        self.bias, self.alpha = validate_number(bias, "bias", above=0), validate_number(alpha, "alpha", minimum=0)
        self.beta = validate_number(beta, "beta")

    def call(self, inputs):
        """Normalize; in float32 also under mixed precision, where squares would overflow."""
        values = keras.ops.cast(inputs, "float32")
        channels = keras.ops.arange(inputs.shape[-1])
        near = keras.ops.abs(channels[:, None] - channels) <= self.depth_radius
        squares = keras.ops.matmul(keras.ops.square(values), keras.ops.cast(near, "float32"))
        scale = keras.ops.exp(-self.beta * keras.ops.log(self.bias + self.alpha * squares))
        return keras.ops.cast(values * scale, inputs.dtype)

    def get_config(self):
        """Arguments that build an equal layer."""
        names = ("depth_radius", "bias", "alpha", "beta")
        return super().get_config() | {name: getattr(self, name) for name in names}


def alexnet(variant="two_tower", input_shape=None, classes=1000, width=1.0):
    """AlexNet, the network of 2012, in four builds (lesson 13).

    `"two_tower"` is the original: the second, fourth and fifth convolution in two groups, which the paper placed on
    two GPUs. `"one_tower"` is the same without groups. `"textbook"` also leaves out the normalization and reads
    images of 224x224 without padding, so that 5x5 instead of 6x6 positions reach the dense layers. `"one_gpu"` is the
    author's version of 2014, most used today: fewer filters, no groups, no normalization, two pixels of padding around
    224x224, and dropout before the dense layers instead of after them.

    The layers have the names of the papers: convolutions C1 to C5, pools P1, P2 and P5, dense layers F6 to F8; N1 and
    N2 normalize, D5 to D7 drop.

    Args:
        variant: str, `"two_tower"`, `"one_tower"`, `"textbook"` or `"one_gpu"`.
        input_shape: tuple of three ints (height, width, channels), height and width at least 67 pixels (63 for
            one GPU); None for (227, 227, 3) with one or two towers and (224, 224, 3) in the other builds.
        classes: int >= 1, number of classes.
        width: float above 0 and at most 4, multiplies the filters and units of every hidden layer, for small machines;
            they are rounded to even numbers.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes). With the defaults:
        60,965,224 parameters and 724,406,816 multiply-accumulates; 62,378,344 and 1,135,256,096 with one tower;
        50,844,008 and 1,009,945,728 in the textbook build; 61,100,840 and 714,188,480 for one GPU.

    Raises:
        ValueError: the variant is unknown, or the image is too small (from Keras).

    Source:
        Krizhevsky, Sutskever & Hinton (2012), ImageNet Classification with Deep Convolutional Neural Networks,
        sections 3.1 to 3.5; the textbook build: Zhang et al., Dive into Deep Learning, section 8.1; for one GPU:
        Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997, as in
        torchvision.

    >>> alexnet("textbook", classes=3, width=0.25).count_params()
    2933091
    """
    if not isinstance(variant, str) or variant not in ("two_tower", "one_tower", "textbook", "one_gpu"):
        raise ValueError(
            f"`variant` must be 'two_tower', 'one_tower', 'textbook' or 'one_gpu'. Received: variant={variant!r}."
        )
    towers, one_gpu = variant in ("two_tower", "one_tower"), variant == "one_gpu"
    groups = 2 if variant == "two_tower" else 1
    filters = (64, 192, 384, 256, 256) if one_gpu else (96, 256, 384, 384, 256)
    c1, c2, c3, c4, c5, f6, f7 = (max(2, 2 * round(count * width / 2)) for count in (*filters, 4096, 4096))
    size = 227 if towers else 224

    return keras.Sequential(
        [
            keras.Input((size, size, 3) if input_shape is None else input_shape),
            *([layers.ZeroPadding2D(2, name="padding")] if one_gpu else []),
            layers.Conv2D(c1, 11, strides=4, activation="relu", name="C1"),
            *([LocalResponseNormalization(name="N1")] if towers else []),
            layers.MaxPooling2D(3, strides=2, name="P1"),
            layers.Conv2D(c2, 5, padding="same", groups=groups, activation="relu", name="C2"),
            *([LocalResponseNormalization(name="N2")] if towers else []),
            layers.MaxPooling2D(3, strides=2, name="P2"),
            layers.Conv2D(c3, 3, padding="same", activation="relu", name="C3"),
            layers.Conv2D(c4, 3, padding="same", groups=groups, activation="relu", name="C4"),
            layers.Conv2D(c5, 3, padding="same", groups=groups, activation="relu", name="C5"),
            layers.MaxPooling2D(3, strides=2, name="P5"),
            layers.Flatten(name="flatten"),
            *([layers.Dropout(0.5, name="D5")] if one_gpu else []),
            layers.Dense(f6, activation="relu", name="F6"),
            layers.Dropout(0.5, name="D6"),
            layers.Dense(f7, activation="relu", name="F7"),
            *([layers.Dropout(0.5, name="D7")] if not one_gpu else []),
            layers.Dense(classes, activation="softmax", name="F8"),
        ],
        name=f"alexnet_{variant}",
    )
