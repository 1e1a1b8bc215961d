"""How much a redshift stands out among the galaxies around a target."""

from dataclasses import dataclass

import numpy as np

from ._velocities import LIGHT, rest_velocity

__all__ = ["FIELD", "Structure", "structure_at", "surface_density"]

#: Half width of a structure (km/s), and of the redshifts about it that tell the field (of 1 + z).
_WINDOW, FIELD = 1500.0, 0.05
#: Scale radius of the galaxies (kpc), and radius within which their profile is flat (of it).
_SCALE_RADIUS, _CORE = 250.0, 0.3
#: Fraction of the members that follow the profile: centers are not exact, nor all clusters round.
_CENTERED = 0.8
#: Fraction of the positions that have an unrelated structure nearby; rich ones are rarer.
_UNRELATED = 0.02


@dataclass(frozen=True)
class Structure:
    """Galaxies at about one redshift, near a target.

    Attributes
    ----------
    z : float
        Redshift.
    number, expected : int, float
        Galaxies within the aperture and 1500 km/s, and how many the field would give.
    evidence : float
        Logarithm of the likelihood ratio: a cluster about the target over field galaxies or an
        unrelated structure.
    """

    z: float
    number: int
    expected: float
    evidence: float


def structure_at(
    trial: float, z: np.ndarray, distance: np.ndarray, scale: float, limit: float
) -> Structure:
    """Weigh the galaxies at a redshift.

    Parameters
    ----------
    trial : float
        The redshift.
    z, distance : ndarray of shape (n,)
        Redshifts, and distances from the target.
    scale : float
        Size of 1 kpc at that redshift, in the unit of ``distance``.
    limit : float
        Radius within which galaxies were looked for, not above the aperture.

    Notes
    -----
    With n galaxies of which b are expected, n ln(n/b) - (n - b) is the Poisson likelihood ratio of
    a free mean over the field. Galaxies cluster, so the field is not Poisson: one position of 50 is
    taken to have a structure of its own, of n galaxies with a chance that falls as 1/n. What parts
    a cluster from that is where its galaxies are. Each adds the logarithm of their projected
    density (Navarro, Frenk & White 1997; Bartelmann 1996) over a uniform one.
    """
    inside = distance <= limit
    off = rest_velocity(z, trial)
    members = inside & (np.abs(off) < _WINDOW)
    beside = inside & (np.abs(z - trial) < FIELD * (1 + trial)) & (np.abs(off) > 2 * _WINDOW)
    width = _WINDOW / LIGHT
    number = int(members.sum())
    # Half a galaxy more: none seen does not mean that there are none.
    expected = (beside.sum() + 0.5) * width / (FIELD - 2 * width)
    if number == 0:
        return Structure(trial, 0, float(expected), -np.inf)
    rich = 0.0
    if number > expected:
        rich = number * np.log(number / expected) - (number - expected)
    unit = _SCALE_RADIUS * scale
    edge = limit / unit
    follow = _CENTERED * max(1 - expected / number, 0)
    density = surface_density(distance[members] / unit, edge) * np.pi * edge**2
    centered = np.log(follow * density + 1 - follow).sum()
    evidence = centered - np.log(np.exp(-rich) + _UNRELATED / number)
    return Structure(trial, number, float(expected), float(evidence))


def surface_density(radius: np.ndarray, edge: float) -> np.ndarray:
    """Projected NFW profile with a flat core, which holds one galaxy within the edge.

    Parameters
    ----------
    radius : ndarray
        In units of the scale radius.
    edge : float
        In the same unit.

    Returns
    -------
    ndarray
        Per unit area.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.matching._structures import surface_density
    >>> r = np.linspace(0, 4, 4001)
    >>> abs(np.trapezoid(2 * np.pi * r * surface_density(r, 4.0), r) - 1) < 1e-4
    np.True_
    """
    if edge <= _CORE:
        return np.full(np.shape(radius), 1 / (np.pi * edge**2))
    total = np.pi * _CORE**2 * _projected(_CORE) + _enclosed(edge) - _enclosed(_CORE)
    return _projected(np.maximum(radius, _CORE)) / total


def _projected(x):
    """Surface density of NFW, up to a factor (Bartelmann 1996, A&A 313, 697, eq. 7)."""
    x = np.asarray(x, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (1 - _angle(x)) / (x**2 - 1)
    return np.where(np.abs(x - 1) < 1e-4, 1 / 3, value)


def _enclosed(x):
    """Number within a radius, in the unit of `_projected` (Bartelmann 1996, eq. 13)."""
    return 2 * np.pi * (np.log(x / 2) + _angle(np.asarray(x, dtype=float)))


def _angle(x):
    """The function that both have in common; 1 at the scale radius."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = 2 / np.sqrt(1 - x**2) * np.arctanh(np.sqrt((1 - x) / (1 + x)))
        outer = 2 / np.sqrt(x**2 - 1) * np.arctan(np.sqrt((x - 1) / (1 + x)))
    return np.where(np.abs(x - 1) < 1e-4, 1.0, np.where(x < 1, inner, outer))
