"""What `paper_table.py` makes of its runs: the table, orderings with intervals, figures."""

import json
from pathlib import Path

import numpy as np
from astropy.table import Table
from paper_runs import ROWS, Protocol, read_lists, read_truth, run_path
from scipy import stats

from astrocnn.validation import auc, confusion_counts, delong_test

MEASURES = ("accuracy", "precision", "recall", "auc")
#: What the paper's table says: the first row has more of the measure than the second.
ORDERINGS = [
    ("cn-e", "cn-e-xray", "auc"), ("cn-e-xray", "cn-e-optical", "auc"),
    ("cn-e", "cn-e-plain", "auc"), ("mn-e", "mn-e-plain", "auc"),
    ("cn-e", "cn-z", "recall"), ("mn-e", "mn-z", "recall"),
    ("cn-z", "cn-e", "precision"), ("mn-z", "mn-e", "precision"),
]  # fmt: skip
RESAMPLES = 1000


class Results:
    """Scores of all runs that are done, and the truth of both tests."""

    def __init__(self, folder: Path, protocol: Protocol, keys, runs: int):
        self.folder, self.protocol = folder, protocol
        lists, self.train = read_lists(folder, protocol), read_truth(folder, "train")
        self.small = lists["test"]
        truth = np.asarray(self.train["is_cluster"])[self.small]
        self.truth = {"170": truth, "10000": np.asarray(read_truth(folder, "test")["is_cluster"])}
        self._scores, self.records = {}, []
        for key in keys:
            paths = [run_path(folder, key, run) for run in range(runs)]
            done = [path for path in paths if path.exists()]
            self.records += [json.loads(path.read_text(encoding="utf-8")) for path in done]
            if done:
                self._scores[key] = np.array([np.load(path.with_suffix(".npy")) for path in done])

    @property
    def keys(self) -> list[str]:
        """Rows with at least one run."""
        return list(self._scores)

    def scores(self, key: str, test: str) -> np.ndarray:
        """Probabilities of shape (n_runs, n_targets)."""
        part = slice(None, len(self.small)) if test == "170" else slice(len(self.small), None)
        return self._scores[key][:, part].astype(float)

    def size(self, test: str) -> str:
        """Number of targets of a test, as in the table."""
        return f"{len(self.truth[test]):,}"


def measures(truth: np.ndarray, score: np.ndarray) -> dict[str, float]:
    """The four measures of one run; the threshold is 0.5."""
    found = confusion_counts(truth, score >= 0.5)
    called = found.tp + found.fp
    return {
        "accuracy": (found.tp + found.tn) / found.total,
        "precision": found.tp / called if called else np.nan,
        "recall": found.tp / found.n_clusters,
        "auc": auc(truth, score).value,
    }


def by_run(results: Results, key: str, test: str) -> dict[str, np.ndarray]:
    """The four measures, one value per run."""
    found = [measures(results.truth[test], score) for score in results.scores(key, test)]
    return {name: np.array([run[name] for run in found]) for name in MEASURES}


