"""The one table: what a layer of each kind does to receptive fields, and how often it multiplies.

A layer is added by one entry in `KINDS`, which must say both.
"""

import functools
from typing import NamedTuple

import keras

from cnn_course.anatomy import fields, macs
from cnn_course.anatomy.fields import rule_name

__all__ = ["KINDS", "Kind", "count_macs", "follow_fields", "without_rule"]


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
    if axes is None:
        axes = fields.unknown(call)
    known = any(axis.state != "unknown" for one in call.fields if one for axis in one)
    notes = dict.fromkeys(axis.note for axis in axes if axis.note)
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
    adapted = getattr(call.operation, "lora_enabled", False) and not getattr(call.operation, "quantization_mode", None)
    return total, "LoRA changes the kernel once for all images, which is not counted" if adapted else problem


def _applied(column, call):
    """What a rule of the table gives, and what hinders it. A rule that raises knows nothing: the only try."""
    name = rule_name(call.operation)
    if name not in KINDS:
        return None, without_rule(call.operation, name)
    rule = getattr(KINDS[name], column)
    if column == "field" and rule not in SEVERAL and any(call.fields[1:]):
        return None, ""
    try:
        result = rule(call)
        for activation in _activations(call.operation) if result is not None else ():
            result = _activated(column, call, activation, result)
            if result is None:
                return None, "its activation is none of keras.activations: what it mixes cannot be known"
        return result, ""  # also None: by a wrapper of what is not known, or where the table says so
    except Exception as error:  # an option that nobody thought of
        sizes = [*call.input_shapes, *call.output_shapes]
        is_open = isinstance(error, TypeError) and any(None in shape for shape in sizes)
        return None, "" if is_open else f"the rule for {name} failed ({type(error).__name__})"


def without_rule(operation, name=None):
    """Why nothing is known of a layer, and what to do."""
    if name not in (None, "Lambda") and not isinstance(operation, keras.Model):
        return "this kind of layer has no rule yet"
    if isinstance(operation, keras.Model):
        return (
            "a model with a `call` of its own is not looked into; where that uses only layers and operations of Keras, "
            "describe(keras.Model(x, model.call(x))) is, with x = keras.Input(shape)"
        )
    return "a layer with a `call` of its own is not looked into; Keras layers connected by keras.Model are"


# Activations: those of Keras that work on each value alone, and those that sum over the last axis

ELEMENTWISE_ACTIVATIONS = """celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear
    log_sigmoid mish relu relu6 selu sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid squareplus
    tanh tanh_shrink"""
SUMMING_ACTIVATIONS = "log_softmax softmax sparsemax"


@functools.cache
def _functions(names):
    places = (keras.activations, keras.ops)
    return {getattr(place, name) for place in places for name in names.split() if hasattr(place, name)}


def _activations(operation):
    """Activations that a layer or its cells apply."""
    owners = [operation, *fields.cells_of(operation)]
    found = [getattr(one, name, None) for one in owners for name in ("activation", "recurrent_activation")]
    return [one for one in found if one is not None]


def _activated(column, call, activation, result):
    """The result of a rule behind an activation; None if the activation is not known."""
    function = activation.func if isinstance(activation, functools.partial) else activation
    if isinstance(function, keras.Operation):  # a layer in place of a function
        kind = KINDS.get(rule_name(function))
        return result if kind and kind.field in (fields.same, fields.merge) else None
    if function in _functions(ELEMENTWISE_ACTIVATIONS):
        return result
    if activation not in _functions(SUMMING_ACTIVATIONS):
        return None
    return result if column == "macs" else fields.mix_last(result, len(call.output_shapes[0]))


# Layers made of layers: their rules look into the table


def _inner(call):
    return call._replace(operation=call.operation.layer)


def _wrapped_fields(call):
    return follow_fields(_inner(call))[0]


def _wrapped_macs(call):
    return count_macs(_inner(call))[0]


def _distributed_fields(call):
    axes, _ = follow_fields(fields.distributed(call))
    return axes and fields.renumber(axes, 1)


