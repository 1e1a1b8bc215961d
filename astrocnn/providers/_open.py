"""From what a user gives for a band to the provider that reads it."""

from pathlib import Path

from ..surveys import Band
from ._core import Provider
from ._fits import FitsProvider
from ._healpix import HealpixProvider
from ._healpix_map import is_healpix_file
from ._hips import HipsProvider
from ._hips2fits import Hips2FitsProvider

__all__ = ["open_provider"]


def open_provider(source, band: Band) -> Provider:
    """Return the provider for a source of one band.

    Parameters
    ----------
    source : None, Provider, path, pattern, list, dict, HDU or SkyImage
        None fetches from hips2fits; a folder with a ``properties`` file is a HiPS (as is a list of
        such folders, which are summed); FITS and HDF5 files of HEALPix maps likewise; anything else
        is FITS images, see `FitsProvider`.
    band : Band
        The band.

    Raises
    ------
    ProviderError
        If the source cannot be used at all.

    Examples
    --------
    >>> from astrocnn.providers import open_provider
    >>> from astrocnn.surveys import get_band
    >>> open_provider(None, get_band("dss2")).remote
    True
    """
    if source is None:
        return Hips2FitsProvider(band)
    if isinstance(source, Provider):
        return source
    items = list(source) if isinstance(source, (list, tuple)) else [source]
    if items and all(_is_hips(item) for item in items):
        return HipsProvider([Path(item).expanduser() for item in items], band)
    if items and all(isinstance(item, (str, Path)) and is_healpix_file(item) for item in items):
        return HealpixProvider([Path(item) for item in items], band)
    return FitsProvider(source, band)


def _is_hips(item) -> bool:
    return isinstance(item, (str, Path)) and (Path(item).expanduser() / "properties").is_file()
