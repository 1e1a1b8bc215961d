"""Are images unlike those of the training flagged, and ordinary ones not?

    python benchmarks/out_of_domain.py xmm-dss2 [--n 300] [--fit 6000] [--seed 5]

Takes the domain that the weights carry; with ``--fit`` one of so many simulated targets (and half
as many held out). The blurred images are those of the network's input, stretched anew.
"""

import argparse

import numpy as np
from astropy.table import Table
from scipy.ndimage import gaussian_filter

from astrocnn.networks import read_description
from astrocnn.preprocessing import Preprocessing
from astrocnn.training import ImageDomain, simulated_tensors


def blurred(images, band, fwhm, pixel_scale):
    """Images with one band of a broader point-spread function."""
    changed, every = images.copy(), np.ones(images.shape[1:3], dtype=bool)
    plain = Preprocessing(smoothing={})
    for i, image in enumerate(images[..., band]):
        # Roughly undo the stretch, blur, and stretch again.
        rough = gaussian_filter(np.sinh(image), fwhm / 2.355 / pixel_scale.value)
        changed[i, ..., band] = plain.prepare(rough, every, None, "", pixel_scale)
    return changed


def odd_images(images, bands, pixel_scale, seed=0):
    """Kinds of images that no network should judge, by name."""
    rng = np.random.default_rng(seed)
    kinds = {"white noise": rng.normal(size=images.shape).astype(np.float32)}
    for b, name in enumerate(bands):
        blank, noise = images.copy(), images.copy()
        blank[..., b], noise[..., b] = 0, rng.normal(size=images.shape[:3])
        kinds |= {f"blank {name}": blank, f"white noise in {name}": noise}
        for fwhm in (15, 35):
            kinds[f"{name} blurred by {fwhm} arcsec"] = blurred(images, b, fwhm, pixel_scale)
    if len(bands) == 2:
        kinds["bands swapped"] = images[..., ::-1]
        for b, name in enumerate(bands):
            kinds[f"{name} in both bands"] = images[..., [b, b]]
    return kinds


def evaluate(weights, n=300, n_fit=None, seed=5, n_jobs=2) -> Table:
    """Share of each kind of image that is flagged, and its median novelty."""
    found = read_description(weights)
    steps = Preprocessing.from_config(found.preprocessing)
    pixel_scale = (found.field_size / found.pixels).to("arcsec")

    def simulate(number, seed):
        arguments = (found.bands, steps, found.field_size, found.pixels, n_jobs)
        return simulated_tensors(number, seed, *arguments)[0]

    if n_fit is None:
        if not found.domain:
            raise SystemExit(f"{weights} carries no domain: give --fit")
        domain = ImageDomain.from_config(found.domain)
    else:
        domain = ImageDomain.fit(simulate(n_fit, seed + 1), simulate(n_fit // 2, seed + 2))
    images = simulate(n, seed).astype(np.float32)
    kinds = {"ordinary": images} | odd_images(images, found.bands, pixel_scale)
    rows = []
    for name, tensor in kinds.items():
        score = domain.score(tensor)
        rows.append((name, len(score), np.mean(score > 1), np.median(score)))
    table = Table(rows=rows, names=["images", "n", "flagged", "median novelty"])
    table["flagged"].info.format = table["median novelty"].info.format = ".3f"
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("weights", nargs="?", default="xmm-dss2")
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--fit", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    evaluate(
        arguments.weights, arguments.n, arguments.fit, arguments.seed, arguments.jobs
    ).pprint_all(align="<")
