"""X-ray images: counts, exposure, statistics."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from scipy import stats

from astrocnn.simulation import EPIC_MOS, EPIC_MOS_1_2, EPIC_PN, Source
from astrocnn.simulation._native import native_grid, sky_to_pixel
from astrocnn.simulation._xray import Pointing, exposure_map, xray_image

CENTER = SkyCoord(150, 2, unit="deg")
MANY = 1e6


class Expectation:
    """Stands for a random generator: a million times the expected counts, without noise."""

    @staticmethod
    def poisson(mean):
        return np.round(MANY * mean)


def grid(turn=0.0, seed=0, n=132):
    return native_grid(CENTER, n, 4.0, turn, np.random.default_rng(seed))[1:]


def point_at(camera=EPIC_MOS, **changes):
    settings = {
        "camera": camera, "time": 2e4, "axis_x": 0.0, "axis_y": 0.0, "roll": 0.0,
        "background": 0.0, "gaps": False,
    }  # fmt: skip
    return Pointing(**(settings | changes))


def expected(sources, pointing, turn=0.0):
    """Expected counts per pixel."""
    x, y = grid(turn)
    counts, _ = xray_image(sources, pointing, x, y, Expectation())
    return counts / MANY, np.hypot(x, y)


class TestExposure:
    def test_vignetted_from_the_axis(self):
        x, y = grid()
        pointing = point_at(axis_x=200.0, axis_y=-100.0)
        exposure = exposure_map(pointing, x, y)
        r = np.hypot(x - 200, y + 100)
        assert np.allclose(exposure, 2e4 / (1 + (r / 580) ** 2))
        assert pointing.off_axis == pytest.approx(np.hypot(200, 100))

    def test_field_of_view(self):
        x, y = grid()
        exposure = exposure_map(point_at(axis_x=700.0), x, y)
        assert np.array_equal(exposure > 0, np.hypot(x - 700, y) < 840)
        assert 0.1 < (exposure == 0).mean() < 0.9

    @pytest.mark.parametrize(("camera", "share"), [(EPIC_PN, 0.05), (EPIC_MOS, 0.02)])
    def test_chip_gaps(self, camera, share):
        """Zero exposure, zero counts; a few percent of the field; they turn with the camera."""
        y, x = np.mgrid[-840:841:4, -840:841:4].astype(float)
        dead = []
        for roll in (0.0, 0.6):
            exposure = exposure_map(point_at(camera, roll=roll, gaps=True), x, y)
            full = exposure_map(point_at(camera, roll=roll), x, y)
            dead.append((exposure == 0) & (full > 0))
            assert 0.3 * share < dead[-1].sum() / (full > 0).sum() < 2 * share
        assert not np.array_equal(*dead)

    def test_no_counts_without_exposure(self):
        x, y = grid()
        pointing = point_at(EPIC_PN, axis_x=600.0, gaps=True, background=50.0)
        source = Source("agn", 20.0, 10.0, 1e-11)
        counts, exposure = xray_image([source], pointing, x, y, np.random.default_rng(0), True)
        assert (exposure == 0).any()
        assert (counts[exposure == 0] == 0).all()
        assert (counts[exposure > 0] > 0).mean() > 0.9


class TestBackground:
    def test_level(self):
        """Sky is vignetted, particles are not: 2.55e-6 exposure + 0.031 counts in 28.3 ks."""
        x, y = grid()
        pointing = point_at(EPIC_MOS_1_2, time=28.3e3, axis_x=500.0, background=1.0)
        counts, exposure = xray_image([], pointing, x, y, Expectation())
        assert exposure.min() < 0.7 * exposure.max()
        assert np.allclose(counts / MANY, 2.55e-6 * exposure + 0.031, rtol=5e-3)

    def test_factor(self):
        one, _ = expected([], point_at(background=1.0))
        two, _ = expected([], point_at(background=2.0))
        assert np.allclose(two, 2 * one, rtol=1e-4)

    def test_poisson_statistics_at_native_pixels(self):
        """Variance over mean is one on blank sky, and neighbors are independent."""
        x, y = grid()
        pointing = point_at(EPIC_PN, background=1.0)
        mean = xray_image([], pointing, x, y, Expectation())[0] / MANY
        draws = [xray_image([], pointing, x, y, np.random.default_rng(i))[0] for i in range(12)]
        residual = (np.array(draws) - mean) / np.sqrt(mean)
        n = residual.size
        assert residual.mean() == pytest.approx(0, abs=4 / np.sqrt(n))
        assert residual.var() == pytest.approx(1, abs=4 * np.sqrt((2 + 1 / mean.mean()) / n))
        neighbors = (residual[:, :, 1:] * residual[:, :, :-1]).mean()
        assert neighbors == pytest.approx(0, abs=4 / np.sqrt(n))
        counts = np.bincount(draws[0].ravel())[:3]
        exact = stats.poisson.pmf(np.arange(3)[:, None], mean.ravel()).sum(axis=1)
        assert np.abs(counts - exact).max() < 4 * np.sqrt(exact.max())


class TestSources:
    @pytest.mark.parametrize("camera", [EPIC_PN, EPIC_MOS, EPIC_MOS_1_2], ids=lambda c: c.name)
    @pytest.mark.parametrize("turn", [0.0, 0.9])
    def test_point_source_has_its_counts(self, camera, turn):
        """Flux times response times vignetted exposure, all of it within 80 arcsec."""
        pointing = point_at(camera, axis_x=300.0)
        image, r = expected([Source("agn", 0.0, 0.0, 1e-13)], pointing, turn)
        truth = pointing.counts(Source("agn", 0.0, 0.0, 1e-13))
        assert truth == pytest.approx(1e-13 * pointing.counts_per_flux, rel=0.02)
        assert image.sum() == pytest.approx(truth, rel=5e-3)
        assert image[r < 120].sum() == pytest.approx(truth, rel=5e-3)
        assert 0.65 < image[r < 15].sum() / truth < 0.85

    def test_counts_follow_the_spectrum(self):
        """Soft gas loses more to absorption than a power law, and what is drawn is counted."""
        soft = Source("star", 0.0, 0.0, 1e-12, spectrum=("thermal", 0.5, 0.0))
        hard = Source("agn", 0.0, 0.0, 1e-12)
        few, many = point_at(EPIC_PN, nh=1e20), point_at(EPIC_PN, nh=1e21)
        for source in (soft, hard):
            image, _ = expected([source], few)
            assert image.sum() == pytest.approx(few.counts(source), rel=0.01)
        lost = [many.counts(s) / few.counts(s) for s in (soft, hard)]
        assert lost[0] < lost[1] < 1

    def test_several_sources_add(self):
        pair = [Source("agn", -20.0, 5.0, 1e-13), Source("agn", 30.0, -15.0, 2e-13)]
        both, _ = expected(pair, point_at())
        each = [expected([source], point_at())[0] for source in pair]
        assert np.allclose(both, sum(each), atol=1e-5)

    @pytest.mark.parametrize("turn", [0.0, 0.9, 3.0])
    @pytest.mark.parametrize("cores", [(), [(1.0, 6.0, 0.7)]], ids=["point", "extended"])
    def test_position(self, turn, cores):
        source = Source("galaxy", 61.0, -37.5, 1e-13, cores=cores)
        x, y = grid(turn)
        image = xray_image([source], point_at(), x, y, Expectation())[0]
        near = np.hypot(x - 61, y + 37.5) < 40
        weight = image * near
        center = (x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()
        assert center == pytest.approx((61, -37.5), abs=0.6)

    @pytest.mark.parametrize("core", [8.0, 20.0])
    @pytest.mark.parametrize("axis_ratio", [1.0, 0.6])
    def test_cluster_has_its_counts_within_r500(self, core, axis_ratio):
        """Beta model: flux is that within R500; the profile goes on to 1.5 of it."""
        source = Source(
            "cluster", 0.0, 0.0, 1e-12, cores=[(1.0, core, 0.67)], axis_ratio=axis_ratio,
            angle=0.5, z=0.3, m500=3e14, r500=120.0,
        )  # fmt: skip
        pointing = point_at()
        image, r = expected([source], pointing)
        vignetting = 1 / (1 + (r / 580) ** 2)
        truth = 1e-12 * pointing.counts_per_flux
        flat = image / vignetting
        # The blur carries a few percent out of the aperture.
        assert flat[r < 120].sum() == pytest.approx(truth, rel=0.05)
        assert truth < flat.sum() < 1.25 * truth

    def test_beta_model_profile(self):
        """Without blur the surface brightness falls as r^(1 - 6 beta) far from the core."""
        sharp = replace(EPIC_MOS, psf_core=0.3, psf_slope=3.0)
        source = Source("cluster", 0, 0, 1e-12, cores=[(1.0, 5.0, 0.67)], z=0.1, r500=400.0)
        image, r = expected([source], point_at(sharp))
        image *= 1 + (r / 580) ** 2  # undo the vignetting
        rings = np.array([60, 90, 130, 180])
        level = [image[np.abs(r - at) < 4].mean() for at in rings]
        slope = np.polyfit(np.log(rings), np.log(level), 1)[0]
        assert slope == pytest.approx(1 - 6 * 0.67, abs=0.02)

    def test_two_components_share_the_flux(self):
        shared = {"axis_ratio": 1.0, "z": 0.3, "r500": 120.0}
        wide, narrow = (1.0, 25.0, 0.67), (1.0, 5.0, 0.65)
        both = Source(
            "cluster", 0, 0, 1e-12, cores=[(0.7, *wide[1:]), (0.3, *narrow[1:])], **shared
        )
        images = [
            expected([Source("cluster", 0, 0, 1e-12, cores=[core], **shared)], point_at())[0]
            for core in (wide, narrow)
        ]
        image, _ = expected([both], point_at())
        assert np.allclose(image, 0.7 * images[0] + 0.3 * images[1], atol=2e-6)

    def test_cluster_is_wider_than_a_point_source(self):
        cluster = Source("cluster", 0, 0, 1e-13, cores=[(1.0, 15.0, 0.67)], z=0.3, r500=90.0)
        share = []
        for source in (cluster, Source("agn", 0, 0, 1e-13)):
            image, r = expected([source], point_at())
            share.append(image[r < 12].sum() / image[r < 80].sum())
        assert share[0] < 0.5 * share[1]

    def test_source_outside_the_image(self):
        image, _ = expected([Source("agn", 2000.0, 0.0, 1e-12)], point_at())
        assert image.sum() == 0


class TestArtifact:
    def test_it_is_hot_and_sharp(self):
        """Hot pixels are not blurred by the telescope."""
        x, y = grid()
        r = np.hypot(x, y)
        for seed in range(8):
            counts, _ = xray_image([], point_at(), x, y, np.random.default_rng(seed), True)
            assert counts.sum() > 5
            lit = counts > 0
            assert min(lit.any(axis=0).sum(), lit.any(axis=1).sum()) <= 2
            assert r[lit].min() < 40


class TestGrid:
    @pytest.mark.parametrize("turn", [0.0, 0.4, 2.0, -1.0])
    def test_offsets_are_east_and_north_on_the_sky(self, turn):
        wcs, x, y = native_grid(CENTER, 60, 4.0, turn, np.random.default_rng(3))
        rows, columns = np.mgrid[:60, :60]
        east, north = CENTER.spherical_offsets_to(wcs.pixel_to_world(columns, rows))
        assert np.abs(east.arcsec - x).max() < 0.01
        assert np.abs(north.arcsec - y).max() < 0.01

    def test_target_lies_anywhere_within_the_central_pixel(self):
        places = np.array([
            native_grid(CENTER, 61, 4.0, 0.0, np.random.default_rng(i))[0].world_to_pixel(CENTER)
            for i in range(200)
        ])  # fmt: skip
        assert np.abs(places - 30).max() <= 0.5
        assert places.std(axis=0) == pytest.approx([12**-0.5] * 2, rel=0.15)

    def test_sky_to_pixel_is_the_inverse(self):
        _, x, y = native_grid(CENTER, 40, 4.0, 0.7, np.random.default_rng(0))
        to_pixel = sky_to_pixel(x, y)
        for row, column in ((0, 0), (39, 0), (12, 33)):
            assert to_pixel(x[row, column], y[row, column]) == pytest.approx((column, row))
