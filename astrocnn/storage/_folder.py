"""Folder that keeps what a long run has done, part by part, whatever ends the run."""

import errno
import hashlib
import json
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from .._paths import user_path
from ..exceptions import DamagedPartWarning, StoreError
from ._arrays import DAMAGE, pack_arrays, unpack_arrays
from ._lock import FolderLock
from ._whole import cannot_read, cannot_write, make_folder, remove_parts, write_whole

__all__ = ["RunFolder", "count_rows", "gaps"]

_MANIFEST = "run.json"
_FORMAT = 1
_PART = re.compile(r"rows-([0-9]{9,})-([0-9]{9,})\.npz")
#: Arrays of a part that say of which run, and of which of its rows, it is.
_RUN, _ROWS = "run", "rows"


class RunFolder:
    """Part-files of one run: each holds some rows, is written whole, and is checked on reading.

    A part is a NumPy ``.npz`` file (nothing pickled, a checksum of the whole) named after its rows.
    It is written by `write_whole`: it exists whole or not at all. The manifest ``run.json`` says of
    which run the parts are. No other file in the folder is touched.

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
    >>> from astrocnn.storage import RunFolder
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
        self.path = user_path(path)
        self.identity = dict(identity)
        self._lock = FolderLock(self.path)
        text = json.dumps(self.identity, sort_keys=True)
        self._run = np.bytes_(hashlib.sha256(text.encode()).hexdigest())

    @classmethod
    def existing(cls, path) -> "RunFolder":
        """Return a folder that is there, to read it whatever run it is of, without a lock.

        Raises
        ------
        StoreError
            If there is no manifest, or it is damaged.
        """
        return cls(path, _read_manifest(user_path(path) / _MANIFEST))

    def __enter__(self) -> "RunFolder":
        make_folder(self.path)
        try:
            self._lock.__enter__()
        except StoreError:
            if self.path.exists():
                raise
            make_folder(self.path)  # another process has just removed it
            self._lock.__enter__()
        try:
            self._check_manifest()
            remove_parts(self.path)  # half-written when a run was killed
        except BaseException:
            if not (self.path / _MANIFEST).exists():  # it is no folder of ours
                self._lock.delete()
            self._lock.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._lock.__exit__()

    def parts(self) -> list[tuple[int, int]]:
        """First row, and the row after the last one, of each finished part, in order."""
        names = [_PART.fullmatch(path.name) for path in self.path.glob("rows-*-*.npz")]
        return sorted((int(name[1]), int(name[2])) for name in names if name)

    def read(self, start: int, stop: int, parse: Callable = dict, discard: bool = True):
        """Return what a part holds; None, with a warning, if it is damaged.

        Parameters
        ----------
        start, stop : int
            First row, and the row after the last one.
        parse : callable
            Makes of the arrays, by name, what is returned; where it fails, the part is damaged.
        discard : bool
            Whether a damaged part is deleted, so that its rows are missing.

        Raises
        ------
        StoreError
            If it may not be read.
        """
        path = self._part(start, stop)
        try:
            arrays = unpack_arrays(path.read_bytes())
            if arrays.pop(_RUN) != self._run:
                raise ValueError("of another run")
            if arrays.pop(_ROWS, np.array([start, stop])).tolist() != [start, stop]:
                raise ValueError("of other rows")
            return parse(arrays)
        except PermissionError as error:  # no damage
            raise cannot_read(path, error) from error
        except DAMAGE as error:
            reason = str(error) or type(error).__name__
            warnings.warn(
                f"'{path}' is damaged ({reason}): its {stop - start} rows have to be computed anew",
                DamagedPartWarning,
                stacklevel=2,
            )
            if discard:
                self.discard(start, stop)
            return None

    def discard(self, start: int, stop: int) -> None:
        """Delete a part, so that its rows are missing."""
        try:
            self._part(start, stop).unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def write(self, start: int, stop: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Write the arrays of a part; it replaces an older one of the same rows.

        Raises
        ------
        StoreError
            If it cannot be written (disk full).
        """
        own = {_RUN: self._run, _ROWS: np.array([start, stop])}
        write_whole(self._part(start, stop), pack_arrays({**own, **arrays}))

    def remove(self) -> None:
        """Delete the parts, the manifest and the lock; the folder too, where nothing else is in it.

        Raises
        ------
        StoreError
            If that is not permitted, or another process uses the folder; nothing is deleted then.
        """
        try:
            with self._lock:
                for start, stop in self.parts():
                    self._part(start, stop).unlink(missing_ok=True)
                remove_parts(self.path)
                (self.path / _MANIFEST).unlink(missing_ok=True)
                self._lock.delete()  # last, so that nobody begins meanwhile
                self.path.rmdir()
        except StoreError:
            raise
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # other files; the next run's lock
                return
            raise cannot_write(self.path, error) from error

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
            write_whole(path, json.dumps({"format": _FORMAT, **self.identity}, indent=1))
            return
        there = _read_manifest(path)
        different = [
            f"{name} differ ({_short(there.get(name))} there, {_short(self.identity.get(name))} "
            "here)"
            for name in {**self.identity, **there}
            if there.get(name) != self.identity.get(name)
        ]
        if different:
            raise StoreError(
                f"'{self.path}' holds another run: {'; '.join(different)}. Choose another folder, "
                "or delete this one to begin anew"
            )


def _read_manifest(path: Path) -> dict[str, str]:
    """The identity in a manifest."""
    try:
        identity = json.loads(path.read_text(encoding="utf-8"))
        version = identity.pop("format")
        if not all(isinstance(value, str) for value in identity.values()):
            raise ValueError("not all values are text")
    except (FileNotFoundError, NotADirectoryError) as error:
        what = "it is a file" if path.parent.is_file() else f"it has no {path.name}"
        raise StoreError(f"'{path.parent}' is no folder of a run: {what}") from error
    except PermissionError as error:  # no damage
        raise cannot_read(path, error) from error
    except DAMAGE as error:
        reason = str(error) or type(error).__name__
        raise StoreError(f"'{path}' is damaged ({reason}): choose another folder") from error
    if version != _FORMAT:
        raise StoreError(
            f"'{path}' was written by another version of astrocnn: choose another folder, or use "
            "that version"
        )
    return identity


def gaps(n: int, done: list[tuple[int, int]], step: int) -> list[slice]:
    """Return the rows of 0 to n that are in no part, in slices of at most ``step``.

    Parameters
    ----------
    n : int
        Number of rows.
    done : list of (int, int)
        First row, and the row after the last one, of each part; see `RunFolder.parts`.
    step : int
        Most rows of a slice.

    Returns
    -------
    list of slice

    Examples
    --------
    >>> from astrocnn.storage import gaps
    >>> gaps(10, [(2, 4)], 4)
    [slice(0, 2, None), slice(4, 8, None), slice(8, 10, None)]
    """
    found, start = [], 0
    for stop, after in [*sorted(done), (n, n)]:
        found += [slice(a, min(a + step, stop)) for a in range(start, stop, step)]
        start = max(start, after)
    return found


def count_rows(rows: slice | np.ndarray) -> int:
    """Return how many rows a slice with both ends, or an array of row numbers, means.

    Examples
    --------
    >>> from astrocnn.storage import count_rows
    >>> count_rows(slice(2, 6))
    4
    """
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def _short(value) -> str:
    text = str(value)
    return text[:8] if len(text) == 64 and text.isalnum() else text  # a digest
