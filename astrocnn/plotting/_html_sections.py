"""Sections of a validation report on a page."""

from html import escape
from importlib import metadata

import numpy as np
from astropy.table import Table

from ..tables import describe_result
from ..validation import Estimate, ValidationReport, reliability
from ._completeness import plot_classes, plot_completeness
from ._html_parts import sketch, table
from ._matplotlib import import_pyplot
from ._precision_recall import plot_precision_recall
from ._reliability import plot_reliability
from ._roc import plot_roc

__all__ = [
    "basis", "by_class", "completeness_against", "curves", "foot", "matches", "numbers", "summary",
]  # fmt: skip

#: Size of a figure in inches: square, and for rows of points.
_SQUARE, _WIDE = (4.2, 4.2), (5.2, 3.4)


def summary(report: ValidationReport) -> str:
    """The report in two sentences."""
    counts = report.confusion
    if not counts.total:
        return "No target has a verdict and a known truth, so there is nothing to measure."
    name = report.name or "The classifier"
    parts = []
    if counts.n_clusters:
        parts.append(
            f"found {counts.tp} of {counts.n_clusters} clusters "
            f"({_in_words('completeness', report.completeness, report)})"
        )
    if counts.n_non_clusters:
        parts.append(
            f"took {counts.fp} of {counts.n_non_clusters} other targets for clusters "
            f"({_in_words('false-positive rate', report.false_positive_rate, report)})"
        )
    text = f"{name} {' and '.join(parts)}."
    if report.prevalence is not None:
        pure = report.purity_at(report.prevalence)
        share = _percent(report.prevalence)
        text += (
            f" In a list of which {share} are clusters, {_percent(pure.value)} "
            f"({_percent(pure.low)} to {_percent(pure.high)}) of those called clusters are."
            if pure.defined
            else f" Its purity in a list of which {share} are clusters is not known: {pure.reason}."
        )
    if report.n_no_verdict:
        text += f" {_targets(report.n_no_verdict, 'have', 'has')} no verdict."
    return text


def numbers(report: ValidationReport) -> str:
    """Table of metrics, and confusion matrix."""
    counts = report.confusion
    estimates = report.estimates()
    rows = [
        (name, *_cells(e), "" if e.trials is None else f"{e.successes} of {e.trials}")
        for name, e in estimates.items()
    ]
    level = _percent(report.confidence)
    metrics = table(
        f"Intervals are of {level}: Wilson's for fractions, DeLong's for AUC.",
        ["Metric", "Value", "Interval", "Counts"],
        rows,
        yours=[name for name in estimates if name.startswith("purity at ")],
    )
    if counts.total:
        share = _percent(counts.n_clusters / counts.total)
        note = f"The purity of this sample holds where {share} are clusters, as here."
        if report.prevalence is None:
            note += " It differs elsewhere: give the prevalence of your list."
        metrics += f'\n<p class="note">{escape(note)}</p>'
    matrix = [
        ("called cluster", str(counts.tp), str(counts.fp)),
        ("called non-cluster", str(counts.fn), str(counts.tn)),
    ]
    if report.n_no_verdict:
        silent = report.n_no_verdict_clusters, report.n_no_verdict_others
        matrix.append(("no verdict", *map(str, silent)))
    confusion = table("Number of targets.", ["Verdict", "True cluster", "True non-cluster"], matrix)
    if report.n_no_truth:
        left_out = _targets(report.n_no_truth, "were", "was")
        note = f"{left_out} left out, since the truth is unknown."
        confusion += f'\n<p class="note">{escape(note)}</p>'
    return (
        f'<div class="sides">\n{_section("Metrics", metrics)}\n'
        f"{_section('Verdicts and truth', confusion)}\n</div>"
    )


def matches(report: ValidationReport) -> str:
    """What the matches rest on, each with its chance rate."""
    if not report.matches:
        return ""
    items = "\n".join(f"<li>{escape(sentence)}.</li>" for sentence in report.matches)
    return _section("Matches, and what chance would give", f"<ul>\n{items}\n</ul>")


def curves(report: ValidationReport, random_state) -> str:
    """ROC, precision-recall, reliability."""
    plt = import_pyplot()
    figures, notes = [], []
    one = {"": report}
    if report.auc.defined:
        level = _percent(report.confidence)
        figure, ax = plt.subplots(figsize=_SQUARE, layout="constrained")
        plot_roc(one, ax, band=True, random_state=random_state)
        alt = f"ROC curve; AUC {report.auc}. Verdicts: {_point(report)}."
        caption = f"ROC curve with its {level} band, point by point; the point marks the verdicts."
        figures.append(sketch(figure, "roc", alt, caption))
        figure, ax = plt.subplots(figsize=_SQUARE, layout="constrained")
        plot_precision_recall(one, ax, band=True, random_state=random_state)
        share = report.truth.mean() if report.prevalence is None else report.prevalence
        pure = report.purity_at(share)
        alt = f"Precision-recall curve at {_percent(share)} clusters. Verdicts: purity {pure}, "
        alt += f"completeness {report.completeness}."
        caption = f"Purity against completeness in a list of which {_percent(share)} are clusters."
        figures.append(sketch(figure, "pr", alt, caption))
    else:
        notes.append(f"There are no curves: {report.auc.reason}.")
    proba = report.proba
    if proba.size and ((proba >= 0) & (proba <= 1)).all():
        found = reliability(report.truth, proba, confidence=report.confidence)
        figure, ax = plt.subplots(figsize=_SQUARE, layout="constrained")
        plot_reliability(found, ax)
        error = found.meta["expected_calibration_error"]
        alt = f"Reliability diagram; expected calibration error {error:.3f}."
        caption = "Do probabilities mean what they say? On the diagonal they do, for this sample."
        figures.append(sketch(figure, "rel", alt, caption))
    said = "\n".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    return _section("Curves", f'{said}\n<div class="figures three">{"".join(figures)}</div>')


