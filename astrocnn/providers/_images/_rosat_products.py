"""ROSAT (PSPC and HRI) archive products, by their names."""

import re
from pathlib import Path

from ._product import Product

__all__ = ["describe_rosat"]

#: r<p or s or h, filter><observation><n or a><part>_<type>.fits; RASS fields are ``rs``.
_NAME = re.compile(r"^(?P<field>r[psfhw]\d{6}[na]\d{2})_(?P<type>[a-z]{2,3})(?P<band>\d?)\.fits")
_KINDS = {"im": "image", "bk": "background map", "mex": "exposure map", "ex": "exposure map"}
#: Energies (keV) of the images: broad, hard and soft.
_ENERGY = {"1": (0.1, 2.4), "2": (0.5, 2.0), "3": (0.1, 0.4)}


def describe_rosat(path: Path) -> Product | None:
    """Return what a product of the ROSAT archive is; None for files with other names.

    All energies of a field share its exposure map.

    References
    ----------
    Voges et al. 1999, A&A 349, 389.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._rosat_products import describe_rosat
    >>> names = ("rp180296n00_im1.fits.Z", "rp180296n00_mex.fits.Z")
    >>> image, exposure = (describe_rosat(Path(name)) for name in names)
    >>> image.kind, image.energy, image.pair == exposure.pair
    ('image', (0.1, 2.4), True)
    """
    match = _NAME.match(path.name)
    if match is None:
        return None
    kind = _KINDS.get(match["type"], "other product")
    place = (path.parent, match["field"])
    quiet = kind not in ("image", "exposure map")
    return Product(
        kind, "rass", place, series=place, energy=_ENERGY.get(match["band"]), pipeline=quiet
    )
