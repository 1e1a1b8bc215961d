"""What is known about targets and entries, from arguments and columns."""

import warnings
from collections.abc import Callable
from numbers import Real

import numpy as np
from astropy import units as u
from astropy.cosmology import FLRW
from astropy.table import Table

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ..tables._redshifts import known_redshifts
from ._association import Association, Side
from ._attributes import plain_numbers
from ._positions import read_positions
from ._radius import LEAST_Z
from ._redshift_prior import RedshiftPrior, TargetRedshifts
from ._settings import as_quantity

__all__ = ["check_fraction", "offset_law", "position_errors", "read_association", "redshifts"]


def read_association(
    table, catalog, radius, *, errors, z, offset, cosmology, completeness, density, priors
) -> Association:
    """Arguments of `match_probability` as arrays of the rows that have a position.

    Raises
    ------
    InvalidTargetError
        If one of them makes no sense.
    """
    coords, valid = read_positions(table)
    places, exist = read_positions(catalog)
    law, is_length = offset_law(offset, cosmology), _is_length(offset)
    target_error, entry_error = _both_errors(errors, table, catalog, coords, places, not law)
    target_z, entry_z = z
    if is_length and entry_z is None and "z_spec" in getattr(catalog, "colnames", ()):
        entry_z = "z_spec"
    target_z = redshifts("target_z", target_z, table, len(coords))
    entry_z = redshifts("entry_z", entry_z, catalog, len(places))
    if is_length and len(coords) and len(places):
        entry_z = _filled(target_z, entry_z)
    reach = _radius(radius, len(coords))
    if isinstance(density, u.Quantity) and not density.isscalar:
        density = _per_row("density", density.value, len(coords))[valid] * density.unit
    if completeness is not None:
        completeness = check_fraction("completeness", completeness)
    priors = {
        name: _of_targets(prior, table, len(coords), valid)
        if isinstance(prior, RedshiftPrior) else prior
        for name, prior in priors.items()
    }  # fmt: skip
    values = attribute_columns(priors, catalog) if len(places) else {name: [] for name in priors}
    return Association(
        Side(coords[valid], np.flatnonzero(valid), target_error[valid], target_z[valid]),
        Side(places[exist], np.flatnonzero(exist), entry_error[exist], entry_z[exist]),
        reach[valid], density, law, completeness, priors,
        {name: np.asarray(column)[exist] for name, column in values.items()},
    )  # fmt: skip


def _both_errors(errors, table, catalog, coords, places, no_offset):
    """Errors of both sides. What is exact on both cannot be matched, so zero is then missing."""
    sides = (("target_error", errors[0], table, len(coords)),
             ("entry_error", errors[1], catalog, len(places)))  # fmt: skip
    plain = [_in_radians(*side) for side in sides]
    exact = [no_offset and bool(np.any(other == 0)) for other in plain[::-1]]
    return [position_errors(*side, missing_zero=zero)
            for side, zero in zip(sides, exact, strict=True)]  # fmt: skip


def position_errors(name: str, given, things, n: int, missing_zero: bool = False) -> np.ndarray:
    """Errors of one axis in radians, per row.

    Parameters
    ----------
    name : str
        Of the argument, for messages.
    given : `~astropy.units.Quantity` or str
        One for all, one per row, or the name of a column.
    things : Table or SkyCoord
    n : int
        Rows.
    missing_zero : bool
        Whether a zero stands for a missing error where there is one per row.

    Returns
    -------
    ndarray of shape (n,)
        Rows without an error have the median of the others.

    Raises
    ------
    InvalidTargetError
        If it is no angle, negative, of another length, or unknown for all rows.

    Warns
    -----
    AstrocnnWarning
        With the number of rows without an error.
    """
    values = _in_radians(name, given, things, n)
    if (values < 0).any():
        raise InvalidTargetError(f"{name} must not be negative, as it is in {sum(values < 0)} rows")
    per_row = isinstance(given, str) or np.ndim(given) > 0
    zero = (values == 0) & (missing_zero and per_row)
    known = np.isfinite(values) & ~zero
    if known.all():
        return values
    lacks = f"{name} is missing{' or 0' if zero.any() else ''}"
    if not known.any():
        raise InvalidTargetError(f"{lacks} in all rows: give one for all")
    warnings.warn(
        f"{lacks} in {np.sum(~known)} of {n} rows: they are given the median of the "
        f"others, {np.rad2deg(np.median(values[known])) * 3600:.3g} arcsec",
        AstrocnnWarning,
        stacklevel=5,
    )
    return np.where(known, values, np.median(values[known]))


