"""Several sources of one band, one after the other."""

from collections.abc import Sequence
from concurrent.futures import Executor

from ..exceptions import NoCoverageError, ProviderError
from ..grid import CutoutGrids
from ..surveys import Band, get_band
from ._core import Pixels, Provider
from ._open import open_provider

__all__ = ["ChainProvider"]


class ChainProvider(Provider):
    """Pixels from the first of several sources that has them.

    All sources hold the same band: local files before a service, one server before another.
    Other surveys are other bands, and need weights of their own: see `survey_coverage`.

    Parameters
    ----------
    band : Band or str
        What the pixels are.
    sources : sequence
        What `open_provider` takes, in the order to ask: paths, providers, None for hips2fits.

    Raises
    ------
    ProviderError
        If there is no source, one cannot be used at all, or is of another band.

    Notes
    -----
    A target goes to the next source if one has no coverage there, or fails. It has no coverage if
    no source has; if any failed, its fault says which and why.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astropy.coordinates import SkyCoord
    >>> from astropy.io import fits
    >>> from astrocnn.grid import CutoutGrid
    >>> from astrocnn.providers import ChainProvider
    >>> field = CutoutGrid(SkyCoord(150, 2, unit="deg"), 10 * u.arcmin, 150)
    >>> hdu = fits.PrimaryHDU(np.ones(field.shape, "float32"), field.wcs.to_header())
    >>> ChainProvider("dss2", [hdu, None])
    <ChainProvider dss2-red: the given HDU, then hips2fits CDS/P/DSS2/red>
    """

    def __init__(self, band: Band | str, sources: Sequence):
        super().__init__(get_band(band))
        if isinstance(sources, str) or not sources:
            raise ProviderError("a chain needs a list of sources, such as ['tiles/', None]")
        self.providers = [open_provider(source, self.band) for source in sources]
        for provider in self.providers:
            # Counts with an exposure and a rate are the same to the preprocessing.
            if provider.band.with_(quantity=self.band.quantity) != self.band:
                raise ProviderError(
                    f"{provider!r} is no source of {self.band.name}: its pixels mean something "
                    "else; other bands need weights of their own"
                )

    @property
    def remote(self) -> bool:
        """Whether pixels may come over the network."""
        return any(provider.remote for provider in self.providers)

    @property
    def description(self) -> str:
        """The sources, in order."""
        return ", then ".join(provider.description for provider in self.providers)

    @property
    def identity(self) -> str:
        """Identities of the sources, in order."""
        return ", then ".join(provider.identity for provider in self.providers)

    @property
    def trusted(self) -> list[str]:
        """Images of all sources that the user vouches for."""
        return [name for provider in self.providers for name in provider.trusted]

    def cutout(self, grid) -> Pixels:
        """Return the pixels on ``grid``; see `Provider.cutout`."""
        errors = []
        for provider in self.providers:
            try:
                return provider.cutout(grid)
            except ProviderError as error:
                errors.append(error)
        raise _summed_up(errors)

    def cutouts(self, grids: CutoutGrids, pool: Executor) -> list[Pixels | ProviderError]:
        """Return the pixels on many grids; see `Provider.cutouts`."""
        found: list = [[] for _ in range(len(grids))]
        left = list(range(len(grids)))
        for provider in self.providers:
            if not left:
                break
            part = CutoutGrids(grids.ra[left], grids.dec[left], grids.size, grids.pixels)
            for i, pixels in zip(left, provider.cutouts(part, pool), strict=True):
                if isinstance(pixels, Pixels):
                    found[i] = pixels
                else:
                    found[i].append(pixels)
            left = [i for i in left if not isinstance(found[i], Pixels)]
        return [row if isinstance(row, Pixels) else _summed_up(row) for row in found]


def _summed_up(errors) -> ProviderError:
    """One error for all sources of a chain."""
    if all(isinstance(error, NoCoverageError) for error in errors):
        return NoCoverageError("; ".join(str(error) for error in errors))
    return ProviderError(
        "; ".join(str(error) for error in errors if not isinstance(error, NoCoverageError))
    )
