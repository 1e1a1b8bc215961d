"""Matches by probability: small cases by hand, simulated skies with their truth, bad input."""

import sys
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.cosmology import Planck18
from astropy.table import MaskedColumn, QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import match_cutoffs, match_probability
from astrocnn.validation import expected_calibration_error

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NEW = ["p_any", "match_id", "separation", "z_spec", "p_i", "false_probability", "n_candidates",
       "n_similar"]  # fmt: skip


@pytest.fixture(scope="module")
def simulated():
    """The benchmark, as a module."""
    sys.path.insert(0, str(BENCHMARKS))
    import match_probability

    sys.path.remove(str(BENCHMARKS))
    return match_probability


@pytest.fixture(scope="module")
def points(simulated):
    sky = simulated.simulate(simulated.Case("points"), 3000, 1)
    return sky, match_probability(sky.targets, sky.catalog, sky.radius, **sky.options)


def north(arcsec, n=1):
    return SkyCoord([10.0] * n, np.atleast_1d(arcsec) / 3600, unit="deg")


def test_two_entries_by_hand():
    """Equations 1, 4, 5 and 6 on paper."""
    targets, entries = north(0.0), north([3.0, 5.0], 2)
    found = match_probability(
        targets, entries, 60 * u.arcsec, target_error=3 * u.arcsec, entry_error=1 * u.arcsec,
        completeness=0.6, density=1000 / u.deg**2,
    )  # fmt: skip
    law = np.exp(-np.array([9, 25]) / 20) / (20 * np.pi) * 3600**2 / 1000
    odds = 0.6 * law / (1 - 0.6)
    assert found.targets["p_any"][0] == pytest.approx(odds.sum() / (1 + odds.sum()), rel=1e-4)
    np.testing.assert_allclose(found.pairs["p_i"], law / law.sum(), rtol=1e-4)
    assert found.pairs["match_flag"].tolist() == [1, 0]
    assert found.targets["false_probability"][0] == pytest.approx(
        1 - found.targets["p_any"][0] * found.pairs["p_i"][0]
    )
    np.testing.assert_allclose(found.pairs["width"].to_value("arcsec"), np.sqrt(10))
    assert found.targets["n_candidates"].tolist() == [2]
    assert match_probability(
        targets, entries, 60 * u.arcsec, target_error=3 * u.arcsec, similar=0.3
    ).targets["n_similar"].tolist() == [1]  # fmt: skip


def test_radius_that_cuts_the_law():
    """What lies beyond the radius is part of having no candidate that is the counterpart."""
    found = match_probability(
        north(0.0), north(1.0), 3 * u.arcsec, target_error=3 * u.arcsec, completeness=0.6,
        density=1000 / u.deg**2,
    )  # fmt: skip
    law = np.exp(-1 / 18) / (18 * np.pi) * 3600**2 / 1000
    odds = 0.6 * law / (1 - 0.6 * (1 - np.exp(-0.5)))
    assert found.targets["p_any"][0] == pytest.approx(odds / (1 + odds), rel=1e-4)


@pytest.mark.parametrize("of", ["target", "entry", "both"])
def test_offset_in_kpc_at_the_redshift(of):
    z = {"target": {"target_z": 0.3}, "entry": {"entry_z": [0.3]},
         "both": {"target_z": [0.3], "entry_z": 0.8}}[of]  # fmt: skip
    found = match_probability(
        north(0.0), north(1.0), 60 * u.arcsec, target_error=3 * u.arcsec, offset=80 * u.kpc,
        cosmology=Planck18, **z,
    )  # fmt: skip
    scale = 80 * Planck18.arcsec_per_kpc_proper(0.3).value
    assert found.pairs["width"][0].to_value("arcsec") == pytest.approx(np.hypot(3, scale), rel=1e-4)
    angle = match_probability(
        north(0.0), north(1.0), 60 * u.arcsec, target_error=3 * u.arcsec, offset=scale * u.arcsec
    )
    assert angle.pairs["log_bayes"][0] == pytest.approx(found.pairs["log_bayes"][0], abs=1e-3)


def test_mixture_of_offsets():
    options = {"target_error": 3 * u.arcsec, "density": 100 / u.deg**2, "completeness": 0.5}
    logs = [
        match_probability(north(0.0), north(20.0), 60 * u.arcsec, offset=offset, **options)
        .pairs["log_bayes"][0]
        for offset in (5 * u.arcsec, 20 * u.arcsec,
                       [(0.7, 5 * u.arcsec), (0.3, 20 * u.arcsec)])
    ]  # fmt: skip
    assert 10 ** logs[2] == pytest.approx(0.7 * 10 ** logs[0] + 0.3 * 10 ** logs[1])


