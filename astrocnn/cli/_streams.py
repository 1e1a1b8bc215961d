"""Standard streams of a command: closed ones, encodings, and what cannot be written any more."""

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["drop_unwritten", "standard_streams"]


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Make the standard streams such that every line can be written, while a command runs.

    A closed one (``>&-``) leads nowhere; characters that an encoding lacks become question marks.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # in this order they get the numbers 0, 1 and 2
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    streams = [(stream, getattr(stream, "errors", None)) for stream in (sys.stdout, sys.stderr)]
    changed = [
        (stream, errors)
        for stream, errors in streams
        if errors == "strict" and hasattr(stream, "reconfigure")
    ]
    for stream, _ in changed:
        stream.reconfigure(errors="replace")
    try:
        yield
    finally:
        for stream, errors in changed:
            with contextlib.suppress(OSError, ValueError):  # what is left cannot be written
                stream.reconfigure(errors=errors)


def drop_unwritten() -> None:
    """Forget what standard output did not take: Python would try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
