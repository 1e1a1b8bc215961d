"""Catalogs from tables and files: which column is taken, what counts as missing."""

import gzip

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError, UnknownNameError


@pytest.fixture
def table():
    return Table({
        "NAME": ["A", "B", "C"],
        "RA": [10.0, 20.0, 30.0],
        "DEC": [-5.0, 0.0, 5.0],
        "Z": [0.1, 0.2, 0.3],
        "M500": [1.0, 2.0, 3.0],
    })  # fmt: skip


def test_canonical_columns_come_first_and_the_rest_is_kept(table):
    catalog = read_catalog(table, name="mine")
    assert catalog.colnames == ["source_id", "ra", "dec", "z_spec", "M500"]
    assert catalog.meta["columns"] == {
        "source_id": "NAME", "ra": "RA", "dec": "DEC", "z_spec": "Z",
    }  # fmt: skip
    assert catalog.meta["name"] == "mine"
    assert catalog["ra"].unit == u.deg
    assert catalog["z_spec"].tolist() == [0.1, 0.2, 0.3]
    assert table.colnames == ["NAME", "RA", "DEC", "Z", "M500"]


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "fits", "fits.gz", "ecsv", "vot"])
def test_file_formats(table, tmp_path, suffix):
    path = tmp_path / f"clusters.{suffix}"
    if suffix == "csv.gz":
        table.write(tmp_path / "plain.csv")
        path.write_bytes(gzip.compress((tmp_path / "plain.csv").read_bytes()))
    else:
        table.write(path, format={"vot": "votable"}.get(suffix))
    catalog = read_catalog(path)
    assert catalog["source_id"].tolist() == ["A", "B", "C"]
    np.testing.assert_allclose(catalog["dec"].to_value("deg"), [-5, 0, 5])
    np.testing.assert_allclose(catalog["z_spec"], [0.1, 0.2, 0.3])
    assert not np.any(catalog["z_spec"].mask)
    assert catalog.meta["name"] == "clusters"


def test_columns_argument_wins(table):
    table["REDSHIFT"] = [0.11, 0.22, 0.33]
    table["RA_BCG"], table["DEC_BCG"] = table["RA"] + 1, table["DEC"] + 1
    names = {"z_spec": "Z", "ra": "RA_BCG", "dec": "DEC_BCG", "source_id": "M500"}
    catalog = read_catalog(table, columns=names)
    assert catalog["z_spec"].tolist() == [0.1, 0.2, 0.3]
    assert catalog["ra"].to_value("deg").tolist() == [11, 21, 31]
    assert catalog["source_id"].tolist() == [1, 2, 3]
    assert read_catalog(table)["z_spec"].tolist() == [0.11, 0.22, 0.33]


def test_columns_argument_is_checked(table):
    with pytest.raises(UnknownNameError, match="unknown column 'REDSHIFT'.*NAME, RA, DEC"):
        read_catalog(table, columns={"z_spec": "REDSHIFT"})
    with pytest.raises(UnknownNameError, match="did you mean 'z_spec'"):
        read_catalog(table, columns={"zspec": "Z"})
    with pytest.raises(InvalidTargetError, match="both 'ra' and 'dec'"):
        read_catalog(table, columns={"ra": "RA"})


def test_columns_are_found_by_ucd():
    table = Table({"c1": ["x"], "c2": [10.0], "c3": [-5.0], "c4": [0.3], "c5": [0.31]})
    ucds = ("meta.id;meta.main", "pos.eq.ra;meta.main", "pos.eq.dec;meta.main")
    for name, ucd in zip(table.colnames, (*ucds, "src.redshift.phot", "src.redshift"), strict=True):
        table[name].meta["ucd"] = ucd
    catalog = read_catalog(table)
    assert catalog.meta["columns"] == {
        "source_id": "c1", "ra": "c2", "dec": "c3", "z_spec": "c5", "z_phot": "c4",
    }  # fmt: skip
    assert catalog["z_phot"].tolist() == [0.3]


