"""Optical images of version 3: plates and detectors that differ from image to image."""

from dataclasses import dataclass, replace

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from scipy import fft
from scipy.ndimage import gaussian_filter

from ._bright_stars import add_halos, add_points, add_spikes, bleed
from ._galaxies import Galaxies, Stars, extinction
from ._instruments import OpticalCamera
from ._native import native_grid, sky_to_pixel
from ._optical import add_galaxies, intensity_of, trail
from ._optical_gaps import Gaps
from ._resampling import resample_some_times

__all__ = ["Look", "draw_look", "varied_optical_image", "varied_seeing"]

#: Room around an image for the wings of its point-spread function (pixels).
_EDGE = 30


@dataclass(frozen=True)
class Look:
    """How one optical image was taken and handed on.

    Attributes
    ----------
    pixel : float
        Side of a pixel (arcsec) of the detector or of the scan.
    seeing, slope, axis_ratio, angle : float
        Point-spread function, a Moffat (1969) profile: full width at half maximum (arcsec),
        exponent, and how it is drawn out.
    limit : float
        Magnitude of a star found at five times the noise.
    grain : float
        Gaussian width (pixels) by which the noise is correlated.
    spikes, spike_angle : float
        Strength (zero: none) and direction (radians) of diffraction spikes.
    halo, halo_slope : float
        Fraction of a star's light in its halo, and the exponent of that.
    ceiling : float
        Of a plate the density (dex above the sky) where it is saturated, of a detector the
        magnitude of the light in one pixel.
    tilt, falloff : float
        Relative change of the sky across the image, linear and from the middle to the edge.
    bleeding : bool
        Whether charge runs along columns.
    times : int
        How often the pixels are interpolated.
    """

    pixel: float
    seeing: float
    slope: float
    axis_ratio: float
    angle: float
    limit: float
    grain: float
    spikes: float
    spike_angle: float
    halo: float
    halo_slope: float
    ceiling: float
    tilt: float
    falloff: float
    bleeding: bool
    times: int


def varied_seeing(camera: OpticalCamera, rank: float) -> float:
    """Return the seeing (arcsec) of a rank from zero to one; wider than version 2's."""
    low, high = 0.8 * camera.seeing[0], 1.3 * camera.seeing[1]
    return low + (high - low) * rank


def draw_look(camera: OpticalCamera, seeing: float, rng: np.random.Generator) -> Look:
    """Draw how an image of a camera looks."""
    plate = camera.gamma is not None
    return Look(
        # Scans of DSS2 have 1.0 or 1.7 arcsec; finer detectors are taken as binned.
        pixel=float(rng.choice([1.0, 1.7])) if plate else rng.uniform(0.75, 1.1),
        seeing=seeing,
        slope=rng.uniform(2.5, 4.5),
        axis_ratio=rng.uniform(0.85, 1.0),
        angle=rng.uniform(0, np.pi),
        limit=camera.limit + rng.uniform(-1.5, 1.5),
        grain=rng.uniform(0.3, 1.2) if plate else 0.0,
        spikes=1e-4 * np.exp(rng.normal(0, 0.8)) if rng.random() < 0.85 else 0.0,
        spike_angle=rng.uniform(0, np.pi / 2),
        halo=10 ** (rng.uniform(-2.0, -1.0) if plate else rng.uniform(-3.0, -1.6)),
        halo_slope=rng.uniform(1.15, 1.7),
        ceiling=rng.uniform(0.3, 1.5) if plate else rng.uniform(13.0, 17.0),
        tilt=0.1 * rng.random() ** 2 if plate else rng.normal(0, 0.002),
        falloff=0.1 * rng.random() ** 2 * rng.choice([1, 1, -0.3]) if plate else 0.0,
        bleeding=not plate and bool(rng.random() < 0.5),
        times=int(
            rng.integers(1, 4) if plate else rng.choice([0, 1, 2, 3], p=[0.3, 0.3, 0.3, 0.1])
        ),
    )


def varied_optical_image(
    galaxies: Galaxies,
    stars: Stars,
    camera: OpticalCamera,
    center: SkyCoord,
    look: Look,
    rng: np.random.Generator,
    nh: float = 0.0,
) -> tuple[np.ndarray, WCS]:
    """Simulate an optical image of version 3.

    Parameters
    ----------
    galaxies, stars : Galaxies, Stars
        What is on the sky.
    camera : OpticalCamera
        The survey.
    center : `~astropy.coordinates.SkyCoord`
        Position of the target.
    look : Look
        How the image was taken, see `draw_look`.
    rng : `numpy.random.Generator`
        Source of randomness.
    nh : float
        Hydrogen in the line of sight (1/cm2), hence the dust.

    Returns
    -------
    image : ndarray of shape (ny, nx), float32
        Density of a plate, intensity of a detector, as in version 2; NaN in gaps.
    wcs : `~astropy.wcs.WCS`
        Where its pixels look.
    """
    number = int(np.ceil(camera.pixel * camera.pixels / look.pixel))
    wcs, x, y = native_grid(center, number, look.pixel, rng.uniform(-0.08, 0.08), rng)
    to_pixel = sky_to_pixel(x, y)
    dimming = extinction(nh, camera.filter)
    magnitudes = stars.magnitudes(camera.filter) + dimming
    light = galaxies.magnitudes(camera.filter) + dimming
    intensity, noise = _focal_plane(look, (number, number), to_pixel, stars, magnitudes,
                                    galaxies, light)  # fmt: skip
    if camera.gamma:
        image, ceiling = _plate(intensity, camera, look, noise, rng)
    else:
        places = to_pixel(stars.x, stars.y)
        image, ceiling = _detector(intensity, camera, look, noise, places, rng)
    image, scale, origin = resample_some_times(image, look.times, rng)
    wcs.wcs.cd = wcs.wcs.cd * scale
    wcs.wcs.crpix = (wcs.wcs.crpix - 1 - origin) / scale + 1
    wcs.wcs.set()

    def moved(sx, sy):
        column, row = to_pixel(sx, sy)
        return (column - origin[0]) / scale, (row - origin[1]) / scale

    Gaps(image, moved, look.pixel * scale, stars, magnitudes, ceiling, rng).draw()
    return image, wcs


