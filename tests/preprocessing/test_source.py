"""Network input about a fitted source, from Datasets of cut-outs."""

import numpy as np
import pytest

from astrocnn.exceptions import InvalidImageError, InvalidParameterError
from astrocnn.extent import fit_source, source_planes
from astrocnn.preprocessing import Preprocessing, planes_to_pixels
from astrocnn.simulation import simulate_cutouts
from astrocnn.surveys import OPTICS, PointSpread

STEPS = Preprocessing(source_planes=True)


@pytest.fixture(scope="module")
def xray():
    return simulate_cutouts(6, 1, ["xmm"], pixels=90, version=3)[0]


@pytest.fixture(scope="module")
def both():
    return simulate_cutouts(3, 1, ["xmm", "dss2-red"], pixels=180, version=3)[0]


def test_planes_of_each_target(xray):
    tensor = STEPS(xray)
    assert tensor.shape == (6, 64, 64, 12)
    for i in range(6):
        row = xray.isel(target=i, band=0)
        mapped = np.isfinite(row["exposure"].values).any()
        psf = OPTICS["epic-pn"].at(420.0)
        if np.isfinite(row["psf_half_radius"]):
            psf = PointSpread(
                *(
                    float(row[f"psf_{name}"])
                    for name in ("half_radius", "slope", "stretch", "angle")
                )
            )
        expected = source_planes(
            row["image"].values, psf, 4.0,
            valid=row["valid"].values != 0,
            exposure=row["exposure"].values if mapped else None,
            rate=not mapped and "exposure_unknown" not in str(row["status"].values),
        )  # fmt: skip
        np.testing.assert_array_equal(tensor[i], expected)


def test_only_maps_and_scans_tell_the_psf(xray):
    known = np.isfinite(xray["psf_half_radius"].values[:, 0])
    mapped = np.isfinite(xray["exposure"].values).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(known, mapped)
    survey = simulate_cutouts(4, 1, ["erosita"], pixels=24)[0]  # of version 2: a survey
    assert np.isfinite(survey["psf_half_radius"].values).all()


def test_other_bands_lose_nothing(both):
    tensor = STEPS(both)
    assert tensor.shape == (3, 64, 64, 16)
    plain = STEPS.plain(both)[..., 1]
    optical = (
        tensor[..., 12:].reshape(3, 64, 64, 2, 2).transpose(0, 1, 3, 2, 4).reshape(3, 128, 128)
    )
    for image, whole in zip(optical, plain, strict=True):
        # The same pixels, about the source: found by their largest value that is inside.
        inside = np.argwhere(whole == image.max())
        at = np.argwhere(image == image.max())[0]
        assert any((_cut(whole, *(place - at)) == image).all() for place in inside)


def _cut(whole, top, left):
    padded = np.pad(whole, 128)
    return padded[top + 128 : top + 256, left + 128 : left + 256]


def test_separation_from_the_target(xray):
    """A bright point moved by whole pixels; no photons, no source; images have none."""
    tensor = STEPS.with_separation(xray)[0]
    np.testing.assert_array_equal(tensor, STEPS(xray))
    moved = xray.isel(target=[0, 1]).copy(deep=True)
    moved["image"][:] = 0.05
    moved["valid"][:] = 1
    moved["image"][0, 0, 50, 40] = 500.0  # 5.5 and 4.5 pixels of 4 arcsec from the middle
    moved["image"][1, 0] = np.random.default_rng(0).poisson(0.05, (90, 90))
    found = STEPS.with_separation(moved)[1]
    assert found[0] == pytest.approx(4 * np.hypot(50 - 44.5, 40 - 44.5), abs=4.1)
    assert np.isnan(found[1])
    assert np.isnan(STEPS.plain.with_separation(xray)[1]).all()
    assert fit_source(moved["image"].values[0, 0], PointSpread(8.0), 4.0).place == (50, 40)


def test_rows(xray):
    rows = np.array([True, False, True, False, False, True])
    np.testing.assert_array_equal(STEPS(xray, rows), STEPS(xray)[rows])


def test_sums_on_the_pixels(both):
    values = np.random.default_rng(0).normal(size=(3, 64, 64, 16))
    found = planes_to_pixels(STEPS, both, np.ones(3, dtype=bool), values)
    assert found.shape == (3, 180, 180, 2)
    np.testing.assert_allclose(found[..., 0].sum(axis=(1, 2)), values[..., :12].sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(found[..., 1].sum(axis=(1, 2)), values[..., 12:].sum(axis=(1, 2, 3)))


def test_what_is_missing_is_said(xray, both):
    with pytest.raises(InvalidImageError, match="needs an X-ray band"):
        STEPS(both.isel(band=[1]))
    unknown = xray.assign_coords(band=["swift"])
    with pytest.raises(InvalidParameterError, match="point-spread function of band swift"):
        STEPS(unknown)


def test_config():
    assert Preprocessing.from_config(STEPS.to_config()) == STEPS
    assert STEPS.plain == Preprocessing()
    old = {"smoothing": {"xray": 6.0}, "standardized": True, "stretched": True}
    assert Preprocessing.from_config(old) == Preprocessing()
