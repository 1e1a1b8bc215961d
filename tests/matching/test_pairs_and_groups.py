"""All matches of each target, and groups over several catalogs."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching import match_groups, match_pairs


@pytest.fixture
def galaxies():
    rng = np.random.default_rng(7)
    n = 2000
    return read_catalog(Table({
        "name": [f"G{i}" for i in range(n)], "ra": rng.uniform(0, 5, n),
        "dec": rng.uniform(-2, 2, n), "z": rng.uniform(0, 1, n),
    }), name="galaxies")  # fmt: skip


class TestPairs:
    def test_pairs_are_those_of_astropy(self, galaxies):
        targets = galaxies["ra", "dec"][:100]
        pairs = match_pairs(targets, galaxies, 4 * u.arcmin)
        one, other, distance, _ = search_around_sky(
            SkyCoord(targets["ra"], targets["dec"]), SkyCoord(galaxies["ra"], galaxies["dec"]),
            4 * u.arcmin,
        )  # fmt: skip
        order = np.lexsort((distance, one))
        assert pairs["target_row"].tolist() == one[order].tolist()
        assert pairs["entry_row"].tolist() == other[order].tolist()
        np.testing.assert_allclose(
            pairs["separation"].to_value("arcsec"), distance[order].arcsec, atol=1e-9
        )
        assert pairs["match_id"].tolist() == [f"G{i}" for i in pairs["entry_row"]]
        assert (pairs["separation"][pairs["rank"] == 0] == 0).all()

    def test_chance_is_area_times_density(self, galaxies):
        targets = SkyCoord(np.linspace(1.2, 3.8, 60), np.linspace(-0.9, 0.9, 60), unit="deg")
        pairs = match_pairs(targets, galaxies, 4 * u.arcmin)
        expected = 60 * 100 * np.pi * (4 / 60) ** 2
        assert pairs.meta["pairs"]["chance_expected"] == pytest.approx(expected, rel=0.15)
        assert f"{len(pairs)} pairs of 60 targets" in pairs.meta["pairs"]["description"]

    def test_k_nearest(self, galaxies):
        targets = galaxies["ra", "dec"][:50]
        every = match_pairs(targets, galaxies, 10 * u.arcmin)
        some = match_pairs(targets, galaxies, 10 * u.arcmin, k=3)
        assert some["entry_row"].tolist() == every["entry_row"][every["rank"] < 3].tolist()
        per_entry = match_pairs(targets, galaxies, 10 * u.arcmin, k=3, per="entry")
        assert per_entry["entry_row"].tolist() == some["entry_row"].tolist()

    @pytest.mark.parametrize("k", [0, 1.5, True])
    def test_no_number_of_neighbors(self, galaxies, k):
        with pytest.raises(InvalidTargetError, match="k must be a whole number"):
            match_pairs(galaxies, galaxies, k=k)

    def test_nothing(self, galaxies):
        pairs = match_pairs(galaxies[:5], galaxies[:0])
        assert len(pairs) == 0
        assert pairs.colnames[:2] == ["target_row", "entry_row"]
        assert len(match_pairs(galaxies[:0], galaxies)) == 0


class TestGroups:
    def test_links_chain_and_rows_point_back(self):
        step = 1.5 / 60
        one = QTable({"ra": [np.nan, 10.0, 50.0], "dec": [0.0, 0.0, 5.0]})
        two = QTable({"ra": [10 + step, 10 + 1.1 * step], "dec": [0.0, 0.0]})
        three = read_catalog(Table({"name": ["x", "y"], "ra": [10 + 2 * step, 80.0],
                                    "dec": [0.0, 0.0]}))  # fmt: skip
        groups = match_groups({"a": one, "b": two, "c": three})
        assert len(groups) == 3
        first = groups[0]
        assert (first["a_row"], first["b_row"], first["c_row"]) == (1, 0, 0)
        assert (first["n_catalogs"], first["b_n"], first["c_id"]) == (3, 2, "x")
        assert first["c_separation"].unmasked.to_value("arcmin") == pytest.approx(3)
        assert groups["a_row"].tolist() == [1, 2, None]
        assert groups["b_row"].tolist() == [0, None, None]
        assert groups["c_id"].tolist() == ["x", None, "y"]
        assert groups["ra"].value == pytest.approx([10, 50, 80])

    def test_every_entry_is_in_one_group(self, galaxies):
        parts = {"a": galaxies[:700], "b": galaxies[700:1400], "c": galaxies[1400:]}
        groups = match_groups(parts, 2 * u.arcmin)
        assert sum(groups[f"{name}_n"].sum() for name in parts) == 2000
        assert groups.meta["groups"]["counts"]["2"] == np.sum(groups["n_catalogs"] >= 2)

    def test_of_unrelated_catalogs_all_groups_are_chance(self, galaxies):
        parts = {"a": galaxies[:1000], "b": galaxies[1000:]}
        found = match_groups(parts, 2 * u.arcmin, shift=10 * u.arcmin).meta["groups"]
        assert found["counts"]["2"] == pytest.approx(np.mean(found["chance"]["2"]), rel=0.2)

    def test_an_unrelated_third_beside_real_pairs(self):
        """Two catalogs of the same objects and a dense one: all groups of three are chance."""
        rng = np.random.default_rng(0)
        x, y = rng.uniform(0, 20, 1500), rng.uniform(-10, 10, 1500)
        one = SkyCoord(x, y, unit="deg")
        two = SkyCoord(x + 0.001, y + 0.001, unit="deg")
        dense = SkyCoord(rng.uniform(-2, 22, 20000), rng.uniform(-12, 12, 20000), unit="deg")
        found = match_groups({"a": one, "b": two, "c": dense}).meta["groups"]
        assert found["counts"]["3"] > 150
        assert np.mean(found["chance"]["3"]) == pytest.approx(found["counts"]["3"], rel=0.15)
        assert np.mean(found["chance"]["2"]) < 0.01 * found["counts"]["2"]

    def test_real_pairs_that_meet(self):
        """Objects of two catalogs each: those of all four are chance, and their number is known."""
        rng = np.random.default_rng(1)
        x, y = rng.uniform(0, 15, 3000), rng.uniform(-7, 7, 3000)
        coords = SkyCoord(x, y, unit="deg")
        catalogs = {"a": coords[:1500], "b": coords[:1500], "c": coords[1500:], "d": coords[1500:]}
        found = match_groups(catalogs, 3 * u.arcmin).meta["groups"]
        assert found["counts"]["4"] > 50
        for size in ("3", "4"):
            assert np.mean(found["chance"][size]) == pytest.approx(found["counts"][size], rel=0.2)

    def test_small_field(self):
        """In one square degree, a copy moved by one degree would meet nothing."""
        x, y = np.random.default_rng(2).uniform(-0.5, 0.5, (2, 800))
        coords = SkyCoord(150 + x, 2 + y, unit="deg")
        found = match_groups({"a": coords[:400], "b": coords[400:]}, 30 * u.arcsec).meta["groups"]
        expected = 400 * 400 * np.pi / 120**2  # pairs within half an arcmin
        assert np.mean(found["chance"]["2"]) == pytest.approx(expected, rel=0.25)

    def test_no_catalogs(self, galaxies):
        with pytest.raises(InvalidTargetError, match="two catalogs or more"):
            match_groups({"a": galaxies})
        nothing = SkyCoord([], [], unit="deg")
        assert len(match_groups({"a": nothing, "b": nothing})) == 0
        assert len(match_groups({"a": nothing, "b": galaxies[:3]})) == 3

    def test_real_catalogs(self, real_data):
        """Groups of two real catalogs are about their nearest matches; chance makes few."""
        folder = real_data / "cluster_catalogues"
        catalogs = {name: read_catalog(folder / f"{name}.csv.gz") for name in ("mcxc", "psz2")}
        groups = match_groups(catalogs, 5 * u.arcmin)
        found = groups.meta["groups"]
        assert 500 < found["counts"]["2"] <= 530
        assert np.mean(found["chance"]["2"]) < 6
