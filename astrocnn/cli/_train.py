"""``astrocnn train``: train weights on simulated targets, or on a published data set."""

import contextlib

from ._arguments import positive, refuse_unused, seed, some_path

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "train weights on simulated targets, or on a published data set"
DESCRIPTION = """\
Simulate targets, train a network on them, score it on other simulated targets,
and save it with its model card. The weights that come with astrocnn were made
with this command. With --dataset kosiba2020 instead of a recipe, repeat the
experiment of Kosiba et al. (2020) on the images that they published."""
EPILOG = """\
With the recipes' own numbers this takes about an hour on two cores. The same
seed gives the same simulated targets.

The data set is downloaded once (259 MB); --path names a copy. The article's
1000 epochs take about 14 hours on two cores: --epochs makes fewer, and
--folder lets an interrupted training go on.

examples:
  astrocnn train xmm -o xmm.keras
  astrocnn train xmm-dss2 --n 500 --epochs 2 -o quick.keras
  astrocnn predict targets.csv --weights quick.keras
  astrocnn train --dataset kosiba2020 --epochs 50 --folder state

exit codes: see "astrocnn --help"."""

_DATASETS = ["kosiba2020"]


def add_arguments(parser) -> None:
    """Add the options of this command."""
    what = parser.add_mutually_exclusive_group(required=True)
    text = "xmm, xmm-dss2, erosita or erosita-legacy, each also with -psf"
    what.add_argument("recipe", metavar="RECIPE", nargs="?", help=text)
    what.add_argument("--dataset", choices=_DATASETS, help="a published data set")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=some_path,
        help="name of the weights (default: RECIPE.keras or DATASET.keras)",
    )  # fmt: skip
    text = "write half-precision numbers: half the file, as the weights that come with astrocnn"
    parser.add_argument("--half", action="store_true", help=text)
    parser.add_argument("--n", type=positive, metavar="N", help="simulated training targets")
    parser.add_argument(
        "--n-test", type=positive, metavar="N", default=1000, help="of the test (default: 1000)"
    )
    parser.add_argument(
        "--path",
        metavar="PATH",
        type=some_path,
        help="zip file or folder of the data set (default: download it)",
    )
    parser.add_argument("--epochs", type=positive, metavar="E", help="passes over the targets")
    parser.add_argument("--seed", type=seed, metavar="S", default=1, help="default: 1")
    parser.add_argument(
        "--jobs", type=positive, metavar="J", default=2, help="processes that simulate (default: 2)"
    )
    parser.add_argument(
        "--folder", metavar="FOLDER", type=some_path,
        help="keep simulated images and the state of the training here, and go on from them",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")


def run(args) -> int:
    """Run the command and return its exit code."""
    from ..tables import check_output_path
    from ._info import card_lines

    _check_options(args)
    name = args.dataset or args.recipe
    path = check_output_path(args.output or f"{name}.keras", args.overwrite, (".keras",))
    with _folder(args) as folder:
        train = _train_on_dataset if args.dataset else _train_on_simulation
        trained = train(args, folder)
    _save(trained, path, args.half, args.overwrite)
    print(*card_lines(path), sep="\n")
    if args.dataset:
        print("", *_comparison_lines(trained), sep="\n")
    print(f"\nwritten: {path}")
    return 0


def _check_options(args) -> None:
    """Refuse options that would be ignored."""
    from ..exceptions import AstrocnnError

    if args.dataset and args.n:
        raise AstrocnnError("--n counts simulated targets: leave it out with --dataset")
    if args.path and not args.dataset:
        raise AstrocnnError("--path is the place of a data set: give --dataset too")
    simulated = (not args.dataset, "with --dataset nothing is simulated")
    refuse_unused(args, {"--n-test": simulated, "--jobs": simulated})


@contextlib.contextmanager
def _folder(args):
    """Folder of images and state, None if none is given.

    No other process uses it meanwhile: training on a simulation sees to that itself.
    """
    from ..storage import FolderLock
    from ._terminal import check_folder

    if args.folder is None:
        yield None
        return
    folder = check_folder(args.folder)
    with FolderLock(folder) if args.dataset else contextlib.nullcontext():
        yield folder


def _train_on_simulation(args, folder):
    """Train by a recipe."""
    from ..estimators import RECIPES, train_on_simulation
    from ._terminal import start_network

    chosen = RECIPES[args.recipe]
    print(
        f"Training {args.recipe}: {args.n or chosen.n} simulated targets, "
        f"epochs: {args.epochs or chosen.epochs}, seed {args.seed}, on {start_network()}"
    )
    return train_on_simulation(
        args.recipe,
        args.n,
        args.n_test,
        args.epochs,
        random_state=args.seed,
        n_jobs=args.jobs,
        folder=folder,
    )


def _train_on_dataset(args, folder):
    """Train as the article did."""
    from ..datasets import train_on_kosiba2020
    from ._terminal import start_network

    epochs = args.epochs or 1000
    checkpoint = None
    if folder is not None:
        checkpoint = folder / f"{args.dataset}-{epochs}-seed{args.seed}.checkpoint"
    print(
        f"Training {args.dataset}: CN by the protocol of Kosiba et al. (2020), epochs: {epochs}, "
        f"seed {args.seed}, on {start_network()}"
    )
    return train_on_kosiba2020(args.path, epochs, args.seed, checkpoint)


def _comparison_lines(trained) -> list[str]:
    """Scores beside those of the article."""
    table = trained.comparison()
    lines = [f"{'':12}{'this run [95 %]':24}Kosiba et al. 2020, CN-E, ten runs"]
    for row in table:
        here = f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        lines.append(f"{row['metric']:12}{here:24}{row['paper']:.2f} ± {row['paper_std']:.2f}")
    return lines


def _save(trained, path, half: bool, overwrite: bool) -> None:
    """Save weights; where that fails, elsewhere: they may have taken an hour."""
    import tempfile
    from pathlib import Path

    from ..tables import check_output_path

    try:
        check_output_path(path, overwrite, (".keras",))  # another process may have been faster
        trained.save(path, half, overwrite)
    except OSError as error:
        spare = Path(tempfile.mkdtemp(prefix="astrocnn-")) / path.name
        trained.save(spare, half)
        reason = error.strerror or error
        raise OSError(f"cannot write '{path}' ({reason}): the weights are in '{spare}'") from error
