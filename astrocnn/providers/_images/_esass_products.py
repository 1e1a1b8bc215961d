"""eROSITA (eSASS) products, by their names."""

import re
from pathlib import Path

from ._product import Product, Selection

__all__ = ["describe_esass"]

#: <mode><owner><survey>_<sky tile or observation>_<telescope><filter><band>_<type>_<release>.fits;
#: those who run the tasks themselves leave out parts, and name products after the tasks' options.
_NAME = re.compile(
    r"^(?:(?P<survey>[espfl][mibco]\d\d)_)?(?P<tile>\d{6})_(?P<telescope>\d)(?P<filter>\d)"
    r"(?P<band>\d)_(?P<type>[A-Za-z0-9]+)(?:_(?P<release>[a-z]\d{3}))?\.(?:fits?|img)"
)
#: Vignetted exposure maps are those of images; unvignetted ones (UnvExpMap) are left alone.
_KINDS = {
    "Image": "image", "ImageTot": "image", "EvtImg": "image", "ExposureMap": "exposure map",
    "ExpMap": "exposure map", "BackgrImage": "background map", "BkgMap": "background map",
    "DetectionMask": "mask", "DetMask": "mask", "DetMsk": "mask", "CheeseMask": "mask",
    "EventList": "list of events",
}  # fmt: skip
#: Energies (keV) of the bands.
_ENERGY = {
    "0": (0.2, 10.0), "1": (0.2, 0.6), "2": (0.6, 2.3), "3": (2.3, 5.0), "4": (0.2, 2.3),
    "5": (0.2, 0.5), "6": (0.5, 1.0), "7": (1.0, 2.0),
}  # fmt: skip
#: Photons of all telescopes (0) are those of 8 (with filter) and 9 (without) together, and of 1-7.
_RANKS = {"0": 0, "8": 1, "9": 1}


def describe_esass(path: Path) -> Product | None:
    """Return what a product of eSASS is; None for files with other names.

    References
    ----------
    eROSITA-DE Data Release 1, file naming scheme (Merloni et al. 2024, A&A 682, A34); Brunner et
    al. 2022, A&A 661, A1, appendix C.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._esass_products import describe_esass
    >>> names = [f"em01_164087_024_{kind}_c010.fits.gz" for kind in ("Image", "ExposureMap", "X")]
    >>> image, exposure, other = [describe_esass(Path(name)) for name in names]
    >>> image.kind, image.energy, image.pair == exposure.pair, other.kind
    ('image', (0.2, 2.3), True, 'other product')
    """
    match = _NAME.match(path.name)
    if match is None:
        return None
    survey, tile, telescope, band = (match[n] for n in ("survey", "tile", "telescope", "band"))
    rest = f"{match['filter']}{match['release'] or ''}"
    place = (survey, tile, telescope, rest)
    # Of a survey the sky tiles overlap and hold the same photons there; pointings do not.
    whole = survey is not None and survey[0] in "es"
    seen = Selection(survey if whole else f"{survey or ''} {tile}", f"TM{telescope}", rest)
    return Product(
        _KINDS.get(match["type"], "other product"), "erosita", (*place, band), place,
        energy=_ENERGY.get(band, (0.0, float("inf"))), selection=seen,
        rank=_RANKS.get(telescope, 2), pipeline=True,
    )  # fmt: skip
