"""Paths that users write: homes, names, and patterns."""

import glob
import os
from pathlib import Path

__all__ = ["expand_pattern", "path_exists", "user_path"]


def user_path(path: str | os.PathLike) -> Path:
    """Return a path with ``~`` and ``~user`` replaced by home folders.

    What begins with ``~`` and is no home, such as the backup ``~a.fits``, is a name.

    Raises
    ------
    InvalidParameterError
        If it holds the character NUL, which no name can.

    Examples
    --------
    >>> from astrocnn._paths import user_path
    >>> user_path("~nobody of that name/a.fits").as_posix()
    '~nobody of that name/a.fits'
    """
    path = Path(path)
    if "\0" in str(path):
        from .exceptions import InvalidParameterError  # loads astropy, which "--help" does not need

        raise InvalidParameterError(f"{str(path)!r:.100} holds a NUL character: no path can")
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def path_exists(path: Path) -> bool:
    """Return whether there is such a file or folder; a name that no system can have is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn._paths import path_exists
    >>> path_exists(Path("1" * 400))
    False
    """
    try:
        return path.exists()
    except OSError:
        return False


def expand_pattern(path: str | os.PathLike) -> list[Path]:
    """Return the files and folders that a path or pattern means, sorted.

    Each part of the path is taken as a name where there is a file or folder of that name, and
    only otherwise as a pattern: ``A1835 [v2]/*.fits`` are the files of the folder ``A1835 [v2]``.

    Parameters
    ----------
    path : path
        With ``*``, ``?`` and ``[...]`` where it is a pattern.

    Returns
    -------
    list of path
        Empty where nothing fits.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn._paths import expand_pattern
    >>> Path("obs?").mkdir(), Path("obs1").mkdir()
    (None, None)
    >>> [[p.name for p in expand_pattern(text)] for text in ("obs?", "o*")]
    [['obs?'], ['obs1', 'obs?']]
    """
    path = user_path(path)
    found = [Path(path.anchor)]
    for part in path.parts[1 if path.anchor else 0 :]:
        found = [deeper for place in found for deeper in _below(place, part)]
    return found


def _below(place, part):
    """What a part of a path means in a folder."""
    literal = place / part
    if os.path.lexists(literal):
        return [literal]
    if not glob.has_magic(part):
        return []
    # Only the part is a pattern; the folder is a name, whatever characters it has.
    names = sorted(glob.glob(part, root_dir=place))
    return [place / name for name in names]
