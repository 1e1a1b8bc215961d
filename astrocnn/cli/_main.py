"""The command ``astrocnn``: its options, its exit codes, and how it speaks of errors."""

import argparse
import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence

from . import _cache, _demo, _info, _match, _predict, _tiles, _train, _validate
from ._arguments import Once
from ._streams import drop_unwritten, standard_streams
from ._terminal import explain, terminal

__all__ = ["main"]

EXIT_CODES = """\
exit codes:
  0    done
  1    bad input, or a file or service that cannot be used: one sentence says why
  2    the command line is wrong
  3    predict: no target got a prediction; the table says why, row by row
  130  interrupted (Ctrl-C); what was done is written"""

_EXAMPLES = """\
examples:
  astrocnn demo
      see it work on a small simulated sky, without a network
  astrocnn predict targets.csv -o result.ecsv
      classify a list of positions with images from the network
  astrocnn predict targets.reg --weights xmm --images "xmm=*.FTZ"
      classify them with X-ray images on this computer
  astrocnn match result.ecsv mcxc.csv.gz
      match the result with a catalog, and say what chance would give
  astrocnn validate result.ecsv --truth known.csv -o report.html
      compare predictions with the truth, on one page
  astrocnn tiles "pps/*.FTZ" --band xmm -o xmm_tiles
      make a local HiPS from FITS images
  astrocnn info --weights xmm
      what the weights were trained on, and how good they are

"astrocnn COMMAND --help" says more about each.

"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``astrocnn``.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the name of the command; by default those of the process.

    Returns
    -------
    int
        The exit code: 0 done; 1 bad input; 2 the command line is wrong; 3 no target got a
        prediction; 130 interrupted.

    Examples
    --------
    >>> from astrocnn.cli import main
    >>> main(["info", "--weights", "xmm"])
    weights: xmm
    bands: xmm
    ...
    0
    """
    with standard_streams():
        code = _exit_code(argv)
        if code == 130 and argv is None:
            # Threads may still wait for an answer of a service; whoever pressed Ctrl-C should not.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        return code


def _exit_code(argv) -> int:
    """Run the command, and say in one line what ends it early."""
    debug = False
    try:
        args = _parsed(argv)
        if isinstance(args, int):
            code = args
        else:
            debug = args.debug
            with terminal(args.quiet, debug):
                code = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # as in "astrocnn info | head": nobody reads on
        code = 141
    except Exception as error:  # noqa: BLE001 - the last place where anything can be said
        if debug:
            traceback.print_exc()
        print(f"error: {explain(error)}", file=sys.stderr)
        code = 1
    drop_unwritten()
    return code


def _parsed(argv) -> argparse.Namespace | int:
    """Options, or the exit code where there is nothing to run."""
    parser, told = _parser(), io.StringIO()
    try:
        with contextlib.redirect_stdout(told):
            args = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has said what is wrong, or shown the help
        print(told.getvalue(), end="")  # it would not say that nothing can be written
        return int(stop.code or 0)
    if args.command is None:
        parser.print_help(sys.stderr)
        return 2
    return args


def _parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    from .. import __version__

    parser = argparse.ArgumentParser(
        prog="astrocnn",
        description="From a list of sky positions to a table that says which are galaxy clusters.",
        epilog=_EXAMPLES + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"astrocnn {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for command in (_demo, _predict, _match, _validate, _train, _tiles, _info, _cache):
        name = command.__name__.rpartition("._")[2]
        child = commands.add_parser(
            name,
            help=command.SUMMARY,
            description=command.DESCRIPTION,
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        child.register("action", None, Once)
        command.add_arguments(child)
        child.add_argument("--quiet", action="store_true", help="no progress bars")
        child.add_argument(
            "--debug", action="store_true", help="show all warnings, and where an error arose"
        )
        child.set_defaults(run=command.run)
    return parser
