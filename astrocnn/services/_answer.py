"""Answer of a service, in words and bytes, and the faults that take its place."""

import contextlib
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ._watch import TooLarge

__all__ = [
    "Answer", "Gunzip", "PassingFault", "Refused", "UselessAnswer", "check_status", "received",
    "unpacked",
]  # fmt: skip

#: How TAP services report an error (IVOA DALI 1.1, sect. 4.4.2).
_REPORTED = re.compile(rb'<INFO[^>]*"QUERY_STATUS"[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]+)')
#: Bytes of an answer that are searched for words.
_SEARCHED = 8192
_GZIP = b"\x1f\x8b"


class PassingFault(Exception):
    """A request failed for a reason that may have gone when it is sent again.

    Parameters
    ----------
    message : str
        What happened.
    wait : float, optional
        Seconds that the service asks to wait.
    answered : bool
        Whether the service began to answer.
    """

    def __init__(self, message: str, wait: float | None = None, answered: bool = True):
        super().__init__(message)
        self.wait, self.answered = wait, answered


class UselessAnswer(Exception):
    """A service answered, but not with what was asked for: another one may do better."""


class Refused(Exception):
    """A service, or this client, refuses the request: to ask again is no use."""


class Answer(NamedTuple):
    """Answer of a service.

    Attributes
    ----------
    status : int
    headers : mapping of str to str
        Upper and lower case of names are the same.
    content : bytes
        The body, without the packing of the connection; empty where it went into a file.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def passing(self) -> bool:
        """Whether the status says to come back later: 429 or 5xx."""
        return self.status == 429 or self.status >= 500

    @property
    def wait(self) -> float | None:
        """Seconds that the service asks to wait (Retry-After), as a number or a date."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
            return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
        return None


def check_status(answer: Answer, server: str) -> None:
    """Raise unless an answer is a success.

    Parameters
    ----------
    answer : Answer
        What a service sent.
    server : str
        Its address, for messages.

    Raises
    ------
    PassingFault
        If its status says to come back later (429, 5xx).
    Refused
        If it is any other status but 200.

    Examples
    --------
    >>> from astrocnn.services import Answer, check_status
    >>> check_status(Answer(200, {}, b"pixels"), "https://example.org/")
    >>> check_status(Answer(404, {}, b"no such survey"), "https://example.org/")
    Traceback (most recent call last):
        ...
    astrocnn.services._answer.Refused: https://example.org/ refused the request: status 404 (14 ...
    """
    if answer.status == 200:
        return
    if answer.passing:
        raise PassingFault(f"{server} answered {answer.status} ({received(answer)})", answer.wait)
    raise Refused(f"{server} refused the request: status {answer.status} ({received(answer)})")


def received(answer: Answer) -> str:
    """Return in words what an answer is: its size, kind and first words, or the error it reports.

    Parameters
    ----------
    answer : Answer
        What a service sent.

    Returns
    -------
    str
        To be put into a message.

    Examples
    --------
    >>> from astrocnn.services import Answer, received
    >>> received(Answer(200, {"Content-Type": "text/html"}, b"<html>Maintenance"))
    "17 bytes of text/html that start with '<html>Maintenance'"
    """
    kind = answer.headers.get("Content-Type", "no type").split(";")[0]
    start = answer.content[:200].decode("utf-8", "replace")
    if reported := _REPORTED.search(answer.content[:_SEARCHED]):
        start = reported[1][:300].decode("utf-8", "replace")
        return f"it reports: {' '.join(start.split())}"
    start = " ".join(start.split())
    return f"{len(answer.content)} bytes of {kind}" + (f" that start with {start!r}" * bool(start))


class Gunzip:
    """Bytes packed by gzip, unpacked as they come, up to a size.

    Parameters
    ----------
    most : int
        Bytes that may come out.
    """

    def __init__(self, most: int):
        self._most = self._left = most
        self._unzip = None
        self.whole = True

    def feed(self, packed: bytes) -> bytes:
        """Return what comes out; raise `TooLarge`, or `zlib.error` where bytes are damaged."""
        parts = []
        while packed:
            if self._unzip is None:
                if parts and not packed.strip(b"\0"):  # padding after the last member
                    break
                self._unzip = zlib.decompressobj(wbits=31)
            parts.append(self._unzip.decompress(packed, self._left + 1))
            self._left -= len(parts[-1])
            if self._left < 0:
                raise TooLarge(f"more than {self._most} bytes when unpacked")
            packed = self._unzip.unconsumed_tail or self._unzip.unused_data
            self.whole = self._unzip.eof
            if self._unzip.eof:
                self._unzip = None
        return b"".join(parts)


def unpacked(content: bytes, most: int) -> bytes:
    """Return content as it is without gzip: some services send ``.gz`` files as they lie there.

    Parameters
    ----------
    content : bytes
        Body of an answer.
    most : int
        Largest size that is accepted (bytes).

    Raises
    ------
    UselessAnswer
        If it is packed and cut short, damaged, or larger than that.

    Examples
    --------
    >>> import gzip
    >>> from astrocnn.services import unpacked
    >>> unpacked(gzip.compress(b"pixels"), 100), unpacked(b"pixels", 100)
    (b'pixels', b'pixels')
    """
    if not content.startswith(_GZIP):
        return content
    gunzip = Gunzip(most)
    try:
        plain = gunzip.feed(content)
    except (zlib.error, TooLarge) as error:
        raise UselessAnswer(f"the packed answer cannot be read: {error}") from error
    if not gunzip.whole:
        raise UselessAnswer(f"the packed answer is cut short after {len(content)} bytes")
    return plain
