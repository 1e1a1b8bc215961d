"""From what a user gives for a band to the provider that reads it."""

import os
import re
import warnings
from pathlib import Path

import numpy as np

from .._paths import expand_pattern, user_path
from ..exceptions import FailedTargetWarning, ProviderError
from ..surveys import Band
from ._core import Provider
from ._images._fits import FitsProvider
from ._no_images import NO_IMAGES, NoImagesProvider
from ._remote._hips2fits import Hips2FitsProvider
from ._tiles._healpix import HealpixProvider
from ._tiles._healpix_map import is_healpix_file
from ._tiles._hips import HipsProvider

__all__ = ["open_provider"]


def open_provider(source, band: Band) -> Provider:
    """Return the provider for a source of one band.

    Parameters
    ----------
    source : None, Provider, path, pattern, list, dict, HDU or SkyImage
        None fetches from hips2fits; the word ``"none"`` says that there are no images (a file of
        that name is ``"./none"``); a folder with a ``properties`` file is a HiPS (as is a list of
        such folders, which are summed), and so is ``{"image": folder, "exposure": folder}``; of
        HiPS that `make_hips` made, quantity and exposure are known. FITS and HDF5 files of HEALPix
        maps, or lists of them, are known by their content. Anything else is FITS images, see
        `FitsProvider`. ``"trusted": True`` in a dict vouches for what says of itself that it is
        none of the band.
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
    [word, *more] = source if isinstance(source, list) and source else [source]
    if not more and isinstance(word, str) and word.strip().lower() == NO_IMAGES:
        return NoImagesProvider(band)
    given = dict(source) if isinstance(source, dict) else {"image": source}
    trusted = given.pop("trusted", False)
    items = given.get("image")
    items = list(items) if isinstance(items, (list, tuple)) else [items]
    if items and set(given) <= {"image", "exposure"}:
        for is_map, opened in ((_is_hips, _open_hips), (_is_healpix, HealpixProvider)):
            if all(map(is_map, items)):
                exposure = _one_map(given.get("exposure"), band)
                return _open_maps(opened, items, exposure, band, trusted)
    return FitsProvider(source, band)


def _open_maps(opened, items, exposure, band, trusted) -> Provider:
    """Return the provider of HiPS or HEALPix maps; those not vouched for are checked."""
    items = _without_copies(items, band)
    if trusted not in (True, False):
        named = trusted if isinstance(trusted, (list, tuple)) else [trusted]
        named = {path for one in named for path in expand_pattern(one)}
        others = [item for item in items if user_path(item) not in named]
        if others:
            opened(others, band)
    return opened(items, band, exposure=exposure, trusted=bool(trusted))


def _one_map(exposure, band):
    """Exposure map of HiPS or HEALPix maps: one, perhaps in a list."""
    [one, *more] = exposure if isinstance(exposure, (list, tuple)) and exposure else [exposure]
    if more or not isinstance(one, (type(None), str, Path, np.ndarray)):
        raise ProviderError(
            f"band {band.name}: HiPS and HEALPix maps have one exposure map of the same kind, not "
            f"{exposure!r:.80}"
        )
    return one


def _without_copies(items, band) -> list:
    """Files or folders without those that are the same by another path or link: maps are added."""
    first, kept = {}, []
    for item in items:
        state = os.stat(user_path(item))
        known = first.setdefault((state.st_dev, state.st_ino), item)
        if str(known) == str(item):  # a map that is listed twice by one name is meant twice
            kept.append(item)
    if len(kept) < len(items):
        warnings.warn(
            f"band {band.name}: {len(items) - len(kept)} copies of other maps left out, so that no "
            "photon counts twice",
            FailedTargetWarning,
            stacklevel=5,
        )
    return kept


def _open_hips(items, band, exposure=None, trusted=False) -> HipsProvider:
    """Return the provider of HiPS folders; those of `make_hips` say what they hold."""
    paths = [user_path(item) for item in items]
    quantities = {_quantity(path) for path in paths}
    if quantities == {"counts"}:
        band = band.with_(quantity="counts")
    if exposure is None and len(paths) == 1 and _is_hips(paths[0] / "exposure"):
        exposure = paths[0] / "exposure"
    return HipsProvider(paths, band, exposure=exposure, trusted=trusted)


def _quantity(path) -> str | None:
    """Quantity that `make_hips` wrote into ``properties``."""
    text = (path / "properties").read_text("utf-8", "replace")
    found = re.search(r"^astrocnn_quantity *= *(\w+)", text, re.MULTILINE)
    return found and found[1]


def _is_hips(item) -> bool:
    return isinstance(item, (str, Path)) and (user_path(item) / "properties").is_file()


def _is_healpix(item) -> bool:
    return isinstance(item, (str, Path)) and is_healpix_file(item)
