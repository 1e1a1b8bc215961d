"""Pixels from the hips2fits service of CDS, one request per HiPS and target."""

import json
import threading

import numpy as np
from astropy import units as u

from .._http import Answer, PassingFault, open_session, retried, send
from ..config import conf
from ..exceptions import NoCoverageError, ProviderError
from ..surveys import Band, get_band
from ._core import Pixels, Provider
from ._decode import decode_image

__all__ = ["Hips2FitsProvider"]

#: Largest answer that is accepted (bytes): a grid of 4000 x 4000 float32 pixels.
_MAX_BYTES = 64 * 2**20
#: Wait before the first retry (s); it doubles with each one.
_BACKOFF = 0.5
#: Longest wait that the service can ask for with Retry-After (s).
_MAX_WAIT = 30.0
#: After so many failures in a row a service that never answered is not asked again.
_GIVE_UP = 3
_IMPORTING = threading.Lock()
_ADVICE = "; check the connection or give local images with images=..."


class Hips2FitsProvider(Provider):
    """Pixels from the hips2fits service, resampled there onto the target's grid.

    Parameters
    ----------
    band : Band or str
        What to ask for: the sum of the HiPS ``band.hips``.
    server : str, optional
        Address of the service. These three default to ``hips2fits_server``, ``timeout`` and
        ``retries`` of `astrocnn.conf`, read at each request.
    timeout : float, optional
        Seconds that one answer may take.
    retries : int, optional
        How often a request is sent again after a passing fault: no connection, no answer in
        time, status 429 or 5xx.

    Raises
    ------
    ProviderError
        If the band has no HiPS.

    Notes
    -----
    A service that could not be reached three times, and never before, is not asked again by this
    provider: without a network, 1000 targets fail as fast as three.

    The request is the one of ``astroquery.hips2fits``; it is sent through a session of our own
    that keeps connections open, one per thread.

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
        server: str | None = None,
        timeout: float | None = None,
        retries: int | None = None,
    ):
        super().__init__(get_band(band))
        if not self.band.hips:
            raise ProviderError(
                f"band {self.band.name}{f' ({self.band.detector})' if self.band.detector else ''} "
                f"has no HiPS; give local images: images={{{self.band.name!r}: ...}}"
            )
        self.server = server
        self.timeout = timeout
        self.retries = retries
        self._local = threading.local()
        self._answered = False
        self._unreached: list[str] = []

    @property
    def description(self) -> str:
        """Identifiers of the HiPS."""
        return "hips2fits " + " + ".join(self.band.hips)

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        image = sum(self._fetch(hips, grid) for hips in self.band.hips)
        valid = np.isfinite(image)
        if not valid.any():
            position = grid.center.to_string("hmsdms", precision=0)
            raise NoCoverageError(f"no {self.band.name} pixels at {position} in {self.description}")
        counts = self.band.quantity == "counts"
        if counts:
            image *= (grid.pixel_area / self.band.pixel_scale**2).to_value(u.one)
        return Pixels(image, valid, exposure_known=not counts)

    def _fetch(self, hips, grid) -> np.ndarray:
        """Image of one HiPS on the grid."""
        content = self._download(request_parameters(hips, grid))
        image = decode_image(content, f"the answer of hips2fits for {hips}")
        if image.shape != grid.shape:
            raise ProviderError(
                f"hips2fits sent an image of shape {image.shape} for {hips}, not {grid.shape}"
            )
        return image

    def _download(self, parameters) -> bytes:
        """Send one request, again after passing faults."""
        retries = conf.retries if self.retries is None else self.retries
        try:
            return retried(lambda: self._request(parameters), retries, _BACKOFF, _MAX_WAIT)
        except PassingFault as fault:
            self._unreached.append(str(fault.__cause__))
            raise ProviderError(str(fault)) from fault

    def _request(self, parameters) -> bytes:
        """Send one request and return the body of its answer."""
        if not self._answered and len(self._unreached) >= _GIVE_UP:
            raise ProviderError(f"{self._unreached[0]} (not asked again)")
        server = conf.hips2fits_server if self.server is None else self.server
        timeout = conf.timeout if self.timeout is None else self.timeout
        try:
            answer = send(
                self._session(),
                server,
                parameters,
                timeout=timeout,
                most=_MAX_BYTES,
                error=ProviderError,
                advice=_ADVICE,
            )
        except PassingFault as fault:
            self._answered |= fault.answered
            raise
        self._answered = True
        _check_status(answer, server)
        return answer.content

    def _session(self):
        """Session of this thread."""
        if not hasattr(self._local, "session"):
            self._local.session = open_session()
        return self._local.session


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
    >>> from astrocnn.providers._hips2fits import request_parameters
    >>> grid = CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 356)
    >>> parameters = request_parameters("CDS/P/DSS2/red", grid)
    >>> parameters["hips"], parameters["format"]
    ('CDS/P/DSS2/red', 'fits')
    """
    try:
        return _load_astroquery().query_with_wcs(
            hips=hips, wcs=grid.wcs, format="fits", get_query_payload=True
        )
    except ImportError:
        # astroquery 0.4 needs Matplotlib and Pillow here, for color maps that FITS does not have.
        header = grid.wcs.to_header()
        header["NAXIS1"], header["NAXIS2"] = grid.wcs.pixel_shape
        return {"wcs": json.dumps(dict(header.items())), "hips": hips, "format": "fits"}


def _load_astroquery():
    """Import the client; its logger would take warnings away from whoever catches them."""
    from astropy.logger import conf as log_conf

    with _IMPORTING, log_conf.set_temp("log_warnings", False):
        from astroquery.hips2fits import hips2fits
    return hips2fits


def _check_status(answer: Answer, server: str) -> None:
    """Raise unless an answer is a success that may hold a FITS file."""
    status, content = answer.status, answer.content
    if status == 200 and content.startswith(b"SIMPLE"):
        return
    kind = answer.headers.get("Content-Type", "no type").split(";")[0]
    start = " ".join(content[:200].decode("utf-8", "replace").split())
    received = f"{len(content)} bytes of {kind}" + (f" that start with {start!r}" if start else "")
    if answer.passing:
        raise PassingFault(f"{server} answered {status} ({received})", answer.wait)
    if status == 200:
        raise ProviderError(f"{server} sent no FITS image but {received}")
    raise ProviderError(f"{server} refused the request: status {status} ({received})")
