"""Response, background and point-spread function of the simulated cameras."""

import numpy as np
import pytest
from astropy import units as u

from astrocnn.providers import read_image
from astrocnn.simulation import (
    CAMERAS as BY_BAND,
)
from astrocnn.simulation import (
    EPIC_MOS,
    EPIC_MOS_1_2,
    EPIC_PN,
    EROSITA,
    OPTICAL_CAMERAS,
    PSPC,
)
from astrocnn.surveys import get_band

CAMERAS = [EPIC_PN, EPIC_MOS, EPIC_MOS_1_2]


def radius(half, step):
    y, x = np.mgrid[-half : half + 1, -half : half + 1] * step
    return np.hypot(x, y)


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda c: c.name)
class TestPointSpread:
    @pytest.mark.parametrize("off_axis", [0.0, 400.0, 800.0])
    @pytest.mark.parametrize("step", [1.0, 2.0, 4.0])
    def test_normalized(self, camera, off_axis, step):
        assert camera.psf(off_axis, 0.7, step, 40).sum() == pytest.approx(1, rel=1e-12)

    def test_encircled_energy_of_a_king_profile(self, camera):
        """1 - (1 + (r / core)^2)^(1 - slope), relative to the edge of the array."""
        psf, r = camera.psf(0, 0, 1.0, 300), radius(300, 1.0)

        def inside(x):
            return 1 - (1 + (x / camera.psf_core) ** 2) ** (1 - camera.psf_slope)

        disk = psf * (r <= 300)
        for limit in (10, 20, 40, 80, 160):
            assert disk[r <= limit].sum() / disk.sum() == pytest.approx(
                inside(limit) / inside(300), abs=0.006
            )

    def test_half_energy_width(self, camera):
        """13 to 15 arcsec on axis (Jansen et al. 2001; Turner et al. 2001)."""
        psf, r = camera.psf(0, 0, 1.0, 80), radius(80, 1.0)
        order = np.argsort(r, axis=None)
        half = r.ravel()[order][np.searchsorted(np.cumsum(psf.ravel()[order]), 0.5)]
        assert 12 < 2 * half < 16

    def test_widens_off_axis(self, camera):
        inside = [
            camera.psf(off_axis, 0, 2.0, 40)[radius(40, 2.0) < 10].sum()
            for off_axis in (0, 300, 600, 840)
        ]
        assert (np.diff(inside) < 0).all()
        assert inside[-1] < 0.9 * inside[0]

    def test_drawn_out_across_the_direction_of_the_axis(self, camera):
        """The axis lies along x: the profile is long in y. Turned by 90 degrees it turns too."""
        psf = camera.psf(800, 0.0, 2.0, 40)
        y, x = np.mgrid[-40:41, -40:41]
        assert (psf * y**2).sum() > 1.15 * (psf * x**2).sum()
        assert np.allclose(camera.psf(800, np.pi / 2, 2.0, 40), psf.T)


class TestVignetting:
    def test_falls_from_one(self):
        r = np.linspace(0, 840, 100)
        values = EPIC_PN.vignetting(r)
        assert values[0] == 1
        assert (np.diff(values) < 0).all()

    def test_against_a_real_exposure_map(self, real_data):
        """MOS2 1-2 keV; filter, cosmic-ray and chip differences are a few percent."""
        data = read_image(real_data / "a1835_xmm" / "P0098010101M2U009EXPMAP3000.FTZ").data
        y, x = np.mgrid[: data.shape[0], : data.shape[1]]
        r = np.hypot(x - 349, y - 344) * 4.0  # the optical axis, fitted
        exposed = data > 0.1 * data.max()
        rings = [(exposed & (np.abs(r - at) < 20), at) for at in (250, 370, 490, 610, 730)]
        found = [np.median(data[ring]) for ring, _ in rings]
        model = [EPIC_MOS_1_2.vignetting(at) for _, at in rings]
        ratio = np.array(found) / model
        assert np.abs(ratio / ratio.mean() - 1).max() < 0.06


class TestBackground:
    def test_is_that_of_the_real_field(self):
        """2.55e-6 exposure + 0.031 counts per pixel in 28.3 ks: blank sky of 0098010101 (MOS2)."""
        assert EPIC_MOS_1_2.sky_background == 2.55e-6
        assert EPIC_MOS_1_2.particle_background * 28.3e3 == pytest.approx(0.031, abs=0.0005)

    def test_of_the_other_cameras(self):
        """The wider band and the larger telescope see more; per area and response alike."""
        ratio = [c.sky_background / c.response for c in CAMERAS]
        assert max(ratio) < 1.3 * min(ratio)
        assert EPIC_PN.response > 3 * EPIC_MOS.response > EPIC_MOS_1_2.response
        assert all(c.pixel * u.arcsec == 4 * u.arcsec for c in CAMERAS)


class TestSurveys:
    @pytest.mark.parametrize(("camera", "width"), [(EROSITA, 30), (PSPC, 80)])
    def test_half_energy_width_of_scans(self, camera, width):
        """30 arcsec (Merloni et al. 2024); the all-sky survey of ROSAT is far coarser."""
        psf, r = camera.psf(0, 0, 2.0, 150), radius(150, 2.0)
        order = np.argsort(r, axis=None)
        half = r.ravel()[order][np.searchsorted(np.cumsum(psf.ravel()[order]), 0.5)]
        assert 2 * half == pytest.approx(width, rel=0.2)

    def test_scans_have_no_vignetting(self):
        assert np.array_equal(EROSITA.vignetting(np.array([0.0, 900.0])), [1, 1])

    def test_responses(self):
        """Conversion factors: eROSITA 1.0-1.3e12, PSPC about 1.2e11 counts per erg/cm2."""
        assert 1.0e12 < EROSITA.response < 1.4e12
        assert 0.8e11 < PSPC.response < 2.5e11
        assert EPIC_PN.response == pytest.approx(6.5e11, rel=0.1)

    def test_are_those_of_the_package(self):
        """Each band that can be simulated is a band of the surveys; energies and pixels agree."""
        for name, cameras in BY_BAND.items():
            band = get_band(name)
            assert band.waveband == "xray"
            assert sum(cameras.values()) == pytest.approx(1)
            for camera in cameras:
                assert camera.pixel * u.arcsec == band.pixel_scale
        assert BY_BAND["erosita"][EROSITA] == 1
        assert tuple(get_band("erosita").energy.to_value(u.keV)) == EROSITA.band
        for name in OPTICAL_CAMERAS:
            assert get_band(name).waveband == "optical"
