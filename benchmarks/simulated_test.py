"""Weights on the 10,000 simulated targets that nothing was tuned on, beside simpler classifiers.

    python benchmarks/simulated_test.py [--weights xmm-dss2,xmm] [--n 10000] [--seed 2]
                                        [--folder simulated] [--figure test.png]
    python benchmarks/simulated_test.py --train 1537,15370

Prints the area under the ROC curve with its interval and paired tests (DeLong) against a logistic
regression on net counts, the ratio of counts within 12 and 80 arcsec, and hardness; the same on a
subset in which clusters and the others have the same counts; completeness at wanted purities and
prevalences; completeness against flux, extent and redshift; and what changes off center, at half
of the exposure, and beside a bright active nucleus. Everything is simulated.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import Table, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from astrocnn import ClusterClassifier
from astrocnn.cutouts import cutout_dataset
from astrocnn.estimators import RECIPES
from astrocnn.exceptions import NoCoverageError
from astrocnn.grid import CutoutGrid
from astrocnn.networks import NETWORKS, load_keras
from astrocnn.providers import FitsProvider
from astrocnn.simulation import simulate_field
from astrocnn.surveys import get_band
from astrocnn.training import train_network
from astrocnn.validation import (
    auc,
    delong_test,
    expected_calibration_error,
    proportion,
    purity_thresholds,
)


def aperture_features(number: int, seed: int) -> list[float]:
    """Log net counts in 80 arcsec, 12"/80" count ratio, and hardness of one target."""
    field = simulate_field(number, seed, bands=("xmm",))
    image, truth = field.images["xmm"], field.truth
    y, x = np.indices(image.data.shape)
    px, py = image.wcs.world_to_pixel(field.center)
    radius = np.hypot(x - px, y - py) * 4.0
    # Rates become counts again; a map corrects for the field's vignetting.
    data = image.data.astype(float)
    if image.quantity == "rate":
        data = data * truth["exposure"]
    elif image.exposure is not None:
        seen = image.exposure > 0.05 * image.exposure.max()
        data = np.where(seen, data / np.where(seen, image.exposure, 1), np.nan) * truth["exposure"]
    ring = data[(radius > 110) & (radius < 170)]
    background = np.nanmean(ring) if np.isfinite(ring).any() else 0.0
    net = [np.nansum(data[radius < r] - background) for r in (12, 80)]
    ratio = np.clip(net[0] / max(net[1], 1.0), -1, 2)
    return [np.log10(max(net[1], 1.0)), ratio, truth["hardness"], float(truth["is_cluster"])]


def regression(n: int, seed: int, n_train: int = 4000) -> np.ndarray:
    """Probabilities of the logistic regression for the test targets."""
    with ProcessPoolExecutor(2) as pool:
        rows = [
            np.array(list(pool.map(aperture_features, range(m), [s] * m, chunksize=50)))
            for m, s in ((n_train, seed + 1000), (n, seed))
        ]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(rows[0][:, :3], rows[0][:, 3] > 0)
    return model.predict_proba(rows[1][:, :3])[:, 1]


def counts_matched(truth: Table, rng: np.random.Generator) -> np.ndarray:
    """Rows of a subset in which clusters and the others have the same distribution of counts."""
    counts, cluster = np.log10(np.maximum(truth["counts"].value, 1)), np.array(truth["is_cluster"])
    bins = np.digitize(counts, np.arange(0.5, 5, 0.1))
    chosen = []
    for number in np.unique(bins):
        rows = [np.flatnonzero((bins == number) & (cluster == kind)) for kind in (True, False)]
        size = min(map(len, rows))
        chosen += [i for found in rows for i in rng.choice(found, size, replace=False)]
    return np.sort(chosen)


def changed_field(field, change: str, rng: np.random.Generator):
    """The same target looked at in another way; None where the change makes no sense."""
    image = field.images["xmm"]
    if change == "off center by up to 1 arcmin":
        distance = 60 * np.sqrt(rng.random()) * u.arcsec
        return field, field.center.directional_offset_by(rng.uniform(0, 360) * u.deg, distance)
    if change == "half of the exposure":
        if image.quantity != "counts":
            return None
        counts = rng.binomial(image.data, 0.5)
        exposure = None if image.exposure is None else image.exposure / 2
        halved = replace(image, data=counts, exposure=exposure)
        return replace(field, images=field.images | {"xmm": halved}), field.center
    return field, field.center


def under_change(weights: str, change: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and truth of ``n`` targets of the test under a change, in chunks."""
    classifier = ClusterClassifier(weights)
    recipe = RECIPES[weights]
    proba, truth = [], []
    for start in range(0, n, 100):
        cutouts = []
        for number in range(start, min(start + 100, n)):
            rng = np.random.default_rng([seed, number, 77])
            found = changed_field(simulate_field(number, seed, recipe.bands), change, rng)
            if found is not None:
                cutouts.append((number, *found))
        proba.append(classifier.predict_proba(_dataset(cutouts, recipe))[:, 1])
        truth += [field.truth["is_cluster"] for _, field, _ in cutouts]
    return np.concatenate(proba), np.array(truth)


