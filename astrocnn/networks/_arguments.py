"""Arguments of the builders of networks, checked before anything is built."""

import inspect
from collections.abc import Callable, Mapping
from numbers import Integral

from ..exceptions import InvalidParameterError

__all__ = ["check_arguments", "check_members", "check_outputs"]

#: Members that fit into the memory of a computer, and then some.
_MOST_MEMBERS = 100


def check_outputs(input_shape, n_classes: int, least: int = 1) -> tuple[int, int, int]:
    """Return the shape of the input, or raise InvalidParameterError.

    Parameters
    ----------
    input_shape : sequence of 3 int
        ``(ny, nx, n_bands)``.
    n_classes : int
        Number of outputs, at least two.
    least : int
        Pixels along a side that the network needs.

    Examples
    --------
    >>> from astrocnn.networks._arguments import check_outputs
    >>> check_outputs([32, 32, 2], 2)
    (32, 32, 2)
    """
    shape = tuple(input_shape) if isinstance(input_shape, list | tuple) else ()
    if len(shape) != 3 or not all(isinstance(n, Integral) and n > 0 for n in shape):
        raise InvalidParameterError(
            f"input_shape is (ny, nx, n_bands), three whole numbers above zero, not {input_shape!r}"
        )
    if min(shape[:2]) < least:
        raise InvalidParameterError(
            f"this network needs images of {least} x {least} pixels at least, not {shape[:2]}"
        )
    if not isinstance(n_classes, Integral) or n_classes < 2:
        raise InvalidParameterError(f"n_classes is a whole number from 2 on, not {n_classes!r}")
    return tuple(int(n) for n in shape)


def check_members(n_members: int) -> None:
    """Raise InvalidParameterError unless an ensemble can have so many members."""
    if not isinstance(n_members, Integral) or n_members < 2:
        raise InvalidParameterError(f"an ensemble has at least two members, not {n_members!r}")
    if n_members > _MOST_MEMBERS:
        raise InvalidParameterError(
            f"an ensemble has {_MOST_MEMBERS} members at most, not {n_members!r}"
        )


def check_arguments(name: str, build: Callable, arguments: Mapping) -> None:
    """Raise InvalidParameterError unless a builder takes arguments of these names.

    Parameters
    ----------
    name : str
        Of the network.
    build : callable
        Its builder.
    arguments : dict
        What it will be called with.
    """
    parameters = inspect.signature(build).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        unknown = []  # the builder of the members looks at them
    else:
        unknown = sorted(str(key) for key in arguments if key not in parameters)
    missing = [
        key for key, p in parameters.items()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD and key not in arguments
    ]  # fmt: skip
    if unknown or missing:
        what = f"no argument {unknown[0]!r}" if unknown else f"to know {missing[0]!r}"
        known = ", ".join(key for key, p in parameters.items() if p.kind is not p.VAR_KEYWORD)
        verb = "has" if unknown else "needs"
        raise InvalidParameterError(f"the network {name!r} {verb} {what}; its arguments: {known}")