def test_spectroscopic_name_goes_before_a_mere_redshift(table):
    table["zspec"] = [1.1, 1.2, 1.3]
    assert read_catalog(table)["z_spec"].tolist() == [1.1, 1.2, 1.3]


def test_a_coordinate_is_no_redshift():
    table = Table({"ra": [10.0], "dec": [-5.0], "X": [0.5], "y": [0.1], "z": [0.3]})
    assert read_catalog(table)["z_spec"].tolist() == [None]
    assert read_catalog(table, columns={"z_spec": "z"})["z_spec"].tolist() == [0.3]
    table["redshift"] = [0.2]
    assert read_catalog(table)["z_spec"].tolist() == [0.2]
    table = Table({"ra": [10.0], "dec": [-5.0], "z": [0.3]})
    table["z"].meta["ucd"] = "pos.cartesian.z"
    assert read_catalog(table)["z_spec"].tolist() == [None]


def test_a_magnitude_is_no_redshift(table):
    with_unit = table.copy()
    with_unit["Z"].unit = u.mag
    assert read_catalog(with_unit)["z_spec"].mask.all()
    table["R"], table["I"] = 19.0, 18.0
    assert read_catalog(table)["z_spec"].mask.all()
    assert "Z" in read_catalog(table).colnames


def test_column_named_like_the_catalog_is_the_identifier(table):
    table.rename_column("NAME", "MCXC")
    assert read_catalog(table, name="MCXC")["source_id"].tolist() == ["A", "B", "C"]
    assert read_catalog(table)["source_id"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("missing", [-1.0, -99.0, np.nan, np.inf, 99.0, -0.5, 0.0, 9.99])
def test_words_for_missing_are_masked(table, missing):
    table["Z"][1] = missing
    assert read_catalog(table)["z_spec"].mask.tolist() == [False, True, False]


@pytest.mark.parametrize("redshift", [1e-5, -0.001, 14.4])
def test_true_redshifts_are_not(table, redshift):
    table["Z"][1] = redshift
    catalog = read_catalog(table)
    assert not np.any(catalog["z_spec"].mask)
    assert catalog["z_spec"][1] == redshift


def test_masked_and_textual_redshifts(table):
    table["Z"] = MaskedColumn([0.1, 0.2, 0.3], mask=[True, False, False])
    assert read_catalog(table)["z_spec"].mask.tolist() == [True, False, False]
    table["Z"] = ["0.1", "NA", " "]
    catalog = read_catalog(table)
    assert catalog["z_spec"].tolist() == [0.1, None, None]
    table["Z"] = ["0.1", "0.2 (phot)", ""]
    with pytest.raises(InvalidTargetError, match="column 'Z' holds text"):
        read_catalog(table)


def test_masked_quantity_without_unit(table):
    table["Z"] = MaskedColumn([0.1, 0.2, 0.3], mask=[False, True, False], unit="")
    assert read_catalog(QTable(table))["z_spec"].tolist() == [0.1, None, 0.3]


@pytest.mark.parametrize("name", ["Z", "cz", "RV", "Vel", "HRV", "V_hel", "redshift"])
def test_velocities_are_redshifts(table, name):
    """By their unit; names of velocities need none."""
    table["Z"] = [29979.2458, 59958.4916, -99.0]
    table.rename_column("Z", name)
    if name not in ("Z", "redshift"):
        np.testing.assert_allclose(read_catalog(table)["z_spec"].filled(-1), [0.1, 0.2, -1])
    table[name].unit = u.km / u.s
    for columns in (None, {"z_spec": name}):
        catalog = read_catalog(table, columns=columns)
        np.testing.assert_allclose(catalog["z_spec"].filled(-1), [0.1, 0.2, -1])
        assert catalog["z_spec"].unit is None
        assert catalog.meta["columns"]["z_spec"] == name


def test_what_is_no_velocity(table):
    """A redshift goes first; extinctions, dispersions and errors are none."""
    table["cz"] = [7500.0, 7600.0, 7700.0]
    assert read_catalog(table)["z_spec"].tolist() == [0.1, 0.2, 0.3]
    for name, values in (("RV", [3.1, 3.1, 3.0]), ("e_cz", [30.0, 50, 70]), ("sigma", [900.0] * 3)):
        other = table["NAME", "RA", "DEC"]
        other[name] = values
        assert read_catalog(other)["z_spec"].mask.all()


def test_units_that_no_redshift_has(table):
    table["Z"].unit = u.erg
    with pytest.raises(InvalidTargetError, match="unit 'erg'"):
        read_catalog(table, columns={"z_spec": "Z"})
    assert read_catalog(table)["z_spec"].mask.all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n_Z", ["s", "p", ""]),
        ("n_Z", [b"S", b"P", b""]),
        ("REDSHIFT_TYPE", ["spec", "phot", "spec"]),
        ("SpzType", ["spectroscopic", "photometric", "grism"]),
        ("Redshift Flag", ["", "PHOT", "SPEC"]),
        ("zflag", ["SUN", "PUN", ""]),
        ("z_type", ["spec-z", "Photo-z", "spec-z"]),
    ],
)
def test_photometric_redshifts_are_not_spectroscopic(table, name, words):
    table[name] = words
    catalog = read_catalog(table)
    assert catalog["z_spec"].tolist() == [0.1, None, 0.3]
    assert catalog["z_phot"].tolist() == [None, 0.2, None]
    assert catalog.colnames[3:5] == ["z_spec", "z_phot"]
    assert catalog["z_phot"].info.meta["ucd"] == "src.redshift.phot"
    table["zphot"] = MaskedColumn([0.15, 0.25, 0.35], mask=[False, False, True])
    assert read_catalog(table)["z_phot"].tolist() == [0.15, 0.25, None]


