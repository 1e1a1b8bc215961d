"""Pixels from the hips2fits service of CDS, one request per HiPS and target."""

import json
import time
from collections.abc import Sequence

import numpy as np
from astropy import units as u

from ...config import conf
from ...exceptions import InvalidParameterError, NoCoverageError, ProviderError
from ...services import PassingFault, Tries, UselessAnswer, ask, get, received, unpacked
from ...surveys import Band, get_band
from .._core import Pixels, Provider
from .._origin import is_hips_of
from ._answer_image import read_on_grid
from ._astroquery import astroquery_module
from ._cache import IMAGES
from ._moc import is_outside, released

__all__ = ["Hips2FitsProvider"]

#: First pause between tries (s).
_BACKOFF = 0.5
#: After so many failures in a row a service that never answered is not asked again.
_GIVE_UP = 3
#: Surveys grow: an answer that there are no pixels is believed for so long (s).
_NO_PIXELS_AGE = 30 * 86400.0
#: Largest answer that is accepted, unpacked (bytes).
_MAX_BYTES = 64 * 2**20
_ADVICE = "; check the connection or give local images with images=..."


class Hips2FitsProvider(Provider):
    """Pixels from the hips2fits service, resampled there onto the target's grid.

    Parameters
    ----------
    band : Band or str
        What to ask for: the sum of the HiPS ``band.hips``.
    server : str or sequence of str, optional
        Address of the service, or of several equal ones: where one fails, the next is asked.
        These three default to ``hips2fits_server``, ``timeout`` and ``retries`` of
        `astrocnn.conf`, read at each request.
    timeout : float, optional
        Seconds that one answer may take. All tries for an image together may take
        ``astrocnn.conf.total_timeout``.
    retries : int, optional
        How often a request is sent again after a passing fault: no connection, no answer in
        time, status 429 or 5xx.
    cache : bool or 'update'
        Whether answers are taken from and kept in the folder of `image_cache_folder`;
        ``"update"``: kept only.

    Raises
    ------
    ProviderError
        If the band has no HiPS.

    Notes
    -----
    At most ``astrocnn.conf.requests`` requests are sent to one host at a time, over all providers
    and threads of the process.

    Where mocpy is installed, the CDS MOC server is asked once which part of the sky a HiPS covers,
    and when it was released; no pixels are asked for elsewhere, and kept ones that are older are
    asked for again.

    An answer is used if it is a FITS image of the right shape whose WCS, where it has one, agrees
    with the one that was asked for to a tenth of a pixel.

    A service that could not be reached three times, and never before, is not asked again by this
    provider: without a network, 1000 targets fail as fast as three.

    The request is the one of ``astroquery.hips2fits``; it is sent through connections of our own
    that stay open.

    The service interpolates HiPS values. A HiPS of counts holds counts per pixel of the original
    images (builders do not scale them), so counts are scaled by the ratio of the grid's pixel area
    to ``band.pixel_scale**2``.

    References
    ----------
    https://alasky.cds.unistra.fr/hips-image-services/hips2fits

    Examples
    --------
    >>> from astrocnn.providers import Hips2FitsProvider
    >>> Hips2FitsProvider("xmm")
    <Hips2FitsProvider xmm: hips2fits xcatdb/P/XMM/PN/eb2 + xcatdb/P/XMM/PN/eb3>
    """

    remote = True

    def __init__(
        self,
        band: Band | str,
        server: str | Sequence[str] | None = None,
        timeout: float | None = None,
        retries: int | None = None,
        cache: bool | str = True,
    ):
        super().__init__(get_band(band))
        if not self.band.hips:
            raise ProviderError(
                f"band {self.band.name}{f' ({self.band.detector})' if self.band.detector else ''} "
                f"has no HiPS; give local images: images={{{self.band.name!r}: ...}}"
            )
        if cache not in (True, False, "update"):
            raise InvalidParameterError(f"cache must be True, False or 'update', not {cache!r}")
        self.server = server
        self.timeout = timeout
        self.retries = retries
        self.cache = cache
        self._answered = False
        self._unreached: list[str] = []

    @property
    def description(self) -> str:
        """Identifiers of the HiPS."""
        return "hips2fits " + " + ".join(self.band.hips)

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        image = sum(self._image(hips, grid) for hips in self.band.hips)
        valid = np.isfinite(image)
        if not valid.any():
            raise self._no_pixels(grid)
        counts = self.band.quantity == "counts"
        if counts:
            image *= (grid.pixel_area / self.band.pixel_scale**2).to_value(u.one)
        known = all(is_hips_of(hips, self.band) for hips in self.band.hips)
        return Pixels(image, valid, exposure_known=not counts, origin_known=known)

    def _no_pixels(self, grid) -> NoCoverageError:
        position = grid.center.to_string("hmsdms", precision=0)
        return NoCoverageError(f"no {self.band.name} pixels at {position} in {self.description}")

    def _image(self, hips, grid) -> np.ndarray:
        """Image of one HiPS on the grid, from the cache or from the service."""
        name = f"the answer of hips2fits for {hips}"
        key = grid_key(grid)
        kept = IMAGES.load(hips, key) if self.cache is True else None
        if kept is not None and kept.age > time.time() - released(hips):
            kept = None  # the HiPS has been made anew since
        if kept is not None and kept.content:
            return read_on_grid(kept.content, grid, name)
        if kept is not None and kept.age < _NO_PIXELS_AGE:
            raise self._no_pixels(grid)
        if is_outside(hips, grid):
            raise self._no_pixels(grid)
        content, image = self._fetch(hips, grid, name)
        covered = np.isfinite(image).any()
        if self.cache:
            IMAGES.store(hips, key, content if covered else b"")
        return image

    def _fetch(self, hips, grid, name) -> tuple[bytes, np.ndarray]:
        """Answer of the service, as it came and as pixels."""
        if not self._answered and len(self._unreached) >= _GIVE_UP:
            raise ProviderError(f"{self._unreached[0]} (not asked again)")
        parameters, servers = request_parameters(hips, grid), self._servers()

        def attempt(session, server, timeout):
            try:
                options = {"most": _MAX_BYTES, "allowed": servers}
                answer = get(session, server, parameters, timeout, **options)
            except PassingFault as fault:
                self._answered |= fault.answered
                raise
            self._answered = True
            content = unpacked(answer.content, _MAX_BYTES)
            if not content.startswith(b"SIMPLE"):
                raise UselessAnswer(f"{server} sent no FITS image but {received(answer)}")
            return content, _checked(content, grid, name)

        try:
            return ask(servers, attempt, self._tries(), advice=_ADVICE)
        except ProviderError as error:
            if isinstance(error.__cause__, PassingFault):
                self._unreached.append(str(error.__cause__))
            raise

    def _servers(self) -> Sequence[str]:
        """Addresses, in the order they were given."""
        server = conf.hips2fits_server if self.server is None else self.server
        return [server] if isinstance(server, str) else list(server)

    def _tries(self) -> Tries:
        return Tries(
            conf.timeout if self.timeout is None else self.timeout,
            conf.total_timeout,
            conf.retries if self.retries is None else self.retries,
            _BACKOFF,
        )


