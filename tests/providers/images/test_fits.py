"""Local FITS images: what is read, merged, scaled, refused."""

import gzip
import re
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from reproject import reproject_exact, reproject_interp

from astrocnn.exceptions import (
    FailedTargetWarning,
    InvalidImageError,
    NoCoverageError,
    ProviderError,
)
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import FitsProvider, Pixels, SkyImage, read_image
from astrocnn.providers._images._fits_image import read_pixels
from astrocnn.surveys import get_band, xmm_band

XMM, DSS2 = get_band("xmm"), get_band("dss2-red")
CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 10 * u.arcmin, 150)  # 4 arcsec pixels
GRID = CutoutGrid(CENTER, 6 * u.arcmin, 90)  # the same pixels
FINE = CutoutGrid(CENTER, 6 * u.arcmin, 356)
NAME = "P0098010101M2U009{}3000.FTZ"


def write(path, data, field=FIELD, **cards):
    header = field.wcs.to_header()
    header.update(cards)
    raw = path.with_suffix(".raw")
    fits.PrimaryHDU(data, header).writeto(raw)
    content = raw.read_bytes()
    raw.unlink()
    path.write_bytes(gzip.compress(content) if path.suffix == ".FTZ" else content)
    return path


def full(value, dtype="float32", field=FIELD):
    return np.full(field.shape, value, dtype=dtype)


def shifted(arcmin):
    """A field of the same size, farther east."""
    return CutoutGrid(CENTER.directional_offset_by(90 * u.deg, arcmin * u.arcmin), FIELD.size, 150)


class TestQuantity:
    """Only counts are scaled: 90 pixels become 356, each with 1/15.65 of the area."""

    @pytest.mark.parametrize(
        ("dtype", "band", "quantity", "level"),
        [
            ("int16", XMM, None, 0.1278),  # integer X-ray images are counts
            ("float32", XMM, None, 0.1278),  # whatever the type of the whole numbers
            ("float32", XMM, "counts", 0.1278),
            ("int16", XMM, "rate", 2.0),
            ("int16", DSS2, None, 2.0),  # plates are integers, and no counts
            ("float32", XMM.with_(quantity="counts"), None, 0.1278),
        ],
    )
    def test_scaling(self, dtype, band, quantity, level):
        hdu = fits.PrimaryHDU(full(2, dtype), FIELD.wcs.to_header())
        pixels = FitsProvider(hdu, band, quantity).cutout(FINE)
        assert np.allclose(pixels.image, level, rtol=1e-3)
        assert pixels.exposure_known == (level == 2.0)

    def test_fractions_are_what_the_band_says(self):
        pixels = FitsProvider(fits.PrimaryHDU(full(2.5), FIELD.wcs.to_header()), XMM).cutout(FINE)
        assert np.allclose(pixels.image, 2.5, rtol=1e-3)  # a rate

    def test_pipeline_images_are_counts_whatever_their_type(self, tmp_path):
        path = write(tmp_path / NAME.format("IMAGE_"), full(2))
        assert np.allclose(FitsProvider(path, XMM).cutout(FINE).image, 0.1278, rtol=1e-3)


    @pytest.mark.parametrize(
        ("value", "unit", "level"),
        [(2, "count / s", 2.0), (2, "/cm**2 /s", 2.0), (2, "Primary Array", 0.1278),
         (2.5, "count", 0.1597), (2.5, "cts/pixel", 0.1597), (2.5, "keV/s", 2.5)],
    )  # fmt: skip
    def test_the_unit_comes_before_the_pixels(self, tmp_path, value, unit, level):
        path = write(tmp_path / "a.fits", full(value), BUNIT=unit)
        with fits.open(path) as hdus:
            for source in (path, hdus[0]):
                pixels = FitsProvider(source, XMM).cutout(FINE)
                assert np.allclose(pixels.image, level, rtol=1e-3)
        optical = FitsProvider({"image": path, "trusted": True}, DSS2)
        assert np.allclose(optical.cutout(FINE).image, value)


class TestMixedQuantities:
    """Counts and a rate are neither added nor laid side by side."""

    WORDS = r"b\.fits holds a rate, .* others of the same place counts: .*quantity='rate' or 'count"

    def images(self, folder, arcmin=5, more=2.02):
        """Counts, and farther east what looks like a rate."""
        write(folder / "a.fits", full(2, "int16"))
        write(folder / "b.fits", full(more), shifted(arcmin))
        return folder

    def test_where_they_meet_the_target_fails(self, tmp_path):
        provider = FitsProvider(self.images(tmp_path), XMM)
        with pytest.raises(ProviderError, match=self.WORDS):
            provider.cutout(GRID)
        west = CENTER.directional_offset_by(270 * u.deg, 2 * u.arcmin)
        grids = CutoutGrids([CENTER.ra.deg, west.ra.deg], [2.0, west.dec.deg], 2 * u.arcmin, 30)
        with ThreadPoolExecutor(2) as pool:
            found = provider.cutouts(grids, pool)
        assert re.search(self.WORDS, str(found[0]))
        assert np.allclose(found[1].image, 2)

    def test_who_says_what_they_are_has_them_all(self, tmp_path):
        pixels = FitsProvider(self.images(tmp_path), XMM, "counts").cutout(GRID)
        assert np.allclose(np.unique(pixels.image[:, [10, -10]].round(2)), [2, 4.02], atol=0.02)

    def test_images_of_nothing_go_with_both(self, tmp_path):
        provider = FitsProvider(self.images(tmp_path, 3, 0.0), XMM)
        assert np.allclose(provider.cutout(GRID).image, 2, atol=1e-3)

    def test_no_photon_in_a_known_time(self, tmp_path):
        source = {"image": [], "exposure": []}
        for k, value in enumerate((0.0, 2.0)):
            source["image"].append(write(tmp_path / f"i{k}.fits", full(value)))
            source["exposure"].append(write(tmp_path / f"e{k}.fits", full(1000)))
        pixels = FitsProvider(source, XMM).cutout(GRID)
        assert (pixels.image == 2).all()
        assert (pixels.exposure == 2000).all()


