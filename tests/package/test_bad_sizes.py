"""`arithmetic` and `reference` under any input: what is valid agrees with an oracle, what is not is refused by name.

Hypothesis draws a valid call and compares the result with an oracle; then it spoils one argument: the message must
name what was received, and no result, no other exception, no long wait and no large array may come instead.
"""

import decimal
import fractions
import math
import reprlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from sizes import padding_amounts
from sizes import pair as pair_of

from cnn_course import _validate, arithmetic, reference

# What each argument may be, said without the code under test


def whole(value, minimum=1):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= minimum


def amount(value):
    return whole(value, minimum=0)


def two(value, accepts):
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(map(accepts, value))


def pair(value):
    return whole(value) or two(value, whole)


def pair_or_none(value):
    return value is None or pair(value)


def padding(value):
    return amount(value) or two(value, amount) or (isinstance(value, str) and value in ("valid", "same"))


def padding_2d(value):
    return two(value, lambda part: two(part, amount)) or (padding(value) and not isinstance(value, (tuple, list)))


def flag(value):
    return isinstance(value, bool)


def number(value):
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype == float:
        value = value[()]
    real = isinstance(value, (int, float, np.floating, np.integer, fractions.Fraction)) and not isinstance(value, bool)
    return real and -math.inf < value < math.inf


def positive(value):
    return number(value) and value > 0


def from_0(value):
    return number(value) and value >= 0


def axis(value):
    return whole(value, minimum=-2) and value < 2


def numbers(value, rank=None):
    try:
        array = np.asarray(value)
    except ValueError:
        return False
    real = array.dtype.kind in "biuf" and not isinstance(value, np.ma.MaskedArray)
    return real and array.size > 0 and rank in (None, array.ndim)


def plane(value):
    return numbers(value, rank=2)


def two_columns(value):
    return plane(value) and np.shape(value)[1] == 2


def up_to_four(value):
    return whole(value) and value <= 4


def maps(value):
    return numbers(value, rank=4)


def bias(value):
    return value is None or numbers(value, rank=1)


def shape(value):
    """Height, width (None: any) and channels."""
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        return False
    return whole(value[2]) and all(size is None or whole(size) for size in value[:2])


def layers(value):
    if isinstance(value, np.ndarray):
        return value.shape[:1] == (0,)
    return isinstance(value, (tuple, list, dict, str, bytes, set)) and not value


AXIS = {"input_size": whole, "kernel_size": whole, "strides": whole, "dilation_rate": whole}
FILTERS = {"kernel_size": pair, "in_channels": whole, "filters": whole, "groups": whole}
LAYOUT = {"strides": pair, "padding": padding_2d, "dilation_rate": pair}
POOL = {"images": maps, "pool_size": pair, "strides": pair_or_none, "padding": padding_2d}
ARGUMENTS = {
    arithmetic.conv_macs: {"output_size": pair, **FILTERS},
    arithmetic.conv_parameters: {"use_bias": flag, **FILTERS},
    arithmetic.dense_parameters: {"inputs": whole, "units": whole, "use_bias": flag},
    arithmetic.output_size: {"padding": padding, **AXIS},
    arithmetic.padding_amounts: {"padding": padding, **AXIS},
    arithmetic.receptive_field: {"layers": layers},
    arithmetic.same_padding: AXIS,
    arithmetic.transposed_output_size: {"padding": padding, **AXIS},
    _validate.validate_array: {"values": plane},
    _validate.validate_bool: {"value": flag},
    _validate.validate_image_shape: {"value": shape},
    _validate.validate_integer: {"value": up_to_four},
    _validate.validate_number: {"value": positive},
    _validate.validate_pair: {"value": pair},
    _validate.validate_path: {"value": lambda value: isinstance(value, str)},
    _validate.validate_shape: {"values": two_columns},
    reference.average_pool2d: POOL,
    reference.average_pool2d_gradient: {"output_gradient": maps, **POOL},
    reference.conv2d: {"images": maps, "kernel": maps, "bias": bias, "groups": whole, **LAYOUT},
    reference.conv2d_gradients: {"images": maps, "kernel": maps, "output_gradient": maps, "groups": whole, **LAYOUT},
    reference.convolve: {"image": plane, "kernel": plane},
    reference.cross_correlate: {"image": plane, "kernel": plane},
    reference.im2col: {"images": maps, "kernel_size": pair, **LAYOUT},
    reference.local_response_normalization: {
        "images": maps,
        "depth_radius": amount,
        "bias": positive,
        "alpha": from_0,
        "beta": number,
    },
    reference.max_pool2d: POOL,
    reference.max_pool2d_gradient: {"output_gradient": maps, **POOL},
    reference.relu: {"values": numbers},
    reference.softmax: {"logits": numbers, "axis": axis},
}

