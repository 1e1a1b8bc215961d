"""VOTables: names and coordinate systems of their columns, and whether they are whole."""

import warnings
from pathlib import Path

from astropy.table import Table

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._kept_meta import OWN_PARAM
from ._sky_names import find_sky_names

__all__ = ["INCOMPLETE", "frame_of", "read_votable", "votable_faults"]

#: Key of a table's meta: why rows are missing.
INCOMPLETE = "incomplete"
#: Equatorial systems, in the words of VOTable 1.1 and of the vocabulary of 1.5: frame of astropy
#: and usual equinox.
_FRAMES = {
    "eq_fk4": ("fk4", "B1950"),
    "fk4": ("fk4", "B1950"),
    "fk4_no_e": ("fk4noeterms", "B1950"),
    "eq_fk5": ("fk5", "J2000"),
    "fk5": ("fk5", "J2000"),
}


def read_votable(path: Path) -> Table:
    """Return the table of a VOTable by the names of its fields, not their IDs.

    Parameters
    ----------
    path : `~pathlib.Path`
        Compressed or not. Of several tables, the first with sky columns is taken.

    Returns
    -------
    `~astropy.table.Table`
        Columns of an equinox other than J2000 have ``meta["coosys"]``, what
        `~astropy.coordinates.SkyCoord` needs to know: ``frame`` and ``equinox``. Where the service
        said that rows are missing, ``meta["incomplete"]`` has its words. Of a table that
        `astrocnn.tables.write_result` wrote, ``meta`` has the parameters.

    Raises
    ------
    InvalidTargetError
        If there is no table.

    Warns
    -----
    AstrocnnWarning
        If rows are missing, or the file holds several tables with positions.
    """
    from astropy.io import votable

    tree = votable.parse(path)
    faults = votable_faults(tree)
    content = _choose([*tree.iter_tables()], path, faults)
    table = content.to_table(use_names_over_ids=True)
    systems = {system.ID: system for system in tree.iter_coosys()}
    refs = [field.ref for field in content.fields]
    if len(systems) == 1 and not {*refs} & {*systems}:
        refs = [*systems] * len(refs)  # old files name their only system and do not refer to it
    for name, ref in zip(table.colnames, refs, strict=True):
        coosys = _coosys(systems[ref]) if ref in systems else None
        if coosys:
            info = table[name].info
            info.meta = {**(info.meta or {}), "coosys": coosys}
    table.meta.update(_own_meta(content.params))
    if faults:
        table.meta[INCOMPLETE] = "; ".join(said for _, said in faults)
        warnings.warn(
            f"'{path}' is not whole: {table.meta[INCOMPLETE]} (ask the service for less at once, "
            "or for more rows)",
            AstrocnnWarning,
            stacklevel=4,
        )
    return table


def _own_meta(params) -> dict[str, object]:
    """Meta of a table that this package wrote; the elements of columns say their system."""
    meta = {}
    for param in params:
        owner, _, kind = str(param.utype or "").partition(".")
        if owner == OWN_PARAM:
            value = getattr(param.value, "item", lambda value=param.value: value)()
            meta[param.name] = str(value).split("; ") if kind == "list" else value
    return meta


def _choose(contents: list, path: Path, faults: list[tuple[str, str]]):
    """The first table with sky columns, else the first."""
    if not contents:
        said = f"; the service says: {faults[0][1]}" if faults else ""
        raise InvalidTargetError(f"the file holds no table{said}")
    on_sky = [c for c in contents if find_sky_names(field.name or field.ID for field in c.fields)]
    chosen = (on_sky or contents)[0]
    if len(on_sky) > 1:
        warnings.warn(
            f"'{path}' holds {len(on_sky)} tables with positions, and the first "
            f"({chosen.name or chosen.ID or 'without a name'}) is taken: give another one as "
            "Table.read(path, table_id=...)",
            AstrocnnWarning,
            stacklevel=5,
        )
    return chosen


def votable_faults(tree) -> list[tuple[str, str]]:
    """Return what the INFO elements of a VOTable say is wrong with it.

    Parameters
    ----------
    tree : `~astropy.io.votable.tree.VOTableFile`

    Returns
    -------
    list of (str, str)
        ``"error"`` or ``"overflow"``, and the service's own words.
    """
    elements, todo = [tree], list(tree.resources)
    while todo:
        resource = todo.pop()
        elements += [resource, *resource.tables]
        todo += resource.resources
    faults = []
    for info in (info for element in elements for info in element.infos):
        name, value = (info.name or "").lower(), str(info.value)
        said = " ".join(str(info.content or "").split()) or value
        if name in ("error", "errors") or (name == "query_status" and value.upper() == "ERROR"):
            faults.append(("error", said))
        elif name == "query_status" and value.upper() == "OVERFLOW":
            faults.append(("overflow", said))
    return faults


def _coosys(system) -> dict[str, str] | None:
    """Frame and equinox of a COOSYS element; None where they are ICRS, or as good as that."""
    return frame_of(system.system, system.equinox)


def frame_of(system, equinox) -> dict[str, str] | None:
    """Return what `~astropy.coordinates.SkyCoord` needs to know of a system and its equinox.

    Parameters
    ----------
    system : str or None
        Name of the system, in the words of VOTables or FITS.
    equinox : str, float or None

    Returns
    -------
    dict of str to str or None
        None where they are ICRS, or as good as that.

    Examples
    --------
    >>> from astrocnn.tables._votable import frame_of
    >>> frame_of("FK4", None), frame_of(None, 1950.0), frame_of("FK5", 2000)
    ({'frame': 'fk4', 'equinox': 'B1950'}, {'frame': 'fk4', 'equinox': 'B1950'}, None)
    """
    text = str("" if equinox is None else equinox).strip().upper()
    try:
        year = float(text.lstrip("BJ")) if text else None
    except ValueError:
        year = None
    frame, usual = _FRAMES.get(str(system or "").strip().lower().replace("-", "_"), (None, None))
    if system is None and year is not None:  # as FITS has it
        frame, usual = ("fk4", "B1950") if year < 1984 else ("fk5", "J2000")
    if frame is None:
        return None
    letter = text[0] if text[:1] in ("B", "J") else usual[0]
    year = float(usual[1:]) if year is None else year
    if (frame, year) == ("fk5", 2000):
        return None
    return {"frame": frame, "equinox": f"{letter}{year:g}"}