class TestExposureMaps:
    def test_pairs_of_a_dict(self, tmp_path):
        exposure = np.tile(np.linspace(0, 3000, 150, dtype="float32"), (150, 1))
        source = {
            "image": write(tmp_path / "a.fits", full(3, "int16")),
            "exposure": str(write(tmp_path / "a_exp.fits", exposure)),
        }
        pixels = FitsProvider(source, XMM).cutout(GRID)
        assert np.allclose(pixels.exposure, exposure[30:120, 30:120], rtol=1e-5)
        assert np.allclose(pixels.image, 3)
        assert pixels.exposure_known
        assert pixels.valid.all()

    def test_zero_exposure_is_not_valid(self, tmp_path):
        exposure = full(1000)
        exposure[:, 75:] = 0
        paths = [write(tmp_path / NAME.format(k), v) for k, v in
                 (("IMAGE_", full(0, "int16")), ("EXPMAP", exposure))]  # fmt: skip
        pixels = FitsProvider(paths, XMM).cutout(GRID)
        assert pixels.valid.mean() == pytest.approx(0.5, abs=0.02)
        assert (pixels.image == 0).all()

    def test_rate_keeps_no_exposure(self, tmp_path):
        """A rate is divided already; preprocessing would divide again."""
        exposure = full(1000)
        exposure[:, 75:] = 0
        source = {
            "image": write(tmp_path / "a.fits", full(0.2)),
            "exposure": write(tmp_path / "e.fits", exposure),
        }
        pixels = FitsProvider(source, XMM).cutout(GRID)
        assert pixels.exposure is None
        assert pixels.exposure_known
        assert pixels.valid.mean() == pytest.approx(0.5, abs=0.02)

    def test_other_shape_is_refused(self, tmp_path):
        source = {
            "image": write(tmp_path / "a.fits", full(1)),
            "exposure": write(tmp_path / "e.fits", full(1)[:, 1:]),
        }
        with pytest.raises(ProviderError, match=r"e\.fits has shape \(150, 149\).*pixel by pixel"):
            FitsProvider(source, XMM)

    def test_map_of_another_place_is_refused(self, tmp_path):
        source = {
            "image": write(tmp_path / "a.fits", full(1)),
            "exposure": write(tmp_path / "e.fits", full(1), shifted(0.2)),
        }
        with pytest.raises(ProviderError, match=r"e\.fits lies 3\.0 pixels away .* pixel by pixel"):
            FitsProvider(source, XMM)

    def test_other_shape_in_memory_is_refused(self):
        with pytest.raises(InvalidImageError, match=r"shape \(149, 150\), its image .* pixel"):
            SkyImage(full(1), FIELD.wcs, "counts", full(1)[1:])
        with pytest.raises(InvalidImageError, match=r"m51 has shape \(1, 150, 150\): give one"):
            SkyImage(full(1)[np.newaxis], FIELD.wcs, name="m51")
        image = SkyImage(full(1), FIELD.wcs, "counts")
        image.exposure = full(1)[1:]
        with pytest.raises(InvalidImageError, match="pixel by pixel"):
            FitsProvider(image, XMM)

    def test_one_infinite_pixel(self):
        exposure = full(1000)
        exposure[75, 75] = np.inf
        pixels = FitsProvider(SkyImage(full(1), FIELD.wcs, "counts", exposure), XMM).cutout(GRID)
        assert pixels.full_exposure == 1000
        assert (~pixels.valid).sum() == 1
        exposure[:] = -1
        with pytest.raises(ProviderError, match="exposure map of image holds no exposure"):
            FitsProvider(SkyImage(full(1), FIELD.wcs, "counts", exposure), XMM).cutout(GRID)

    @pytest.mark.parametrize("value", [np.nan, 0, -1])
    def test_empty_map(self, tmp_path, value):
        source = {
            "image": write(tmp_path / "a.fits", full(1)),
            "exposure": write(tmp_path / "e.fits", full(value)),
        }
        with pytest.raises(ProviderError, match=r"e\.fits holds no exposure"):
            FitsProvider(source, XMM).cutout(GRID)

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ({"image": "a.fits", "expmap": "a.fits"}, "keys 'image' and 'exposure'"),
            ({"exposure": "a.fits"}, "keys 'image' and 'exposure'"),
            ({"image": ["a.fits", "a.fits"], "exposure": "a.fits"}, "2 images but 1 exposure maps"),
            ({"image": "a.fits", "background": ["a.fits"] * 2}, "1 images but 2 background maps"),
            ({"image": [], "exposure": []}, "images are files"),
        ],
    )
    def test_what_a_dict_must_hold(self, tmp_path, monkeypatch, source, words):
        write(tmp_path / "a.fits", full(1))
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ProviderError, match=words):
            FitsProvider(source, XMM)

    def test_dict_without_a_map(self, tmp_path):
        provider = FitsProvider({"image": write(tmp_path / "a.fits", full(1, "int16"))}, XMM)
        assert not provider.cutout(GRID).exposure_known


