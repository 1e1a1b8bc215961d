"""Telescopes that headers name, with a survey here or without one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["TELESCOPES", "Telescope", "event_channels", "find_telescope", "has_word",
           "seen_waveband"]  # fmt: skip


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
    pha : bool
        Whether channels of ``PHA`` are nearly the same.
    """

    words: tuple[str, ...]
    waveband: str
    channel: tuple[float, float] | None = None
    pha: bool = False


#: The first that fits counts. A telescope that is not here belongs to no waveband.
TELESCOPES = (
    Telescope(("art-xc", "artxc"), "xray"),
    Telescope(("xmm", "4xmm", "3xmm"), "xray", (0.0, 1.0)),
    Telescope(("srg", "erosita", "erass", "efeds"), "xray", (0.0, 1.0)),
    Telescope(("spektr-rg", "spectrum-r", "spectr-r"), "xray", (0.0, 1.0)),
    Telescope(("rosat", "rass"), "xray", (0.0, 10.0), pha=True),
    Telescope(("chandra", "axaf"), "xray", (0.0, 14.6)),
    Telescope(("swift",), "xray", (0.0, 10.0)),
    Telescope(("nustar",), "xray", (1600.0, 40.0)),
    Telescope(("suzaku", "astro-e2"), "xray", (0.0, 3.65)),
    Telescope(("nicer",), "xray", (0.0, 10.0)),
    Telescope(("asca", "astro-h", "hitomi", "xrism", "einstein", "integral"), "xray"),
    Telescope(("astrosat", "hxmt", "ixpe", "maxi", "beppo", "exosat", "rxte", "xte"), "xray"),
    Telescope(("heao", "uhuru", "ginga", "tenma", "leia", "athena", "lobster"), "xray"),
    Telescope(("glast", "fermi", "agile", "cos-b", "cgro", "h.e.s.s", "veritas"), "gamma-ray"),
    Telescope(("spitzer", "wise", "2mass", "ukirt", "herschel", "iras", "akari"), "infrared"),
    Telescope(("vista", "jwst", "ukidss", "allwise", "unwise"), "infrared"),
    Telescope(("galex",), "ultraviolet"),
    Telescope(("vla", "evla", "lofar", "meerkat", "askap", "gmrt", "alma", "atca"), "radio"),
    Telescope(("nvss", "lotss", "tgss", "racs"), "radio"),
    Telescope(("planck", "wmap", "spt", "act"), "radio"),
    Telescope(("hst", "cfht", "subaru", "sdss", "ctio", "ps1", "schmidt", "ukst"), "optical"),
    Telescope(("ztf", "vlt", "ntt", "vst", "gemini", "keck", "euclid", "lsst"), "optical"),
    Telescope(("eso-1", "eso-2", "eso-3", "eso-mpi", "mpi-2"), "optical"),  # not ESO-R, of plates
    Telescope(("rubin", "oaj", "lbt", "kpno", "mayall", "blanco", "palomar"), "optical"),
    Telescope(("jcmt", "iram", "effelsberg", "parkes", "wsrt", "apex"), "radio"),
)

#: Channels of ``PI`` by instrument, where these are not those of the telescope; None: these tell
#: no energies.
_INSTRUMENTS = (
    (("hrc", "hri", "art-xc", "artxc", "uvot", "bat"), None),
    (("xtend", "sxi"), (0.0, 6.0)), (("resolve", "sxs"), (0.5, 0.5)),
    (("sis",), (0.0, 3.65)),
)  # fmt: skip

#: Instruments that see another waveband than the rest of their telescope: names from the beginning.
_OTHERS = {"uvot": "ultraviolet", "uvit": "ultraviolet", "om": "ultraviolet"}


def find_telescope(name: str) -> Telescope | None:
    """Return the telescope that a header names, or None where it is not known.

    Examples
    --------
    >>> from astrocnn.surveys._telescopes import find_telescope
    >>> find_telescope("CHANDRA").waveband, find_telescope("Backyard 20 cm")
    ('xray', None)
    """
    return next((known for known in TELESCOPES if has_word(name, known.words)), None)


def seen_waveband(telescope: str, instrument: str = "") -> str:
    """Return what a telescope sees with an instrument; empty where it is not known.

    Examples
    --------
    >>> from astrocnn.surveys._telescopes import seen_waveband
    >>> seen_waveband("SWIFT", "XRT"), seen_waveband("SWIFT", "UVOTA")
    ('xray', 'ultraviolet')
    """
    known, name = find_telescope(telescope), re.split(r"[^a-z]", instrument.strip().lower())[0]
    for word, waveband in _OTHERS.items():
        if known is not None and (name == word or (len(word) > 2 and name.startswith(word))):
            return waveband
    return "" if known is None else known.waveband


def event_channels(telescope: str, instrument: str = "") -> dict[str, tuple[float, float]]:
    """Return energy (eV) of channel 0, and width of a channel, of ``PI`` and ``PHA``, if known.

    Examples
    --------
    >>> from astrocnn.surveys._telescopes import event_channels
    >>> event_channels("SWIFT", "XRT"), event_channels("CHANDRA", "HRC")
    ({'PI': (0.0, 10.0)}, {})
    """
    known = find_telescope(telescope)
    for words, channel in _INSTRUMENTS:
        if has_word(instrument, words):
            return {} if channel is None else {"PI": channel}
    if known is None or known.channel is None:
        return {}
    return {"PI": known.channel} | ({"PHA": known.channel} if known.pha else {})


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
    parts = [text, *re.split(r"[\s,;:/_+()]+", text), *re.split(r"[\s,;:/_+()-]+", text)]
    for word in map(str.lower, words):
        if any(part.startswith(word) for part in parts) or (len(word) > 6 and word in text):
            return True
    return False