def completeness_against(found: Table, number: int) -> str:
    """Completeness against one column."""
    plt = import_pyplot()
    column, unit = str(found.meta.get("column") or "value"), found["low"].unit
    figure, ax = plt.subplots(figsize=_WIDE, layout="constrained")
    plot_completeness(found, ax)
    alt = f"Completeness against {column}, as in the table."
    caption = "Horizontal bars are the bins, vertical ones the intervals."
    left = [
        f"{_targets(found.meta[key], 'are', 'is')} {words}."
        for key, words in (("n_outside", "outside of the bins"), ("n_unknown", "without a value"))
        if found.meta.get(key)
    ]
    others = np.any(found["n_non_clusters"] > 0)
    head = ["Bin", "Clusters", "Completeness"]
    head += ["Others", "False-positive rate"] if others else []
    rows = []
    for row in found:
        cells = [f"{row['low']:.3g} to {row['high']:.3g}", str(row["n_clusters"])]
        cells.append(_in_one(row, "completeness"))
        if others:
            cells += [str(row["n_non_clusters"]), _in_one(row, "false_positive_rate")]
        rows.append(cells)
    title = f"{column} in {unit}" if unit else column
    body = table(" ".join([f"Bins of {title}.", *left]), head, rows)
    drawn = sketch(figure, f"column{number}", alt, caption)
    kind = "figures stack" if others else "figures"
    return _section(f"Completeness against {column}", f'<div class="{kind}">{drawn}{body}</div>')


def by_class(found: Table | None) -> str:
    """What each class of the truth is called."""
    if found is None or len(found) == 0:
        return ""
    plt = import_pyplot()
    height = 1.0 + 0.32 * len(found)
    figure, ax = plt.subplots(figsize=(_WIDE[0], height), layout="constrained")
    plot_classes(found, ax)
    alt = "Share called cluster by class of the truth, as in the table."
    caption = "Of a class of clusters this is the completeness; of others, the false-positive rate."
    rows = [
        (str(row["class"]), str(row["n"]), str(row["n_called"]), _in_one(row, "share"))
        for row in found
    ]
    unknown = found.meta.get("n_unknown")
    note = f" {_targets(unknown, 'have', 'has')} no class." if unknown else ""
    head = ["Class", "Targets", "Called cluster", "Share"]
    body = table(f"Targets with a verdict.{note}", head, rows)
    drawn = sketch(figure, "classes", alt, caption)
    return _section("Verdicts by class", f'<div class="figures">{drawn}{body}</div>')


def basis(result: Table | None) -> str:
    """What the verdicts rest on, and how to read the page."""
    words = [
        ("completeness", "share of the clusters that are called clusters (recall)"),
        ("false-positive rate", "share of the non-clusters that are called clusters"),
        ("purity", "share of those called clusters that are clusters (precision)"),
        ("prevalence", "share of clusters among the candidates"),
    ]
    items = "\n".join(f"<li>{word}: {meaning}</li>" for word, meaning in words)
    body = f"<ul>\n{items}\n</ul>"
    if result is not None:
        body += f"\n<h3>The verdicts</h3>\n<pre>{escape(describe_result(result))}</pre>"
    return _section("Words", body)


def foot() -> str:
    """Who made the page."""
    return f"<p>Made by astrocnn {escape(metadata.version('astrocnn'))}.</p>"


def _section(title: str, body: str) -> str:
    """A section; ``body`` is HTML."""
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>"


def _in_one(row, name: str) -> str:
    """A share of a table with its interval, '' where there is none."""
    numbers = [row[n] for n in (name, f"{name}_low", f"{name}_high")]
    if any(n is np.ma.masked for n in numbers):
        return ""
    return str(Estimate(*map(float, numbers)))


def _cells(estimate: Estimate) -> tuple[str, str]:
    """Value and interval as text."""
    if not estimate.defined:
        return "", estimate.reason
    return f"{estimate.value:.3f}", f"{estimate.low:.3f} to {estimate.high:.3f}"


def _in_words(name: str, estimate: Estimate, report: ValidationReport) -> str:
    ends = f"{_percent(estimate.low)} to {_percent(estimate.high)}"
    return f"{name} {_percent(estimate.value)}, {_percent(report.confidence)} interval {ends}"


def _point(report: ValidationReport) -> str:
    return f"completeness {report.completeness}, false-positive rate {report.false_positive_rate}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}\N{NO-BREAK SPACE}%"


def _targets(number: int, verb: str, singular: str) -> str:
    return f"{number} target {singular}" if number == 1 else f"{number} targets {verb}"
