"""What part of the sky a HiPS covers, and of when it is: the CDS MOC server, asked once."""

import calendar
import contextlib
import re
import threading
import time

import numpy as np
from astropy import units as u

from ...config import conf
from ...exceptions import ProviderError
from ...services import Tries, UselessAnswer, download, received, unpacked
from ._astroquery import astroquery_module
from ._cache import IMAGES

__all__ = ["forget_mocs", "hips_moc", "is_outside", "released"]

#: A kept MOC is asked for again when it is older (s): surveys grow.
_MOST_AGE = 30 * 86400.0
#: Largest MOC that is accepted (bytes of text).
_MAX_BYTES = 64 * 2**20
_SOURCE = "MOC"
#: Cells in a MOC: an order, a cell or a range of cells, or both; and the deepest order there is.
_PIECE = re.compile(r"(?:(?P<order>\d{1,2})/)?(?:(?P<first>\d{1,19})(?:-(?P<last>\d{1,19}))?)?")
_DEEPEST = 29
_LOCK = threading.Lock()
#: HiPS -> its MOC, None where it could not be had; one lookup per process.
_MOCS: dict[str, object] = {}
#: HiPS -> when it was released (Unix time), 0 where this is not known.
_RELEASED: dict[str, float] = {}
#: (HiPS, order) -> the MOC in cells of that order, with all cells that touch it.
_GROWN: dict[tuple[str, int], object] = {}


def hips_moc(hips: str):
    """Return the `mocpy.MOC` of a HiPS, None where it cannot be had.

    Parameters
    ----------
    hips : str
        Identifier of the HiPS.

    Notes
    -----
    The request is the one of ``astroquery.mocserver``. The answer is kept for 30 days in the
    folder of `image_cache_folder`. Without mocpy, without a network, or with
    ``astrocnn.conf.check_coverage`` off there is none, and pixels are asked for everywhere.

    References
    ----------
    Fernique et al. 2022, IVOA Recommendation MOC 2.0.
    """
    if not conf.check_coverage:
        return None
    with _LOCK:
        if hips not in _MOCS:
            _MOCS[hips] = _find_moc(hips)
        return _MOCS[hips]


def is_outside(hips: str, grid) -> bool:
    """Whether a HiPS has certainly no pixel on a grid.

    Examples
    --------
    >>> import astrocnn
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers._remote._moc import is_outside
    >>> with astrocnn.conf.set_temp("check_coverage", False):
    ...     is_outside("CDS/P/DSS2/red", CutoutGrid(SkyCoord(150, 2, unit="deg"), 6 * u.arcmin, 9))
    False
    """
    moc = hips_moc(hips)
    if moc is None:
        return False
    # Cells at least as wide as the field reaches from its center: if neither the center's cell
    # nor a neighbor of it has coverage, the field has none.
    reach = grid.size.to_value(u.rad) * np.sqrt(0.5)
    order = min(max(int(np.floor(np.log2(_narrowest(0) / reach))), 0), moc.max_order)
    if _narrowest(order) < reach:
        return False
    key = hips, order
    if key not in _GROWN:
        # A copy in either case: add_neighbours changes the MOC itself.
        coarse = moc.degrade_to_order(order) if order < moc.max_order else moc.union(moc)
        _GROWN[key] = coarse.add_neighbours()
    center = grid.center
    return not _GROWN[key].contains_lonlat(center.ra.reshape(1), center.dec.reshape(1))[0]


def released(hips: str) -> float:
    """Return when a HiPS was released, as Unix time; 0 where this is not known.

    The date comes with the MOC. No request is sent for it: without a network, kept pixels are used
    as they are.

    Parameters
    ----------
    hips : str
        Identifier of the HiPS.
    """
    if not conf.check_coverage:
        return 0.0
    with _LOCK:
        if hips not in _RELEASED:
            kept = IMAGES.load(_SOURCE, f"{hips} record")
            _RELEASED[hips] = _release_date(kept.content) if kept else 0.0
        return _RELEASED[hips]


def _narrowest(order) -> float:
    """A width that each HEALPix cell of an order has in all directions, at least (radians).

    The mean width is sqrt(pi / 3) / 2**order; cells near the poles are narrower, down to about
    0.6 of it.
    """
    return 0.55 * np.sqrt(np.pi / 3) / 2**order


