"""HATS catalogs through LSDB, row by row against `match_sky`."""

import subprocess
import sys

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table

from astrocnn.exceptions import InvalidTargetError
from astrocnn.matching import describe_match, match_hats, match_sky
from astrocnn.matching._lsdb import import_lsdb, nearest_in_partition, quiet

#: LSDB compiles its alignment of pixels anew in each process: 15 s of a processor.
slow = pytest.mark.slow

COLUMNS = ["matched", "separation", "match_id", "z_spec", "chance_probability"]


@pytest.fixture(scope="module")
def lsdb():
    """LSDB, or no test."""
    try:
        with quiet():
            return import_lsdb()
    except ImportError as error:
        pytest.skip(str(error))


def drawn(rng, n):
    return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))


@pytest.fixture(scope="module")
def catalog():
    """Twelve entries per ten square degrees, more at a corner of base pixels and at a pole."""
    rng = np.random.default_rng(3)
    parts = [drawn(rng, 50_000), (rng.normal(45, 1, 500) % 360, rng.normal(0, 1, 500)),
             (rng.uniform(0, 360, 300), 90 - np.abs(rng.normal(0, 0.5, 300)))]  # fmt: skip
    ra, dec = (np.concatenate(values) for values in zip(*parts, strict=True))
    n = len(ra)
    return QTable({
        "source_id": [f"C{i}" for i in range(n)],
        "ra": ra * u.deg,
        "dec": dec * u.deg,
        "z_spec": MaskedColumn(rng.uniform(0, 1, n), mask=np.arange(n) % 3 == 0),
    }, meta={"name": "drawn"})  # fmt: skip


@pytest.fixture(scope="module")
def folder(lsdb, catalog, tmp_path_factory):
    """The same catalog in HATS files of unequal orders, without a margin."""
    path = tmp_path_factory.mktemp("hats") / "drawn"
    frame = Table(catalog).to_pandas()
    with quiet():
        lsdb.from_dataframe(
            frame, catalog_name="drawn", partition_rows=4000, margin_threshold=None
        ).write_catalog(path, progress_bar=False)  # fmt: skip
    return path


@pytest.fixture(scope="module")
def targets(catalog):
    """Entries moved by up to 4 arcmin; positions across edges of base pixels, the pole, RA 0."""
    rng = np.random.default_rng(4)
    chosen = rng.choice(len(catalog), 300, replace=False)
    coords = SkyCoord(catalog["ra"], catalog["dec"])[chosen].directional_offset_by(
        rng.uniform(0, 360, 300) * u.deg, rng.uniform(0, 4, 300) * u.arcmin
    )
    edges = SkyCoord([45, 45.001, 0, 359.9999, 90, 10, 0, 135, 200],
                     [0, 0.001, 0, 1e-4, 41.81, 89.99, 90, -41.81, -89.9], unit="deg")  # fmt: skip
    table = QTable({"ra": np.r_[coords.ra, edges.ra, np.nan * u.deg],
                    "dec": np.r_[coords.dec, edges.dec, 0 * u.deg]})  # fmt: skip
    table["radius"] = rng.uniform(0.5, 5, len(table)) * u.arcmin
    return table


def assert_same(one, other, prefix="", reached=1.0):
    """Fraction of targets whose rings all have an entry near enough; others get a limit."""
    assert one.colnames == other.colnames
    for name in COLUMNS:
        first, second = (np.ma.array(table[prefix + name]) for table in (one, other))
        np.testing.assert_array_equal(np.ma.getmaskarray(first), np.ma.getmaskarray(second))
    for name in ("separation", "chance_probability", "z_spec"):
        first, second = (np.ma.array(table[prefix + name]).filled(0) for table in (one, other))
        same = np.isclose(first, second, rtol=1e-9, atol=0)
        if name == "chance_probability" and reached < 1:
            assert reached <= same.mean() < 1
            assert (first[~same] > second[~same]).all()
        else:
            assert same.all()
    assert one[prefix + "match_id"].tolist() == other[prefix + "match_id"].tolist()
    assert one.meta == other.meta


@slow
def test_row_by_row_as_match_sky(folder, catalog, targets):
    one, other = match_hats(targets, folder), match_sky(targets, catalog)
    assert_same(one, other)
    assert 100 < one["matched"].sum() < 250
    assert describe_match(one) == describe_match(other)
    assert one.meta["match"]["chance_expected"] > 0


@slow
def test_opened_catalog_other_columns_and_radii(lsdb, folder, catalog, targets):
    """One that LSDB has opened; a radius per target; identifiers that are no text; a prefix."""
    with quiet():
        opened = lsdb.open_catalog(folder)
    options = {"radius": targets["radius"], "prefix": "d_", "n_shifts": 3, "shift": 0.5 * u.deg}
    one = match_hats(targets, opened, **options)
    assert_same(one, match_sky(targets, catalog, **options), "d_", reached=0.7)
    assert "(one per target) (drawn)" in describe_match(one, "d_")
    with pytest.raises(InvalidTargetError, match="already have the column 'd_matched'"):
        match_hats(one, folder, prefix="d_")
    # Without identifiers and redshifts: the index of HATS, and nothing.
    plain = match_hats(targets, opened[["ra", "dec"]], **options)
    np.testing.assert_array_equal(plain["d_matched"], one["d_matched"])
    assert plain["d_match_id"].dtype.kind == "i"
    assert plain["d_z_spec"].mask.all()
    named = match_hats(targets, folder, columns={"source_id": "z_spec"}, **options)
    np.testing.assert_array_equal(named["d_match_id"].mask, one["d_z_spec"].mask)


