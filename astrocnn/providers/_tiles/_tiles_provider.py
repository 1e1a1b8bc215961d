"""What HiPS and HEALPix maps have in common as providers."""

from functools import partial
from typing import Protocol

import numpy as np
from astropy import units as u

from ...config import conf
from ...exceptions import NoCoverageError, ProviderError
from ...grid import CutoutGrids
from ...surveys import Band, get_band
from .._core import Pixels, Provider
from .._identity import fingerprint
from .._origin import Origin, check_origin, is_coarse
from ._healpix_tiles import on_all_cores

__all__ = ["TilesProvider"]

_INTERPOLATIONS = ("bilinear", "nearest", "area")


class SampledMap(Protocol):
    """Values on the sky that can be sampled on many grids."""

    #: What it is called.
    name: str
    #: What tells it from others; see `Provider.identity`.
    identity: str
    #: What it says of where it comes from.
    origin: Origin

    def sample(self, grids, interpolation, executor, into) -> list[np.ndarray | ProviderError]:
        """Return the values at the pixel centers of grids."""

    def counted_area(self) -> u.Quantity:
        """Sky area that one value counts, where values are counts."""

    def sampled_area(self, grids) -> u.Quantity:
        """Sky area of the pixels that are used for some grids."""


class TilesProvider(Provider):
    """Pixels from maps that are added, and perhaps a map of the exposure.

    Parameters
    ----------
    maps : list of SampledMap
        Maps to add; a pixel exists where all of them have it.
    exposure : SampledMap, optional
        Exposure (s).
    band, interpolation, pixel_area, trusted
        See `HipsProvider`.
    """

    fills = True

    #: Unit of the map of the exposure (s).
    _seconds = 1.0

    def __init__(
        self, maps, exposure, band: Band | str, interpolation: str, pixel_area, trusted=False
    ):
        super().__init__(get_band(band))
        if interpolation not in _INTERPOLATIONS:
            raise ProviderError(
                f"interpolation must be one of {', '.join(_INTERPOLATIONS)}, not {interpolation!r}"
            )
        if interpolation == "area" and self.band.quantity != "counts":
            raise ProviderError(
                f"interpolation='area' is for counts; band {self.band.name} holds values of "
                f"the kind {self.band.quantity!r}: choose 'bilinear' or 'nearest'"
            )
        if not maps:
            raise ProviderError("give at least one map: a HiPS folder, or a HEALPix file")
        self.interpolation = interpolation
        self.pixel_area = pixel_area
        self._maps, self._exposure = maps, exposure
        for one in maps if not trusted else ():
            check_origin(one.name, one.origin, self.band)
        self._trusted = trusted
        self._origin_known = trusted or all(one.origin.told(self.band) for one in maps)

    @property
    def description(self) -> str:
        """Names of the maps."""
        return " + ".join(one.name for one in self._maps)

    @property
    def identity(self) -> str:
        """Names of the maps, and a digest of the maps and of how they are used."""
        parts = [one.identity for one in self._maps]
        parts += ["" if self._exposure is None else self._exposure.identity]
        parts += [self.band.quantity, self.interpolation, self.pixel_area]
        return f"{self.description} {fingerprint(parts)}"

    @property
    def trusted(self) -> list[str]:
        """Names of the maps, where the user vouches for them."""
        return [one.name for one in self._maps] if self._trusted else []

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        ra, dec = grid.center.ra.deg, grid.center.dec.deg
        found = self.cutouts(CutoutGrids(ra, dec, grid.size, grid.pixels))[0]
        if isinstance(found, ProviderError):
            raise found
        return found

    def cutouts(self, grids, pool=None, into=None) -> list[Pixels | ProviderError]:
        """Return the pixels on many grids, their images in ``into``; see `Provider.cutouts`."""
        places = [into] + [None] * (len(self._maps) - 1)
        parts = [
            self._sample(one, grids, pool, place)
            for one, place in zip(self._maps, places, strict=True)
        ]
        exposures = [None] * len(grids)
        if self._exposure is not None:
            exposures = self._exposure.sample(grids, "bilinear", pool, None)
        finish = partial(self._finished, parts, exposures, grids)
        found = on_all_cores(finish, range(len(grids)), pool)
        coarse = any(is_coarse(_side(one.sampled_area(grids)), self.band) for one in self._maps)
        for pixels in found:
            if isinstance(pixels, Pixels):
                pixels.origin_known, pixels.coarse = self._origin_known, coarse
        return found

    def _finished(self, parts, exposures, grids, i):
        """Pixels of one target, or the error of one of its maps."""
        images = [part[i] for part in parts]
        for found in (*images, exposures[i]):
            if isinstance(found, ProviderError):
                return found
        return self._pixels(images, exposures[i], grids, i)

    def _sample(self, one, grids, pool, into):
        """Values of one map on the grids, counts per pixel of the grids; or errors."""
        found = one.sample(grids, self.interpolation, pool, into)
        if self.band.quantity == "counts":
            area = one.counted_area() if self.pixel_area is None else self.pixel_area
            shared = self.interpolation == "area"
            own = one.sampled_area(grids) if shared else grids.pixel_area
            ratio = np.float32((own / area).to_value(u.one))
            for values in found:
                if not isinstance(values, ProviderError):
                    values *= ratio
        return found

    def _pixels(self, images, exposure, grids, i) -> Pixels | NoCoverageError:
        """Pixels of one target from the values of each map."""
        image = images[0]
        for other in images[1:]:
            image += other
        valid = np.isfinite(image)
        if exposure is not None:
            exposure = np.maximum(np.nan_to_num(exposure, nan=0.0), 0.0)
            if self._seconds != 1:
                exposure *= np.float32(self._seconds)
            valid &= exposure > conf.min_exposure * exposure.max()
        if not valid.any():
            place = grids[i].center.to_string("hmsdms", precision=0)
            return NoCoverageError(f"no {self.band.name} pixels at {place} in {self.description}")
        known = exposure is not None or self.band.quantity != "counts"
        return Pixels(image, valid, exposure, known)


def _side(area) -> u.Quantity:
    """Side of a pixel of an area."""
    return np.sqrt(area).to(u.arcsec)
