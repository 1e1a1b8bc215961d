"""``astrocnn tiles``."""

import errno

import numpy as np
import pytest
from astropy.io import fits


@pytest.fixture
def exposure(folder):
    with fits.open(folder / "field.fits") as hdus:
        hdus[0].data = np.full(hdus[0].shape, 2e4, dtype="float32")
        hdus.writeto(folder / "exposure.fits")
    return "exposure.fits"


def test_tiles_are_made_and_kept(run, folder):
    code, out, err = run("tiles", "field.fits", "--band", "xmm", "-o", "my", "--tile-width", "128")
    assert (code, err) == (0, [])
    assert out[0].endswith("tiles of order 9 in 'my'")
    assert float(out[1].split()[-1]) == pytest.approx((12 / 60) ** 2 / 41253, rel=0.4)
    assert (folder / "my" / "properties").is_file()
    assert (folder / "my" / "Moc.fits").is_file()
    again = run("tiles", "field.fits", "--band", "xmm", "-o", "my", "--tile-width", "128")[1]
    assert "were there)" in again[0]


def test_exposure_becomes_a_second_hips(run, folder, exposure):
    options = "--band", "xmm", "--exposure", exposure, "--tile-width", "128", "-o", "my"
    code, out, _ = run("tiles", "field.fits", *options)
    assert code == 0
    assert out[-1] == "exposure: 'my/exposure'"
    assert "obs_unit" in (folder / "my" / "exposure" / "properties").read_text()


def test_images_that_are_vouched_for_keep_their_maps(run, folder, exposure):
    (folder / "obs").mkdir()
    with fits.open(folder / "field.fits") as hdus:
        hdus[0].header["TELESCOP"] = "CHANDRA"
        hdus.writeto(folder / "obs" / "deep.fits")
    (folder / exposure).rename(folder / "obs" / "deep_expmap.fits")
    options = "obs", "--band", "xmm", "--tile-width", "128", "-o", "my"
    code, _, err = run("tiles", *options)
    assert code == 1
    assert "on the command line predict --trust BAND=FILE, tiles --trust" in err[0]
    code, out, err = run("tiles", *options, "--trust")
    assert (code, err) == (0, [])
    assert out[-1] == "exposure: 'my/exposure'"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.fits", "--band", "xmm"), "no file matches 'none.fits'"),
        (("field.fits", "--band", "xmn"), "unknown band 'xmn'; did you mean 'xmm'?"),
        (("field.fits", "--band", "xmm", "--order", "3"), "counts need order"),
        (("targets.csv", "--band", "xmm"), "targets.csv cannot be read as a FITS image"),
    ],
)
def test_errors_are_one_sentence(run, arguments, words):
    code, _, err = run("tiles", *arguments, "-o", "my")
    assert code == 1
    assert len(err) == 1
    assert words in err[0]


def test_folder_of_something_else(run, folder):
    code, _, err = run("tiles", "field.fits", "--band", "xmm", "-o", ".")
    assert code == 1
    assert "not empty: choose another folder" in err[0]
    assert (folder / "targets.csv").is_file()


def test_band_and_output_are_needed(run):
    code, _, err = run("tiles", "field.fits")
    assert code == 2
    assert "-o/--output, --band" in err[-1]


def test_full_disk(run, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = run("tiles", "field.fits", "--band", "xmm", "-o", "my")
    assert code == 1
    assert err[0].startswith(
        "error: cannot write 'my/astrocnn-tiles.json': No space left on device"
    )
    assert err[0].endswith("; the same command goes on")
