"""Exposure maps, background maps and masks among a user's files: they are no images of the sky."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from .._energies import name_energies
from ._product import FITS, Product

__all__ = ["describe_words", "kind_by_header", "kind_by_name"]

_BKG = r"(?:bkgd?|bgd?|back|backgr|background)"
#: Words of file names: what stands between other characters than letters and digits.
_NAMES = {
    kind: re.compile(words)
    for kind, words in (
        ("exposure map", r"exp|expo|exposures?|m?ex\d?|exp(?:im|img|image)(?:sky)?|"
                         r"(?:unv|v)?(?:e|exp?|expo|exposure)maps?\d*|expunv"),
        ("background map", rf"bk\d|{_BKG}\d?|{_BKG}\d?(?:map|img|image|im)s?\d*(?:sky)?|"
                           r"(?:prot|swcx)(?:im)?(?:sky)?"),
        ("mask", r"(?:det|reg|src|bad|cheese|obj|dq)?(?:masks?|ms?k)\d*|mask(?:im)?(?:sky)?|"
                 r"maskmaps?|cheese|maskbits|mskimg|bpm|badpix|segmap"),
        ("weight map", r"wht|wt|weights?|weightmaps?\d*|invvar|ivar|rrhr"),
        ("error map", r"(?:err|error|var|variance|rms|sigma|unc)s?(?:map|img|image)?\d*"),
        ("source map", r"model|(?:src|source|box|model)(?:map|img|image)s?\d*"),
        ("sensitivity map", r"(?:sens|sns|snr|(?:gal|psf)?depth|limit)(?:map|img|image)?s?\d*"),
        ("PSF map", r"psf(?:map|img|image|size)?s?\d*"),
        ("map of smoothing scales", r"size|scale(?:map|img|image)s?"),
        ("coverage map", r"nexp"),
        ("residual map", r"(?:res|resid|residual|chi2?)(?:map|img|image)s?\d*|residuals?|chi2"),
    )
}  # fmt: skip
#: Words that mean other things too: only in names that have no word of an image.
_DOUBTFUL = {
    kind: re.compile(words)
    for kind, words in (
        ("mask", r"dq|flags?|segm?|segmentation"),
        ("weight map", r"wei|ctx|conf(?:idence)?(?:map)?"),
        ("significance map", r"signif(?:icance)?s?(?:map|img|image)?|ts(?:map|img|image)|sqrt"
                             r"|sqrtts|detlike|likelihoods?(?:map|img|image)?"),
        ("map of a ratio", r"(?:hardness|ratio)s?(?:map|img|image|ratio)?|hr(?:map|img|image)"),
        ("temperature map", r"temp(?:erature)?(?:map|img|image)|temperature|kt(?:map|img|image)"),
        ("coverage map", r"cov|n?hits|nimages?|(?:coverage|vignetting)(?:map)?|"
                         r"(?:cov|theta|vig)(?:map|img|image)"),
    )
}  # fmt: skip
#: What CONTENT, HDUCLASn or EXTNAME say of a map, and of nothing else: not ``EXPOSURE CORRECTED``;
#: and tasks that make nothing else, as CREATOR names them.
_CONTENTS = {
    "exposure map": re.compile(r"EXP(OSURE)?|(.* )?EXP(OSURE)?[ _-]?MAPS?|(E?EXPMAP|MKEXPMAP)\b.*"),
    "background map": re.compile(
        r"BKG|BACKGROUND|(.* )?(BKG|BACKGROUND)[ _-]?MAPS?|(ESPLINEMAP|ERBACKMAP)\b.*"
    ),
    "mask": re.compile(r"MASK|(.* )?(DETECTION|DETECTOR|REGION) MASK|(EMASK|ERMASK)\b.*"),
    "sensitivity map": re.compile(r"(.* )?SENSITIVITY[ _-]?MAPS?|(ESENSMAP|ERSENSMAP)\b.*"),
    "source map": re.compile(r"(.* )?SOURCE[ _-]?MAPS?|(EMLDETECT|ERMLDET)\b.*"),
    "PSF map": re.compile(r"(.* )?PSF[ _-]?(MAPS?|IMAGE)?|MKPSFMAP\b.*"),
}
#: Seconds, and seconds times an effective area.
_AREA = r"[cm]?m ?(?:\*\*|\^)? ?2"
_TIME = r"(?:[km]?s(?:ec(?:onds?|s)?)?|min(?:utes?)?|h(?:ours?|r)?)"
_SECONDS = re.compile(rf"(?:{_AREA}[ .*]*)?{_TIME}(?:[ .*]*{_AREA})?")
#: Names that run into a number: ``expmap0123456789E000PN`` of SAS, ``0.50-2.00keVexpmap`` of XCS.
_JOINED = (
    (re.compile(r"^(i?image|expmap|expunv|detmsk|bkgmap|cheese|srcmap|snsmap)(?=\d{10})"), r"\1_"),
    (re.compile(r"(kev)(?=[a-z])"), r"\1_"),
    # Energies behind a word: ``img05-2``, ``exp05-2``; but ``exp1-0.5-2`` is a first exposure.
    (re.compile(r"(?<![a-z])(im|img|image|cts?|counts?)(?=\d[\d.p]*(?:-|to)\d)"), r"\1_"),
    (re.compile(r"(?<![a-z])(exp|expo|exposure|expmap|emap|bkg|bg|back|mask)"
                r"(?=(?:0\d|\d+[.p]\d+)(?:-|to)\d(?!.*im(?:g|age)))"), r"\1_"),
)
_IMAGE = re.compile(
    r"i?imgs?|i?images?|im\d?|counts?|cts?|cnts?|obj|fov|fovim(?:sky)?|evtimg|sk|imsky"
)
#: Two numbers of a name that may be energies.
_RANGE = re.compile(r"(\d+(?:[.p]\d+)?)(?:_?k?ev)?(?:[-_:]|to)(\d+(?:[.p]\d+)?)(?:_?k?ev)?", re.I)
#: Words of a map's name that its image does not have.
_EXTRA = re.compile(r"norm|normed|normali[sz]ed|vig|vign|vignetted|map|withvig")
_UNVIGNETTED = re.compile(r"unv.*|expunv|no[nt]?_?vig.*|flat")
#: How images are made of other ones, and their rank.
_DERIVED = (
    ("merged", 2, re.compile(r"merged?|mosaic(?:ked|ed)?|comb(?:ined)?|coadd(?:ed)?|stack(?:ed)?")),
    ("divided by the exposure", 3, re.compile(r"flux(?:ed)?|rates?(?:map|img|image)?|expcorr")),
    ("without background", 3, re.compile(r"bk?gsub|bkgsubtracted|subtracted|netim(?:g|age)")),
    ("corrected for the point-spread function", 3, re.compile(r"psfcorr|deconv(?:olved)?")),
    ("smoothed", 4, re.compile(r"(?:[ac]|ada|adaptively)?smooth(?:ed)?|sm\d*|adapt(?:ive)?")),
)


def describe_words(path: Path) -> Product:
    """Return what a file is by the words of its name: an image where they tell nothing.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._map_files import describe_words
    >>> names = ("img_0300_0600.fits", "expmap_0300_0600.fits")
    >>> image, exposure = (describe_words(Path(name)) for name in names)
    >>> image.kind, exposure.kind, image.pair == exposure.pair
    ('image', 'exposure map', True)
    """
    kind, words = kind_by_name(path) or "image", _words(path)
    rest = [w for w in words if not _IMAGE.fullmatch(w)]
    if kind != "image":
        own = [_EXTRA, *(names[kind] for names in (_NAMES, _DOUBTFUL) if kind in names)]
        rest = [w for w in rest if not any(pattern.fullmatch(w) for pattern in own)]
    plain = kind != "exposure map" or not any(_UNVIGNETTED.fullmatch(w) for w in words)
    pair = (path.parent, *rest) if rest and plain else ()
    derived, rank = "", 0
    for how, level, pattern in _DERIVED:
        if kind == "image" and any(pattern.fullmatch(word) for word in words):
            derived, rank = how, level
    return Product(kind, pair=pair, series=_series(path), derived=derived, rank=rank)


def _series(path):
    """What names of several energies have in common; nothing where a name tells no energies."""
    energies = name_energies(path.name)
    for match in _RANGE.finditer(path.name) if energies else ():
        numbers = [float(text.replace("p", ".")) for text in match.groups()]
        if any(np.allclose(np.multiply(numbers, unit), energies) for unit in (1.0, 1e-3)):
            return (path.parent, path.name[: match.start()], path.name[match.end() :])
    return ()


def _words(path):
    """Words of a name, without its ending."""
    name = re.sub(FITS, "", path.name.lower())
    for pattern, replacement in _JOINED:
        name = pattern.sub(replacement, name)
    return [word for word in re.split(r"[^a-z0-9]+", name) if word]


def kind_by_name(path: Path) -> str | None:
    """Return what map a file is by a word of its name, or None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._map_files import kind_by_name
    >>> [kind_by_name(Path(f"{x}.fits.gz")) for x in ("mos2_expmap", "a-bkg", "expanse_image")]
    ['exposure map', 'background map', None]
    """
    words = _words(path)
    found = _first_kind(words, _NAMES)
    if found or any(_IMAGE.fullmatch(word) for word in words):
        return found
    words += [one + other for one, other in pairwise(words) if other == "map"]  # theta_map
    return _first_kind(words, _NAMES) or _first_kind(words, _DOUBTFUL)


def _first_kind(words, names) -> str | None:
    """The first kind that one of some words names."""
    kinds = (kind for kind, pattern in names.items() if any(map(pattern.fullmatch, words)))
    return next(kinds, None)


def kind_by_header(content: Sequence[str], unit: str) -> str | None:
    """Return what map an HDU is by its header, or None.

    Parameters
    ----------
    content : sequence of str
        ``CONTENT``, ``HDUCLAS1`` to ``HDUCLAS4``, ``EXTNAME``, ``CREATOR``.
    unit : str
        ``BUNIT``.

    Examples
    --------
    >>> from astrocnn.providers._images._map_files import kind_by_header
    >>> kind_by_header(["EPIC EXPOSURE MAP"], ""), kind_by_header(["EPIC IMAGE"], "count / s")
    ('exposure map', None)
    """
    for kind, pattern in _CONTENTS.items():
        if any(pattern.fullmatch(text.strip().upper()) for text in content):
            return kind
    return "exposure map" if _SECONDS.fullmatch(unit.strip().lower()) else None
