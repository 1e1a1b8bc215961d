"""The same training several times: how much of a score is chance?"""

from collections.abc import Callable, Sequence

import numpy as np
from astropy.table import Table
from sklearn.metrics import accuracy_score, precision_score, recall_score, roc_auc_score

from ..exceptions import InvalidParameterError
from ..networks import load_keras
from ._loop import train_network

__all__ = ["repeat_training", "summarize_runs"]

_SCORES = ("accuracy", "precision", "recall", "auc")
#: Images per step when runs are scored.
_BATCH = 64


def repeat_training(
    build: Callable,
    images: np.ndarray,
    labels: np.ndarray,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    folds: Sequence[tuple[np.ndarray, np.ndarray]] | None = None,
    runs: int = 10,
    random_state: int = 0,
    each: Callable | None = None,
    **settings,
) -> Table:
    """Train two-class networks that differ in their seed alone, and score each of them.

    Parameters
    ----------
    build : callable
        Called without arguments, returns a new network.
    images : ndarray of shape (n, ny, nx, n_bands)
        Network input.
    labels : ndarray of shape (n,), int
        Class numbers: 0, and 1 for the positive class.
    test : tuple of ndarray, optional
        Images and class numbers to score on; all ``images`` are trained on.
    folds : sequence of tuple of ndarray, optional
        Instead of ``test``: rows of training and test, for each fold; see `sky_folds`.
    runs : int
        Trainings on all images, or on each fold.
    random_state : int
        Seed of the first training; the next has the next number.
    each : callable, optional
        Called as ``each(row, network, proba)`` after each training, with the number of the row and
        the probabilities of the positive class (n_test,): to keep what is wanted.
    **settings
        Of `train_network`; a ``sample_weight`` is one per image. Of a ``checkpoint`` each training
        has its own file: the number of its row is added to the name.

    Returns
    -------
    `~astropy.table.Table`
        One row per training: ``run``, ``fold``, ``seed``, ``n_test``, and ``accuracy``,
        ``precision``, ``recall`` (at a probability of 0.5; the scores of nothing are 0) and
        ``auc`` (NaN for a test of one class).

    Raises
    ------
    InvalidParameterError
        Unless either ``test`` or ``folds`` is given.

    Examples
    --------
    >>> import numpy as np
    >>> from astrocnn.networks import build_cn
    >>> from astrocnn.training import repeat_training, summarize_runs
    >>> images, labels = np.random.default_rng(0).normal(size=(8, 16, 16, 1)), np.arange(8) % 2
    >>> table = repeat_training(
    ...     lambda: build_cn((16, 16, 1)), images, labels, (images, labels), runs=2, epochs=1
    ... )
    >>> summarize_runs(table).colnames
    ['score', 'mean', 'std', 'trainings']
    """
    if (test is None) == (folds is None):
        raise InvalidParameterError(
            "give either test=(images, labels) or folds=[(training, test), ...]"
        )
    labels, weight = np.asarray(labels), settings.pop("sample_weight", None)
    checkpoint = settings.pop("checkpoint", None)
    rows = []
    for run in range(runs):
        for fold, (training, tested) in enumerate(folds or [(slice(None), None)]):
            seed = random_state + len(rows)
            load_keras().utils.set_random_seed(seed)
            network = build()
            if weight is not None:
                settings["sample_weight"] = np.asarray(weight)[training]
            if checkpoint is not None:
                settings["checkpoint"] = f"{checkpoint}.{len(rows)}"
            train_network(
                network, images[training], labels[training], random_state=seed, **settings
            )
            shown, truth = test if folds is None else (images[tested], labels[tested])
            proba = _positive(network, shown)
            rows.append((run, fold, seed, len(proba), *_scores(np.asarray(truth), proba)))
            if each is not None:
                each(len(rows) - 1, network, proba)
    return Table(rows=rows, names=["run", "fold", "seed", "n_test", *_SCORES])


def summarize_runs(table: Table) -> Table:
    """Return mean and standard deviation of each score.

    Parameters
    ----------
    table : `~astropy.table.Table`
        From `repeat_training`.

    Returns
    -------
    `~astropy.table.Table`
        ``score``, ``mean``, ``std`` (of one training, with n - 1; NaN for a single one) and
        ``trainings``, their number.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astrocnn.training import summarize_runs
    >>> runs = Table({name: [0.8, 0.9] for name in ("accuracy", "precision", "recall", "auc")})
    >>> print(summarize_runs(runs)[:1])
     score   mean  std  trainings
    -------- ---- ----- ---------
    accuracy 0.85 0.071         2
    """
    values = np.array([table[name] for name in _SCORES], dtype=float)
    spread = values.std(axis=1, ddof=1) if len(table) > 1 else np.full(len(values), np.nan)
    found = Table(
        [list(_SCORES), values.mean(axis=1), spread, [len(table)] * len(values)],
        names=["score", "mean", "std", "trainings"],
    )
    found["mean"].format = found["std"].format = ".2g"
    return found


def _positive(network, images) -> np.ndarray:
    """Probabilities of the positive class."""
    parts = [
        network.predict_on_batch(np.asarray(images[i : i + _BATCH], dtype=np.float32))
        for i in range(0, len(images), _BATCH)
    ]
    return np.concatenate([np.asarray(part) for part in parts])[:, 1]


def _scores(truth, proba):
    """Accuracy, precision, recall and AUC of probabilities."""
    verdicts = (proba >= 0.5).astype(int)
    both = len(np.unique(truth)) == 2
    return (
        accuracy_score(truth, verdicts),
        precision_score(truth, verdicts, zero_division=0.0),
        recall_score(truth, verdicts, zero_division=0.0),
        roc_auc_score(truth, proba) if both else np.nan,
    )
