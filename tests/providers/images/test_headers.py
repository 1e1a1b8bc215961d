"""Absurd headers: a sentence, and neither the end of the process nor of its memory."""

import os
import subprocess
import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import read_image
from astrocnn.providers._images._headers import check_header, check_packed, sky_wcs

FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
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