class TestMerging:
    def test_counts_and_exposures_add(self, tmp_path):
        east = shifted(3)
        sources = {"image": [], "exposure": []}
        for i, field in enumerate((FIELD, east)):
            sources["image"].append(write(tmp_path / f"i{i}.fits", full(2 + i, "int16"), field))
            sources["exposure"].append(
                write(tmp_path / f"e{i}.fits", full(1000.0 * (i + 1)), field)
            )
        pixels = FitsProvider(sources, XMM).cutout(GRID)
        both = np.s_[5:85, 5:72]  # east is left; the second image ends 2 arcmin west of the center
        assert np.allclose(pixels.image[both], 5, rtol=1e-4)
        assert np.allclose(pixels.exposure[both], 3000)
        assert pixels.valid.all()

    def test_edge_of_one_image(self, tmp_path):
        """Where only one image has pixels its counts and exposure stand alone."""
        paths = [write(tmp_path / f"{i}.fits", full(2, "int16"), shifted(4 * i)) for i in range(2)]
        pixels = FitsProvider(paths, XMM).cutout(GRID)
        assert np.allclose(np.unique(pixels.image.round(2)), [2, 4], atol=0.02)
        assert (pixels.image[:, -20:] < 2.01).all()
        assert not pixels.exposure_known

    def test_energy_bands_share_the_exposure_time(self, tmp_path):
        for band in "23":
            for kind, data in (("IMAGE_", full(int(band), "int16")), ("EXPMAP", full(1000))):
                write(tmp_path / f"P0098010101M2U009{kind}{band}000.FTZ", data)
                write(tmp_path / f"P0098010101PNS003{kind}{band}000.FTZ", data)
        pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
        assert np.allclose(pixels.image, 2 * (2 + 3))
        assert np.allclose(pixels.exposure, 2 * 1000)

    def test_rate_comes_from_the_first_image_that_is_valid_there(self, tmp_path):
        dead = full(1000)
        dead[:, 75:] = 0
        names = {"image": [], "exposure": []}
        for name, rate, exposure in (("a", 1.25, dead), ("b", 2.5, full(500))):
            names["image"].append(write(tmp_path / f"{name}.fits", full(rate)))
            names["exposure"].append(write(tmp_path / f"{name}e.fits", exposure))
        pixels = FitsProvider(names, XMM).cutout(GRID)
        assert np.allclose(pixels.image[:, :40], 1.25)
        assert np.allclose(pixels.image[:, 50:], 2.5)
        assert pixels.valid.all()

    def test_intensity_fills_holes_from_the_next_image(self, tmp_path):
        holed = full(1)
        holed[:, :70] = np.nan
        paths = [write(tmp_path / "a.fits", holed), write(tmp_path / "b.fits", full(7))]
        pixels = FitsProvider(paths, DSS2).cutout(GRID)
        assert np.allclose(pixels.image[:, :35], 7)
        assert np.allclose(pixels.image[:, 45:], 1)

    def test_images_elsewhere_are_not_read(self, tmp_path):
        paths = [write(tmp_path / f"{i}.fits", full(i, "int16"), shifted(30 * i)) for i in range(4)]
        provider = FitsProvider(paths, XMM)
        for path in paths[1:]:
            path.unlink()
        assert (provider.cutout(GRID).image == 0).all()

    def test_memory_stays_flat(self, tmp_path, monkeypatch):
        """No pixels are read until they are needed, and the last ones are kept."""
        size = 4 * FIELD.pixels**2 * 2  # int16
        monkeypatch.setattr("astrocnn.providers._images._fits._KEPT", size)
        paths = [write(tmp_path / f"{i}.fits", full(i, "int16"), shifted(30 * i)) for i in range(7)]
        provider = FitsProvider(paths, XMM)
        assert not provider._cache
        for i in range(7):
            grid = CutoutGrid(shifted(30 * i).center, GRID.size, 90)
            assert (provider.cutout(grid).image == i).all()
        kept = [loaded.image.name for loaded in provider._cache.values()]
        assert kept == [f"{i}.fits" for i in (3, 4, 5, 6)]


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chunks")
    rng = np.random.default_rng(1)
    for i in range(5):
        field = shifted(7 * i)  # overlap by 3 arcmin
        for kind, data in (
            ("IMAGE_", rng.poisson(2, FIELD.shape).astype("int16")),
            ("EXPMAP", rng.uniform(0, 1000, FIELD.shape).astype("float32")),
        ):
            write(folder / f"P000000010{i}M2S001{kind}3000.FTZ", data, field)
    return folder