# What it may not be: these, and what hypothesis thinks of

STRANGE = [
    *(None, True, False, np.True_, "3", "", "same ", "SAME", "vaild", "causal", "ä" * 99, b"same", b"", ..., len, int),
    *(1.0, 2.5, -0.0, 1e300, math.nan, math.inf, -math.inf, np.float32(3), np.float64("nan"), 1j, np.complex64(1)),
    *(0, -1, -2, -(10**12), -(10**300), np.int8(-3), np.uint8(0), np.int64(-(2**63)), object(), range(3), slice(2)),
    *(decimal.Decimal(3), fractions.Fraction(5, 2), fractions.Fraction(-3), np.datetime64("2020"), {}, {3}, {1: 2}),
    *(
        (),
        [],
        (1,),
        [3],
        (1, 2, 3),
        (0, 1),
        (1, -1),
        [1, None],
        (1, 2.0),
        ("1", 1),
        (True, 1),
        ((1, 2), 3),
        (None,) * 2,
    ),
    *(((1, 1),), ((1, 1), 1), ((1, 2), (3,)), ((0, -1), (0, 0)), ((0, 0), (0, "1")), ("same", "same"), (math.nan, 1)),
    *([[1, 2], [3]], [[]], [None], ["a"], [object()], np.array(["1"]), np.array(None), np.array([3, 3]), np.array(3.0)),
    *(np.array(True), np.zeros(0), np.zeros((1, 0, 3, 1)), np.zeros((2, 3, 0)), np.zeros((2, 2, 2, 2), complex)),
    *(np.zeros((1, 1), "datetime64[s]"), np.zeros(2, "i4,f4"), np.ones((1,) * 6), np.ones((2, 2, 2)), [[0.5] * 9] * 9),
    *(np.ma.masked_less(np.arange(16).reshape(1, 4, 4, 1), 3), np.ma.masked_less([1, 2], 2), [(3, 1, 0)], ["four"]),
    *([(3, 0, 0, 1)], [(3, 1, 0, 1, 1)], [()], [(3, 1, "vaild", 1)], [(3, 1, -1, 1)], [(3, 2**53, 0, 1)]),
    *([(True, 1, 0, 1)], [(3, 1, 0, 1), (3, 1, 0, 2.5)], [(3, 1, (1,), 1)], [(10**300, 1, 0, 1)], [(3, 1, 0, [1])]),
]
GENERATED = [
    *(st.integers(max_value=0), st.floats(), st.text(), st.binary(), st.complex_numbers(), st.fractions()),
    *(st.lists(st.integers(-3, 3), max_size=4), st.tuples(st.floats(), st.integers(-3, 3)), st.sets(st.integers())),
]

# Valid calls

SMALL = st.integers(1, 3)
TWO_SMALL = SMALL | st.tuples(SMALL, SMALL)
AMOUNT = st.integers(0, 3)
AMOUNTS = st.tuples(AMOUNT, AMOUNT)


