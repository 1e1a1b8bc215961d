"""Requests to hips2fits, and what becomes of each kind of answer, over a real connection."""

import gzip
import importlib.util
import io
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.config import conf
from astrocnn.exceptions import NoCoverageError, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import Hips2FitsProvider
from astrocnn.providers._remote import _answer_image, _hips2fits
from astrocnn.providers._remote._answer_wcs import check_wcs
from astrocnn.providers._remote._hips2fits import request_parameters
from astrocnn.services import UselessAnswer, forget_services
from astrocnn.surveys import get_band, xmm_band

_SPEC = importlib.util.spec_from_file_location(
    "hips2fits_server", Path(__file__).with_name("hips2fits_server.py")
)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

CENTER = SkyCoord(150, 2, unit="deg")


@pytest.fixture
def service(monkeypatch):
    """A service on the loopback address; waits between retries are short."""
    monkeypatch.setattr(_hips2fits, "_BACKOFF", 0.01)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    forget_services()
    with _MODULE.Hips2FitsServer(CENTER) as server:
        yield server


@pytest.fixture
def grid():
    return CutoutGrid(CENTER, 6 * u.arcmin, 90)


def provider(service, band="dss2-red", **kwargs):
    return Hips2FitsProvider(band, **{"server": service.url, "timeout": 60, **kwargs})


# Requests -----------------------------------------------------------------------------------------


def test_request_has_hips_grid_and_format():
    grid = CutoutGrid(SkyCoord(359.99, -89.5, unit="deg"), 10 * u.arcmin, 77)
    parameters = request_parameters("CDS/P/DSS2/red", grid)
    assert (parameters["hips"], parameters["format"]) == ("CDS/P/DSS2/red", "fits")
    header = fits.Header(json.loads(parameters["wcs"]))
    assert (header["NAXIS1"], header["NAXIS2"]) == (77, 77)
    ra, dec = WCS(header).pixel_to_world_values(*np.indices((77, 77))[::-1])
    asked, wanted = SkyCoord(ra, dec, unit="deg"), SkyCoord(*grid.lonlat(), unit="deg")
    assert asked.separation(wanted).max() < 1 * u.mas


def test_request_without_matplotlib(monkeypatch, grid):
    """Matplotlib is an extra of this package: the request is the same without it."""
    full = request_parameters("CDS/P/DSS2/red", grid)
    monkeypatch.setitem(sys.modules, "matplotlib.colors", None)
    plain = request_parameters("CDS/P/DSS2/red", grid)
    assert set(plain) == {"hips", "format", "wcs"}
    assert plain == {key: full[key] for key in plain}


def test_band_without_hips():
    with pytest.raises(ProviderError, match=r"band xmm \(EPIC-MOS2\) has no HiPS; give local ima"):
        Hips2FitsProvider(xmm_band(detector="MOS2"))


def test_description():
    assert Hips2FitsProvider(get_band("dss2-red")).description == "hips2fits CDS/P/DSS2/red"
    assert Hips2FitsProvider.remote


# Good answers -------------------------------------------------------------------------------------


def test_image_is_the_sky_on_the_grid(service, grid):
    pixels = provider(service).cutout(grid)
    sky = service.sky(SkyCoord(*grid.lonlat(), unit="deg"))
    np.testing.assert_allclose(pixels.image, sky, rtol=1e-5)
    assert pixels.image.dtype == np.float32
    assert pixels.valid.all()
    assert pixels.exposure is None
    assert pixels.exposure_known
    assert [r["hips"] for r in service.requests] == ["CDS/P/DSS2/red"]


def test_orientation_of_the_image(service):
    """A source north-east of the center is up and to the left."""
    grid = CutoutGrid(SkyCoord(149.98, 1.99, unit="deg"), 6 * u.arcmin, 91)
    image = provider(service).cutout(grid).image
    row, column = np.unravel_index(image.argmax(), image.shape)
    assert row > 45
    assert column < 45


