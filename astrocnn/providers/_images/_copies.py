"""Copies of one image, packed and unpacked: its photons count once."""

import re
from collections.abc import Sequence
from pathlib import Path

from ._xmm_products import is_product

__all__ = ["leave_out_copies", "told_copies"]

_PACKED = re.compile(r"\.(gz|bz2|xz|fz|z|zip|ftz)$", re.IGNORECASE)
_FITS = re.compile(r"\.(fits?|fts|ftz)$", re.IGNORECASE)


def leave_out_copies(
    chosen: Sequence[tuple[Path, ...]],
) -> tuple[list[tuple[Path, ...]], list[tuple[Path, Path]]]:
    """Keep of the copies of each image the unpacked one, which is read faster.

    Copies are files of one folder whose names differ in how they are packed, or that are named
    twice; of XMM-Newton pipeline products, whose names are unique, those of all folders.

    Parameters
    ----------
    chosen : sequence of tuple
        Image first, what belongs to it after.

    Returns
    -------
    kept : list of tuple
    copies : list of (path, path)
        What was left out, and of what it is a copy.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._copies import leave_out_copies
    >>> files = [(Path(name),) for name in ("a.fits.gz", "a.fits", "b.fits.gz")]
    >>> [files[0].name for files in leave_out_copies(files)[0]]
    ['a.fits', 'b.fits.gz']
    """
    kept, copies = {}, []
    for files in chosen:
        here = kept.setdefault(_own_name(files[0]), files)
        if here is files:
            continue
        if _PACKED.search(here[0].name) and not _PACKED.search(files[0].name):
            kept[_own_name(files[0])], here, files = files, files, here
        copies.append((files[0], here[0]))
    return list(kept.values()), copies


def told_copies(copies: Sequence[tuple[Path, Path]]) -> str:
    """Return a sentence on copies that were left out."""
    copy, used = copies[0]
    return (
        f"{len(copies)} copies of other files left out, so that no photon counts twice; the "
        f"first: {copy.name}, of which {used.name} is used"
    )


def _own_name(path):
    """What copies of a file have in common."""
    name = _FITS.sub("", _PACKED.sub("", path.name))
    return name if is_product(path) else (path.parent, name)
