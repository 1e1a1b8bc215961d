"""Optical images of photographic plates: galaxies, cluster members, stars, noise."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve
from scipy.special import gamma

from ._instruments import PlateCamera
from ._native import sky_to_pixel
from ._population import Source, at_redshift

__all__ = ["optical_image"]

#: Magnitude of one unit of intensity.
_ZERO_POINT = 25.0
#: K and evolution correction (mag) of early-type galaxies in the red band, by redshift.
_K_REDSHIFT = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.2)
_K_CORRECTION = (0.0, 0.1, 0.3, 0.65, 1.0, 1.3, 1.6)


def optical_image(
    sources: list[Source],
    camera: PlateCamera,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Simulate a digitized plate.

    Parameters
    ----------
    sources : list of Source
        What is on the sky: counterparts of X-ray sources; clusters bring their galaxies.
    camera : PlateCamera
        The survey.
    x, y : ndarray of shape (ny, nx)
        Pixel centers, arcsec east and north of the target; a linear grid.
    rng : `numpy.random.Generator`
        Source of randomness.

    Returns
    -------
    ndarray of shape (ny, nx), float32
        Photographic density (arbitrary units): logarithmic where sources outshine the sky, and
        clipped where the plate is saturated.

    Notes
    -----
    Field galaxies follow counts of slope 0.4 dex/mag with 5,000 per square degree brighter than
    R = 21 (Metcalfe et al. 1991, MNRAS 249, 498); stars have slope 0.2 dex/mag. Cluster members
    follow a Schechter (1976) function and a projected NFW law, with a brightest galaxy at the
    center.
    """
    sharp = np.zeros(x.shape)
    stars = _stars(x, y, rng)
    stars += [(s.x, s.y, s.magnitude) for s in sources if s.kind in ("agn", "star")]
    to_pixel = sky_to_pixel(x, y)
    for sx, sy, magnitude in stars:
        _add_star(sharp, to_pixel, sx, sy, magnitude)
    galaxies = _field_galaxies(x, y, rng)
    for source in sources:
        if source.kind == "cluster":
            galaxies += _members(source, rng)
        elif source.kind == "galaxy":
            radius = 10 ** (0.2 * (16.5 - source.magnitude)) * rng.uniform(4, 9)
            galaxies.append(
                (
                    source.x,
                    source.y,
                    source.magnitude,
                    radius,
                    rng.choice([1.0, 4.0]),
                    source.axis_ratio,
                    source.angle,
                )
            )
    for galaxy in galaxies:
        _add_galaxy(sharp, to_pixel, camera.pixel, *galaxy)
    seeing = rng.uniform(*camera.seeing)
    blurred = fftconvolve(sharp, _moffat(seeing, camera.pixel), mode="same")
    return _expose(np.maximum(blurred, 0), camera, seeing, rng)


def _expose(intensity, camera, seeing, rng):
    """Turn intensity into noisy photographic density."""
    limit = camera.limit + rng.normal(0, 0.25)
    # Five times the noise in the effective area of the seeing disk, 4 pi sigma^2.
    area = 4 * np.pi * (seeing / 2.355 / camera.pixel) ** 2
    noise = 10 ** (0.4 * (_ZERO_POINT - limit)) / 5 / np.sqrt(area)
    sky = 10 ** (0.4 * (_ZERO_POINT - camera.sky)) * camera.pixel**2
    grain = gaussian_filter(rng.normal(size=intensity.shape), 0.5)
    grain *= noise / grain.std()
    slope_y, slope_x = rng.normal(0, 0.01, 2)
    ny, nx = intensity.shape
    plane = 1 + slope_y * np.linspace(-1, 1, ny)[:, None] + slope_x * np.linspace(-1, 1, nx)
    level = np.maximum(sky * plane + intensity + grain, 0.05 * sky) / sky
    density = np.minimum(camera.gamma * np.log10(level), 2.0 * camera.gamma)
    return (6000 + density).astype(np.float32)


def _stars(x, y, rng):
    """Milky-Way stars brighter than R = 21; their number varies with Galactic latitude."""
    area = np.ptp(x) * np.ptp(y) / 3600**2
    number = rng.poisson(area * 10 ** rng.uniform(3.2, 4.1))
    magnitude = 21 + np.log10(1 - rng.random(number)) / 0.2
    place = rng.uniform([x.min(), y.min()], [x.max(), y.max()], (number, 2))
    return [(*p, max(m, 7.0)) for p, m in zip(place, magnitude, strict=True)]


def _field_galaxies(x, y, rng):
    """Galaxies of the field, brighter than R = 21.8."""
    area = np.ptp(x) * np.ptp(y) / 3600**2
    number = rng.poisson(area * 5000 * 10 ** (0.4 * 0.8))
    magnitude = 21.8 + np.log10(1 - rng.random(number)) / 0.4
    place = rng.uniform([x.min(), y.min()], [x.max(), y.max()], (number, 2))
    return [_galaxy(*p, m, rng) for p, m in zip(place, magnitude, strict=True)]


def _galaxy(x, y, magnitude, rng, early=0.3):
    """Add shape: half-light radius from magnitude, Sersic index 1 or 4, axis ratio, angle."""
    radius = 1.1 * 10 ** (0.15 * (20.5 - magnitude)) * np.exp(rng.normal(0, 0.3))
    index = 4.0 if rng.random() < early else 1.0
    return (x, y, magnitude, radius, index, rng.uniform(0.35, 1), rng.uniform(0, np.pi))


