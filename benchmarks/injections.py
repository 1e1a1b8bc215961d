"""Points and clusters injected into real blank sky: weights against a likelihood fit.

    python benchmarks/injections.py [efeds a1835 a907-pn a907-mos2] [--n 150] [--seed 5]
                                    [--simulated]

Photons of points and of beta models, both blurred by the telescope's point-spread function (varied
by 5 % in size, 8 % in slope), are added to real images where no source is seen, with the real
exposure. The same cut-outs go to `ClusterClassifier.predict` and to `fit_extent`. One row per
field and range of counts: the area under the ROC curve of both, and their difference, with
intervals (DeLong). Weights that tell points from pairs and other sources have a second row: the
probability of a cluster over that of a cluster or a point, which is what they say of a list that
holds nothing else, as this one (``prior={"cluster": 0.5, "point": 0.5, ...}``), and what the fit is
asked. With ``--simulated`` the same sources go into simulated blank sky too, of the same camera and
about the same exposure: what the network and the fit lose from there to the sky is the gap between
the two. Needs the folders of the same names in ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
import warnings
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.signal import fftconvolve
from tqdm.auto import tqdm

from astrocnn import ClusterClassifier
from astrocnn.cutouts import cutout_dataset
from astrocnn.extent import fit_extent
from astrocnn.grid import CutoutGrid
from astrocnn.networks import read_description
from astrocnn.providers import FitsProvider, SkyImage
from astrocnn.simulation import simulate_field
from astrocnn.surveys import OPTICS, PointSpread, find_axis, get_band
from astrocnn.validation import auc, delong_test

RANGES = ((30, 80), (80, 300))
#: Clusters of the fields: right ascension, declination (deg), radius that is left out (arcmin).
CLUSTERS = {
    "efeds": [(140.338, 3.291, 4.0), (140.092, 3.019, 3.0)],
    "a1835": [(210.258, 2.879, 4.0)],
    "a907": [(149.592, -11.064, 5.0)],
}


#: Simulated cameras like those of the fields.
CAMERAS = {
    "efeds": "eROSITA 0.2-2.3 keV",
    "a1835": "EPIC-MOS 1-2 keV",
    "a907-pn": "EPIC-PN 0.5-2 keV",
    "a907-mos2": "EPIC-MOS 0.5-2 keV",
}


@dataclass
class Field:
    """An image: counts, exposure, where they lie, optics, weights that are made for it.

    The optics are a name, or the point-spread function of a simulated field, which has no name.
    """

    name: str
    counts: np.ndarray
    exposure: np.ndarray
    wcs: WCS
    optics: str | PointSpread
    weights: str

    @cached_property
    def axis(self):
        """Where the telescope points."""
        return find_axis(self.exposure, self.wcs)

    @property
    def pixel(self):
        """Side of a pixel (arcsec)."""
        return np.sqrt(np.abs(np.linalg.det(self.wcs.pixel_scale_matrix))) * 3600

    def spread(self, coord):
        """Point-spread function at a position."""
        if isinstance(self.optics, PointSpread):
            return self.optics
        if self.optics == "erosita-survey":
            return OPTICS[self.optics].at(0.0)
        return OPTICS[self.optics].toward(coord.reshape(1), self.axis)[0]

    def blank(self):
        """Pixels (y, x) of blank sky: exposed, 1 arcmin from the border, far from what is seen."""
        live = self.exposure > 0.15 * self.exposure.max()
        pixel = self.pixel
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
        for ra, dec, radius in CLUSTERS.get(self.name.partition("-")[0], []):
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


def sites(field, n, rng) -> list[tuple]:
    """Places of blank sky of a real field: the field, and row and column."""
    places = field.blank()
    places = places[rng.integers(len(places), size=n)] + rng.uniform(-0.5, 0.5, (n, 2))
    return [(field, place) for place in places]


def simulated_sites(field, n, seed=7) -> list[tuple]:
    """Places of simulated blank sky, exposed within a factor of 2 as long as those of a field."""
    camera, typical = CAMERAS[field.name], np.median(field.exposure[tuple(field.blank().T)])
    found, number = [], 0
    with tqdm(total=n, desc=f"simulated sky like {field.name}", delay=2) as bar:
        while len(found) < n:
            one = simulate_field(
                number, seed, (field.weights,), kind="blank", exposure_map=True, version=3
            )
            number += 1
            image = one.images[field.weights]
            if one.truth["camera"] != camera or not 0.5 < one.truth["exposure"] / typical < 2:
                continue
            here = Field("", image.data, image.exposure, image.wcs, image.psf, field.weights)
            place = np.array(image.wcs.world_to_pixel(one.center))[::-1]
            if (here.blank() == np.rint(place)).all(axis=1).any():
                found.append((here, place))
                bar.update()
    return found


def some_of(places, n, rng) -> list[tuple]:
    """Draw some of several places, each as often as it comes."""
    return [places[i] for i in rng.integers(len(places), size=n)]


def inject(places, limits, kind, rng, pixels=90):
    """Cut-outs of injected sources, and the point-spread functions that the optics say."""
    rows, centers, spreads = [], [], []
    for field, place in places:
        coord = field.wcs.pixel_to_world(place[1], place[0]).icrs
        psf, pixel = field.spread(coord), field.pixel
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
        known = field.optics if isinstance(field.optics, PointSpread) else None
        image = SkyImage(
            counts, field.wcs, "counts", field.exposure, name=field.name or "simulated", psf=known
        )
        band = get_band(field.weights)
        rows.append([FitsProvider(image, band).cutout(CutoutGrid(coord, 6 * u.arcmin, pixels))])
        centers.append(coord)
        spreads.append(psf)
    coords = SkyCoord(centers)
    return cutout_dataset(
        np.arange(len(rows)), coords.ra.deg, coords.dec.deg, [band], rows, 6 * u.arcmin, pixels
    ), spreads


def scores(classifier, draw, limits, rng, name, pixels) -> tuple[np.ndarray, dict]:
    """Truth, and what the fit and a classifier, by its name, say of points and of clusters.

    ``draw`` returns the places of either; cut-outs have so many ``pixels`` along one side. A
    classifier of another telescope takes them for its own.
    """
    [[band]] = [classifier.bands or read_description(classifier.weights).bands]
    found = {"fit_extent": []}
    for kind in ("point", "cluster"):
        dataset, spreads = inject(draw(), limits, kind, rng, pixels)
        result = classifier.predict(dataset.assign_coords(band=[str(band)]))
        proba = {
            what: np.ma.filled(result[f"proba_{what}"].astype(float), np.nan)
            for what in ("cluster", "point")
            if f"proba_{what}" in result.colnames
        }
        found.setdefault(name, []).append(proba["cluster"])
        if "point" in proba:
            odds = proba["cluster"] / (proba["cluster"] + proba["point"])
            found.setdefault(f"{name}, or a point", []).append(odds)
        found["fit_extent"].append(np.array(fit_extent(dataset, spreads)["extent_likelihood"]))
    truth = np.repeat([False, True], len(dataset.target_id))
    return truth, {what: np.concatenate(parts) for what, parts in found.items()}


def evaluate(name, n=150, seed=5, folder=None, simulated=False) -> tuple[Table, Table]:
    """One row per range of counts and weights: the same photons for all of them.

    The second table has the areas in simulated sky, and what is less on the real one.
    """
    folder = Path(folder or os.environ["ASTROCNN_TEST_DATA"])
    field, rows, gaps = read_field(name, folder), [], []
    sky = simulated_sites(field, max(n // 3, 20)) if simulated else []
    for weights in (field.weights, f"{field.weights}-psf"):
        classifier = ClusterClassifier(weights, judge_novel=True)
        pixels = read_description(weights).pixels
        for number, limits in enumerate(RANGES):
            rng = np.random.default_rng([seed, number])
            draw = partial(sites, field, n, rng)
            truth, found = scores(classifier, draw, limits, rng, weights, pixels)
            counts, fit = f"{limits[0]}-{limits[1]}", found["fit_extent"]
            for what in [key for key in found if key != "fit_extent"]:
                difference = delong_test(truth, found[what], fit).difference
                estimates = auc(truth, found[what]), auc(truth, fit), difference
                rows.append((name, what, counts, 2 * n, *map(str, estimates)))
            if not simulated:
                continue
            rng = np.random.default_rng([seed, number])
            draw = partial(some_of, sky, n, rng)
            truth, other = scores(classifier, draw, limits, rng, weights, pixels)
            for what, values in found.items():
                here, there = auc(truth, values), auc(truth, other[what])
                error = np.hypot(here.high - here.low, there.high - there.low) / 2
                gap = f"{there.value - here.value:.3f} +- {error:.3f}"
                gaps.append((name, what, counts, str(there), str(here), gap))
    names = ["field", "weights", "counts", "n", "network", "fit_extent", "difference"]
    first = Table(rows=rows, names=names)
    names = ["field", "by", "counts", "simulated sky", "real sky", "lost"]
    return first, Table(rows=gaps or None, names=names)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("fields", nargs="*", default=["efeds", "a1835", "a907-pn", "a907-mos2"])
    parser.add_argument("--n", type=int, default=150)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--simulated", action="store_true", help="simulated blank sky too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for one in arguments.fields:
        for table in evaluate(one, arguments.n, arguments.seed, None, arguments.simulated):
            if len(table):
                table.pprint_all(align="<")
