"""Labeled network input, and the part of it that is kept from the training."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr
from astropy.coordinates import SkyCoord
from sklearn.model_selection import StratifiedShuffleSplit

from ..networks import ModelDescription
from ..preprocessing import Preprocessing
from ..training import sky_groups, split_sky
from ._outputs import missing_wavebands
from ._verdicts import row_flags, say_left_out, usable_rows

__all__ = ["ENOUGH", "Sample", "hold_out", "network_input"]

#: Held-out targets that calibration, domain and thresholds need.
ENOUGH = 100


@dataclass
class Sample:
    """Network input with its classes.

    Attributes
    ----------
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input, in memory or memory-mapped.
    numbers : ndarray of shape (n,), int
        Class numbers.
    weight : ndarray of shape (n,), optional
        Weight of each in the loss.
    plain : ndarray of shape (m, ny, nx, n_bands), optional
        Images of (some of) them, where the network sees planes of a fit: for the domain.
    outputs : ndarray of shape (n,), int, optional
        Which output of the network is right, where the first class has several.
    missing : ndarray of shape (n,), str, optional
        Wavebands that each lacks; see `missing_wavebands`.
    """

    images: np.ndarray
    numbers: np.ndarray
    weight: np.ndarray | None = None
    plain: np.ndarray | None = None
    outputs: np.ndarray | None = None
    missing: np.ndarray | None = None

    def __len__(self):
        return len(self.numbers)

    def rows(self, chosen: np.ndarray) -> "Sample":
        """Return some of them."""
        optional = (self.weight, self.plain, self.outputs, self.missing)
        parts = (None if values is None else values[chosen] for values in optional)
        return Sample(self.images[chosen], self.numbers[chosen], *parts)

    @property
    def lacks(self) -> np.ndarray:
        """Wavebands that each lacks, shape (n,), str; empty for none."""
        return np.full(len(self), "") if self.missing is None else self.missing

    @property
    def looks(self) -> np.ndarray:
        """Images by which one knows the kind of the training's, without those that lack a band.

        Of a recipe ``plain`` holds images of some targets, none of which lacks one.
        """
        images = self.images if self.plain is None else self.plain
        whole = self.lacks == ""
        return images if whole.all() or len(images) != len(self) else images[whole]


def hold_out(
    sample: Sample,
    coords: SkyCoord,
    fraction: float,
    patience: int | None = None,
    random_state: int | None = None,
) -> tuple[Sample, Sample | None]:
    """Keep targets from the training, on another part of the sky.

    Where the targets have no positions, or lie in one square degree, or whole parts of the sky
    would lack a class, they are chosen at random, the same fraction of each class; targets without
    a position are trained on. Where they would be too few to calibrate anything none are kept,
    unless ``patience`` needs some.

    Parameters
    ----------
    sample : Sample
        All targets, in memory.
    coords : `~astropy.coordinates.SkyCoord` of shape (n,)
        Their positions.
    fraction : float
        Share to keep.
    patience : int, optional
        Whether the training watches them.
    random_state : int, optional
        Seed.

    Returns
    -------
    training : Sample
    held_out : Sample or None

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.coordinates import SkyCoord
    >>> from astrocnn.estimators._sample import Sample, hold_out
    >>> images, numbers = np.zeros((2000, 8, 8, 1)), np.arange(2000) % 2
    >>> coords = SkyCoord(np.arange(2000) * 0.1, np.zeros(2000), unit="deg")
    >>> training, held_out = hold_out(Sample(images, numbers), coords, 0.1, random_state=0)
    >>> 150 < len(held_out) < 250, len(training) + len(held_out) <= 2000
    (True, True)
    """
    wanted = round(fraction * len(sample))
    if wanted == 0 or (wanted < ENOUGH and patience is None):
        return sample, None
    training, test = _apart_on_the_sky(coords, sample.numbers, fraction, random_state)
    if not np.array_equal(np.unique(sample.numbers[test]), np.unique(sample.numbers)):
        splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=random_state)
        training, test = next(splitter.split(sample.numbers, sample.numbers))
    if len(test) < ENOUGH and patience is None:  # whole cells are never quite the fraction
        return sample, None
    return sample.rows(np.sort(training)), sample.rows(np.sort(test))


def _apart_on_the_sky(coords, numbers, fraction, random_state):
    """Rows of training and test on other parts of the sky; none to test where there is one part."""
    known = np.flatnonzero(np.isfinite(coords.ra.deg) & np.isfinite(coords.dec.deg))
    cells = np.unique(sky_groups(coords[known])) if len(known) else []
    if len(cells) < 2:
        return np.arange(len(numbers)), np.array([], dtype=int)
    training, test = split_sky(coords[known], numbers[known], fraction, random_state)
    elsewhere = np.setdiff1d(np.arange(len(numbers)), known)
    return np.concatenate([known[training], elsewhere]), known[test]


class NetworkInput(NamedTuple):
    """Network input of the usable ones of n targets.

    Attributes
    ----------
    images : ndarray of shape (n_usable, ny, nx, n_bands)
        Network input.
    usable : ndarray of shape (n,), bool
        Which they are; see `say_left_out`.
    plain : ndarray of shape (n_usable, ny, nx, n_bands), optional
        Their images, where the network sees planes of a fit.
    missing : ndarray of shape (n_usable,), str
        Wavebands that each lacks; see `missing_wavebands`.
    """

    images: np.ndarray
    usable: np.ndarray
    plain: np.ndarray | None
    missing: np.ndarray


def network_input(chunks: Iterable[xr.Dataset], description: ModelDescription) -> NetworkInput:
    """Return network input of all targets that are usable."""
    steps = Preprocessing.from_config(description.preprocessing)
    tensors, plain, usable, missing, left_out, faults = [], [], [], [], [], []
    for dataset in chunks:
        rows = usable_rows(dataset, description.optional_bands)
        usable.append(rows)
        missing.append(missing_wavebands(dataset, rows))
        tensors.append(steps(dataset, rows))
        if steps.source_planes:
            plain.append(steps.plain(dataset, rows).astype(np.float16))
        flags = row_flags(dataset)
        left_out += [flags[row] for row in np.flatnonzero(~rows)]
        faults += list(dataset.attrs.get("faults", []))[: 1 - len(faults)]
    usable = np.concatenate(usable)
    say_left_out(left_out, len(usable), faults)
    looks = np.concatenate(plain) if plain else None
    return NetworkInput(np.concatenate(tensors), usable, looks, np.concatenate(missing))