def _std(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def make_table(results: Results) -> Table:
    """Mean and standard deviation over runs: both tests, and the paper's, for each row."""
    rows = []
    for key in results.keys:
        for test in results.truth:
            found = by_run(results, key, test)
            numbers = [f(found[name]) for name in MEASURES for f in (np.mean, _std)]
            rows.append((ROWS[key].name, results.size(test), len(found["auc"]), *numbers))
        paper = [number for name in MEASURES for number in ROWS[key].paper[name]]
        rows.append((ROWS[key].name, "paper", 10, *paper))
    names = [name + end for name in MEASURES for end in ("", "_std")]
    table = Table(rows=rows, names=["network", "test", "runs", *names])
    table.meta = {
        "data": "simulated", "protocol": results.protocol.describe(),
        "simulation_version": results.protocol.simulation,
        "grid": f"6 arcmin on {results.protocol.grid} pixels", "seed": results.protocol.seed,
        "seconds": round(sum(record["seconds"] for record in results.records)),
    }  # fmt: skip
    return table


def in_words(table: Table) -> Table:
    """The table as one reads it: 0.90 ± 0.03."""
    shown = Table({"network": table["network"], "test": table["test"]})
    for name in MEASURES:
        cells = table.iterrows("test", name, f"{name}_std")
        shown[name] = [_cell(value, std, 2 if test == "paper" else 3) for test, value, std in cells]
    return shown


def _cell(value: float, std: float, digits: int) -> str:
    """Mean and standard deviation; the latter needs two runs, the former a verdict *cluster*."""
    if not np.isfinite(value):
        return "undefined"
    return f"{value:.{digits}f}" + (f" ± {std:.{digits}f}" if np.isfinite(std) else "")


def markdown(table: Table) -> str:
    """A table in Markdown."""
    cells = zip(*(column.info.iter_str_vals() for column in table.itercols()), strict=True)
    lines = [table.colnames, ["---"] * len(table.colnames), *cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def make_orderings(results: Results, seed: int = 0) -> Table:
    """Differences that the paper's table shows, with 95 % intervals.

    ``low`` to ``high`` is the luck of the test's targets: DeLong's paired interval of the scores
    averaged over runs for AUC, a paired bootstrap of the mean over runs for precision and recall.
    ``runs_low`` to ``runs_high`` is the luck of the training: Student's t over paired runs.
    """
    rows = []
    for better, worse, measure in ORDERINGS:
        if better not in results.keys or worse not in results.keys:
            continue
        for test in results.truth:
            of_targets = _over_targets(results, better, worse, measure, test, seed)
            of_runs = _over_runs(results, better, worse, measure, test)
            claim = f"{ROWS[better].name} > {ROWS[worse].name}"
            paper = ROWS[better].paper[measure][0] - ROWS[worse].paper[measure][0]
            known = np.isfinite([of_targets[1], of_runs[1]]).all()
            holds = "yes" if min(of_targets[1], of_runs[1]) > 0 else "no"
            holds = holds if known else "unknown"
            rows.append((claim, measure, results.size(test), *of_targets, *of_runs, paper, holds))
    names = ["claim", "measure", "test", "difference", "low", "high"]
    names += ["runs_difference", "runs_low", "runs_high", "paper", "holds"]
    return _three_digits(Table(rows=rows or None, names=names))


def _over_targets(results, better, worse, measure, test, seed):
    """Difference with the interval that the choice of test targets makes."""
    truth = results.truth[test]
    first, second = (results.scores(key, test) for key in (better, worse))
    if measure == "auc":
        found = delong_test(truth, first.mean(axis=0), second.mean(axis=0)).difference
        return found.value, found.low, found.high
    rng = np.random.default_rng(seed)
    weights = [np.ones((1, len(truth)))]
    weights += [rng.multinomial(len(truth), np.full(len(truth), 1 / len(truth)), RESAMPLES)]
    value, *drawn = np.concatenate([
        _mean_rate(truth, first, w, measure) - _mean_rate(truth, second, w, measure)
        for w in weights
    ])  # fmt: skip
    drawn = np.array(drawn)[np.isfinite(drawn)]  # without those where nothing was called a cluster
    return value, *(np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan))


def _mean_rate(truth, scores, weights, measure):
    """Mean over runs of precision or recall, for every row of weights of the targets."""
    called = (scores >= 0.5).T.astype(float)
    found = weights @ (called * truth[:, np.newaxis])
    total = weights @ (called if measure == "precision" else np.ones_like(called) * truth[:, None])
    rates = np.divide(found, total, out=np.full(found.shape, np.nan), where=total > 0)
    return rates.mean(axis=1)


def _over_runs(results, better, worse, measure, test):
    """Mean difference of paired runs, with Student's t interval."""
    first, second = (by_run(results, key, test)[measure] for key in (better, worse))
    n = min(len(first), len(second))
    gap = first[:n] - second[:n]
    half = stats.t.isf(0.025, n - 1) * _std(gap) / np.sqrt(n) if n > 1 else np.nan
    return gap.mean(), gap.mean() - half, gap.mean() + half


def independent_auc(first: float, second: float) -> float:
    """AUC of two independent pieces of evidence: their d' added in quadrature.

    >>> round(independent_auc(0.89, 0.77), 2)
    0.92
    """
    squares = [2 * stats.norm.ppf(area) ** 2 for area in (first, second)]
    return float(stats.norm.cdf(np.sqrt(sum(squares) / 2)))


def make_evidence(results: Results) -> Table:
    """AUC of both bands together, beside what independent evidence of the solo rows gives."""
    needed = ("cn-e", "cn-e-xray", "cn-e-optical")
    rows = []
    for test in results.truth if set(needed) <= set(results.keys) else ():
        both, xray, optical = (by_run(results, key, test)["auc"].mean() for key in needed)
        odds = [results.scores(key, test).clip(1e-6, 1 - 1e-6) for key in needed[1:]]
        n = min(map(len, odds))
        total = sum(np.log(p[:n] / (1 - p[:n])) for p in odds)
        added = np.mean([auc(results.truth[test], score).value for score in total])
        quadrature = independent_auc(xray, optical)
        rows.append((results.size(test), xray, optical, quadrature, added, both))
    rows.append(("paper", 0.89, 0.77, independent_auc(0.89, 0.77), np.nan, 0.96))
    names = ["test", "X-ray", "optical", "independent", "sum of log-odds", "both bands"]
    return _three_digits(Table(rows=rows, names=names))


def _three_digits(table: Table) -> Table:
    """The table with numbers shown to three digits, and nothing where there is none."""
    for column in table.itercols():
        if column.dtype.kind == "f":
            column.info.format = lambda value: f"{value:.3f}" if np.isfinite(value) else ""
    return table
