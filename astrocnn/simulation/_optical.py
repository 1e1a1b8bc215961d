"""Optical images: light of galaxies and stars on a plate or a linear detector, with its noise."""

from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter
from scipy.special import gamma

from ._galaxies import Galaxies, Stars, extinction
from ._instruments import OpticalCamera
from ._native import sky_to_pixel

__all__ = ["add_galaxies", "intensity_of", "optical_image", "trail"]

#: Magnitude of one unit of intensity.
_ZERO_POINT = 25.0
#: Half sizes (pixels) of the stamps on which galaxies are drawn.
_STAMPS = (4, 8, 16, 40, 150)
#: The same where profiles are tapered to zero; larger ones are drawn on the whole image.
_TAPERED_STAMPS = (5, 10, 20, 50, 100)


def optical_image(
    galaxies: Galaxies,
    stars: Stars,
    camera: OpticalCamera,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    seeing: float | None = None,
    nh: float = 0.0,
) -> np.ndarray:
    """Simulate an optical image.

    Parameters
    ----------
    galaxies, stars : Galaxies, Stars
        What is on the sky.
    camera : OpticalCamera
        The survey.
    x, y : ndarray of shape (ny, nx)
        Pixel centers, arcsec east and north of the target; a linear grid.
    rng : `numpy.random.Generator`
        Source of randomness.
    seeing : float, optional
        Full width at half maximum (arcsec); by default drawn from the camera's range.
    nh : float
        Hydrogen in the line of sight (1/cm2), hence the dust.

    Returns
    -------
    ndarray of shape (ny, nx), float32
        Of a plate, photographic density (arbitrary units): logarithmic where sources outshine the
        sky, and clipped where the plate is saturated. Of a linear detector, intensity with a zero
        point of 25, the sky subtracted.
    """
    dimming = extinction(nh, camera.filter)
    sharp = np.zeros(x.shape, dtype=np.float32)
    to_pixel = sky_to_pixel(x, y)
    _add_stars(sharp, to_pixel, stars.x, stars.y, stars.magnitudes(camera.filter) + dimming)
    magnitudes = galaxies.magnitudes(camera.filter) + dimming
    add_galaxies(sharp, to_pixel, camera.pixel, galaxies, magnitudes)
    seeing = rng.uniform(*camera.seeing) if seeing is None else seeing
    blurred = np.maximum(_blur(sharp, round(seeing / camera.pixel, 1)), 0)
    # Five times the noise in the effective area of the seeing disk, 4 pi sigma^2.
    limit = camera.limit + rng.normal(0, 0.25 if camera.gamma else 0.1)
    area = 4 * np.pi * (seeing / 2.355 / camera.pixel) ** 2
    noise = intensity_of(limit) / 5 / np.sqrt(area)
    if camera.gamma:
        return _expose_plate(blurred, camera, noise, rng)
    return _expose_detector(blurred, camera, noise, rng)


def _expose_plate(intensity, camera, noise, rng):
    """Turn intensity into noisy photographic density; one plate in thirty has a trail on it."""
    sky = intensity_of(camera.sky) * camera.pixel**2
    grain = gaussian_filter(rng.standard_normal(intensity.shape, dtype=np.float32), 0.5, truncate=3)
    grain *= noise / grain.std()
    slope_y, slope_x = rng.normal(0, 0.01, 2)
    ny, nx = intensity.shape
    plane = 1 + slope_y * np.linspace(-1, 1, ny)[:, None] + slope_x * np.linspace(-1, 1, nx)
    level = sky * plane.astype(np.float32) + intensity + grain
    if rng.random() < 1 / 30:
        level += trail(intensity.shape, rng) * rng.uniform(2, 20) * noise
    level = np.maximum(level, 0.05 * sky) / sky
    density = np.minimum(camera.gamma * np.log10(level), 2.0 * camera.gamma)
    return (6000 + density).astype(np.float32)


def _expose_detector(intensity, camera, noise, rng):
    """Add the noise of the sky and of the sources: both are photons."""
    sky = intensity_of(camera.sky) * camera.pixel**2
    deviation = noise * np.sqrt(1 + intensity / sky)
    image = intensity + deviation * rng.standard_normal(intensity.shape, dtype=np.float32)
    return np.minimum(image, intensity_of(13.0)).astype(np.float32)


