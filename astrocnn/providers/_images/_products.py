"""Products of all pipelines that are known, by the names of files."""

from pathlib import Path

from ...surveys import BANDS, Band, get_survey
from ._ciao_products import describe_ciao
from ._esass_products import describe_esass
from ._map_files import describe_words
from ._optical_products import describe_optical
from ._product import Product
from ._rosat_products import describe_rosat
from ._xga_products import describe_xga
from ._xmm_products import describe_xmm

__all__ = ["describe", "other_reason"]

#: Each returns the `Product` of a name that it knows, or None; the first to know it counts.
_FAMILIES = (
    describe_xmm, describe_esass, describe_xga, describe_ciao, describe_rosat, describe_optical,
)  # fmt: skip


def describe(path: Path) -> Product:
    """Return what a file is, by its name.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._products import describe
    >>> [describe(Path(name)).kind for name in ("P0098010101M2U009EXPMAP3000.FTZ", "my_image.fits")]
    ['exposure map', 'image']
    """
    for family in _FAMILIES:
        product = family(path)
        if product is not None:
            return product
    return describe_words(path)


def other_reason(product: Product, band: Band) -> str:
    """Return why a product, by its name, is none of a band that is known; empty if it may be."""
    if band.name not in BANDS:
        return ""
    if product.survey and band.name not in [b.name for b in get_survey(product.survey).bands]:
        return "of another telescope, by its name"
    # Bands of optical surveys are named after their filters: legacy-r, sdss-g.
    passband = band.name.rpartition("-")[2]
    if product.passband and len(passband) == 1 and product.passband != passband:
        return f"passband {product.passband}, by its name"
    return ""
