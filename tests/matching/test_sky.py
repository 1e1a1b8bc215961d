"""Nearest match on the sky against astropy, and what it says about itself."""


import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import (
    describe_match,
    match_groups,
    match_pairs,
    match_probability,
    match_sky,
)

NEW = ["matched", "separation", "match_id", "z_spec", "chance_probability"]


@pytest.fixture
def catalog():
    rng = np.random.default_rng(8)
    return read_catalog(
        Table({
            "name": [f"C{i}" for i in range(300)],
            "ra": rng.uniform(0, 10, 300),
            "dec": rng.uniform(-5, 5, 300),
            "z": MaskedColumn(rng.uniform(0, 1, 300), mask=np.arange(300) % 3 == 0),
        }),
        name="random",
    )  # fmt: skip


@pytest.fixture
def result(catalog):
    """Forty catalog entries moved by 0 to 39 times 6 arcsec north, as a result of predict."""
    return QTable({
        "target_id": np.arange(40),
        "ra": catalog["ra"][:40],
        "dec": catalog["dec"][:40] + np.arange(40) * 6 * u.arcsec,
        "label": ["cluster"] * 40,
        "proba_cluster": np.linspace(0.5, 1, 40),
    })  # fmt: skip


def test_matches_are_those_of_astropy(result, catalog):
    table = match_sky(result, catalog, 2 * u.arcmin)
    index, distance, _ = SkyCoord(result["ra"], result["dec"]).match_to_catalog_sky(
        SkyCoord(catalog["ra"], catalog["dec"])
    )
    inside = distance <= 2 * u.arcmin
    assert 15 <= inside.sum() < 40
    np.testing.assert_array_equal(table["matched"], inside)
    np.testing.assert_array_equal(table["separation"].mask, ~inside)
    np.testing.assert_allclose(
        table["separation"][inside].unmasked.to_value("deg"), distance[inside].deg
    )
    assert table["match_id"][inside].tolist() == catalog["source_id"][index[inside]].tolist()
    assert table["z_spec"][inside].tolist() == catalog["z_spec"][index[inside]].tolist()


def test_columns_and_order_of_the_targets_are_kept(result, catalog):
    before = result.colnames
    table = match_sky(result[::-1], catalog)
    assert table.colnames == before + NEW
    assert table["target_id"].tolist() == list(range(40))[::-1]
    assert result.colnames == before
    assert "match" not in result.meta
    assert table["separation"].unit == u.arcsec


def test_radius_is_inclusive_and_any_angle_unit_will_do(catalog):
    target = SkyCoord([0] * u.deg, [50] * u.deg)
    entry = QTable({"ra": [0] * u.deg, "dec": [50.05] * u.deg})
    assert match_sky(target, entry, 0.0500001 * u.deg)["matched"].all()
    assert not match_sky(target, entry, 0.0499999 * u.deg)["matched"].any()
    assert match_sky(target, entry, 0.000873 * u.rad)["matched"].all()


def test_across_ra_zero_at_the_pole_and_in_another_frame():
    targets = SkyCoord([359.9999, 0.0, 180.0], [0.0, 89.9999, -30.0], unit="deg")
    entries = SkyCoord([0.0001, 180.0, 180.0], [0.0, 89.9999, -30.0], unit="deg").galactic
    table = match_sky(targets, entries)
    np.testing.assert_allclose(
        table["separation"].unmasked.to_value("arcsec"), [0.72, 0.72, 0], atol=1e-4
    )
    assert table["match_id"].tolist() == [0, 1, 2]


def test_rows_without_a_position_are_unmatched(catalog):
    targets = QTable({"ra": [np.nan, 1.0] * u.deg, "dec": [0.0, np.nan] * u.deg})
    targets.add_row([catalog["ra"][5], catalog["dec"][5]])
    table = match_sky(targets, catalog)
    assert table["matched"].tolist() == [False, False, True]
    assert table["match_id"].tolist() == [None, None, "C5"]
    assert table["chance_probability"].mask.tolist() == [True, True, False]
    assert "1 of 3 targets (2 without a valid position) matched" in describe_match(table)


