"""What each file format keeps of a table, and how."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from ..exceptions import AstrocnnWarning
from ._kept_meta import OWN_PARAM, ascii_line, flat_meta, printable_line
from ._positions import SYSTEM, sky_system
from ._result import describe_result

__all__ = ["WRITERS", "take_keywords", "to_votable"]

#: Header, column names and rows of an ECSV file; the rows begin with the end of a line.
_HEAD = re.compile(r"((?:#[^\n]*\n)*)([^\n]*)(.*)", re.DOTALL)
#: FITS keywords that say more about a column than the standard does; STILTS and TOPCAT know them.
_COLUMN_KEYWORD = re.compile(r"(TUCD|TCOMM)([1-9][0-9]*)$")


def _write_ecsv(table: Table, path: Path) -> None:
    """ECSV: a row that starts with "#" (an identifier may) would be read as a comment."""
    table.write(path, format="ascii.ecsv", overwrite=True)
    head, names, rows = _HEAD.match(path.read_text(encoding="utf-8")).groups()
    if "\n#" in rows:
        quoted = re.sub(r"(?<=\n)(#\S*)", r'"\1"', rows)
        path.write_text(head + names + quoted, encoding="utf-8")


def _write_csv(table: Table, path: Path) -> None:
    names, system = sky_system(table)
    if names:
        warnings.warn(
            f"CSV files cannot say that {' and '.join(names)} are of {' '.join(system.values())}: "
            "whoever reads them takes them as ICRS; write .ecsv, or convert them",
            AstrocnnWarning,
            stacklevel=6,
        )
    table.write(path, format="ascii.csv", overwrite=True)


def _write_fits(table: Table, path: Path) -> None:
    """FITS: keywords are flat and ASCII; those longer than 8 characters follow HIERARCH."""
    nulls = {}
    meta = {
        key.upper() if len(key) <= 8 else f"HIERARCH {key.upper()}": value
        for key, value in flat_meta(table.meta)
        if not _COLUMN_KEYWORD.match(key.upper())  # of the file that the table was read from
    }
    names, system = sky_system(table)
    if names and not {"RADESYS", "RADECSYS", "EQUINOX"} & {*meta}:
        frame = {"fk4noeterms": "fk4-no-e"}.get(system["frame"], system["frame"])
        meta |= {"RADESYS": frame.upper(), "EQUINOX": float(system["equinox"][1:])}
    for number, name in enumerate(table.colnames, 1):
        column = table[name]
        if column.info.description:
            meta[f"TCOMM{number}"] = ascii_line(column.info.description)
        if (column.info.meta or {}).get("ucd"):
            meta[f"TUCD{number}"] = ascii_line(column.info.meta["ucd"])
        if isinstance(column, MaskedColumn) and column.dtype.kind == "U":
            # What is empty is masked when read; astropy loses the mask of text beyond ASCII.
            table[name] = column.filled("")
        elif column.dtype.kind == "b" and np.any(getattr(column, "mask", False)):
            numbers = column.astype("i2")  # astropy writes no missing truth values
            numbers.fill_value = -1
            table[name] = numbers
        elif isinstance(column, MaskedColumn) and column.dtype.kind in "iu" and column.ndim > 1:
            # Of arrays astropy 7 writes no null, and later ones 999999, whatever their rows hold.
            nulls[f"TNULL{number}"] = int(column.fill_value)
            table[name] = column.filled()
    _warn_of_lost_units(table)
    table.meta = meta
    table.convert_unicode_to_bytestring()
    table.write(path, format="fits", overwrite=True)
    for keyword, null in nulls.items():
        fits.setval(path, keyword, value=null, ext=1)


def _warn_of_lost_units(table: Table) -> None:
    """Say which units FITS does not have."""
    units = {name: table[name].info.unit for name in table.colnames}
    lost = [
        f"{name} ({unit})"
        for name, unit in units.items()
        if unit is not None and not _is_unit_of_fits(unit)
    ]
    if lost:
        warnings.warn(
            f"FITS files cannot say the units of {', '.join(lost)}: write .ecsv to keep them",
            AstrocnnWarning,
            stacklevel=6,
        )


def _is_unit_of_fits(unit) -> bool:
    """Whether FITS has a unit; astropy 7.1 writes logarithmic ones that cannot be read."""
    if isinstance(unit, u.function.FunctionUnitBase):
        return False
    try:
        unit.to_string("fits")
    except ValueError:
        return False
    return True


def take_keywords(table: Table) -> None:
    """Turn the column keywords of a FITS table into descriptions and UCDs of its columns."""
    for key in [key for key in table.meta if _COLUMN_KEYWORD.match(key)]:
        kind, number = _COLUMN_KEYWORD.match(key).groups()
        value = table.meta.pop(key)
        if int(number) > len(table.colnames):
            continue
        info = table[table.colnames[int(number) - 1]].info
        if kind == "TCOMM":
            info.description = info.description or str(value)
        elif not (info.meta or {}).get("ucd"):
            info.meta = {**(info.meta or {}), "ucd": str(value)}


def _write_votable(table: Table, path: Path) -> None:
    to_votable(table, describe_result(table)).to_xml(str(path))


def to_votable(table: Table, summary: str):
    """Return a table as a `~astropy.io.votable.tree.VOTableFile`, ``meta`` as parameters."""
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import Field, Param

    parameters = list(flat_meta(table.meta, line=printable_line))
    systems = _systems(table)
    summary = summary.replace("\n", "; ")
    table = table.copy(copy_data=False)
    table.meta = {"description": summary} if summary else {}
    file = from_table(table)
    content = file.get_first_table()
    for i, field in enumerate(content.fields):
        if field.datatype == "bit":  # astropy's choice, which can not be missing
            known = {"unit": field.unit, "ucd": field.ucd, "arraysize": field.arraysize}
            content.fields[i] = Field(
                file, ID=field.ID, name=field.name, datatype="boolean", **known
            )
            content.fields[i].description = field.description
    _refer(file, systems)
    for key, value in parameters:
        # The system of coordinates is said by elements: whoever reads it here too converts twice.
        owner = None if key.upper() in SYSTEM else OWN_PARAM
        content.params.append(Param(file, name=key, **_param(value, owner)))
    return file


def _param(value, owner: str | None) -> dict:
    """Value and type of a parameter, and whose it is."""
    if isinstance(value, bool):
        return {"value": str(value).lower(), "datatype": "boolean", "utype": owner}
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63):
        kind = "double" if isinstance(value, float) else "long"
        return {"value": repr(value), "datatype": kind, "utype": owner}
    is_list = isinstance(value, list)
    words = "; ".join(value) if is_list else str(value)
    kind = "char" if words.isascii() else "unicodeChar"
    utype = f"{owner}.list" if is_list and owner else owner
    return {"value": words, "datatype": kind, "arraysize": "*", "utype": utype}


def _systems(table: Table) -> dict[str, Mapping[str, str]]:
    """Frame and equinox of the columns that are of another system than ICRS."""
    names, system = sky_system(table)
    columns = {name: (table[name].info.meta or {}).get("coosys") for name in table.colnames}
    return {name: said for name, said in columns.items() if said} | dict.fromkeys(names, system)


def _refer(file, systems: Mapping[str, Mapping[str, str]]) -> None:
    """Say of which systems columns are."""
    from astropy.io.votable.tree import CooSys

    elements = {}
    for field in file.get_first_table().fields:
        system = systems.get(field.name)
        if not system:
            continue
        frame, equinox = system["frame"], system.get("equinox")
        key = f"{frame}_{equinox}".replace(".", "_")
        if key not in elements:
            name = {"fk4": "eq_FK4", "fk5": "eq_FK5"}.get(frame, frame)
            elements[key] = CooSys(ID=key, equinox=equinox, system=name)
            file.resources[0].coordinate_systems.append(elements[key])
        field.ref = key


def _write_parquet(table: Table, path: Path) -> None:
    from ._parquet import write_parquet

    write_parquet(table, path)


#: How the file of each suffix is written.
WRITERS = {
    ".ecsv": _write_ecsv,
    ".fits": _write_fits,
    ".csv": _write_csv,
    ".vot": _write_votable,
    ".xml": _write_votable,
    ".parquet": _write_parquet,
}
