"""Files that a command writes: what they may replace, and the parts of an unfinished run."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .._paths import expand_pattern, user_path

__all__ = ["clear_parts", "keep_digest", "parts_folder", "refuse_inputs", "wrote_table"]

#: Digest of the table that a run wrote before it was done, in the folder of its parts.
_DIGEST = ".table.sha256"


def refuse_inputs(output: str | None, inputs: Iterable[str | os.PathLike | None]) -> None:
    """Raise if a file to write is one that is read, by whatever name.

    Parameters
    ----------
    output : str, optional
        File to write.
    inputs : iterable of str, path or None
        Files, folders and patterns.

    Raises
    ------
    InvalidParameterError

    Examples
    --------
    >>> from pathlib import Path
    >>> from astrocnn.cli._outputs import refuse_inputs
    >>> Path("a.csv").touch()
    >>> refuse_inputs("a.csv", ["./a.csv"])
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: 'a.csv' is read too ('a.csv'): give the output ...
    """
    from ..exceptions import InvalidParameterError

    if output is None or not user_path(output).is_file():
        return
    for path in inputs:
        for file in [] if path is None else expand_pattern(path):
            if file.exists() and file.samefile(user_path(output)):
                raise InvalidParameterError(
                    f"'{output}' is read too ('{file}'): give the output another name"
                )


def parts_folder(args) -> Path | None:
    """Return the folder of the parts of a run; None where nothing is written."""
    if args.folder is not None:
        return user_path(args.folder)
    return None if args.output is None else user_path(f"{args.output}.parts")


def wrote_table(args, folder: Path | None) -> bool:
    """Say whether the table is still the one that the unfinished run of these parts wrote."""
    if args.folder is not None or folder is None:
        return False
    with suppress(OSError):
        return (folder / _DIGEST).read_text("ascii", "replace") == _digest(args.output)
    return False


def keep_digest(args, folder: Path | None) -> None:
    """Keep by what the table of an unfinished run is known, so that going on may replace it."""
    from ..storage import write_whole

    if args.folder is None and args.output is not None and folder is not None and folder.is_dir():
        with suppress(OSError):  # a full disk; --overwrite replaces it then
            write_whole(folder / _DIGEST, _digest(args.output))


def clear_parts(args, folder: Path | None) -> None:
    """Remove the parts of a run, unless the folder was asked for."""
    from ..exceptions import StoreError
    from ..storage import RunFolder

    if args.folder is None and folder is not None:
        with suppress(StoreError):
            run = RunFolder.existing(folder)
            (folder / _DIGEST).unlink(missing_ok=True)
            run.remove()


def _digest(path) -> str:
    import hashlib

    with user_path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
