"""What came after AlexNet: VGG, NiN, GoogLeNet, ResNet and DenseNet, with the sizes of the papers (lesson 15)."""

import keras
from keras import layers

__all__ = ["densenet", "googlenet", "nin", "resnet", "vgg"]


def vgg(depth=16, input_shape=(224, 224, 3), classes=1000, width=1.0):
    """VGG: blocks of 3x3 convolutions with padding, each block followed by a 2x2 pool.

    The layers have names like those of `alexnet`: C3_2 is the second convolution of block 3, P3 its pool; F6 to F8 are
    the dense layers. With 16 or 19 layers the weights of `keras.applications` fit:
    `vgg(16).set_weights(keras.applications.VGG16().get_weights())`.

    Args:
        depth: int, 11, 13, 16 or 19, layers with weights: the paper's networks A, B, D and E.
        input_shape: tuple of three ints (height, width, channels); height and width at least 32 pixels.
        classes: int >= 1, number of classes.
        width: float above 0 and at most 4, multiplies the filters and units of every hidden layer.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes). With the defaults
        138,357,544 parameters and 15,470,264,320 multiply-accumulates; 143,667,240 and 19,632,062,464 with 19 layers.

    Raises:
        ValueError: the depth is unknown, or the image is too small (from Keras).

    Source:
        Simonyan & Zisserman (2015), Very Deep Convolutional Networks, arXiv:1409.1556, table 1.

    >>> vgg(11, (32, 32, 3), classes=10, width=0.25).count_params()
    1769066
    """
    blocks = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
    if depth not in blocks:
        raise ValueError(f"`depth` must be 11, 13, 16 or 19. Received: depth={depth}.")
    scaled = [max(1, round(count * width)) for count in (64, 128, 256, 512, 512, 4096)]

    x = inputs = keras.Input(input_shape)
    for block, convolutions in enumerate(blocks[depth], 1):
        for number in range(1, convolutions + 1):
            x = layers.Conv2D(scaled[block - 1], 3, padding="same", activation="relu", name=f"C{block}_{number}")(x)
        x = layers.MaxPooling2D(2, name=f"P{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    for number in (6, 7):
        x = layers.Dense(scaled[-1], activation="relu", name=f"F{number}")(x)
        x = layers.Dropout(0.5, name=f"D{number}")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", name="F8")(x), name=f"vgg{depth}")


def nin(input_shape=(227, 227, 3), classes=1000, width=1.0):
    """Network in Network: two 1x1 convolutions behind each convolution, a global average instead of dense layers.

    The paper describes its network for small images; this is the build for ImageNet that its authors published with
    Caffe. C2 is the second large convolution, C2a and C2b are the 1x1 behind it; C4b has a map for each class.

    Args:
        input_shape: tuple of three ints (height, width, channels); height and width at least 67 pixels.
        classes: int >= 1, number of classes.
        width: float above 0 and at most 4, multiplies the filters of every hidden layer.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes); 7,595,176
        parameters and 1,105,996,320 multiply-accumulates with the defaults.

    Raises:
        ValueError: the image is too small, from Keras.

    Source:
        Lin, Chen & Yan (2014), Network In Network, arXiv:1312.4400, section 3; sizes: "NIN-ImageNet" in Caffe's
        model zoo.

    >>> nin(classes=3, width=0.25).count_params()
    418739
    """
    x = inputs = keras.Input(input_shape)
    for block, (filters, kernel_size, strides, padding) in enumerate(
        [(96, 11, 4, "valid"), (256, 5, 1, "same"), (384, 3, 1, "same"), (1024, 3, 1, "same")], 1
    ):
        filters = max(1, round(filters * width))
        last = classes if block == 4 else filters
        x = layers.Conv2D(filters, kernel_size, strides, padding, activation="relu", name=f"C{block}")(x)
        x = layers.Conv2D(filters, 1, activation="relu", name=f"C{block}a")(x)
        x = layers.Conv2D(last, 1, activation="relu", name=f"C{block}b")(x)
        if block < 4:
            x = layers.MaxPooling2D(3, strides=2, name=f"P{block}")(x)
        if block == 3:
            x = layers.Dropout(0.5, name="D3")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Softmax(name="softmax")(x), name="nin")


