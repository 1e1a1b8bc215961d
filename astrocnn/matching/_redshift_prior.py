"""Two redshifts of one object agree: the redshift of a target as evidence for an entry."""

from dataclasses import dataclass

import numpy as np

from ..exceptions import InvalidTargetError
from ._pairs import Pairs

__all__ = ["RedshiftPrior", "TargetRedshifts"]

#: Bins of the catalog's redshifts, and targets looked at together.
_BINS, _CHUNK = 2000, 2000


@dataclass(frozen=True, eq=False)
class RedshiftPrior:
    """How much more frequent a difference of two redshifts is in one object than by chance.

    A value of the argument ``priors`` of `match_probability`, for the column of the catalog that
    holds the redshifts of the entries.

    Parameters
    ----------
    z : str, float or array_like
        Redshift of each target, photometric ones as a rule: a column, or values.
    error : str, float or array_like
        Its standard deviation: a column, or values.
    entry_error : float
        Standard deviation of the redshifts of the entries.
    outliers : float
        Share of the targets whose redshift says nothing, from 0 to 1; 0 would let one bad redshift
        rule out the counterpart.

    Raises
    ------
    InvalidTargetError
        If error or outliers make no sense.

    Notes
    -----
    Equation 10 of the user guide. It takes the redshifts of the targets to be distributed as those
    of the catalog, which matters only where these change within the error; and targets with and
    without a counterpart to be alike in redshift. Where either redshift is missing, or the error
    of the target is, the ratio is 1.

    Examples
    --------
    Two entries are as near; one of them has the redshift of the target:

    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.table import QTable
    >>> from astrocnn.matching import RedshiftPrior, match_probability
    >>> target = QTable({"ra": [10.0] * u.deg, "dec": [0.0] * u.deg, "z_phot": [0.31]})
    >>> catalog = QTable({"ra": [9.999, 10.001] * u.deg, "dec": [0.0, 0.0] * u.deg,
    ...                   "z_spec": [0.29, 0.62]})
    >>> found = match_probability(
    ...     target, catalog, 20 * u.arcsec, target_error=5 * u.arcsec, completeness=0.7,
    ...     density=100 / u.deg**2, priors={"z_spec": RedshiftPrior("z_phot", 0.02)},
    ... )
    >>> found.pairs["p_i"].round(2).tolist()
    [0.99, 0.01]
    """

    z: "str | float | np.ndarray"
    error: "str | float | np.ndarray"
    entry_error: float = 0.0
    outliers: float = 0.02

    def __post_init__(self):
        for name, value, top in (("entry_error", self.entry_error, np.inf),
                                 ("outliers", self.outliers, 1.0)):  # fmt: skip
            if not np.isscalar(value) or isinstance(value, str) or not 0 <= value <= top:
                limits = "not negative" if top == np.inf else "from 0 to 1"
                raise InvalidTargetError(f"{name} must be one number, {limits}, not {value!r}")


@dataclass(frozen=True, eq=False)
class TargetRedshifts:
    """A `RedshiftPrior` with the values of the targets that have a position.

    Attributes
    ----------
    z, error : ndarray of shape (n,)
        NaN where unknown; the error is that of both redshifts.
    outliers : float
    """

    z: np.ndarray
    error: np.ndarray
    outliers: float

    def pair_ratio(self, entry_z: np.ndarray, pairs: Pairs) -> np.ndarray:
        """Equation 10: ratio of each pair; NaN where a redshift is missing.

        Parameters
        ----------
        entry_z : ndarray of shape (m,)
            Redshifts of all entries, NaN where unknown.
        pairs : Pairs
        """
        by_chance = np.full(len(self.z), np.nan)
        rows = np.unique(pairs.target)
        by_chance[rows] = chance_density(self.z[rows], self.error[rows], entry_z)
        mine, error = self.z[pairs.target], self.error[pairs.target]
        same = normal(mine - entry_z[pairs.entry], error)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = same / by_chance[pairs.target]
        # Where the catalog has no such redshift at all, both are nothing.
        ratio = np.where((same == 0) & (by_chance[pairs.target] == 0), 0.0, ratio)
        return (1 - self.outliers) * ratio + self.outliers


def chance_density(z, error, entry_z):
    """Density of the catalog's redshifts at each target's, smoothed by the error.

    Parameters
    ----------
    z, error : ndarray of shape (n,)
    entry_z : ndarray of shape (m,)

    Returns
    -------
    ndarray of shape (n,)
    """
    entry_z = entry_z[np.isfinite(entry_z)]
    if not len(entry_z):
        return np.full(len(z), np.nan)
    counts, edges = np.histogram(entry_z, bins=_BINS)
    filled = np.flatnonzero(counts)
    share, middle = counts[filled] / len(entry_z), (edges[filled] + edges[filled + 1]) / 2
    density = np.empty(len(z))
    for start in range(0, len(z), _CHUNK):
        part = slice(start, start + _CHUNK)
        density[part] = normal(z[part, None] - middle, error[part, None]) @ share
    return density


def normal(difference, error):
    """Density of the normal law."""
    return np.exp(-0.5 * (difference / error) ** 2) / (np.sqrt(2 * np.pi) * error)
