"""What a gallery says about each target: verdict, probability, truth."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from ..tables._labels import is_cluster, positive_column
from ..validation import align_truth, find_rows
from ._matplotlib import COLORS

__all__ = ["Verdict", "as_text", "read_verdicts"]


@dataclass
class Verdict:
    """What is written and how the frame looks for one target."""

    text: str = ""
    color: str = "black"
    truth: str = ""
    wrong: bool = False
    width: float = 0.8


def read_verdicts(ids: np.ndarray, result: Table | None, truth) -> list[Verdict]:
    """One `Verdict` per target."""
    verdicts = [Verdict() for _ in ids]
    called = [None] * len(ids)
    if result is not None:
        column = positive_column(result) or "proba_cluster"
        for i, row in enumerate(find_rows(ids, result["target_id"])):
            called[i] = _read_verdict(verdicts[i], result[row] if row >= 0 else None, column)
    if truth is not None:
        known = align_truth(Table({"target_id": ids}), truth).tolist()
        for verdict, call, true in zip(verdicts, called, known, strict=True):
            if true is not None:
                verdict.truth = f"truth: {'cluster' if true else 'non-cluster'}"
                verdict.wrong = call is not None and call != true
    return verdicts


def _read_verdict(verdict: Verdict, row, column: str) -> bool | None:
    """Fill a verdict from a row of the result; return whether it says cluster, None without one."""
    proba = None if row is None else row[column]
    if proba is None or np.ma.is_masked(proba) or not np.isfinite(proba):
        flag = "not in the result" if row is None else _flag(row)
        verdict.text, verdict.color = flag or "no verdict", COLORS["no_verdict"]
        return None
    label = row["label"] if "label" in row.colnames else None
    if label is None or np.ma.is_masked(label):
        label = "cluster" if proba >= 0.5 else "non_cluster"
    call = is_cluster(as_text(label))
    verdict.text = f"{'cluster' if call else 'non-cluster'} {float(proba):.2f}"
    verdict.color, verdict.width = COLORS["cluster" if call else "non_cluster"], 2.2
    return call


def _flag(row) -> str:
    """The flag of a row in words, '' without one."""
    flag = row["flag"] if "flag" in row.colnames else ""
    text = "" if np.ma.is_masked(flag) else as_text(flag)
    return text.replace("_", " ").replace(":", ": ").replace(";", ", ")


def as_text(value) -> str:
    """Return a string or bytes (fixed-width ones, as stores keep them) as a string."""
    return value.decode() if isinstance(value, bytes) else str(value)
