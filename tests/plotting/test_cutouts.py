"""Galleries: how many tiles, what they say, what they leave out."""

import numpy as np
import pytest
from astropy.table import QTable
from matplotlib.colors import to_hex
from matplotlib.offsetbox import AnnotationBbox

from astrocnn.exceptions import InvalidImageError, InvalidParameterError, InvalidTargetError
from astrocnn.plotting import plot_cutouts
from astrocnn.plotting._matplotlib import COLORS


def titles(figure):
    """What is written above each target, line by line from the top."""
    found = []
    for ax in figure.axes:
        boxes = [a for a in ax.artists if isinstance(a, AnnotationBbox)]
        if boxes:
            boxes.sort(key=lambda b: -b.xybox[1])
            lines = [[t.get_text() for t in b.offsetbox.get_children()] for b in boxes]
            found.append([" ".join(line) for line in lines])
    return found


def frames(figure):
    """Frame colors, tile by tile."""
    return [to_hex(ax.spines["left"].get_edgecolor()).upper() for ax in figure.axes]


def tile_names(figure):
    return [ax.texts[0].get_text() for ax in figure.axes]


def foot(figure):
    return figure.texts[-1].get_text()


def test_verdicts_probabilities_and_truth_stand_above_the_tiles(dataset, result):
    truth = QTable({"target_id": ["e", "d", "c", "b", "a"], "is_cluster": [1, 1, 0, 1, 1]})
    figure = plot_cutouts(dataset, result, truth)
    assert len(figure.axes) == 5 * 3
    assert titles(figure) == [
        ["a", "cluster 0.93 truth: cluster"],
        ["b", "cluster 0.71 truth: cluster"],
        ["c", "non-cluster 0.08 truth: non-cluster"],
        ["d", "no coverage: xmm truth: cluster"],
        ["e", "non-cluster 0.31 truth: cluster"],
    ]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["cluster", "non-cluster", "no verdict"]


def test_frames_have_the_color_of_the_verdict(dataset, result):
    keys = ["cluster", "cluster", "non_cluster", "no_verdict", "non_cluster"]
    expected = [COLORS[key].upper() for key in keys for _ in range(2)]
    assert frames(plot_cutouts(dataset, result, combined=False)) == expected


def test_rows_are_joined_by_identifier(dataset, result):
    figure = plot_cutouts(dataset, result[[4, 2, 1, 0]])
    assert titles(figure)[0] == ["a", "cluster 0.93"]
    assert titles(figure)[3] == ["d", "not in the result"]


def test_only_a_wrong_verdict_is_marked_as_wrong(dataset, result):
    figure = plot_cutouts(dataset, result, [True, False, False, True, False])
    words = [
        word for ax in figure.axes for box in ax.artists for word in box.offsetbox.get_children()
    ]
    colors = [w._text.get_color() for w in words if w.get_text().startswith("truth")]
    assert [color == COLORS["wrong"] for color in colors] == [False, True, False, False, False]


def test_names_and_missing_images(dataset):
    names = tile_names(plot_cutouts(dataset))
    assert names[:3] == ["xmm", "dss2-red", "combined"]
    assert names[9:12] == ["xmm\nno data", "dss2-red", "combined\nno data"]


def test_invalid_pixels_are_left_open(dataset):
    figure = plot_cutouts(dataset)
    xray, combined = figure.axes[3].images[0].get_array(), figure.axes[5].images[0].get_array()
    assert xray.mask[:, :10].all()
    assert not xray.mask[:, 10:].any()
    assert np.all(combined[..., 3] == 1)  # the optical image is whole
    assert figure.axes[3].patch.get_hatch()


def test_orientation(dataset):
    assert all(ax.images[0].origin == "lower" for ax in plot_cutouts(dataset).axes)


def test_simulated_images_are_called_so(dataset):
    assert foot(plot_cutouts(dataset)) == 'X-rays smoothed by 6"'
    dataset.attrs["simulated"] = True
    assert foot(plot_cutouts(dataset)) == 'simulated images; X-rays smoothed by 6"'
    dataset.attrs["simulated"] = 0
    assert "simulated" not in foot(plot_cutouts(dataset))


