"""Gaps make no image unusual, unless they are where the target is."""

import numpy as np
import pytest

from astrocnn.training import central_gap, fill_gaps


def test_nothing_is_copied_where_nothing_is_missing():
    tensor = np.ones((2, 8, 8, 1), np.float32)
    assert fill_gaps(tensor, np.ones((2, 1, 8, 8), np.uint8)) is tensor


def test_opposite_pixels_of_the_same_band():
    rng = np.random.default_rng(0)
    tensor = rng.normal(size=(3, 9, 9, 2)).astype(np.float32)
    valid = np.ones((3, 2, 9, 9), np.uint8)
    valid[1, 1, 2, 3] = 0
    filled = fill_gaps(tensor, valid)
    assert filled[1, 2, 3, 1] == tensor[1, 6, 5, 1]
    filled[1, 2, 3, 1] = tensor[1, 2, 3, 1]
    np.testing.assert_array_equal(filled, tensor)


def test_both_missing_is_neither_zero_nor_bright():
    tensor = np.ones((1, 5, 5, 1), np.float32)
    filled = fill_gaps(tensor, np.zeros((1, 1, 5, 5), bool))
    assert 0 < filled.max() < 1e-5


@pytest.mark.parametrize(("width", "fraction"), [(0, 0.0), (45, 0.5), (90, 1.0)])
def test_center(width, fraction):
    valid = np.ones((1, 2, 90, 90), np.uint8)
    valid[0, 1, :, :width] = 0
    assert central_gap(valid, 4.0).tolist() == [[0.0, pytest.approx(fraction, abs=1e-9)]]
