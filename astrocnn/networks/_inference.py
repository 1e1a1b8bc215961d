"""A network made ready to judge: normalization folded into convolutions, precision chosen."""

import numpy as np

from .._registry import Registry
from ._backend import load_keras
from ._ensemble import ensemble_members

__all__ = ["PRECISIONS", "inference_network", "largest_batch"]

#: Memory (bytes) that the layers of one step may need.
_MEMORY = 2**30

#: Numbers that a network may compute with, and what Keras calls that.
PRECISIONS = Registry("precision", {"float32": "float32", "bfloat16": "mixed_bfloat16"})


def inference_network(model, precision: str = "float32"):
    """Return a copy of a network that judges faster, and cannot be trained.

    Batch normalization that follows a convolution multiplies and shifts its output by fixed
    numbers: they go into the convolution's own (Jacob et al. 2018, arXiv:1712.05877, section 3.2).

    Parameters
    ----------
    model : keras.Model
        A trained network; the copy does not see what becomes of it later.
    precision : {"float32", "bfloat16"}
        With ``"bfloat16"`` all layers but the last compute with 8 bits of precision instead of 24:
        several times faster on processors that do it in hardware (Intel AMX, AVX512-BF16) and on
        graphics cards, slower on others.

    Returns
    -------
    keras.Model
        Same input and output; with ``"float32"`` the same numbers but for rounding.

    Raises
    ------
    UnknownNameError
        If there is no such precision.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import build_two_branch, inference_network
    >>> model = build_two_branch((48, 48, 2), widths=(4, 8), depths=(1, 1))
    >>> images = np.random.default_rng(0).normal(size=(2, 48, 48, 2)).astype("float32")
    >>> fast = inference_network(model)
    >>> bool(np.allclose(fast.predict_on_batch(images), model.predict_on_batch(images), atol=1e-6))
    True
    """
    keras, policy = load_keras(), PRECISIONS[precision]
    folded = dict(_folded_pairs(model))
    gone = set(folded.values())
    last = {member.layers[-1] for member in ensemble_members(model)}
    copies = []

    def copied(layer):
        config = layer.get_config()
        if not isinstance(layer, keras.Layer):  # a function, such as the choice of some bands
            return type(layer).from_config(config)
        if layer in gone:
            return keras.layers.Identity(name=layer.name)
        if layer in folded:
            config["use_bias"] = True
        if policy != "float32" and layer not in last:
            config["dtype"] = policy
        copies.append((layer, type(layer).from_config(config)))
        return copies[-1][1]

    def called(layer, *args, **options):
        # The mask that Keras passes to normalization means nothing to what is left of it.
        return args[0] if isinstance(layer, keras.layers.Identity) else layer(*args, **options)

    fast = keras.models.clone_model(
        model,
        clone_function=copied,
        call_function=None if isinstance(model, keras.Sequential) else called,
        recursive=True,
    )
    for layer, copy in copies:
        if layer in folded:
            copy.set_weights(_folded_arrays(layer, folded[layer]))
        elif layer.weights:
            copy.set_weights(layer.get_weights())
    fast.trainable = False
    return fast


def largest_batch(model) -> int:
    """Return how many images one step can judge in about one gigabyte, at least one.

    Counted are four times the largest output of a layer (input, output, what a convolution needs).

    Examples
    --------
    >>> from astrocnn.networks import build_cn
    >>> from astrocnn.networks._inference import largest_batch
    >>> largest_batch(build_cn((356, 356, 3)))
    8
    """
    shapes = [layer.output.shape for layer in model._flatten_layers(include_self=False)]
    largest = max(int(np.prod(shape[1:])) for shape in shapes)
    return max(_MEMORY // (4 * 4 * largest), 1)


def _folded_pairs(model):
    """Yield convolutions and the normalization that nothing but follows them."""
    layers = load_keras().layers
    for layer in model._flatten_layers(include_self=False):
        if type(layer) is not layers.BatchNormalization or layer.axis not in (-1, 3):
            continue
        before = layer.input._keras_history.operation
        simple = type(before) in (layers.Conv2D, layers.DepthwiseConv2D)
        if simple and len(before._outbound_nodes) == 1 and before.activation.__name__ == "linear":
            yield before, layer


def _folded_arrays(convolution, normalization) -> list[np.ndarray]:
    """Kernel and bias of a convolution that normalizes its output."""
    kernel, *bias = (array.astype(float) for array in convolution.get_weights())
    arrays = {
        variable.name: np.asarray(value, dtype=float)
        for variable, value in zip(normalization.weights, normalization.get_weights(), strict=True)
    }
    scale = arrays.get("gamma", 1.0) / np.sqrt(arrays["moving_variance"] + normalization.epsilon)
    shift = arrays.get("beta", 0.0) - arrays["moving_mean"] * scale
    if bias:
        shift = shift + bias[0] * scale
    # The outputs of a depthwise convolution are its last two axes, those of others the last.
    depthwise = hasattr(convolution, "depth_multiplier")
    kernel = kernel * scale.reshape(kernel.shape[2:] if depthwise else -1)
    return [kernel.astype(np.float32), np.broadcast_to(shift, scale.shape).astype(np.float32)]
