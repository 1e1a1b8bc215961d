"""The edge of a field in counts images without an exposure map."""

import numpy as np
import pytest
from astropy.wcs import WCS

from astrocnn.cutouts import make_cutouts, unlit_pixels
from astrocnn.providers import SkyImage

N, SCALE = 90, 4.0


def counts(level, dark=None, seed=0):
    image = np.random.default_rng(seed).poisson(level, (N, N)).astype(float)
    if dark is not None:
        image[dark] = 0
    return image


@pytest.mark.parametrize("level", [0.03, 0.1, 0.3, 1.0, 10.0])
@pytest.mark.parametrize("angle", [0.0, 0.6, 1.2])
def test_edge(level, angle):
    """Found to within a block, at any background that can tell."""
    y, x = np.mgrid[:N, :N] - (N - 1) / 2
    across = x * np.cos(angle) + y * np.sin(angle)
    unlit = unlit_pixels(counts(level, across > 12), np.ones((N, N), bool), SCALE)
    if level * round(90 / SCALE) ** 2 < 15:
        assert not unlit.any()
        return
    side = next(s for s in (24, 36, 48, 64, 90) if level * round(s / SCALE) ** 2 >= 15) / SCALE
    assert not unlit[across < 12 - 1.5 * side].any()
    beyond = across > 12 + 1.5 * side
    assert unlit[beyond].mean() > 0.8


@pytest.mark.parametrize("level", [0.03, 0.06, 0.1, 0.3, 1.0, 10.0])
def test_nothing_by_chance(level):
    valid = np.ones((N, N), dtype=bool)
    found = [unlit_pixels(counts(level, seed=seed), valid, SCALE).any() for seed in range(200)]
    assert sum(found) == 0


def test_source_and_falling_background_are_lit():
    y, x = np.mgrid[:N, :N] - (N - 1) / 2
    expected = 0.5 * np.exp(-x / 40) + 50 * np.exp(-(x**2 + y**2) / 8)
    image = np.random.default_rng(0).poisson(expected)
    assert not unlit_pixels(image, np.ones((N, N), dtype=bool), SCALE).any()


@pytest.mark.parametrize("level", [1.0, 5.0])
def test_subtracted_background_says_nothing(level):
    image = counts(level) - level
    image[:, 60:] = 0
    assert not unlit_pixels(image, np.ones((N, N), dtype=bool), SCALE).any()


def test_mostly_dark_says_nothing():
    """A cluster on an empty sky is no field with an edge."""
    y, x = np.mgrid[:N, :N] - (N - 1) / 2
    image = np.random.default_rng(0).poisson(5.0 * (np.hypot(y, x) < 20))
    assert not unlit_pixels(image, np.ones((N, N), dtype=bool), SCALE).any()


@pytest.mark.parametrize("shape", [(3, 3), (1, 90), (90, 40)])
def test_odd_shapes(shape):
    image = np.ones(shape)
    image[0] = np.nan
    assert unlit_pixels(image, np.ones(shape, dtype=bool), SCALE).shape == shape


def test_empty_image_says_nothing():
    assert not unlit_pixels(np.zeros((N, N)), np.ones((N, N), dtype=bool), SCALE).any()


def test_cutouts_at_the_edge():
    """Flagged, and not valid; an exposure map knows better."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = (150, 2), (100.5, 100.5), (-1 / 900, 1 / 900)
    image = np.random.default_rng(0).poisson(0.3, (200, 200)).astype("float32")
    image[:, 110:] = 0
    coords = [[150.0, 2.0], [150.06, 2.0]]
    targets = {"ra": [c[0] for c in coords], "dec": [c[1] for c in coords]}

    def cutouts(exposure=None):
        provider = SkyImage(image, wcs, quantity="counts", exposure=exposure)
        return make_cutouts(targets, ["xmm"], {"xmm": provider}, pixels=N)

    found = cutouts()
    words = [str(word) for word in found["status"].values[:, 0]]
    assert "field_edge:xmm" in words[0]
    assert "exposure_unknown:xmm" in words[0]
    assert "field_edge" not in words[1]
    assert 0.5 < float(found["coverage"][0, 0]) < 0.8
    assert float(found["coverage"][1, 0]) == 1
    known = cutouts(np.full(image.shape, 1e4, dtype="float32"))
    assert float(known["coverage"][0, 0]) == 1
