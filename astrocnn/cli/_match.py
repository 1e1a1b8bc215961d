"""``astrocnn match``: a table and a catalog, with what chance would give."""

from ._arguments import (
    add_format,
    angle,
    positive,
    radius,
    refuse_unused,
    some_path,
)
from ._outputs import refuse_inputs
from ._positions import parse_positions

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "match a table with a catalog"
DESCRIPTION = """\
Join each target with the nearest entry of a catalog, or with all of them, and
say how many matches chance alone would make. The table may be a result of
"astrocnn predict": its columns are kept, and so are rows without a match."""
EPILOG = """\
TARGETS is a file as for "astrocnn predict", or one position in quotes. CATALOG
is a file (CSV, ECSV, FITS or VOTable) with columns of sky positions; redshifts
are found by their names and UCDs.

A radius in kpc or Mpc is taken at the redshift of the catalog's entry; with
--per target at that of the target, of which --redshift names the column.

examples:
  astrocnn match result.ecsv mcxc.csv.gz -o matched.ecsv
  astrocnn match result.ecsv mcxc.csv.gz --radius 500kpc --one-to-one
  astrocnn match result.ecsv spectra.fits --radius 3arcmin --all
  astrocnn match "14h01m02s +02d52m42s" psz2.fits --radius 5arcmin

exit codes: see "astrocnn --help"."""

_ROWS = 20


def add_arguments(parser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    add("targets", metavar="TARGETS", help="a file, or one position in quotes")
    add("catalog", metavar="CATALOG", type=some_path, help="file of the catalog")
    add_format(add, "--format", "TARGETS")
    add_format(add, "--catalog-format", "CATALOG")
    text = "table to write: .ecsv, .fits, .csv, .vot, .parquet (default: the table is only printed)"
    add("-o", "--output", metavar="FILE", type=some_path, help=text)
    add("--overwrite", action="store_true", help="replace FILE if it exists")
    text = "largest distance: an angle, or a length such as 500kpc (default: 2arcmin)"
    add("--radius", metavar="R", type=radius, default="2arcmin", help=text)
    text = "whose redshift a length is taken at (default: entry)"
    add("--per", choices=["entry", "target"], default="entry", help=text)
    add("--redshift", metavar="COLUMN", default="z_spec", help="of that side (default: z_spec)")
    how = parser.add_mutually_exclusive_group().add_argument
    how("--one-to-one", action="store_true", help="each entry for one target at most")
    how("--all", action="store_true", help="all pairs, one row each")
    how("--nearest", metavar="K", type=positive, help="the K nearest, one row each")
    text = "distance of the positions that measure chance (default: 1deg, or twice R)"
    add("--shift", metavar="S", type=angle, help=text)
    add("--prefix", metavar="P", default="", help="put before the names of the new columns")


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..tables import check_output_path, write_result
    from ._terminal import check_targets, print_table

    if args.output is not None:
        check_output_path(args.output, args.overwrite)
    # A table may get its new columns in place; all pairs are another table.
    pairs = args.all or args.nearest
    refuse_inputs(args.output, [args.catalog, args.targets if pairs else None])
    targets = parse_positions(args.targets, None)
    _check_options(args, targets)
    check_targets(targets, args.format)
    table, words = _matched(args, targets)
    if args.output is not None:
        write_result(table, args.output, args.overwrite)
    print_table(table, _ROWS if args.output else None)
    print(f"\n{words}")
    if args.output:
        print(f"written: {args.output}")
    return 0


def _check_options(args, targets) -> None:
    """Refuse options that would be passed over."""
    length = args.radius.unit.physical_type == "length"
    nearest = not (args.all or args.nearest)
    needs_length = (length, "it needs a --radius that is a length, such as 500kpc")
    options = dict.fromkeys(("--per", "--redshift"), needs_length)
    options["--prefix"] = (nearest, "with --all and --nearest the columns are new ones")
    options["--format"] = (not isinstance(targets, list), "it needs TARGETS that are a file")
    refuse_unused(args, options)


def _matched(args, targets):
    """The table, and its sentence."""
    from ..matching import describe_match, match_pairs, match_sky
    from ..tables import read_file, read_targets
    from ._terminal import read_reference

    catalog, redshift = read_reference(args.catalog, args.catalog_format), args.redshift
    length = args.radius.unit.physical_type == "length"
    if length and args.per == "entry" and redshift not in catalog.colnames:
        # The name that it has in the file: reading gave it another.
        new = {column: name for name, column in catalog.meta["columns"].items()}
        redshift = new.get(redshift, redshift)
    # A file keeps its columns; positions get those of a target list.
    on_line = isinstance(targets, list)
    table = read_targets(targets) if on_line else read_file(targets, args.format)
    settings = {"shift": args.shift}
    if length:
        settings |= {"per": args.per, "redshift": redshift}
    if args.all or args.nearest:
        pairs = match_pairs(table, catalog, args.radius, args.nearest, **settings)
        return pairs, pairs.meta["pairs"]["description"]
    settings |= {"unique": args.one_to_one, "prefix": args.prefix}
    matched = match_sky(table, catalog, args.radius, **settings)
    return matched, describe_match(matched, args.prefix)
