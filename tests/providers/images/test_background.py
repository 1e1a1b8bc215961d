"""Background of counts images: simulated ones, with known terms, and a real field."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn.exceptions import ProviderError
from astrocnn.grid import CutoutGrid
from astrocnn.providers import SkyImage, estimate_background, read_image
from astrocnn.simulation import EPIC_MOS_1_2
from astrocnn.simulation._population import Source
from astrocnn.simulation._xray import Pointing, xray_image

FIELD = CutoutGrid(SkyCoord(150, 2, unit="deg"), 29 * u.arcmin, 435)  # 4 arcsec pixels
SKY, PARTICLE = EPIC_MOS_1_2.sky_background, EPIC_MOS_1_2.particle_background


def simulated(seed, sources=(), time=3e4):
    """A simulated MOS field, with chip gaps, and the expected background alone."""
    y, x = (np.indices(FIELD.shape) - 217.0) * 4
    pointing = Pointing(EPIC_MOS_1_2, time, 30.0, -40.0, 0.3, 1.0, True)
    rng = np.random.default_rng(seed)
    counts, exposure = xray_image(list(sources), pointing, -x, y, rng)
    truth = SKY * exposure + PARTICLE * time * (exposure > 0)
    return SkyImage(counts, FIELD.wcs, "counts", exposure), truth


def point(x, y, flux):
    return Source("agn", x, y, flux, ("power", 1.8))


class TestSimulated:
    def test_terms_within_their_errors(self):
        pulls = []
        for seed in range(4):
            image, truth = simulated(seed)
            model = estimate_background(image)
            pulls.append(((model.sky - SKY) / model.sky_error,
                          (model.particle - PARTICLE) / model.particle_error))  # fmt: skip
            assert model.expected(image.exposure).sum() == pytest.approx(truth.sum(), rel=0.03)
            assert 0.7 < model.chi2 / model.n_bins < 1.3
        assert np.abs(np.mean(pulls, axis=0)).max() < 1.5
        assert np.abs(pulls).max() < 4

    def test_one_term_alone_is_wrong_at_the_rim(self):
        """Why there are two: scaled by exposure, the background is half of what it is."""
        image, truth = simulated(1)
        rim = (image.exposure > 0) & (image.exposure < 0.4 * image.exposure.max())
        model = estimate_background(image)
        ones = image.exposure * truth.sum() / image.exposure.sum()
        assert model.expected(image.exposure)[rim].sum() == pytest.approx(
            truth[rim].sum(), rel=0.05
        )
        assert ones[rim].sum() < 0.85 * truth[rim].sum()

    def test_an_infinite_pixel_of_the_map_is_a_hole(self):
        image, truth = simulated(0)
        image.exposure[200, 200] = np.inf
        expected = estimate_background(image).expected(image.exposure)
        assert expected[200, 200] == 0
        assert expected.sum() == pytest.approx(truth.sum(), rel=0.03)

    def test_points_are_masked(self):
        rng = np.random.default_rng(5)
        places, fluxes = rng.uniform(-700, 700, (40, 2)), 10 ** rng.uniform(-14, -12.5, 40)
        sources = [point(*place, flux) for place, flux in zip(places, fluxes, strict=True)]
        image, truth = simulated(5, sources)
        model = estimate_background(image)
        assert image.data.sum() > 1.05 * truth.sum()
        assert 0.01 < model.source_fraction < 0.3
        assert model.expected(image.exposure).sum() == pytest.approx(truth.sum(), rel=0.03)

    def test_cluster_is_masked(self):
        image, truth = simulated(6)
        y, x = (np.indices(FIELD.shape) - 217.0) * 4
        radius = np.hypot(x, y)
        profile = (1 + (radius / 25) ** 2) ** -1.6 * (radius < 450)
        cluster = 8000 * profile / profile.sum() * (image.exposure > 0)
        image.data = image.data + np.random.default_rng(6).poisson(cluster)
        model = estimate_background(image)
        assert model.expected(image.exposure).sum() == pytest.approx(truth.sum(), rel=0.06)

    def test_unvignetted_map(self):
        """A mosaic: exposure without vignetting is not one number, and is given."""
        image, _ = simulated(7)
        flat = np.where(image.exposure > 0, 3e4, 0.0)
        flat[:, :200] /= 2
        image.exposure = image.exposure * flat / 3e4
        expected = SKY * image.exposure + PARTICLE * flat
        image.data = np.random.default_rng(7).poisson(expected)
        model = estimate_background(image, flat)
        found = model.expected(image.exposure, flat)
        assert found.sum() == pytest.approx(expected.sum(), rel=0.03)
        assert abs(model.particle - PARTICLE) < 4 * model.particle_error

    def test_even_exposure_tells_the_sum_only(self):
        exposure = np.full(FIELD.shape, 200.0)
        counts = np.random.default_rng(8).poisson(0.02, FIELD.shape)
        model = estimate_background(SkyImage(counts, FIELD.wcs, "counts", exposure))
        assert model.expected(exposure).mean() == pytest.approx(0.02, rel=0.03)

    def test_nothing_exposed_nothing_expected(self):
        image, _ = simulated(9)
        expected = estimate_background(image).expected(image.exposure)
        assert (expected[image.exposure == 0] == 0).all()
        assert expected.dtype == np.float32
        assert (expected >= 0).all()


class TestFaults:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"quantity": "rate"}, "image is not of counts"),
            ({"exposure": None}, "image has no exposure map"),
            ({"exposure": np.zeros(FIELD.shape)}, "0 bins of sky"),
            ({"exposure": np.full(FIELD.shape, np.nan)}, "0 bins of sky"),
        ],
        ids=["rate", "no map", "zeros", "nan"],
    )
    def test_what_is_needed(self, changes, words):
        image = SkyImage(np.zeros(FIELD.shape), FIELD.wcs, "counts", np.ones(FIELD.shape))
        for name, value in changes.items():
            setattr(image, name, value)
        with pytest.raises(ProviderError, match=words):
            estimate_background(image)

    def test_no_photon_at_all(self):
        image = SkyImage(np.zeros(FIELD.shape), FIELD.wcs, "counts", np.ones(FIELD.shape))
        model = estimate_background(image)
        assert model.sky == pytest.approx(0, abs=1e-5)
        assert model.particle == pytest.approx(0, abs=1e-5)

    def test_nan_pixels_are_no_sky(self):
        image, truth = simulated(3)
        data = image.data.astype(float)
        data[:150] = np.nan
        image.data = data
        found = estimate_background(image).expected(image.exposure)
        assert found[150:].sum() == pytest.approx(truth[150:].sum(), rel=0.04)


def test_real_field(real_data):
    """Abell 1835: what is predicted is what is seen, annulus by annulus, outside of sources."""
    folder = real_data / "a1835_xmm"
    image = read_image(folder / "P0098010101M2U009IMAGE_3000.FTZ")
    image.exposure = read_image(folder / "P0098010101M2U009EXPMAP3000.FTZ").data
    image.quantity = "counts"
    model = estimate_background(image)
    expected = model.expected(image.exposure)
    y, x = np.indices(image.data.shape)
    clean = image.exposure > 0.05 * image.exposure.max()
    for i, j, size in np.loadtxt(folder / "M2ptsrc.txt"):  # counted from 1
        clean &= np.hypot(x - i + 1, y - j + 1) > 1.5 * size
    radius = np.hypot(x - 327.7, y - 346.7) * 4 / 60
    for low, high in ((9, 10.5), (10.5, 12), (12, 14)):
        ring = clean & (radius >= low) & (radius < high)
        seen = image.data[ring].sum(dtype=float)
        assert abs(seen - expected[ring].sum()) < 3.5 * np.sqrt(seen)
    assert 0.9 < model.chi2 / model.n_bins < 1.1
    assert 0.03 < model.particle * image.exposure.max() < 0.06