def grid_key(grid) -> str:
    """Name a grid; two that differ by less than a tenth of a milliarcsecond may share it.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers._remote._hips2fits import grid_key
    >>> grid_key(CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 356))
    'TAN 150.00000000 +2.00000000 360 arcsec 356 pixels'
    """
    size = grid.size.to_value(u.arcsec)
    ra, dec = grid.center.ra.deg, grid.center.dec.deg
    return f"TAN {ra:.8f} {dec:+.8f} {size:.9g} arcsec {grid.pixels} pixels"


def _checked(content, grid, name) -> np.ndarray:
    """Pixels of an answer, if it is what was asked for."""
    try:
        return read_on_grid(content, grid, name)
    except ProviderError as error:
        raise UselessAnswer(str(error)) from error


def request_parameters(hips: str, grid) -> dict:
    """Return the parameters of a hips2fits request for an image on a grid.

    Parameters
    ----------
    hips : str
        Identifier of the HiPS.
    grid : CutoutGrid
        The target's grid.

    Returns
    -------
    dict
        ``hips``, ``format`` and ``wcs`` (JSON), and settings that only matter for pictures.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers._remote._hips2fits import request_parameters
    >>> grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 356)
    >>> parameters = request_parameters("CDS/P/DSS2/red", grid)
    >>> parameters["hips"], parameters["format"]
    ('CDS/P/DSS2/red', 'fits')
    """
    try:
        return astroquery_module("hips2fits").hips2fits.query_with_wcs(
            hips=hips, wcs=grid.wcs, format="fits", get_query_payload=True
        )
    except ImportError:
        # astroquery 0.4 needs Matplotlib and Pillow here, for color maps that FITS does not have.
        header = grid.wcs.to_header()
        header["NAXIS1"], header["NAXIS2"] = grid.wcs.pixel_shape
        return {"wcs": json.dumps(dict(header.items())), "hips": hips, "format": "fits"}
