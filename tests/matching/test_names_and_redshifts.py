"""Identifiers and redshifts that matches carry over."""

import numpy as np
import pytest
from astropy import units as u
from astropy.constants import c
from astropy.table import Column, QTable, Table

from astrocnn.matching import match_pairs, match_probability, match_sky
from astrocnn.validation import catalog_truth

RA = [10.0, 20.0, 30.0]
SPEED = [30000.0, -999.0, 60000.0]
VELOCITIES = {
    "column": Table({"ra": RA, "dec": np.zeros(3), "z_spec": Column(SPEED, unit="km/s")}),
    "quantity": QTable({"ra": RA, "dec": np.zeros(3), "z_spec": SPEED * u.km / u.s}),
    "m/s": QTable({"ra": RA, "dec": np.zeros(3), "z_spec": [3e7, -999, 6e7] * u.m / u.s}),
}


def tables(targets, catalog):
    """The table with ``z_spec`` of each kind of match."""
    probable = match_probability(
        targets, catalog, 10 * u.arcsec, target_error=2 * u.arcsec, density=1 / u.deg**2
    )
    return {
        "sky": match_sky(targets, catalog), "pairs": match_pairs(targets, catalog),
        "targets": probable.targets, "candidates": probable.pairs,
    }  # fmt: skip


@pytest.mark.parametrize("kind", VELOCITIES)
def test_velocities_by_their_unit_are_redshifts(kind):
    targets = Table({"ra": RA, "dec": np.zeros(3)})
    found = {**tables(targets, VELOCITIES[kind]), "truth": catalog_truth(targets, VELOCITIES[kind])}
    for name in ("sky", "pairs", "targets", "truth"):
        z = found[name]["z_spec"]
        assert z.mask.tolist() == [False, True, False]
        expected = np.array([3e7, 6e7]) / c.to_value(u.m / u.s)
        np.testing.assert_allclose(z.compressed(), expected)


@pytest.mark.parametrize(
    ("name", "ids"),
    [("id", [2, 0, 1]), ("name", ["c", "a", "b"]), ("MCXC", None), ("Name", ["c", "a", "b"])],
)
def test_rows_of_pairs_name_their_targets(name, ids):
    targets = Table({name: ids or ["J1", "J2", "J3"], "ra": RA, "dec": np.zeros(3)})
    ids = ids or [0, 1, 2]  # no usual name
    found = tables(targets, Table({"ra": RA, "dec": np.zeros(3)}))
    assert found["pairs"]["target_id"].tolist() == ids
    assert found["candidates"]["target_id"].tolist() == ids


@pytest.mark.parametrize("name", ["source", "object", "id"])
def test_a_class_names_no_rows(name):
    values = [1.5e18, 1.5e18 + 512, 1.0] if name == "id" else ["xmm", "xmm", "mos"]
    targets = Table({name: values, "ra": [1.0, 2.0, 3.0], "dec": [0.0] * 3})
    catalog = Table({"source_id": ["b", "a"], "ra": [3.0, 1.0], "dec": [0.0] * 2})
    pairs = match_pairs(targets, catalog, 5 * u.arcsec)
    assert pairs["target_id"].tolist() == [0, 2]
