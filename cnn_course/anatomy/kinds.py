"""The one table: what a layer of each kind does to receptive fields, and how often it multiplies.

A layer is added by its name in `NAMES`, which says both.
"""

import functools
from typing import NamedTuple

import keras

from cnn_course.anatomy import fields, macs
from cnn_course.anatomy.fields import rule_name

__all__ = ["KINDS", "Kind", "count_macs", "follow_fields", "on_each_value", "without_rule"]


class Kind(NamedTuple):
    """One entry of the table.

    Attributes:
        field: function of a `Call`, gives a tuple of `Axis`; `fields.unknown` where it cannot be said.
        macs: function of a `Call`, gives the multiply-accumulates of all images; `macs.nothing` or `macs.unknown`.
    """

    field: callable
    macs: callable


def follow_fields(call):
    """Fields of the values that a layer puts out.

    Args:
        call: `Call`.

    Returns:
        `(axes, note)`: a tuple of `Axis`, or None if no pixel takes part; and str, what a reader should know.

    Source:
        Araujo, Norris & Sim (2019), Computing Receptive Fields of CNNs, Distill.
    """
    if not any(call.fields):
        return None, ""
    axes, problem = _applied("field", call)
    if any(not shape or shape[0] is None or shape[0] % call.batch for shape in call.output_shapes):
        axes, problem = None, "the first axis no longer counts images"
    axes = axes or fields.unknown(call)
    notes = dict.fromkeys(axis.note for axis in axes if axis.note)
    known = any(axis.state != "unknown" for one in call.fields if one for axis in one)
    if problem and known and any(axis.state == "unknown" for axis in axes):
        notes[problem] = None
    return tuple(axis._replace(note="") for axis in axes), "; ".join(notes)


def count_macs(call):
    """Multiply-accumulates of convolutions and dense-like products for all images of the batch.

    Args:
        call: `Call`.

    Returns:
        `(macs, note)`: int, or None if unknown; and str, why.
    """
    total, problem = _applied("macs", call)
    if not getattr(call.operation, "lora_enabled", False):
        return total, problem
    if not getattr(call.operation, "quantization_mode", None):
        return total, "LoRA changes the kernel once for all images, which is not counted"
    return total if rule_name(call.operation) == "Dense" else None, problem


def _applied(column, call):
    """What a rule of the table gives, and what hinders it. A rule that raises knows nothing: the only try."""
    name = rule_name(call.operation)
    if name not in KINDS:
        return None, without_rule(call.operation, name)
    try:
        result = getattr(KINDS[name], column)(call)
        for mixes in map(_mixes, _activations(call.operation)) if result is not None else ():
            if mixes is None:
                return None, "its activation is none of keras.activations: what it mixes cannot be known"
            if mixes and column == "field":
                result = fields.dense(call._replace(fields=[result], input_shapes=call.output_shapes))
        return result, ""  # also None: where the table says so
    except NotImplementedError:  # several tensors in place of one
        return None, ""
    except Exception as error:  # an option that nobody thought of; or a size that is left open, which needs no words
        is_open = any(None in shape for shape in [*call.input_shapes, *call.output_shapes])
        silent = is_open and isinstance(error, TypeError)
        return None, "" if silent else f"the rule for {name} failed ({type(error).__name__})"


def without_rule(operation, name=None):
    """Why nothing is known of a layer, and what to do."""
    if isinstance(operation, keras.Model):
        return (
            "no rule knows a model with a `call` of its own; where that uses only layers and operations of Keras, "
            "describe(keras.Model(x, model.call(x))) follows them, with x = keras.Input(shape)"
        )
    if name not in (None, "Lambda"):
        return "this kind of layer has no rule yet"
    return "no rule knows a layer with a `call` of its own; Keras layers connected by keras.Model are followed"


# Activations: those of Keras that work on each value alone, and those that sum over the last axis

ELEMENTWISE_ACTIVATIONS = """celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear
    log_sigmoid mish relu relu6 selu sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid squareplus
    tanh tanh_shrink"""
SUMMING_ACTIVATIONS = "log_softmax softmax sparsemax"


def _activations(operation):
    """Activations that a layer or its cells apply."""
    owners = [operation, *fields.cells_of(operation)]
    found = [getattr(one, name, None) for one in owners for name in ("activation", "recurrent_activation")]
    return [one for one in found if one is not None]


def _mixes(activation):
    """Whether an activation sums over the last axis; None if that is not known."""
    function = activation.func if isinstance(activation, functools.partial) else activation
    name = getattr(function, "__name__", "")
    of_keras = function in [getattr(home, name, None) for home in (keras.activations, keras.ops)]
    if on_each_value(function) or (of_keras and name in ELEMENTWISE_ACTIVATIONS.split()):
        return False
    return True if of_keras and function is activation and name in SUMMING_ACTIVATIONS.split() else None


def on_each_value(operation):
    """Whether a layer or an operation is known to work on each value alone."""
    known = isinstance(operation, keras.Operation) and KINDS.get(rule_name(operation), (None,))[0] is fields.merge
    return known and all(_mixes(activation) is False for activation in _activations(operation))


# The table: names of layers, `?` for each of 1, 2 and 3 spatial axes; and, behind a semicolon, of `keras.ops`

