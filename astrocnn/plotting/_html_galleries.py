"""Galleries of cut-outs for a report on a page."""

import numpy as np
from astropy.table import Table

from ..cutouts import check_dataset
from ..validation import find_rows
from ..validation._align import known_truth
from ..validation._order import paired
from ..validation._rows import verdicts
from ._cutouts import plot_cutouts
from ._html_parts import image
from ._matplotlib import import_pyplot
from ._verdicts import as_text, identifiers_of

__all__ = ["galleries"]


def galleries(cutouts, result: Table, truth, max_targets: int) -> str:
    """Sections with what was found, taken for a cluster, and missed.

    Parameters
    ----------
    cutouts : `~xarray.Dataset`
        Cut-outs of some or all targets, joined by ``target_id``.
    result : `~astropy.table.QTable`
        Result of ``predict``.
    truth : table or array_like
        As `align_truth` reads it.
    max_targets : int
        Most targets in each gallery.

    Returns
    -------
    str
        HTML.
    """
    check_dataset(cutouts)
    result, truth = paired(result, truth)
    known = known_truth(result, truth)
    proba, called, decided = verdicts(result)
    decided = decided & ~np.ma.getmaskarray(known)
    is_cluster = known.filled(False)
    where = find_rows(identifiers_of(result), cutouts["target_id"].values)
    kinds = (
        ("True positives", "clusters that were called clusters", is_cluster & called, -1),
        ("False positives", "other targets that were called clusters", ~is_cluster & called, -1),
        ("False negatives", "clusters that were not called clusters", is_cluster & ~called, 1),
    )
    parts = ['<section>\n<h2>Cut-outs</h2>\n<p class="note">Most confident verdicts first.</p>']
    for title, words, members, sign in kinds:
        members = members & decided
        rows = np.flatnonzero(members & (where >= 0))
        rows = rows[np.argsort(sign * proba[rows], kind="stable")][:max_targets]
        parts.append(f'<h3>{title}</h3>\n<p class="note">{_counted(members, rows, words)}</p>')
        figures = [
            _target(cutouts, where[row], result[row : row + 1], bool(is_cluster[row]), proba[row])
            for row in rows
        ]
        if figures:
            parts.append(f'<div class="figures cutouts">{"".join(figures)}</div>')
    return "\n".join([*parts, "</section>"])


def _counted(members: np.ndarray, rows: np.ndarray, words: str) -> str:
    """How many there are, and how many are shown."""
    total = int(members.sum())
    if total == 0:
        return f"There are no {words}."
    return f"{len(rows)} of {total} {words}."


def _target(cutouts, index: int, row: Table, is_cluster: bool, proba: float) -> str:
    """One target with its verdict."""
    plt = import_pyplot()
    name = as_text(cutouts["target_id"].values[index])
    figure = plot_cutouts(cutouts.isel(target=[index]), row, np.array([is_cluster]))
    bands = " and ".join(as_text(band) for band in cutouts["band"].values)
    truth = "cluster" if is_cluster else "non-cluster"
    alt = f"{bands} cut-outs of target {name}: probability of a cluster {proba:.2f}, in truth a "
    text = image(figure, alt + truth + ".", "")
    plt.close(figure)
    return text
