"""What part of the sky a HiPS covers: MOCs of the CDS MOC server, asked for once."""

import threading
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable

from ..config import conf
from ..exceptions import AstrocnnWarning, ProviderError
from ..grid import CutoutGrids
from ..surveys import Band, get_band
from ..tables import read_targets
from ._cache import load, store
from ._client import Tries, UselessAnswer, download, received

__all__ = ["hips_moc", "is_outside", "survey_coverage"]

#: A kept MOC is asked for again when it is older (s): surveys grow.
_MOST_AGE = 30 * 86400.0
#: Largest MOC that is accepted (bytes of text).
_MAX_BYTES = 64 * 2**20
_SOURCE = "MOC"
_LOCK = threading.Lock()
#: HiPS -> its MOC, None where it could not be had; one lookup per process.
_MOCS: dict[str, object] = {}
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
    >>> from astrocnn.providers._coverage import is_outside
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


def survey_coverage(
    targets,
    bands: Sequence[str | Band],
    size: u.Quantity = 6 * u.arcmin,
    enough: float = 0.8,
    mocs: Mapping | None = None,
) -> QTable:
    """Return which surveys cover which targets, and for each waveband the first that does.

    Parameters
    ----------
    targets : SkyCoord, list of SkyCoord, table or file
        Positions; see `astrocnn.tables.read_targets`.
    bands : sequence of str or Band
        Bands, the preferred ones first.
    size : `~astropy.units.Quantity`
        Side of the field.
    enough : float
        Share of the field that a survey must cover to be chosen.
    mocs : dict of str to `mocpy.MOC`, optional
        Coverage by name of the band, for images of one's own. What is not named is looked up, see
        `hips_moc`.

    Returns
    -------
    `~astropy.table.QTable`
        ``target_id``, ``ra``, ``dec``; ``coverage_<band>``, the share of the field in the MOC of
        the band (of all its HiPS), masked where the MOC cannot be had or the position is invalid;
        ``<waveband>``, the name of the first band of the waveband that covers enough, empty where
        none does.

    Warns
    -----
    AstrocnnWarning
        If the MOC of a band cannot be had: it is never chosen.

    Notes
    -----
    A MOC says where a survey has pixels. It does not know of gaps between chips, nor, in X-rays,
    how long the exposure was.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import Latitude, Longitude, SkyCoord
    >>> from mocpy import MOC
    >>> from astrocnn.providers import survey_coverage
    >>> pointing = MOC.from_cone(
    ...     Longitude("150d"), Latitude("2d"), radius=0.25 * u.deg, max_depth=12
    ... )
    >>> mocs = {"xmm": pointing, "rass": MOC.from_string("0/0-11", format="ascii")}
    >>> targets = SkyCoord([150, 150.25, 20], [2, 2, -30], unit="deg")
    >>> table = survey_coverage(targets, ["xmm", "rass"], mocs=mocs)
    >>> table["coverage_xmm"].round(1).tolist(), table["xray"].tolist()
    ([1.0, 0.6, 0.0], ['xmm', 'rass', 'rass'])
    """
    bands = [get_band(band) for band in bands]
    table = read_targets(targets)
    ra, dec = table["ra"].to_value(u.deg), table["dec"].to_value(u.deg)
    good = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    result = QTable({"target_id": table["target_id"], "ra": table["ra"], "dec": table["dec"]})
    lon, lat = _field_points(ra[good], dec[good], size)
    chosen = {band.waveband: np.full(len(table), "", dtype="U48") for band in bands}
    unknown = []
    for band in bands:
        given = (mocs or {}).get(band.name)
        found = [hips_moc(hips) for hips in band.hips] if given is None else [given]
        share = MaskedColumn(np.zeros(len(table)), mask=True, description="share of the field")
        if not found or any(moc is None for moc in found):
            unknown.append(band.name)
        elif len(good):
            inside = np.all([moc.contains_lonlat(lon, lat) for moc in found], axis=0)
            share[good] = inside.mean(axis=1)
        result[f"coverage_{band.name}"] = share
        names = chosen[band.waveband]
        names[(share.filled(0.0) >= enough) & (names == "")] = band.name
    for waveband, names in chosen.items():
        result[waveband] = names
    if unknown:
        warnings.warn(
            f"what {', '.join(unknown)} cover is not known: their MOCs cannot be had; install "
            "mocpy, check the connection, and that astrocnn.conf.check_coverage is on",
            AstrocnnWarning,
            stacklevel=2,
        )
    return result


