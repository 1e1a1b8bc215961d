"""Files of a band among many, by their names: images, exposure maps, and what is neither."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...exceptions import ProviderError
from ...surveys import Band
from .._energies import name_energies, told_energies, widest_apart
from ._copies import leave_out_copies
from ._left_out import LeftOut
from ._product import Product
from ._products import describe, other_reason

__all__ = ["FileChoice", "choose_files", "holds_images"]

#: How reasons begin that are energies.
_ENERGIES = "of photon energies "


@dataclass
class FileChoice:
    """Files that may be of a band.

    Attributes
    ----------
    images, maps : list of (path, Product)
        Images and exposure maps, by their names.
    """

    images: list[tuple[Path, Product]]
    maps: list[tuple[Path, Product]]


def choose_files(
    paths: list[Path], band: Band, left: LeftOut, vouched: Collection[Path] = ()
) -> FileChoice:
    """Choose the images of a band and its exposure maps among files, by their names.

    A name is a hint and no proof: where all files have a word such as ``exp`` and none is of a
    pipeline, it tells nothing, and all are taken as images.

    Parameters
    ----------
    paths : list of path
        Files.
    band : Band
        The band.
    left : LeftOut
        To add to what is left out with a word; of pipelines much is left out without one.
    vouched : collection of path
        Other files, which the user vouches for: the maps of whatever band may be theirs.

    Raises
    ------
    ProviderError
        If there is no image, and none is vouched for.
    """
    files = [(path, describe(path)) for path in paths]
    reasons = {path: other_reason(product, band) for path, product in files}
    if band.waveband != "xray":
        reasons |= _of_series(files)
    mine = [(path, product) for path, product in files if not reasons[path]]
    for path, product in files:
        if reasons[path] and (product.passband or reasons[path].startswith(_ENERGIES)):
            left.others.append((path, reasons[path]))
    known = [product for _, product in files] + [describe(path) for path in vouched]
    if mine and all(_is_guess(product) and product.kind != "image" for product in known):
        mine = [(path, replace(product, kind="image")) for path, product in mine]
    images = [file for file in mine if file[1].kind == "image"]
    images = [file for file in images if not file[1].pipeline] + _of_energies(
        [file for file in images if file[1].pipeline], band
    )
    others = [file for file in files if reasons[file[0]]] if vouched else []
    maps = [file for file in mine + others if file[1].kind == "exposure map"]
    for path, product in mine:
        if product.kind not in ("image", "exposure map") and not product.pipeline:
            left.maps.append((path, f"{product.kind} by its name"))
    if not images and not vouched:
        _raise_none(paths, reasons, band)
    images, copies = leave_out_copies(images)
    left.copies += copies
    return FileChoice(images, maps)


def holds_images(paths: list[Path], band: Band) -> bool:
    """Whether there are images of a band among files, by their names."""
    try:
        return bool(choose_files(paths, band, LeftOut(band)).images)
    except ProviderError:
        return False


def _is_guess(product) -> bool:
    """Whether a product is known by words only."""
    return not (product.pipeline or product.survey or product.passband)


def _of_series(files) -> dict:
    """Reasons for files whose names tell energies that adjoin those of others beside them."""
    series = {}
    for path, product in files:
        energies = name_energies(path.name)
        if product.series and energies:
            series.setdefault(product.series, {})[energies] = path
    found = {}
    for members in series.values():
        if {low for low, _ in members} & {high for _, high in members}:
            found |= {
                path: f"{_ENERGIES}{told_energies(energies)}, by its name"
                for energies, path in members.items()
            }
    return found


def _raise_none(paths, reasons, band):
    """Raise for files none of which is an image of a band."""
    told = [path for path in paths if "telescope" in reasons[path] or _ENERGIES in reasons[path]]
    other, kind = next(iter(told), None), describe(paths[0]).kind
    if other is None and kind != "image":
        other, reasons = paths[0], {paths[0]: f"no image but {kind}, by its name"}
    raise ProviderError(
        f"no image for band {band.name} among {len(paths)} files"
        + (f"; {other.name} is {reasons[other]}" if other else "")
        + ("" if band.energy is None else f"; its energy range is {band.energy}")
    )


def _of_energies(files, band):
    """Of images of pipelines those inside a band's energies, the widest that fraction no energy."""
    low, high = (0, np.inf) if band.energy is None else band.energy.to_value("keV")
    spans = {}
    for _, product in files:
        a, b = product.energy
        if low <= a + 1e-9 and b <= high + 1e-9:
            spans.setdefault(product.series, set()).add((a, b))
    taken = {series: widest_apart(found, band) for series, found in spans.items()}
    return [file for file in files if file[1].energy in taken.get(file[1].series, ())]
