"""MOCs and dates of release: asked for once, kept, believed only where they are sure."""

import gzip
import hashlib
import io
import json
import time

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.config import conf
from astrocnn.cutouts import make_cutouts
from astrocnn.grid import CutoutGrid
from astrocnn.providers import Hips2FitsProvider, hips_moc
from astrocnn.providers._remote import _moc
from astrocnn.providers._remote._moc import is_outside

mocpy = pytest.importorskip("mocpy")

RED = "CDS/P/DSS2/red"


def outside(ra, dec, size=6 * u.arcmin):
    return is_outside(RED, CutoutGrid(SkyCoord(ra, dec, unit="deg"), size, 16))


def test_request(mocs, web):
    mocs[RED] = "3/1-2 5"
    assert hips_moc(RED).sky_fraction == pytest.approx(3 / 768)
    assert hips_moc(RED) is hips_moc(RED)
    (_, query), (_, other) = web.requests
    assert (other["get"], other["fields"]) == ("record", "ID, hips_release_date")
    assert (query["get"], query["fmt"], query["order"]) == ("moc", "ascii", "max")
    assert query["expr"] == f"(ID={RED})&&hips_frame=*"


def test_moc_is_kept_for_a_month(mocs, web, kept, monkeypatch):
    mocs[RED] = "3/1-2 5"
    found = hips_moc(RED)
    _moc.forget_mocs()
    assert hips_moc(RED) == found
    assert len(web.requests) == 2
    monkeypatch.setattr(_moc, "_MOST_AGE", -1.0)
    mocs[RED] = "3/1-2 5-6"
    _moc.forget_mocs()
    assert hips_moc(RED).sky_fraction > found.sky_fraction
    # An old one is better than none.
    mocs.clear()
    _moc.forget_mocs()
    assert hips_moc(RED).sky_fraction > found.sky_fraction


@pytest.mark.parametrize("found", [b"", b"<html>Maintenance</html>", 500, 404, b"\xff\xfe"])
def test_without_a_moc_the_run_goes_on(mocs, web, kept, found):
    """Asked once, silently, and nothing is outside."""
    web.answer = lambda path, query: found
    assert hips_moc(RED) is None
    assert not outside(150, 2)
    assert len(web.requests) == 1
    assert not list(kept.rglob("*.answer"))


BAD_MOCS = [b"", b" ", b"3", b"99/1", b"30/1", b"5/12288", b"3/5-1", b"3/1-768", b"-1/2", b"3/-5",
            b"300/1", b"t3/1", b"3/1;2", b"{\"3\": [1]}", b"5/99999999999999999999", b"\xff",
            b"29/3458764513820540928", "3/\u0663".encode(), b"3/1 3/1-5 2/0", b"\0"]  # fmt: skip


@pytest.mark.parametrize("words", BAD_MOCS)
def test_damaged_moc(mocs, web, kept, words):
    """Neither a panic of mocpy nor a MOC of cells that do not exist, from the service or kept."""
    web.answer = lambda path, query: words
    assert hips_moc(RED) is None
    assert not outside(150, 2)
    _moc.forget_mocs()
    _moc.IMAGES.store("MOC", RED, words)  # an earlier version may have kept it
    assert hips_moc(RED) is None
    assert not outside(150, 2)


def test_packed_moc(mocs, web, kept):
    web.answer = lambda path, query: gzip.compress(b"3/1-2 5\n6/")
    assert hips_moc(RED).sky_fraction == pytest.approx(3 / 768)


def test_without_mocpy(mocs, web, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "mocpy", None)
    assert hips_moc(RED) is None
    assert web.requests == []


@pytest.mark.parametrize("size", [1 * u.arcmin, 6 * u.arcmin, 2 * u.deg, 40 * u.deg])
def test_field_with_coverage_is_never_outside(mocs, size):
    """Random cells, random fields: where any pixel is in the MOC, pixels are asked for."""
    rng = np.random.default_rng(3)
    cells = np.unique(rng.integers(0, 12 * 4**5, 900))
    mocs[RED] = "5/" + " ".join(map(str, cells))
    moc, n_outside = mocpy.MOC.from_string(mocs[RED], format="ascii"), 0
    for _ in range(60):
        ra, dec = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
        grid = CutoutGrid(SkyCoord(ra, dec, unit="deg"), size, 16)
        if is_outside(RED, grid):
            n_outside += 1
            assert not moc.contains_lonlat(*(angle * u.deg for angle in grid.lonlat())).any()
    assert n_outside > 0 or size > 30 * u.deg
    assert hips_moc(RED) == moc


