"""Redirects and links to other places: where a service may lead."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from ..config import conf
from ._answer import UselessAnswer
from ._sockets import Origin, origin_of

__all__ = ["check_onward"]


def check_onward(server: str, address: str, allowed: Iterable[str] = ()) -> None:
    """Raise `UselessAnswer` unless a service may lead to an address, by redirect or by link.

    It may lead to its own host, from http to https there, to the hosts of ``allowed``, and to those
    that ``redirect_hosts`` of `astrocnn.conf` names. It may not lead from https to http, unless the
    name in ``redirect_hosts`` starts with ``http://``.

    Parameters
    ----------
    server : str
        Address that was asked.
    address : str
        Where it leads.
    allowed : iterable of str
        Addresses of the same service elsewhere.

    Raises
    ------
    UselessAnswer
        If it may not, or what is there is no address of http or https.

    Examples
    --------
    >>> from astrocnn.services import check_onward
    >>> check_onward("http://example.org/a", "https://example.org/b")
    >>> check_onward("http://example.org/a", "http://example.com/b")
    Traceback (most recent call last):
        ...
    astrocnn.services._answer.UselessAnswer: http://example.org/a leads to http://example.com/b, ...
    """
    try:
        start, end = origin_of(server), origin_of(address)
    except ValueError as error:
        raise UselessAnswer(f"{server} leads to {address[:200]!r}: {error}") from error
    if _is_own(start, end) or any(end[:3] == _place(other) for other in allowed):
        return
    if any(_is_named(name, start, end) for name in conf.redirect_hosts):
        return
    name = f"http://{end.netloc}" if (start.scheme, end.scheme) == ("https", "http") else end.netloc
    raise UselessAnswer(
        f"{server} leads to {address[:200]}, which is another place; if you trust it, add "
        f"{name!r} to conf.redirect_hosts"
    )


def _is_own(start: Origin, end: Origin) -> bool:
    """Whether a place is the same one, or its way through TLS."""
    if start.host != end.host:
        return False
    usual = (start.scheme, start.port, end.scheme, end.port) == ("http", 80, "https", 443)
    return start[:3] == end[:3] or usual


def _place(address) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address, None if it is none."""
    try:
        return origin_of(address)[:3]
    except ValueError:
        return None


def _is_named(name: str, start: Origin, end: Origin) -> bool:
    """Whether a name of the setting, in which ``*`` stands for anything, allows a place."""
    scheme, _, host = name.lower().rpartition("://")
    if (start.scheme, end.scheme) == ("https", "http") and scheme != "http":
        return False
    return any(fnmatchcase(found, host) for found in (end.host, f"{end.host}:{end.port}"))
