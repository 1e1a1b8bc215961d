"""Numbers in text as papers print them: with errors, limits or marks beside them."""

import re
import warnings

import numpy as np

from ..exceptions import AstrocnnWarning, InvalidTargetError
from ._flags import text
from ._numbers import MISSING, to_numbers

__all__ = ["measured_numbers"]

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
#: A number with its error: ``0.05±0.01``, ``0.05 +/- 0.01``, ``0.05(1)``, ``0.3^{+0.1}_{-0.2}``.
_WITH_ERROR = re.compile(
    rf"\$?\s*([+-]?{_NUMBER})\s*(?:(?:±|\+/?-|\\pm)\s*{_NUMBER}|\(\s*{_NUMBER}\s*\)"
    rf"|(?:[_^]\s*\{{[^}}]*\}}\s*){{1,2}}|\+\s*{_NUMBER}\s*[,/]?\s*-\s*{_NUMBER})?\s*\$?"
)
#: A limit: nothing was measured.
_LIMIT = re.compile(rf"\$?\s*(?:[<>≤≥≲≳]=?|\\[lg](?:eq?|tsim)\b)\s*{_NUMBER}\s*\$?")


def measured_numbers(values, name: str = "", advice: str = "") -> np.ndarray:
    """Return the numbers of a column; of text those before an error, NaN where it is none.

    Parameters
    ----------
    values : array_like, column or Quantity of shape (n,)
        Numbers, or text of them. Limits (``<0.3``) and marked ones (``~0.3``, ``0.3:``) are no
        measured numbers.
    name, advice : str
        What they are called and what to do else, for the message.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    InvalidTargetError
        If half of the cells are no numbers at all.

    Warns
    -----
    AstrocnnWarning
        With the number of cells that count as unknown.

    Examples
    --------
    >>> from astrocnn.tables._measured import measured_numbers
    >>> measured_numbers(["0.05±0.01", "0.10(2)", "N/A", "0.3"])
    array([0.05, 0.1 ,  nan, 0.3 ])
    """
    try:
        return to_numbers(values)
    except ValueError as err:
        reason = err
    words = np.char.strip(text(np.ma.array(values)))
    found = [_WITH_ERROR.fullmatch(word) for word in words.tolist()]
    missing = np.isin(np.char.lower(words), (*MISSING, r"\nodata"))
    unknown = np.array([match is None for match in found], dtype=bool) & ~missing
    limits = np.array([bool(_LIMIT.fullmatch(word)) for word in words.tolist()], dtype=bool)
    if 2 * np.sum(unknown & ~limits) >= np.sum(~missing):
        raise InvalidTargetError(
            f"{name or 'this'} holds text, no redshifts ({reason})"
            + (f": {advice}" if advice else "")
        )
    if unknown.any():
        warnings.warn(
            f"{np.sum(unknown)} of {len(words)} cells of {name or 'a column'} are no numbers, such "
            f"as {str(words[unknown][0])!r}: they count as unknown",
            AstrocnnWarning,
            stacklevel=5,
        )
    return np.array([np.nan if match is None else float(match[1]) for match in found])