def test_borders_and_poles(mocs):
    """A cell around a pole, seen from next to it and from afar."""
    mocs[RED] = "8/65535"  # the northern corner of face 0
    assert not outside(45, 90)
    assert not outside(200, 89.95)
    assert outside(45, 85)
    assert outside(45, -90)


def test_no_request_for_pixels_outside(mocs, web, kept):
    mocs[RED] = "8/65535"
    targets = SkyCoord(np.arange(5.0), np.zeros(5), unit="deg")
    with conf.set_temp("hips2fits_server", [web.url + "/hips2fits"]):
        dataset = make_cutouts(targets, ["dss2"], pixels=16)
    assert set(dataset["status"].values.ravel()) == {"no_coverage:dss2-red"}
    assert dataset.attrs["faults"] == []
    assert [path for path, _ in web.requests] == ["/", "/"]


def test_pixels_of_an_older_release_are_asked_for_again(mocs, web, kept):
    """The date comes with the MOC; pixels kept before it are stale, those kept since are not."""
    grid = CutoutGrid(SkyCoord(45, 89.99, unit="deg"), 6 * u.arcmin, 16)
    mocs[RED] = "8/65535"
    provide = Hips2FitsProvider("dss2", server=web.url + "/hips2fits")
    web.pixels = fits_file(grid, 1.0)
    assert provide.cutout(grid).image.max() == 1
    (path,) = (kept / "CDS_P_DSS2_red").rglob("*.answer")
    assert provide.cutout(grid).image.max() == 1
    web.pixels, asked = fits_file(grid, 2.0), len(web.requests)
    raw = path.read_bytes()
    _, line, content = raw.split(b"\n", 2)
    about = json.loads(line) | {"kept": time.time() - 40 * 86400}
    rest = json.dumps(about).encode() + b"\n" + content
    path.write_bytes(f"astrocnn-cache-1 {hashlib.sha256(rest).hexdigest()}\n".encode() + rest)
    assert provide.cutout(grid).image.max() == 1  # old, but of this release
    web.released = time.strftime("%Y-%m-%dT00:00Z", time.gmtime(time.time() - 86400))
    _moc.forget_mocs()
    assert provide.cutout(grid).image.max() == 1  # the date that is kept says so still
    assert len(web.requests) == asked
    for place in (kept / "MOC").rglob("*.answer"):
        place.unlink()
    _moc.forget_mocs()
    hips_moc(RED)
    assert provide.cutout(grid).image.max() == 2
    assert provide.cutout(grid).image.max() == 2
    assert len(web.requests) == asked + 3


def fits_file(grid, value):
    file = io.BytesIO()
    fits.PrimaryHDU(np.full(grid.shape, value, "float32"), grid.wcs.to_header()).writeto(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("record", "date"),
    [
        (b'[{"ID": "a", "hips_release_date": "2019-05-07T10:30Z"}]', 1557187200),
        (b'{"hips_release_date":"1970-01-02"}', 86400),
        (b'[{"hips_release_date": "2919-05-07"}]', 0),
        (b'[{"hips_release_date": "2019-99-99"}]', 0),
        (b"[]", 0),
    ],
)
def test_date_of_release(record, date):
    assert _moc._release_date(record) == date


@pytest.mark.remote_data
def test_real_service():
    """DSS2 is all sky, XMM-Newton a few percent of it."""
    _moc.forget_mocs()
    with conf.set_temp("check_coverage", True):
        assert hips_moc(RED).sky_fraction > 0.99
        assert 0.01 < hips_moc("xcatdb/P/XMM/PN/eb2").sky_fraction < 0.2
    _moc.forget_mocs()
