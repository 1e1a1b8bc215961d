"""What SIMBAD, NED and SDSS are asked for redshifts of galaxies, and what they answer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from .._registry import Registry
from ..exceptions import CatalogError
from ._numbers import set_numbers
from ._votable import parse_votable

__all__ = ["SERVICES", "RedshiftService"]

#: NED's types of galaxies; it lists galaxies in pairs and triples once more by themselves.
_NED_GALAXIES = ("G", "GPair", "GTrpl", "QSO", "G_Lens")
#: More rows than this are an error, never cut off in silence.
_MAX_ROWS = 100_000


@dataclass(frozen=True)
class RedshiftService:
    """A service that knows redshifts of galaxies.

    Parameters
    ----------
    title : str
        Its name in messages.
    setting : str
        Item of `astrocnn.conf` that holds its address.
    method : {'POST', 'GET'}
        How it is asked.
    chunk : int
        Positions in one request.
    label : str
        Start and kind of the file names in the cache.
    request : callable
        Parameters of a request, from coordinates and a radius.
    parse : callable
        Table with ``z_spec`` (masked where the redshift is not spectroscopic), from an answer
        (bytes); raises if that is of no use.
    columns : dict of str to str
        Canonical name -> column of that table.
    reference : str
        What to cite.
    """

    title: str
    setting: str
    method: str
    chunk: int
    label: str
    request: Callable[[SkyCoord, u.Quantity], dict[str, str]]
    parse: Callable[[bytes], Table]
    columns: dict[str, str]
    reference: str


def _adql(select: str, where: str, coords: SkyCoord, radius: u.Quantity) -> dict[str, str]:
    """Parameters of a TAP request (IVOA TAP 1.1, sect. 2) for rows in circles."""
    circles = " OR ".join(
        f"CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {ra:.8f}, {dec:.8f}, "
        f"{radius.to_value(u.deg):.8f})) = 1"
        for ra, dec in zip(coords.ra.deg, coords.dec.deg, strict=True)
    )
    return {
        "REQUEST": "doQuery",
        "LANG": "ADQL",
        "FORMAT": "votable",
        "MAXREC": str(_MAX_ROWS),
        "QUERY": f"{select} WHERE {where}({circles})",
    }


def _simbad_request(coords, radius) -> dict[str, str]:
    return _adql(
        "SELECT main_id, ra, dec, otype, rvz_redshift, rvz_err, rvz_type, rvz_nature, rvz_qual "
        "FROM basic",
        "rvz_redshift IS NOT NULL AND otype = 'Galaxy..' AND ",
        coords,
        radius,
    )


def _simbad_parse(content: bytes) -> Table:
    table = set_numbers(_only_table(content, "SIMBAD"), ("ra", "dec", "rvz_redshift"), "SIMBAD")
    nature = _words(table["rvz_nature"])
    return _with_redshifts(table, "rvz_redshift", ~np.char.startswith(nature, "p"))


def _ned_request(coords, radius) -> dict[str, str]:
    select = "SELECT prefname, ra, dec, z, zunc, zflag, prefphytype FROM NEDTAP.objdir"
    return _adql(select, "", coords, radius)


def _ned_parse(content: bytes) -> Table:
    table = set_numbers(_only_table(content, "NED"), ("ra", "dec", "z"), "NED")
    galaxy = np.isin(_words(table["prefphytype"]), _NED_GALAXIES)
    table = table[galaxy & ~np.ma.getmaskarray(np.ma.array(table["z"]))]
    return _with_redshifts(table, "z", np.char.startswith(_words(table["zflag"]), "S"))


def _sdss_request(coords, radius) -> dict[str, str]:
    [coord] = coords
    arcmin = radius.to_value(u.arcmin)
    sql = (
        "SELECT s.specObjID, s.ra, s.dec, s.z, s.zErr, s.zWarning, s.class, s.subClass "
        f"FROM SpecObj AS s JOIN dbo.fGetNearbySpecObjEq({coord.ra.deg:.8f}, "
        f"{coord.dec.deg:.8f}, {arcmin:.6f}) AS n ON n.specObjID = s.specObjID "
        "WHERE s.class = 'GALAXY'"
    )
    return {"cmd": sql, "format": "csv", "searchtool": "SQL"}


def _sdss_lines(content: bytes) -> list[str]:
    """Lines of an answer of SkyServer, if it is a table."""
    start = " ".join(content[:200].decode("utf-8", "replace").split())
    if b"error_message" in content:
        raise CatalogError(f"SDSS answered with an error: {start}")
    if not content.lstrip().startswith(b"#Table"):
        raise CatalogError(
            f"SDSS sent no table but {len(content)} bytes"
            + (f" that start with {start!r}" if start else "")
        )

    try:
        return content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise CatalogError(f"the table of SDSS cannot be read: {error}") from error


def _sdss_parse(content: bytes) -> Table:
    from astropy.io import ascii as ascii_io

    names = ["specObjID", "ra", "dec", "z", "zErr", "zWarning", "class", "subClass"]
    text = dict.fromkeys(("specObjID", "class", "subClass"), str)
    lines = _sdss_lines(content)
    try:
        # as text, because the identifiers of SDSS do not fit into signed integers
        table = ascii_io.read(lines, format="csv", comment="#", converters=text)[names]
    except (ValueError, KeyError) as error:
        raise CatalogError(f"the table of SDSS cannot be read: {error}") from error
    if len(table) == 0:
        table = Table(names=names, dtype=["U1", *5 * ["f8"], "U1", "U1"])
    set_numbers(table, ("ra", "dec", "z", "zWarning"), "SDSS")
    return _with_redshifts(table, "z", np.ma.filled(np.ma.array(table["zWarning"]) == 0, False))


def _only_table(content: bytes, who: str) -> Table:
    """The one table of a TAP answer."""
    tables = list(parse_votable(content, who).values())
    if len(tables) != 1:
        raise CatalogError(f"{who} sent {len(tables)} tables, not one")
    return tables[0]


def _words(column) -> np.ndarray:
    """A column as strings without blanks, '' where masked."""
    values = np.ma.array(column)
    words = np.where(np.ma.getmaskarray(values), "", values.data.astype(str))
    return np.char.strip(words.astype(str))


def _with_redshifts(table: Table, column: str, spectroscopic) -> Table:
    """Add ``z_spec`` and, for the rows that are not, ``z_other``."""
    values = np.ma.array(table[column])
    missing = np.ma.getmaskarray(values)
    spectroscopic = np.asarray(spectroscopic, dtype=bool)
    table["z_spec"] = MaskedColumn(values.data, mask=missing | ~spectroscopic)
    table["z_other"] = MaskedColumn(values.data, mask=missing | spectroscopic)
    return table


#: Services by name.
SERVICES = Registry(
    "service",
    {
        "simbad": RedshiftService(
            title="SIMBAD", setting="simbad_server", method="POST", chunk=50, label="simbad.vot",
            request=_simbad_request, parse=_simbad_parse,
            columns={"source_id": "main_id", "object_type": "otype"},
            reference="2000A&AS..143....9W",
        ),
        "ned": RedshiftService(
            title="NED", setting="ned_server", method="POST", chunk=20, label="ned.vot",
            request=_ned_request, parse=_ned_parse,
            columns={"source_id": "prefname", "object_type": "prefphytype"},
            reference="10.26132/NED1",
        ),
        "sdss": RedshiftService(
            title="SDSS", setting="sdss_server", method="GET", chunk=1, label="sdss.csv",
            request=_sdss_request, parse=_sdss_parse,
            columns={"source_id": "specObjID", "object_type": "class"},
            reference="2022ApJS..259...35A",
        ),
    },
)  # fmt: skip