def trail(shape, rng):
    """Return a satellite's trail or a scratch: a straight line, two pixels wide."""
    y, x = np.indices(shape, dtype=np.float32)
    angle, at = rng.uniform(0, np.pi), rng.uniform(-0.45, 0.45) * shape[0]
    distance = (x - shape[1] / 2) * np.cos(angle) + (y - shape[0] / 2) * np.sin(angle) - at
    return np.exp(-0.5 * distance**2)


def intensity_of(magnitude):
    """Return the intensity of a magnitude."""
    return 10 ** (0.4 * (_ZERO_POINT - magnitude))


def _add_stars(image, to_pixel, x, y, magnitudes):
    """Points, and for bright stars diffraction spikes."""
    column, row = (np.rint(v).astype(int) for v in to_pixel(x, y))
    ny, nx = image.shape
    seen = (column >= 0) & (column < nx) & (row >= 0) & (row < ny) & (magnitudes < 26)
    np.add.at(image, (row[seen], column[seen]), intensity_of(magnitudes[seen]))
    for i in np.flatnonzero(seen & (magnitudes < 13)):
        _add_spikes(image, row[i], column[i], magnitudes[i])


def _add_spikes(image, row, column, magnitude):
    length = int(12 * 10 ** (0.16 * (13 - magnitude)))
    r = np.arange(1, length)
    spike = intensity_of(magnitude) * 2e-4 * np.exp(-3 * r / length)
    ny, nx = image.shape
    for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        rows, columns = row + dr * r, column + dc * r
        keep = (rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)
        image[rows[keep], columns[keep]] += spike[keep]


