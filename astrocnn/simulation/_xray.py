"""X-ray images: expected counts at the instrument's pixels, then Poisson draws."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import fftconvolve

from ..surveys import PointSpread
from ._instruments import XrayCamera
from ._native import sky_to_pixel
from ._population import Source
from ._spectra import ENERGY, counts_per_flux, power_law, thermal_spectrum

__all__ = ["Pointing", "exposure_map", "response", "source_spectrum", "xray_image"]

#: A source of fewer expected counts is not drawn.
_FAINT = 0.05
#: Radius (arcsec) to which the wings of the point-spread function are followed.
_PSF_RADIUS = 80.0


@dataclass(frozen=True)
class Pointing:
    """How a camera looks at a target.

    Parameters
    ----------
    camera : XrayCamera
        The camera.
    time : float
        Exposure on axis (s).
    axis_x, axis_y : float
        Optical axis, arcsec east and north of the target.
    roll : float
        Position angle of the camera (radians).
    background : float
        Factor on both backgrounds (flares, position on the sky).
    gaps : bool
        Whether the chip gaps are seen (mosaics of several pointings fill them).
    nh : float
        Hydrogen of the Galaxy in the line of sight (1/cm2).
    psf : PointSpread, optional
        Point-spread function at the target, where the camera has `XrayOptics`: theirs, but for
        what varies from one observation to the next.
    gradient : tuple of float
        Change of the exposure of a survey per arcsec east and north.
    """

    camera: XrayCamera
    time: float
    axis_x: float
    axis_y: float
    roll: float
    background: float
    gaps: bool
    nh: float = 3e20
    psf: PointSpread | None = None
    gradient: tuple[float, float] = (0.0, 0.0)

    @property
    def off_axis(self) -> float:
        """Distance of the target from the axis (arcsec)."""
        return float(np.hypot(self.axis_x, self.axis_y))

    @property
    def nominal_psf(self) -> PointSpread:
        """What is known of the point-spread function at the target: that of the camera."""
        angle = float(np.arctan2(self.axis_x, self.axis_y))
        if self.camera.optics is not None:
            return self.camera.optics.at(self.off_axis, angle)
        return self.camera.king_profile(self.off_axis, angle)

    @property
    def counts_per_flux(self) -> float:
        """Expected counts of an active nucleus at the target per erg/s/cm2."""
        return self.camera.response * self.effective_time

    @property
    def effective_time(self) -> float:
        """Vignetted exposure (s) at the target."""
        return self.time * float(self.camera.vignetting(self.off_axis))

    def counts(self, source: Source) -> float:
        """Expected counts of a source, were it at the target."""
        return source.flux * response(self.camera, source.spectrum, self.nh) * self.effective_time


def source_spectrum(spectrum: tuple) -> np.ndarray:
    """Photons per keV on the energy grid, for the spectrum of a `Source`."""
    name, value, *redshift = spectrum
    make = {"power": power_law, "thermal": thermal_spectrum}[name]
    return make(ENERGY, value, *redshift)


def response(camera: XrayCamera, spectrum: tuple, nh: float) -> float:
    """Counts per second on axis per erg/s/cm2 (0.5-2 keV, before absorption) of a spectrum.

    Numbers are rounded to 10 %, 0.05 in redshift: the response changes far less.
    """
    name, value, *redshift = spectrum
    value = float(f"{10 ** (round(20 * np.log10(value)) / 20):.3g}")
    spectrum = (name, value, *(round(20 * z) / 20 for z in redshift))
    return _response(camera, spectrum, 10 ** (round(20 * np.log10(nh)) / 20))


@lru_cache(maxsize=8192)
def _response(camera, spectrum, nh):
    return counts_per_flux(camera.area, camera.band, source_spectrum(spectrum), nh)


def exposure_map(pointing: Pointing, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Vignetted exposure (s) at positions (arcsec east and north of the target).

    Zero outside the field of view and in the chip gaps.
    """
    if pointing.camera.chips is None:
        slope_x, slope_y = pointing.gradient
        return pointing.time * np.clip(1 + slope_x * x + slope_y * y, 0.3, 2.0)
    dx, dy = x - pointing.axis_x, y - pointing.axis_y
    radius = np.hypot(dx, dy)
    live = radius < pointing.camera.field_radius
    if pointing.gaps:
        c, s = np.cos(pointing.roll), np.sin(pointing.roll)
        live &= ~_gap(pointing.camera.chips, c * dx + s * dy, -s * dx + c * dy)
    return np.where(live, pointing.time * pointing.camera.vignetting(radius), 0.0)


def _gap(chips, u, v):
    """Whether a detector position (arcsec from the axis) lies between chips."""
    if chips == "whole":
        return np.zeros(u.shape, dtype=bool)
    if chips == "pn":  # two rows of six chips, 4.4 x 13.6 arcmin each
        return (np.abs((u / 264.0 + 0.5) % 1 - 0.5) * 264 < 3.5) | (np.abs(v) < 5)
    inner = (np.abs(u) < 330) & (np.abs(v) < 330)  # MOS: one chip amid six
    edge = (np.abs(np.abs(v) - 330) < 5) | ((np.abs(np.abs(u) - 330) < 5) & (np.abs(v) < 330))
    return (
        edge
        | (~inner & (np.abs(v) > 330) & (np.abs(u) < 4))
        | ((np.abs(u) > 330) & (np.abs(v) < 4))
    )