NAMES = {
    # each value on its own, or with those at its place in other tensors
    Kind(fields.merge, macs.nothing): """Activation ActivityRegularization Add AlphaDropout Average CustomScaleLayer
        Dropout ELU GaussianDropout GaussianNoise Identity LayerScale LeakyReLU LocalResponseNormalization Maximum
        Minimum Multiply Normalization PReLU RandomBrightness RandomContrast RandomFlip RandomRotation RandomTranslation
        RandomZoom ReLU Rescaling SpatialDropout?D StochasticDepth Subtract;
        Abs Absolute Add Arccos Arccosh Arcsin Arcsinh Arctan Arctan2 Arctanh BatchNorm BitwiseAnd BitwiseInvert
        BitwiseNot BitwiseOr BitwiseXor Cast Cbrt Ceil Celu Clip ConvertToTensor Copy Cos Cosh Divide DivideNoNan Elu
        Equal Erf Erfc Exp Exp2 Expm1 Floor FloorDivide Fmax Fmin Fmod Gelu Greater GreaterEqual HardShrink HardSigmoid
        HardSilu HardTanh Hypot Isfinite Isinf Isnan LeakyRelu Less LessEqual Log Log10 Log1p Log2 LogSigmoid Logaddexp
        LogicalAnd LogicalNot LogicalOr LogicalXor Maximum Minimum Mod Multiply NanToNum Negative NotEqual OnesLike
        Power Reciprocal Relu Relu6 Round Rsqrt SaturateCast Selu Sigmoid Sign Silu Sin Sinh SoftShrink Softplus
        Softsign SparsePlus SparseSigmoid Sqrt Square Squareplus StopGradient Subtract Tan TanhShrink Tanh Threshold
        TrueDivide Trunc Where ZerosLike""",
    Kind(fields.same, macs.nothing): "BatchNormalization Embedding",  # an embedding adds an axis behind the others
    Kind(fields.concatenate, macs.nothing): "Concatenate; Concatenate",
    Kind(fields.stack, macs.nothing): "; Stack",
    # windows
    Kind(fields.convolution, macs.convolution): """Conv?D DepthwiseConv1D DepthwiseConv2D SeparableConv1D
        SeparableConv2D; Conv DepthwiseConv""",
    Kind(fields.transposed, macs.transposed): "Conv?DTranspose; ConvTranspose",
    Kind(fields.window, macs.nothing): "AveragePooling?D MaxPooling?D; AveragePool MaxPool",
    # places moved, repeated, cut off
    Kind(fields.enlarge, macs.nothing): "UpSampling?D",
    Kind(fields.shift, macs.nothing): "Cropping?D ZeroPadding?D",
    Kind(fields.pad, macs.nothing): "; Pad",
    Kind(fields.flip, macs.nothing): "; Flip",
    Kind(fields.split, macs.nothing): "; Split",
    Kind(fields.take, macs.nothing): "; GetItem",
    Kind(fields.unknown, macs.nothing): """CenterCrop Discretization Hashing IntegerLookup RandomCrop RepeatVector
        Resizing StringLookup TextVectorization; BroadcastTo DepthToSpace Glu OneHot Repeat Resize Roll Rot90 Slice Sort
        SpaceToDepth Take Tile""",
    # over all places, or all channels
    Kind(fields.pool_globally, macs.nothing): """AdaptiveAveragePooling?D AdaptiveMaxPooling?D GlobalAveragePooling?D
        GlobalMaxPooling?D""",
    Kind(fields.reduce, macs.nothing): """LayerNormalization RMSNormalization Softmax UnitNormalization; All Amax Amin
        Any Argmax Argmin LayerNorm LogSoftmax Logsumexp Max Mean Min Moments Normalize Prod RMSNorm Softmax Sparsemax
        Std Sum Var""",
    Kind(fields.normalize_groups, macs.nothing): "GroupNormalization",
    Kind(fields.dense, macs.nothing): "Masking",
    # axes in another form or order
    Kind(fields.reshape, macs.nothing): "Flatten Reshape; ExpandDims Ravel Reshape Squeeze",
    Kind(fields.permute, macs.nothing): "Permute; Moveaxis Swapaxes Transpose",
    # matrix products, attention, recurrence
    Kind(fields.dense, macs.dense): "Dense",
    Kind(fields.contract, macs.contract): "EinsumDense; Einsum Matmul",
    Kind(fields.unknown, macs.dot): "Dot",
    Kind(fields.attend, macs.attend): "Attention; DotProductAttention",
    Kind(fields.attend, macs.attend_with_heads): "GroupedQueryAttention MultiHeadAttention",
    Kind(fields.attend, macs.unknown): "AdditiveAttention",
    Kind(fields.recur, macs.recurrent): "Bidirectional GRU LSTM RNN SimpleRNN",
    Kind(fields.unknown, macs.recurrent): "ConvLSTM?D",
}


def _names(text):
    layers, _, operations = text.partition(";")
    ranks = [name.replace("?", rank) for name in layers.split() for rank in ("123" if "?" in name else "-")]
    return [*ranks, *(f"ops.{name}" for name in operations.split())]


KINDS = {name: kind for kind, text in NAMES.items() for name in _names(text)}
