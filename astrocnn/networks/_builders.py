"""Architectures by name."""

from collections.abc import Mapping

from .._registry import Registry
from ._arguments import check_arguments, check_members
from ._ensemble import MEMBERS, build_ensemble

__all__ = ["NETWORKS", "check_network"]

#: Builder functions by name; each takes ``input_shape``, ``n_classes`` and its own arguments.
NETWORKS = Registry("network", {**MEMBERS, "ensemble": build_ensemble})


def check_network(name: str, arguments: Mapping) -> None:
    """Raise unless there is such a network and it takes these arguments; nothing is built.

    Parameters
    ----------
    name : str
        Of the network.
    arguments : dict
        What its builder will be called with.

    Raises
    ------
    UnknownNameError
        If there is no such network.
    InvalidParameterError
        If an argument is unknown or missing, or an ensemble has too many members.

    Examples
    --------
    >>> from astrocnn.networks._builders import check_network
    >>> check_network("cn", {"input_shape": (32, 32, 1), "depth": 3})
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: the network 'cn' has no argument 'depth'; ...
    """
    build = NETWORKS[name]
    check_arguments(name, build, arguments)
    if build is build_ensemble:
        own = dict(arguments)
        check_members(own.pop("n_members", 3))
        member = own.pop("member", "two_branch")
        check_arguments(member, MEMBERS[member], own)
