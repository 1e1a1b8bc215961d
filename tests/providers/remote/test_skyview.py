"""SkyView: its form, its page of links, its images, over a real connection."""

import gzip
import io

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.config import conf
from astrocnn.exceptions import ProviderError, UnknownNameError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyViewProvider
from astrocnn.surveys import get_band

CENTER = SkyCoord(150, 2, unit="deg")
FORM = b"""<html><form action="/cgi/query.pl">
<input type="text" name="Position" value="">
<select id="X" name="survey"><option>RASS-Cnt Broad</option><option>DSS2 Red</option></select>
<select name="projection"><option value="Tan" selected>Gnomonic</option></select>
</form></html>"""


def field_of(query):
    """The grid that a request of SkyView asks for."""
    n = int(query["pixels"].split(",")[0])
    side = float(query["size"].split(",")[0]) * u.deg
    ra, dec = map(float, query["Position"].split())
    return CutoutGrid(SkyCoord(ra, dec, unit="deg", frame="fk5"), side, n)


@pytest.fixture
def skyview(web):
    """SkyView with one source of 1000 counts in the middle; ``web.fault`` makes it fail."""
    web.fault, web.asked = None, None

    def answer(path, query):
        if path == "/form.pl":
            return FORM
        if path == "/cgi/query.pl":
            web.asked = query
            if web.fault == "no link":
                return b"<html>no image</html>"
            return b'<a href="/temp/skv1.jpg">JPEG</a> <a href="/temp/skv1.fits">FITS</a>'
        if web.fault == "html":
            return b"<html>Maintenance</html>"
        grid = field_of(web.asked)
        if web.fault == "elsewhere":
            grid = CutoutGrid(SkyCoord(151, 2, unit="deg"), grid.size, grid.pixels)
        image = np.zeros(grid.shape, "float32")
        image[grid.pixels // 2, grid.pixels // 2] = 1000.0
        file, image = io.BytesIO(), image[1:] if web.fault == "shape" else image
        fits.PrimaryHDU(image, grid.wcs.to_header()).writeto(file)
        return file.getvalue()[: -5760 if web.fault == "truncated" else None]

    web.answer = answer
    with conf.set_temp("skyview_server", web.url + "/form.pl"), conf.set_temp("retries", 0):
        yield web


@pytest.fixture
def grid():
    return CutoutGrid(CENTER, 30 * u.arcmin, 100)


def test_counts_of_a_source_are_kept(skyview, grid):
    pixels = SkyViewProvider("rass").cutout(grid)
    assert pixels.image.shape == (100, 100)
    assert pixels.valid.all()
    assert pixels.image.sum() == pytest.approx(1000, rel=0.02)
    assert not pixels.exposure_known
    y, x = np.unravel_index(pixels.image.argmax(), pixels.image.shape)
    assert max(abs(x - 49.5), abs(y - 49.5)) < 3


def test_request(skyview, grid):
    SkyViewProvider("rass").cutout(grid)
    query = skyview.asked
    assert (query["survey"], query["projection"]) == ("RASS-Cnt Broad", "Tan")
    asked = field_of(query)
    assert asked.center.separation(CENTER) < 50 * u.mas  # astroquery rounds to 1e-5 deg
    assert asked.pixel_scale.to_value(u.arcsec) == pytest.approx(45)
    assert asked.size > grid.size + 4 * get_band("rass").pixel_scale


def test_form_is_asked_for_once_and_images_are_kept(skyview, grid, kept):
    provide = SkyViewProvider("rass")
    first = provide.cutout(grid)
    provide.cutout(CutoutGrid(SkyCoord(150, 3, unit="deg"), 30 * u.arcmin, 100))
    assert [path for path, _ in skyview.requests].count("/form.pl") == 1
    assert len(skyview.requests) == 5
    np.testing.assert_array_equal(SkyViewProvider("rass").cutout(grid).image, first.image)
    assert len(skyview.requests) == 5


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("no link", "offers no image"),
        ("html", "sent no FITS image but 24 bytes"),
        ("truncated", "truncated|cannot be read"),
        ("shape", r"shape \(45, 46\), not \(46, 46\)"),
        ("elsewhere", "pixels from where it should be"),
    ],
)
def test_faults(skyview, grid, kept, fault, message):
    skyview.fault = fault
    with pytest.raises(ProviderError, match=message):
        SkyViewProvider("rass").cutout(grid)
    assert not list(kept.rglob("*.answer"))


def test_link_to_another_place(skyview, grid):
    """As a redirect: only where the user allows it."""
    page = b'<a href="http://localhost:9/skv1.fits">FITS</a>'
    usual = skyview.answer
    skyview.answer = lambda path, query: page if path == "/cgi/query.pl" else usual(path, query)
    with pytest.raises(ProviderError, match=r"leads to http://localhost:9/skv1.fits, .*'localhost"):
        SkyViewProvider("rass").cutout(grid)
    with (
        conf.set_temp("redirect_hosts", ["localhost:9"]),
        pytest.raises(ProviderError, match=r"could not reach http://localhost:9/skv1.fits"),
    ):
        SkyViewProvider("rass").cutout(grid)


@pytest.mark.parametrize("page", [b"", b"\xff\x00", b"<form>", b"<html><form action='::'></form>",
                                  b"<select id='X' name='survey'></select>"])  # fmt: skip
def test_form_that_is_none(skyview, grid, page):
    skyview.answer = lambda path, query: page
    with pytest.raises(ProviderError, match="form cannot be read|does not know"):
        SkyViewProvider("rass").cutout(grid)


def test_gzip_file_as_image(skyview, grid, kept):
    usual = skyview.answer

    def answer(path, query):
        found = usual(path, query)
        return gzip.compress(found) if path.startswith("/temp") else found

    skyview.answer = answer
    for _ in range(2):
        assert SkyViewProvider("rass").cutout(grid).image.sum() == pytest.approx(1000, rel=0.02)


def test_service_that_fails(skyview, grid):
    skyview.answer = lambda path, query: 503
    with pytest.raises(ProviderError, match="answered 503"):
        SkyViewProvider("rass").cutout(grid)
    skyview.answer = lambda path, query: b"<html>another page</html>"
    with pytest.raises(ProviderError, match="does not know RASS-Cnt Broad"):
        SkyViewProvider("rass").cutout(grid)


def test_names():
    assert SkyViewProvider("dss2").survey == "DSS2 Red"
    assert SkyViewProvider("xmm", survey="PSPC 2.0 Deg-Int").survey == "PSPC 2.0 Deg-Int"
    with pytest.raises(UnknownNameError, match="name of xmm at SkyView is not known: give survey="):
        SkyViewProvider("xmm")


def test_survey_that_skyview_does_not_have(skyview, grid):
    with pytest.raises(ProviderError, match="SkyView does not know Roentgen"):
        SkyViewProvider("rass", survey="Roentgen").cutout(grid)


def test_field_that_is_too_large(skyview):
    with pytest.raises(ProviderError, match="choose a smaller field"):
        SkyViewProvider("rass").cutout(CutoutGrid(CENTER, 60 * u.deg, 100))


@pytest.mark.remote_data
def test_real_service():
    """The Coma cluster is bright in the middle of its ROSAT field."""
    grid = CutoutGrid(SkyCoord("12h59m48s +27d58m50s"), 2 * u.deg, 120)
    image = SkyViewProvider("rass").cutout(grid).image
    assert image[50:70, 50:70].mean() > 3 * image[:20].mean()
