"""Labels as users give them, and class numbers as networks need them."""

import warnings

import numpy as np

from ..exceptions import InvalidParameterError, LabelWarning
from ..tables._labels import is_cluster, known_labels

__all__ = ["class_names", "encode", "say_positive", "sorted_labels"]

_BINARY = ["non_cluster", "cluster"]


def class_names(y) -> list[str]:
    """Return names of the classes of ``y``: booleans and 0/1 mean "is it a cluster?".

    The class ``"cluster"``, in upper or lower case, is the last; the others are sorted.

    Raises
    ------
    InvalidParameterError
        If numbers are not 0 and 1, or names are empty or differ in case only.

    Examples
    --------
    >>> from astrocnn.estimators._labels import class_names
    >>> class_names([True, False]), class_names(["star", "cluster", "agn"])
    (['non_cluster', 'cluster'], ['agn', 'star', 'cluster'])
    """
    values = np.unique(_plain(y))
    if values.dtype.kind in "biuf":
        if not np.isin(values, (0, 1)).all():
            raise InvalidParameterError(
                "numeric labels must be 0 and 1 (1: a cluster); or give class names"
            )
        return list(_BINARY)
    if values.dtype.kind != "U":
        raise InvalidParameterError(f"labels are truth values or names, not {values.dtype}")
    names = sorted((str(value) for value in values), key=lambda name: (is_cluster(name), name))
    if len({name.casefold() for name in names}) < len(names):
        raise InvalidParameterError(
            f"some of the labels {names} differ in upper and lower case only: write each class in "
            "one way"
        )
    return names


def say_positive(names: list[str]) -> None:
    """Warn where the names of two classes do not tell which of them is that of the clusters."""
    if len(names) == 2 and not is_cluster(names[1]):
        warnings.warn(
            f"none of the classes {names[0]!r} and {names[1]!r} is called 'cluster': {names[1]!r}, "
            "the last one, counts as the class of the clusters for threshold, thresholds() and "
            "explain(); give booleans, or call one of them 'cluster'",
            LabelWarning,
            stacklevel=3,
        )


def encode(y, n: int, names: list[str]) -> np.ndarray:
    """Turn labels into class numbers.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    n : int
        Number of targets.
    names : list of str
        Class names of the network; upper and lower case are the same.

    Returns
    -------
    ndarray of shape (n,), int
        Position of each label in the names.

    Raises
    ------
    InvalidParameterError
        If the length is wrong or a label is masked or unknown.

    Examples
    --------
    >>> from astrocnn.estimators._labels import encode
    >>> encode(["cluster", "agn", "agn"], 3, ["agn", "cluster"])
    array([1, 0, 0])
    """
    y = _plain(y)
    if y.shape != (n,):
        raise InvalidParameterError(f"y has shape {y.shape}, but there are {n} targets")
    if y.dtype.kind in "biuf":
        class_names(y)
        if len(names) != 2:
            raise InvalidParameterError(
                f"labels of 0 and 1 are for two classes, here are {len(names)}: give their names, "
                f"of {names}"
            )
        return y.astype(int)
    number = {name.casefold(): i for i, name in enumerate(names)}
    unknown = sorted({str(label) for label in y if str(label).casefold() not in number})
    if unknown:
        raise InvalidParameterError(f"labels {unknown} are not among the classes {names}")
    return np.array([number[str(label).casefold()] for label in y], dtype=int)


def sorted_labels(names: list[str], y=None) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes as scikit-learn wants them, sorted, and where the network has them.

    Parameters
    ----------
    names : list of str
        Class names in the order of the network's outputs; of two, the last is the positive one.
    y : array-like, optional
        Labels that ``fit`` was given: the classes keep their type. Without them, two classes are
        False and True.

    Returns
    -------
    labels : ndarray of shape (n_classes,)
        Sorted classes.
    columns : ndarray of shape (n_classes,), int
        Output of the network for each.

    Examples
    --------
    >>> from astrocnn.estimators._labels import sorted_labels
    >>> sorted_labels(["non_cluster", "cluster"])
    (array([False,  True]), array([0, 1]))
    >>> sorted_labels(["non_cluster", "cluster"], ["cluster", "non_cluster"])
    (array(['cluster', 'non_cluster'], dtype='<U11'), array([1, 0]))
    """
    kind = np.asarray(_plain(y)).dtype if y is not None else np.dtype(bool)
    if len(names) == 2 and kind.kind in "biuf":
        return np.array([0, 1]).astype(kind), np.array([0, 1])
    columns = np.argsort(names)
    return np.array(names)[columns], columns


def _plain(y) -> np.ndarray:
    """Labels as an array of booleans, numbers or text without blanks around, all of them known."""
    if hasattr(y, "colnames") or hasattr(y, "columns"):
        raise InvalidParameterError(
            "y is one label per target, not a table: give its column of labels, such as "
            "truth['is_cluster']"
        )
    labels = known_labels(y)
    if np.ma.getmaskarray(labels).any():
        raise InvalidParameterError(
            "y has masked labels, None or NaN, or empty names; leave those targets out of the "
            "training"
        )
    return labels.data
