"""What a person at a terminal sees: warnings and errors in one line, tables in full width."""

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

__all__ = [
    "check_folder",
    "check_targets",
    "explain",
    "print_table",
    "read_reference",
    "save_figure",
    "start_network",
    "terminal",
]


@contextlib.contextmanager
def terminal(quiet: bool, debug: bool) -> Iterator[None]:
    """Set how a command speaks, while it runs: warnings in one line each, progress or not."""
    # The loggers of astropy and astroquery take over warnings when they are imported.
    from astropy.logger import conf as log_conf
    from astropy.utils.exceptions import AstropyUserWarning

    from ..config import conf
    from ..exceptions import NoCoverageWarning

    with (
        warnings.catch_warnings(),
        log_conf.set_temp("log_warnings", False),
        conf.set_temp("progress", conf.progress and not quiet),
    ):
        warnings.simplefilter("default" if debug else "ignore")
        if not debug:
            warnings.simplefilter("default", AstropyUserWarning)
            # The summary of a result has that line too.
            warnings.simplefilter("ignore", NoCoverageWarning)
        warnings.showwarning = _say_once(set())
        yield


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def explain(error: BaseException) -> str:
    """Say in one line what went wrong; what nobody foresaw is called unexpected.

    Examples
    --------
    >>> from astrocnn.cli._terminal import explain
    >>> explain(FileNotFoundError(2, "No such file or directory", "a.fits"))
    "No such file or directory: 'a.fits'"
    >>> explain(KeyError("flux"))
    "unexpected KeyError: 'flux' (--debug shows where; please report it)"
    """
    from ..exceptions import AstrocnnError

    if isinstance(error, OSError) and error.strerror:
        name = f": '{error.filename}'" if error.filename is not None else ""
        return _one_line(f"{error.strerror}{name}")
    if isinstance(error, AstrocnnError | OSError | ImportError):
        return _one_line(error)
    kind = type(error).__name__
    return f"unexpected {kind}: {_one_line(error)} (--debug shows where; please report it)"


def _say_once(said: set[str]):
    """What shows warnings: each sentence once, be images read for predictions or for a figure."""

    def show(message, *_, **__):
        line = f"warning: {_one_line(message)}"
        if line not in said:
            said.add(line)
            _say(line)

    return show


def _one_line(message) -> str:
    return " ".join(str(message).split())


def start_network() -> str:
    """Load Keras and return the device that it runs on.

    TensorFlow's C++ code writes notes on its start straight to the terminal, whatever its
    settings say. They are kept off, unless the start fails.
    """
    from ..networks import device_name

    sys.stderr.flush()
    with tempfile.TemporaryFile() as notes:
        saved = os.dup(2)
        try:
            os.dup2(notes.fileno(), 2)
            return device_name()
        except Exception:
            notes.seek(0)
            os.write(saved, notes.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def print_table(table, most: int | None = None) -> None:
    """Print a table as wide as it is, and at most so many of its rows."""
    from astropy.table import QTable

    shown = QTable(table if most is None else table[:most])
    align = ["<" if shown[name].dtype.kind in "US" else ">" for name in shown.colnames]
    for line in shown.pformat(max_lines=-1, max_width=-1, align=align):
        print(line.rstrip())
    if len(shown) < len(table):
        print(f"... and {len(table) - len(shown)} more rows")


def check_targets(targets, form: str | None = None):
    """Return the targets, or raise what reading them raises; warnings come later, in earnest."""
    from ..tables import read_targets

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_targets(targets, form)


def read_reference(path: str, form: str | None = None, columns=None):
    """Read a catalog to match with; one without rows matches nothing, which is no result.

    ``columns`` tells which are those that are looked for, see `read_catalog`.
    """
    from ..catalogs import read_catalog
    from ..exceptions import InvalidTargetError

    catalog = read_catalog(path, columns=columns, format=form)
    if not len(catalog):
        raise InvalidTargetError(f"the catalog '{path}' has no rows: give one that has entries")
    return catalog


def check_folder(path) -> Path:
    """Return a folder for output, made if need be."""
    from ..storage import make_folder

    folder = make_folder(path)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"no permission to write in the folder '{path}'")
    return folder


def save_figure(figure, path: Path, replace: bool = True) -> None:
    """Save a figure, whole or not at all."""
    from ..storage import write_whole

    write_whole(path, lambda part: figure.savefig(part, dpi=150), replace=replace)
