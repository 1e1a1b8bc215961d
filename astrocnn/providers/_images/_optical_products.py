"""Images of the Legacy Surveys, SDSS and Pan-STARRS, by their names."""

import re
from pathlib import Path

from ._product import Product

__all__ = ["describe_optical"]

_NAMES = (
    # legacysurvey-1501p020-image-r.fits.fz, -invvar-r, -maskbits, -psfsize-r ...
    re.compile(r"^legacysurvey-\d{4}[pm]\d{3}-(?P<type>[a-z0-9]+)(?:-(?P<band>[a-zA-Z0-9]+))?\."),
    # frame-r-003918-3-0213.fits.bz2; corrected frames fpC-003918-r3-0213.fit.gz, masks fpM-
    re.compile(r"^(?P<type>frame)-(?P<band>[ugriz])-\d{6}-\d-\d{4}\."),
    re.compile(r"^(?P<type>fp[A-Z][A-Za-z]*)-\d{6}-(?:(?P<band>[ugriz]))?\d-\d{4}\."),
    re.compile(r"^(?P<type>psField|photoField|photoObj|tsField|calibObj|drField)-\d{6}"),
    # rings.v3.skycell.1234.056.stk.r.unconv.fits, .wt.fits, .mask.fits ...
    re.compile(r"^rings\.v\d\.skycell\.\d+\.\d+\.(?:stk|wrp)\.(?P<band>[grizy])\.[^.]+"
               r"(?:\.(?P<type>wt|mask|num|exp|expwt))?\.fits"),
)  # fmt: skip
_IMAGES = ("image", "frame", "fpC", None)
_KINDS = {
    "invvar": "weight map", "wt": "weight map", "maskbits": "mask", "mask": "mask", "fpM": "mask",
    "exp": "map of the number of exposures", "nexp": "map of the number of exposures",
}  # fmt: skip


def describe_optical(path: Path) -> Product | None:
    """Return what a product of an optical survey is; None for files with other names.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._optical_products import describe_optical
    >>> names = [f"legacysurvey-1501p020-{x}.fits.fz" for x in ("image-r", "invvar-r", "maskbits")]
    >>> [(p.kind, p.passband) for p in map(describe_optical, map(Path, names))]
    [('image', 'r'), ('weight map', 'r'), ('mask', '')]
    """
    match = next(filter(None, (pattern.match(path.name) for pattern in _NAMES)), None)
    if match is None:
        return None
    found = match.groupdict()
    kind = "image" if found["type"] in _IMAGES else _KINDS.get(found["type"], "other product")
    return Product(kind, passband=found.get("band") or "", pipeline=kind != "image")
