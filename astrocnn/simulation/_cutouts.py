"""Simulated cut-outs: native images through the same resampler as real ones."""

from collections.abc import Sequence

import xarray as xr
from astropy import units as u
from astropy.table import QTable

from ..cutouts import cutout_dataset
from ..exceptions import NoCoverageError
from ..grid import CutoutGrid
from ..providers import FitsProvider
from ..surveys import get_band
from ._fields import simulate_field, version_limits
from ._truth import VERSION, truth_table

__all__ = ["simulate_cutouts"]


def simulate_cutouts(
    numbers: int | Sequence[int],
    random_state: int = 0,
    bands: Sequence[str] = ("xmm", "dss2-red"),
    size: u.Quantity = 6 * u.arcmin,
    pixels: int = 356,
    version: int = VERSION,
    **field,
) -> tuple[xr.Dataset, QTable]:
    """Simulate cut-outs and their truth table.

    Parameters
    ----------
    numbers : int or sequence of int
        How many targets, or which ones of the list.
    random_state : int
        Seed of the list.
    bands : sequence of str
        Bands, see `simulate_field`.
    size : `~astropy.units.Quantity`
        Side of the field.
    pixels : int
        Pixels along one side.
    version : {2, 3}
        Version of the simulation; see `simulate_field`.
    **field
        Passed to `simulate_field` (``kind``, ``exposure_map``).

    Returns
    -------
    dataset : `~xarray.Dataset`
        See `astrocnn.cutouts.cutout_dataset`; ``attrs["simulated"]`` is True.
    truth : `~astropy.table.QTable`
        See `truth_table`.

    Examples
    --------
    >>> from astrocnn.simulation import simulate_cutouts
    >>> dataset, truth = simulate_cutouts(2, random_state=3, pixels=64)
    >>> dict(dataset.sizes), len(truth)
    ({'target': 2, 'band': 2, 'y': 64, 'x': 64}, 2)
    """
    numbers = range(numbers) if isinstance(numbers, int) else numbers
    rows, found = [], []
    for number in numbers:
        simulated = simulate_field(number, random_state, tuple(bands), version=version, **field)
        grid = CutoutGrid(simulated.center, size, pixels)
        rows.append(simulated.truth)
        found.append([_pixels(simulated.images[band], band, grid) for band in bands])
    truth = truth_table(rows, random_state, version, version_limits(version))
    dataset = cutout_dataset(
        truth["target_id"],
        truth["ra"].value,
        truth["dec"].value,
        [get_band(b) for b in bands],
        found,
        size,
        pixels,
    )
    dataset.attrs["simulated"] = True
    return dataset, truth


def _pixels(image, band, grid):
    try:
        return FitsProvider(image, get_band(band)).cutout(grid)
    except NoCoverageError:
        return f"no_coverage:{band}"
