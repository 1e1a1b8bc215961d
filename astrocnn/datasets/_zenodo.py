"""Files of a Zenodo record, downloaded once and checked against what the record publishes."""

import hashlib
import json
import warnings
import zipfile
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from astropy.utils import data

from ..config import conf
from ..exceptions import AstrocnnWarning, ProviderError

__all__ = ["fetch_zip", "md5"]

_SERVER = "https://zenodo.org"
_PACKAGE = "astrocnn"
#: The description of a record is a few kilobytes.
_MAX_RECORD = 5_000_000


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
    headers = {"User-Agent": data.conf.default_http_user_agent, "Accept": "application/json"}
    try:
        with urlopen(Request(url, headers=headers), timeout=conf.timeout) as answer:
            found = json.loads(answer.read(_MAX_RECORD))
        entries = {entry["key"]: entry["checksum"] for entry in found["files"]}
        kind, _, value = entries[name].partition(":")
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
        return None, f"{url} did not say its checksum ({_in_words(error)})"
    if kind != "md5":
        return None, f"{url} has a checksum of another kind, {kind!r}"
    return value.lower(), ""


def _download(url: str, record: int, name: str) -> Path:
    """Download a file to a temporary place."""
    try:
        return Path(
            data.download_file(
                url,
                cache=False,
                show_progress=conf.progress,
                timeout=conf.timeout,
                pkgname=_PACKAGE,
            )
        )
    except (OSError, HTTPException) as error:
        raise ProviderError(
            f"cannot download {url} ({_in_words(error)}): {_advice(record, name)}"
        ) from error


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
            f"the file is not kept, because the cache cannot be written ({_in_words(error)}); it "
            "will be downloaded again by the next session",
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


def _in_words(error: BaseException) -> str:
    """What went wrong, without the clothes of urllib; the connection is closed."""
    if isinstance(error, HTTPError):
        error.close()
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    if isinstance(reason, OSError) and reason.strerror:
        reason = reason.strerror
    code = getattr(error, "code", None)
    text = str(reason) or type(error).__name__
    return f"{code} {text}" if isinstance(code, int) else text
