"""Candidates and their matches as regions for DS9, CASA and CARTA."""

import os
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..exceptions import InvalidTargetError, InvalidTargetWarning
from ..storage import write_whole
from ._ds9 import MATCH_TAG
from ._flags import text as as_text
from ._identifiers import id_name
from ._tabular import as_table
from ._targets import target_coords
from ._write import check_output_path

__all__ = ["write_regions"]

_FORMATS = {".reg": "ds9", ".crtf": "crtf"}
#: Characters that a text cannot have, and what takes their place.
_REPLACED = {
    "ds9": {"{": "(", "}": ")"},
    "crtf": {"'": "`", '"': "`", ",": ";", "[": "(", "]": ")"},
}
#: Colors that DS9, CASA and CARTA know by name, apart from each other with any color vision on
#: black; the first is that of the positive class, the last of rows without a value.
_COLORS = ("cyan", "orange", "magenta", "yellow", "blue", "red")
_NO_VALUE = "white"


def write_regions(
    table: Table,
    path: str | os.PathLike,
    radius: u.Quantity = 1 * u.arcmin,
    *,
    text: str | None = None,
    color: str | None = None,
    catalog: Table | None = None,
    prefix: str = "",
    overwrite: bool = False,
) -> Path:
    """Write the rows of a table as circles on the sky, and lines from them to their matches.

    Parameters
    ----------
    table : `~astropy.table.Table` of n rows
        A result, a match table, a target list, or any table with sky columns. Rows without a valid
        position are left out.
    path : str or path
        Its suffix is the format: ``.reg`` (DS9) or ``.crtf`` (CASA, CARTA).
    radius : `~astropy.units.Quantity`
        Of the circles: one angle, or one per row.
    text : str, optional
        Column that is written beside the circles; by default identifier, label and probability, as
        far as the table has them. With ``text="target_id"``, `read_targets` gets the identifiers
        back.
    color : str, optional
        Column whose values have a color each; by default ``label``, else ``matched``. Which color
        stands for what is a comment at the top of the file.
    catalog : `~astropy.table.Table`, optional
        The catalog that the table was matched with: from each matched target a line goes to the
        entry whose ``source_id`` is its ``match_id`` (to the nearest of them, where an identifier
        is repeated).
    prefix : str
        The prefix that was given to `~astrocnn.matching.match_sky`.
    overwrite : bool
        Whether a file of that name is replaced.

    Returns
    -------
    `~pathlib.Path`
        The file.

    Raises
    ------
    InvalidTargetError
        If there is no valid position, no such column, the radius is no angle, or the catalog lacks
        what the lines need.
    UnknownNameError, FileExistsError, FileNotFoundError, OSError
        As in `write_result`.

    Warns
    -----
    InvalidTargetWarning
        With the number of rows without a valid position.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astropy.table import QTable
    >>> from astrocnn.tables import write_regions
    >>> result = QTable({"target_id": ["A1835", "B"], "ra": [210.258, 15.0] * u.deg,
    ...                  "dec": [2.879, -3.0] * u.deg, "label": ["cluster", "non_cluster"],
    ...                  "proba_cluster": [0.97, 0.08]})
    >>> path = write_regions(result, "candidates.reg", radius=2 * u.arcmin)
    >>> print(path.read_text())
    # Region file format: DS9 astropy/regions
    # label: cyan = cluster, orange = non_cluster
    icrs
    circle(210.25800000,2.87900000,0.03333333) # text={A1835 cluster 0.97} color=cyan
    circle(15.00000000,-3.00000000,0.03333333) # text={B non_cluster 0.08} color=orange
    """
    from regions import CircleSkyRegion, Regions

    path = check_output_path(path, overwrite, list(_FORMATS))
    table, catalog = as_table(table), as_table(catalog)
    coords, rows = _positions(table)
    sizes = _radii(radius, len(table))
    labels, (colors, legend) = _texts(table, text, path), _colors(table, color)
    regions = [
        CircleSkyRegion(
            coords[row], sizes[row], meta=_meta(path, labels[row]), visual={"color": colors[row]}
        )
        for row in rows
    ]
    if catalog is not None:
        regions += _lines(table, coords, rows, catalog, prefix, colors, path)
    write_whole(path, _serialize(Regions(regions), path, legend), replace=overwrite)
    return path


def _positions(table: Table) -> tuple[SkyCoord, np.ndarray]:
    """Positions of all rows, and the rows where they are valid."""
    if not isinstance(table, Table):
        raise InvalidTargetError(
            f"regions are written of a table, not of {type(table).__name__}: make one with "
            "astrocnn.tables.read_targets"
        )
    coords = target_coords(table)
    rows = np.flatnonzero(np.isfinite(coords.ra.deg) & np.isfinite(coords.dec.deg))
    if not len(rows):
        raise InvalidTargetError("there is no valid position, so there are no regions to write")
    if len(rows) < len(table):
        warnings.warn(
            f"{len(table) - len(rows)} of {len(table)} rows have no valid position and no region",
            InvalidTargetWarning,
            stacklevel=3,
        )
    return coords, rows


