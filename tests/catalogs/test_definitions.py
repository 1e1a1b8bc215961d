"""Definitions of reference catalogs: complete, consistent, and as the survey notes have them."""

import dataclasses
import re

import numpy as np
import pytest
from astropy import units as u

from astrocnn.catalogs import CATALOGS, CatalogDefinition, catalog_table
from astrocnn.catalogs._find import CANONICAL, OPTIONAL, REDSHIFTS
from astrocnn.exceptions import UnknownNameError

#: VizieR identifiers of the catalogs that the project promises.
PROMISED = {
    "J/A+A/652/A12", "IX/52/xxl365gc", "J/A+A/685/A106/emain", "J/A+A/688/A210/tablee1",
    "J/A+A/688/A187/mcxcii", "J/A+A/534/A109/mcxc", "J/MNRAS/526/3757/catalog",
    "J/ApJS/253/3/clusters", "J/A+A/690/A322/catalog", "J/A+A/594/A27/psz2",
    "J/ApJS/224/1/cat_dr8", "J/ApJS/272/39/table2", "J/ApJ/767/15/table1", "J/ApJ/891/129",
    "V/154/sdss16", "J/A+A/638/A114", "J/MNRAS/503/5763",
}  # fmt: skip

each = pytest.mark.parametrize("catalog", CATALOGS.values(), ids=CATALOGS)


def test_all_promised_catalogs_are_there():
    assert {c.vizier for c in CATALOGS.values()} >= PROMISED


@each
def test_definition_is_complete(catalog):
    assert catalog.title
    assert re.fullmatch(r"(J/[\w+]+/\d+/\w+|[IVX]+/\d+)(/\w+)?", catalog.vizier)
    assert re.fullmatch(r"\d{4}[\w&.]{14}[A-Z]", catalog.reference)
    assert catalog.completeness.endswith(".")
    assert set(catalog.columns) <= {*CANONICAL, *OPTIONAL}
    assert catalog.columns or "all" in catalog.unverified


@each
def test_redshifts_go_to_the_column_of_their_kind(catalog):
    """None but a spectroscopic column is called z_spec."""
    mere = {"z", "zCl", "zBest", "Bestz"}
    for canonical, column in catalog.columns.items():
        if column in mere:
            assert canonical == REDSHIFTS[catalog.redshift]


@each
def test_position_error_has_a_source(catalog):
    assert (catalog.position_error is None) == (catalog.position_error_source == "")
    if catalog.position_error is not None:
        assert 0 < catalog.position_error < 10 * u.arcmin


@each
def test_columns_are_among_those_asked_for(catalog):
    if "**" not in catalog.request:
        assert set(catalog.columns.values()) <= set(catalog.request)
    if not catalog.whole:
        assert "**" not in catalog.request


def test_definitions_are_frozen():
    psz2 = CATALOGS["psz2"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        psz2.vizier = "J/A+A/1/1"
    with pytest.raises(TypeError):
        psz2.columns["mass"] = "M500"
    assert hash(psz2) != hash(CATALOGS["mcxc"])
    assert dataclasses.replace(psz2) == psz2


def test_kind_of_redshift_is_checked():
    with pytest.raises(ValueError, match="redshift must be one of"):
        CatalogDefinition("x", "X", "J/A+A/1/1", "guess", {}, "", None, "All.", "2000A&A...1....1X")


def test_table_has_a_row_for_each():
    table = catalog_table()
    assert table["catalog"].tolist() == list(CATALOGS)
    row = table[table["catalog"] == "psz2"][0]
    assert row["position_error"] == pytest.approx(145.8)
    assert row["n_rows"] == 1653
    assert table["position_error"].unit == u.arcsec
    assert np.sum(table["n_rows"].mask) == sum(c.n_rows is None for c in CATALOGS.values())


def test_unknown_name():
    with pytest.raises(UnknownNameError, match="unknown catalog 'MCXC'; did you mean 'mcxc'"):
        CATALOGS["MCXC"]


def test_position_errors_are_those_of_the_catalogs(real_data):
    """The two typical errors that were measured, measured again."""
    from astrocnn.catalogs import read_catalog

    folder = real_data / "cluster_catalogues"
    for name, file, column, unit in (
        ("psz2", "psz2", "pos_err", u.deg),
        ("erass1", "erass1-m_extended", "posErr", u.arcsec),
    ):
        errors = np.asarray(read_catalog(folder / f"{file}.csv.gz")[column])
        wanted = CATALOGS[name].position_error.to_value(unit)
        assert np.median(errors) == pytest.approx(wanted, rel=0.01)
