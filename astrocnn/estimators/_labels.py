"""Labels as users give them, and class numbers as networks need them."""

import numpy as np

__all__ = ["class_names", "encode"]

_BINARY = ["non_cluster", "cluster"]


def class_names(y) -> list[str]:
    """Return names of the classes of ``y``: booleans and 0/1 mean "is it a cluster?".

    Examples
    --------
    >>> from astrocnn.estimators._labels import class_names
    >>> class_names([True, False]), class_names(["star", "cluster", "agn"])
    (['non_cluster', 'cluster'], ['agn', 'star', 'cluster'])
    """
    values = np.unique(_plain(y))
    if values.dtype.kind in "biuf":
        if not np.isin(values, (0, 1)).all():
            raise ValueError("numeric labels must be 0 and 1 (1: a cluster); or give class names")
        return list(_BINARY)
    names = [str(value) for value in values]
    return sorted(names, key=lambda name: (name == "cluster", name))


def encode(y, n: int, names: list[str] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Turn labels into class numbers.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    n : int
        Number of targets.
    names : list of str, optional
        Class names of the network; by default those of ``y``.

    Returns
    -------
    numbers : ndarray of shape (n,), int
        Position of each label in the names.
    labels : ndarray of shape (n_classes,)
        The classes in the same order, in the user's own type.

    Raises
    ------
    ValueError
        If the length is wrong or a label is masked or unknown.
    """
    y = _plain(y)
    if y.shape != (n,):
        raise ValueError(f"y has shape {y.shape}, but there are {n} targets")
    if y.dtype.kind in "biuf":
        class_names(y)
        return y.astype(int), np.array([0, 1]).astype(y.dtype)
    names = names or class_names(y)
    unknown = sorted(set(y.astype(str)) - set(names))
    if unknown:
        raise ValueError(f"labels {unknown} are not among the classes {names}")
    return np.array([names.index(str(label)) for label in y]), np.array(names)


def _plain(y) -> np.ndarray:
    if np.ma.is_masked(y) or (hasattr(y, "mask") and np.any(y.mask)):
        raise ValueError("y has masked labels; leave those targets out of the training")
    return np.asarray(y)
