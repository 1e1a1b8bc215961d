"""The contract of a provider: pixels of one band, on the target's grid."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from ..exceptions import ProviderError
from ..grid import CutoutGrid, CutoutGrids
from ..surveys import Band, PointSpread

__all__ = ["Pixels", "Provider", "run_all"]


@dataclass
class Pixels:
    """Pixels of one band on one grid.

    Attributes
    ----------
    image : ndarray of shape (ny, nx), float32
        Pixel values in the band's unit; NaN where the survey has no pixel.
    valid : ndarray of shape (ny, nx), bool
        Where the pixel exists and was exposed.
    exposure : ndarray of shape (ny, nx), float32, optional
        Exposure (s) on the grid, where a map exists.
    exposure_known : bool
        False for counts without an exposure map: zeros may mean "no photon" or "not observed".
    background : ndarray of shape (ny, nx), float32, optional
        Expected background, in the unit of ``image``, where one was given or asked for. It is never
        subtracted.
    full_exposure : float, optional
        Largest exposure (s) of the map, or of the maps together: what the telescope's axis got.
    origin_known : bool
        False if an image says nothing of its origin: no telescope, no survey.
    coarse : bool
        Whether the pixels come from much larger ones, or a much wider beam, than the band's.
    psf : PointSpread, optional
        Point-spread function of an X-ray image at the middle, where the camera and its axis are
        known.
    """

    image: np.ndarray
    valid: np.ndarray
    exposure: np.ndarray | None = None
    exposure_known: bool = True
    background: np.ndarray | None = None
    full_exposure: float | None = None
    origin_known: bool = True
    coarse: bool = False
    psf: PointSpread | None = None


class Provider(ABC):
    """Something that returns the pixels of one band on a target's grid.

    Parameters
    ----------
    band : Band
        What the pixels are.
    """

    #: Whether pixels come over the network.
    remote = False
    #: Whether `cutouts` takes ``into``: an array of shape (n, ny, nx), float32, in which images can
    #: be made, so that nobody has to copy them.
    fills = False

    def __new__(cls, *args, **kwargs):
        """Remember the arguments: a copy, or a pickled provider, is made anew from them."""
        provider = super().__new__(cls)
        provider._arguments = (args, kwargs)
        return provider

    def __init__(self, band: Band):
        self.band = band

    def __reduce__(self):
        # Open files, locks and connections stay behind.
        return _make, (type(self), *self._arguments)

    @abstractmethod
    def cutout(self, grid: CutoutGrid) -> Pixels:
        """Return the pixels on ``grid``.

        Raises
        ------
        NoCoverageError
            If the survey has no valid pixel there.
        ProviderError
            If the file, tile or service failed.
        """

    def cutouts(self, grids: CutoutGrids, pool: Executor) -> list[Pixels | ProviderError]:
        """Return the pixels on many grids, or the error of those that failed.

        Parameters
        ----------
        grids : CutoutGrids
            The targets' grids.
        pool : `concurrent.futures.Executor`
            Threads for providers that wait for files or services. Ctrl-C drops what has not begun.

        Returns
        -------
        list of Pixels or ProviderError
            One per grid; `NoCoverageError` is a `ProviderError`.
        """
        return run_all(pool, lambda i: self._attempt(grids, i), range(len(grids)))

    def _attempt(self, grids, i):
        """Pixels on one of many grids, or the error."""
        try:
            return self.cutout(grids[i])
        except ProviderError as error:
            return error
        except OSError as error:  # a disk, a connection: of this target, not of the run
            fault = ProviderError(f"{self.description}: {error}")
            fault.__cause__ = error
            return fault

    @property
    @abstractmethod
    def description(self) -> str:
        """Where the pixels come from, in one line."""

    @property
    def identity(self) -> str:
        """What tells these pixels from others, in one line: by default the description.

        Results that are kept in a folder are those of images of one identity. It has to be quick
        for many files, and the same in another process: see `FitsProvider.identity`.
        """
        return self.description

    @property
    def trusted(self) -> list[str]:
        """Names of the images that the user vouches for, whatever their headers say."""
        return []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.band.name}: {self.description}>"


def run_all(pool: Executor, function: Callable, items: Iterable) -> list:
    """Return the results of a function for all items, from a pool's threads, in order.

    When one fails, or the user presses Ctrl-C, what has not begun is dropped.
    """
    futures = [pool.submit(function, item) for item in items]
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _make(cls, args, kwargs):
    return cls(*args, **kwargs)
