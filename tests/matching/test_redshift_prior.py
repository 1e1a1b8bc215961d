"""Redshifts of targets as evidence: by hand, on simulated skies with their truth, bad input."""

import sys
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import RedshiftPrior, match_cutoffs, match_probability
from astrocnn.matching._pairs import Pairs
from astrocnn.matching._redshift_prior import TargetRedshifts, chance_density
from astrocnn.validation import expected_calibration_error

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def simulated():
    """The benchmark, as a module."""
    sys.path.insert(0, str(BENCHMARKS))
    import match_probability

    sys.path.remove(str(BENCHMARKS))
    return match_probability


@pytest.fixture(scope="module")
def judged(simulated):
    """Three thousand targets with offsets of 60 kpc, without the redshifts and with them."""
    one = simulated.ONE
    cases = [simulated.Case("without", 10.0, one, one),
             simulated.Case("with", 10.0, one, one, redshifts=True)]  # fmt: skip
    return [simulated.judge(case, 3000, 5, 2) for case in cases]


def pair(z_entries, z_phot=0.3, **options):
    """One target with two entries as near, and four thousand far away that make the field."""
    field = np.linspace(0.1, 0.9, 4000)
    ra = np.r_[9.999, 10.001, np.linspace(20, 60, 4000)] * u.deg
    z = np.ma.masked_invalid(np.r_[z_entries, field])
    catalog = QTable({"ra": ra, "dec": np.zeros(len(ra)) * u.deg, "z_spec": MaskedColumn(z)})
    target = QTable({"ra": [10.0] * u.deg, "dec": [0.0] * u.deg, "z_phot": [z_phot]})
    return match_probability(
        target, catalog, 20 * u.arcsec, target_error=5 * u.arcsec, completeness=0.7,
        density=100 / u.deg**2, priors={"z_spec": RedshiftPrior("z_phot", **options)},
    )  # fmt: skip


def test_by_hand():
    """In a field that is flat from 0.1 to 0.9, chance makes 1 / 0.8 per unit of redshift."""
    found = pair([0.31, 0.36], error=0.02, outliers=0.1)
    expected = 0.9 * norm.pdf([0.31, 0.36], 0.3, 0.02) * 0.8 + 0.1
    np.testing.assert_allclose(10 ** found.pairs["log_prior"], expected, rtol=0.01)
    np.testing.assert_allclose(found.pairs["p_i"], expected / expected.sum(), rtol=0.01)
    assert isinstance(found.priors["z_spec"], RedshiftPrior)


def test_errors_add():
    one = pair([0.31, 0.36], error=0.03, entry_error=0.04)
    other = pair([0.31, 0.36], error=0.05)
    np.testing.assert_allclose(one.pairs["log_prior"], other.pairs["log_prior"])


@pytest.mark.parametrize(("z_phot", "error"), [(np.nan, 0.02), (0.3, [0.0])])
def test_targets_without_redshift_or_error(z_phot, error):
    if error == [0.0]:
        with pytest.raises(InvalidTargetError, match="error must be positive in some row"):
            pair([0.3, 0.6], z_phot, error=error)
        return
    np.testing.assert_allclose(pair([0.3, 0.6], z_phot, error=error).pairs["log_prior"], 0)


def test_entries_without_redshift_are_neither_for_nor_against():
    found = pair([np.nan, 0.305], error=0.02)
    assert found.pairs["log_prior"][0] == 0
    assert found.pairs["match_flag"].tolist() == [0, 1]


def test_numbers_that_stand_for_a_missing_redshift():
    """Of a target or of an entry: the same as none."""
    with pytest.warns(AstrocnnWarning, match="^1 of 4002 redshifts"):
        found = pair([-99.0, 0.305], error=0.02)
    assert str(found.pairs) == str(pair([np.nan, 0.305], error=0.02).pairs)
    with pytest.warns(AstrocnnWarning, match="^1 of 1 redshifts"):
        found = pair([0.3, 0.6], z_phot=-1.0, error=0.02)
    np.testing.assert_allclose(found.pairs["log_prior"], 0)


def test_redshift_that_the_catalog_does_not_have():
    """Beyond all entries: as good as an outlier, no division by zero."""
    found = pair([0.3, 0.6], z_phot=5.0, error=0.01)
    np.testing.assert_allclose(10 ** found.pairs["log_prior"], 0.02)
    none = pair([0.3, 0.6], z_phot=5.0, error=0.01, outliers=0.0)
    assert none.targets["p_any"].tolist() == [0.0]