class TestChunks:
    """Many targets at once: the same pixels as one at a time, each image read once."""

    @staticmethod
    def grids(n=12):
        ra = 150 + np.random.default_rng(2).uniform(-10, 40, n) / 60
        return CutoutGrids(ra, np.full(n, 2.0), 3 * u.arcmin, 30)

    @pytest.mark.parametrize("quantity", [None, "intensity"])
    def test_same_as_one_at_a_time(self, fields, quantity):
        grids = self.grids()
        provider = FitsProvider(fields, XMM, quantity)
        with ThreadPoolExecutor(4) as pool:
            found = provider.cutouts(grids, pool)
        overlaps = 0
        for grid, pixels in zip(grids, found, strict=True):
            if isinstance(pixels, NoCoverageError):
                with pytest.raises(NoCoverageError, match=re.escape(str(pixels))):
                    FitsProvider(fields, XMM, quantity).cutout(grid)
                continue
            wanted = FitsProvider(fields, XMM, quantity).cutout(grid)
            overlaps += pixels.full_exposure is not None and pixels.full_exposure > 1001
            for name in ("image", "valid", "exposure"):
                np.testing.assert_array_equal(getattr(pixels, name), getattr(wanted, name))
            assert pixels.full_exposure == wanted.full_exposure
        assert sum(isinstance(pixels, NoCoverageError) for pixels in found) >= 1
        assert overlaps >= 2 or quantity

    def test_each_image_is_read_once(self, fields, monkeypatch):
        monkeypatch.setattr("astrocnn.providers._images._fits._KEPT", 0)
        read = []
        monkeypatch.setattr(
            "astrocnn.providers._images._loaded.read_pixels",
            lambda path, *which: read.append(path.name) or read_pixels(path, *which),
        )
        provider = FitsProvider(fields, XMM)
        with ThreadPoolExecutor(4) as pool:
            provider.cutouts(self.grids(40), pool)
        assert sorted(read) == sorted(path.name for path in fields.iterdir())
        assert len(provider._cache) == 1

    def test_a_broken_image_fails_its_targets_only(self, fields, tmp_path):
        for path in fields.iterdir():
            shutil.copy(path, tmp_path)
        path = tmp_path / "P0000000102M2S001IMAGE_3000.FTZ"
        provider = FitsProvider(tmp_path, XMM)
        path.write_bytes(path.read_bytes()[:6000])
        grids = CutoutGrids(150 + np.array([0, 14, 28]) / 60, [2.0] * 3, 3 * u.arcmin, 30)
        with ThreadPoolExecutor(2) as pool:
            found = provider.cutouts(grids, pool)
        assert [type(pixels) for pixels in found] == [Pixels, ProviderError, Pixels]
        assert path.name in str(found[1])

    def test_ctrl_c_ends_a_chunk(self, fields, monkeypatch):
        def stop(*args):
            raise KeyboardInterrupt

        monkeypatch.setattr("astrocnn.providers._images._fits.resample_image", stop)
        with ThreadPoolExecutor(2) as pool, pytest.raises(KeyboardInterrupt):
            FitsProvider(fields, XMM).cutouts(self.grids(), pool)


class TestHdus:
    """Of a file with several images the wanted one."""

    @pytest.fixture
    def path(self, tmp_path):
        header = FIELD.wcs.to_header()
        hdus = [
            fits.ImageHDU(full(k, "int16"), header, name=name)
            for k, name in enumerate(("SCI", "EXP", "BKG"))
        ]
        hdus[1].data += 1000
        fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "all.fits")
        return tmp_path / "all.fits"

    @pytest.mark.parametrize(
        ("hdu", "value"), [(None, 0), ("bkg", 2), (3, 2), ({"image": 2}, 1001)]
    )
    def test_number_or_name(self, path, hdu, value):
        assert (FitsProvider(path, XMM, hdu=hdu).cutout(GRID).image == value).all()

    def test_image_and_maps_in_one_file(self, path):
        source = dict.fromkeys(("image", "exposure", "background"), path)
        hdu = {"image": "SCI", "exposure": "EXP", "background": "BKG"}
        pixels = FitsProvider(source, XMM, hdu=hdu).cutout(GRID)
        assert (pixels.exposure == 1001).all()
        assert (pixels.background == 2).all()

    @pytest.mark.parametrize(
        ("kind", "hdu"),
        [("exposure", None), ("exposure", {"image": 1}), ("background", None),
         ("exposure", {"image": "SCI", "exposure": 1}), ("exposure", {"exposure": "sci"})],
    )  # fmt: skip
    def test_an_image_is_not_its_own_map(self, path, tmp_path, kind, hdu):
        (tmp_path / "link.fits").symlink_to(path)
        for other in (path, tmp_path / "link.fits"):
            words = rf"HDU 1 of .* be the image and its {kind} map: .*'image': \.\.\., '{kind}'"
            with pytest.raises(ProviderError, match=words):
                FitsProvider({"image": path, kind: other}, XMM, hdu=hdu)

    @pytest.mark.parametrize(
        ("hdu", "words"),
        [("sci2", "WCS in HDU 'sci2'"), (0, "in HDU 0"), ({"exp": 1}, "hdu has the keys")],
    )
    def test_not_there(self, path, hdu, words):
        with pytest.raises(ProviderError, match=words):
            FitsProvider(path, XMM, hdu=hdu)


class TestBackground:
    def test_of_a_file_scales_like_counts(self, tmp_path):
        source = {
            "image": write(tmp_path / "a.fits", full(3, "int16")),
            "exposure": write(tmp_path / "e.fits", full(1000)),
            "background": write(tmp_path / "b.fits", full(0.5)),
        }
        pixels = FitsProvider(source, XMM).cutout(FINE)
        assert np.allclose(pixels.background, 0.5 * (360 / 356 / 4) ** 2, rtol=1e-3)
        assert np.allclose(pixels.image, 3 * (360 / 356 / 4) ** 2, rtol=1e-3)  # not subtracted

    def test_backgrounds_of_overlapping_images_add(self, tmp_path):
        source = {"image": [], "background": []}
        for k in range(2):
            source["image"].append(write(tmp_path / f"i{k}.fits", full(3, "int16")))
            source["background"].append(write(tmp_path / f"b{k}.fits", full(0.5 + k)))
        assert np.allclose(FitsProvider(source, XMM).cutout(GRID).background, 2.0)

    def test_estimated_only_when_asked_for(self):
        y, x = np.indices(FIELD.shape) - 74.5
        exposure = 2e4 / (1 + np.hypot(x, y) / 60)
        counts = np.random.default_rng(1).poisson(5e-6 * exposure + 0.05)
        image = SkyImage(counts, FIELD.wcs, "counts", exposure)
        assert FitsProvider(image, XMM).cutout(GRID).background is None
        pixels = FitsProvider(image, XMM, background="estimate").cutout(GRID)
        wanted = (5e-6 * exposure + 0.05)[30:120, 30:120]
        assert pixels.background.sum() == pytest.approx(wanted.sum(), rel=0.03)
        assert pixels.image.sum() == counts[30:120, 30:120].sum()

    def test_cannot_be_estimated_without_exposure(self):
        hdu = fits.PrimaryHDU(full(1, "int16"), FIELD.wcs.to_header())
        with pytest.raises(ProviderError, match="has no exposure map: its background cannot be"):
            FitsProvider(hdu, XMM, background="estimate").cutout(GRID)

    def test_other_words(self):
        hdu = fits.PrimaryHDU(full(1, "int16"), FIELD.wcs.to_header())
        with pytest.raises(ProviderError, match="background must be None or 'estimate', not 'yes'"):
            FitsProvider(hdu, XMM, background="yes")


