"""What a gallery says about each target: verdict, probability, truth."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables import as_table
from ..tables._flags import text
from ..tables._identifiers import id_name
from ..validation import find_rows
from ..validation._align import class_names, known_truth
from ..validation._order import paired
from ..validation._rows import verdicts
from ._matplotlib import COLORS

__all__ = ["Verdict", "as_text", "identifiers_of", "read_verdicts"]


@dataclass
class Verdict:
    """What is written and how the frame looks for one target."""

    text: str = ""
    color: str = "black"
    truth: str = ""
    wrong: bool = False
    width: float = 0.8


def read_verdicts(ids: np.ndarray, result: Table | None, truth) -> list[Verdict]:
    """One `Verdict` per target.

    Raises
    ------
    InvalidTargetError
        If the result is no table or has no identifiers, or the truth does not fit.
    """
    found = [Verdict() for _ in ids]
    called = [None] * len(ids)
    classes = set()
    if result is not None:
        result = as_table(result)
        proba, calls, decided = verdicts(result)
        classes = class_names(result)
        flags = text(result["flag"]) if "flag" in result.colnames else np.full(len(result), "")
        for i, row in enumerate(find_rows(ids, identifiers_of(result))):
            if row >= 0 and decided[row]:
                called[i] = bool(calls[row])
                _write_verdict(found[i], called[i], proba[row])
            else:
                _write_flag(found[i], flags[row] if row >= 0 else "not in the result")
    if truth is not None:
        targets, truth = paired(Table({"target_id": ids}), truth)
        known = known_truth(targets, truth, classes=classes).tolist()
        for verdict, call, true in zip(found, called, known, strict=True):
            if true is not None:
                verdict.truth = f"truth: {'cluster' if true else 'non-cluster'}"
                verdict.wrong = call is not None and call != true
    return found


def identifiers_of(result: Table):
    """The column of a result that identifies its rows.

    Raises
    ------
    InvalidTargetError
        If there is none.
    """
    name = id_name(result)
    if name is None:
        raise InvalidTargetError(
            "the result has no target_id, so its rows cannot be found among the cut-outs: give it "
            "with that column"
        )
    return result[name]


def _write_verdict(verdict: Verdict, call: bool, proba: float) -> None:
    """What is said of a target with a prediction."""
    verdict.text = f"{'cluster' if call else 'non-cluster'} {proba:.2f}"
    verdict.color, verdict.width = COLORS["cluster" if call else "non_cluster"], 2.2


def _write_flag(verdict: Verdict, flag: str) -> None:
    """What is said of a target without one."""
    words = flag.replace("_", " ").replace(":", ": ").replace(";", ", ")
    verdict.text, verdict.color = words or "no verdict", COLORS["no_verdict"]


def as_text(value) -> str:
    """Return a string or bytes (fixed-width ones, as stores keep them) as a string."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
