"""Networks for small images: the first CNN of lesson 11, its strided and all-convolutional forms, LeNet-5."""

import keras
from keras import layers

__all__ = ["all_convolutional", "averaging_cnn", "lenet5", "pooled_cnn", "strided_cnn"]


def pooled_cnn(input_shape=(28, 28, 1), classes=10):
    """Three convolutions, a max pool after each, and two dense layers (lesson 11).

    Args:
        input_shape: tuple of three ints (height, width, channels); height and width at least 22 pixels.
        classes: int >= 1, number of classes.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes);
        110,474 parameters with the defaults.

    Raises:
        ValueError: the image is smaller than 22 pixels, from Keras.

    Source:
        The first network of many introductions, among them Chollet, Deep Learning with Python (2021), chapter 8.

    >>> pooled_cnn().count_params()
    110474
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(128, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="pooled_cnn",
    )


def strided_cnn(input_shape=(28, 28, 1), classes=10):
    """The same three convolutions with strides of 2 instead of pools (lesson 12).

    Args:
        input_shape: tuple of three ints (height, width, channels); height and width at least 15 pixels.
        classes: int >= 1, number of classes.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes);
        159,626 parameters with the defaults.

    Raises:
        ValueError: the image is smaller than 15 pixels, from Keras.

    Source:
        Springenberg et al. (2015), Striving for Simplicity, arXiv:1412.6806, section 2, "Strided-CNN".

    >>> strided_cnn().count_params()
    159626
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Conv2D(64, 3, strides=2, activation="relu"),
            layers.Conv2D(128, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="strided_cnn",
    )


def all_convolutional(input_shape=(28, 28, 1), classes=10):
    """Each pool replaced by an extra strided convolution, the dense layers by 1x1 and a global average (lesson 12).

    Args:
        input_shape: tuple of three ints (height, width, channels); height and width at least 15 pixels.
        classes: int >= 1, number of classes.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes);
        287,722 parameters with the defaults.

    Raises:
        ValueError: the image is too small, from Keras.

    Source:
        Springenberg et al. (2015), Striving for Simplicity, arXiv:1412.6806, section 2, "All-CNN".

    >>> all_convolutional().count_params()
    287722
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Conv2D(64, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(128, 3, activation="relu"),
            layers.Conv2D(128, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(classes, 1),
            layers.GlobalAveragePooling2D(),
            layers.Softmax(),
        ],
        name="all_convolutional",
    )


def averaging_cnn(input_shape=(28, 28, 1), classes=10):
    """Three normalized convolutions and a global average: small, quickly trained, for images of any size (lesson 16).

    What a place says for a class is its map values times the weights of the dense layer; the logit is the average over
    all places, and the bias.

    Args:
        input_shape: tuple of three ints (height, width, channels); height and width None for any size.
        classes: int >= 1, number of classes.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes);
        24,538 parameters with the defaults.

    Source:
        Zhou et al. (2016), Learning Deep Features for Discriminative Localization, arXiv:1512.04150: convolutions,
        a global average, one dense layer.

    >>> averaging_cnn().count_params()
    24538
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 5, strides=2, padding="same", use_bias=False, name="conv1"),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(name="maps1"),
            layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="conv2"),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(name="maps2"),
            layers.Conv2D(64, 3, padding="same", use_bias=False, name="conv3"),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(name="maps3"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes, activation="softmax", name="classes"),
        ],
        name="averaging_cnn",
    )


def lenet5(input_shape=(28, 28, 1), classes=10):
    """LeNet-5 as it is usually built today: all maps connected, plain average pools, softmax (lesson 11).

    The network of 1998 read 32x32 images: "same" in the first layer gives 28x28 images the same sizes from there on.

    Args:
        input_shape: tuple of three ints (height, width, channels); height and width at least 28 pixels.
        classes: int >= 1, number of classes.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes);
        61,706 parameters with the defaults.

    Raises:
        ValueError: the image is too small, from Keras.

    Source:
        LeCun et al. (1998), Gradient-Based Learning Applied to Document Recognition, section II.B.

    >>> lenet5().count_params()
    61706
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(120, 5, activation="tanh"),
            layers.Flatten(),
            layers.Dense(84, activation="tanh"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="lenet5",
    )
