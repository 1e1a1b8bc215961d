"""Requests to a catalog service, and what is kept of its answers."""

from collections.abc import Callable
from typing import Any

from ..config import conf
from ..exceptions import CatalogError, InvalidParameterError
from ..services import PassingFault, Tries, UselessAnswer, download, unpacked
from ._cache import ANSWERS

__all__ = ["Service"]

#: Largest answer that is accepted (bytes): a million rows of a cluster catalog.
_MAX_BYTES = 512 * 2**20
#: Wait before the first retry (s); it doubles with each one.
_BACKOFF = 1.0
#: Longest wait that a service can ask for with Retry-After (s).
_MAX_WAIT = 60.0
_ADVICE = (
    "; check the connection and call again (what has arrived is kept), or read a file of the "
    "catalog with astrocnn.catalogs.read_catalog"
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
        timeout = conf.catalog_timeout if timeout is None else timeout
        retries = conf.retries if retries is None else retries
        total = (retries + 1) * (timeout + _MAX_WAIT)
        self.tries = Tries(timeout, total, retries, _BACKOFF, _MAX_WAIT)
        self.cache = cache
        self.n_sent = self.n_cached = 0
        self._parse = parse

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
        if self.cache is True and (kept := ANSWERS.load(label, key)) is not None:
            try:
                answer = self._read_table(kept.content, "the folder of kept answers")
                self.n_cached += 1
                return answer
            except (PassingFault, CatalogError):
                ANSWERS.discard(label, key)
        content, answer = download(
            [self.server], parameters, self._read,
            tries=self.tries, most=_MAX_BYTES, method=self.method, error=CatalogError,
            advice=_ADVICE,
        )  # fmt: skip
        self.n_sent += 1
        if self.cache:
            ANSWERS.store(label, key, content)
        return answer

    def _read(self, answer, server) -> tuple[bytes, Any]:
        """Body of an answer, and what it says."""
        try:
            content = unpacked(answer.content, _MAX_BYTES)
        except UselessAnswer as error:
            raise CatalogError(f"{server}: {error}") from error
        return content, self._read_table(content, server)

    def _read_table(self, content, whence) -> Any:
        """What an answer says."""
        try:
            return self._parse(content)
        except (PassingFault, CatalogError):
            raise
        except Exception as error:  # columns are missing, of another kind ...
            reason = str(error) or type(error).__name__
            raise CatalogError(f"the table of {whence} cannot be read: {reason}") from error