def _field_points(ra, dec, size, across=16) -> tuple[u.Quantity, u.Quantity]:
    """Positions all over the fields of many targets, two arrays of shape (n, across**2)."""
    axes = CutoutGrids(ra, dec, size, across).axes() if len(ra) else np.zeros((0, 3, 3))
    step = size.to_value(u.rad) / across
    offset = (np.arange(across) - (across - 1) / 2) * step
    x, y = (part.ravel() for part in np.meshgrid(offset, offset))
    place = np.stack([np.ones_like(x), x, y])
    direction = np.einsum("nij,ip->jnp", axes, place)
    lon = np.degrees(np.arctan2(direction[1], direction[0])) % 360.0
    lat = np.degrees(np.arctan2(direction[2], np.hypot(direction[0], direction[1])))
    return lon * u.deg, lat * u.deg


def _narrowest(order) -> float:
    """A width that each HEALPix cell of an order has in all directions, at least (radians).

    The mean width is sqrt(pi / 3) / 2**order; cells near the poles are narrower, down to about
    0.6 of it.
    """
    return 0.55 * np.sqrt(np.pi / 3) / 2**order


def _find_moc(hips):
    """MOC of a HiPS, from the folder of kept answers or from the service."""
    try:
        from mocpy import MOC
    except ImportError:
        return None
    kept = load(_SOURCE, hips)
    if kept is not None and kept.age < _MOST_AGE:
        return MOC.from_string(kept.content.decode(), format="ascii")
    try:
        content = _fetch_moc(hips)
    except ProviderError:
        # An old MOC is better than none.
        return MOC.from_string(kept.content.decode(), format="ascii") if kept else None
    store(_SOURCE, hips, content)
    return MOC.from_string(content.decode(), format="ascii")


def _fetch_moc(hips) -> bytes:
    """Answer of the MOC server: a MOC in words."""
    from mocpy import MOC

    def read(answer, server):
        try:
            moc = MOC.from_string(answer.content.decode(), format="ascii")
        except Exception as error:  # mocpy raises what its Rust code says
            raise UselessAnswer(f"{server} sent no MOC but {received(answer)}") from error
        if moc.empty():
            raise UselessAnswer(f"{server} knows no HiPS {hips}")
        return answer.content

    tries = Tries(conf.timeout, conf.timeout, retries=0)
    return download(
        list(conf.moc_server), moc_parameters(hips), read, tries=tries, most=_MAX_BYTES
    )


def moc_parameters(hips: str) -> dict:
    """Return the parameters of a request to the MOC server for the MOC of a HiPS.

    Examples
    --------
    >>> from astrocnn.providers._coverage import moc_parameters
    >>> parameters = moc_parameters("CDS/P/DSS2/red")
    >>> parameters["get"], parameters["fmt"], "ID=CDS/P/DSS2/red" in parameters["expr"]
    ('moc', 'ascii', True)
    """
    from astropy.logger import conf as log_conf

    with log_conf.set_temp("log_warnings", False):
        from astroquery.mocserver import MOCServer
    found = MOCServer.query_hips(criteria=f"ID={hips}", return_moc=True, get_query_payload=True)
    return {key: value for key, value in found.items() if value is not None}


def forget_mocs() -> None:
    """Forget which MOCs were looked up, as in a new process."""
    with _LOCK:
        _MOCS.clear()
        _GROWN.clear()