def _radii(radius: u.Quantity, n: int) -> u.Quantity:
    """One radius per row."""
    if not isinstance(radius, u.Quantity) or not radius.unit.is_equivalent(u.deg):
        raise InvalidTargetError(f"radius must be an angle such as 1 * u.arcmin, not {radius!r}")
    if radius.shape not in ((), (n,)) or not np.all((radius > 0) & (radius <= 180 * u.deg)):
        raise InvalidTargetError(
            "radius must be one angle above 0 and up to 180 degrees, or one per row, not "
            f"{radius if radius.isscalar else f'an array of shape {radius.shape}'}"
        )
    return np.broadcast_to(radius.to(u.deg), n, subok=True)


def _column(table: Table, name: str) -> np.ndarray:
    """A column as text, '' where masked."""
    if name not in table.colnames:
        raise InvalidTargetError(
            f"there is no column {name!r}; the table has: {', '.join(table.colnames)}"
        )
    column = table[name]
    missing = np.broadcast_to(getattr(column, "mask", False), len(table))
    values = as_text(np.asarray(getattr(column, "unmasked", column)))
    return np.where(missing, "", values)


def _texts(table: Table, name: str | None, path: Path) -> np.ndarray:
    """What stands beside the circles, without the characters that end a text in the file."""
    if name is not None:
        words = [_column(table, name)]
    else:
        names = (id_name(table), "label" if "label" in table.colnames else None)
        words = [_column(table, name) for name in names if name]
        words += _probabilities(table)
    lines = [" ".join(w for w in row if w) for row in zip(*words, strict=True)]
    plain = str.maketrans(_REPLACED[_FORMATS[path.suffix.lower()]])
    lines = lines or [""] * len(table)
    return np.array([" ".join(line.translate(plain).split()) for line in lines])


def _probabilities(table: Table) -> list[np.ndarray]:
    """The highest probability of each row, as text with two decimals."""
    names = [n for n in table.colnames if n.startswith("proba_") and n != "proba_err"]
    names = [n for n in names if table[n].dtype.kind in "iuf"]
    if not names:
        return []
    values = np.ma.stack([np.ma.masked_invalid(np.ma.array(table[n], dtype=float)) for n in names])
    best = values.max(axis=0).filled(np.nan)
    return [np.array([f"{value:.2f}" if np.isfinite(value) else "" for value in best])]


def _colors(table: Table, name: str | None) -> tuple[np.ndarray, str]:
    """One color per row, and a line that explains them."""
    name = name or next((n for n in ("label", "matched") if n in table.colnames), None)
    if name is None:
        return np.full(len(table), _COLORS[0]), ""
    values = _column(table, name)
    known = [str(c) for c in np.atleast_1d(table.meta.get("classes", []))][::-1] + ["True", "False"]
    found = sorted(set(values) - {""}, key=lambda v: (known.index(v) if v in known else 99, v))
    colors = dict(zip(found, _COLORS, strict=False))
    legend = ", ".join(f"{color} = {value}" for value, color in colors.items())
    return np.array([colors.get(v, _NO_VALUE) for v in values]), f"# {name}: {legend}\n"


def _meta(path: Path, label: str, tag: str | None = None) -> dict:
    """Text (and tag) of a region, by the name that the format has for it."""
    meta = {("text" if path.suffix.lower() == ".reg" else "label"): label} if label else {}
    return meta | ({"tag": [tag]} if tag and path.suffix.lower() == ".reg" else {})


def _lines(table, coords, rows, catalog, prefix, colors, path) -> list:
    """Lines from the targets to the entries that they were matched with."""
    from regions import LineSkyRegion

    ids = _column(table, f"{prefix}match_id")
    entries, names = target_coords(catalog), _column(catalog, "source_id")
    rows = rows[ids[rows] != ""]
    order = np.argsort(names, kind="stable")
    first, last = (np.searchsorted(names[order], ids[rows], side) for side in ("left", "right"))
    if np.any(first == last):
        raise InvalidTargetError(
            f"{np.sum(first == last)} of {len(rows)} match_id are not in the catalog: give the "
            "catalog that the table was matched with"
        )
    lines = []
    for row, begin, end in zip(rows, first, last, strict=True):
        same = entries[order[begin:end]]
        nearest = same[np.argmin(same.separation(coords[row]))]
        meta = _meta(path, _texts(table[[row]], f"{prefix}match_id", path)[0], MATCH_TAG)
        lines.append(LineSkyRegion(coords[row], nearest, meta=meta, visual={"color": colors[row]}))
    return lines


def _serialize(regions, path: Path, legend: str) -> str:
    """The file's text; the legend is its second line."""
    if path.suffix.lower() == ".reg":
        content = regions.serialize(format="ds9")
    else:
        content = regions.serialize(format="crtf", coordsys="icrs", fmt=".8f")
    first, rest = content.split("\n", 1)
    return f"{first}\n{legend}{rest}"
