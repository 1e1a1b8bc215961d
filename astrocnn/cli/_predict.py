"""``astrocnn predict``: from positions to a table of predictions."""

from .._paths import user_path
from ._arguments import (
    add_format,
    image_sources,
    prevalence,
    radius,
    refuse_unused,
    share,
    some_path,
    source,
)
from ._outputs import clear_parts, keep_digest, parts_folder, refuse_inputs, wrote_table
from ._positions import parse_positions

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "classify a list of positions"
DESCRIPTION = """\
Say of each position whether there is a galaxy cluster. The table has one row
per target, in the order of the targets; where there is no prediction (no
coverage, a fault) the row's flag says why. Images come from the hips2fits
service of CDS, unless --images names some on this computer."""
EPILOG = """\
TARGETS is a file: CSV, ECSV, FITS or VOTable with columns of sky positions, or
a DS9 region file (.reg); or one position in quotes. Positions on the command
line are ICRS: sexagesimal, or two numbers in degrees.

Quote patterns, so that the shell leaves them alone. XMM-Newton pipeline images
are paired with the exposure maps that match the pattern too. Several --images
of one band are taken together.

The weights that come with astrocnn were trained on simulated images, about
half of them clusters: probabilities hold where as many of the candidates are
clusters ("astrocnn info" names the fraction), or for that of --prior.

A run that ends before its time (Ctrl-C, no power, kill) goes on where it was
when the same command is given again: until the table is written, what is done
is in a folder beside it (result.ecsv.parts), or in the one that --folder names.
Images that could not be had are then asked for again; with --folder, only where
--retry-failed is given.

examples:
  astrocnn predict targets.csv -o result.ecsv
  astrocnn predict targets.csv --folder run --retry-failed
  astrocnn predict --position "14h01m02s +02d52m42s" --position "210.26 2.88"
  astrocnn predict targets.fits --weights xmm --images "xmm=*.FTZ" \\
      --figure gallery.png
  astrocnn predict targets.csv --images "xmm=xmm/*.fits" \\
      --images "dss2=plates/*.fits"
  astrocnn predict targets.csv --weights xmm --images xmm=deep.fits \\
      --exposure xmm=deep_expmap.fits
  astrocnn predict targets.csv --prior 0.1 --threshold 0.8
  astrocnn predict targets.csv --match mcxc.csv.gz --radius 2arcmin

exit codes:
  0    done
  1    bad input, or a file that cannot be read or written
  2    the command line is wrong
  3    no target got a prediction; the table says why, row by row
  130  interrupted (Ctrl-C); the rows that were done are written"""

#: Rows that are printed where the table is in a file too, and targets in the figure.
_ROWS, _CUTOUTS = 20, 24
_FIGURES = (".png", ".pdf", ".svg", ".jpg")


