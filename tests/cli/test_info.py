"""``astrocnn info``."""

import re

from astrocnn import __version__
from astrocnn.networks import file_hash, find_weights, read_description, weights_names
from astrocnn.surveys import survey_table


def test_overview(run):
    code, out, err = run("info")
    assert (code, err) == (0, [])
    assert re.fullmatch(
        rf"astrocnn {re.escape(__version__)}, Python [\d.]+, on (CPU|GPU|\d+ GPUs) \(\w+\)", out[0]
    )
    first = [line.split()[0] for line in out if line]
    assert set(weights_names()) <= set(first)
    assert set(survey_table()["band"]) <= set(first)
    assert {"hips", "reference"} <= {word for line in out for word in line.split()}


def test_card(run):
    code, out, err = run("info", "--weights", "xmm")
    assert (code, err) == (0, [])
    assert out[:3] == ["weights: xmm", "bands: xmm", "images: 178 x 178 pixels on 6 arcmin"]
    assert f"sha256: {file_hash(find_weights('xmm'))}" in out
    assert f"training: {read_description('xmm').card['training']}" in out


def test_unknown_weights(run):
    code, out, err = run("info", "--weights", "xmn")
    assert (code, out) == (1, [])
    assert err == [
        "error: unknown weights 'xmn'; did you mean 'xmm'? Choices: erosita, erosita-legacy, "
        "erosita-legacy-psf, erosita-psf, xmm, xmm-dss2, xmm-dss2-psf, xmm-psf, or a file named "
        "*.keras"
    ]
