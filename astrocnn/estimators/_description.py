"""What a classifier without weights is to train."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from astropy import units as u

from ..exceptions import InvalidParameterError
from ..extent import N_NUMBERS, PLANE_PIXELS
from ..grid import check_size
from ..networks import ModelDescription
from ..networks._builders import check_network
from ..preprocessing import Preprocessing
from ..surveys import Band, get_band
from ._beside import band_kinds
from ._labels import class_names

__all__ = ["new_description"]

#: Larger images do not fit into memory beside a network.
_MOST_PIXELS = 4096


def new_description(
    y,
    network: str | None = None,
    bands: Sequence[str | Band] | None = None,
    size: u.Quantity | None = None,
    pixels: int | None = None,
    preprocessing: Preprocessing | None = None,
    network_arguments: Mapping | None = None,
) -> ModelDescription:
    """Describe a new network; what is None has the value of Kosiba et al. (2020).

    Parameters
    ----------
    y : array-like of shape (n_targets,)
        Labels, for the names of the classes.
    network : str, optional
        Architecture, see `astrocnn.networks.NETWORKS`; default ``"cn"``, for the planes of fitted
        sources ``"two_branch"``.
    bands : sequence of str or Band, optional
        Bands; default XMM-Newton and DSS2 red.
    size : `~astropy.units.Quantity`, optional
        Side of the cut-outs; default 6 arcmin.
    pixels : int, optional
        Pixels along one side; default 356, for the planes of fitted sources 90 (4 arcsec), beside
        other bands 180.
    preprocessing : Preprocessing, optional
        Steps from cut-outs to network input.
    network_arguments : dict, optional
        Further arguments of the architecture's builder.

    Raises
    ------
    InvalidTargetError
        If size and pixels make no grid.
    UnknownNameError
        If there is no such band or network.
    InvalidParameterError
        If the labels make no classes, or the network has no such argument.

    Examples
    --------
    >>> from astrocnn.estimators._description import new_description
    >>> new_description([True, False], "cn").arguments
    {'input_shape': [356, 356, 2], 'n_classes': 2}
    """
    steps = preprocessing or Preprocessing()
    if network is None:
        network = "two_branch" if steps.source_planes else "cn"
    bands = [get_band(band) for band in bands or ("xmm", "dss2-red")]
    if pixels is None:
        pixels = 90 * len({band.waveband for band in bands}) if steps.source_planes else 356
    size = 6 * u.arcmin if size is None else size
    check_size(size, pixels)
    if pixels > _MOST_PIXELS:
        raise InvalidParameterError(f"pixels is {_MOST_PIXELS} at most, not {pixels}")
    classes = class_names(y)
    shape = [int(pixels), int(pixels), len(bands)]
    arguments = {"input_shape": shape, "n_classes": len(classes)}
    if steps.source_planes:
        scale = size.to_value(u.arcsec) / pixels
        arguments |= _planes_arguments(steps, bands, scale, network, network_arguments)
    arguments |= network_arguments or {}
    check_network(network, arguments)
    return ModelDescription(
        network=network,
        arguments=arguments,
        bands=[band.name for band in bands],
        band_kinds=band_kinds(bands),
        size=float(size.to_value(u.arcmin)),
        classes=classes,
        preprocessing=steps.to_config(),
        cutout_pixels=int(pixels) if steps.source_planes else 0,
    )


def _planes_arguments(steps, bands, scale, network, given) -> dict:
    """Arguments of a builder for the planes of fitted sources."""
    channels = steps.channels([band.waveband for band in bands], scale)
    arguments = {"input_shape": [PLANE_PIXELS, PLANE_PIXELS, sum(channels)]}
    if not {"two_branch", "evidence"} & {network, (given or {}).get("member")}:
        return arguments
    xray = [band.waveband == "xray" for band in bands]
    ends = [end for end, is_xray in zip(accumulate(channels), xray, strict=True) if is_xray]
    numbers = [number for end in ends for number in range(end - N_NUMBERS, end)]
    n_xray = sum(n for n, is_xray in zip(channels, xray, strict=True) if is_xray)
    # Both branches have the pixels of the telescope already.
    return arguments | {"n_xray": n_xray, "xray_pool": 1, "patches": False, "numbers": numbers}
