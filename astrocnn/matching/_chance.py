"""Matches that chance alone would make."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.stats import poisson_conf_interval

from ._positions import read_positions
from ._ring_shift import check_ring, ring_shift
from ._rule import MatchRule
from ._settings import whole_number

__all__ = ["ChanceRate", "chance_rate"]


@dataclass(frozen=True)
class ChanceRate:
    """How many targets would be matched by chance.

    Parameters
    ----------
    counts : tuple of int
        Matches of the targets in each of the shifted copies of the target list.
    n_targets : int
        Targets with a valid position.
    radius, shift : `~astropy.units.Quantity`
        Matching radius, and distance by which the targets were shifted.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astrocnn.matching import ChanceRate
    >>> rate = ChanceRate((2, 3, 4, 2, 3, 4, 3, 3), 1743, 5 * u.arcmin, 1 * u.deg)
    >>> print(rate)
    3.0 ± 0.6 expected by chance
    """

    counts: tuple[int, ...]
    n_targets: int
    radius: u.Quantity
    shift: u.Quantity

    @property
    def expected(self) -> float:
        """Number of targets expected to be matched by chance: the mean over the shifts."""
        return float(np.mean(self.counts)) if self.counts else np.nan

    @property
    def std(self) -> float:
        """Standard deviation between the shifts: how much one list scatters by chance."""
        return float(np.std(self.counts, ddof=1)) if len(self.counts) > 1 else np.nan

    @property
    def error(self) -> float:
        """Standard error of `expected`: Poisson, or from the scatter where that is larger."""
        n = len(self.counts)
        return float(max(np.sqrt(np.sum(self.counts)) / n, self.std / np.sqrt(n)))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Poisson interval of `expected`."""
        low, high = poisson_conf_interval(
            np.sum(self.counts), interval="frequentist-confidence", sigma=1.959964
        )
        return float(low / len(self.counts)), float(high / len(self.counts))

    @property
    def fraction(self) -> float:
        """Fraction of the targets expected to be matched by chance."""
        return self.expected / self.n_targets if self.n_targets else np.nan

    def __str__(self) -> str:
        if not any(self.counts):
            return f"fewer than {self.interval[1]:.2g} (95 %) expected by chance"
        return f"{self.expected:.1f} ± {self.error:.1f} expected by chance"


def chance_rate(
    targets, catalog, radius: u.Quantity, shift: u.Quantity | None = None, n_shifts: int = 8
) -> ChanceRate:
    """Count the matches of targets that were shifted to where they do not belong.

    Parameters
    ----------
    targets, catalog
        As in `match_sky`.
    radius : `~astropy.units.Quantity`
        Matching radius.
    shift : `~astropy.units.Quantity`, optional
        Distance of the shifted positions from each target; at least twice the radius. By default 1
        degree where the catalog covers a wide area, 1/2, 1/4 ... in smaller fields, about an eighth
        of their width.
    n_shifts : int
        Positions on the ring around each target, evenly spaced from north through east; at least 2.

    Returns
    -------
    ChanceRate

    Raises
    ------
    InvalidTargetError
        If radius, shift or number of shifts make no sense.

    Warns
    -----
    AstrocnnWarning
        If the shifted positions are where the catalog has nothing; see `match_sky`.

    Notes
    -----
    A ring around each target keeps its surroundings: a density gradient across the ring cancels,
    and footprint and clustering on scales above the shift are those of the targets.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching import chance_rate
    >>> rng = np.random.default_rng(0)
    >>> catalog = SkyCoord(rng.uniform(0, 20, 4000), rng.uniform(-10, 10, 4000), unit="deg")
    >>> targets = SkyCoord(rng.uniform(5, 15, 500), rng.uniform(-5, 5, 500), unit="deg")
    >>> print(chance_rate(targets, catalog, 2 * u.arcmin))  # area x density = 17.5
    16.4 ± 1.4 expected by chance
    """
    check_ring(radius, shift)
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    coords, valid = read_positions(targets)
    entries, exist = read_positions(catalog)
    coords, entries = coords[valid], entries[exist]
    shift = ring_shift(MatchRule(radius), coords, entries, shift)
    separations = ring_separations(coords, entries, shift, n_shifts)
    return count_matches(separations, radius, shift)


