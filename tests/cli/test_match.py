"""``astrocnn match``."""

import numpy as np
import pytest
from astropy.table import QTable, Table


@pytest.fixture
def catalog(folder):
    Table({
        "name": ["A", "B", "C"], "ra": [150.01, 150.02, 10.0], "dec": [2.0, 2.0, -50.05],
        "z": [0.1, 0.5, 0.02],
    }).write(folder / "catalog.csv")  # fmt: skip
    return "catalog.csv"


def test_nearest_is_printed_with_its_chance_rate(run, catalog):
    code, out, err = run("match", "targets.csv", catalog)
    assert (code, err) == (0, [])
    assert [line.split()[:2] for line in out[3:5]] == [["near", "150.0"], ["far", "10.0"]]
    assert out[-1].startswith("1 of 2 targets matched within 2 arcmin (catalog); fewer than")


def test_table_is_written_with_the_columns_of_the_targets(run, folder, catalog):
    code, out, _ = run("match", "targets.csv", catalog, "-o", "out.ecsv", "--prefix", "c_")
    assert code == 0
    assert out[-1] == "written: out.ecsv"
    table = QTable.read(folder / "out.ecsv")
    assert table.colnames[:4] == ["name", "ra", "dec", "c_matched"]
    assert table["c_match_id"].tolist() == ["A", None]
    assert run("match", "targets.csv", catalog, "-o", "out.ecsv")[0] == 1
    assert run("match", "targets.csv", catalog, "-o", "out.ecsv", "--overwrite")[0] == 0


def test_length_at_the_redshift_of_either_side(run, folder, catalog):
    # 36 arcsec are 66 kpc at z = 0.1; 180 arcsec are 73 kpc at z = 0.02.
    code, out, _ = run("match", "targets.csv", catalog, "--radius", "70kpc")
    assert code == 0
    assert out[-1].startswith("1 of 2 targets matched within 70 kpc (catalog);")
    code, out, _ = run("match", "targets.csv", catalog, "--radius", "80kpc")
    assert out[-1].startswith("2 of 2 targets")
    code, _, err = run("match", "targets.csv", catalog, "--radius", "80kpc", "--per", "target")
    assert code == 1
    assert "no column 'z_spec' of the targets" in err[0]
    (folder / "z.csv").write_text("ra,dec,redshift\n150,2,0.9\n10,-50,0.01\n")
    code, out, _ = run("match", "z.csv", catalog, "--radius", "80kpc", "--per", "target",
                       "--redshift", "redshift")  # fmt: skip
    assert out[-1].startswith("1 of 2 targets")


@pytest.mark.parametrize("how", [[], ["--one-to-one"], ["--all"]])
def test_length_at_the_redshift_of_a_nearby_cluster(run, folder, catalog, how):
    """500 kpc around Virgo are 2 degrees: chance is measured farther out."""
    table = Table.read(catalog)
    table["z"][2] = 0.0036
    table.write(folder / "near.csv")
    code, out, err = run("match", "targets.csv", "near.csv", "--radius", "500kpc", *how)
    assert (code, err) == (0, [])
    assert " of 2 targets" in out[-1]


@pytest.mark.parametrize("name", ["z", "z_spec", "photometric"])
def test_redshift_by_its_name_in_the_file(run, folder, catalog, name):
    table = Table.read(folder / catalog)
    table["photometric"] = table["z"]
    table.write(folder / catalog, overwrite=True)
    code, out, _ = run("match", "targets.csv", catalog, "--radius", "80kpc", "--redshift", name)
    assert code == 0
    assert out[-1].startswith("2 of 2 targets matched within 80 kpc (catalog);")


def test_photometric_redshifts_do_not_become_spectroscopic_ones(run, folder, catalog):
    table = Table.read(folder / catalog)
    table["zphot"] = table["z"] + 0.2
    table.write(folder / catalog, overwrite=True)
    options = ["--radius", "80kpc", "--redshift", "zphot", "-o", "m.ecsv"]
    assert run("match", "targets.csv", catalog, *options)[0] == 0
    matched = Table.read("m.ecsv")
    z = dict(zip(table["name"], table["z"], strict=True))
    for row in matched[~np.ma.getmaskarray(matched["match_id"])]:
        assert row["z_spec"] == pytest.approx(z[row["match_id"]])