def test_entries_without_redshift_have_the_median():
    z = MaskedColumn([0.2, 0.4, 0.0, 0.6], mask=[False, False, True, False])
    catalog = Table({"ra": [10.0] * 4, "dec": [0, 0, 0, 0.0], "z_spec": z})
    options = {"target_error": 1 * u.arcsec, "offset": 50 * u.kpc}
    pairs = match_probability(north(0.0), catalog, 1 * u.arcmin, **options).pairs
    widths = dict(zip(pairs["entry_row"].tolist(), pairs["width"].value, strict=True))
    assert widths[2] == widths[1] != widths[0]
    del catalog["z_spec"]
    with pytest.raises(InvalidTargetError, match="needs redshifts: give target_z or entry_z"):
        match_probability(north(0.0), catalog, 1 * u.arcmin, **options)


def test_order_and_columns_of_the_targets_are_kept(points):
    sky, found = points
    assert found.targets.colnames == sky.targets.colnames + NEW
    np.testing.assert_array_equal(found.targets["ra"], sky.targets["ra"])
    assert sky.targets.colnames == ["ra", "dec", "error"]
    pairs = found.pairs
    assert (np.diff(pairs["target_row"]) >= 0).all()
    assert (np.bincount(pairs["target_row"], minlength=3000) == found.targets["n_candidates"]).all()
    assert all(pairs[name].info.description and pairs[name].info.meta["ucd"] for name in
               pairs.colnames)  # fmt: skip
    assert all(found.targets[name].info.meta["ucd"] for name in NEW)


def test_probabilities_of_a_target_sum_to_one(points):
    _, found = points
    total = np.bincount(found.pairs["target_row"], found.pairs["p_i"], minlength=3000)
    some = np.asarray(found.targets["n_candidates"]) > 0
    np.testing.assert_allclose(total[some], 1)
    assert (found.targets["p_any"][~some] == 0).all()
    assert found.targets["separation"].mask.tolist() == (~some).tolist()
    assert (np.bincount(found.pairs["target_row"][found.pairs["match_flag"] == 1]) <= 1).all()


def test_calibration_on_its_own_assumptions(simulated, points):
    """Limits: what chance alone makes of 3000 targets, about 0.01, and the 0.02 that is asked."""
    sky, found = points
    listed = np.zeros(3000, dtype=bool)
    true = found.pairs["entry_row"] == sky.truth[found.pairs["target_row"]]
    listed[found.pairs["target_row"][true]] = True
    assert expected_calibration_error(listed, np.asarray(found.targets["p_any"])) < 0.02
    has = np.mean(sky.truth >= 0)
    assert abs(found.completeness - has) < 4 * found.completeness_error < 0.06
    best = (found.pairs["match_flag"] == 1) & (found.pairs["p_any"] >= 0.5)
    n_false = np.sum(best & ~true)
    assert n_false == pytest.approx(found.expected_false(), abs=4 * np.sqrt(n_false))


def test_learned_magnitudes_help(simulated, points):
    sky, alone = points
    found = match_probability(
        sky.targets, sky.catalog, sky.radius, priors={"mag": "learn"}, **sky.options
    )
    assert found.expected_false() < 0.75 * alone.expected_false()
    prior = found.priors["mag"]
    assert prior([18.0])[0] > 10 * prior([21.9])[0]
    again = match_probability(
        sky.targets, sky.catalog, sky.radius, priors={"mag": prior}, **sky.options
    )
    np.testing.assert_allclose(again.targets["p_any"], found.targets["p_any"], atol=0.02)


def test_prior_that_rules_out():
    catalog = Table({"ra": [10.0, 10.0], "dec": [0.0, 0.001], "mag": [20.0, np.nan]})
    options = {"target_error": 1 * u.arcsec, "completeness": 0.5, "density": 10 / u.deg**2}
    found = match_probability(
        north(0.0), catalog, 1 * u.arcmin, priors={"mag": lambda mag: mag * 0}, **options
    )
    assert found.pairs["p_i"].tolist() == [0.0, 1.0]
    assert found.targets["match_id"].tolist() == [1]
    none = match_probability(
        north(0.0), catalog[:1], 1 * u.arcmin, priors={"mag": lambda mag: mag * 0}, **options
    )
    assert none.targets["p_any"].tolist() == [0.0]
    assert none.targets["false_probability"].tolist() == [1.0]


