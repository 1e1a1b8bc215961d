"""Truth by a catalog."""

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.matching import angular_radius, describe_match
from astrocnn.validation import catalog_truth, validate

Z = np.array([0.2, 0.4, 0.3, np.nan, -1.0])


@pytest.fixture
def catalog():
    """Three clusters with a redshift, two without."""
    table = Table({"name": list("ABCDE"), "ra": 10.0 + np.arange(5), "dec": np.zeros(5), "z": Z})
    return read_catalog(table, name="mine")


def targets(ra, dec=0.0):
    ra = np.atleast_1d(ra)
    return QTable({"target_id": [f"t{i}" for i in range(len(ra))], "ra": ra * u.deg,
                   "dec": np.full(len(ra), dec) * u.deg})  # fmt: skip


def test_entries_without_redshift_tell_nothing_for_a_length(catalog):
    truth = catalog_truth(targets([10, 11, 12, 13, 14, 20.0]), catalog, 500 * u.kpc)
    assert truth["is_cluster"].tolist() == [True, True, True, None, None, False]
    assert describe_match(truth).startswith(
        "3 of 6 targets matched within 500 kpc (mine; 2 of 5 entries without a usable redshift "
        "cannot match); "
    )
    truth = catalog_truth(targets([10, 11, 12, 13, 14, 20.0]), catalog)
    assert truth["is_cluster"].tolist() == [True] * 5 + [False]
    assert "without" not in describe_match(truth)


def test_near_is_the_median_radius(catalog):
    typical = angular_radius(500 * u.kpc, [0.3]).to_value(u.deg)[0]
    at = targets(13 + typical * np.array([0.99, 1.01]))
    assert catalog_truth(at, catalog, 500 * u.kpc)["is_cluster"].tolist() == [None, False]


def test_a_match_goes_before_a_neighbor_without_redshift(catalog):
    catalog["ra"][3] = catalog["ra"][0]
    assert catalog_truth(targets(10.0), catalog, 500 * u.kpc)["is_cluster"].tolist() == [True]


@pytest.mark.parametrize("radius", [2 * u.arcmin, 500 * u.kpc])
def test_targets_without_a_position_are_unknown(catalog, radius):
    truth = catalog_truth(targets([10, np.nan, 20.0]), catalog, radius)
    assert truth["is_cluster"].tolist() == [True, None, False]
    catalog["dec"][3] = np.nan  # an entry without position has no neighbors
    truth = catalog_truth(targets([13.0]), catalog, radius)
    assert truth["is_cluster"].tolist() == [False]


def test_it_is_a_truth_for_validate(catalog):
    result = targets([10, 11, 12, 13, 20.0])
    result["proba_cluster"] = [0.9, 0.8, 0.7, 0.9, 0.1]
    result["matched"] = True  # of an earlier match
    report = validate(result, catalog_truth(result, catalog, 500 * u.kpc))
    counts = report.confusion
    assert (counts.tp, counts.fp, counts.tn, counts.fn) == (3, 0, 1, 0)
    assert report.n_no_truth == 1
    assert "3 of 5 targets matched" in str(report)


def test_other_tables(catalog):
    frame = pd.DataFrame({"Name": ["x", "y"], "RAJ2000": [10.0, 20.0], "DEJ2000": [0.0, 0.0]})
    truth = catalog_truth(frame, catalog)
    assert truth["target_id"].tolist() == ["x", "y"]
    assert truth["is_cluster"].tolist() == [True, False]
    coords = Table([SkyCoord([10, 20], [0, 0], unit="deg")], names=["position"])
    truth = catalog_truth(coords, catalog)
    assert "target_id" not in truth.colnames
    assert truth["is_cluster"].tolist() == [True, False]
