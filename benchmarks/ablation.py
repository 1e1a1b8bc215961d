"""Which term of version 3 of the simulation buys what, on real pixels.

    python benchmarks/ablation.py [--n 8000] [--epochs 3] [--fields efeds a907-pn a1835] [--seed 1]

One network, that of ``xmm-psf`` (one member), is trained from nothing on ``n`` simulated targets of
XMM-Newton and as many of eROSITA, a quarter of them blank sky; and again with one term of version 3
as it was in version 2. Each then tells clusters from points injected into real blank sky
(``injections.py``, 30-80 counts, area under the ROC curve, DeLong's difference from the network
with all terms), and says how many of 300 positions of blank sky it calls clusters. Needs the
folders of ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr
from astropy import units as u
from astropy.table import Table
from injections import RANGES, read_field, scores, sites

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.estimators import RECIPES
from astrocnn.preprocessing import Preprocessing
from astrocnn.providers import SkyImage
from astrocnn.simulation import _fields, simulate_cutouts
from astrocnn.validation import auc, delong_test, proportion

_PIXELS = 90


def variants() -> dict:
    """Version 3 of the simulation, and with one term of version 2 each."""
    two, three = _fields._VERSIONS[2], _fields._VERSIONS[3]
    still = {
        band: {replace(camera, optics=None): part for camera, part in cameras.items()}
        for band, cameras in three.cameras.items()
    }
    short = {
        band: {
            replace(camera, exposure=next(iter(two.cameras[band])).exposure): part
            for camera, part in cameras.items()
        }
        for band, cameras in three.cameras.items()
    }
    sky = {"kinds": two.kinds, "limits": two.limits, "draw_sources": two.draw_sources}
    return {
        "all of version 3": three,
        "no blank sky": three,
        "point-spread function the same over the field": three._replace(cameras=still),
        "exposures of version 2": three._replace(cameras=short),
        "pointings and backgrounds of version 2": three._replace(draw_pointing=two.draw_pointing),
        "sources of version 2": three._replace(**sky),
        "version 2": two,
    }


def train(name, version, n, epochs, seed) -> ClusterClassifier:
    """Train a network on targets of both telescopes."""
    _fields._VERSIONS[3] = version
    parts = []
    for band in ("xmm", "erosita"):
        for kind, number in ((None, n), ("blank", n // 4)):
            if kind == "blank" and name == "no blank sky":
                continue
            dataset, truth = simulate_cutouts(
                range(number), seed, (band,), 6 * u.arcmin, _PIXELS, 3, kind=kind
            )
            dataset = dataset.assign_coords(band=["xmm"])  # planes are alike for all telescopes
            parts.append((dataset, np.array(truth["is_cluster"])))
    recipe = RECIPES["xmm-psf"]
    arguments = {
        key: value for key, value in recipe.arguments.items() if key in ("widths", "depths")
    }
    classifier = ClusterClassifier(
        weights=None, bands=("xmm",), pixels=_PIXELS, network=recipe.arguments["member"],
        network_arguments=arguments, epochs=epochs, batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate, preprocessing=Preprocessing(source_planes=True),
        random_state=seed, judge_novel=True,
    )  # fmt: skip
    together = xr.concat([one for one, _ in parts], "target", combine_attrs="drop_conflicts")
    return classifier.fit(together, np.concatenate([truth for _, truth in parts]))


def blank_called(classifier, field) -> str:
    """How many of 300 positions of blank sky are called clusters."""
    places = field.blank()
    places = places[np.random.default_rng(5).integers(len(places), size=300)]
    image = SkyImage(field.counts, field.wcs, "counts", field.exposure, name=field.name)
    coords = field.wcs.pixel_to_world(places[:, 1], places[:, 0]).icrs
    dataset = make_cutouts(coords, [field.weights], {field.weights: image}, pixels=_PIXELS)
    result = classifier.predict(dataset.assign_coords(band=["xmm"]))
    proba = np.ma.filled(result["proba_cluster"].astype(float), np.nan)
    return str(proportion(int((proba >= 0.5).sum()), int(np.isfinite(proba).sum())))


def run(fields, n, epochs, seed) -> Table:
    """Train all variants; one row per variant and field."""
    folder, rows, whole = Path(os.environ["ASTROCNN_TEST_DATA"]), [], {}
    for name, version in variants().items():
        classifier = train(name, version, n, epochs, seed)
        for field_name in fields:
            field, rng = read_field(field_name, folder), np.random.default_rng([seed, 5])
            draw = partial(sites, field, 150, rng)
            truth, found = scores(classifier, draw, RANGES[0], rng, "network", _PIXELS)
            whole.setdefault(field_name, found["network"])
            difference = delong_test(truth, found["network"], whole[field_name]).difference
            row = (auc(truth, found["network"]), difference, auc(truth, found["fit_extent"]))
            rows.append((name, field_name, *map(str, row), blank_called(classifier, field)))
            print(*rows[-1], sep=" | ", flush=True)
    names = ["simulation", "field", "network", "less than all", "fit_extent", "blank sky called"]
    return Table(rows=rows, names=names)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--n", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--fields", nargs="*", default=["efeds", "a907-pn", "a1835"])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    table = run(arguments.fields, arguments.n, arguments.epochs, arguments.seed)
    table.pprint_all(align="<")