def test_kind_of_redshift_by_the_columns_argument(table):
    table["how"] = ["spec", "phot", "phot"]
    catalog = read_catalog(table, columns={"z_type": "how"})
    assert catalog["z_spec"].tolist() == [0.1, None, None]
    # Words for both kinds, and nothing else, tell whatever the column is called.
    assert read_catalog(table)["z_spec"].tolist() == [0.1, None, None]
    table["how"] = ["spec", "WFI", "phot"]
    assert read_catalog(table)["z_spec"].tolist() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("words", [["a", "p", "x"], ["1", "2", "3"], ["", "", ""]])
def test_notes_that_name_no_kind(table, words):
    """In VizieR's tables ``n_z`` may be a note of any kind."""
    table["n_Z"] = words
    assert read_catalog(table)["z_spec"].tolist() == [0.1, 0.2, 0.3]


def test_missing_positions_are_nan(table):
    table["RA"] = MaskedColumn([10.0, 20.0, 30.0], mask=[False, True, False])
    catalog = read_catalog(table)
    assert np.isnan(catalog["ra"].value).tolist() == [False, True, False]


def test_unknown_units_do_not_warn(table):
    table["RAh"], table["M500"] = ["00:40:00", "01:20:00", "02:00:00"], [1.0, 2.0, 3.0]
    table["RAh"].unit = u.Unit('"h:m:s"', parse_strict="silent")
    table["M500"].unit = u.Unit("10+14solMass?", parse_strict="silent")
    catalog = read_catalog(table)
    assert catalog["RAh"].tolist() == ["00:40:00", "01:20:00", "02:00:00"]
    assert catalog["M500"].value.tolist() == [1, 2, 3]


def test_reading_again_changes_nothing(table, tmp_path):
    catalog = read_catalog(table, name="mine")
    catalog.write(tmp_path / "mine.ecsv")
    again = read_catalog(tmp_path / "mine.ecsv")
    assert again.colnames == catalog.colnames
    assert again.meta["name"] == "mine"


def test_empty_table():
    empty = Table(names=["name", "ra", "dec", "z"], dtype=["U4", float, float, float])
    catalog = read_catalog(empty)
    assert len(catalog) == 0
    assert catalog.colnames == ["source_id", "ra", "dec", "z_spec"]


