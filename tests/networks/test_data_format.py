"""A ``keras.json`` of the user changes no probability."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

_CODE = """
import numpy as np
from astrocnn.networks import NETWORKS, load_keras, load_model

keras = load_keras()
before = keras.config.image_data_format()
pixels = np.random.default_rng(0).random((2, 64, 64, 2), dtype=np.float32)
for name, more in (("cn", {}), ("mn", {"alpha": 0.25}), ("two_branch", {}),
                   ("two_branch", {"block": "convnext", "patches": False}),
                   ("ensemble", {"member": "cn", "n_members": 2})):
    keras.utils.set_random_seed(0)
    network = NETWORKS[name](input_shape=(64, 64, 2), **more)
    print(*np.ravel(network.predict(pixels, verbose=0)))
network, description = load_model("xmm")
shape = (2, *description.arguments["input_shape"])
pixels = np.random.default_rng(0).random(shape, dtype=np.float32)
print(*np.ravel(network.predict(pixels, verbose=0)))
assert keras.config.image_data_format() == before
print(before)
"""


@pytest.mark.slow
def test_channels_first(tmp_path):
    found = {}
    for name in ("channels_last", "channels_first"):
        home = tmp_path / name
        home.mkdir()
        (home / "keras.json").write_text(json.dumps({"image_data_format": name}))
        run = subprocess.run(
            [sys.executable, "-c", _CODE], env=os.environ | {"KERAS_HOME": str(home)},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr[-2000:]
        *lines, stated = run.stdout.strip().splitlines()
        assert stated == name
        found[name] = [np.array(line.split(), dtype=float) for line in lines]
    for last, first in zip(found["channels_last"], found["channels_first"], strict=True):
        np.testing.assert_allclose(first, last, rtol=1e-5, atol=1e-7)
