"""FITS tables: what astropy cannot read, or leaves unsaid."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.tables import read_file, read_targets

SKY = {"NAME": ["A1", "B2"], "RA": [10.0, 11.0], "DEC": [1.0, -85.0], "z": [0.1, 0.2]}


@pytest.fixture
def write(tmp_path):
    def call(header=(), primary=(), columns=SKY, name="a.fits"):
        hdu = fits.BinTableHDU(Table(columns))
        hdu.header.update(dict(header))
        first = fits.PrimaryHDU()
        first.header.update(dict(primary))
        fits.HDUList([first, hdu]).writeto(tmp_path / name)
        return tmp_path / name

    return call


def separation(path, frame, **keys):
    """Distance (arcsec) from the numbers in that frame."""
    expected = SkyCoord(SKY["RA"], SKY["DEC"], unit="deg", frame=frame, **keys).icrs
    catalog = read_catalog(path)
    found = [read_targets(path), catalog, read_targets(Table.read(path)), read_catalog(catalog)]
    return max(SkyCoord(t["ra"], t["dec"]).separation(expected).arcsec.max() for t in found)


@pytest.mark.parametrize(
    ("header", "frame", "equinox"),
    [
        ({"RADESYS": "FK4", "EQUINOX": 1950.0}, "fk4", "B1950"),
        ({"RADECSYS": "FK4"}, "fk4", "B1950"),
        ({"EQUINOX": 1950.0}, "fk4", "B1950"),
        ({"RADESYS": "FK5", "EQUINOX": 1975.0}, "fk5", "J1975"),
    ],
)
def test_another_equinox_is_converted(write, header, frame, equinox):
    assert separation(write(header), frame, equinox=equinox) < 1e-6


@pytest.mark.parametrize(
    "header",
    [{}, {"RADESYS": "ICRS"}, {"EQUINOX": 2000.0}, {"RADESYS": "ICRS", "EQUINOX": 2016.0},
     {"RADECSYS": "FK5", "EQUINOX": 2000.0}, {"EQUINOX": "odd"}],
)  # fmt: skip
def test_equinox_2000_is_icrs(write, header):
    assert separation(write(header), "icrs") < 1e-6


def test_the_primary_header_counts(write):
    expected = SkyCoord(SKY["RA"], SKY["DEC"], unit="deg", frame="fk4").icrs
    targets = read_targets(write(primary={"RADESYS": "FK4", "EQUINOX": 1950.0}))
    assert SkyCoord(targets["ra"], targets["dec"]).separation(expected).arcsec.max() < 1e-6


def test_a_name_that_says_its_equinox_goes_first(write):
    columns = {"RAJ2000": [10.0], "DEJ2000": [1.0]}
    assert read_targets(write({"EQUINOX": 1950.0}, columns=columns))["ra"][0].value == 10


def patched(path, old, new):
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    return path


def test_text_ends_at_nul(write):
    """What stands behind it is left over in memory, and no part of the name."""
    path = write(columns={**SKY, "NAME": ["A1zxxxx", "B2"]})
    patched(path, b"A1zxxxx", b"A1\0xxxx")
    for ids in (read_targets(path)["target_id"], read_catalog(path)["source_id"],
                read_targets(fits.getdata(path))["target_id"]):  # fmt: skip
        assert ids.tolist() == ["A1", "B2"]
    with fits.open(path) as hdus:
        assert read_targets(hdus[1])["target_id"].tolist() == ["A1", "B2"]
    assert read_targets(Table.read(path))["target_id"].tolist() == ["A1", "B2"]


def test_bytes_that_are_no_utf8_are_escaped(write):
    path = patched(write(columns={**SKY, "NAME": ["cafZ", "B2"]}), b"cafZ", b"caf\xe9")
    expected = ["caf\\xe9", "B2"]
    assert read_targets(path)["target_id"].tolist() == expected
    assert read_catalog(path)["source_id"].tolist() == expected
    assert read_catalog(Table.read(path))["source_id"].tolist() == expected
    assert read_targets(fits.getdata(path))["target_id"].tolist() == expected


def test_a_null_that_its_column_cannot_hold(write):
    """As eSASS writes its catalogs: OWNER is a byte without sign, and missing is -99."""
    columns = {**SKY, "OWNER": np.array([1, 2], np.uint8), "n": np.array([-9, 2], np.int16)}
    path = write({"TNULL5": -99, "TNULL6": -9}, columns=columns)
    table = read_file(path)
    assert table["OWNER"].tolist() == [1, 2]
    assert table["n"].tolist() == [None, 2]
    assert read_catalog(path)["source_id"].tolist() == ["A1", "B2"]
    with fits.open(path) as hdus:
        for source in (hdus[1], hdus[1].data):
            assert read_targets(source)["ra"].value.tolist() == [10, 11]


@pytest.mark.parametrize("number", ["ML_ID_SRC", "ID_SRC"])
def test_one_row_per_source(write, number):
    """A source list with a row per camera and band: that of all of them is the source."""
    columns = {
        number: [7, 7, 7, 8, 8, 9],
        "ID_INST": [1, 0, 1, 1, 0, 1],
        "ID_BAND": [1, 0, 0, 2, 0, 3],
        "RA": [10.0, 10.0, 10.0, 11.0, 11.0, 12.0],
        "DEC": [1.0, 1.0, 1.0, 2.0, 2.0, 3.0],
        "FLUX": [1, 2, 3, 4, 5, 6],
    }
    table = read_file(write(columns=columns))
    assert table[number].tolist() == [7, 8, 9]
    assert table["FLUX"].tolist() == [2, 5, 6]
    assert read_targets(write(columns=columns, name="b.fits"))["flag"].tolist() == ["", "", ""]


def test_the_table_with_positions_is_taken(tmp_path):
    gti, sky = fits.BinTableHDU(Table({"START": [1.0]})), fits.BinTableHDU(Table(SKY), name="SRC")
    image = fits.ImageHDU(np.ones((2, 2)))
    fits.HDUList([fits.PrimaryHDU(), image, gti, sky]).writeto(tmp_path / "a.fits")
    assert len(read_targets(tmp_path / "a.fits")) == 2
    fits.HDUList([fits.PrimaryHDU(), sky, sky.copy()]).writeto(tmp_path / "b.fits")
    with pytest.warns(AstrocnnWarning, match="holds 2 tables with positions, and the first .SRC."):
        assert len(read_targets(tmp_path / "b.fits")) == 2


def test_an_image_is_no_table(tmp_path):
    fits.PrimaryHDU(np.ones((4, 4))).writeto(tmp_path / "a.fits")
    with pytest.raises(InvalidTargetError, match="No table found in the file: images are given"):
        read_targets(tmp_path / "a.fits")


@pytest.mark.parametrize("cut", [2880, 5760, 5800, 8641])
@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
def test_a_damaged_file_is_named(write, cut):
    path = write(columns={"RA": np.arange(2000.0) % 360, "DEC": np.zeros(2000)})
    path.write_bytes(path.read_bytes()[:cut])
    for read in (read_targets, read_catalog):
        with pytest.raises(InvalidTargetError, match="cannot read .*a.fits"):
            read(path)