def test_local_density_decides(simulated):
    """The same separation is worth less in a crowd."""
    rng = np.random.default_rng(0)
    dense = SkyCoord(rng.uniform(0, 2, 20_000), rng.uniform(-1, 1, 20_000), unit="deg")
    sparse = SkyCoord(rng.uniform(10, 12, 200), rng.uniform(-1, 1, 200), unit="deg")
    entries = SkyCoord([dense, sparse, SkyCoord([1.0, 11.0], [0, 0], unit="deg")])
    targets = SkyCoord([1.0, 11.0] * u.deg, [4, 4] * u.arcsec)
    options = {"target_error": 2 * u.arcsec, "completeness": 0.5}
    p_any = match_probability(targets, entries, 4.5 * u.arcsec, **options).targets["p_any"]
    assert 0.5 < p_any[0] < p_any[1] - 0.05
    p_any = match_probability(
        targets, entries, 4.5 * u.arcsec, density="sky", **options
    ).targets["p_any"]  # fmt: skip
    assert p_any[0] == pytest.approx(p_any[1], abs=1e-6)


def test_targets_outside_of_the_catalog_say_nothing_about_it(points):
    sky, alone = points
    there = np.asarray(sky.targets["ra"].value) > 4
    far = sky.targets[there].copy()
    far["dec"] += 20 * u.deg
    both = QTable({name: np.concatenate([sky.targets[name], far[name]]) for name in far.colnames})
    found = match_probability(both, sky.catalog, sky.radius, **sky.options)
    assert found.completeness == pytest.approx(alone.completeness, abs=0.01)
    assert (found.targets["p_any"][3000:] == 0).all()
    assert "% of the 3000 that the catalog covers" in str(found)
    one, other = (match_cutoffs(each, [0.5], shift=0.2 * u.deg, n_shifts=2)
                  for each in (alone, found))  # fmt: skip
    assert other["completeness"][0] == pytest.approx(one["completeness"][0], abs=0.01)
    assert other["n_chance"][0] == pytest.approx(one["n_chance"][0], rel=0.1)


def test_cutoffs(simulated, points):
    sky, found = points
    table = match_cutoffs(found, [0.0, 0.5, 0.9], shift=0.2 * u.deg, n_shifts=3)
    assert (np.diff(table["n_matches"]) <= 0).all()
    assert (np.diff(table["purity"]) > 0).all()
    assert (np.diff(table["completeness"]) < 0).all()
    assert (np.diff(table["purity_moved"]) > 0).all()
    p_any = np.asarray(found.targets["p_any"])
    for row in table[1:]:
        chosen = p_any >= row["threshold"]
        by_chance = np.sum(chosen & (sky.truth < 0))
        assert row["n_chance"] == pytest.approx(by_chance, abs=4 * np.sqrt(by_chance + 1))
        assert row["n_matches"] == chosen.sum() == found.n_matches(row["threshold"])
    assert table.meta["completeness_by_counts"] == pytest.approx(np.mean(sky.truth >= 0), abs=0.05)
    with pytest.raises(InvalidTargetError, match="at least twice the radius"):
        match_cutoffs(found, shift=10 * u.arcsec)
    with pytest.raises(InvalidTargetError, match="between 0 and 1"):
        match_cutoffs(found, [50])