def array(draw, *shape):
    """Small whole numbers, so that every oracle must agree exactly."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return generator.integers(-9, 10, shape).astype(draw(st.sampled_from([np.int8, np.int64, np.float32, np.float64])))


@st.composite
def axis_call(draw, function):
    call = {"kernel_size": draw(SMALL), "strides": draw(SMALL), "dilation_rate": draw(SMALL)}
    call["input_size"] = draw(st.integers(7, 30))  # the widest kernel spans 3 * 2 + 1 pixels
    if function is not arithmetic.same_padding:
        call["padding"] = draw(st.sampled_from(["valid", "same"]) | AMOUNT | AMOUNTS)
    return call


@st.composite
def count_call(draw, function):
    if function is arithmetic.dense_parameters:
        return {"inputs": draw(SMALL), "units": draw(SMALL), "use_bias": draw(st.booleans())}
    groups = draw(SMALL)
    call = {"kernel_size": draw(TWO_SMALL), "in_channels": groups * draw(SMALL), "filters": groups * draw(SMALL)}
    name, sizes = ("use_bias", st.booleans()) if function is arithmetic.conv_parameters else ("output_size", TWO_SMALL)
    return {**call, "groups": groups, name: draw(sizes)}


@st.composite
def window_call(draw, function):
    """A call of what slides over images: the window fits, the output gradient is drawn last."""
    groups = draw(SMALL) if "conv2d" in function.__name__ else 1
    images = array(draw, draw(SMALL), draw(st.integers(7, 9)), draw(st.integers(7, 10)), groups * draw(SMALL))
    call = {
        "images": images,
        "padding": draw(st.sampled_from(["valid", "same"]) | AMOUNT | st.tuples(AMOUNTS, AMOUNTS)),
    }
    size = draw(st.tuples(SMALL, SMALL))
    if "pool" in function.__name__:
        size = draw(st.integers(4, 5) | st.tuples(st.integers(4, 6), st.integers(4, 5)))  # more than the padding
        call |= {"pool_size": size, "strides": draw(TWO_SMALL | st.none())}
    else:
        call |= {"strides": draw(TWO_SMALL), "dilation_rate": draw(TWO_SMALL)}
    if "conv2d" in function.__name__:
        call["kernel"] = array(draw, *size, images.shape[3] // groups, groups * draw(SMALL))
        call["groups"] = groups
    if function is reference.im2col:
        call["kernel_size"] = size
    if function is reference.conv2d and draw(st.booleans()):
        call["bias"] = array(draw, call["kernel"].shape[3])
    if "gradient" in function.__name__:
        shape = [*windows_of(**call).shape[:3], call["kernel"].shape[3] if "kernel" in call else images.shape[3]]
        call["output_gradient"] = array(draw, *shape)
    return call


@st.composite
def other_call(draw, function):
    if function is arithmetic.receptive_field:
        return {"layers": draw(st.lists(st.tuples(SMALL, SMALL, AMOUNT, SMALL), max_size=4))}
    if function in (reference.convolve, reference.cross_correlate):
        return {"image": array(draw, 4, draw(st.integers(3, 6))), "kernel": array(draw, draw(SMALL), draw(SMALL))}
    if function is reference.local_response_normalization:
        images = array(draw, draw(SMALL), draw(SMALL), draw(SMALL), draw(st.integers(1, 6)))
        numbers = {"bias": draw(st.floats(0.5, 3)), "alpha": draw(st.floats(0, 1)), "beta": draw(st.floats(-1, 1))}
        return {"images": images, "depth_radius": draw(st.integers(0, 9) | st.just(10**12)), **numbers}
    if function is reference.softmax:
        return {"logits": array(draw, draw(SMALL), draw(SMALL)), "axis": draw(st.integers(-2, 1))}
    if function is reference.relu:
        return {"values": array(draw, *draw(st.lists(SMALL, max_size=4)))}
    if function is _validate.validate_array:
        return {"values": array(draw, draw(SMALL), draw(SMALL)), "name": "values", "rank": 2}
    if function is _validate.validate_shape:
        return {"values": array(draw, draw(SMALL), 2), "name": "values", "shape": (None, 2)}
    if function is _validate.validate_integer:
        return {"value": draw(st.integers(1, 4)), "name": "value", "minimum": 1, "maximum": 4}
    if function is _validate.validate_image_shape:
        return {"value": draw(st.tuples(SMALL | st.none(), SMALL | st.none(), SMALL)), "name": "value"}
    if function is _validate.validate_bool:
        return {"value": draw(st.booleans()), "name": "value"}
    if function is _validate.validate_path:
        return {"value": draw(st.text(max_size=9)), "name": "value"}
    options = {"above": 0} if function is _validate.validate_number else {"minimum": 1}
    return {"value": draw(SMALL), "name": "value"} | ({} if function is _validate.validate_pair else options)


def calls(function):
    """Strategy of valid calls, dicts of arguments."""
    names = set(ARGUMENTS[function])
    kinds = {"input_size": axis_call, "filters": count_call, "inputs": count_call, "padding": window_call}
    return next((kind for name, kind in kinds.items() if name in names), other_call)(function)


# Oracles: windows by NumPy, gradients by their definition


def windows_of(images, padding, strides, pool_size=None, kernel_size=None, kernel=None, dilation_rate=1, value=0, **_):
    """What each position sees: (batch, rows, columns, height, width, channels); no code under test."""
    size = pair_of(pool_size or kernel_size or kernel.shape[:2])
    strides, rates = pair_of(size if strides is None else strides), pair_of(dilation_rate)
    extents = [(length - 1) * rate + 1 for length, rate in zip(size, rates, strict=True)]
    amounts = padding_amounts(padding, images.shape[1:3], size, strides, rates)
    padded = np.pad(images.astype(np.float64), [(0, 0), *amounts, (0, 0)], constant_values=value)
    seen = sliding_window_view(padded, extents, axis=(1, 2))[:, :: strides[0], :: strides[1]]
    return np.moveaxis(seen[..., :: rates[0], :: rates[1]], 3, 5)


def convolved(images, kernel, groups=1, bias=None, **layout):
    blocks = [
        np.einsum("nijabc,abcf->nijf", windows_of(part, kernel=weights, **layout), weights)
        for part, weights in zip(np.split(images, groups, 3), np.split(kernel, groups, 3), strict=True)
    ]
    return np.concatenate(blocks, axis=3) + (0 if bias is None else bias)


def pooled(function):
    return lambda **call: function(windows_of(**call, value=np.nan), axis=(3, 4))


def places(images, **call):
    """The windows as flat indices into the images, -1 where there is padding."""
    indices = np.arange(images.size).reshape(images.shape)
    return windows_of(indices, value=-1, **call).astype(int)


def scattered(shares, images, **call):
    """Each share, shaped as the windows, added to the pixel it belongs to."""
    at = places(images, **call)
    gradient = np.zeros(images.size)
    np.add.at(gradient, at[at >= 0], np.broadcast_to(shares, at.shape)[at >= 0])
    return gradient.reshape(images.shape)


def average_gradient(output_gradient, **call):
    counts = (places(**call) >= 0).sum(axis=(3, 4), keepdims=True)
    return scattered(output_gradient[:, :, :, None, None] / counts, **call)


def max_gradient(output_gradient, **call):
    values = windows_of(**call, value=-np.inf)
    flat = values.reshape(*values.shape[:3], -1, values.shape[5])
    wins = np.arange(flat.shape[3])[:, None] == flat.argmax(axis=3)[:, :, :, None]  # argmax takes the first
    return scattered(wins.reshape(values.shape) * output_gradient[:, :, :, None, None], **call)


def conv_gradients(images, kernel, output_gradient, groups, **layout):
    of_images, of_kernel = [], []
    for part, weights, gradient in zip(
        *(np.split(a, groups, 3) for a in (images, kernel, output_gradient)), strict=True
    ):
        seen = windows_of(part, kernel=weights, **layout)
        of_kernel.append(np.einsum("nijabc,nijf->abcf", seen, gradient))
        shares = np.einsum("nijf,abcf->nijabc", gradient.astype(float), weights)
        of_images.append(scattered(shares, part, kernel=weights, **layout))
    return np.concatenate(of_images, 3), np.concatenate(of_kernel, 3), output_gradient.sum(axis=(0, 1, 2), dtype=float)


def flattened(**call):
    seen = windows_of(**call)
    return seen.reshape(*seen.shape[:3], -1)


def normalized(images, depth_radius, bias, alpha, beta):
    channels = np.arange(images.shape[3])
    near = abs(channels[:, None] - channels) <= depth_radius
    return images / (bias + alpha * (images.astype(float) ** 2) @ near) ** beta


def exponentials(logits, axis):
    powers = np.exp(logits.astype(float))
    return powers / powers.sum(axis, keepdims=True)


def kernel_elements(kernel_size, in_channels, filters, groups, **_):
    return groups * np.zeros((*pair_of(kernel_size), in_channels // groups, filters // groups)).size


ORACLES = {  # test_arithmetic.py counts what is not here
    arithmetic.conv_macs: lambda output_size, **call: math.prod(pair_of(output_size)) * kernel_elements(**call),
    arithmetic.conv_parameters: lambda use_bias, **call: kernel_elements(**call) + use_bias * call["filters"],
    arithmetic.dense_parameters: lambda inputs, units, use_bias: np.zeros((inputs + use_bias, units)).size,
    _validate.validate_array: lambda values, **_: values,
    _validate.validate_integer: lambda value, **_: value,
    _validate.validate_number: lambda value, **_: value,
    _validate.validate_pair: lambda value, **_: (value, value),
    _validate.validate_shape: lambda values, **_: values,
    reference.average_pool2d: pooled(np.nanmean),
    reference.average_pool2d_gradient: average_gradient,
    reference.conv2d: convolved,
    reference.conv2d_gradients: conv_gradients,
    reference.im2col: flattened,
    reference.local_response_normalization: normalized,
    reference.max_pool2d: pooled(np.nanmax),
    reference.max_pool2d_gradient: max_gradient,
    reference.relu: lambda values: np.where(values > 0, values, 0),
    reference.softmax: exponentials,
}


@pytest.mark.parametrize("function", ORACLES, ids=lambda function: function.__name__)
def test_valid_calls_agree_with_the_oracle(function):
    @given(calls(function))
    @settings(max_examples=40)
    def agrees(call):
        received, expected = function(**call), ORACLES[function](**call)
        several = isinstance(received, tuple)
        for ours, theirs in zip(*((received, expected) if several else ([received], [expected])), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)

    agrees()


# Invalid calls

LEAST = 60  # different ones for each argument


def names(value):
    """What a message may call a value: itself (shortened), a part of it, its shape or its dtype."""
    yield reprlib.repr(value)
    if isinstance(value, np.integer):
        yield str(value)
    if isinstance(value, (str, bytes, dict, set, range)) or (isinstance(value, np.ndarray) and value.ndim):
        yield from map(reprlib.repr, value)  # of what is no layer
    if isinstance(value, (tuple, list)):
        yield from (name for part in value for name in names(part))
    if isinstance(value, np.ma.MaskedArray):
        yield f"{np.ma.count_masked(value)} masked"
    try:
        converted = np.asarray(value)
    except ValueError:
        return
    yield from (f"of shape {converted.shape}", f".shape={converted.shape}")


@pytest.mark.parametrize("function", ARGUMENTS, ids=lambda function: function.__name__)
def test_invalid_calls_are_refused_by_name(function):
    refused = set()

    @given(calls(function), st.lists(st.one_of(GENERATED), min_size=9, max_size=9))
    @settings(max_examples=6, phases=[Phase.generate])
    def refuses(call, generated):
        for argument, accepts in ARGUMENTS[function].items():
            for value in (value for value in STRANGE + generated if not accepts(value)):
                with pytest.raises((TypeError, ValueError)) as caught:
                    function(**call | {argument: value})
                assert type(caught.value) in (TypeError, ValueError)
                received = str(caught.value).partition("Received: ")[2]
                assert any(name in received for name in names(value)), f"{argument}={value!r} gave {caught.value}"
                assert len(received) < 500
                refused.add((argument, reprlib.repr(value)))

    refuses()
    assert len(refused) >= LEAST * len(ARGUMENTS[function])


def test_every_public_function_is_here():
    public = {getattr(module, name) for module in (_validate, arithmetic, reference) for name in module.__all__}
    assert set(ARGUMENTS) == public - {_validate.named, arithmetic.ReceptiveField}


IMAGES, KERNEL = np.ones((1, 8, 9, 2)), np.ones((3, 2, 2, 4))
HUGE = 10**12
TOO_LARGE = [
    (reference.conv2d, {"kernel": KERNEL, "padding": HUGE}),
    (reference.conv2d, {"kernel": KERNEL, "padding": 10**5}),
    (reference.conv2d, {"kernel": KERNEL, "padding": ((0, HUGE), (0, 0))}),
    (reference.conv2d, {"kernel": KERNEL, "padding": "same", "dilation_rate": HUGE}),
    (reference.conv2d, {"kernel": KERNEL, "padding": "same", "dilation_rate": (1, 10**9)}),
    (reference.conv2d_gradients, {"kernel": KERNEL, "output_gradient": IMAGES, "padding": HUGE}),
    (reference.im2col, {"kernel_size": HUGE, "padding": "same"}),
    (reference.im2col, {"kernel_size": 2, "padding": HUGE, "strides": HUGE}),
    (reference.max_pool2d, {"pool_size": HUGE, "padding": "same"}),
    (reference.max_pool2d, {"pool_size": (1, 2 * HUGE), "strides": 1, "padding": ((0, 0), (HUGE, HUGE))}),
    (reference.max_pool2d_gradient, {"pool_size": HUGE, "padding": "same", "output_gradient": IMAGES}),
    (reference.average_pool2d, {"pool_size": 10**5, "padding": "same"}),
    (reference.average_pool2d_gradient, {"pool_size": HUGE, "padding": "same", "output_gradient": IMAGES}),
]


@pytest.mark.parametrize(("function", "options"), TOO_LARGE, ids=lambda value: getattr(value, "__name__", None))
def test_sizes_are_bounded_before_arrays_are_made(function, options):
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"at most 4,294,967,296 values. Received: [\d,]+ values from images of shape"):
        function(IMAGES, **options)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_huge_numbers_that_need_no_memory_are_valid():
    assert reference.max_pool2d(IMAGES, 2, strides=HUGE).shape == (1, 1, 1, 2)
    assert reference.conv2d(IMAGES, KERNEL[:1, :1], dilation_rate=HUGE, strides=10**30).shape == (1, 1, 1, 4)
    assert arithmetic.output_size(10**300, 3, padding="same") == 10**300
    every = reference.local_response_normalization(IMAGES, depth_radius=1)
    np.testing.assert_array_equal(reference.local_response_normalization(IMAGES, depth_radius=HUGE), every)


@pytest.mark.parametrize("largest", [2**64 - 1, 2**62, 2**45])
def test_integers_never_wrap(largest):
    dtype = np.uint64 if largest >= 2**63 else np.int64
    images = np.full((1, 8, 9, 2), largest, dtype=dtype)
    with pytest.raises(ValueError, match=f"below 2\\*\\*62.* Received: .*{largest}"):
        reference.conv2d(images, 2**10 * np.ones_like(KERNEL, dtype=np.int64))
    np.testing.assert_allclose(reference.average_pool2d(images, 2), float(largest))
    np.testing.assert_array_equal(reference.max_pool2d(images, 2), largest)
    every = reference.local_response_normalization(images, alpha=1.0, beta=0.5)
    np.testing.assert_allclose(every, 2**-0.5, rtol=1e-6)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.float16])
def test_small_dtypes_never_wrap(dtype):
    logits = np.array([0, 1, 100]).astype(dtype)
    received = reference.softmax(logits)
    np.testing.assert_allclose(received, exponentials(logits, 0), atol=1e-3)
    assert received.dtype == (np.float16 if dtype is np.float16 else np.float64)


@pytest.mark.parametrize("value", [0, -np.inf])
def test_padding_takes_no_gradient(value):
    images = np.full((1, 2, 2, 1), value, dtype=float if value else np.uint8)  # as small as the padding
    received = reference.max_pool2d_gradient(images, np.ones((1, 2, 2, 1)), 2, padding=1)
    assert received[0, :, :, 0].tolist() == [[1, 1], [1, 1]]
