"""The compiled steps against SciPy and NumPy, one step after the other."""

import threading

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.preprocessing import (
    Preprocessing,
    local_background,
    scale_free_stretch,
    smooth,
    standardize,
)
from astrocnn.preprocessing._kernel import _arcsinh
from astrocnn.preprocessing._select import median

SCALE = 2 * u.arcsec


def smoothed(image, valid, exposure, sigma):
    """Rate and valid pixels, with the functions that are the definition."""
    valid = valid & np.isfinite(image)
    weight = valid.astype(np.float32)
    if exposure is not None and np.isfinite(exposure).any():
        weight = np.where(valid, exposure, 0).astype(np.float32)
    weight /= weight.max() or 1.0
    return smooth(np.where(valid, image, 0).astype(np.float32), weight, sigma), valid


def reference(image, valid, exposure, sigma, stretched=True, standardized=True):
    """What `Preprocessing.prepare` does, with the functions that are its definition."""
    rate, valid = smoothed(image, valid, exposure, sigma)
    found = scale_free_stretch(rate, valid) if stretched else rate
    return standardize(found, valid) if standardized else found


def compared(image, valid, exposure, sigma, stretched=True, standardized=True):
    """Largest difference between the compiled steps and the reference, over one plus the value.

    Single precision knows a level to 6e-8 of itself: where it is more than 20 times the noise, the
    differences, in units of the noise, are scaled down.
    """
    steps = Preprocessing({"xray": sigma * 2.0}, standardized, stretched)
    found = steps.prepare(image, valid, exposure, "xray", SCALE)
    expected = reference(image, valid, exposure, sigma, stretched, standardized)
    assert found.dtype == np.float32
    level, noise = local_background(*smoothed(image, valid, exposure, sigma))
    difference = np.max(np.abs(found - expected) / (1 + np.abs(expected)))
    return difference / max(1, abs(level) / noise / 20 if noise else 1)


@st.composite
def skies(draw):
    """Sky, source, gaps, NaN and exposure of an image of any shape."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    shape = draw(st.integers(2, 70)), draw(st.integers(2, 70))
    kind = draw(st.sampled_from(["counts", "plate", "rate", "zeros", "constant"]))
    y, x = np.indices(shape)
    source = np.exp(-0.5 * ((y - shape[0] / 2) ** 2 + (x - shape[1] / 2) ** 2) / 9)
    image = {
        "counts": lambda: rng.poisson(draw(st.sampled_from([0.01, 0.5, 9])) + 40 * source),
        "plate": lambda: 6e3 + rng.normal(0, 250, shape) + 1e4 * source,
        "rate": lambda: 1e-6 * rng.gamma(2, 1, shape),
        "zeros": lambda: np.zeros(shape),
        "constant": lambda: np.full(shape, 0.5),
    }[kind]()
    image = image.astype(np.float32)
    valid = np.ones(shape, bool) if draw(st.booleans()) else rng.random(shape) < 0.7
    valid[:, : draw(st.integers(0, shape[1]))] &= draw(st.booleans())
    if draw(st.booleans()):
        image[rng.random(shape) < 0.05] = np.nan
    exposure = None
    if draw(st.booleans()):
        exposure = np.float32(1e4) / (1 + ((x + 1) / 50) ** 2).astype(np.float32)
    return image, valid, exposure


class TestSteps:
    @settings(max_examples=50, deadline=None)
    @given(sky=skies(), sigma=st.sampled_from([0, 0.3, 1, 2.97, 12]))
    def test_all(self, sky, sigma):
        assert compared(*sky, sigma) < 3e-5  # of units of the standard deviation

    @settings(max_examples=20, deadline=None)
    @given(sky=skies(), sigma=st.sampled_from([0, 2]), stretched=st.booleans())
    def test_some(self, sky, sigma, stretched):
        assert compared(*sky, sigma, stretched, not stretched) < 1e-5
        assert compared(*sky, sigma, False, False) < 1e-5

    @pytest.mark.parametrize("value", [1e-30, 1.0, 1e30])
    def test_range_of_single_precision(self, value):
        image = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
        image[3, 4] = 1e6
        everywhere = np.ones(image.shape, bool)
        assert compared(np.float32(value) * image, everywhere, None, 1) < 1e-5

    def test_exposure_of_nan_is_none(self):
        """A pixel without exposure is filled from its neighbors, like a gap."""
        image = np.random.default_rng(0).poisson(5, (30, 30)).astype(np.float32)
        exposure = np.full(image.shape, 1e3, np.float32)
        exposure[5] = np.nan
        everywhere = np.ones(image.shape, bool)
        found = Preprocessing().prepare(image, everywhere, exposure, "xray", SCALE)
        expected = reference(image, everywhere, np.nan_to_num(exposure), 3)
        assert np.allclose(found, expected, atol=1e-5)


class TestMedian:
    @settings(max_examples=50, deadline=None)
    @given(
        seed=st.integers(0, 999),
        n=st.one_of(st.integers(1, 700), st.integers(2000, 9000)),
        kind=st.sampled_from(["normal", "ties", "zeros", "wide", "same"]),
        gaps=st.integers(0, 300),
    )
    def test_exact(self, seed, n, kind, gaps):
        rng = np.random.default_rng(seed)
        values = {
            "normal": lambda: rng.normal(rng.choice([0, 6000]), 10, n),
            "ties": lambda: rng.poisson(1.5, n) - 1.0,
            "zeros": lambda: rng.normal(0, 1, n).round(),  # of both signs
            "wide": lambda: rng.choice([-1, 1], n) * 10 ** rng.uniform(-37, 37, n),
            "same": lambda: np.full(n, -2.5),
        }[kind]().astype(np.float32)
        filled = rng.permutation(np.concatenate([values, np.full(gaps, np.inf, np.float32)]))
        before = filled.copy()
        assert median(filled, n) == np.median(values)
        assert np.array_equal(filled, before)


@pytest.mark.parametrize("sign", [-1, 1])
def test_arcsinh(sign):
    values = sign * np.geomspace(1e-38, 3e38, 4000, dtype=np.float32)
    found = np.array([_arcsinh(value) for value in values])
    assert np.allclose(found, np.arcsinh(values.astype(float)), rtol=2e-7, atol=2e-7)
    assert _arcsinh(np.float32(0)) == 0


class TestMany:
    STACK = np.random.default_rng(0).poisson(2, (7, 2, 25, 25)).astype(np.float32)

    def dataset(self):
        import xarray as xr

        dims = ("target", "band", "y", "x")
        variables = {"image": (dims, self.STACK), "valid": (dims, np.ones(self.STACK.shape, "u1"))}
        coords = {"waveband": ("band", ["xray", "optical"])}
        return xr.Dataset(variables, coords, {"pixel_scale": 2.0})

    def test_rows(self):
        dataset, rows = self.dataset(), np.arange(7) % 3 == 1
        assert np.array_equal(Preprocessing()(dataset, rows), Preprocessing()(dataset)[rows])
        assert Preprocessing()(dataset, np.zeros(7, bool)).shape == (0, 25, 25, 2)

    def test_memory_in_another_order(self):
        dataset = self.dataset()
        image = dataset["image"]
        turned = dataset.assign(image=image.copy(data=np.asfortranarray(image.values)))
        assert not turned["image"].values.flags.c_contiguous
        assert np.array_equal(Preprocessing()(turned), Preprocessing()(dataset))

    def test_no_thread_is_left(self):
        before = threading.active_count()
        Preprocessing()(self.dataset())
        assert threading.active_count() == before
