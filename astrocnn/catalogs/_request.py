"""Requests to a catalog service: sent again after passing faults, kept on disk."""

import re
from collections.abc import Callable
from typing import Any

from .._http import Answer, PassingFault, open_session, retried, send
from ..config import conf
from ..exceptions import CatalogError, InvalidParameterError
from ._cache import discard, load, store

__all__ = ["Service"]

#: Largest answer that is accepted (bytes): a million rows of a cluster catalog.
_MAX_BYTES = 512 * 2**20
#: Wait before the first retry (s); it doubles with each one.
_BACKOFF = 1.0
#: Longest wait that a service can ask for with Retry-After (s).
_MAX_WAIT = 60.0
#: How TAP services report an error (IVOA DALI 1.1, sect. 4.4.2).
_REPORTED = re.compile(r'<INFO[^>]*"QUERY_STATUS"[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]+)')
_MAX_SAID = 8192
_ADVICE = (
    "check the connection and call again (what has arrived is kept), or read a file of the catalog "
    "with astrocnn.catalogs.read_catalog"
)


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
            raise InvalidParameterError(f"cache must be True, False or 'update', not {cache!r}")
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
        try:
            return retried(lambda: self._request(parameters), self.retries, _BACKOFF, _MAX_WAIT)
        except PassingFault as fault:
            raise CatalogError(f"{fault}; {_ADVICE}") from fault

    def _request(self, parameters) -> tuple[bytes, Any]:
        """Send one request and return the body of its answer, and what it says."""
        if self._session is None:
            self._session = open_session()
        answer = send(
            self._session,
            self.server,
            parameters,
            timeout=self.timeout,
            most=_MAX_BYTES,
            error=CatalogError,
            method=self.method,
            if_large=": ask for fewer positions or a smaller radius",
        )
        _check_status(answer, self.server)
        return answer.content, self._parse(answer.content)


def _check_status(answer: Answer, server: str) -> None:
    """Raise unless an answer is a success."""
    if answer.status == 200:
        return
    text = answer.content[:_MAX_SAID].decode("utf-8", "replace")
    if reported := _REPORTED.search(text):
        text = reported[1]
    start = " ".join(text.split())[:300]
    said = f"{server} answered {answer.status}" + (f" ({start!r})" if start else "")
    if answer.passing:
        raise PassingFault(said, answer.wait)
    raise CatalogError(f"{said}: the request is refused")
