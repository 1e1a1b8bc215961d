"""``astrocnn demo``: the main job on the embedded sample."""

from ._arguments import some_path

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "see it work on a small simulated sky, offline"
DESCRIPTION = """\
Classify the 24 targets of the embedded sample, a small simulated sky, and
print the predictions beside the truth. Needs no network. The sample is made at
the first run (about ten seconds, 20 MB)."""
EPILOG = """\
files written:
  astrocnn-demo.png      gallery of the images with prediction and truth
  astrocnn-demo-roc.png  completeness against false positives
  astrocnn-demo.ecsv     the table

examples:
  astrocnn demo
  astrocnn demo --weights xmm -o /tmp/demo

exit codes: see "astrocnn --help"."""


def add_arguments(parser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        type=some_path,
        default=".",
        help="where files go (default: here)",
    )
    parser.add_argument(
        "--weights",
        metavar="W",
        default="xmm-dss2",
        help="xmm-dss2 (X-ray and optical images; default) or xmm (X-ray images only)",
    )


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..datasets import load_sample
    from ..estimators import ClusterClassifier
    from ..exceptions import AstrocnnError
    from ..networks import read_description
    from ..tables import describe_result, write_result
    from ..validation import validate
    from ._terminal import check_folder, print_table, start_network

    folder = check_folder(args.output)
    description = read_description(args.weights)
    sample = load_sample()
    missing = [band for band in description.bands if band not in sample.images]
    if missing:
        raise AstrocnnError(
            f"the demo has images of {' and '.join(sample.images)}, the weights {args.weights} "
            f"need {', '.join(missing)}: choose xmm-dss2 or xmm"
        )
    print("A simulated sky: what follows are no real observations.")
    images = {band: sample.images[band] for band in description.bands}
    print(
        f"{len(sample.targets)} targets, images of {' + '.join(description.bands)}, weights "
        f"{args.weights}, on {start_network()}\n"
    )
    result = ClusterClassifier(args.weights, images=images).predict(sample.targets)
    for name in ("is_cluster", "kind"):
        result[name] = sample.truth[name]
    report = validate(result, sample.truth, name=args.weights)
    files = [write_result(result, folder / "astrocnn-demo.ecsv", overwrite=True)]
    files += _figures(sample, images, description, result, report, folder)
    columns = ["target_id", "ra", "dec", "label", "proba_cluster", "is_cluster", "kind", "flag"]
    print_table(result[columns])
    print("is_cluster, kind: the truth of the simulation")
    print("\n", describe_result(result), "\n\n", report, "\n", sep="")
    for path in files:
        print(f"written: {path}")
    if len(files) == 1:
        print("no figures: they need Matplotlib (pip install astrocnn[plot])")
    return 0


def _figures(sample, images, description, result, report, folder) -> list:
    """Save the gallery and the ROC curve; none without Matplotlib."""
    from ..cutouts import make_cutouts
    from ..plotting import plot_cutouts, plot_roc
    from ._terminal import save_figure

    cutouts = make_cutouts(
        sample.targets, description.bands, images, description.field_size, description.pixels
    )
    cutouts.attrs["simulated"] = True
    try:
        figures = [
            plot_cutouts(cutouts, result, sample.truth, ncols=3),
            plot_roc(report).figure,
        ]
    except ImportError:  # Matplotlib is not installed
        return []
    paths = [folder / "astrocnn-demo.png", folder / "astrocnn-demo-roc.png"]
    for figure, path in zip(figures, paths, strict=True):
        save_figure(figure, path)
    return paths
