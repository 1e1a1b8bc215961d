"""Weights on the 10,000 simulated targets that nothing was tuned on, beside simpler classifiers.

    python benchmarks/simulated_test.py [--weights xmm-dss2,xmm] [--n 10000] [--seed 2]
                                        [--folder simulated] [--figure test.png]
    python benchmarks/simulated_test.py --train 1537,15370 [--networks cn,two_branch]

Prints the area under the ROC curve with its interval and paired tests (DeLong) against a logistic
regression on net counts, the ratio of counts within 12 and 80 arcsec, and hardness; the same on a
subset in which clusters and the others have the same counts; completeness and purity on the test
at the weights' own thresholds; completeness against flux, extent and redshift; and what changes off
center, at half of the exposure, and beside a bright active nucleus. Everything is simulated.
"""

import argparse
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import combinations, pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.table import Table
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
from astrocnn.simulation import LIMITS, OPTICAL_CAMERAS, simulate_field
from astrocnn.surveys import get_band
from astrocnn.training import adjust_prior, train_network
from astrocnn.validation import (
    auc,
    confusion_counts,
    delong_test,
    expected_calibration_error,
    proportion,
    purity_at_prevalence,
)


def aperture_features(number: int, seed: int, band: str) -> list[float]:
    """Log net counts in 80 arcsec, 12"/80" count ratio, and hardness of one target."""
    field = simulate_field(number, seed, bands=(band,))
    image, truth = field.images[band], field.truth
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


