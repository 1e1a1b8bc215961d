"""XMM-Newton pipeline (PPS) products: which of many files are images of a band."""

import re
from pathlib import Path

import numpy as np
from astropy import units as u

from ...surveys import Band

__all__ = ["is_epic_image", "is_product", "pair_products", "product_energies"]

#: P<obsid><instrument><exposure><type><band><source>.<format>, XMM-SOC-GEN-ICD-0024.
_NAME = re.compile(
    r"^P(?P<exposure>\d{10}(?P<instrument>[A-Z][A-Z0-9])[SUX]\d{3})"
    r"(?P<type>[A-Z0-9_]{6})(?P<band>[0-9A-Z])[0-9A-F]{3}\."
)
_CAMERAS = ("PN", "M1", "M2")
#: Energies (keV) of the PPS bands.
_ENERGY = {
    "1": (0.2, 0.5), "2": (0.5, 1.0), "3": (1.0, 2.0), "4": (2.0, 4.5), "5": (4.5, 12.0),
    "8": (0.2, 12.0),
}  # fmt: skip


def pair_products(paths: list[Path], band: Band) -> list[tuple[Path, Path | None, object]]:
    """Choose the images of a band and pair them with their exposure maps, by their names.

    Of pipeline products only the EPIC cameras' images inside the band's energy range are
    chosen: not background maps (they contain cluster light), masks, spectra, or the images of other
    instruments. Files with any other name stand alone.

    Parameters
    ----------
    paths : list of path
        Files.
    band : Band
        Tells the energy range.

    Returns
    -------
    list of (path, path or None, object)
        Image, its exposure map where there is one, and what names the exposure: energy bands
        of one exposure share its time.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._xmm_products import pair_products
    >>> from astrocnn.surveys import get_band
    >>> names = [f"P0098010101M2U009{kind}3000.FTZ" for kind in ("IMAGE_", "EXPMAP", "BKGMAP")]
    >>> image, exposure, _ = pair_products([Path(name) for name in names], get_band("xmm"))[0]
    >>> image.name, exposure.name
    ('P0098010101M2U009IMAGE_3000.FTZ', 'P0098010101M2U009EXPMAP3000.FTZ')
    """
    products = {path: _NAME.search(path.name) for path in paths}
    maps = {
        (m["exposure"], m["band"]): path
        for path, m in products.items()
        if m and m["type"] == "EXPMAP"
    }
    chosen = []
    for path, match in products.items():
        if match is None:
            chosen.append((path, None, path))
        elif is_epic_image(path) and _inside(match["band"], band):
            exposure = maps.get((match["exposure"], match["band"]))
            chosen.append((path, exposure, match["exposure"]))
    return chosen


def is_product(path: Path) -> bool:
    """Whether a file is, by its name, a pipeline product of any kind."""
    return _NAME.search(path.name) is not None


def is_epic_image(path: Path) -> bool:
    """Whether a file is, by its name, a pipeline image (counts) of one EPIC camera."""
    match = _NAME.search(path.name)
    return bool(match and match["type"] == "IMAGE_" and match["instrument"] in _CAMERAS)


def product_energies(path: Path) -> tuple[float, float] | None:
    """Return the energies (keV) of a pipeline product by its name, or None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._xmm_products import product_energies
    >>> product_energies(Path("P0098010101M2U009IMAGE_3000.FTZ"))
    (1.0, 2.0)
    """
    match = _NAME.search(path.name)
    return _ENERGY.get(match["band"]) if match else None


def _inside(pps_band, band) -> bool:
    """Whether the energies of a pipeline band lie within those of a band."""
    if band.energy is None:
        return True
    low, high = _ENERGY.get(pps_band, (0, np.inf))
    energy = band.energy.to_value(u.keV)
    return energy[0] <= low and high <= energy[1]
