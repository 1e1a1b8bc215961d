"""Targets x bands -> one aligned `xarray.Dataset`, in chunks."""

from ._dataset import check_dataset, cutout_dataset
from ._exposure_flags import exposure_flags
from ._maker import iter_cutouts, make_cutouts, open_providers
from ._rate import count_rate
from ._store import open_cutouts, write_cutouts
from ._survey import survey_pixels
from ._unlit import unlit_pixels

__all__ = [
    "check_dataset",
    "count_rate",
    "cutout_dataset",
    "exposure_flags",
    "iter_cutouts",
    "make_cutouts",
    "open_cutouts",
    "open_providers",
    "survey_pixels",
    "unlit_pixels",
    "write_cutouts",
]