def _in_radians(name: str, given, things, n: int) -> np.ndarray:
    """Errors as they are given, one per row; NaN where missing."""
    given = _column(name, given, things)
    unit = getattr(given, "unit", None)
    if unit is None or not u.Unit(unit).is_equivalent(u.rad):
        raise InvalidTargetError(
            f"{name} must be an angle such as 2 * u.arcsec, one per row, or the name of a column "
            f"that has such a unit, not {given!r:.80}"
        )
    return _per_row(name, plain_numbers(given) * u.Unit(unit).to(u.rad), n)


def redshifts(name: str, given, things, n: int) -> np.ndarray:
    """Redshifts per row, NaN where unknown or too near for a distance; None gives NaN for all."""
    if given is None:
        return np.full(n, np.nan)
    z = _per_row(name, known_redshifts(_column(name, given, things), name), n)
    with np.errstate(invalid="ignore"):
        return np.where(z >= LEAST_Z, z, np.nan)


def offset_law(offset, cosmology: FLRW) -> list[tuple[float, Callable]]:
    """Shares, and functions that give the scale in radians at a redshift.

    Parameters
    ----------
    offset : None, `~astropy.units.Quantity`, or sequence of (float, Quantity)
        Scale of the Rayleigh law, as an angle or a length; or several with their shares.
    cosmology : `~astropy.cosmology.FLRW`

    Raises
    ------
    InvalidTargetError
        If scales or shares make no sense.
    """
    if offset is None:
        return []
    try:
        parts = [(1.0, offset)] if isinstance(offset, u.Quantity) else list(offset)
        shares = [float(share) for share, _ in parts]
        scales = [_scale(scale, cosmology) for _, scale in parts]
        if not parts:
            raise TypeError("no scale")
    except (TypeError, ValueError) as err:
        raise InvalidTargetError(
            "offset must be one scale such as 80 * u.kpc or 5 * u.arcsec, or a list of shares and "
            f"scales such as [(0.8, 40 * u.kpc), (0.2, 200 * u.kpc)], not {offset!r}"
        ) from err
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise InvalidTargetError(f"the fractions of offset must be positive and sum to 1: {shares}")
    return list(zip(shares, scales, strict=True))


def attribute_columns(priors, catalog) -> dict[str, np.ndarray]:
    """Values of the catalog that priors are about.

    Raises
    ------
    InvalidTargetError
        If a prior is neither a function nor ``"learn"``, or there is no such column.
    """
    values = {}
    for name, prior in priors.items():
        if not (prior is None or callable(prior) or isinstance(prior, TargetRedshifts)):
            raise InvalidTargetError(
                f"the prior of {name!r} must be 'learn', a function of values or a RedshiftPrior, "
                f"not {prior!r}"
            )
        try:
            column = _column("priors", name, catalog)
            is_redshift = isinstance(prior, TargetRedshifts)
            numbers = known_redshifts(column, name) if is_redshift else plain_numbers(column)
            values[name] = np.ravel(numbers)
        except (TypeError, ValueError) as err:
            if isinstance(err, InvalidTargetError):
                raise
            raise InvalidTargetError(f"the column {name!r} holds no numbers") from err
    return values


