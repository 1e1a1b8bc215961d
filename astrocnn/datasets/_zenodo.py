"""Files of a Zenodo record, downloaded once and checked against what the record publishes."""

import hashlib
import json
import os
import tempfile
import warnings
import zipfile
from pathlib import Path

from astropy.utils import data
from tqdm.auto import tqdm

from ..config import conf
from ..exceptions import AstrocnnWarning, ProviderError
from ..services import Tries, UselessAnswer, ask, download, get, received

__all__ = ["fetch_zip", "md5"]

_SERVER = "https://zenodo.org"
_PACKAGE = "astrocnn"
#: The description of a record is a few kilobytes.
_MAX_RECORD = 5_000_000
#: Largest file that is accepted (bytes), and the slowest connection that is waited for (bytes/s).
_MAX_FILE, _PACE = 4_000_000_000, 20_000


def fetch_zip(record: int, name: str) -> Path:
    """Return a zip file of a Zenodo record from astropy's cache; download it at the first call.

    Parameters
    ----------
    record : int
        Number of the record.
    name : str
        Name of the file in it.

    Returns
    -------
    `~pathlib.Path`
        The file in astropy's cache, or a temporary one where that cannot be written.

    Raises
    ------
    ProviderError
        If it cannot be downloaded, is no zip file, or does not have the published checksum.

    Warns
    -----
    AstrocnnWarning
        If the record did not say the checksum, or the cache cannot be written.
    """
    url = f"{_SERVER}/records/{record}/files/{name}?download=1"
    if (path := _cached(url)) is not None:
        return path
    published, reason = _published_md5(record, name)
    path = _download(url, record, name)
    try:
        _check(path, url, record, name, published)
    except ProviderError:
        path.unlink(missing_ok=True)
        raise
    if published is None:
        warnings.warn(
            f"{name} could not be verified: {reason}; the MD5 of what was downloaded is "
            f"{md5(path)}",
            AstrocnnWarning,
            stacklevel=3,
        )
    return _keep(path, url)


def _cached(url: str) -> Path | None:
    """The file in the cache, if it is there and whole."""
    try:
        path = Path(data.download_file(url, cache=True, sources=[], pkgname=_PACKAGE))
    except KeyError:  # not there, and nowhere to get it from
        return None
    if zipfile.is_zipfile(path):
        return path
    data.clear_download_cache(url, pkgname=_PACKAGE)
    return None


def md5(path) -> str:
    """MD5 of a file, in hexadecimal, as Zenodo publishes it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _published_md5(record: int, name: str) -> tuple[str | None, str]:
    """The checksum that the record publishes; else None and the reason, in words."""
    url = f"{_SERVER}/api/records/{record}"
    try:
        entries = download([url], None, _entries, tries=_tries(), most=_MAX_RECORD)
        kind, _, value = entries[name].partition(":")
    except (ProviderError, KeyError, AttributeError) as error:
        return None, f"{url} did not say its checksum ({error})"
    if kind != "md5":
        return None, f"{url} has a checksum of another kind, {kind!r}"
    return value.lower(), ""


def _entries(answer, server) -> dict[str, str]:
    """Checksum of each file of a record."""
    try:
        found = json.loads(answer.content)
        return {entry["key"]: entry["checksum"] for entry in found["files"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UselessAnswer(f"{server} sent no record but {received(answer)}") from error


def _download(url: str, record: int, name: str) -> Path:
    """Download a file to a temporary place."""
    handle, path = tempfile.mkstemp(prefix="astrocnn-", suffix=".zip")
    os.close(handle)

    def attempt(session, server, timeout):
        bar = {"desc": name, "disable": not conf.progress, "delay": 2}
        with open(path, "wb") as plain, tqdm.wrapattr(plain, "write", **bar) as file:
            get(session, server, None, timeout, most=_MAX_FILE, into=file, pace=_PACE)

    try:
        ask([url], attempt, _tries())
    except BaseException as error:
        os.unlink(path)
        if not isinstance(error, ProviderError):
            raise
        raise ProviderError(
            f"cannot download {name} ({error}): {_advice(record, name)}"
        ) from error
    return Path(path)


def _tries() -> Tries:
    """How hard to try; a file may take longer, see `_PACE`."""
    return Tries(conf.timeout, conf.total_timeout, conf.retries)


def _check(path: Path, url: str, record: int, name: str, published: str | None) -> None:
    """Raise ProviderError unless a file is a whole zip file with the published checksum."""
    if not zipfile.is_zipfile(path):
        raise ProviderError(
            f"{url} answered with something that is no zip file, or only a part of one: try again "
            f"later, or {_advice(record, name)}"
        )
    if published is not None and (found := md5(path)) != published:
        raise ProviderError(
            f"{name} arrived with the MD5 {found}, the record says {published}: try again later, "
            f"or {_advice(record, name)}"
        )


def _keep(path: Path, url: str) -> Path:
    """Move a file into the cache."""
    try:
        kept = data.import_file_to_cache(url, str(path), remove_original=True, pkgname=_PACKAGE)
    except OSError as error:
        warnings.warn(
            "the file is not kept, because the cache cannot be written "
            f"({error.strerror or error}); it will be downloaded again by the next session",
            AstrocnnWarning,
            stacklevel=4,
        )
        return path
    return Path(kept)


def _advice(record: int, name: str) -> str:
    return (
        f"get {name} from {_SERVER}/records/{record} on a computer with a connection and give its "
        "place with path="
    )