def test_invalid_positions_empty_catalogs_and_no_targets():
    targets = QTable({"ra": [np.nan, 10.0, 10.0] * u.deg, "dec": [0, np.nan, 0.0] * u.deg})
    entries = QTable({"ra": [10.0, np.nan] * u.deg, "dec": [0.0005, 0.0] * u.deg,
                      "source_id": ["a", "b"]})  # fmt: skip
    options = {"target_error": [1, 2, 3] * u.arcsec, "completeness": 0.5}
    found = match_probability(
        targets, entries, [5, 6, 7] * u.arcsec, density=[1, 2, 3] / u.deg**2, **options
    )
    assert found.targets["p_any"].mask.tolist() == [True, True, False]
    assert found.targets["match_id"].tolist() == [None, None, "a"]
    assert found.pairs["target_row"].tolist() == [2]
    assert found.pairs["width"].to_value("arcsec").tolist() == pytest.approx([3])
    for empty in (entries[:0], SkyCoord([], [], unit="deg"), QTable()):
        found = match_probability(targets, empty, 5 * u.arcsec, **options)
        assert found.targets["p_any"].tolist() == [None, None, 0.0]
        assert all(np.ma.getmaskarray(np.ma.array(found.targets[name])).all()
                   for name in ("match_id", "z_spec", "p_i"))  # fmt: skip
        assert len(found.pairs) == 0
        assert found.expected_false() == 0
        assert "0 of 3 targets" in str(found)
        assert match_cutoffs(found, [0.5], n_shifts=2)["n_matches"].tolist() == [0]
    none = match_probability(targets[:0], entries, 5 * u.arcsec, target_error=1 * u.arcsec)
    assert none.targets.colnames == ["ra", "dec"] + NEW
    assert str(none).startswith("0 of 0 targets")
    assert len(match_cutoffs(none, n_shifts=2)) == 21


def test_pole_ra_zero_other_frames_and_duplicates():
    targets = SkyCoord([359.9999, 0.0, 180.0], [0.0, 89.9999, -30.0], unit="deg")
    entries = SkyCoord([0.0001, 180.0, 180.0, 180.0], [0.0, 89.9999, -30.0, -30.0], unit="deg")
    found = match_probability(
        targets, entries.galactic, 10 * u.arcsec, target_error=1 * u.arcsec, completeness=0.9
    )
    assert found.targets["match_id"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(
        found.targets["separation"].unmasked.to_value("arcsec"), [0.72, 0.72, 0], atol=1e-3
    )
    assert found.pairs["match_flag"].tolist() == [1, 1, 1, 2]
    assert found.targets["n_similar"].tolist() == [0, 0, 1]
    assert found.targets["p_i"][2] == pytest.approx(0.5, abs=1e-3)
    assert (found.targets["p_any"] > 0.99).all()


def test_missing_errors_have_the_median(points):
    sky, _ = points
    targets = sky.targets[:50].copy()
    values = np.r_[0.5, np.arange(1.0, 50)]  # 0 would be missing too
    targets["error"] = MaskedColumn(values, mask=np.arange(50) > 10, unit="arcsec")
    with pytest.warns(AstrocnnWarning, match=r"missing in 39 of 50 rows.*median.* 5 arcsec"):
        match_probability(targets, sky.catalog, 10 * u.arcsec, target_error="error")


def test_a_zero_among_errors_is_a_missing_one():
    """Nothing is exact: without another error or an offset it would have no counterpart."""
    targets = QTable({"ra": [10.0, 11.0] * u.deg, "dec": [0.0, 0.0] * u.deg,
                      "error": [0.0, 5.0] * u.arcsec})  # fmt: skip
    entries = SkyCoord([10.001, 11.001], [0.0, 0.0], unit="deg")
    given = {"target_error": "error", "completeness": 0.7, "density": 10 / u.deg**2}
    with pytest.warns(AstrocnnWarning, match=r"target_error is missing or 0 in 1 of 2 rows.* 5 a"):
        found = match_probability(targets, entries, 2 * u.arcmin, **given)
    assert found.targets["p_any"][0] == found.targets["p_any"][1] > 0.99
    # Where the other side or an offset has a width, zero is an exact position; as is one zero for
    # all.
    for other in ({"entry_error": 5 * u.arcsec}, {"offset": 5 * u.arcsec}):
        found = match_probability(targets, entries, 2 * u.arcmin, **given, **other)
        assert found.pairs["width"][0].to_value("arcsec") == pytest.approx(5)
    given["target_error"] = 0 * u.arcsec
    assert match_probability(targets, entries, 2 * u.arcmin, **given).targets["p_any"][0] == 0
    given["target_error"] = [0, 0] * u.arcsec
    with pytest.raises(InvalidTargetError, match="missing or 0 in all rows"):
        match_probability(targets, entries, 2 * u.arcmin, **given)


def test_prefix_and_writing(points, tmp_path):
    sky, found = points
    again = match_probability(
        found.targets, sky.catalog, sky.radius, target_error="error", prefix="b_"
    )
    assert again.targets.colnames[-1] == "b_n_similar"
    assert again.expected_false() > 0
    assert again.targets.meta["match"]["description"] == str(found)
    with pytest.raises(InvalidTargetError, match=r"already have the column 'p_any'.*prefix"):
        match_probability(found.targets, sky.catalog, sky.radius, target_error="error")
    for name, table in (("targets", again.targets), ("pairs", found.pairs)):
        table.write(tmp_path / f"{name}.ecsv")
        back = QTable.read(tmp_path / f"{name}.ecsv")
        assert back.colnames == table.colnames
        np.testing.assert_allclose(back["p_any"], table["p_any"])
    found.pairs.write(tmp_path / "pairs.fits")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_error": 2}, "target_error must be an angle"),
        ({"target_error": 2 * u.Mpc}, "target_error must be an angle"),
        ({"target_error": "mag"}, r"there is no column 'mag'; its columns are"),
        ({"target_error": [1, 2] * u.arcsec}, r"shape \(2,\): give one value, or one for each"),
        ({"target_error": -1 * u.arcsec}, "must not be negative"),
        ({"target_error": np.nan * u.arcsec}, "missing in all rows"),
        ({"entry_error": "mag"}, "entry_error must be an angle"),
        ({"radius": 20}, "radius must be an angle"),
        ({"radius": 0 * u.arcsec}, "radius must be between 0 and 90"),
        ({"radius": np.nan * u.arcsec}, "radius must be between 0 and 90"),
        ({"offset": 5}, "offset must be one scale"),
        ({"offset": 5 * u.s}, "offset must be one scale"),
        ({"offset": [(1.0, 5)]}, "offset must be one scale"),
        ({"offset": [(0.5, 5 * u.arcsec), (0.6, 9 * u.arcsec)]}, "sum to 1"),
        ({"completeness": 1.0}, "completeness must be a number between 0 and 1"),
        ({"completeness": 70}, "completeness must be a number between 0 and 1"),
        ({"similar": -0.5}, "similar must be a number between 0 and 1"),
        ({"density": 0 / u.deg**2}, "density must be positive"),
        ({"priors": {"mag": 3}}, "must be 'learn', a function"),
        ({"priors": {"color": "learn"}}, "there is no column 'color'"),
        ({"priors": {"word": "learn"}}, "holds no numbers"),
        ({"entry_z": "z_phot"}, "entry_z: there is no column 'z_phot'"),
        ({"catalog": "catalog.fits"}, "read_catalog"),
    ],
)
def test_bad_arguments(points, options, message):
    sky, _ = points
    catalog = sky.catalog[:100].copy()
    catalog["word"] = "x"
    usual = {"catalog": catalog, "radius": 20 * u.arcsec, "target_error": 2 * u.arcsec}
    with pytest.raises(InvalidTargetError, match=message):
        match_probability(sky.targets, **(usual | options))


