"""Reports as files."""

import json
import os
from dataclasses import asdict

import numpy as np

from .._paths import user_path
from ..exceptions import InvalidParameterError
from ..storage import DAMAGE
from ._estimate import Confusion

__all__ = ["read_report", "to_json"]

#: How a report of ours is known.
_KIND, _VERSION = "astrocnn validation report", 1
#: Fields that are kept as they are.
_PLAIN = (
    "name", "n_no_verdict_clusters", "n_no_verdict_others", "n_no_truth", "confidence", "prevalence"
)  # fmt: skip


def to_json(report) -> dict:
    """Return a `ValidationReport` as plain data; numbers that do not exist are None."""
    estimates = {
        name: {
            key: None if isinstance(value, float) and np.isnan(value) else value
            for key, value in asdict(estimate).items()
        }
        for name, estimate in report.estimates().items()
    }
    return {
        "kind": _KIND,
        "version": _VERSION,
        **{name: getattr(report, name) for name in _PLAIN},
        "matches": list(report.matches),
        "confusion": asdict(report.confusion),
        "estimates": estimates,
        "truth": report.truth.astype(int).tolist(),
        "proba": report.proba.tolist(),
    }


def read_report(path: str | os.PathLike):
    """Read a report that `ValidationReport.write` wrote as JSON.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    ValidationReport
        The same report: intervals and curves are computed again from what was counted.

    Raises
    ------
    InvalidParameterError
        If the file is no such report, or its numbers do not go together.

    Examples
    --------
    See `ValidationReport.write`.
    """
    from ._validate import build_report

    try:
        found = json.loads(user_path(path).read_text(encoding="utf-8"))
        if found["kind"] != _KIND or found["version"] != _VERSION:
            raise ValueError(f"it is a {found['kind']!r} of version {found['version']!r}")
        report = build_report(
            np.array(found["truth"], dtype=bool),
            np.array(found["proba"], dtype=float),
            Confusion(**found["confusion"]),
            matches=tuple(found["matches"]),
            **{name: found[name] for name in _PLAIN},
        )
        _check_counts(report, found["estimates"])
        return report
    except (FileNotFoundError, PermissionError):
        raise
    except DAMAGE as error:
        raise InvalidParameterError(
            f"'{path}' is no validation report: give a .json file that report.write wrote "
            f"({type(error).__name__}: {error})"
        ) from error


def _check_counts(report, estimates: dict) -> None:
    """Raise ValueError unless counts, targets and estimates of a file go together."""
    counts, n_clusters = report.confusion, int(report.truth.sum())
    others = report.truth.size - n_clusters
    if (counts.n_clusters, counts.n_non_clusters, report.proba.size) != (
        n_clusters, others, report.truth.size,
    ):  # fmt: skip
        raise ValueError(f"its confusion counts are not those of {report.truth.size} targets")
    for name, estimate in report.estimates().items():
        written = estimates[name]["successes"], estimates[name]["trials"]
        if written != (estimate.successes, estimate.trials):
            raise ValueError(f"its counts are not those of its {name}")
