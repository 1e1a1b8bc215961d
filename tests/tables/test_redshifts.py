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
    with pytest.raises(InvalidTargetError, match="z_spec has the unit 'km / s'"):
        known_redshifts([75000] * u.km / u.s, "z_spec")
    with pytest.raises(InvalidTargetError, match="z_spec holds text, no redshifts"):
        known_redshifts(["0.3", "far"], "z_spec")