def test_limit_and_columns(dataset, result):
    figure = plot_cutouts(dataset, result, np.ones(5, dtype=bool), max_targets=3, ncols=1)
    assert len(figure.axes) == 9
    assert foot(figure).startswith("3 of 5 targets")
    assert len({round(ax.get_position().y0, 6) for ax in figure.axes}) == 3
    assert len({round(ax.get_position().y0, 6) for ax in plot_cutouts(dataset).axes}) == 3


def test_one_band_and_no_pixel_scale(dataset):
    del dataset.attrs["pixel_scale"]
    figure = plot_cutouts(dataset.isel(band=[0]))
    assert len(figure.axes) == 5
    assert foot(figure) == "X-rays smoothed"
    assert len(figure.axes[0].lines) == 0
    scaled = plot_cutouts(dataset.assign_attrs(pixel_scale=9.0))
    assert scaled.axes[0].texts[1].get_text() == "1'"
    assert np.ptp(scaled.axes[0].lines[0].get_xdata()) == pytest.approx(60 / 9)


def test_no_target(dataset, result):
    assert plot_cutouts(dataset.isel(target=slice(0)), result).axes == []


def test_what_is_no_dataset_of_cutouts(dataset):
    with pytest.raises(InvalidImageError, match="no variable 'valid'"):
        plot_cutouts(dataset.drop_vars("valid"))


def test_truth_of_another_length(dataset):
    with pytest.raises(InvalidTargetError, match="one value per target: 5"):
        plot_cutouts(dataset, truth=[True, False])


def test_figure_can_be_drawn_and_nothing_leaves_it(dataset, result, tmp_path):
    figure = plot_cutouts(dataset, result, np.ones(5, dtype=bool))
    figure.savefig(tmp_path / "gallery.png")
    assert (tmp_path / "gallery.png").stat().st_size > 10_000
    height = figure.bbox.height
    for ax in figure.axes:
        for box in (a for a in ax.artists if isinstance(a, AnnotationBbox)):
            assert box.get_window_extent(figure.canvas.get_renderer()).y1 <= height


def test_result_of_any_library_and_case(dataset, result):
    expected = titles(plot_cutouts(dataset, result))
    assert titles(plot_cutouts(dataset, result.to_pandas())) == expected
    result.rename_column("target_id", "TARGET_ID")
    assert titles(plot_cutouts(dataset, result)) == expected
    result.remove_column("TARGET_ID")
    with pytest.raises(InvalidTargetError, match="no target_id"):
        plot_cutouts(dataset, result)
    with pytest.raises(InvalidTargetError, match="a result is the table"):
        plot_cutouts(dataset, "result.ecsv")


def test_truth_of_the_classes_of_the_result(dataset):
    result = QTable({
        "target_id": list("abcde"), "proba_cluster": [0.9, 0.1, 0.2, 0.3, 0.4],
        "proba_agn": [0.1, 0.9, 0.1, 0.3, 0.3], "proba_star": [0.0, 0.0, 0.7, 0.4, 0.3],
    })  # fmt: skip
    shown = titles(plot_cutouts(dataset, result, ["cluster", "agn", "star", "AGN", None]))
    assert [line.partition("truth: ")[2] for _, line in shown] == [
        "cluster", "non-cluster", "non-cluster", "non-cluster", "",
    ]  # fmt: skip


def test_names_that_would_be_formulas(dataset, result):
    names = np.array([r"$\bad$", "_b", b"Ob\xe9", "d", "e"], dtype=object)
    figure = plot_cutouts(dataset.assign_coords(target_id=("target", names)), result)
    figure.canvas.draw()
    assert titles(figure)[2][0] == r"Ob\xe9"


@pytest.mark.parametrize("settings", [{"max_targets": -1}, {"max_targets": "x"}, {"ncols": "x"}])
def test_settings_of_other_kinds(dataset, settings):
    with pytest.raises(InvalidParameterError):
        plot_cutouts(dataset, **settings)
