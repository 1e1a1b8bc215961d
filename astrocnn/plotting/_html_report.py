"""A validation report on one page that stands alone."""

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidParameterError, InvalidTargetError
from ..storage import write_whole
from ..tables import as_table, check_output_path
from ..validation import ValidationReport
from ..validation._checked import check_count
from ..validation._estimate import check_prevalence
from ._html_galleries import galleries
from ._html_parts import SKETCH, page
from ._html_sections import (
    basis,
    by_class,
    completeness_against,
    curves,
    foot,
    matches,
    numbers,
    summary,
)
from ._matplotlib import check_table, import_pyplot, named_reports

__all__ = ["write_report"]


def write_report(
    report: ValidationReport,
    path: str | os.PathLike,
    *,
    prevalence: float | None = None,
    completeness: "Table | Sequence[Table]" = (),
    classes: Table | None = None,
    result: Table | None = None,
    truth: "Table | np.ndarray | None" = None,
    cutouts=None,
    max_targets: int = 6,
    title: str | None = None,
    random_state: "int | np.random.Generator | None" = 0,
    overwrite: bool = False,
) -> Path:
    """Write a report as one page of HTML that stands alone.

    The page loads nothing and runs no script. It has the figures in it, reads well on a screen of
    any width, light or dark, and on paper.

    Parameters
    ----------
    report : `~astrocnn.validation.ValidationReport`
        Result of `astrocnn.validation.validate`.
    path : str or path
        The file, ``.html``.
    prevalence : float, optional
        Share of clusters among your candidates; by default that of the report.
    completeness : table, or sequence of tables
        Results of `astrocnn.validation.completeness_against`.
    classes : table, optional
        Result of `astrocnn.validation.confusion_by_class`.
    result : `~astropy.table.QTable` or pandas.DataFrame, optional
        Result of ``predict``: the page then says what the verdicts rest on.
    truth : table or array_like, optional
        Truth, as `astrocnn.validation.align_truth` reads it.
    cutouts : `~xarray.Dataset`, optional
        Cut-outs; with ``result`` and ``truth`` the page shows galleries of what was found, taken
        for a cluster, and missed, most confident verdicts first.
    max_targets : int
        Most targets in each gallery.
    title : str, optional
        Title of the page.
    random_state : int, `~numpy.random.Generator`, or None
        For the bands of the curves.
    overwrite : bool
        Whether a file of that name is replaced.

    Returns
    -------
    `~pathlib.Path`
        The file. The same input gives the same file.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidParameterError
        If cut-outs are given without result and truth, or the prevalence is no share.
    InvalidTargetError, InvalidImageError
        If result, truth and cut-outs do not fit together.
    UnknownNameError, FileExistsError, FileNotFoundError, OSError
        As `astrocnn.tables.write_result`.

    Examples
    --------
    >>> from astropy.table import QTable
    >>> from astrocnn.plotting import write_report
    >>> from astrocnn.validation import validate
    >>> result = QTable({"proba_cluster": [0.9, 0.8, 0.7, 0.3, 0.1]})
    >>> report = validate(result, [True, True, False, False, False], name="mine")
    >>> write_report(report, "report.html", prevalence=0.05).name
    'report.html'
    """
    path = check_output_path(path, overwrite, [".html", ".htm"])
    if cutouts is not None and (result is None or truth is None):
        raise InvalidParameterError("galleries of cut-outs need result and truth too")
    one = isinstance(completeness, Table) or not isinstance(completeness, Iterable)
    tables = [completeness] if one else list(completeness)
    _check(report, tables, classes, max_targets)
    if prevalence is not None:
        check_prevalence(prevalence)
        report = replace(report, prevalence=prevalence)
    plt = import_pyplot()
    before = set(plt.get_fignums())
    try:
        with plt.rc_context(SKETCH), warnings.catch_warnings():
            # A character that the font lacks is a box in a figure, and whole in the text beside it.
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            sections = [
                numbers(report),
                matches(report),
                curves(report, random_state),
                *(completeness_against(table, i) for i, table in enumerate(tables)),
                by_class(classes),
            ]
        if cutouts is not None:
            sections.append(galleries(cutouts, result, truth, max_targets))
        sections.append(basis(_result_table(result)))
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)
    title = title or (f"Validation of {report.name}" if report.name else "Validation")
    text = page(str(title), summary(report), "\n".join(filter(None, sections)), foot())
    return write_whole(path, text.encode("utf-8", "backslashreplace"), replace=overwrite)


def _check(report, tables, classes, max_targets) -> None:
    """Raise an error unless a page can be made of these."""
    named_reports([report])
    for table in tables:
        check_table(table, "completeness_against", ("low", "high", "completeness"))
    if classes is not None:
        check_table(classes, "confusion_by_class", ("class", "n", "share"))
    check_count(max_targets, "max_targets", 0)


def _result_table(result) -> Table | None:
    """The result as a table."""
    table = as_table(result)
    if table is not None and not isinstance(table, Table):
        raise InvalidTargetError(
            f"a result is the table that predict returns, not {type(result).__name__}; read one "
            "from a file with QTable.read(path)"
        )
    return table
