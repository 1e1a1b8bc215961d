"""Figures of `paper_table.py`: the ROC of every row, and galleries of what one row gets wrong."""

from pathlib import Path

import numpy as np
import xarray as xr
from astropy.table import Table
from paper_report import Results, by_run
from paper_runs import ROWS
from sklearn.metrics import roc_curve

from astrocnn.plotting import plot_cutouts
from astrocnn.simulation import simulate_cutouts


def plot_rocs(results: Results, path: Path) -> None:
    """ROC of all rows on both tests: mean over runs, with the band of one standard deviation."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5.2), layout="constrained")
    grid = np.linspace(0, 1, 201)
    for ax, test in zip(figure.subplots(1, 2, sharey=True), results.truth, strict=True):
        ax.plot([0, 1], [0, 1], ls="--", lw=1, color="0.6")
        for i, key in enumerate(results.keys):
            curves = [_roc(results.truth[test], s, grid) for s in results.scores(key, test)]
            mean, spread = np.mean(curves, axis=0), np.std(curves, axis=0)
            areas = by_run(results, key, test)["auc"]
            area, error = areas.mean(), areas.std(ddof=1) if len(areas) > 1 else np.nan
            label = f"{ROWS[key].name}: {area:.3f} ± {error:.3f}"
            style = "--" if ROWS[key].network == "mn" else "-"
            ax.plot(grid, mean, style, lw=1.6, color=f"C{i}", label=label)
            ax.fill_between(grid, mean - spread, mean + spread, color=f"C{i}", alpha=0.15, lw=0)
        ax.set(
            xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", xlabel="False-positive rate",
            title=f"{results.size(test)} simulated targets",
        )  # fmt: skip
        ax.legend(loc="lower right", fontsize="x-small", title="AUC", title_fontsize="x-small")
    figure.axes[0].set_ylabel("Recall (true-positive rate)")
    figure.savefig(path, dpi=110)


def _roc(truth, score, grid):
    """True-positive rate on a grid of false-positive rates."""
    fpr, tpr, _ = roc_curve(truth, score)
    return np.interp(grid, fpr, tpr)


def plot_galleries(results: Results, folder: Path, key: str = "cn-e", shown: int = 6) -> list[Path]:
    """True positives, false positives and false negatives of the small test, all bands.

    Verdicts are of the scores averaged over runs; the first ones of the list are shown.
    """
    truth, score = results.truth["170"], results.scores(key, "170").mean(axis=0)
    called = score >= 0.5
    chosen = {"tp": truth & called, "fp": ~truth & called, "fn": truth & ~called}
    paths = []
    for name, which in chosen.items():
        numbers = np.flatnonzero(which)[:shown]
        if not len(numbers):
            continue
        dataset, rows = _cutouts(results, numbers, score)
        path = folder / f"{key}-{name}.png"
        plot_cutouts(dataset, rows, truth=rows["is_cluster"], ncols=2).savefig(path, dpi=110)
        paths.append(path)
    return paths


def _cutouts(results, numbers, score):
    """Cut-outs of objects of the small test, made again: optical, then X-ray."""
    parts = []
    for index in results.small[numbers]:
        row = results.train[index]
        part, _ = simulate_cutouts(
            [int(row["target_id"])], int(row["list"]), ("dss2-red", "xmm"),
            pixels=results.protocol.grid,
        )  # fmt: skip
        parts.append(part.assign_coords(target_id=("target", [int(index)])))
    dataset = xr.concat(parts, "target", data_vars="all", combine_attrs="override", join="outer")
    label = np.where(score[numbers] >= 0.5, "cluster", "non-cluster")
    rows = Table({"target_id": results.small[numbers], "label": label})
    rows["proba_cluster"] = score[numbers]
    rows["is_cluster"] = results.truth["170"][numbers]
    return dataset, rows
