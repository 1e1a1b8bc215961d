"""Names of bands (soft, hard, broad) and the photon energies that they stand for."""

import re

from ..surveys._telescopes import has_word

__all__ = ["named_band", "word_energies"]

#: Energies (keV) by telescope: of the ROSAT survey, the Chandra Source Catalog, eROSITA, and of
#: XMM-Newton, Swift and others, whose names for bands are much the same.
_BANDS = (
    (("rosat", "rass"), {"soft": (0.1, 0.4), "hard": (0.5, 2.0), "broad": (0.1, 2.4)}),
    (("chandra", "axaf"), {"ultrasoft": (0.2, 0.5), "soft": (0.5, 1.2), "medium": (1.2, 2.0),
                           "hard": (2.0, 7.0), "broad": (0.5, 7.0), "wide": (0.1, 10.0)}),
    (("erosita", "srg", "erass"), {"soft": (0.2, 2.3), "hard": (2.3, 8.0), "full": (0.2, 8.0)}),
    ((), {"soft": (0.5, 2.0), "hard": (2.0, 10.0), "broad": (0.5, 10.0), "full": (0.5, 10.0)}),
)  # fmt: skip
#: Words of file names that are nothing else: not ``full_field.fits``.
_IN_NAME = re.compile(r"soft|hard|(?:full|broad|wide)[-_ ]?band")
_WORD = re.compile(r"(?<![a-z])(ultrasoft|soft|medium|hard|broad|wide|full)(?=band|[^a-z]|$)")


def word_energies(text: str, telescope: str = "") -> tuple[float, float] | None:
    """Return the energies (keV) that the name of a band stands for, about, or None.

    Parameters
    ----------
    text : str
        A text with the name of one band.
    telescope : str
        Who names it.

    Examples
    --------
    >>> from astrocnn.providers._energy_words import word_energies
    >>> word_energies("HARD"), word_energies("hard band", "ROSAT"), word_energies("r")
    ((2.0, 10.0), (0.5, 2.0), None)
    """
    words = set(_WORD.findall(text.lower()))
    bands = next(bands for names, bands in _BANDS if not names or has_word(telescope, names))
    return bands.get(words.pop()) if len(words) == 1 else None


def named_band(name: str, telescope: str = "") -> tuple[float, float] | None:
    """Return the energies (keV) of the band that the name of a file names, about, or None.

    Examples
    --------
    >>> from astrocnn.providers._energy_words import named_band
    >>> named_band("pn_hard_image.fits"), named_band("full_field.fits"), named_band("hardy.fits")
    ((2.0, 10.0), None, None)
    """
    return word_energies(name, telescope) if _IN_NAME.search(name.lower()) else None
