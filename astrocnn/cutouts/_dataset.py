"""The Dataset of cut-outs: what is in it, and building it from pixels."""

from dataclasses import replace

import numpy as np
import xarray as xr
from astropy import units as u

from ..exceptions import InvalidImageError
from ..providers import Pixels
from ..surveys import Band
from ._exposure_flags import exposure_flags
from ._survey import found_pixels
from ._unlit import unlit_pixels

__all__ = ["MAPS", "SPREAD", "check_dataset", "cutout_dataset"]

_REQUIRED = ("image", "valid")
#: Variables that are there only where a band has them, with their attributes.
MAPS = {"exposure": {"unit": "s"}, "background": {}}
#: Variables of targets and bands that hold the point-spread function: attribute -> unit.
SPREAD = {"half_radius": "arcsec", "slope": "", "stretch": "", "angle": "rad"}


def cutout_dataset(
    target_id,
    ra,
    dec,
    bands: list[Band],
    pixels: list[list["Pixels | str"]],
    size: u.Quantity,
    npix: int,
    image: np.ndarray | None = None,
) -> xr.Dataset:
    """Stack the pixels of some targets into one Dataset.

    Parameters
    ----------
    target_id, ra, dec : array-like of shape (n_targets,)
        Identifiers and ICRS positions (degrees).
    bands : list of Band
        The bands.
    pixels : list of shape (n_targets, n_bands)
        `~astrocnn.providers.Pixels`, or the reason (a flag) why there are none.
    size : `~astropy.units.Quantity`
        Side of the field.
    npix : int
        Pixels along one side.
    image : ndarray of shape (n_targets, n_bands, npix, npix), float32, optional
        Array to use; images that are parts of it already are not copied.

    Returns
    -------
    `~xarray.Dataset`
        dims ``(target, band, y, x)``: ``image`` (float32, NaN without pixel), ``valid`` (uint8),
        ``exposure`` and ``background`` (float32, only where a band has them); dims
        ``(target, band)``: ``coverage`` (fraction of valid pixels), ``signal`` (whether they
        differ), ``status`` (flags), ``survey``, and where a point-spread function is known
        ``psf_half_radius`` and the other attributes of a `~astrocnn.surveys.PointSpread` (NaN where
        not); dims ``(band,)``: ``waveband``, ``unit``. ``attrs`` hold the
        size (arcmin) and
        ``pixel_scale`` (arcsec).

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astrocnn.cutouts import cutout_dataset
    >>> from astrocnn.providers import Pixels
    >>> from astrocnn.surveys import get_band
    >>> image = np.ones((4, 4), dtype="float32")
    >>> dataset = cutout_dataset(
    ...     [7], [150.0], [2.0], [get_band("xmm")], [[Pixels(image, image > 0)]], 6 * u.arcmin, 4
    ... )
    >>> dict(dataset.sizes)
    {'target': 1, 'band': 1, 'y': 4, 'x': 4}
    """
    shape = (len(target_id), len(bands), npix, npix)
    image = np.empty(shape, dtype=np.float32) if image is None else image
    valid = np.empty(shape, dtype=np.uint8)
    status = np.full(shape[:2], "", dtype="U192")
    maps = {}
    scale = float((size / npix).to_value(u.arcsec))
    for i, row in enumerate(pixels):
        for b, found in enumerate(row):
            if isinstance(found, str):
                image[i, b], valid[i, b], status[i, b] = np.nan, 0, found
                continue
            found = _lit(found, bands[b], scale)
            if found.image.base is not image:
                image[i, b] = found.image
            valid[i, b] = found.valid
            status[i, b] = _status(found, bands[b], scale)
            for name in MAPS:
                if getattr(found, name) is not None:
                    if name not in maps:
                        maps[name] = np.full(shape, np.nan, dtype=np.float32)
                    maps[name][i, b] = getattr(found, name)
    variables = {
        "image": (("target", "band", "y", "x"), image),
        "valid": (("target", "band", "y", "x"), valid),
        "status": (("target", "band"), status),
    }
    for name, values in maps.items():
        variables[name] = (("target", "band", "y", "x"), values, MAPS[name])
    variables |= _spread_variables(pixels)
    attrs = {
        "size": float(size.to_value(u.arcmin)),
        "pixel_scale": scale,
        "frame": "icrs",
        "projection": "TAN",
    }
    for name, values in zip(("coverage", "signal"), found_pixels(image, valid), strict=True):
        variables[name] = (("target", "band"), values)
    return xr.Dataset(variables, _coordinates(target_id, ra, dec, bands), attrs)


