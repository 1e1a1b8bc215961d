"""Columns of target lists and results: unit, description, UCD, how they are printed."""

from collections.abc import Sequence
from typing import NamedTuple

from astropy import units as u
from astropy.table import Table

__all__ = ["RESULT_COLUMNS", "ResultColumn", "describe_columns", "probability_columns"]


class ResultColumn(NamedTuple):
    """Unit, description, UCD and print format of a column of the result."""

    unit: u.UnitBase | None
    description: str
    ucd: str
    format: str | None = None


#: Columns of the result by name; ``<class>`` and ``<waveband>`` stand for names of those.
RESULT_COLUMNS = {
    "target_id": ResultColumn(None, "Identifier of the target", "meta.id;meta.main"),
    "ra": ResultColumn(u.deg, "Right ascension (ICRS)", "pos.eq.ra;meta.main", ".6f"),
    "dec": ResultColumn(u.deg, "Declination (ICRS)", "pos.eq.dec;meta.main", ".6f"),
    "label": ResultColumn(None, "Class; masked where there is no prediction", "meta.code.class"),
    "proba_<class>": ResultColumn(
        None, "Probability of class '<class>'; masked without prediction", "stat.probability", ".4f"
    ),
    "proba_err": ResultColumn(
        None, "Uncertainty of the probability; masked where unknown", "stat.error", ".4f"
    ),
    "novelty": ResultColumn(
        None,
        "Distance from the training images; above 1 is unusual; masked without images",
        "stat.value",
        ".3f",
    ),
    "source_separation": ResultColumn(
        u.arcsec,
        "Distance of the X-ray source that was judged from the target; masked where none is seen",
        "pos.angDistance",
        ".1f",
    ),
    "coverage_<waveband>": ResultColumn(
        None, "Fraction of the <waveband> cut-out that was observed (0..1)", "stat.filling", ".3f"
    ),
    "flag": ResultColumn(None, "Words joined by ';', see astrocnn.tables.FLAGS", "meta.code.qual"),
}


def probability_columns(classes: Sequence[str]) -> list[str]:
    """Return the names of a result's probability columns.

    Parameters
    ----------
    classes : sequence of str
        Class names in the order of the probabilities. Of two classes only the last, the positive
        one, has a column: the other is one minus it.

    Examples
    --------
    >>> from astrocnn.tables import probability_columns
    >>> probability_columns(["non_cluster", "cluster"])
    ['proba_cluster']
    >>> probability_columns(["star", "galaxy", "quasar"])
    ['proba_star', 'proba_galaxy', 'proba_quasar']
    """
    return [f"proba_{name}" for name in (classes[1:] if len(classes) == 2 else classes)]


def describe_columns(table: Table) -> None:
    """Set description, UCD and print format of every column that `RESULT_COLUMNS` knows."""
    for name in table.colnames:
        stem, _, part = name.partition("_")
        key = {"proba": "proba_<class>", "coverage": "coverage_<waveband>"}.get(stem)
        spec = RESULT_COLUMNS.get(name) or RESULT_COLUMNS[key]
        info = table[name].info
        info.description = spec.description.replace("<class>", part).replace("<waveband>", part)
        info.meta = {"ucd": spec.ucd}
        if spec.format:
            info.format = spec.format