def ring_separations(
    coords: SkyCoord, entries: SkyCoord, shift: u.Quantity, n_shifts: int
) -> u.Quantity:
    """Distance from each position on the ring around each target to the nearest catalog entry.

    Parameters
    ----------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        Valid positions of targets.
    entries : `~astropy.coordinates.SkyCoord` of shape (m,)
        Valid positions of the catalog.
    shift : `~astropy.units.Quantity`
        Radius of the ring: one, or one per target.
    n_shifts : int
        Positions on the ring.

    Returns
    -------
    `~astropy.units.Quantity` of shape (n_shifts, n)
        Infinite where the catalog is empty.
    """
    separations = np.full((n_shifts, len(coords)), np.inf) * u.deg
    if len(coords) and len(entries):
        for i in range(n_shifts):
            moved = shifted(coords, shift, i / n_shifts)
            separations[i] = moved.match_to_catalog_sky(entries)[1]
    return separations


def count_matches(separations: u.Quantity, radius: u.Quantity, shift: u.Quantity) -> ChanceRate:
    """Turn the result of `ring_separations` into a `ChanceRate`."""
    counts = np.sum(separations <= radius, axis=1)
    return ChanceRate(tuple(counts.tolist()), separations.shape[1], radius, shift)


def ring_pairs(rule, coords: SkyCoord, entries: SkyCoord, k, shift, n_shifts: int) -> ChanceRate:
    """Count the pairs of the shifted targets by any `MatchRule`, as a `ChanceRate`."""
    sides = _moved(rule, coords, entries, shift, n_shifts)
    counts = [len(rule.pairs(*moved, k)) for moved in sides]
    return ChanceRate(tuple(counts), len(coords), rule.radius, shift)


def ring_matches(rule, coords: SkyCoord, entries: SkyCoord, shift, n_shifts: int) -> ChanceRate:
    """Count the matches of the shifted targets by any `MatchRule`, as a `ChanceRate`."""
    sides = _moved(rule, coords, entries, shift, n_shifts)
    counts = [len(rule.matches(*moved)) for moved in sides]
    return ChanceRate(tuple(counts), len(coords), rule.radius, shift)


def _moved(rule, coords: SkyCoord, entries: SkyCoord, shift, n_shifts: int):
    """Yield targets and entries, of which one side is moved from north through east.

    It is the targets, each beyond its own circle; or the entries, where they have circles and some
    of these are larger than the shift allows.
    """
    far = rule.moved_by(shift)
    for i in range(n_shifts):
        if rule.per == "entry" and not far.isscalar:
            yield coords, shifted(entries, far, i / n_shifts)
        else:
            yield shifted(coords, far, i / n_shifts), entries


def shifted(coords: SkyCoord, shift: u.Quantity, turn: float) -> SkyCoord:
    """Positions moved by ``shift``, in the direction of a fraction of a full turn from north."""
    return coords.directional_offset_by(turn * 360 * u.deg, shift)


def local_density(separations: u.Quantity) -> u.Quantity:
    """Entries per solid angle around each target, from the distances on its ring.

    Parameters
    ----------
    separations : `~astropy.units.Quantity` of shape (k, n)
        Result of `ring_separations`.

    Returns
    -------
    `~astropy.units.Quantity` of shape (n,)
        Per steradian.

    Notes
    -----
    In a uniform field of density d, d times the solid angle of the circle that reaches the nearest
    entry is a unit exponential. The density is the expected median of k such numbers over the
    median of the solid angles; the median does not mind a ring that leaves the footprint in part.
    A true counterpart is never farther from the ring than its radius, so around matched targets in
    a catalog sparser than that the density comes out too high, not too low.
    """
    n = separations.shape[0]
    order = np.cumsum(1 / np.arange(n, 0, -1))  # expected order statistics
    areas = cap_area(separations)
    with np.errstate(divide="ignore"):
        return np.median(order) / np.median(areas.value, axis=0) / u.sr


def cap_area(radius: u.Quantity) -> u.Quantity:
    """Solid angle of circles on the sky; the whole sky for an infinite radius."""
    half = np.minimum(radius.to_value(u.rad), np.pi) / 2
    return 4 * np.pi * np.sin(half) ** 2 * u.sr