def regression(n: int, seed: int, n_train: int, band: str) -> np.ndarray:
    """Probabilities of the logistic regression on an X-ray band, for the test targets."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        rows = [
            np.array(list(pool.map(aperture_features, range(m), [s] * m, [band] * m, chunksize=50)))
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


OFF_CENTER, HALF = "off center by up to 1 arcmin", "half of the exposure"
#: Pixels of a plate that still covers a cut-out off center.
_WIDE = 520


def off_center(field, rng: np.random.Generator):
    """Another position up to 1 arcmin away, and whether a cluster is near enough to that one."""
    distance = 60 * np.sqrt(rng.random()) * u.arcsec
    center = field.center.directional_offset_by(rng.uniform(0, 360) * u.deg, distance)
    east, north = (part.to_value(u.arcsec) for part in field.center.spherical_offsets_to(center))
    near = [
        s.kind == "cluster"
        and s.m500 >= LIMITS["m500"]
        and s.flux >= LIMITS["flux"]
        and np.hypot(s.x - east, s.y - north) <= LIMITS["distance"]
        for s in field.sources
    ]
    return center, any(near)


def half_exposed(field, rng: np.random.Generator, band: str):
    """The same field after half of the time; None where it is a rate, whose photons are gone."""
    image = field.images[band]
    if image.quantity != "counts":
        return None
    exposure = None if image.exposure is None else image.exposure / 2
    halved = replace(image, data=rng.binomial(image.data, 0.5), exposure=exposure)
    return replace(field, images=field.images | {band: halved})


def under_change(weights: str, change: str, n: int, seed: int) -> Table:
    """Probability and truth of targets, as they are and looked at in another way."""
    classifier, recipe = ClusterClassifier(weights), RECIPES[weights]
    rows = {name: [] for name in ("proba", "is_cluster", "changed_proba", "changed_is_cluster")}
    for start in range(0, n, 100):
        usual, changed = [], []
        for number in range(start, min(start + 100, n)):
            rng = np.random.default_rng([seed, number, 77])
            field = simulate_field(number, seed, recipe.bands)
            truth, center, other = field.truth["is_cluster"], field.center, field
            if change == HALF:
                other = half_exposed(field, rng, recipe.bands[0])
                if other is None:
                    continue
                moved = truth
            else:
                center, moved = off_center(field, rng)
            usual.append((number, field, field.center))
            changed.append((number, other, center))
            rows["is_cluster"].append(truth)
            rows["changed_is_cluster"].append(moved)
        for name, cutouts in (("proba", usual), ("changed_proba", changed)):
            rows[name] += classifier.predict_proba(_dataset(cutouts, recipe))[:, 1].tolist()
    found = Table(rows)
    return found[np.isfinite(found["proba"]) & np.isfinite(found["changed_proba"])]


@contextmanager
def wide_plates():
    """Simulate optical images that are wide enough for cut-outs off center."""
    before = dict(OPTICAL_CAMERAS)
    for band, camera in before.items():
        OPTICAL_CAMERAS[band] = replace(camera, pixels=_WIDE)
    try:
        yield
    finally:
        OPTICAL_CAMERAS.update(before)


def print_changes(weights: str, n: int, seed: int) -> None:
    """What changes off center and at half of the exposure, for the same targets."""
    for change in (OFF_CENTER, HALF):
        with wide_plates() if change == OFF_CENTER else nullcontext():
            found = under_change(weights, change, n, seed)
        usual = auc(found["is_cluster"], found["proba"])
        other = auc(found["changed_is_cluster"], found["changed_proba"])
        print(f"{change}: AUC {usual} becomes {other} ({len(found)} targets judged)")


def near_nucleus(n: int, seed: int, flux: float = 3e-14) -> np.ndarray:
    """Targets with a bright active nucleus at 0.5 to 2 arcmin: none of their own."""
    found = []
    for number in range(n):
        sources = simulate_field(number, seed, bands=()).sources
        found.append(any(
            s.kind == "agn" and s.flux >= flux and 30 <= np.hypot(s.x, s.y) <= 120 for s in sources
        ))  # fmt: skip
    return np.array(found)


def at_thresholds(weights: str, cluster: np.ndarray, proba: np.ndarray) -> Table:
    """Completeness and purity on the test, at the thresholds that the weights carry.

    They come from other held-out targets, as whoever uses the weights has them.
    """
    rows = []
    for prevalence in (0.5, 0.2, 0.05):
        thresholds = ClusterClassifier(weights, prior=prevalence).thresholds((0.9, 0.95, 0.99))
        adjusted = adjust_prior(np.transpose([1 - proba, proba]), prevalence, 0.5)[:, 1]
        for row in thresholds:
            if np.ma.is_masked(row["threshold"]):
                rows.append((prevalence, row["purity"], np.nan, "not reached", ""))
                continue
            counts = confusion_counts(cluster, adjusted >= row["threshold"])
            rows.append((
                prevalence, row["purity"], row["threshold"],
                str(proportion(counts.tp, counts.n_clusters)),
                str(purity_at_prevalence(counts, prevalence)),
            ))  # fmt: skip
    names = ["prevalence", "wanted purity", "threshold", "completeness", "purity found"]
    return Table(rows=rows, names=names)


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
    fitted = ClusterClassifier(weights)._ready()
    trained = int(re.search(r"--seed (\d+)", fitted.description.card["command"]).group(1))
    if seed in (trained, trained + 2):
        raise SystemExit(f"{weights} were trained or calibrated on the targets of seed {seed}")
    tensor, truth, _ = RECIPES[weights].simulate(n, seed, folder, n_jobs=2)
    parts = [fitted.proba(np.asarray(tensor[i : i + 500]), 32) for i in range(0, n, 500)]
    return np.concatenate(parts)[:, 1], truth


def report(
    names: list[str], n: int, seed: int, folder: Path, n_changed: int, n_regression: int = 4000
) -> dict:
    """Print all figures; return probabilities by classifier."""
    found = {name: scores(name, n, seed, folder) for name in names}
    truth = found[names[0]][1]
    cluster = np.array(truth["is_cluster"])
    proba = {name: values for name, (values, _) in found.items()}
    xray = RECIPES[names[0]].bands[0]
    proba["logistic regression"] = regression(n, seed, n_regression, xray)
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
    at_thresholds(first, cluster, proba[first]).pprint(max_lines=-1, max_width=-1)
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
    print_changes(first, n_changed, seed)
    bright = near_nucleus(n, seed)
    area = auc(cluster[bright], proba[first][bright])
    print(f"active nucleus above 3e-14 at 0.5 to 2 arcmin: AUC {area} ({bright.sum()} targets)")
    return {"truth": truth, "proba": proba}


#: How each network is trained: pixels averaged along each side first, and settings.
_TRAININGS = {
    "cn": (2, {"batch_size": 10, "learning_rate": 4e-4}),
    "two_branch": (1, {"batch_size": 32, "learning_rate": 1e-3}),
}


def same_training(options: argparse.Namespace) -> None:
    """Train networks on the same targets, and compare them with each other and with the weights.

    CN sees means of 2 x 2 pixels, 4 arcsec: four times faster, and no worse on few targets. Each
    takes 30 passes over 1,537 targets; over more of them fewer, but more steps.
    """
    recipe = RECIPES["xmm-dss2"]
    sizes, names = [int(size) for size in options.train.split(",")], options.networks.split(",")
    tensor, truth, _ = recipe.simulate(max(sizes), options.seed - 1, options.folder, n_jobs=2)
    test, known, _ = recipe.simulate(options.n, options.seed, options.folder, n_jobs=2)
    cluster = np.array(known["is_cluster"])
    matched = counts_matched(known, np.random.default_rng(options.seed))
    for size in sizes:
        labels = np.array(truth["is_cluster"][:size]).astype(int)
        epochs = options.epochs or max(round(30 * (1537 / size) ** 0.6), 1)
        proba = {}
        for name in names:
            factor, settings = _TRAININGS[name]
            images = _binned(tensor[:size], factor)
            precision = options.precision if name == "cn" else None
            model = _trained(
                name, images, labels, options.seed, epochs, mixed_precision=precision, **settings
            )
            proba[f"{name} on {size} targets, {epochs} epochs"] = np.concatenate([
                model.predict(_binned(test[i : i + 500], factor).astype("f4"), verbose=0)[:, 1]
                for i in range(0, options.n, 500)
            ])  # fmt: skip
        shipped = options.weights.split(",")[0]
        proba[f"{shipped} as shipped"] = scores(shipped, options.n, options.seed, options.folder)[0]
        print_paired(cluster, matched, proba)


def print_paired(cluster: np.ndarray, matched: np.ndarray, proba: dict[str, np.ndarray]) -> None:
    """Print the area of each, and of every pair the difference with its p."""
    for name, values in proba.items():
        print(f"{name}: AUC {auc(cluster, values)}, "
              f"counts matched {auc(cluster[matched], values[matched])}")  # fmt: skip
    for (one, first), (other, second) in combinations(proba.items(), 2):
        for what, rows in (("all", slice(None)), ("counts matched", matched)):
            found = delong_test(cluster[rows], second[rows], first[rows])
            print(f"{other} - {one}, {what}: {found}", flush=True)


def _trained(name: str, images: np.ndarray, labels: np.ndarray, seed: int, epochs: int, **settings):
    """A network of that name, trained from nothing."""
    load_keras().utils.set_random_seed(seed)
    model = NETWORKS[name](input_shape=images.shape[1:])
    train_network(model, images, labels, epochs=epochs, random_state=seed, **settings)
    return model


def _binned(tensor: np.ndarray, factor: int) -> np.ndarray:
    """Means of square groups of pixels."""
    if factor == 1:
        return tensor
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
    parser.add_argument("--networks", default="cn,two_branch", help="under --train")
    parser.add_argument("--epochs", type=int, help="under --train (default: by the targets)")
    parser.add_argument("--precision", help="of CN under --train: mixed_bfloat16 is faster on AMX")
    parser.add_argument("--figure")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.train:
        same_training(options)
        return
    names = options.weights.split(",")
    found = report(names, options.n, options.seed, options.folder, min(options.changed, options.n))
    if options.figure:
        figure(found, options.figure)


if __name__ == "__main__":
    sys.exit(main())
