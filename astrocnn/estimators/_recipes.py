"""Recipes of the weights that come with astrocnn, and the simulated targets that they need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy import units as u
from astropy.table import QTable

from .._registry import Registry
from ..extent import N_PLANES
from ..networks import ModelDescription
from ..preprocessing import Preprocessing
from ..preprocessing._source import centered_planes
from ..surveys import get_band
from ..tables import write_result
from ..training import Augmentation, simulated_tensors
from ._classifier import ClusterClassifier
from ._sample import Sample

__all__ = ["RECIPES", "Recipe", "Simulated"]


@dataclass(frozen=True)
class Recipe:
    """How named weights are trained.

    Parameters
    ----------
    bands : tuple of str
        Bands of the images.
    pixels : int
        Pixels along one side of a cut-out. Kosiba et al. (2020) used 356 on 6 arcmin; fewer train
        faster. 3.75 arcsec (96 pixels) are close to XMM-Newton's own 4 arcsec; interpolated so
        coarsely, the counts of a single photon are kept to 20 % only, those of a source of 4 arcsec
        to 1 %.
    size : float
        Side of a cut-out (arcmin).
    n, epochs : int
        Simulated training targets, and passes over them.
    n_calibration : int
        Further ones that calibrate the probabilities; with less training as many less.
    calibration : str
        How; see `astrocnn.training.fit_calibration`.
    network : str
        Architecture; see `astrocnn.networks.NETWORKS`.
    arguments : dict
        Further arguments of its builder.
    batch_size : int
        Targets per step.
    learning_rate : float
        Highest learning rate.
    turned, shift : float
        Fraction of the images that are turned by any angle, and how far those are shifted, see
        `astrocnn.training.Augmentation`.
    source_planes : bool
        Whether the network sees planes of a fit; see `astrocnn.preprocessing.Preprocessing`.
    version : int
        Version of the simulation.
    kind : str, optional
        Kind of all targets; see `astrocnn.simulation.simulate_field`.
    outputs : tuple of str
        What the network tells apart; see `ModelDescription.outputs`.
    beside : tuple of (float, dict)
        Further training targets: how many, in units of ``n``, and what is different about them,
        such as the bands: planes of a fit are alike for all telescopes.
    without : tuple of (float, tuple of str)
        The first of its own targets once more, without some bands: how many, in units of ``n``, and
        which bands. A target may then lack any band.
    xray_weights : str, optional
        Weights for X-rays alone: they are that part of the network; see
        `astrocnn.networks.build_evidence`.
    """

    bands: tuple[str, ...]
    pixels: int
    size: float = 6.0
    n: int = 16000
    epochs: int = 8
    n_calibration: int = 4000
    calibration: str = "temperature"
    network: str = "cn"
    arguments: Mapping = field(default_factory=dict)
    batch_size: int = 32
    learning_rate: float = 1e-3
    turned: float = 0.5
    shift: float = 0.06
    source_planes: bool = False
    version: int = 2
    kind: str | None = None
    outputs: tuple[str, ...] = ()
    beside: tuple[tuple[float, Mapping], ...] = ()
    without: tuple[tuple[float, tuple[str, ...]], ...] = ()
    xray_weights: str | None = None

    @property
    def preprocessing(self) -> Preprocessing:
        """Steps from cut-outs to network input."""
        return Preprocessing(source_planes=self.source_planes)

    def describe(self, classifier: ClusterClassifier) -> ModelDescription:
        """Return what is to be trained."""
        description = classifier._start_description([False, True])
        if not self.outputs:
            return description
        arguments = {**description.arguments, "n_classes": len(self.outputs)}
        optional = list(self.bands) if self.without else []
        return replace(
            description,
            arguments=arguments,
            outputs=list(self.outputs),
            optional_bands=optional,
        )

    def classifier(self, **parameters) -> ClusterClassifier:
        """Return the classifier to train."""
        return ClusterClassifier(
            weights=None,
            bands=self.bands,
            pixels=self.pixels,
            size=self.size * u.arcmin,
            network=self.network,
            network_arguments=dict(self.arguments),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            calibration=self.calibration,
            preprocessing=self.preprocessing,
            augmented=Augmentation(turned=self.turned, shift=self.shift),
            **parameters,
        )

    def simulate(
        self, n: int, seed: int, folder: Path, n_jobs: int = 1, n_plain: int = 0
    ) -> "Simulated":
        """Return simulated network input and its truth, kept in a folder.

        Parameters
        ----------
        n, seed : int
            Number of targets, and the seed of their list.
        folder : path
            What is there of the same targets, bands and grid is read instead.
        n_jobs : int
            Processes that simulate.
        n_plain : int
            Images that are kept beside planes of a fit: one knows the kind of the training's by
            them.
        """
        planes = f"-{N_PLANES}planes" if self.source_planes else ""
        kind = f"-{self.kind}" if self.kind else ""
        grid = f"{self.size:g}arcmin-{self.pixels}px{planes}-simulation{self.version}{kind}"
        stem = f"{'+'.join(self.bands)}-{grid}-seed{seed}-{n}"
        tensor, plain, truth = (
            Path(folder) / f"{stem}{end}" for end in (".npy", "-images.npy", ".ecsv")
        )
        n_plain = n_plain if self.source_planes else 0
        # The truth is written last; whoever needed no images kept none.
        if not truth.exists() or (n_plain and not plain.exists()):
            _, table = simulated_tensors(
                n,
                seed,
                self.bands,
                self.preprocessing,
                size=self.size * u.arcmin,
                pixels=self.pixels,
                n_jobs=n_jobs,
                out=str(tensor),
                version=self.version,
                kind=self.kind,
                plain_out=str(plain) if n_plain else None,
                n_plain=n_plain,
            )
            write_result(table, truth, overwrite=True)
        images = np.load(plain, mmap_mode="r") if n_plain else None
        return Simulated(np.load(tensor, mmap_mode="r"), QTable.read(truth), images)

    @property
    def held_out(self) -> "Recipe":
        """What calibrates: targets of the same bands and version, blank sky included."""
        own = ((part, new) for part, new in self.beside if not {"bands", "version"} & set(new))
        return replace(self, beside=tuple(own))

    def sample(self, n: int, seed: int, folder: Path, n_jobs: int) -> Sample:
        """Return simulated targets of the training, those beside them included.

        In the same order whichever of them is the recipe: networks of several recipes that name
        each other are trained on the same list.
        """
        parts = [(max(round(n * part), 1), replace(self, **new)) for part, new in self.beside]
        parts = sorted([(n, self), *parts], key=lambda part: part[1]._order)
        own = [part.bands == self.bands and part.kind is None for _, part in parts]
        found = [
            part.simulate(number, seed, folder, n_jobs, number if like else 0)
            for (number, part), like in zip(parts, own, strict=True)
        ]
        plain = [one.plain for one in found if one.plain is not None]
        lacking = [self._without(found[own.index(True)], n, *some) for some in self.without]
        found += [one for one, _ in lacking]
        words = [""] * len(parts) + [words for _, words in lacking]
        truth = np.concatenate([np.array(one.truth["is_cluster"]) for one in found])
        outputs = [self._outputs(one.truth) for one in found] if self.outputs else None
        path = Path(folder) / f"{'+'.join(self.bands)}-list-seed{seed}.npy"
        return Sample(
            _joined([one.tensor for one in found], path),
            truth.astype(int),
            plain=np.concatenate(plain) if plain else None,
            outputs=None if outputs is None else np.concatenate(outputs),
            missing=np.repeat(words, [len(one.truth) for one in found]) if lacking else None,
        )

    def _without(self, simulated: "Simulated", n: int, part: float, bands: Sequence[str]):
        """The first of simulated targets without some bands; and the wavebands that they lack."""
        number = max(round(n * part), 1)
        wavebands = [get_band(name).waveband for name in self.bands]
        kept = [name not in bands for name in self.bands]
        scale = self.size * 60 / self.pixels
        ends = np.cumsum([0, *self.preprocessing.channels(wavebands, scale)])
        tensor = np.array(simulated.tensor[:number])
        seen = {name for name, is_kept in zip(wavebands, kept, strict=True) if is_kept}
        for band, (start, stop) in enumerate(pairwise(ends)):
            if not kept[band]:
                tensor[..., start:stop] = 0
            elif "xray" not in seen:  # without a source to center on
                images = simulated.plain[:number, ..., band : band + 1]
                tensor[..., start:stop] = centered_planes(images, scale)
        gone = [name for name in dict.fromkeys(wavebands) if name not in seen]
        return Simulated(tensor, simulated.truth[:number], None), "+".join(gone)

    @property
    def _order(self) -> tuple:
        """Where its targets stand in a list."""
        return self.bands, self.version, self.kind or ""

    def _outputs(self, truth: QTable) -> np.ndarray:
        """Which output is right for each target."""
        cluster = np.array(truth["is_cluster"], dtype=bool)
        point = np.array(truth["truth_class"], dtype=str) == "point"
        pair = point & (np.array(truth["kind"], dtype=str) == "pair")
        names = np.where(cluster, "cluster", np.where(point, "point", "other"))
        names = np.where(pair & ~cluster & ("pair" in self.outputs), "pair", names)
        return np.array([self.outputs.index(name) for name in names])


class Simulated(NamedTuple):
    """Simulated targets.

    Attributes
    ----------
    tensor : ndarray of shape (n, ny, nx, n_channels), float16
        Network input, memory-mapped.
    truth : `~astropy.table.QTable`
        One row per target.
    plain : ndarray of shape (m, pixels, pixels, n_bands), float16, optional
        Images of the first of them, where the input is planes of a fit.
    """

    tensor: np.ndarray
    truth: QTable
    plain: np.ndarray | None


def _joined(tensors: list[np.ndarray], path: Path) -> np.ndarray:
    """Several arrays as one, in a file: all together they may be larger than the memory."""
    if len(tensors) == 1:
        return tensors[0]
    shape = (sum(map(len, tensors)), *tensors[0].shape[1:])
    joined = np.lib.format.open_memmap(path, mode="w+", dtype=tensors[0].dtype, shape=shape)
    start = 0
    for tensor in tensors:
        joined[start : start + len(tensor)] = tensor
        start += len(tensor)
    return joined


#: Three networks of two branches, see `astrocnn.networks.build_two_branch`.
_ENSEMBLE = {"network": "ensemble", "arguments": {"member": "two_branch", "n_members": 3}}

#: Two smaller ones that see planes of a fit, which are alike for both telescopes: both recipes
#: train on the same list, in which there is blank sky, and version 2 of the simulation too.
_FITTED = {
    "pixels": 90,
    "n": 16000,
    "epochs": 4,
    "calibration": "vector",
    "network": "ensemble",
    "arguments": {
        "member": "two_branch",
        "n_members": 2,
        "widths": (12, 32, 64),
        "depths": (1, 1, 1),
    },
    "batch_size": 64,
    "learning_rate": 2e-3,
    "turned": 0.0,
    "source_planes": True,
    "version": 3,
    "outputs": ("other", "pair", "point", "cluster"),
}


#: Arguments of the branches of these networks.
_BRANCHES = ("widths", "depths")


def _list_with(other: str) -> tuple:
    """Training targets beside those of a telescope: blank sky, version 2, and those of another."""
    parts = ((0.25, {"kind": "blank"}), (0.3125, {"version": 2}))
    others = ((part, {"bands": (other,)} | new) for part, new in ((1.0, {}), *parts))
    return (*parts, *others)


def _joint(xray: str) -> dict:
    """Settings of weights in which optical bands add to what weights for X-rays alone say."""
    own = {name: value for name, value in _FITTED["arguments"].items() if name in _BRANCHES}
    arguments = {"member": "evidence", "n_members": 2, "alone": own, "both": own}
    return _FITTED | {
        "pixels": 178,
        "arguments": arguments,
        "xray_weights": xray,
    }


#: Recipes of the weights that come with astrocnn.
RECIPES = Registry(
    "recipe",
    {
        "xmm": Recipe(("xmm",), 178, n=40000, epochs=3, shift=0.03, **_ENSEMBLE),
        "xmm-dss2": Recipe(("xmm", "dss2-red"), 178, n=40000, epochs=4, shift=0.03, **_ENSEMBLE),
        "xmm-dss2-psf": Recipe(
            ("xmm", "dss2-red"),
            beside=((0.25, {"kind": "blank"}),),
            without=((0.5, ("xmm",)),),
            **_joint("xmm-psf"),
        ),
        "xmm-psf": Recipe(("xmm",), beside=_list_with("erosita"), **_FITTED),
        # Its probabilities near one half come out too low, which no temperature mends.
        "erosita": Recipe(
            ("erosita",),
            178,
            n=40000,
            epochs=3,
            n_calibration=10000,
            calibration="beta",
            **_ENSEMBLE,
        ),
        "erosita-legacy": Recipe(
            ("erosita", "legacy-g", "legacy-r", "legacy-z"), 178, n=40000, epochs=3, **_ENSEMBLE
        ),
        "erosita-psf": Recipe(("erosita",), beside=_list_with("xmm"), **_FITTED),
    },
)
