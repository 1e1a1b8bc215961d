"""What the simulated telescopes are like: response, background, point-spread function."""

from dataclasses import dataclass

import numpy as np

__all__ = ["EPIC_MOS", "EPIC_MOS_1_2", "EPIC_PN", "PLATE_RED", "PlateCamera", "XrayCamera"]


@dataclass(frozen=True)
class XrayCamera:
    """An X-ray camera in one energy band.

    Parameters
    ----------
    name : str
        Camera and band, as in the truth table.
    response : float
        Counts per second on axis for a flux of 1 erg/s/cm2 in 0.5-2 keV (thermal spectrum,
        moderate absorption).
    sky_background : float
        Counts per second and 4 arcsec pixel on axis, vignetted.
    particle_background : float
        Counts per second and 4 arcsec pixel, not vignetted.
    chips : {'mos', 'pn'}
        Layout of the chips, hence of the gaps.
    field_radius : float
        Radius of the field of view (arcsec).
    psf_core, psf_slope : float
        King profile on axis: core radius (arcsec) and slope.

    Notes
    -----
    The particle term and the vignetted sky term of `EPIC_MOS_1_2` are those measured on blank sky
    of XMM-Newton observation 0098010101 (MOS2); point-spread function after Ghizzardi 2002
    (XMM-SOC-CAL-TN-0022); the others are scaled with the cameras' effective areas
    (Turner et al. 2001, A&A 365, L27; Struder et al. 2001, A&A 365, L18).
    """

    name: str
    response: float
    sky_background: float
    particle_background: float
    chips: str
    field_radius: float = 840.0
    psf_core: float = 5.0
    psf_slope: float = 1.45
    pixel: float = 4.0

    def vignetting(self, off_axis: np.ndarray) -> np.ndarray:
        """Effective area relative to the axis at an off-axis angle (arcsec), about 1.5 keV."""
        return 1 / (1 + (off_axis / 580.0) ** 2)

    def psf(self, off_axis: float, azimuth: float, step: float, half_size: int) -> np.ndarray:
        """Point-spread function at an off-axis angle (arcsec).

        The King profile widens off axis and is drawn out perpendicular to the direction of
        the axis (``azimuth``, radians).

        Returns
        -------
        ndarray of shape (2 * half_size + 1, 2 * half_size + 1)
            Normalized to a sum of one, pixels of ``step`` arcsec.
        """
        y, x = np.mgrid[-half_size : half_size + 1, -half_size : half_size + 1] * step
        along = x * np.cos(azimuth) + y * np.sin(azimuth)
        across = -x * np.sin(azimuth) + y * np.cos(azimuth)
        core = self.psf_core * (1 + 0.5 * (off_axis / 840.0) ** 2)
        stretch = 1 + 0.7 * (off_axis / 840.0) ** 2
        radius2 = along**2 + (across / stretch) ** 2
        psf = (1 + radius2 / core**2) ** -self.psf_slope
        return psf / psf.sum()


@dataclass(frozen=True)
class PlateCamera:
    """A photographic survey, digitized.

    Parameters
    ----------
    name : str
        As in the truth table.
    limit : float
        Magnitude of a star found at five times the noise.
    sky : float
        Sky brightness (mag/arcsec2); sets where the plate's response bends.
    seeing : tuple of float
        Smallest and largest full width at half maximum (arcsec).
    gamma : float
        Density units per dex of intensity.
    pixel : float
        Side of a pixel (arcsec).
    """

    name: str
    limit: float = 20.8
    sky: float = 20.8
    seeing: tuple[float, float] = (2.0, 3.8)
    gamma: float = 4000.0
    pixel: float = 1.0


EPIC_PN = XrayCamera("EPIC-PN 0.5-2 keV", 6.5e11, 1.6e-5, 4.0e-6, "pn", psf_core=5.5)
EPIC_MOS = XrayCamera("EPIC-MOS 0.5-2 keV", 1.9e11, 5.5e-6, 1.8e-6, "mos")
EPIC_MOS_1_2 = XrayCamera("EPIC-MOS 1-2 keV", 0.9e11, 2.55e-6, 1.1e-6, "mos")
PLATE_RED = PlateCamera("DSS2 red")
