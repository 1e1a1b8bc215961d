"""Gaps of optical images of version 3: edges, bad columns, holes, masked stars, lost cores."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ._galaxies import Stars

__all__ = ["Gaps"]

#: Fraction of images with gaps.
_FRACTION = 0.25
#: The middle (arcsec) that most gaps leave free.
_MIDDLE = 45.0


@dataclass(frozen=True)
class Gaps:
    """What an image may lose.

    Attributes
    ----------
    image : ndarray of shape (ny, nx), float32
        Pixels, changed in place.
    to_pixel : callable
        From offsets (arcsec) to pixels.
    pixel : float
        Side of a pixel (arcsec).
    stars, magnitudes : Stars, ndarray of shape (n,)
        Stars of the field and their magnitudes.
    ceiling : float
        Value of saturated pixels.
    rng : `numpy.random.Generator`
        Source of randomness.
    """

    image: np.ndarray
    to_pixel: Callable
    pixel: float
    stars: Stars
    magnitudes: np.ndarray
    ceiling: float
    rng: np.random.Generator

    def draw(self) -> None:
        """Set pixels to NaN, in a quarter of the images, by one or two causes each."""
        if self.rng.random() > _FRACTION:
            return
        # Edges are twice as frequent.
        causes = [self._edge, self._edge, self._columns, self._blocks, self._masks, self._cores]
        for cause in self.rng.permutation(len(causes))[: self.rng.integers(1, 3)]:
            causes[cause]()

    def _edge(self):
        """A side beyond the edge of a plate or of a mosaic; in one of twenty the middle too."""
        rng = self.rng
        middle_too = rng.random() < 0.05
        distance = rng.uniform(-_MIDDLE, _MIDDLE) if middle_too else rng.uniform(_MIDDLE, 175)
        turn = rng.normal(0, 0.05) if rng.random() < 0.7 else rng.uniform(0, np.pi / 2)
        angle = rng.integers(4) * np.pi / 2 + turn
        column, row = self.to_pixel(0.0, 0.0)
        dx = (np.arange(self.image.shape[1]) - column) * np.cos(angle)
        dy = (np.arange(self.image.shape[0]) - row) * np.sin(angle)
        self.image[dx + dy[:, None] > distance / self.pixel] = np.nan

    def _columns(self):
        """Bad columns, or rows, one to three pixels wide."""
        rng = self.rng
        pixels = self.image if rng.random() < 0.6 else self.image.T
        for at in rng.integers(0, pixels.shape[1], rng.integers(1, 6)):
            start = int(rng.integers(-pixels.shape[0], pixels.shape[0] // 2))
            pixels[max(start, 0) :, at : at + rng.integers(1, 4)] = np.nan

    def _blocks(self):
        """Small rectangles without data."""
        rng = self.rng
        for _ in range(rng.integers(1, 7)):
            place, side = rng.uniform(-185, 185, 2), rng.uniform(2, 30, 2)
            if (np.abs(place) > _MIDDLE + side).any() or rng.random() < 0.05:
                column, row = self.to_pixel(*place)
                wide, tall = np.maximum(side / self.pixel / 2, 1).astype(int)
                self._part(column, row, wide, tall)[:] = np.nan

    def _masks(self):
        """Bright stars cut out by discs, as masks of surveys do."""
        rng = self.rng
        faintest, size = rng.uniform(12, 16), rng.uniform(3, 8)
        for i in np.flatnonzero(self.magnitudes < faintest):
            radius = min(size * 10 ** (0.14 * (15 - self.magnitudes[i])), 90.0)
            far = np.hypot(self.stars.x[i], self.stars.y[i]) > _MIDDLE + radius
            if far or rng.random() < 0.05:
                self._disc(i, radius / self.pixel)

    def _cores(self):
        """Saturated pixels flagged as bad, and the middles of stars that are less bright."""
        self.image[self.image > self.ceiling] = np.nan
        for i in np.flatnonzero(self.magnitudes < self.rng.uniform(12, 17)):
            self._disc(i, self.rng.uniform(0.8, 2.5))

    def _disc(self, star, radius):
        """Cut out a disc around a star."""
        column, row = self.to_pixel(self.stars.x[star], self.stars.y[star])
        half = int(radius) + 1
        part = self._part(column, row, half, half)
        x = np.arange(part.shape[1]) + max(round(column) - half, 0) - column
        y = np.arange(part.shape[0]) + max(round(row) - half, 0) - row
        part[x**2 + (y**2)[:, None] <= radius**2] = np.nan

    def _part(self, column, row, wide, tall):
        """The part of the image within half sizes of a pixel."""
        column, row = round(column), round(row)
        rows = slice(max(row - tall, 0), max(row + tall + 1, 0))
        return self.image[rows, max(column - wide, 0) : max(column + wide + 1, 0)]
