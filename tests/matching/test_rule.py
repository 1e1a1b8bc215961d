"""Radii of all kinds, one to one, and both sides of a match."""

from itertools import permutations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.cosmology import Planck18
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import angular_radius, describe_match, match_sky
from astrocnn.matching._assign import one_to_one
from astrocnn.matching._pairs import Pairs, sky_pairs

# Right ascensions of all 0 to 24 degrees look like hours: here they are degrees.
pytestmark = pytest.mark.filterwarnings("ignore:all 'ra' are from 0 to 24")


class TestRadius:
    def test_angles_are_returned(self):
        assert angular_radius(2 * u.arcmin) == 2 * u.arcmin
        assert angular_radius([1, 2] * u.arcsec, redshift=[0.1, 0.2])[1] == 2 * u.arcsec

    def test_lengths_are_those_of_the_cosmology(self):
        z = np.random.default_rng(0).uniform(0.003, 2, 300)
        expected = 500 * u.kpc * Planck18.arcsec_per_kpc_proper(z)
        found = angular_radius(500 * u.kpc, z, Planck18)
        np.testing.assert_allclose(found.to_value("arcsec"), expected.value, rtol=2e-5)
        each = angular_radius(np.full(300, 0.5) * u.Mpc, z, Planck18)
        np.testing.assert_allclose(each.value, found.value)

    def test_unknown_redshifts(self):
        z = np.ma.array([0.3, 0.3, np.nan], mask=[False, True, False])
        found = angular_radius(1 * u.Mpc, z)
        assert np.isfinite(found.value).tolist() == [True, False, False]

    def test_no_redshifts_and_no_distances(self):
        with pytest.warns(AstrocnnWarning, match="^3 of 4 redshifts .*such as -99, -1, 99"):
            found = angular_radius(1 * u.Mpc, [0.3, -1, -99, 99])
        assert np.isfinite(found.value).tolist() == [True, False, False, False]
        with pytest.warns(AstrocnnWarning, match="^3 of 4 redshifts are below 0.003"):
            found = angular_radius(1 * u.Mpc, [0.003, 0.0029, 0.0, -0.001])
        assert np.isfinite(found.value).tolist() == [True, False, False, False]

    @pytest.mark.parametrize(
        ("radius", "message"),
        [(2, "an angle such as"), (2 * u.s, "an angle such as"), (-1 * u.deg, "not negative"),
         (np.inf * u.deg, "finite"), (1 * u.Mpc, "needs redshifts")],
    )  # fmt: skip
    def test_no_radius(self, radius, message):
        with pytest.raises(InvalidTargetError, match=message):
            angular_radius(radius)


