"""Redshifts of real clusters from the galaxies that SIMBAD lists around them, blind.

    python benchmarks/candidate_redshifts.py [--random 12] [--figure redshifts.png]

Takes 60 X-CLASS clusters and Abell 1835 (``ASTROCNN_TEST_DATA``). The listed redshift is used to
score only. Prints each cluster, those that disagree, and how often random positions in the fields
with the most redshifts are called secure.
"""

import argparse
import os
from collections import Counter
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astrocnn.matching import CandidateRedshift, candidate_redshift

#: Types of SIMBAD that are no single galaxies: clusters, groups, images of lensed galaxies, stars.
NOT_GALAXIES = {
    "ClG", "ClG_Candidate", "SuperClG", "GroupG", "GroupG_Candidate", "Compact_Gr_G", "LensedG",
    "LensedImage", "GravLensSystem", "Supernova", "Unknown", "Star",
}  # fmt: skip
#: Scores: a cluster can be found where this many galaxies are as near to its listed redshift;
#: right is a difference below that.
ENOUGH, NEAR, RIGHT = 5, 0.01, 0.003


def data_file() -> Path:
    """The table of SIMBAD objects."""
    folder = Path(os.environ.get("ASTROCNN_TEST_DATA", "../shared/data"))
    return folder / "simbad_xclass" / "objects.csv.gz"


def read_clusters(path: Path) -> dict[str, tuple[SkyCoord, str, Table]]:
    """Position, listed redshift as printed, and galaxies, by cluster."""
    table = Table.read(path, format="ascii.csv", converters={"Z_VALUE": str})
    coords = SkyCoord(table["RA_s"], table["DEC_s"], unit=("hourangle", "deg"))
    listed = np.ma.array(table["Z_VALUE"]).astype(str).filled("")
    numbers = np.array([float(text) if text not in ("", "N/A") else np.nan for text in listed])
    found = {}
    for name in dict.fromkeys(table["cluster"]):
        rows = np.flatnonzero(table["cluster"] == name)
        own = rows[table["MAIN_ID"][rows] == name][0]
        others = rows[rows != own]
        galaxy = np.array([
            kind not in NOT_GALAXIES and "*" not in kind for kind in table["OTYPE"][others]
        ])  # fmt: skip
        galaxies = Table({
            "ra": coords[others].ra.deg, "dec": coords[others].dec.deg,
            "z_spec": np.where(galaxy, numbers[others], np.nan),
        })  # fmt: skip
        found[str(name)] = coords[own], str(listed[own]), galaxies
    return found


def blind(clusters) -> Table:
    """The redshift of each cluster beside the listed one."""
    rows = []
    for name, (center, text, galaxies) in clusters.items():
        found, listed = candidate_redshift(center, galaxies), float(text)
        near = int(np.sum(np.abs(galaxies["z_spec"] - listed) < NEAR * (1 + listed)))
        digits = len(text.partition(".")[2])
        rows.append((name, text, digits <= 3, near, found.z, found.z_err, found.n_members,
                     (found.z - listed) / (1 + listed), found.status, found))  # fmt: skip
    names = ["cluster", "listed", "few_digits", "near", "z", "z_err", "members", "difference",
             "status", "found"]  # fmt: skip
    types = [str, str, bool, int, float, float, int, float, str, object]
    table = Table(rows=rows, names=names, dtype=types)
    for name, form in (("z", ".4f"), ("z_err", ".4f"), ("difference", "+.4f")):
        table[name].info.format = form
    return table


def at_random(clusters, number: int, seed: int = 0, fields: int = 7) -> Table:
    """Random positions in the fields with the most redshifts: field, status, redshift."""
    rng, rows = np.random.default_rng(seed), []
    count = {name: np.isfinite(found["z_spec"]).sum() for name, (*_, found) in clusters.items()}
    for name in sorted(count, key=count.get, reverse=True)[:fields]:
        center, _, galaxies = clusters[name]
        edge = SkyCoord(galaxies["ra"], galaxies["dec"], unit="deg").separation(center).max()
        for _ in range(number):
            away = rng.uniform(0.4, 0.6) * edge
            position = center.directional_offset_by(rng.uniform(0, 360) * u.deg, away)
            one = candidate_redshift(position, galaxies, surveyed=edge / 2, n_bootstrap=10)
            rows.append((name, one.status, one.z))
    return Table(rows=rows, names=["cluster", "status", "z"])


def report(table: Table) -> None:
    """Print all clusters, and the score."""
    shown = table[[name for name in table.colnames if name != "found"]]
    shown.pprint(max_lines=-1, max_width=-1)
    enough = table["near"] >= ENOUGH
    right = np.abs(table["difference"]) < RIGHT
    secure = table["status"] == "secure"
    print(f"\n{enough.sum()} clusters with {ENOUGH} galaxies or more within {NEAR} (1+z) of the "
          f"listed redshift: {np.sum(enough & right)} right to {RIGHT} (1+z), "
          f"{np.sum(enough & secure)} secure, {np.sum(enough & secure & right)} both")  # fmt: skip
    print(f"{np.sum(~enough)} others: {np.sum(~enough & right)} right, "
          f"{np.sum(~enough & secure & ~right)} secure at a wrong redshift")  # fmt: skip
    print("\nthose of the first that disagree:")
    for row in table[enough & ~right]:
        print(f"  {row['cluster']}: listed {row['listed']}, {row['found']}")


def figure(table: Table, clusters, path: str) -> None:
    """Galaxies around those that disagree, and around the two with the most."""
    import matplotlib.pyplot as plt

    from astrocnn.plotting import plot_redshifts

    enough = table[table["near"] >= ENOUGH]
    off = enough[np.abs(enough["difference"]) >= RIGHT]
    most = enough[np.argsort(enough["near"])[-2:]]
    names = dict.fromkeys([*off["cluster"], *most["cluster"]])
    rows = {row["cluster"]: row for row in enough}
    _, axes = plt.subplots(len(names), 2, figsize=(8, 2.6 * len(names)), layout="constrained")
    for pair, name in zip(axes, names, strict=True):
        center, text, galaxies = clusters[name]
        found: CandidateRedshift = rows[name]["found"]
        plot_redshifts(found, galaxies, center, pair, float(text))
        pair[0].set_title(f"{name}: z = {found.z:.4f}, {found.status}", fontsize="small")
    plt.savefig(path, dpi=120)


def main(arguments=None) -> None:
    """Print everything, and draw where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--random", type=int, default=12, help="random positions in each field")
    parser.add_argument("--figure")
    options = parser.parse_args(arguments)
    clusters = read_clusters(data_file())
    table = blind(clusters)
    report(table)
    if options.random:
        found = at_random(clusters, options.random)
        print(f"\nrandom positions in the deepest fields: {dict(Counter(found['status']))}")
        print("secure:")
        for row in found[found["status"] == "secure"]:
            print(f"  in the field of {row['cluster']}: {row['z']:.3f}")
    if options.figure:
        figure(table, clusters, options.figure)


if __name__ == "__main__":
    main()
