"""XMM-Newton pipeline (PPS) products, by their names."""

import re
from pathlib import Path

from ._product import Product, Selection

__all__ = ["describe_xmm"]

#: P<obsid><instrument><exposure><type><band><source>.<format>, XMM-SOC-GEN-ICD-0024.
_NAME = re.compile(
    r"^P(?P<observation>\d{10})(?P<camera>[A-Z][A-Z0-9])(?P<exposure>[SUX]\d{3})"
    r"(?P<type>[A-Z0-9_]{6})(?P<band>[0-9A-Z])[0-9A-F]{3}\."
)
_CAMERAS = {"PN": "EPN", "M1": "EMOS1", "M2": "EMOS2"}
_KINDS = {"IMAGE_": "image", "EXPMAP": "exposure map", "BKGMAP": "background map", "DETMSK": "mask",
          "MIEVLI": "list of events", "PIEVLI": "list of events", "TIEVLI": "list of events"}
#: Energies (keV) of the PPS bands.
_ENERGY = {
    "1": (0.2, 0.5), "2": (0.5, 1.0), "3": (1.0, 2.0), "4": (2.0, 4.5), "5": (4.5, 12.0),
    "8": (0.2, 12.0),
}  # fmt: skip


def describe_xmm(path: Path) -> Product | None:
    """Return what a pipeline product is; None for files with other names.

    Images are those of one EPIC camera: mosaics of all cameras and energies, and images of the
    optical monitor and of the grating spectrometers, are none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._xmm_products import describe_xmm
    >>> names = [f"P0098010101M2U009{kind}3000.FTZ" for kind in ("IMAGE_", "EXPMAP", "SRSPEC")]
    >>> image, exposure, spectrum = [describe_xmm(Path(name)) for name in names]
    >>> image.kind, image.energy, image.pair == exposure.pair, spectrum.kind
    ('image', (1.0, 2.0), True, 'other product')
    """
    match = _NAME.search(path.name)
    if match is None:
        return None
    kind, camera = _KINDS.get(match["type"], "other product"), _CAMERAS.get(match["camera"])
    if kind == "image" and camera is None:
        kind = "other product"
    place = (match["observation"], match["camera"], match["exposure"])
    # A product in its header's words: copies with other names are known by it.
    selection = Selection(match["observation"], camera or match["camera"], match["exposure"])
    energy = _ENERGY.get(match["band"], (0.0, float("inf")))
    pair = (*place, match["band"])
    return Product(
        kind, "xmm", pair, place, energy=energy, selection=selection, pipeline=True
    )
