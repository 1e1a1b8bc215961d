"""Benchmarks of matching: what they say about real catalogs holds."""

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch, real_data):
    """Import a script of the benchmarks, with the real data at hand."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setenv("ASTROCNN_TEST_DATA", str(real_data))

    def load(name):
        return __import__(name)

    return load


def test_real_catalogs(script):
    table = script("matching").compared()
    assert table["nearest"].tolist() == [530, 370, 597, 927]
    assert table["nearest, back"].tolist() == [528, 370, 823, 924]
    assert table["one to one"].tolist() == table["one to one, back"].tolist()
    assert (table["one to one"] <= np.minimum(table["nearest"], table["nearest, back"])).all()
    assert table["by chance"].tolist() == pytest.approx([3, 1, 4, 21], abs=0.5)


@pytest.mark.slow
# Some of the real galaxies have rounded redshifts, and it is said so.
@pytest.mark.filterwarnings("ignore:.*share a redshift to the last digit")
def test_redshifts_of_real_clusters(script, capsys, tmp_path):
    """Blind: of the 15 that can be found 13 are; no wrong one is secure."""
    redshifts = script("candidate_redshifts")
    clusters = redshifts.read_clusters(redshifts.data_file())
    table = redshifts.blind(clusters)
    enough = table["near"] >= redshifts.ENOUGH
    right = np.abs(table["difference"]) < redshifts.RIGHT
    assert (len(table), enough.sum()) == (61, 15)
    assert np.sum(enough & right) >= 13
    secure = table["status"] == "secure"
    assert not (secure & ~right & ~enough).any()
    assert np.sum(secure & enough) >= 10
    assert table["few_digits"][table["cluster"] == "XCLASS 2162"].all()
    redshifts.report(table)
    assert "those of the first that disagree" in capsys.readouterr().out
    redshifts.figure(table, clusters, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_speed(script):
    table = script("matching_speed").compared([(200, 1000)], 1)
    assert (table["matches"] >= 100).all()  # both found the same


@pytest.mark.slow
def test_growth_of_time_and_memory(monkeypatch, capsys, tmp_path):
    """Both find the same matches at all sizes; the figure is written."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    figure = tmp_path / "speed.png"
    arguments = ["--grow-sizes", "1000,2000", "--grow-targets", "100", "--figure", str(figure)]
    __import__("matching_speed").main(arguments)
    assert "2000" in capsys.readouterr().out
    assert figure.stat().st_size > 10_000
