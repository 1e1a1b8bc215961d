"""Background of X-ray images: what `estimate_background` finds, beside what is known.

    python benchmarks/xray_background.py [--figure xray_background.png]

First simulated MOS2 fields (28 ks, 1-2 keV) with the exposure map of a real one: the background
alone, with 60 points, and with a cluster of 22,000 counts as well; twelve draws of each. Then the
real field: Abell 1835, counts seen and predicted in annuli about the cluster, outside of the
sources of the list that comes with it. Needs the files of XMM-Newton observation 0098010101 in
the folder ``a1835_xmm`` of ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from astrocnn.providers import SkyImage, estimate_background, read_image

#: 0-based pixel (4 arcsec) of the cluster; terms of the simulated background.
CLUSTER = (327.7, 346.7)
SKY, PARTICLE = 2.5e-6, 1.1e-6
#: Annuli (arcmin), of which those from 9 on are judged: the cluster reaches to about r200.
EDGES, BLANK = np.array([*range(14), 14.0]), 9


def read_field(folder: Path) -> tuple[SkyImage, np.ndarray]:
    """Image with exposure, and where it is exposed and no listed source is."""
    image = read_image(folder / "P0098010101M2U009IMAGE_3000.FTZ")
    image.exposure = read_image(folder / "P0098010101M2U009EXPMAP3000.FTZ").data.astype(float)
    image.quantity = "counts"
    y, x = np.indices(image.data.shape)
    clean = image.exposure > 0.05 * image.exposure.max()
    for i, j, size in np.loadtxt(folder / "M2ptsrc.txt"):  # counted from 1
        clean &= np.hypot(x - i + 1, y - j + 1) > max(1.5 * size, 9)
    return image, clean


def simulate(image: SkyImage, draws: int = 12) -> None:
    """Print what is found in fields whose terms are known."""
    exposure, time = image.exposure, image.exposure.max()
    truth = SKY * exposure + PARTICLE * time * (exposure > 0)
    rng = np.random.default_rng(0)
    points = np.zeros(truth.shape)
    for place, counts in zip(
        rng.uniform(100, 550, (60, 2)), 10 / (rng.random(60) + 0.02), strict=True
    ):
        points += np.minimum(counts, 400) * _profile(truth.shape, place, 4.4, 1.6, 300)
    cluster = 22_000 * _profile(truth.shape, CLUSTER, 25, 1.6, 510)
    print("simulated: predicted / true background, its scatter; pulls of sky, particle; masked")
    for name, extra in (
        ("background", 0),
        ("and points", points),
        ("and cluster", points + cluster),
    ):
        rows = []
        for _ in range(draws):
            counts = rng.poisson(truth + extra * exposure / time)
            model = estimate_background(SkyImage(counts, image.wcs, "counts", exposure))
            rows.append([
                model.expected(exposure).sum(dtype=float) / truth.sum(),
                (model.sky - SKY) / model.sky_error,
                (model.particle - PARTICLE) / model.particle_error,
                model.source_fraction,
            ])  # fmt: skip
        mean, scatter = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
        ratio, pulls = f"{mean[0]:.3f} +- {scatter[0]:.3f}", f"{mean[1]:+.1f} {mean[2]:+.1f}"
        print(f"  {name:12} {ratio}   {pulls}   {mean[3]:.2f}")


def _profile(shape, place, core, slope, edge):
    """Circular profile cut at a radius (arcsec), of sum one."""
    y, x = np.indices(shape)
    radius = np.hypot(x - place[0], y - place[1]) * 4
    profile = (1 + (radius / core) ** 2) ** -slope * (radius < edge)
    return profile / profile.sum()


def annuli(image: SkyImage, clean: np.ndarray) -> dict:
    """Counts seen and predicted in annuli about the cluster."""
    model = estimate_background(image)
    expected = model.expected(image.exposure)
    y, x = np.indices(image.data.shape)
    radius = np.hypot(x - CLUSTER[0], y - CLUSTER[1]) * 4 / 60
    blank = clean & (radius > BLANK) & (radius < EDGES[-1])
    one_term = image.exposure * image.data[blank].sum() / image.exposure[blank].sum()
    rows = {key: [] for key in ("pixels", "seen", "two", "one", "sky")}
    for low, high in pairwise(EDGES):
        ring = clean & (radius >= low) & (radius < high)
        rows["pixels"].append(ring.sum())
        for key, values in (("seen", image.data), ("two", expected), ("one", one_term),
                            ("sky", model.sky * image.exposure)):  # fmt: skip
            rows[key].append(values[ring].sum(dtype=float))
    rows = {key: np.array(values) for key, values in rows.items()}
    print(f"\nreal: sky {model.sky:.2e} +- {model.sky_error:.1e} ct/s/pixel, particle "
          f"{model.particle:.2e} +- {model.particle_error:.1e}; chi2 {model.chi2:.0f} of "
          f"{model.n_bins} bins; {model.source_fraction:.2f} masked")  # fmt: skip
    print("arcmin   seen  two terms (sigma)  one term (sigma)")
    for k in range(BLANK, len(EDGES) - 1):
        seen, two, one = (rows[key][k] for key in ("seen", "two", "one"))
        words = (f"{value:8.0f} ({(seen - value) / seen**0.5:+.1f})    " for value in (two, one))
        print(f"{EDGES[k]:2.0f}-{EDGES[k + 1]:<3.0f} {seen:7.0f} {''.join(words)}")
    return rows


def draw(rows: dict, path: str) -> None:
    """Counts per pixel against the distance from the cluster."""
    import matplotlib.pyplot as plt

    middle = (EDGES[1:] + EDGES[:-1]) / 2
    figure, ax = plt.subplots(figsize=(6, 4))
    per_pixel = {key: rows[key] / rows["pixels"] for key in ("seen", "two", "one", "sky")}
    error = np.sqrt(rows["seen"]) / rows["pixels"]
    ax.errorbar(
        middle, per_pixel["seen"], error, fmt="o", ms=4, color="k", label="seen outside sources"
    )
    ax.plot(middle, per_pixel["two"], color="C0", label="predicted: particle + sky")
    ax.plot(middle, per_pixel["sky"], color="C0", ls=":", label="its sky term")
    ax.plot(middle, per_pixel["one"], color="C1", ls="--", label="one term, vignetted")
    ax.set(xlabel="distance from the cluster [arcmin]", ylabel="counts per pixel", yscale="log")
    ax.set_ylim(0.008, 3)
    ax.legend(frameon=False)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", help="file to draw the annuli into")
    args = parser.parse_args()
    data = os.environ.get("ASTROCNN_TEST_DATA")
    if data is None:
        print("set ASTROCNN_TEST_DATA to the folder that holds a1835_xmm", file=sys.stderr)
        return 1
    image, clean = read_field(Path(data) / "a1835_xmm")
    simulate(image)
    rows = annuli(image, clean)
    if args.figure:
        draw(rows, args.figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
