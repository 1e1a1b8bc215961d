"""Redshift of a candidate from the galaxies around it: simulated galaxies with known truth."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.stats import biweight_scale
from astropy.table import MaskedColumn, QTable, Table, hstack, vstack
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import angular_radius, candidate_redshift, candidate_redshifts
from astrocnn.matching._members import find_members, shifting_gapper
from astrocnn.matching._structures import structure_at, surface_density
from astrocnn.matching._velocities import LIGHT, center_and_errors, gapper_scale, velocity_scale

CENTER = SkyCoord(150.0, 2.0, unit="deg")


def group(rng, n, z, sigma=700.0, spread=300 * u.kpc, center=CENTER):
    """Simulated members of a group."""
    scale = angular_radius(spread, [z])[0].to_value("deg")
    redshift = z + rng.normal(0, sigma / LIGHT * (1 + z), n)
    x, y = rng.normal(0, scale / 2, (2, n))
    return Table({
        "ra": center.ra.deg + x / np.cos(center.dec.rad), "dec": center.dec.deg + y,
        "z_spec": redshift,
    })  # fmt: skip


def field(rng, n, radius=5 * u.arcmin):
    """Simulated galaxies that are anywhere."""
    distance = radius.to_value("deg") * np.sqrt(rng.random(n))
    angle = rng.uniform(0, 2 * np.pi, n)
    return Table({
        "ra": CENTER.ra.deg + distance * np.cos(angle),
        "dec": CENTER.dec.deg + distance * np.sin(angle),
        "z_spec": rng.uniform(0.02, 0.8, n),
    })


class TestVelocities:
    def test_scales_are_unbiased(self):
        rng = np.random.default_rng(0)
        for n in (5, 10, 14, 15, 40):
            scales = [velocity_scale(rng.normal(0, 800, n)) for _ in range(1500)]
            assert np.mean(scales) == pytest.approx(800, rel=0.05)  # biweight of 15: 3 % low

    def test_biweight_takes_over(self):
        values = np.random.default_rng(1).normal(0, 500, 40)
        assert velocity_scale(values) == biweight_scale(values)
        assert velocity_scale(values[:14]) == gapper_scale(values[:14])
        assert np.isnan(gapper_scale([1.0]))

    def test_errors_are_right(self):
        """Bootstrap errors of the center are those that samples scatter by."""
        rng = np.random.default_rng(2)
        found = np.array([
            center_and_errors(0.3 + rng.normal(0, 0.003, 20), 100, rng)[:2] for _ in range(200)
        ])  # fmt: skip
        assert np.median(found[:, 1]) == pytest.approx(np.std(found[:, 0]), rel=0.25)

    def test_few(self):
        z, z_err, dispersion, _ = center_and_errors(np.array([0.1, 0.11]), 10, None)
        assert z == pytest.approx(0.105)
        assert z_err == pytest.approx(700 / LIGHT * 1.105 / np.sqrt(2))
        assert np.isnan(dispersion)


class TestMembers:
    def test_field_is_left_out(self):
        rng = np.random.default_rng(3)
        cluster, others = group(rng, 40, 0.2), field(rng, 200)
        z = np.concatenate([cluster["z_spec"], others["z_spec"]])
        distance = np.concatenate([rng.uniform(0, 200, 40), rng.uniform(0, 300, 200)])
        members = find_members(z, distance, 0.201, lambda z: 300.0)
        assert members[:40].sum() >= 38
        assert members[40:].sum() <= 6

    def test_gapper_needs_a_gap(self):
        velocity = np.linspace(-1500, 1500, 40)
        assert shifting_gapper(velocity, np.arange(40.0)).all()

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.floats(0.004, 1.5), min_size=1, max_size=40), st.integers(0, 39))
    def test_there_is_always_an_end_and_a_member(self, z, start):
        z = np.array(z)
        distance = np.linspace(0, 100, len(z))
        members = find_members(z, distance, z[start % len(z)], lambda z: 100 / (0.1 + z))
        assert members.any()


class TestStructures:
    @pytest.mark.parametrize("edge", [0.2, 0.5, 0.999, 1.0, 1.001, 4.0, 30.0])
    def test_profile_holds_one_galaxy(self, edge):
        total, _ = quad(lambda r: 2 * np.pi * r * float(surface_density(r, edge)), 0, edge,
                        points=sorted({min(0.3, edge), min(1.0, edge)}))  # fmt: skip
        assert total == pytest.approx(1, abs=2e-3)

    def test_where_galaxies_lie_decides(self):
        z = np.full(8, 0.2)
        near = structure_at(0.2, z, np.linspace(1, 40, 8), 0.3, 300.0)
        far = structure_at(0.2, z, np.linspace(200, 290, 8), 0.3, 300.0)
        assert near.evidence > far.evidence + 5
        assert near.number == far.number == 8

    def test_none(self):
        none = structure_at(0.2, np.array([0.5]), np.array([1.0]), 0.3, 300.0)
        assert (none.number, none.evidence) == (0, -np.inf)


class TestCandidate:
    @pytest.mark.parametrize("n", [15, pytest.param(60, marks=pytest.mark.slow)])
    def test_clusters_are_found(self, n):
        """Simulated clusters in a field with 60 redshifts: nearly all, and none elsewhere."""
        rng = np.random.default_rng(4)
        right = secure_wrong = 0
        for _ in range(n):
            z = rng.uniform(0.08, 0.6)
            galaxies = vstack([group(rng, rng.integers(8, 30), z), field(rng, 60)])
            found = candidate_redshift(CENTER, galaxies, n_bootstrap=20)
            good = abs(found.z - z) < 0.003 * (1 + z)
            right += good
            secure_wrong += found.status == "secure" and not good
        assert right >= 0.95 * n
        assert secure_wrong == 0

    @pytest.mark.parametrize("n", [10, pytest.param(40, marks=pytest.mark.slow)])
    def test_random_positions_are_rarely_secure(self, n):
        rng = np.random.default_rng(5)
        found = [candidate_redshift(CENTER, field(rng, 150), n_bootstrap=20) for _ in range(n)]
        assert sum(one.status == "secure" for one in found) <= 1

    def test_neighboring_group_is_not_the_candidate(self):
        """A rich group 4 arcmin away loses against a poor one about the target."""
        rng = np.random.default_rng(6)
        aside = CENTER.directional_offset_by(45 * u.deg, 4 * u.arcmin)
        beside = group(rng, 9, 0.04, 300, 60 * u.kpc, aside)
        galaxies = vstack([group(rng, 6, 0.3), beside, field(rng, 20)])
        found = candidate_redshift(CENTER, galaxies)
        assert found.z == pytest.approx(0.3, abs=0.005)
        # Without it, what is left is not called secure.
        alone = candidate_redshift(CENTER, vstack([beside, field(rng, 20)]))
        assert alone.status != "secure"

    def test_members_point_at_rows(self):
        rng = np.random.default_rng(7)
        galaxies = vstack([field(rng, 30), group(rng, 12, 0.25)])
        galaxies["z_spec"] = MaskedColumn(galaxies["z_spec"], mask=np.arange(42) == 35)
        galaxies["ra"][36] = np.nan
        found = candidate_redshift(CENTER, galaxies)
        assert found.members.shape == (42,)
        assert not found.members[[35, 36]].any()
        assert found.members.sum() == found.n_members
        assert found.members[30:].sum() >= 9
        assert np.abs(galaxies["z_spec"][found.members] - 0.25).max() < 0.02

    def test_one_galaxy_twice_is_one(self):
        rng = np.random.default_rng(8)
        once = group(rng, 4, 0.25)
        twice = vstack([once, once])
        twice["dec"][4:] += 0.5 / 3600
        twice["z_spec"][4:] += 0.0003
        assert candidate_redshift(CENTER, twice).n_members == 4
        assert candidate_redshift(CENTER, twice).status == "probable"

    def test_text(self):
        rng = np.random.default_rng(9)
        found = candidate_redshift(CENTER, group(rng, 20, 0.25), surveyed=5 * u.arcmin)
        assert str(found).startswith("z = 0.2")
        assert "from 20 galaxies" in str(found)
        assert str(found).endswith("km/s: secure")
        assert "members" not in repr(found).replace("n_members", "")

    def test_nothing_to_go_by(self):
        nothing = Table({"ra": [150.0], "dec": [2.0], "z_spec": [np.nan]})
        for galaxies in (nothing, nothing[:0], Table()):
            found = candidate_redshift(CENTER, galaxies)
            assert found.status == "unconfirmed"
            assert str(found) == "no redshift: unconfirmed (no redshifts)"
        far = Table({"ra": [151.0], "dec": [2.0], "z_spec": [0.9]})
        assert "no redshift within 1.0 Mpc" in str(candidate_redshift(CENTER, far))

    def test_far_from_everything_in_a_deep_field_is_rejected(self):
        rng = np.random.default_rng(10)
        galaxies = field(rng, 60, 20 * u.arcmin)
        galaxies["z_spec"] = 0.8 * (np.arange(60) + 0.5) / 60
        far = galaxies[CENTER.separation(SkyCoord(galaxies["ra"], galaxies["dec"], unit="deg"))
                       > 3 * u.arcmin]  # fmt: skip
        assert len(far) >= 50
        assert candidate_redshift(CENTER, far).status == "rejected"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"target": SkyCoord([1, 2], [1, 2], unit="deg")}, "one valid position, not 2 of 2"),
            ({"target": SkyCoord(np.nan, 0, unit="deg")}, "one valid position, not 0 of 1"),
            ({"galaxies": [1]}, "galaxies must be a table with the column 'z_spec'"),
            ({"galaxies": Table({"ra": [1.0], "dec": [1.0]})}, "the column 'z_spec'"),
            ({"aperture": 1 * u.arcmin}, "aperture must be a length such as 1 \\* u.kpc"),
            ({"aperture": -1 * u.kpc}, "one positive radius"),
            ({"surveyed": [1, 2] * u.arcmin}, "one positive radius"),
        ],
    )
    def test_bad_input(self, arguments, message):
        rng = np.random.default_rng(0)
        given = {"target": CENTER, "galaxies": group(rng, 3, 0.2)} | arguments
        with pytest.raises(InvalidTargetError, match=message):
            candidate_redshift(given.pop("target"), given.pop("galaxies"), **given)


class TestNumbersThatAreNoRedshifts:
    """Sixty galaxies beside the ten of a cluster, with what stands for a missing redshift."""

    @pytest.fixture
    def known(self):
        rng = np.random.default_rng(11)
        return vstack([group(rng, 10, 0.3), field(rng, 30)])

    @pytest.fixture
    def galaxies(self, known):
        others = field(np.random.default_rng(3), 60, 2 * u.arcmin)["ra", "dec"]
        return lambda z: vstack([known, hstack([others, Table({"z_spec": np.full(60, z)})])])

    @pytest.mark.parametrize("z", [-99.0, 99.0, 999.0, 9.999, 5.999])
    def test_they_are_no_structure(self, known, galaxies, z):
        alone = candidate_redshift(CENTER, known, surveyed=5 * u.arcmin)
        words = "share a redshift to the last digit" if z == 5.999 else "they count as unknown"
        with pytest.warns(AstrocnnWarning, match=f"^60 of 100.*{words}"):
            found = candidate_redshift(CENTER, galaxies(z), surveyed=5 * u.arcmin)
        assert str(found) == str(alone)
        assert found.status == "secure"

    def test_one_warning_for_a_list(self, galaxies):
        targets = SkyCoord([150.0, 150.01, 10.0], [2.0, 2.0, 0.0], unit="deg")
        with pytest.warns(AstrocnnWarning) as caught:
            table = candidate_redshifts(targets, galaxies(9.999))
        assert len(caught) == 1
        assert abs(table["z_cluster"][:2] - 0.3).max() < 0.01

    def test_galaxies_of_one_cluster_may_share_digits(self):
        """Redshifts of three digits: some are equal, as measured ones are."""
        galaxies = group(np.random.default_rng(5), 20, 0.3)
        galaxies["z_spec"] = galaxies["z_spec"].round(3)
        assert np.unique(galaxies["z_spec"], return_counts=True)[1].max() > 1
        assert candidate_redshift(CENTER, galaxies).n_members > 15

    def test_references(self, known):
        targets = SkyCoord([150.0, 150.001, 150.002, 150.003], [2.0] * 4, unit="deg")
        with pytest.warns(AstrocnnWarning, match=r"^3 of 4 redshifts \(z_ref\)"):
            table = candidate_redshifts(targets, known, z_ref=[0.3, -1, -99, 99])
        assert table["z_agrees"].tolist() == [True, None, None, None]


class TestList:
    @pytest.fixture
    def galaxies(self):
        rng = np.random.default_rng(11)
        return vstack([group(rng, 10, 0.3), field(rng, 30)])

    def test_rows_are_those_of_the_targets(self, galaxies):
        targets = QTable({"name": ["far", "none", "here"], "ra": [10, np.nan, 150] * u.deg,
                          "dec": [0, 0, 2] * u.deg, "z_phot": [0.5, 0.5, 0.31]})  # fmt: skip
        table = candidate_redshifts(targets, galaxies, z_ref="z_phot")
        assert table["name"].tolist() == ["far", "none", "here"]
        assert table["z_cluster"].mask.tolist() == [True, True, False]
        assert table["z_status"].tolist() == ["unconfirmed", "unconfirmed", "secure"]
        assert table["z_reason"].tolist() == ["no redshifts", "no valid position", ""]
        assert table["z_agrees"].tolist() == [None, None, True]
        assert table["dispersion"].unit == u.km / u.s
        one = candidate_redshift(CENTER, galaxies, surveyed=5 * u.arcmin)
        assert table["z_cluster"][2] == one.z
        assert table["z_chance"][2] == one.chance
        assert all(table[name].info.description for name in table.colnames[4:])

    def test_reference_that_disagrees(self, galaxies):
        table = candidate_redshifts(CENTER, galaxies, z_ref=[0.5])
        assert not table["z_agrees"][0]
        assert table["z_difference"][0] == pytest.approx(-0.2 / 1.5, abs=0.01)

    def test_data_frames(self, galaxies):
        frame = galaxies.to_pandas()
        assert str(candidate_redshift(CENTER, frame)) == str(candidate_redshift(CENTER, galaxies))
        targets = QTable({"ra": [150] * u.deg, "dec": [2] * u.deg, "z_phot": [0.31]})
        table = candidate_redshifts(targets.to_pandas(), frame, z_ref="z_phot")
        assert table["z_agrees"].tolist() == [True]

    def test_no_targets(self, galaxies):
        targets = QTable({"ra": [] * u.deg, "dec": [] * u.deg})
        assert len(candidate_redshifts(targets, galaxies)) == 0

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"radius": 5}, "radius must be an angle such as"),
            ({"z_ref": "z"}, "no column 'z'"),
            ({"z_ref": [1, 2]}, "one redshift per target: 1, not"),
        ],
    )
    def test_bad_input(self, galaxies, arguments, message):
        with pytest.raises(InvalidTargetError, match=message):
            candidate_redshifts(CENTER, galaxies, **arguments)

    def test_columns_are_not_overwritten(self, galaxies):
        table = candidate_redshifts(CENTER, galaxies)
        with pytest.raises(InvalidTargetError, match="already have the column 'z_cluster'"):
            candidate_redshifts(table, galaxies)
