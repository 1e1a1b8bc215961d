"""Several networks of one kind as one network."""

from .._registry import Registry
from ._arguments import check_arguments, check_members, check_outputs
from ._backend import load_keras
from ._cn import build_cn
from ._evidence import build_evidence
from ._mobilenet import build_mn
from ._two_branch import build_two_branch

__all__ = ["MEMBERS", "build_ensemble", "ensemble_members"]

#: Builder functions of networks that can be members of an ensemble.
MEMBERS = Registry(
    "network",
    {"cn": build_cn, "mn": build_mn, "two_branch": build_two_branch, "evidence": build_evidence},
)


def build_ensemble(
    input_shape: tuple[int, int, int],
    n_classes: int = 2,
    member: str = "two_branch",
    n_members: int = 3,
    **member_arguments,
):
    """Build a deep ensemble: the same network several times, each with first weights of its own.

    Members are trained one by one, see `ensemble_members`; their mean is a better probability than
    that of one network, and their spread says how far to trust it (Lakshminarayanan et al. 2017,
    arXiv:1612.01474).

    Parameters
    ----------
    input_shape : tuple of int
        ``(ny, nx, n_bands)``; all members see the same image.
    n_classes : int
        Number of softmax outputs of each member.
    member : str
        Name of the members' network, any of `NETWORKS` but ``"ensemble"``.
    n_members : int
        How many, from two to a hundred.
    **member_arguments
        Arguments of the members' builder.

    Returns
    -------
    keras.Model
        Not compiled. Output of shape (n, n_members, n_classes): the softmax of each member.

    Raises
    ------
    UnknownNameError
        If there is no such network.
    InvalidParameterError
        If there are fewer than two members or more than a hundred, or the members' builder has no
        such argument.

    Examples
    --------
    >>> from astrocnn.networks import build_ensemble
    >>> build_ensemble((32, 32, 2), member="cn", n_members=3).output_shape
    (None, 3, 2)
    """
    check_members(n_members)
    build = MEMBERS[member]
    input_shape = check_outputs(input_shape, n_classes)
    check_arguments(member, build, {"input_shape": input_shape, **member_arguments})
    keras = load_keras()

    image = keras.Input(shape=tuple(input_shape), name="image")
    proba = []
    for i in range(n_members):
        network = build(input_shape, n_classes, **member_arguments)
        network.name = f"member{i + 1}"
        proba.append(network(image))
    return keras.Model(image, keras.ops.stack(proba, axis=1), name="ensemble")


def ensemble_members(model) -> list:
    """Return the members of an ensemble; a network that is none is its own only member.

    Parameters
    ----------
    model : keras.Model
        Any network of `NETWORKS`.

    Returns
    -------
    list of keras.Model
        They share their weights with ``model``: training a member trains the ensemble.

    Examples
    --------
    >>> from astrocnn.networks import build_cn, build_ensemble, ensemble_members
    >>> ensemble = build_ensemble((32, 32, 2), member="cn", n_members=3)
    >>> [member.name for member in ensemble_members(ensemble)]
    ['member1', 'member2', 'member3']
    >>> len(ensemble_members(build_cn((32, 32, 2))))
    1
    """
    keras = load_keras()
    if len(model.output_shape) != 3:
        return [model]
    return [layer for layer in model.layers if isinstance(layer, keras.Model)]
