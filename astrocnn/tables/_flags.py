"""The words of the ``flag`` column."""

from collections.abc import Iterable

import numpy as np

from ..exceptions import InvalidParameterError

__all__ = ["FLAGS", "has_flag", "join_flags", "rows_with"]

#: Every word that can stand in a ``flag`` column, with its meaning; ``<band>`` is a band's name.
FLAGS = {
    "invalid_position": "The position is masked, not finite or out of range: not classified.",
    "duplicate": "The position repeats an earlier row within 0.1 arcsec; classified all the same.",
    "no_coverage:<band>": "The survey has no pixels there.",
    "partial_coverage:<band>": "The survey covers only a part of the cut-out.",
    "exposure_unknown:<band>": "Counts without an exposure map: a zero may mean 'not observed'.",
    "origin_unknown:<band>": "The image says nothing of its origin (telescope, survey): taken on "
    "trust.",
    "coarse_pixels:<band>": "Pixels or beam of the image are much wider than the band's: not "
    "classified, unless judge_novel=True.",
    "chip_gap:<band>": "Gaps between the detector's chips take a tenth of the central arcminute.",
    "field_edge:<band>": "The cut-out reaches beyond the exposed field: a fifth of it, or of its "
    "central arcminute a tenth.",
    "vignetted:<band>": "The exposure at the target is below a third of that on the axis.",
    "no_signal:<band>": "All pixels of the cut-out have the same value.",
    "out_of_domain:<band>": "The image is unlike those of the training, see the column 'novelty'; "
    "in brackets what about it: structure, texture, sharpness, contrast, gaps (the center is "
    "missing) or correlation (with another band).",
    "failed:<band>": "The file, tile or service failed; the same call may work later.",
    "interrupted": "The run was stopped before this row.",
}


def text(values) -> np.ndarray:
    r"""Return strings, bytes or a masked column of them as an array of str; masked becomes ''.

    Text ends at NUL, as FITS has it. Bytes that are no UTF-8 become ``\xe9`` and the like.
    """
    values = values.filled("") if hasattr(values, "filled") else np.asarray(values)
    values = np.asarray(values)
    if values.dtype.kind == "S":
        return np.char.decode(_until_nul(values), "utf-8", "backslashreplace")
    return values.astype(str)


def _until_nul(values: np.ndarray) -> np.ndarray:
    """Bytes without what follows the first NUL."""
    width = values.dtype.itemsize
    if not width or not values.size:
        return values
    content = np.ascontiguousarray(values).reshape(-1).view(np.uint8).reshape(-1, width)
    ended = np.logical_or.accumulate(content == 0, axis=1)
    if not np.any(content[ended]):
        return values
    return np.where(ended, 0, content).astype(np.uint8).view(f"S{width}").reshape(values.shape)


def join_flags(*words: str) -> str:
    """Join flag words with ``;``, each once, empty ones left out.

    Raises
    ------
    InvalidParameterError
        If a word is not in `FLAGS`.

    Examples
    --------
    >>> from astrocnn.tables import join_flags
    >>> join_flags("duplicate", "", "no_coverage:xmm;duplicate")
    'duplicate;no_coverage:xmm'
    """
    unique = dict.fromkeys(w for word in words for w in str(word).split(";") if w)
    for word in unique:
        name, colon, _ = word.partition(":")
        if name + (":<band>" if colon else "") not in FLAGS:
            choices = ", ".join(FLAGS)
            raise InvalidParameterError(
                f"unknown flag {word!r}; astrocnn.tables.FLAGS has: {choices}"
            )
    return ";".join(unique)


def has_flag(flags: Iterable[str], word: str) -> np.ndarray:
    """Say which rows carry a flag.

    Parameters
    ----------
    flags : column or sequence of str
        The ``flag`` column of a target list or a result. Masked entries (an empty flag comes back
        masked from an ECSV file) carry no flag.
    word : str
        A word of `FLAGS`: ``"duplicate"``, ``"no_coverage:xmm"``, or ``"no_coverage"`` for any
        band; ``"out_of_domain:xmm"`` whatever stands in brackets.

    Returns
    -------
    ndarray of shape (n,), bool

    Raises
    ------
    InvalidParameterError
        If there is no such word.

    Examples
    --------
    >>> from astrocnn.tables import has_flag
    >>> has_flag(["", "duplicate;no_coverage:xmm", "no_coverage:dss2-red"], "no_coverage")
    array([False,  True,  True])
    """
    if _names(str(word))[2] not in {_names(known)[2] for known in FLAGS}:
        raise InvalidParameterError(
            f"there is no flag {word!r}; astrocnn.tables.FLAGS has: {', '.join(FLAGS)}"
        )
    return rows_with(flags, word)


def rows_with(flags: Iterable[str], word: str) -> np.ndarray:
    """Say which rows carry a word, be it one of `FLAGS` or the user's own."""
    unique, inverse = np.unique(text(flags), return_inverse=True)
    hits = [any(word in _names(w) for w in flag.split(";")) for flag in unique]
    return np.array(hits, dtype=bool)[inverse]


def _names(word) -> tuple[str, str, str]:
    """A flag as it is, without what stands in brackets, and without its band."""
    return word, word.partition("(")[0], word.partition(":")[0]
