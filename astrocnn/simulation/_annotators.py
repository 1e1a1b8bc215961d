"""Simulated people who label simulated targets: experts, and volunteers of a citizen project."""

from dataclasses import dataclass, replace

import numpy as np
from astropy.table import Table

from ..exceptions import InvalidParameterError

__all__ = [
    "VOLUNTEERS",
    "Volunteers",
    "confirmed_clusters",
    "expert_labels",
    "fit_volunteers",
    "volunteer_labels",
]

#: Independent random streams of one seed.
_STREAMS = ("expert", "volunteer", "confirmed")


@dataclass(frozen=True)
class Volunteers:
    """How simulated volunteers vote.

    A volunteer votes *cluster* with the probability

    logistic(offset + slope ln(snr (1 + extent / 6 arcsec)) - doubt [no cluster] + object + person).

    Parameters
    ----------
    offset, slope : float
        Votes at a signal-to-noise ratio of one, and how they rise with it and with extent.
    doubt : float
        What the optical image takes from the votes of targets that are no clusters.
    scatter, strictness : float
        Standard deviations of ``object`` (targets that look alike to physics do not to people)
        and of ``person``.
    votes : int
        Volunteers who see a target.
    threshold : float
        The weighted share of votes that makes a cluster. People far from the average weigh less.

    Examples
    --------
    >>> from astrocnn.simulation import VOLUNTEERS
    >>> VOLUNTEERS.votes, VOLUNTEERS.threshold
    (30, 0.5)
    """

    offset: float
    slope: float
    doubt: float
    scatter: float = 1.0
    strictness: float = 1.0
    votes: int = 30
    threshold: float = 0.5


#: Volunteers who find 0.40 of all clusters and 0.65 of the brighter ones; see `fit_volunteers`.
VOLUNTEERS = Volunteers(offset=-6.05, slope=1.67, doubt=2.10)


def expert_labels(
    truth: Table,
    random_state: int | None = None,
    floor: float = 0.02,
    faint: float = 0.13,
    scale: float = 5.0,
) -> np.ndarray:
    """Label targets as an expert does: almost always right, less often where the signal is faint.

    Parameters
    ----------
    truth : `~astropy.table.Table`
        Truth with ``is_cluster`` and ``snr``; see `truth_table`.
    random_state : int, optional
        Seed.
    floor, faint, scale : float
        The share of wrong labels is ``floor + faint exp(-snr / scale)``, and ``floor`` where
        there is no signal at all.

    Returns
    -------
    ndarray of shape (n,), bool
        True for a cluster.

    Notes
    -----
    The error of the experts is assumed: Kosiba et al. (2020) do not give one. Two in a hundred
    is the slip of anyone who labels by eye.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from astrocnn.simulation import expert_labels
    >>> truth = Table({"is_cluster": np.arange(1000) % 2 == 0, "snr": np.full(1000, 20.0)})
    >>> wrong = expert_labels(truth, random_state=1) != truth["is_cluster"]
    >>> bool(0.01 < wrong.mean() < 0.04)
    True
    """
    cluster, snr = _columns(truth, "snr")
    rng = _stream("expert", random_state)
    error = np.where(snr > 0, floor + faint * np.exp(-snr / scale), floor)
    return cluster ^ (rng.random(len(cluster)) < error)


def volunteer_labels(
    truth: Table, random_state: int | None = None, volunteers: Volunteers = VOLUNTEERS
) -> np.ndarray:
    """Label targets as the weighted votes of volunteers do: few clusters, those almost all right.

    Parameters
    ----------
    truth : `~astropy.table.Table`
        Truth with ``is_cluster``, ``snr`` and ``extent``; see `truth_table`.
    random_state : int, optional
        Seed.
    volunteers : Volunteers
        How they vote.

    Returns
    -------
    ndarray of shape (n,), bool
        True for a cluster.

    References
    ----------
    Kosiba et al. 2020, MNRAS 496, 4141: 1,240 volunteers, 30 votes per object, who found 0.40 of
    254 clusters and 0.65 of 85 confirmed ones, both at a precision of 0.98 to 0.99.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.simulation import volunteer_labels
    >>> truth = Table({"is_cluster": [True, True, False], "snr": [300, 1, 2], "extent": [60, 3, 0]})
    >>> volunteer_labels(truth, random_state=1)
    array([ True, False, False])
    """
    cluster, snr, extent = _columns(truth, "snr", "extent")
    rng = _stream("volunteer", random_state)
    seen = np.log(np.maximum(snr, 0.1)) + np.log1p(extent / 6)
    mean = volunteers.offset + volunteers.slope * seen - volunteers.doubt * ~cluster
    mean += volunteers.scatter * rng.normal(size=len(mean))
    person = rng.normal(size=(len(mean), volunteers.votes))
    weight = np.exp(-0.5 * person**2)
    logit = mean[:, np.newaxis] + volunteers.strictness * person
    vote = rng.random(person.shape) < 1 / (1 + np.exp(-logit))
    return np.sum(weight * vote, axis=1) > volunteers.threshold * weight.sum(axis=1)


