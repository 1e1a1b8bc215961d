"""Copies of one image, packed, linked or named twice: its photons count once."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ._products import describe

__all__ = ["leave_out_copies"]

_PACKED = re.compile(r"\.(gz|bz2|xz|fz|z|zip|zst|lz4|ftz)$", re.IGNORECASE)
_FITS = re.compile(r"\.(fits?|fts|ftz)$", re.IGNORECASE)


def leave_out_copies(
    chosen: Sequence[tuple[Path, ...]],
) -> tuple[list[tuple[Path, ...]], list[tuple[Path, Path]]]:
    """Keep of the copies of each image the unpacked one, which is read faster.

    Copies are files of one folder whose names differ in how they are packed, the same file by
    another path or link, and, of products of pipelines, whose names are unique, those of all
    folders.

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
    kept, copies, places = [], [], {}
    for files in chosen:
        names = _own_names(files[0])
        place = next((places[name] for name in names if name in places), None)
        if place is None:
            place = len(kept)
            kept.append(files)
        else:
            here = kept[place]
            if _PACKED.search(here[0].name) and not _PACKED.search(files[0].name):
                kept[place], here, files = files, files, here
            copies.append((files[0], here[0]))
        places.update(dict.fromkeys(names, place))
    return kept, copies


def _own_names(path):
    """What copies of a file have in common: one of these at least."""
    name = _FITS.sub("", _PACKED.sub("", path.name))
    names = [(Path(os.path.realpath(path.parent)), name)]
    if describe(path).pipeline:
        names.append(name)
    try:
        state = os.stat(path)
    except OSError:
        return names
    return [*names, (state.st_dev, state.st_ino)]
