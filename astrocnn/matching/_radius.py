"""Matching radii: an angle, one angle per row, or a length at the row's redshift."""

import warnings

import numpy as np
from astropy import units as u
from astropy.cosmology import FLRW
from astropy.utils.masked import Masked

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ..tables._redshifts import known_redshifts
from ._settings import as_quantity, checked_cosmology

__all__ = ["LEAST_Z", "angular_radius", "radius_text"]

#: Redshifts below tell no distance: stars, residuals of one, and galaxies whose own velocity counts
#: for as much. 1 kpc would span more than 15 arcsec.
LEAST_Z = 0.003


def angular_radius(radius: u.Quantity, redshift=None, cosmology: FLRW | None = None) -> u.Quantity:
    """Return what a radius spans on the sky.

    Parameters
    ----------
    radius : `~astropy.units.Quantity`
        Angles, which are returned as they are, or lengths; a scalar, or one per row.
    redshift : array_like, optional
        Redshift of each row, for lengths; masked or NaN where unknown.
    cosmology : `~astropy.cosmology.FLRW`, optional
        By default flat, H0 = 70 km/s/Mpc, Om0 = 0.3.

    Returns
    -------
    `~astropy.units.Quantity`
        Angles; NaN where the redshift is unknown or below 0.003, which tells no distance. At most
        180 deg.

    Raises
    ------
    InvalidTargetError
        If the radius is neither angle nor length, negative, or a length without redshifts or with
        another number of them.

    Warns
    -----
    AstrocnnWarning
        With the number of redshifts that are below 0.003, or are none, such as -99.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astrocnn.matching import angular_radius
    >>> print(angular_radius(1 * u.Mpc, [0.1, 0.3, float("nan")]).to(u.arcmin).round(2))
    [9.04 3.74  nan] arcmin
    """
    radius, cosmology = as_quantity(radius), checked_cosmology(cosmology)
    if not isinstance(radius, u.Quantity) or radius.unit.physical_type not in ("angle", "length"):
        raise InvalidTargetError(
            f"radius must be an angle such as 2 * u.arcmin or a length such as 500 * u.kpc, not "
            f"{radius!r}"
        )
    if isinstance(radius, Masked):
        radius = radius.filled(np.nan)
    with np.errstate(invalid="ignore"):
        if np.any(radius.value < 0) or np.any(np.isinf(radius.value)):
            raise InvalidTargetError(f"radius must be finite and not negative, not {radius}")
    if radius.unit.physical_type == "angle":
        return radius
    if redshift is None:
        raise InvalidTargetError(
            "a radius in kpc or Mpc needs redshifts: give redshift=, one per row, or an angle"
        )
    z = known_redshifts(redshift, "redshift")
    if not radius.isscalar and z.shape not in ((), radius.shape):
        raise InvalidTargetError(
            f"there are {radius.size} radii and {z.size} redshifts: give one for each row, or one"
        )
    with np.errstate(invalid="ignore"):
        known, near = z >= LEAST_Z, z < LEAST_Z
    if near.any():
        warnings.warn(
            f"{np.sum(near)} of {z.size} redshifts are below {LEAST_Z:g} and tell no distance: "
            f"these rows have no radius in {radius.unit} and no match; give an angle to keep them",
            AstrocnnWarning,
            stacklevel=2,
        )
    size = np.full(z.shape, np.nan)
    if known.any():
        # A grid is exact to 1e-5, and spares an integral per row.
        grid = np.geomspace(z[known].min() * 0.99, z[known].max() * 1.01, 1000)
        distance = cosmology.angular_diameter_distance(grid).to_value(u.kpc)
        size[known] = np.interp(z[known], grid, distance)
    return np.minimum(radius.to_value(u.kpc) / size, np.pi) * u.rad


def radius_text(radius: u.Quantity) -> str:
    """A radius in words; of many, the smallest and the largest."""
    if radius.isscalar:
        return f"{radius.value:g} {radius.unit}"
    values = radius.value[np.isfinite(radius.value)]
    if not len(values):
        return "no radius"
    low, high = values.min(), values.max()
    span = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    return f"{span} {radius.unit}"
