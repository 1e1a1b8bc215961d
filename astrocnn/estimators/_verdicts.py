"""From Datasets of cut-outs to rows of the result: probabilities, coverage, flags."""

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
import xarray as xr
from astropy.table import Table

from ..exceptions import FailedTargetWarning, InvalidImageError, NoCoverageWarning
from ..surveys import Band
from ..tables import describe_result, has_flag, join_flags
from ._images import cause_words
from ._judged import Judged

__all__ = ["Verdicts", "row_coverage", "row_flags", "say_left_out", "usable_rows"]

#: A cut-out with a smaller fraction of valid pixels is flagged ``partial_coverage``.
_FULL = 0.8
_NOT_REACHED = "interrupted"
#: Faults that go into the result's meta.
_FAULTS = 20


class Verdicts:
    """What is known of the rows that were reached, in any order; memory is taken once.

    Parameters
    ----------
    n : int
        Number of rows.
    n_classes : int
        Number of classes.
    bands : list of Band
        Bands of the images.
    judge_novel : bool
        Whether images unlike those of the training get a prediction too.
    n_apart : int
        Outputs of the network that together are the first class, where there are several.

    Attributes
    ----------
    judged : Judged
        Probabilities (NaN without a prediction), their errors, novelty.
    coverage : dict of str to ndarray of shape (n,)
        Fraction of valid pixels by waveband; NaN in rows that were not reached.
    flags : ndarray of shape (n,), object
        Flags by row.
    faults : list of str
        The first things that went wrong, in words.
    """

    def __init__(
        self,
        n: int,
        n_classes: int,
        bands: list[Band],
        judge_novel: bool = False,
        n_apart: int = 0,
    ):
        self.judge_novel = judge_novel
        self._names = [band.name for band in bands]
        self._causes = cause_words(self._names)
        wavebands = [band.waveband for band in bands]
        self.judged = Judged.nothing(n, n_classes, n_apart)
        self.coverage = {name: np.full(n, np.nan) for name in dict.fromkeys(wavebands)}
        self.flags = np.full(n, _NOT_REACHED, dtype=object)
        self.faults = []
        self._words = {}

    @property
    def done(self) -> int:
        """Rows that were reached."""
        return int(np.count_nonzero(self.flags != _NOT_REACHED))

    def put(self, rows: slice | np.ndarray, part) -> None:
        """Put the rows of a `Part` where they belong."""
        checked = part.judged.checked(self.judge_novel, has_flag(part.flags, "coarse_pixels"))
        for column, values in zip(self.judged, checked, strict=True):
            column[rows] = values
        for name, values in self.coverage.items():
            values[rows] = part.coverage[name]
        causes = np.where(part.judged.novel, part.judged.cause, -1)
        pairs = zip(part.flags.tolist(), causes.tolist(), strict=True)
        self.flags[rows] = [self._flag(*pair) for pair in pairs]
        self.faults += part.faults[: _FAULTS - len(self.faults)]

    def _flag(self, flag: str, cause: int) -> str:
        """Flags of a row; each combination is kept once, however many rows have it."""
        if (flag, cause) not in self._words:
            self._words[flag, cause] = join_flags(flag, self._causes[cause] if cause >= 0 else "")
        return self._words[flag, cause]

    def fault_meta(self) -> dict:
        """Return the first faults for the result's meta; nothing where there are none."""
        return {"faults": self.faults} if self.faults else {}

    def warn(self, result: Table, without: Sequence[str] = ()) -> None:
        """Say once, with counts, what has no coverage and what failed.

        That of bands ``without`` images is no news.
        """
        names = [name for name in self._names if name not in without]
        if any(has_flag(result["flag"], f"no_coverage:{name}").any() for name in names):
            line = next(x for x in describe_result(result).split("\n") if "coverage" in x)
            warnings.warn(line, NoCoverageWarning, stacklevel=3)
        if self.faults:
            failed = int(has_flag(result["flag"], "failed").sum())
            warnings.warn(
                f"images of {failed} of {len(result)} targets failed; the first: {self.faults[0]}",
                FailedTargetWarning,
                stacklevel=3,
            )


def usable_rows(dataset: xr.Dataset, optional_bands: Sequence[str] = ()) -> np.ndarray:
    """Say which targets can be classified: every band has pixels, and they are not all equal.

    A band of equal pixels was observed: no photon in an exposure is not the same as no exposure.

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs, with what `astrocnn.cutouts.survey_pixels` finds.
    optional_bands : sequence of str
        Bands that may have no pixels, but not all bands.

    Returns
    -------
    ndarray of shape (n_targets,), bool
    """
    signal = dataset["signal"].values
    optional = np.isin(dataset["band"].values.astype(str), list(optional_bands))
    missing = optional & (dataset["coverage"].values == 0)
    return (signal | missing).all(axis=1) & signal.any(axis=1)


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


def row_coverage(dataset: xr.Dataset) -> dict[str, np.ndarray]:
    """Fraction of valid pixels by waveband; of several bands the least covered counts."""
    share = dataset["coverage"].values
    wavebands = [str(name) for name in dataset["waveband"].values]
    return {
        name: share[:, [w == name for w in wavebands]].min(axis=1)
        for name in dict.fromkeys(wavebands)
    }


def say_left_out(flags: list[str], n: int, faults: list[str]) -> None:
    """Warn once of targets without images, which cannot be trained on.

    Parameters
    ----------
    flags : list of str
        Flags of these targets.
    n : int
        Number of all targets.
    faults : list of str
        What went wrong with images, in words.

    Raises
    ------
    InvalidImageError
        If no target is left.
    """
    if not flags:
        return
    counts = Counter(word for flag in flags for word in flag.split(";") if word)
    reason = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    if faults:
        reason += f"; the first: {faults[0]}"
    if len(flags) == n:
        raise InvalidImageError(
            f"none of the {n} targets has images of all bands ({reason}): check images= and the "
            "positions"
        )
    warnings.warn(
        f"{len(flags)} of {n} targets are left out of the training: {reason}",
        FailedTargetWarning if "failed:" in reason else NoCoverageWarning,
        stacklevel=4,
    )
