"""Telescopes that headers name, with a survey here or without one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["TELESCOPES", "Telescope", "find_telescope", "has_word"]


@dataclass(frozen=True)
class Telescope:
    """A telescope, as headers of FITS images name it.

    Parameters
    ----------
    words : tuple of str
        Words that stand under ``TELESCOP`` or ``MISSION``; see `has_word`.
    waveband : str
        What it sees; see `~astrocnn.surveys.Band`.
    channel : tuple of float, optional
        Energy (eV) of channel 0 of ``PI``, and the width of a channel.
    """

    words: tuple[str, ...]
    waveband: str
    channel: tuple[float, float] | None = None


#: The first that fits counts. A telescope that is not here belongs to no waveband.
TELESCOPES = (
    Telescope(("xmm", "4xmm", "3xmm"), "xray", (0.0, 1.0)),
    Telescope(("srg", "erosita", "erass", "efeds"), "xray", (0.0, 1.0)),
    Telescope(("rosat", "rass"), "xray", (0.0, 10.0)),
    Telescope(("chandra", "axaf"), "xray", (0.0, 14.6)),
    Telescope(("swift",), "xray", (0.0, 10.0)),
    Telescope(("nustar",), "xray", (1600.0, 40.0)),
    Telescope(("suzaku", "astro-e2"), "xray", (0.0, 3.65)),
    Telescope(("asca", "astro-h", "hitomi", "xrism", "einstein", "nicer", "integral"), "xray"),
    Telescope(("astrosat", "hxmt", "ixpe"), "xray"),
    Telescope(("spitzer", "wise", "2mass", "ukirt", "herschel", "iras", "akari"), "infrared"),
    Telescope(("vista", "jwst", "ukidss", "allwise", "unwise"), "infrared"),
    Telescope(("galex",), "ultraviolet"),
    Telescope(("vla", "evla", "lofar", "meerkat", "askap", "gmrt", "alma", "atca"), "radio"),
    Telescope(("nvss", "lotss", "tgss", "racs"), "radio"),
    Telescope(("planck", "wmap", "spt", "act"), "radio"),
    Telescope(("hst", "cfht", "subaru", "sdss", "ctio", "ps1", "schmidt", "ukst"), "optical"),
    Telescope(("ztf",), "optical"),
)


def find_telescope(name: str) -> Telescope | None:
    """Return the telescope that a header names, or None where it is not known.

    Examples
    --------
    >>> from astrocnn.surveys._telescopes import find_telescope
    >>> find_telescope("CHANDRA").waveband, find_telescope("Backyard 20 cm")
    ('xray', None)
    """
    return next((known for known in TELESCOPES if has_word(name, known.words)), None)


def has_word(text: str, words: Iterable[str]) -> bool:
    """Say whether a text has one of some words, in any case.

    Words must begin a word of the text (``ACT`` is not found in ``Refracting``, nor ``ROSAT`` in
    ``AstroSat``); those of more than six characters may stand anywhere (``UKSchmidt``).

    Examples
    --------
    >>> from astrocnn.surveys._telescopes import has_word
    >>> has_word("XMM-Newton", ["xmm"]), has_word("Refracting", ["act"])
    (True, False)
    """
    text = text.lower()
    parts = [text, *re.split(r"[\s,;:/_+()-]+", text)]
    for word in map(str.lower, words):
        if any(part.startswith(word) for part in parts) or (len(word) > 6 and word in text):
            return True
    return False
