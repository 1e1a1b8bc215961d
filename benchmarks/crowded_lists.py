"""What predictions gain from knowing the other targets of a list: simulated fields of detections.

    python benchmarks/crowded_lists.py [xmm-psf erosita-psf] [--n 700] [--seed 77]

Each simulated field (version 3) becomes a list of what was detected in it: all sources of more than
12 expected counts, those within 15 arcsec of a brighter one left out. The list goes through
`ClusterClassifier.predict` with ``mask_targets`` and without, and through `fit_extent`. Counted are
the sources within 84 arcsec of the middle of a field, whose cut-outs are whole: is each a cluster
or not, whatever lies beside it? Everything is simulated. Differences are paired (DeLong).
"""

import argparse
import warnings
from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.table import Table, vstack
from tqdm.auto import tqdm

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.extent import fit_extent
from astrocnn.networks import read_description
from astrocnn.simulation import simulate_field
from astrocnn.validation import auc, delong_test, proportion

_COUNTS, _APART, _INSIDE = 12, 15, 84
#: Distance to the next target of the list (arcsec).
_BINS = (0, 25, 48, 90, np.inf)


def detections(field, rng):
    """Sources that a list of detections would hold: offsets (arcsec), and whether clusters."""
    half = 250.0
    sources = [
        source
        for source in field.sources
        if field.pointing.counts(source) > _COUNTS and max(abs(source.x), abs(source.y)) < half
    ]
    sources.sort(key=lambda source: (source.extent > 0, source.flux), reverse=True)
    kept = []
    for source in sources:
        if all(np.hypot(source.x - one.x, source.y - one.y) > _APART for one in kept):
            kept.append(source)
    places = np.array([[one.x, one.y] for one in kept]).reshape(-1, 2)
    return places + rng.normal(0, 2, places.shape), np.array([one.extent > 0 for one in kept])


def predict(weights, n, seed) -> Table:
    """Predictions and fits of the sources in the middle of each field."""
    description = read_description(weights)
    (band,) = description.bands
    options = {"judge_novel": True}
    classifiers = {
        on: ClusterClassifier(weights, mask_targets=on, **options) for on in (True, False)
    }
    rng, parts = np.random.default_rng(seed), []
    for number in tqdm(range(n), desc=weights, delay=2):
        field = simulate_field(number, seed, (band,), version=3)
        (places, is_cluster), images = detections(field, rng), {band: field.images[band]}
        inside = np.hypot(*places.T) < _INSIDE
        if not inside.any():
            continue
        coords = field.center.directional_offset_by(
            np.arctan2(*places.T) * u.rad, np.hypot(*places.T) * u.arcsec
        )
        apart = np.hypot(*(places[:, np.newaxis] - places).transpose(2, 0, 1))
        apart[np.diag_indices(len(apart))] = np.inf
        part = Table({"is_cluster": is_cluster, "apart": apart.min(axis=1)})
        cutouts = make_cutouts(coords, [band], images, description.field_size, description.pixels)
        for on, classifier in classifiers.items():
            result = classifier.set_params(images=images).predict(coords)
            part[f"network {on}"] = np.ma.filled(result["proba_cluster"].astype(float), np.nan)
            fit = fit_extent(cutouts, mask_targets=on)["extent_likelihood"]
            part[f"fit {on}"] = np.ma.filled(fit.astype(float), np.nan)
        parts.append(part[inside])
    return vstack(parts)


def report(weights, n, seed) -> None:
    """Print areas under the ROC curve and false positives, by distance to the next target."""
    table = predict(weights, n, seed)
    known = np.all([np.isfinite(table[name]) for name in table.colnames[2:]], axis=0)
    print(f"\n{weights}: {len(table)} sources in {n} simulated fields, {known.sum()} predicted")
    rows = []
    for low, high in ((0, np.inf), *pairwise(_BINS)):
        inside = (table["apart"] >= low) & ((table["apart"] < high) | np.isinf(high))
        some = table[known & inside]
        truth = np.array(some["is_cluster"])
        scores = {name: np.array(some[name]) for name in table.colnames[2:]}
        gain = delong_test(truth, scores["network True"], scores["network False"]).difference
        called = [proportion(int(np.sum(scores[f"network {on}"][~truth] >= 0.5)), (~truth).sum())
                  for on in (False, True)]  # fmt: skip
        order = "fit False", "fit True", "network False", "network True"
        areas = [auc(truth, scores[name]).value for name in order]
        rows.append([f"{low}-{high}", len(some), *(f"{area:.3f}" for area in areas), str(gain),
                     *map(str, called)])  # fmt: skip
    names = ["next target (arcsec)", "n", "fit alone", "fit, list", "network alone",
             "network, list", "gain", "false positives alone", "false positives, list"]  # fmt: skip
    Table(rows=rows, names=names).pprint_all()


def main():
    """Print a table per weights."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("weights", nargs="*", default=["xmm-psf", "erosita-psf"])
    parser.add_argument("--n", type=int, default=700)
    parser.add_argument("--seed", type=int, default=77)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for weights in options.weights:
        report(weights, options.n, options.seed)


if __name__ == "__main__":
    main()