def test_real_clusters_agree_in_redshift(real_data):
    """SZ and optical clusters; the redshifts are not used to match."""
    sz, optical = (
        read_catalog(real_data / "cluster_catalogues" / f"{name}.csv.gz")
        for name in ("aactpol", "sdss_redmapper")
    )
    found = match_probability(
        sz, optical, 5 * u.arcmin, target_error=20 * u.arcsec, target_z="z_spec",
        offset=[(0.8, 60 * u.kpc), (0.2, 300 * u.kpc)], prefix="m_",
    ).targets  # fmt: skip
    off = np.ma.abs(sz["z_spec"] - found["m_z_spec"]) / (1 + sz["z_spec"])
    known = ~np.ma.getmaskarray(off)
    p_any = np.ma.array(found["m_p_any"]).filled(0.0)
    high, low = known & (p_any >= 0.9), known & (p_any < 0.1)
    assert high.sum() > 800
    assert np.mean(off[high] < 0.03) > 0.95
    assert low.sum() > 40
    assert np.mean(off[low] < 0.03) < 0.5


def test_benchmark_prints_its_table(simulated, capsys, tmp_path):
    rows = simulated.main(["--n-targets", "1000", "--nway", "no-such-command", "--figure",
                           str(tmp_path / "figure.png")])  # fmt: skip
    printed = capsys.readouterr().out
    assert len(rows) == len(simulated.HOLDS + simulated.BROKEN)
    assert all(row["case"] in printed for row in rows)
    assert "no command 'no-such-command'" in printed
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    by_name = {row["case"]: row for row in rows}
    assert by_name["wrong offsets"]["bias"] < -0.03
    assert by_name["errors 1.5 times as large"]["bias"] < -0.03
    assert by_name["targets in crowds"]["bias"] > 0.05
