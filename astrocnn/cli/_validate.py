"""``astrocnn validate``: predictions against what is known of the targets."""

from pathlib import Path

from ._arguments import add_format, prevalence, radius, refuse_unused, share, some_path
from ._outputs import refuse_inputs

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "compare predictions with the truth"
DESCRIPTION = """\
Completeness, purity and ROC of a result of "astrocnn predict", each with its
95 % interval. The truth is a column "is_cluster" of the result or of another
table, or a catalog: what it has an entry for counts as a cluster, and all else
as none."""
EPILOG = """\
A purity is that of your sample's fraction of clusters; --prevalence gives the fraction
among your candidates. With --catalog, make sure that the catalog is complete for
your targets: a cluster that it lacks is counted as none. Targets near an entry
without a redshift are left out where --radius is a length. The report says how
many matches chance would make.

examples:
  astrocnn validate result.ecsv
  astrocnn validate result.ecsv --truth known.csv --prevalence 0.1
  astrocnn validate result.ecsv --catalog mcxc.csv.gz --radius 500kpc
  astrocnn validate result.ecsv --truth known.csv -o report.html

exit codes: see "astrocnn --help"."""

_KINDS = (".html", ".json", ".ecsv", ".fits")


def add_arguments(parser) -> None:
    """Add the options of this command."""
    add = parser.add_argument
    file = {"metavar": "FILE", "type": some_path}
    add("result", metavar="RESULT", type=some_path, help="table written by astrocnn predict")
    truth = parser.add_mutually_exclusive_group().add_argument
    truth("--truth", **file, help="table with target_id (or name ...) and is_cluster")
    text = "file of a catalog: what matches is a cluster"
    truth("--catalog", metavar="CATALOG", type=some_path, help=text)
    add_format(add, "--format", "the file of --truth or --catalog")
    text = "largest distance of a match (default: 2arcmin); a length is taken at the entry's z_spec"
    add("--radius", metavar="R", type=radius, default="2arcmin", help=text)
    text = "probability from which on a target is called a cluster (default: as in RESULT)"
    add("--threshold", metavar="T", type=share, help=text)
    add("--prevalence", metavar="P", type=prevalence, help="fraction of clusters among candidates")
    add("--name", metavar="NAME", default="", help="of the classifier, for the report")
    text = "report to write: .html (figures too), .json, .ecsv or .fits"
    add("-o", "--output", **file, help=text)
    add("--overwrite", action="store_true", help="replace FILE if it exists")


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..tables import check_output_path
    from ..validation import validate

    other = args.truth is not None or args.catalog is not None
    refuse_unused(
        args,
        {
            "--radius": (args.catalog is not None, "it needs --catalog"),
            "--format": (other, "it needs --truth or --catalog"),
        },
    )
    if args.output is not None:
        check_output_path(args.output, args.overwrite, _KINDS)
        refuse_inputs(args.output, [args.result, args.truth, args.catalog])
    result, truth = _tables(args)
    report = validate(
        result, truth, threshold=args.threshold, prevalence=args.prevalence, name=args.name
    )
    print(report)
    if args.output is not None:
        _write(args, report, result, truth)
        print(f"\nwritten: {args.output}")
    return 0


def _tables(args):
    """The result, and the truth."""
    from astropy.table import QTable

    from ..exceptions import InvalidTargetError
    from ..tables import read_file
    from ..validation import catalog_truth
    from ._terminal import read_reference

    result = QTable(read_file(args.result))
    if args.truth is not None:
        return result, read_file(args.truth, args.format)
    if args.catalog is not None:
        catalog = read_reference(args.catalog, args.format)
        return result, catalog_truth(result, catalog, args.radius)
    if "is_cluster" not in result.colnames:
        raise InvalidTargetError(
            f"'{args.result}' has no column 'is_cluster': give the truth with --truth FILE or "
            "--catalog CATALOG"
        )
    return result, result


def _write(args, report, result, truth) -> None:
    """Write the report in the form that the name asks for."""
    if Path(args.output).suffix.lower() == ".html":
        from ..plotting import write_report

        write_report(report, args.output, result=result, truth=truth, overwrite=args.overwrite)
    else:
        report.write(args.output, overwrite=args.overwrite)