class TestSkyTiles:
    """Sky tiles of one eROSITA survey overlap, and hold the same photons there."""

    NAME = "em01_{}_024_{}_c010.fits.gz"

    def test_photons_are_not_counted_twice(self, tmp_path):
        for k, tile in enumerate(("150088", "151088")):
            field = shifted(4 * k)
            exposure = full(200.0)
            exposure[:, :40] = 0  # the east
            for kind, data in (("Image", full(3, "int16")), ("ExposureMap", exposure)):
                write(tmp_path / self.NAME.format(tile, kind), data, field)
        pixels = FitsProvider(tmp_path, get_band("erosita")).cutout(GRID)
        assert np.allclose(pixels.image, 3, rtol=1e-4)
        assert np.allclose(pixels.exposure[pixels.valid], 200)
        assert pixels.full_exposure == 200
        # The second tile has what the first one lacks.
        assert pixels.valid[:, 12:].all()

    def test_surveys_and_pointings_add(self, tmp_path):
        for name in ("em01_150088", "em02_150088", "pm00_700001", "pm00_700002"):
            write(tmp_path / f"{name}_024_Image_c010.fits", full(1, "int16"))
        assert np.allclose(FitsProvider(tmp_path, get_band("erosita")).cutout(GRID).image, 4)

    def test_energy_bands_of_tiles_share_the_time(self, tmp_path):
        for code in "12":
            for tile in ("150088", "151088"):
                for kind, data in (("Image", full(int(code), "int16")), ("ExposureMap", full(200))):
                    write(tmp_path / f"em01_{tile}_02{code}_{kind}_c010.fits", data)
        pixels = FitsProvider(tmp_path, get_band("erosita")).cutout(GRID)
        assert np.allclose(pixels.image, 3)
        assert np.allclose(pixels.exposure, 200)


class TestSources:
    def test_pattern_list_folder_and_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        paths = [write(tmp_path / f"{n}.fits", full(1, "int16")) for n in ("a", "b", "c[1]")]
        for source in (str(tmp_path / "?.fits"), paths[:2], [str(tmp_path / "?.fits")], "~/?.fits"):
            provider = FitsProvider(source, XMM)
            assert (provider.cutout(GRID).image == 2).all()
            assert provider.description == "a.fits and 1 more"
        assert (FitsProvider(tmp_path, XMM).cutout(GRID).image == 3).all()
        assert FitsProvider(paths[2], XMM).description == "c[1].fits"
        assert "FitsProvider xmm: a.fits" in repr(FitsProvider(paths[0], XMM))

    def test_hdus_and_images(self):
        hdu = fits.ImageHDU(full(1, "int16"), FIELD.wcs.to_header())
        image = SkyImage(full(1, "int16"), FIELD.wcs, "counts")
        for source in (
            hdu,
            fits.HDUList([fits.PrimaryHDU(), hdu]),
            fits.CompImageHDU(hdu.data, hdu.header),
            image,
        ):
            assert np.allclose(FitsProvider(source, XMM).cutout(FINE).image.sum(), 8100, rtol=1e-3)

    @pytest.mark.parametrize("source", [3, np.zeros((3, 3)), [None], [], Ellipsis])
    def test_other_things(self, source):
        with pytest.raises(ProviderError, match="images are files, patterns, lists of them"):
            FitsProvider(source, XMM)

    def test_nothing_matches(self, tmp_path):
        with pytest.raises(ProviderError, match=r"no file matches '.*none\.\*'"):
            FitsProvider(tmp_path / "none.*", XMM)

    def test_only_other_energies(self, tmp_path):
        write(tmp_path / "P0098010101M2U009IMAGE_4000.FTZ", full(1))
        with pytest.raises(ProviderError, match=r"no image for band xmm among 1 files.*0.5 2"):
            FitsProvider(tmp_path, XMM)


    @pytest.mark.parametrize(
        ("telescope", "band", "taken"),
        [("XMM", "xmm", True), ("XMM-Newton", "xmm", True), ("eROSITA", "erosita", True),
         (7, "xmm", True), ("UK Schmidt", "dss2", True), ("Hubble", "dss2", False),
         ("XMM", "erosita", False), ("SRG", "xmm", False), ("ROSAT", "erosita", False)],
    )  # fmt: skip
    def test_telescope_of_the_header(self, tmp_path, telescope, band, taken):
        write(tmp_path / "a.fits", full(1), TELESCOP=telescope)
        if taken:
            assert repr(FitsProvider(tmp_path, get_band(band))).endswith(": a.fits>")
            return
        with pytest.raises(ProviderError, match=f"a.fits is an image of {telescope}, and not"):
            FitsProvider(tmp_path, get_band(band))
        write(tmp_path / "b.fits", full(1))
        with pytest.warns(FailedTargetWarning, match=r"1 of 2 files .* are left out; the first: a"):
            assert repr(FitsProvider(tmp_path, get_band(band))).endswith(": b.fits>")
        own = replace(get_band(band), name="my-band")
        assert repr(FitsProvider(tmp_path, own)).endswith(" and 1 more>")

    @pytest.mark.parametrize(
        ("name", "band"),
        [
            ("P0098010101M2U009IMAGE_3000.FTZ", "erosita"),
            ("P0098010101M2U009IMAGE_3000.FTZ", "dss2"),
            ("em01_164087_024_Image_c010.fits", "xmm"),
            ("em01_164087_026_Image_c010.fits", "xmm"),  # its energies are inside those of the band
        ],
    )
    def test_products_of_another_telescope(self, tmp_path, name, band):
        write(tmp_path / name, full(1))
        with pytest.raises(ProviderError, match=f"no image for band {band}.*; {name} is of anothe"):
            FitsProvider(tmp_path, get_band(band))
        write(tmp_path / "mine.fits", full(1))
        assert repr(FitsProvider(tmp_path, get_band(band))).endswith(": mine.fits>")
        if band == "dss2":  # X-rays are in no optical band, whatever its name
            return
        own = replace(get_band(band), name="my-band", energy=None)
        assert repr(FitsProvider(tmp_path, own)).endswith(" and 1 more>")


