"""Which galaxies belong to a cluster at a given redshift."""

from collections.abc import Callable

import numpy as np

from ._velocities import rest_velocity, velocity_scale

__all__ = ["find_members", "shifting_gapper"]

#: Width of the first look, and bounds of the dispersion while members are found (km/s).
_FIRST, _LEAST, _MOST = 2000.0, 150.0, 1500.0
#: Members from which the limits may depend on the distance from the center.
_ENOUGH = 30
_TIMES = 30


def find_members(
    z: np.ndarray, distance: np.ndarray, start: float, aperture: Callable[[float], float]
) -> np.ndarray:
    """Clip galaxies at three dispersions until nothing changes; of many, apply a shifting gapper.

    Parameters
    ----------
    z, distance : ndarray of shape (n,)
        Redshift, and distance from the center in any unit.
    start : float
        First guess of the redshift.
    aperture : callable
        Radius of the aperture at a redshift, in the unit of ``distance``.

    Returns
    -------
    ndarray of shape (n,), bool
        Members; at least the galaxy that is nearest in redshift.
    """
    center, limit = start, _FIRST
    before = None
    for _ in range(_TIMES):
        velocity = rest_velocity(z, center)
        members = (np.abs(velocity) <= limit) & (distance <= aperture(center))
        if not members.any() or np.array_equal(members, before):
            break
        before = members
        center = float(np.median(z[members]))
        scale = velocity_scale(rest_velocity(z[members], center))
        limit = 3 * np.clip(scale, _LEAST, _MOST) if np.isfinite(scale) else _FIRST
    if not members.any():
        members = before if before is not None else np.arange(len(z)) == np.abs(z - start).argmin()
    if members.sum() >= _ENOUGH:
        kept = shifting_gapper(rest_velocity(z[members], center), distance[members])
        members = members.copy()
        members[members] = kept
    return members


def shifting_gapper(
    velocity: np.ndarray, distance: np.ndarray, gap: float = 1000.0, per_bin: int = 15
) -> np.ndarray:
    """Leave out galaxies that a gap in velocity parts from the others at their distance.

    Parameters
    ----------
    velocity, distance : ndarray of shape (n,)
        Velocity (km/s) and distance from the center.
    gap : float
        Velocity gap (km/s) that parts them.
    per_bin : int
        Galaxies at like distances that are looked at together.

    Returns
    -------
    ndarray of shape (n,), bool
        Which are kept.

    References
    ----------
    Fadda et al. 1996, ApJ 473, 670.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.matching._members import shifting_gapper
    >>> rng = np.random.default_rng(0)
    >>> velocity = np.append(rng.normal(0, 500, 40), [2900.0, -2800.0])
    >>> kept = shifting_gapper(velocity, np.arange(42.0))
    >>> kept[:40].all(), kept[40:].any()
    (np.True_, np.False_)
    """
    kept = np.ones(len(velocity), dtype=bool)
    while True:
        rows = np.flatnonzero(kept)
        rows = rows[np.argsort(distance[rows], kind="stable")]
        out = [row for part in _parts(rows, per_bin) for row in _parted(part, velocity, gap)]
        if not out:
            return kept
        kept[out] = False


def _parts(rows, per_bin):
    """Rows in groups of like distance, none with fewer than ``per_bin`` but where all are."""
    return np.array_split(rows, max(len(rows) // per_bin, 1))


def _parted(rows, velocity, gap):
    """Rows beyond a gap from those about the cluster's velocity."""
    ordered = rows[np.argsort(velocity[rows])]
    breaks = np.flatnonzero(np.diff(velocity[ordered]) > gap)
    groups = np.split(ordered, breaks + 1)
    main = min(groups, key=lambda group: np.abs(velocity[group]).min())
    return np.setdiff1d(ordered, main)
