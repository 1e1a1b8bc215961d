"""Two redshifts of one object agree: the redshift of a target as evidence for an entry."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from ..exceptions import InvalidTargetError
from ._pairs import Pairs

__all__ = ["RedshiftPrior", "TargetRedshifts"]

#: Bins of the catalog's redshifts per error, targets looked at together, and how many errors apart
#: two redshifts may be.
_PER_ERROR, _CHUNK, _REACH = 8, 2000, 8.0


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
        Fraction of the targets whose redshift says nothing, from 0 to 1; 0 would let one bad
        redshift rule out the counterpart.

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
            if not isinstance(value, Real) or not 0 <= value <= top:
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
        off = mine - entry_z[pairs.entry]
        # A little nearer than entries count: none that agrees may be missing from those.
        same = np.where(np.abs(off) > (_REACH - 0.5) * error, 0.0, normal(off, error))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = same / by_chance[pairs.target]
        # Where the catalog has no such redshift, both are nothing.
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
        NaN where redshift or error is unknown, or all of the catalog's are.

    Notes
    -----
    Entries are counted in bins of an eighth of the error, or finer, and each bin is taken where the
    mean of its entries is. Targets with like errors share the bins. Entries farther than eight
    errors do not count.
    """
    entry_z = np.sort(entry_z[np.isfinite(entry_z)])
    density = np.full(len(z), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        octave = np.floor(np.log2(error))
    known = np.isfinite(z) & np.isfinite(octave)
    for each in np.unique(octave[known]) if len(entry_z) else ():
        middle, share = _binned(entry_z, 2.0**each / _PER_ERROR)
        rows = np.flatnonzero(known & (octave == each))
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            density[part] = _smoothed(z[part], error[part], middle, share)
    return density


def _binned(entry_z: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean redshift and fraction of the entries of each bin that has any, of sorted redshifts."""
    first = np.flatnonzero(np.diff(np.floor(entry_z / width), prepend=-np.inf))
    counts = np.diff(np.r_[first, len(entry_z)])
    return np.add.reduceat(entry_z, first) / counts, counts / len(entry_z)


def _smoothed(z, error, middle, share):
    """Sum of the normal laws of the bins within reach of each target."""
    low = np.searchsorted(middle, z - _REACH * error)
    counts = np.searchsorted(middle, z + _REACH * error, side="right") - low
    target = np.repeat(np.arange(len(z)), counts)
    place = np.arange(len(target)) - np.repeat(np.cumsum(counts) - counts, counts) + low[target]
    values = normal(z[target] - middle[place], error[target]) * share[place]
    return np.bincount(target, values, minlength=len(z))


def normal(difference, error):
    """Density of the normal law."""
    return np.exp(-0.5 * (difference / error) ** 2) / (np.sqrt(2 * np.pi) * error)
