"""Real optical images behind simulated targets: SDSS g, r, i with a bright foreground galaxy.

    python benchmarks/real_optics.py [erosita-legacy] [--n 300] [--seed 2]
    python benchmarks/real_optics.py xmm-dss2 --plate plate.fits --pixel 1.0

The light of simulated targets (version 2, zero point 25, the noise of its own included) is added to
random, turned cut-outs of a real field (``sdss_gri`` of ``ASTROCNN_TEST_DATA``; i stands in for z),
or, at the same signal-to-noise ratio, to those of a photographic plate without a WCS. Beside it:
the targets as simulated, and the real sky without the targets, which says nothing of them. X-rays
are simulated. The differences of the areas under the ROC curve are paired (DeLong), to the X-rays
alone of the ``-psf`` weights where they need no other image, else to the targets as simulated.
"""

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from optical_images import changed

from astrocnn import ClusterClassifier
from astrocnn.grid import CutoutGrid
from astrocnn.networks import read_description
from astrocnn.providers import FitsProvider, SkyImage
from astrocnn.simulation import simulate_cutouts
from astrocnn.surveys import get_band
from astrocnn.validation import auc, delong_test, proportion

#: Intensity with a zero point of 25 per arcsec2, of nanomaggies per SDSS pixel (0.396 arcsec).
_SDSS = 10 / 0.396**2


def sdss(folder) -> dict:
    """Images of the SDSS field by band."""
    found = {}
    for band, name in (("legacy-g", "g"), ("legacy-r", "r"), ("legacy-z", "i")):
        with fits.open(Path(folder) / f"sdss_gri/reprojected_sdss_{name}.fits.bz2") as hdus:
            data = hdus[0].data * _SDSS
            found[band] = SkyImage(data.astype("float32"), WCS(hdus[0].header), name=name)
    return found


def plate(path, pixel) -> dict:
    """Image of a plate, on a sky of its own."""
    data = fits.getdata(path).astype("float32")
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval, wcs.wcs.cdelt = (130.0, 12.0), (-pixel / 3600, pixel / 3600)
    wcs.wcs.crpix = (data.shape[1] + 1) / 2, (data.shape[0] + 1) / 2
    return {"dss2-red": SkyImage(data, wcs, name="plate")}


def stamps(images, bands, n, size, pixels, rng) -> np.ndarray:
    """Cut-outs of the field, turned by right angles, (n, n_bands, pixels, pixels)."""
    providers = [FitsProvider(images[band], get_band(band)) for band in bands]
    first = images[bands[0]]
    ny, nx = first.data.shape
    scale = np.sqrt(np.abs(np.linalg.det(first.wcs.pixel_scale_matrix))) * 60
    edge = size.to_value(u.arcmin) / 2 / scale
    found = []
    for _ in range(n):
        x, y = rng.uniform(edge, nx - 1 - edge), rng.uniform(edge, ny - 1 - edge)
        grid = CutoutGrid(SkyCoord(first.wcs.pixel_to_world(x, y)).icrs, size, pixels)
        stamp = np.stack([one.cutout(grid).image for one in providers])
        found.append(np.rot90(stamp, rng.integers(4), axes=(1, 2)))
    return np.array(found)


def added(images, sky, plates: bool) -> np.ndarray:
    """Light of the targets on the real sky; of plates in units of the noise."""
    light = images - np.nanmedian(images, axis=(2, 3), keepdims=True)
    if plates:
        low, middle = np.nanpercentile(sky, [16, 50], axis=(2, 3), keepdims=True)
        spread = np.nanpercentile(images, [16, 50], axis=(2, 3), keepdims=True)
        light = light * (middle - low) / (spread[1] - spread[0])
    return (sky + light).astype("float32")


def evaluate(names, images, n=300, seed=2, plates=False) -> Table:
    """One row per look and weights."""
    found = read_description(names[0])
    size, pixels, bands = found.field_size, found.pixels, found.bands
    cutouts, truth = simulate_cutouts(range(n), seed, bands, size, pixels, 2)
    truth = np.array(truth["is_cluster"], dtype=bool)
    sky = stamps(images, bands[1:], n, size, pixels, np.random.default_rng(seed))
    which = list(range(1, len(bands)))
    looks = {
        "no optical image": lambda own: np.full_like(own, np.nan),
        "as simulated": lambda own: own,
        "on the real sky": lambda own: added(own, sky, plates),
        "the real sky alone": lambda _: sky,
    }
    rows = []
    for name in names:
        classifier, base = ClusterClassifier(name, judge_novel=True), None
        for what, change in looks.items():
            result = classifier.predict(changed(cutouts, which, change))
            proba = np.ma.filled(result["proba_cluster"].astype(float), np.nan)
            if not np.isfinite(proba).all():
                rows.append((what, name, "", "", "", "", ""))
                continue
            base = proba if base is None else base
            outside = np.char.find(np.array(result["flag"], dtype=str), "out_of_domain") >= 0
            called = [
                proportion(int((proba[some] >= 0.5).sum()), int(some.sum()))
                for some in (~truth, truth)
            ]
            scores = auc(truth, proba), delong_test(truth, proba, base).difference, *called
            rows.append((what, name, *map(str, scores), f"{outside.mean():.3f}"))
    columns = ["optical image", "weights", "AUC", "difference", "false positives", "found",
               "out of domain"]  # fmt: skip
    return Table(rows=rows, names=columns)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", nargs="*", default=["erosita-legacy"])
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--plate", help="FITS image of a plate, instead of the SDSS field")
    parser.add_argument("--pixel", type=float, default=1.0, help="of the plate (arcsec)")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.plate:
        optics = plate(arguments.plate, arguments.pixel)
    else:
        optics = sdss(os.environ["ASTROCNN_TEST_DATA"])
    table = evaluate(
        arguments.weights, optics, arguments.n, arguments.seed, arguments.plate is not None
    )
    table.pprint_all(align="<")