def test_advice_on_redshifts_and_columns(run, folder, catalog):
    length = "match", "targets.csv", catalog, "--radius", "80kpc"
    code, _, err = run(*length, "--redshift", "zz")
    assert code == 1
    assert "no column 'zz' of the catalog: the column 'z_spec' has its redshifts" in err[-1]
    code, _, err = run(*length, "--per", "target")
    assert code == 1
    assert "(redshift=, --redshift), or take" in err[-1]
    assert run("match", "targets.csv", catalog, "-o", "out.ecsv")[0] == 0
    code, _, err = run("match", "out.ecsv", catalog)
    assert code == 1
    assert "--prefix psz2_)" in err[-1]
    assert run("match", "out.ecsv", catalog, "--prefix", "psz2_")[0] == 0


def test_length_without_any_redshift(run, folder, catalog):
    table = Table.read(catalog)
    table["z"] = -1.0
    table.write(folder / "none.csv")
    code, _, err = run("match", "targets.csv", "none.csv", "--radius", "500kpc")
    assert code == 1
    assert err[0].endswith("and no row of the catalog has one: give an angle")


def test_pairs(run, folder, catalog):
    code, out, _ = run("match", "targets.csv", catalog, "--all", "-o", "out.fits")
    assert code == 0
    assert "2 pairs of 2 targets within 2 arcmin; fewer than" in out[-2]
    assert np.array_equal(QTable.read(folder / "out.fits")["entry_row"], [0, 1])
    assert "1 pairs" in run("match", "targets.csv", catalog, "--nearest", "1")[1][-1]


def test_one_to_one(run, folder, catalog):
    (folder / "two.csv").write_text("ra,dec\n150.000,2.0\n150.009,2.0\n")
    assert "2 of 2" in run("match", "two.csv", catalog, "--one-to-one")[1][-1]
    lines = run("match", "two.csv", catalog, "--one-to-one")[1]
    assert {line.split()[4] for line in lines[3:5]} == {"A", "B"}


def test_one_position(run, catalog):
    code, out, _ = run("match", "150.0 2.0", catalog, "--radius", "50arcsec")
    assert code == 0
    assert "1 of 1 targets matched within 50 arcsec" in out[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.csv", "catalog.csv"], 1, "'nowhere.csv' is neither a file nor a position"),
        (["targets.csv", "none.csv"], 1, "there is no catalog 'none.csv'"),
        (["targets.csv", "catalog.csv", "--radius", "2"], 2, "'2' is no radius such as 2arcmin"),
        (["targets.csv", "catalog.csv", "--radius", "0kpc"], 2, "no radius"),
        (["targets.csv", "catalog.csv", "--all", "--one-to-one"], 2, "not allowed with"),
        (["targets.csv", "catalog.csv", "--radius", "4deg", "--shift", "1deg"], 1, "at least"),
        (["targets.csv", "catalog.csv", "-o", "out.doc"], 1, "out.doc"),
        (["targets.csv", "catalog.csv", "--per", "target"], 1, "--per would not be used: it needs"),
        (["targets.csv", "catalog.csv", "--redshift", "z"], 1, "--redshift would not be used"),
        (["targets.csv", "catalog.csv", "--all", "--prefix", "p"], 1, "--prefix would not be used"),
        (["150 2", "catalog.csv", "--format", "ascii.csv"], 1, "--format would not be used"),
        (["targets.csv", "empty.csv"], 1, "the catalog 'empty.csv' has no rows"),
    ],
)
def test_bad_input(run, folder, catalog, arguments, code, message):
    (folder / "empty.csv").write_text("name,ra,dec\n")
    found, _, err = run("match", *arguments)
    assert found == code
    assert message in "\n".join(err)


@pytest.mark.parametrize("k", [10**9, 10**30])
def test_more_neighbors_than_entries(run, catalog, k):
    """As many as there are, without room for those that there are not."""
    assert run("match", "targets.csv", catalog, "--nearest", k)[1] == (
        run("match", "targets.csv", catalog, "--all")[1]
    )


def test_formats_that_are_named(run, folder, catalog):
    """Of either table; one that astropy does not know is an error in one line."""
    (folder / "page.tex").write_text(
        "\\begin{tabular}{lll}\nra & dec & name \\\\\n150.0 & 2.0 & near \\\\\n\\end{tabular}\n"
    )
    code, out, _ = run("match", "page.tex", catalog, "--format", "ascii.latex")
    assert code == 0
    assert any("near" in line for line in out)
    code, out, _ = run("match", "targets.csv", "page.tex", "--catalog-format", "ascii.latex")
    assert code == 0
    code, _, err = run("match", "targets.csv", catalog, "--format", "nonsense")
    assert code == 1
    assert len(err) == 1
    assert err[0].startswith("error: cannot read 'targets.csv'")
