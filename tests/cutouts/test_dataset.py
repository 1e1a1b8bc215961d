"""What a Dataset of cut-outs holds."""

import numpy as np
import pytest
import xarray as xr
from astropy import units as u
from astropy.table import QTable

from astrocnn.cutouts import check_dataset, cutout_dataset
from astrocnn.exceptions import InvalidImageError
from astrocnn.providers import Pixels
from astrocnn.surveys import get_band

XMM, DSS2 = get_band("xmm"), get_band("dss2-red")


def pixels(value=1.0, exposure=None, known=True, valid=1.0):
    image = np.full((6, 6), value, dtype=np.float32)
    mask = np.zeros((6, 6), dtype=bool)
    mask[: round(6 * valid)] = True
    exposure = None if exposure is None else np.full((6, 6), exposure, dtype=np.float32)
    return Pixels(image, mask, exposure, known)


@pytest.fixture
def dataset():
    found = [
        [pixels(1, exposure=1000), pixels(2)],
        ["no_coverage:xmm", pixels(3, valid=0.5)],
        [pixels(4, known=False), "failed:dss2-red"],
    ]
    return cutout_dataset(
        [10, 20, 30], [1.0, 2.0, np.nan], [5.0, 6.0, np.nan], [XMM, DSS2], found, 6 * u.arcmin, 6
    )


class TestSchema:
    def test_dims_and_types(self, dataset):
        assert dict(dataset.sizes) == {"target": 3, "band": 2, "y": 6, "x": 6}
        kinds = {"image": "float32", "valid": "uint8", "exposure": "float32", "coverage": "float64"}
        assert {name: str(dataset[name].dtype) for name in kinds} == kinds
        for name in ("image", "valid", "exposure"):
            assert dataset[name].dims == ("target", "band", "y", "x")
        for name in ("coverage", "status", "survey"):
            assert dataset[name].dims == ("target", "band")

    def test_coordinates(self, dataset):
        assert dataset["target_id"].values.tolist() == [10, 20, 30]
        assert dataset["band"].values.tolist() == ["xmm", "dss2-red"]
        assert dataset["waveband"].values.tolist() == ["xray", "optical"]
        assert dataset["survey"].values.tolist() == [["xmm", "dss2-red"]] * 3
        assert dataset["unit"].values.tolist() == [str(XMM.unit), str(DSS2.unit)]
        assert np.isnan(dataset["ra"].values[2])

    def test_pixel_scale(self, dataset):
        assert dataset.attrs["pixel_scale"] == pytest.approx(60.0)
        assert dataset.attrs["size"] == pytest.approx(6.0)

    def test_reasons(self, dataset):
        assert dataset["status"].values.tolist() == [
            ["", ""], ["no_coverage:xmm", ""], ["exposure_unknown:xmm", "failed:dss2-red"]
        ]  # fmt: skip

    def test_coverage_and_missing_pixels(self, dataset):
        assert dataset["coverage"].values.tolist() == [[1, 1], [0, 0.5], [1, 0]]
        missing = np.isnan(dataset["image"].values).all(axis=(2, 3))
        assert missing.tolist() == [[False, False], [True, False], [False, True]]
        assert dataset["valid"].values[1, 0].sum() == 0

    def test_exposure_is_nan_without_a_map(self, dataset):
        known = np.isfinite(dataset["exposure"].values).all(axis=(2, 3))
        assert known.tolist() == [[True, False], [False, False], [False, False]]

    def test_no_exposure_at_all(self):
        dataset = cutout_dataset([1], [0.0], [0.0], [DSS2], [[pixels()]], 6 * u.arcmin, 6)
        assert "exposure" not in dataset

    def test_text_identifiers(self):
        dataset = cutout_dataset(["a b"], [0.0], [0.0], [DSS2], [[pixels()]], 6 * u.arcmin, 6)
        assert dataset["target_id"].values.tolist() == ["a b"]


class TestCheck:
    def test_a_good_one_is_returned(self, dataset):
        assert check_dataset(dataset) is dataset

    @pytest.mark.parametrize("name", ["image", "valid", "target_id", "ra", "dec", "waveband"])
    def test_missing(self, dataset, name):
        with pytest.raises(InvalidImageError, match=f"no (variable|coordinate) '{name}'"):
            check_dataset(dataset.drop_vars(name))

    def test_other_order_of_dims(self, dataset):
        with pytest.raises(InvalidImageError, match="image has dims"):
            check_dataset(dataset.transpose("band", "target", "y", "x"))

    def test_other_dataset(self):
        with pytest.raises(InvalidImageError, match="make_cutouts"):
            check_dataset(xr.Dataset({"t2m": ("time", [1.0])}))


@pytest.mark.parametrize("other", [None, {"image": 1}, QTable({"image": [1]})])
def test_what_is_no_dataset(other):
    with pytest.raises(InvalidImageError, match="cut-outs are a Dataset of xarray, not"):
        check_dataset(other)
