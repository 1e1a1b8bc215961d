"""Redshifts of a list of candidates."""

from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.cosmology import FLRW
from astropy.table import MaskedColumn, QTable, Table
from astropy.utils.masked import Masked
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import InvalidTargetError
from ..tables import as_table
from ..tables._redshifts import known_redshifts
from ._candidate_redshift import candidate_redshift
from ._confirmation import CandidateRedshift
from ._pairs import sky_pairs
from ._positions import read_positions, read_target_side
from ._radius import LEAST_Z
from ._repeated import measured_redshifts
from ._settings import checked_radius, one_number

__all__ = ["candidate_redshifts"]

#: Column, of which attribute, unit, UCD, print format, description.
_COLUMNS = (
    ("z_cluster", "z", None, "src.redshift", ".4f", "Redshift of the galaxies around the target"),
    ("z_cluster_err", "z_err", None, "stat.error;src.redshift", ".4f", "Its standard error"),
    ("n_members", "n_members", None, "meta.number", None, "Galaxies that belong to it"),
    ("n_field", "n_field", None, "meta.number", ".1f", "How many of them the field would give"),
    ("dispersion", "dispersion", u.km / u.s, "phys.veloc.dispersion", ".0f",
     "Velocity dispersion in the rest frame"),
    ("dispersion_err", "dispersion_err", u.km / u.s, "stat.error;phys.veloc.dispersion", ".0f",
     "Its standard error"),
    ("evidence", "evidence", None, "stat.likelihood", ".1f",
     "Logarithm of the likelihood ratio over the field and over unrelated structures"),
    ("lead", "lead", None, "stat.likelihood", ".1f",
     "By how much that is above the evidence of the second redshift"),
    ("z_second", "z_second", None, "src.redshift", ".4f", "The second redshift"),
    ("z_chance", "chance", None, "stat.probability", ".2f",
     "Fraction of the positions around the target with as much evidence"),
    ("surveyed", "surveyed", None, "stat.fit.param", ".2f",
     "Radius in which galaxies are known over the aperture, at most 1"),
)  # fmt: skip


def candidate_redshifts(
    targets,
    galaxies: Table,
    radius: u.Quantity = 5 * u.arcmin,
    *,
    aperture: u.Quantity = 1 * u.Mpc,
    z_ref=None,
    tolerance: float = 0.01,
    cosmology: FLRW | None = None,
    random_state: int = 0,
) -> QTable:
    """Find the redshift of each candidate among the galaxies around it.

    Parameters
    ----------
    targets : QTable, SkyCoord, or what `astrocnn.tables.read_targets` reads
        Candidates.
    galaxies : `~astropy.table.Table`
        Galaxies with sky columns and ``z_spec``, from `astrocnn.catalogs.read_catalog`.
    radius : `~astropy.units.Quantity`
        Angle around each candidate within which the galaxies were looked for.
    aperture : `~astropy.units.Quantity`
        Radius within which members are looked for, at their redshift.
    z_ref : str or array_like, optional
        Redshifts to agree with, such as photometric ones: one per target, or the name of their
        column; masked or NaN where unknown, as are those below 0.003.
    tolerance : float
        Largest difference over 1 + z for which they agree.
    cosmology : `~astropy.cosmology.FLRW`, optional
        By default flat, H0 = 70 km/s/Mpc, Om0 = 0.3.
    random_state : int
        Seed of the bootstrap.

    Returns
    -------
    `~astropy.table.QTable`
        One row per target, in the same order, with its columns and ``z_cluster``,
        ``z_cluster_err``, ``n_members``, ``n_field``, ``dispersion`` and ``dispersion_err`` (km/s),
        ``evidence``, ``lead``, ``z_second``, ``z_chance``, ``surveyed``, ``z_status`` and
        ``z_reason``; see `CandidateRedshift`. With ``z_ref`` also ``z_difference``, over 1 + z, and
        ``z_agrees``. Masked where there is nothing to say.

    Raises
    ------
    InvalidTargetError
        If the arguments make no sense, or a column exists already.

    Warns
    -----
    AstrocnnWarning
        With the number of redshifts that are none, such as -99, or that many galaxies share; see
        `candidate_redshift`.

    Examples
    --------
    See `candidate_redshift`; here of two simulated candidates, one without galaxies:

    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.table import Table
    >>> from astrocnn.matching import candidate_redshifts
    >>> rng = np.random.default_rng(1)
    >>> galaxies = Table({"ra": 150 + rng.normal(0, 0.01, 8), "dec": rng.normal(0, 0.01, 8),
    ...                   "z_spec": 0.25 + rng.normal(0, 0.0025, 8)})
    >>> table = candidate_redshifts(SkyCoord([150, 10], [0, 0], unit="deg"), galaxies,
    ...                             z_ref=[0.251, 0.4])
    >>> print(table["z_cluster", "n_members", "z_status", "z_agrees"])
    z_cluster n_members   z_status  z_agrees
    --------- --------- ----------- --------
       0.2495         8      secure     True
           --         0 unconfirmed       --
    """
    table = read_target_side(targets)
    radius = checked_radius("radius", radius, u.arcmin) * u.arcmin
    tolerance = one_number("tolerance", tolerance)
    reference = _reference(z_ref, table)
    _check(table, reference is not None)
    coords, valid = read_positions(table)
    galaxies = as_table(galaxies)
    places, _ = read_positions(galaxies)
    pairs = sky_pairs(coords, places, radius)
    starts = np.searchsorted(pairs.target, np.arange(len(table) + 1))
    near = [pairs.entry[first:last] for first, last in pairwise(starts)]
    if isinstance(galaxies, Table) and "z_spec" in galaxies.colnames:
        z = measured_redshifts(galaxies["z_spec"], near)  # once: one warning for all candidates
        galaxies = Table({"ra": places.ra.deg, "dec": places.dec.deg, "z_spec": z})
    settings = {"aperture": aperture, "surveyed": radius, "cosmology": cosmology}
    found = []
    for row in tqdm(range(len(table)), "redshifts", delay=2, disable=not conf.progress):
        found.append(
            candidate_redshift(
                coords[row : row + 1], galaxies[near[row]], random_state=random_state, **settings
            )
            if valid[row]
            else None
        )
    _add_columns(table, found)
    if reference is not None:
        _add_agreement(table, reference, tolerance)
    return table


