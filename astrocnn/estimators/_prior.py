"""The fraction of each class among the user's targets, and among those of the training."""

from collections.abc import Mapping, Sequence
from numbers import Real

from ..exceptions import InvalidParameterError, WeightsError
from ..networks import ModelDescription
from ..tables._labels import is_cluster

__all__ = ["check_prior", "prior_shares"]


def check_prior(
    prior: "float | Mapping[str, float] | None",
    classes: list[str],
    outputs: Sequence[str] = (),
) -> None:
    """Raise InvalidParameterError unless a prior fits the names of the classes, or of the outputs.

    Examples
    --------
    >>> from astrocnn.estimators._prior import check_prior
    >>> check_prior(0.1, ["galaxy cluster", "star"])
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidParameterError: prior=0.1 is the fraction of the class 'cluster'; ...
    """
    if isinstance(prior, Real):
        if not is_cluster(classes[-1]):
            raise InvalidParameterError(
                f"prior={prior} is the fraction of the class 'cluster'; there is none: give prior "
                f"as a dict with the fraction of each of {classes}"
            )
    elif prior is not None and (
        not isinstance(prior, Mapping) or set(prior) not in (set(classes), set(outputs or classes))
    ):
        names = f"{classes}" + (f", or of {list(outputs)}" if outputs else "")
        raise InvalidParameterError(
            f"prior is a number, or a dict with the fraction of each of {names}"
        )


def prior_shares(
    prior: "float | Mapping[str, float] | None", description: ModelDescription
) -> tuple[list[float], list[float]] | None:
    """Return the fractions of all classes, and those of the training; None without a prior.

    Parameters
    ----------
    prior : float, dict of str to float, or None
        Fraction of the class ``"cluster"``; other classes then keep their proportions. Or the
        fraction of each class.
    description : ModelDescription
        Classes, and ``trained_prior`` in its card.

    Raises
    ------
    InvalidParameterError
        If the prior does not fit the classes.
    WeightsError
        If the weights do not say at which shares they were trained.

    Examples
    --------
    >>> from astrocnn.estimators._prior import prior_shares
    >>> from astrocnn.networks import ModelDescription
    >>> card = {"trained_prior": {"agn": 0.3, "star": 0.2, "cluster": 0.5}}
    >>> classes = ["agn", "star", "cluster"]
    >>> prior_shares(0.1, ModelDescription("cn", {}, ["xmm"], 6.0, classes, {}, card))[0]
    [0.54, 0.36, 0.1]
    """
    if prior is None:
        return None
    classes, given = description.output_names, description.card.get("trained_prior")
    if not isinstance(given, Mapping) or set(given) != set(classes):
        raise WeightsError(
            "prior needs weights that say which fractions of classes they were trained at; these "
            "do not: leave prior out, or train them anew"
        )
    check_prior(prior, description.classes, description.outputs)
    if isinstance(prior, Mapping) and set(prior) != set(classes):
        prior = float(prior[classes[-1]])  # the parts of the first class keep their proportions
    trained = [float(given[name]) for name in classes]
    if isinstance(prior, Real):
        rest = 1 - trained[-1]
        return [(1 - prior) * share / rest for share in trained[:-1]] + [float(prior)], trained
    return [float(prior[name]) for name in classes], trained
