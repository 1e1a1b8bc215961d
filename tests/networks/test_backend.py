"""Keras on another backend: same weights, same probabilities."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from astrocnn.config import conf
from astrocnn.exceptions import BackendWarning, UnknownNameError
from astrocnn.networks import (
    ModelDescription,
    build_cn,
    device_name,
    load_keras,
    load_model,
    save_model,
)

SCRIPT = """
import json, sys
import numpy as np
from astrocnn import conf
from astrocnn.networks import device_name, load_keras, load_model
folder, backend = sys.argv[1:]
conf.keras_backend = backend
images = np.load(folder + "/images.npy")
model, _ = load_model(folder + "/small.keras")
json.dump({
    "backend": load_keras().backend.backend(),
    "device": device_name(),
    "proba": np.asarray(model.predict(images, verbose=0)).tolist(),
}, open(folder + "/found.json", "w"))
"""


def loaded():
    return load_keras().backend.backend()


@pytest.mark.parametrize("other", ["jax", "tensorflow"])
def test_same_weights_same_probabilities(tmp_path, other):
    """In a process of its own; our setting wins over the environment's."""
    if other == loaded():
        pytest.skip(f"Keras runs on {other} here")
    if not find_spec(other):
        pytest.skip(f"{other} is not installed")
    model = build_cn((32, 32, 2))
    images = np.random.default_rng(0).normal(size=(5, 32, 32, 2)).astype("float32")
    np.save(tmp_path / "images.npy", images)
    arguments = {"input_shape": [32, 32, 2], "n_classes": 2}
    description = ModelDescription("cn", arguments, ["xmm", "dss2-red"], 6.0, ["no", "yes"], {})
    save_model(tmp_path / "small.keras", model, description)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), other],
        check=True, timeout=120, env={**os.environ, "KERAS_BACKEND": loaded()},
    )  # fmt: skip
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["backend"] == other
    assert found["device"].endswith(f"({other})")
    expected = np.asarray(model.predict(images, verbose=0))
    assert np.abs(np.array(found["proba"]) - expected).max() < 1e-5
    assert np.ptp(expected[:, 0]) > 1e-3


class TestSetting:
    def test_another_backend_is_loaded_already(self):
        name = loaded()
        other = "jax" if name != "jax" else "torch"
        with (
            conf.set_temp("keras_backend", other),
            pytest.warns(BackendWarning, match=f"runs on {name}, not on {other}"),
        ):
            assert loaded() == name

    def test_the_same_one_is_no_news(self):
        with conf.set_temp("keras_backend", loaded()):
            assert load_keras().__name__ == "keras"

    def test_unknown(self):
        with (
            conf.set_temp("keras_backend", "tensorfow"),
            pytest.raises(UnknownNameError, match="did you mean 'tensorflow'"),
        ):
            load_keras()


class TestDevice:
    @pytest.mark.parametrize(
        ("devices", "name"),
        [
            (["cpu:0"], "CPU"), (["CPU:0", "GPU:0"], "GPU"), (["cuda:0"], "GPU"),
            (["gpu:0", "gpu:1"], "2 GPUs"), ([], "CPU"),
        ],
    )  # fmt: skip
    def test_name(self, monkeypatch, devices, name):
        monkeypatch.setattr(load_keras().distribution, "list_devices", lambda: devices)
        assert device_name() == f"{name} ({loaded()})"


def test_shipped_weights_do_not_depend_on_the_batch():
    model, description = load_model("xmm")
    shape = (6, description.pixels, description.pixels, 1)
    images = np.random.default_rng(0).normal(size=shape).astype("float32")
    together = np.asarray(model.predict(images, verbose=0))
    alone = np.concatenate([np.asarray(model(images[i : i + 1])) for i in range(6)])
    assert np.abs(together - alone).max() < 1e-5
