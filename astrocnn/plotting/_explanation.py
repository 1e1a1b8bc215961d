"""Figures of explanations: the cut-outs, and over them what spoke for and against a cluster."""

from numbers import Integral

import numpy as np

from ..cutouts import check_dataset
from ..exceptions import InvalidImageError
from ._cutouts import draw_scale_bar, is_simulated, pixel_scale
from ._display import smooth, to_display
from ._matplotlib import import_pyplot, plain_text
from ._verdicts import as_text

__all__ = ["plot_explanation"]

#: Smoothing for the eye of X-ray counts and of attributions (standard deviation, arcsec).
_SMOOTHING = 6.0
#: Percentile of the absolute attributions that has the full color.
_PERCENTILE = 99.5
_COLORS = "RdBu_r"


def plot_explanation(explained, target: int = 0):
    """Draw what each pixel of each band of a target added to its probability.

    The cut-outs are gray, north up and east left. Over them lie the attributions: red where pixels
    raised the probability, blue where they lowered it, the more opaque the more they did. They are
    smoothed by 6 arcsec, and the colors mean the same in all bands. Below each band stands the sum
    over its pixels; the sums of all bands add up to the probability less that of a flat image.

    Parameters
    ----------
    explained : `~xarray.Dataset`
        Result of `ClusterClassifier.explain <astrocnn.estimators.NetworkClassifier.explain>`. With
        the attribute ``simulated`` the figure says that the images are simulated.
    target : int
        Position of the target in the Dataset.

    Returns
    -------
    `~matplotlib.figure.Figure`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidImageError
        If the Dataset has no attributions or no such target.

    Examples
    --------
    >>> from astrocnn import ClusterClassifier
    >>> from astrocnn.plotting import plot_explanation
    >>> from astrocnn.simulation import simulate_cutouts
    >>> cutouts, truth = simulate_cutouts(1, random_state=21, bands=["xmm"], pixels=178)
    >>> figure = plot_explanation(ClusterClassifier("xmm").explain(cutouts, steps=4))
    >>> len(figure.axes)  # the band and the color bar
    2
    """
    plt = import_pyplot()
    one = _check(explained, target)
    bands = [as_text(band) for band in one["band"].values]
    images = _attributions(one)
    limit = _limit(images)
    figure, axes = plt.subplots(
        1, len(bands), figsize=(2.75 * len(bands) + 1.0, 3.45), squeeze=False, layout="constrained"
    )
    for b, ax in enumerate(axes[0]):
        colored = _draw_band(ax, one.isel(band=b), images[b], limit)
        ax.set_title(plain_text(bands[b]), fontsize=9)
    draw_scale_bar(axes[0][0], explained)
    known = pixel_scale(one) is not None
    bar = figure.colorbar(colored, ax=list(axes[0]), shrink=0.8, aspect=25, pad=0.02)
    bar.set_label(f"probability per {'arcmin²' if known else 'pixel'}", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    figure.suptitle(plain_text(_title(one)), fontsize=10, fontweight="bold")
    figure.supxlabel(_note(one, known), fontsize=7, color="0.4", style="italic")
    return figure


def _check(explained, target: int):
    """The Dataset of one target."""
    check_dataset(explained)
    if "attribution" not in explained:
        raise InvalidImageError(
            "the Dataset has no variable 'attribution'; make it with ClusterClassifier.explain"
        )
    n = explained.sizes["target"]
    if not isinstance(target, Integral) or not -n <= target < n:
        raise InvalidImageError(f"there is no target {target!r}: the Dataset has {n}")
    return explained.isel(target=target)


def _attributions(one) -> np.ndarray:
    """Attributions as they are drawn, shape (n_bands, ny, nx); NaN where there are none."""
    values = np.asarray(one["attribution"].values, dtype=float)
    scale = pixel_scale(one)
    if scale is None:
        return values
    sigma, pixels_per_arcmin2 = _SMOOTHING / scale, (60 / scale) ** 2
    return np.stack([
        smooth(image, np.isfinite(image), sigma) * pixels_per_arcmin2 for image in values
    ])  # fmt: skip


def _limit(images: np.ndarray) -> float:
    """Where the colors end, on both sides of zero and in all bands."""
    values = np.abs(images[np.isfinite(images)])
    limit = float(np.percentile(values, _PERCENTILE)) if values.size else 0.0
    return limit or 1.0


def _draw_band(ax, one, attribution, limit):
    """The cut-out of one band, and its attributions; returns what the color bar explains."""
    image = np.asarray(one["image"].values, dtype=float)
    valid = np.asarray(one["valid"].values).astype(bool)
    xray = as_text(one["waveband"].values) == "xray"
    sigma = _SMOOTHING / (pixel_scale(one) or 1.5) if xray else 0.0
    shown = to_display(image, valid, sigma, softening=0.25 if xray else 0.1)
    ax.set(xticks=[], yticks=[])
    ax.patch.set(facecolor="0.9", edgecolor="0.72", hatch="//////", linewidth=0)
    ax.imshow(np.ma.masked_invalid(shown), cmap="gray", vmin=0, vmax=1, origin="lower")
    opacity = np.clip(np.abs(np.nan_to_num(attribution)) / limit, 0, 1) ** 0.5
    colored = ax.imshow(
        np.ma.masked_invalid(attribution), cmap=_COLORS, vmin=-limit, vmax=limit,
        alpha=0.85 * opacity, origin="lower",
    )  # fmt: skip
    total = np.asarray(one["attribution"].values, dtype=float)
    text = f"sum {np.nansum(total):+.2f}" if np.isfinite(total).any() else "no verdict"
    ax.set_xlabel(text.replace("-", "\N{MINUS SIGN}"), fontsize=8)
    return colored


def _title(one) -> str:
    """Identifier, and the probability or the flag."""
    name = as_text(one["target_id"].values)
    proba = float(one["proba"].values) if "proba" in one else np.nan
    if np.isfinite(proba):
        return f"{name}: {one.attrs.get('class', 'cluster').replace('_', '-')} {proba:.2f}"
    flag = as_text(one["flag"].values) if "flag" in one else ""
    return f"{name}: {flag.replace('_', ' ').replace(':', ': ') or 'no verdict'}"


def _note(one, known: bool) -> str:
    """What else there is to know, below the figure."""
    notes = ["simulated images"] if is_simulated(one) else []
    if "baseline_proba" in one.attrs:
        notes.append(f"a flat image: {one.attrs['baseline_proba']:.2f}")
    if known:
        notes.append('attributions smoothed by 6"')
    return "; ".join(notes)
