"""Table of the extents of the sources in cut-outs."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import MaskedColumn, QTable
from astropy.utils.masked import Masked
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import InvalidImageError, InvalidParameterError
from ..surveys import OPTICS, PointSpread
from ._binning import binning, fit_input
from ._fit import fit_source
from ._others import other_offsets, other_pixels

__all__ = ["fit_extent", "target_spreads"]

#: Optics of a band, and the distance from the axis (arcsec) where nothing is said of it.
_USUAL = {
    "xmm": ("epic-pn", 420.0), "erosita": ("erosita-survey", 0.0), "rass": ("pspc-survey", 0.0),
}  # fmt: skip

#: Columns: name -> (unit, description).
_COLUMNS = {
    "extent_likelihood": (None, "Log-likelihood of an extended source over a point source"),
    "extent": (u.arcsec, "Core radius of the best extended source; 0 where a point is better"),
    "source_likelihood": (None, "Log-likelihood of the source over none"),
    "source_counts": (None, "Net counts of the source"),
    "source_offset": (u.arcsec, "Distance of the source from the target"),
    "n_neighbors": (None, "Other sources that were masked"),
}


def fit_extent(
    dataset: xr.Dataset,
    psf: "PointSpread | Sequence[PointSpread] | None" = None,
    band: str | None = None,
    mask_targets: bool = True,
) -> QTable:
    """Fit the X-ray source of each target: is it more than a point?

    The simplest rival of a network that looks at X-rays alone, and a column to look at beside its
    probability; nothing is trained. See `fit_source` for what is done.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs, see `astrocnn.cutouts.make_cutouts`. Pixels smaller than 4 arcsec are summed up to
        about that.
    psf : PointSpread or sequence of n_targets of them, optional
        Point-spread function, of all targets or of each. For a pointed observation it depends on
        the distance from the axis: ``OPTICS["epic-pn"].toward(coords, find_axis(exposure, wcs))``.
        By default what the Dataset says of each target; where it says nothing, that of the band:
        for ``xmm`` EPIC-pn 7 arcmin off axis, for ``erosita`` and ``rass`` that of their surveys.
    band : str, optional
        X-ray band. Default: the first one of the Dataset.
    mask_targets : bool
        Whether the sources of other targets are left out: those in the Dataset, or where its
        variable ``other_targets`` says that there are some, see `OtherTargets.offsets`.

    Returns
    -------
    `~astropy.table.QTable` of n_targets rows
        ``target_id``; ``extent_likelihood``, ``extent`` (arcsec), ``source_likelihood``,
        ``source_counts``, ``source_offset`` (arcsec), ``n_neighbors``: masked where there are no
        pixels.

    Raises
    ------
    InvalidImageError
        If it is no Dataset of cut-outs, or has no X-ray band of that name.
    InvalidParameterError
        If there is no point-spread function for the band, or another number than targets.

    Examples
    --------
    >>> from astrocnn.extent import fit_extent
    >>> from astrocnn.simulation import simulate_cutouts
    >>> cutouts, truth = simulate_cutouts(3, random_state=7, bands=["xmm"], pixels=90)
    >>> fit_extent(cutouts).colnames[:3]
    ['target_id', 'extent_likelihood', 'extent']
    """
    number = _band_number(dataset, band)
    n = dataset.sizes["target"]
    spreads = target_spreads(dataset, number) if psf is None else _given_spreads(psf, n)
    scale = float(dataset.attrs["pixel_scale"])
    factor = binning(scale)
    part = dataset.isel(band=number)
    if not mask_targets:
        part = part.drop_vars("other_targets", errors="ignore")
    elif "other_targets" not in part and {"ra", "dec"} <= {*part.variables}:
        part = part.assign(other_targets=other_offsets(part))
    values = np.full((n, len(_COLUMNS)), np.nan)
    for i in tqdm(range(n), desc="fits", delay=2, disable=not conf.progress):
        values[i] = _fit_row(part.isel(target=i), spreads[i], scale, factor)
    return _table(dataset["target_id"].values, values)


def _band_number(dataset, band) -> int:
    """Number of the X-ray band."""
    if not isinstance(dataset, xr.Dataset) or not {"image", "band", "waveband"} <= {
        *dataset.variables
    }:
        raise InvalidImageError(
            f"an extent is fitted to a Dataset of cut-outs, not {type(dataset).__name__}: make it "
            "with astrocnn.cutouts.make_cutouts"
        )
    names = [str(name) for name in np.atleast_1d(dataset["band"].values)]
    wavebands = [str(name) for name in np.atleast_1d(dataset["waveband"].values)]
    xray = [name for name, waveband in zip(names, wavebands, strict=True) if waveband == "xray"]
    if not xray or (band is not None and band not in xray):
        wanted = "X-ray band" if band is None else f"X-ray band {band!r}"
        raise InvalidImageError(
            f"the Dataset has no {wanted}, only {', '.join(names)}; make it with an X-ray band"
        )
    return names.index(xray[0] if band is None else band)


def target_spreads(dataset: xr.Dataset, number: int) -> list[PointSpread]:
    """Return the point-spread functions of the targets of a Dataset in one of its bands.

    Where the Dataset does not say it, that of the band.

    Raises
    ------
    InvalidParameterError
        If neither is known.
    """
    n, band = dataset.sizes["target"], str(np.atleast_1d(dataset["band"].values)[number])
    names = ("half_radius", "slope", "stretch", "angle")
    values = np.full((n, len(names)), np.nan)
    if all(f"psf_{name}" in dataset for name in names):
        values = np.stack([dataset[f"psf_{name}"].values[:, number] for name in names], axis=1)
    known = np.isfinite(values).all(axis=1) & (values[:, 0] > 0)
    if known.all():
        return [PointSpread(*row) for row in values.tolist()]
    if band not in _USUAL:
        raise InvalidParameterError(
            f"the point-spread function of band {band} is not known: give "
            "psf=PointSpread(half_radius=...) with its half-energy radius in arcsec, or make the "
            "cut-outs from SkyImage(..., psf=...)"
        )
    name, off_axis = _USUAL[band]
    usual = OPTICS[name].at(off_axis)
    return [
        PointSpread(*row) if told else usual
        for row, told in zip(values.tolist(), known.tolist(), strict=True)
    ]


def _given_spreads(psf, n) -> list[PointSpread]:
    """The point-spread function of each target, as the user gives them."""
    if isinstance(psf, PointSpread):
        return [psf] * n
    spreads = list(psf) if isinstance(psf, Iterable) else [psf]
    if len(spreads) != n or not all(isinstance(one, PointSpread) for one in spreads):
        raise InvalidParameterError(
            f"psf must be a PointSpread, or one for each of the {n} targets, not {len(spreads)} "
            "of something"
        )
    return spreads


def _fit_row(row, psf, scale, factor) -> tuple:
    """Values of one target, in the order of the columns."""
    image, valid = row["image"].values, row["valid"].values != 0
    if not valid.any():
        return (np.nan,) * len(_COLUMNS)
    exposure = row["exposure"].values if "exposure" in row else None
    status = str(row["status"].values) if "status" in row else ""
    shape = image.shape
    image, options = fit_input(image, valid, exposure, status, factor)
    if "other_targets" in row:
        options["others"] = other_pixels(row["other_targets"].values, shape, scale, factor)
    fit = fit_source(image, psf, scale * factor, **options)
    middle = (np.array(image.shape) - 1) / 2
    offset = np.hypot(*(np.array(fit.place) - middle)) * scale * factor
    extent = fit.core if fit.extent_likelihood > 0 else 0.0
    found = fit.likelihood > 0
    return (
        fit.extent_likelihood,
        extent,
        fit.likelihood,
        fit.counts,
        offset if found else np.nan,
        len(fit.neighbors),
    )


def _table(target_id, values) -> QTable:
    table = QTable({"target_id": target_id})
    for (name, (unit, description)), column in zip(_COLUMNS.items(), values.T, strict=True):
        none, column = np.isnan(column), np.nan_to_num(column)
        if unit is not None:
            table[name] = Masked(column, none) * unit
        else:
            kind = int if name.startswith("n_") else float
            table[name] = MaskedColumn(column.astype(kind), mask=none)
        table[name].info.description = description
    return table
