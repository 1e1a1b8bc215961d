"""The simulation beside a real field: Abell 1835 as XMM-Newton MOS2 saw it (1-2 keV, 28 ks).

    python benchmarks/simulation_vs_real.py [--figure simulation_vs_real.png]

The simulated field has the exposure time, the axis, the roll and the chips of the real one, a
cluster, and what the simulation holds by chance: active nuclei, groups and clusters. Fitted to the
real field are the shape of the cluster (two beta models) and, once for all, the background of the
simulated camera; the page ``simulation_vs_real`` of the documentation says what is independent.
Needs the files of observation 0098010101 in the folder ``a1835_xmm`` of ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy.table import QTable
from scipy.optimize import least_squares

from astrocnn.providers import read_image
from astrocnn.simulation import EPIC_MOS_1_2, Source, draw_sources
from astrocnn.simulation._spectra import thermal_spectrum
from astrocnn.simulation._xray import Pointing, xray_image

#: 0-based pixels of 4 arcsec: the cluster, the optical axis (about which the exposure is even).
CLUSTER, AXIS = np.array([327.7, 346.7]), np.array([349.0, 344.0])
PIXELS = np.arange(648)
#: Exposure (s) and position angle of the telescope (degrees), from the header.
TIME, POSITION_ANGLE = 28337.4, 297.927
#: Redshift, r500 (arcsec) and luminosity within it (1e44 erg/s, 0.1-2.4 keV): MCXC (Piffaretti
#: et al. 2011, A&A 534, A109); flux of it all (1e-12 erg/s/cm2, 0.1-2.4 keV) and column: BCS
#: (Ebeling et al. 1998, MNRAS 301, 881); temperature (keV): Jia et al. 2004 (A&A 423, 65).
A1835 = {"z": 0.2528, "r500": 360.0, "l500": 19.72, "flux": 14.7, "nh": 2.2e20, "kt": 7.6}

RINGS = np.array([0, 8, 16, 24, 32, 40, 60, 80, 110, 150, 200, 260, 330])
APERTURES = np.array([8, 12, 16, 20, 30, 40, 60])
#: Off-axis rings (arcmin) where the background is measured, 8 arcmin and more from the cluster.
OFF_AXIS = [(7, 9), (9, 11), (11, 13)]


@dataclass
class Field:
    """Counts, exposure (s) and positions of point sources (0-based pixels)."""

    counts: np.ndarray
    exposure: np.ndarray
    sources: np.ndarray

    def distance(self, xy) -> np.ndarray:
        """Distance of every pixel from a position (arcsec)."""
        x, y = PIXELS - xy[0], PIXELS[:, np.newaxis] - xy[1]
        return 4 * np.sqrt(x**2 + y**2)

    def without_sources(self) -> np.ndarray:
        """Exposed pixels that are 36 arcsec and more from every source."""
        free = self.exposure > 0
        for xy in self.sources:
            free &= self.distance(xy) > 36
        return free


def read_field(folder) -> Field:
    """Read the real field; the pixels of its list of sources are 1-based."""
    folder = Path(folder)
    counts = read_image(folder / "P0098010101M2U009IMAGE_3000.FTZ").data.astype(np.int32)
    exposure = read_image(folder / "P0098010101M2U009EXPMAP3000.FTZ").data
    return Field(counts, exposure, np.loadtxt(folder / "M2ptsrc.txt")[:, :2] - 1)


def simulate(sources, xy, size, seed=0, time=TIME) -> Field:
    """Simulate a square of ``size`` pixels around a pixel, from which sources are measured."""
    first = np.round(xy).astype(int) - size // 2 if size < 648 else (0, 0)
    box = tuple(slice(n, n + size) for n in first[::-1])
    x, y = np.meshgrid(-4.0 * (PIXELS[box[1]] - xy[0]), 4.0 * (PIXELS[box[0]] - xy[1]))
    east, north = 4 * (AXIS - xy) * (-1, 1)
    roll = np.radians(450 - POSITION_ANGLE)
    pointing = Pointing(EPIC_MOS_1_2, time, east, north, roll, 1.0, True, A1835["nh"])
    field = Field(np.zeros((648, 648), np.int32), np.zeros((648, 648)), np.empty((0, 2)))
    rng = np.random.default_rng(seed)
    field.counts[box], field.exposure[box] = xray_image(sources, pointing, x, y, rng)
    return field


# --- the cluster -------------------------------------------------------------------------------


def profile(field: Field, center) -> tuple[np.ndarray, np.ndarray]:
    """Counts per second and arcmin2 in `RINGS`, background included, and their errors."""
    free = field.without_sources()
    ring = np.where(free, np.digitize(field.distance(center), RINGS), 0)
    counts, exposure = (
        np.bincount(ring.ravel(), image.ravel(), RINGS.size + 1)[1:-1]
        for image in (field.counts, field.exposure)
    )
    scale = 3600 / 16 / exposure
    return counts * scale, np.sqrt(counts) * scale


def cluster(parameters) -> Source:
    """A source of two beta models from the logarithms of flux, cores, and share and betas."""
    flux, core, small = np.exp(parameters[:3])
    share, beta, small_beta = parameters[3:]
    cores = [(1 - share, core, beta), (share, small, small_beta)]
    light = ("thermal", A1835["kt"], A1835["z"])
    return Source("cluster", 0.0, 0.0, flux, cores=cores, r500=A1835["r500"], spectrum=light)


def fit_cluster(real: Field) -> Source:
    """Fit two beta models to the real profile, seen through the simulated camera."""
    observed, error = profile(real, CLUSTER)
    many = 1e4  # so many times the exposure: no noise

    def misfit(parameters):
        expected = simulate([cluster(parameters)], CLUSTER, 180, time=many * TIME)
        return (profile(expected, CLUSTER)[0] - observed) / error

    start = [np.log(8e-12), np.log(35.0), np.log(9.0), 0.4, 0.65, 0.65]
    low = [-30, np.log(15), np.log(3), 0.05, 0.5, 0.5]
    high = [-20, np.log(150), np.log(20), 0.9, 1.0, 1.0]
    found = least_squares(misfit, start, bounds=(low, high), diff_step=0.01, ftol=1e-4)
    return cluster(found.x)


def published_fluxes() -> tuple[float, float]:
    """Flux in 0.5-2 keV (erg/s/cm2) by BCS (whole cluster) and by MCXC (within r500)."""
    from astropy import units as u
    from astropy.cosmology import FlatLambdaCDM

    def energy(low, high, z):
        fine = np.linspace(low, high, 500)
        return np.trapezoid(thermal_spectrum(fine, A1835["kt"], z) * fine, fine)

    z = A1835["z"]
    soft = energy(0.5, 2, z) / energy(0.1, 2.4, z)
    emitted = energy(0.5, 2, z) / energy(0.1 / (1 + z), 2.4 / (1 + z), z)
    distance = FlatLambdaCDM(H0=70, Om0=0.3).luminosity_distance(z).to_value(u.cm)
    return A1835["flux"] * 1e-12 * soft, A1835["l500"] * 1e44 * emitted / (4 * np.pi * distance**2)


# --- point sources ------------------------------------------------------------------------------


def encircled(field: Field, xy) -> np.ndarray:
    """Share of a source's counts in `APERTURES`, of those within 80 arcsec."""
    distance, live = field.distance(xy), field.exposure > 0
    background = field.counts[live & (distance > 100) & (distance < 160)].mean()
    net = np.where(live, field.counts - background, 0)
    return np.array([net[distance < r].sum() for r in APERTURES]) / net[distance < 80].sum()