def confirmed_clusters(
    truth: Table, random_state: int | None = None, n: int | None = None
) -> np.ndarray:
    """Choose the clusters that spectroscopy has confirmed: the brighter ones, by a soft selection.

    Clusters are drawn without replacement, each with a probability proportional to ``snr``
    squared.

    Parameters
    ----------
    truth : `~astropy.table.Table`
        Truth with ``is_cluster`` and ``snr``.
    random_state : int, optional
        Seed.
    n : int, optional
        How many; by default 85 of 254, as in Kosiba et al. (2020).

    Returns
    -------
    ndarray of shape (n,), bool
        True for a confirmed cluster.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from astrocnn.simulation import confirmed_clusters
    >>> truth = Table({"is_cluster": np.ones(254, bool), "snr": np.arange(1.0, 255.0)})
    >>> chosen = confirmed_clusters(truth, random_state=1)
    >>> int(chosen.sum()), bool(truth["snr"][chosen].mean() > truth["snr"].mean())
    (85, True)
    """
    cluster, snr = _columns(truth, "snr")
    rng = _stream("confirmed", random_state)
    n = round(cluster.sum() * 85 / 254) if n is None else n
    # Largest keys of log weight + Gumbel noise: weighted draws without replacement.
    key = 2 * np.log(np.maximum(snr, 1e-3)) + rng.gumbel(size=len(snr))
    chosen = np.argsort(np.where(cluster, -key, np.inf), kind="stable")[:n]
    return cluster & np.isin(np.arange(len(snr)), chosen)


def fit_volunteers(
    truth: Table,
    random_state: int = 0,
    recall: float = 0.40,
    bright_recall: float = 0.65,
    false_positives: float = 0.0075,
    volunteers: Volunteers = VOLUNTEERS,
    rows: int = 10_000,
) -> Volunteers:
    """Fit ``offset``, ``slope`` and ``doubt`` of volunteers to a simulated list.

    Parameters
    ----------
    truth : `~astropy.table.Table`
        Truth with ``is_cluster``, ``snr`` and ``extent``; some thousand rows.
    random_state : int
        Seed.
    recall, bright_recall : float
        Share of all and of the confirmed clusters that are labeled clusters.
    false_positives : float
        Share of the others that are. Kosiba et al. (2020) have 1 of 150 and 1 of 85; 0.0075 gives
        a precision of 0.98 to 0.99 for their shares of clusters and for a balanced list.
    volunteers : Volunteers
        The other parameters.
    rows : int
        Votes are drawn for as many targets of each class, the list again and again; with the
        default the recalls are known to 0.01.

    Returns
    -------
    Volunteers

    Raises
    ------
    InvalidParameterError
        If a column is missing, or no slope reaches ``bright_recall``.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from astrocnn.simulation import fit_volunteers, volunteer_labels
    >>> rng = np.random.default_rng(1)
    >>> cluster = np.arange(2000) % 2 == 0
    >>> truth = Table({"is_cluster": cluster, "snr": rng.lognormal(2, 1, 2000)})
    >>> truth["extent"] = np.where(cluster, rng.lognormal(3, 0.5, 2000), 0)
    >>> labels = volunteer_labels(truth, 5, fit_volunteers(truth))
    >>> bool(0.36 < labels[cluster].mean() < 0.44)
    True
    """
    cluster, *_ = _columns(truth, "snr", "extent")
    clusters, others = _repeat(truth[cluster], rows), _repeat(truth[~cluster], rows)
    bright = confirmed_clusters(clusters, random_state)

    def at_slope(slope):
        def found(offset):
            guess = replace(volunteers, slope=slope, offset=offset)
            return volunteer_labels(clusters, random_state, guess)

        offset = _bisect(lambda value: found(value).mean() - recall, -40, 20)
        return offset, found(offset)[bright].mean() - bright_recall

    if at_slope(8.0)[1] < 0:
        raise InvalidParameterError(
            f"no slope gives a recall of {bright_recall} on the confirmed clusters and {recall} on "
            "all: signal-to-noise and extent differ too little in this list"
        )
    slope = _bisect(lambda value: at_slope(value)[1], 0.0, 8.0)
    fitted = replace(volunteers, slope=slope, offset=at_slope(slope)[0])

    def excess(doubt):
        labels = volunteer_labels(others, random_state, replace(fitted, doubt=doubt))
        return false_positives - labels.mean()

    return replace(fitted, doubt=_bisect(excess, -20, 30))


def _repeat(truth: Table, rows: int) -> Table:
    """A table again and again: the noise of votes is not to be fitted."""
    return truth[np.arange(rows) % len(truth)]["is_cluster", "snr", "extent"]


def _bisect(function, low: float, high: float, steps: int = 14) -> float:
    """Where a rising function of some noise crosses zero."""
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return (low + high) / 2


def _stream(name: str, random_state: int | None) -> np.random.Generator:
    """A stream of its own for every kind of person."""
    return np.random.default_rng(random_state).spawn(len(_STREAMS))[_STREAMS.index(name)]


def _columns(truth: Table, *names: str) -> list[np.ndarray]:
    """``is_cluster`` and other columns as plain arrays; nothing there is zero."""
    missing = sorted({"is_cluster", *names} - set(truth.colnames))
    if missing:
        raise InvalidParameterError(f"the truth lacks {missing}; make it with simulate_cutouts")
    found = [np.asarray(truth["is_cluster"], dtype=bool)]
    for name in names:
        values = np.ma.asarray(getattr(truth[name], "value", truth[name]), dtype=float)
        found.append(np.nan_to_num(np.ma.filled(values, 0.0), nan=0.0))
    return found
