"""From Datasets of cut-outs to rows of the result: probabilities, coverage, flags."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from astropy.table import Table

from ..exceptions import FailedTargetWarning, NoCoverageWarning
from ..tables import describe_result, has_flag, join_flags
from ._judged import Judged

__all__ = ["Verdicts", "row_flags", "usable_rows"]

#: A cut-out with a smaller share of valid pixels is flagged ``partial_coverage``.
_FULL = 0.8


@dataclass
class Verdicts:
    """What is known of the rows that were reached.

    Attributes
    ----------
    n_classes : int
        Number of classes.
    judge_novel : bool
        Whether images unlike those of the training get a verdict too.
    judged : list of Judged
        Probabilities (NaN without a verdict), their errors, novelty.
    coverage : list of dict of str to ndarray
        Share of valid pixels by waveband.
    flags : list of list of str
        Flags by row.
    faults : list of str
        What went wrong, in words.
    """

    n_classes: int
    judge_novel: bool = False
    judged: list = field(default_factory=list)
    coverage: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    @property
    def done(self) -> int:
        """Rows that were reached."""
        return sum(len(part.proba) for part in self.judged)

    def add(self, dataset: xr.Dataset, judged: Judged) -> None:
        """Add the rows of a chunk."""
        self.judged.append(judged.checked(self.judge_novel))
        self.coverage.append(_coverage(dataset))
        words = np.where(judged.novel, "out_of_domain", "")
        self.flags.append(list(map(join_flags, row_flags(dataset), words)))
        self.faults += list(dataset.attrs.get("faults", []))

    def rows(self, n: int, wavebands: list[str]) -> tuple[Judged, dict, list[str]]:
        """Return judgments, coverage and flags of all ``n`` rows; the rest is interrupted."""
        done, missing = self.done, Judged.nothing(n - self.done, self.n_classes)
        judged = Judged.stacked([*self.judged, missing])
        coverage = {
            name: np.concatenate([*(part[name] for part in self.coverage), missing.error])
            for name in dict.fromkeys(wavebands)
        }
        flags = [flag for part in self.flags for flag in part] + ["interrupted"] * (n - done)
        return judged, coverage, flags

    def fault_meta(self, most: int = 20) -> dict:
        """Return the first faults for the result's meta; nothing where there are none."""
        return {"faults": self.faults[:most]} if self.faults else {}

    def warn(self, result: Table) -> None:
        """Say once, with counts, what has no coverage and what failed."""
        if has_flag(result["flag"], "no_coverage").any():
            line = next(x for x in describe_result(result).split("\n") if "coverage" in x)
            warnings.warn(line, NoCoverageWarning, stacklevel=3)
        if self.faults:
            failed = int(has_flag(result["flag"], "failed").sum())
            warnings.warn(
                f"images of {failed} of {len(result)} targets failed; the first: {self.faults[0]}",
                FailedTargetWarning,
                stacklevel=3,
            )


def usable_rows(dataset: xr.Dataset) -> np.ndarray:
    """Say which targets can be classified: every band has pixels, and they are not all equal.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs, with what `astrocnn.cutouts.survey_pixels` finds.

    Returns
    -------
    ndarray of shape (n_targets,), bool
    """
    return dataset["signal"].values.all(axis=1)


def row_flags(dataset: xr.Dataset) -> list[str]:
    """Return the flags of the targets of a Dataset, joined by ``;``."""
    status = dataset["status"].values if "status" in dataset else None
    coverage, signal = dataset["coverage"].values, dataset["signal"].values
    bands = [str(band) for band in dataset["band"].values]
    flags = []
    for i in range(dataset.sizes["target"]):
        words = []
        for b, band in enumerate(bands):
            given = str(status[i, b]) if status is not None else ""
            words.append(given)
            if coverage[i, b] == 0:
                words.append("" if given else f"no_coverage:{band}")
            elif not signal[i, b]:
                words.append(f"no_signal:{band}")
            elif coverage[i, b] < _FULL:
                words.append(f"partial_coverage:{band}")
        flags.append(";".join(dict.fromkeys(word for word in words if word)))
    return flags


def _coverage(dataset) -> dict[str, np.ndarray]:
    """Share of valid pixels by waveband; of several bands the least covered counts."""
    share = dataset["coverage"].values
    wavebands = [str(name) for name in dataset["waveband"].values]
    return {
        name: share[:, [w == name for w in wavebands]].min(axis=1)
        for name in dict.fromkeys(wavebands)
    }
