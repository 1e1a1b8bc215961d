"""Counterparts are not like the field: magnitudes, redshifts, richness as evidence."""

from dataclasses import dataclass

import numpy as np

from ..exceptions import InvalidTargetError

__all__ = ["AttributePrior"]

#: Bins: at most so many, and one for so many counterparts.
_MAX_BINS, _PER_BIN = 20, 25
#: Weight of the field in the histogram of counterparts, in counterparts.
_SHRINKAGE = 5.0


@dataclass(frozen=True, eq=False)
class AttributePrior:
    """How much more frequent a value is among counterparts than in the field.

    Call it with values to get the ratio (equation 8 of the user guide); 1 where a value is
    missing.

    Attributes
    ----------
    edges : ndarray of shape (b + 1,)
        Edges of the bins; the first and the last bin are open.
    ratio : ndarray of shape (b,)
        Fraction of the counterparts in the bin over that of the field.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.matching import AttributePrior
    >>> rng = np.random.default_rng(0)
    >>> prior = AttributePrior.learn(rng.normal(18, 1, 500), rng.uniform(14, 24, 20000))
    >>> print(np.round(prior([18.0, 23.5, np.nan]), 1))
    [3.6 0.  1. ]
    """

    edges: np.ndarray
    ratio: np.ndarray

    def __call__(self, values) -> np.ndarray:
        """Return the ratio of each value, shape as the values."""
        values = plain_numbers(values)
        place = np.searchsorted(self.edges[1:-1], values, side="right")
        return np.where(np.isfinite(values), self.ratio[place], 1.0)

    @classmethod
    def learn(cls, counterparts, field, weights=None) -> "AttributePrior":
        """Compare the histogram of counterparts with that of the field.

        Parameters
        ----------
        counterparts, field : array_like
            Values of known or probable counterparts, and of the whole catalog. Missing ones count
            for nothing.
        weights : array_like, optional
            Probability of each counterpart; by default 1.

        Returns
        -------
        AttributePrior

        Raises
        ------
        InvalidTargetError
            If the field has no values, or something holds no numbers.

        Notes
        -----
        There is a bin for 25 counterparts, but not more than 20 bins; each holds an equal fraction
        of counterparts and field together. Five more counterparts that are like the field are
        added, so that a bin without any does not rule an entry out, and few counterparts say
        little.
        """
        counterparts, field = _values("counterparts", counterparts), _values("field", field)
        field = field[np.isfinite(field)]
        if not len(field):
            raise InvalidTargetError("the field has no values: a prior cannot be learned from it")
        weights = np.ones(len(counterparts)) if weights is None else _values("weights", weights)
        if len(weights) != len(counterparts):
            raise InvalidTargetError(
                f"there are {len(counterparts)} counterparts and {len(weights)} weights"
            )
        weights = weights[np.isfinite(counterparts)]
        if not ((weights >= 0) & np.isfinite(weights)).all():
            raise InvalidTargetError("weights must be probabilities, finite and not negative")
        counterparts = counterparts[np.isfinite(counterparts)]
        edges = _edges(counterparts, weights, field)
        share = _histogram(field, edges, None) / len(field)
        found = _histogram(counterparts, edges, weights) + _SHRINKAGE * share
        expected = share * (weights.sum() + _SHRINKAGE)
        ratio = np.divide(found, expected, out=np.ones(len(share)), where=expected > 0)
        return cls(edges, ratio)


def _edges(counterparts, weights, field):
    """Edges of bins that hold equal fractions of both; the outer ones are infinite."""
    n = int(np.clip(weights.sum() / _PER_BIN, 1, _MAX_BINS))
    if n == 1:
        return np.array([-np.inf, np.inf])
    values = np.r_[counterparts, field]
    shares = np.r_[weights / weights.sum(), np.full(len(field), 1 / len(field))] / 2
    order = np.argsort(values)
    inner = np.interp(np.arange(1, n) / n, np.cumsum(shares[order]), values[order])
    return np.r_[-np.inf, np.unique(inner), np.inf]


def _histogram(values, edges, weights):
    place = np.searchsorted(edges[1:-1], values, side="right")
    return np.bincount(place, weights, minlength=len(edges) - 1)


def _values(name: str, values) -> np.ndarray:
    """A list of numbers, NaN where missing."""
    try:
        numbers = plain_numbers(values)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidTargetError(f"{name} must hold numbers: {error}") from error
    if numbers.ndim != 1:
        raise InvalidTargetError(f"{name} must be a list of numbers, not of {numbers.ndim} axes")
    return numbers


def plain_numbers(values) -> np.ndarray:
    """Plain numbers, NaN where missing."""
    if hasattr(values, "unmasked"):  # a masked quantity
        values = np.ma.array(values.unmasked.value, mask=values.mask)
    return np.ma.array(getattr(values, "value", values), dtype=float).filled(np.nan)
