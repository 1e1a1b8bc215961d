"""``astrocnn predict``: from a list on disk to a table on disk."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable, Table

from astrocnn import ClusterClassifier
from astrocnn.config import conf
from astrocnn.exceptions import InvalidTargetError, ProviderError
from astrocnn.tables import RESULT_COLUMNS, has_flag

XMM = ["--weights", "xmm", "--images", "xmm=field.fits"]
NEAR = "10h00m00s +02d00m00s"


def test_list_to_table(run, folder):
    code, out, err = run("predict", "targets.csv", *XMM)
    assert (code, err) == (0, [])
    columns = {"target_id", "ra", "dec", "label", "proba_cluster", "coverage_xray", "flag"}
    assert columns <= set(out[0].split())
    assert out[3].split()[0] == "near"
    assert out[4].split()[-1] == "no_coverage:xmm"
    assert out[6].startswith("2 targets: ")
    assert "1 of 2 targets has no XMM coverage" in out
    assert any(line.startswith("weights xmm (sha256 ") for line in out)
    assert any(line.startswith("device: ") for line in out)
    assert out[-1] == "written: result.ecsv"
    saved = QTable.read("result.ecsv")
    assert list(saved["target_id"]) == ["near", "far"]
    assert list(saved["label"].mask) == [False, True]


def test_same_as_in_python(run, folder):
    run("predict", "targets.csv", *XMM, "--threshold", "0", "-o", "a.fits")
    saved = QTable.read("a.fits")
    wanted = ClusterClassifier("xmm", images={"xmm": "field.fits"}).predict(
        SkyCoord(150, 2, unit="deg")
    )
    np.testing.assert_allclose(saved["proba_cluster"][0], wanted["proba_cluster"][0], rtol=1e-5)
    assert saved["label"][0] == "cluster"


def test_exposure_maps_of_own_names(run, folder):
    with fits.open("field.fits") as hdus:
        hdus[0].data = np.full(hdus[0].data.shape, 1e4, dtype="f4")
        hdus.writeto("field_expmap.fits")
    exposure = ["--exposure", "xmm=field_expmap.fits"]
    assert run("predict", NEAR, *XMM, *exposure, "-o", "a.ecsv")[0] == 0
    code, _, err = run("predict", NEAR, *XMM[:2], *exposure)
    assert code == 1
    assert err == ["error: --exposure xmm=... needs --images xmm=..., by the same name"]
    assert run("predict", NEAR, *XMM, "-o", "b.ecsv")[0] == 0
    known, unknown = (QTable.read(name) for name in ("a.ecsv", "b.ecsv"))
    assert not has_flag(known["flag"], "exposure_unknown").any()
    assert has_flag(unknown["flag"], "exposure_unknown").all()


def test_long_list_prints_its_head(run, folder):
    rows = "".join(f"{150 + i / 1000},2\n" for i in range(-12, 13))
    Path("many.csv").write_text(f"ra,dec\n{rows}")
    code, out, _ = run("predict", "many.csv", *XMM, "-o", "result.csv")
    assert code == 0
    assert out[23] == "... and 5 more rows"
    assert len(Table.read("result.csv")) == 25


def test_positions_are_printed_only(run, folder):
    before = set(os.listdir())
    code, out, err = run("predict", "--position", NEAR, "--position", "150.01, 2.01", *XMM)
    assert (code, err) == (0, [])
    assert [line.split()[1:3] for line in out[3:5]] == [
        ["150.000000", "2.000000"],
        ["150.010000", "2.010000"],
    ]
    assert set(os.listdir()) == before
    assert run("predict", NEAR, *XMM)[1][3] == out[3]


def test_match_with_its_chance_rate(run, folder):
    Path("catalog.csv").write_text("name,ra,dec,z\nA,150.005,2.0,0.3\nB,30,40,0.1\n")
    code, out, _ = run(
        "predict", "targets.csv", *XMM, "--match", "catalog.csv", "--radius", "1arcmin"
    )
    assert code == 0
    line = next(line for line in out if "matched within 1 arcmin (catalog)" in line)
    assert line.startswith("1 of 2 targets")
    assert "expected by chance" in line
    saved = QTable.read("result.ecsv")
    assert list(saved["match_id"].filled("")) == ["A", ""]
    assert saved["z_spec"][0] == 0.3


def test_large_radius(run, folder):
    """The shifted positions of the chance rate lie farther out than the circle."""
    Path("catalog.csv").write_text("ra,dec\n150,2.0\n")
    code, out, _ = run("predict", NEAR, *XMM, "--match", "catalog.csv", "--radius", "5deg")
    assert code == 0
    assert any("1 of 1 targets matched within 5 deg" in line for line in out)


def test_radius_that_is_a_length(run, folder):
    """As for ``astrocnn match``: 18 arcsec are 80 kpc at z = 0.3."""
    Path("catalog.csv").write_text("name,ra,dec,z\nA,150.005,2.0,0.3\nB,30,40,0.1\n")
    for radius, count in (("70kpc", 0), ("90kpc", 1)):
        code, out, _ = run("predict", NEAR, *XMM, "--match", "catalog.csv", "--radius", radius)
        assert code == 0
        radius = f"{radius[:2]} kpc"
        assert any(f"{count} of 1 targets matched within {radius}" in line for line in out)


def test_figure_of_the_targets_with_a_verdict(run, folder):
    code, out, err = run("predict", "targets.csv", *XMM, "--figure", "gallery.png")
    assert (code, err) == (0, [])
    assert out[-2:] == [
        "gallery: 1 of 2 targets, the first that have a prediction",
        "written: gallery.png",
    ]
    assert Path("gallery.png").read_bytes().startswith(b"\x89PNG")


def test_no_verdict_at_all(run, folder):
    code, out, err = run("predict", "10 -50", *XMM, "--figure", "gallery.png", "-o", "a.csv")
    assert (code, err) == (3, [])
    assert "1 target: 0 cluster, 0 non_cluster, 1 without a prediction" in out
    assert out[-1] == "no gallery: no target has a prediction"
    assert len(Table.read("a.csv")) == 1


def test_repeated_positions_are_told_once(run, folder):
    Path("twice.csv").write_text("ra,dec\n150,2\n150,2\nnan,2\n")
    code, _, err = run("predict", "twice.csv", *XMM, "--figure", "gallery.png")
    assert code == 0
    assert err == [
        "warning: 3 targets: 1 without a valid position (not classified), 1 within 0.1 arcsec of "
        "an earlier one; see the column 'flag'"
    ]


def test_images_are_warned_of_once(run, folder):
    """Though they are read for the predictions, and for the figure."""
    (folder / "more").mkdir()
    (folder / "field.fits").rename("more/field.fits")
    Path("more/broken.fits").write_bytes(b"SIMPLE  =")
    images = ["--weights", "xmm", "--images", "xmm=more"]
    code, _, err = run("predict", "targets.csv", *images, "--figure", "gallery.png")
    assert code == 0
    assert [line[:40] for line in err] == ["warning: 1 of 2 files for band xmm are l"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["A1835"], "'A1835' is neither a file nor a position such as"),
        (["field.fits"], "cannot read 'field.fits': No table found"),
        (["targets.csv", "-o", "a.xlsx"], "'a.xlsx': the name must end in .ecsv, .fits"),
        (["targets.csv", "-o", "targets.csv"], "'targets.csv' exists: choose another name"),
        (["targets.csv", "-o", "no/a.csv"], "cannot write 'no/a.csv': there is no folder"),
        (["targets.csv", "--figure", "a.gif"], "'a.gif': the name must end in .png, .pdf"),
        (["targets.csv", "--weights", "xmn"], "unknown weights 'xmn'; did you mean 'xmm'?"),
        (["targets.csv", "--images", "xnm=a.fits"], "unknown band 'xnm'; did you mean 'xmm'?"),
        (["targets.csv", "--images", "dss2=a.fits"], "images of xmm are needed, but images="),
        (["targets.csv", "--images", "xmm=*.FTZ"], "no file matches '*.FTZ'"),
        (["targets.csv", "--match", "no.csv"], "there is no catalog 'no.csv'"),
        (["targets.csv", "--radius", "1deg"], "--radius would not be used: it needs --match"),
        (["targets.csv", "--catalog-format", "fits"], "--catalog-format would not be used"),
        (["150 2", "--format", "ascii"], "--format would not be used: it needs TARGETS that"),
        (["150 2", "--retry-failed"], "--retry-failed would not be used: it needs --folder"),
    ],
)
def test_bad_input_is_one_line(run, folder, arguments, message):
    weights = [] if "--weights" in arguments else ["--weights", "xmm"]
    code, out, err = run("predict", *weights, *arguments)
    assert (code, out, len(err)) == (1, [], 1)
    assert err[0].startswith(f"error: {message}")
    assert not (folder / "result.ecsv").exists()


def test_existing_result_is_kept(run, folder):
    Path("result.ecsv").write_text("precious")
    code, _, err = run("predict", "targets.csv", *XMM)
    assert code == 1
    assert "'result.ecsv' exists: choose another name, or replace it" in err[0]
    assert Path("result.ecsv").read_text() == "precious"
    assert run("predict", "targets.csv", *XMM, "--overwrite")[0] == 0
    assert len(QTable.read("result.ecsv")) == 2


# ---- nothing loses a result ------------------------------------------------------------------


def test_match_that_fails(run, folder, monkeypatch):
    def fail(*args, **kwargs):
        raise InvalidTargetError("no such luck")

    monkeypatch.setattr("astrocnn.matching.match_sky", fail)
    code, out, err = run("predict", "targets.csv", *XMM, "--match", "targets.csv")
    assert (code, err) == (1, ["error: no such luck"])
    assert out[-1] == "written: result.ecsv"
    assert len(QTable.read("result.ecsv")) == 2


def test_result_that_cannot_be_written_is_printed(run, folder, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "cannot write 'result.ecsv': No space left on device")

    rows = "".join(f"{150 + i / 1000},2\n" for i in range(22))
    Path("many.csv").write_text(f"ra,dec\n{rows}")
    monkeypatch.setattr("astrocnn.tables.write_result", fail)
    code, out, err = run("predict", "many.csv", *XMM)
    assert code == 1
    assert err == ["error: cannot write 'result.ecsv': No space left on device"]
    assert out[24].split()[0] == "21"
    assert not any("written" in line for line in out)


def test_reader_that_stops_reading(folder, monkeypatch):
    """As in ``astrocnn predict ... | head -1``, even where every line is sent at once."""
    from astrocnn.cli import main

    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["predict", "targets.csv", *XMM]) == 141
    assert len(QTable.read("result.ecsv")) == 2


def test_interruption_keeps_what_was_done(run, folder, monkeypatch):
    """Ctrl-C in the second of two chunks."""
    from astrocnn.estimators._fitted import Fitted

    prepare, calls = Fitted.prepare, []

    def interrupted(self, dataset):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return prepare(self, dataset)

    monkeypatch.setattr(Fitted, "prepare", interrupted)
    with conf.set_temp("chunk_size", 1):
        code, out, _ = run("predict", "targets.csv", *XMM, "--figure", "gallery.png")
    assert code == 130
    assert out[-2:] == [
        "written: result.ecsv",
        "interrupted after 1 of 2 targets; the same command goes on",
    ]
    saved = QTable.read("result.ecsv")
    assert saved["flag"][1] == "interrupted"
    assert list(saved["label"].mask) == [False, True]
    assert not Path("gallery.png").exists()
    with conf.set_temp("chunk_size", 1):
        assert run("predict", "targets.csv", *XMM)[0] == 0
    assert len(calls) == 3  # one chunk each time, and the one that was interrupted
    assert "interrupted" not in list(QTable.read("result.ecsv")["flag"])
    assert sorted(os.listdir()) == ["field.fits", "result.ecsv", "targets.csv"]


def test_parts_of_a_full_disk(run, folder, monkeypatch):
    """The table so far is written, and the same command goes on."""
    from astrocnn.exceptions import StoreError
    from astrocnn.storage import RunFolder

    def full(*_):
        raise StoreError(28, "cannot write into 'result.ecsv.parts': No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write", full)
        code, out, err = run("predict", "targets.csv", *XMM)
    assert code == 1
    assert err == [
        "error: cannot write into 'result.ecsv.parts': No space left on device (after 0 of 2 "
        "targets); the same command goes on"
    ]
    assert out[-1] == "written: result.ecsv"
    assert run("predict", "targets.csv", *XMM)[0] == 0
    assert not Path("result.ecsv.parts").exists()


def test_failed_images_are_asked_for_again(run, folder, monkeypatch):
    """A folder that was named stays; its failed rows are asked for again when that is wanted."""
    from astrocnn.providers import FitsProvider

    def fail(self, grids, pool):
        return [ProviderError("the connection broke")] * len(grids)

    for extra in ([], ["--folder", "run"]):
        again = [*extra, "--overwrite"]
        with monkeypatch.context() as patch:
            patch.setattr(FitsProvider, "cutouts", fail)
            assert run("predict", "targets.csv", *XMM, *again)[0] == 3
        assert Path(extra[-1] if extra else "result.ecsv.parts").is_dir()
        if extra:
            assert run("predict", "targets.csv", *XMM, *again)[0] == 3
            again.append("--retry-failed")
        assert run("predict", "targets.csv", *XMM, *again)[0] == 0
        assert not Path("result.ecsv.parts").exists()
    assert Path("run").is_dir()


def test_folder_of_another_run(run, folder):
    assert run("predict", "targets.csv", *XMM, "--folder", "run")[0] == 0
    code, _, err = run(
        "predict", "targets.csv", *XMM, "--folder", "run", "--prior", "0.1", "--overwrite"
    )
    assert code == 1
    assert err[0].startswith("error: 'run' holds another run: priors differ (none there, 0.1 here)")


def service_module():
    path = Path(__file__).parents[1] / "providers" / "remote" / "hips2fits_server.py"
    spec = importlib.util.spec_from_file_location("hips2fits_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a Unix signal")
@pytest.mark.slow
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_a_service_does_not_answer(folder):
    """The process ends at once, though its threads would wait for ten minutes."""
    settings = folder / "settings"
    (settings / "astropy").mkdir(parents=True)
    with service_module().Hips2FitsServer() as service:
        service.always = "slow"
        (settings / "astropy" / "astrocnn.cfg").write_text(
            f'[config]\nhips2fits_server = "{service.url}"\ncheck_coverage = False\n'
            "timeout = 600\ntotal_timeout = 600\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from astrocnn.cli import main; sys.exit(main())",
             "predict", "targets.csv", "--weights", "xmm", "-o", "a.csv"],
            env=os.environ | {"XDG_CONFIG_HOME": str(settings), "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 300
            while not service.requests and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=200)  # it loads Keras, to name its version
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 130, err
    assert "interrupted after 0 of 2 targets" in out
    assert "Traceback" not in err
    assert list(Table.read("a.csv")["flag"]) == ["interrupted", "interrupted"]


def test_every_column_is_documented(run, folder):
    """Also in the file that the command writes."""
    run("predict", "targets.csv", *XMM)
    for name, column in QTable.read("result.ecsv").columns.items():
        assert name in RESULT_COLUMNS or re.fullmatch("proba_[a-z]+|coverage_xray", name)
        assert column.info.description


def test_prior(run, folder):
    """The fraction of clusters among the candidates moves the probabilities, and is in the file."""
    assert run("predict", "targets.csv", *XMM)[0] == 0
    half = QTable.read("result.ecsv")
    assert run("predict", "targets.csv", *XMM, "--prior", "0.05", "--overwrite")[0] == 0
    rare = QTable.read("result.ecsv")
    assert rare["proba_cluster"][0] < half["proba_cluster"][0]
    assert rare.meta["prior"] == 0.05
    code, _, err = run("predict", "targets.csv", *XMM, "--prior", "2", "--overwrite")
    assert code == 2
    assert "prior" in " ".join(err)
