"""Pixels of a band on a target's grid, from files, tiles, or a service."""

from ._background import BackgroundModel, estimate_background
from ._core import Pixels, Provider
from ._fits import FitsProvider
from ._fits_image import read_image
from ._hips import HipsProvider
from ._hips2fits import Hips2FitsProvider
from ._hips_tiles import HipsSummary, make_hips
from ._hips_writer import write_hips
from ._open import open_provider
from ._resample import SkyImage, resample_image

__all__ = [
    "BackgroundModel",
    "FitsProvider",
    "Hips2FitsProvider",
    "HipsProvider",
    "HipsSummary",
    "Pixels",
    "Provider",
    "SkyImage",
    "estimate_background",
    "make_hips",
    "open_provider",
    "read_image",
    "resample_image",
    "write_hips",
]