class TestWholeSky:
    """Projections in which the sky ends within the image: its corners are no places."""

    PLACES = SkyCoord([266.0, 10.0, 120.0], [-29.0, 41.0, 80.0], unit="deg")

    @staticmethod
    def sky(projection, crval=(0.0, 0.0), shape=(180, 360), middle=None, frame="GLON GLAT"):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = [f"{axis:-<4}-{projection}" for axis in frame.split()]
        wcs.wcs.crval, wcs.wcs.cdelt = crval, [-1.0, 1.0]
        wcs.wcs.crpix = middle or [shape[1] / 2 + 0.5, shape[0] / 2 + 0.5]
        return fits.PrimaryHDU(np.full(shape, 2.5, "float32"), wcs.to_header())

    @pytest.mark.parametrize("projection", ["AIT", "MOL", "CAR", "SFL"])
    def test_every_place_is_found(self, projection):
        shape = (180, 360) if projection != "MOL" else (164, 326)
        provider = FitsProvider(self.sky(projection, shape=shape), DSS2)
        for place in self.PLACES:
            pixels = provider.cutout(CutoutGrid(place, 3 * u.deg, 9))
            assert pixels.valid.all()
            assert np.allclose(pixels.image, 2.5)

    @pytest.mark.parametrize(("projection", "side"), [("ZEA", 170), ("SIN", 120)])
    def test_hemispheres(self, projection, side):
        hdu = self.sky(projection, (30.0, 60.0), (side, side), frame="RA DEC")
        provider = FitsProvider(hdu, DSS2)
        assert provider.cutout(CutoutGrid(self.PLACES[1], 3 * u.deg, 9)).valid.all()
        with pytest.raises(NoCoverageError):
            provider.cutout(CutoutGrid(SkyCoord(210, -60, unit="deg"), 3 * u.deg, 9))

    def test_part_whose_middle_is_off_the_sky(self, tmp_path):
        """With a map, which is compared where both are on the sky."""
        for name in ("i", "e"):
            self.sky("AIT", shape=(100, 100), middle=[190, 100]).writeto(tmp_path / f"{name}.fits")
        source = {"image": tmp_path / "i.fits", "exposure": tmp_path / "e.fits"}
        place = SkyCoord(100, -10, unit="deg", frame="galactic")
        grid = CutoutGrid(place.icrs, 3 * u.deg, 9)
        provider = FitsProvider(source, DSS2)
        wcs = WCS(fits.getheader(source["image"]))
        assert not np.isfinite(wcs.wcs_pix2world(49.5, 49.5, 0)).all()
        assert np.allclose(provider.cutout(grid).image, 2.5)


class TestCopies:
    """A photon counts once, whatever copies of its file lie about."""

    def test_packed_and_unpacked_products(self, tmp_path):
        for kind, data in (("IMAGE_", full(2, "int16")), ("EXPMAP", full(1000))):
            path = write(tmp_path / NAME.format(kind), data)
            path.with_suffix(".FIT").write_bytes(gzip.decompress(path.read_bytes()))
        with pytest.warns(FailedTargetWarning, match=r"1 copies .*_3000\.FTZ, of which .*\.FIT "):
            pixels = FitsProvider(tmp_path, XMM).cutout(GRID)
        assert (pixels.image == 2).all()
        assert (pixels.exposure == 1000).all()

    def test_own_names_and_the_same_file_twice(self, tmp_path):
        path = write(tmp_path / "a.fits", full(2, "int16"))
        (tmp_path / "a.fits.gz").write_bytes(gzip.compress(path.read_bytes()))
        assert (FitsProvider([path, path], XMM).cutout(GRID).image == 2).all()
        for source in (tmp_path, {"image": [path, path]}):
            with pytest.warns(FailedTargetWarning, match="1 copies of other files left out"):
                assert (FitsProvider(source, XMM).cutout(GRID).image == 2).all()

    def test_energy_bands_that_share_a_map(self, tmp_path):
        """Their photons add, their time does not, in whatever order they are given."""
        images = [write(tmp_path / f"b{k}.fits", full(k, "int16")) for k in (2, 3, 4)]
        maps = [write(tmp_path / f"e{k}.fits", full(1000.0 * k)) for k in (1, 2)]
        source = {"image": images, "exposure": [maps[0], maps[1], maps[0]]}
        pixels = FitsProvider(source, XMM).cutout(GRID)
        assert (pixels.image == 9).all()
        assert (pixels.exposure == 3000).all()
        assert pixels.full_exposure == 3000


