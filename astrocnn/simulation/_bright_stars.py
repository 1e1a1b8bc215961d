"""Bright stars of version 3: diffraction spikes, halos, discs, bleeding columns."""

import numpy as np

from ._optical import intensity_of

__all__ = ["add_halos", "add_points", "add_spikes", "bleed"]

#: Stars brighter than that have spikes, and halos.
_SPIKES, _HALOS = 13.5, 15.5


def add_points(image: np.ndarray, column: np.ndarray, row: np.ndarray, flux: np.ndarray) -> None:
    """Add points of light in place, each shared by the four pixels around it."""
    ny, nx = image.shape
    inside = (column >= 0) & (column < nx - 1) & (row >= 0) & (row < ny - 1)
    column, row, flux = column[inside], row[inside], flux[inside]
    left, bottom = column.astype(int), row.astype(int)
    u, v = column - left, row - bottom
    for dr, dc, part in ((0, 0, (1 - u) * (1 - v)), (0, 1, u * (1 - v)), (1, 0, (1 - u) * v),
                         (1, 1, u * v)):  # fmt: skip
        np.add.at(image, (bottom + dr, left + dc), flux * part)


def add_spikes(image, column, row, magnitudes, angle: float, strength: float) -> None:
    """Add four diffraction spikes to the bright stars, all turned by one angle (radians)."""
    for i in np.flatnonzero(magnitudes < _SPIKES):
        length = int(12 * 10 ** (0.16 * (13 - magnitudes[i]))) + 2
        r = np.arange(1, length, 0.7)
        fading = np.exp(-3 * r / length) * (1 - r / length)
        light = 0.7 * strength * intensity_of(magnitudes[i]) * fading
        for direction in angle + np.pi / 2 * np.arange(4):
            place = column[i] + r * np.cos(direction), row[i] + r * np.sin(direction)
            add_points(image, *place, light)


def add_halos(image, column, row, magnitudes, core: float, fraction: float, slope: float, noise):
    """Add scattered light around bright stars in place: the brighter, the farther it is seen.

    Parameters
    ----------
    image : ndarray of shape (ny, nx)
        Intensity.
    column, row, magnitudes : ndarray of shape (n,)
        Stars; their places in pixels.
    core : float
        Radius (pixels) out to which a halo is flat.
    fraction, slope : float
        Fraction of the light that is scattered, and slope of the profile, a Moffat function (King
        1971, PASP 83, 199, has an inverse square: a slope of one).
    noise : float
        Deviation of a pixel: halos end smoothly where they are well below it.
    """
    ny, nx = image.shape
    for i in np.flatnonzero(magnitudes < _HALOS):
        peak = fraction * intensity_of(magnitudes[i]) * (slope - 1) / (np.pi * core**2)
        reach = min(core * (1 + peak / (0.1 * noise)) ** (0.5 / slope), 400.0)
        x0, x1 = np.clip([column[i] - reach, column[i] + reach + 1], 0, nx).astype(int)
        y0, y1 = np.clip([row[i] - reach, row[i] + reach + 1], 0, ny).astype(int)
        if x0 < x1 and y0 < y1:
            dx, dy = np.arange(x0, x1) - column[i], np.arange(y0, y1) - row[i]
            r2 = (dx**2 + (dy**2)[:, None]).astype(np.float32)
            profile = (1 + r2 / core**2) ** np.float32(-slope)
            profile *= np.clip(1 - r2 / reach**2, 0, 1) ** 2
            image[y0:y1, x0:x1] += peak * profile


def bleed(image, column, row, level: float, upright: bool) -> None:
    """Spread the charge of pixels above the saturation level along columns, or rows, in place."""
    pixels = image if upright else image.T
    along, across = (row, column) if upright else (column, row)
    ny, nx = pixels.shape
    for y, x in zip(np.rint(along).astype(int), np.rint(across).astype(int), strict=True):
        if 0 <= y < ny and 0 <= x < nx and pixels[y, x] > level:
            excess = pixels[y, x] / level
            half, wide = int(min(4 * excess**0.5, 150)), 1 + int(excess > 20)
            part = pixels[max(y - half, 0) : y + half, x : x + wide]
            np.maximum(part, level, out=part)
