"""Coordinates as two columns of degrees, for formats that have no column of coordinates."""

import numpy as np
from astropy import units as u
from astropy.coordinates import ICRS, SkyCoord
from astropy.table import Column, MaskedColumn

from ._coords import icrs_degrees

__all__ = ["sky_axes"]

#: Frames whose columns say by their names which frame they are of, with the names and UCDs; all
#: other coordinates are converted to ICRS, as whoever reads ``ra`` and ``dec`` takes them.
_NAMED = {
    "galactic": (("l", "pos.galactic.lon"), ("b", "pos.galactic.lat")),
    "supergalactic": (("sgl", "pos.supergalactic.lon"), ("sgb", "pos.supergalactic.lat")),
}
_ICRS = (("ra", "pos.eq.ra"), ("dec", "pos.eq.dec"))


def sky_axes(coords: SkyCoord, name: str, taken: list[str]) -> list[Column]:
    """Return longitude and latitude of coordinates as columns of degrees.

    Parameters
    ----------
    coords : `~astropy.coordinates.SkyCoord`
        In any frame and representation.
    name : str
        Of their column.
    taken : list of str
        Names of the other columns of the table. Where they have ``ra`` or ``dec``, the new ones are
        ``<name>_ra`` and ``<name>_dec``.

    Returns
    -------
    list of `~astropy.table.Column`
        Galactic and supergalactic coordinates as they are, others in ICRS; masked where they were.

    Raises
    ------
    InvalidTargetError
        If they cannot be converted to ICRS.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.tables._sky_axes import sky_axes
    >>> old = SkyCoord([150.0], [2.0], unit="deg", frame="fk4")
    >>> [f"{column.name} {column[0]:.3f}" for column in sky_axes(old, "position", [])]
    ['ra 150.645', 'dec 1.758']
    """
    named = _NAMED.get(coords.frame.name, _ICRS)
    free = not {short for short, _ in named} & {*taken}
    frame = "icrs" if named is _ICRS else coords.frame.name
    columns = []
    for (short, ucd), (values, mask), axis in zip(
        named, _degrees(coords, named is _ICRS), ("Longitude", "Latitude"), strict=True
    ):
        column = MaskedColumn(values, mask=mask) if np.any(mask) else Column(values)
        column.name, column.unit = short if free else f"{name}_{short}", u.deg
        column.description = f"{axis} ({frame})"
        column.info.meta = {"ucd": ucd}
        columns.append(column)
    return columns


def _degrees(coords: SkyCoord, convert: bool):
    """Values and masks of both axes."""
    data = coords.frame.realize_frame(coords.data.without_differentials()).spherical
    axes = [getattr(data, axis).to(u.deg) for axis in ("lon", "lat")]
    masks = [np.broadcast_to(getattr(axis, "mask", False), coords.shape) for axis in axes]
    values = [getattr(axis, "unmasked", axis).value for axis in axes]
    if convert and not isinstance(coords.frame, ICRS):
        values = [axis.reshape(coords.shape) for axis in icrs_degrees(coords)]
    return zip(values, masks, strict=True)
