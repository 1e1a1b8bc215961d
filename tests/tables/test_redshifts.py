"""What counts as a redshift, wherever redshifts come in."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn
from astropy.utils.masked import Masked

from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.tables._redshifts import known_redshifts

NAN = np.nan


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.3, NAN], [0.3, NAN]),
        (MaskedColumn([0.3, 0.4], mask=[False, True]), [0.3, NAN]),
        (MaskedColumn(["0.3", "N/A", "--"]), [0.3, NAN, NAN]),
        (np.array([b" 0.3", b"null"]), [0.3, NAN]),
        (np.array([0.3, None], dtype=object), [0.3, NAN]),
        (Masked([0.3, 0.4] * u.one, mask=[False, True]), [0.3, NAN]),
        ([-0.005, 0.0, 15.0], [-0.005, 0.0, 15.0]),
        (0.3, 0.3),
        ([], []),
    ],
)
def test_known_and_unknown(values, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(known_redshifts(values), expected)


def test_numbers_that_are_none_are_counted():
    with pytest.warns(AstrocnnWarning, match=r"^4 of 6 redshifts \(z_phot\).*such as -99, -1, 99:"):
        found = known_redshifts([0.3, -1, -99, 99, 0.0, 999], "z_phot")
    np.testing.assert_array_equal(found, [0.3, NAN, NAN, NAN, 0, NAN])


def test_velocities_and_words():
    with pytest.raises(InvalidTargetError, match="z_spec has the unit 'erg'"):
        known_redshifts([75000] * u.erg, "z_spec")
    with pytest.raises(InvalidTargetError, match="z_spec holds text, no redshifts"):
        known_redshifts(["0.3", "far"], "z_spec")


LIGHT = 299792.458


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([0.25 * LIGHT, 0.5 * LIGHT] * u.km / u.s, "z_spec"),
        ([0.25 * LIGHT * 1e3, 0.5 * LIGHT * 1e3] * u.m / u.s, "z"),
        (MaskedColumn([0.25 * LIGHT, 0.5 * LIGHT], unit="km/s"), ""),
        ([0.25 * LIGHT, 0.5 * LIGHT], "cz"),
        ([str(0.25 * LIGHT), str(0.5 * LIGHT)], "V_hel"),
        ([0.25 * LIGHT, 0.5 * LIGHT], "HRV"),
    ],
)
def test_velocities_are_c_z(values, name):
    """By their unit, or by the name and the numbers."""
    np.testing.assert_allclose(known_redshifts(values, name), [0.25, 0.5], rtol=1e-14)


def test_missing_velocities():
    found = known_redshifts([30000, -999, 99999, 9999, -300] * u.km / u.s, warn=False)
    np.testing.assert_allclose(found, [30000 / LIGHT, NAN, NAN, NAN, -300 / LIGHT])


@pytest.mark.parametrize("values", [[3.1, 3.2], [0.2, 0.3]])
def test_small_numbers_are_no_velocities(values):
    """R_V of the dust is called RV as well."""
    np.testing.assert_array_equal(known_redshifts(values, "RV"), values)


@pytest.mark.parametrize("value", [9.9, 9.99, 9.999, 9.9999, 99, 999, -1, -99, -9.99])
def test_sentinels(value):
    np.testing.assert_array_equal(known_redshifts([0.3, value, 9.98], warn=False), [0.3, NAN, 9.98])
