"""What missing pixels do to predictions: flags, labels and probabilities against whole images.

    python benchmarks/gaps.py [xmm-dss2 erosita-legacy] [--n 40] [--seed 5]

Simulated targets. Pixels are taken from the last band of each pair of weights, the optical one, or
from the first, the X-ray one; ``center`` is a disc of 1.3 arcmin radius about the target.
"""

import argparse
import warnings

import numpy as np
from astropy.table import Table

from astrocnn import ClusterClassifier
from astrocnn.cutouts._survey import found_pixels
from astrocnn.networks import read_description
from astrocnn.simulation import simulate_cutouts
from astrocnn.tables import has_flag


def gaps(n, scale):
    """Masks of missing pixels, shape (n, n), by name."""
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    radius = np.hypot(y, x) * scale
    return {
        "3 x 3 pixels": (abs(y - n / 4) < 1.5) & (abs(x - n / 4) < 1.5),
        "one row": y == y[n // 3, 0],
        "10 % at an edge": x > 0.4 * n,
        "40 % at an edge": x > 0.1 * n,
        "center": radius < 78,
    }


def without(dataset, band, missing):
    """The same cut-outs with pixels missing in a band."""
    part = dataset.copy(deep=True)
    part["image"].values[:, band][:, missing] = np.nan
    part["valid"].values[:, band][:, missing] = 0
    pixels = found_pixels(part["image"].values, part["valid"].values)
    for name, values in zip(("coverage", "signal"), pixels, strict=True):
        part[name] = (("target", "band"), values)
    return part


def evaluate(weights, n=40, seed=5) -> Table:
    """One row per band and gap."""
    found = read_description(weights)
    dataset, _ = simulate_cutouts(n, seed, found.bands, found.field_size, found.pixels)
    classifier = ClusterClassifier(weights=weights)
    judging = ClusterClassifier(weights=weights, judge_novel=True)
    whole, rows = judging.predict(dataset), []
    scale = float(dataset.attrs["pixel_scale"])
    for band in (0, len(found.bands) - 1):
        for name, missing in gaps(found.pixels, scale).items():
            part = without(dataset, band, missing)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                flagged = has_flag(classifier.predict(part)["flag"], "out_of_domain").mean()
                judged = judging.predict(part)
            both = ~whole["label"].mask & ~judged["label"].mask
            change = np.abs(judged["proba_cluster"] - whole["proba_cluster"])[both]
            labels = np.mean((judged["label"] != whole["label"])[both])
            rows.append((weights, found.bands[band], name, flagged, labels, change.max()))
    ordinary = has_flag(whole["flag"], "out_of_domain").mean()
    rows.insert(0, (weights, "", "none", ordinary, 0.0, 0.0))
    names = ["weights", "band", "missing", "flagged", "labels changed", "largest change"]
    table = Table(rows=rows, names=names)
    for name in names[3:]:
        table[name].info.format = ".3f"
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", nargs="*", default=["xmm-dss2", "erosita-legacy"])
    parser.add_argument("--n", type=int, default=40)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    for weights in arguments.weights:
        evaluate(weights, arguments.n, arguments.seed).pprint_all(align="<")
