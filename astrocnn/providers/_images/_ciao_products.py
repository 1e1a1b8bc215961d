"""Chandra images and maps as the scripts of CIAO name them."""

import re
from pathlib import Path

from ._product import Product

__all__ = ["describe_ciao"]

#: <root>_<band>_<type>.<ending>, of fluximage, flux_obs and merge_obs.
_NAME = re.compile(
    r"^(?:(?P<root>.+)_)?(?P<band>broad|ultrasoft|soft|medium|hard|wide|[\d.]+-[\d.]+)"
    r"(?:_(?P<type>thresh|flux|bkg|thresh_bkg|psfmap))?\.(?P<ending>img|expmap|psfmap|bkg)(?:\.gz)?$"
)
#: Energies (keV) of the science bands of the Chandra Source Catalog.
_ENERGY = {
    "broad": (0.5, 7.0), "ultrasoft": (0.2, 0.5), "soft": (0.5, 1.2), "medium": (1.2, 2.0),
    "hard": (2.0, 7.0), "wide": (0.1, 10.0),
}  # fmt: skip
_KINDS = {"expmap": "exposure map", "psfmap": "PSF map", "bkg": "background map"}


def describe_ciao(path: Path) -> Product | None:
    """Return what a product of CIAO's scripts is; None for files with other names.

    Images divided by the exposure map (``_flux.img``) hold the photons of counts images
    (``_thresh.img``) beside them.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._ciao_products import describe_ciao
    >>> names = ("7212_broad_thresh.img", "7212_broad_thresh.expmap", "7212_broad_flux.img")
    >>> image, exposure, flux = [describe_ciao(Path(name)) for name in names]
    >>> image.kind, image.energy, image.pair == exposure.pair, flux.derived
    ('image', (0.5, 7.0), True, 'divided by the exposure')
    """
    match = _NAME.match(path.name)
    if match is None:
        return None
    kind = _KINDS.get(match["ending"], "image")
    if kind == "image" and match["type"] in ("bkg", "thresh_bkg", "psfmap"):
        kind = _KINDS[match["type"].rpartition("_")[2]]
    energy = _ENERGY.get(match["band"]) or _range(match["band"])
    flux = kind == "image" and match["type"] == "flux"
    place = (path.parent, match["root"], "")
    return Product(
        kind, "", () if flux else (*place, match["band"]), series=place, energy=energy,
        derived="divided by the exposure" if flux else "", rank=3 if flux else 0,
        pipeline=kind not in ("image", "exposure map"),
    )  # fmt: skip


def _range(text):
    """Energies (keV) of a band of one's own, ``0.5-2.0``."""
    try:
        low, high = map(float, text.split("-"))
    except ValueError:
        return None
    return (low, high) if low < high else None