def _distributed_macs(call):
    return count_macs(fields.distributed(call))[0]


def _bidirectional_macs(call):
    halves = (call.operation.forward_layer, call.operation.backward_layer)
    counts = [count_macs(call._replace(operation=half))[0] for half in halves]
    return None if None in counts else sum(counts)


# The table


def _layers(names, field, macs):
    return dict.fromkeys(names.split(), Kind(field, macs))


def _ranks(names, field, macs):
    """Layers for one, two and three spatial axes: `Conv?D` stands for three names."""
    return {name.replace("?", rank): Kind(field, macs) for name in names.split() for rank in "123"}


def _ops(names, field, macs):
    return {f"ops.{name}": Kind(field, macs) for name in names.split()}


KINDS = {
    # each value on its own
    **_layers(
        """Activation ActivityRegularization AlphaDropout Dropout ELU GaussianDropout GaussianNoise Identity LayerScale
        LeakyReLU LocalResponseNormalization Normalization PReLU RandomBrightness RandomContrast RandomFlip
        RandomRotation RandomTranslation RandomZoom ReLU Rescaling StochasticDepth""",
        fields.same,
        macs.nothing,
    ),
    **_ranks("SpatialDropout?D", fields.same, macs.nothing),
    **_layers("BatchNormalization", fields.normalize_batch, macs.nothing),
    **_layers("Masking", fields.dense, macs.nothing),
    **_ops(
        """Abs Absolute Arccos Arccosh Arcsin Arcsinh Arctan Arctanh BatchNorm BitwiseInvert BitwiseNot Cast Cbrt Ceil
        Celu Clip ConvertToTensor Copy Cos Cosh Elu Erf Erfc Exp Exp2 Expm1 Floor Gelu HardShrink HardSigmoid HardSilu
        HardTanh Isfinite Isinf Isnan LeakyRelu Log Log10 Log1p Log2 LogSigmoid LogicalNot NanToNum Negative OnesLike
        Reciprocal Relu Relu6 Round Rsqrt SaturateCast Selu Sigmoid Sign Silu Sin Sinh SoftShrink Softplus Softsign
        SparsePlus SparseSigmoid Sqrt Square Squareplus StopGradient Tan TanhShrink Tanh Threshold Trunc ZerosLike""",
        fields.merge,
        macs.nothing,
    ),
    # values of several tensors, or of several pieces of one
    **_layers("Add Average CustomScaleLayer Maximum Minimum Multiply Subtract", fields.merge, macs.nothing),
    **_ops(
        """Add Arctan2 BitwiseAnd BitwiseOr BitwiseXor Divide DivideNoNan Equal FloorDivide Fmax Fmin Fmod Greater
        GreaterEqual Hypot Less LessEqual Logaddexp LogicalAnd LogicalOr LogicalXor Maximum Minimum Mod Multiply
        NotEqual Power Subtract TrueDivide Where""",
        fields.merge,
        macs.nothing,
    ),
    "Concatenate": Kind(fields.concatenate, macs.nothing),
    "ops.Concatenate": Kind(fields.concatenate, macs.nothing),
    "ops.Stack": Kind(fields.stack, macs.nothing),
    "ops.Split": Kind(fields.split, macs.nothing),
    "ops.GetItem": Kind(fields.take, macs.nothing),
    "ops.Slice": Kind(fields.cut, macs.nothing),
    # windows
    **_ranks("Conv?D", fields.convolution, macs.convolution),
    **_ranks("MaxPooling?D AveragePooling?D", fields.window, macs.nothing),
    **_ranks("Conv?DTranspose", fields.transposed, macs.transposed),
    **_layers("DepthwiseConv1D DepthwiseConv2D", fields.convolution, macs.depthwise),
    **_layers("SeparableConv1D SeparableConv2D", fields.convolution, macs.separable),
    **_ops("MaxPool AveragePool", fields.window, macs.nothing),
    "ops.Conv": Kind(fields.convolution, macs.given_kernel),
    "ops.DepthwiseConv": Kind(fields.convolution, macs.given_kernel),
    "ops.ConvTranspose": Kind(fields.transposed, macs.given_kernel_transposed),
    # places moved, repeated, cut off
    **_ranks("UpSampling?D", fields.enlarge, macs.nothing),
    **_ranks("ZeroPadding?D Cropping?D", fields.shift, macs.nothing),
    "ops.Pad": Kind(fields.pad, macs.nothing),
    "ops.Flip": Kind(fields.flip, macs.nothing),
    **_layers("CenterCrop RandomCrop Resizing", fields.unknown, macs.nothing),
    **_ops(
        "BroadcastTo DepthToSpace Glu OneHot Repeat Resize Roll Rot90 Sort SpaceToDepth Take Tile",
        fields.unknown,
        macs.nothing,
    ),
    # over all places, or all channels
    **_ranks("GlobalMaxPooling?D GlobalAveragePooling?D", fields.pool_globally, macs.nothing),
    **_ranks("AdaptiveAveragePooling?D AdaptiveMaxPooling?D", fields.adapt, macs.nothing),
    **_ops("All Amax Amin Any Argmax Argmin Logsumexp Max Mean Min Prod Std Sum Var", fields.reduce, macs.nothing),
    "ops.Moments": Kind(fields.reduce, macs.nothing),
    "GroupNormalization": Kind(fields.normalize_groups, macs.nothing),
    **_layers("LayerNormalization RMSNormalization UnitNormalization", fields.normalize, macs.nothing),
    **_ops("LayerNorm Normalize RMSNorm", fields.normalize, macs.nothing),
    "Softmax": Kind(fields.softmax, macs.nothing),
    **_ops("LogSoftmax Softmax Sparsemax", fields.softmax, macs.nothing),
    # axes in another form or order
    **_layers("Flatten Reshape", fields.reshape, macs.nothing),
    **_ops("ExpandDims Ravel Reshape Squeeze", fields.reshape, macs.nothing),
    "Permute": Kind(fields.permute, macs.nothing),
    **_ops("Moveaxis Swapaxes Transpose", fields.permute, macs.nothing),
    "RepeatVector": Kind(fields.repeat_vector, macs.nothing),
    # matrix products and attention
    "Dense": Kind(fields.dense, macs.dense),
    "Dot": Kind(fields.contract, macs.contract),
    "EinsumDense": Kind(fields.contract, macs.einsum_dense),
    "ops.Einsum": Kind(fields.contract, macs.contract),
    "ops.Matmul": Kind(fields.contract, macs.contract),
    "AdditiveAttention": Kind(fields.attend, macs.unknown),
    "Attention": Kind(fields.attend, macs.attend),
    "GroupedQueryAttention": Kind(fields.attend, macs.attend_in_groups),
    "MultiHeadAttention": Kind(fields.attend, macs.attend_with_heads),
    "ops.DotProductAttention": Kind(fields.attend, macs.attend_to_heads),
    # time, words
    **_layers("GRU LSTM RNN SimpleRNN", fields.recur, macs.recurrent),
    "Bidirectional": Kind(fields.recur, _bidirectional_macs),
    **_ranks("ConvLSTM?D", fields.recur_convolution, macs.recurrent_convolution),
    "Embedding": Kind(fields.same, macs.embedding),  # a new axis behind the others
    **_layers("Discretization Hashing IntegerLookup StringLookup", fields.unknown, macs.nothing),
    "TextVectorization": Kind(fields.unknown, macs.nothing),
    # around another layer
    "SpectralNormalization": Kind(_wrapped_fields, _wrapped_macs),
    "TimeDistributed": Kind(_distributed_fields, _distributed_macs),
}
SEVERAL = {  # rules of fields that take several tensors
    fields.attend,
    fields.concatenate,
    fields.contract,
    fields.merge,
    fields.normalize_batch,
    fields.pool_globally,
    fields.recur,
    fields.same,  # what comes second is a mask, which such layers pass on
    fields.stack,
    _distributed_fields,
}
