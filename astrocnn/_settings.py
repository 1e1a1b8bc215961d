"""Settings that are checked, and what they may be."""

import math
import os
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from astropy import config
from astropy import units as u

from .exceptions import InvalidParameterError

__all__ = [
    "Setting", "are_addresses", "are_texts", "is_address", "is_number", "is_size", "is_text",
    "n_bytes",
]  # fmt: skip


@lru_cache(maxsize=8)
def n_bytes(size: str) -> int:
    """Return a size in words, such as ``"5 GB"``, in bytes.

    Parameters
    ----------
    size : str
        A number with a unit; zero needs none.

    Returns
    -------
    int

    Raises
    ------
    InvalidParameterError
        If it is none.

    Examples
    --------
    >>> from astrocnn.config import n_bytes
    >>> n_bytes("5 GB"), n_bytes("0")
    (5000000000, 0)
    """
    try:
        value = u.Quantity(size)
        number = 0.0 if value == 0 else value.to_value(u.byte)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"a size is a number with a unit, such as '5 GB', not {size!r}"
        ) from error
    if not 0 <= number < 2**60:
        raise InvalidParameterError(f"a size cannot be {size!r}")
    return int(number)


def is_size(value) -> bool:
    """Whether it is a size in words."""
    try:
        return n_bytes(str(value)) >= 0
    except InvalidParameterError:
        return False


def is_number(value) -> bool:
    """Whether it is a finite number, or text of one, but no truth value; limits are astropy's."""
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def is_text(value) -> bool:
    """Whether it is text."""
    return isinstance(value, str)


def is_address(value) -> bool:
    """Whether it is the address of a service."""
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def are_addresses(value) -> bool:
    """Whether it is one address or several."""
    addresses = [value] if isinstance(value, str) else value
    return are_texts(addresses) and len(addresses) > 0 and all(map(is_address, addresses))


def are_texts(value) -> bool:
    """Whether it is text, or a list of it."""
    return isinstance(value, str) or (
        isinstance(value, list | tuple) and all(isinstance(x, str) for x in value)
    )


class Setting(config.ConfigItem):
    """A setting that is checked when it is set, and when it is read from a file.

    Parameters
    ----------
    default, description, cfgtype
        As of `astropy.config.ConfigItem`.
    must : str
        What it has to be, in words.
    check : callable
        Whether a value is that, beside what ``cfgtype`` says.
    """

    def __init__(
        self, default, description: str, must: str, check: Callable | None = None, cfgtype=None
    ):
        self.must, self._check = must, check
        super().__init__(default, description, cfgtype, module=f"{__package__}.config")

    def set(self, value):
        """Set the value.

        Raises
        ------
        InvalidParameterError
            If it makes no sense; the message says what does.
        """
        value = os.fspath(value) if isinstance(value, os.PathLike) else value
        value = value.item() if isinstance(value, np.generic) else value
        try:
            if self._check is not None and not self._check(value):
                raise TypeError
            super().set(value)
        except TypeError:
            raise self._refused(value) from None

    def __call__(self):
        try:
            value = super().__call__()
        except TypeError as error:
            raise InvalidParameterError(
                f"the setting {self.name} in astrocnn.cfg must be {self.must} ({error})"
            ) from error
        if self._check is not None and not self._check(value):
            raise self._refused(value)
        return value

    def _refused(self, value) -> Exception:
        return InvalidParameterError(f"conf.{self.name} must be {self.must}, not {value!r}")
