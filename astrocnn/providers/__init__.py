"""Pixels of a band on a target's grid, from files, tiles, or a service."""

from ._chain import ChainProvider
from ._core import Pixels, Provider
from ._coverage import survey_coverage
from ._images._background import BackgroundModel, estimate_background
from ._images._fits import FitsProvider
from ._images._fits_image import read_image
from ._images._resample import SkyImage, resample_image
from ._no_images import NoImagesProvider
from ._open import open_provider
from ._origin import Origin
from ._remote._cache import (
    clear_image_cache,
    image_cache_folder,
    image_cache_table,
    limit_image_cache,
)
from ._remote._hips2fits import Hips2FitsProvider
from ._remote._moc import hips_moc
from ._remote._skyview import SkyViewProvider
from ._remote._xmm_archive import XMMArchiveProvider
from ._tiles._healpix import HealpixProvider
from ._tiles._hips import HipsProvider
from ._tiles._hips_tiles import HipsSummary, make_hips
from ._tiles._hips_writer import write_hips
from ._tiles._tiles_provider import TilesProvider

__all__ = [
    "BackgroundModel",
    "ChainProvider",
    "FitsProvider",
    "HealpixProvider",
    "Hips2FitsProvider",
    "HipsProvider",
    "HipsSummary",
    "NoImagesProvider",
    "Origin",
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