def test_sum_of_several_hips(service, grid):
    pixels = provider(service, "xmm").cutout(grid)
    assert [r["hips"] for r in service.requests] == list(get_band("xmm").hips)
    sky = service.sky(SkyCoord(*grid.lonlat(), unit="deg"))
    np.testing.assert_allclose(pixels.image, 2 * sky, rtol=1e-5)


def test_counts_scale_with_the_pixel_area(service):
    """The counts of a source are the same on fine and coarse pixels."""
    provide = provider(service, "rass")
    native = get_band("rass").pixel_scale
    service.sigma, service.background = 3 * native, 0.0
    wanted = 2 * np.pi * service.peak * (service.sigma / native).to_value(u.one) ** 2
    for pixels in (60, 151):
        image = provide.cutout(CutoutGrid(CENTER, 30 * native, pixels))
        assert image.image.sum() == pytest.approx(wanted, rel=2e-3)
        assert not image.exposure_known


def test_settings_are_read_at_each_request(service, grid):
    provide = Hips2FitsProvider("dss2-red")
    with conf.set_temp("hips2fits_server", service.url):
        assert provide.cutout(grid).valid.all()
    with (
        conf.set_temp("hips2fits_server", service.url + "/other"),
        conf.set_temp("retries", 0),
        pytest.raises(ProviderError, match=r"/other answered 500.*\(1 tried\)"),
    ):
        service.always = "500"
        provide.cutout(grid)


def test_threads_share_connections(service, grid):
    provide = provider(service)
    barrier = threading.Barrier(4)

    def work(_):
        barrier.wait(60)
        return [provide.cutout(grid).image for _ in range(3)]

    with ThreadPoolExecutor(4) as pool, conf.set_temp("requests", 2):
        images = list(pool.map(work, range(4)))
    assert np.all(np.array(images) == images[0][0])
    assert len(service.requests) == 12
    assert len(service.connections) <= 2


# Faults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "503", "429", "reset", "cut"])
def test_passing_fault_is_tried_again(service, grid, fault):
    service.faults = [fault]
    assert provider(service, retries=1).cutout(grid).valid.all()
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("500", r"answered 500 .*application/json.*no such HiPS.*\(3 tried\)"),
        ("reset", r"could not reach http://127.*; check the connection or give local images with"),
        ("cut", r"broke off its answer \(.*\d+ more were expected\) .*check the connection"),
    ],
)
def test_lasting_fault(service, grid, fault, message):
    service.always = fault
    with pytest.raises(ProviderError, match=message):
        provider(service, retries=2).cutout(grid)
    assert len(service.requests) == 3


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_timeout(service, grid, fault):
    service.always = fault
    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"within 0\.3 s \(2 tried\); check the connection"):
        provider(service, timeout=0.3, retries=1).cutout(grid)
    assert time.monotonic() - started < 30
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("404", r"refused the request: status 404 .*application/json.*no such HiPS"),
        ("html", r"no FITS image but 37 bytes of text/html that start with '<html><body>Maint"),
        ("empty", r"no FITS image but 0 bytes of application/fits$"),
        ("truncated", r"answer of hips2fits for CDS/P/DSS2/red is truncated: \d+ of 32400 bytes"),
        ("shape", r"for CDS/P/DSS2/red is an image of shape \(91, 90\), not \(90, 90\)"),
        ("cube", r"no readable two-dimensional image: NAXIS = 3"),
        ("redirect", r"leads to 'file:///etc/hostname': it is no address that starts with http"),
        ("loop", r"sends the request on more than 3 times"),
    ],
)
def test_useless_answer_is_not_tried_again(service, grid, fault, message):
    service.always = fault
    with pytest.raises(ProviderError, match=message):
        provider(service, retries=3).cutout(grid)
    assert len(service.requests) == (4 if fault == "loop" else 1)


def test_endless_answer_is_cut_off(service, grid, monkeypatch):
    monkeypatch.setattr(_hips2fits, "_MAX_BYTES", 10**6)
    service.always = "endless"
    with pytest.raises(ProviderError, match="sent more than 1000000 bytes"):
        provider(service).cutout(grid)


