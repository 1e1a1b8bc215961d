"""The command of the simulated test, on few targets."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u

from astrocnn.simulation import OPTICAL_CAMERAS, simulate_field

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def command(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import simulated_test

    return simulated_test


def test_off_center_is_judged_by_physics(command):
    """A cluster that is too far from the new position is none of it."""
    field = next(
        field
        for field in (simulate_field(i, 3, bands=(), kind="cluster") for i in range(20))
        if field.truth["is_cluster"]
    )
    rng, found = np.random.default_rng(0), []
    for _ in range(200):
        center, near = command.off_center(field, rng)
        shift = field.center.separation(center)
        assert shift <= 60.001 * u.arcsec
        found.append((shift.arcsec, near))
    shifts, near = np.array(found).T
    assert near[shifts < 60 - field.truth["offset"]].all()


def test_plates_are_as_before(command):
    before = dict(OPTICAL_CAMERAS)
    with command.wide_plates():
        assert simulate_field(0, 1).images["dss2-red"].data.shape == (520, 520)
    assert before == OPTICAL_CAMERAS


def test_half_of_the_exposure(command):
    field = simulate_field(0, 1, exposure_map=True)
    halved = command.half_exposed(field, np.random.default_rng(0), "xmm").images["xmm"]
    whole = field.images["xmm"]
    assert 0.4 < halved.data.sum() / whole.data.sum() < 0.6
    assert np.allclose(halved.exposure, whole.exposure / 2)


def test_counts_are_matched(command):
    rng = np.random.default_rng(0)
    cluster = rng.random(4000) < 0.5
    counts = rng.lognormal(np.where(cluster, 4.5, 4.0), 0.8) * u.ct
    chosen = command.counts_matched({"counts": counts, "is_cluster": cluster}, rng)
    assert cluster[chosen].sum() == (~cluster[chosen]).sum()
    means = [np.log(counts[chosen][cluster[chosen] == kind].value).mean() for kind in (True, False)]
    assert means[0] == pytest.approx(means[1], abs=0.05)


@pytest.mark.slow
def test_report(command, tmp_path, capsys):
    found = command.report(["xmm-dss2", "xmm"], 120, 2, tmp_path, 24, n_regression=120)
    assert set(found["proba"]) == {"xmm-dss2", "xmm", "logistic regression"}
    out = capsys.readouterr().out
    for words in ("counts matched", "purity found", "off center by up to 1 arcmin: AUC",
                  "half of the exposure: AUC", "active nucleus above"):  # fmt: skip
        assert words in out
    command.figure(found, tmp_path / "test.png")
    assert (tmp_path / "test.png").stat().st_size > 10_000


def test_targets_of_the_training_are_refused(command, tmp_path):
    with pytest.raises(SystemExit, match="trained or calibrated on the targets of seed 1"):
        command.scores("xmm", 10, 1, tmp_path)


@pytest.mark.slow
def test_same_training(command, tmp_path, capsys):
    given = ["--train", "40", "--epochs", "1", "--n", "60", "--folder", str(tmp_path)]
    command.main(given)
    out = capsys.readouterr().out
    told = "on 40 targets, 1 epochs"
    assert f"cn {told}: AUC" in out
    assert f"two_branch {told} - cn {told}, all: " in out
    assert "xmm-dss2 as shipped: AUC" in out
