"""VOTables, with the names and the coordinate systems of their columns."""

from pathlib import Path

from astropy.table import Table

__all__ = ["read_votable"]

#: Equatorial systems, in the words of VOTable 1.1 and of the vocabulary of 1.5: frame of astropy
#: and usual equinox.
_FRAMES = {
    "eq_fk4": ("fk4", "B1950"),
    "fk4": ("fk4", "B1950"),
    "eq_fk5": ("fk5", "J2000"),
    "fk5": ("fk5", "J2000"),
}


def read_votable(path: Path) -> Table:
    """Return the table of a VOTable by the names of its fields, not their IDs.

    Parameters
    ----------
    path : `~pathlib.Path`
        Compressed or not.

    Returns
    -------
    `~astropy.table.Table`
        Columns of an equinox other than J2000 have ``meta["coosys"]``, what
        `~astropy.coordinates.SkyCoord` needs to know: ``frame`` and ``equinox``.
    """
    from astropy.io import votable

    tree = votable.parse(path)
    table = Table.read(tree, format="votable", use_names_over_ids=True)
    [content] = tree.iter_tables()
    systems = {system.ID: system for system in tree.iter_coosys()}
    refs = [field.ref for field in content.fields]
    if len(systems) == 1 and not {*refs} & {*systems}:
        refs = [*systems] * len(refs)  # old files name their only system and do not refer to it
    for name, ref in zip(table.colnames, refs, strict=True):
        coosys = _coosys(systems[ref]) if ref in systems else None
        if coosys:
            info = table[name].info
            info.meta = {**(info.meta or {}), "coosys": coosys}
    return table


def _coosys(system) -> dict[str, str] | None:
    """Frame and equinox of a COOSYS element; None where they are ICRS, or as good as that."""
    frame, usual = _FRAMES.get(str(system.system).lower(), (None, None))
    if frame is None:
        return None
    equinox = str(system.equinox or usual).strip().upper()
    letter = equinox[0] if equinox[0] in "BJ" else usual[0]
    year = float(equinox.lstrip("BJ"))
    if (frame, year) == ("fk5", 2000):
        return None
    return {"frame": frame, "equinox": f"{letter}{year:g}"}
