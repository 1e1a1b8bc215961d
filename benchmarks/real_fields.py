"""Real fields through `ClusterClassifier.predict`: clusters, listed point sources, blank sky.

    python benchmarks/real_fields.py [a1835 a907-pn a907-mos1 a907-mos2 a907 efeds] [--blank 400]
                                     [--suffix ""]

Abell 1835 (XMM-Newton MOS2, 1-2 keV), Abell 907 (EPIC, 0.5-2 keV; ``a907`` adds the three cameras)
and two clusters in eFEDS (eROSITA survey), read from their files as users read them. Point sources
are the red regions of the XMM Cluster Survey in the field of Abell 907, above 15 net counts within
20 arcsec, outside both extended regions. Blank sky is chosen as in ``injections.py``. Needs the
folders of ``ASTROCNN_TEST_DATA``.
"""

import argparse
import os
import re
import warnings
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from injections import CLUSTERS, read_field

from astrocnn import ClusterClassifier
from astrocnn.validation import proportion

FIELDS = ("a1835", "a907-pn", "a907-mos1", "a907-mos2", "a907", "efeds")


def images(name, folder):
    """Files of a field, as a user names them."""
    if name == "efeds":
        return {"erosita": str(folder / "efeds_cluster")}
    if name == "a1835":
        return {"xmm": str(folder / "a1835_xmm" / "*.FTZ")}
    camera = name.partition("-")[2]
    return {"xmm": str(folder / "a907_xmm" / (f"*_{camera}_*0.50-2.00*" if camera else "*0.50*"))}


def red_regions(path, field):
    """Point sources of the list that nothing extended covers, and that are seen, each once."""
    text = path.read_text()
    shapes = {"red": [], "green": []}
    color = "red"
    for line in text.splitlines():
        color = match[1] if (match := re.search(r"color\s*=\s*(\w+)", line)) else color
        if match := re.search(r"ellipse\(([^)]*)\)", line):
            shapes.setdefault(color, []).append([float(x) for x in match[1].split(",")])
    y, x = np.indices(field.counts.shape)
    pixel = np.sqrt(np.abs(np.linalg.det(field.wcs.pixel_scale_matrix))) * 3600
    faint = (field.exposure > 0.1 * field.exposure.max()) & (field.counts < 3)
    rate = field.counts[faint].sum() / field.exposure[faint].sum()
    found = []
    for px, py in {(round(s[0] - 1, 1), round(s[1] - 1, 1)) for s in shapes["red"]}:
        if any(_inside(px, py, shape) for shape in shapes["green"]):
            continue
        near = np.hypot(x - px, y - py) * pixel < 20
        if (field.counts[near] - rate * field.exposure[near]).sum() > 15:
            found.append((px, py))
    return field.wcs.pixel_to_world(*np.transpose(found)).icrs


def _inside(px, py, shape):
    """Whether a pixel is inside an ellipse of a region file (its pixels are 1-based)."""
    x, y, a, b, angle = shape
    angle = np.radians(angle)
    dx, dy = px - (x - 1), py - (y - 1)
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    return (along / a) ** 2 + (across / b) ** 2 <= 1


def evaluate(name, folder, n_blank=400, suffix="-psf") -> list[tuple]:
    """Rows of the table of a field."""
    camera = "a907-pn" if name == "a907" else name
    field = read_field(camera, folder)
    weights = field.weights + suffix
    classifier = ClusterClassifier(weights, images=images(name, folder), judge_novel=True)

    def proba(coords):
        result = classifier.predict(coords)
        return np.ma.filled(np.ma.asarray(result["proba_cluster"], dtype=float), np.nan), result

    rows = []
    for ra, dec, _ in CLUSTERS[name.partition("-")[0]]:
        values, result = proba(SkyCoord([ra], [dec], unit="deg"))
        novelty, flags = float(result["novelty"][0]), str(result["flag"][0])
        rows.append((name, "cluster", f"{values[0]:.3f}", f"novelty {novelty:.2f} {flags}"))
    rng = np.random.default_rng(5)
    places = field.blank()
    places = places[rng.integers(len(places), size=n_blank)]
    values, result = proba(field.wcs.pixel_to_world(places[:, 1], places[:, 0]).icrs)
    rows.append((name, f"blank sky, {n_blank}", *_called(values, result)))
    if name.startswith("a907"):
        points = red_regions(folder / "a907_xmm" / "0201903501.reg", field)
        values, result = proba(points)
        rows.append((name, f"listed points, {len(points)}", *_called(values, result)))
    return rows


def _called(values, result):
    """How many are called clusters, and how many of all are out of domain."""
    known = np.isfinite(values)
    outside = np.char.find(np.array(result["flag"], dtype=str), "out_of_domain") >= 0
    called = proportion(int((values[known] >= 0.5).sum()), int(known.sum()))
    return f"{int((values[known] >= 0.5).sum())} called: {called}", f"out of domain {outside.sum()}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("fields", nargs="*", default=FIELDS)
    parser.add_argument("--blank", type=int, default=400)
    parser.add_argument("--suffix", default="-psf", help="of the weights; '' for xmm and erosita")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    data = Path(os.environ["ASTROCNN_TEST_DATA"])
    found = []
    for one in arguments.fields:
        found += evaluate(one, data, arguments.blank, arguments.suffix)
    Table(rows=found, names=["field", "what", "prediction", "remarks"]).pprint_all(align="<")
