"""Planes of a fitted source: what each of them holds, wherever the source is."""

import numpy as np
import pytest

from astrocnn.extent import N_PLANES, PLANE_PIXELS, fit_source, source_planes
from astrocnn.surveys import PointSpread

PSF = PointSpread(half_radius=8.0)
N, PIXEL, HALF = 91, 4.0, PLANE_PIXELS // 2


def point(counts, at=(0, 0), background=0.05, seed=0):
    expected = counts * np.roll(PSF.image(PIXEL, N // 2), at, (0, 1)) + background
    return np.random.default_rng(seed).poisson(expected).astype(float)


def test_numbers_are_those_of_the_fit():
    image = point(300)
    planes, fit = source_planes(image, PSF, PIXEL), fit_source(image, PSF, PIXEL)
    assert planes.shape == (PLANE_PIXELS, PLANE_PIXELS, N_PLANES)
    numbers = planes[..., 6:]
    assert (numbers == numbers[0, 0]).all()
    background, extent, likelihood, core, counts, radius = numbers[0, 0]
    assert 10**background == pytest.approx(fit.background, rel=1e-4)
    assert np.sinh(2 * extent) == pytest.approx(fit.extent_likelihood, abs=1e-3)
    assert np.sinh(4 * likelihood) == pytest.approx(fit.likelihood, rel=1e-3)
    assert 10 ** (counts + 2) - 1 == pytest.approx(fit.counts, rel=1e-3)
    assert 10 * np.exp(radius) == pytest.approx(8.0)
    assert np.isfinite(core)


def test_source_is_in_the_middle_wherever_it_is():
    moved = source_planes(point(300, at=(7, -6)), PSF, PIXEL)
    assert np.unravel_index(moved[..., 0].argmax(), moved.shape[:2]) == (HALF, HALF)
    assert np.unravel_index(moved[..., 3].argmax(), moved.shape[:2]) == (HALF, HALF)


def test_residuals_of_a_point_and_of_a_cluster():
    rng = np.random.default_rng(1)
    at = (np.arange(N) - N // 2) * PIXEL
    halo = (1 + (at[:, np.newaxis] ** 2 + at**2) / 30.0**2) ** -1.5
    cluster = rng.poisson(0.05 + 600 * halo / halo.sum()).astype(float)
    planes = source_planes(cluster, PSF, PIXEL)
    middle = np.s_[HALF - 8 : HALF + 8, HALF - 8 : HALF + 8]
    beside_point, beside_cluster = (np.abs(planes[middle][..., i]).mean() for i in (1, 2))
    assert beside_cluster < 0.75 * beside_point  # a point does not describe it
    planes = source_planes(point(300), PSF, PIXEL)
    assert np.abs(planes[middle][..., 1]).max() < 2.0 < planes[middle][..., 0].max()


def test_neighbors_are_seen_once_and_masked():
    image = point(300) + point(200, at=(15, 10), background=0.0, seed=2)
    planes = source_planes(image, PSF, PIXEL)
    there = (HALF + 15, HALF + 10)
    assert planes[there][0] > 2  # significance
    assert planes[there][4] == 0  # exposure
    assert planes[HALF, HALF, 4] == pytest.approx(1)


def test_beyond_the_border_there_is_nothing():
    planes = source_planes(point(300)[20:-20, 20:-20], PSF, PIXEL)
    assert (planes[:6, :, :5] == 0).all()
    assert planes[HALF, HALF, 0] > 2


def test_scale_of_the_exposure_does_not_matter():
    image, exposure = point(300), np.full((N, N), 1234.0)
    one, other = (
        source_planes(image, PSF, PIXEL, exposure=exposure * factor) for factor in (1, 1000)
    )
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_pixels_are_not_smoothed():
    image = np.zeros((N, N))
    image[::9, ::9] = 1.0  # a background of 1/81, in single photons
    planes = source_planes(image + point(200, background=0.0), PSF, PIXEL)
    far = planes[:10, :10, 5]
    assert sorted(np.unique(far.round(3)))[0] < 0 < far.max()
    assert (far > 0).sum() <= 4 < (planes[:10, :10, 0] > 0).sum()
