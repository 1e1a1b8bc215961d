"""Requests to a catalog service: sent again after passing faults, kept on disk."""

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

from ..config import conf
from ..exceptions import CatalogError
from ._cache import discard, load, store

__all__ = ["PassingFault", "Service"]

#: Largest answer that is accepted (bytes): a million rows of a cluster catalog.
_MAX_BYTES = 512 * 2**20
#: Wait before the first retry (s); it doubles with each one.
_BACKOFF = 1.0
#: Longest wait that a service can ask for with Retry-After (s).
_MAX_WAIT = 60.0
#: Longest wait for a connection (s); an answer may take longer.
_CONNECT = 10.0
#: How TAP services report an error (IVOA DALI 1.1, sect. 4.4.2).
_REPORTED = re.compile(r'<INFO[^>]*"QUERY_STATUS"[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]+)')
_MAX_SAID = 8192
_ADVICE = (
    "check the connection and call again (what has arrived is kept), or read a file of the catalog "
    "with astrocnn.catalogs.read_catalog"
)


class PassingFault(Exception):
    """An answer is of no use for a reason that may have gone when the request is sent again."""

    def __init__(self, message, wait=None):
        super().__init__(message)
        self.wait = wait


class Service:
    """One catalog service.

    Parameters
    ----------
    server : str
        Its address.
    parse : callable
        Makes of the body of an answer (bytes) what `ask` returns, and raises `PassingFault` or
        `CatalogError` if it is of no use: such an answer is not kept.
    method : {'POST', 'GET'}
        How it is asked.
    timeout : float, optional
        Seconds that one answer may take, from the request to the last byte; by default
        ``catalog_timeout`` of `astrocnn.conf`.
    retries : int, optional
        How often a request is sent again after no connection, no answer in time, status 429 or
        5xx, or half an answer; by default ``retries`` of `astrocnn.conf`.
    cache : bool or 'update'
        Whether answers are taken from and kept in the folder of `cache_folder`; ``"update"``: kept
        only.

    Attributes
    ----------
    n_sent, n_cached : int
        Requests that were answered by the service and from the folder.
    """

    def __init__(
        self,
        server: str,
        parse: Callable[[bytes], Any],
        *,
        method: str = "POST",
        timeout: float | None = None,
        retries: int | None = None,
        cache: bool | str = True,
    ):
        if cache not in (True, False, "update"):
            raise ValueError(f"cache must be True, False or 'update', not {cache!r}")
        self.server, self.method = server, method
        self.timeout = conf.catalog_timeout if timeout is None else timeout
        self.retries = conf.retries if retries is None else retries
        self.cache = cache
        self.n_sent = self.n_cached = 0
        self._parse = parse
        self._session = None

    def ask(self, parameters: "str | dict[str, str]", label: str) -> Any:
        """Return the answer to a request, from the cache or from the service.

        Parameters
        ----------
        parameters : str or dict of str to str
            Body of a POST request, or parameters of a GET request.
        label : str
            Start and kind of the file name in the cache, e.g. ``"psz2.vot"``.

        Raises
        ------
        CatalogError
            If there is none that is of use.
        """
        key = repr((self.method, parameters))
        if self.cache is True and (content := load(label, key)) is not None:
            try:
                answer = self._parse(content)
                self.n_cached += 1
                return answer
            except (PassingFault, CatalogError):
                discard(label, key)
        content, answer = self._download(parameters)
        self.n_sent += 1
        if self.cache:
            store(label, key, content)
        return answer

    def _download(self, parameters) -> tuple[bytes, Any]:
        """Send one request, again after passing faults."""
        for attempt in itertools.count():
            try:
                content = self._request(parameters)
                return content, self._parse(content)
            except PassingFault as fault:
                wait = _BACKOFF * 2**attempt if fault.wait is None else fault.wait
                if attempt >= self.retries or wait > _MAX_WAIT:
                    asked = f"; it asks to come back in {wait:.0f} s" if wait > _MAX_WAIT else ""
                    raise CatalogError(
                        f"{fault}{asked} ({attempt + 1} tried); {_ADVICE}"
                    ) from fault
                time.sleep(wait)

    def _request(self, parameters) -> bytes:
        """Send one request and return the body of its answer."""
        import requests
        import urllib3

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = "astrocnn"
            self._session.max_redirects = 3
        place = "data" if self.method == "POST" else "params"
        first = min(self.timeout, _CONNECT)
        passing = (requests.ConnectionError, urllib3.exceptions.HTTPError, ConnectionError)
        started = time.monotonic()
        try:
            with self._session.request(
                self.method, self.server, **{place: parameters},
                timeout=(first, self.timeout), stream=True,
            ) as response:  # fmt: skip
                content = _read_body(response, started + self.timeout)
        except requests.ConnectTimeout as error:
            raise PassingFault(f"could not reach {self.server} within {first:g} s") from error
        except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
            raise PassingFault(
                f"{self.server} did not answer within {self.timeout:g} s (timeout=)"
            ) from error
        except passing as error:
            raise PassingFault(f"could not reach {self.server} ({_root(error)})") from error
        except (requests.RequestException, ValueError) as error:
            raise CatalogError(f"{self.server} cannot be used ({_root(error)})") from error
        _check_status(response, content, self.server)
        return content


def _read_body(response, deadline: float) -> bytes:
    """Body of an answer, up to a size and a time."""
    # read1 returns what is there; older urllib3 has only read, which waits for the whole block.
    read = getattr(response.raw, "read1", response.raw.read)
    parts, size = [], 0
    while part := read(2**16, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > _MAX_BYTES:
            raise CatalogError(
                f"{response.url.split('?')[0]} sent more than {_MAX_BYTES} bytes: ask for fewer "
                "positions or a smaller radius"
            )
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


def _check_status(response, content: bytes, server: str) -> None:
    """Raise unless an answer is a success."""
    status = response.status_code
    if status == 200:
        return
    text = content[:_MAX_SAID].decode("utf-8", "replace")
    if reported := _REPORTED.search(text):
        text = reported[1]
    start = " ".join(text.split())[:300]
    said = f"{server} answered {status}" + (f" ({start!r})" if start else "")
    if status == 429 or status >= 500:
        after = response.headers.get("Retry-After", "").strip()
        raise PassingFault(said, float(after) if after.isdigit() else None)
    raise CatalogError(f"{said}: the request is refused")


def _root(error: BaseException) -> str:
    """Message of the error that caused another one."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__
    return str(error) or type(error).__name__
