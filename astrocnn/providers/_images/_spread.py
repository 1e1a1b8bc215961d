"""Point-spread function of an X-ray image, by the camera that took it and the axis of its map."""

import math
import re
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from astropy.coordinates import SkyCoord

from ...surveys import OPTICS, Band, PointSpread, XrayOptics, find_axis
from .._origin import Origin
from ._resample import SkyImage, spread_at

__all__ = ["camera_response", "image_spread", "largest_response"]

#: Optics by words of telescope and instrument: the first that is found.
_CAMERAS = (
    (re.compile(r"\be?mos\d?\b"), "epic-mos"),
    (re.compile(r"\b(e?pn|epic|xmm\S*)\b"), "epic-pn"),
    (re.compile(r"\b(erosita|srg\S*)\b"), "erosita-survey"),
    (re.compile(r"\b(pspc\w?|rosat|rass)\b"), "pspc-survey"),
)
#: Cameras of one telescope whose responses differ, by words of the instrument.
_EPIC = ((re.compile(r"\be?mos\d?\b"), "epic-mos"), (re.compile(r"\be?pn\b"), "epic-pn"))
#: Where an image does not say which camera took it: by band.
_USUAL = {"xmm": "epic-pn", "erosita": "erosita-survey", "rass": "pspc-survey"}
#: A map whose exposure falls off from its peak as that of a pointing does, this well (coefficient
#: of correlation) and this far (arcsec), is one.
_ALIKE, _FAR = 0.9, 700.0


def image_spread(
    image: SkyImage, origin: Origin, band: Band
) -> Callable[[SkyCoord], PointSpread] | None:
    """Return what gives the point-spread function at a position; None where it is not known.

    That of a telescope that scans the sky is the same everywhere. Of a pointing, the exposure map
    says where the axis is; of a mosaic too large to be held in memory nothing does.

    Parameters
    ----------
    image : SkyImage
        The image.
    origin : Origin
        What it says of telescope and instrument.
    band : Band
        What it is used as.
    """
    if image.psf is not None:
        return partial(spread_at, image)
    name = _camera(origin, band)
    if name is None:
        return None
    optics, exposure = OPTICS[name], image.exposure
    mapped = isinstance(exposure, np.ndarray) and np.isfinite(exposure).any()
    axis = find_axis(exposure, image.wcs) if mapped else None
    if name == "erosita-survey" and mapped:
        pointed = OPTICS["erosita-pointed"]
        optics = pointed if _falls_off(exposure, image.wcs, axis, pointed) else optics
    if optics.growth == 0:
        same = optics.at(0.0)
        return lambda _: same
    return None if axis is None else _Pointed(optics, axis)


def camera_response(origin: Origin) -> float | None:
    """Return how many counts a camera sees per second, see `XrayOptics`.

    None where the image does not say which camera it was, is the sum of several, or cameras are
    not told apart here.

    Parameters
    ----------
    origin : Origin
        What the image says of telescope and instrument.
    """
    words = origin.instrument.lower()
    names = [name for pattern, name in _EPIC if pattern.search(words)]
    return OPTICS[names[0]].response if len(names) == 1 else None


def largest_response(origins: Iterable[Origin]) -> float | None:
    """Return the largest response among images of different cameras.

    Exposures that are added are then in seconds of that camera, wherever on the sky they are added.
    None where all cameras are alike, or one is not known: seconds are seconds.

    Parameters
    ----------
    origins : iterable of Origin
        What the images say of telescope and instrument.
    """
    found = {camera_response(origin) for origin in origins}
    return max(found) if len(found) > 1 and None not in found else None


class _Pointed:
    """Point-spread function of a pointing; in plain numbers, as it is asked for every target."""

    def __init__(self, optics: XrayOptics, axis: SkyCoord):
        self.optics = optics
        self.ra, self.dec = axis.icrs.ra.rad, axis.icrs.dec.rad

    def __call__(self, center: SkyCoord) -> PointSpread:
        ra, dec = self.ra - center.ra.rad, center.dec.rad
        sine, cosine = math.sin(dec), math.cos(dec)
        # The axis seen from the target: to its meridian, toward the east, the north, and ahead.
        along, up = math.cos(self.dec) * math.cos(ra), math.sin(self.dec)
        east = math.cos(self.dec) * math.sin(ra)
        north, away = up * cosine - along * sine, up * sine + along * cosine
        distance = math.degrees(math.atan2(math.hypot(east, north), away)) * 3600
        return self.optics.at(distance, math.atan2(east, north))


def _camera(origin, band) -> str | None:
    """Name of the optics."""
    words = f"{origin.telescope} {origin.instrument}".lower()
    for pattern, name in _CAMERAS:
        if pattern.search(words):
            return name
    return _USUAL.get(band.name)


def _falls_off(exposure, wcs, axis: SkyCoord, optics: XrayOptics) -> bool:
    """Whether an exposure map looks like the vignetting of a pointing."""
    step = max(max(exposure.shape) // 100, 1)
    y, x = (v.ravel() for v in np.mgrid[: exposure.shape[0] : step, : exposure.shape[1] : step])
    values = exposure[y, x]
    seen = np.isfinite(values) & (values > 0)
    if seen.sum() < 100:
        return False
    distance = wcs.celestial.pixel_to_world(x[seen], y[seen]).separation(axis).arcsec
    inside = distance < optics.field_radius
    if not distance[inside].max(initial=0.0) > _FAR or np.ptp(values[seen][inside]) == 0:
        return False
    expected = optics.area(distance[inside])
    return bool(np.corrcoef(values[seen][inside], expected)[0, 1] > _ALIKE)