def test_mean_ratio_of_the_field_is_one():
    """A prior moves weight between entries; it makes none."""
    rng = np.random.default_rng(0)
    entry_z = rng.beta(2, 4, 5000)
    z, error = np.array([0.1, 0.3, 0.7]), np.array([0.01, 0.05, 0.03])
    exact = norm.pdf(z[:, None], entry_z, error[:, None]).mean(axis=1)
    np.testing.assert_allclose(chance_density(z, error, entry_z), exact, rtol=1e-3)


@pytest.mark.parametrize("error", [0.02, 0.001, 0.0003])
@pytest.mark.parametrize("outlier", [None, 999.0])
def test_small_errors_and_wide_ranges(error, outlier):
    """The sum over all entries, whatever the error is beside the range of their redshifts."""
    rng = np.random.default_rng(0)
    entry_z = np.r_[rng.beta(2, 5, 3000) * 6, [] if outlier is None else outlier]
    z = entry_z[:200] + rng.normal(0, error, 200)
    exact = norm.pdf(z[:, None], entry_z, error).mean(axis=1)
    np.testing.assert_allclose(chance_density(z, np.full(200, error), entry_z), exact, rtol=2e-3)


@given(st.floats(6, 10), st.floats(0.5, 2))
@settings(max_examples=30, deadline=None)
def test_ratio_is_finite_however_far_apart(sigmas, error):
    prior = TargetRedshifts(np.array([10.0]), np.array([error]), 0.02)
    pairs = Pairs(np.array([0]), np.array([0]), np.zeros(1))
    ratio = prior.pair_ratio(np.array([10.0 + sigmas * error, 400.0]), pairs)
    assert ratio[0] == pytest.approx(0.98 * 2 + 0.02) or ratio[0] == 0.02


def test_calibration_and_purity(judged):
    """Limits as for the positions alone; 3000 targets scatter by 0.01."""
    without, using = judged
    assert using["ECE p_any"] < 0.02
    assert using["ECE best"] < 0.02
    assert abs(using["fitted"] - using["share"]) < 0.03
    assert using["false"] == pytest.approx(using["expected"], abs=4 * np.sqrt(using["expected"]))
    assert using["false"] < 0.6 * without["false"]
    for ours, other in zip(using["purity"], without["purity"], strict=True):
        assert ours > other + 0.01


def test_calibrated_where_counterparts_are_at_other_redshifts(simulated):
    """Clusters nearer than the field: the error of the redshift is small beside the difference."""
    case = simulated.Case("", 10.0, simulated.ONE, simulated.ONE, redshifts=True)
    sky = simulated.simulate(case, 3000, 6)
    field = np.setdiff1d(np.arange(len(sky.catalog)), sky.truth)
    rng = np.random.default_rng(1)
    sky.catalog["z_spec"][field] = 0.1 + 0.7 * np.sqrt(rng.random(len(field)))
    found = match_probability(sky.targets, sky.catalog, sky.radius, **sky.options)
    listed = np.zeros(3000, dtype=bool)
    true = found.pairs["entry_row"] == sky.truth[found.pairs["target_row"]]
    listed[found.pairs["target_row"][true]] = True
    assert expected_calibration_error(listed, np.asarray(found.targets["p_any"])) < 0.02
    cut = match_cutoffs(found, [0.5], shift=0.25 * u.deg, n_shifts=2)  # moved targets keep theirs
    assert cut["purity_moved"][0] == pytest.approx(cut["purity"][0], abs=0.03)


def test_positions_and_redshifts_go_by_row():
    """Targets without a position are left out of both."""
    targets = QTable({"ra": [np.nan, 10.0] * u.deg, "dec": [0.0, 0.0] * u.deg})
    catalog = QTable({"ra": [10.0, 10.001] * u.deg, "dec": [0.0, 0.0] * u.deg, "z": [0.5, 0.2]})
    found = match_probability(
        targets, catalog, 20 * u.arcsec, target_error=9 * u.arcsec, completeness=0.5,
        density=9 / u.deg**2, priors={"z": RedshiftPrior([0.5, 0.2], [0.01, 0.02])},
    )  # fmt: skip
    assert found.targets["match_id"].tolist() == [None, 1]
    empty = match_probability(
        targets[:0], SkyCoord([10.0], [0.0], unit="deg"), 5 * u.arcsec, target_error=1 * u.arcsec
    )
    assert len(empty.pairs) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RedshiftPrior("z", 0.02, outliers=2), "outliers must be one number, from 0 to 1"),
        (lambda: RedshiftPrior("z", 0.02, entry_error=[1, 2]), "entry_error must be one number"),
        (lambda: pair([0.3, 0.4], error="z_err"), "error: there is no column 'z_err'; its columns"),
        (lambda: pair([0.3, 0.4], error=[0.1, 0.2, 0.3]), r"error has the shape \(3,\)"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(InvalidTargetError, match=message):
        make()