def _focal_plane(look, shape, to_pixel, stars, magnitudes, galaxies, light):
    """Light that reaches the pixels, and the deviation of their noise."""
    image = np.zeros(shape, dtype=np.float32)
    column, row = to_pixel(stars.x, stars.y)
    add_points(image, column, row, intensity_of(magnitudes))
    if look.spikes:
        add_spikes(image, column, row, magnitudes, look.spike_angle, look.spikes)
    # Angles on the sky run from east to north, those of the pixels from the first axis.
    (dx, dy), (x0, y0) = to_pixel(np.cos(galaxies.angle), np.sin(galaxies.angle)), to_pixel(0, 0)
    turned = replace(galaxies, angle=np.arctan2(dy - y0, dx - x0))
    add_galaxies(image, to_pixel, look.pixel, turned, light, tapered=True)
    # A pixel has a width too.
    width = np.hypot(look.seeing / look.pixel, 0.6)
    image = _blur(image, width, look)
    # Five times the noise in the effective area of the seeing disk, 4 pi sigma^2.
    noise = intensity_of(look.limit) / 5 / np.sqrt(4 * np.pi * (width / 2.355) ** 2)
    core = 2.0 * width
    add_halos(image, column, row, magnitudes, core, look.halo, look.halo_slope, noise)
    return image, noise


def _blur(image, width, look):
    """Blur by the point-spread function, of a width in pixels."""
    size = tuple(fft.next_fast_len(n + 2 * _EDGE, real=True) for n in image.shape)
    y, x = np.mgrid[-_EDGE : _EDGE + 1, -_EDGE : _EDGE + 1]
    c, s = np.cos(look.angle), np.sin(look.angle)
    r2 = (c * x + s * y) ** 2 * look.axis_ratio + (c * y - s * x) ** 2 / look.axis_ratio
    core = width / (2 * np.sqrt(2 ** (1 / look.slope) - 1))
    psf = (1 + r2 / core**2) ** -look.slope * np.clip(1.2 - r2 / _EDGE**2, 0, 1)
    transform = fft.rfft2((psf / psf.sum()).astype(np.float32), size)
    blurred = fft.irfft2(fft.rfft2(image, size) * transform, size)
    return np.maximum(blurred[_EDGE : _EDGE + len(image), _EDGE : _EDGE + image.shape[1]], 0)


def _plate(intensity, camera, look, noise, rng):
    """Noisy photographic density, and the one above which it is saturated.

    The noise of a star's disk is that of the limit, however the grain is correlated.
    """
    sky = intensity_of(camera.sky) * look.pixel**2
    grain = rng.standard_normal(intensity.shape, dtype=np.float32)
    # Scanners smear a little more along one axis.
    grain = gaussian_filter(grain, look.grain * np.array([1.05, 0.95]), truncate=3)
    disk = np.hypot(look.seeing / look.pixel, 0.6) / 2.355
    grain *= noise * np.hypot(1, look.grain / disk)
    level = (sky + intensity) * _sky_shape(look, intensity.shape, rng) + grain
    if rng.random() < 1 / 30:
        level += trail(intensity.shape, rng) * rng.uniform(2, 20) * noise
    density = np.log10(np.maximum(level / sky, 0.05))
    # The response bends below saturation: bright stars become flat discs.
    density = np.where(density > 0, look.ceiling * np.tanh(density / look.ceiling), density)
    image = (6000 + camera.gamma * density).astype(np.float32)
    return image, 6000 + 0.9 * camera.gamma * look.ceiling


def _detector(intensity, camera, look, noise, places, rng):
    """Intensity with the noise of the sky and of the sources, and the one of saturated pixels."""
    sky = intensity_of(camera.sky) * look.pixel**2
    deviation = noise * np.sqrt(1 + intensity / sky)
    image = intensity + deviation * rng.standard_normal(intensity.shape, dtype=np.float32)
    image += sky * look.tilt * (_sky_shape(replace(look, tilt=1.0), intensity.shape, rng) - 1)
    level = intensity_of(look.ceiling) * look.pixel**2
    if look.bleeding:
        bleed(image, *places, level, bool(rng.random() < 0.7))
    return np.minimum(image, level).astype(np.float32), 0.9 * level


def _sky_shape(look, shape, rng):
    """Factor of the sky: tilted, and falling off from the middle of a plate somewhere."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    angle, (x0, y0) = rng.uniform(0, 2 * np.pi), rng.uniform(-0.7, 0.7, 2)
    plane = look.tilt / 2 * (np.cos(angle) * x + np.sin(angle) * y[:, None])
    return 1 + plane - look.falloff / 2 * ((x - x0) ** 2 + ((y - y0) ** 2)[:, None])
