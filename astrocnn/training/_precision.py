"""Layers that compute in half precision for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..exceptions import InvalidParameterError

__all__ = ["mixed_layers"]


@contextmanager
def mixed_layers(model, policy: str | None) -> Iterator[None]:
    """Let the layers of a model compute in another precision; their weights stay float32.

    Layers of a fixed precision, such as the softmax of our networks, keep it.

    Parameters
    ----------
    model : keras.Model
        Built in float32.
    policy : str or None
        ``"mixed_bfloat16"``, or None for no change.

    Raises
    ------
    InvalidParameterError
        If it is neither.

    Examples
    --------
    >>> from astrocnn.networks import build_cn
    >>> from astrocnn.training._precision import mixed_layers
    >>> model = build_cn((16, 16, 1))
    >>> with mixed_layers(model, "mixed_bfloat16"):
    ...     model.get_layer("conv1").compute_dtype, model.get_layer("proba").compute_dtype
    ('bfloat16', 'float32')
    >>> model.get_layer("conv1").compute_dtype
    'float32'
    """
    if policy not in (None, "mixed_bfloat16"):
        raise InvalidParameterError(f'mixed_precision is "mixed_bfloat16" or None, not {policy!r}')
    last = model.layers[-1]
    layers = model._flatten_layers(include_self=False) if policy else []
    before = {layer: layer.dtype_policy for layer in layers if layer is not last}
    try:
        for layer in before:
            layer.dtype_policy = policy
        yield
    finally:
        for layer, usual in before.items():
            layer.dtype_policy = usual
