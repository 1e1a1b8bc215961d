"""Targets, catalog and what is known about them, as plain arrays; and their probabilities."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ..exceptions import InvalidTargetError
from ..tables._numbers import as_floats
from ._attributes import AttributePrior
from ._bayes import (
    any_probability,
    fit_completeness,
    log_bayes_factor,
    log_sum,
    log_weight,
    relative_probability,
    share_within,
)
from ._density import field_density
from ._pairs import Pairs, sky_pairs
from ._redshift_prior import TargetRedshifts

__all__ = ["Association", "Probabilities", "Side"]

#: Entries by which the fraction of counterparts within the radius is averaged.
_SAMPLE = 32
#: When learned priors have settled (mean change of p_any), and how often they are learned anew.
_SETTLED, _MAX_ROUNDS = 1e-4, 50


@dataclass(frozen=True, eq=False)
class Side:
    """Valid positions of targets or of a catalog.

    Attributes
    ----------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
    rows : ndarray of shape (n,), int
        Their rows in the table.
    error : ndarray of shape (n,)
        Of one axis, in radians.
    z : ndarray of shape (n,)
        Redshift; NaN where unknown, which it is of no entry if it matters.
    """

    coords: SkyCoord
    rows: np.ndarray
    error: np.ndarray
    z: np.ndarray


@dataclass(frozen=True, eq=False)
class Probabilities:
    """What `Association.probabilities` finds.

    ``width``, ``log_bayes``, ``log_ratio`` and ``relative`` are in the order of ``pairs``;
    ``density``, ``inside`` (the catalog covers the target) and ``any_entry`` are per target.
    """

    pairs: Pairs
    density: np.ndarray
    inside: np.ndarray
    width: np.ndarray
    log_bayes: np.ndarray
    log_ratio: np.ndarray
    completeness: float
    completeness_error: float
    any_entry: np.ndarray
    relative: np.ndarray
    learned: dict


@dataclass(frozen=True, eq=False)
class Association:
    """A model of how targets and catalog belong together.

    Attributes
    ----------
    targets, entries : Side
    radius : ndarray of shape (n,)
        Of the search, per target (radians).
    density : str or `~astropy.units.Quantity`
        See `field_density`.
    offset : list of (float, Callable)
        Shares, and functions from redshifts to the offset of one axis (radians).
    completeness : float or None
        To be fitted where it is None.
    priors : dict of str to Callable, TargetRedshifts or None
        To be learned where it is None.
    attributes : dict of str to ndarray
        Values of the entries.
    """

    targets: Side
    entries: Side
    radius: np.ndarray
    density: "str | u.Quantity" = "local"
    offset: list[tuple[float, Callable]] = field(default_factory=list)
    completeness: float | None = None
    priors: dict = field(default_factory=dict)
    attributes: dict = field(default_factory=dict)

    def moved(self, coords: SkyCoord, found: Probabilities) -> "Association":
        """The same targets elsewhere, judged by what was found at their own place."""
        return replace(
            self,
            targets=replace(self.targets, coords=coords),
            completeness=found.completeness,
            priors={**self.priors, **found.learned},
        )

    def probabilities(self) -> Probabilities:
        """Probabilities of all pairs; shares and priors that are not given are fitted."""
        coords, entries = self.targets.coords, self.entries.coords
        pairs = sky_pairs(coords, entries, self.radius * u.rad)
        widest = float(self.radius.max(initial=0.0))
        density, inside = field_density(self.density, coords, entries, widest)
        width, log_bayes = self._positions(pairs)
        weight = log_weight(log_bayes, 0.0, density[pairs.target])
        within = self._within()
        given = self._log_ratio(pairs, self.priors)
        # Targets where the catalog is blank say nothing about the fraction of counterparts in it.
        counted = inside | (np.bincount(pairs.target, minlength=len(inside)) > 0)
        share, error, log_ratio, learned = self._fit(pairs, weight + given, within, counted)
        weight = weight + given + log_ratio
        sums = log_sum(weight, pairs.target, len(self.radius))
        return Probabilities(
            pairs, density, counted, width, log_bayes, given + log_ratio, share, error,
            any_probability(sums, share, within),
            relative_probability(weight, sums, pairs.target), learned,
        )  # fmt: skip

    def _fit(self, pairs, weight, within, counted):
        """Completeness, its error, and the priors that are to be learned, each from the others."""
        n = len(self.radius)
        names = [name for name, prior in self.priors.items() if prior is None]
        log_ratio, learned, before = np.zeros(len(pairs)), {}, None
        share, error = self._share(log_sum(weight, pairs.target, n), within, counted)
        for _ in range(_MAX_ROUNDS if names else 0):
            sums = log_sum(weight + log_ratio, pairs.target, n)
            share, error = self._share(sums, within, counted, share)
            found = any_probability(sums, share, within)
            if before is not None and np.abs(found - before).mean() < _SETTLED:
                break
            before = found
            chosen = relative_probability(weight + log_ratio, sums, pairs.target)
            chosen = chosen * found[pairs.target]
            for name in names:
                values = self.attributes[name]
                learned[name] = AttributePrior.learn(values[pairs.entry], values, chosen)
            log_ratio = self._log_ratio(pairs, learned)
        return share, error, log_ratio, learned

    def _share(self, sums, within, counted, start=0.5):
        """Completeness as given, or fitted."""
        if self.completeness is not None:
            return self.completeness, 0.0
        return fit_completeness(sums[counted], within[counted], start)

    def _log_ratio(self, pairs, priors):
        """Logarithm of the product of the priors on attributes and redshifts, per pair."""
        total = np.zeros(len(pairs))
        for name, prior in priors.items():
            if prior is not None:
                values = self.attributes[name]
                if isinstance(prior, TargetRedshifts):
                    ratio = prior.pair_ratio(values, pairs)
                else:
                    ratio = _checked_ratio(name, prior(values[pairs.entry]), len(pairs))
                with np.errstate(divide="ignore"):
                    total += np.log(np.where(np.isnan(ratio), 1.0, ratio))
        return total

    def _positions(self, pairs):
        """Width of the law of separations, and logarithm of the Bayes factor, per pair."""
        mine, other = self.targets.error[pairs.target], self.entries.error[pairs.entry]
        if not self.offset:
            return np.hypot(mine, other), log_bayes_factor(pairs.separation, mine, other)
        z = _redshift(self.targets.z[pairs.target], self.entries.z[pairs.entry])
        square, logs = 0.0, []
        for share, scale in self.offset:
            spread = np.hypot(mine, scale(z))
            square = square + share * (spread**2 + other**2)
            logs.append(np.log(share) + log_bayes_factor(pairs.separation, spread, other))
        return np.sqrt(square), np.logaddexp.reduce(logs, axis=0)

    def _within(self):
        """Fraction of the counterparts within the radius, per target: equation 3, averaged."""
        if not len(self.entries.rows):
            return np.ones(len(self.radius))
        rows = np.unique(np.linspace(0, len(self.entries.rows) - 1, _SAMPLE).astype(int))
        offset = self.offset or [(1.0, np.zeros_like)]
        total = np.zeros(len(self.radius))
        for row in rows:
            z = _redshift(self.targets.z, self.entries.z[row])
            square = self.targets.error**2 + self.entries.error[row] ** 2
            for share, scale in offset:
                total += share * share_within(self.radius, np.sqrt(square + scale(z) ** 2))
        return np.minimum(total / len(rows), 1.0)


def _checked_ratio(name: str, ratio, n: int) -> np.ndarray:
    """What the function of a prior returns, which must be one ratio per value."""
    ratio = as_floats(ratio, f"what the prior of {name!r} returns")
    with np.errstate(invalid="ignore"):
        if ratio.shape not in ((), (n,)) or np.any((ratio < 0) | np.isinf(ratio)):
            raise InvalidTargetError(
                f"the prior of {name!r} must return one ratio for each value, finite and not "
                "negative: how much more frequent the value is among counterparts than in the field"
            )
    return np.broadcast_to(ratio, (n,))


def _redshift(mine, other):
    """Redshift of the target, else of the entry."""
    return np.where(np.isfinite(mine), mine, other)
