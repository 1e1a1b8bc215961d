"""Tables of probable matches: one row per pair, one row per target."""

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable
from astropy.utils.masked import Masked

from ._bayes import false_probability, flag_pairs
from ._names_and_redshifts import entry_column, target_ids

__all__ = ["TARGET_COLUMNS", "pair_table", "target_table"]

#: Column, UCD, print format, description.
TARGET_COLUMNS = (
    ("p_any", "stat.probability", ".3f", "Probability that an entry found is the counterpart"),
    ("match_id", "meta.id.cross", None, "Identifier of the best entry"),
    ("separation", "pos.angDistance", ".1f", "Distance to the best entry"),
    ("z_spec", "src.redshift", None, "Redshift of the best entry; masked where unknown"),
    ("p_i", "stat.probability", ".3f", "Probability of the best entry, if there is a counterpart"),
    ("false_probability", "stat.probability", ".2g", "That the best entry is not the counterpart"),
    ("n_candidates", "meta.number", None, "Entries within the radius"),
    ("n_similar", "meta.number", None, "Others that are nearly as good as the best entry"),
)
_PAIR_COLUMNS = (
    ("target_row", "meta.record", None, "Row of the target; the first is 0"),
    ("target_id", "meta.id", None, "Identifier of the target"),
    ("entry_row", "meta.record", None, "Row of the catalog entry; the first is 0"),
    ("match_id", "meta.id.cross", None, "Identifier of the catalog entry"),
    ("separation", "pos.angDistance", ".1f", "Distance from target to entry"),
    ("width", "stat.stdev;pos.angDistance", ".1f",
     "Standard deviation along one axis of the separation of counterparts"),
    ("log_bayes", "stat.likelihood", ".2f", "Decimal logarithm of the positions' Bayes factor"),
    ("log_prior", "stat.likelihood", ".2f", "Decimal logarithm of the priors on columns"),
    ("p_any", "stat.probability", ".3f", "Probability that an entry found is the counterpart"),
    ("p_i", "stat.probability", ".3f", "Probability of this entry, if there is a counterpart"),
    ("match_flag", "meta.code", None, "1 best, 2 nearly as good, 0 other"),
)  # fmt: skip


def pair_table(table, catalog, association, found, similar) -> QTable:
    """One row per candidate; see `match_probability`."""
    pairs = found.pairs
    target = association.targets.rows[pairs.target]
    entry = association.entries.rows[pairs.entry]
    values = {
        "target_row": target,
        "target_id": target_ids(table, target),
        "entry_row": entry,
        "match_id": entry_column(catalog, "source_id", entry),
        "separation": (pairs.separation * u.rad).to(u.arcsec),
        "width": (found.width * u.rad).to(u.arcsec),
        "log_bayes": found.log_bayes / np.log(10),
        "log_prior": found.log_ratio / np.log(10),
        "p_any": found.any_entry[pairs.target],
        "p_i": found.relative,
        "match_flag": flag_pairs(found.relative, pairs.target, similar),
    }
    return _add(QTable(), values, _PAIR_COLUMNS, "")


def target_table(table, catalog, association, found, pairs, prefix) -> QTable:
    """The targets with their best entries; see `match_probability`."""
    n, rows = len(table), association.targets.rows
    flag = np.asarray(pairs["match_flag"])
    place, matched = np.zeros(n, dtype=int), np.zeros(n, dtype=bool)
    best = np.flatnonzero(flag == 1)
    place[pairs["target_row"][best]], matched[pairs["target_row"][best]] = best, True
    entry = _taken(pairs["entry_row"], place, matched).data
    p_any = np.ma.masked_all(n)
    p_any[rows] = found.any_entry
    relative = _taken(pairs["p_i"], place, matched)
    separation = _taken(pairs["separation"].to_value(u.arcsec), place, matched)
    values = {
        "p_any": MaskedColumn(p_any),
        "match_id": entry_column(catalog, "source_id", entry, matched),
        "separation": Masked(separation.data * u.arcsec, mask=separation.mask),
        "z_spec": entry_column(catalog, "z_spec", entry, matched),
        "p_i": relative,
        "false_probability": MaskedColumn(
            false_probability(p_any.filled(0.0), relative.data), mask=~matched
        ),
        "n_candidates": np.bincount(pairs["target_row"], minlength=n),
        "n_similar": np.bincount(pairs["target_row"][flag == 2], minlength=n),
    }
    return _add(table, values, TARGET_COLUMNS, prefix)


def _taken(column, rows, where) -> MaskedColumn:
    """Values of a column at some rows, masked elsewhere."""
    values = np.ma.array(column)
    if not len(values):
        return MaskedColumn(np.zeros(len(rows), dtype=values.dtype), mask=True)
    taken = values[np.where(where, rows, 0)]
    return MaskedColumn(taken.data, mask=np.ma.getmaskarray(taken) | ~where)


def _add(table: QTable, values: dict, columns, prefix: str) -> QTable:
    """Add columns with their descriptions."""
    for name, ucd, form, description in columns:
        table[prefix + name] = values[name]
        info = table[prefix + name].info
        info.description, info.meta, info.format = description, {"ucd": ucd}, form
    return table
