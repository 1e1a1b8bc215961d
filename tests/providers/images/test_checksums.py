"""Checksums of FITS HDUs: damage is seen, sums that a program left behind are not damage."""

import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.providers._images._checksums import ones_sum, sum_that_fails

PIXELS = np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32)


def hdu_bytes(**cards):
    file = io.BytesIO()
    fits.PrimaryHDU(PIXELS, fits.Header(cards)).writeto(file, checksum=True)
    return bytearray(file.getvalue())


def failed(raw):
    return sum_that_fails(bytes(raw[:2880]), bytes(raw[2880:]))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_sum_is_that_of_astropy(raw):
    hdu = fits.PrimaryHDU(np.frombuffer(raw.ljust(208, b"\0"), np.uint8))
    assert ones_sum(raw) == int(hdu.add_datasum())


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2880 + PIXELS.nbytes - 1), st.integers(0, 7))
def test_one_bit(place, bit):
    raw = hdu_bytes(OBJECT="A907")
    assert failed(raw) is None
    card = bytes(raw[place // 80 * 80 :][:8])
    raw[place] ^= 1 << bit
    if card not in (b"CHECKSUM", b"DATASUM "):  # these may be unreadable then, or left behind
        assert failed(raw) == ("DATASUM" if place >= 2880 else "CHECKSUM")


def test_sums_of_another_image():
    """A program that copies the header of what it changes leaves its sums behind."""
    raw, other = hdu_bytes(OBJECT="A907"), hdu_bytes(OBJECT="A907", FILTER="r")
    other[2880:2884] = b"\1\2\3\4"
    at, there = (part.index(b"CHECKSUM=") for part in (raw, other))
    other[there : there + 160] = raw[at : at + 160]
    assert failed(other) is None


@pytest.mark.parametrize("cards", [{}, {"DATASUM": ""}, {"CHECKSUM": "", "DATASUM": " "}])
def test_no_sums(cards):
    file = io.BytesIO()
    fits.PrimaryHDU(PIXELS, fits.Header(cards)).writeto(file)
    assert failed(file.getvalue()) is None


def test_missing_padding():
    raw = hdu_bytes()
    assert failed(raw[: 2880 + PIXELS.nbytes]) is None
    raw[2900] ^= 1
    assert failed(raw[: 2880 + PIXELS.nbytes]) == "DATASUM"
