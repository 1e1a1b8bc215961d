"""Redshift of a candidate from the galaxies around it."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.cosmology import FLRW
from astropy.table import Table

from ..exceptions import InvalidTargetError
from ..tables import as_table
from ._confirmation import CandidateRedshift, confirmation, no_redshift
from ._members import find_members
from ._positions import read_positions
from ._radius import LEAST_Z
from ._repeated import measured_redshifts
from ._settings import checked_cosmology, checked_radius, generator, whole_number
from ._structures import FIELD, Structure, structure_at
from ._velocities import center_and_errors

__all__ = ["candidate_redshift"]

#: Galaxies as near in position and redshift are entries of one.
_SAME, _SAME_Z = 2 * u.arcsec, 0.002
#: Redshifts apart by less, as a fraction of 1 + z, are one structure.
_APART = 0.01
#: Fewer bootstrap samples tell no error.
_LEAST_SAMPLES = 10


def candidate_redshift(
    target,
    galaxies: Table,
    *,
    aperture: u.Quantity = 1 * u.Mpc,
    surveyed: u.Quantity | None = None,
    cosmology: FLRW | None = None,
    n_shifts: int = 8,
    n_bootstrap: int = 500,
    random_state: int = 0,
) -> CandidateRedshift:
    """Find the redshift of a cluster candidate among the galaxies around it.

    Parameters
    ----------
    target : `~astropy.coordinates.SkyCoord` or other single target
        Position of the candidate.
    galaxies : `~astropy.table.Table`
        Galaxies with sky columns and ``z_spec``, from `astrocnn.catalogs.read_catalog`; those
        without redshift or position count for nothing. No stars, and no clusters.
    aperture : `~astropy.units.Quantity`
        Radius within which members are looked for, at their redshift.
    surveyed : `~astropy.units.Quantity`, optional
        Radius within which galaxies were looked for. By default that of the farthest one given.
    cosmology : `~astropy.cosmology.FLRW`, optional
        By default flat, H0 = 70 km/s/Mpc, Om0 = 0.3.
    n_shifts : int
        Positions around the target that tell how much is chance; at least 2.
    n_bootstrap : int
        Samples for the errors; at least 10.
    random_state : int
        Their seed.

    Returns
    -------
    CandidateRedshift

    Raises
    ------
    InvalidTargetError
        If there is more than one target, the galaxies have no ``z_spec``, or a radius, a number or
        the cosmology makes no sense.

    Warns
    -----
    AstrocnnWarning
        With the number of redshifts that are none, such as -99, or that many galaxies share.

    Notes
    -----
    Each galaxy's redshift is tried. Its evidence weighs how many galaxies share it against the
    field at neighboring redshifts, and where they lie: a cluster's galaxies gather about the
    target, those of an unrelated group do not. The best one is then refined: members are clipped
    at three dispersions within the aperture, of 30 or more also by a shifting gapper. The redshift
    is their biweight location, the dispersion their biweight scale, or from 14 members down the
    gapper's; errors are from bootstrap samples of the members.

    How much chance makes depends on how deep the galaxies go: in a field with thousands of
    redshifts many positions have a structure. So the same is asked of positions around the target,
    half way to the edge of the field.

    Two entries within 2 arcsec and 600 km/s are one galaxy. Where five galaxies or more have the
    very same redshift, and most of those within 1500 km/s of it do, it stands for "missing", is
    that of the cluster or is rounded: it is no evidence.

    References
    ----------
    Beers, Flynn & Gebhardt 1990, AJ 100, 32; Fadda et al. 1996, ApJ 473, 670; Clerc et al. 2016,
    MNRAS 463, 4490 (confirmation by few spectra); Navarro, Frenk & White 1997, ApJ 490, 493.

    Examples
    --------
    Ten simulated members of a cluster at z = 0.25, and thirty field galaxies:

    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.table import Table
    >>> from astrocnn.matching import candidate_redshift
    >>> rng = np.random.default_rng(4)
    >>> z = np.append(0.25 + rng.normal(0, 0.0025, 10), rng.uniform(0.05, 0.7, 30))
    >>> sigma = np.append(np.full(10, 0.01), np.full(30, 0.05))
    >>> galaxies = Table({"ra": 150 + rng.normal(0, sigma), "dec": rng.normal(0, sigma),
    ...                   "z_spec": z})
    >>> found = candidate_redshift(SkyCoord(150, 0, unit="deg"), galaxies)
    >>> print(found)
    z = 0.2495 ± 0.0008 from 10 galaxies, 0.7 of them by chance, 621 ± 137 km/s: secure
    """
    cosmology, rng = checked_cosmology(cosmology), generator(random_state)
    n_shifts = whole_number("n_shifts", n_shifts, 2)
    n_bootstrap = whole_number("n_bootstrap", n_bootstrap, _LEAST_SAMPLES)
    galaxies = as_table(galaxies)
    center = _position(target)
    kpc = checked_radius("aperture", aperture, u.kpc)
    coords, z, rows, edge = _galaxies(galaxies, center, surveyed)
    members = np.zeros(len(galaxies), dtype=bool)
    if not len(z):
        return no_redshift(members, "no redshifts")
    search = _Search(coords, z, kpc, _sizes(z, cosmology))
    best, second = search.best_two(center, edge)
    if best.number == 0:
        return no_redshift(members, f"no redshift within {aperture}")
    distance = coords.separation(center).arcsec
    chosen = find_members(z, distance, best.z, search.aperture)
    members[rows[chosen]] = True
    center_z, z_err, dispersion, dispersion_err = center_and_errors(z[chosen], n_bootstrap, rng)
    share = min(edge / search.aperture(center_z), 1.0)
    chance = search.chance(center, edge, n_shifts)
    status, reason = confirmation(int(chosen.sum()), best, second, share, chance, len(z))
    return CandidateRedshift(
        center_z, z_err, int(chosen.sum()), best.expected, dispersion, dispersion_err,
        best.evidence, second, chance, share, status, reason, members,
    )  # fmt: skip


@dataclass(frozen=True)
class _Search:
    """Galaxies sorted by redshift, in which structures are looked for about any position."""

    coords: SkyCoord
    z: np.ndarray
    kpc: float
    sizes: tuple[np.ndarray, np.ndarray]

    def aperture(self, z: float) -> float:
        """Radius of the aperture at a redshift (arcsec)."""
        return self.kpc * float(np.interp(z, *self.sizes))

    def best_two(self, center: SkyCoord, edge: float) -> tuple[Structure, Structure | None]:
        """The structure with the most evidence, and the best at another redshift."""
        distance = self.coords.separation(center).arcsec
        near = distance <= edge
        z, distance = self.z[near], distance[near]
        trials = np.unique(np.round(z, 5))
        if not len(trials):
            return Structure(np.nan, 0, 0.0, -np.inf), None
        reach = 1.01 * FIELD * (1 + trials)
        rows = np.searchsorted(z, [trials - reach, trials + reach]).T
        found = []
        for trial, (low, high) in zip(trials, rows, strict=True):
            size = self.aperture(trial)
            found.append(structure_at(
                trial, z[low:high], distance[low:high], size / self.kpc, min(edge, size)
            ))  # fmt: skip
        best = max(found, key=lambda one: one.evidence)
        others = [one for one in found if abs(one.z - best.z) > _APART * (1 + best.z)]
        return best, max(others, key=lambda one: one.evidence, default=None)

    def chance(self, center: SkyCoord, edge: float, n: int) -> float:
        """Fraction of positions on a ring, half way to the edge, with as much evidence."""
        own = self.best_two(center, edge / 2)[0].evidence
        ring = center.directional_offset_by(
            np.arange(n) * 360 / n * u.deg, np.full(n, edge / 2) * u.arcsec
        )
        return float(np.mean([self.best_two(one, edge / 2)[0].evidence >= own for one in ring]))


def _position(target) -> SkyCoord:
    """The one position."""
    coords, valid = read_positions(target)
    if len(coords) != 1 or not valid.all():
        raise InvalidTargetError(
            f"candidate_redshift takes one valid position, not {int(valid.sum())} of {len(coords)}"
        )
    return coords[0]


def _galaxies(galaxies: Table, center: SkyCoord, surveyed: u.Quantity | None):
    """Positions and redshifts of distinct galaxies, their rows, and the radius looked at."""
    if not isinstance(galaxies, Table) or (len(galaxies) and "z_spec" not in galaxies.colnames):
        raise InvalidTargetError(
            "galaxies must be a table with the column 'z_spec': see astrocnn.catalogs.read_catalog"
        )
    if not len(galaxies):
        return SkyCoord([], [], unit="deg"), np.zeros(0), np.zeros(0, dtype=int), 0.0
    coords, valid = read_positions(galaxies)
    redshift = measured_redshifts(galaxies["z_spec"])
    if surveyed is not None:
        edge = checked_radius("surveyed", surveyed, u.arcsec)
    else:
        edge = coords[valid].separation(center).arcsec.max(initial=0.0)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero(valid & (redshift >= LEAST_Z))
    rows = rows[np.argsort(redshift[rows], kind="stable")]
    rows = rows[_distinct(coords[rows], redshift[rows])]
    return coords[rows], redshift[rows], rows, float(edge)


def _distinct(coords: SkyCoord, z: np.ndarray) -> np.ndarray:
    """The first of entries of one galaxy."""
    first = np.ones(len(z), dtype=bool)
    if len(z) > 1:
        one, other, _, _ = coords.search_around_sky(coords, _SAME)
        later = (one < other) & (np.abs(z[one] - z[other]) < _SAME_Z * (1 + z[one]))
        first[other[later]] = False
    return first


def _sizes(z: np.ndarray, cosmology: FLRW) -> tuple[np.ndarray, np.ndarray]:
    """Redshifts, and what 1 kpc spans there (arcsec)."""
    grid = np.geomspace(LEAST_Z / 2, max(z.max() * 1.1, 0.01), 400)
    return grid, cosmology.arcsec_per_kpc_proper(grid).value
