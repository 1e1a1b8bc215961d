"""What a match on the sky adds to the table of the targets."""

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable
from astropy.utils.masked import Masked

from ._chance import ChanceRate, cap_area, local_density

__all__ = ["MATCH_COLUMNS", "add_match", "match_summary"]

#: Column, UCD, print format, description.
MATCH_COLUMNS = (
    ("matched", "meta.code", None, "Whether the catalog has an entry within the radius"),
    ("separation", "pos.angDistance", ".1f", "Distance to the match; masked without one"),
    ("match_id", "meta.id.cross", None, "Identifier of the match in the catalog"),
    ("z_spec", "src.redshift", None, "Redshift of the match; masked where unknown"),
    (
        "chance_probability", "stat.probability", ".2g",
        "Probability that an unrelated entry lies as near as the match",
    ),
)  # fmt: skip


def add_match(
    table: QTable,
    prefix: str,
    valid: np.ndarray,
    matched: np.ndarray,
    separation: u.Quantity,
    ring: u.Quantity,
    match_id: MaskedColumn,
    z_spec: MaskedColumn,
) -> None:
    """Add the columns of a match.

    Parameters
    ----------
    table : QTable
        Targets, n rows.
    prefix : str
        Put before the names of the columns.
    valid, matched : ndarray of shape (n,), bool
        Which targets have a position, and which a match.
    separation : `~astropy.units.Quantity` of shape (n,)
        Where matched.
    ring : `~astropy.units.Quantity` of shape (k, valid targets)
        Distances to the catalog on the ring around each target; see `ring_separations`.
    match_id, z_spec : MaskedColumn of shape (n,)
    """
    chance = np.zeros(len(table))
    inside = local_density(ring) * cap_area(separation[valid])
    chance[valid] = -np.expm1(-inside.to_value(u.dimensionless_unscaled))
    values = {
        "matched": matched,
        "separation": Masked(np.where(matched, separation, 0 * u.deg).to(u.arcsec), mask=~matched),
        "match_id": match_id,
        "z_spec": z_spec,
        "chance_probability": MaskedColumn(np.where(matched, chance, 0.0), mask=~matched),
    }
    for name, ucd, form, description in MATCH_COLUMNS:
        table[prefix + name] = values[name]
        info = table[prefix + name].info
        info.description, info.meta, info.format = description, {"ucd": ucd}, form


def match_summary(
    name: str, n_targets: int, n_matched: int, rate: ChanceRate, radius: str, note: str = ""
) -> dict:
    """What `describe_match` needs, in plain types that every file format keeps."""
    of = f" ({'; '.join(filter(None, (name, note)))})" if name or note else ""
    lost = n_targets - rate.n_targets
    without = f" ({lost} without a valid position)" if lost else ""
    return {
        "catalog": name,
        "radius": radius,
        "n_targets": n_targets,
        "n_positions": rate.n_targets,
        "n_matched": n_matched,
        "chance_expected": rate.expected,
        "chance_error": rate.error,
        "chance_interval": list(rate.interval),
        "chance_counts": list(rate.counts),
        "chance_shift": f"{rate.shift.value:g} {rate.shift.unit}",
        "description": f"{n_matched} of {n_targets} targets{without} matched within {radius}{of}; "
        f"{rate}",
    }