@st.composite
def _pairs(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    exists = draw(st.lists(st.booleans(), min_size=n * m, max_size=n * m))
    values = draw(st.lists(st.floats(0, 1), min_size=n * m, max_size=n * m))
    rows = np.flatnonzero(exists)
    return Pairs(rows // m, rows % m, np.array(values)[rows]), n, m


class TestOneToOne:
    @settings(max_examples=150, deadline=None)
    @given(_pairs())
    def test_no_assignment_is_better(self, drawn):
        pairs, n, m = drawn
        cost = np.full((n, m + n), 1.0)  # alone counts the radius
        cost[pairs.target, pairs.entry] = pairs.separation
        best = min(
            sum(cost[i, j] for i, j in enumerate(order)) for order in permutations(range(m + n), n)
        ) if n + m <= 7 else None  # fmt: skip
        found = one_to_one(pairs, np.ones(len(pairs)))
        assert len(set(found.target)) == len(found) == len(set(found.entry))
        everything = set(zip(pairs.target.tolist(), pairs.entry.tolist(), strict=True))
        assert set(zip(found.target.tolist(), found.entry.tolist(), strict=True)) <= everything
        if best is not None:
            assert found.separation.sum() + n - len(found) == pytest.approx(best, abs=1e-9)

    def test_a_chain_is_solved_as_a_whole(self):
        """The nearest of all pairs would leave a target and an entry alone."""
        targets = SkyCoord([0.0, 2.0], [0.0, 0.0], unit="deg")
        entries = SkyCoord([1.1, 3.5], [0.0, 0.0], unit="deg")
        table = match_sky(targets, entries, 1.8 * u.deg, unique=True, shift=20 * u.deg)
        assert table["match_id"].tolist() == [0, 1]
        table = match_sky(targets, entries, 1.8 * u.deg, shift=20 * u.deg)
        assert table["match_id"].tolist() == [0, 0]

    def test_both_directions_agree(self):
        rng = np.random.default_rng(2)
        left = SkyCoord(rng.uniform(0, 1, 200), rng.uniform(0, 1, 200), unit="deg")
        right = SkyCoord(rng.uniform(0, 1, 150), rng.uniform(0, 1, 150), unit="deg")
        radius = 3 * u.arcmin
        one = one_to_one(sky_pairs(left, right, radius), np.array(1.0))
        other = one_to_one(sky_pairs(right, left, radius), np.array(1.0))
        assert 80 < len(one) == len(other)
        assert one.separation.sum() == pytest.approx(other.separation.sum())

    def test_nothing(self):
        empty = np.zeros(0, dtype=int)
        assert len(one_to_one(Pairs(empty, empty, np.zeros(0)), np.zeros(0))) == 0


class TestMatchSky:
    @pytest.fixture
    def clusters(self):
        return read_catalog(
            Table({
                "name": ["A", "B", "C"],
                "ra": [10.0, 20.0, 30.0],
                "dec": [0.0, 0.0, 0.0],
                "z": MaskedColumn([0.05, 0.5, 0.3], mask=[False, False, True]),
                "r500": [1.2, 0.7, 0.9] * u.Mpc,
            })
        )  # fmt: skip

    @pytest.fixture
    def targets(self):
        return QTable({"ra": [10.1, 20.1, 30.01] * u.deg, "dec": [0.0, 0.0, 0.0] * u.deg})

    def test_length_at_the_redshift_of_the_entry(self, targets, clusters):
        # 0.1 deg are 352 kpc at z = 0.05, 2.2 Mpc at 0.5; C has no redshift.
        table = match_sky(targets, clusters, 1 * u.Mpc, per="entry")
        assert table["matched"].tolist() == [True, False, False]
        assert "within 1 Mpc (catalog; 1 of 3 entries without a usable" in describe_match(table)
        table = match_sky(targets, clusters, 3 * u.Mpc, per="entry", shift=4 * u.deg)
        assert table["matched"].tolist() == [True, True, False]

    def test_r500_of_each_entry(self, targets, clusters):
        radius = clusters["r500"]
        table = match_sky(targets, clusters, radius, per="entry")
        assert table["matched"].tolist() == [True, False, False]
        assert "within 0.7 to 1.2 Mpc (one per entry)" in describe_match(table)

    def test_length_at_the_redshift_of_the_target(self, targets, clusters):
        targets["z_phot"] = [0.5, 0.05, 0.05]
        table = match_sky(targets, clusters, 1 * u.Mpc, redshift="z_phot")
        assert table["matched"].tolist() == [False, True, True]
        with pytest.raises(InvalidTargetError, match="no column 'z_spec' of the targets"):
            match_sky(targets, clusters, 1 * u.Mpc)

    def test_one_angle_per_target(self, targets, clusters):
        radius = [5, 7, np.nan] * u.arcmin
        table = match_sky(targets, clusters, radius)
        assert table["matched"].tolist() == [False, True, False]
        targets["ra"][0] = np.nan * u.deg  # rows stay with their radius
        assert match_sky(targets, clusters, radius)["matched"].tolist() == [False, True, False]
        with pytest.raises(InvalidTargetError, match="one per target: 3, not"):
            match_sky(targets, clusters, [5, 7] * u.arcmin)

    def test_side_that_is_none(self, targets, clusters):
        with pytest.raises(InvalidTargetError, match="'target' or 'entry', not 'row'"):
            match_sky(targets, clusters, per="row")

    def test_chance_of_radii_of_entries(self):
        """Expected by chance: the sum of the circles times the density of the targets."""
        rng = np.random.default_rng(3)
        entries = QTable({"ra": rng.uniform(0, 20, 500), "dec": rng.uniform(-10, 10, 500)})
        targets = SkyCoord(rng.uniform(3, 17, 3000), rng.uniform(-7, 7, 3000), unit="deg")
        radius = rng.uniform(1, 4, 500) * u.arcmin
        table = match_sky(targets, entries, radius, per="entry")
        expected = np.sum(np.pi * radius.to_value("deg") ** 2) * 3000 / 400 * (400 / 196) * 0.49
        assert table.meta["match"]["chance_expected"] == pytest.approx(expected, rel=0.15)
        assert table["matched"].sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


class TestLargeCircles:
    """One nearby entry among two thousand: its circle is degrees wide, the others' are not."""

    @pytest.fixture
    def sky(self):
        rng = np.random.default_rng(0)
        return Table({
            "ra": rng.uniform(0, 20, 2000), "dec": rng.uniform(-10, 10, 2000),
            "z_spec": rng.uniform(0.1, 0.6, 2000),
        }), SkyCoord(rng.uniform(2, 18, 500), rng.uniform(-8, 8, 500), unit="deg")  # fmt: skip

    def test_a_star_changes_nothing(self, sky):
        catalog, targets = sky
        catalog["z_spec"][0] = np.nan
        expected = describe_match(match_sky(targets, catalog, 1 * u.Mpc, per="entry"))
        assert expected == (
            "34 of 500 targets matched within 1 Mpc (1 of 2000 entries without a usable redshift "
            "cannot match); 36.0 ± 2.8 expected by chance"
        )
        catalog["z_spec"][0] = 0.0003
        with pytest.warns(AstrocnnWarning, match="^1 of 2000 redshifts are below 0.003"):
            found = match_sky(targets, catalog, 1 * u.Mpc, per="entry")
        assert describe_match(found) == expected

    @pytest.mark.parametrize("per", ["entry", "target"])
    def test_only_that_row_is_moved_by_more(self, sky, per):
        """A group at z = 0.0031 spans four degrees; other matches have the chance they had."""
        catalog, targets = sky
        sides = (targets, catalog) if per == "entry" else (catalog, targets)
        before = match_sky(*sides, 1 * u.Mpc, per=per, prefix="m_")
        catalog["z_spec"][0] = 0.0031
        after = match_sky(*sides, 1 * u.Mpc, per=per, prefix="m_")
        same = np.asarray(before["m_matched"]) & (before["m_match_id"] == after["m_match_id"])
        same &= after["m_separation"].unmasked < 0.2 * u.deg
        assert same.sum() > 20
        chance = [np.asarray(table["m_chance_probability"][same]) for table in (before, after)]
        np.testing.assert_allclose(*chance)
        more = np.sum(after["m_matched"]) - np.sum(before["m_matched"])
        expected = [table.meta["m_match"]["chance_expected"] for table in (before, after)]
        assert 0 <= expected[1] - expected[0] < 2 * more + 5
