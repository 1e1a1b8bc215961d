"""The X-ray part of networks that see other bands as well."""

from ..exceptions import InvalidParameterError
from ._backend import load_keras
from ._ensemble import ensemble_members

__all__ = ["put_xray_part"]


def put_xray_part(model, xray) -> None:
    """Put the weights of a network of X-rays alone into one of `build_evidence`.

    Parameters
    ----------
    model : keras.Model
        From `build_evidence`, or an ensemble of such.
    xray : keras.Model
        Of the architecture of its X-ray part; an ensemble for an ensemble of as many members.

    Raises
    ------
    InvalidParameterError
        If the one does not fit into the other.

    Examples
    --------
    >>> from astrocnn.networks import build_evidence, build_two_branch, put_xray_part
    >>> small = {"widths": (4, 8), "depths": (1, 1)}
    >>> model = build_evidence((32, 32, 2), alone=small, both=small, frozen_xray=True)
    >>> put_xray_part(model, build_two_branch((32, 32, 1), **small))
    >>> model.get_layer("xray").trainable_variables
    []
    """
    pairs = list(zip(ensemble_members(model), ensemble_members(xray), strict=False))
    parts = [(_xray_part(member), other) for member, other in pairs]
    counts = {len(ensemble_members(one)) for one in (model, xray)}
    if len(counts) > 1 or not all(part and _fits(part, other) for part, other in parts):
        raise InvalidParameterError(
            "the X-ray network is no part of this one: build both with the same arguments, see "
            "astrocnn.networks.build_evidence"
        )
    for part, other in parts:
        part.set_weights(other.get_weights())


def _xray_part(model):
    """The network of the X-ray bands alone; None where a network has no such part."""
    found = [layer for layer in model.layers if isinstance(layer, load_keras().Model)]
    return next((part for part in found if part.name == "xray"), None)


def _fits(one, other) -> bool:
    """Whether two networks have weights of the same shapes."""
    return [x.shape for x in one.weights] == [x.shape for x in other.weights]
