"""Absurd headers: a sentence, and neither the end of the process nor of its memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK5, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, read_image
from astrocnn.providers._images._headers import check_header, check_packed, sky_wcs
from astrocnn.surveys import get_band

CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 4 * u.arcmin, 60)
ABSURD = [
    ("WCSAXES", 65536), ("WCSAXESA", 65536), ("WCSAXES", -3), ("WCSAXES", 1e9), ("CTYPE99", "FREQ"),
    ("CRPIX999", 1.0), ("PC1_999", 1.0), ("CD999_1", 1.0), ("PV0_1", 1.0), ("A_ORDER", 10**6),
    ("B_ORDER", -1), ("AP_ORDER", 10**9), ("CRPIX1", 1e300), ("CRVAL1", 1e200), ("CD1_1", 1e300),
    ("PV2_1", 1e99), ("LONPOLE", 1e99), ("A_2_0", 1e300),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), ABSURD)
def test_absurd_headers(tmp_path, key, value):
    header = FIELD.wcs.to_header()
    header[key] = value
    with pytest.raises(ProviderError, match=rf"a.fits has a damaged header: {key} = "):
        sky_wcs(header, "a.fits")
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(np.zeros(FIELD.shape), header).writeto(path)
    with pytest.raises(ProviderError, match=rf"a.fits has a damaged header: {key} = "):
        read_image(path)


def test_usual_headers():
    header = FIELD.wcs.to_header()
    header.update({"WCSAXES": 4, "CTYPE3": "FREQ", "CRPIX1": -2e6, "PV2_39": 1.0, "A_ORDER": 9})
    check_header(header, "a.fits")


@pytest.mark.parametrize(
    ("key", "value"),
    [("ZTILE1", 0), ("ZTILE2", -1), ("ZTILE1", 2**40), ("ZBITPIX", 2**20), ("ZNAXIS", 500)],
)
def test_absurd_packing(key, value):
    header = fits.Header({"ZBITPIX": 16, "ZNAXIS": 2, "ZTILE1": 100, "ZTILE2": 1, key: value})
    with pytest.raises(ProviderError, match=rf"a.fits has a damaged header: {key} = "):
        check_packed(header, "a.fits")


_CODE = """
import sys
from astrocnn.exceptions import ProviderError
from astrocnn.providers import read_image
for path in sys.argv[1:]:
    try:
        read_image(path)
    except ProviderError as error:
        print("refused")
    else:
        print("read")
