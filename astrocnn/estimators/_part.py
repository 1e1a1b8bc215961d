"""What is known of the rows of one chunk, in memory and as arrays for a file."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from ._judged import Judged
from ._verdicts import row_coverage, row_flags

__all__ = ["Part"]


class Part(NamedTuple):
    """The rows of a chunk, whatever the threshold.

    Attributes
    ----------
    judged : Judged
        What the network says, novel images included.
    coverage : dict of str to ndarray of shape (n,)
        Fraction of valid pixels by waveband.
    flags : ndarray of shape (n,), str
        Flags of the images.
    faults : list of str
        What went wrong, in words.
    """

    judged: Judged
    coverage: dict[str, np.ndarray]
    flags: np.ndarray
    faults: list[str]

    @classmethod
    def of(cls, dataset: xr.Dataset, judged: Judged) -> "Part":
        """Return what is known of the cut-outs of a chunk."""
        flags = np.array(row_flags(dataset), dtype=str)
        return cls(judged, row_coverage(dataset), flags, list(dataset.attrs.get("faults", [])))

    @property
    def failed(self) -> np.ndarray:
        """Rows whose images a file or service failed to give, numbered from 0."""
        return np.flatnonzero(np.char.find(self.flags, "failed:") >= 0)

    def patched(self, rows: np.ndarray, newer: "Part") -> "Part":
        """Return the same with some rows, numbered from 0, known better."""
        judged = Judged(*(column.copy() for column in self.judged))
        for column, values in zip(judged, newer.judged, strict=True):
            column[rows] = values
        coverage = {name: values.copy() for name, values in self.coverage.items()}
        for name, values in newer.coverage.items():
            coverage[name][rows] = values
        flags = self.flags.astype(np.promote_types(self.flags.dtype, newer.flags.dtype))
        flags[rows] = newer.flags
        return Part(judged, coverage, flags, newer.faults)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return plain arrays for a file."""
        return {
            **self.judged._asdict(),
            **{f"coverage_{name}": values for name, values in self.coverage.items()},
            "flags": np.char.encode(self.flags, "utf-8"),
            "faults": np.char.encode(np.array(self.faults, dtype=str), "utf-8"),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Part":
        """Return what `arrays` came from."""
        # Parts of before there was this column.
        arrays = {"separation": np.full(len(arrays["novelty"]), np.nan)} | arrays
        return cls(
            Judged(*(arrays[name] for name in Judged._fields)),
            {
                name.removeprefix("coverage_"): values
                for name, values in arrays.items()
                if name.startswith("coverage_")
            },
            np.char.decode(arrays["flags"], "utf-8"),
            np.char.decode(arrays["faults"], "utf-8").tolist(),
        )

    def check(self, shape: tuple[int, int], wavebands: list[str], n_apart: int = 0) -> None:
        """Raise ValueError unless this is of so many rows and classes, and of these wavebands."""
        if self.judged.apart.shape != (shape[0], n_apart):
            raise ValueError(f"{self.judged.apart.shape} probabilities of parts of a class")
        columns = [*self.judged[1:-1], self.flags, *self.coverage.values()]
        sizes = {self.judged.proba.shape, *((*column.shape, shape[1]) for column in columns)}
        if sizes != {shape} or {*self.coverage} != {*wavebands}:
            raise ValueError(f"rows and classes of {sizes}, coverage of {sorted(self.coverage)}")
