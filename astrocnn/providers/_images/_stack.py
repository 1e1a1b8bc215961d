"""Several images of one place become one: counts add, of other pixels the first valid one wins."""

from dataclasses import replace

import numpy as np

from ...surveys import PointSpread
from .._core import Pixels

__all__ = ["Stack"]


class Stack:
    """The pixels of a grid, as one image after the other is added to them.

    Counts are added, and so are exposures and backgrounds; images of one exposure in several energy
    bands share its time, so of those the mean exposure counts once. Of rates and intensities,
    and of counts images that hold the same photons (overlapping sky tiles of one survey), the first
    image with a valid pixel gives it. Memory does not grow with the number of images.

    Attributes
    ----------
    quantity : str or None
        What the images hold, as far as those that were added tell; set by who adds them.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.providers import Pixels
    >>> from astrocnn.providers._images._stack import Stack
    >>> ones = np.ones((2, 2), dtype="float32")
    >>> stack = Stack()
    >>> for camera in ("M1", "M2"):
    ...     stack.add(Pixels(3 * ones, ones > 0, 1000 * ones), camera, f"{camera} 1-2 keV")
    >>> pixels = stack.pixels()
    >>> float(pixels.image[0, 0]), float(pixels.exposure[0, 0])
    (6.0, 2000.0)
    """

    def __init__(self):
        self.quantity = None
        self._sum = None  # of what is complete
        self._part = None  # of images with the same photons, so far
        self._own = False  # whether the arrays of the part may be written to
        self._key = self._photons = None
        self._exposure, self._full_exposure = _KeyedSum(), _KeyedSum()
        self._spreads, self._photons_of = [], []  # of each part, for their mean

    @property
    def empty(self) -> bool:
        """Whether nothing was added."""
        return self._part is None

    def add(self, pixels: Pixels, key: object, photons: object) -> None:
        """Add the pixels of an image.

        Parameters
        ----------
        pixels : Pixels
            On the same grid as the others.
        key, photons : object
            Name the exposure and what was seen. Images of the same photons, and of the same
            exposure, follow one another. Images that are no counts all have the same ``photons``.
        """
        if self._part is not None and photons == self._photons:
            if not self._own:
                self._part, self._own = _copy(self._part), True
            _fill(self._part, pixels)
            return
        self._flush()
        self._part, self._own = pixels, False
        self._key, self._photons = key, photons

    def pixels(self) -> Pixels:
        """Return the pixels of all images together."""
        if self._sum is None:
            return self._part
        self._flush()
        self._part = None
        return replace(
            self._sum,
            exposure=self._exposure.total(),
            full_exposure=self._full_exposure.total(),
            psf=self._spread(),
        )

    def _spread(self):
        """Mean point-spread function, weighted by photons; None where one is not known."""
        if None in self._spreads:
            return None
        return PointSpread.mean(self._spreads, self._photons_of)

    def _flush(self):
        """Add the part to the sum."""
        part = self._part
        if part is None:
            return
        self._exposure.add(part.exposure, self._key)
        self._full_exposure.add(part.full_exposure, self._key)
        self._spreads.append(part.psf)
        self._photons_of.append(float(np.nansum(part.image)))
        if self._sum is None:
            self._sum = part if self._own else _copy(part)
            _clear(self._sum.image, part.exposure)
            return
        total, finite = self._sum, np.isfinite(part.image)
        counts = part.image.copy()
        _clear(counts, part.exposure)
        total.image[finite] = np.nan_to_num(total.image[finite]) + counts[finite]
        total.valid |= part.valid
        _note(total, part)
        lacking = total.background is None or part.background is None
        total.background = None if lacking else total.background + part.background


def _clear(counts, exposure):
    """Leave out what a camera has where it was not exposed: no light of the sky."""
    if exposure is not None:
        counts[(exposure == 0) & np.isfinite(counts)] = 0


def _copy(pixels):
    """Pixels whose image, validity and maps may be written to."""
    maps = {
        name: None if getattr(pixels, name) is None else getattr(pixels, name).copy()
        for name in ("image", "valid", "exposure", "background")
    }
    return replace(pixels, **maps)


def _fill(pixels, more):
    """Take from other pixels what these do not have."""
    take = (more.valid & ~pixels.valid) | (np.isfinite(more.image) & np.isnan(pixels.image))
    pixels.image[take] = more.image[take]
    for name in ("exposure", "background"):
        here, there = getattr(pixels, name), getattr(more, name)
        if here is None or there is None:
            setattr(pixels, name, None)
        else:
            here[take] = there[take]
    pixels.valid |= more.valid
    _note(pixels, more)
    if pixels.full_exposure is not None and more.full_exposure is not None:
        pixels.full_exposure = max(pixels.full_exposure, more.full_exposure)


def _note(pixels, more):
    """Take over what is not known of other pixels."""
    pixels.exposure_known &= more.exposure_known
    pixels.origin_known &= more.origin_known
    pixels.coarse |= more.coarse


class _KeyedSum:
    """Sum over keys of the mean of the values of each key; None as soon as one of them is."""

    def __init__(self):
        self._done, self._now, self._number, self._key = None, None, 0, None
        self._lacking = False

    def add(self, value, key):
        if value is None or self._lacking:
            self._lacking = True
        elif self._number and key == self._key:
            self._now = self._now + value
            self._number += 1
        else:
            self._done = self.total()
            self._now, self._number, self._key = value, 1, key

    def total(self):
        if self._lacking or self._now is None:
            return None
        mean = self._now if self._number == 1 else self._now / self._number
        return mean if self._done is None else self._done + mean
