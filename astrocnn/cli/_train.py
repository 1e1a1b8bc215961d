"""``astrocnn train``: train weights on simulated targets."""

from ._arguments import positive

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "train weights on simulated targets"
DESCRIPTION = """\
Simulate targets, train a network on them, score it on other simulated targets,
and save it with its model card. The weights that come with astrocnn were made
with this command."""
EPILOG = """\
With the recipes' own numbers this takes about an hour on two cores. The same
seed gives the same simulated targets.

examples:
  astrocnn train xmm -o xmm.keras
  astrocnn train xmm-dss2 --n 500 --epochs 2 -o quick.keras
  astrocnn predict targets.csv --weights quick.keras

exit codes: see "astrocnn --help"."""


def add_arguments(parser) -> None:
    """Add the options of this command."""
    parser.add_argument("recipe", metavar="RECIPE", help="xmm or xmm-dss2")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="name of the weights (default: RECIPE.keras)"
    )
    parser.add_argument("--n", type=positive, metavar="N", help="simulated training targets")
    parser.add_argument(
        "--n-test", type=positive, metavar="N", default=1000, help="of the test (default: 1000)"
    )
    parser.add_argument("--epochs", type=positive, metavar="E", help="passes over the targets")
    parser.add_argument("--seed", type=int, metavar="S", default=1, help="default: 1")
    parser.add_argument(
        "--jobs", type=positive, metavar="J", default=2, help="processes that simulate (default: 2)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..estimators import RECIPES, train_on_simulation
    from ..tables import check_output_path
    from ._info import card_lines
    from ._terminal import start_network

    chosen = RECIPES[args.recipe]
    path = check_output_path(args.output or f"{args.recipe}.keras", args.overwrite, (".keras",))
    print(
        f"Training {args.recipe}: {args.n or chosen.n} simulated targets, "
        f"epochs: {args.epochs or chosen.epochs}, seed {args.seed}, on {start_network()}"
    )
    classifier = train_on_simulation(
        args.recipe, args.n, args.n_test, args.epochs, random_state=args.seed, n_jobs=args.jobs
    )
    _save(classifier, path)
    print(*card_lines(path), sep="\n")
    print(f"\nwritten: {path}")
    return 0


def _save(classifier, path) -> None:
    """Save weights; where that fails, elsewhere: they may have taken an hour."""
    import tempfile
    from pathlib import Path

    try:
        classifier.save(path)
    except OSError as error:
        spare = Path(tempfile.mkdtemp(prefix="astrocnn-")) / path.name
        classifier.save(spare)
        reason = error.strerror or error
        raise OSError(f"cannot write '{path}' ({reason}): the weights are in '{spare}'") from error
