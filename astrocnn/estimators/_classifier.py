"""`ClusterClassifier`: from positions to a table of predictions."""

from collections.abc import Mapping, Sequence

import numpy as np
from astropy import units as u

from ..exceptions import StoreError
from ..preprocessing import Preprocessing
from ..tables import ResultTable, result_table, target_coords
from ._base import NetworkClassifier
from ._gate import TargetSource
from ._labels import encode, say_positive
from ._prior import check_prior
from ._run import Run, stopped_error
from ._sample import Sample, hold_out, network_input
from ._training import trained_shares
from ._verdicts import Verdicts

__all__ = ["ClusterClassifier"]


class ClusterClassifier(NetworkClassifier):
    """Tell galaxy clusters from what is mistaken for them, in X-ray and optical images.

    With named weights it predicts at once; with ``weights=None`` it must be fitted first.

    Parameters
    ----------
    weights : str, path or None
        Weights that come with astrocnn, such as ``"xmm-dss2"``, see
        `astrocnn.networks.weights_names`; a ``.keras`` file written by `save`; or None. `fit`
        starts from them.
    images : dict of str to source, optional
        Local images by band, such as ``{"xmm": "*.FTZ"}``: FITS files, HiPS folders, providers; see
        `astrocnn.cutouts.make_cutouts`. Bands that are not named come from hips2fits.
    bands : sequence of str or `~astrocnn.surveys.Band`, optional
        Bands of the images, for ``weights=None``. Default: ``("xmm", "dss2-red")``. Weights that
        were trained on bands of your own need these bands here. Beside weights, this and the next
        five are left out: what contradicts the weights is an error.
    size : `~astropy.units.Quantity`, optional
        Side of the cut-outs, for ``weights=None``. Default: 6 arcmin.
    pixels : int, optional
        Pixels along one side, for ``weights=None``. Default: 356.
    network : str, optional
        Architecture, for ``weights=None``, see `astrocnn.networks.NETWORKS`. Default: ``"cn"``.
    network_arguments : dict, optional
        Further arguments of its builder, such as ``{"n_members": 5}`` of an ``"ensemble"``.
    preprocessing : Preprocessing, optional
        Steps from cut-outs to network input, for ``weights=None``.
    threshold : float
        A target is called a cluster where its probability is at least this; see `thresholds`.
    prior : float or dict of str to float, optional
        Fraction of the class ``"cluster"`` among your targets, or that of each class (``-psf``:
        ``{"cluster": .., "point": .., "pair": .., "other": ..}``): probabilities and labels are
        those of that prevalence. Without it they are those of the training's.
    judge_novel : bool
        Whether images unlike those of the training (``novelty`` above 1) get a prediction too. They
        are flagged ``out_of_domain`` in any case.
    mask_targets : bool
        Whether weights that look at one source (``-psf``) leave out those of other targets in the
        list, 25 arcsec or more away; see `astrocnn.extent.fit_source`. Give all that was detected.
    batch_size : int
        Targets per step of the network.
    epochs : int
        Passes over the data in `fit`.
    learning_rate : float
        Highest learning rate in `fit`.
    augmented : bool, str or Augmentation
        How images are varied in `fit`; see `astrocnn.training.train_network`.
    class_weight : dict of label to float, or ``"balanced"``, optional
        Weight of each class in `fit`.
    patience : int, optional
        Epochs without progress on the held-out targets after which `fit` stops; the best epoch is
        kept.
    validation_fraction : float
        Fraction of the targets that `fit` holds out, on another part of the sky: they calibrate the
        probabilities, tell what images are unusual, and give the thresholds. Fewer than 100 can do
        none of that; then all targets are trained on, unless ``patience`` needs some.
    calibration : {"temperature", "vector", "beta", "isotonic"} or None
        How `fit` calibrates; see `astrocnn.training.fit_calibration`.
    checkpoint : path, optional
        File in which `fit` keeps its state, to go on after an interruption.
    random_state : int, optional
        Seed of `fit`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels, in the order of the columns of `predict_proba`: those of ``y`` after `fit`;
        False and True (is it a cluster?) for named weights.
    history_ : dict of str to list of float
        Loss and accuracy per epoch of the last `fit`; of an ensemble a list of them.
    n_targets_seen_ : int
        Targets used by the last `fit`, held-out ones included.

    References
    ----------
    Kosiba et al. 2020, MNRAS 496, 4141.

    Examples
    --------
    >>> from astrocnn import ClusterClassifier
    >>> from astrocnn.simulation import simulate_cutouts
    >>> cutouts, truth = simulate_cutouts(3, random_state=7, bands=["xmm"], pixels=178)
    >>> result = ClusterClassifier(weights="xmm").predict(cutouts)
    >>> result.colnames[:5]
    ['target_id', 'ra', 'dec', 'label', 'proba_cluster']
    """

    def __init__(
        self,
        weights="xmm-dss2",
        *,
        images: Mapping | None = None,
        bands: Sequence[str] | None = None,
        size: u.Quantity | None = None,
        pixels: int | None = None,
        network: str | None = None,
        network_arguments: Mapping | None = None,
        preprocessing: Preprocessing | None = None,
        threshold: float = 0.5,
        prior: float | Mapping | None = None,
        judge_novel: bool = False,
        mask_targets: bool = True,
        batch_size: int = 32,
        epochs: int = 8,
        learning_rate: float = 1e-3,
        augmented: bool = True,
        class_weight: Mapping | str | None = None,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        calibration: str | None = "temperature",
        checkpoint=None,
        random_state: int | None = None,
    ):
        self.weights = weights
        self.images = images
        self.bands = bands
        self.size = size
        self.pixels = pixels
        self.network = network
        self.network_arguments = network_arguments
        self.preprocessing = preprocessing
        self.threshold = threshold
        self.prior = prior
        self.judge_novel = judge_novel
        self.mask_targets = mask_targets
        self.batch_size = batch_size
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.augmented = augmented
        self.class_weight = class_weight
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.calibration = calibration
        self.checkpoint = checkpoint
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None) -> "ClusterClassifier":
        """Train on targets with known classes.

        Parameters
        ----------
        X : SkyCoord, list of SkyCoord, table, file or `~xarray.Dataset`
            Positions, or cut-outs already made. Targets without images are left out.
        y : array-like of shape (n_targets,)
            Classes: booleans (is it a cluster?), or names, one of them ``"cluster"``.
        sample_weight : array-like of shape (n_targets,), optional
            Weight of each target in the loss.

        Returns
        -------
        ClusterClassifier
            Itself.

        Raises
        ------
        InvalidParameterError
            If ``y`` has another length than ``X``, one class only, or masked entries, or weights
            do not fit.
        InvalidImageError
            If no target has images of all bands.

        Warns
        -----
        NoCoverageWarning, FailedTargetWarning
            If targets are left out, once, with counts.
        LabelWarning
            If none of two names is ``"cluster"``: the last one in the alphabet then counts as it.
        """
        description = self._start_description(y)
        source = self._source(X, description)
        # What can be wrong is found before any image is fetched.
        check_prior(self.prior, description.classes, description.outputs)
        numbers = encode(y, len(source.targets), description.classes)
        trained_shares(numbers, sample_weight, self.class_weight, description.classes)
        say_positive(description.classes)
        given = network_input(source.chunks(source.rows()), description)
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight, dtype=np.float32)[given.usable]
        sample, held_out = hold_out(
            Sample(
                given.images,
                numbers[given.usable],
                sample_weight,
                given.plain,
                missing=given.missing,
            ),
            target_coords(source.targets[given.usable]),
            self.validation_fraction,
            self.patience,
            self.random_state,
        )
        return self._fit_sample(sample, held_out, description, y)

    def predict(self, X, *, folder=None, retry_failed: bool = False, client=None) -> ResultTable:
        """Classify targets.

        Parameters
        ----------
        X : SkyCoord, list of SkyCoord, table, file or `~xarray.Dataset`
            Positions in any frame, or cut-outs already made.
        folder : path, optional
            Keeps the rows of each chunk as soon as they are known. The same call with the same
            folder reads them and goes on, however the run ended.
        retry_failed : bool
            Whether rows in the folder with the flag ``failed`` are asked for again.
        client : `distributed.Client` or False, optional
            Dask cluster that makes and judges the chunks of positions, or of a Dataset backed by
            Dask, each of its workers with its own copy of the network. Default: the client that is
            active, as for anything of Dask; False: none.

        Returns
        -------
        ResultTable
            A `~astropy.table.QTable` with one row per target, in the same order:
            ``target_id``, ``ra``, ``dec`` (deg), ``label``, ``proba_cluster`` (both masked where
            there is no prediction), with some weights ``proba_other``, ``proba_pair`` and
            ``proba_point`` (what is no cluster) and ``source_separation`` (arcsec, of the source
            that was judged), ``proba_err`` (masked but for ensembles), ``novelty`` (where weights
            know their training images), ``coverage_<waveband>`` (0..1), ``flag`` (reasons, see
            `astrocnn.tables.FLAGS`). Weights, surveys and versions are in ``meta``, and under
            ``trusted`` the images that you vouch for.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If there are neither weights nor a fit.
        SurveyMismatchError
            If images are of other surveys than the weights were trained on.
        StoreError
            If the folder holds another run, is in use, or cannot be written (its ``result`` then
            holds what was done).
        PredictionInterrupted
            On Ctrl-C; its ``result`` holds what was done.

        Warns
        -----
        NoCoverageWarning, FailedTargetWarning
            Once, with counts.
        DamagedPartWarning
            If a file in the folder is damaged; its rows are computed anew.
        """
        fitted = self._ready()
        source = self._source(X, fitted.description)
        source = source.along_the_sky(kept=folder is not None)
        sizes = len(source.targets), len(fitted.description.classes)
        verdicts = Verdicts(*sizes, source.bands, self.judge_novel, len(fitted.apart_names))
        stopped = None
        given = {"batch_size": self.batch_size, "prior": self.prior}
        run = Run(fitted, source, folder=folder, retry_failed=retry_failed, client=client, **given)
        with run:
            try:
                run.into(verdicts)
            except (KeyboardInterrupt, StoreError) as error:
                stopped = error
        result = self._result(source, verdicts)
        if stopped is not None:
            raise stopped_error(stopped, result, verdicts.done, folder) from stopped
        verdicts.warn(result, source.without_images)
        return result

    def _result(self, source: TargetSource, verdicts: Verdicts) -> ResultTable:
        """Return the table of predictions."""
        fitted = self._ready()
        result = result_table(
            source.targets,
            verdicts.judged.proba,
            classes=fitted.description.classes,
            threshold=self.threshold,
            apart=dict(zip(fitted.apart_names, verdicts.judged.apart.T, strict=True)),
            error=verdicts.judged.error,
            novelty=verdicts.judged.novelty if fitted.domain is not None else None,
            separation=verdicts.judged.separation if fitted.preprocessing.source_planes else None,
            coverage=verdicts.coverage,
            flags=verdicts.flags,
            meta=fitted.meta(self.prior) | source.meta() | verdicts.fault_meta(),
        )
        return source.as_given(result)
