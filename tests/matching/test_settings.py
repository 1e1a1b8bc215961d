"""Arguments that make no sense, and those that do in another dress."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnError
from astrocnn.matching import (
    AttributePrior,
    Field,
    RedshiftPrior,
    angular_radius,
    axis_error,
    candidate_redshift,
    candidate_redshifts,
    chance_rate,
    describe_match,
    match_cutoffs,
    match_groups,
    match_pairs,
    match_probability,
    match_sky,
)
from astrocnn.tables import sky_columns, target_coords

TARGETS = SkyCoord([10, 20], [0, 0], unit="deg")
CATALOG = QTable({"ra": [10, 20, 30.0] * u.deg, "dec": [0, 0, 0.0] * u.deg,
                  "z_spec": [0.2, 0.3, 0.4], "mag": [18.0, 19.0, 20.0]})  # fmt: skip
RADIUS = 1 * u.arcmin


def probable(**arguments):
    arguments = {"target_error": 2 * u.arcsec, "completeness": 0.9} | arguments
    return match_probability(TARGETS, CATALOG, arguments.pop("radius", RADIUS), **arguments)


def groups(**arguments):
    return match_groups({"one": TARGETS, "two": TARGETS}, RADIUS, **arguments)


def redshift(**arguments):
    return candidate_redshift(TARGETS[0], CATALOG, **arguments)


@pytest.mark.parametrize("value", [None, 1, 0, 2.5, "8", np.nan, True])
def test_n_shifts_is_a_whole_number(value):
    for call in (
        lambda n: match_sky(TARGETS, CATALOG, n_shifts=n),
        lambda n: match_pairs(TARGETS, CATALOG, n_shifts=n),
        lambda n: chance_rate(TARGETS, CATALOG, RADIUS, n_shifts=n),
        lambda n: match_cutoffs(probable(), [0.5], n_shifts=n),
        lambda n: groups(n_shifts=n),
        lambda n: redshift(n_shifts=n),
    ):
        with pytest.raises(AstrocnnError, match="n_shifts must be a whole number of at least 2"):
            call(value)


def test_whole_numbers_may_be_floats():
    expected = match_sky(TARGETS, CATALOG).meta["match"]
    assert match_sky(TARGETS, CATALOG, n_shifts=8.0).meta["match"] == expected
    assert chance_rate(TARGETS, CATALOG, RADIUS, n_shifts=8.0).counts == (0,) * 8
    assert groups(n_shifts=8.0).meta == groups().meta
    assert len(match_pairs(TARGETS, CATALOG, k=2.0)) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: describe_match(match_sky(TARGETS, CATALOG), None), "prefix must be text"),
        (lambda: Field().mark(3), "what can be marked is a table, not int"),
        (lambda: Field().mark(CATALOG, 3), "column must be the name of a column"),
        (lambda: AttributePrior.learn(["x"], [1.0]), "counterparts must hold numbers"),
        (lambda: AttributePrior.learn([1.0], [1.0], [1.0, 2.0]), "1 counterparts and 2 weights"),
        (lambda: AttributePrior.learn([1.0], [1.0], [np.nan]), "weights must be probabilities"),
        (lambda: probable().n_matches("x"), "threshold must be a number between 0 and 1"),
        (lambda: angular_radius(1 * u.Mpc, TARGETS), "redshift holds no redshifts"),
        (lambda: RedshiftPrior("z", 0.1, b"x"), "entry_error must be one number"),
        (lambda: match_cutoffs(probable(), shift=None), "shift must be an angle"),
        (lambda: probable(offset=()), "offset must be one scale"),
        (lambda: read_catalog(CATALOG, columns="z"), "columns must be a dict"),
        (lambda: target_coords(3), "what has sky columns is a table, not int"),
        (lambda: sky_columns([1, 2]), "what has sky columns is a table, not list"),
        (lambda: match_pairs(TARGETS, CATALOG, k="1"), "k must be a whole number of at least 1"),
        (lambda: match_sky(TARGETS, CATALOG, prefix=None), "prefix must be text such as 'psz2_'"),
        (lambda: probable(prefix=3), "prefix must be text"),
        (lambda: probable(priors=["mag"]), "priors must be a dict"),
        (lambda: probable(priors={"mag": lambda m: m - 19}), "finite and not negative"),
        (lambda: probable(priors={"mag": lambda m: np.inf * m}), "finite and not negative"),
        (lambda: probable(priors={"mag": lambda m: [1.0, 2, 3, 4]}), "one ratio for each value"),
        (lambda: probable(priors={"mag": lambda m: "x"}), "prior of 'mag' returns must hold numb"),
        (lambda: probable(cosmology="Planck18"), "cosmology must be one of astropy.cosmology"),
        (lambda: redshift(cosmology="x"), "cosmology must be one"),
        (lambda: angular_radius(u.Mpc * 1, 0.3, "x"), "cosmology must be one"),
        (lambda: angular_radius([1, 2, 3] * u.Mpc, [0.3, 0.2]), "3 radii and 2 redshifts"),
        (lambda: match_cutoffs(probable(), ["x"]), "thresholds must hold numbers"),
        (lambda: match_cutoffs(TARGETS), "matches must be a result of match_probability"),
        (lambda: axis_error(3 * u.arcsec, "x"), "share must be between 0 and 1"),
        (lambda: axis_error(-3 * u.arcsec, 0.9), "radius must not be negative"),
        (lambda: axis_error(3.0), "radius must be an angle"),
        (lambda: redshift(n_bootstrap=1), "n_bootstrap must be a whole number of at least 10"),
        (lambda: redshift(n_bootstrap=0), "n_bootstrap must be a whole number of at least 10"),
        (lambda: redshift(random_state="x"), "random_state must be a whole number"),
        (lambda: candidate_redshifts(TARGETS, CATALOG, np.nan * u.arcmin), "radius must be one po"),
        (lambda: candidate_redshifts(TARGETS, CATALOG, 0 * u.arcmin), "radius must be one positi"),
        (lambda: candidate_redshifts(TARGETS, CATALOG, tolerance="x"), "tolerance must be one num"),
        (lambda: match_sky(TARGETS, CATALOG, u.Mpc * 1, per="entry", redshift="z"),
         "'z_spec' has its redshifts, and is taken where no other is named"),
        (lambda: match_sky(TARGETS, CATALOG, u.Mpc * 1), r"redshift=, --redshift.*per='entry'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense(call, message):
    with pytest.raises(AstrocnnError, match=message):
        call()


def test_a_prior_is_one_ratio_per_value():
    expected = probable().pairs
    for prior in (lambda m: 1.0, np.ones_like, lambda m: np.full(len(m), np.nan)):
        np.testing.assert_allclose(probable(priors={"mag": prior}).pairs["p_i"], expected["p_i"])


def test_a_redshift_of_zero_is_no_reference():
    galaxies = Table({"ra": 10 + np.arange(6) / 1000, "dec": np.zeros(6),
                      "z_spec": 0.2 + np.arange(6) / 2000})  # fmt: skip
    targets = Table({"ra": [10.0, 10.0, 10.0], "dec": np.zeros(3)})
    table = candidate_redshifts(targets, galaxies, z_ref=[0.0, 0.2, 0.3])
    assert table["z_agrees"].tolist() == [None, True, False]
    assert table["z_difference"].mask.tolist() == [True, False, False]


def test_columns_with_a_unit_are_radii():
    radii = [1.0, 3.0] * u.arcmin
    catalog = SkyCoord([10, 20], [2 / 60, 2 / 60], unit="deg")
    column = Column(radii.value, unit="arcmin", name="radius")
    for radius in (radii, column, MaskedColumn(column)):
        assert match_sky(TARGETS, catalog, radius)["matched"].tolist() == [False, True]
        assert match_pairs(TARGETS, catalog, radius)["target_row"].tolist() == [1]
        found = match_probability(TARGETS, catalog, radius, target_error=1 * u.arcmin)
        assert found.targets["n_candidates"].tolist() == [0, 1]
        np.testing.assert_allclose(axis_error(radius).to_value("arcmin"), axis_error(radii).value)
    masked = MaskedColumn(column, mask=[False, True])
    assert match_sky(TARGETS, catalog, masked)["matched"].tolist() == [False, False]
    length = Column([0.1, 1.0], unit="Mpc")
    sizes = angular_radius(length, [0.2, 0.3])
    np.testing.assert_allclose(sizes.value, angular_radius([0.1, 1] * u.Mpc, [0.2, 0.3]).value)
