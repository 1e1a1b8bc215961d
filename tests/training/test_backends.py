"""Training on another backend than TensorFlow: augmented, killed, gone on."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

SCRIPT = """
import json, sys
import numpy as np
from astrocnn import conf
from astrocnn.networks import build_cn, load_keras
from astrocnn.training import augmentation_layer, train_network

folder, conf.keras_backend, conf.progress = sys.argv[1], sys.argv[2], False
keras = load_keras()
labels = np.arange(24) % 2
images = np.random.default_rng(0).normal(size=(24, 16, 16, 2)) + 2 * labels[:, None, None, None]
images = images.astype("float16")

def stop(epoch, logs=None):
    if epoch == 2:
        raise KeyboardInterrupt

def train(checkpoint=None, callbacks=()):
    keras.utils.set_random_seed(1)
    model = build_cn((16, 16, 2), dropout=0.5)
    history = train_network(
        model, images, labels, epochs=4, batch_size=8, random_state=1, patience=3,
        validation=(images, labels), checkpoint=checkpoint, callbacks=callbacks,
    )
    return model.get_weights(), history

whole, history = train()
try:
    train(folder + "/run", [keras.callbacks.LambdaCallback(on_epoch_begin=stop)])
except KeyboardInterrupt:
    pass
resumed, other = train(folder + "/run")
turned = np.asarray(augmentation_layer(random_state=1)(images.astype("float32"), training=True))
np.save(folder + "/turned.npy", turned)
json.dump({
    "backend": keras.backend.backend(), "losses": [history["loss"], other["loss"]],
    "difference": max(float(np.abs(a - b).max()) for a, b in zip(whole, resumed)),
}, open(folder + "/found.json", "w"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_training_goes_on_there_too(backend, tmp_path):
    if not find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), backend],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["backend"] == backend
    assert found["losses"][0] == pytest.approx(found["losses"][1], abs=1e-6)
    assert found["difference"] < 1e-6
    turned = np.load(tmp_path / "turned.npy")
    assert turned.shape == (24, 16, 16, 2)
    assert np.isfinite(turned).all()
