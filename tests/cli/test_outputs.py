"""What commands may replace."""

from pathlib import Path

import pytest
from astropy.table import QTable

from astrocnn.exceptions import ProviderError
from astrocnn.providers import FitsProvider

XMM = ["--weights", "xmm", "--images", "xmm=field.fits"]


@pytest.fixture
def unfinished(run, folder, monkeypatch):
    """The folder, with a table of failed rows and the parts of its run."""

    def fail(self, grids, pool):
        return [ProviderError("the connection broke")] * len(grids)

    with monkeypatch.context() as patch:
        patch.setattr(FitsProvider, "cutouts", fail)
        assert run("predict", "targets.csv", *XMM)[0] == 3
    assert Path("result.ecsv.parts").is_dir()
    return folder


@pytest.mark.parametrize("content", [[], ["notes.txt"], ["run.json"]])
def test_a_folder_called_parts_is_no_permission(run, folder, content):
    Path("result.ecsv.parts").mkdir()
    for name in content:
        Path("result.ecsv.parts", name).write_text("mine")
    Path("result.ecsv").write_text("precious")
    code, _, err = run("predict", "targets.csv", *XMM)
    assert code == 1
    assert err[0].startswith("error: 'result.ecsv' exists: choose another name, or replace it")
    assert Path("result.ecsv").read_text() == "precious"


def test_going_on_replaces_the_table_of_the_interruption(run, unfinished):
    assert run("predict", "targets.csv", *XMM)[0] == 0
    assert not Path("result.ecsv.parts").exists()
    assert not QTable.read("result.ecsv")["proba_cluster"].mask[0]


def test_going_on_keeps_what_was_changed(run, unfinished):
    """Columns of a match, added in place."""
    table = ["result.ecsv", "targets.csv"]
    assert run("match", *table, "-o", "result.ecsv", "--overwrite")[0] == 0
    code, _, err = run("predict", "targets.csv", *XMM)
    assert code == 1
    assert err[0].startswith("error: 'result.ecsv' exists")
    assert "match_id" in QTable.read("result.ecsv").colnames
    assert run("predict", "targets.csv", *XMM, "--overwrite")[0] == 0


def test_going_on_keeps_the_figure(run, unfinished):
    Path("fig.png").write_text("precious")
    code, _, err = run("predict", "targets.csv", *XMM, "--figure", "fig.png")
    assert code == 1
    assert err[0].startswith("error: 'fig.png' exists")
    assert Path("fig.png").read_text() == "precious"


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "targets.csv", *XMM, "-o", "targets.csv"],
        ["predict", "targets.csv", *XMM, "-o", "./targets.csv"],
        ["predict", "targets.csv", "--images", "xmm=f*.fits", "-o", "field.fits"],
        ["predict", "targets.csv", *XMM, "-o", "new.csv", "--match", "new.csv"],
        ["match", "targets.csv", "new.csv", "-o", "new.csv"],
        ["match", "targets.csv", "new.csv", "--all", "-o", "targets.csv"],
        ["match", "targets.csv", "new.csv", "-o", "link.csv"],
        ["validate", "new.ecsv", "-o", "new.ecsv"],
        ["validate", "targets.csv", "--truth", "new.ecsv", "-o", "new.ecsv"],
    ],
)
def test_output_over_input(run, folder, command):
    Path("new.csv").write_bytes(Path("targets.csv").read_bytes())
    Path("new.ecsv").write_bytes(Path("targets.csv").read_bytes())
    Path("link.csv").symlink_to("new.csv")
    before = {path: path.read_bytes() for path in Path().iterdir()}
    code, _, err = run(*command, "--overwrite")
    assert code == 1
    assert "is read too (" in err[-1]
    assert err[-1].endswith("give the output another name")
    assert {path: path.read_bytes() for path in Path().iterdir()} == before
