"""Keras on another backend: same weights, same probabilities."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from astrocnn.config import conf
from astrocnn.exceptions import BackendWarning, InvalidParameterError
from astrocnn.networks import (
    ModelDescription,
    build_network,
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
folder, backend = sys.argv[1:3]
conf.keras_backend = backend
images = np.load(folder + "/images.npy")
proba = {}
for name in sys.argv[3].split(","):
    model, _ = load_model(f"{folder}/{name}.keras")
    proba[name] = model.predict(images, verbose=0).tolist()
json.dump({
    "backend": load_keras().backend.backend(), "device": device_name(), "proba": proba,
}, open(folder + "/found.json", "w"))
"""


def loaded():
    return load_keras().backend.backend()


#: Network -> arguments. Odd pixels: backends must agree on which side to pad.
NETS = {
    "cn": {},
    "mn": {"alpha": 0.25},
    "two_branch": {"widths": [8, 12, 16], "xray_pool": 2},
    "ensemble": {"member": "two_branch", "n_members": 2, "widths": [6], "depths": [1],
                 "n_separate": 1, "block": "convnext", "patches": False},
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Folder with every network, and their probabilities here."""
    folder, rng = tmp_path_factory.mktemp("saved"), np.random.default_rng(0)
    images = rng.normal(size=(5, 35, 35, 2)).astype("float32")
    np.save(folder / "images.npy", images)
    proba = {}
    for name, arguments in NETS.items():
        load_keras().utils.set_random_seed(0)
        arguments = {"input_shape": [35, 35, 2], "n_classes": 2, **arguments}
        description = ModelDescription(name, arguments, ["xmm", "dss2-red"], 6.0, ["no", "yes"], {})
        model = build_network(description)
        spread = 0.1 if name == "mn" else 0.3  # so that signals live through all its layers
        for weight in model.weights:  # normalization that is more than an identity
            if weight.path.endswith("moving_variance"):
                weight.assign(spread * rng.uniform(0.5, 1.5, weight.shape))
            else:
                weight.assign_add(0.05 * rng.normal(size=weight.shape))
        save_model(folder / f"{name}.keras", model, description)
        proba[name] = load_keras().ops.convert_to_numpy(model(images, training=False))
    return folder, proba


@pytest.mark.slow
@pytest.mark.parametrize("other", ["jax", "tensorflow", "torch"])
def test_same_weights_same_probabilities(saved, other):
    """In a process of its own; our setting wins over the environment's."""
    if other == loaded():
        pytest.skip(f"Keras runs on {other} here")
    if not find_spec(other):
        pytest.skip(f"{other} is not installed")
    folder, proba = saved
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), other, ",".join(NETS)],
        check=True, timeout=300, env={**os.environ, "KERAS_BACKEND": loaded()},
    )  # fmt: skip
    found = json.loads((folder / "found.json").read_text())
    assert found["backend"] == other
    assert found["device"].endswith(f"({other})")
    for name, expected in proba.items():
        assert np.abs(np.array(found["proba"][name]) - expected).max() < 1e-5, name
        assert np.ptp(expected[..., 0], axis=0).min() > 1e-3, name


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
        with pytest.raises(InvalidParameterError, match="keras_backend must be 'tensorflow'"):
            conf.keras_backend = "tensorfow"


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
    model, _ = load_model("xmm")
    images = np.random.default_rng(0).normal(size=(6, *model.input_shape[1:])).astype("float32")
    together = np.asarray(model.predict(images, verbose=0))
    alone = np.concatenate([np.asarray(model(images[i : i + 1])) for i in range(6)])
    assert np.abs(together - alone).max() < 1e-5
