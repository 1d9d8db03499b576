"""Each row of docs/from_pytorch.md, run in both frameworks where PyTorch is installed."""

import re

import numpy as np
import pytest

import cnn_course.quiet  # noqa: F401  (before Keras)
from lessons import ROOT

import keras  # isort: skip

ROWS = {}


def row(name):
    """A test that decides the row of the page with this name."""

    def keep(function):
        ROWS[name] = function
        return function

    return keep


def torch():
    return pytest.importorskip("torch", reason="torch is not installed: the rows cannot be compared")


def images(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def to_torch(pictures):
    return torch().from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, 1)))


def from_torch(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def close(first, second):
    first, second = np.asarray(first), np.asarray(second)
    return first.shape == second.shape and np.allclose(first, second, rtol=1e-4, atol=1e-5)


@row("images")
def test_images():
    conv = torch().nn.Conv2d(3, 4, 3)
    assert conv(torch().zeros(1, 3, 7, 9)).shape == (1, 4, 5, 7)  # batch, channels, height, width
    assert keras.layers.Conv2D(4, 3)(np.zeros((1, 7, 9, 3))).shape == (1, 5, 7, 4)


@row("kernel of a convolution")
def test_kernel_of_a_convolution():
    pictures, conv, layer = images(2, 7, 9, 3), torch().nn.Conv2d(3, 4, (3, 5)), keras.layers.Conv2D(4, (3, 5))
    layer.build(pictures.shape)
    kernel = conv.weight.detach().numpy()
    assert kernel.shape == (4, 3, 3, 5) and layer.kernel.shape == (3, 5, 3, 4)
    layer.set_weights([kernel.transpose(2, 3, 1, 0), conv.bias.detach().numpy()])
    assert close(layer(pictures), from_torch(conv(to_torch(pictures))))


@row("depthwise convolution")
def test_depthwise_convolution():
    pictures = images(2, 7, 9, 3)
    conv, layer = torch().nn.Conv2d(3, 6, 3, groups=3, bias=False), keras.layers.DepthwiseConv2D(3, depth_multiplier=2)
    layer.build(pictures.shape)
    kernel = conv.weight.detach().numpy()
    assert kernel.shape == (6, 1, 3, 3) and layer.kernel.shape == (3, 3, 3, 2)
    layer.set_weights([kernel.reshape(3, 2, 3, 3).transpose(2, 3, 0, 1), np.zeros(6)])
    assert close(layer(pictures), from_torch(conv(to_torch(pictures))))


@row("weights of a dense layer")
def test_weights_of_a_dense_layer():
    numbers, linear, dense = images(2, 5), torch().nn.Linear(5, 4), keras.layers.Dense(4)
    dense.build(numbers.shape)
    assert linear.weight.shape == (4, 5) and dense.kernel.shape == (5, 4)
    dense.set_weights([linear.weight.detach().numpy().T, linear.bias.detach().numpy()])
    assert close(dense(numbers), linear(torch().from_numpy(numbers)).detach())


@row("flatten")
def test_flatten():
    maps = images(2, 3, 4, 5)
    theirs, ours = to_torch(maps).flatten(1).numpy(), np.asarray(keras.layers.Flatten()(maps))
    assert not close(theirs, ours)
    order = np.arange(60).reshape(5, 3, 4).transpose(1, 2, 0).ravel()  # channels last → the place in PyTorch
    assert close(theirs[:, order], ours)


@row("padding 1, strides 2")
def test_padding_1_strides_2():
    pictures, conv = images(1, 8, 6, 3), torch().nn.Conv2d(3, 4, 3, stride=2, padding=1)
    weights = [conv.weight.detach().numpy().transpose(2, 3, 1, 0), conv.bias.detach().numpy()]
    same, valid = (keras.layers.Conv2D(4, 3, strides=2, padding=padding) for padding in ("same", "valid"))
    for layer in (same, valid):
        layer.build(pictures.shape)
        layer.set_weights(weights)
    expected = from_torch(conv(to_torch(pictures)))
    assert same(pictures).shape == expected.shape and not close(same(pictures), expected)
    assert close(valid(keras.layers.ZeroPadding2D(1)(pictures)), expected)


@row("“same” with strides")
def test_same_with_strides():
    with pytest.raises(ValueError, match="same.*strided"):
        torch().nn.Conv2d(3, 4, 3, stride=2, padding="same")
    assert keras.layers.Conv2D(4, 3, strides=2, padding="same")(np.zeros((1, 7, 9, 3))).shape == (1, 4, 5, 4)


@row("padding of a max pool")
def test_padding_of_a_max_pool():
    pictures = -np.abs(images(1, 8, 6, 2)) - 1
    expected = from_torch(torch().nn.functional.max_pool2d(to_torch(pictures), 3, 2, padding=1))
    assert not close(keras.layers.MaxPooling2D(3, 2, padding="same")(pictures), expected)
    framed = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    assert close(keras.layers.MaxPooling2D(3, 2)(framed), expected)
    zeros = keras.layers.ZeroPadding2D(1)(pictures)
    assert not close(keras.layers.MaxPooling2D(3, 2)(zeros), expected)


@row("border of an average pool")
def test_border_of_an_average_pool():
    ones, pool = np.ones((1, 5, 5, 1), "float32"), torch().nn.functional.avg_pool2d
    assert round(float(pool(to_torch(ones), 3, 2, padding=1)[0, 0, 0, 0]), 3) == 0.444  # 4 ones, divided by 9
    assert float(keras.layers.AveragePooling2D(3, 2, padding="same")(ones)[0, 0, 0, 0]) == 1
    assert float(pool(to_torch(ones), 3, 2, padding=1, count_include_pad=False)[0, 0, 0, 0]) == 1


@row("batch normalization")
def test_batch_normalization():
    theirs, ours = torch().nn.BatchNorm2d(3), keras.layers.BatchNormalization()
    assert (theirs.momentum, theirs.eps) == (0.1, 1e-5) and (ours.momentum, ours.epsilon) == (0.99, 1e-3)
    ours = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    pictures = images(2, 3, 4, 3)
    assert close(ours(pictures, training=True), from_torch(theirs(to_torch(pictures))))
    assert close(ours.moving_mean, theirs.running_mean)
    values = 2 * 3 * 4
    assert not close(ours.moving_variance, theirs.running_var)
    assert close((np.asarray(ours.moving_variance) - 0.9) * values / (values - 1) + 0.9, theirs.running_var)


@row("training or not")
def test_training_or_not():
    assert torch().nn.Dropout(0.5).training
    ones = np.ones((4, 100), "float32")
    assert torch().nn.Dropout(0.5)(torch().from_numpy(ones)).numpy().min() == 0
    assert close(keras.layers.Dropout(0.5)(ones), ones)
    assert np.asarray(keras.layers.Dropout(0.5)(ones, training=True)).min() == 0


@row("freezing batch normalization")
def test_freezing_batch_normalization():
    theirs, ours = torch().nn.BatchNorm2d(3), keras.layers.BatchNormalization()
    pictures = images(2, 3, 4, 3) + 5
    theirs.requires_grad_(False)
    theirs(to_torch(pictures))
    assert float(theirs.running_mean.min()) > 0.4
    ours.build(pictures.shape)
    ours.trainable = False
    ours(pictures, training=True)
    assert np.asarray(ours.moving_mean).tolist() == [0, 0, 0]


@row("start of the weights")
def test_start_of_the_weights():
    theirs, ours = torch().nn.Conv2d(16, 64, 3), keras.layers.Conv2D(64, 3)
    ours.build((1, 9, 9, 16))
    bound = 1 / np.sqrt(16 * 9)
    assert 0.97 * bound < float(theirs.weight.detach().abs().max()) <= bound
    assert 0 < float(theirs.bias.detach().abs().max()) <= bound and not np.asarray(ours.bias).any()
    glorot = np.sqrt(6 / (16 * 9 + 64 * 9))
    assert 0.97 * glorot < np.abs(ours.kernel).max() <= glorot


@row("cross-entropy")
def test_cross_entropy():
    logits, labels = images(5, 10), np.arange(5)
    expected = torch().nn.CrossEntropyLoss()(torch().from_numpy(logits), torch().from_numpy(labels)).item()
    loss = keras.losses.SparseCategoricalCrossentropy
    assert close(loss(from_logits=True)(labels, logits), expected)
    assert close(loss()(labels, keras.ops.softmax(logits)), expected)
    twice = torch().nn.CrossEntropyLoss()(torch().from_numpy(logits).softmax(-1), torch().from_numpy(labels)).item()
    assert twice > 1.1 * expected or twice < 0.9 * expected


def steps(optimizer, start=2.0, count=3, rates=None):
    """The weight after some steps down w², with Keras."""
    weight = keras.Variable(start)
    optimizer.build([weight])
    for step in range(count):
        if rates:
            optimizer.learning_rate = rates[step]
        optimizer.apply([2 * weight.value], [weight])
    return float(weight)


def steps_of_torch(optimizer, start=2.0, count=3, rates=None, **settings):
    weight = torch().nn.Parameter(torch().tensor(start))
    optimizer = optimizer([weight], **settings)
    for step in range(count):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        optimizer.zero_grad()
        (weight**2).backward()
        optimizer.step()
    return float(weight.detach())


@row("momentum")
def test_momentum():
    sgd = torch().optim.SGD
    theirs = steps_of_torch(sgd, lr=0.1, momentum=0.9)
    assert close(steps(keras.optimizers.SGD(0.1, momentum=0.9)), theirs)
    rates = [0.1, 0.1, 0.01]
    theirs = steps_of_torch(sgd, lr=0.1, momentum=0.9, rates=rates)
    assert not close(steps(keras.optimizers.SGD(0.1, momentum=0.9), rates=rates), theirs)


@row("weight decay")
def test_weight_decay():
    adam, adamw = torch().optim.Adam, torch().optim.AdamW
    ours = steps(keras.optimizers.Adam(0.1, weight_decay=0.1))
    assert not close(ours, steps_of_torch(adam, lr=0.1, weight_decay=0.1))
    assert close(ours, steps_of_torch(adamw, lr=0.1, weight_decay=0.1))


@row("Adam's epsilon")
def test_adams_epsilon():
    assert keras.optimizers.Adam().epsilon == 1e-7
    assert torch().optim.Adam([torch().nn.Parameter(torch().zeros(1))]).defaults["eps"] == 1e-8


@row("transposed convolution")
def test_transposed_convolution():
    pictures = images(1, 4, 3, 2)
    theirs = torch().nn.ConvTranspose2d(2, 5, 4, stride=2, padding=1)
    ours = keras.layers.Conv2DTranspose(5, 4, strides=2, padding="same")
    ours.build(pictures.shape)
    kernel = theirs.weight.detach().numpy()
    assert kernel.shape == (2, 5, 4, 4) and ours.kernel.shape == (4, 4, 5, 2)
    ours.set_weights([kernel.transpose(2, 3, 1, 0), theirs.bias.detach().numpy()])
    assert close(ours(pictures), from_torch(theirs(to_torch(pictures))))
    odd = torch().nn.ConvTranspose2d(2, 5, 3, stride=2, padding=1, output_padding=1)
    layer = keras.layers.Conv2DTranspose(5, 3, strides=2, padding="same")
    layer.build(pictures.shape)
    layer.set_weights([odd.weight.detach().numpy().transpose(2, 3, 1, 0), odd.bias.detach().numpy()])
    expected = from_torch(odd(to_torch(pictures)))
    assert layer(pictures).shape == expected.shape and not close(layer(pictures), expected)


@row("enlarging")
def test_enlarging():
    pictures = images(1, 4, 3, 2)
    resize = torch().nn.functional.interpolate
    assert close(keras.layers.UpSampling2D(2)(pictures), from_torch(resize(to_torch(pictures), scale_factor=2)))
    bilinear = from_torch(resize(to_torch(pictures), scale_factor=2, mode="bilinear"))
    assert close(keras.layers.UpSampling2D(2, interpolation="bilinear")(pictures), bilinear)


@row("layer normalization")
def test_layer_normalization():
    assert torch().nn.LayerNorm(4).eps == 1e-5 and keras.layers.LayerNormalization().epsilon == 1e-3


@row("local response normalization")
def test_local_response_normalization():
    from cnn_course import reference

    maps = np.abs(images(1, 3, 4, 8))
    paper = reference.local_response_normalization(maps)  # radius 2, bias 2, alpha 1e-4, beta 0.75
    theirs = torch().nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
    assert close(from_torch(theirs(to_torch(maps))), paper)
    plain = torch().nn.LocalResponseNorm(5, alpha=1, beta=0.75, k=2)(to_torch(maps))
    assert not close(from_torch(plain), reference.local_response_normalization(maps, alpha=1))


@row("GELU")
def test_gelu():
    numbers = np.linspace(-3, 3, 13, dtype="float32")
    theirs = torch().nn.functional.gelu(torch().from_numpy(numbers)).numpy()
    assert np.allclose(keras.activations.gelu(numbers, approximate=False), theirs, atol=1e-6)
    assert np.abs(np.asarray(keras.activations.gelu(numbers)) - theirs).max() < 1e-6


@row("leaky ReLU")
def test_leaky_relu():
    assert torch().nn.LeakyReLU().negative_slope == 0.01 and keras.layers.LeakyReLU().negative_slope == 0.3
    assert close(keras.activations.leaky_relu(np.array([-1.0])), [-0.2])


def test_the_page_has_a_row_for_each_test_and_no_other():
    text = (ROOT / "docs" / "from_pytorch.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if re.match(r"\| \S", line)]
    assert sorted(name for name in rows if name != "what") == sorted(ROWS)
