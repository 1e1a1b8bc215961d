"""Targets x bands -> one aligned `xarray.Dataset`, in chunks."""

from ._dataset import check_dataset, cutout_dataset
from ._maker import iter_cutouts, make_cutouts, open_providers
from ._survey import survey_pixels

__all__ = [
    "check_dataset",
    "cutout_dataset",
    "iter_cutouts",
    "make_cutouts",
    "open_providers",
    "survey_pixels",
]
