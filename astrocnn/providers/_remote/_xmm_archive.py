"""Pipeline images of the XMM-Newton Science Archive: observations of a position, their images."""

import csv
import io
import re
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import Table

from ...config import conf
from ...exceptions import InvalidParameterError, NoCoverageError, ProviderError
from ...services import PassingFault, UselessAnswer, download, received, unpacked
from ...surveys import Band, get_band
from .._core import Pixels, Provider
from .._images._file_choice import holds_images
from .._images._fits import FitsProvider
from ._astroquery import astroquery_module
from ._cache import IMAGES
from ._hips2fits import grid_key
from ._products_archive import as_tar, read_products

__all__ = ["XMMArchiveProvider"]

#: Radius of the field of view of the EPIC cameras.
_FIELD = 15 * u.arcmin
#: The archive grows: a list of observations is believed for so long (s).
_LIST_AGE = 30 * 86400.0
#: Largest answer with images (bytes): one kind of product of one observation.
_MAX_BYTES = 512 * 2**20
#: Largest list of observations (bytes).
_MAX_LIST = 64 * 2**20
#: Fields whose images are kept open.
_OPEN = 8
_SOURCE = "XMM-Newton archive"
_ADVICE = "; check the connection or give local images with images=..."
_ID = re.compile(r"\d{10}")


class XMMArchiveProvider(Provider):
    """Pixels from the pipeline images of the XMM-Newton archive, with their exposure maps.

    Parameters
    ----------
    band : Band or str
        Tells the energy range; see `~astrocnn.surveys.xmm_band`.
    cameras : sequence of {'PN', 'M1', 'M2'}
        EPIC cameras whose images are added.
    most : int
        Observations that are used of one position, the longest first.

    Raises
    ------
    InvalidParameterError
        If a camera does not exist.

    Notes
    -----
    The archive is asked which public observations may see the field (one request for each target),
    then for images and exposure maps of those (two for each observation). Answers are kept in the
    folder of `image_cache_folder`: targets of one observation share it. The query is that of
    ``astroquery.esa.xmm_newton``; all requests are sent by the client of this package. Images are
    read with `FitsProvider`: counts, exposure maps, and no background subtracted.

    References
    ----------
    XMM-Newton Science Archive, https://nxsa.esac.esa.int; products: XMM-SOC-GEN-ICD-0024.

    Examples
    --------
    >>> from astrocnn.providers import XMMArchiveProvider
    >>> XMMArchiveProvider("xmm")
    <XMMArchiveProvider xmm: XMM-Newton archive, PN + M1 + M2>
    """

    remote = True

    def __init__(
        self, band: Band | str = "xmm", cameras: Sequence[str] = ("PN", "M1", "M2"), most: int = 10
    ):
        super().__init__(get_band(band))
        if not cameras or not set(cameras) <= {"PN", "M1", "M2"}:
            raise InvalidParameterError(f"cameras are some of PN, M1, M2, not {cameras!r}")
        self.cameras = tuple(cameras)
        self.most = most
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="astrocnn-xmm-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._turns: dict[str, threading.Lock] = {}
        self._files: dict[str, list[Path]] = {}
        self._open: OrderedDict[tuple[str, ...], FitsProvider] = OrderedDict()

    @property
    def description(self) -> str:
        """The archive and the cameras."""
        return f"{_SOURCE}, {' + '.join(self.cameras)}"

    @property
    def identity(self) -> str:
        """The archive, the cameras, and how many observations at most."""
        return f"{self.description}, at most {self.most}"

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        observations = self._observations(grid)[: self.most]
        paths, useless = [], None
        for name in observations:
            try:
                paths += self._images(name)
            except ProviderError as error:
                if isinstance(error.__cause__, PassingFault):
                    raise
                useless = error  # some observations have no images; others may do
        if useless is not None and not paths:
            raise useless
        if not paths or not holds_images(paths, self.band):
            position = grid.center.to_string("hmsdms", precision=0)
            raise NoCoverageError(f"no {self.band.name} image of {position} in {self.description}")
        return self._fits(tuple(observations), paths).cutout(grid)

    def _fits(self, observations, paths) -> FitsProvider:
        """Reader of the images of some observations; the last few stay open."""
        with self._lock:
            if observations not in self._open:
                self._open[observations] = FitsProvider(paths, self.band)
            self._open.move_to_end(observations)
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)
            return self._open[observations]

    def _observations(self, grid) -> list[str]:
        """Numbers of the observations that may see a grid, the longest first."""
        key = f"observations {grid_key(grid)}"
        kept = IMAGES.load(_SOURCE, key)
        if kept is not None and kept.age < _LIST_AGE:
            return kept.content.decode().split()
        found = [name for name in _find(grid) if _ID.fullmatch(name)]
        IMAGES.store(_SOURCE, key, " ".join(found).encode())
        return found

    def _images(self, observation) -> list[Path]:
        """Files of the images and exposure maps of an observation that the band needs."""
        with self._lock:
            turn = self._turns.setdefault(observation, threading.Lock())
        with turn:  # many targets, one download
            if observation not in self._files:
                folder = self._folder / observation
                folder.mkdir(exist_ok=True)
                written = []
                for kind in ("IMAGE_", "EXPMAP"):
                    for name, content in read_products(_products(observation, kind)).items():
                        if name[11:13] in self.cameras and name[17:23] == kind:
                            written.append(folder / name)
                            written[-1].write_bytes(content)
                self._files[observation] = written
            return self._files[observation]


