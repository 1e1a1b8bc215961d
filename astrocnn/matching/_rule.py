"""What counts as a match: the rule, applied alike to targets and to their shifted copies."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ._assign import one_to_one
from ._pairs import Pairs, nearest_pairs, sky_pairs
from ._radius import angular_radius
from ._settings import as_quantity

__all__ = ["MatchRule", "read_rule"]


@dataclass(frozen=True)
class MatchRule:
    """Which entry of a catalog matches which target.

    Parameters
    ----------
    radius : `~astropy.units.Quantity`
        Angle: a scalar, or one per row of the side named by ``per``.
    per : {"target", "entry"}
        Whose radius it is.
    unique : bool
        Whether an entry matches one target at most.
    """

    radius: u.Quantity
    per: str = "target"
    unique: bool = False

    @property
    def plain(self) -> bool:
        """Whether one circle for all decides."""
        return self.radius.isscalar and not self.unique

    @property
    def largest(self) -> u.Quantity:
        """Largest radius; 0 where there is none."""
        values = np.atleast_1d(self.radius.to_value(u.rad))
        return np.nanmax(values, initial=0.0) * u.rad

    def moved_by(self, shift: u.Quantity) -> u.Quantity:
        """How far each row is moved: by the shift, or beyond its own circle where that is large."""
        if self.largest <= shift / 2:
            return shift
        return np.fmax(2 * self.radius, shift)

    def rows(self, kept: np.ndarray, per: str) -> "MatchRule":
        """Return the rule for some rows of one side."""
        if self.radius.isscalar or per != self.per:
            return self
        return MatchRule(self.radius[kept], self.per, self.unique)

    def pairs(self, coords: SkyCoord, entries: SkyCoord, k: int | None = None) -> Pairs:
        """Return all pairs within the radius, or the k nearest of each target."""
        if self.per == "target" or self.radius.isscalar:
            if k is not None:
                return nearest_pairs(coords, entries, self.radius, k)
            return sky_pairs(coords, entries, self.radius)
        found = sky_pairs(entries, coords, self.radius)
        found = Pairs(found.entry, found.target, found.separation)
        return found if k is None else found.first(k)

    def matches(self, coords: SkyCoord, entries: SkyCoord) -> Pairs:
        """Return one pair at most for each target."""
        if not self.unique:
            return self.pairs(coords, entries, 1)
        found = self.pairs(coords, entries)
        rows = found.target if self.per == "target" else found.entry
        limit = self.radius.to_value(u.rad)
        return one_to_one(found, np.full(len(found), limit) if np.ndim(limit) == 0 else limit[rows])


def read_rule(radius, per, redshift, unique, targets, catalog, cosmology=None) -> MatchRule:
    """Turn the arguments of a match into its rule.

    Parameters
    ----------
    radius, per, redshift, unique, cosmology
        As in `astrocnn.matching.match_sky`.
    targets, catalog : Table or SkyCoord
        Both sides.

    Raises
    ------
    InvalidTargetError
        If they make no sense, or are not as long as their side.
    """
    radius = as_quantity(radius)
    if not isinstance(per, str) or per not in ("target", "entry"):
        raise InvalidTargetError(f"per must be 'target' or 'entry', not {per!r}")
    side = targets if per == "target" else catalog
    redshifts = _redshifts(radius, redshift, side, per)
    angle = angular_radius(radius, redshifts, cosmology)
    length = side.size if isinstance(side, SkyCoord) else len(side)
    if redshifts is not None and length and not np.isfinite(angle.value).any():
        raise InvalidTargetError(
            f"a radius in {radius.unit} needs redshifts, and no row of the "
            f"{'targets' if per == 'target' else 'catalog'} has one: give an angle"
        )
    if not angle.isscalar and angle.shape != (length,):
        raise InvalidTargetError(
            f"radius must be one angle, or one per {per}: {length}, not {angle.shape}"
        )
    return MatchRule(angle, per, bool(unique))


def _redshifts(radius, redshift, side, per):
    """Redshifts of a side, where the radius is a length."""
    if not isinstance(radius, u.Quantity) or radius.unit.physical_type != "length":
        return None
    if redshift is None:
        redshift = "z_spec"
    if not isinstance(redshift, str):
        return redshift
    if (side.size if isinstance(side, SkyCoord) else len(side)) == 0:
        return np.zeros(0)
    if not isinstance(side, Table) or redshift not in side.colnames:
        columns = getattr(side, "colnames", [])
        advice = (
            "the column 'z_spec' has its redshifts, and is taken where no other is named"
            if "z_spec" in columns
            else "name the column that has them (redshift=, --redshift), or take those of the "
            f"other side (per='{'entry' if per == 'target' else 'target'}', --per)"
        )
        raise InvalidTargetError(
            f"a radius in {radius.unit} needs redshifts, and there is no column {redshift!r} of "
            f"the {'targets' if per == 'target' else 'catalog'}: {advice}"
        )
    return side[redshift]
