"""FITS images to a HiPS of all orders, and back."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from reproject import reproject_interp
from reproject.hips import reproject_to_hips

from astrocnn.cutouts import make_cutouts
from astrocnn.exceptions import NoCoverageError, ProviderError, StoreError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import FitsProvider, HipsProvider, SkyImage, make_hips, open_provider
from astrocnn.providers._tiles._hips_map import nested_to_flat, tile_path
from astrocnn.storage import FolderLock
from astrocnn.surveys import get_band

XMM, DSS2 = get_band("xmm"), get_band("dss2-red")
CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 20 * u.arcmin, 100)  # 12 arcsec pixels


def sky_image(center=CENTER, seed=0, quantity="intensity"):
    """A smooth image with an uneven slope: every turn or flip of it shows."""
    grid = CutoutGrid(center, FIELD.size, FIELD.pixels)
    y, x = np.indices(grid.shape) / 100
    data = 10 + 5 * x + 2 * y**2 + 3 * np.exp(-((x - 0.3) ** 2 + (y - 0.7) ** 2) * 40) + seed
    return SkyImage(data.astype("float32"), grid.wcs, quantity)


def write(path, data, center=CENTER):
    grid = CutoutGrid(center, FIELD.size, FIELD.pixels)
    fits.PrimaryHDU(data, grid.wcs.to_header()).writeto(path)
    return path


def properties(path):
    lines = (path / "properties").read_text().splitlines()
    return {k.strip(): v.strip() for k, v in (line.split("=", 1) for line in lines)}


def tiles(path, order):
    return {int(p.stem[4:]): fits.getdata(p) for p in path.glob(f"Norder{order}/Dir*/Npix*.fits")}


class TestAgainstReproject:
    """The same tiles as `reproject_to_hips` makes, pixel by pixel: orientation and values."""

    @pytest.fixture(scope="class")
    @classmethod
    def both(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("hips")
        image = sky_image()
        summary = make_hips(folder / "ours", FitsProvider(image, DSS2), tile_width=64)
        reproject_to_hips(
            (image.data, image.wcs),
            coord_system_out="equatorial",
            level=summary.order,
            reproject_function=reproject_interp,
            output_directory=str(folder / "theirs"),
            tile_size=64,
            progress_bar=None,
        )
        return folder, summary.order

    def test_deepest_order(self, both):
        folder, order = both
        ours, theirs = (tiles(folder / name, order) for name in ("ours", "theirs"))
        assert len(ours) >= 2
        seen = 0
        for number, tile in ours.items():
            ok = np.isfinite(tile) & np.isfinite(theirs[number]) & (theirs[number] != 0)
            seen += ok.sum()
            assert np.abs(tile[ok] - theirs[number][ok]).max(initial=0) < 2e-2
        assert seen > 0.9 * sum(np.isfinite(tile).sum() for tile in ours.values())

    def test_shallower_orders_are_means(self, both):
        """Of the same HEALPix pixels, whatever the layout in the tiles."""
        folder, order = both
        deep, flat = tiles(folder / "ours", order), tiles(folder / "ours", order - 1)
        nested = nested_to_flat(64)
        parent = next(iter(flat))
        below = [deep[4 * parent + k].ravel()[nested] for k in range(4) if 4 * parent + k in deep]
        first = next(k for k in range(4) if 4 * parent + k in deep)
        wanted = below[0].reshape(-1, 4).mean(axis=1)
        found = flat[parent].ravel()[nested][first * 1024 : (first + 1) * 1024]
        whole = np.isfinite(wanted)
        assert whole.sum() > 20
        np.testing.assert_allclose(found[whole], wanted[whole], rtol=1e-6)
        assert {n // 4 for n in deep} == set(flat)


class TestOrders:
    def test_order_is_the_shallowest_with_smaller_pixels(self, tmp_path):
        summary = make_hips(tmp_path / "a", FitsProvider(sky_image(), DSS2), tile_width=128)
        scale = 58.6323 * 3600 / 2**summary.order / 128
        assert scale < 12 < 2 * scale / np.sqrt(0.9)
        assert summary.n_new == summary.n_tiles
        found = sorted(int(p.name[6:]) for p in (tmp_path / "a").glob("Norder*"))
        assert found == list(range(3, summary.order + 1))

    def test_shallow_hips(self, tmp_path):
        make_hips(tmp_path / "a", FitsProvider(sky_image(), DSS2), 2, 1024)
        assert properties(tmp_path / "a")["hips_order_min"] == "2"

    @pytest.mark.parametrize("frame", ["equatorial", "galactic"])
    @pytest.mark.parametrize(("ra", "dec"), [(150, 2), (0.01, -0.05), (10, 89.97), (45, 41.81)])
    def test_round_trip(self, tmp_path, frame, ra, dec):
        center = SkyCoord(ra, dec, unit="deg")
        provider = FitsProvider(sky_image(center), DSS2)
        make_hips(tmp_path / "a", provider, tile_width=128, frame=frame)
        grid = CutoutGrid(center, 6 * u.arcmin, 45)
        found = open_provider(tmp_path / "a", DSS2).cutout(grid)
        assert found.valid.all()
        assert np.abs(found.image - provider.cutout(grid).image).max() < 0.03


class TestCounts:
    def fields(self, folder):
        """Two overlapping counts images with exposure maps, one of them with a dead half."""
        source = {"image": [], "exposure": []}
        for k, center in enumerate(
            (CENTER, CENTER.directional_offset_by(90 * u.deg, 9 * u.arcmin))
        ):
            exposure = np.full(FIELD.shape, 1000.0 * (k + 1), dtype="float32")
            exposure[:30] = 0
            counts = np.random.default_rng(k).poisson(exposure / 100).astype("int16")
            source["image"].append(write(folder / f"i{k}.fits", counts, center))
            source["exposure"].append(write(folder / f"e{k}.fits", exposure, center))
        return source

    def test_counts_and_exposure_are_kept(self, tmp_path):
        provider = FitsProvider(self.fields(tmp_path), XMM)
        summary = make_hips(tmp_path / "a", provider, tile_width=128)
        assert summary.exposure_path == tmp_path / "a" / "exposure"
        back = open_provider(tmp_path / "a", XMM)
        assert back.band.quantity == "counts"
        center = CENTER.directional_offset_by(90 * u.deg, 4 * u.arcmin)
        grid = CutoutGrid(center, 6 * u.arcmin, 120)
        found, wanted = back.cutout(grid), provider.cutout(grid)
        assert found.image.sum() == pytest.approx(wanted.image.sum(), rel=0.01)
        inside = wanted.exposure > 2500
        assert np.abs(found.exposure[inside] - wanted.exposure[inside]).mean() < 30
        assert (found.valid == wanted.valid).mean() > 0.95

    def test_unexposed_pixels_exist(self, tmp_path):
        """A tile that was not exposed at all is written too: zero counts, zero seconds."""
        provider = FitsProvider(self.fields(tmp_path), XMM)
        make_hips(tmp_path / "a", provider, tile_width=32)
        grid = CutoutGrid(CENTER.directional_offset_by(180 * u.deg, 6 * u.arcmin), 6 * u.arcmin, 45)
        found = open_provider(tmp_path / "a", XMM).cutout(grid)
        assert np.isfinite(found.image).all()
        assert 0.1 < found.valid.mean() < 0.7

    def test_counts_at_a_shallower_order(self, tmp_path):
        provider = FitsProvider(self.fields(tmp_path), XMM)
        make_hips(tmp_path / "a", provider, tile_width=128)
        whole = CutoutGrid(CENTER, 12 * u.arcmin, 100)
        coarse = CutoutGrid(CENTER, 12 * u.arcmin, 16)  # 45 arcsec: two orders up
        sums = [open_provider(tmp_path / "a", XMM).cutout(g).image.sum() for g in (whole, coarse)]
        assert sums[0] == pytest.approx(sums[1], rel=0.03)

    def test_through_predicts_way_in(self, tmp_path):
        make_hips(tmp_path / "a", FitsProvider(self.fields(tmp_path), XMM), tile_width=128)
        for source in (
            tmp_path / "a",
            {"image": tmp_path / "a", "exposure": tmp_path / "a/exposure"},
        ):
            dataset = make_cutouts(CENTER, ["xmm"], {"xmm": source}, pixels=60)
            assert "exposure" in dataset
            assert "exposure_unknown" not in str(dataset["status"].values)

    def test_counts_are_not_rebinned(self, tmp_path):
        provider = FitsProvider(self.fields(tmp_path), XMM)
        with pytest.raises(ProviderError, match="counts need order 8 or a deeper one"):
            make_hips(tmp_path / "a", provider, 7, 128)
        assert not (tmp_path / "a").exists()


class TestResume:
    def make(self, tmp_path, **settings):
        files = sorted(tmp_path.glob("i*.fits")) or [
            write(tmp_path / f"i{k}.fits", sky_image(seed=k).data,
                  CENTER.directional_offset_by(90 * u.deg, k * u.deg))
            for k in range(3)
        ]  # fmt: skip
        return make_hips(
            tmp_path / "a", FitsProvider(files, DSS2), **{"tile_width": 64, **settings}
        )

    def contents(self, path):
        return {
            p.relative_to(path): p.read_bytes()
            for p in path.rglob("*")
            if p.is_file() and p.name != "properties"
        }

    def test_tiles_that_are_there_are_kept(self, tmp_path):
        first = self.make(tmp_path)
        wanted = self.contents(tmp_path / "a")
        kept = sorted((tmp_path / "a").glob(f"Norder{first.order}/*/*.fits"))
        for path in kept[::2]:
            path.unlink()
        (tmp_path / "a" / "properties").unlink()
        states = {path: path.stat().st_mtime_ns for path in kept[1::2]}
        again = self.make(tmp_path)
        assert again.n_new == len(kept[::2])
        assert {path: path.stat().st_mtime_ns for path in states} == states
        assert self.contents(tmp_path / "a") == wanted
        assert self.make(tmp_path).n_new == 0

    def test_stopped_in_the_middle(self, tmp_path, monkeypatch):
        wanted = self.make(tmp_path)
        contents = self.contents(tmp_path / "a")
        replace, calls = Path.replace, []

        def stop(part, target):
            calls.append(target)
            if len(calls) > 4:
                raise KeyboardInterrupt
            return replace(part, target)

        monkeypatch.setattr(Path, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            self.make(tmp_path, overwrite=True)
        assert not (tmp_path / "a" / "properties").exists()
        monkeypatch.undo()
        assert not list((tmp_path / "a").rglob(".astrocnn-part-*"))
        assert self.make(tmp_path).n_tiles == wanted.n_tiles
        assert self.contents(tmp_path / "a") == contents

    def test_one_process_at_a_time(self, tmp_path):
        """Tiles of two, one of which replaces those of the other, would be mixed."""
        self.make(tmp_path)
        contents = self.contents(tmp_path / "a")
        message = "a' is in use by process"
        with FolderLock(tmp_path / "a"), pytest.raises(StoreError, match=message):
            self.make(tmp_path, tile_width=128, overwrite=True)
        left = self.contents(tmp_path / "a")
        assert left.pop(Path(FolderLock.name))
        assert left == contents  # in which there is no lock any more

    def test_other_settings_or_images(self, tmp_path):
        self.make(tmp_path)
        with pytest.raises(ProviderError, match="holds tiles of other images or settings"):
            self.make(tmp_path, tile_width=128)
        assert self.make(tmp_path, tile_width=128, overwrite=True).n_new > 0
        write(tmp_path / "i9.fits", sky_image().data)
        with pytest.raises(ProviderError, match="holds tiles of other images"):
            self.make(tmp_path, tile_width=128)

    def test_folder_of_something_else_is_left_alone(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "thesis.txt").write_text("years of work")
        for overwrite in (False, True):
            with pytest.raises(ProviderError, match="is no folder of tiles and not empty"):
                self.make(tmp_path, overwrite=overwrite)
        assert (tmp_path / "a" / "thesis.txt").read_text() == "years of work"

    def test_broken_image(self, tmp_path):
        self.make(tmp_path)
        for path in (tmp_path / "a").rglob("*.fits"):
            path.unlink()
        path = tmp_path / "i1.fits"
        state, raw = path.stat(), path.read_bytes()
        path.write_bytes(raw[:6000])
        with pytest.raises(ProviderError, match=r"tiles of other images"):
            self.make(tmp_path)
        with pytest.raises(
            ProviderError, match=r"tiles failed; the first: i1\.fits cannot be read"
        ):
            self.make(tmp_path, overwrite=True)
        assert list((tmp_path / "a").rglob("Npix*.fits"))
        assert not (tmp_path / "a" / "properties").exists()
        assert state.st_size == len(raw)

    def test_damaged_plan(self, tmp_path):
        self.make(tmp_path)
        (tmp_path / "a" / "astrocnn-tiles.json").write_text("{")
        with pytest.raises(ProviderError, match="holds tiles of other images or settings"):
            self.make(tmp_path)

    def test_memory_stays_flat(self, tmp_path, monkeypatch):
        """Of many images one is kept in memory."""
        monkeypatch.setattr("astrocnn.providers._images._fits._KEPT", 0)
        self.make(tmp_path)
        provider = FitsProvider(sorted(tmp_path.glob("i*.fits")), DSS2)
        make_hips(tmp_path / "b", provider, tile_width=64)
        assert len(provider._cache) == 1


class TestFiles:
    def test_properties(self, tmp_path):
        """Every keyword that HiPS 1.0 requires."""
        make_hips(tmp_path / "a", FitsProvider(sky_image(), DSS2), tile_width=64, title="My sky, 2")
        found = properties(tmp_path / "a")
        required = {
            "creator_did", "obs_title", "dataproduct_type", "hips_version", "hips_release_date",
            "hips_status", "hips_tile_format", "hips_order", "hips_tile_width", "hips_frame",
        }  # fmt: skip
        assert required <= set(found)
        assert found["obs_title"] == "My sky, 2"
        assert found["creator_did"] == "ivo://PRIVATE_USER/P/My_sky_2"
        assert "em_min" not in found
        image = sky_image(quantity="rate")
        make_hips(tmp_path / "b", FitsProvider(image, XMM), tile_width=64)
        assert float(properties(tmp_path / "b")["em_max"]) == pytest.approx(2.48e-9, rel=1e-2)

    @pytest.mark.parametrize("frame", ["equatorial", "galactic"])
    def test_moc(self, tmp_path, frame):
        mocpy = pytest.importorskip("mocpy")
        summary = make_hips(
            tmp_path / "a", FitsProvider(sky_image(), DSS2), tile_width=64, frame=frame
        )
        moc = mocpy.MOC.from_fits(str(tmp_path / "a" / "Moc.fits"))
        assert moc.sky_fraction == pytest.approx(summary.sky_fraction, rel=0.2)
        area = (20 / 60) ** 2 / 41253
        assert area < moc.sky_fraction < 1.6 * area
        inside = SkyCoord(*FIELD.lonlat(), unit="deg")
        assert moc.contains_skycoords(inside).all()
        away = CENTER.directional_offset_by(45 * u.deg, 20 * u.arcmin)
        assert not moc.contains_skycoords(away)

    def test_plan_is_plain(self, tmp_path):
        make_hips(tmp_path / "a", FitsProvider(sky_image(), DSS2), tile_width=64)
        plan = json.loads((tmp_path / "a" / "astrocnn-tiles.json").read_text())
        assert set(plan) == {"settings", "files"}

    def test_nan_is_no_tile(self, tmp_path):
        image = sky_image()
        image.data[:] = np.nan
        with pytest.raises(ProviderError, match="has a pixel: there are no tiles"):
            make_hips(tmp_path / "a", FitsProvider(image, DSS2), tile_width=64)

    def test_outside_is_no_coverage(self, tmp_path):
        make_hips(tmp_path / "a", FitsProvider(sky_image(), DSS2), tile_width=64)
        with pytest.raises(NoCoverageError):
            open_provider(tmp_path / "a", DSS2).cutout(
                CutoutGrid(SkyCoord(0, 0, unit="deg"), 6 * u.arcmin, 9)
            )

    @pytest.mark.parametrize(
        ("settings", "words"),
        [({"tile_width": 100}, "power of two"), ({"frame": "ecliptic"}, "frame must be one of"),
         ({"order": 25}, "beyond HEALPix")],
    )  # fmt: skip
    def test_settings(self, tmp_path, settings, words):
        with pytest.raises(ValueError, match=words):
            make_hips(tmp_path / "a", FitsProvider(sky_image(), DSS2), **settings)


def test_images_in_galactic_coordinates(tmp_path):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["GLON-CAR", "GLAT-CAR"], [30, 0]
    wcs.wcs.cdelt, wcs.wcs.crpix = [-0.005, 0.005], [50.5, 50.5]
    lon = np.tile(30 - (np.arange(100) - 49.5) * 0.005, (100, 1)).astype("float32")
    make_hips(tmp_path / "a", FitsProvider(SkyImage(lon, wcs), DSS2), tile_width=64)
    grid = CutoutGrid(SkyCoord(30, 0, unit="deg", frame="galactic"), 6 * u.arcmin, 9)
    wanted = SkyCoord(*grid.lonlat(), unit="deg").galactic.l.deg
    found = HipsProvider(tmp_path / "a", DSS2).cutout(grid).image
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert tile_path(tmp_path / "a", 3, 1).name == "Npix1.fits"
