"""The loop over targets: chunks, threads, order, faults, Ctrl-C."""

import _thread
import threading
import time

import numpy as np
import pytest
import xarray as xr
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from astrocnn.config import conf
from astrocnn.cutouts import check_dataset, iter_cutouts, make_cutouts, open_providers
from astrocnn.exceptions import (
    InvalidTargetError,
    InvalidTargetWarning,
    NoCoverageError,
    ProviderError,
    UnknownNameError,
)
from astrocnn.grid import CutoutGrid
from astrocnn.providers import HipsProvider, Pixels, Provider, write_hips
from astrocnn.surveys import get_band
from astrocnn.tables import read_targets

CENTER = SkyCoord(150, 2, unit="deg")
COORDS = SkyCoord(np.arange(1, 11) * 10.0, np.zeros(10), unit="deg")


class FakeProvider(Provider):
    """Pixels that say where they are; whole tens of degrees can be made to fail."""

    def __init__(self, band="dss2-red", fails=(), uncovered=(), exposed=(), slow=0.0):
        super().__init__(get_band(band))
        self.fails, self.uncovered, self.exposed = fails, uncovered, exposed
        self.slow, self.calls, self.threads = slow, [], set()

    @property
    def description(self):
        return "fake"

    def cutout(self, grid):
        number = round(grid.center.ra.deg / 10)
        self.calls.append(number)
        self.threads.add(threading.get_ident())
        time.sleep(self.slow * (number % 3))
        if number in self.fails:
            raise ProviderError(f"tile {number} is broken")
        if number in self.uncovered:
            raise NoCoverageError("nothing there")
        image = np.full(grid.shape, number, dtype=np.float32)
        image[0, 0] = 0
        exposure = np.full(grid.shape, 100.0, np.float32) if number in self.exposed else None
        return Pixels(image, image > 0, exposure)


def make(targets=COORDS, provider=None, **others):
    images = {"dss2-red": provider or FakeProvider()}
    return make_cutouts(targets, ["dss2-red"], images, pixels=4, **others)


def levels(dataset):
    return dataset["image"].values[:, 0, 1, 1].tolist()


class TestLoop:
    def test_order_is_kept_whatever_finishes_first(self):
        provider = FakeProvider(slow=0.01)
        assert levels(make(COORDS[::-1], provider)) == list(range(10, 0, -1))

    def test_threads_are_used(self):
        together = threading.Barrier(3)

        class Meeting(FakeProvider):
            def cutout(self, grid):
                pixels = super().cutout(grid)
                if len(self.calls) <= 3:
                    together.wait(60)  # in vain, were there fewer threads
                return pixels

        with conf.set_temp("threads", 3):
            make(provider=(provider := Meeting()))
        assert len(provider.threads) == 3
        with conf.set_temp("threads", 1):
            make(provider=(alone := FakeProvider()))
        assert alone.calls == list(range(1, 11))

    @pytest.mark.parametrize("chunk_size", [1, 3, 4, 10, 64])
    def test_chunk_size_does_not_matter(self, chunk_size):
        provider = FakeProvider(fails=(2, 7), uncovered=(3,), exposed=(5, 6))
        expected = make(provider=provider)
        with conf.set_temp("chunk_size", chunk_size):
            found = make(provider=provider)
        xr.testing.assert_identical(found, expected)
        check_dataset(found)

    def test_sizes_of_the_chunks(self):
        images = {"dss2": FakeProvider()}
        chunks = list(iter_cutouts(COORDS, ["dss2"], images, pixels=4, chunk_size=4))
        assert [chunk.sizes["target"] for chunk in chunks] == [4, 4, 2]
        assert np.concatenate([c["target_id"].values for c in chunks]).tolist() == list(range(10))

    def test_only_the_chunk_that_is_asked_for_is_made(self):
        provider = FakeProvider()
        chunks = iter_cutouts(COORDS, ["dss2"], {"dss2": provider}, pixels=4, chunk_size=2)
        assert provider.calls == []
        next(chunks)
        assert sorted(provider.calls) == [1, 2]
        chunks.close()

    def test_bands_keep_their_order(self):
        images = {"xmm": FakeProvider("xmm"), "dss2": FakeProvider()}
        for bands in (["xmm", "dss2"], ["dss2-red", "xmm"]):
            dataset = make_cutouts(COORDS, bands, images, pixels=4)
            assert dataset["band"].values.tolist() == [get_band(band).name for band in bands]

    @pytest.mark.parametrize("exposed", [(), (1,), (10,), tuple(range(11))], ids=len)
    def test_exposure_of_some_chunks_only(self, exposed):
        with conf.set_temp("chunk_size", 3):
            dataset = make(provider=FakeProvider(exposed=exposed))
        assert ("exposure" in dataset) == bool(exposed)
        if exposed:
            known = np.isfinite(dataset["exposure"].values).all(axis=(1, 2, 3))
            assert [i + 1 for i in np.flatnonzero(known)] == [i for i in exposed if i]
            assert dataset["exposure"].dtype == np.float32
        assert dataset["image"].dtype == np.float32
        assert dataset["valid"].dtype == np.uint8


