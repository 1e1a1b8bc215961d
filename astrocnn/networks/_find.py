"""Files of weights by name."""

from importlib.resources import files
from pathlib import Path

from .._paths import user_path
from .._registry import Registry
from ..exceptions import UnknownNameError, WeightsError

__all__ = ["find_weights", "weights_names"]


def _folder() -> Path:
    return Path(str(files(__package__))) / "weights"


def weights_names() -> list[str]:
    """Return the names of the weights that come with astrocnn.

    Examples
    --------
    >>> from astrocnn.networks import weights_names
    >>> weights_names()[:4]
    ['erosita', 'erosita-legacy', 'erosita-legacy-psf', 'erosita-psf']
    """
    return sorted(path.stem for path in _folder().glob("*.keras"))


def find_weights(weights) -> Path:
    """Return the file of a name, or of a path ending in ``.keras``.

    Raises
    ------
    UnknownNameError
        If the name is not one of `weights_names`.
    WeightsError
        If the file does not exist.

    Examples
    --------
    >>> from astrocnn.networks import find_weights
    >>> find_weights("xmm").name
    'xmm.keras'
    """
    if str(weights).endswith(".keras"):
        path = user_path(weights)
        if not path.is_file():
            if path.is_dir():
                raise WeightsError(f"'{path}' is a folder: give a file that save() wrote")
            raise WeightsError(f"there is no file {str(path)!r}")
        return path
    try:
        return Registry("weights", {n: _folder() / f"{n}.keras" for n in weights_names()})[weights]
    except UnknownNameError as error:
        raise UnknownNameError(f"{error}, or a file named *.keras") from None