def _find_moc(hips):
    """MOC of a HiPS, from the folder of kept answers or from the service."""
    try:
        import mocpy  # noqa: F401
    except ImportError:
        return None
    kept, old = IMAGES.load(_SOURCE, hips), None
    if kept is not None:
        with contextlib.suppress(ValueError):  # then it is asked for again
            old = _read_moc(kept.content)
    if old is not None and kept.age < _MOST_AGE:
        return old
    try:
        content = _fetch_moc(hips)
    except ProviderError:
        return old  # better than none
    IMAGES.store(_SOURCE, hips, content)
    with contextlib.suppress(ProviderError):
        IMAGES.store(_SOURCE, f"{hips} record", _fetch_record(hips))
        _RELEASED.pop(hips, None)
    return _read_moc(content)


def _read_moc(content):
    """MOC in words (MOC 2.0, section 4.3.2); raise ValueError of anything else.

    Its numbers are checked here: mocpy takes order 99 for 29, and cells that do not exist end in a
    panic of its Rust code, which is no `Exception`.
    """
    from mocpy import MOC

    text, most = content.decode("ascii"), None
    for piece in re.split(r"[\s,]+", text.strip()):
        found = _PIECE.fullmatch(piece)
        if found is None:
            raise ValueError(f"{piece[:40]!r} is no part of a MOC")
        if found["order"]:
            most = 12 * 4 ** int(found["order"]) - 1 if int(found["order"]) <= _DEEPEST else -1
        first = int(found["first"] or 0)
        if most is None or not first <= int(found["last"] or first) <= most:
            raise ValueError(f"{piece[:40]!r} is no part of a MOC: there are no such cells")
    try:
        return MOC.from_string(text, format="ascii")
    except Exception as error:  # mocpy raises what its Rust code says
        raise ValueError(str(error)) from error


def _fetch_moc(hips) -> bytes:
    """Answer of the MOC server: a MOC in words."""

    def read(answer, server):
        content = unpacked(answer.content, _MAX_BYTES)
        try:
            moc = _read_moc(content)
        except ValueError as error:
            said = f"{server} sent no MOC but {received(answer)}: {error}"
            raise UselessAnswer(said) from error
        if moc.empty():
            raise UselessAnswer(f"{server} knows no HiPS {hips}")
        return content

    return _ask_server(moc_parameters(hips), read)


def _fetch_record(hips) -> bytes:
    """Answer of the MOC server: what else it knows of a HiPS (JSON)."""

    def read(answer, server):
        content = unpacked(answer.content, _MAX_BYTES)
        if not _release_date(content):
            raise UselessAnswer(f"{server} sent no date of release but {received(answer)}")
        return content

    return _ask_server(moc_parameters(hips, record=True), read)


def _ask_server(parameters, read):
    """Ask the MOC server once; a run that does not need it should not wait for it."""
    tries = Tries(conf.timeout, conf.timeout, retries=0)
    return download(list(conf.moc_server), parameters, read, tries=tries, most=_MAX_BYTES)


def _release_date(record) -> float:
    """Date of release (Unix time) in a record; 0 if there is none that can be true."""
    found = re.search(rb'"hips_release_date"\s*:\s*"(\d{4}-\d\d-\d\d)', record)
    try:
        date = calendar.timegm(time.strptime(found[1].decode(), "%Y-%m-%d")) if found else 0
    except ValueError:
        return 0.0
    return float(date) if date < time.time() else 0.0


def moc_parameters(hips: str, record: bool = False) -> dict:
    """Return the parameters of a request to the MOC server.

    Parameters
    ----------
    hips : str
        Identifier of the HiPS.
    record : bool
        Ask for the date of its release instead of for its MOC.

    Examples
    --------
    >>> from astrocnn.providers._remote._moc import moc_parameters
    >>> parameters = moc_parameters("CDS/P/DSS2/red")
    >>> parameters["get"], parameters["fmt"], "ID=CDS/P/DSS2/red" in parameters["expr"]
    ('moc', 'ascii', True)
    """
    client = astroquery_module("mocserver").MOCServer
    wanted = {"fields": ["ID", "hips_release_date"]} if record else {"return_moc": True}
    found = client.query_hips(criteria=f"ID={hips}", get_query_payload=True, **wanted)
    return {key: value for key, value in found.items() if value is not None}


def forget_mocs() -> None:
    """Forget which MOCs were looked up, as in a new process."""
    with _LOCK:
        _MOCS.clear()
        _RELEASED.clear()
        _GROWN.clear()
