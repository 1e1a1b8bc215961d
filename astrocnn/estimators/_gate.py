"""The one gate for targets: positions or cut-outs in, a target table and Datasets out."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import QTable

from ..cutouts import check_dataset, iter_cutouts, survey_pixels
from ..exceptions import InvalidImageError, SurveyMismatchError
from ..networks import ModelDescription
from ..surveys import Band, get_band
from ..tables import read_targets

__all__ = ["find_bands", "target_chunks"]


def find_bands(description: ModelDescription, bands: Sequence[str | Band] | None) -> list[Band]:
    """Return the bands of a description; one's own `Band` goes before a known one of its name."""
    own = {band.name: band for band in bands or () if isinstance(band, Band)}
    return [own.get(name) or get_band(name) for name in description.bands]


def target_chunks(
    X,
    description: ModelDescription,
    images: Mapping | None,
    bands: Sequence[str | Band] | None = None,
) -> tuple[QTable, Iterator[xr.Dataset]]:
    """Return the target table, and the Datasets of its cut-outs one after the other.

    Parameters
    ----------
    X : SkyCoord, list of SkyCoord, table, file or `~xarray.Dataset`
        Positions, or cut-outs already made.
    description : ModelDescription
        Bands and grid that the network needs.
    images : dict of str to source, optional
        Local images by band.
    bands : sequence of str or Band, optional
        Bands of one's own, where the description names some.

    Raises
    ------
    SurveyMismatchError
        If images are of other bands, or on another grid, than the network needs.
    """
    if isinstance(X, xr.Dataset):
        dataset = _match_dataset(check_dataset(X), description)
        return _dataset_targets(dataset), _slices(dataset)
    found = find_bands(description, bands)
    _check_images(images, found)
    targets = read_targets(X)
    return targets, iter_cutouts(targets, found, images, description.field_size, description.pixels)


def _dataset_targets(dataset) -> QTable:
    """The target table of cut-outs; where none has a position, none is needed to classify them."""
    table = QTable({name: dataset[name].values for name in ("target_id", "ra", "dec")})
    nowhere = len(table) > 0 and np.isnan(table["ra"]).all()
    table["ra"], table["dec"] = table["ra"] * u.deg, table["dec"] * u.deg
    if nowhere:
        table["flag"] = ""
        return table
    return read_targets(table)


def _slices(dataset, step=64):
    for start in range(0, dataset.sizes["target"], step):
        # What the Dataset says of its pixels may be older than they are.
        yield survey_pixels(dataset.isel(target=slice(start, start + step)).load())


def _match_dataset(dataset, description):
    """Check that cut-outs are what the weights were trained on."""
    bands = [str(band) for band in dataset["band"].values]
    if bands != description.bands:
        raise SurveyMismatchError(
            f"the weights need images of {' + '.join(description.bands)}, the Dataset holds "
            f"{' + '.join(bands)}; choose other weights or select the bands"
        )
    shape = (dataset.sizes["y"], dataset.sizes["x"])
    size = float(dataset.attrs.get("size", np.nan))
    if shape != (description.pixels,) * 2 or abs(size - description.size) > 1e-6:
        raise SurveyMismatchError(
            f"the weights need {description.pixels} pixels on {description.size} arcmin, the "
            f"Dataset has {shape[0]} x {shape[1]} on {size} arcmin; make it with "
            f"size={description.size} * u.arcmin, pixels={description.pixels}"
        )
    return dataset


def _check_images(images, bands):
    """Check that ``images`` is a dict."""
    if images is not None and not isinstance(images, Mapping):
        raise InvalidImageError(
            f"images must be a dict from band to source, such as {{{bands[0].name!r}: "
            f"'*.fits'}}, not {images!r:.60}"
        )
