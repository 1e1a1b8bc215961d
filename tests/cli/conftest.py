"""A small field on disk, and the command run in a folder of its own."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.cli import main
from astrocnn.grid import CutoutGrid

CENTER = SkyCoord(150, 2, unit="deg")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with an X-ray image ``field.fits`` and a list ``targets.csv`` of two."""
    field = CutoutGrid(CENTER, 12 * u.arcmin, 180)
    counts = np.random.default_rng(1).poisson(1.0, field.shape).astype("int16")
    header = field.wcs.to_header() + fits.Header({"TELESCOP": "XMM"})
    fits.PrimaryHDU(counts, header).writeto(tmp_path / "field.fits")
    (tmp_path / "targets.csv").write_text("name,ra,dec\nnear,150.0,2.0\nfar,10.0,-50.0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder, capsys):
    """Run a command; returns exit code, lines of output, lines of errors."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return call
