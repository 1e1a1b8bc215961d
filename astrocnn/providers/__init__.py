"""Pixels of a band on a target's grid, from files, tiles, or a service."""

from ._background import BackgroundModel, estimate_background
from ._cache import image_cache_folder
from ._cache_contents import clear_image_cache, image_cache_table, limit_image_cache
from ._chain import ChainProvider
from ._core import Pixels, Provider
from ._coverage import survey_coverage
from ._fits import FitsProvider
from ._fits_image import read_image
from ._healpix import HealpixProvider
from ._hips import HipsProvider
from ._hips2fits import Hips2FitsProvider
from ._hips_tiles import HipsSummary, make_hips
from ._hips_writer import write_hips
from ._moc import hips_moc
from ._open import open_provider
from ._resample import SkyImage, resample_image
from ._skyview import SkyViewProvider
from ._tiles_provider import TilesProvider
from ._xmm_archive import XMMArchiveProvider

__all__ = [
    "BackgroundModel",
    "ChainProvider",
    "FitsProvider",
    "HealpixProvider",
    "Hips2FitsProvider",
    "HipsProvider",
    "HipsSummary",
    "Pixels",
    "Provider",
    "SkyImage",
    "SkyViewProvider",
    "TilesProvider",
    "XMMArchiveProvider",
    "clear_image_cache",
    "estimate_background",
    "hips_moc",
    "image_cache_folder",
    "image_cache_table",
    "limit_image_cache",
    "make_hips",
    "open_provider",
    "read_image",
    "resample_image",
    "survey_coverage",
    "write_hips",
]
