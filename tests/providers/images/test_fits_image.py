"""Reading one FITS image, whole or broken, compressed or not."""

import bz2
import gzip
import lzma
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from unittest.mock import patch

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrocnn.exceptions import FailedTargetWarning, NoCoverageWarning, ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import read_image
from astrocnn.providers._images._fits_image import locate_image, read_info, read_pixels

FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 4 * u.arcmin, 60)
DATA = np.random.default_rng(1).poisson(3.0, FIELD.shape).astype(np.int16)


def header(**changes):
    cards = FIELD.wcs.to_header()
    if "RADECSYS" in changes:
        del cards["RADESYS"]
    cards.update(
        {name.replace("_", "-") if name != "D" else name: v for name, v in changes.items()}
    )
    return cards


def plain(tmp_path, **changes):
    path = tmp_path / "a.fits"
    write_plain(path, DATA, **changes)
    return path


def write_plain(path, data, **changes):
    """Write an image; BLANK becomes a float, which FITS forbids and CDS writes."""
    fits.PrimaryHDU(data, header(**changes)).writeto(path, overwrite=True)
    path.write_bytes(path.read_bytes().replace(b" -999 ", b" -99.0"))


class TestContainers:
    @pytest.mark.parametrize(
        ("ending", "pack"),
        [("fits", bytes), ("fits.gz", gzip.compress), ("fits.bz2", bz2.compress),
         ("FTZ", gzip.compress), ("img", bytes), ("fits.xz", lzma.compress)],
    )  # fmt: skip
    def test_compressed_files(self, tmp_path, ending, pack):
        raw = plain(tmp_path).read_bytes()
        path = tmp_path / f"b.{ending}"
        path.write_bytes(pack(raw))
        image = read_image(path)
        assert np.array_equal(image.data, DATA)
        assert image.data.dtype == np.int16
        assert image.name == path.name
        assert image.data.dtype.isnative
        assert np.allclose(image.wcs.wcs.crval, FIELD.wcs.wcs.crval)

    def test_string_or_path(self, tmp_path):
        path = plain(tmp_path)
        assert np.array_equal(read_image(str(path)).data, read_image(path).data)

    def test_tile_compressed(self, tmp_path):
        path = tmp_path / "a.fits.fz"
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(DATA, header())]).writeto(path)
        assert np.array_equal(read_image(path).data, DATA)
        assert read_info(path).index == 1

    def test_first_image_of_the_sky_is_taken(self, tmp_path):
        table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])])
        path = tmp_path / "a.fits"
        fits.HDUList(
            [fits.PrimaryHDU(), table, fits.ImageHDU(DATA + 1), fits.ImageHDU(DATA[0], header()),
             fits.ImageHDU(DATA, header()), fits.ImageHDU(DATA + 2, header())]
        ).writeto(path)  # fmt: skip
        assert read_info(path).index == 4
        with pytest.warns(FailedTargetWarning, match="HDU 5 shows the same sky as HDU 4"):
            assert np.array_equal(read_image(path).data, DATA)
        assert np.array_equal(read_pixels(path, 4), DATA)

    @pytest.mark.parametrize("shape", [(1, 60, 60), (1, 1, 60, 60)])
    def test_degenerate_axes(self, tmp_path, shape):
        cards = header()
        cards["CTYPE3"], cards["CTYPE4"] = "FREQ", "STOKES"
        path = tmp_path / "a.fits"
        fits.PrimaryHDU(DATA.reshape(shape), cards).writeto(path)
        image = read_image(path)
        assert np.array_equal(image.data, DATA)
        assert image.wcs.naxis == 2
        assert read_info(path).wcs.array_shape == (60, 60)

    def test_planes_of_a_cube(self, tmp_path):
        path = tmp_path / "cube.fits"
        fits.PrimaryHDU(np.stack([DATA, DATA + 1, DATA + 2]), header()).writeto(path)
        with pytest.raises(ProviderError, match=r"cube.fits is a cube of 3 planes .* plane=0"):
            read_image(path)
        for plane in range(3):
            assert np.array_equal(read_image(path, plane=plane).data, DATA + plane)
        for plane in (3, -1, 0.5):
            with pytest.raises(ProviderError, match="has the planes 0 to 2, and no plane"):
                read_image(path, plane=plane)

    def test_given_hdus(self):
        hdu = fits.ImageHDU(DATA, header())
        for source in (
            hdu,
            fits.HDUList([fits.PrimaryHDU(), hdu]),
            fits.PrimaryHDU(DATA, header()),
        ):
            assert np.array_equal(read_image(source).data, DATA)
        assert read_image(hdu).name == "the given HDU"

    def test_scaled_integers_become_physical_values(self, tmp_path):
        path = tmp_path / "a.fits"
        hdu = fits.PrimaryHDU(DATA.astype(float), header())
        hdu.scale("int16", bscale=0.5, bzero=10)
        hdu.writeto(path)
        assert np.allclose(read_image(path).data, DATA)

    def test_unsigned_integers_stay_integers(self, tmp_path):
        path = tmp_path / "a.fits"
        fits.PrimaryHDU(DATA.astype("uint16"), header()).writeto(path)
        assert read_image(path).data.dtype == np.uint16


