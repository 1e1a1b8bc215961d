"""Pixels from SkyView, the virtual observatory of NASA: ROSAT, DSS and others."""

import threading
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from astropy import units as u

from ...config import conf
from ...exceptions import NoCoverageError, ProviderError, UnknownNameError
from ...services import UselessAnswer, check_onward, download, received, unpacked
from ...surveys import Band, get_band
from .._core import Pixels, Provider
from .._images._resample import SkyImage, resample_image
from .._origin import Origin, check_origin
from ._answer_image import read_sky_image
from ._astroquery import astroquery_module
from ._cache import IMAGES
from ._hips2fits import grid_key

__all__ = ["SkyViewProvider"]

#: Names of our bands at SkyView.
_SURVEYS = {
    "rass": "RASS-Cnt Broad",
    "dss2-red": "DSS2 Red",
    "dss2-blue": "DSS2 Blue",
    "sdss-g": "SDSSg",
    "sdss-r": "SDSSr",
    "sdss-i": "SDSSi",
}
#: Native pixels asked for around the grid, on each side.
_MARGIN = 3
#: Most pixels along one side.
_MOST_PIXELS = 4000
#: Largest answer that is accepted, unpacked (bytes).
_MAX_BYTES = 64 * 2**20
_ADVICE = "; check the connection or give local images with images=..."


class _Page(NamedTuple):
    """What ``astroquery.skyview`` reads of an answer."""

    content: bytes
    url: str

    def raise_for_status(self):
        """Nothing to do: only successes become pages."""


class SkyViewProvider(Provider):
    """Pixels from SkyView, resampled onto the target's grid.

    Parameters
    ----------
    band : Band or str
        What the pixels are.
    survey : str, optional
        Its name at SkyView; known for ``"rass"``, ``"dss2-red"``, ``"dss2-blue"`` and
        ``"sdss-g"``, ``-r``, ``-i``.
    server : str, optional
        Address of SkyView's form; by default ``skyview_server`` of `astrocnn.conf`, read at
        each request.
    cache : bool
        Whether answers are taken from and kept in the folder of `image_cache_folder`.

    Raises
    ------
    UnknownNameError
        If the name at SkyView is not known and not given.

    Notes
    -----
    The requests are those of ``astroquery.skyview``, sent by the client of this package with
    its time limits, retries, and bound on requests at once: the form once, then two for each
    target. SkyView is asked for pixels of the survey's own size, and `resample_image` brings
    them onto the grid: counts are kept, intensities interpolated. SkyView itself takes the
    nearest pixel of the survey, so that positions are good to half a native pixel.

    References
    ----------
    McGlynn, Scollick & White 1998, IAU Symp. 179, 465; https://skyview.gsfc.nasa.gov

    Examples
    --------
    >>> from astrocnn.providers import SkyViewProvider
    >>> SkyViewProvider("rass")
    <SkyViewProvider rass: SkyView RASS-Cnt Broad>
    """

    remote = True

    def __init__(
        self,
        band: Band | str,
        survey: str | None = None,
        server: str | None = None,
        cache: bool = True,
    ):
        super().__init__(get_band(band))
        if survey is None and self.band.name not in _SURVEYS:
            raise UnknownNameError(
                f"the name of {self.band.name} at SkyView is not known: give survey=, one of those "
                "that astroquery.skyview.SkyView.list_surveys() prints"
            )
        self.survey = _SURVEYS[self.band.name] if survey is None else survey
        self.server = server
        self.cache = cache
        self._pages = {}
        self._lock = threading.Lock()

    @property
    def description(self) -> str:
        """Name at SkyView."""
        return f"SkyView {self.survey}"

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        image = self._image(grid)
        image.quantity = self.band.quantity
        origin = self._origin(image)
        check_origin(f"the image of {self.description}", origin, self.band)
        pixels = resample_image(image, grid)
        if pixels is None or not pixels.valid.any():
            position = grid.center.to_string("hmsdms", precision=0)
            raise NoCoverageError(f"no {self.band.name} pixels at {position} in {self.description}")
        pixels.origin_known = origin.told(self.band)
        return pixels

    def _origin(self, image) -> Origin:
        """What an image says of its origin; the names of our bands at SkyView are known."""
        if self.survey == _SURVEYS.get(self.band.name):
            return Origin(trusted=True)
        return replace(image.origin, survey=f"{self.survey} {image.origin.survey}".strip())

    def _image(self, grid) -> SkyImage:
        """Image around the grid, from the cache or from the service."""
        source, key = self.description, grid_key(grid)
        kept = IMAGES.load(source, key) if self.cache else None
        if kept is not None:
            return read_sky_image(kept.content, source)
        n = _n_pixels(self.band, grid)
        (url, *_) = self._find(grid, n) or [None]
        if url is None:
            raise ProviderError(f"{source} offers no image; does SkyView know the survey?")

        def read(answer, server):
            content = unpacked(answer.content, _MAX_BYTES)
            if not content.startswith(b"SIMPLE"):
                raise UselessAnswer(f"{server} sent no FITS image but {received(answer)}")
            return content, _checked(content, source, grid, n)

        content, image = download([url], "", read, advice=_ADVICE)
        if self.cache:
            IMAGES.store(source, key, content)
        return image

    def _find(self, grid, n) -> list[str]:
        """Addresses of the image, which SkyView makes when it is asked."""
        side = n * self.band.pixel_scale.to(u.deg)
        server = conf.skyview_server if self.server is None else self.server
        client = _carried(self._get, server)
        try:
            found = client.get_image_list(
                grid.center, self.survey, coordinates="J2000", projection="Tan",
                pixels=f"{n},{n}", width=side, height=side,
            )  # fmt: skip
            for address in found:
                check_onward(server, address)  # a link leads away as a redirect does
            return found
        except UselessAnswer as error:
            raise ProviderError(str(error)) from error
        except ProviderError:
            raise
        except ValueError as error:
            raise ProviderError(f"SkyView does not know {self.survey}: {error}") from error
        except Exception as error:  # whatever astroquery makes of a page that it does not expect
            raise ProviderError(f"SkyView's form cannot be read: {error!r}") from error

    def _get(self, url, parameters) -> _Page:
        """Answer of SkyView; the form, which has no parameters, is asked for once."""
        if parameters is None:
            with self._lock:
                if url not in self._pages:
                    self._pages[url] = download([url], "", _page, advice=_ADVICE)
                return self._pages[url]
        return download([url], parameters, _page, advice=_ADVICE)