def test_catalog_rows_without_a_position_are_passed_over(catalog):
    catalog["ra"][0] = np.nan * u.deg
    table = match_sky(SkyCoord(catalog["ra"][1:4], catalog["dec"][1:4]), catalog)
    assert table["match_id"].tolist() == ["C1", "C2", "C3"]


def test_empty_catalog(result, catalog):
    for empty in (catalog[:0], SkyCoord([], [], unit="deg"), QTable()):
        table = match_sky(result, empty)
        assert not table["matched"].any()
        assert all(table[name].mask.all() for name in NEW[1:])
        assert describe_match(table).startswith("0 of 40 targets matched within 2 arcmin")


def test_empty_catalog_and_a_length(result, catalog):
    for empty in (catalog[:0], SkyCoord([], [], unit="deg"), QTable()):
        table = match_sky(result, empty, 500 * u.kpc, per="entry")
        assert describe_match(table).startswith("0 of 40 targets matched within 500 kpc")
        assert len(match_pairs(result, empty, 500 * u.kpc, per="entry")) == 0
    assert len(match_sky(result[:0], catalog, 500 * u.kpc)) == 0
    catalog["z_spec"].mask = True
    with pytest.raises(InvalidTargetError, match="no row of the catalog has one"):
        match_sky(result, catalog, 500 * u.kpc, per="entry")


def test_data_frames_and_files_keep_their_columns(result, catalog, tmp_path):
    """Targets with a redshift of their own, in whatever way they come."""
    result["z_phot"] = 0.3
    catalog = catalog["source_id", "ra", "dec", "z_spec"]
    expected = match_sky(result, catalog, 500 * u.kpc, redshift="z_phot")
    plain = Table({name: np.asarray(result[name]) for name in result.colnames})
    plain.write(tmp_path / "targets.csv")
    frame = Table({name: np.ma.asarray(catalog[name]) for name in catalog.colnames}).to_pandas()
    for targets in (plain.to_pandas(), tmp_path / "targets.csv"):
        for entries in (catalog, frame):
            table = match_sky(targets, entries, 500 * u.kpc, redshift="z_phot")
            assert table["matched"].tolist() == expected["matched"].tolist()
            assert table["match_id"].tolist() == expected["match_id"].tolist()
            assert table["proba_cluster"].tolist() == result["proba_cluster"].tolist()
            assert table["ra"].unit == u.deg
    assert len(match_pairs(plain, frame)) == len(match_pairs(plain, catalog))
    groups = match_groups({"a": frame, "b": plain.to_pandas()})
    assert groups["a_id"].tolist()[:2] == ["C0", "C1"]


def test_no_target(result, catalog):
    table = match_sky(result[:0], catalog)
    assert table.colnames == result.colnames + NEW
    assert describe_match(table).startswith("0 of 0 targets")


def test_catalog_without_redshifts(result, catalog):
    del catalog["z_spec"]
    table = match_sky(result, catalog)
    assert table["matched"].any()
    assert table["z_spec"].mask.all()


def test_numbers_that_stand_for_a_missing_redshift_are_masked(result, catalog):
    catalog = Table({"ra": catalog["ra"], "dec": catalog["dec"], "z_spec": np.full(300, -99.0)})
    catalog["z_spec"][0] = 0.3
    assert match_sky(result[:2], catalog)["z_spec"].tolist() == [0.3, None]
    assert match_pairs(result[:2], catalog, 1 * u.arcsec)["z_spec"].tolist() == [0.3]
    found = match_probability(result[:2], catalog, 1 * u.arcmin, target_error=5 * u.arcsec,
                              completeness=0.5)  # fmt: skip
    assert found.targets["z_spec"].tolist() == [0.3, None]
    with pytest.warns(AstrocnnWarning, match="^299 of 300 redshifts"):
        kpc = match_sky(result, catalog, 500 * u.kpc, per="entry")
    assert kpc["matched"].tolist() == [True] + [False] * 39


def test_prefix_makes_room_for_several_catalogs(result, catalog):
    table = match_sky(result, catalog, prefix="a_")
    table = match_sky(table, catalog, 10 * u.arcsec, prefix="b_")
    assert table["a_matched"].sum() > table["b_matched"].sum() == 2
    assert "within 2 arcmin" in describe_match(table, "a_")
    assert "within 10 arcsec" in describe_match(table, "b_")
    with pytest.raises(InvalidTargetError, match=r"already have the column 'a_matched'.*prefix"):
        match_sky(table, catalog, prefix="a_")
    with pytest.raises(InvalidTargetError, match="no result of match_sky"):
        describe_match(table)


