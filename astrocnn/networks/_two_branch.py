"""A network that looks at X-ray and optical bands at the resolution of each."""

from .._registry import Registry
from ..exceptions import InvalidParameterError
from ._annuli import annulus_pooling
from ._arguments import check_outputs
from ._backend import CHANNELS, load_keras

__all__ = ["build_two_branch"]

#: Pixels of the X-ray branch along one side, about: 4 arcsec each on 6 arcmin.
_XRAY_PIXELS = 90
#: Share of the old value that batch normalization keeps: short trainings must get there too.
_MOMENTUM = 0.95
#: What all convolutions and poolings have in common.
_SAME = {"padding": "same", "data_format": CHANNELS}


def build_two_branch(
    input_shape: tuple[int, int, int],
    n_classes: int = 2,
    n_xray: int = 1,
    xray_pool: int | None = None,
    widths: tuple[int, ...] = (16, 32, 64),
    depths: tuple[int, ...] = (1, 1, 2),
    n_separate: int = 2,
    block: str = "residual",
    patches: bool = True,
    rings: tuple[float, ...] = (0.1, 0.2, 0.35, 0.6, 1.0),
    dense: int = 64,
    dropout: float = 0.3,
    numbers: tuple[int, ...] = (),
    other_widths: tuple[int, ...] | None = None,
):
    """Build a residual network with a branch for the X-ray bands and one for the others.

    X-ray pixels are first averaged to about 4 arcsec, what the telescope resolves; both branches
    then meet on one grid. The last features are averaged over rings about the target, so that the
    prediction depends on distances from it, not on directions.

    Parameters
    ----------
    input_shape : tuple of int
        ``(ny, nx, n_bands)``; X-ray bands first, all on one grid.
    n_classes : int
        Number of softmax outputs.
    n_xray : int
        Number of X-ray bands; one branch is left out if it would have no bands.
    xray_pool : int, optional
        X-ray pixels averaged along each side. By default about 90 remain: 4 arcsec on 6 arcmin.
    widths : tuple of int
        Filters of each stage; each stage but the first halves the image.
    depths : tuple of int
        Blocks of each stage.
    n_separate : int
        Stages before the branches meet.
    block : {"residual", "convnext"}
        Two 3x3 convolutions (He et al. 2016), or a 5x5 depthwise convolution and an inverted
        bottleneck (Liu et al. 2022): fewer parameters, slower on processors.
    patches : bool
        Whether the other bands enter as patches side by side, one features vector each (faster),
        or through two convolutions.
    rings : tuple of float
        Radii that part the rings, in units of half the image's side.
    dense : int
        Features before the last layer.
    dropout : float
        Share of them dropped in training.
    numbers : tuple of int
        Bands that are one number in all pixels: they also meet the last features, unchanged.
    other_widths : tuple of int, optional
        Filters of the separate stages of the bands that are no X-rays; default ``widths``.

    Returns
    -------
    keras.Model
        Not compiled.

    Raises
    ------
    UnknownNameError
        If there is no such block.
    InvalidParameterError
        If the arguments do not fit together.

    Examples
    --------
    >>> from astrocnn.networks import build_two_branch
    >>> build_two_branch((178, 178, 2)).count_params()
    216786
    >>> build_two_branch((96, 96, 1), widths=(8, 16), depths=(1, 1)).output_shape
    (None, 2)
    """
    input_shape = check_outputs(input_shape, n_classes)
    n_bands = input_shape[2]
    other_widths = widths if other_widths is None else other_widths
    for filters in (widths, other_widths):
        _check_stages(filters, depths, n_separate)
    _check_bands(n_xray, numbers, n_bands)
    if xray_pool is None:
        xray_pool = max(round(input_shape[1] / _XRAY_PIXELS), 1)
    keras = load_keras()
    layers = keras.layers
    strides = [1] + [2] * (len(widths) - 1)
    stages, other = (
        list(zip(strides, filters, depths, strict=True)) for filters in (widths, other_widths)
    )

    image = keras.Input(shape=tuple(input_shape), name="image")
    branches = []
    if n_xray:
        x = image[..., :n_xray]
        if xray_pool > 1:
            x = layers.AveragePooling2D(xray_pool, name="xray", **_SAME)(x)
        branches.append(_staged(_convolved(x, widths[0], 5, 2), stages[:n_separate], block))
    if n_xray < n_bands:
        x = image[..., n_xray:]
        size = 2 * xray_pool
        if not patches:
            x, size = _convolved(x, other_widths[0] // 2, 5, 2), 3
        stride = 2 * xray_pool if patches else xray_pool
        x = _convolved(x, other_widths[0], size, stride)
        branches.append(_staged(x, other[:n_separate], block))
    x = layers.Concatenate(name="bands")(branches) if len(branches) > 1 else branches[0]
    x = _staged(x, stages[n_separate:], block)
    x = annulus_pooling(rings, name="rings")(x)
    if numbers:
        middle = image[:, input_shape[0] // 2, input_shape[1] // 2, :]
        picked = keras.ops.take(middle, list(numbers), axis=-1)
        picked = layers.Dense(dense // 2, activation="relu", name="numbers")(picked)
        x = layers.Concatenate(name="features")([x, picked])
    x = layers.Dense(dense, activation="relu", name="dense")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    proba = layers.Dense(n_classes, activation="softmax", dtype="float32", name="proba")(x)
    return keras.Model(image, proba, name="two_branch")


def _check_bands(n_xray, numbers, n_bands) -> None:
    """Raise InvalidParameterError unless these are bands of the input."""
    if not 0 <= n_xray <= n_bands:
        raise InvalidParameterError(
            f"n_xray={n_xray} X-ray bands of {n_bands}: choose 0 to {n_bands}"
        )
    if not all(0 <= number < n_bands for number in numbers):
        raise InvalidParameterError(
            f"numbers={tuple(numbers)} are bands: give some of 0 to {n_bands - 1}"
        )


def _check_stages(widths, depths, n_separate) -> None:
    """Raise InvalidParameterError unless each stage has a width and a depth."""
    if len(widths) != len(depths) or not 0 < n_separate <= len(widths):
        raise InvalidParameterError(
            f"{len(widths)} widths, {len(depths)} depths and n_separate={n_separate}: give one "
            "width and one depth per stage, and let 1 to all stages be separate"
        )


def _convolved(x, filters, size, stride=1, active=True):
    """Convolve, normalize, and cut below zero."""
    layers = load_keras().layers
    x = layers.Conv2D(filters, size, strides=stride, use_bias=False, **_SAME)(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM)(x)
    return layers.ReLU()(x) if active else x


def _staged(x, stages, block):
    """Apply the blocks of some stages (stride, filters, depth)."""
    apply = _BLOCKS[block]
    for stride, filters, depth in stages:
        for i in range(depth):
            x = apply(x, filters, stride if i == 0 else 1)
    return x


def _residual(x, filters, stride):
    layers = load_keras().layers
    y = _convolved(x, filters, 3, stride)
    y = _convolved(y, filters, 3, active=False)
    if stride > 1:
        x = layers.AveragePooling2D(stride, **_SAME)(x)
    if x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, use_bias=False, **_SAME)(x)
    return layers.ReLU()(layers.Add()([x, y]))


def _convnext(x, filters, stride):
    layers = load_keras().layers
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, stride, strides=stride, **_SAME)(x)
    y = layers.DepthwiseConv2D(5, use_bias=False, **_SAME)(x)
    y = layers.BatchNormalization(momentum=_MOMENTUM)(y)
    y = layers.Conv2D(3 * filters, 1, activation="gelu", **_SAME)(y)
    return layers.Add()([x, layers.Conv2D(filters, 1, **_SAME)(y)])


_BLOCKS = Registry("block", {"residual": _residual, "convnext": _convnext})