class TestTargets:
    def test_scalar(self):
        assert levels(make(COORDS[3])) == [4]

    def test_table_with_identifiers(self):
        table = read_targets(COORDS[:2])
        table["target_id"] = ["first", "second"]
        assert make(table)["target_id"].values.tolist() == ["first", "second"]

    def test_invalid_positions_are_rows_too(self):
        ra = [10.0, np.nan, 30.0]
        with pytest.warns(InvalidTargetWarning, match="1 without a valid position"):
            dataset = make(SkyCoord(ra, [0, 0, 0], unit="deg"))
        assert dataset["status"].values[:, 0].tolist() == ["", "invalid_position", ""]
        assert np.isnan(dataset["ra"].values).tolist() == [False, True, False]
        assert dataset["coverage"].values[1, 0] == 0
        assert levels(dataset)[::2] == [1, 3]

    def test_a_target_table_is_not_complained_about_twice(self):
        with pytest.warns(InvalidTargetWarning):
            targets = read_targets(SkyCoord([10, np.nan], [0, 0], unit="deg"))
        assert make(targets)["status"].values[1, 0] == "invalid_position"

    def test_no_targets(self):
        with pytest.raises(InvalidTargetError, match="empty"):
            make(COORDS[:0])

    @pytest.mark.parametrize(("size", "pixels"), [(6, 4), (6 * u.m, 4), (6 * u.arcmin, 0)])
    def test_grid(self, size, pixels):
        with pytest.raises(InvalidTargetError):
            make_cutouts(COORDS, ["dss2"], {"dss2": FakeProvider()}, size, pixels)


class TestFaults:
    def test_failures_never_end_the_run(self):
        provider = FakeProvider(fails=(2, 3, 9), uncovered=(5,))
        dataset = make(provider=provider)
        status = dataset["status"].values[:, 0].tolist()
        assert [i + 1 for i, word in enumerate(status) if word == "failed:dss2-red"] == [2, 3, 9]
        assert status[4] == "no_coverage:dss2-red"
        assert dataset["coverage"].values[:, 0].tolist() == [
            0 if i in (2, 3, 5, 9) else 15 / 16 for i in range(1, 11)
        ]

    def test_faults_are_told_in_words_and_in_order(self):
        faults = make(provider=FakeProvider(fails=(9, 2))).attrs["faults"]
        assert faults == ["target 1: tile 2 is broken", "target 8: tile 9 is broken"]

    def test_one_band_fails(self):
        images = {"xmm": FakeProvider("xmm", fails=range(11)), "dss2": FakeProvider()}
        dataset = make_cutouts(COORDS, ["xmm", "dss2"], images, pixels=4)
        assert dataset["coverage"].values.max(axis=0).tolist() == [0, 15 / 16]

    def test_all_fail(self):
        dataset = make(provider=FakeProvider(fails=range(11)))
        assert np.isnan(dataset["image"].values).all()
        assert len(dataset.attrs["faults"]) == 10

    def test_source_that_cannot_be_used_at_all_ends_it_at_once(self, tmp_path):
        with pytest.raises(ProviderError, match="no file matches"):
            make_cutouts(COORDS, ["dss2"], {"dss2": tmp_path / "none.fits"})

    def test_unknown_band(self):
        with pytest.raises(UnknownNameError, match="did you mean 'xmm'"):
            make_cutouts(COORDS, ["xm"])
        with pytest.raises(UnknownNameError, match="Choices"):
            make_cutouts(COORDS, ["xmm"], {"chandra": "a.fits"})