def _page(answer, server) -> _Page:
    return _Page(answer.content, server)


def _carried(get, server):
    """Client of astroquery whose requests are sent by ours."""

    class Carried(astroquery_module("skyview").SkyViewClass):
        URL = server

        def _request(self, method, url, params=None, **_):
            return get(url, params)

    return Carried()


def _n_pixels(band, grid) -> int:
    """Native pixels that the grid and a margin take along one side."""
    n = int(np.ceil((grid.size / band.pixel_scale).to_value(u.one))) + 2 * _MARGIN
    if n > _MOST_PIXELS:
        raise ProviderError(
            f"{grid.size} of {band.name} are {n} pixels along a side, too many for SkyView; "
            "choose a smaller field"
        )
    return n


def _checked(content, source, grid, n) -> SkyImage:
    """Image in an answer, if it is what was asked for."""
    try:
        image = read_sky_image(content, source)
    except ProviderError as error:
        raise UselessAnswer(str(error)) from error
    if image.data.shape != (n, n):
        raise UselessAnswer(f"{source} sent an image of shape {image.data.shape}, not {(n, n)}")
    try:
        distance = np.hypot(*(np.array(image.wcs.world_to_pixel(grid.center)) - (n - 1) / 2))
    except Exception as error:  # whatever astropy raises of a broken WCS
        raise UselessAnswer(f"{source} sent an image without a readable WCS: {error}") from error
    if not distance < 1:
        raise UselessAnswer(f"{source} sent an image {distance:.1f} pixels from where it should be")
    return image
