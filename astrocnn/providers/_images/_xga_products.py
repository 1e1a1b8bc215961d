"""Images and maps as XGA and the XMM Cluster Survey name them."""

import re
from pathlib import Path

from ._product import FITS, Product

__all__ = ["describe_xga"]

#: <observation>_<camera>_<exposure>-<low>-<high>keV<type>.fits; what merges cameras has no camera,
#: or has it behind the energies.
_NAME = re.compile(
    r"^(?P<stem>\w+?)[-_](?P<low>\d+(?:\.\d+)?)-(?P<high>\d+(?:\.\d+)?)keV"
    r"[-_]?(?P<type>\w+)" + FITS,
    re.IGNORECASE,
)
_CAMERA = re.compile(r"(?:^|_)(pn|mos[12]|tm[0-9]|combined)(?:_|$)")
_KINDS = {"img": "image", "expmap": "exposure map", "bkgmap": "background map", "bkg":
          "background map", "ratemap": "rate map", "mask": "mask"}  # fmt: skip


def describe_xga(path: Path) -> Product | None:
    """Return what a product of XGA is; None for files with other names.

    Images are merged over exposures (``-pn_merged_img``), over cameras (``merged_img``), corrected
    for the point-spread function (``psfcorr_img``) and smoothed (``_img`` behind a number): all of
    these hold the photons of others.

    References
    ----------
    Turner et al. 2022, MNRAS 517, 657 (XGA).

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._xga_products import describe_xga
    >>> field = "0201903501_pn_exp1-0.50-2.00keV"
    >>> image, exposure = (describe_xga(Path(f"{field}{x}.fits.gz")) for x in ("img", "expmap"))
    >>> image.kind, image.energy, image.pair == exposure.pair
    ('image', (0.5, 2.0), True)
    >>> describe_xga(Path("0201903501-0.50-2.00keVmerged_img.fits")).derived
    'merged over cameras'
    """
    match = _NAME.match(path.name)
    if match is None:
        return None
    *words, last = match["type"].lower().split("_")
    kind = _KINDS.get(last)
    if kind is None:
        return Product("other product") if words or "datacube" in last else None
    stem = match["stem"].lower()
    camera = _CAMERA.search(stem) or next((m for m in map(_CAMERA.search, words) if m), None)
    survey = {"p": "xmm", "m": "xmm", "t": "erosita"}.get(camera[1][0], "") if camera else ""
    energy = (float(match["low"]), float(match["high"]))
    derived, rank = _derived(stem, words, camera, kind)
    place = (path.parent, stem, *words)
    return Product(
        kind, survey, (*place, energy), series=place, energy=energy, derived=derived, rank=rank
    )


def _derived(stem, words, camera, kind):
    """How a product was made of others, and its rank."""
    if "psfcorr" in words:
        return "corrected for the point-spread function", 3
    if "merged" in words:
        return ("merged over exposures", 1) if camera else ("merged over cameras", 2)
    # {observation}_{camera}_{number}_{low}-{high}keV_img.fits
    smoothed = camera and re.search(r"_\d+$", stem) and kind == "image"
    if smoothed or {"sm", "smoothed"} & set(words):
        return "smoothed", 4
    return "", 0