def test_chance_probability_grows_with_separation(result, catalog):
    table = match_sky(result, catalog)
    chance = table["chance_probability"][:15]
    assert chance[0] == 0
    near, far = chance[1], chance[14]  # 6 and 84 arcsec
    assert far > 50 * near > 0
    expected = 3 * np.pi * (84 / 3600) ** 2  # three entries per square degree
    assert np.mean(chance[12:15]) == pytest.approx(expected, rel=0.7)


def test_chance_probability_is_calibrated():
    """Of random targets, a fraction of 2 % has a match whose chance probability is below 2 %."""
    rng = np.random.default_rng(21)

    def positions(n, edge):
        sin = rng.uniform(*np.sin(np.radians([-edge, edge])), n)
        return SkyCoord(rng.uniform(-edge, edge, n), np.degrees(np.arcsin(sin)), unit="deg")

    table = match_sky(positions(20_000, 7), positions(10_000, 10), 0.2 * u.deg)
    for level in (0.005, 0.02):
        share = np.mean((table["chance_probability"] < level).filled(False))
        assert share == pytest.approx(level, rel=0.25)


def test_result_can_be_written_and_read(result, catalog, tmp_path):
    table = match_sky(result, catalog)
    table.write(tmp_path / "matched.ecsv")
    again = QTable.read(tmp_path / "matched.ecsv")
    assert describe_match(again) == describe_match(table)
    np.testing.assert_array_equal(again["separation"].mask, table["separation"].mask)
    assert again["match_id"].tolist() == table["match_id"].tolist()


def test_single_fields():
    """Galaxies within 6 arcmin of each target: one degree away there is nothing to match."""
    rng = np.random.default_rng(5)
    targets = SkyCoord(np.arange(0, 50, 5.0), np.zeros(10), unit="deg")
    offsets = rng.uniform(-0.1, 0.1, (2, 10, 200))
    entries = SkyCoord(
        targets.ra.deg[:, None] + offsets[0], targets.dec.deg[:, None] + offsets[1], unit="deg"
    )
    table = match_sky(targets, entries, 20 * u.arcsec)
    assert 2 < table.meta["match"]["chance_expected"] < 7
    with pytest.warns(AstrocnnWarning, match="chance rate is too low; give a smaller shift"):
        table = match_sky(targets, entries, 20 * u.arcsec, shift=1 * u.deg)
    assert "fewer than" in describe_match(table)
    with pytest.warns(AstrocnnWarning, match="too low; take a smaller radius"):
        match_sky(targets, entries, 10 * u.arcmin)


def test_a_path_is_not_a_catalog(result):
    with pytest.raises(InvalidTargetError, match="read_catalog"):
        match_sky(result, "catalog.fits")


@pytest.mark.parametrize(
    ("first", "second", "radius", "matches", "by_chance"),
    [
        ("mcxc", "psz2", 5, 530, 3),
        ("aactpol", "sptsz", 2, 370, 1),
        ("mcxc", "erass1-m_extended", 2, 597, 4),
        ("sdss_redmapper", "aactpol", 2, 927, 21),
        ("sptsz", "aactpol", 2, 370, None),
        ("psz2", "mcxc", 5, 528, None),
    ],
)
def test_real_catalogs(real_data, first, second, radius, matches, by_chance):
    targets, catalog = (
        read_catalog(real_data / "cluster_catalogues" / f"{name}.csv.gz")
        for name in (first, second)
    )
    table = match_sky(targets, catalog, radius * u.arcmin, prefix="m_")
    assert np.sum(table["m_matched"]) == matches
    sentence = describe_match(table, "m_")
    assert f"{matches} of {len(targets)} targets matched within {radius} arcmin" in sentence
    if by_chance is not None:
        assert round(table.meta["m_match"]["chance_expected"]) == by_chance
        low, high = table.meta["m_match"]["chance_interval"]
        assert low < by_chance < high
