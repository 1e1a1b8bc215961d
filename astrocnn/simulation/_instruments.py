"""What the simulated telescopes are like: response, background, point-spread function."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..surveys import OPTICS, PointSpread, XrayOptics
from ._spectra import (
    ENERGY,
    EPIC_MOS_AREA,
    EPIC_PN_AREA,
    EROSITA_AREA,
    ROSAT_PSPC_AREA,
    counts_per_flux,
    power_law,
)

__all__ = [
    "CAMERAS",
    "EPIC_MOS",
    "EPIC_MOS_1_2",
    "EPIC_PN",
    "EROSITA",
    "OPTICAL_CAMERAS",
    "PLATE_RED",
    "PSPC",
    "VARIED_CAMERAS",
    "OpticalCamera",
    "XrayCamera",
]


@dataclass(frozen=True)
class XrayCamera:
    """An X-ray camera in one energy band.

    Parameters
    ----------
    name : str
        Camera and band, as in the truth table.
    area : tuple
        Effective area on axis by energy, see `EPIC_PN_AREA`.
    band : tuple of float
        Energies (keV).
    sky_background, particle_background : float
        Counts per second and pixel on axis: vignetted, and not vignetted.
    chips : {'mos', 'pn', 'whole', None}
        Layout of the chips, hence of the gaps; ``'whole'`` has none. None: a survey that scans,
        without gaps, edge or vignetting (the exposure is the vignetted one).
    field_radius : float
        Radius of the field of view (arcsec).
    psf_core, psf_slope : float
        King profile on axis: core radius (arcsec) and slope.
    pixel : float
        Side of a pixel (arcsec).
    pixels, oversampling : int
        Pixels along the side of a simulated image; model pixels along the side of a pixel.
    exposure : tuple of float
        Shortest and longest exposure (s).
    optics : XrayOptics, optional
        Point-spread function and vignetting over the field; instead of ``psf_core``,
        ``psf_slope`` and the vignetting of XMM-Newton.

    Notes
    -----
    The particle term and the vignetted sky term of `EPIC_MOS_1_2` are those measured on blank sky
    of XMM-Newton observation 0098010101 (MOS2); point-spread function after Ghizzardi 2002
    (XMM-SOC-CAL-TN-0022), its core and slope moved toward the brightest point source of that
    field; the backgrounds of the other cameras are scaled with the cameras' effective areas
    (Turner et al. 2001, A&A 365, L27; Struder et al. 2001, A&A 365, L18). eROSITA is the average
    of a scan: half-energy width of 30 arcsec (Predehl et al. 2021, A&A 647, A1; Merloni et al.
    2024, A&A 682, A34). ROSAT PSPC is the all-sky survey (Voges et al. 1999, A&A 349, 389).
    """

    name: str
    area: tuple = field(repr=False)
    band: tuple[float, float]
    sky_background: float
    particle_background: float
    chips: str | None
    field_radius: float = 840.0
    psf_core: float = 4.4
    psf_slope: float = 1.6
    pixel: float = 4.0
    pixels: int = 132
    oversampling: int = 2
    exposure: tuple[float, float] = (3e3, 2e4)
    optics: XrayOptics | None = None

    @cached_property
    def response(self) -> float:
        """Counts per second on axis for an unabsorbed flux of 1 erg/s/cm2 in 0.5-2 keV.

        For an active nucleus: power law of index 1.8 behind 3e20 hydrogen atoms per cm2.
        """
        return counts_per_flux(self.area, self.band, power_law(ENERGY, 1.8), 3e20)

    def vignetting(self, off_axis: np.ndarray) -> np.ndarray:
        """Effective area relative to the axis at an off-axis angle (arcsec), about 1.5 keV."""
        if self.chips is None:
            return np.ones_like(off_axis, dtype=float)
        if self.optics is not None:
            return self.optics.area(off_axis)
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
        core = self.psf_core * (1 + 0.2 * (off_axis / 840.0) ** 2)
        stretch = 1 + 0.3 * (off_axis / 840.0) ** 2
        radius2 = along**2 + (across / stretch) ** 2
        psf = (1 + radius2 / core**2) ** -self.psf_slope
        return psf / psf.sum()

    def king_profile(self, off_axis: float, angle: float) -> PointSpread:
        """Return about the same as `psf`, as a profile; ``angle`` is that of `PointSpread`."""
        core = self.psf_core * (1 + 0.2 * (off_axis / 840.0) ** 2)
        half_radius = core * np.sqrt(2 ** (1 / (self.psf_slope - 1)) - 1)
        stretch = 1 + 0.3 * (off_axis / 840.0) ** 2
        return PointSpread(float(half_radius), self.psf_slope, stretch, angle)


@dataclass(frozen=True)
class OpticalCamera:
    """An optical survey in one filter.

    Parameters
    ----------
    name : str
        As in the truth table.
    filter : {'R', 'g', 'r', 'i', 'z'}
        Filter; sets the colors.
    limit : float
        Magnitude of a star found at five times the noise.
    sky : float
        Sky brightness (mag/arcsec2).
    seeing : tuple of float
        Smallest and largest full width at half maximum (arcsec).
    gamma : float or None
        Photographic plate: density units per dex of intensity. None: a linear detector.
    pixel : float
        Side of a pixel (arcsec). Surveys with smaller pixels are taken as binned to it.
    pixels : int
        Pixels along the side of a simulated image.
    """

    name: str
    filter: str
    limit: float
    sky: float
    seeing: tuple[float, float]
    gamma: float | None = None
    pixel: float = 1.0
    pixels: int = 400


EPIC_PN = XrayCamera(
    "EPIC-PN 0.5-2 keV", EPIC_PN_AREA, (0.5, 2.0), 1.6e-5, 4.0e-6, "pn", psf_core=5.0
)
EPIC_MOS = XrayCamera("EPIC-MOS 0.5-2 keV", EPIC_MOS_AREA, (0.5, 2.0), 5.5e-6, 1.8e-6, "mos")
EPIC_MOS_1_2 = XrayCamera("EPIC-MOS 1-2 keV", EPIC_MOS_AREA, (1.0, 2.0), 2.55e-6, 1.1e-6, "mos")
EROSITA = XrayCamera(
    "eROSITA 0.2-2.3 keV", EROSITA_AREA, (0.2, 2.3), 2.2e-5, 5.0e-6, None,
    psf_core=12.0, psf_slope=1.75, exposure=(1.5e2, 3e3),
)  # fmt: skip
PSPC = XrayCamera(
    "ROSAT PSPC 0.1-2.4 keV", ROSAT_PSPC_AREA, (0.1, 2.4), 5.5e-4, 2.0e-5, None,
    psf_core=30.0, psf_slope=1.75, pixel=45.0, pixels=24, oversampling=5, exposure=(2e2, 2e3),
)  # fmt: skip

#: X-ray cameras by band, with their shares.
CAMERAS = {
    "xmm": {EPIC_PN: 0.4, EPIC_MOS: 0.3, EPIC_MOS_1_2: 0.3},
    "erosita": {EROSITA: 1.0},
    "rass": {PSPC: 1.0},
}

_LONG = {"exposure": (1e2, 5e4)}
_POINTED = {"chips": "whole", "field_radius": 1860.0, "optics": OPTICS["erosita-pointed"]}

#: X-ray cameras of version 3 by band, with the fraction of targets of each: point-spread functions
#: that change over the field, exposures from 100 s to 50 ks, surveys and pointings, several energy
#: bands.
VARIED_CAMERAS = {
    "xmm": {
        replace(EPIC_PN, optics=OPTICS["epic-pn"], **_LONG): 0.4,
        replace(EPIC_MOS, optics=OPTICS["epic-mos"], **_LONG): 0.35,
        replace(EPIC_MOS_1_2, optics=OPTICS["epic-mos"], **_LONG): 0.25,
    },
    "erosita": {
        replace(EROSITA, optics=OPTICS["erosita-survey"], exposure=(1e2, 5e3)): 0.5,
        replace(EROSITA, name="eROSITA 0.2-2.3 keV, pointed", exposure=(1e3, 5e4), **_POINTED): 0.3,
        XrayCamera(
            "eROSITA 0.2-0.5 keV, pointed", EROSITA_AREA, (0.2, 0.5), 6.5e-6, 1.0e-6,
            exposure=(3e3, 5e4), **_POINTED,
        ): 0.2,
    },
    "rass": CAMERAS["rass"],
}  # fmt: skip

PLATE_RED = OpticalCamera("DSS2 red", "R", 20.8, 20.8, (2.0, 3.8), gamma=4000.0)

#: Optical cameras by band. Depths: Dey et al. 2019, AJ 157, 168 (Legacy); York et al. 2000,
#: AJ 120, 1579 (SDSS).
OPTICAL_CAMERAS = {
    "dss2-red": PLATE_RED,
    "legacy-g": OpticalCamera("Legacy Surveys g", "g", 24.0, 22.3, (1.1, 1.6)),
    "legacy-r": OpticalCamera("Legacy Surveys r", "r", 23.4, 21.2, (1.0, 1.5)),
    "legacy-z": OpticalCamera("Legacy Surveys z", "z", 22.5, 19.3, (0.9, 1.4)),
    "sdss-g": OpticalCamera("SDSS g", "g", 23.1, 21.9, (1.2, 1.7)),
    "sdss-r": OpticalCamera("SDSS r", "r", 22.7, 20.9, (1.1, 1.6)),
    "sdss-i": OpticalCamera("SDSS i", "i", 22.2, 20.2, (1.0, 1.5)),
}
