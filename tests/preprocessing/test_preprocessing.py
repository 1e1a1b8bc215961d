"""Dataset of cut-outs to network input."""

import json

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.cutouts import cutout_dataset
from astrocnn.exceptions import InvalidImageError
from astrocnn.preprocessing import Preprocessing, smooth, standardize
from astrocnn.providers import Pixels
from astrocnn.surveys import get_band

XMM, DSS2 = get_band("xmm"), get_band("dss2-red")
SIZE, N = 6 * u.arcmin, 60
SCALE = SIZE / N


def source(seed=0, level=0.5, total=500):
    """Counts of a source on a flat background."""
    y, x = np.mgrid[:N, :N] - N / 2
    model = level + total / (2 * np.pi * 9) * np.exp(-(x**2 + y**2) / 18)
    return np.random.default_rng(seed).poisson(model).astype(np.float32)


def pixels(image, exposure=None, valid=None):
    valid = np.ones(image.shape, dtype=bool) if valid is None else valid
    return Pixels(image.astype(np.float32), valid, exposure)


def dataset(*rows, bands=(XMM, DSS2)):
    n = len(rows)
    return cutout_dataset(range(n), np.zeros(n), np.zeros(n), list(bands), list(rows), SIZE, N)


def prepared(image, exposure=None, valid=None, waveband="xray", **settings):
    valid = np.ones(image.shape, dtype=bool) if valid is None else valid
    return Preprocessing(**settings).prepare(image, valid, exposure, waveband, SCALE)


class TestScaleFree:
    @settings(max_examples=30, deadline=None)
    @given(scale=st.floats(1e-9, 1e9))
    def test_counts_and_rates_are_alike(self, scale):
        image = source()
        expected = prepared(image)
        assert np.allclose(prepared((scale * image).astype(np.float32)), expected, atol=2e-5)

    @settings(max_examples=30, deadline=None)
    @given(scale=st.floats(1e-3, 1e3), offset=st.floats(-1e3, 1e3))
    def test_uncalibrated_plates(self, scale, offset):
        """Single precision: an offset of a thousand times the noise costs three digits."""
        image = np.random.default_rng(0).normal(0, 5, (N, N)).astype(np.float32)
        found = prepared((scale * (image + offset)).astype(np.float32), waveband="optical")
        assert np.allclose(found, prepared(image, waveband="optical"), atol=1e-3)

    @settings(max_examples=30, deadline=None)
    @given(scale=st.floats(1e-3, 1e3))
    def test_unit_of_the_exposure(self, scale):
        exposure = np.linspace(5e3, 2e4, N * N, dtype=np.float32).reshape(N, N)
        image = source() * exposure / 1e4
        found = prepared(image, exposure * np.float32(scale))
        assert np.allclose(found, prepared(image, exposure), atol=2e-5)


class TestExposure:
    def test_flattens_vignetting(self):
        """Flat sky under a falling exposure: with the map it is flat, without it slopes."""
        exposure = np.tile(np.linspace(2e4, 4e3, N, dtype=np.float32), (N, 1))
        image = np.random.default_rng(0).poisson(exposure * 1e-3).astype(np.float32)
        slope = [
            np.polyfit(np.arange(N), prepared(image, e).mean(axis=0), 1)[0] * N
            for e in (exposure, None)
        ]
        assert abs(slope[0]) < 0.15
        assert slope[1] < -2.5

    def test_counts_over_exposure(self):
        exposure = np.linspace(5e3, 2e4, N * N, dtype=np.float32).reshape(N, N)
        image = source(level=20)
        found = prepared(image, exposure, smoothing={}, standardized=False)
        rate = image / exposure
        level = np.median(rate)
        expected = np.arcsinh((rate - level) / (1.4826 * np.median(np.abs(rate - level))))
        assert np.allclose(found, expected, atol=1e-4)

    def test_map_of_nan_means_no_map(self):
        nothing = np.full((N, N), np.nan, dtype=np.float32)
        assert np.array_equal(prepared(source(), nothing), prepared(source()))