def _dataset(cutouts, recipe):
    """Cut-outs of fields at the given centers."""
    size, found = recipe.size * u.arcmin, []
    for _, field, center in cutouts:
        grid, row = CutoutGrid(center, size, recipe.pixels), []
        for band in recipe.bands:
            try:
                row.append(FitsProvider(field.images[band], get_band(band)).cutout(grid))
            except NoCoverageError:
                row.append(f"no_coverage:{band}")
        found.append(row)
    ids, ra, dec = zip(*((i, c.ra.deg, c.dec.deg) for i, _, c in cutouts), strict=True)
    bands = [get_band(band) for band in recipe.bands]
    return cutout_dataset(ids, ra, dec, bands, found, size, recipe.pixels)


def completeness_against(truth: Table, called: np.ndarray, column: str, edges) -> Table:
    """Share of the clusters that is called a cluster, in bins of a column of the truth."""
    cluster = np.array(truth["is_cluster"])
    values = np.array(truth[column])
    rows = []
    for low, high in pairwise(edges):
        chosen = cluster & (values >= low) & (values < high)
        if chosen.any():
            found = proportion(int(called[chosen].sum()), int(chosen.sum()))
            rows.append((column, low, high, int(chosen.sum()), str(found)))
    return Table(rows=rows, names=["of", "from", "to", "clusters", "completeness"])


def scores(weights: str, n: int, seed: int, folder: Path) -> tuple[np.ndarray, Table]:
    """Probabilities of the weights for the test, read from disk in chunks, and its truth."""
    tensor, truth = RECIPES[weights].simulate(n, seed, folder, n_jobs=2)
    fitted = ClusterClassifier(weights)._ready()
    parts = [fitted.proba(np.asarray(tensor[i : i + 500]), 32) for i in range(0, n, 500)]
    return np.concatenate(parts)[:, 1], truth


def report(names: list[str], n: int, seed: int, folder: Path, n_changed: int) -> dict:
    """Print all figures; return probabilities by classifier."""
    found = {name: scores(name, n, seed, folder) for name in names}
    truth = found[names[0]][1]
    cluster = np.array(truth["is_cluster"])
    proba = {name: values for name, (values, _) in found.items()}
    proba["logistic regression"] = regression(n, seed)
    matched = counts_matched(truth, np.random.default_rng(seed))
    print(f"{n} simulated targets, seed {seed}; {len(matched)} of them with matched counts\n")
    for name, values in proba.items():
        print(f"{name:20s} AUC {auc(cluster, values)}   "
              f"counts matched {auc(cluster[matched], values[matched])}   "
              f"calibration error {expected_calibration_error(cluster, values):.4f}")  # fmt: skip
    first, *others = proba
    for name in others:
        print(f"{first} - {name}: {delong_test(cluster, proba[first], proba[name])}")
        some = delong_test(cluster[matched], proba[first][matched], proba[name][matched])
        print(f"{'counts matched':>20s}: {some}")
    print(f"\n{first}:")
    tables = [purity_thresholds(cluster, proba[first], prevalence=p) for p in (0.5, 0.2, 0.05)]
    vstack(tables).pprint(max_lines=-1, max_width=-1)
    called = proba[first] >= 0.5
    edges = {
        "flux": [3e-14, 5e-14, 1e-13, 2e-13, 5e-13, 1e-11],
        "extent": [0, 7, 12, 20, 35, 200],
        "z": [0.03, 0.2, 0.3, 0.45, 0.7, 1.31],
        "agn_flux": [0, 1e-14, 3e-14, 1e-13, 1e-11],
        "snr": [0, 5, 8, 12, 20, 1000],
    }
    for column, bins in edges.items():
        completeness_against(truth, called, column, bins).pprint(max_lines=-1, max_width=-1)
    for change in ("none", "off center by up to 1 arcmin", "half of the exposure"):
        values, known = under_change(first, change, n_changed, seed)
        good = np.isfinite(values)
        print(f"{change}: AUC {auc(known[good], values[good])} ({good.sum()} targets judged)")
    bright = truth["agn_flux"].value > 1e-13
    area = auc(cluster[bright], proba[first][bright])
    print(f"active nucleus above 1e-13 within 2 arcmin: AUC {area} ({bright.sum()} targets)")
    return {"truth": truth, "proba": proba}


