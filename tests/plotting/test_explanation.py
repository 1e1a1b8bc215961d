"""Figures of explanations: what lies where, which colors, what is written."""

import numpy as np
import pytest

from astrocnn.exceptions import InvalidImageError
from astrocnn.plotting import plot_explanation


@pytest.fixture
def explained(dataset):
    """The five targets with attributions: for a cluster in X-rays, against it in the optical."""
    attribution = np.zeros(dataset["image"].shape, dtype="float32")
    attribution[:, 0, 10:20, 20:30] = 0.006
    attribution[:, 1, 30:35, 5:10] = -0.004
    attribution[3] = np.nan
    proba = np.array([0.93, 0.71, 0.08, np.nan, 0.31])
    flag = np.array(["", "", "", "no_coverage:xmm", ""])
    return dataset.assign(
        attribution=(("target", "band", "y", "x"), attribution),
        proba=("target", proba),
        flag=("target", flag),
    ).assign_attrs({"class": "cluster", "baseline_proba": 0.43})


def bands(figure):
    """Axes of the bands; the last one is the color bar."""
    return figure.axes[:-1]


def test_one_panel_per_band(explained):
    figure = plot_explanation(explained)
    assert [ax.get_title() for ax in bands(figure)] == ["xmm", "dss2-red"]
    sums = [ax.get_xlabel() for ax in bands(figure)]
    assert sums == ["sum +0.60", "sum \N{MINUS SIGN}0.10"]
    assert figure.get_suptitle() == "a: cluster 0.93"
    note = 'a flat image: 0.43; attributions smoothed by 6"'
    assert figure.get_supxlabel() == note


def test_colors_are_symmetric_and_the_same_in_all_bands(explained):
    limits = [ax.images[1].get_clim() for ax in bands(plot_explanation(explained))]
    assert limits[0] == limits[1]
    assert limits[0][0] == -limits[0][1] < 0
    # 0.006 per pixel of 9 arcsec, of which 44 make a square arcminute; the smoothing takes some.
    assert limits[0][1] == pytest.approx(0.006 * (60 / 9) ** 2, rel=0.05)


def test_attributions_lie_over_the_image(explained):
    for ax, (y, x), sign in zip(
        bands(plot_explanation(explained)), [(15, 25), (32, 7)], [1, -1], strict=True
    ):
        image, colored = ax.images
        assert image.get_cmap().name == "gray"
        assert image.origin == colored.origin == "lower"
        values, opacity = colored.get_array(), colored.get_alpha()
        assert np.unravel_index(np.abs(values).argmax(), values.shape) == pytest.approx((y, x), 4)
        assert np.sign(values[y, x]) == sign
        assert opacity[y, x] > 0.5
        assert opacity[2, 2] == 0


def test_color_bar_says_the_unit(explained):
    figure = plot_explanation(explained)
    assert figure.axes[-1].get_ylabel() == "probability per arcmin²"
    del explained.attrs["pixel_scale"]
    figure = plot_explanation(explained)
    assert figure.axes[-1].get_ylabel() == "probability per pixel"
    assert figure.get_supxlabel() == "a flat image: 0.43"
    assert bands(figure)[0].images[1].get_array().max() == pytest.approx(0.006)


def test_scale_bar(explained):
    (bar,) = bands(plot_explanation(explained))[0].lines
    assert np.ptp(bar.get_xdata()) == pytest.approx(60 / 9)


def test_target_without_verdict(explained):
    figure = plot_explanation(explained, 3)
    assert figure.get_suptitle() == "d: no coverage: xmm"
    assert [ax.get_xlabel() for ax in bands(figure)] == ["no verdict", "no verdict"]
    assert bands(figure)[0].images[0].get_array().mask.all()
    assert bands(figure)[0].patch.get_hatch()
    assert not bands(figure)[1].images[0].get_array().mask.any()


def test_nothing_was_attributed(explained):
    explained["attribution"][:] = 0
    figure = plot_explanation(explained)
    assert bands(figure)[0].get_xlabel() == "sum +0.00"
    assert (bands(figure)[0].images[1].get_alpha() == 0).all()


def test_simulated_images_are_called_so(explained):
    explained.attrs["simulated"] = True
    assert plot_explanation(explained).get_supxlabel().startswith("simulated images; ")


def test_one_band(explained):
    assert len(plot_explanation(explained.isel(band=[1])).axes) == 2


@pytest.mark.parametrize("target", [5, -6])
def test_no_such_target(explained, target):
    with pytest.raises(InvalidImageError, match=f"no target {target}: the Dataset has 5"):
        plot_explanation(explained, target)


def test_cutouts_without_attributions(dataset):
    with pytest.raises(InvalidImageError, match="make it with ClusterClassifier.explain"):
        plot_explanation(dataset)


def test_figure_can_be_drawn(explained, tmp_path):
    for target in (1, 3):
        figure = plot_explanation(explained, target)
        figure.savefig(tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 10_000
        height = figure.bbox.height
        for text in (figure._suptitle, figure._supxlabel):
            box = text.get_window_extent()
            assert 0 <= box.y0 < box.y1 <= height
