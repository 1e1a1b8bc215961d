"""Plan of a HiPS in the making, kept in its folder: who goes on with it makes the same tiles."""

import json
from pathlib import Path

from ...exceptions import ProviderError
from ...storage import FolderLock, write_whole
from ._hips_tile import remove_tiles

__all__ = ["hips_plan", "start_folder"]

_PLAN = "astrocnn-tiles.json"


def hips_plan(provider, order: int, tile_width: int, frame: str) -> dict:
    """Return what decides the tiles of a HiPS: settings, and the files as they are.

    Parameters
    ----------
    provider : FitsProvider
        The images.
    order, tile_width, frame : int, int, str
        See `make_hips`.
    """
    files = []
    for image in provider._images:
        for file in (image.path, image.exposure_path):
            if file is not None:
                state = file.stat()
                files.append([str(file.resolve()), state.st_size, state.st_mtime_ns])
    quantity = provider.quantity or provider.band.quantity
    settings = [order, tile_width, frame, quantity, len(provider._images)]
    return {"settings": settings, "files": files}


def start_folder(path: Path, plan: dict, overwrite: bool) -> None:
    """Prepare a folder; what is there must be from the same images and settings.

    Parameters
    ----------
    path : path
        The folder; it exists, and nobody else uses it.
    plan : dict
        See `hips_plan`.
    overwrite : bool
        Whether to remove what is there of another plan.

    Raises
    ------
    ProviderError
        If the folder holds something else.
    StoreError
        If it cannot be written.
    """
    file = path / _PLAN
    if overwrite and file.is_file():
        for folder in (path / "exposure", path):
            remove_tiles(folder)
            for name in ("properties", "Moc.fits", _PLAN):
                (folder / name).unlink(missing_ok=True)
    if file.is_file():
        try:
            same = json.loads(file.read_text()) == plan
        except ValueError:
            same = False
        if not same:
            raise ProviderError(
                f"'{path}' holds tiles of other images or settings: choose another folder, or "
                "replace them (overwrite=True, --overwrite)"
            )
    elif any(found.name != FolderLock.name for found in path.iterdir()):
        raise ProviderError(f"'{path}' is no folder of tiles and not empty: choose another folder")
    write_whole(file, json.dumps(plan))