def same_training(sizes: list[int], seed: int, folder: Path, n_test: int) -> None:
    """Train CN and the network of two branches on the same targets, and compare them.

    CN sees means of 2 x 2 pixels, 4 arcsec: four times faster, and no worse on few targets.
    """
    recipe = RECIPES["xmm-dss2"]
    tensor, truth = recipe.simulate(recipe.n, seed - 1, folder, n_jobs=2)
    test, known = recipe.simulate(n_test, seed, folder, n_jobs=2)
    cluster = np.array(known["is_cluster"])
    keras = load_keras()
    for size in sizes:
        labels = np.array(truth["is_cluster"][:size]).astype(int)
        epochs = max(4, round(46_000 / size))
        proba = {}
        for name, factor, batch, rate in (("cn", 2, 10, 4e-4), ("two_branch", 1, 32, 1e-3)):
            keras.utils.set_random_seed(seed)
            side = tensor.shape[1] // factor
            model = NETWORKS[name](input_shape=(side, side, 2))
            images = _binned(tensor[:size], factor)
            train_network(model, images, labels, epochs=epochs, batch_size=batch,
                          learning_rate=rate, random_state=seed)  # fmt: skip
            proba[name] = np.concatenate([
                model.predict(_binned(test[i : i + 500], factor).astype("f4"), verbose=0)[:, 1]
                for i in range(0, n_test, 500)
            ])  # fmt: skip
            print(f"{name} on {size} targets, {epochs} epochs: AUC {auc(cluster, proba[name])}")
        print(f"two_branch - cn: {delong_test(cluster, proba['two_branch'], proba['cn'])}")


def _binned(tensor: np.ndarray, factor: int) -> np.ndarray:
    """Means of square groups of pixels."""
    n, side, _, bands = tensor.shape
    groups = np.asarray(tensor).reshape(n, side // factor, factor, side // factor, factor, bands)
    return groups.mean(axis=(2, 4), dtype=np.float32).astype(np.float16)


def figure(found: dict, path: str) -> None:
    """ROC curves and reliability of all classifiers."""
    import matplotlib.pyplot as plt

    from astrocnn.plotting import plot_reliability, plot_roc
    from astrocnn.validation import reliability, validate

    cluster = np.array(found["truth"]["is_cluster"])
    _, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    reports = [
        validate(Table({"proba_cluster": values}), cluster, name=name)
        for name, values in found["proba"].items()
    ]
    plot_roc(reports, ax=axes[0])
    tables = {name: reliability(cluster, values) for name, values in found["proba"].items()}
    plot_reliability(tables, ax=axes[1])
    axes[0].set_title("simulated targets")
    plt.savefig(path, dpi=120)


def main(arguments=None) -> None:
    """Print everything, and draw where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weights", default="xmm-dss2,xmm")
    parser.add_argument("--n", type=int, default=10000)
    parser.add_argument("--changed", type=int, default=1000, help="targets under each change")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("simulated"))
    parser.add_argument("--train", help="compare networks trained on so many targets: 1537,15370")
    parser.add_argument("--figure")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.train:
        sizes = [int(size) for size in options.train.split(",")]
        same_training(sizes, options.seed, options.folder, options.n)
        return
    names = options.weights.split(",")
    found = report(names, options.n, options.seed, options.folder, min(options.changed, options.n))
    if options.figure:
        figure(found, options.figure)


if __name__ == "__main__":
    sys.exit(main())