def add_arguments(parser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    targets = parser.add_mutually_exclusive_group(required=True).add_argument
    targets("targets", metavar="TARGETS", nargs="?", help="a file, or one position in quotes")
    targets("--position", metavar='"RA DEC"', action="append", help="may be repeated")
    add_format(add, "--format", "TARGETS")
    formats = ".ecsv, .fits, .csv, .vot, .parquet"
    text = f"table to write: {formats} (default: result.ecsv for a file of targets)"
    file = {"metavar": "FILE", "type": some_path}
    add("-o", "--output", **file, help=text)
    add("--overwrite", action="store_true", help="replace files that exist")
    text = "keep what is done here, to go on after an interruption (default: OUTPUT.parts)"
    add("--folder", metavar="FOLDER", type=some_path, help=text)
    text = "ask again for images that a service or file failed to give in an earlier run"
    add("--retry-failed", action="store_true", help=text)
    text = (
        "xmm-dss2 (X-ray and optical images; default), xmm (X-ray images only), erosita-legacy "
        "(X-ray, optical g, r and z), erosita (X-ray only), each also with -psf (the telescope's "
        "point-spread function is known), or a .keras file"
    )
    add("--weights", metavar="W", default="xmm-dss2", help=text)
    text = "FITS files or HiPS folders with the images of a band, or the word none; may be repeated"
    add("--images", metavar="BAND=PATTERN", action="append", type=source, default=[], help=text)
    text = "exposure maps of the FITS files of a band, one for each in the same order"
    add("--exposure", metavar="BAND=PATTERN", action="append", type=source, default=[], help=text)
    text = "images to take although their headers say, wrongly, that they are not of the band"
    add("--trust", metavar="BAND=PATTERN", action="append", type=source, default=[], help=text)
    text = "probability from which on a target is called a cluster (default: 0.5)"
    add("--threshold", metavar="T", type=share, default=0.5, help=text)
    text = "fraction of clusters among your candidates (default: that of the training)"
    add("--prior", metavar="P", type=prevalence, help=text)
    text = "judge images that are unlike those of the training too; they are flagged all the same"
    add("--judge-novel", action="store_true", help=text)
    text = "judge each target as if it were alone: leave no sources of other targets out"
    add("--no-mask-targets", dest="mask_targets", action="store_false", help=text)
    add("--figure", **file, help=f"gallery of the first {_CUTOUTS} with a prediction")
    text = "file of a catalog to match the targets with"
    add("--match", metavar="CATALOG", type=some_path, help=text)
    add_format(add, "--catalog-format", "CATALOG")
    text = (
        "largest distance of a match: an angle, or a length such as 500kpc at the redshift of the "
        "catalog's entry (default: 2arcmin)"
    )
    add("--radius", metavar="R", type=radius, default="2arcmin", help=text)


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..exceptions import AstrocnnError
    from ..tables import check_output_path, has_flag, write_result

    targets = parse_positions(args.targets, args.position)
    if args.output is None and not isinstance(targets, list):
        args.output = "result.ecsv"
    folder = parts_folder(args)
    _check_options(args, targets, folder)
    # Going on replaces the table of the interruption, and nothing else.
    replace = args.overwrite or wrote_table(args, folder)
    if args.output is not None:
        check_output_path(args.output, replace)
    if args.figure is not None:
        check_output_path(args.figure, args.overwrite, _FIGURES)
    _refuse_inputs(args)
    result, catalog, stopped, device = _classify(args, targets, folder, replace)
    # From here on nothing may lose the result: it is written before anything is printed, since a
    # reader may stop reading, and printed where it cannot be written.
    failure = None
    try:
        if catalog is not None:
            result = _match(result, catalog, args.radius)
    except AstrocnnError as error:
        failure = error
    try:
        if args.output is not None:
            write_result(result, args.output, args.overwrite or wrote_table(args, folder))
    except (OSError, AstrocnnError) as error:
        failure, args.output = error, None
    if failure or stopped or has_flag(result["flag"], "failed").any():
        keep_digest(args, folder)
    else:
        clear_parts(args, folder)
    _say(args, result, device)
    if failure:
        raise failure
    if stopped is not None:
        return _say_stopped(stopped, folder)
    if args.figure is not None:
        _draw(args, result)
    return 3 if result["label"].mask.all() else 0


def _check_options(args, targets, folder) -> None:
    """Refuse options that would be passed over."""
    from ..exceptions import InvalidParameterError

    refuse_unused(
        args,
        {
            "--format": (not isinstance(targets, list), "it needs TARGETS that are a file"),
            "--radius": (args.match is not None, "it needs --match"),
            "--catalog-format": (args.match is not None, "it needs --match"),
        },
    )
    if args.retry_failed and folder is None:
        raise InvalidParameterError("--retry-failed would not be used: it needs --folder")


def _refuse_inputs(args) -> None:
    """Refuse to write over what is read."""
    given = [*args.images, *args.exposure, *args.trust]
    inputs = [args.targets, args.match, args.weights, *(pattern for _, pattern in given)]
    for output in (args.output, args.figure):
        refuse_inputs(output, inputs)


def _classify(args, targets, folder, replace):
    """Return the result, the catalog, what stopped the run (None: nothing), and the device."""
    from ..estimators import ClusterClassifier
    from ..exceptions import PredictionInterrupted, StoreError
    from ..networks import read_description
    from ..tables import check_output_path, read_targets
    from ._terminal import check_targets, read_reference, start_network

    # What can be wrong is found before the network is started.
    read_description(args.weights)
    known = [check_targets(targets, args.format)]
    targets = targets if args.format is None else read_targets(targets, args.format)
    catalog = None if args.match is None else read_reference(args.match, args.catalog_format)
    if catalog is not None:
        known.append(catalog[["source_id"]])  # the identifiers of the matches
    if args.output is not None:
        for table in known:
            check_output_path(args.output, replace, table=table)
    images = image_sources(args.images, args.exposure, args.trust)
    names = "threshold", "prior", "judge_novel", "mask_targets"
    settings = {name: getattr(args, name) for name in names}
    classifier = ClusterClassifier(args.weights, images=images, **settings)
    device = start_network()
    try:
        # Without --folder, the same command given again is also what one does after a broken
        # connection.
        retry = folder is not None and (args.retry_failed or args.folder is None)
        result = classifier.predict(targets, folder=folder, retry_failed=retry)
    except (PredictionInterrupted, StoreError) as error:
        if error.result is None:
            raise
        return error.result, catalog, error, device
    return result, catalog, None, device


def _say_stopped(stopped, folder) -> int:
    """Say where a run was stopped, and return the exit code of Ctrl-C; raise a full disk."""
    from ..exceptions import StoreError

    again = "" if folder is None else "; the same command goes on"
    text = getattr(stopped, "strerror", None) or str(stopped)
    line = f"{text.partition(';')[0]}{again}"
    if isinstance(stopped, StoreError):
        raise StoreError(line) from stopped
    print(line)
    return 130


def _match(result, catalog, radius):
    """Match the targets; lengths are taken at the redshift of the catalog's entry."""
    from ..matching import match_sky

    length = radius.unit.physical_type == "length"
    return match_sky(result, catalog, radius, per="entry" if length else "target")


def _say(args, result, device: str) -> None:
    """Print the table, or its head where it was saved, and what it amounts to."""
    from ..matching import describe_match
    from ..tables import describe_result
    from ._terminal import print_table

    print_table(result, _ROWS if args.output else None)
    print(f"\n{describe_result(result)}\ndevice: {device}")
    if "match" in result.meta:
        print(describe_match(result))
    if args.output:
        print(f"written: {args.output}")


def _draw(args, result) -> None:
    """Make the cut-outs of some targets again, and draw them."""
    import numpy as np
    from astropy.table import QTable

    from ..cutouts import make_cutouts
    from ..networks import read_description
    from ..plotting import plot_cutouts
    from ._terminal import save_figure

    rows = np.flatnonzero(~result["label"].mask)[:_CUTOUTS]
    if len(rows) == 0:
        print("no gallery: no target has a prediction")
        return
    if len(rows) < len(result):
        print(f"gallery: {len(rows)} of {len(result)} targets, the first that have a prediction")
    description = read_description(args.weights)
    targets = QTable(result["target_id", "ra", "dec", "flag"][rows])
    images = image_sources(args.images, args.exposure, args.trust)
    cutouts = make_cutouts(
        targets, description.bands, images, description.field_size, description.pixels
    )
    path = user_path(args.figure)
    save_figure(plot_cutouts(cutouts, result[rows]), path, args.overwrite)
    print(f"written: {path}")
