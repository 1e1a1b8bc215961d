"""Fits of point and extended sources, against expectation and an independent optimizer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize_scalar

from astrocnn.exceptions import InvalidImageError
from astrocnn.extent import fit_source
from astrocnn.extent._kernel import best_place, circle_pixels, smooth
from astrocnn.extent._templates import CORES, gaussian_taps, source_templates
from astrocnn.surveys import OPTICS, PointSpread

PSF = PointSpread(half_radius=8.0)
N, PIXEL = 91, 4.0


def image(counts, core=0.0, at=(0, 0), background=0.05, seed=0, psf=PSF):
    """A source of a core radius (arcsec), moved by whole pixels."""
    expected = psf.image(PIXEL, N // 2)
    if core:
        at_ = (np.arange(N) - N // 2) * PIXEL
        model = (1 + (at_[:, np.newaxis] ** 2 + at_**2) / core**2) ** -1.5
        size = 2 * N
        product = np.fft.rfft2(expected, (size, size)) * np.fft.rfft2(model, (size, size))
        expected = np.fft.irfft2(product, (size, size))[N // 2 : N // 2 + N, N // 2 : N // 2 + N]
        expected /= expected.sum()
    expected = counts * np.roll(expected, at, (0, 1)) + background
    return np.random.default_rng(seed).poisson(expected).astype(float)


class TestSources:
    @pytest.mark.parametrize("seed", range(4))
    def test_point(self, seed):
        fit = fit_source(image(300, seed=seed), PSF, PIXEL)
        assert fit.counts == pytest.approx(300, abs=70)
        assert fit.extent_likelihood < 3
        assert fit.place == (N // 2, N // 2)
        assert fit.background == pytest.approx(0.05, rel=0.2)

    @pytest.mark.parametrize("core", [12.0, 30.0])
    def test_cluster(self, core):
        fit = fit_source(image(400, core=core), PSF, PIXEL)
        assert fit.extent_likelihood > 10
        assert fit.core == pytest.approx(core, rel=0.5)

    def test_place(self):
        assert fit_source(image(300, at=(5, -7)), PSF, PIXEL).place == (N // 2 + 5, N // 2 - 7)

    def test_no_source(self):
        fit = fit_source(image(0), PSF, PIXEL)
        assert fit.likelihood < 8
        assert fit.extent_likelihood < 3

    def test_wrong_psf_makes_a_point_extended(self):
        """So the function must be given the right one: a test that it matters."""
        wide = OPTICS["erosita-pointed"].at(1700.0)
        counts = image(1000, psf=wide)
        assert fit_source(counts, wide, PIXEL).extent_likelihood < 4
        assert fit_source(counts, OPTICS["erosita-pointed"].at(0.0), PIXEL).extent_likelihood > 30

    def test_neighbor_is_masked(self):
        both = image(150) + image(600, at=(0, 14), background=0)
        fit = fit_source(both, PSF, PIXEL)
        assert len(fit.neighbors) == 1
        assert fit.neighbors[0][:2] == pytest.approx((N // 2, N // 2 + 14), abs=1)
        assert fit.place == (N // 2, N // 2)
        assert fit.counts == pytest.approx(150, abs=50)
        assert fit.extent_likelihood < 3

    def test_halo_is_no_neighbor(self):
        assert not fit_source(image(3000, core=40.0), PSF, PIXEL).neighbors


class TestExposure:
    def test_gap_costs_no_counts(self):
        counts, exposure = image(400, core=12.0), np.full((N, N), 1e4)
        exposure[:, N // 2 + 3 : N // 2 + 6] = 0
        counts[exposure == 0] = 0
        fit = fit_source(counts, PSF, PIXEL, exposure=exposure)
        assert fit.counts == pytest.approx(400, rel=0.25)

    @pytest.mark.parametrize("sky", [0.0, 0.1, 0.3])
    @pytest.mark.parametrize("cameras", ["one", "two", "gaps"])
    def test_background_of_sky_and_particles(self, sky, cameras):
        """Photons are vignetted, particles are not; both follow the number of cameras."""
        particles, number = 0.2, np.ones((N, N))
        if cameras == "two":
            number[:, : N // 2 - 8] = 2
        elif cameras == "gaps":
            number *= 3
            number[20:26] = number[:, 60:66] = 2
        vignetting = np.tile(np.linspace(1.0, 0.4, N), (N, 1))
        expected = (sky * vignetting + particles) * number
        found = []
        for seed in range(8):
            counts = np.random.default_rng(seed).poisson(expected)
            fit = fit_source(counts, PSF, PIXEL, exposure=vignetting * number)
            found.append(fit.background / expected[fit.place])
        assert np.mean(found) == pytest.approx(1.0, abs=0.04)

    def test_background_follows_the_exposure(self):
        x = np.linspace(0.4, 1.6, N)
        exposure = np.tile(x, (N, 1)) * 1e4
        counts = np.random.default_rng(2).poisson(0.5 * exposure / 1e4).astype(float)
        fit = fit_source(counts, PSF, PIXEL, exposure=exposure)
        assert fit.background == pytest.approx(0.5, rel=0.1)
        assert fit.likelihood < 8

    @pytest.mark.parametrize("time", [1e3, 2e4])
    def test_rate_is_worth_its_photons(self, time):
        rate = image(300, background=0.2) / time
        fit = fit_source(rate, PSF, PIXEL, rate=True)
        assert fit.counts == pytest.approx(300, rel=0.5)

    def test_nothing_exposed(self):
        fit = fit_source(np.zeros((20, 20)), PSF, PIXEL, valid=np.zeros((20, 20), bool))
        assert (fit.counts, fit.likelihood) == (0, 0)

    def test_not_an_image(self):
        with pytest.raises(InvalidImageError, match=r"\(ny, nx\) is needed"):
            fit_source(np.zeros(5), PSF, PIXEL)


class TestKernels:
    def test_smoothing(self):
        counts = image(100)
        taps = gaussian_taps(2.0)
        oracle = gaussian_filter(counts, 2.0, mode="constant", radius=6)
        np.testing.assert_allclose(smooth(counts, taps), oracle, atol=1e-9)

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 10**6), st.floats(0, 200), st.floats(0.002, 2.0), st.integers(0, 5))
    def test_amplitude_is_the_best_one(self, seed, source, background, number):
        counts = image(source, background=background, seed=seed)
        template = source_templates(PSF, PIXEL)[number]
        level, weight = np.full((N, N), background), np.ones((N, N))
        values, n_counted = circle_pixels(counts, level, weight, N // 2, N // 2, 20)
        amplitude, gain, y, x = best_place(values, n_counted, template, N // 2, N // 2, 0)
        h = len(template) // 2
        rows, columns = values[0].astype(int), values[1].astype(int)
        t = template[rows - y + h, columns - x + h]

        def loss(a):
            return a * t.sum() - np.sum(values[2] * np.log1p(a * t / values[3]))

        best = minimize_scalar(loss, bounds=(0, 2 * counts.sum() + 10), method="bounded")
        assert gain >= -best.fun - 1e-3
        if best.x > 1:
            assert amplitude == pytest.approx(best.x, rel=0.02, abs=0.5)

    def test_templates_are_normalized_and_ever_broader(self):
        templates = source_templates(PSF, PIXEL)
        assert len(templates) == 1 + len(CORES)
        np.testing.assert_allclose(templates.sum(axis=(1, 2)), 1)
        peaks = templates.max(axis=(1, 2))
        assert np.all(np.diff(peaks) < 0)
