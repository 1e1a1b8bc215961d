"""What becomes of predictions where the optical image is missing, empty, or handed on badly.

    python benchmarks/optical_images.py [xmm-dss2] [--n 1000] [--seed 2] [--version 3]

Simulated targets, each with its own X-ray image; changed is what the weights see beside it:

- *none*, *no X-rays*: no image in that waveband (weights that need it predict nothing);
- *other sky*: the optical image of a place without a target, which says nothing of the source;
- *interpolated*: once, twice more, between its pixels, as services that reproject do;
- *foreground galaxy*: one as bright as the brightest thousandth of the pixels, 1.2 arcmin away;
- *coarse grain*: the noise once more, correlated over 4 arcsec;
- *edge*: a third of the image missing at one side.

The area under the ROC curve is that of clusters against all others; the difference to the images as
they are is paired (DeLong). Several weights, of the same bands and grid, see the same targets.
"""

import argparse
import warnings

import numpy as np
from astropy import units as u
from astropy.table import Table
from scipy.ndimage import gaussian_filter, shift

from astrocnn import ClusterClassifier
from astrocnn.cutouts import survey_pixels
from astrocnn.networks import read_description
from astrocnn.simulation import simulate_cutouts
from astrocnn.validation import auc, delong_test, proportion

_CHUNK = 250


def changes(bands, size, pixels, version, seed):
    """Functions that change optical images (n, n_bands, ny, nx), by name."""
    y, x = np.mgrid[:pixels, :pixels] - (pixels - 1) / 2
    scale = size.to_value(u.arcsec) / pixels
    rng = np.random.default_rng(seed)

    used = [0]

    def other(images):
        numbers = range(used[0], used[0] + len(images))
        used[0] += len(images)
        cutouts, _ = simulate_cutouts(
            numbers, seed + 100, bands, size, pixels, version, kind="blank"
        )
        return cutouts["image"].values[:, 1:]

    def moved(times):
        def change(images):
            for _ in range(times):
                images = shift(images, (0, 0, 0.5, 0.5), order=1, mode="nearest")
            return images

        return change

    def galaxy(images):
        angle = rng.uniform(0, 2 * np.pi, len(images))
        dy, dx = 72 / scale * np.sin(angle), 72 / scale * np.cos(angle)
        radius = np.hypot(y - dy[:, None, None], x - dx[:, None, None]) * scale / 8
        light = np.exp(-1.68 * radius)[:, None]
        level = np.nanmedian(images, axis=(2, 3), keepdims=True)
        return images + light * (np.nanquantile(images, 0.999, axis=(2, 3), keepdims=True) - level)

    def grain(images):
        noise = gaussian_filter(rng.normal(size=images.shape), (0, 0, 2 / scale, 2 / scale))
        spread = np.nanpercentile(images, [16, 50], axis=(2, 3), keepdims=True)
        return images + noise / noise.std() * (spread[1] - spread[0])

    def edge(images):
        return np.where(x > pixels / 6, np.nan, images)

    return {
        "as they are": lambda images: images,
        "none": lambda images: np.full_like(images, np.nan),
        "other sky": other,
        "interpolated once": moved(1),
        "interpolated twice": moved(2),
        "foreground galaxy": galaxy,
        "coarse grain": grain,
        "edge": edge,
    }


def changed(cutouts, numbers, change):
    """The same cut-outs with other images in some bands."""
    found = cutouts.drop_vars(["coverage", "signal"], errors="ignore").copy(deep=True)
    images = change(found["image"].values[:, numbers])
    found["image"].values[:, numbers] = images
    found["valid"].values[:, numbers] &= np.isfinite(images).astype(found["valid"].dtype)
    return survey_pixels(found)


def evaluate(names, n=1000, seed=2, version=3) -> Table:
    """One row per change and weights."""
    found = read_description(names[0])
    size, pixels, bands = found.field_size, found.pixels, found.bands
    classifiers = {name: ClusterClassifier(name) for name in names}
    todo = changes(bands, size, pixels, version, seed)
    proba, flags, truth = {}, {}, []
    for start in range(0, n, _CHUNK):
        numbers = range(start, min(start + _CHUNK, n))
        cutouts, table = simulate_cutouts(numbers, seed, bands, size, pixels, version)
        truth.append(np.array(table["is_cluster"]))
        looks = {what: (list(range(1, len(bands))), change) for what, change in todo.items()}
        looks["no X-rays"] = [0], todo["none"]
        for what, (which, change) in looks.items():
            part = changed(cutouts, which, change)
            for name, classifier in classifiers.items():
                result = classifier.predict(part)
                values = np.ma.filled(result["proba_cluster"].astype(float), np.nan)
                proba.setdefault((what, name), []).append(values)
                outside = np.char.find(np.array(result["flag"], dtype=str), "out_of_domain") >= 0
                flags.setdefault((what, name), []).append(outside)
    truth = np.concatenate(truth).astype(bool)
    rows = []
    for (what, name), values in proba.items():
        values, plain = np.concatenate(values), np.concatenate(proba["as they are", name])
        outside = np.concatenate(flags[what, name])
        rows.append((what, name, *_scores(truth, values, plain), f"{outside.mean():.3f}"))
    columns = ["optical image", "weights", "AUC", "difference", "false positives", "found",
               "no prediction", "out of domain"]  # fmt: skip
    return Table(rows=rows, names=columns)


def _scores(truth, values, plain):
    """AUC, its difference to images as they are, false positives and completeness at 0.5."""
    both = np.isfinite(values) & np.isfinite(plain)
    none = f"{np.mean(~np.isfinite(values)):.3f}"
    if len(np.unique(truth[both])) < 2:
        return ("", "", "", "", none)
    test = delong_test(truth[both], values[both], plain[both])
    called = values[both] >= 0.5
    wrong = proportion(int(called[~truth[both]].sum()), int((~truth[both]).sum()))
    right = proportion(int(called[truth[both]].sum()), int(truth[both].sum()))
    return (str(auc(truth[both], values[both])), str(test.difference), f"{wrong}", f"{right}", none)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", nargs="*", default=["xmm-dss2"])
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--version", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    found = evaluate(arguments.weights, arguments.n, arguments.seed, arguments.version)
    found.pprint_all(align="<")
