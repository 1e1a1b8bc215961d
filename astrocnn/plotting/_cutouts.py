"""Galleries of cut-outs with their verdicts."""

import numpy as np
from astropy.table import Table

from ..cutouts import check_dataset
from ..validation._checked import check_count
from ._display import combine, to_display
from ._matplotlib import COLORS, import_pyplot, plain_text
from ._verdicts import Verdict, as_text, read_verdicts

__all__ = ["draw_scale_bar", "is_simulated", "pixel_scale", "plot_cutouts"]

#: Smoothing of X-ray counts for the eye (standard deviation, arcsec).
_XRAY_SMOOTHING = 6.0
#: Sizes in inches: tile by number of tiles per target, gaps, title, lower margin.
_TILE = {1: 1.7, 2: 1.4}
_GAP, _BLOCK_GAP, _ROW_GAP, _LINE, _MARGIN, _FOOT = 0.045, 0.3, 0.1, 0.15, 0.12, 0.42


def plot_cutouts(
    dataset,
    result: Table | None = None,
    truth: "Table | np.ndarray | None" = None,
    *,
    ncols: int | None = None,
    max_targets: int = 24,
    combined: bool = True,
):
    """Draw a gallery of cut-outs: one tile per band and target, with the verdict.

    North is up and east is left. Every image has its own stretch, made for the eye; X-rays are
    smoothed by 6 arcsec. Hatched pixels do not exist or were not exposed. The frame is green for a
    verdict *cluster*, gray for *non-cluster*, thin and black where there is none (the title then
    gives the flag).

    Parameters
    ----------
    dataset : `~xarray.Dataset`
        Cut-outs: ``image`` and ``valid`` with dims ``(target, band, y, x)``. With the attribute
        ``simulated`` the figure says that the images are simulated.
    result : `~astropy.table.QTable` or pandas.DataFrame, optional
        Result of ``predict``, joined by ``target_id``.
    truth : table or array_like, optional
        Truth, as `astrocnn.validation.align_truth` reads it.
    ncols : int, optional
        Targets side by side; by default as many as fit a page (about 11 inches).
    max_targets : int
        Draw the first ones only; choose others with ``dataset.isel(target=...)``.
    combined : bool
        Add a tile with the X-rays in violet over the optical image, where there are both.

    Returns
    -------
    `~matplotlib.figure.Figure`

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    InvalidImageError
        If the dataset lacks a variable or coordinate.
    InvalidTargetError
        If the result has no identifiers, or the truth does not fit the dataset.
    InvalidParameterError
        If ``ncols`` or ``max_targets`` is no whole number above 0 (of targets, 0 will do).

    Examples
    --------
    >>> import numpy as np
    >>> from astropy import units as u
    >>> from astrocnn.cutouts import cutout_dataset
    >>> from astrocnn.plotting import plot_cutouts
    >>> from astrocnn.providers import Pixels
    >>> from astrocnn.surveys import get_band
    >>> counts = np.random.default_rng(0).poisson(1.0, (32, 32)).astype("float32")
    >>> dataset = cutout_dataset(
    ...     [7], [150.0], [2.0], [get_band("xmm")], [[Pixels(counts, counts >= 0)]],
    ...     6 * u.arcmin, 32,
    ... )
    >>> figure = plot_cutouts(dataset)
    >>> len(figure.axes)
    1
    """
    plt = import_pyplot()
    check_dataset(dataset)
    check_count(max_targets, "max_targets", 0)
    if ncols is not None:
        check_count(ncols, "ncols")
    ids = np.asarray(dataset["target_id"].values)
    verdicts = read_verdicts(ids, result, truth)
    shown = min(len(ids), max_targets)
    names, kinds = _tiles(dataset, combined)
    n_lines = 1 if result is None and truth is None else 2
    figure, rows_of_axes = _layout(plt, shown, len(names), ncols, n_lines)
    for i, axes in enumerate(rows_of_axes):
        _draw_target(axes, dataset.isel(target=i), names, kinds, verdicts[i])
        _title(axes[0], as_text(ids[i]), verdicts[i])
    if shown:
        draw_scale_bar(rows_of_axes[0][0], dataset)
    _foot(figure, dataset, verdicts[:shown])
    return figure


