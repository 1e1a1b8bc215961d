"""Verdicts against truth."""

import numpy as np
from astropy.table import Table

from ..matching import describe_match
from ..matching._sky import match_prefixes
from ._align import known_truth
from ._auc import auc
from ._curves import roc_points
from ._estimate import (
    Confusion,
    Estimate,
    check_confidence,
    check_prevalence,
    confusion_counts,
    proportion,
)
from ._order import paired
from ._report import ValidationReport
from ._rows import verdicts

__all__ = ["build_report", "validate"]


def validate(
    result: Table,
    truth: "Table | np.ndarray",
    *,
    threshold: float | None = None,
    prevalence: float | None = None,
    confidence: float = 0.95,
    name: str = "",
) -> ValidationReport:
    """Compare the verdicts of a result table with the truth.

    Parameters
    ----------
    result : `~astropy.table.QTable` or pandas.DataFrame with n rows
        Result of ``predict``: column ``proba_cluster``, masked where there is no prediction, and
        ``label``.
    truth : table or array_like of shape (n,)
        As `align_truth` reads it: a table with ``is_cluster``, or booleans or labels per target.
        Where it, or the result, comes from `~astrocnn.matching.match_sky`, the report says how many
        matches chance would make.
    threshold : float, optional
        Call a cluster what has at least this probability. By default the column ``label`` is taken,
        masked or empty where there is no prediction, or 0.5 where the table has none.
    prevalence : float, optional
        Fraction of clusters among your own targets; the report then shows the purity there too.
    confidence : float
        Coverage of the intervals.
    name : str
        Name of the classifier, for figures and tables.

    Returns
    -------
    ValidationReport
        Estimates that the sample cannot give (no cluster, no non-cluster, no verdict) are undefined
        and say why.

    Raises
    ------
    InvalidTargetError
        If result and truth do not fit together.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astrocnn.validation import validate
    >>> result = QTable({"proba_cluster": [0.9, 0.8, 0.3, 0.1]})
    >>> report = validate(result, [True, False, True, False])
    >>> print(report.completeness, "|", report.auc.value)
    0.500 [0.095, 0.905] | 0.75
    """
    check_confidence(confidence)
    if prevalence is not None:
        check_prevalence(prevalence)
    result, truth = paired(result, truth)
    known = known_truth(result, truth)
    truth_table = truth
    proba, verdict, decided = verdicts(result, threshold)
    has_truth = ~np.ma.getmaskarray(known)
    truth = known.filled(False)
    scored = decided & has_truth
    silent = ~decided & has_truth
    return build_report(
        truth[scored],
        proba[scored],
        confusion_counts(truth[scored], verdict[scored]),
        name=str(name),
        n_no_verdict_clusters=int(np.sum(silent & truth)),
        n_no_verdict_others=int(np.sum(silent & ~truth)),
        n_no_truth=int(np.sum(~has_truth)),
        confidence=confidence,
        prevalence=prevalence,
        matches=_matches(result, truth_table),
    )


def build_report(
    truth: np.ndarray, proba: np.ndarray, confusion: Confusion, *, confidence: float, **fields
) -> ValidationReport:
    """Build the report from targets with truth and verdict.

    Parameters
    ----------
    truth, proba : ndarray of bool and float, shape (n,)
        Truth and probability of the targets with a prediction.
    confusion : Confusion
        Their counts.
    confidence : float
        Coverage of the intervals.
    **fields
        The other fields of `ValidationReport` that are not computed.
    """
    silent = fields["n_no_verdict_clusters"] + fields["n_no_verdict_others"]
    truthless = silent == 0 < fields["n_no_truth"]
    nothing = "no target has a known truth" if truthless else "no target has a prediction"
    return ValidationReport(
        confusion=confusion,
        **_fractions(confusion, fields["n_no_verdict_clusters"], confidence, nothing),
        auc=_auc(truth, proba, confidence, nothing),
        roc=roc_points(truth, proba),
        truth=truth,
        proba=proba,
        confidence=confidence,
        **fields,
    )


def _matches(*tables) -> tuple[str, ...]:
    """Sentences about the matches that result or truth rest on, each with its chance rate."""
    found = [
        describe_match(table, prefix)
        for table in tables
        if isinstance(table, Table)
        for prefix in match_prefixes(table)
    ]
    return tuple(dict.fromkeys(found))


def _fractions(
    counts: Confusion, silent_clusters: int, confidence: float, nothing: str
) -> dict[str, Estimate]:
    """The fractions of a report by field name; ``nothing`` says why there is no target to count."""
    no_cluster = nothing if counts.total == 0 else "no true cluster with a prediction"
    no_other = nothing if counts.total == 0 else "no true non-cluster with a prediction"
    none_called = nothing if counts.total == 0 else "nothing was called a cluster"
    return {
        "completeness": proportion(counts.tp, counts.n_clusters, confidence, no_cluster),
        "completeness_of_all": proportion(
            counts.tp, counts.n_clusters + silent_clusters, confidence, no_cluster
        ),
        "false_positive_rate": proportion(counts.fp, counts.n_non_clusters, confidence, no_other),
        "purity": proportion(counts.tp, counts.tp + counts.fp, confidence, none_called),
        "accuracy": proportion(counts.tp + counts.tn, counts.total, confidence, nothing),
    }


def _auc(truth: np.ndarray, score: np.ndarray, confidence: float, nothing: str) -> Estimate:
    if truth.size == 0:
        return Estimate.undefined(nothing)
    return auc(truth, score, confidence)