def _spread_variables(pixels) -> dict:
    """Point-spread functions, as variables of targets and bands; none where none is known."""
    spreads = [[getattr(found, "psf", None) for found in row] for row in pixels]
    if not any(one is not None for row in spreads for one in row):
        return {}
    return {
        f"psf_{name}": (
            ("target", "band"),
            np.array([[getattr(one, name, np.nan) for one in row] for row in spreads]),
            {"unit": unit},
        )
        for name, unit in SPREAD.items()
    }


def _lit(pixels, band, pixel_scale):
    """Pixels without those that no photon can have reached, where no exposure map says so."""
    if pixels.exposure_known or pixels.exposure is not None or band.waveband != "xray":
        return pixels
    unlit = unlit_pixels(pixels.image, pixels.valid, pixel_scale)
    return replace(pixels, valid=pixels.valid & ~unlit) if unlit.any() else pixels


def _status(pixels, band, pixel_scale) -> str:
    """Flags of pixels that there are."""
    words = exposure_flags(pixels, pixel_scale) if band.waveband == "xray" else []
    if not pixels.exposure_known:
        words.append("exposure_unknown")
    if not pixels.origin_known:
        words.append("origin_unknown")
    if pixels.coarse:
        words.append("coarse_pixels")
    return ";".join(f"{word}:{band.name}" for word in words)


def _coordinates(target_id, ra, dec, bands) -> dict:
    """Coordinates of the Dataset: who, where, in which bands."""
    names = [band.name for band in bands]
    return {
        "target_id": ("target", np.asarray(target_id)),
        "ra": ("target", np.asarray(ra, dtype=float), {"unit": "deg"}),
        "dec": ("target", np.asarray(dec, dtype=float), {"unit": "deg"}),
        "band": names,
        "waveband": ("band", [band.waveband for band in bands]),
        "unit": ("band", [str(band.unit) for band in bands]),
        "survey": (("target", "band"), np.tile(names, (len(target_id), 1))),
    }


def check_dataset(dataset: xr.Dataset) -> xr.Dataset:
    """Return a Dataset of cut-outs as it is, or say what is wrong with it.

    Raises
    ------
    InvalidImageError
        If it is no Dataset, or a variable or dimension is missing.

    Examples
    --------
    >>> import xarray as xr
    >>> from astrocnn.cutouts import check_dataset
    >>> check_dataset(xr.Dataset())
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidImageError: the Dataset has no variable 'image'; cut-outs ...
    """
    hint = "cut-outs are made with astrocnn.cutouts.make_cutouts"
    if not isinstance(dataset, xr.Dataset):
        kind = type(dataset).__name__
        raise InvalidImageError(f"cut-outs are a Dataset of xarray, not {kind}; {hint}")
    for name in _REQUIRED:
        if name not in dataset:
            raise InvalidImageError(f"the Dataset has no variable {name!r}; {hint}")
        if dataset[name].dims != ("target", "band", "y", "x"):
            raise InvalidImageError(
                f"{name} has dims {dataset[name].dims}, not ('target', 'band', 'y', 'x'); {hint}"
            )
    for name in ("target_id", "ra", "dec", "band", "waveband"):
        if name not in dataset.coords:
            raise InvalidImageError(f"the Dataset has no coordinate {name!r}; {hint}")
    return dataset
