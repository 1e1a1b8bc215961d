"""Positions of any frame in every format: read back, they are where they were."""

import warnings
from importlib.util import find_spec

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.tables import check_output_path, read_file, read_targets, write_result

needs_pyarrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs pyarrow")
SUFFIXES = [".ecsv", ".fits", ".vot", ".csv", pytest.param(".parquet", marks=needs_pyarrow)]
FRAMES = {
    "icrs": {},
    "galactic": {},
    "supergalactic": {},
    "fk4": {},
    "fk5": {"equinox": "J1975"},
    "barycentrictrueecliptic": {},
    "cirs": {"obstime": "J2020"},
}
VOTABLE = """<VOTABLE version="1.3"><RESOURCE><COOSYS ID="s" system="eq_FK4" equinox="B1950"/>
<TABLE>
<FIELD name="name" datatype="char" arraysize="*"/>
<FIELD name="ra" datatype="double" unit="deg" ref="s"/>
<FIELD name="dec" datatype="double" unit="deg" ref="s"/>
<DATA><TABLEDATA><TR><TD>A</TD><TD>150</TD><TD>2</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE>
</VOTABLE>"""


def distance(path, coords):
    """Largest distance (arcsec) of what is read from where it was."""
    tables = read_targets(path), read_catalog(path)
    return max(SkyCoord(t["ra"], t["dec"]).separation(coords.icrs).arcsec.max() for t in tables)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("frame", FRAMES)
def test_column_of_coordinates(tmp_path, frame, suffix):
    coords = SkyCoord([150, 10] * u.deg, [2, -50] * u.deg, frame=frame, **FRAMES[frame])
    path = write_result(QTable({"name": ["A", "B"], "at": coords}), tmp_path / f"a{suffix}")
    assert distance(path, coords) < 1e-5
    if frame != "supergalactic" and suffix != ".ecsv":
        expected = ("l", "b") if frame == "galactic" else ("ra", "dec")
        assert tuple(read_file(path).colnames[1:]) == expected


@pytest.mark.parametrize("suffix", [".fits", ".csv"])
def test_cartesian_and_masked(tmp_path, suffix):
    coords = SkyCoord(x=[1, 0], y=[0, 1], z=[0, 0], representation_type="cartesian")
    read = read_targets(write_result(QTable({"at": coords}), tmp_path / f"a{suffix}"))
    assert read["ra"].value.tolist() == pytest.approx([0, 90])


def test_coordinates_that_cannot_be_converted(tmp_path):
    table = QTable({"at": SkyCoord([1] * u.deg, [2] * u.deg, frame="altaz")})
    with pytest.raises(InvalidTargetError, match=r"column 'at' cannot .* frame 'altaz'"):
        check_output_path(tmp_path / "a.fits", table=table)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", ["fits", "vot"])
def test_columns_of_an_older_equinox(tmp_path, source, suffix):
    """The system of a table goes with it into other files; CSV has no place for it."""
    old, path = SkyCoord([150], [2], unit="deg", frame="fk4"), tmp_path / f"old.{source}"
    if source == "vot":
        path.write_text(VOTABLE)
    else:
        meta = {"EQUINOX": 1950.0}
        Table({"name": ["A"], "ra": [150.0], "dec": [2.0]}, meta=meta).write(path)
    table = read_file(path)
    if suffix == ".csv":
        with pytest.warns(AstrocnnWarning, match="cannot say that ra and dec are of fk4 B1950"):
            write_result(table, tmp_path / f"new{suffix}")
        return
    new = write_result(table, tmp_path / f"new{suffix}")
    assert distance(new, old) < 1e-5
    # What was converted is ICRS, and stays it.
    again = write_result(read_targets(path), tmp_path / f"again{suffix}")
    assert distance(again, old) < 1e-5


def test_equinox_for_other_programs(tmp_path):
    """FITS headers and VOTables say it in their own words."""
    from astropy.io import fits, votable

    (tmp_path / "old.vot").write_text(VOTABLE)
    table = read_file(tmp_path / "old.vot")
    header = fits.getheader(write_result(table, tmp_path / "a.fits"), 1)
    assert (header["RADESYS"], header["EQUINOX"]) == ("FK4", 1950)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = votable.parse(write_result(table, tmp_path / "a.vot"))
    (system,) = tree.iter_coosys()
    assert (system.system, system.equinox) == ("eq_FK4", "B1950")
    assert [field.ref for field in tree.get_first_table().fields] == [None, system.ID, system.ID]