class TestMapsAmongImages:
    """An exposure map is no image: its seconds are never added to photons."""

    @pytest.fixture
    def image(self, tmp_path):
        return write(tmp_path / "img.fits", full(1, "int16"))

    @pytest.mark.parametrize(
        ("name", "cards", "told"),
        [
            ("expmap.fits", {}, "exposure map by its name"),
            ("img_exp.fits", {"CONTENT": "EPIC IMAGE"}, "exposure map by its name"),
            ("a.fits", {"BUNIT": "s"}, "exposure map by its header"),
            ("a.fits", {"CONTENT": "EPIC EXPOSURE MAP"}, "exposure map by its header"),
            ("img_bkg.fits", {}, "background map by its name"),
        ],
    )
    @pytest.mark.parametrize("listed", [True, False])
    def test_left_out_with_a_warning(self, tmp_path, image, name, cards, told, listed):
        path = write(tmp_path / name, full(20e3), **cards)
        words = rf"1 of 2 files for band xmm: {name} \({told}\) left out.*'exposure': \.\.\."
        with pytest.warns(FailedTargetWarning, match=words):
            provider = FitsProvider([path, image] if listed else tmp_path, XMM)
        assert (provider.cutout(GRID).image == 1).all()

    def test_beside_products_of_the_pipeline(self, tmp_path):
        write(tmp_path / NAME.format("IMAGE_"), full(1, "int16"), BUNIT="s")  # its name is known
        write(tmp_path / "my_exp.fits", full(20e3))
        with pytest.warns(FailedTargetWarning, match=r"my_exp\.fits \(exposure map by its name\)"):
            provider = FitsProvider(tmp_path, XMM)
        assert (provider.cutout(GRID).image == 1).all()

    def test_a_dict_says_what_is_an_image(self, tmp_path):
        path = write(tmp_path / "exp_deep_image.fits", full(3, "int16"), CONTENT="EXPOSURE MAP")
        with pytest.warns(FailedTargetWarning, match="exposure map by its header, and taken for"):
            named = FitsProvider({"image": path}, XMM)
        assert (named.cutout(GRID).image == 3).all()
        path = write(tmp_path / "expmap.fits", full(3, "int16"))  # whatever it is called
        assert (FitsProvider({"image": path}, XMM).cutout(GRID).image == 3).all()

    def test_a_single_file_and_a_named_hdu(self, tmp_path):
        path = write(tmp_path / "exp_deep_image.fits", full(3, "int16"))
        assert (FitsProvider(path, XMM).cutout(GRID).image == 3).all()
        path = write(tmp_path / "e.fits", full(3, "int16"), BUNIT="s")
        assert (FitsProvider(path, XMM, hdu=0).cutout(GRID).image == 3).all()
        with pytest.raises(ProviderError, match=r"none of the 1 .* e\.fits \(exposure map by"):
            FitsProvider(path, XMM)

    def test_real_products_under_other_names(self, folder, tmp_path):
        """Abell 1835: the counts stay what they are."""
        for kind, name in (("IMAGE_", "mos2_image"), ("EXPMAP", "mos2_time")):
            shutil.copy(folder / NAME.format(kind), tmp_path / f"{name}.fits.gz")
        pixels = FitsProvider(tmp_path, XMM).cutout(
            CutoutGrid(SkyCoord(210.258, 2.879, unit="deg"), 2 * u.arcmin, 30)
        )
        assert pixels.image.sum() == pytest.approx(16779, rel=0.1)
        assert pixels.exposure.max() > 26e3  # of one observation, camera and exposure


class TestFaults:
    def test_only_file_is_broken(self, tmp_path):
        path = tmp_path / "broken.fits"
        path.write_bytes(b"nothing")
        with pytest.raises(ProviderError, match=r"none of the 1 images .* broken\.fits"):
            FitsProvider(path, XMM)

    def test_one_of_several_is_broken(self, tmp_path):
        write(tmp_path / "good.fits", full(1, "int16"))
        (tmp_path / "broken.fits").write_text("not an image")
        with pytest.warns(FailedTargetWarning, match=r"1 of 2 files .*left out.*broken\.fits"):
            provider = FitsProvider(tmp_path, XMM)
        assert (provider.cutout(GRID).image == 1).all()

    def test_pixels_are_missing(self, tmp_path):
        """The header is fine: the fault is that of the targets which need the pixels."""
        path = write(tmp_path / "cut.fits", full(1, "int16"))
        path.write_bytes(path.read_bytes()[:10000])
        provider = FitsProvider(path, XMM)
        with pytest.raises(ProviderError, match=r"cut\.fits cannot be read"):
            provider.cutout(GRID)
        with pytest.raises(NoCoverageError):
            provider.cutout(CutoutGrid(SkyCoord(10, 2, unit="deg"), GRID.size, 90))

    def test_exposure_map_is_missing_pixels(self, tmp_path):
        write(tmp_path / NAME.format("IMAGE_"), full(1, "int16"))
        noise = np.random.default_rng(0).random(FIELD.shape).astype("float32")
        path = write(tmp_path / NAME.format("EXPMAP"), noise)
        path.write_bytes(path.read_bytes()[:20000])
        with pytest.raises(ProviderError, match="EXPMAP3000.FTZ cannot be read"):
            FitsProvider(tmp_path, XMM).cutout(GRID)

    def test_no_coverage_names_position_and_file(self, tmp_path):
        provider = FitsProvider(write(tmp_path / "a.fits", full(1)), XMM)
        grid = CutoutGrid(SkyCoord("05h00m00s -30d00m00s"), GRID.size, 90)
        with pytest.raises(
            NoCoverageError, match=r"no xmm pixel at 05h00m00s -30d00m00s in a\.fits"
        ):
            provider.cutout(grid)

    def test_image_of_nan_is_no_coverage(self):
        hdu = fits.PrimaryHDU(full(np.nan), FIELD.wcs.to_header())
        with pytest.raises(NoCoverageError):
            FitsProvider(hdu, XMM).cutout(GRID)

    def test_many_threads_and_odd_headers(self, tmp_path):
        """Two providers at once, as in `iter_cutouts`: same pixels as one after the other."""
        odd = {"DATE-OBS": "31/12/99", "CUNIT1": "DEG", "CUNIT2": "DEG"}
        for i in range(6):
            write(tmp_path / f"x{i}.fits", full(i, "int16"), shifted(30 * i), **odd)
            write(tmp_path / f"o{i}.fits", full(10 * i), shifted(30 * i), **odd)
        path = tmp_path / "x5.fits"
        path.write_bytes(path.read_bytes()[:10000])
        providers = [FitsProvider(tmp_path / f"{k}*.fits", b) for k, b in (("x", XMM), ("o", DSS2))]

        def level(job):
            field, p = job
            grid = CutoutGrid(shifted(30 * field).center, GRID.size, 40)
            try:
                return round(
                    float(providers[p].cutout(grid).image.mean() * (40 / 90) ** (2 - 2 * p))
                )
            except ProviderError as error:
                return str(error)[:7]

        jobs = [(field, p) for field in range(6) for p in range(2)] * 10
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(level, jobs))
        expected = {(f, p): "x5.fits" if (f, p) == (5, 0) else (f, 10 * f)[p] for f, p in jobs}
        assert found == [expected[job] for job in jobs]


