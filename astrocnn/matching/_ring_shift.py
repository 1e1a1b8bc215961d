"""How far targets are moved to see what chance makes: not beyond what the catalog covers."""

import warnings

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._density import covered_pixels, pixels_of

__all__ = ["Footprint", "check_ring", "field_shift", "ring_shift"]

#: The shift where there is room, and the smallest that is tried (degrees).
_USUAL, _SMALLEST = 1.0, 1 / 64
#: There is room where half of the positions so many times the shift away are covered. A field is
#: then eight times as wide as the shift, and one position of thirty moves out of it.
_ROOM, _HALF = 4, 0.5
#: With less than this fraction of the moved positions covered, the chance rate is much too low.
_ENOUGH = 0.75
#: Targets and entries that are looked at, at most; directions; fewest entries that tell anything.
_TARGETS, _ENTRIES, _DIRECTIONS, _LEAST = 500, 100_000, 8, 10
#: Entries per pixel that holds any, and order of the finest pixels (13 arcsec).
_PER_PIXEL, _FINEST = 3, 14


class Footprint:
    """The part of the sky that a catalog covers, as far as its entries tell.

    Parameters
    ----------
    entries : `~astropy.coordinates.SkyCoord` of shape (m,)
        Valid positions.

    Attributes
    ----------
    known : bool
        Whether there are enough entries, close enough together, to tell.

    Notes
    -----
    HEALPix pixels are taken as fine as three entries in those that hold any allow. Those and empty
    ones among them are covered: an edge is as sharp as entries are dense.
    """

    def __init__(self, entries: SkyCoord):
        step = max(1, len(entries) // _ENTRIES)
        finest = np.unique(pixels_of(_FINEST, entries[::step]))
        self.known = False
        for order in range(_FINEST, -1, -1) if len(finest) >= _LEAST else ():
            occupied = np.unique(finest >> 2 * (_FINEST - order))
            if len(finest) >= _PER_PIXEL * len(occupied):
                self.known, self._order = True, order
                self._covered = covered_pixels(order, occupied)
                break

    def contains(self, coords: SkyCoord) -> np.ndarray:
        """Say which positions are covered; all are where that is not known."""
        if not self.known:
            return np.ones(coords.shape, dtype=bool)
        return np.isin(pixels_of(self._order, coords), self._covered)

    def share(self, coords: SkyCoord, shift: u.Quantity) -> float:
        """Of the covered ones of some positions, the fraction that still is when moved."""
        sample = coords[:: max(1, len(coords) // _TARGETS)]
        sample = sample[self.contains(sample)]
        if not self.known or not len(sample):
            return 1.0
        angles = np.arange(_DIRECTIONS)[:, np.newaxis] * 360 / _DIRECTIONS * u.deg
        return float(self.contains(sample.directional_offset_by(angles, shift)).mean())


def field_shift(coords: SkyCoord, footprint: Footprint) -> u.Quantity:
    """Return 1, 1/2, 1/4 ... degrees: the largest shift for which the footprint has room.

    Parameters
    ----------
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        Valid positions of targets.
    footprint : Footprint
        Of the catalog.

    Examples
    --------
    Thirty entries in one square degree:

    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.matching._ring_shift import Footprint, field_shift
    >>> rng = np.random.default_rng(0)
    >>> entries = SkyCoord(*rng.uniform(-0.5, 0.5, (2, 30)), unit="deg")
    >>> print(field_shift(entries, Footprint(entries)))
    0.125 deg
    """
    shift = _USUAL
    while shift > _SMALLEST and footprint.share(coords, _ROOM * shift * u.deg) < _HALF:
        shift /= 2
    return shift * u.deg


def ring_shift(rule, coords: SkyCoord, entries: SkyCoord, shift) -> u.Quantity:
    """Return the shift that is given, or what the catalog has room for.

    Parameters
    ----------
    rule : MatchRule
        Rows whose circle is larger than half the shift are moved by twice their radius.
    coords, entries : `~astropy.coordinates.SkyCoord`
        Valid positions.
    shift : `~astropy.units.Quantity` or None

    Raises
    ------
    InvalidTargetError
        If radius and ring make no sense.

    Warns
    -----
    AstrocnnWarning
        If they are where the catalog has nothing, because the shift was given or the circles are
        large.
    """
    given = shift is not None
    largest = rule.largest if rule.radius.size else 1 * u.arcsec  # no row, no radius
    check_ring(largest, shift)
    footprint = Footprint(entries)
    chosen = shift if given else field_shift(coords, footprint)
    usual = np.median(rule.moved_by(chosen)) if len(coords) and len(entries) else chosen
    if (given or usual > chosen) and footprint.share(coords, usual) < _ENOUGH:
        warnings.warn(
            f"the catalog has entries around the targets but few or none {usual:.3g} away: it "
            "covers little more than the targets, and the chance rate is too low; "
            + ("give a smaller shift" if given else "take a smaller radius"),
            AstrocnnWarning,
            stacklevel=3,
        )
    return usual if rule.radius.isscalar else chosen


def check_ring(radius: u.Quantity, shift: u.Quantity | None) -> None:
    """Raise `InvalidTargetError` unless radius and ring make sense."""
    for name, angle, largest in (("radius", radius, 90), ("shift", shift, 180)):
        if angle is None and name == "shift":
            continue
        if not isinstance(angle, u.Quantity) or not angle.unit.is_equivalent(u.deg):
            raise InvalidTargetError(f"{name} must be an angle such as 2 * u.arcmin, not {angle!r}")
        if not angle.isscalar or not 0 < angle.to_value(u.deg) < largest:
            raise InvalidTargetError(
                f"{name} must be one angle between 0 and {largest} degrees, not {angle.to(u.deg)}"
            )
    if shift is not None and shift < 2 * radius:
        raise InvalidTargetError(
            f"shift ({shift}) must be at least twice the radius ({radius.to(shift.unit):.4g}): "
            "nearer, the shifted positions still see the true counterparts"
        )