def _find(grid) -> list[str]:
    """Ask the archive for observations; the query is sent by astroquery's class for the archive."""
    radius = _FIELD.to_value(u.deg) + grid.size.to_value(u.deg) * np.sqrt(0.5)
    ra, dec = grid.center.ra.deg, grid.center.dec.deg
    archive = astroquery_module("esa.xmm_newton").XMMNewtonClass(tap_handler=_Tap())
    table = archive.query_xsa_tap(
        "SELECT observation_id, duration FROM v_public_observations "
        f"WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {ra:.6f}, {dec:.6f}, "
        f"{radius:.4f})) ORDER BY duration DESC",
        output_format="csv",
    )
    return [str(name).zfill(10) for name in table["observation_id"]]


class _Tap:
    """What astroquery's class asks for a table: our client sends the query."""

    def launch_job(self, query, *, output_format="csv", **_):
        """Send a query; the job is done at once."""
        parameters = {
            "REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": output_format, "QUERY": query,
        }  # fmt: skip
        self.table = download([conf.xmm_tap_server], parameters, _read_list, advice=_ADVICE)
        return self

    def get_results(self) -> Table:
        """Return the table."""
        return self.table


def _read_list(answer, server) -> Table:
    """Table of observations in an answer."""
    text = unpacked(answer.content, _MAX_LIST).decode("utf-8", "replace")
    try:
        names = [row["observation_id"] for row in csv.DictReader(io.StringIO(text))]
        if "observation_id" not in text.partition("\n")[0]:
            raise KeyError("observation_id")
    except (csv.Error, KeyError) as error:
        said = f"{server} sent no list of observations but {received(answer)}"
        raise UselessAnswer(said) from error
    return Table({"observation_id": np.array(names, dtype=str)})


def _products(observation, kind) -> bytes:
    """Archive file with one kind of product of an observation, from the cache or the service."""
    key = f"{observation} PPS {kind} FTZ"
    kept = IMAGES.load(_SOURCE, key)
    if kept is not None:
        return kept.content
    parameters = {"obsno": observation, "level": "PPS", "extension": "FTZ", "name": kind}

    def read(answer, server):
        content = as_tar(answer.content, _file_name(answer))
        try:
            read_products(content)
        except ProviderError as error:
            said = f"{server} sent no images of observation {observation} but {received(answer)}"
            raise UselessAnswer(f"{said}: {error}") from error
        return content

    content = download(
        [conf.xmm_data_server], parameters, read, most=_MAX_BYTES, advice=_ADVICE
    )
    IMAGES.store(_SOURCE, key, content)
    return content


def _file_name(answer) -> str:
    """Name that the service gives to the file it sends."""
    found = re.search(r'filename="?([^";]+)', answer.headers.get("Content-Disposition", ""))
    return found[1] if found else ""