def add_galaxies(image, to_pixel, pixel, galaxies, magnitudes, tapered=False):
    """Add Sersic (1968) profiles; galaxies of like size are computed together.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Intensity, changed in place.
    to_pixel : callable
        From offsets on the sky to pixels, see `sky_to_pixel`.
    pixel : float
        Side of a pixel (arcsec).
    galaxies : Galaxies
        Where they are and how they look.
    magnitudes : ndarray of shape (n,)
        Magnitudes in the filter of the image.
    tapered : bool
        Whether profiles fall to zero within their stamps (the largest fill the image), or are cut
        at the border of a square.
    """
    column, row = to_pixel(galaxies.x, galaxies.y)
    radius = galaxies.radius / pixel
    reach = np.where(galaxies.index < 2, 4, 6) * radius
    halves = _TAPERED_STAMPS if tapered else _STAMPS
    size = np.searchsorted(halves if tapered else halves[:-1], reach)
    margin = 300 if tapered else halves[-1] + 1
    ny, nx = image.shape
    seen = (column > -margin) & (column < nx + margin) & (row > -margin) & (row < ny + margin)
    for number, half in enumerate(halves):
        chosen = np.flatnonzero(seen & (size == number))
        step = max(1, 2_000_000 // (2 * half + 1) ** 2)  # flat memory, however many galaxies
        for start in range(0, chosen.size, step):
            some = chosen[start : start + step]
            stamps = _sersic(galaxies, some, radius, column, row, half)
            if tapered:
                stamps *= _taper(half)
            if tapered or half < halves[-1]:  # else the wings are cut, and the total holds
                stamps /= stamps.sum(axis=(1, 2), keepdims=True)
            stamps *= intensity_of(magnitudes[some])[:, None, None]
            corners = np.rint([column[some], row[some]]).astype(int) - half
            for stamp, left, bottom in zip(stamps, *corners.tolist(), strict=True):
                _paste(image, stamp, left, bottom)
    for one in np.flatnonzero(seen & (size == len(halves)))[:, None]:
        dx, dy = np.arange(nx)[None, None] - column[one], np.arange(ny)[None, :, None] - row[one]
        image += _profiles(galaxies, one, radius, dx, dy)[0] * intensity_of(magnitudes[one])


def _taper(half):
    """Factor that falls smoothly from one to zero between 60 % of a stamp's half size and all."""
    offsets = np.arange(-half, half + 1, dtype=np.float32)
    inside = np.clip((1 - np.hypot(offsets, offsets[:, None]) / (half + 0.5)) / 0.4, 0, 1)
    return inside**2 * (3 - 2 * inside)


def _sersic(galaxies, some, radius, column, row, half):
    """Stamps of Sersic profiles, shape (n, 2 half + 1, 2 half + 1), of total 1 on all the plane."""
    offsets = np.arange(-half, half + 1)
    dx = offsets[None, None, :] - (column[some] - np.rint(column[some]))[:, None, None]
    dy = offsets[None, :, None] - (row[some] - np.rint(row[some]))[:, None, None]
    return _profiles(galaxies, some, radius, dx, dy)


def _profiles(galaxies, some, radius, dx, dy):
    """Sersic profiles at pixels that lie ``dx`` and ``dy`` from their centers, of total 1."""
    c, s = np.cos(galaxies.angle[some]), np.sin(galaxies.angle[some])
    q, size, n = galaxies.axis_ratio[some], radius[some], galaxies.index[some]
    # The ellipse as a quadratic form; softened by half a pixel: no cusp is resolved.
    xx, yy, xy = c**2 * q + s**2 / q, s**2 * q + c**2 / q, 2 * c * s * (q - 1 / q)
    form = [(v / size**2)[:, None, None].astype(np.float32) for v in (xx, yy, xy)]
    dx, dy = dx.astype(np.float32), dy.astype(np.float32)
    r2 = form[0] * dx**2 + form[1] * dy**2 + form[2] * dx * dy
    r2 += (0.25 / size**2)[:, None, None].astype(np.float32)
    b = (2 * n - 1 / 3)[:, None, None].astype(np.float32)
    power = (0.5 / n)[:, None, None].astype(np.float32)
    total = (_sersic_total(n) * size**2)[:, None, None]
    return np.exp(-b * (r2**power - 1)) / total.astype(np.float32)


def _paste(image, stamp, left, bottom):
    """Add a stamp, cut where it leaves the image."""
    (ny, nx), side = image.shape, len(stamp)
    if 0 <= left <= nx - side and 0 <= bottom <= ny - side:  # nearly all of them
        image[bottom : bottom + side, left : left + side] += stamp
        return
    rows = slice(max(bottom, 0), min(bottom + stamp.shape[0], ny))
    columns = slice(max(left, 0), min(left + stamp.shape[1], nx))
    if rows.start < rows.stop and columns.start < columns.stop:
        image[rows, columns] += stamp[
            rows.start - bottom : rows.stop - bottom, columns.start - left : columns.stop - left
        ]


def _sersic_total(index):
    """Integral of exp(-b (r^(1/n) - 1)) over the plane, in squared half-light radii."""
    b = 2 * index - 1 / 3
    return 2 * np.pi * index * np.exp(b) * b ** (-2 * index) * gamma(2 * index)


def _blur(image, seeing):
    """Blur by a Moffat profile of a full width at half maximum (pixels)."""
    shape, transform = _moffat_transform(seeing, image.shape)
    blurred = fft.irfft2(fft.rfft2(image, shape) * transform, shape)
    edge = _MOFFAT_HALF
    return blurred[edge : edge + image.shape[0], edge : edge + image.shape[1]]


_MOFFAT_HALF = 30


@lru_cache(maxsize=32)
def _moffat_transform(seeing, shape):
    """Fourier transform of the profile for images of a shape, with room for its wings."""
    shape = tuple(fft.next_fast_len(n + 2 * _MOFFAT_HALF, real=True) for n in shape)
    return shape, fft.rfft2(_moffat(seeing), shape)


def _moffat(seeing, beta=3.0):
    """Moffat (1969) point-spread function of a full width at half maximum (pixels)."""
    core = seeing / (2 * np.sqrt(2 ** (1 / beta) - 1))
    y, x = np.mgrid[-_MOFFAT_HALF : _MOFFAT_HALF + 1, -_MOFFAT_HALF : _MOFFAT_HALF + 1]
    psf = (1 + (x**2 + y**2) / core**2) ** -beta
    return (psf / psf.sum()).astype(np.float32)
