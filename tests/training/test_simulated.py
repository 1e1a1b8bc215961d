"""Network input from simulated targets."""

import numpy as np
import pytest
from astropy import units as u

from astrocnn.preprocessing import Preprocessing
from astrocnn.simulation import simulate_cutouts
from astrocnn.training import simulated_tensors


@pytest.fixture(scope="module")
def made():
    return simulated_tensors(5, random_state=4, bands=["xmm"], pixels=24)


def test_is_what_the_preprocessing_makes_of_the_cutouts(made):
    tensor, truth = made
    dataset, expected = simulate_cutouts(5, 4, ["xmm"], pixels=24)
    assert tensor.dtype == np.float16
    assert np.array_equal(tensor, Preprocessing()(dataset).astype(np.float16))
    assert truth["target_id"].tolist() == expected["target_id"].tolist() == list(range(5))
    assert truth.meta == expected.meta


def test_preprocessing_and_size_are_used(made):
    steps = Preprocessing({"xray": 20.0})
    other, _ = simulated_tensors(5, 4, ["xmm"], steps, pixels=24)
    wide, _ = simulated_tensors(5, 4, ["xmm"], size=4 * u.arcmin, pixels=24)
    assert other.shape == wide.shape == made[0].shape
    assert not np.array_equal(other, made[0])
    assert not np.array_equal(wide, made[0])


def test_into_a_file(made, tmp_path):
    path = tmp_path / "tensor.npy"
    tensor, _ = simulated_tensors(5, 4, ["xmm"], pixels=24, out=path)
    assert isinstance(tensor, np.memmap)
    tensor.flush()
    assert np.array_equal(np.load(path), made[0])


def test_chunks_do_not_matter(made, monkeypatch):
    monkeypatch.setattr("astrocnn.training._simulated._CHUNK", 2)
    tensor, truth = simulated_tensors(5, 4, ["xmm"], pixels=24)
    assert np.array_equal(tensor, made[0])
    assert truth["target_id"].tolist() == list(range(5))


def test_processes_do_not_matter(made, monkeypatch):
    """Each process imports everything anew."""
    monkeypatch.setattr("astrocnn.training._simulated._CHUNK", 2)
    tensor, truth = simulated_tensors(5, 4, ["xmm"], pixels=24, n_jobs=2)
    assert np.array_equal(tensor, made[0])
    for name in truth.colnames:
        np.testing.assert_array_equal(truth[name], made[1][name])