def googlenet(input_shape=(224, 224, 3), classes=1000, width=1.0):
    """GoogLeNet: nine Inception blocks, each four answers to the same maps, side by side.

    Built without the two auxiliary heads, which served training only, and without local response normalization. The
    blocks are called 3a to 5b as in the paper; 3a_3x3r is the 1x1 convolution that reduces the channels in front of
    3a_3x3, and 3a joins the four branches.

    Args:
        input_shape: tuple of three ints (height, width, channels).
        classes: int >= 1, number of classes.
        width: float above 0 and at most 4, multiplies the filters of every hidden layer.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes); 6,998,552
        parameters and 1,582,671,872 multiply-accumulates with the defaults.

    Source:
        Szegedy et al. (2015), Going Deeper with Convolutions, arXiv:1409.4842, table 1.

    >>> googlenet((32, 32, 3), classes=10, width=0.25).count_params()
    379046
    """
    blocks = {
        "3a": (64, 96, 128, 16, 32, 32),  # 1x1; 3x3 and the 1x1 in front of it; 5x5 likewise; behind the pool
        "3b": (128, 128, 192, 32, 96, 64),
        "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64),
        "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128),
        "5a": (256, 160, 320, 32, 128, 128),
        "5b": (384, 192, 384, 48, 128, 128),
    }

    def conv(x, filters, kernel_size, name, strides=1):
        filters = max(1, round(filters * width))
        return layers.Conv2D(filters, kernel_size, strides, padding="same", activation="relu", name=name)(x)

    def pool(x, name, strides=2):
        return layers.MaxPooling2D(3, strides, padding="same", name=name)(x)

    inputs = keras.Input(input_shape)
    x = pool(conv(inputs, 64, 7, "C1", strides=2), "P1")
    x = pool(conv(conv(x, 64, 1, "C2r"), 192, 3, "C2"), "P2")
    for name, (ones, threes_reduced, threes, fives_reduced, fives, pooled) in blocks.items():
        if name in ("4a", "5a"):
            x = pool(x, "P3" if name == "4a" else "P4")
        branches = [
            conv(x, ones, 1, f"{name}_1x1"),
            conv(conv(x, threes_reduced, 1, f"{name}_3x3r"), threes, 3, f"{name}_3x3"),
            conv(conv(x, fives_reduced, 1, f"{name}_5x5r"), fives, 5, f"{name}_5x5"),
            conv(pool(x, f"{name}_pool", strides=1), pooled, 1, f"{name}_pool1x1"),
        ]
        x = layers.Concatenate(name=name)(branches)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dropout(0.4, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", name="F")(x), name="googlenet")


def resnet(depth=50, input_shape=(224, 224, 3), classes=1000, width=1.0):
    """ResNet: what a block computes is added to what came in, so that the gradient has a way around every block.

    With 18 or 34 layers a block has two 3x3 convolutions, without biases, since normalization follows; these are not
    in `keras.applications`. From 50 layers on a block has 1x1, 3x3 and 1x1, strides in the first as in the paper, and
    is built as in Keras, biases included, so that its weights fit:
    `resnet(50).set_weights(keras.applications.ResNet50().get_weights())`.

    The stages are called 2 to 5 as in the paper: C3_1a is the first convolution of the first block of stage 3, C3_1s
    the 1x1 on its shortcut, N3_1a and N3_1s normalize them, A3_1 adds, R3_1 is the ReLU that ends the block.

    Args:
        depth: int, 18, 34, 50, 101 or 152, layers with weights, shortcuts not counted.
        input_shape: tuple of three ints (height, width, channels).
        classes: int >= 1, number of classes.
        width: float above 0 and at most 4, multiplies the filters of every hidden layer.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes). With the defaults
        25,636,712 parameters and 3,857,973,248 multiply-accumulates; 11,699,112 and 1,814,073,344 with 18 layers;
        21,814,696 and 3,663,761,408 with 34. Parameters include the moving statistics of the normalizations.

    Raises:
        ValueError: the depth is unknown.

    Source:
        He et al. (2016), Deep Residual Learning for Image Recognition, arXiv:1512.03385, table 1, option B.

    >>> resnet(18, (32, 32, 3), classes=10, width=0.25).count_params()
    705786
    """
    blocks = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    if depth not in blocks:
        raise ValueError(f"`depth` must be 18, 34, 50, 101 or 152. Received: depth={depth}.")
    bottleneck = depth >= 50

    def conv(x, filters, kernel_size, name, strides=1, padding="same"):
        x = layers.Conv2D(filters, kernel_size, strides, padding, use_bias=bottleneck, name=f"C{name}")(x)
        return layers.BatchNormalization(epsilon=1.001e-5, name=f"N{name}")(x)  # Keras's value

    def relu(x, name):
        return layers.ReLU(name=f"R{name}")(x)

    inputs = keras.Input(input_shape)
    filters = max(1, round(64 * width))
    x = conv(layers.ZeroPadding2D(3, name="padding1")(inputs), filters, 7, "1", strides=2, padding="valid")
    x = layers.ZeroPadding2D(1, name="padding2")(relu(x, "1"))
    x = layers.MaxPooling2D(3, strides=2, name="P1")(x)
    for stage, count in enumerate(blocks[depth], 2):
        filters = max(1, round(64 * 2 ** (stage - 2) * width))
        for number in range(1, count + 1):
            name, strides = f"{stage}_{number}", 2 if stage > 2 and number == 1 else 1
            channels = 4 * filters if bottleneck else filters
            shortcut = x
            if number == 1 and (stage > 2 or bottleneck):  # another shape comes out than went in
                shortcut = conv(x, channels, 1, f"{name}s", strides)
            if bottleneck:
                x = relu(conv(x, filters, 1, f"{name}a", strides), f"{name}a")
                x = relu(conv(x, filters, 3, f"{name}b"), f"{name}b")
                x = conv(x, channels, 1, f"{name}c")
            else:
                x = relu(conv(x, filters, 3, f"{name}a", strides), f"{name}a")
                x = conv(x, channels, 3, f"{name}b")
            x = relu(layers.Add(name=f"A{name}")([shortcut, x]), name)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", name="F")(x), name=f"resnet{depth}")


def densenet(depth=121, input_shape=(224, 224, 3), classes=1000, growth_rate=32):
    """DenseNet: what a layer computes is concatenated to what came in, so that all later layers of the block read it.

    Between the blocks a transition halves the channels and the map. C2_3a and C2_3b are the 1x1 and the 3x3 of the
    third layer of block 2, B2_3 joins; N and R before them normalize and bend; C2t and P2 are the transition. The
    weights of `keras.applications` fit: `densenet(121).set_weights(keras.applications.DenseNet121().get_weights())`.

    Args:
        depth: int, 121, 169 or 201, layers with weights.
        input_shape: tuple of three ints (height, width, channels); height and width at least 29 pixels.
        classes: int >= 1, number of classes.
        growth_rate: int >= 1, channels that each layer adds.

    Returns:
        `keras.Model` from images (batch, height, width, channels) to probabilities (batch, classes); 8,062,504
        parameters, moving statistics included, and 2,834,161,664 multiply-accumulates with the defaults.

    Raises:
        ValueError: the depth is unknown, or the image is too small (from Keras).

    Source:
        Huang et al. (2017), Densely Connected Convolutional Networks, arXiv:1608.06993, table 1 (DenseNet-BC).

    >>> densenet(121, (32, 32, 3), classes=10, growth_rate=8).count_params()
    475546
    """
    blocks = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
    if depth not in blocks:
        raise ValueError(f"`depth` must be 121, 169 or 201. Received: depth={depth}.")

    def bend(x, name):
        x = layers.BatchNormalization(epsilon=1.001e-5, name=f"N{name}")(x)  # Keras's value
        return layers.ReLU(name=f"R{name}")(x)

    def conv(x, filters, kernel_size, name):
        return layers.Conv2D(filters, kernel_size, padding="same", use_bias=False, name=f"C{name}")(x)

    inputs = keras.Input(input_shape)
    x = layers.ZeroPadding2D(3, name="padding1")(inputs)
    x = layers.Conv2D(2 * growth_rate, 7, strides=2, use_bias=False, name="C0")(x)
    x = layers.ZeroPadding2D(1, name="padding2")(bend(x, "0"))
    x = layers.MaxPooling2D(3, strides=2, name="P0")(x)
    for block, count in enumerate(blocks[depth], 1):
        for number in range(1, count + 1):
            name = f"{block}_{number}"
            new = conv(bend(x, f"{name}a"), 4 * growth_rate, 1, f"{name}a")
            new = conv(bend(new, f"{name}b"), growth_rate, 3, f"{name}b")
            x = layers.Concatenate(name=f"B{name}")([x, new])
        if block < 4:
            x = conv(bend(x, f"{block}t"), x.shape[-1] // 2, 1, f"{block}t")
            x = layers.AveragePooling2D(2, name=f"P{block}")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(bend(x, "5"))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", name="F")(x), name=f"densenet{depth}")
