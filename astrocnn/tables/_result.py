"""The result table: one row per target, in the order of the targets."""

import shutil
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table

from ..exceptions import InvalidParameterError
from ._flags import join_flags, rows_with, text
from ._kept_meta import kept_meta
from ._numbers import as_floats
from ._schema import describe_columns, probability_columns
from ._tabular import checked_table

__all__ = ["ResultTable", "describe_result", "result_table", "result_text"]


class ResultTable(QTable):
    """A `~astropy.table.QTable` that shows, under its rows, what its verdicts rest on.

    It prints the summary of `describe_result`: counts, coverage, and the weights with their hash
    and training. Files hold a plain table.
    """

    def __str__(self):
        # Wide enough for all columns: the verdict must not be what astropy leaves out.
        width = max(shutil.get_terminal_size().columns, 120)
        return "\n".join([*self.pformat(max_lines=None, max_width=width), describe_result(self)])

    def __repr__(self):
        return f"<{type(self).__name__} length={len(self)}>\n{self}"

    def _repr_html_(self):
        lines = escape(describe_result(self)).replace("\n", "<br>")
        return f"{super()._repr_html_()}<p>{lines}</p>"


def result_table(
    targets: QTable,
    proba: np.ndarray,
    *,
    classes: Sequence[str] = ("non_cluster", "cluster"),
    threshold: float = 0.5,
    apart: Mapping[str, np.ndarray] | None = None,
    error: np.ndarray | None = None,
    novelty: np.ndarray | None = None,
    separation: np.ndarray | None = None,
    coverage: Mapping[str, np.ndarray] | None = None,
    flags: Sequence[str] | None = None,
    meta: Mapping | None = None,
) -> ResultTable:
    """Build the table that ``predict`` returns.

    Parameters
    ----------
    targets : `~astropy.table.QTable` of n rows
        From `read_targets`.
    proba : ndarray of shape (n, n_classes)
        Probabilities; a row with a NaN has no prediction.
    classes : sequence of str
        Names of the columns of ``proba``. Of two, the last is the positive one.
    threshold : float
        For two classes the label is the positive one where its probability is at least this. With
        more classes the label is the most probable one and ``threshold`` is not used.
    apart : dict of str to ndarray of shape (n,), optional
        Probabilities of the parts of the first of two classes, such as ``"point"``; columns of
        their own.
    error : ndarray of shape (n,), optional
        Uncertainty of the probability; NaN (not known) becomes masked.
    novelty : ndarray of shape (n,), optional
        Distance from the training images; NaN becomes masked. Without it there is no such column.
    separation : ndarray of shape (n,), optional
        Distance (arcsec) of the source that was judged from the target; NaN (no source stands out)
        becomes masked. Without it there is no such column.
    coverage : dict of str to ndarray of shape (n,), optional
        Waveband -> share (0..1) of the cut-out that was observed; NaN (not known) becomes masked.
    flags : sequence of n str, optional
        Words of `FLAGS` joined by ``;``. The flags of ``targets`` are added to them.
    meta : dict, optional
        Into the table's ``meta``, before ``classes`` and ``threshold``: plain types, so that ECSV
        can keep them. `describe_result` knows ``weights``, ``weights_sha256``, ``training``,
        ``prior``.

    Returns
    -------
    ResultTable
        The columns of `RESULT_COLUMNS`.

    Raises
    ------
    InvalidParameterError
        If shapes do not fit, or a flag is not in `FLAGS`.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.table import QTable
    >>> from astrocnn.tables import read_targets, result_table
    >>> targets = read_targets(SkyCoord([210.2583, 150.0], [2.8783, 2.2], unit="deg"))
    >>> proba = np.array([[0.03, 0.97], [np.nan, np.nan]])
    >>> result = result_table(targets, proba, flags=["", "no_coverage:xmm"])
    >>> print(QTable(result["target_id", "label", "proba_cluster", "flag"]))
    target_id  label  proba_cluster       flag
    --------- ------- ------------- ---------------
            0 cluster        0.9700
            1      --            -- no_coverage:xmm
    """
    n = len(targets)
    if len(classes) < 2 or len({str(name).casefold() for name in classes}) < len(classes):
        raise InvalidParameterError(f"classes are two or more different names, not {classes!r}")
    proba = as_floats(proba, "proba")
    _check_shape("proba", proba, (n, len(classes)))
    none = ~np.isfinite(proba).all(axis=1)
    result = ResultTable(targets["target_id", "ra", "dec"])
    result["label"] = MaskedColumn(_labels(proba, none, classes, threshold), mask=none)
    shown = proba.T[1:] if len(classes) == 2 else proba.T
    for name, values in zip(probability_columns(classes), shown, strict=True):
        result[name] = MaskedColumn(np.where(none, 0.0, values), mask=none)
    for name, values in (apart or {}).items():
        _check_shape(f"probability of {name!r}", np.asarray(values), (n,))
        result[f"proba_{name}"] = MaskedColumn(np.where(none, 0.0, values), mask=none)
    error = np.full(n, np.nan) if error is None else np.asarray(error, dtype=float)
    _check_shape("error", error, (n,))
    result["proba_err"] = np.ma.masked_invalid(np.where(none, np.nan, error))
    if novelty is not None:
        _check_shape("novelty", np.asarray(novelty), (n,))
        result["novelty"] = np.ma.masked_invalid(np.asarray(novelty, dtype=float))
    if separation is not None:
        _check_shape("separation", np.asarray(separation), (n,))
        known = np.ma.masked_invalid(np.asarray(separation, dtype=float))
        result["source_separation"] = MaskedColumn(known, unit=u.arcsec)
    for waveband, share in (coverage or {}).items():
        share = np.asarray(share, dtype=float)
        _check_shape(f"coverage of {waveband!r}", share, (n,))
        result[f"coverage_{waveband}"] = np.ma.masked_invalid(share)
    own = [""] * n if flags is None else list(flags)
    _check_shape("flags", np.array(own), (n,))
    result["flag"] = _joined(targets["flag"], own)
    describe_columns(result)
    result.meta = {**(meta or {}), "classes": list(classes), "threshold": float(threshold)}
    return result