def xray_image(
    sources: list[Source],
    pointing: Pointing,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    artifact: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate a counts image.

    Parameters
    ----------
    sources : list of Source
        What is on the sky.
    pointing : Pointing
        Camera, time, axis.
    x, y : ndarray of shape (ny, nx)
        Pixel centers, arcsec east and north of the target; pixels of 4 arcsec, in any rotation.
    rng : `numpy.random.Generator`
        Source of randomness.
    artifact : bool
        Whether to add a hot column or spot, as detectors have.

    Returns
    -------
    counts : ndarray of shape (ny, nx), int32
        Poisson counts.
    exposure : ndarray of shape (ny, nx), float32
        Vignetted exposure (s).
    """
    camera = pointing.camera
    exposure = exposure_map(pointing, x, y)
    rate = _rate_image(sources, pointing, x, y)
    live = exposure > 0
    expected = exposure * (rate + camera.sky_background * pointing.background)
    expected += live * pointing.time * camera.particle_background * pointing.background
    if artifact:
        expected += live * _hot_spot(expected.shape, rng)
    counts = rng.poisson(np.maximum(expected, 0)).astype(np.int32)
    return counts, exposure.astype(np.float32)


def _rate_image(sources, pointing, x, y):
    """Counts per second and pixel on axis, blurred by the point-spread function at the target."""
    n, f = x.shape[0], pointing.camera.oversampling
    step = pointing.camera.pixel / f
    fine_x, fine_y = _refine(x, f), _refine(y, f)
    model = np.zeros(fine_x.shape, dtype=np.float32)
    to_pixel = sky_to_pixel(fine_x, fine_y)
    for source in sources:
        if pointing.counts(source) < _FAINT:
            continue
        scale = response(pointing.camera, source.spectrum, pointing.nh)
        if source.cores:
            model += scale * _extended(source, fine_x, fine_y, step)
        else:
            _splat(model, *to_pixel(source.x, source.y), scale * source.flux)
    model = fftconvolve(model, _psf(pointing, fine_x, fine_y, step), mode="same")
    return model.reshape(n, f, n, f).sum(axis=(1, 3), dtype=float)


def _psf(pointing, x, y, step):
    """The point-spread function on the pixels of the model, as they lie on the sky."""
    camera = pointing.camera
    if pointing.psf is None:
        half_size = min(int(np.ceil(max(_PSF_RADIUS, 6 * camera.psf_core) / step)), 60)
        azimuth = np.arctan2(*_direction(sky_to_pixel(x, y), pointing))
        return camera.psf(pointing.off_axis, azimuth, step, half_size).astype(np.float32)
    half_size = min(int(np.ceil(max(_PSF_RADIUS, 6 * pointing.psf.core) / step)), 60)
    middle = slice(0, 2 * half_size + 1)
    east, north = (v[middle, middle] - v[half_size, half_size] for v in (x, y))
    psf = pointing.psf.profile(east, north)
    return (psf / psf.sum()).astype(np.float32)


def _refine(values, factor):
    """Positions of sub-pixels: the grid is linear in the pixel index."""
    n = values.shape[0]
    index = (np.arange(n * factor) + 0.5) / factor - 0.5
    along_x = (values[0, -1] - values[0, 0]) / (n - 1)
    along_y = (values[-1, 0] - values[0, 0]) / (n - 1)
    return values[0, 0] + index[np.newaxis, :] * along_x + index[:, np.newaxis] * along_y


def _direction(to_pixel, pointing):
    """Direction of the optical axis seen from the target, in pixels (y, x)."""
    i0, j0 = to_pixel(0.0, 0.0)
    i1, j1 = to_pixel(pointing.axis_x, pointing.axis_y)
    return j1 - j0, i1 - i0


def _extended(source, x, y, step):
    """Beta models, normalized within r500 (or ten core radii) and cut at 1.5 of it."""
    dx, dy = x - source.x, y - source.y
    c, s = np.cos(source.angle), np.sin(source.angle)
    radius2 = (c * dx + s * dy) ** 2 * source.axis_ratio + (-s * dx + c * dy) ** 2 / (
        source.axis_ratio
    )
    image = np.zeros(x.shape, dtype=np.float32)
    radius2 = radius2.astype(np.float32)
    for share, core, beta in source.cores:
        slope = 3 * beta - 0.5
        edge = source.r500 if np.isfinite(source.r500) else 10 * core
        inside = np.pi * core**2 / (slope - 1) * (1 - (1 + (edge / core) ** 2) ** (1 - slope))
        profile = (1 + radius2 / core**2) ** -slope * (radius2 < (1.5 * edge) ** 2)
        image += source.flux * share * step**2 / inside * profile
    return image


def _splat(model, i, j, value):
    """Add a point source at fractional pixel (i, j), shared by its four neighbors."""
    i0, j0 = int(np.floor(i)), int(np.floor(j))
    di, dj = i - i0, j - j0
    for a, wa in ((i0, 1 - di), (i0 + 1, di)):
        for b, wb in ((j0, 1 - dj), (j0 + 1, dj)):
            if 0 <= a < model.shape[1] and 0 <= b < model.shape[0]:
                model[b, a] += value * wa * wb


def _hot_spot(shape, rng):
    """Expected counts of a hot column segment or a few hot pixels near the center."""
    image = np.zeros(shape)
    row, column = (np.array(shape) // 2 + rng.integers(-3, 4, 2)).tolist()
    counts = 10 ** rng.uniform(1.2, 2.7)
    if rng.random() < 0.6:
        half = int(rng.integers(4, 25))
        image[max(row - half, 0) : row + half, column] = counts / (2 * half)
    else:
        image[row : row + 2, column] = counts / 2
    return image if rng.random() < 0.5 else image.T
