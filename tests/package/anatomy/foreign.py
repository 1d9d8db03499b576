"""Small models of keras-hub, and their work counted by JAX: `python foreign.py` prints it as JSON."""

import json
import math


def models():
    """Functions that build a model, and the shapes of its inputs, by name."""
    from keras_hub import models as hub

    picture = {"image": (64, 64, 3)}
    words = {"token_ids": (12,), "padding_mask": (12,)}
    text = {"vocabulary_size": 50, "num_layers": 2, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 24}
    vision = {"image_shape": (64, 64, 3), "patch_size": 16, "num_layers": 2, "num_heads": 2, "hidden_dim": 16}
    resnet = {
        "input_conv_filters": [64],
        "input_conv_kernel_sizes": [7],
        "stackwise_num_filters": [64, 64, 64],
        "stackwise_num_blocks": [1, 2, 1],
        "stackwise_num_strides": [1, 2, 2],
        "block_type": "basic_block",
    }
    mix = {
        "layerwise_depths": [1, 2],
        "num_layers": 2,
        "layerwise_num_heads": [1, 2],
        "layerwise_sr_ratios": [2, 1],
        "layerwise_patch_sizes": [7, 3],
        "layerwise_strides": [4, 2],
        "hidden_dims": [8, 16],
        "max_drop_path_rate": 0.1,
        "image_shape": (64, 64, 3),
    }
    hgnet = {
        "depths": [1, 2],
        "embedding_size": 8,
        "hidden_sizes": [16, 24],
        "stem_channels": [3, 8, 8],
        "hidden_act": "relu",
        "use_learnable_affine_block": True,
        "stackwise_stage_filters": [(8, 8, 16, 1, 2, 3), (16, 8, 24, 2, 2, 3)],
        "apply_downsample": [False, True],
        "use_lightweight_conv_block": [False, True],
        "image_shape": (64, 64, 3),
    }
    mobile = {
        "stackwise_block_types": [["er"], ["uir", "mqa"]],
        "stackwise_num_blocks": [1, 2],
        "stackwise_num_filters": [[8], [16, 16]],
        "stackwise_strides": [[2], [2, 1]],
        "stackwise_act_layers": [["relu"], ["relu", "relu"]],
        "stackwise_exp_ratios": [[4.0], [6.0, 6.0]],
        "stackwise_se_ratios": [[0.0], [0.0, 0.0]],
        "stackwise_dw_kernel_sizes": [[0], [5, 5]],
        "stackwise_dw_start_kernel_sizes": [[0], [0, 0]],
        "stackwise_dw_end_kernel_sizes": [[0], [0, 0]],
        "stackwise_exp_kernel_sizes": [[3], [0, 0]],
        "stackwise_pw_kernel_sizes": [[1], [0, 0]],
        "stackwise_num_heads": [[0], [0, 2]],
        "stackwise_key_dims": [[0], [0, 8]],
        "stackwise_value_dims": [[0], [0, 8]],
        "stackwise_kv_strides": [[0], [0, 1]],
        "stackwise_use_cpe": [[False], [False, False]],
        "use_msfa": False,
        "image_shape": (64, 64, 3),
    }
    swin = {"image_shape": (64, 64, 3), "embed_dim": 8, "depths": (2, 2), "num_heads": (2, 4), "window_size": 4}

    def pyramid():
        eye = hub.ResNetBackbone(image_shape=(64, 64, 3), **resnet)
        return hub.DeepLabV3Backbone(eye, "P4", upsampling_size=4, dilation_rates=[2, 4], low_level_feature_key="P2")

    def efficient():
        return hub.EfficientNetBackbone(
            stackwise_width_coefficients=[1.0] * 2,
            stackwise_depth_coefficients=[1.0] * 2,
            stackwise_kernel_sizes=[3, 5],
            stackwise_num_repeats=[1, 2],
            stackwise_input_filters=[8, 16],
            stackwise_output_filters=[16, 24],
            stackwise_expansion_ratios=[1, 4],
            stackwise_strides=[1, 2],
            stackwise_squeeze_and_excite_ratios=[0.25, 0.25],
            stackwise_block_types=["fused", "unfused"],
            image_shape=(64, 64, 3),
        )

    speech = {"encoder_features": (20, 80), "decoder_token_ids": (12,), "decoder_padding_mask": (12,)}
    return {
        "ViT": (lambda: hub.ViTBackbone(mlp_dim=24, **vision), picture),
        "DeiT": (lambda: hub.DeiTBackbone(intermediate_dim=24, **vision), picture),
        "DINOV2": (
            lambda: hub.DINOV2Backbone(intermediate_dim=24, position_embedding_shape=(64, 64), **vision),
            picture,
        ),
        "CLIP": (lambda: hub.CLIPVisionEncoder(intermediate_dim=24, **vision), picture),
        "Swin": (lambda: hub.SwinTransformerBackbone(**swin), picture),
        "MiT": (lambda: hub.MiTBackbone(**mix), picture),
        "SegFormer": (lambda: hub.SegFormerBackbone(hub.MiTBackbone(**mix), projection_filters=16), picture),
        "HGNetV2": (lambda: hub.HGNetV2Backbone(**hgnet), picture),
        "MobileNetV5": (lambda: hub.MobileNetV5Backbone(**mobile), picture),
        "EfficientNetV2": (efficient, picture),
        "ResNet": (lambda: hub.ResNetBackbone(image_shape=(64, 64, 3), **resnet), picture),
        "DeepLabV3": (pyramid, picture),
        "BERT": (lambda: hub.BertBackbone(**text), words | {"segment_ids": (12,)}),
        "GPT2": (lambda: hub.GPT2Backbone(**text), words),
        "Gemma": (lambda: hub.GemmaBackbone(50, 2, 4, 2, 16, 24, 8), words),
        "Whisper": (
            lambda: hub.WhisperBackbone(**text, max_encoder_sequence_length=20, max_decoder_sequence_length=12),
            speech,
        ),
    }


