"""Sky coordinates of any frame as flat arrays of ICRS degrees."""

import numpy as np
from astropy import units as u
from astropy.coordinates import ICRS, SkyCoord, UnitSphericalRepresentation

from ..exceptions import InvalidTargetError

__all__ = ["from_list", "icrs_degrees", "wrong_type"]


def wrong_type(given: str) -> InvalidTargetError:
    """Return the error for something that is no target list."""
    return InvalidTargetError(
        "targets must be a SkyCoord, a list of SkyCoord, a table with sky columns or the path of a "
        f"file, not {given}: build one with SkyCoord(ra, dec, unit='deg')"
    )


def from_list(coords):
    """Positions of a list of SkyCoord; those of one frame are converted together."""
    pieces, together = [None] * len(coords), {}
    for i, coord in enumerate(coords):
        if not isinstance(coord, SkyCoord):
            raise wrong_type(f"{type(coords).__name__} of {type(coord).__name__}")
        attributes = [getattr(coord, name) for name in coord.frame.frame_attributes]
        flat = isinstance(coord.data, UnitSphericalRepresentation)
        if flat and all(np.shape(attribute) == () for attribute in attributes):
            together.setdefault((coord.frame.name, repr(attributes)), []).append(i)
        else:
            pieces[i] = icrs_degrees(coord)
    for group in together.values():
        lon, lat = (
            [_filled(getattr(coords[i].data, axis)) for i in group] for axis in ("lon", "lat")
        )
        data = UnitSphericalRepresentation(np.concatenate(lon) * u.deg, np.concatenate(lat) * u.deg)
        ra, dec = icrs_degrees(SkyCoord(coords[group[0]].frame.realize_frame(data)))
        ends = np.cumsum([len(x) for x in lon])[:-1]
        for i, *piece in zip(group, np.split(ra, ends), np.split(dec, ends), strict=True):
            pieces[i] = piece
    ra, dec = zip(*pieces, strict=True) if pieces else ((np.empty(0),), (np.empty(0),))
    return np.concatenate(ra), np.concatenate(dec)


def _filled(angle) -> np.ndarray:
    """An angle as a flat array in degrees, NaN where masked."""
    value = np.atleast_1d(angle.to_value(u.deg)).ravel()
    return value.filled(np.nan) if hasattr(value, "filled") else value


def icrs_degrees(coord: SkyCoord):
    """Flat arrays of right ascension and declination (deg) of coordinates in any frame."""
    data = coord.data.without_differentials()
    if not np.all(np.isfinite(getattr(data, "distance", 1))):
        data = data.represent_as(UnitSphericalRepresentation)  # unknown distance: keep the rest
    try:
        icrs = coord.frame.realize_frame(data).transform_to(ICRS()).spherical
    except Exception as err:
        raise InvalidTargetError(
            f"positions in the frame '{coord.frame.name}' cannot be converted to ICRS (is an "
            f"obstime, a location or a distance missing?): {err}"
        ) from err
    return _filled(icrs.lon), _filled(icrs.lat)
