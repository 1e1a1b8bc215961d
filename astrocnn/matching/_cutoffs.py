"""Where to cut: completeness and purity of probable matches against the threshold."""

import numpy as np
from astropy import units as u
from astropy.table import QTable

from ..exceptions import InvalidTargetError
from ..tables._numbers import as_floats
from ._probability import ProbableMatches
from ._ring_shift import check_ring
from ._settings import whole_number

__all__ = ["match_cutoffs"]

_COLUMNS = {
    "threshold": "Smallest p_any of a match",
    "n_matches": "Targets with at least this p_any",
    "n_false": "False ones among their best entries, from the probabilities",
    "completeness": "Fraction of the counterparts that are found, from the probabilities",
    "purity": "Fraction of true matches, from the probabilities",
    "chance_fraction": "Fraction of moved targets with at least this p_any",
    "n_chance": "Matches of targets without a counterpart, from moved targets",
    "completeness_moved": "Fraction of targets with a counterpart at this p_any, by moved targets",
    "purity_moved": "Fraction of matches that are not by chance, from moved targets",
}


def match_cutoffs(
    matches: ProbableMatches,
    thresholds=None,
    *,
    shift: u.Quantity = 1 * u.deg,
    n_shifts: int = 8,
) -> QTable:
    """Say what completeness and purity a threshold of ``p_any`` gives.

    Parameters
    ----------
    matches : ProbableMatches
        Result of `match_probability`.
    thresholds : array_like, optional
        By default 0 to 0.95 in steps of 0.05, and 0.99.
    shift, n_shifts : `~astropy.units.Quantity`, int
        Ring on which the targets are moved, as in `chance_rate`.

    Returns
    -------
    `~astropy.table.QTable`
        One row per threshold: ``threshold``, ``n_matches``; ``n_false``, ``completeness`` and
        ``purity`` from the probabilities themselves; ``chance_fraction``, ``n_chance``,
        ``completeness_moved`` and ``purity_moved`` from targets moved to where they have no
        counterpart. ``meta["completeness_by_counts"]`` is the fraction of targets with a
        counterpart that follows from how many have any candidate, here and there: it knows nothing
        of errors and offsets, and should agree with that of the matches.

    Raises
    ------
    InvalidTargetError
        If thresholds are not between 0 and 1, or the ring makes no sense.

    Notes
    -----
    Columns from probabilities hold if the model does. Moved targets test it: they take part of
    everything but a counterpart. They do not see true counterparts that lost to another entry, and
    their purity leans on the fitted completeness; they, too, are misled where targets sit in crowds
    that the ring does not show.

    References
    ----------
    Salvato et al. 2018, MNRAS 473, 4937 (calibration of a cut-off by a shifted catalog).

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching import match_cutoffs, match_probability
    >>> rng = np.random.default_rng(2)
    >>> lon, lat = rng.uniform(0, 2, 20000), rng.uniform(-1, 1, 20000)
    >>> x, y = rng.uniform(0.3, 1.7, 200), rng.uniform(-0.7, 0.7, 200)
    >>> near = np.flatnonzero((abs(lon - 1) < 0.7) & (abs(lat) < 0.7))[:140]
    >>> x[:140] = lon[near] + rng.normal(0, 2, 140) / 3600
    >>> y[:140] = lat[near] + rng.normal(0, 2, 140) / 3600
    >>> matches = match_probability(SkyCoord(x, y, unit="deg"), SkyCoord(lon, lat, unit="deg"),
    ...                             12 * u.arcsec, target_error=2 * u.arcsec)
    >>> cutoffs = match_cutoffs(matches, [0.5, 0.9], shift=0.2 * u.deg)
    >>> print(cutoffs["threshold", "n_matches", "completeness", "purity", "purity_moved"])
    threshold n_matches completeness purity purity_moved
    --------- --------- ------------ ------ ------------
        0.500       141        0.987  0.970        0.975
        0.900       137        0.966  0.977        0.987
    """
    if not isinstance(matches, ProbableMatches):
        raise InvalidTargetError(
            f"matches must be a result of match_probability, not {type(matches).__name__}"
        )
    if shift is None:
        raise InvalidTargetError("shift must be an angle such as 1 * u.deg, not None")
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    if thresholds is None:
        thresholds = np.append(np.arange(0, 20) / 20, 0.99)
    values = np.ravel(as_floats(thresholds, "thresholds"))
    if not ((values >= 0) & (values <= 1)).all():
        raise InvalidTargetError(f"thresholds must be between 0 and 1, not {thresholds!r}")
    chance, chance_any = _moved(matches, shift, n_shifts)
    rows = [_row(matches, chance, value) for value in values]
    table = QTable(rows=rows, names=list(_COLUMNS)) if rows else QTable(names=list(_COLUMNS))
    for name, description in _COLUMNS.items():
        table[name].info.description = description
        if table[name].dtype.kind == "f":
            table[name].info.format = ".1f" if name.startswith("n_") else ".3f"
    own = len(np.unique(matches.found.pairs.target)) / max(chance.shape[1], 1)
    table.meta.update(
        shift=str(shift),
        n_shifts=n_shifts,
        completeness=matches.completeness,
        completeness_error=matches.completeness_error,
        completeness_by_counts=float((own - chance_any) / (1 - chance_any)),
    )
    return table


def _moved(matches: ProbableMatches, shift, n_shifts):
    """``p_any`` of the moved targets, shape (n_shifts, n), and the share with a candidate.

    Targets outside of the catalog are left out.
    """
    association = matches.association
    check_ring(association.radius.max(initial=1e-9) * u.rad, shift)
    inside = matches.found.inside
    coords = association.targets.coords
    p_any = np.zeros((n_shifts, len(coords)))
    near = []
    for i in range(n_shifts):
        moved = coords.directional_offset_by(i * 360 / n_shifts * u.deg, shift)
        found = association.moved(moved, matches.found).probabilities()
        # Without a candidate, nothing is a match however low the threshold.
        count = np.bincount(found.pairs.target, minlength=len(coords))
        p_any[i] = np.where(count > 0, found.any_entry, -1.0)
        near.append(count > 0)
    near = np.array(near)[:, inside]
    return p_any[:, inside], float(near.mean()) if near.size else 0.0


def _row(matches: ProbableMatches, chance: np.ndarray, threshold: float) -> tuple:
    """One row of the table."""
    n, share = chance.shape[1], matches.completeness
    n_matches, n_false = matches.n_matches(threshold), matches.expected_false(threshold)
    fraction = float(np.mean(chance >= threshold)) if n else 0.0
    n_chance = (1 - share) * n * fraction
    expected = share * n
    return (
        threshold, n_matches, n_false,
        (n_matches - n_false) / expected if n else np.nan,
        1 - n_false / n_matches if n_matches else np.nan,
        fraction, n_chance,
        (n_matches - n_chance) / expected if n else np.nan,
        1 - n_chance / n_matches if n_matches else np.nan,
    )  # fmt: skip