def _check_shape(what: str, array: np.ndarray, shape: tuple) -> None:
    if array.shape != shape:
        raise InvalidParameterError(f"{what} has the shape {array.shape}; the targets need {shape}")


def _labels(proba, none, classes, threshold) -> np.ndarray:
    """Class names, whatever in rows without prediction."""
    if len(classes) == 2:
        index = (proba[:, 1] >= threshold).astype(int)
    else:
        index = np.argmax(np.where(none[:, np.newaxis], 0.0, proba), axis=1)
    return np.array(classes)[index]


def _joined(given, own) -> np.ndarray:
    """Flags of the targets and of the run, each combination joined once."""
    pairs = list(zip(text(given).tolist(), own, strict=True))
    joined = {pair: join_flags(*pair) for pair in set(pairs)}
    return np.array([joined[pair] for pair in pairs], dtype=str)


def describe_result(result: Table) -> str:
    """Summarize a result in two to four lines.

    Parameters
    ----------
    result : `~astropy.table.QTable` or DataFrame
        From ``predict``, or read back from a file.

    Returns
    -------
    str
        Verdicts; what has no coverage; other flags; the weights.

    Raises
    ------
    InvalidTargetError
        If it is no table.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.tables import describe_result, read_targets, result_table
    >>> targets = read_targets(SkyCoord([210.2583, 150.0], [2.8783, 2.2], unit="deg"))
    >>> proba = np.array([[0.03, 0.97], [np.nan, np.nan]])
    >>> meta = {"weights": "xmm", "weights_sha256": "1a2b3c4d5e6f",
    ...         "training": "simulated training, 50 % prevalence"}
    >>> result = result_table(targets, proba, flags=["", "no_coverage:xmm"], meta=meta)
    >>> print(describe_result(result))
    2 targets: 1 cluster, 0 non_cluster, 1 without a prediction
    1 of 2 targets has no XMM coverage
    weights xmm (sha256 1a2b3c4d), simulated training, 50 % prevalence
    """
    result = checked_table(result, "a result")
    n, meta = len(result), kept_meta(result.meta)
    if not {"label", "flag"} <= set(result.colnames):
        return "\n".join(_weights_line(meta))
    labels, flags = result_text(result, "label"), result_text(result, "flag")
    names = [str(name) for name in np.atleast_1d(meta.get("classes", np.unique(labels)))]
    names = [*dict.fromkeys(names)]  # stacked tables have the lists of both, one after the other
    counts = [f"{np.count_nonzero(labels == name)} {name}" for name in names[::-1] if name]
    counts.append(f"{np.count_nonzero(labels == '')} without a prediction")
    lines = [f"{n} target{'s' * (n != 1)}: {', '.join(counts)}"]
    words = sorted({w for flag in np.unique(flags) for w in flag.split(";") if w})
    number = {word: int(rows_with(flags, word).sum()) for word in words}
    uncovered = [word for word in words if word.startswith("no_coverage:")]
    if uncovered:
        lines.append("; ".join(_no_coverage(word, number[word], n) for word in uncovered))
    others = [f"{number[word]} {word}" for word in words if word not in uncovered]
    if others:
        lines.append(f"flags: {', '.join(others)}")
    return "\n".join(lines + _weights_line(meta))


def result_text(result: Table, name: str) -> np.ndarray:
    """Return the labels or flags of a result as text, '' where there is none.

    Parameters
    ----------
    result : `~astropy.table.Table`
    name : str
        ``label``, ``flag`` or another column of text.

    Notes
    -----
    Of missing text in Parquet files, astropy makes the word ``None``: it is missing, unless it is
    the name of a class.
    """
    words = text(result[name])
    classes = np.atleast_1d(kept_meta(result.meta).get("classes", []))
    if "None" in classes or "proba_None" in result.colnames:
        return words
    missing = words == "None"
    if missing.any() and "proba_cluster" in result.colnames:  # a name, where there is a prediction
        missing &= np.ma.getmaskarray(np.ma.masked_invalid(np.ma.array(result["proba_cluster"])))
    return np.where(missing, "", words)


def _no_coverage(word: str, number: int, n: int) -> str:
    survey, dash, band = word.partition(":")[2].partition("-")
    verb = "has" if number == 1 else "have"
    return f"{number} of {n} targets {verb} no {survey.upper()}{dash}{band} coverage"


def _weights_line(meta: Mapping) -> list[str]:
    if "weights" not in meta:
        return []
    sha256 = str(meta.get("weights_sha256") or "")[:8]
    line = f"weights {meta['weights']}" + (f" (sha256 {sha256})" if sha256 else "")
    prior = meta.get("prior")
    if isinstance(prior, float):
        line += f", prior {prior:g}"
    return [", ".join([line, *([str(meta["training"])] if meta.get("training") else [])])]