def _reference(z_ref, table):
    """Redshifts to agree with, as numbers."""
    if z_ref is None:
        return None
    if isinstance(z_ref, str):
        if z_ref not in table.colnames:
            raise InvalidTargetError(f"the targets have no column {z_ref!r} for z_ref")
        z_ref = table[z_ref]
    values = known_redshifts(z_ref, "z_ref")
    if values.shape != (len(table),):
        raise InvalidTargetError(
            f"z_ref must have one redshift per target: {len(table)}, not {values.shape}"
        )
    with np.errstate(invalid="ignore"):
        return np.where(values >= LEAST_Z, values, np.nan)


def _check(table, agreement):
    """Refuse to overwrite columns of the targets."""
    names = [name for name, *_ in _COLUMNS] + ["z_status", "z_reason"]
    names += ["z_difference", "z_agrees"] * agreement
    taken = [name for name in names if name in table.colnames]
    if taken:
        raise InvalidTargetError(f"the targets already have the column {taken[0]!r}: rename it")


def _value(one: CandidateRedshift | None, attribute: str) -> float:
    """A number of one candidate; NaN where there is none."""
    if one is None:
        return 0 if attribute == "n_members" else np.nan
    second = one.second
    if attribute == "z_second":
        return second.z if second else np.nan
    if attribute == "lead":
        return one.evidence - second.evidence if second else np.nan
    return getattr(one, attribute)


def _add_columns(table, found):
    """Columns of `_COLUMNS`, status and reason."""
    for name, attribute, unit, ucd, form, description in _COLUMNS:
        values = np.array([_value(one, attribute) for one in found])
        if name == "n_members":
            column = values.astype(int)
        elif unit is None:
            column = MaskedColumn(values, mask=~np.isfinite(values))
        else:
            column = Masked(values * unit, mask=~np.isfinite(values))
        _add(table, name, column, ucd, form, description)
    status = ["unconfirmed" if one is None else one.status for one in found]
    reason = ["no valid position" if one is None else one.reason for one in found]
    for name, words, description in (
        ("z_status", status, "secure, probable, unconfirmed or rejected"),
        ("z_reason", reason, "Why it is not secure"),
    ):
        _add(table, name, np.array(words, dtype=str), "meta.code", None, description)


def _add_agreement(table, reference, tolerance):
    """Difference from the reference, and whether it is small."""
    z = np.ma.array(table["z_cluster"], dtype=float).filled(np.nan)
    difference = (z - reference) / (1 + reference)
    unknown = ~np.isfinite(difference)
    column = MaskedColumn(np.where(unknown, 0, difference), mask=unknown)
    what = "Redshift less the reference, over 1 + z"
    _add(table, "z_difference", column, "src.redshift;arith.diff", ".4f", what)
    agrees = MaskedColumn(np.abs(np.where(unknown, 0, difference)) <= tolerance, mask=unknown)
    _add(table, "z_agrees", agrees, "meta.code", None, f"Whether that is within {tolerance:g}")


def _add(table, name, column, ucd, form, description):
    table[name] = column
    info = table[name].info
    info.description, info.meta, info.format = description, {"ucd": ucd}, form
