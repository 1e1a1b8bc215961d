"""Counts, exposure and background to rates."""

import numpy as np
import xarray as xr

from ..exceptions import InvalidImageError
from ._dataset import check_dataset

__all__ = ["count_rate"]


def count_rate(dataset: xr.Dataset, subtract_background: bool = False) -> xr.DataArray:
    """Return counts divided by exposure, where the exposure is enough.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs; see `cutout_dataset`.
    subtract_background : bool
        Whether to subtract the variable ``background`` first. Pixels may then be negative: they
        are Poisson draws around what is left, and should not be cut at zero.

    Returns
    -------
    `~xarray.DataArray` of float32, dims ``(target, band, y, x)``
        Counts per second and pixel; NaN where a pixel is not ``valid``. A band without an
        exposure map is returned as it is (it is a rate, or an intensity), NaN where not valid.

    Raises
    ------
    InvalidImageError
        If a variable is missing, or the background is wanted and there is none.

    Examples
    --------
    >>> from astrocnn.cutouts import count_rate
    >>> from astrocnn.simulation import simulate_cutouts
    >>> dataset, _ = simulate_cutouts(1, 3, bands=("xmm",), pixels=64, exposure_map=True)
    >>> rate = count_rate(dataset)
    >>> rate.attrs["unit"], bool(rate.isnull().all())
    ('ct / s', False)
    """
    check_dataset(dataset)
    image = dataset["image"]
    if subtract_background:
        if "background" not in dataset:
            raise InvalidImageError(
                "the Dataset has no variable 'background': give it with the images, or have it "
                "estimated (FitsProvider(..., background='estimate'))"
            )
        image = image - dataset["background"].fillna(0)
    rate, attrs = image, {}
    if "exposure" in dataset:
        known = dataset["exposure"].notnull().any(("y", "x"))
        exposure = dataset["exposure"].where(dataset["exposure"] > 0)
        rate, attrs = (image / exposure.where(known, 1)).astype(np.float32), {"unit": "ct / s"}
    return rate.where(dataset["valid"] == 1).rename("rate").assign_attrs(attrs)
