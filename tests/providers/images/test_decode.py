"""FITS bytes to an array, against astropy and against damaged files."""

import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from astrocnn.exceptions import ProviderError
from astrocnn.providers._images._decode import decode_image

DTYPES = ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]


def to_bytes(data, **header):
    file = io.BytesIO()
    hdu = fits.PrimaryHDU(data)
    hdu.header.update(header)
    hdu.writeto(file)
    return file.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: st_np.arrays(
            dtype,
            st_np.array_shapes(min_dims=2, max_dims=2, max_side=40),
            elements=st_np.from_dtype(np.dtype(dtype), max_value=1e6, min_value=-1e6)
            if np.dtype(dtype).kind == "f"
            else None,
        )
    )
)
def test_same_as_astropy(data):
    raw = to_bytes(data)
    wanted = fits.getdata(io.BytesIO(raw)).astype(np.float32)
    np.testing.assert_array_equal(decode_image(raw, "tile"), wanted)


@pytest.mark.parametrize("blank", [-32768, -32768.0])
def test_scale_and_blank(blank):
    """BLANK is about stored values; CDS writes it as a float, which astropy does not take."""
    data = np.array([[0, 1], [-32768, 7]], dtype="int16")
    raw = to_bytes(data)
    cards = ["BSCALE  =                  2.5", "BZERO   =   1.0D+1 / comment", f"BLANK   = {blank}"]
    cards = "".join(card.ljust(80) for card in [*cards, "END"]).encode()
    raw = raw.replace(b"END".ljust(320), cards)
    np.testing.assert_array_equal(decode_image(raw, "tile"), [[10, 12.5], [np.nan, 27.5]])


def test_padding_may_be_missing_pixels_may_not():
    raw = to_bytes(np.ones((10, 10), dtype="float32"))
    assert decode_image(raw[: 2880 + 400], "tile").sum() == 100
    with pytest.raises(ProviderError, match="tile is truncated: 399 of 400 bytes of pixels"):
        decode_image(raw[: 2880 + 399], "tile")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", r"tile is not a FITS file \(0 bytes"),
        (b"\x89PNG\r\n\x1a\n....", r"is not a FITS file \(12 bytes that start with b'.x89PNG"),
        (b"SIMPLE  = T", "no readable two-dimensional image: its header has no END"),
        (b"SIMPLE  = T".ljust(80) + b"END".ljust(80), "no readable two-dimensional image"),
        (to_bytes(np.ones((2, 3, 4), dtype="int16")), "NAXIS = 3"),
        (to_bytes(None), "no readable two-dimensional image"),
        (to_bytes(np.ones((9, 9))).replace(b"-64", b"-63"), "no readable two-dim"),
        (to_bytes(np.ones((9, 9))).replace(b"NAXIS1  =  ", b"NAXIS1  = x"), "no readable two-dim"),
    ],
)
def test_damaged(raw, message):
    with pytest.raises(ProviderError, match=message):
        decode_image(raw, "tile")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_damage_is_a_provider_error(data):
    """Whatever bytes change in the header, the answer is an image or a `ProviderError`."""
    raw = bytearray(to_bytes(np.ones((9, 9), dtype="int16")))
    for place in data.draw(st.lists(st.integers(0, 479), min_size=1, max_size=30)):
        raw[place] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(bytes(raw), "tile")
    except ProviderError:
        return
    assert image.ndim == 2
