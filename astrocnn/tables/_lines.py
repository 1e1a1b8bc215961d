"""Lines of text files, in whatever encoding."""

import re
import warnings
from pathlib import Path

from astropy.utils.data import get_readable_fileobj

from ..exceptions import AstrocnnWarning

__all__ = ["all_lines", "all_text", "decode", "split_lines"]


def decode(content: bytes) -> str:
    """Bytes as text; what is no UTF-8 is escaped."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "backslashreplace")
    return content.decode("utf-8-sig", "backslashreplace")


def split_lines(text: str) -> list[str]:
    """Lines of a text, however they end."""
    return re.split(r"\r\n|\n|\r", text)


def all_text(path: Path) -> str:
    """Return a whole file as text; bytes that are no UTF-8 are escaped, with a warning."""
    with get_readable_fileobj(path, encoding="binary") as file:
        content = file.read()
    try:
        content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8")
    except UnicodeDecodeError as err:
        warnings.warn(
            f"'{path}' holds bytes that are no UTF-8 (the first at {err.start}): they are written "
            r"as \xe9 and the like; save the file in UTF-8 to have letters",
            AstrocnnWarning,
            stacklevel=5,
        )
    return decode(content)


def all_lines(path: Path) -> list[str]:
    """The whole file as lines; see `all_text`."""
    return split_lines(all_text(path))