"""


def test_the_process_survives(tmp_path):
    """In another process: what is wrong here would end this one."""
    paths = []
    for i, (key, value) in enumerate([("NAXIS1", 2**40), ("NAXIS", 999), ("BITPIX", 17), *ABSURD]):
        path = tmp_path / f"{i}.fits"
        fits.PrimaryHDU(np.zeros(FIELD.shape), FIELD.wcs.to_header()).writeto(path)
        raw = bytearray(path.read_bytes())
        card = f"{key:8}= {value!r:>20}".ljust(80).encode()
        at = next((k for k in range(0, 2880, 80) if raw[k : k + 8] == card[:8]), None)
        end = next(k for k in range(0, 2880, 80) if raw[k : k + 8] == b"END     ")
        if at is None:
            raw[end : end + 160] = card + b"END".ljust(80)
        else:
            raw[at : at + 80] = card
        path.write_bytes(raw)
        paths.append(str(path))
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CODE, *paths], env=os.environ.copy(),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-1000:]
    assert run.stdout.split() == ["refused"] * len(paths)


@pytest.mark.parametrize("card", [("CDELT1", "abc"), ("CRVAL1", "150,0"), ("PC1_1", "nan")])
def test_words_for_numbers_are_damage(card):
    with pytest.raises(ProviderError, match=f"damaged header: {card[0]} = '"):
        check_header(fits.Header([card]), "a.fits")


@pytest.mark.parametrize(
    "cards",
    [
        {"CTYPE1": "ra---tan", "CTYPE2": "dec--tan"},
        {"RADESYS": "J2000"},
        {"RADESYS": "fk5"},
        {"RADESYS": "ICRF"},
        {"B_ORDER": 0},
    ],
)
def test_words_that_mean_the_usual(tmp_path, cards):
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
    header = field.wcs.to_header()
    header.update(cards)
    found = sky_wcs(header, "a.fits")
    x, y = found.world_to_pixel(field.center)
    assert max(abs(x - 29.5), abs(y - 29.5)) < 0.02


def moved(frame, **cards):
    """Header of a field around a position in another frame, and that position."""
    here = CENTER.transform_to(frame)
    lonlat = here.spherical
    header = CutoutGrid(CENTER, 4 * u.arcmin, 60).wcs.to_header()
    header.update({"CRVAL1": lonlat.lon.deg, "CRVAL2": lonlat.lat.deg})
    for key in ("RADESYS", "EQUINOX", "LONPOLE", "LATPOLE"):
        header.remove(key, ignore_missing=True)
    header.update(cards)
    return header


@pytest.mark.parametrize(
    ("frame", "cards"),
    [
        ("fk4", {"EQUINOX": "B1950"}),
        ("fk4", {"EQUINOX": "1950.0"}),
        ("fk4", {"EPOCH": "1950"}),
        ("fk4", {"EPOCH": 1950.0}),
        ("icrs", {"EQUINOX": 0.0}),
        ("icrs", {"EPOCH": 0}),
        ("icrs", {"EQUINOX": "ICRS"}),
        ("icrs", {"EPOCH": "2011-05-03"}),
        ("icrs", {"EQUINOX": "J2000.0"}),
        ("icrs", {"EQUINOX": "2000 (FK5)"}),
        *(("icrs", {"EQUINOX": text}) for text in
          ("N/A", "UNKNOWN", "FK5", "Mean", "+2000", "2.000000e+03")),
        ("icrs", {"RADESYS": "ICRS", "EQUINOX": "of date"}),
        ("fk4", {"EQUINOX": "1.95E3"}),
        ("icrs", {"PV1_1": 0.0, "PV1_2": 90.0, "PV2_1": 0.0}),  # of TAN: the native pole
        ("icrs", {"PV2_1": 1.0, "PV2_3": 42.0}),  # left over of ZPN
        (FK5(equinox="J1975"), {"RADESYS": "FK5", "EQUINOX": 1975.0}),
        (FK5(equinox="J2015.5"), {"RADESYS": "FK5", "EQUINOX": "2015.5"}),
    ],
)
def test_equinoxes(frame, cards):
    """A source in the middle, whatever the words are; a target there has all of the image."""
    data = np.zeros((60, 60), "float32")
    data[29:31, 29:31] = 100
    provider = FitsProvider(fits.PrimaryHDU(data, moved(frame, **cards)), get_band("dss2-red"))
    pixels = provider.cutout(CutoutGrid(CENTER, 2 * u.arcmin, 30))
    assert pixels.valid.mean() > 0.9  # FK4 turns the field
    y, x = np.average(np.indices((30, 30)), axis=(1, 2), weights=np.nan_to_num([pixels.image] * 2))
    assert np.hypot(x - 14.5, y - 14.5) < 0.2


def test_equinox_that_is_no_year():
    image = fits.PrimaryHDU(np.ones((60, 60), "float32"), moved("icrs", EQUINOX="of date"))
    with pytest.raises(ProviderError, match="equinox 'of date' .* write into its header"):
        FitsProvider(image, get_band("dss2-red"))


def test_polynomials_of_scamp_under_another_name():
    """Of the first order: PV1_1 and PV1_2 of TAN would be the native longitude and latitude."""
    cards = {"PV1_0": 1e-4, "PV1_1": 1.001, "PV2_0": 0.0, "PV2_1": 1.001}
    header = moved("icrs", **cards)
    right = header.copy()
    right.update({"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV"})
    found = sky_wcs(header, "a.fits").pixel_to_world(10, 50)
    assert found.separation(WCS(right).pixel_to_world(10, 50)).arcsec < 1e-6


def test_letters_only():
    header = fits.Header({"CTYPE1A": "RA---TAN", "CTYPE2A": "DEC--TAN", "CRVAL1A": 1.0})
    assert sky_wcs(header, "a.fits") is None


def test_frame_that_is_none():
    header = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60).wcs.to_header()
    header["RADESYS"] = "GAPPT"
    with pytest.raises(ProviderError, match=r"a.fits has coordinates of the frame 'GAPPT'"):
        sky_wcs(header, "a.fits")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html>Log in</html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a pointer of Git LFS"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (bytes(257) + b"ustar" + bytes(250), "a tar archive"),
        (b"plain words", "no FITS file"),
    ],
)
def test_what_is_in_place_of_a_file(tmp_path, content, words):
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(
        ProviderError, match=f"a.fits cannot be read as a FITS image: it is {words}"
    ):
        read_image(tmp_path / "a.fits")


def test_faults_of_wcslib_are_one_sentence():
    header = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60).wcs.to_header()
    header["CDELT1"] = 0.0
    with pytest.raises(ProviderError, match="FITS image: [^\n]*singular[^\n]*$"):
        read_image(fits.PrimaryHDU(np.zeros((60, 60)), header))
