"""Matches of real cluster catalogs: nearest from either side, one to one, and grouped.

    python benchmarks/matching.py

Takes the catalogs of ``ASTROCNN_TEST_DATA``. Each number stands beside what chance makes.
"""

import os
from pathlib import Path

from astropy import units as u
from astropy.table import Table

from astrocnn.catalogs import read_catalog
from astrocnn.matching import match_groups, match_sky

#: First and second catalog, and radius in arcmin.
PAIRS = (
    ("mcxc", "psz2", 5),
    ("aactpol", "sptsz", 2),
    ("mcxc", "erass1-m_extended", 2),
    ("sdss_redmapper", "aactpol", 2),
)
GROUPED = ("mcxc", "psz2", "aactpol", "sdss_redmapper")


def read(name: str):
    """One of the catalogs."""
    folder = Path(os.environ.get("ASTROCNN_TEST_DATA", "../shared/data")) / "cluster_catalogues"
    return read_catalog(folder / f"{name}.csv.gz", name=name)


def compared() -> Table:
    """Number of matches of each pair of catalogs, by rule."""
    rows = []
    for first, second, radius in PAIRS:
        one, other = read(first), read(second)
        radius = radius * u.arcmin
        matched = [
            match_sky(left, right, radius, unique=unique, prefix="found_")
            for left, right, unique in (
                (one, other, False), (other, one, False), (one, other, True), (other, one, True),
            )
        ]  # fmt: skip
        meta = [table.meta["found_match"] for table in matched]
        rows.append((
            f"{first} -> {second}", radius, *(found["n_matched"] for found in meta),
            round(meta[0]["chance_expected"], 1), round(meta[2]["chance_expected"], 1),
        ))  # fmt: skip
    names = ["catalogs", "within", "nearest", "nearest, back", "one to one", "one to one, back",
             "by chance", "one to one by chance"]  # fmt: skip
    return Table(rows=rows, names=names)


def main() -> None:
    """Print both tables."""
    compared().pprint(max_lines=-1, max_width=-1)
    groups = match_groups({name: read(name) for name in GROUPED}, 3 * u.arcmin)
    print(f"\n{' x '.join(GROUPED)} within 3 arcmin:")
    print(groups.meta["groups"]["description"])


if __name__ == "__main__":
    main()