def centroid(field: Field, xy) -> np.ndarray:
    """Center of the counts within 24 arcsec of a position."""
    for _ in range(10):
        near = field.distance(xy) < 24
        weight = np.where(near, field.counts - np.median(field.counts[near]), 0)
        xy = np.array([weight.sum(0) @ PIXELS, weight.sum(1) @ PIXELS]) / weight.sum()
    return xy


def net_counts(field: Field, positions) -> np.ndarray:
    """Net counts within 20 arcsec of positions; the background is that of the blank field."""
    blank = np.where(field.exposure > 0, 2.55e-6 * field.exposure + 0.031, 0)
    return np.array([(field.counts - blank)[field.distance(xy) < 20].sum() for xy in positions])


def whole_field(shape: Source, seed: int, listed: int) -> Field:
    """Simulate all of it; as many sources as in the real list are listed, brightest first.

    None is listed in the light of the cluster, where the real list has none.
    """
    others = draw_sources("blank", 1.0, np.random.default_rng(seed), half_size=1000.0)
    east, north = 4 * (CLUSTER - AXIS) * (-1, 1)
    field = simulate([replace(shape, x=east, y=north), *others], AXIS, 648, seed)
    places = AXIS + np.array([(-s.x, s.y) for s in others]) / 4
    columns, rows = np.clip(np.round(places).astype(int), 0, 647).T
    counts = field.exposure[rows, columns] * [s.flux for s in others]
    counts[4 * np.hypot(*(places - CLUSTER).T) < 210] = 0
    field.sources = places[np.argsort(-counts)[:listed]]
    return field


# --- the comparison -----------------------------------------------------------------------------


def blank(field: Field) -> np.ndarray:
    """Pixels without sources, 8 arcmin and more from the cluster."""
    return field.without_sources() & (field.distance(CLUSTER) > 480)