@pytest.mark.usefixtures("ctrl_c")
class TestCtrlC:
    def test_what_has_not_begun_is_dropped(self):
        """Ctrl-C during the third target."""

        class Interrupting(FakeProvider):
            def cutout(self, grid):
                pixels = super().cutout(grid)
                if len(self.calls) == 3:
                    _thread.interrupt_main()
                if len(self.calls) >= 3:
                    time.sleep(0.3)
                return pixels

        provider = Interrupting()
        with conf.set_temp("threads", 1), pytest.raises(KeyboardInterrupt):
            make(provider=provider)
        for thread in threading.enumerate():
            if thread.name.startswith("astrocnn"):
                thread.join(60)
        assert 3 <= len(provider.calls) <= 6

    def test_it_does_not_wait_for_a_slow_service(self):
        release, over = threading.Event(), []

        class Stuck(FakeProvider):
            def cutout(self, grid):
                if grid.center.ra.deg > 15:
                    release.wait(60)
                    over.append(grid)
                else:
                    _thread.interrupt_main()
                return super().cutout(grid)

        try:
            with pytest.raises(KeyboardInterrupt):
                make(provider=Stuck())
            assert not over
        finally:
            release.set()


class TestImagesInPlace:
    """Providers of tiles write into the Dataset's own array.

    The same but for rounding: compiled code that comes from the cache may add in another order.
    """

    @pytest.fixture
    def provider(self, tmp_path):
        sky = CutoutGrid(CENTER, 30 * u.arcmin, 100)
        write_hips(tmp_path, [(np.arange(1e4).reshape(100, 100), sky.wcs)], order=6)
        return HipsProvider(tmp_path, "dss2-red")

    def test_the_same_pixels(self, provider):
        near = CENTER.directional_offset_by([0, 90] * u.deg, [1, 2] * u.arcmin)
        far = CENTER.directional_offset_by(0 * u.deg, 40 * u.deg)
        targets = Table({"ra": [*near.ra.deg, far.ra.deg], "dec": [*near.dec.deg, far.dec.deg]})
        found = make_cutouts(targets, ["dss2-red"], {"dss2-red": provider}, pixels=32)
        for i, center in enumerate(near):
            alone = provider.cutout(CutoutGrid(center, 6 * u.arcmin, 32))
            np.testing.assert_allclose(found["image"][i, 0], alone.image, rtol=1e-6)
        assert np.isnan(found["image"][2]).all()
        assert found["status"][2, 0] == "no_coverage:dss2-red"

    def test_with_an_invalid_position(self, provider):
        targets = Table({"ra": [np.nan, CENTER.ra.deg], "dec": [0, CENTER.dec.deg]})
        with pytest.warns(InvalidTargetWarning):
            found = make_cutouts(targets, ["dss2-red"], {"dss2-red": provider}, pixels=32)
        alone = provider.cutout(CutoutGrid(CENTER, 6 * u.arcmin, 32))
        np.testing.assert_allclose(found["image"][1, 0], alone.image, rtol=1e-6)
        assert np.isnan(found["image"][0]).all()


def test_open_providers():
    fake = FakeProvider()
    service, local = open_providers(["xmm", "dss2"], {"dss2": fake})
    assert local is fake
    assert service.remote
    assert service.band == get_band("xmm")


def test_fits_image_end_to_end():
    """North up, east left, on the target's own grid."""
    field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 150)
    data = np.zeros(field.shape, dtype="float32")
    data[100, 40] = 1  # north-east of the center
    hdu = fits.PrimaryHDU(data, field.wcs.to_header())
    place = field.wcs.pixel_to_world(40, 100)
    dataset = make_cutouts(
        SkyCoord([field.center, place]), ["dss2"], {"dss2": hdu}, 6 * u.arcmin, 91
    )
    y, x = np.unravel_index(dataset["image"].values[0, 0].argmax(), (91, 91))
    assert x < 45 < y
    assert np.unravel_index(np.nanargmax(dataset["image"].values[1, 0]), (91, 91)) == (45, 45)
