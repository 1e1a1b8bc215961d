"""Points and clusters injected into real blank sky: weights against a likelihood fit.

    python benchmarks/injections.py [efeds a1835 a907-pn a907-mos2] [--n 150] [--seed 5]

Photons of points and of beta models, both blurred by the telescope's point-spread function (varied
by 5 % in size, 8 % in slope), are added to real images where no source is seen, with the real
exposure. The same cut-outs go to `ClusterClassifier.predict` and to `fit_extent`. One row per
field and range of counts: the area under the ROC curve of both, and their difference, with
intervals (DeLong). Weights that tell points from pairs and other sources have a second row: the
probability of a cluster over that of a cluster or a point, which is what they say of a list that
holds nothing else, as this one (``prior={"cluster": 0.5, "point": 0.5, ...}``), and what the fit is
asked. Needs the folders of the same names in ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.signal import fftconvolve

from astrocnn import ClusterClassifier
from astrocnn.cutouts import cutout_dataset
from astrocnn.extent import fit_extent
from astrocnn.grid import CutoutGrid
from astrocnn.networks import read_description
from astrocnn.providers import FitsProvider, SkyImage
from astrocnn.surveys import OPTICS, PointSpread, find_axis, get_band
from astrocnn.validation import auc, delong_test

RANGES = ((30, 80), (80, 300))
#: Clusters of the fields: right ascension, declination (deg), radius that is left out (arcmin).
CLUSTERS = {
    "efeds": [(140.338, 3.291, 4.0), (140.092, 3.019, 3.0)],
    "a1835": [(210.258, 2.879, 4.0)],
    "a907": [(149.592, -11.064, 5.0)],
}


@dataclass
class Field:
    """A real image: counts, exposure, where they lie, optics, weights that are made for it."""

    name: str
    counts: np.ndarray
    exposure: np.ndarray
    wcs: WCS
    optics: str
    weights: str

    def spreads(self, coords):
        """Point-spread functions at positions."""
        axis = find_axis(self.exposure, self.wcs)
        if self.optics == "erosita-survey":
            return [OPTICS[self.optics].at(0.0)] * len(coords)
        return OPTICS[self.optics].toward(coords, axis)

    def blank(self):
        """Pixels (y, x) of blank sky: exposed, 1 arcmin from the border, far from what is seen."""
        live = self.exposure > 0.15 * self.exposure.max()
        pixel = np.sqrt(np.abs(np.linalg.det(self.wcs.pixel_scale_matrix))) * 3600
        faint = live & (self.counts < 3)
        rate = self.counts[faint].sum() / self.exposure[faint].sum()
        sigma = 8 / pixel
        excess = gaussian_filter(self.counts - rate * self.exposure, sigma)
        variance = rate * gaussian_filter(self.exposure, sigma) / (4 * np.pi * sigma**2)
        error = np.sqrt(variance + 1e-4)
        seen = maximum_filter(excess / error > 4, size=2 * int(45 / pixel) + 1)
        y, x = np.indices(self.counts.shape)
        sky = self.wcs.pixel_to_world(x, y)
        good = live & ~seen
        for ra, dec, radius in CLUSTERS[self.name.partition("-")[0]]:
            good &= sky.separation(SkyCoord(ra, dec, unit="deg")).arcmin > radius
        margin = int(60 / pixel)
        good[:margin], good[-margin:], good[:, :margin], good[:, -margin:] = (False,) * 4
        return np.argwhere(good)


def read_field(name, folder) -> Field:
    """Read a field by its name."""

    def read(path):
        with fits.open(path) as hdus:
            hdu = next(hdu for hdu in hdus if hdu.is_image and hdu.data is not None)
            return hdu.data.astype(float), WCS(hdu.header).celestial

    if name == "efeds":
        bands = ("0300_0600", "0600_1100", "1100_1600", "1600_2200")
        images = [read(folder / f"efeds_cluster/img_{band}.fits.gz") for band in bands]
        maps = [read(folder / f"efeds_cluster/expmap_norm_{band}.fits.gz")[0] for band in bands]
        counts = sum(image for image, _ in images)
        exposure = sum(maps) / len(maps)
        return Field(name, counts, exposure, images[0][1], "erosita-survey", "erosita")
    if name == "a1835":
        stem = folder / "a1835_xmm" / "P0098010101M2"
        counts, wcs = read(f"{stem}U009IMAGE_3000.FTZ")
        return Field(name, counts, read(f"{stem}U009EXPMAP3000.FTZ")[0], wcs, "epic-mos", "xmm")
    camera = name.partition("-")[2]
    stem = folder / "a907_xmm" / f"0201903501_{camera}_exp1-0.50-2.00keV"
    counts, wcs = read(f"{stem}img.fits.gz")
    optics = "epic-pn" if camera == "pn" else "epic-mos"
    return Field(name, counts, read(f"{stem}expmap.fits.gz")[0], wcs, optics, "xmm")


def photons(psf, core, number, pixel, rng):
    """Places (pixels, from the source) of photons of a point, or of a beta model."""
    half, step = int(150 / pixel) * 2, pixel / 2
    at = np.arange(-half, half + 1) * step
    image = psf.profile(-at[np.newaxis, :], at[:, np.newaxis])
    if core:
        model = (1 + (at[:, np.newaxis] ** 2 + at**2) / core**2) ** -1.5
        image = np.maximum(fftconvolve(image, model, mode="same"), 0)
    places = rng.choice(image.size, number, p=(image / image.sum()).ravel())
    y, x = np.divmod(places, len(at))
    return (np.array([y, x]) - half) / 2 + rng.uniform(-0.25, 0.25, (2, number))


def inject(field, n, limits, kind, rng, pixels=90):
    """Cut-outs of ``n`` injected sources, and the point-spread functions that the optics say."""
    places = field.blank()
    places = places[rng.integers(len(places), size=n)] + rng.uniform(-0.5, 0.5, (n, 2))
    coords = field.wcs.pixel_to_world(places[:, 1], places[:, 0]).icrs
    spreads = field.spreads(coords)
    band = get_band(field.weights)
    pixel = np.sqrt(np.abs(np.linalg.det(field.wcs.pixel_scale_matrix))) * 3600
    rows = []
    for place, coord, psf in zip(places, coords, spreads, strict=True):
        true = PointSpread(
            psf.half_radius * np.exp(rng.normal(0, 0.05)),
            1 + (psf.slope - 1) * np.exp(rng.normal(0, 0.08)),
            psf.stretch,
            psf.angle + rng.normal(0, 0.2),
        )
        core = float(np.exp(rng.normal(np.log(16), 0.5))) if kind == "cluster" else 0.0
        number = rng.poisson(10 ** rng.uniform(*np.log10(limits)))
        y, x = np.rint(place[:, np.newaxis] + photons(true, core, number, pixel, rng)).astype(int)
        inside = (y >= 0) & (x >= 0) & (y < len(field.counts)) & (x < field.counts.shape[1])
        y, x = y[inside], x[inside]
        counts = field.counts.copy()
        np.add.at(counts, (y, x), field.exposure[y, x] > 0)
        image = SkyImage(counts, field.wcs, "counts", field.exposure, name=field.name)
        rows.append([FitsProvider(image, band).cutout(CutoutGrid(coord, 6 * u.arcmin, pixels))])
    ids = np.arange(n)
    return cutout_dataset(
        ids, coords.ra.deg, coords.dec.deg, [band], rows, 6 * u.arcmin, pixels
    ), spreads


def evaluate(name, n=150, seed=5, folder=None) -> Table:
    """One row per range of counts and weights: the same photons for all of them."""
    folder = Path(folder or os.environ["ASTROCNN_TEST_DATA"])
    field, rows = read_field(name, folder), []
    for weights in (field.weights, f"{field.weights}-psf"):
        classifier = ClusterClassifier(weights, judge_novel=True)
        pixels = read_description(weights).pixels
        for number, limits in enumerate(RANGES):
            rng = np.random.default_rng([seed, number])
            scores, odds, fits = [], [], []
            for kind in ("point", "cluster"):
                dataset, spreads = inject(field, n, limits, kind, rng, pixels)
                result = classifier.predict(dataset)
                proba = {
                    name.removeprefix("proba_"): np.ma.filled(result[name].astype(float), np.nan)
                    for name in result.colnames
                    if name in ("proba_cluster", "proba_point")
                }
                scores.append(proba["cluster"])
                if "point" in proba:
                    odds.append(proba["cluster"] / (proba["cluster"] + proba["point"]))
                fits.append(np.array(fit_extent(dataset, spreads)["extent_likelihood"]))
            truth, fit = np.repeat([False, True], n), np.concatenate(fits)
            counts = f"{limits[0]}-{limits[1]}"
            for what, parts in ((weights, scores), (f"{weights}, or a point", odds)):
                if parts:
                    network = np.concatenate(parts)
                    difference = delong_test(truth, network, fit).difference
                    estimates = auc(truth, network), auc(truth, fit), difference
                    rows.append((name, what, counts, 2 * n, *map(str, estimates)))
    names = ["field", "weights", "counts", "n", "network", "fit_extent", "difference"]
    return Table(rows=rows, names=names)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("fields", nargs="*", default=["efeds", "a1835", "a907-pn", "a907-mos2"])
    parser.add_argument("--n", type=int, default=150)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for one in arguments.fields:
        evaluate(one, arguments.n, arguments.seed).pprint_all(align="<")