def test_no_coverage(service, grid):
    service.always = "nan"
    with pytest.raises(NoCoverageError, match="no dss2-red pixels at 10h00m00s .*02d00m00s"):
        provider(service).cutout(grid)


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_respected(service, grid, monkeypatch, as_date):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    later = datetime.now(UTC) + timedelta(seconds=7)
    service.faults, service.retry_after = ["503"], format_datetime(later) if as_date else "7"
    assert provider(service).cutout(grid).valid.all()
    assert sum(waits) == pytest.approx(7, abs=1.5)


def test_long_retry_after_is_not_waited_for(service, grid, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waited"))
    service.always, service.retry_after = "503", "3600"
    with pytest.raises(ProviderError, match=r"asks to come back in 3600 s \(1 tried\)"):
        provider(service, retries=5).cutout(grid)
    assert len(service.requests) == 1


def test_waits_grow(service, grid, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    service.always, service.retry_after = "500", "soon"
    with pytest.raises(ProviderError):
        provider(service, retries=3).cutout(grid)
    for longest, wait in zip((0.01, 0.02, 0.04), waits, strict=True):
        assert longest / 2 <= wait <= longest


def test_nobody_listens(grid, monkeypatch):
    monkeypatch.setattr(_hips2fits, "_BACKOFF", 0.01)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    message = r"could not reach http://127\.0\.0\.1:9/ \(.*refused\) \(3 tried\); check the connec"
    with pytest.raises(ProviderError, match=message):
        Hips2FitsProvider("dss2-red", server="http://127.0.0.1:9/").cutout(grid)


def test_service_that_was_never_reached_is_not_asked_again(grid, monkeypatch):
    """Without a network a long list of targets fails soon."""
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provide = Hips2FitsProvider("dss2-red", server="http://127.0.0.1:9/", retries=1)
    messages = []
    for _ in range(5):
        with pytest.raises(ProviderError) as caught:
            provide.cutout(grid)
        messages.append(str(caught.value))
    assert len(waits) == 3
    assert all("could not reach http://127.0.0.1:9/" in message for message in messages)
    assert all("(2 tried); check the connection" in message for message in messages[:3])
    assert all(message.endswith("(not asked again)") for message in messages[3:])


def test_service_that_answered_before_is_asked_again(service, grid):
    """A long run outlives a pause of the network."""
    provide = provider(service, retries=0)
    provide.cutout(grid)
    service.faults = ["reset"] * 5
    for _ in range(5):
        with pytest.raises(ProviderError, match="could not reach"):
            provide.cutout(grid)
    assert provide.cutout(grid).valid.all()


@pytest.mark.parametrize("server", ["file:///etc/hostname", "nonsense", "http://"])
def test_address_that_is_none(grid, server):
    with pytest.raises(ProviderError, match="cannot be used"):
        Hips2FitsProvider("dss2-red", server=server).cutout(grid)


# Validation ---------------------------------------------------------------------------------------


def moved(grid, **changes):
    """A FITS file on a grid, with changes of its header; None deletes a card."""
    header = grid.wcs.to_header()
    for key, value in changes.items():
        if value is None:
            header.remove(key, ignore_missing=True, remove_all=True)
        else:
            header[key] = value
    file = io.BytesIO()
    fits.PrimaryHDU(np.ones(grid.shape, "float32"), header).writeto(file)
    return file.getvalue()


def as_cd(grid, angle):
    """The same field with a CD matrix, turned by an angle (degrees)."""
    scale, cos, sin = grid.wcs.wcs.cdelt[1], np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = [[-scale * cos, scale * sin], [scale * sin, scale * cos]]
    cards = {f"CD{i + 1}_{j + 1}": turned[i][j] for i in (0, 1) for j in (0, 1)}
    return moved(grid, CDELT1=None, CDELT2=None, **cards)


def test_wcs_that_agrees(grid):
    for raw in (
        moved(grid),
        as_cd(grid, 0),
        moved(grid, CRVAL1=grid.center.ra.deg - 360),
        moved(grid, CRPIX1=grid.wcs.wcs.crpix[0] + 0.05),
        moved(grid, CTYPE1=None, CTYPE2=None),  # no WCS: nothing to compare
        moved(grid, RADESYS="FK5", EQUINOX=2000.0),
    ):
        check_wcs(raw, grid, "it")


@pytest.mark.parametrize("dec", [90, -90, 89.99])
def test_wcs_that_agrees_at_the_poles(dec):
    grid = CutoutGrid(SkyCoord(30, dec, unit="deg"), 6 * u.arcmin, 90)
    check_wcs(moved(grid), grid, "it")


@pytest.mark.parametrize(
    "changes",
    [
        {"CRPIX2": 47.0},
        {"CRVAL1": 150.01},
        {"CDELT1": 1 / 900},  # mirrored
        {"CDELT2": 1 / 880},
        {"PC1_1": 0.0, "PC1_2": 1.0, "PC2_1": -1.0, "PC2_2": 0.0},
        {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"},
        {"RADESYS": "FK4", "EQUINOX": 1950.0},
        {"CRVAL2": 100.0},
    ],
)
def test_wcs_that_does_not(grid, changes):
    with pytest.raises(ProviderError, match="it (lies .* pixels from where|has no readable WCS)"):
        check_wcs(moved(grid, **changes), grid, "it")


@pytest.mark.parametrize(("offset", "agrees"), [(0.0990, True), (0.1011, False)])
def test_the_far_corner_is_that_of_the_image(grid, offset, agrees):
    """A scale that is off, seen from the first pixel: largest in the last one, not beyond it."""
    scale, last = 4 / 3600, grid.pixels - 1
    wrong = scale * (1 - offset / (last * np.sqrt(2)))
    first = grid.wcs.pixel_to_world(0, 0)
    raw = moved(grid, CRVAL1=first.ra.deg, CRVAL2=first.dec.deg, CRPIX1=1.0, CRPIX2=1.0,
                CDELT1=-wrong, CDELT2=wrong, LONPOLE=180.0 + turn(grid, first))  # fmt: skip
    if agrees:
        check_wcs(raw, grid, "it")
    else:
        with pytest.raises(ProviderError, match="it lies 0.1 pixels"):
            check_wcs(raw, grid, "it")


def turn(grid, first):
    """Angle (deg) between north at the first pixel and at the center of a grid."""
    beside = grid.wcs.pixel_to_world(0, 1)
    return first.position_angle(beside).wrap_at(180 * u.deg).deg


def test_turned_image(grid):
    check_wcs(as_cd(grid, 0.05), grid, "it")  # 0.05 pixels in the corners
    with pytest.raises(ProviderError, match=r"it lies 0\.\d pixels"):
        check_wcs(as_cd(grid, 0.5), grid, "it")


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_answer_with_random_damage(data):
    """Whatever is wrong with a file: an image of the right shape, or an error of our own."""
    grid = CutoutGrid(CENTER, 6 * u.arcmin, 9)
    raw = bytearray(moved(grid))
    cards = st.integers(0, 24 * 80 - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        place, new = data.draw(cards), data.draw(st.sampled_from(b"0179.-+EDNF'/ =\x00\xff"))
        raw[place] = new
    try:
        image = _hips2fits._checked(bytes(raw[: data.draw(st.sampled_from([None, 3000]))]),
                                    grid, "it")  # fmt: skip
    except UselessAnswer:
        return
    assert image.shape == grid.shape


def test_image_of_another_place(web):
    """The mirror is asked; what is wrong is not kept."""
    grid = CutoutGrid(CENTER, 6 * u.arcmin, 90)
    elsewhere = CutoutGrid(SkyCoord(150, 3, unit="deg"), 6 * u.arcmin, 90)
    web.answer = lambda path, query: moved(elsewhere if path == "/a" else grid)
    provide = Hips2FitsProvider("dss2-red", server=[web.url + "/a", web.url + "/b"])
    assert provide.cutout(grid).valid.all()
    assert [path for path, _ in web.requests] == ["/a", "/b"]
    forget_services()
    with pytest.raises(ProviderError, match=r"DSS2/red lies 900\.\d pixels from where it was"):
        Hips2FitsProvider("dss2-red", server=web.url + "/a").cutout(grid)


def in_file(*hdus, **options):
    file = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(file, **options)
    return file.getvalue()


def sky_of(grid):
    return np.arange(grid.pixels**2, dtype="float32").reshape(grid.shape)


@pytest.mark.parametrize("kind", ["plain", "gzip", "extension", "packed extension", "plane"])
@pytest.mark.parametrize("checksum", [False, True])
def test_answer_of_another_form_is_read(web, grid, kept, kind, checksum):
    """The same pixels however they are wrapped, from the service and from what is kept."""
    header, sky = grid.wcs.to_header(), sky_of(grid)
    hdus = {
        "extension": [fits.PrimaryHDU(), fits.ImageHDU(sky, header)],
        "packed extension": [
            fits.PrimaryHDU(), fits.CompImageHDU(sky, header, quantize_level=0.0,
                                                 compression_type="GZIP_2"),
        ],
        "plane": [fits.PrimaryHDU(sky[None], header)],
    }.get(kind, [fits.PrimaryHDU(sky, header)])  # fmt: skip
    raw = in_file(*hdus, checksum=checksum)
    raw = gzip.compress(raw) if kind == "gzip" else raw
    web.answer = lambda path, query: raw
    provide = Hips2FitsProvider("dss2-red", server=web.url)
    for _ in range(2):
        np.testing.assert_array_equal(provide.cutout(grid).image, sky)
    assert len(web.requests) == 1


@pytest.mark.parametrize("where", ["primary", "extension"])
@pytest.mark.parametrize("what", ["pixel", "header"])
def test_checksums_of_an_answer(web, grid, kept, where, what):
    """One bit that changed on the way; the sound answer of a mirror is used."""
    image = (grid.wcs.to_header(), sky_of(grid))[::-1]
    hdus = {"primary": [fits.PrimaryHDU(*image)],
            "extension": [fits.PrimaryHDU(), fits.ImageHDU(*image)]}[where]  # fmt: skip
    sound = in_file(*hdus, checksum=True)
    damaged = bytearray(sound)
    if what == "pixel":
        damaged[-3000] ^= 1
    else:
        place = sound.index(b"2.0", sound.index(b"LATPOLE"))
        damaged[place : place + 3] = b"3.0"
    web.answer = lambda path, query: sound if path == "/sound" else bytes(damaged)
    with pytest.raises(ProviderError, match="is damaged: its bytes do not agree with its "):
        Hips2FitsProvider("dss2-red", server=web.url + "/bad").cutout(grid)
    assert not list(kept.rglob("*.answer"))
    mirrors = [web.url + "/bad", web.url + "/sound"]
    image = Hips2FitsProvider("dss2-red", server=mirrors).cutout(grid).image
    np.testing.assert_array_equal(image, sky_of(grid))


@pytest.mark.parametrize(
    ("key", "value"), [("WCSAXES", 65536), ("CRVAL1", 1e300), ("NAXIS1", "1E999"), ("BITPIX", 7)]
)
def test_header_that_cannot_be(web, grid, key, value):
    """wcslib would end the process."""
    raw = moved(grid, CTYPE1="RA---SIN", CTYPE2="DEC--SIN")
    place = raw.index(key.ljust(8).encode() + b"= ")
    card = f"{key:<8}= {value!s:>20}".ljust(80).encode()
    web.answer = lambda path, query: raw[:place] + card + raw[place + 80 :]
    with pytest.raises(ProviderError, match="damaged header|no readable|cannot be read"):
        Hips2FitsProvider("dss2-red", server=web.url).cutout(grid)


def test_packed_image_that_would_fill_the_memory(web, grid, monkeypatch):
    """Its size is read in the header; nothing is unpacked."""
    monkeypatch.setattr(_answer_image, "_MOST_PIXELS", 10_000)
    file = io.BytesIO()
    zeros = fits.CompImageHDU(np.zeros((200, 100), "int16"), grid.wcs.to_header())
    fits.HDUList([fits.PrimaryHDU(), zeros]).writeto(file)
    web.answer = lambda path, query: file.getvalue()
    with pytest.raises(ProviderError, match="image of 20000 pixels, far more than asked for"):
        Hips2FitsProvider("dss2-red", server=web.url).cutout(grid)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"pixels" * 999, mtime=0)[:-20], b"\x1f\x8bno gzip"],
    ids=["cut", "none"],
)
def test_gzip_file_that_is_damaged(web, grid, packed):
    web.answer = lambda path, query: packed
    with pytest.raises(ProviderError, match="the packed answer (cannot be read|is cut short)"):
        Hips2FitsProvider("dss2-red", server=web.url).cutout(grid)


def test_wait_in_digits_of_another_kind(service, grid):
    """A header that looks like a number is no number."""
    service.faults, service.retry_after = ["503"], "\u00b2"
    assert provider(service).cutout(grid).valid.all()


# Mirrors ------------------------------------------------------------------------------------------


def test_mirror(service, grid, kept):
    """A server that is down costs the first target one request, the others none."""
    with conf.set_temp("hips2fits_server", ["http://127.0.0.1:9/", service.url]):
        provide = Hips2FitsProvider("dss2-red", retries=0)
        for _ in range(3):
            assert provide.cutout(grid).valid.all()
        assert len(service.requests) == 1  # and what one server sent is kept for all
    with conf.set_temp("hips2fits_server", "http://127.0.0.1:9/"):
        assert provide.cutout(grid).valid.all()


# Cache --------------------------------------------------------------------------------------------


def test_second_run_sends_no_request(service, grid, kept):
    first = provider(service, "xmm").cutout(grid)
    assert len(service.requests) == 2
    service.always = "404"
    second = provider(service, "xmm").cutout(grid)
    np.testing.assert_array_equal(second.image, first.image)
    assert len(service.requests) == 2
    near = SkyCoord(150, 2.00001, unit="deg")
    for other in (CutoutGrid(near, 6 * u.arcmin, 90), CutoutGrid(CENTER, 6 * u.arcmin, 91)):
        with pytest.raises(ProviderError, match="404"):
            provider(service, "xmm").cutout(other)


def test_cache_can_be_left_out_or_renewed(service, grid, kept):
    provider(service, cache=False).cutout(grid)
    assert not kept.exists()
    for cache, n_requests in ((True, 2), (True, 2), ("update", 3), (True, 3), (False, 4)):
        provider(service, cache=cache).cutout(grid)
        assert len(service.requests) == n_requests
    with pytest.raises(ValueError, match="cache must be True, False or 'update', not 'yes'"):
        provider(service, cache="yes")


def test_damaged_entry_is_fetched_again(service, grid, kept):
    wanted = provider(service).cutout(grid).image
    (path,) = kept.rglob("*.answer")
    path.write_bytes(path.read_bytes()[:-5000])
    np.testing.assert_array_equal(provider(service).cutout(grid).image, wanted)
    assert len(service.requests) == 2
    provider(service).cutout(grid)
    assert len(service.requests) == 2


def test_no_coverage_is_kept_for_a_while(service, grid, kept, monkeypatch):
    service.always = "nan"
    for _ in range(2):
        with pytest.raises(NoCoverageError):
            provider(service).cutout(grid)
    assert len(service.requests) == 1
    (path,) = kept.rglob("*.answer")
    assert path.stat().st_size < 500
    monkeypatch.setattr(_hips2fits, "_NO_PIXELS_AGE", -1)
    service.always = None  # the survey has grown
    assert provider(service).cutout(grid).valid.all()


@pytest.mark.parametrize("fault", ["truncated", "html", "shape", "404", "500"])
def test_what_is_of_no_use_is_not_kept(service, grid, kept, fault):
    service.always = fault
    with pytest.raises(ProviderError):
        provider(service, retries=0).cutout(grid)
    assert not list(kept.rglob("*.answer"))


@pytest.mark.remote_data
def test_real_service():
    """The bright core of the globular cluster M 13 is in the middle of its field."""
    grid = CutoutGrid(SkyCoord("16h41m41.6s +36d27m41s"), 12 * u.arcmin, 120)
    pixels = Hips2FitsProvider("dss2-red").cutout(grid)
    assert pixels.valid.all()
    assert np.median(pixels.image[50:70, 50:70]) > 1.3 * np.median(pixels.image[:20])
