"""Exposure maps, background maps and masks among a user's files: they are no images of the sky."""

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["kind_by_header", "kind_by_name", "leave_out_maps", "told_maps"]

#: Words of file names: what stands between other characters than letters and digits.
_NAMES = {
    kind: re.compile(words)
    for kind, words in (
        ("exposure map", r"exp|expo|exposures?|(?:unv|v)?(?:e|exp?|expo|exposure)maps?\d*"),
        ("background map", r"back|(?:bkgd?|backgr|background)|"
                           r"(?:bkgd?|back|backgr|background)(?:map|img|image)s?\d*"),
        ("mask", r"(?:det|reg|src|bad)?masks?\d*|maskmaps?|cheese"),
        ("weight map", r"wht|weights?|weightmaps?\d*|invvar|ivar"),
    )
}  # fmt: skip
#: What CONTENT, HDUCLASn or EXTNAME say of a map, and of nothing else: not ``EXPOSURE CORRECTED``.
_CONTENTS = {
    "exposure map": re.compile(r"EXP(OSURE)?|(.* )?EXP(OSURE)?[ _-]?MAPS?"),
    "background map": re.compile(r"BKG|BACKGROUND|(.* )?(BKG|BACKGROUND)[ _-]?MAPS?"),
    "mask": re.compile(r"MASK|(.* )?(DETECTION|DETECTOR|REGION) MASK"),
    "sensitivity map": re.compile(r"(.* )?SENSITIVITY[ _-]?MAPS?"),
}
#: Seconds, and seconds times an effective area.
_SECONDS = re.compile(r"(cm ?(\*\*|\^)? ?2[ .*]?)? ?k?s(ec(onds?|s)?)?([ .*]?cm ?(\*\*|\^)? ?2)?")


def kind_by_name(path: Path) -> str | None:
    """Return what map a file is by a word of its name, or None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._map_files import kind_by_name
    >>> [kind_by_name(Path(f"{x}.fits.gz")) for x in ("mos2_expmap", "a-bkg", "expanse_image")]
    ['exposure map', 'background map', None]
    """
    words = re.split(r"[^a-z0-9]+", path.name.lower())
    for kind, pattern in _NAMES.items():
        if any(pattern.fullmatch(word) for word in words):
            return kind
    return None


def kind_by_header(content: Sequence[str], unit: str) -> str | None:
    """Return what map an HDU is by its header, or None.

    Parameters
    ----------
    content : sequence of str
        ``CONTENT``, ``HDUCLAS1`` to ``HDUCLAS4``, ``EXTNAME``.
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


def leave_out_maps(paths: Sequence[Path], alone: bool) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Part files into those that may be images and maps, by words of their names.

    A name is a hint and no proof: where all files have such a word (``exp_1.fits``,
    ``exp_2.fits``), it tells nothing, and all are kept.

    Parameters
    ----------
    paths : sequence of path
        Files.
    alone : bool
        Whether there are no other files.

    Returns
    -------
    kept : list of path
    maps : list of (path, str)
        With the reason.
    """
    kinds = {path: kind_by_name(path) for path in paths}
    kept = [path for path, kind in kinds.items() if kind is None]
    if alone and not kept:
        return list(paths), []
    return kept, [(path, f"{kind} by its name") for path, kind in kinds.items() if kind]


def told_maps(maps: Sequence[tuple[Path, str]]) -> str:
    """Return a sentence on maps that were left out, and how to give them."""
    named = [f"{path.name} ({reason})" for path, reason in maps[:3]]
    more = f" and {len(maps) - 3} more" if len(maps) > 3 else ""
    return (
        f"{', '.join(named)}{more} left out, as no image of the sky: give maps as {{'image': ..., "
        "'exposure': ..., 'background': ...}, where what is under 'image' is taken as an image"
    )
