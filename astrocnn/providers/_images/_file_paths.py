"""Paths of files: what a file, a folder, a pattern, or a list of them means."""

import os
from pathlib import Path

from ..._paths import expand_pattern, user_path
from ...exceptions import ProviderError
from ._products import describe

__all__ = ["file_paths", "paths_of_kind"]

#: What lies beside images in a folder and is none: regions, tables, logs, pictures, documents.
_BESIDE = {".reg", ".crtf", ".txt", ".csv", ".tsv", ".dat", ".ecsv", ".vot", ".xml", ".json",
           ".yaml", ".yml", ".log", ".md", ".rst", ".html", ".htm", ".pdf", ".ps", ".png", ".jpg",
           ".jpeg", ".gif", ".py", ".sh", ".ipynb"}  # fmt: skip
_KINDS = {"image": "image", "exposure": "exposure map", "background": "background map"}


def file_paths(source) -> list[Path]:
    """Expand a path, a pattern, or a list of them into files.

    Of a folder these are the files directly in it that are not hidden, and that by their suffix
    are no text and no picture.

    Raises
    ------
    ProviderError
        If nothing fits.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._file_paths import file_paths
    >>> Path("obs").mkdir()
    >>> for name in ("a.fits", "a.reg", ".hidden"):
    ...     Path("obs", name).touch()
    >>> [path.name for path in file_paths("obs")]
    ['a.fits']
    """
    return [path for paths in _expanded(source) for path in paths]


def paths_of_kind(source, kind: str) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Expand the images, or the maps of a kind, of a dict into files.

    What is named is taken as it is. Of a folder or a pattern that holds several kinds of files by
    their names, those of the kind are taken.

    Parameters
    ----------
    source : path, pattern or list of them
        Files.
    kind : str
        ``"image"``, ``"exposure"`` or ``"background"``.

    Returns
    -------
    paths : list of path
        Files of the kind.
    others : list of (path, str)
        Other files, and what they are.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.providers._images._file_paths import paths_of_kind
    >>> for name in ("deep.fits", "deep_expmap.fits"):
    ...     Path(name).touch()
    >>> [path.name for path in paths_of_kind("deep*", "image")[0]]
    ['deep.fits']
    >>> [path.name for path in paths_of_kind("deep*", "exposure")[0]]
    ['deep_expmap.fits']
    >>> [path.name for path in paths_of_kind("deep_expmap.fits", "image")[0]]
    ['deep_expmap.fits']
    """
    taken, others = [], []
    for paths in _expanded(source):
        kinds = {path: describe(path).kind for path in paths}
        if len(paths) > 1 and _KINDS[kind] in kinds.values():
            others += [
                (path, f"{word} by its name")
                for path, word in kinds.items()
                if word != _KINDS[kind]
            ]
            paths = [path for path in paths if kinds[path] == _KINDS[kind]]
        taken += paths
    return taken, others


def _expanded(source) -> list[list[Path]]:
    """Files of each item of a source."""
    items = list(source) if isinstance(source, (list, tuple)) else [source]
    if not items or not all(isinstance(item, (str, os.PathLike)) for item in items):
        raise ProviderError(
            f"images are files, patterns, lists of them, an HDU or a SkyImage, not {source!r:.80}"
        )
    return [_files(item) for item in items]


def _files(item) -> list[Path]:
    """Files of a path or a pattern."""
    matches = expand_pattern(item)
    if not matches:
        raise ProviderError(f"no file matches {str(user_path(item))!r} (from {Path.cwd()})")
    if all(path.is_dir() for path in matches):
        matches = [file for folder in matches for file in sorted(folder.iterdir())]
        matches = [path for path in matches if path.is_file() and not path.name.startswith(".")]
        matches = [path for path in matches if path.suffix.lower() not in _BESIDE]
        if not matches:
            raise ProviderError(
                f"there is no image in the folder {str(user_path(item))!r} (folders in it are not "
                "looked into: give a pattern such as 'folder/*/*.fits')"
            )
    return [path for path in matches if path.is_file()]