@slow
def test_length_at_the_redshift_of_the_target(folder, catalog, targets):
    z = np.linspace(0.05, 0.5, len(targets))
    options = {"redshift": z, "n_shifts": 2, "shift": 0.5 * u.deg}
    one = match_hats(targets, folder, 500 * u.kpc, **options)
    assert_same(one, match_sky(targets, catalog, 500 * u.kpc, **options), reached=0.7)


@slow
def test_widest_shift(folder, catalog, targets):
    """Margins of ten degrees: positions far over the edges of base pixels, and over the poles."""
    options = {"shift": 10 * u.deg, "n_shifts": 4}
    one = match_hats(targets, folder, 4 * u.deg, **options)
    assert_same(one, match_sky(targets, catalog, 4 * u.deg, **options))
    assert one["matched"].sum() == len(targets) - 1


@slow
def test_sparse_catalog_gives_an_upper_limit_of_chance(lsdb, catalog, targets):
    """One entry in a hundred square degrees: rings of 1 degree see none."""
    with quiet():
        sparse = catalog[:400]
        opened = lsdb.from_dataframe(
            Table(sparse).to_pandas(), catalog_name="drawn", margin_threshold=None
        )
    places = SkyCoord(sparse["ra"], sparse["dec"])[:50].directional_offset_by(
        0 * u.deg, 1 * u.arcmin
    )
    one, other = match_hats(places, opened), match_sky(places, sparse)
    assert one["matched"].all()
    assert one["match_id"].tolist() == other["match_id"].tolist()
    assert (one["chance_probability"] >= other["chance_probability"] * (1 - 1e-9)).all()
    assert one["chance_probability"].max() < 1e-3


@slow
def test_far_from_the_catalog_and_no_targets(lsdb, folder, catalog):
    with quiet():
        opened = lsdb.open_catalog(folder).cone_search(45, 0, 3600)
    far = match_hats(SkyCoord([200.0], [50.0], unit="deg"), opened)
    assert not far["matched"].any()
    assert all(far[name].mask.all() for name in COLUMNS[1:])
    assert describe_match(far).startswith("0 of 1 targets matched within 2 arcmin (drawn); fewer")
    none = match_hats(QTable({"ra": [] * u.deg, "dec": [] * u.deg}), folder)
    assert none.colnames == ["ra", "dec"] + COLUMNS
    near = match_hats(SkyCoord([45.0, 45.0], [0.0, 5.0], unit="deg"), opened, 0.4 * u.deg)
    assert near["matched"].tolist() == [True, False]  # the filter is kept


@slow
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"z": "z_spec"}}, "must name source_id or z_spec, not 'z'"),
        ({"columns": {"source_id": "objID"}}, "no column 'objID' in the catalog; its columns are"),
        ({"catalog": Table({"ra": [1.0], "dec": [2.0]})}, "not Table; match_sky takes tables"),
        ({"radius": 40 * u.arcmin}, "at least twice the radius"),
        ({"radius": 3}, "radius must be an angle"),
        ({"shift": 11 * u.deg}, "shift must be at most 10 deg here"),
        ({"radius": 1 * u.Mpc}, "needs redshifts"),
    ],
)
def test_bad_arguments(folder, targets, options, message):
    with pytest.raises(InvalidTargetError, match=message):
        match_hats(targets, **({"catalog": folder} | options))


@slow
def test_no_such_folder(lsdb, targets, tmp_path):
    with pytest.raises(FileNotFoundError):
        match_hats(targets, tmp_path / "nothing")


def test_nearest_of_one_partition():
    """Needs no LSDB: the half of the positions that is far from the pixel is not looked at."""
    pandas = pytest.importorskip("pandas")

    class Info:
        ra_column, dec_column = "RA", "DEC"

    class Partition:
        left_df = pandas.DataFrame({"RA": [45.0, 45.1], "DEC": [0.1, 0.1]})
        right_df = pandas.DataFrame({"RA": [225.0, 45.09, 45.2], "DEC": [0.0, 0.1, 0.1]})
        left_catalog_info = right_catalog_info = Info
        left_order, left_pixel = 3, healpy.ang2pix(8, 45.05, 0.1, nest=True, lonlat=True)

    entry, position, separation = nearest_in_partition(Partition, np.radians(0.05))
    assert (entry.tolist(), position.tolist()) == ([1], [1])
    assert np.degrees(separation[0]) == pytest.approx(0.01, rel=1e-3)


def test_without_lsdb_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['lsdb'] = None\n"
        "from astropy.coordinates import SkyCoord\n"
        "from astrocnn.matching import match_hats\n"
        "try:\n    match_hats(SkyCoord([1.0], [2.0], unit='deg'), 'folder')\n"
        "except ImportError as error:\n    print(error)\n"
        "print('pandas' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install astrocnn[lsdb]" in done.stdout
    assert done.stdout.strip().endswith("False")
