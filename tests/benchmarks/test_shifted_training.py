"""The benchmark of shifts in training, on few targets."""

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
def test_areas_are_printed(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import shifted_training

    moved = shifted_training.moved(np.arange(32.0).reshape(1, 4, 8, 1), 2)
    assert moved[0, :, 0, 0].tolist() == [0, 0, 0, 8]
    given = ["--shifts", "0.05", "--n", "40", "--n-test", "40", "--epochs", "1"]
    shifted_training.main([*given, "--folder", str(tmp_path)])
    out = capsys.readouterr().out
    assert "trained with shifts up to 5%, 0 arcsec off: " in out
    assert "59 arcsec off: " in out
