"""``astrocnn predict``: from positions to a table of verdicts."""

import re
from argparse import ArgumentTypeError
from pathlib import Path

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "classify a list of positions"
DESCRIPTION = """\
Say of each position whether there is a galaxy cluster. One row per target, in the order of the targets; where
there is no verdict (no coverage, a fault) the row's flag says why. Images come from the hips2fits service of
CDS unless --images names some on this computer."""
EPILOG = """\
TARGETS is a file: CSV, ECSV, FITS or VOTable with columns of sky positions, or a DS9 region file (.reg);
or one position in quotes. Positions are ICRS: sexagesimal, or two numbers in degrees.

Quote patterns, so that the shell leaves them alone. XMM-Newton pipeline images are paired with their
exposure maps, which should lie beside them. Several --images of one band are taken together.

The weights that come with astrocnn were trained on simulated images, half of them clusters: probabilities
hold where half of the candidates are clusters.

examples:
  astrocnn predict targets.csv -o result.ecsv
  astrocnn predict --position "14h01m02s +02d52m42s" --position "210.26 2.88"
  astrocnn predict targets.fits --weights xmm --images "xmm=*.FTZ" --figure gallery.png
  astrocnn predict targets.csv --images "xmm=xmm/*.fits" --images "dss2=plates/*.fits"
  astrocnn predict targets.csv --match mcxc.csv.gz --radius 2arcmin -o result.fits

exit codes: 0 done, 1 bad input, 2 wrong command line, 3 no target got a verdict,
130 interrupted (Ctrl-C): the rows that were done are written."""

#: Rows that are printed, and targets in the figure.
_ROWS, _CUTOUTS = 20, 24
_POSITION = "a position such as \"14h01m02s +02d52m42s\" or \"210.26 2.88\""


def add_arguments(parser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("targets", metavar="TARGETS", nargs="?", help="a file with positions, or one position")
    add("--position", metavar='"RA DEC"', action="append", help="a position; may be repeated")
    add(
        "-o", "--output", metavar="FILE",
        help="table to write: .ecsv, .fits, .csv or .vot (default: result.ecsv where TARGETS is a "
        "file; else the table is only printed)",
    )  # fmt: skip
    add("--overwrite", action="store_true", help="replace files that exist")
    add(
        "--weights", metavar="W", default="xmm-dss2",
        help="xmm-dss2 (X-ray and optical images; default), xmm (X-ray images only), or a .keras file",
    )  # fmt: skip
    add(
        "--images", metavar="BAND=PATTERN", action="append", type=_source, default=[],
        help="images of a band on this computer: FITS files or HiPS folders; may be repeated",
    )  # fmt: skip
    add(
        "--threshold", metavar="T", type=_share, default=0.5,
        help="probability from which a target is called a cluster (default: 0.5)",
    )  # fmt: skip
    add("--figure", metavar="FILE", help=f"gallery of the first {_CUTOUTS} targets with a verdict")
    add("--match", metavar="CATALOG", help="file of a catalog to match the targets with")
    add(
        "--radius", metavar="R", type=_angle, default="2arcmin",
        help="largest distance of a match (default: 2arcmin)",
    )  # fmt: skip


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..catalogs import read_catalog
    from ..estimators import ClusterClassifier
    from ..exceptions import PredictionInterrupted
    from ..networks import read_description

    targets = _targets(args)
    output, figure = _outputs(args)
    catalog = None if args.match is None else read_catalog(args.match)
    images = _images(args.images)
    description = read_description(args.weights)
    classifier = ClusterClassifier(args.weights, images=images, threshold=args.threshold)
    print(f"device: {start_network()}")
    interrupted = None
    try:
        result = classifier.predict(targets)
    except PredictionInterrupted as error:
        result, interrupted = error.result, error
    if catalog is not None:
        result = match_sky(result, catalog, args.radius)
    # Files first: whoever reads what is printed may stop reading.
    if output is not None:
        write_result(result, output, args.overwrite)
    if interrupted:
        where = "not written" if output is None else f"written: {output}"
        print(f"{str(interrupted).partition(';')[0]}; the table so far is {where}")
        return 130
    ...