def _members(cluster, rng):
    """Galaxies of a cluster: brightest one, then a Schechter function on an NFW law."""
    modulus = 5 * np.log10(at_redshift("dl", cluster.z) / 3.0857e19)
    apparent = modulus + np.interp(cluster.z, _K_REDSHIFT, _K_CORRECTION)
    scale = at_redshift("arcsec", cluster.z) / 1000  # arcsec per kpc
    offset = rng.normal(0, 15 * scale, 2)
    members = [
        (
            cluster.x + offset[0],
            cluster.y + offset[1],
            apparent - 23.4 - 0.4 * np.log10(cluster.m500 / 2e14) + rng.normal(0, 0.3),
            rng.uniform(14, 30) * scale,
            4.0,
            cluster.axis_ratio,
            cluster.angle,
        )
    ]
    number = rng.poisson(55 * (cluster.m500 / 3e14) ** 0.85)
    faintest = np.minimum(apparent - 21.6 + 3, 22.0)
    radius = _nfw_radii(number, 1.5 * cluster.r500, cluster.r500 / 3, rng)
    angle = rng.uniform(0, 2 * np.pi, number)
    for r, a, m in zip(radius, angle, _schechter(number, rng), strict=True):
        magnitude = apparent - 21.6 + m
        if magnitude < faintest:
            px, py = cluster.x + r * np.cos(a), cluster.y + r * np.sin(a)
            size = 4 * 10 ** (-0.2 * m * 0.6) * scale * np.exp(rng.normal(0, 0.3))
            members.append(
                (
                    px,
                    py,
                    magnitude,
                    max(size, 0.3),
                    4.0 if rng.random() < 0.8 else 1.0,
                    rng.uniform(0.5, 1),
                    rng.uniform(0, np.pi),
                )
            )
    return members


def _schechter(number, rng):
    """Magnitudes relative to m*, of slope -1 at the faint end, between m* - 1.5 and m* + 3."""
    grid = np.linspace(-1.5, 3, 200)
    luminosity = 10 ** (-0.4 * grid)
    density = np.exp(-luminosity)  # dN/dm of a Schechter function with alpha = -1
    cumulative = np.cumsum(density) / density.sum()
    return np.interp(rng.random(number), cumulative, grid)


def _nfw_radii(number, edge, scale, rng):
    """Projected radii of an NFW law (Navarro, Frenk & White 1997) cut at ``edge``."""
    r = np.linspace(0, edge / scale, 300)
    mass = np.log1p(r) - r / (1 + r)
    radius = np.interp(rng.random(number) * mass[-1], mass, r) * scale
    return radius * np.sqrt(1 - rng.uniform(-1, 1, number) ** 2)


def _intensity(magnitude):
    return 10 ** (0.4 * (_ZERO_POINT - magnitude))


def _add_star(image, to_pixel, x, y, magnitude):
    """A point, and for bright stars diffraction spikes and a halo."""
    if magnitude > 23:
        return
    i, j = to_pixel(x, y)
    ny, nx = image.shape
    column, row = int(round(i)), int(round(j))
    if not (0 <= column < nx and 0 <= row < ny):
        return
    flux = _intensity(magnitude)
    image[row, column] += flux
    if magnitude < 13:
        length = int(12 * 10 ** (0.16 * (13 - magnitude)))
        r = np.arange(1, length)
        spike = flux * 2e-4 * np.exp(-3 * r / length)
        for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            rows, columns = row + dr * r, column + dc * r
            keep = (rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)
            image[rows[keep], columns[keep]] += spike[keep]


def _add_galaxy(image, to_pixel, pixel, x, y, magnitude, radius, index, axis_ratio, angle):
    """Add a Sersic (1968) profile; ``radius`` (arcsec) holds half of the light."""
    i, j = to_pixel(x, y)
    radius = radius / pixel
    half = int(np.clip(np.ceil((4 if index < 2 else 6) * radius), 3, 150))
    i0, j0 = int(round(i)), int(round(j))
    ny, nx = image.shape
    rows = slice(max(j0 - half, 0), min(j0 + half + 1, ny))
    columns = slice(max(i0 - half, 0), min(i0 + half + 1, nx))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    dy = np.arange(rows.start, rows.stop)[:, None] - j
    dx = np.arange(columns.start, columns.stop)[None, :] - i
    c, s = np.cos(angle), np.sin(angle)
    r2 = (c * dx + s * dy) ** 2 * axis_ratio + (-s * dx + c * dy) ** 2 / axis_ratio
    # Softened by half a pixel: the cusp of index 4 is not resolved.
    r = np.sqrt(r2 + 0.25) / radius
    b = 2 * index - 1 / 3
    total = _sersic_total(index) * radius**2
    image[rows, columns] += _intensity(magnitude) / total * np.exp(-b * (r ** (1 / index) - 1))


def _sersic_total(index):
    """Integral of exp(-b (r^(1/n) - 1)) over the plane, in squared half-light radii."""
    b = 2 * index - 1 / 3
    return 2 * np.pi * index * np.exp(b) * b ** (-2 * index) * gamma(2 * index)


def _moffat(seeing, pixel, beta=3.0, half_size=30):
    """Moffat (1969) point-spread function of a full width at half maximum (arcsec)."""
    core = seeing / pixel / (2 * np.sqrt(2 ** (1 / beta) - 1))
    y, x = np.mgrid[-half_size : half_size + 1, -half_size : half_size + 1]
    psf = (1 + (x**2 + y**2) / core**2) ** -beta
    return psf / psf.sum()
