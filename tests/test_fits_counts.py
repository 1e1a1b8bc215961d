"""Headers that state absurd numbers of axes or columns are refused at once, whoever reads them."""

import gzip
import io

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from astrocnn.exceptions import FailedTargetWarning, InvalidTargetError, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import HealpixProvider, read_image
from astrocnn.surveys import get_band
from astrocnn.tables import read_targets

FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 20)


def content(*hdus):
    file = io.BytesIO()
    fits.HDUList([*hdus]).writeto(file)
    return file.getvalue()


def stated(raw, key, value, last=False):
    """A file with another value on a card."""
    at = (raw.rindex if last else raw.index)(key.encode().ljust(8) + b"=")
    return raw[: at + 10] + str(value).encode().rjust(20) + raw[at + 30 :]


@pytest.mark.parametrize("value", [2147483647, 1000, "1E9", "1.0D18"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_axes_of_an_image(tmp_path, value, pack):
    image = fits.PrimaryHDU(np.ones(FIELD.shape, "float32"), FIELD.wcs.to_header())
    path = tmp_path / "a.fits"
    path.write_bytes(pack(stated(content(image), "NAXIS", value)))
    with pytest.raises(ProviderError, match="NAXIS = .* FITS has at most 999"):
        read_image(path)


def test_axes_of_an_extension(tmp_path):
    image = fits.ImageHDU(np.ones(FIELD.shape, "float32"), FIELD.wcs.to_header())
    first = fits.PrimaryHDU(np.ones((30, 40, 50), "int16"))
    path = tmp_path / "a.fits"
    path.write_bytes(stated(content(first, image), "NAXIS", 2**31, last=True))
    with pytest.raises(ProviderError, match="NAXIS = 2147483648"):
        read_image(path)


def test_columns_of_a_table(tmp_path):
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU(Table({"ra": [150.0], "dec": [2.0]}))
    path.write_bytes(stated(content(fits.PrimaryHDU(), table), "TFIELDS", 2**31, last=True))
    with pytest.raises(InvalidTargetError, match="TFIELDS = 2147483648, of which"):
        read_targets(path)


def test_columns_of_a_healpix_map(tmp_path):
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU(Table({"map": np.ones(12, "float32")}))
    table.header.update(PIXTYPE="HEALPIX", NSIDE=1, COORDSYS="C")
    path.write_bytes(stated(content(fits.PrimaryHDU(), table), "TFIELDS", 2**31, last=True))
    with pytest.raises(ProviderError, match="TFIELDS = 2147483648, of which"):
        HealpixProvider(path, get_band("dss2-red"))


def test_many_are_no_fault(tmp_path):
    """A table of 999 columns behind an image of four axes."""
    names = ["ra", "dec", *(f"c{i}" for i in range(997))]
    table = fits.BinTableHDU(Table({name: [1.0] for name in names}))
    path = tmp_path / "a.fits"
    path.write_bytes(content(fits.PrimaryHDU(np.ones((1, 2, 3, 4))), table))
    assert len(read_targets(path)) == 1


@pytest.mark.parametrize("change", [("SIMPLE", "CHECKSUM"), ("NAXIS1", -3), ("PCOUNT", -90000)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_no_header_is_read_over_and_over(tmp_path, change, pack):
    """Of what it cannot read in a packed file, astropy makes a size below zero."""
    card, value = change
    image = fits.PrimaryHDU(np.ones(FIELD.shape, "float32"), FIELD.wcs.to_header())
    image.header.insert("EXTEND" if "EXTEND" in image.header else 5, ("PCOUNT", 0))
    raw = content(image)
    path = tmp_path / "a.fits.gz"
    path.write_bytes(
        pack(stated(raw, card, value) if card != "SIMPLE" else value.encode() + raw[8:])
    )
    words = "it is no FITS file" if card == "SIMPLE" else f"{card} = {value}: the header is damaged"
    with pytest.raises(ProviderError, match=words):
        read_image(path)
    with pytest.raises(ProviderError, match=words):
        HealpixProvider(path, get_band("xmm"))
    with pytest.raises(InvalidTargetError, match=words):
        read_targets(path)


@pytest.mark.parametrize("first", [True, False])
def test_no_later_header_is_read_over_and_over(tmp_path, first):
    """Of packed images only the first header is looked at beforehand."""
    image = fits.ImageHDU(np.ones(FIELD.shape, "float32"), FIELD.wcs.to_header())
    other = fits.ImageHDU(np.ones((10, 10), "float32"), name="ELSE")
    raw = content(fits.PrimaryHDU(), *([other, image] if first else [image, other]))
    at = raw.index(b"PCOUNT", raw.rindex(b"XTENSION") if not first else 0)
    path = tmp_path / "a.fits.gz"
    path.write_bytes(gzip.compress(raw[: at + 10] + b"-820".rjust(20) + raw[at + 30 :]))
    if first:
        with pytest.raises(ProviderError, match="no two-dimensional image"):
            read_image(path)
    else:
        with pytest.warns(FailedTargetWarning, match="what follows HDU 1 is no HDU"):
            assert read_image(path).data.shape == FIELD.shape
