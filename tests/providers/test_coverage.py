"""MOCs: asked for once, kept, believed only where they are sure; which survey covers what."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astrocnn.config import conf
from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import AstrocnnWarning
from astrocnn.grid import CutoutGrid
from astrocnn.providers import _coverage, hips_moc, survey_coverage
from astrocnn.providers._coverage import is_outside
from astrocnn.surveys import get_band

mocpy = pytest.importorskip("mocpy")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mocpy")

RED = "CDS/P/DSS2/red"


@pytest.fixture
def mocs(web):
    """A MOC server that knows the MOCs of a dict (in words), by HiPS."""
    known = {}

    def answer(path, query):
        hips = next((hips for hips in known if f"ID={hips})" in query["expr"]), None)
        return known[hips].encode() if hips else b""

    web.answer = answer
    with (
        conf.set_temp("moc_server", [web.url]),
        conf.set_temp("check_coverage", True),
        conf.set_temp("timeout", 1.0),
    ):
        yield known


def outside(ra, dec, size=6 * u.arcmin):
    return is_outside(RED, CutoutGrid(SkyCoord(ra, dec, unit="deg"), size, 16))


def test_request(mocs, web):
    mocs[RED] = "3/1-2 5"
    assert hips_moc(RED).sky_fraction == pytest.approx(3 / 768)
    assert hips_moc(RED) is hips_moc(RED)
    ((_, query),) = web.requests
    assert (query["get"], query["fmt"], query["order"]) == ("moc", "ascii", "max")
    assert query["expr"] == f"(ID={RED})&&hips_frame=*"


def test_moc_is_kept_for_a_month(mocs, web, kept, monkeypatch):
    mocs[RED] = "3/1-2 5"
    found = hips_moc(RED)
    _coverage.forget_mocs()
    assert hips_moc(RED) == found
    assert len(web.requests) == 1
    monkeypatch.setattr(_coverage, "_MOST_AGE", -1.0)
    mocs[RED] = "3/1-2 5-6"
    _coverage.forget_mocs()
    assert hips_moc(RED).sky_fraction > found.sky_fraction
    # An old one is better than none.
    mocs.clear()
    _coverage.forget_mocs()
    assert hips_moc(RED).sky_fraction > found.sky_fraction


@pytest.mark.parametrize("found", [b"", b"<html>Maintenance</html>", 500, 404, b"\xff\xfe"])
def test_without_a_moc_the_run_goes_on(mocs, web, kept, found):
    """Asked once, silently, and nothing is outside."""
    web.answer = lambda path, query: found
    assert hips_moc(RED) is None
    assert not outside(150, 2)
    assert len(web.requests) == 1
    assert not list(kept.rglob("*.answer"))


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
    assert [path for path, _ in web.requests] == ["/"]


def test_first_survey_that_covers(mocs):
    mocs |= dict.fromkeys(get_band("xmm").hips, "0/0")  # 0 < ra < 90, north
    mocs |= {"erosita/dr1/rate/024": "0/0-3", "CDS/P/RASS": "0/0-11", RED: "0/0-11"}
    targets = QTable({
        "name": ["north", "other north", "south", "nowhere"],
        "ra": [45, 135, 45, np.nan] * u.deg, "dec": [40, 40, -40, 0] * u.deg,
    })  # fmt: skip
    with pytest.warns(UserWarning, match="4 targets: 1 without a valid position"):
        table = survey_coverage(targets, ["xmm", "erosita", "rass", "dss2"])
    assert table["xray"].tolist() == ["xmm", "erosita", "rass", ""]
    assert table["optical"].tolist() == ["dss2-red", "dss2-red", "dss2-red", ""]
    assert table["coverage_xmm"].filled(-1).tolist() == [1, 0, 0, -1]


def test_share_of_the_field(mocs):
    """Half of a field on the border; a band covers where all its HiPS do."""
    eb2, eb3 = get_band("xmm").hips
    mocs |= {eb2: "0/0", eb3: "0/0 4"}  # the meridian ra = 90 deg ends face 0
    border = SkyCoord(90.0, 45.0, unit="deg")
    table = survey_coverage(border, ["xmm"], size=1 * u.deg, enough=0.4)
    assert table["coverage_xmm"][0] == pytest.approx(0.5, abs=0.05)
    assert table["xray"][0] == "xmm"
    assert survey_coverage(border, ["xmm"])["xray"][0] == ""


def test_unknown_coverage_is_never_chosen(mocs):
    mocs["CDS/P/RASS"] = "0/0-11"
    with pytest.warns(AstrocnnWarning, match="what xmm cover is not known"):
        table = survey_coverage(SkyCoord(45, 40, unit="deg"), ["xmm", "rass"])
    assert table["coverage_xmm"].mask.all()
    assert table["xray"].tolist() == ["rass"]
