"""Means on grids that are coarser than the image, against block means and `reproject_exact`."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from reproject import reproject_exact

from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage, resample_image

CENTER = SkyCoord(150.1, 2.2, unit="deg")


def sky_wcs(n, scale, turn=0.0, shift=(0.0, 0.0)):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [CENTER.ra.deg, CENTER.dec.deg]
    wcs.wcs.crpix = [(n + 1) / 2 + shift[0], (n + 1) / 2 + shift[1]]
    c, s = np.cos(turn), np.sin(turn)
    wcs.wcs.cd = np.array([[-c, s], [s, c]]) * scale / 3600
    wcs.wcs.set()
    wcs.pixel_shape = (n, n)
    return wcs


def noise(n):
    return np.random.default_rng(7).normal(100, 10, (n, n)).astype(np.float32)


@pytest.mark.parametrize("k", [2, 3, 8])
def test_block_means(k):
    grid = CutoutGrid(CENTER, 40 * 0.5 * k * u.arcsec, 40)
    data = noise(40 * k)
    image = resample_image(SkyImage(data, sky_wcs(40 * k, 0.5)), grid).image
    wanted = data.reshape(40, k, 40, k).mean(axis=(1, 3), dtype=float)
    np.testing.assert_allclose(image, wanted, rtol=1e-4)


@pytest.mark.parametrize("turn", [0.0, 0.005, 0.3, np.pi / 2, 2.0])
@pytest.mark.parametrize(("scale", "pixels"), [(0.262, 12), (0.5, 40), (1.0, 45), (1.5, 50)])
def test_means_are_those_of_reproject(turn, scale, pixels):
    n = int(130 / scale)
    wcs, data = sky_wcs(n, scale, turn, (0.3, -0.2)), noise(n)
    grid = CutoutGrid(CENTER, 1.5 * u.arcmin, pixels)
    found = resample_image(SkyImage(data, wcs), grid)
    wanted, footprint = reproject_exact((data, wcs), grid.wcs, grid.shape)
    inside = footprint > 0.999
    assert inside.mean() > 0.8
    assert found.valid[inside].all()
    np.testing.assert_allclose(found.image[inside], wanted[inside], atol=0.03 * 10, rtol=0)


def test_missing_pixels():
    """Below half of the area invalid, else the mean of what there is."""
    data = noise(160)
    data[:, 0:3] = np.nan  # of the first block of four columns
    data[:, 5:7] = np.nan  # of the second
    grid = CutoutGrid(CENTER, 40 * 2 * u.arcsec, 40)
    pixels = resample_image(SkyImage(data, sky_wcs(160, 0.5)), grid)
    assert not pixels.valid[:, 0].any()
    assert np.array_equal(pixels.valid, np.isfinite(pixels.image))
    assert np.isnan(pixels.image[:, 0]).all()
    wanted = data[:, [4, 7]].reshape(40, 4, 2).mean(axis=(1, 2), dtype=float)
    valid = pixels.valid[:, 1]  # exactly half: rounding decides
    np.testing.assert_allclose(pixels.image[valid, 1], wanted[valid], rtol=1e-3)
    assert pixels.valid[:, 2:].all()


def test_border_and_outside():
    grid = CutoutGrid(CENTER, 2 * u.arcmin, 60)
    pixels = resample_image(SkyImage(np.full((100, 100), 5.0), sky_wcs(100, 0.5)), grid)
    assert pixels.valid.mean() == pytest.approx((50 / 120) ** 2, rel=0.1)
    np.testing.assert_allclose(pixels.image[pixels.valid], 5)


def test_finer_and_equal_grids_are_interpolated():
    """As before, bit for bit: a plane is kept, and equal pixels are copied."""
    data = noise(60)
    equal = CutoutGrid(CENTER, 60 * u.arcsec, 60)
    assert np.array_equal(resample_image(SkyImage(data, sky_wcs(60, 1.0)), equal).image, data)
    y, x = np.mgrid[:60, :60]
    plane = resample_image(
        SkyImage(x + 2.0 * y, sky_wcs(60, 1.0)), CutoutGrid(CENTER, 30 * u.arcsec, 89)
    )
    step = np.diff(plane.image, axis=1)
    np.testing.assert_allclose(step, 30 / 89, rtol=1e-3)
