"""The scale-free stretch: the same image in any unit gives the same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from astrocnn.preprocessing import local_background, scale_free_stretch, smooth, standardize

IMAGE = np.random.default_rng(0).normal(5, 2, (40, 40))
IMAGE[15:20, 15:20] += 30
VALID = np.ones(IMAGE.shape, dtype=bool)
HALF = np.tile(np.arange(40) < 20, (40, 1))


class TestScaleFree:
    @settings(max_examples=60, deadline=None)
    @given(scale=st.floats(1e-12, 1e12), offset=st.floats(-1e3, 1e3))
    def test_any_unit(self, scale, offset):
        found = scale_free_stretch(scale * (IMAGE + offset), VALID)
        assert np.allclose(found, scale_free_stretch(IMAGE, VALID), atol=1e-9)

    def test_noise_is_the_unit(self):
        """Near the background the stretch is linear: sky of width one around zero."""
        sky = np.random.default_rng(1).normal(1e4, 50, (200, 200))
        found = scale_free_stretch(sky, sky > 0)
        assert np.median(found) == pytest.approx(0, abs=1e-6)
        assert np.sinh(found).std() == pytest.approx(1, rel=0.02)

    def test_bright_pixels_are_compressed(self):
        image = IMAGE.copy()
        image[0, 0] = 2e6
        assert 13 < scale_free_stretch(image, VALID)[0, 0] < 15

    @pytest.mark.parametrize("value", [0.0, 3.0, -1.0])
    def test_no_signal(self, value):
        assert (scale_free_stretch(np.full((5, 5), value), np.ones((5, 5), bool)) == 0).all()

    def test_few_counts(self):
        """More than half of the pixels are equal: the standard deviation stands in."""
        image = np.zeros((20, 20))
        image[3, 4] = 1
        found = scale_free_stretch(image, np.ones((20, 20), bool))
        assert found[3, 4] == pytest.approx(np.arcsinh(1 / image.std()))
        assert (found.ravel()[1:50] == 0).all()


class TestInvalidPixels:
    @pytest.mark.parametrize("function", [scale_free_stretch, standardize])
    def test_they_do_not_matter_and_become_zero(self, function):
        other = np.where(HALF, IMAGE, 1e6)
        assert np.array_equal(function(other, HALF), function(np.where(HALF, IMAGE, -3), HALF))
        assert (function(other, HALF)[~HALF] == 0).all()

    def test_background_of_the_valid_ones(self):
        assert local_background(np.where(HALF, IMAGE, 99), HALF) == local_background(IMAGE, HALF)

    def test_none_valid(self):
        nothing = np.zeros(IMAGE.shape, dtype=bool)
        assert local_background(IMAGE, nothing) == (0, 0)
        assert (scale_free_stretch(IMAGE, nothing) == 0).all()
        assert (standardize(IMAGE, nothing) == 0).all()


class TestStandardize:
    def test_mean_and_deviation(self):
        found = standardize(IMAGE, HALF)[HALF]
        assert found.mean() == pytest.approx(0, abs=1e-12)
        assert found.std() == pytest.approx(1)

    def test_no_signal(self):
        assert (standardize(np.full((4, 4), 7.0), np.ones((4, 4), bool)) == 0).all()


class TestSmooth:
    def test_without_holes_it_is_a_gaussian(self):
        found = smooth(IMAGE, np.ones_like(IMAGE), 2)
        expected = gaussian_filter(IMAGE, 2, truncate=2.5)
        assert np.allclose(found[6:-6, 6:-6], expected[6:-6, 6:-6])

    def test_flattens_vignetting(self):
        y, x = np.mgrid[:40, :40]
        exposure = 2e4 / (1 + (np.hypot(x - 5, y - 5) / 30) ** 2)
        assert np.allclose(smooth(3e-4 * exposure, exposure, 3), 3e-4)
        assert np.allclose(smooth(3e-4 * exposure, exposure, 0), 3e-4)

    def test_holes_are_filled_from_their_neighbors(self):
        found = smooth(np.where(HALF, 4.0, 0), HALF.astype(float), 2)
        assert np.allclose(found[:, :25], 4)
        assert (found[:, 30:] == 0).all()

    def test_zero_width_leaves_the_image(self):
        assert np.array_equal(smooth(IMAGE, np.ones_like(IMAGE), 0), IMAGE)
