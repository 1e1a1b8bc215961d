"""Pixels of a band on a target's grid, from files, tiles, or a service."""

from ._core import Pixels, Provider
from ._fits import FitsProvider
from ._fits_image import read_image
from ._healpix import HealpixProvider
from ._hips import HipsProvider
from ._hips2fits import Hips2FitsProvider
from ._hips_writer import write_hips
from ._open import open_provider
from ._resample import SkyImage, resample_image

__all__ = [
    "FitsProvider",
    "HealpixProvider",
    "Hips2FitsProvider",
    "HipsProvider",
    "Pixels",
    "Provider",
    "SkyImage",
    "open_provider",
    "read_image",
    "resample_image",
    "write_hips",
]