@pytest.fixture(scope="module")
def folder(real_data):
    """XMM-Newton MOS2 field of Abell 1835, 1-2 keV: image, exposure map, background map."""
    return real_data / "a1835_xmm"


@pytest.fixture(scope="module")
def provider(folder):
    return FitsProvider(folder / "*.FTZ", XMM)


class TestRealField:
    CLUSTER = SkyCoord(210.258, 2.879, unit="deg")

    def test_products_are_found_by_their_names(self, provider):
        assert provider.description == NAME.format("IMAGE_")
        pixels = provider.cutout(CutoutGrid(self.CLUSTER, 6 * u.arcmin, 356))
        assert pixels.exposure_known
        assert 20e3 < np.median(pixels.exposure) < 29e3

    def test_counts_of_the_cluster(self, folder, provider):
        """16,779 counts within 1 arcmin of pixel (327.7, 346.7)."""
        center = read_image(folder / NAME.format("IMAGE_")).wcs.pixel_to_world(327.7, 346.7)
        grid = CutoutGrid(center, 6 * u.arcmin, 356)
        ra, dec = grid.lonlat()
        near = SkyCoord(ra, dec, unit="deg").separation(center) < 1 * u.arcmin
        assert provider.cutout(grid).image[near].sum(dtype=float) == pytest.approx(16779, rel=4e-3)

    @pytest.mark.parametrize("pixels", [356, 96, 30])
    def test_against_reproject(self, folder, provider, pixels):
        image = read_image(folder / NAME.format("IMAGE_"))
        exposure = read_image(folder / NAME.format("EXPMAP")).data
        grid = CutoutGrid(
            self.CLUSTER.directional_offset_by(0 * u.deg, 9 * u.arcmin), 6 * u.arcmin, pixels
        )
        found = provider.cutout(grid)
        counts = image.data.astype(float)
        mean, _ = reproject_exact((counts, image.wcs), grid.wcs, shape_out=grid.shape)
        times, _ = reproject_interp((exposure, image.wcs), grid.wcs, shape_out=grid.shape)
        scale = (360 / pixels / 4) ** 2
        assert np.abs(found.image - scale * mean).max() < 2e-5 * scale * image.data.max()
        # Places are interpolated to a few 1e-5 pixel, and chips end within a pixel.
        assert np.abs(found.exposure - times).max() < 5e-5 * exposure.max()
        assert np.array_equal(found.valid, found.exposure > 0.05 * exposure.max())
        assert 0.3 < found.valid.mean() < 1.0  # across the chips' edges

    def test_band_that_the_files_do_not_have(self, folder):
        with pytest.raises(ProviderError, match="no image for band xmm among 3 files"):
            FitsProvider(folder / "*.FTZ", xmm_band([2, 4.5] * u.keV))

    def test_image_alone(self, folder, tmp_path):
        path = shutil.copy(folder / NAME.format("IMAGE_"), tmp_path)
        pixels = FitsProvider(path, XMM).cutout(CutoutGrid(self.CLUSTER, 6 * u.arcmin, 90))
        assert pixels.exposure is None
        assert not pixels.exposure_known
        assert pixels.valid.all()

    @pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
    def test_truncated(self, folder, tmp_path, share):
        raw = (folder / NAME.format("IMAGE_")).read_bytes()
        path = tmp_path / NAME.format("IMAGE_")
        path.write_bytes(raw[: int(share * len(raw))])
        with pytest.raises(ProviderError, match=path.name):
            FitsProvider(path, XMM).cutout(CutoutGrid(self.CLUSTER, 6 * u.arcmin, 90))


class TestRealPair:
    """Chandra and Spitzer images of NGC 2207 and IC 2163: two telescopes on one grid."""

    def test_galaxies_are_at_the_same_place(self, real_data):
        folder = real_data / "ngc2207"
        center = SkyCoord("06h16m22.1s -21d22m21s")
        grid = CutoutGrid(center, 3 * u.arcmin, 180)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            xray, infrared = (
                FitsProvider({"image": folder / name, "trusted": True}, band).cutout(grid)
                for name, band in (
                    ("chandra_merge_broad_flux_crop_asm.fits", XMM),
                    ("spitzer.fits.gz", DSS2),
                )
            )
        ok = xray.valid & infrared.valid
        assert ok.mean() > 0.9
        assert xray.exposure_known
