"""X-ray weights on simulation 3, beside a likelihood fit: in bins of all that varies.

    python benchmarks/varied_sky.py [xmm-psf erosita-psf] [--n 10000] [--seed 2] [--version 3]
                                    [--folder simulated]

Each target goes through `ClusterClassifier.predict` and, with the same point-spread function,
through `fit_extent`. Printed are areas under the ROC curve of clusters against everything and
against single point sources, with the paired difference (DeLong); calibration errors, at the
fraction of clusters that these targets have (as by ``prior=``), in bins of the counts that the fit
finds, of the true ones, which nobody knows on the sky, and of the off-axis angle, each beside
the error that probabilities without one would have by chance; how many bright point sources are
called clusters across the field; and flags. Nothing was trained or calibrated on targets of seed 2.
Everything is simulated.
"""

import argparse
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
from astropy.table import Table, vstack
from tqdm.auto import tqdm

from astrocnn import ClusterClassifier
from astrocnn.extent import fit_extent, target_spreads
from astrocnn.networks import file_hash, find_weights, read_description
from astrocnn.simulation import simulate_cutouts
from astrocnn.training import adjust_prior
from astrocnn.validation import auc, delong_test, expected_calibration_error, proportion

#: Column of the truth and edges of its bins.
BINS = {
    "counts": (0, 30, 80, 300, np.inf),
    "exposure": (0, 300, 1000, 3000, 10000, np.inf),
    "off_axis": (0, 5, 10, 15, 20, np.inf),
}
_CHUNK = 500


def predict(weights, n, seed, version=3, folder=None) -> Table:
    """Predictions, fits and truth of simulated targets; kept in a folder, chunk by chunk."""
    found = read_description(weights)
    classifier, parts = ClusterClassifier(weights, judge_novel=True), []
    mark = f"{weights}-{file_hash(find_weights(weights))[:8]}"
    for start in tqdm(range(0, n, _CHUNK), desc=weights, delay=2):
        numbers = range(start, min(start + _CHUNK, n))
        name = f"{mark}-fit-simulation{version}-seed{seed}-{start}-{len(numbers)}.ecsv"
        path = folder and Path(folder) / name
        if path and path.exists():
            parts.append(Table.read(path))
            continue
        dataset, truth = simulate_cutouts(
            numbers, seed, found.bands, found.field_size, found.pixels, version
        )
        result = classifier.predict(dataset)
        fit = fit_extent(dataset, target_spreads(dataset, 0))
        table = Table({name: np.array(truth[name]) for name in ("is_cluster", "kind", "camera")})
        for name in BINS:
            table[name] = np.asarray(truth[name], dtype=float)
        for name in ("proba_cluster", "proba_point"):
            if name in result.colnames:
                table[name] = np.ma.filled(np.ma.asarray(result[name], dtype=float), np.nan)
        for name in ("extent_likelihood", "source_counts"):
            table[name] = np.ma.filled(np.ma.asarray(fit[name], dtype=float), np.nan)
        table["flags"] = np.array(result["flag"], dtype=str)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            table.write(path, overwrite=True)
        parts.append(table)
    return vstack(parts, metadata_conflicts="silent")


def compare(table, chosen, what, score="proba_cluster") -> tuple:
    """One row: areas of network and fit, and their difference."""
    some = table[chosen]
    truth, network = np.array(some["is_cluster"]), np.array(some[score])
    fit = np.array(some["extent_likelihood"])
    difference = delong_test(truth, network, fit).difference
    return what, len(some), *map(str, (auc(truth, network), auc(truth, fit), difference))


def report(weights, n=10000, seed=2, version=3, folder=None) -> None:
    """Print all tables."""
    table = predict(weights, n, seed, version, folder)
    proba, cluster = np.array(table["proba_cluster"]), np.array(table["is_cluster"])
    used = np.isfinite(proba) & np.isfinite(np.array(table["extent_likelihood"]))
    print(f"\n{weights}: {n} targets of simulation {version}, seed {seed}; {used.sum()} predicted")
    single = ~cluster & np.isin(table["kind"], ["agn", "star"])
    rows = [compare(table, used, "all")]
    if "proba_point" in table.colnames:
        table["ratio"] = np.log(table["proba_cluster"] / table["proba_point"])
        rows.append(compare(table, used & (cluster | single), "against points, ratio", "ratio"))
    rows.append(compare(table, used & (cluster | single), "against points"))
    bins = {}
    for column, edges in BINS.items():
        for low, high in pairwise(edges):
            bins[f"{column} {low:g}-{high:g}"] = (table[column] >= low) & (table[column] < high)
    bins |= {str(camera): table["camera"] == camera for camera in np.unique(table["camera"])}
    for name, chosen in bins.items():
        if min((used & cluster & chosen).sum(), (used & ~cluster & chosen).sum()) >= 20:
            rows.append(compare(table, used & chosen, name))
    names = ["clusters against", "n", weights, "fit_extent", "difference"]
    Table(rows=rows, names=names).pprint_all(align="<")
    print_calibration(weights, table, used)
    bright = used & single & (table["counts"] > 80)
    for low, high in pairwise(BINS["off_axis"]):
        chosen = bright & (table["off_axis"] >= low) & (table["off_axis"] < high)
        if chosen.sum() >= 20:
            called = proportion(int((proba[chosen] >= 0.5).sum()), int(chosen.sum()))
            print(f"bright points called clusters, {low:g}-{high:g}': {called}")
    outside = np.char.find(np.array(table["flags"], dtype=str), "out_of_domain") >= 0
    print(f"out of domain: {outside[used].mean():.4f}")


def print_calibration(weights, table, used) -> None:
    """Calibration errors, overall and in bins."""
    cluster, proba = np.array(table["is_cluster"])[used], at_prevalence(weights, table)[used]
    rng = np.random.default_rng(0)

    def line(name, chosen):
        if chosen.sum() < 100:
            return
        truth, some = cluster[chosen], proba[chosen]
        chance = [
            expected_calibration_error(rng.random(len(some)) < some, some) for _ in range(20)
        ]
        error = expected_calibration_error(truth, some)
        print(f"{name}: {error:.3f} (by chance {np.mean(chance):.3f}; {len(some)} targets)")

    line("calibration error", np.ones(len(proba), dtype=bool))
    edges = BINS | {"source_counts": BINS["counts"]}
    for column in ("source_counts", "counts", "off_axis"):
        values = np.array(table[column])[used]
        for low, high in pairwise(edges[column]):
            line(f"    {column} {low:g}-{high:g}", (values >= low) & (values < high))


def at_prevalence(weights, table) -> np.ndarray:
    """Probabilities of clusters, which are as frequent as among these targets (``prior=``)."""
    trained = read_description(weights).card["trained_prior"]["cluster"]
    found = np.mean(table["is_cluster"])
    proba = np.array(table["proba_cluster"])
    pairs = np.stack([1 - proba, proba], axis=1)
    return adjust_prior(pairs, [1 - found, found], [1 - trained, trained])[:, 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", nargs="*", default=["xmm-psf", "erosita-psf"])
    parser.add_argument("--n", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--version", type=int, default=3)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for one in arguments.weights:
        report(one, arguments.n, arguments.seed, arguments.version, arguments.folder)
