"""eROSITA (eSASS) products: which of many files are images of a band."""

import re
from pathlib import Path

import numpy as np
from astropy import units as u

from ...surveys import Band

__all__ = ["esass_energies", "is_esass", "is_esass_image", "pair_esass"]

#: <mode><owner><survey>_<sky tile or observation>_<telescope><filter><band>_<type>_<release>.fits;
#: those who run the tasks themselves leave out parts, and name products after the tasks' options.
_NAME = re.compile(
    r"^(?:(?P<survey>[espfl][mibco]\d\d)_)?(?P<tile>\d{6})_(?P<telescope>\d)(?P<filter>\d)"
    r"(?P<band>\d)_(?P<type>[A-Za-z0-9]+)(?:_(?P<release>[a-z]\d{3}))?\.(?:fits?|img)"
)
_IMAGES = ("Image", "ImageTot", "EvtImg")
#: Vignetted exposure maps; the unvignetted ones (UnvExpMap) are left alone.
_EXPOSURES = ("ExposureMap", "ExpMap")
#: Energies (keV) of the bands.
_ENERGY = {
    "0": (0.2, 10.0), "1": (0.2, 0.6), "2": (0.6, 2.3), "3": (2.3, 5.0), "4": (0.2, 2.3),
    "5": (0.2, 0.5), "6": (0.5, 1.0), "7": (1.0, 2.0),
}  # fmt: skip


def pair_esass(paths: list[Path], band: Band) -> list[tuple[Path, Path | None, object, object]]:
    """Choose the images of a band and pair them with their vignetted exposure maps, by their names.

    Bands of eROSITA overlap (024 is 0.2-2.3 keV, 021 + 022 are the same photons), so of those
    inside the band's energies only the widest are taken that share no energy. Background
    maps, masks, sensitivity maps and tables are left alone.

    Parameters
    ----------
    paths : list of path
        Files whose names `is_esass` knows.
    band : Band
        Tells the energy range.

    Returns
    -------
    list of (path, path or None, object, object)
        Image, its exposure map where there is one, what names the exposure, and what names the
        photons: sky tiles of one survey overlap by about 20 arcmin and hold the same ones there.

    References
    ----------
    eROSITA-DE Data Release 1, file naming scheme (Merloni et al. 2024, A&A 682, A34); Brunner et
    al. 2022, A&A 661, A1, appendix C.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._esass_products import pair_esass
    >>> from astrocnn.surveys import get_band
    >>> names = [f"em01_164087_024_{kind}_c010.fits.gz" for kind in
    ...          ("Image", "ExposureMap", "BackgrImage", "DetectionMask")]
    >>> image, exposure, *_ = pair_esass([Path(name) for name in names], get_band("erosita"))[0]
    >>> image.name, exposure.name
    ('em01_164087_024_Image_c010.fits.gz', 'em01_164087_024_ExposureMap_c010.fits.gz')
    """
    products = {path: _NAME.match(path.name) for path in paths}
    maps = {(*_place(m), m["band"]): p for p, m in products.items() if m["type"] in _EXPOSURES}
    images = {p: m for p, m in products.items() if m["type"] in _IMAGES}
    codes = {}
    for match in images.values():
        codes.setdefault(_place(match), []).append(match["band"])
    taken = {place: _widest(found, band) for place, found in codes.items()}
    chosen = []
    for path, match in images.items():
        place, code = _place(match), match["band"]
        if code in taken[place]:
            key = _exposure(match)
            chosen.append((path, maps.get((*place, code)), key, (*key, code)))
    return chosen


def is_esass(path: Path) -> bool:
    """Whether a file is, by its name, a product of eSASS."""
    return _NAME.match(Path(path).name) is not None


def is_esass_image(path: Path) -> bool:
    """Whether a file is, by its name, an image (counts) of eSASS."""
    match = _NAME.match(Path(path).name)
    return bool(match and match["type"] in _IMAGES)


def esass_energies(path: Path) -> tuple[float, float] | None:
    """Return the energies (keV) of a product of eSASS by its name, or None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._esass_products import esass_energies
    >>> esass_energies(Path("em01_164087_024_Image_c010.fits.gz"))
    (0.2, 2.3)
    """
    match = _NAME.match(Path(path).name)
    return _ENERGY.get(match["band"]) if match else None


def _place(match):
    """What names one exposure of one sky tile: survey, tile, telescopes, filter, processing."""
    return tuple(match[name] for name in ("survey", "tile", "telescope", "filter", "release"))


def _exposure(match):
    """What names one exposure: of a survey all sky tiles, of a pointing itself."""
    survey, tile, *rest = _place(match)
    return (survey, "" if survey is None or survey[0] in "es" else tile, *rest)


def _widest(codes, band):
    """Of band codes those inside a band's energies, the widest first, without overlaps."""
    low, high = (0, np.inf) if band.energy is None else band.energy.to_value(u.keV)
    taken = []
    for code in sorted(set(codes), key=lambda c: (_span(c)[0] - _span(c)[1], c)):
        a, b = _span(code)
        inside = low <= a + 1e-9 and b <= high + 1e-9
        if inside and all(b <= _span(t)[0] + 1e-9 or _span(t)[1] <= a + 1e-9 for t in taken):
            taken.append(code)
    return taken


def _span(code):
    return _ENERGY.get(code, (0.0, np.inf))