def test_what_is_no_catalog(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no catalog"):
        read_catalog(tmp_path / "none.fits")
    (tmp_path / "bad.fits").write_bytes(b"SIMPLE  =  T")
    with pytest.raises(InvalidTargetError, match="cannot read the catalog '.*bad.fits'"):
        read_catalog(tmp_path / "bad.fits")
    with pytest.raises(InvalidTargetError, match="no sky columns"):
        read_catalog(Table({"x": [1]}))
    with pytest.raises(InvalidTargetError, match="not int"):
        read_catalog(3)


@pytest.mark.parametrize(
    ("file", "name", "rows", "redshifts", "identifier"),
    [
        ("mcxc", "MCXC", 1743, 1743, "MCXC"),
        ("psz2", None, 1653, 1093, "name"),
        ("erass1-m_extended", None, 26682, 0, "name"),
        ("bcs", None, 206, 206, "Name"),
    ],
)
def test_real_catalogs(real_data, file, name, rows, redshifts, identifier):
    catalog = read_catalog(real_data / "cluster_catalogues" / f"{file}.csv.gz", name)
    assert len(catalog) == rows
    assert np.sum(~catalog["z_spec"].mask) == redshifts
    assert catalog.meta["columns"]["source_id"] == identifier


def test_sexagesimal_positions_of_real_objects(real_data):
    catalog = read_catalog(real_data / "simbad_xclass" / "objects.csv.gz")
    row = catalog[np.asarray(catalog["source_id"] == "XCLASS 1013")][0]
    assert row["ra"].to_value("deg") == pytest.approx(15 * (39 / 60 + 42.2 / 3600), abs=1e-6)
    assert row["dec"].to_value("deg") == pytest.approx(45 / 60 + 33.1 / 3600, abs=1e-6)
    assert row["z_spec"] == 0.4152


def test_frame_of_pandas():
    table = Table({"name": ["a", "b"], "ra": [1.0, 2.0], "dec": [3.0, 4.0], "z": [0.1, np.nan]})
    assert read_catalog(table.to_pandas()).pformat() == read_catalog(table).pformat()


def _z(catalog, name="z_spec"):
    return catalog[name].tolist()


_SKY = {"RA": [10.0, 11.0, 12.0], "DEC": [1.0, 2.0, 3.0]}


def test_status_of_redshifts():
    # as X-CLASS has it
    status = ["confirmed", "tentative", "photometric"]
    catalog = read_catalog(Table({**_SKY, "z": [0.31, 0.41, 0.2], "z_status": status}))
    assert _z(catalog) == [0.31, 0.41, None]
    assert _z(catalog, "z_phot") == [None, None, 0.2]


def test_best_redshifts_with_their_types():
    # as eRASS1 has them
    kinds = {"BEST_Z": [0.3, 0.5, 0.7], "BEST_Z_TYPE": ["spec_z", "photo_z", "lit_z"]}
    photometric = {"PHOT_Z": [0.31, 0.51, 0.71]}
    catalog = read_catalog(Table({**_SKY, **kinds, **photometric, "CG_SPEC_Z": [0.1, 0.2, 0.3]}))
    assert _z(catalog) == [0.3, None, 0.7]
    assert _z(catalog, "z_phot") == [0.31, 0.51, 0.71]
    assert catalog.meta["columns"]["z_spec"] == "BEST_Z"


def test_best_redshifts_of_unknown_types():
    catalog = read_catalog(Table({**_SKY, "BEST_Z": [0.3, 0.5, -1.0]}))
    assert _z(catalog) == [None] * 3
    assert _z(catalog, "z_best") == [0.3, 0.5, None]


@pytest.mark.parametrize("flags", [[1, 0, 1], [True, False, True], ["True", "False", "t"]])
def test_truth_value_is_no_redshift(flags):
    # as SPT has it
    catalog = read_catalog(Table({**_SKY, "REDSHIFT": [0.702, 0.5, 0.6], "SPECZ": flags}))
    assert _z(catalog) == [0.702, None, 0.6]
    assert _z(catalog, "z_phot") == [None, 0.5, None]


@pytest.mark.parametrize("name", ["CLUZSPEC", "BCG_SPEC_Z", "bcg_zspec", "SPEC_Z_BOOT"])
def test_spectroscopic_redshifts_of_clusters_and_galaxies(name):
    table = Table({**_SKY, "Z_LAMBDA": [0.2, 0.3, 0.4], name: [0.25, -99.0, 0.41]})
    assert _z(read_catalog(table)) == [0.25, None, 0.41]


def test_plainest_spectroscopic_redshift():
    table = Table({**_SKY, "CLUZSPECBOOT": [0.9] * 3, "CLUZSPEC": [0.25, 0.3, 0.4]})
    assert _z(read_catalog(table)) == [0.25, 0.3, 0.4]


def test_velocities_of_simbad_are_relativistic():
    # the Doppler factor of z is 1 + z; c is 299792.458 km/s
    speed = 299792.458 * (1.25**2 - 1) / (1.25**2 + 1)
    catalog = read_catalog(Table({**_SKY, "rvz_radvel": [speed, speed, speed]}))
    np.testing.assert_allclose(catalog["z_spec"], 0.25)


def test_velocities_and_redshifts_of_simbad():
    speeds, types = [299792.458 * 0.6, 0.25, 29979.2458], ["v", "z", "c"]
    catalog = read_catalog(Table({**_SKY, "rvz_radvel": speeds, "rvz_type": types}))
    np.testing.assert_allclose(catalog["z_spec"], [1.0, 0.25, 0.1])


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("ZWARN", 0, 4), ("zWarning", 0, 16), ("NQ", 3, 2), ("q_cz", 4, 1), ("ZQUALITY", 4, -1)],
)
def test_doubtful_redshifts_are_unknown(name, good, bad):
    table = Table({**_SKY, "Z": [0.1, 0.2, 0.3], name: [good, bad, good]})
    with pytest.warns(AstrocnnWarning, match=f"1 of 3 redshifts .*'{name}'"):
        assert _z(read_catalog(table)) == [0.1, None, 0.3]
    table.remove_column(name)
    assert _z(read_catalog(table)) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("name", ["z(phot)", "photo-z", "Photometric Redshift", "zphot_median"])
