"""Reference catalogs from VizieR."""

import warnings
from collections.abc import Mapping

import numpy as np
from astropy import constants
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table, vstack
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import AstrocnnWarning, CatalogError, InvalidTargetError
from ._definition import CatalogDefinition
from ._numbers import set_numbers, unreadable
from ._positions import read_circles
from ._read import read_catalog
from ._request import Service
from ._table import CATALOGS
from ._vizier import drop_repeated, parse_answer, request_body

__all__ = ["fetch_catalog"]

#: Positions in one request.
_CHUNK = 100


def fetch_catalog(
    name: "str | CatalogDefinition",
    coords=None,
    radius: u.Quantity = 1.2 * u.deg,
    *,
    columns: Mapping[str, str | None] | None = None,
    cache: bool | str = True,
    timeout: float | None = None,
    retries: int | None = None,
) -> QTable:
    """Fetch a reference catalog from VizieR, all of it or around positions.

    Parameters
    ----------
    name : str or CatalogDefinition
        A name of `CATALOGS`, e.g. ``"psz2"``, or a definition of your own.
    coords : SkyCoord, Table, or what `astrocnn.tables.read_targets` reads, optional
        Targets whose surroundings are wanted; positions that are not finite are left out. All of
        the catalog without.
    radius : `~astropy.units.Quantity`
        Radius of the surroundings. The default leaves room for the chance rate of
        `~astrocnn.matching.match_sky`, which looks at positions 1 degree away.
    columns : dict of str to str or None, optional
        As for `read_catalog`: has precedence over the definition.
    cache : bool or 'update'
        Whether answers are kept on disk (see `cache_folder`) and taken from there; ``"update"``
        fetches them again.
    timeout : float, optional
        Seconds that one answer may take in all; ``catalog_timeout`` of `astrocnn.conf` by default.
    retries : int, optional
        How often a request is sent again after a passing fault; ``retries`` of `astrocnn.conf` by
        default.

    Returns
    -------
    `~astropy.table.QTable`
        Canonical columns first, as of `read_catalog`. Rows that several circles share are there
        once. ``meta["fetched"]`` says from where, how much, and what the catalog is.

    Raises
    ------
    UnknownNameError
        If there is no such catalog; the message lists the names.
    InvalidTargetError
        If the catalog is too large to be fetched whole, or no position is valid.
    CatalogError
        If VizieR cannot be reached, refuses, or sends something else. Requests that were answered
        before are kept: the next call goes on there.

    Warns
    -----
    AstrocnnWarning
        If the table lacks columns that the definition names.

    Notes
    -----
    Positions go to VizieR in requests of 100, one after the other. Network faults, status 429 and
    5xx, and half answers are tried again with growing waits.

    References
    ----------
    Ochsenbein et al. 2000, A&AS 143, 23 (VizieR).

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.catalogs import fetch_catalog
    >>> targets = SkyCoord([210.2583], [2.8783], unit="deg")
    >>> clusters = fetch_catalog("mcxc2", targets, radius=5 * u.arcmin)  # doctest: +REMOTE_DATA
    >>> clusters.colnames[:4]  # doctest: +REMOTE_DATA
    ['source_id', 'ra', 'dec', 'z_spec']
    """
    definition = name if isinstance(name, CatalogDefinition) else CATALOGS[name]
    if coords is None and not definition.whole:
        raise InvalidTargetError(
            f"{definition.title} is too large to be fetched whole: give the targets with coords=, "
            "or read a file of it with read_catalog"
        )
    centers = None if coords is None else read_circles(coords, radius)
    service = Service(
        conf.vizier_server,
        lambda content: parse_answer(content, definition),
        timeout=timeout, retries=retries, cache=cache,
    )  # fmt: skip
    table = _collect(service, definition, centers, radius)
    catalog = _canonical(table, definition, columns or {})
    catalog.meta["fetched"] = {
        "vizier": definition.vizier,
        "reference": definition.reference,
        "completeness": definition.completeness,
        "redshift": definition.redshift,
        "n_circles": None if centers is None else len(centers),
        "radius": None if centers is None else str(radius),
        "n_requests": service.n_sent + service.n_cached,
        "n_cached": service.n_cached,
    }
    return catalog


def _collect(service: Service, definition, centers: SkyCoord | None, radius) -> Table | None:
    """All rows, as VizieR names them; None if there are none."""
    label = f"{definition.vizier}.vot"
    if centers is None:
        table = service.ask(request_body(definition), label)
        if table is None or len(table) == 0:
            raise CatalogError(
                f"VizieR sent no rows of {definition.vizier}: the catalog is not there, or has "
                "another name now"
            )
        return drop_repeated(table)
    pieces = []
    starts = range(0, len(centers), _CHUNK)
    for start in tqdm(starts, desc=definition.title, delay=2, disable=not conf.progress):
        body = request_body(definition, centers[start : start + _CHUNK], radius)
        pieces.append(service.ask(body, label))
    pieces = [piece for piece in pieces if piece is not None]
    if not pieces:
        return None
    return drop_repeated(vstack(pieces, metadata_conflicts="silent"))


def _canonical(table: Table | None, definition: CatalogDefinition, columns: Mapping) -> QTable:
    """The rows with canonical columns."""
    if table is None:
        empty = Table(names=["ra", "dec"], dtype=[float, float])
        return read_catalog(empty, definition.title, redshift=definition.redshift)
    missing = [c for c in definition.columns.values() if c not in table.colnames]
    if missing:
        warnings.warn(
            f"{definition.title} has no column {', '.join(missing)} any more: its place is taken "
            "by what UCDs and usual names say, see meta['columns']",
            AstrocnnWarning,
            stacklevel=3,
        )
    other = {*missing, *columns.values()}
    named = {k: v for k, v in definition.columns.items() if v not in other}
    if ("ra" in named) != ("dec" in named):
        named = {k: v for k, v in named.items() if k not in ("ra", "dec")}
    if definition.velocity and "z_spec" not in columns:
        set_numbers(table, (definition.velocity,), "VizieR", unit=u.km / u.s)
        table["z_from_velocity"] = _redshift_of(table[definition.velocity])
        named["z_spec"] = "z_from_velocity"
    try:
        catalog = read_catalog(table, definition.title, {**named, **columns}, definition.redshift)
    except InvalidTargetError as error:
        if columns:
            raise
        raise unreadable(definition.title, error) from error
    catalog.meta["name"] = definition.title
    _copy_spectroscopic(catalog, definition.spectroscopic)
    return catalog


def _copy_spectroscopic(catalog: QTable, word: str) -> None:
    """Fill ``z_spec`` from ``z_best`` where ``z_type`` has a word that means spectroscopic."""
    if not word or not {"z_best", "z_type"} <= set(catalog.colnames):
        return
    types = np.ma.array(catalog["z_type"]).astype(str).filled("")
    known = ~np.ma.getmaskarray(catalog["z_best"]) & (np.char.find(types, word) >= 0)
    info = catalog["z_spec"].info
    catalog["z_spec"] = MaskedColumn(
        np.where(known, catalog["z_best"].filled(0.0), 0.0),
        mask=~known,
        description=info.description,
        meta=info.meta,
    )


def _redshift_of(velocity) -> MaskedColumn:
    """Redshifts of a column of c z, in its unit or km/s."""
    unit = velocity.unit or u.km / u.s
    scale = (1 * unit / constants.c).to_value(u.one)
    return MaskedColumn(np.ma.array(velocity.data) * scale)