class TestInvalidPixels:
    HALF = np.tile(np.arange(N) < N // 2, (N, 1))

    @pytest.mark.parametrize("waveband", ["xray", "optical"])
    @pytest.mark.parametrize("junk", [0, 1e5, -1, np.nan])
    def test_values_do_not_matter(self, waveband, junk):
        image = np.where(self.HALF, source(), junk).astype(np.float32)
        found = prepared(image, None, self.HALF, waveband)
        expected = prepared(source(), None, self.HALF, waveband)
        assert np.array_equal(found, expected)
        assert (found[~self.HALF] == 0).all()

    def test_nan_is_never_valid(self):
        image = source()
        image[10, 10] = np.nan
        found = prepared(image)
        assert np.isfinite(found).all()
        assert found[10, 10] == 0

    def test_exposure_of_invalid_pixels_does_not_count(self):
        exposure = np.full((N, N), 1e4, dtype=np.float32)
        other = np.where(self.HALF, exposure, 77).astype(np.float32)
        assert np.array_equal(
            prepared(source(), exposure, self.HALF), prepared(source(), other, self.HALF)
        )

    @pytest.mark.parametrize(("value", "waveband"), [(0, "xray"), (0, "optical"), (5, "optical")])
    def test_no_signal(self, value, waveband):
        assert (prepared(np.full((N, N), value, np.float32), waveband=waveband) == 0).all()

    def test_nothing_valid(self):
        assert (prepared(source(), None, np.zeros((N, N), bool)) == 0).all()


class TestTensor:
    def test_shape_type_and_band_order(self):
        images = [[pixels(source(10 * t + b)) for b in range(2)] for t in range(3)]
        tensor = Preprocessing()(dataset(*images))
        assert tensor.shape == (3, N, N, 2)
        assert tensor.dtype == np.float32
        for t in range(3):
            for b, waveband in enumerate(("xray", "optical")):
                expected = prepared(source(10 * t + b), waveband=waveband)
                assert np.array_equal(tensor[t, :, :, b], expected)

    def test_each_target_alone(self):
        """A target's input does not depend on the others of its chunk."""
        rows = [[pixels(source(i))] for i in range(4)]
        together = Preprocessing()(dataset(*rows, bands=[XMM]))
        alone = [Preprocessing()(dataset(row, bands=[XMM]))[0] for row in rows]
        assert np.array_equal(together, alone)

    def test_missing_band_is_zero(self):
        tensor = Preprocessing()(dataset([pixels(source()), "failed:dss2-red"]))
        assert (tensor[..., 1] == 0).all()
        assert tensor[..., 0].std() > 0.5

    def test_exposure_of_the_dataset_is_used(self):
        exposure = np.linspace(5e3, 2e4, N * N, dtype=np.float32).reshape(N, N)
        rows = [[pixels(source(), exposure)], [pixels(source())]]
        tensor = Preprocessing()(dataset(*rows, bands=[XMM]))
        assert np.array_equal(tensor[0, :, :, 0], prepared(source(), exposure))
        assert np.array_equal(tensor[1, :, :, 0], prepared(source()))

    def test_standardized(self):
        tensor = Preprocessing()(dataset([pixels(source())], bands=[XMM]))
        assert tensor.mean() == pytest.approx(0, abs=1e-5)
        assert tensor.std() == pytest.approx(1, rel=1e-5)

    def test_no_targets(self):
        empty = dataset([pixels(source())], bands=[XMM]).isel(target=slice(0, 0))
        assert Preprocessing()(empty).shape == (0, N, N, 1)

    @pytest.mark.parametrize("name", ["image", "valid", "waveband"])
    def test_missing_variable(self, name):
        with pytest.raises(InvalidImageError, match=f"{name}.*make_cutouts"):
            Preprocessing()(dataset([pixels(source())], bands=[XMM]).drop_vars(name))

    def test_missing_scale(self):
        cutouts = dataset([pixels(source())], bands=[XMM])
        del cutouts.attrs["pixel_scale"]
        with pytest.raises(InvalidImageError, match="pixel_scale"):
            Preprocessing()(cutouts)


class TestParameters:
    def test_smoothing_is_an_angle(self):
        image = source()
        found = prepared(image, smoothing={"xray": 18.0}, standardized=False)
        wide = smooth(image, np.ones_like(image), 3.0)  # pixels of 6 arcsec
        assert np.corrcoef(np.sinh(found).ravel(), wide.ravel())[0, 1] > 0.999

    def test_only_the_named_wavebands_are_smoothed(self):
        image = source()
        assert np.array_equal(
            prepared(image, waveband="optical"), prepared(image, smoothing={}, waveband="xray")
        )

    def test_without_stretch(self):
        """Kosiba et al. (2020): (x - mean) / std and nothing else."""
        image = source()
        found = prepared(image, smoothing={}, stretched=False)
        assert np.allclose(found, (image - image.mean()) / image.std(), atol=1e-5)
        assert np.array_equal(
            prepared(image, smoothing={}, standardized=False, stretched=False), image
        )

    def test_parameters_of_older_weights(self):
        assert Preprocessing.from_config({"smoothing": {}, "standardized": True}).stretched

    def test_without_standardization(self):
        raw = prepared(source(), standardized=False)
        assert np.allclose(prepared(source()), standardize(raw, np.ones((N, N), bool)))
        assert abs(raw.std() - 1) > 0.005

    @pytest.mark.parametrize(
        "steps",
        [Preprocessing(), Preprocessing({"xray": 4.5, "optical": 1.0}, standardized=False)],
    )
    def test_round_trip_through_json(self, steps):
        again = Preprocessing.from_config(json.loads(json.dumps(steps.to_config())))
        assert again == steps
        cutouts = dataset([pixels(source()), pixels(source(1))])
        assert np.array_equal(again(cutouts), steps(cutouts))

    def test_default_is_not_shared(self):
        Preprocessing().smoothing["xray"] = 0
        assert Preprocessing().smoothing == {"xray": 6.0}