def _tiles(dataset, combined: bool) -> tuple[list[str], list]:
    """Names of the tiles of a target, and what each shows: a band's index, or a pair of them."""
    bands = [as_text(b) for b in dataset["band"].values]
    wavebands = [as_text(w) for w in dataset["waveband"].values]
    kinds: list = list(range(len(bands)))
    optical = [i for i, w in enumerate(wavebands) if w == "optical"]
    if combined and optical and "xray" in wavebands:
        kinds.append((wavebands.index("xray"), optical[0]))
        bands.append("combined")
    return bands, kinds


def _layout(plt, shown: int, n_tiles: int, ncols: int | None, n_lines: int):
    """A figure and, per target, the axes of its tiles."""
    tile = _TILE.get(n_tiles, 1.15)
    block = n_tiles * tile + (n_tiles - 1) * _GAP
    ncols = ncols or max(1, int((11 + _BLOCK_GAP) // (block + _BLOCK_GAP)))
    ncols = max(1, min(ncols, shown))
    nrows = max(1, -(-shown // ncols))
    width = 2 * _MARGIN + ncols * block + (ncols - 1) * _BLOCK_GAP
    row_height = n_lines * _LINE + 0.06 + tile
    foot = _FOOT if n_lines == 2 else 0.6 * _FOOT
    height = nrows * row_height + (nrows - 1) * _ROW_GAP + _MARGIN + foot
    figure = plt.figure(figsize=(width, height), facecolor="white")
    rows_of_axes = []
    for i in range(shown):
        row, col = divmod(i, ncols)
        left = _MARGIN + col * (block + _BLOCK_GAP)
        bottom = height - _MARGIN / 2 - (row + 1) * row_height - row * _ROW_GAP
        rows_of_axes.append([
            figure.add_axes([
                (left + k * (tile + _GAP)) / width, bottom / height, tile / width, tile / height
            ])
            for k in range(n_tiles)
        ])  # fmt: skip
    return figure, rows_of_axes


def _draw_target(axes, target, names: list[str], kinds: list, verdict: Verdict) -> None:
    """The tiles of one target."""
    sigma = _XRAY_SMOOTHING / pixel_scale(target, default=_XRAY_SMOOTHING / 1.5)
    wavebands = [as_text(w) for w in target["waveband"].values]
    displayed = []
    for b, waveband in enumerate(wavebands):
        image = np.asarray(target["image"].isel(band=b).values, dtype=float)
        valid = np.asarray(target["valid"].isel(band=b).values).astype(bool)
        displayed.append(
            to_display(image, valid, sigma, softening=0.25) if waveband == "xray"
            else to_display(image, valid)
        )  # fmt: skip
    for ax, name, kind in zip(axes, names, kinds, strict=True):
        _frame(ax, verdict)
        if isinstance(kind, tuple):
            pair, style = [displayed[k] for k in kind], {}
            exists = all(np.isfinite(image).any() for image in pair)
            picture = combine(*pair) * exists
        else:
            picture = np.ma.masked_invalid(displayed[kind])
            exists = picture.count() > 0
            style = {"cmap": "inferno" if wavebands[kind] == "xray" else "gray"}
        ax.imshow(picture, origin="lower", interpolation="antialiased", vmin=0, vmax=1, **style)
        _label(ax, name if exists else f"{name}\nno data", exists)


def _frame(ax, verdict: Verdict) -> None:
    """Colored border, and a hatched ground that shows where pixels are invalid."""
    ax.set(xticks=[], yticks=[])
    ax.patch.set(facecolor="0.9", edgecolor="0.72", hatch="//////", linewidth=0)
    for spine in ax.spines.values():
        spine.set(color=verdict.color, linewidth=verdict.width)


def _label(ax, text: str, exists: bool) -> None:
    """Name of the tile in its upper left corner."""
    ax.text(
        0.035, 0.965, plain_text(text), transform=ax.transAxes, va="top", ha="left", fontsize=6,
        color="white" if exists else "0.3",
        bbox={"facecolor": "black" if exists else "white", "alpha": 0.45 if exists else 0.8,
              "pad": 1.2, "linewidth": 0},
    )  # fmt: skip


def _title(ax, name: str, verdict: Verdict) -> None:
    """Two lines above a target: identifier; verdict and truth."""
    from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea

    def write(line):
        words = [TextArea(plain_text(t), textprops={"fontsize": 7.5, "color": c, "weight": w})
                 for t, c, w in line if t]  # fmt: skip
        return HPacker(children=words, pad=0, sep=5)

    truth_color = COLORS["wrong"] if verdict.wrong else "0.35"
    weight = "bold" if verdict.wrong else "normal"
    color = verdict.color if verdict.color == COLORS["cluster"] else "0.35"
    second = [(verdict.text, color, "bold"), (verdict.truth, truth_color, weight)]
    lines = [line for line in ([(name, "black", "bold")], second) if any(t for t, _, _ in line)]
    for i, line in enumerate(reversed(lines)):
        ax.add_artist(AnnotationBbox(
            write(line), (0, 1), xybox=(0, 72 * (0.045 + i * _LINE)), xycoords="axes fraction",
            boxcoords="offset points", box_alignment=(0, 0), frameon=False, pad=0,
            annotation_clip=False,
        ))  # fmt: skip


def draw_scale_bar(ax, dataset) -> None:
    """One arcminute, or 10 or 1 arcsec where that is too long for the field."""
    scale = pixel_scale(dataset)
    if scale is None:
        return
    width = dataset.sizes["x"]
    lengths = {"1'": 60 / scale, '10"': 10 / scale, '1"': 1 / scale}
    name = next((n for n, pixels in lengths.items() if pixels < 0.5 * width), '1"')
    pixels = lengths[name]
    x, y = 0.06 * width, 0.07 * dataset.sizes["y"]
    ax.plot([x, x + pixels], [y, y], color="white", lw=1.4, solid_capstyle="butt")
    ax.text(x + pixels / 2, y, name, color="white", fontsize=6, ha="center", va="bottom")


def _foot(figure, dataset, verdicts: list[Verdict]) -> None:
    """Legend of the frames and the notes below the gallery."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    names = {"cluster": "cluster", "non_cluster": "non-cluster", "no_verdict": "no verdict"}
    used = {v.color for v in verdicts if v.text}
    handles = [
        Line2D([], [], color=COLORS[key], lw=0.8 if key == "no_verdict" else 2.2, label=name)
        for key, name in names.items()
        if COLORS[key] in used
    ]
    if handles:
        figure.legend(
            handles=handles, loc="lower left", ncols=3, fontsize=7, frameon=False,
            bbox_to_anchor=(_MARGIN / width, 0.16 / height), borderaxespad=0, borderpad=0,
            handlelength=1.8, columnspacing=1.4,
        )  # fmt: skip
    notes = ["simulated images"] if is_simulated(dataset) else []
    if len(verdicts) < dataset.sizes["target"]:
        notes.append(f"{len(verdicts)} of {dataset.sizes['target']} targets")
    if "xray" in [as_text(w) for w in dataset["waveband"].values]:
        notes.append('X-rays smoothed by 6"' if pixel_scale(dataset) else "X-rays smoothed")
    figure.text(
        _MARGIN / width, 0.05 / height, "; ".join(notes), fontsize=6.5, color="0.4", va="bottom",
        ha="left", style="italic",
    )  # fmt: skip


def pixel_scale(dataset, default: float | None = None) -> float | None:
    """Pixel side in arcsec from the attributes, or the default where they lack it."""
    scale = dataset.attrs.get("pixel_scale")
    try:
        scale = float(getattr(scale, "value", scale))
    except (TypeError, ValueError):
        return default
    return scale if scale > 0 else default


def is_simulated(dataset) -> bool:
    """Whether the attributes say that the images are simulated."""
    return str(dataset.attrs.get("simulated", "")).lower() not in ("", "0", "false", "no", "none")
