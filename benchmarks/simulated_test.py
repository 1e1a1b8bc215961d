"""Both weights on freshly simulated targets, beside a logistic regression on three numbers.

    python benchmarks/simulated_test.py [--n 1000] [--seed 3] [--figure roc.png]

The regression knows net counts, the ratio of counts within 12 and 80 arcsec, and the hardness. The
simulation has one X-ray band, so hardness is drawn from a spectrum typical of each target's true
kind with the Poisson noise of its counts: that favors the regression.
"""

import argparse

import numpy as np
from astropy.table import QTable, Table
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from astrocnn import ClusterClassifier
from astrocnn.networks import read_description
from astrocnn.simulation import simulate_cutouts, simulate_field
from astrocnn.validation import validate

#: Share of 0.5-2 keV counts above 1 keV, mean and scatter, by kind.
HARD_SHARE = {"cluster": (0.47, 0.05), "agn": (0.52, 0.07), "pair": (0.52, 0.05),
              "star": (0.30, 0.08), "galaxy": (0.30, 0.08)}  # fmt: skip


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
    rng = np.random.default_rng([seed, number, 99])
    mean, scatter = HARD_SHARE.get(truth["kind"], (0.5, 0.0))
    n = int(max(net[1], 1))
    hard = rng.binomial(n, np.clip(rng.normal(mean, scatter), 0, 1)) / n
    return [np.log10(max(net[1], 1.0)), np.clip(net[0] / max(net[1], 1.0), -1, 2), 2 * hard - 1]


def regression(n_train: int, n_test: int, seed: int) -> np.ndarray:
    """Probabilities of the logistic regression for the test targets."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    train = [aperture_features(i, seed + 1000) for i in range(n_train)]
    kinds = [simulate_field(i, seed + 1000, bands=()).truth["is_cluster"] for i in range(n_train)]
    model.fit(train, kinds)
    return model.predict_proba([aperture_features(i, seed) for i in range(n_test)])[:, 1]


def network(weights: str, n: int, seed: int, chunk: int = 100) -> tuple[QTable, QTable]:
    """Result and truth of the test targets."""
    description = read_description(weights)
    classifier = ClusterClassifier(weights)
    proba, truth = [], []
    for start in range(0, n, chunk):
        dataset, table = simulate_cutouts(
            range(start, min(start + chunk, n)), seed, description.bands, pixels=description.pixels
        )
        proba.append(classifier.predict_proba(dataset)[:, 1])
        truth += [(k, bool(c), v) for k, c, v in table.iterrows("kind", "is_cluster", "counts")]
    table = QTable(
        rows=[(k, c, v.value) for k, c, v in truth], names=["kind", "is_cluster", "counts"]
    )
    return Table({"proba_cluster": np.concatenate(proba)}), table


def main():
    """Print the AUC of all three, and of the weights by kind."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    reports, by_kind = [], []
    for weights in ("xmm-dss2", "xmm"):
        result, truth = network(weights, arguments.n, arguments.seed)
        reports.append(validate(result, truth["is_cluster"], name=f"weights {weights}"))
        called = np.asarray(result["proba_cluster"]) >= 0.5
        by_kind += [
            (weights, kind, int(np.sum(truth["kind"] == kind)),
             round(float(called[truth["kind"] == kind].mean()), 3))
            for kind in np.unique(truth["kind"])
        ]  # fmt: skip
    baseline = Table({"proba_cluster": regression(4000, arguments.n, arguments.seed)})
    reports.append(validate(baseline, truth["is_cluster"], name="logistic regression"))
    for report in reports:
        print(f"{report.name:22s} AUC {report.auc}   accuracy {report.accuracy}   "
              f"completeness {report.completeness}   purity {report.purity}")  # fmt: skip
    QTable(rows=by_kind, names=["weights", "kind", "n", "share called cluster"]).pprint(
        max_lines=-1
    )
    if arguments.figure:
        from astrocnn.plotting import plot_roc

        plot_roc(reports).figure.savefig(arguments.figure, dpi=120)


if __name__ == "__main__":
    main()
