"""List of simulated targets that a recipe trains on."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.table import QTable

from ..preprocessing import centered_planes
from ..surveys import get_band
from ._sample import Sample

__all__ = ["Simulated", "recipe_list", "without_bands"]

#: Images of the latest version by which one knows the kind of the training's.
_LOOKS = 2000


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


def recipe_list(recipe, n: int, seed: int, folder: Path, n_jobs: int) -> Sample:
    """Return simulated targets of a training, those beside the recipe's own included.

    In the same order whichever of them is the recipe: networks of several recipes that name each
    other are trained on the same list.

    Parameters
    ----------
    recipe : Recipe
        What to train.
    n, seed : int
        Number of its own targets, and the seed of their list.
    folder : path
        Where they are kept.
    n_jobs : int
        Processes that simulate.
    """
    base = replace(recipe, pixels=recipe.list_pixels or recipe.pixels, list_pixels=None)
    parts = [(max(round(n * part), 1), replace(base, **new)) for part, new in recipe.beside]
    parts = sorted([(n, base), *parts], key=lambda part: _order(part[1]))
    found = [
        part.simulate(number, seed, folder, n_jobs, _n_plain(recipe, part, number))
        for number, part in parts
    ]
    own = found[[part for _, part in parts].index(base)]
    plain = _looks(recipe, found, n, seed, folder, n_jobs)
    lacking = [
        without_bands(recipe, own, max(round(n * part), 1), bands) for part, bands in recipe.without
    ]
    words = [""] * len(parts) + [words for _, words in lacking]
    found += [one for one, _ in lacking]
    truth = np.concatenate([np.array(one.truth["is_cluster"]) for one in found])
    outputs = None
    if recipe.outputs:
        outputs = np.concatenate([_outputs(recipe.outputs, one.truth) for one in found])
    path = Path(folder) / f"{'+'.join(recipe.bands)}-list-seed{seed}.npy"
    return Sample(
        _joined([one.tensor for one in found], path),
        truth.astype(int),
        plain=plain,
        outputs=outputs,
        missing=np.repeat(words, [len(one.truth) for one in found]) if lacking else None,
    )


def _order(recipe) -> tuple:
    """Where its targets stand in a list."""
    return recipe.bands, recipe.version, recipe.kind or ""


def _n_plain(recipe, part, number: int) -> int:
    """Images that are kept of a part of the list: the domain sees some, `without_bands` its own."""
    if part.bands != recipe.bands or part.kind is not None or recipe.list_pixels is not None:
        return 0
    if part.version != recipe.version:
        return min(number, _LOOKS // 2)
    most = max((part for part, _ in recipe.without), default=0.0)
    return min(number, max(_LOOKS, round(number * most)))


def _looks(recipe, found, n: int, seed: int, folder: Path, n_jobs: int) -> np.ndarray | None:
    """Images by which one knows the kind of the training's: of all its versions, on its grid.

    With further clusters: few of a list are bright.
    """
    if not recipe.source_planes:
        return None
    versions = sorted({new["version"] for _, new in recipe.beside if "version" in new})
    base, most = replace(recipe, list_pixels=None, beside=(), without=()), min(n, _LOOKS)
    parts = []
    if recipe.list_pixels is not None:
        others = [(max(most // 2, 1), replace(base, version=other)) for other in versions]
        parts = [(most, base), *others]
    if versions:  # those that calibrate are as they come
        bright = [replace(base, version=other, kind="cluster") for other in versions]
        parts += [(max(most // 4, 1), part) for part in [replace(base, kind="cluster"), *bright]]
    found = [*found, *(part.simulate(m, seed, folder, n_jobs, m) for m, part in parts)]
    return np.concatenate([one.plain[:_LOOKS] for one in found if one.plain is not None])


def without_bands(
    recipe, simulated: Simulated, number: int, bands: Sequence[str]
) -> tuple[Simulated, str]:
    """Return the first of simulated targets without some bands, and the wavebands that they lack.

    Parameters
    ----------
    recipe : Recipe
        What they were simulated for.
    simulated : Simulated
        Targets with all bands, and their images.
    number : int
        How many of them.
    bands : sequence of str
        Which bands.
    """
    wavebands = [get_band(name).waveband for name in recipe.bands]
    kept = [name not in bands for name in recipe.bands]
    scale = recipe.size * 60 / recipe.pixels
    ends = np.cumsum([0, *recipe.preprocessing.channels(wavebands, scale)])
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


def _outputs(names: Sequence[str], truth: QTable) -> np.ndarray:
    """Which output is right for each target."""
    cluster = np.array(truth["is_cluster"], dtype=bool)
    point = np.array(truth["truth_class"], dtype=str) == "point"
    pair = point & (np.array(truth["kind"], dtype=str) == "pair")
    right = np.where(cluster, "cluster", np.where(point, "point", "other"))
    right = np.where(pair & ~cluster & ("pair" in names), "pair", right)
    return np.array([names.index(name) for name in right])


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
