"""A folder that keeps what a long run has done, chunk by chunk, whatever ends the run."""

import hashlib
import json
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.table import QTable

from ..exceptions import DamagedPartWarning, StoreError
from ..storage import write_whole
from ._lock import FolderLock

__all__ = ["RunFolder", "count_rows", "gaps", "targets_digest"]

_MANIFEST = "run.json"
_FORMAT = 1
#: What reading a file that is damaged, or not ours, raises.
_DAMAGE = (
    OSError, EOFError, KeyError, ValueError, TypeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip


class RunFolder:
    """Part-files of one run: each holds some rows, is written whole, and is checked on reading.

    A part is a NumPy ``.npz`` file (nothing pickled, a checksum per array) named after its rows. It
    is written beside its place, synced to the disk and renamed: it exists whole or not at all. The
    manifest ``run.json`` says of which run the parts are.

    Parameters
    ----------
    path : path
        The folder; made if need be.
    identity : dict of str to str
        What makes the rows what they are, by name: a run with another identity is refused.

    Raises
    ------
    StoreError
        On entering: if another process uses the folder, if it holds another run, or something that
        is no run, or if it cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.cutouts._folder import RunFolder
    >>> with RunFolder("run", {"targets": "ten"}) as folder:
    ...     folder.write(0, 4, {"proba": np.ones(4)})
    >>> with RunFolder("run", {"targets": "ten"}) as folder:
    ...     folder.parts()
    [(0, 4)]
    >>> with RunFolder("run", {"targets": "eleven"}) as folder:
    ...     pass
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.StoreError: 'run' holds another run: targets differ (ten there, eleven ...
    """

    def __init__(self, path, identity: Mapping[str, str]):
        self.path = Path(path).expanduser()
        self.identity = dict(identity)
        self._lock = FolderLock(self.path)
        text = json.dumps(self.identity, sort_keys=True)
        self._run = np.bytes_(hashlib.sha256(text.encode()).hexdigest())

    @classmethod
    def existing(cls, path) -> "RunFolder":
        """Return a folder that is there, to read it whatever run it is of, without a lock."""
        identity = json.loads((Path(path).expanduser() / _MANIFEST).read_text())
        identity.pop("format")
        return cls(path, identity)

    def __enter__(self) -> "RunFolder":
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.__enter__()
        except StoreError:
            raise
        except OSError as error:
            raise self.cannot_write(error) from error
        try:
            self._check_manifest()
            for suffix in (".npz", ".json"):  # half-written when a run was killed
                for left in self.path.glob(f".*{suffix}"):
                    left.unlink()
        except BaseException:
            self._lock.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._lock.__exit__()

    def parts(self) -> list[tuple[int, int]]:
        """First row, and the row after the last one, of each finished part, in order."""
        found = []
        for path in self.path.glob("rows-*-*.npz"):
            _, start, stop = path.stem.split("-")
            if start.isdigit() and stop.isdigit():
                found.append((int(start), int(stop)))
        return sorted(found)

    def read(self, start: int, stop: int, discard: bool = True) -> dict[str, np.ndarray] | None:
        """Return the arrays of a part; None, with a warning, if it is damaged.

        With ``discard`` a damaged one is then gone, so that its rows are missing.
        """
        path = self._part(start, stop)
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is not None:  # the checksums
                    raise zipfile.BadZipFile("wrong checksum")
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            if arrays.pop("run") != self._run:
                raise ValueError("of another run")
            return arrays
        except _DAMAGE as error:
            warnings.warn(
                f"'{path}' is damaged ({error}): its {stop - start} rows have to be computed anew",
                DamagedPartWarning,
                stacklevel=2,
            )
            if discard:
                path.unlink(missing_ok=True)
            return None

    def write(self, start: int, stop: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the arrays of a part; it replaces an older one of the same rows.

        Raises
        ------
        StoreError
            If it cannot be written (disk full).
        """

        def write(path):
            np.savez_compressed(path, run=self._run, **arrays)

        try:
            write_whole(self._part(start, stop), write)
            _sync_folder(self.path)
        except OSError as error:
            raise self.cannot_write(error) from error

    def cannot_write(self, error: OSError) -> StoreError:
        """What a full disk or a missing permission becomes."""
        reason = os.strerror(error.errno) if error.errno else str(error)
        return StoreError(error.errno or 0, f"cannot write into '{self.path}': {reason}")

    def _part(self, start, stop) -> Path:
        return self.path / f"rows-{start:09d}-{stop:09d}.npz"

    def _check_manifest(self) -> None:
        """Write the manifest of a new folder; compare that of an old one."""
        path = self.path / _MANIFEST
        if not path.exists():
            others = [x.name for x in self.path.iterdir() if not x.name.startswith(".")]
            if others:
                raise StoreError(
                    f"'{self.path}' is no folder of a run (it holds {min(others)!r}): choose an "
                    "empty or a new one"
                )
            text = json.dumps({"format": _FORMAT, **self.identity}, indent=1)
            try:
                write_whole(path, text)
            except OSError as error:
                raise self.cannot_write(error) from error
            return
        try:
            found = json.loads(path.read_text())
            version = found.pop("format")
        except _DAMAGE + (AttributeError,) as error:
            raise StoreError(f"'{path}' is damaged ({error}): choose another folder") from error
        if version != _FORMAT:
            raise StoreError(f"'{path}' was written by another version of astrocnn")
        different = [
            f"{name} differ ({_short(found.get(name))} there, {_short(self.identity.get(name))} "
            "here)"
            for name in {**self.identity, **found}
            if found.get(name) != self.identity.get(name)
        ]
        if different:
            raise StoreError(
                f"'{self.path}' holds another run: {'; '.join(different)}. Choose another folder, "
                "or delete this one to begin anew"
            )


def gaps(n: int, done: list[tuple[int, int]], step: int) -> list[slice]:
    """Return the rows of 0 to n that are in no part, in slices of at most ``step``.

    Examples
    --------
    >>> from astrocnn.cutouts._folder import gaps
    >>> gaps(10, [(2, 4)], 4)
    [slice(0, 2, None), slice(4, 8, None), slice(8, 10, None)]
    """
    found, start = [], 0
    for stop, after in [*sorted(done), (n, n)]:
        found += [slice(a, min(a + step, stop)) for a in range(start, stop, step)]
        start = max(start, after)
    return found


def count_rows(rows: slice | np.ndarray) -> int:
    """Return how many rows a slice with both ends, or an array of row numbers, means."""
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def targets_digest(targets: QTable) -> str:
    """Return the SHA-256 of identifiers and positions of a target table."""
    digest = hashlib.sha256()
    ids = targets["target_id"]
    if getattr(ids, "mask", None) is not None:
        digest.update(np.asarray(ids.mask).tobytes())
        ids = ids.filled()
    for column in (np.asarray(ids), targets["ra"].value, targets["dec"].value):
        # Not the bytes of text in memory: their padding depends on the longest.
        digest.update("\n".join(map(str, column.tolist())).encode())
    return digest.hexdigest()


def _short(value) -> str:
    text = str(value)
    return text[:8] if len(text) == 64 and text.isalnum() else text  # a digest


def _sync_folder(path: Path) -> None:
    """Make sure that a name is on the disk too, not only the file."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
