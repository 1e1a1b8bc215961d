"""Columns of redshifts by their names, and the words in them, through `read_catalog`."""

import pytest
from astropy.table import Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError

Z = [0.1, 0.2, 0.3, 0.4]


def table(**columns):
    return Table({"name": list("abcd"), "ra": [1.0, 2, 3, 4], "dec": [0.0, 0, 0, 0], **columns})


@pytest.mark.parametrize(
    "name",
    ["z_cluster", "Z_CLUSTER", "CLUSTER_Z", "REDSHIFT_BCG", "z_bcg", "Z_HELIO", "NED_Z", "z_lit"],
)
def test_redshift_of_an_object_or_a_source(name):
    assert read_catalog(table(**{name: Z}))["z_spec"].tolist() == Z
    phot = read_catalog(table(**{name: Z}), redshift="phot")
    assert phot["z_phot"].tolist() == Z
    assert phot["z_spec"].mask.all()


@pytest.mark.parametrize("name", ["z_ph", "Z_PEAK", "z_ml", "ZRED", "Z_PDF"])
def test_outcomes_of_photometric_codes(name):
    catalog = read_catalog(table(**{name: Z}))
    assert catalog["z_phot"].tolist() == Z
    assert catalog["z_spec"].mask.all()


@pytest.mark.parametrize("names", [("z_s", "z_p"), ("zp", "zs")])
def test_two_kinds_beside_one_another(names):
    catalog = read_catalog(table(**dict.fromkeys(names, Z)))
    columns = catalog.meta["columns"]
    assert {columns["z_spec"][-1], columns["z_phot"][-1]} == {"s", "p"}
    assert columns["z_spec"].endswith("s")
    assert columns["z_phot"].endswith("p")


@pytest.mark.parametrize("name", ["z_s", "z_mean", "Z_GAL", "SDSS_Z"])
def test_columns_that_may_be_redshifts_are_told(name):
    with pytest.warns(AstrocnnWarning, match=f"unknown; if '{name}' holds some, say columns="):
        catalog = read_catalog(table(**{name: Z}))
    assert catalog["z_spec"].mask.all()
    # What it says works; and nothing is said where the user has said it.
    assert read_catalog(table(**{name: Z}), columns={"z_spec": name})["z_spec"].tolist() == Z
    assert read_catalog(table(**{name: Z}), columns={"z_spec": None})["z_spec"].mask.all()


@pytest.mark.parametrize("name", ["e_z", "zErr", "zmag", "z_psf", "z_flag", "flux"])
def test_others_are_not(name):
    assert read_catalog(table(**{name: Z}))["z_spec"].mask.all()


@pytest.mark.parametrize(
    "cells",
    [
        ["0.1±0.01", "0.2 ± 0.01", "0.3+/-0.1", "0.4"],
        ["0.1(1)", "0.2 (0.01)", r"$0.3\pm0.1$", "$0.4$"],
        ["0.1^{+0.1}_{-0.2}", "0.2+0.01-0.02", "0.3 +0.1 / -0.1", "4e-1"],
    ],
)
def test_text_with_errors(cells):
    assert read_catalog(table(z=cells))["z_spec"].tolist() == Z


@pytest.mark.parametrize("cells", [["<0.3", ">0.2", "≤ 0.1", "0.4"], ["~0.3", "-", "<0.2", "0.4"]])
def test_limits_and_marked_ones_are_unknown(cells):
    with pytest.warns(AstrocnnWarning, match="cells of column 'z' are no numbers"):
        catalog = read_catalog(table(z=cells))
    assert catalog["z_spec"].tolist() == [None, None, None, 0.4]


@pytest.mark.parametrize("cells", [["0.1-0.2", "a", "0.3", "0.4"], ["0,1", "0,2", "0,3", "0,4"]])
def test_other_text_is_no_column_of_redshifts(cells):
    with pytest.raises(InvalidTargetError, match="column 'z' holds text, no redshifts"):
        read_catalog(table(z=cells))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("type", ["spec", "phot", "spec-z", "photo-z"]),
        ("q_z", ["spectroscopic", "photometric", "", "phot"]),
        ("photoz", [False, True, False, True]),
        ("IS_PHOT", [0, 1, 0, 1]),
    ],
)
def test_kinds_by_words_or_truth_values(name, words):
    catalog = read_catalog(table(z=Z, **{name: words}))
    assert catalog["z_spec"].tolist() == [0.1, None, 0.3, None]
    assert catalog["z_phot"].tolist() == [None, 0.2, None, 0.4]


@pytest.mark.parametrize(
    ("name", "words"), [("l_z", ["<", "", ">", ""]), ("u_z", [":", "", "?", ""])]
)
def test_limits_and_uncertain_values_of_vizier(name, words):
    with pytest.warns(AstrocnnWarning, match=f"2 of 4 redshifts count as unknown, as '{name}'"):
        catalog = read_catalog(table(z=Z, **{name: words}))
    assert catalog["z_spec"].tolist() == [None, 0.2, None, 0.4]
