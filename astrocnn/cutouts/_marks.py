"""Marks of kept cut-outs: what is known of finished targets, and the checksums of their pixels."""

import json
from pathlib import Path

import numpy as np
import xarray as xr

from ..tables._flags import text
from ._checked import UNKNOWN, row_checksums
from ._dataset import MAPS
from ._zarr import chunk_path

__all__ = ["PIXELS", "Marks", "make_mark", "mark_pixels"]

#: Variables of pixels.
PIXELS = ("image", "valid", *MAPS)
_PAIRS = ("target", "band")
#: In a mark, before the names of variables of these dimensions, and of pixels with checksums.
_VALUES, _CHECKSUMS = "of_", "crc_"
_POSITIONS = ("target_id", "ra", "dec")


def make_mark(dataset: xr.Dataset, about: dict) -> dict[str, np.ndarray]:
    """Return the mark of a chunk of cut-outs, as arrays.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        The cut-outs.
    about : dict
        What is the same for all cut-outs.
    """
    mark = {"faults": _encoded(np.array(dataset.attrs["faults"], dtype=str))}
    for name in MAPS:
        mark[f"has_{name}"] = np.array(name in dataset)
    for name, variable in dataset.variables.items():
        if variable.dims == _PAIRS:
            mark[_VALUES + name] = _encoded(variable.values)
    pixels = {name: dataset[name].values for name in PIXELS if name in dataset}
    return mark_pixels(mark, pixels, *(dataset[name].values for name in _POSITIONS), about)


def mark_pixels(mark: dict, pixels: dict, ids, ra, dec, about: dict) -> dict[str, np.ndarray]:
    """Return a mark with checksums of pixels, positions, and what is the same for all cut-outs."""
    ids = np.asarray(ids) if ids.dtype.kind in "iu" else _encoded(text(ids))
    positions = dict(zip(_POSITIONS, (ids, np.asarray(ra), np.asarray(dec)), strict=True))
    checksums = {_CHECKSUMS + name: row_checksums(values) for name, values in pixels.items()}
    words = np.bytes_(json.dumps(about, sort_keys=True))
    return {**mark, **positions, **checksums, "about": words}


class Marks:
    """The marks of all finished targets.

    Parameters
    ----------
    marks : dict of (int, int) to dict of str to ndarray
        Marks by their first row and the row after the last one.
    n : int
        Number of all targets.
    bands : list of str
        The bands.
    """

    def __init__(self, marks: dict, n: int, bands: list[str]):
        self.marks, self.n, self.bands = marks, n, bands

    @staticmethod
    def about(marks: dict) -> dict | None:
        """What is the same for all cut-outs; None if no mark says it, as those of 0.1."""
        words = next((mark["about"] for mark in marks.values() if "about" in mark), None)
        return None if words is None else json.loads(words.item())

    @property
    def maps(self) -> list[str]:
        """Names of the maps that some targets have."""
        return [name for name in MAPS if any(mark[f"has_{name}"] for mark in self.marks.values())]

    @property
    def finished(self) -> np.ndarray:
        """Which targets have a mark, shape (n,)."""
        return self._rows(self.marks)

    @property
    def positioned(self) -> np.ndarray:
        """Which targets have a mark that says where they are, shape (n,)."""
        return self._rows([part for part, mark in self.marks.items() if "ra" in mark])

    @property
    def faults(self) -> list[str]:
        """What went wrong, in words."""
        return [
            fault
            for mark in self.marks.values()
            for fault in np.char.decode(mark["faults"], "utf-8").tolist()
        ]

    def position(self, name: str, values: np.ndarray) -> np.ndarray:
        """Return identifiers or coordinates, those of marks in place of what is in the store."""
        for (start, stop), mark in self.marks.items():
            if name in mark:
                column = _decoded(mark[name])
                if name != _POSITIONS[0] and column.dtype.kind != "f":
                    raise ValueError(f"{name} of {start} to {stop} holds {column.dtype}")
                values = values.astype(np.promote_types(values.dtype, column.dtype))
                values[start:stop] = column
        return values

    def checksums(self, name: str) -> np.ndarray:
        """Checksums of the pixels of a variable, shape (n, n_bands); -1 where there is none."""
        checksums = np.full((self.n, len(self.bands)), UNKNOWN, dtype=np.int64)
        for (start, stop), mark in self.marks.items():
            if _CHECKSUMS + name in mark:
                checksums[start:stop] = mark[_CHECKSUMS + name]
        return checksums

    def variables(self) -> dict:
        """Variables of targets and bands; targets without a mark are interrupted."""
        columns = {
            "status": np.full((self.n, len(self.bands)), "interrupted", dtype=object),
            "survey": np.tile(np.array(self.bands, dtype=object), (self.n, 1)),
        }
        for (start, stop), mark in self.marks.items():
            for key, values in mark.items():
                if not key.startswith(_VALUES):
                    continue
                name, values = key.removeprefix(_VALUES), _decoded(values)
                if name not in columns:
                    columns[name] = np.zeros((self.n, len(self.bands)), dtype=values.dtype)
                columns[name][start:stop] = values
        return {
            name: (_PAIRS, values.astype(str) if values.dtype == object else values)
            for name, values in columns.items()
        }

    def lost(self, store: Path, step: int) -> np.ndarray:
        """Which targets and bands of marks without checksums have no file of pixels.

        Only what has pixels has a file. Shape (n, n_bands), bool.
        """
        lost = np.zeros((self.n, len(self.bands)), dtype=bool)
        for (start, _), mark in self.marks.items():
            if _CHECKSUMS + "image" in mark:
                continue
            covered = mark[_VALUES + "coverage"] > 0
            for i, b in zip(*np.nonzero(covered), strict=True):
                files = (chunk_path(store, x, (start + i) // step, b) for x in ("image", "valid"))
                lost[start + i, b] = not all(file.exists() for file in files)
        return lost

    def _rows(self, parts) -> np.ndarray:
        rows = np.zeros(self.n, dtype=bool)
        for start, stop in parts:
            rows[start:stop] = True
        return rows


def _encoded(values: np.ndarray) -> np.ndarray:
    """Text as bytes: those of NumPy's text depend on the longest."""
    return np.char.encode(values, "utf-8") if values.dtype.kind == "U" else values


def _decoded(values: np.ndarray) -> np.ndarray:
    return np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