def shapes_of(model, shapes):
    """Those of a model's inputs by name, in the model's order."""
    names = [tensor._keras_history.operation.name for tensor in model.inputs]
    return {name: shapes.get(name, next(iter(shapes.values()))) for name in names}


def work_on_jax(model, shapes):
    """Multiply-accumulates for one image more: what a jaxpr for three multiplies beyond one for two."""
    import jax
    import keras

    def products(batch):
        given = [
            jax.ShapeDtypeStruct((batch, *shape), one.dtype) for shape, one in zip(shapes, model.inputs, strict=True)
        ]
        structure = model._inputs_struct
        call = lambda *tensors: model(keras.tree.pack_sequence_as(structure, tensors), training=False)  # noqa: E731
        with keras.StatelessScope():
            return sum(map(count, equations(jax.make_jaxpr(call)(*given).jaxpr)))

    def equations(jaxpr):
        for equation in jaxpr.eqns:
            assert equation.primitive.name not in ("while", "scan", "cond"), "not in these models"
            yield equation
            for inside in keras.tree.flatten(list(equation.params.values())):
                if hasattr(inside, "eqns") and equation.params.get("name") != "_resize":  # counts 0
                    yield from equations(getattr(inside, "jaxpr", inside))

    def count(equation):
        left, right = [one.aval.shape for one in equation.invars][:2] if len(equation.invars) > 1 else ((), ())
        if equation.primitive.name == "dot_general":
            (contracted, _), (batch, _) = equation.params["dimension_numbers"]
            return math.prod(left) * math.prod(right) // math.prod(left[axis] for axis in [*contracted, *batch])
        if equation.primitive.name == "conv_general_dilated":
            channels = right[equation.params["dimension_numbers"].rhs_spec[0]]
            return math.prod(equation.outvars[0].aval.shape) * math.prod(right) // channels
        return 0

    return products(3) - products(2)


if __name__ == "__main__":
    for name, (build, shapes) in models().items():
        model = build()
        work = work_on_jax(model, shapes_of(model, shapes).values())
        print(json.dumps([name, model.count_params(), work]), flush=True)
