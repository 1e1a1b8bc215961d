"""From pixels to gray levels."""

import numpy as np
import pytest

from astrocnn.plotting._display import combine, smooth, to_display


@pytest.fixture
def field():
    return np.random.default_rng(0).normal(100, 5, (64, 64))


def test_smoothing_gives_invalid_pixels_no_weight():
    image = np.full((20, 20), 3.0)
    valid = np.ones((20, 20), dtype=bool)
    valid[:, :8] = False
    image[~valid] = 1e9
    smoothed = smooth(image, valid, 2.0)
    assert smoothed[valid] == pytest.approx(3.0)
    assert np.isnan(smoothed[~valid]).all()


def test_smoothing_keeps_the_sum_inside():
    image = np.zeros((41, 41))
    image[20, 20] = 7
    assert smooth(image, image >= 0, 3).sum() == pytest.approx(7)


def test_values_lie_between_0_and_1_whatever_the_unit(field):
    field[30:34, 30:34] += 400
    shown = to_display(field, np.ones(field.shape, dtype=bool))
    assert (shown.min(), shown.max()) == (0, 1)
    scaled = to_display(field * 1e-18, np.ones(field.shape, dtype=bool))
    np.testing.assert_allclose(scaled, shown, atol=1e-9)


def test_a_source_is_bright_and_a_blank_field_is_flat(field):
    valid = np.ones(field.shape, dtype=bool)
    assert to_display(field, valid).max() < 0.75
    field[30:34, 30:34] += 400
    assert to_display(field, valid)[31, 31] == 1


def test_larger_softening_shows_less_of_the_faint(field):
    valid = np.ones(field.shape, dtype=bool)
    faint = [np.median(to_display(field, valid, softening=s)) for s in (0.05, 0.1, 0.5)]
    assert faint[0] > faint[1] > faint[2]


def test_constant_and_empty_images():
    assert np.all(to_display(np.full((8, 8), 5.0), np.ones((8, 8), dtype=bool)) == 0)
    assert np.isnan(to_display(np.full((8, 8), np.nan), np.ones((8, 8), dtype=bool))).all()
    assert np.isnan(to_display(np.ones((8, 8)), np.zeros((8, 8), dtype=bool))).all()


def test_combination_is_violet_where_x_rays_are_and_gray_elsewhere():
    xray, optical = np.zeros((4, 4)), np.full((4, 4), 0.5)
    xray[1, 1], optical[0, 0], xray[0, 0] = 1.0, np.nan, np.nan
    picture = combine(xray, optical)
    assert np.ptp(picture[3, 3, :3]) == pytest.approx(0)
    red, green, blue, opacity = picture[1, 1]
    assert blue > red > green
    assert opacity == 1
    assert picture[0, 0, 3] == 0