def measure(field: Field) -> dict:
    """What real and simulated fields are compared in."""
    free, off = blank(field), field.distance(AXIS) / 60
    found = {}
    for low, high in OFF_AXIS:
        kept = free & (off > low) & (off < high)
        found[f"background {low}-{high}' off axis (counts/pixel)"] = field.counts[kept].mean()
        found[f"exposure {low}-{high}' off axis (ks)"] = field.exposure[kept].mean() / 1e3
    for n in range(3):
        found[f"blank pixels of {n} counts"] = np.mean(field.counts[free] == n)
    found["variance / mean of blank pixels"] = field.counts[free].var() / field.counts[free].mean()
    far = np.hypot(*(field.sources - CLUSTER).T) * 4 > 360
    net = net_counts(field, field.sources[far])
    for least in (20, 40):
        found[f"sources of {least} net counts and more"] = np.sum(net >= least)
    return found


def compare(folder, realizations: int = 10) -> dict:
    """Measure the real field and simulated ones."""
    real = read_field(folder)
    shape = fit_cluster(real)
    fields = [whole_field(shape, seed, len(real.sources)) for seed in range(realizations)]
    rows = [measure(field) for field in fields]
    source = centroid(real, real.sources[0])
    point = simulate([Source("agn", 0.0, 0.0, 1e-13)], source, 100, time=1e4 * TIME)
    return {
        "real": real,
        "shape": shape,
        "simulated": fields[0],
        "measured": measure(real),
        "mean": {name: np.mean([row[name] for row in rows]) for name in rows[0]},
        "scatter": {name: np.std([row[name] for row in rows], ddof=1) for name in rows[0]},
        "profile": (
            *profile(real, CLUSTER),
            np.median([profile(f, CLUSTER)[0] for f in fields], 0),
        ),
        "encircled": (encircled(real, source), encircled(point, source)),
        "fluxes": (shape.flux, *published_fluxes()),
    }


def summary(found: dict) -> QTable:
    """The comparison as a table."""
    rows = [
        (name, f"{value:.4g}", f"{found['mean'][name]:.4g}", f"{found['scatter'][name]:.2g}")
        for name, value in found["measured"].items()
    ]
    for radius, real, simulated in zip(APERTURES, *found["encircled"], strict=True):
        if radius in (12, 20, 30):
            name = f'brightest point source: light within {radius}" of that within 80"'
            rows.append((name, f"{real:.3f}", f"{simulated:.3f}", ""))
    real, _, simulated = found["profile"]
    worst = f"{np.abs(simulated / real - 1).max():.0%}"
    rows.append(("cluster, profile (fitted): largest deviation", "", worst, ""))
    fitted, bcs, mcxc = (f"{1e12 * flux:.1f}" for flux in found["fluxes"])
    name = "cluster, flux that gives its counts (1e-12 erg/s/cm2)"
    rows.append((name, f"{mcxc} (MCXC) to {bcs} (BCS)", fitted, ""))
    return QTable(rows=rows, names=["what", "real", "simulated", "scatter"])  # fmt: skip


def figure(found: dict):
    """Both images on one stretch, the profile of the cluster, the point-spread function."""
    import matplotlib.pyplot as plt
    from scipy.ndimage import gaussian_filter

    fig, axes = plt.subplots(2, 2, figsize=(9, 8.6), layout="constrained")
    for ax, name in zip(axes[0], ("real", "simulated"), strict=True):
        image = gaussian_filter(found[name].counts[110:570, 110:550].astype(float), 1.2)
        ax.imshow(np.arcsinh(image / 0.1), origin="lower", cmap="gray_r", vmin=0, vmax=6)
        ax.set(title=f"{name}, 1-2 keV", xticks=[], yticks=[])
    real, error, simulated = found["profile"]
    middle = (RINGS[1:] + RINGS[:-1]) / 2
    axes[1, 0].errorbar(middle, real, error, fmt="o", ms=4, label="real")
    axes[1, 0].plot(middle, simulated, label="simulated, shape fitted")
    axes[1, 0].set(xscale="log", yscale="log", xlabel="distance from the cluster (arcsec)",
                   ylabel="counts / s / arcmin2")  # fmt: skip
    axes[1, 1].plot(APERTURES, found["encircled"][0], "o", label="real, brightest point source")
    axes[1, 1].plot(APERTURES, found["encircled"][1], label="simulated")
    axes[1, 1].set(xlabel="radius (arcsec)", ylabel="light within it", ylim=(0, 1.05))
    for ax in axes[1]:
        ax.legend()
    return fig


def data_folder() -> Path:
    """Folder of the observation."""
    return Path(os.environ.get("ASTROCNN_TEST_DATA", "../shared/data")) / "a1835_xmm"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--realizations", type=int, default=10)
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    outcome = compare(data_folder(), arguments.realizations)
    summary(outcome).write(sys.stdout, format="ascii.rst")
    if arguments.figure:
        figure(outcome).savefig(arguments.figure, dpi=100)
