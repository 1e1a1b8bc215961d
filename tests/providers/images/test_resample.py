"""The resampling kernel against `reproject`, and the counts it must keep."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.utils.masked import Masked
from astropy.wcs import WCS, Sip
from hypothesis import given, settings
from hypothesis import strategies as st
from reproject import reproject_exact, reproject_interp

from astrocnn.config import conf
from astrocnn.exceptions import InvalidImageError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage, resample_image

CENTER = SkyCoord(150.1, 2.2, unit="deg")

#: Largest difference from `reproject.reproject_interp`, as a fraction of the image's range: places
#: are interpolated. Measured: 1.1e-6 in every frame and with distortion; a step between two pixels
#: is about a third of the range.
TOLERANCE = 2e-6


def sky_wcs(n, scale, center=CENTER, frame="icrs", turn=0.0, projection="TAN"):
    """WCS of an n x n image with pixels of ``scale`` arcsec around a position."""
    names = {"galactic": ("GLON", "GLAT")}.get(frame, ("RA--", "DEC-"))
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = [f"{name}-{projection}" for name in names]
    if frame in ("fk5", "fk4"):
        wcs.wcs.radesys, wcs.wcs.equinox = frame.upper(), 2000.0 if frame == "fk5" else 1950.0
    center = center.transform_to(frame)
    wcs.wcs.crval = [center.spherical.lon.deg, center.spherical.lat.deg]
    wcs.wcs.crpix = [(n + 1) / 2 + 0.3, (n + 1) / 2 - 0.2]
    c, s = np.cos(turn), np.sin(turn)
    wcs.wcs.cd = np.array([[-c, s], [s, c]]) * scale / 3600
    wcs.wcs.set()
    wcs.pixel_shape = (n, n)
    return wcs


def distorted_wcs(n, scale):
    """A TAN-SIP WCS that moves the corners by more than a pixel."""
    wcs = sky_wcs(n, scale)
    a, b = np.zeros((3, 3)), np.zeros((3, 3))
    a[2, 0], a[1, 1], b[0, 2] = 4e-4, 2e-4, -3e-4
    wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    wcs.wcs.set()
    return wcs


WCSS = {
    "north up": sky_wcs(140, 4.0),
    "rotated": sky_wcs(140, 4.0, turn=0.7),
    "mirrored": sky_wcs(140, 4.0, turn=np.pi),
    "galactic": sky_wcs(140, 4.0, frame="galactic"),
    "fk5": sky_wcs(140, 4.0, frame="fk5"),
    "fk4": sky_wcs(140, 4.0, frame="fk4"),
    "sip": distorted_wcs(140, 4.0),
    "sine projection": sky_wcs(140, 4.0, projection="SIN"),
    "plate carree": sky_wcs(140, 4.0, projection="CAR"),
}


def noise(shape=(140, 140), seed=0):
    return np.random.default_rng(seed).normal(100, 20, shape).astype(np.float32)


def gaussian_counts(wcs, n, total, sigma, center=CENTER):
    """Counts of a round source (sigma in arcsec) at a position."""
    y, x = np.mgrid[:n, :n]
    separation = wcs.pixel_to_world(x, y).separation(center).arcsec
    image = np.exp(-0.5 * (separation / sigma) ** 2)
    return (image / image.sum() * total).astype(np.float32)


class TestAgainstReproject:
    @pytest.mark.parametrize("quantity", ["intensity", "rate"])
    @pytest.mark.parametrize("name", WCSS)
    def test_interpolation(self, name, quantity):
        grid = CutoutGrid(CENTER, 6 * u.arcmin, 101)
        data = noise()
        pixels = resample_image(SkyImage(data, WCSS[name], quantity), grid)
        expected, footprint = reproject_interp(
            (data, WCSS[name]), grid.wcs, shape_out=grid.shape, order="bilinear"
        )
        assert footprint.all()
        assert pixels.valid.all()
        assert np.abs(pixels.image - expected).max() < TOLERANCE * np.ptp(data)

    @pytest.mark.parametrize("pixels", [20, 101, 356])
    @pytest.mark.parametrize("name", WCSS)
    def test_counts_are_shared_by_area(self, name, pixels):
        """In single precision for `reproject.reproject_exact`, which takes spherical areas."""
        grid = CutoutGrid(CENTER, 3 * u.arcmin, pixels)
        data = noise()
        counts = resample_image(SkyImage(data, WCSS[name], "counts"), grid).image
        y, x = np.mgrid[:141, :141] - 0.5
        x, y = grid.wcs.world_to_pixel(WCSS[name].pixel_to_world(x, y))
        one, other = (np.diff(v[:-1] + v[1:], axis=1) / 2 for v in (x, y))
        two, another = (np.diff(v[:, :-1] + v[:, 1:], axis=0) / 2 for v in (x, y))
        density = data / np.abs(one * another - two * other)
        wanted, footprint = reproject_exact((density, WCSS[name]), grid.wcs, shape_out=grid.shape)
        assert footprint.all()
        np.testing.assert_allclose(counts, wanted, rtol=1e-3)

    @pytest.mark.parametrize("pixels", [17, 90, 356])
    def test_flat_counts_stay_flat(self, pixels):
        grid = CutoutGrid(CENTER, 6 * u.arcmin, pixels)
        flat = SkyImage(np.ones((140, 140)), WCSS["rotated"], "counts")
        image = resample_image(flat, grid).image
        np.testing.assert_allclose(image, (90 / pixels) ** 2, rtol=2e-5)

    def test_partly_outside(self):
        """Where both have a pixel they agree; ours reaches half a pixel beyond the last centers."""
        grid = CutoutGrid(CENTER.directional_offset_by(60 * u.deg, 5 * u.arcmin), 6 * u.arcmin, 90)
        data = noise()
        pixels = resample_image(SkyImage(data, WCSS["rotated"]), grid)
        expected, _ = reproject_interp((data, WCSS["rotated"]), grid.wcs, shape_out=grid.shape)
        both = np.isfinite(expected)
        assert 0.1 < both.mean() < 0.9
        assert np.abs(pixels.image - expected)[both].max() < TOLERANCE * np.ptp(data)
        assert (pixels.valid >= both).all()
        assert pixels.valid.mean() - both.mean() < 0.02

    @pytest.mark.parametrize("lonlat", [(0.0, 90.0), (12.0, -89.99), (359.9999, -30.0)])
    def test_poles_and_zero_meridian(self, lonlat):
        center = SkyCoord(*lonlat, unit="deg")
        wcs, data = sky_wcs(140, 4.0, center, turn=0.4), noise()
        grid = CutoutGrid(center, 6 * u.arcmin, 120)
        pixels = resample_image(SkyImage(data, wcs), grid)
        expected, _ = reproject_interp((data, wcs), grid.wcs, shape_out=grid.shape)
        assert np.abs(pixels.image - expected).max() < TOLERANCE * np.ptp(data)


class TestCounts:
    @settings(max_examples=40, deadline=None)
    @given(
        dx=st.floats(-4, 4),
        dy=st.floats(-4, 4),
        turn=st.floats(0, 2 * np.pi),
        sigma=st.floats(2.6, 20),
    )
    def test_source_keeps_its_counts(self, dx, dy, turn, sigma):
        """4 arcsec pixels become 1.01 arcsec ones; the source lies anywhere within its pixel."""
        wcs = sky_wcs(140, 4.0, turn=turn)
        place = CENTER.spherical_offsets_by(dx * u.arcsec, dy * u.arcsec)
        counts = gaussian_counts(wcs, 140, 1000, sigma, place)
        grid = CutoutGrid(CENTER, 6 * u.arcmin, 356)
        image = resample_image(SkyImage(counts, wcs, "counts"), grid).image
        assert image.sum(dtype=float) == pytest.approx(counts.sum(dtype=float), rel=1e-6)

    @settings(max_examples=20, deadline=None)
    @given(
        column=st.integers(40, 80), row=st.integers(40, 80), turn=st.floats(0, 2 * np.pi),
        pixels=st.sampled_from([12, 89, 178, 356]),
    )  # fmt: skip
    def test_single_photon_is_kept(self, column, row, turn, pixels):
        wcs = sky_wcs(140, 4.0, turn=turn)
        counts = np.zeros((140, 140), dtype=np.int16)
        counts[row, column] = 1
        grid = CutoutGrid(CENTER, 6 * u.arcmin, pixels)
        image = resample_image(SkyImage(counts, wcs, "counts"), grid).image
        assert image.sum(dtype=float) == pytest.approx(1, rel=1e-6)

    @settings(max_examples=15, deadline=None)
    @given(dx=st.floats(-20, 20), dy=st.floats(-20, 20), pixels=st.integers(12, 80))
    def test_coarser_grid_keeps_them_too(self, dx, dy, pixels):
        wcs = sky_wcs(140, 4.0, turn=0.3)
        place = CENTER.spherical_offsets_by(dx * u.arcsec, dy * u.arcsec)
        counts = gaussian_counts(wcs, 140, 1000, 6.0, place)
        grid = CutoutGrid(CENTER, 6 * u.arcmin, pixels)
        image = resample_image(SkyImage(counts, wcs, "counts"), grid).image
        assert image.sum(dtype=float) == pytest.approx(1000, rel=1e-3)

    def test_edge_of_the_field(self):
        """The edge pixels of an image keep their outer halves, and a flat image stays flat."""
        wcs, counts = sky_wcs(60, 4.0), np.ones((60, 60), dtype=np.int32)
        grid = CutoutGrid(CENTER, 6 * u.arcmin, 356)
        pixels = resample_image(SkyImage(counts, wcs, "counts"), grid)
        assert np.nansum(pixels.image, dtype=float) == pytest.approx(3600, rel=0.01)
        np.testing.assert_allclose(pixels.image[pixels.valid], (360 / 356 / 4) ** 2, rtol=1e-4)
        assert pixels.valid.mean() == pytest.approx((240 / 360) ** 2, abs=0.01)
        assert np.array_equal(pixels.valid, np.isfinite(pixels.image))

    @pytest.mark.parametrize(("pixels", "turn"), [(9, 0.0), (89, 0.6), (90, 0.0), (356, 0.6)])
    def test_missing_columns(self, pixels, turn):
        """Invalid below half of the area, else divided by the fraction; as `reproject_exact`."""
        wcs = sky_wcs(120, 4.0, turn=turn)
        counts = np.random.default_rng(3).poisson(5.0, (120, 120)).astype(float)
        counts[:, 40] = counts[70, :] = counts[20:50, 60:66] = np.nan
        grid = CutoutGrid(CENTER, 6 * u.arcmin, pixels)
        found = resample_image(SkyImage(counts, wcs, "counts"), grid)
        exists = np.isfinite(counts).astype(float)
        (total, footprint), (among, _) = (
            reproject_exact((np.nan_to_num(image), wcs), grid.wcs, grid.shape)
            for image in (counts, exists)
        )
        covered = among * footprint
        sure = np.abs(covered - 0.5) > 1e-4
        wanted = np.where(covered >= 0.5, total / np.maximum(among, 0.5), np.nan)
        wanted *= (grid.pixel_area / (16 * u.arcsec**2)).to_value(u.one)
        assert np.array_equal(found.valid, np.isfinite(found.image))
        np.testing.assert_allclose(found.image[sure], wanted[sure], rtol=2e-4)

    def test_background_level_per_area(self):
        grid = CutoutGrid(CENTER, 6 * u.arcmin, 356)
        counts = np.full((140, 140), 2, dtype=np.int32)
        image = resample_image(SkyImage(counts, sky_wcs(140, 4.0), "counts"), grid).image
        assert np.allclose(image, 2 * (360 / 356 / 4) ** 2)


class TestExposure:
    def image(self, exposure, quantity="counts"):
        counts = np.ones(exposure.shape, dtype=np.int16)
        return SkyImage(counts, sky_wcs(140, 4.0), quantity, exposure.astype(np.float32))

    def test_is_interpolated_not_scaled(self):
        y, x = np.mgrid[:140, :140]
        exposure = 1000.0 + 10 * x + 5 * y
        image = self.image(exposure)
        grid = CutoutGrid(CENTER, 6 * u.arcmin, 356)
        found = resample_image(image, grid)
        expected, _ = reproject_interp((exposure, image.wcs), grid.wcs, shape_out=grid.shape)
        assert np.allclose(found.exposure, expected, rtol=1e-5)
        assert found.exposure.dtype == found.image.dtype == np.float32

    @pytest.mark.parametrize("pixels", [356, 45])
    def test_valid_where_above_a_share_of_the_maximum(self, pixels):
        exposure = np.full((140, 140), 1000.0)
        exposure[:, :60] = 40.0
        exposure[:50] = 0.0
        grid = CutoutGrid(CENTER, 6 * u.arcmin, pixels)
        found = resample_image(self.image(exposure), grid)
        assert np.array_equal(found.valid, found.exposure > 50.0)
        assert 0.2 < found.valid.mean() < 0.5
        with conf.set_temp("min_exposure", 0.03):
            wider = resample_image(self.image(exposure), grid)
        assert np.array_equal(wider.valid, wider.exposure > 30.0)
        assert wider.valid.sum() > 1.5 * found.valid.sum()

    def test_maximum_is_that_of_the_map_not_of_the_cutout(self):
        exposure = np.full((140, 140), 100.0)
        exposure[0, 0] = 1e5
        grid = CutoutGrid(CENTER, 2 * u.arcmin, 60)
        assert not resample_image(self.image(exposure), grid).valid.any()

    @pytest.mark.parametrize("least", [-1.0, 0.0, -np.inf])
    @pytest.mark.parametrize("rest", [np.nan, 0.0, -2.0])
    def test_nothing_is_valid_where_nothing_was_exposed(self, least, rest):
        exposure = np.full((140, 140), rest)
        exposure[0, 0] = least
        found = resample_image(self.image(exposure), CutoutGrid(CENTER, 6 * u.arcmin, 90))
        assert not found.valid.any()
        assert np.isfinite(found.exposure).all()

    @pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
    def test_holes_in_the_map_are_not_exposed(self, hole):
        exposure = np.full((140, 140), 100.0)
        exposure[55:60, 55:60] = hole
        found = resample_image(self.image(exposure), CutoutGrid(CENTER, 6 * u.arcmin, 90))
        assert np.isfinite(found.exposure).all()
        assert 0 < (~found.valid).sum() < 60
        assert np.isfinite(found.image).all()

    @pytest.mark.parametrize(
        ("quantity", "with_map", "known"),
        [("counts", False, False), ("counts", True, True), ("rate", False, True),
         ("intensity", False, True)],
    )  # fmt: skip
    def test_zeros_without_a_map_are_unknown(self, quantity, with_map, known):
        image = self.image(np.ones((140, 140)), quantity)
        image.data[:] = 0
        image.exposure = image.exposure if with_map else None
        found = resample_image(image, CutoutGrid(CENTER, 6 * u.arcmin, 90))
        assert found.exposure_known is known
        assert found.valid.all()
        assert (found.exposure is not None) is with_map


class TestOtherArrays:
    """Pixels of a `SkyImage` that are no plain array."""

    FIELD = CutoutGrid(CENTER, 4 * u.arcmin, 60)
    DATA = np.arange(3600.0).reshape(60, 60)

    def image(self, data, **options):
        return SkyImage(data, self.FIELD.wcs, "counts", **options)

    @pytest.mark.parametrize("kind", [np.ma.MaskedArray, Masked])
    def test_masked(self, kind):
        mask = self.DATA % 7 == 0
        image = self.image(kind(self.DATA, mask=mask))
        assert np.array_equal(np.isnan(image.data), mask)
        assert np.array_equal(image.data[~mask], self.DATA[~mask])
        exposure = self.image(self.DATA, exposure=kind(self.DATA + 1, mask=mask)).exposure
        assert np.array_equal(np.isnan(exposure), mask)

    def test_list_and_unit(self):
        assert np.array_equal(self.image(self.DATA.tolist()).data, self.DATA)
        image = self.image(self.DATA * u.ct / u.s)
        assert (image.unit, type(image.data)) == ("ct / s", np.ndarray)
        assert self.image(self.DATA * u.ct, unit="count").unit == "count"

    @pytest.mark.parametrize("kind", ["complex64", "U9", "object"])
    def test_no_numbers(self, kind):
        with pytest.raises(InvalidImageError, match="give real numbers"):
            self.image(self.DATA.astype(kind))

    def test_no_wcs(self):
        with pytest.raises(InvalidImageError, match="a Header in place of a WCS: give astropy"):
            SkyImage(self.DATA, self.FIELD.wcs.to_header())


class TestHolesAndEdges:
    def test_nan_pixels_are_not_valid(self):
        data = noise()
        data[50:60, 50:60] = np.nan
        found = resample_image(
            SkyImage(data, sky_wcs(140, 4.0)), CutoutGrid(CENTER, 6 * u.arcmin, 360)
        )
        area = (~found.valid).sum() / 16
        assert np.array_equal(found.valid, np.isfinite(found.image))
        assert 100 <= area <= 12**2  # at most the neighbors go too

    def test_infinite_pixels_are_not_valid(self):
        data = noise()
        data[60, 60] = np.inf
        found = resample_image(
            SkyImage(data, sky_wcs(140, 4.0)), CutoutGrid(CENTER, 6 * u.arcmin, 90)
        )
        assert 0 < (~found.valid).sum() < 10

    @pytest.mark.parametrize("name", ["north up", "sip", "galactic"])
    @pytest.mark.parametrize("away", [20 * u.arcmin, 60 * u.deg, 120 * u.deg, 180 * u.deg], ids=str)
    def test_no_overlap(self, away, name):
        """The antipodes too, where a tangent plane shows the sky a second time."""
        center = CENTER.directional_offset_by(10 * u.deg, away)
        image = SkyImage(noise(), WCSS[name])
        assert resample_image(image, CutoutGrid(center, 6 * u.arcmin, 30)) is None

    def test_source_is_where_it_was(self):
        """North up, east left: a source east of the center is at smaller x."""
        place = CENTER.spherical_offsets_by(60 * u.arcsec, 90 * u.arcsec)
        wcs = sky_wcs(140, 4.0, turn=1.0)
        counts = gaussian_counts(wcs, 140, 100, 6.0, place)
        image = resample_image(SkyImage(counts, wcs), CutoutGrid(CENTER, 6 * u.arcmin, 361)).image
        y, x = np.mgrid[:361, :361]
        center = [(image * k).sum() / image.sum() for k in (x, y)]
        scale = 360 / 361
        assert center == pytest.approx([180 - 60 / scale, 180 + 90 / scale], abs=0.05)

    def test_big_endian_and_integer_data(self):
        grid = CutoutGrid(CENTER, 6 * u.arcmin, 50)
        data = np.arange(140 * 140).reshape(140, 140) % 97
        expected = resample_image(SkyImage(data.astype(float), sky_wcs(140, 4.0)), grid).image
        for dtype in (">i2", ">f4", "u1", "i8"):
            found = resample_image(SkyImage(data.astype(dtype), sky_wcs(140, 4.0)), grid).image
            assert np.array_equal(found, expected)

    def test_image_is_left_alone(self):
        data, exposure = noise(), noise(seed=1)
        before = data.copy(), exposure.copy()
        image = SkyImage(data, sky_wcs(140, 4.0), "counts", exposure)
        resample_image(image, CutoutGrid(CENTER, 6 * u.arcmin, 90))
        assert np.array_equal(data, before[0])
        assert np.array_equal(exposure, before[1])


@pytest.mark.parametrize("quantity", ["counts", "intensity"])
def test_one_image_in_many_threads(quantity):
    """Positions are those of one thread; astropy's WCS is not made to be shared."""
    image = SkyImage(noise((60, 60)) ** 2, sky_wcs(60, 8.0, frame="galactic"), quantity)
    away = np.linspace(-1.5, 1.5, 40) * u.arcmin
    grids = [CutoutGrid(CENTER.directional_offset_by(0 * u.deg, d), 3 * u.arcmin, 24) for d in away]
    wanted = [resample_image(image, grid).image for grid in grids]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda grid: resample_image(image, grid).image, grids * 3))
    finally:
        sys.setswitchinterval(before)
    for one, other in zip(found, wanted * 3, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pixel_area():
    assert SkyImage(noise(), WCSS["rotated"]).pixel_area.to_value(u.arcsec**2) == pytest.approx(16)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (30, 40), (-60, 20), (95, -60)])
def test_aligned_pixels_are_copied(dx, dy):
    """Same tangent point, whole steps: no value changes, and what is outside has none."""
    grid = CutoutGrid(CENTER, 6 * u.arcmin, 90)
    wcs = grid.wcs.deepcopy()
    wcs.wcs.crpix = [45.5 + dx, 45.5 + dy]
    data = noise()
    image = resample_image(SkyImage(data, wcs), grid).image
    wanted = np.full((90, 90), np.nan, dtype=np.float32)
    for y, x in np.ndindex(90, 90):
        if 0 <= y + dy < 140 and 0 <= x + dx < 140:
            wanted[y, x] = data[y + dy, x + dx]
    np.testing.assert_array_equal(image, wanted)
    assert 0 < np.isfinite(image).sum() <= 8100
