"""Weights ``xmm`` on a real field: Abell 1835 as XMM-Newton MOS2 saw it (1-2 keV, 28 ks).

    python benchmarks/abell1835.py [--figure abell1835.png]

Brightness alone must not pass: the cluster is dimmed to the counts of the field's brightest point
source, and point sources and blank sky are classified too. The margin is the step in log-odds from
the surest of these to the least sure of the dimmed clusters. That a source was listed as
a point does not make it one: the light around each is measured too. Needs the files of observation
0098010101 in the folder ``a1835_xmm`` of ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import QTable, Table, vstack
from scipy.special import logit

from astrocnn import ClusterClassifier
from astrocnn.cutouts import make_cutouts
from astrocnn.providers import SkyImage, read_image

#: 0-based pixel of the cluster, and its net counts within 1 arcmin.
CLUSTER, NET_COUNTS = np.array([327.7, 346.7]), 16_779
REALIZATIONS = 20


@dataclass
class Field:
    """Counts, exposure and point sources (0-based pixels, net counts in 20 arcsec)."""

    folder: Path
    counts: np.ndarray
    exposure: np.ndarray
    wcs: object
    sources: np.ndarray
    net: np.ndarray

    @property
    def background(self) -> np.ndarray:
        """Blank-sky counts per pixel: a vignetted and a particle term."""
        return np.where(self.exposure > 0, 2.55e-6 * self.exposure + 0.031, 0.0)

    def distance(self, xy) -> np.ndarray:
        """Distance from the cluster (arcmin)."""
        return np.hypot(*(np.atleast_2d(xy) - CLUSTER).T) * 4 / 60

    @property
    def scored(self) -> np.ndarray:
        """Point sources outside of the cluster's light, with counts enough to be found again."""
        return (self.distance(self.sources) > 6) & (self.net >= 15)

    def light_around(self) -> np.ndarray:
        """Excess at 20-80 arcsec of each source over the background, in its standard deviations."""
        y, x = np.indices(self.counts.shape)
        distances = [np.hypot(x - sx, y - sy) * 4 for sx, sy in self.sources]
        clear = np.min(distances, axis=0) > 20
        rings = [clear & (distance < 80) for distance in distances]
        expected = np.array([self.background[ring].sum() for ring in rings])
        return (np.array([self.counts[ring].sum() for ring in rings]) - expected) / expected**0.5

    def image(self, counts=None) -> SkyImage:
        """The field, or another counts image of it, with its exposure map."""
        counts = self.counts if counts is None else counts
        return SkyImage(counts, self.wcs, "counts", self.exposure, name="Abell 1835")

    def dimmed(self, net: float, seed: int) -> SkyImage:
        """The field with the cluster dimmed to ``net`` counts, background kept."""
        rng = np.random.default_rng([int(net), seed])
        keep = net / NET_COUNTS
        counts = rng.binomial(self.counts, keep) + rng.poisson((1 - keep) * self.background)
        return self.image(counts.astype(np.int32))


def read_field(folder) -> Field:
    """Read the images and the list of point sources (its pixels are 1-based)."""
    folder = Path(folder)
    image = read_image(folder / "P0098010101M2U009IMAGE_3000.FTZ")
    exposure = read_image(folder / "P0098010101M2U009EXPMAP3000.FTZ").data
    sources = np.loadtxt(folder / "M2ptsrc.txt")[:, :2] - 1
    field = Field(folder, image.data.astype(np.int32), exposure, image.wcs, sources, None)
    y, x = np.indices(field.counts.shape)
    excess = field.counts - field.background
    field.net = np.array([excess[np.hypot(x - sx, y - sy) < 5].sum() for sx, sy in sources])
    return field