def test_names_of_photometric_redshifts(name):
    catalog = read_catalog(Table({**_SKY, name: [0.1, 0.2, 0.3]}))
    assert (_z(catalog), _z(catalog, "z_phot")) == ([None] * 3, [0.1, 0.2, 0.3])


@pytest.mark.parametrize("name", ["cz [km/s]", "v (km/s)", "cz_kms", "redshift_kms"])
def test_velocities_whose_names_say_their_unit(name):
    catalog = read_catalog(Table({**_SKY, name: np.array([0.1, 0.2, 0.3]) * 299792.458}))
    np.testing.assert_allclose(catalog["z_spec"], [0.1, 0.2, 0.3])


def test_few_cells_of_text_are_unknown_redshifts():
    table = Table({**_SKY, "Redshift": ["0.1", "~0.3", "0.2"]})
    with pytest.warns(AstrocnnWarning, match="1 of 3 cells of column 'Redshift' .*'~0.3'"):
        assert _z(read_catalog(table)) == [0.1, None, 0.2]
    table["Redshift"] = ["near", "far", "0.1"]
    with pytest.raises(InvalidTargetError, match="holds text, no redshifts"):
        read_catalog(table)


def test_identifiers_without_gaps_go_first_if_they_tell_rows_apart():
    table = Table({"MCXC": ["A1", "", "A3"], "ID": ["x", "y", "z"], "ra": [1.0, 2, 3]})
    table["dec"] = 0.0
    catalog = read_catalog(table, name="MCXC")
    assert catalog["source_id"].tolist() == ["x", "y", "z"]
    table["ID"] = ["ROSAT", "ROSAT", "EXOSAT"]
    catalog = read_catalog(table, name="MCXC")
    assert catalog["source_id"].tolist()[::2] == ["A1", "A3"]
