"""`ClusterClassifier`: from positions to a table of verdicts."""

from collections.abc import Mapping, Sequence

import numpy as np
from astropy import units as u
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import balanced_accuracy_score

from ..exceptions import PredictionInterrupted
from ..networks import ModelDescription, save_model, weights_names
from ..preprocessing import Preprocessing
from ..tables import ResultTable, result_table
from ._description import new_description
from ._fitted import Fitted
from ._gate import find_bands, target_chunks
from ._labels import encode
from ._parameters import check_parameters
from ._verdicts import Verdicts, usable_rows

__all__ = ["ClusterClassifier"]


class ClusterClassifier(ClassifierMixin, BaseEstimator):
    """Tell galaxy clusters from what is mistaken for them, in X-ray and optical images.

    With named weights it predicts at once; with ``weights=None`` it must be fitted first.

    Parameters
    ----------
    weights : str, path or None
        Weights that come with astrocnn (``"xmm-dss2"``: X-ray and optical; ``"xmm"``: X-ray
        only), a ``.keras`` file written by `save`, or None. `fit` starts from them.
    images : dict of str to source, optional
        Local images by band, such as ``{"xmm": "*.FTZ"}``: FITS files, HiPS folders, providers; see
        `astrocnn.cutouts.make_cutouts`. Bands that are not named come from hips2fits.
    bands : sequence of str or `~astrocnn.surveys.Band`, optional
        Bands of the images, for ``weights=None``. Default: ``("xmm", "dss2-red")``. Weights that
        were trained on bands of your own need these bands here.
    size : `~astropy.units.Quantity`, optional
        Side of the cut-outs, for ``weights=None``. Default: 6 arcmin.
    pixels : int, optional
        Pixels along one side, for ``weights=None``. Default: 356.
    network : str
        Architecture, for ``weights=None``; see `astrocnn.networks.NETWORKS`.
    preprocessing : Preprocessing, optional
        Steps from cut-outs to network input, for ``weights=None``.
    threshold : float
        A target is called a cluster where its probability is at least this.
    batch_size : int
        Targets per step of the network.
    epochs : int
        Passes over the data in `fit`.
    learning_rate : float
        Highest learning rate in `fit`.
    augmented : bool
        Whether images are turned and mirrored in `fit`.
    random_state : int, optional
        Seed of `fit`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels, in the order of the columns of `predict_proba`: those of ``y`` after `fit`;
        False and True (is it a cluster?) for named weights.
    history_ : dict of str to list of float
        Loss and accuracy per epoch of the last `fit`.
    n_targets_seen_ : int
        Targets used by the last `fit`.

    References
    ----------
    Kosiba et al. 2020, MNRAS 496, 4141.

    Examples
    --------
    >>> from astrocnn import ClusterClassifier
    >>> from astrocnn.simulation import simulate_cutouts
    >>> cutouts, truth = simulate_cutouts(3, random_state=7, bands=["xmm"], pixels=96)
    >>> result = ClusterClassifier(weights="xmm").predict(cutouts)
    >>> result.colnames
    ['target_id', 'ra', 'dec', 'label', 'proba_cluster', 'proba_err', 'coverage_xray', 'flag']
    """

    def __init__(
        self,
        weights="xmm-dss2",
        *,
        images: Mapping | None = None,
        bands: Sequence[str] | None = None,
        size: u.Quantity | None = None,
        pixels: int | None = None,
        network: str = "cn",
        preprocessing: Preprocessing | None = None,
        threshold: float = 0.5,
        batch_size: int = 32,
        epochs: int = 8,
        learning_rate: float = 1e-3,
        augmented: bool = True,
        random_state: int | None = None,
    ):
        self.weights = weights
        self.images = images
        self.bands = bands
        self.size = size
        self.pixels = pixels
        self.network = network
        self.preprocessing = preprocessing
        self.threshold = threshold
        self.batch_size = batch_size
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.augmented = augmented
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None) -> "ClusterClassifier":
        """Train on targets with known classes.

        Parameters
        ----------
        X : SkyCoord, list of SkyCoord, table, file or `~xarray.Dataset`
            Positions, or cut-outs already made. Targets without images are left out.
        y : array-like of shape (n_targets,)
            Classes: booleans (is it a cluster?), or names.
        sample_weight : array-like of shape (n_targets,), optional
            Weight of each target in the loss.

        Returns
        -------
        ClusterClassifier
            Itself.

        Raises
        ------
        ValueError
            If ``y`` has another length than ``X``, one class only, or masked entries.
        """
        description = self._start_description(y)
        targets, chunks = target_chunks(X, description, self.images, self.bands)
        # What can be wrong is found before any image is fetched.
        numbers = encode(y, len(targets), description.classes)
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight, dtype=np.float32)
            if sample_weight.shape != numbers.shape:
                raise ValueError(
                    f"sample_weight has shape {sample_weight.shape}, but there are {len(targets)} "
                    "targets"
                )
        tensor, usable = _network_input(chunks, description)
        if sample_weight is not None:
            sample_weight = sample_weight[usable]
        return self._fit_tensor(tensor, numbers[usable], description, y, sample_weight)

    def predict(self, X) -> ResultTable:
        """Classify targets.

        Parameters
        ----------
        X : SkyCoord, list of SkyCoord, table, file or `~xarray.Dataset`
            Positions in any frame, or cut-outs already made.

        Returns
        -------
        ResultTable
            A `~astropy.table.QTable` with one row per target, in the same order:
            ``target_id``, ``ra``, ``dec`` (deg), ``label``, ``proba_cluster`` (both masked where
            there is no verdict), ``proba_err`` (masked until ensembles exist),
            ``coverage_<waveband>`` (0..1), ``flag`` (reasons, see `astrocnn.tables.FLAGS`).
            Weights, surveys and versions are in ``meta``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If there are neither weights nor a fit.
        SurveyMismatchError
            If images are of other surveys than the weights were trained on.
        PredictionInterrupted
            On Ctrl-C; its ``result`` holds what was done.

        Warns
        -----
        NoCoverageWarning, FailedTargetWarning
            Once, with counts.
        """
        fitted = self._ready()
        description = fitted.description
        wavebands = [band.waveband for band in find_bands(description, self.bands)]
        targets, chunks = target_chunks(X, description, self.images, self.bands)
        verdicts = Verdicts(len(description.classes))
        interrupted = False
        try:
            for dataset in chunks:
                verdicts.add(dataset, fitted.verdicts(dataset, self.batch_size))
        except KeyboardInterrupt:
            interrupted = True
        proba, coverage, flags = verdicts.rows(len(targets), wavebands)
        result = result_table(
            targets,
            proba,
            classes=description.classes,
            threshold=self.threshold,
            coverage=coverage,
            flags=flags,
            meta=fitted.meta() | verdicts.fault_meta(),
        )
        if interrupted:
            done = sum(map(len, verdicts.proba))
            raise PredictionInterrupted(
                f"interrupted after {done} of {len(targets)} targets; the table so far is in "
                "this exception's .result",
                result,
            )
        verdicts.warn(result)
        return result

    def predict_proba(self, X) -> np.ndarray:
        """Return class probabilities.

        Parameters
        ----------
        X : see `predict`

        Returns
        -------
        ndarray of shape (n_targets, n_classes)
            Columns in the order of `classes_`; NaN in rows without a verdict.
        """
        return self._outputs(X)[:, self._ready().columns]

    def score(self, X, y, sample_weight=None) -> float:
        """Return the balanced accuracy of the labels; a row without a verdict counts as wrong.

        Parameters
        ----------
        X : see `predict`
        y : array-like of shape (n_targets,)
            True classes, as in `fit`.
        sample_weight : array-like of shape (n_targets,), optional
            Weights.

        Returns
        -------
        float
            Mean over the classes of the share that is labeled right (0..1).
        """
        proba = self._outputs(X)
        truth = encode(y, len(proba), self._ready().description.classes)
        none = ~np.isfinite(proba).all(axis=1)
        if proba.shape[1] == 2:
            label = (proba[:, 1] >= self.threshold).astype(int)
        else:
            label = np.nan_to_num(proba).argmax(axis=1)
        label = np.where(none, (truth + 1) % proba.shape[1], label)
        return float(balanced_accuracy_score(truth, label, sample_weight=sample_weight))

    def save(self, path) -> None:
        """Write network, preprocessing and card to a ``.keras`` file; see `load`."""
        fitted = self._ready()
        save_model(path, fitted.model, fitted.description)

    @classmethod
    def load(cls, path, **parameters) -> "ClusterClassifier":
        """Return a classifier with saved weights.

        Parameters
        ----------
        path : path
            Written by `save`.
        **parameters
            Other constructor arguments, such as ``images``.
        """
        classifier = cls(weights=path, **parameters)
        classifier._ready()
        return classifier

    @property
    def classes_(self) -> np.ndarray:
        """Labels in the order of the columns of `predict_proba`."""
        return self._ready().labels

    def __sklearn_is_fitted__(self) -> bool:
        return self.weights is not None or "_fitted" in self.__dict__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = self.weights is None
        tags.non_deterministic = True
        tags.input_tags.two_d_array = False
        return tags

    def _ready(self) -> Fitted:
        """Return the fitted network, loading named weights when they are first needed."""
        check_parameters(self)
        fitted = self.__dict__.get("_fitted")
        if fitted is not None and (fitted.trained or fitted.source == self.weights):
            return fitted
        if self.weights is None:
            raise NotFittedError(
                "this ClusterClassifier has no weights yet: call fit(coords, labels), or choose "
                f"weights={' or '.join(map(repr, weights_names()))}"
            )
        self._fitted = Fitted.from_weights(self.weights)
        return self._fitted

    def _start_description(self, y) -> ModelDescription:
        """What `fit` trains: the network of the weights, or a new one."""
        check_parameters(self)
        if self.weights is not None:
            return Fitted.from_weights(self.weights).description
        return new_description(
            y, self.network, self.bands, self.size, self.pixels, self.preprocessing
        )

    def _fit_tensor(self, tensor, numbers, description, y=None, sample_weight=None):
        """Train on network input; what `fit` and ``astrocnn train`` have in common."""
        self._fitted = Fitted.train(
            description,
            self.weights,
            tensor,
            numbers,
            y,
            sample_weight,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            augmented=self.augmented,
            random_state=self.random_state,
        )
        self.history_ = self._fitted.history
        self.n_targets_seen_ = len(tensor)
        return self

    def _outputs(self, X) -> np.ndarray:
        """Probabilities of all targets in the order of the network's outputs."""
        fitted = self._ready()
        _, chunks = target_chunks(X, fitted.description, self.images, self.bands)
        return np.concatenate([fitted.verdicts(dataset, self.batch_size) for dataset in chunks])


def _network_input(chunks, description) -> tuple[np.ndarray, np.ndarray]:
    """Network input of all usable targets, and which ones they are."""
    steps = Preprocessing.from_config(description.preprocessing)
    tensors, usable = [], []
    for dataset in chunks:
        rows = usable_rows(dataset)
        usable.append(rows)
        tensors.append(steps(dataset.isel(target=rows)))
    return np.concatenate(tensors), np.concatenate(usable)