def blank_positions(field: Field, n: int = 40, seed: int = 0) -> np.ndarray:
    """Blank positions: far from the cluster and from every source, well exposed."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < n:
        xy = rng.uniform(0, field.counts.shape[0] - 1, 2)
        near = np.hypot(*(field.sources - xy).T).min() * 4 / 60
        exposure = field.exposure[tuple(np.round(xy[::-1]).astype(int))]
        if field.distance(xy)[0] > 7 and near > 1.5 and exposure > 0.3 * field.exposure.max():
            found.append(xy)
    return np.array(found)


def probability(classifier, image, xy) -> np.ndarray:
    """``proba_cluster`` at pixels of an image."""
    coords = image.wcs.pixel_to_world(*np.atleast_2d(xy).T)
    result = classifier.set_params(images={"xmm": image}).predict(coords)
    return np.ma.filled(np.ma.asarray(result["proba_cluster"]), np.nan)


def evaluate(folder, weights="xmm") -> dict:
    """Return every probability that the checks need, by check."""
    field = read_field(folder)
    coords = field.wcs.pixel_to_world(*CLUSTER)
    plain = ClusterClassifier(weights, images={"xmm": str(field.folder / "*.FTZ")})
    found = {"field": field, "cluster": float(plain.predict(coords)["proba_cluster"][0])}
    classifier = ClusterClassifier(weights)
    found["sources"] = probability(classifier, field.image(), field.sources)
    found["dimmed"] = {
        net: np.array(
            [probability(classifier, field.dimmed(net, i), CLUSTER)[0] for i in range(REALIZATIONS)]
        )
        for net in (3000, 1000, 600, 300)
    }
    found["blank_xy"] = blank_positions(field)
    found["blank"] = probability(classifier, field.image(), found["blank_xy"])
    return found


def margin(found: dict, net: float, others) -> float:
    """Log-odds of the least sure cluster dimmed to ``net`` less those of the surest other."""
    return logit(found["dimmed"][net].min()) - logit(np.max(others))


def summary(found: dict) -> QTable:
    """The checks as a table."""
    field, brightest = found["field"], found["sources"][0]
    scored, near = field.scored, field.distance(field.sources) <= 6
    rows = [
        (
            "(a) Abell 1835",
            f"{field.counts.sum()} counts in the field",
            "p > 0.8",
            f"p = {found['cluster']:.3f}",
        )
    ]
    for net, proba in found["dimmed"].items():
        good = int(np.sum((proba > 0.5) & (proba > brightest)))
        rows.append(
            (
                f"(b) dimmed to {net}",
                f"{REALIZATIONS} realizations",
                ">= 18 of 20" if net == 600 else "shown",
                f"{good} of {REALIZATIONS}; p = {proba.min():.3f} ... {proba.max():.3f}",
            )
        )
    rows += [
        ("(b) brightest point source", f"{field.net[0]:.0f} net counts in 20 arcsec", "p < 0.5",
         f"p = {brightest:.3f}"),
        ("(c) point sources > 6 arcmin", f"{scored.sum()} with >= 15 net counts", ">= 10 of 12",
         f"{int(np.sum(found['sources'][scored] < 0.5))} of {scored.sum()} below 0.5"),
        ("(c) point sources < 6 arcmin", f"{near.sum()}, in its light", "shown",
         "p = " + ", ".join(f"{p:.3f}" for p in found["sources"][near])),
        ("(d) blank positions", f"{len(found['blank'])} positions", ">= 36 of 40",
         f"{int(np.sum(found['blank'] < 0.5))} of {len(found['blank'])} below 0.5; "
         f"highest {found['blank'].max():.3f}"),
    ]  # fmt: skip
    others = np.concatenate([found["sources"][scored], found["blank"]])
    for net in found["dimmed"]:
        step = margin(found, net, others)
        rows.append(
            (f"(e) margin at {net}", "in log-odds, over the 12 and the 40", "> 0", f"{step:.2f}")
        )
    return QTable(rows=rows, names=["check", "what", "wanted", "found"])


def figure(found: dict, path) -> None:
    """Cut-outs of the cluster (real and dimmed), point sources and blank sky."""
    import xarray as xr

    from astrocnn.plotting import plot_cutouts

    field = found["field"]
    order = np.argsort(-field.net)
    shown = [("A1835", field.image(), CLUSTER)]
    shown += [(f"{net} counts", field.dimmed(net, 0), CLUSTER) for net in (3000, 1000, 600, 300)]
    shown += [(f"source {i + 1}", field.image(), field.sources[i]) for i in order[:13]]
    shown += [(f"blank {i}", field.image(), found["blank_xy"][i]) for i in range(6)]
    classifier, parts, tables = ClusterClassifier("xmm"), [], []
    for name, image, xy in shown:
        coords = image.wcs.pixel_to_world(*xy)
        targets = Table(
            {"target_id": [name], "ra": [coords.icrs.ra.deg], "dec": [coords.icrs.dec.deg]}
        )
        parts.append(make_cutouts(targets, ["xmm"], {"xmm": image}, pixels=178))
        tables.append(classifier.set_params(images={"xmm": image}).predict(targets))
    dataset = xr.concat(parts, "target", data_vars="all", combine_attrs="drop_conflicts")
    table = vstack(tables, metadata_conflicts="silent")
    plot_cutouts(dataset, table, ncols=6).savefig(path, dpi=100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weights", default="xmm")
    parser.add_argument("--figure")
    arguments = parser.parse_args()
    data = Path(os.environ.get("ASTROCNN_TEST_DATA", "../shared/data")) / "a1835_xmm"
    outcome = evaluate(data, arguments.weights)
    summary(outcome).pprint(max_width=-1, max_lines=-1, align="<")
    table = QTable(
        {
            "net counts": outcome["field"].net.round(1),
            "arcmin from cluster": outcome["field"].distance(outcome["field"].sources).round(1),
            "light around (sigma)": outcome["field"].light_around().round(1),
            "proba_cluster": outcome["sources"].round(4),
        }
    )
    table.pprint(max_lines=-1)
    if arguments.figure:
        figure(outcome, arguments.figure)
