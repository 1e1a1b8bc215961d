"""``astrocnn info``: version, device, weights and surveys."""

__all__ = ["DESCRIPTION", "EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "version, device, weights, surveys; or the card of one set of weights"
DESCRIPTION = """\
Say which version this is, what the networks run on (CPU or GPU), which weights
come with it and which surveys it knows. With --weights: the model card, that
is what the weights were trained on, how good they are with intervals, and
where they are known to fail."""
EPILOG = """\
examples:
  astrocnn info
  astrocnn info --weights xmm
  astrocnn info --weights my.keras

exit codes: see "astrocnn --help"."""


def add_arguments(parser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--weights", metavar="NAME", help="name of weights, or a .keras file written by astrocnn"
    )


def run(args) -> int:
    """Run the command and return its exit code."""
    if args.weights is not None:
        print(*card_lines(args.weights), sep="\n")
        return 0
    import platform

    from .. import __version__
    from ..networks import weights_table
    from ..surveys import survey_table
    from ._terminal import print_table, start_network

    print(f"astrocnn {__version__}, Python {platform.python_version()}, on {start_network()}")
    print("\nWeights (astrocnn info --weights NAME tells more)\n")
    print_table(weights_table())
    print("\nSurveys and their bands\n")
    print_table(survey_table())
    return 0


def card_lines(weights) -> list[str]:
    """Return the model card of weights, for people.

    Examples
    --------
    >>> from astrocnn.cli._info import card_lines
    >>> print(card_lines("xmm")[1])
    bands: xmm
    """
    from ..networks import file_hash, find_weights, read_description

    found = read_description(weights)
    card = {
        "weights": str(weights),
        "bands": " + ".join(found.bands),
        "images": f"{found.pixels} x {found.pixels} pixels on {found.size:g} arcmin",
        "classes": ", ".join(found.classes),
        "network": found.network,
        **{key: value for key, value in found.card.items() if key != "name"},
        "preprocessing": found.preprocessing,
        "sha256": file_hash(find_weights(weights)),
    }
    return _lines(card)


def _lines(values: dict, indent: str = "") -> list[str]:
    """Names and values, one per line; what is nested is indented."""
    lines = []
    for key, value in values.items():
        name = f"{indent}{str(key).replace('_', ' ')}:"
        if isinstance(value, dict):
            lines += [name, *_lines(value, indent + "  ")]
        elif isinstance(value, list) and any(isinstance(item, str) for item in value):
            lines += [name, *(f"{indent}  - {item}" for item in value)]
        elif isinstance(value, list) and _is_estimate(value):
            lines.append("{} {:.3f} [{:.3f}, {:.3f}]".format(name, *value))
        else:
            lines.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
    return lines


def _is_estimate(values: list) -> bool:
    """Whether three numbers are a score with its interval."""
    return len(values) == 3 and all(isinstance(value, float) for value in values)