class TestHeaders:
    """What is common in the wild is read without a word; what is wrong is named."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"RADECSYS": "FK5", "EQUINOX": 2000.0},
            {"DATE_OBS": "31/12/99"},
            {"CUNIT1": "DEG", "CUNIT2": "DEGREES"},
            {"EQUINOX": "J2000"},
            {"BLANK": -999},
        ],
        ids=str,
    )
    def test_deprecated_and_odd_cards(self, tmp_path, changes):
        path = plain(tmp_path, **changes)
        info = read_info(path)
        assert np.array_equal(read_image(path).data, DATA)
        assert np.degrees(np.arccos(info.center @ FIELD.center.cartesian.xyz.value)) < 1e-4

    def test_missing_padding_is_no_truncation(self, tmp_path):
        path = plain(tmp_path)
        path.write_bytes(path.read_bytes()[: 2880 + DATA.nbytes])
        assert np.array_equal(read_image(path).data, DATA)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"}, "ELON-TAN; equatorial and Galactic"),
            ({"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN"}, "HPLN-TAN; equatorial and Galactic"),
            ({"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"}, "no two-dimensional image with a celestial"),
            ({"CTYPE1": "RA---XXX", "CTYPE2": "DEC--XXX"}, "cannot be read"),
            ({"CTYPE2": "LAMBDA"}, "cannot be read|no two-dimensional"),
            ({"CDELT1": 0.0}, "cannot be read|without an area"),
        ],
        ids=str,
    )
    def test_unusable_wcs(self, tmp_path, changes, words):
        path = plain(tmp_path, **changes)
        with pytest.raises(ProviderError, match=rf"a\.fits .*({words})"):
            read_info(path)

    def test_no_wcs(self, tmp_path):
        path = tmp_path / "bare.fits"
        fits.PrimaryHDU(DATA).writeto(path)
        with pytest.raises(ProviderError, match="bare.fits has no .* celestial WCS"):
            read_image(path)


class TestBrokenFiles:
    def test_missing(self, tmp_path):
        with pytest.raises(ProviderError, match="gone.fits cannot be read .*No such file"):
            read_image(tmp_path / "gone.fits")

    def test_folder(self, tmp_path):
        with pytest.raises(ProviderError, match="cannot be read"):
            read_image(tmp_path)

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"\x89PNG\r\n", b"<html>" * 2000, b"SIMPLE  =" + b" " * 5000]
    )
    def test_not_fits(self, tmp_path, content):
        path = tmp_path / "x.fits"
        path.write_bytes(content)
        with pytest.raises(ProviderError, match="x.fits cannot be read as a FITS image"):
            read_image(path)

    @pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
    def test_header_without_end_is_not_unpacked(self, tmp_path, monkeypatch, pack):
        """Gigabytes of blanks are a few kilobytes when packed: no more than a header is read."""
        monkeypatch.setattr("astrocnn.providers._images._fits_open._HEADER_BLOCKS", 20)
        path = tmp_path / "bomb.fits"
        start = "SIMPLE  =                    T".ljust(80).encode()
        path.write_bytes(pack(start + b" " * 2880 * 400))
        with (
            patch("astrocnn.providers._images._fits_open.fits.open", side_effect=AssertionError),
            pytest.raises(ProviderError, match=r"bomb\.fits .*: its header does not end"),
        ):
            read_image(path)

    def test_image_larger_than_memory(self, tmp_path):
        """A header can promise any number of pixels; packed, zeros cost nothing."""
        cards = header()
        path = tmp_path / "huge.fits.gz"
        fits.PrimaryHDU(DATA, cards).writeto(path)
        raw = gzip.decompress(path.read_bytes())
        for axis in (b"NAXIS1", b"NAXIS2"):
            old = axis + b"  =                   60"
            assert old in raw
            raw = raw.replace(old, axis + b"  =               900000")
        path.write_bytes(gzip.compress(raw))
        with pytest.raises(ProviderError, match=r"huge\.fits\.gz has 1509 GiB of pixels; cut it"):
            read_image(path)

    @pytest.mark.parametrize("cut", [1, 1000, 2879, 2880, 2881, 5000, 2880 + 7199])
    def test_truncated(self, tmp_path, cut):
        path = plain(tmp_path)
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(ProviderError, match=r"a\.fits cannot be read"):
            read_image(path)

    @pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9])
    @pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
    def test_truncated_and_compressed(self, tmp_path, pack, share):
        raw = pack(plain(tmp_path).read_bytes())
        path = tmp_path / "b.fits.gz"
        path.write_bytes(raw[: int(share * len(raw))])
        with pytest.raises(ProviderError, match=r"b\.fits\.gz cannot be read"):
            read_image(path)

    @pytest.mark.parametrize("share", [0.3, 0.6, 0.75, 0.9])
    def test_truncated_extension(self, tmp_path, share):
        path = tmp_path / "a.fits.fz"
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(DATA, header())]).writeto(path)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(ProviderError, match=r"a\.fits\.fz"):
            read_image(path)

    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        damage=st.lists(
            st.tuples(st.integers(0, 2879), st.integers(0, 255)), min_size=1, max_size=6
        )
    )
    def test_damaged_header_never_raises_anything_else(self, tmp_path, damage):
        path = tmp_path / "damaged.fits"
        fits.PrimaryHDU(DATA, header()).writeto(path, overwrite=True)
        raw = bytearray(path.read_bytes())
        for place, value in damage:
            raw[place] = value
        path.write_bytes(raw)
        with suppress(ProviderError):
            assert read_image(path).data.ndim == 2

    def test_pixels_are_missing_but_the_header_is_fine(self, tmp_path):
        path = plain(tmp_path)
        path.write_bytes(path.read_bytes()[:4000])
        index = read_info(path).index
        with pytest.raises(ProviderError, match=r"a\.fits cannot be read"):
            read_pixels(path, index)


class TestInfo:
    def test_agrees_with_the_image(self, tmp_path):
        info = read_info(plain(tmp_path))
        assert info.wcs.array_shape == DATA.shape
        assert info.radius == pytest.approx(np.radians(np.sqrt(2) * 2 / 60), rel=1e-5)

    def test_pixels_are_not_read(self, tmp_path):
        """Of a compressed file only the beginning is unpacked."""
        path = plain(tmp_path)
        with patch.object(fits.PrimaryHDU, "data", property(lambda hdu: 1 / 0)):
            assert read_info(path).wcs.array_shape == DATA.shape

    def test_galactic_image(self):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["GLAT-CAR", "GLON-CAR"]  # axes the other way round
        wcs.wcs.crval, wcs.wcs.cdelt, wcs.wcs.crpix = [0, 30], [0.1, -0.1], [50.5, 50.5]
        wcs.array_shape = (100, 100)
        info = locate_image(0, wcs)
        center = SkyCoord(30, 0, unit="deg", frame="galactic").icrs.cartesian.xyz.value
        assert info.center @ center == pytest.approx(1, abs=1e-12)
        assert np.degrees(info.radius) == pytest.approx(np.hypot(5, 5), rel=1e-2)

    def test_whole_sky(self):
        """The middles of the sides lie farther from the center than the corners, the poles."""
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---CAR", "DEC--CAR"]
        wcs.wcs.cdelt, wcs.wcs.crpix = [-1, 1], [180.5, 90.5]
        wcs.array_shape = (180, 360)
        assert np.degrees(locate_image(0, wcs).radius) == pytest.approx(180, abs=1)


class TestThreads:
    def test_odd_files_read_by_many_threads(self, tmp_path):
        """Warnings are errors here, and silencing them is not thread-safe in Python."""
        paths = []
        for i in range(12):
            path = tmp_path / f"{i}.fits"
            write_plain(path, DATA + i, **({"RADECSYS": "FK5"} if i % 3 else {"BLANK": -999}))
            if i % 4 == 3:
                path.write_bytes(path.read_bytes()[:5000])
            paths.append(path)
        infos = [read_info(path) for path in paths]

        def read(i):
            infos[i].wcs.deepcopy()  # astropy silences warnings here
            try:
                return int((read_pixels(paths[i], infos[i].index) - DATA).mean())
            except ProviderError as error:
                return paths[i].name in str(error) and "truncated"

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(read, list(range(12)) * 25))
        assert found == ["truncated" if i % 4 == 3 else i for i in range(12)] * 25
        with pytest.raises(NoCoverageWarning):  # our own warnings are as loud as before
            warnings.warn("17 of 20", NoCoverageWarning, stacklevel=1)
