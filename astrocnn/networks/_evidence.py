"""Evidence of the other bands, added to what the X-ray bands say by themselves."""

from collections.abc import Mapping

from ..exceptions import InvalidParameterError
from ._arguments import check_arguments, check_outputs
from ._backend import load_keras
from ._two_branch import build_two_branch

__all__ = ["build_evidence"]

#: Smallest probability of which a logarithm is taken.
_SMALLEST = 1e-7
#: Mean absolute value of the other bands below which they count as (partly) empty.
_EMPTY = 0.05


def build_evidence(
    input_shape: tuple[int, int, int],
    n_classes: int = 2,
    n_xray: int = 1,
    xray_pool: int | None = None,
    patches: bool = True,
    numbers: tuple[int, ...] = (),
    alone: Mapping | None = None,
    both: Mapping | None = None,
    frozen_xray: bool = False,
):
    """Build a network that predicts from X-ray bands, and lets the other bands add to that.

    Two networks of two branches: one sees the X-ray bands alone, the other all bands, and learns
    what they change. The logarithms of their probabilities are added; where the other bands are
    empty (zero in all pixels), the first one decides by itself. The X-ray part can be that of
    weights for X-rays alone: then a target without other images has the very probability that
    those give.

    Parameters
    ----------
    input_shape : tuple of int
        ``(ny, nx, n_bands)``; X-ray bands first, all on one grid.
    n_classes : int
        Number of softmax outputs.
    n_xray : int
        Number of X-ray bands, from one to all but one.
    xray_pool, patches, numbers
        Of both networks, see `build_two_branch`.
    alone, both : dict, optional
        Further arguments of `build_two_branch` for the network of the X-ray bands alone, and for
        that of all bands.
    frozen_xray : bool
        Whether the network of the X-ray bands is never trained: its weights are put in, see
        `put_xray_part`.

    Returns
    -------
    keras.Model
        Not compiled.

    Raises
    ------
    InvalidParameterError
        If the arguments do not fit together.

    References
    ----------
    Hinton 2002, Neural Computation 14, 1771 (products of experts).

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import build_evidence
    >>> small = {"widths": (4, 8), "depths": (1, 1)}
    >>> model = build_evidence((32, 32, 2), alone=small, both=small)
    >>> images = np.ones((1, 32, 32, 2), dtype="float32")
    >>> images[..., 1] = 0  # no optical image
    >>> bool(np.allclose(model(images), model.get_layer("xray")(images[..., :1]), atol=1e-6))
    True
    """
    input_shape = check_outputs(input_shape, n_classes)
    if not 0 < n_xray < input_shape[2]:
        raise InvalidParameterError(
            f"n_xray={n_xray} X-ray bands of {input_shape[2]}: this network needs one at least, "
            "and one other band"
        )
    if not all(number < n_xray for number in numbers):
        raise InvalidParameterError(f"numbers={tuple(numbers)} are X-ray bands of this network")
    keras = load_keras()
    same = {"n_xray": n_xray, "xray_pool": xray_pool, "patches": patches, "numbers": numbers}
    parts = []
    for name, n_bands, own in (("xray", n_xray, alone), ("all", input_shape[2], both)):
        shape, own = (*input_shape[:2], n_bands), dict(own or {})
        check_arguments("two_branch", build_two_branch, {"input_shape": shape, **own})
        twice = sorted({"input_shape", "n_classes", *same} & set(own))
        if twice:
            raise InvalidParameterError(
                f"{twice[0]!r} is the same for both networks: give it beside alone and both"
            )
        if name == "xray" and frozen_xray:
            # The other network is to add to what is predicted, not to what dropout leaves of it.
            own["dropout"] = 0.0
        part = build_two_branch(shape, n_classes, **same, **own)
        part.name = name
        parts.append(part)

    ops = keras.ops
    image = keras.Input(shape=input_shape, name="image")
    parts[0].trainable = not frozen_xray
    xray, joint = parts[0](image[..., :n_xray]), parts[1](image)
    # Smooth, so that gradients know what an image adds; standardized images are far above.
    level = ops.mean(ops.abs(image[..., n_xray:]), axis=(1, 2, 3))
    weight = ops.cast(ops.minimum(level / _EMPTY, 1.0), "float32")[:, None]
    first, second = (
        ops.log(ops.maximum(ops.cast(x, "float32"), _SMALLEST)) for x in (xray, joint)
    )
    proba = keras.layers.Softmax(dtype="float32", name="proba")(first + weight * second)
    return keras.Model(image, proba, name="evidence")
