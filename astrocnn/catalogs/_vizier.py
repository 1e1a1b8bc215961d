"""What VizieR is asked, and what it answers."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..exceptions import CatalogError, InvalidTargetError
from ..tables import sky_columns
from ._definition import CatalogDefinition
from ._votable import parse_votable

__all__ = ["drop_repeated", "parse_answer", "request_body"]

#: Added by VizieR: the position in degrees whatever the catalog has, and the number of the circle.
_COMPUTED = ("_RAJ2000", "_DEJ2000")
_CIRCLE = "_q"


def request_body(
    definition: CatalogDefinition,
    coords: SkyCoord | None = None,
    radius: u.Quantity | None = None,
) -> str:
    """Return the body of a request to VizieR, as astroquery writes it.

    Parameters
    ----------
    definition : CatalogDefinition
        The catalog.
    coords : `~astropy.coordinates.SkyCoord` of shape (n,), optional
        Centers of circles; all of the catalog without.
    radius : `~astropy.units.Quantity`, optional
        Radius of the circles.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.catalogs import CATALOGS
    >>> from astrocnn.catalogs._vizier import request_body
    >>> coords = SkyCoord([210.2583], [2.8783], unit="deg")
    >>> print(request_body(CATALOGS["psz2"], coords, 5 * u.arcmin))
    -source=J/A+A/594/A27/psz2
    -out.max=unlimited
    -out.all
    -out.add=_RAJ2000,_DEJ2000,_q
    -c.rm=5.0
    ...
    """
    vizier = _load_astroquery()(
        columns=[*definition.request, *_COMPUTED],
        column_filters=dict(definition.filters),
        row_limit=-1,
    )
    if coords is None:
        return vizier.get_catalogs(definition.vizier, get_query_payload=True)
    return vizier.query_region(
        coords, radius=radius.to(u.arcmin), catalog=definition.vizier, get_query_payload=True
    )


def _load_astroquery():
    """Import the client; its logger would take warnings away from whoever catches them."""
    from astropy.logger import conf as log_conf

    with log_conf.set_temp("log_warnings", False):
        from astroquery.vizier import VizierClass
    return VizierClass


def parse_answer(content: bytes, definition: CatalogDefinition) -> Table | None:
    """Return the table of an answer, None where VizieR describes none because no row is there.

    Raises
    ------
    PassingFault
        If the answer ends too early.
    CatalogError
        If VizieR reports an error, or answers with another catalog than the one asked for (it
        does so where it does not know an identifier).
    """
    tables = parse_votable(content, "VizieR")
    wanted = definition.vizier
    ours = {n: t for n, t in tables.items() if n == wanted or n.startswith(f"{wanted}/")}
    if wanted in ours:
        return ours[wanted]
    if not ours:
        if tables:
            raise CatalogError(
                f"VizieR answered with {', '.join(tables)} in place of {wanted}: the catalog "
                "is not there, or has another name now"
            )
        return None
    placed = {n: t for n, t in ours.items() if _has_position(t)}
    if not placed:
        raise CatalogError(f"no table of {wanted} has positions: {', '.join(ours)}")
    return placed[max(placed, key=lambda name: len(placed[name]))]


def _has_position(table: Table) -> bool:
    """Whether a table has sky columns of any name."""
    try:
        sky_columns(table)
    except InvalidTargetError:
        return False
    return True


def drop_repeated(table: Table) -> Table:
    """Return the table without rows that came more than once, from circles that overlap.

    Rows are the same if all columns are, but for the number of the circle.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.catalogs._vizier import drop_repeated
    >>> table = Table({"name": ["a", "b", "a"], "_q": [1, 1, 2]})
    >>> drop_repeated(table)["name"].tolist()
    ['a', 'b']
    """
    names = [name for name in table.colnames if name != _CIRCLE]
    if not names or len(table) == 0:
        return table[names]
    codes = np.empty((len(table), len(names)), dtype=np.int64)
    for i, name in enumerate(names):
        values = np.ma.array(table[name])
        data = values.data if values.dtype.kind != "O" else values.data.astype(str)
        axis = None if values.ndim == 1 else 0  # without one, NaN is NaN
        codes[:, i] = np.unique(data, axis=axis, return_inverse=True)[1].reshape(len(table))
        if values.ndim == 1:
            codes[np.ma.getmaskarray(values), i] = -1
    _, first = np.unique(codes, axis=0, return_index=True)
    return table[names][np.sort(first)]
