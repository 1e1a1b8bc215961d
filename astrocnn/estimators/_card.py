"""The model card: what weights are, how they came about, how good they are."""

from collections.abc import Mapping

import numpy as np
from astropy.table import Table

from ..simulation import VERSION, version_limits
from ..validation import Estimate, expected_calibration_error, proportion, validate
from ._fitted import Fitted

__all__ = ["simulation_card"]

_PURITIES = (0.9, 0.95, 0.99)
_PREVALENCES = (0.5, 0.2, 0.05)


def simulation_card(
    name: str,
    fitted: Fitted,
    outputs: np.ndarray,
    truth: Table,
    settings: Mapping,
    command: str,
    seed: int,
) -> dict:
    """Return the card of weights that were trained on simulated targets.

    Parameters
    ----------
    name : str
        Name of the weights.
    fitted : Fitted
        The network, calibrated.
    outputs : ndarray of shape (n, n_members, 2)
        What it gives for other simulated targets, see `Fitted.outputs`.
    truth : `~astropy.table.Table` of n rows
        Their truth.
    settings : dict
        How it was trained; ``n`` targets.
    command : str
        The command line that does it again.
    seed : int
        Of the training targets.
    """
    prevalence = fitted.description.card["trained_prior"][fitted.description.classes[-1]]
    is_cluster = np.array(truth["is_cluster"], dtype=bool)
    proba = fitted.probabilities(outputs)[0][:, 1]
    report = validate(Table({"proba_cluster": proba}), is_cluster)
    return {
        "name": name,
        "training": f"simulated training, {prevalence:.0%} clusters".replace("%", " %"),
        "trained_prior": fitted.description.card["trained_prior"],
        "data": f"{_number(settings)} simulated targets (astrocnn.simulation), seed {seed}",
        "command": command,
        "settings": {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in settings.items()
        },
        "cluster_limits": dict(version_limits(settings.get("version", VERSION))),
        "scores": {
            key: _rounded(found) for key, found in report.estimates().items() if found.defined
        },
        "called_cluster": _by_kind(truth, proba),
        "test": f"{len(truth)} other simulated targets, seed {seed + 1}; 95 % intervals",
        "calibration": _calibration(fitted, outputs, is_cluster, proba),
        "thresholds": _thresholds(fitted),
        "license": "BSD-3-Clause",
        "known_failures": _known_failures(settings, prevalence),
    }


def _number(settings) -> int:
    """Targets of the training, those beside the recipe's own included."""
    n = settings["n"]
    return n + sum(max(round(n * part), 1) for part, _ in settings.get("beside", ()))


def _known_failures(settings, prevalence) -> list[str]:
    """What is known to go wrong."""
    pairs = "two or three point sources within 20 arcsec pass for one extended source"
    if "pair" in settings.get("outputs", ()):
        pairs = "faint point sources within 20 arcsec of each other look like a cluster"
    return [
        "trained on simulated images only",
        "nearby galaxies with hot gas look like clusters in X-rays alone",
        pairs,
        f"without prior=, probabilities assume that {prevalence:.0%} of the targets are clusters",
    ]


def _by_kind(truth: Table, proba: np.ndarray) -> dict:
    """Share that is called a cluster, by what the targets are."""
    found = {}
    for column in ("truth_class", "kind"):
        if column in truth.colnames:
            kinds = np.array(truth[column], dtype=str)
            for kind in np.unique(kinds).tolist():
                called = proba[kinds == kind] >= 0.5
                found[kind] = _rounded(proportion(int(called.sum()), len(called)))
    return found


def _calibration(fitted, outputs, is_cluster, proba) -> dict:
    """The calibration and what it does on the test."""
    used = fitted.description.calibration
    raw = outputs.mean(axis=1)[:, -1]
    found = {"method": used.get("method") or "none", "held_out_targets": used.get("n", 0)}
    if "temperature" in used:
        found["temperature"] = round(used["temperature"], 3)
    if "coefficients" in used:
        rounded = [round(value, 3) for value in used["coefficients"]]
        found |= dict(zip("abc", rounded, strict=True))
    if "scale" in used:
        names = fitted.description.output_names
        scale, offset = used["scale"]
        found |= {name: [round(x, 3) for x in pair] for name, pair in
                  zip(names, zip(scale, offset, strict=True), strict=True)}  # fmt: skip
    return found | {
        "expected_calibration_error": round(expected_calibration_error(is_cluster, proba), 4),
        "before_calibration": round(expected_calibration_error(is_cluster, raw), 4),
        "test_targets": len(proba),
    }


def _thresholds(fitted: Fitted) -> dict:
    """Threshold and completeness for each purity, at each prevalence."""
    if not fitted.description.operating_points:
        return {}
    found = {}
    for prevalence in _PREVALENCES:
        rows = {}
        for row in fitted.thresholds(_PURITIES, prevalence).filled(np.nan):
            ends = [round(float(row[f"completeness{end}"]), 4) for end in ("", "_low", "_high")]
            if np.isfinite(row["threshold"]):
                threshold = float(f"{row['threshold']:.5g}")
                rows[f"purity {row['purity']:g}"] = {"threshold": threshold, "completeness": ends}
            else:
                rows[f"purity {row['purity']:g}"] = "not reached"
        found[f"prior {prevalence:g}"] = rows
    return found


def _rounded(estimate: Estimate) -> list[float]:
    return [round(value, 4) for value in (estimate.value, estimate.low, estimate.high)]