def check_fraction(name: str, value, *, inclusive: bool = False) -> float:
    """A number between 0 and 1."""
    if not isinstance(value, Real) or not (0 < value < 1 or (inclusive and value in (0, 1))):
        raise InvalidTargetError(f"{name} must be a number between 0 and 1, not {value!r}")
    return float(value)


def _of_targets(prior: RedshiftPrior, table, n: int, valid) -> TargetRedshifts:
    """Redshifts and errors of the targets that have a position."""
    z, error = (_column(f"RedshiftPrior: {name}", given, table)
                for name, given in (("z", prior.z), ("error", prior.error)))  # fmt: skip
    z = _per_row("RedshiftPrior: z", known_redshifts(z, "RedshiftPrior: z"), n)[valid]
    error = _per_row("RedshiftPrior: error", plain_numbers(error), n)[valid]
    error = np.where(error > 0, np.hypot(error, prior.entry_error), np.nan)
    if len(z) and not np.isfinite(error).any():
        raise InvalidTargetError("RedshiftPrior: error must be positive in some row, as in 0.02")
    return TargetRedshifts(z, error, float(prior.outliers))


def _is_length(offset) -> bool:
    """Whether a scale of the offset is a length, and so needs a redshift."""
    if offset is None:
        return False
    scales = [offset] if isinstance(offset, u.Quantity) else [scale for _, scale in offset]
    return any(scale.unit.is_equivalent(u.kpc) for scale in scales)


def _filled(target_z, entry_z):
    """Redshifts of the entries; the median of all that are known where there is none."""
    known = np.r_[target_z, entry_z]
    known = known[np.isfinite(known)]
    if not len(known):
        raise InvalidTargetError(
            "an offset in kpc needs redshifts: give target_z or entry_z, or the offset as an angle"
        )
    return np.where(np.isfinite(entry_z), entry_z, np.median(known))


def _radius(radius, n: int) -> np.ndarray:
    """Radii of the search in radians, one per row."""
    radius = as_quantity(radius)
    if not isinstance(radius, u.Quantity) or not radius.unit.is_equivalent(u.rad):
        raise InvalidTargetError(f"radius must be an angle such as 20 * u.arcsec, not {radius!r}")
    values = _per_row("radius", plain_numbers(radius.to(u.rad)), n)
    if not ((values > 0) & (values <= np.pi / 2)).all():
        raise InvalidTargetError("radius must be between 0 and 90 degrees in every row")
    return values


def _scale(scale: u.Quantity, cosmology: FLRW) -> Callable:
    """Function that gives the scale in radians at a redshift."""
    if not isinstance(scale, u.Quantity) or not scale.isscalar or not 0 <= scale.value < np.inf:
        raise TypeError("no scale")
    if scale.unit.is_equivalent(u.rad):
        angle = scale.to_value(u.rad)
        return lambda z: np.full(np.shape(z), angle)
    grid = np.geomspace(LEAST_Z, 20, 800)
    per_kpc = np.log(cosmology.arcsec_per_kpc_proper(grid).to_value(u.rad / u.kpc))
    size = scale.to_value(u.kpc)
    return lambda z: size * np.exp(np.interp(np.log(z), np.log(grid), per_kpc))


def _column(name: str, given, things):
    """The column of this name, or what was given."""
    if not isinstance(given, str):
        return given
    if not isinstance(things, Table) or given not in things.colnames:
        columns = f"its columns are {', '.join(things.colnames)}" if hasattr(
            things, "colnames"
        ) else "it is no table"  # fmt: skip
        raise InvalidTargetError(f"{name}: there is no column {given!r}; {columns}")
    return things[given]


def _per_row(name: str, values, n: int) -> np.ndarray:
    """One value per row."""
    if np.ndim(values) and np.shape(values) != (n,):
        raise InvalidTargetError(
            f"{name} has the shape {np.shape(values)}: give one value, or one for each of {n} rows"
        )
    return np.broadcast_to(np.asarray(values, dtype=float), (n,)).copy()
