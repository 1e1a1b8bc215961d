"""Extent of X-ray sources, by a likelihood fit: is it more than a point?"""

from ._binning import binning, fit_input
from ._fit import SourceFit, fit_source
from ._others import OtherTargets, other_pixels
from ._planes import (
    N_NUMBERS,
    N_PLANES,
    PLANE_PIXELS,
    planes_and_place,
    put_centered,
    source_planes,
)
from ._table import fit_extent, target_spreads

__all__ = [
    "N_NUMBERS", "N_PLANES", "PLANE_PIXELS", "OtherTargets", "SourceFit", "binning", "fit_extent",
    "fit_input", "fit_source", "other_pixels", "planes_and_place", "put_centered", "source_planes",
    "target_spreads",
]  # fmt: skip
