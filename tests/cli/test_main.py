"""Options, exit codes, and how the command speaks of what went wrong."""

import os
import subprocess
import sys
import warnings
from importlib.metadata import entry_points, version

import pytest
from astropy.utils.exceptions import AstropyUserWarning

from astrocnn.cli import _info, main
from astrocnn.exceptions import InvalidParameterError

COMMANDS = ["demo", "predict", "train", "info"]


def test_entry_point():
    (script,) = entry_points(group="console_scripts", name="astrocnn")
    assert script.load() is main


def test_version(run):
    assert run("--version") == (0, [f"astrocnn {version('astrocnn')}"], [])


def test_help_is_quick():
    """It loads nothing but the standard library."""
    code = (
        "import sys; from astrocnn.cli import main; code = main(['predict', '--help']); "
        "print(code, *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    code, *loaded = done.stdout.splitlines()[-1].split()
    assert code == "0"
    heavy = {"numpy", "astropy", "keras", "tensorflow", "matplotlib", "tqdm", "xarray", "sklearn"}
    assert not heavy & set(loaded)


def test_help_names_commands_and_exit_codes(run):
    code, out, _ = run("--help")
    text = "\n".join(out)
    assert code == 0
    assert all(f"    {command} " in text for command in COMMANDS)
    assert all(f"\n  {number} " in text for number in (0, 1, 2, 3, 130))
    assert "interrupted (Ctrl-C)" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(run, command):
    """A line about the job, every option, examples that can be copied; 80 columns."""
    code, out, _ = run(command, "--help")
    assert code == 0
    assert out[0].startswith(f"usage: astrocnn {command}")
    examples = out[out.index("examples:") :]
    assert sum(line.startswith(f"  astrocnn {command}") for line in examples) >= 2
    assert max(map(len, out)) <= 80
    assert "--debug" in "\n".join(out)


def test_nothing_given(run):
    code, out, err = run()
    assert (code, out) == (2, [])
    assert err[0].startswith("usage: astrocnn")
    assert "commands:" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dem"], "invalid choice: 'dem'"),
        (["demo", "--weight", "xmm"], "unrecognized arguments: --weight xmm"),
        (["predict"], "one of the arguments TARGETS --position is required"),
        (["predict", "a.csv", "--position", "1 2"], "not allowed with argument"),
        (["predict", "a.csv", "--threshold", "50"], "'50' is not a number from 0 to 1"),
        (["predict", "a.csv", "--threshold", "nan"], "'nan' is not a number from 0 to 1"),
        (["predict", "a.csv", "--radius", "2"], "'2' is no radius such as 2arcmin or 500kpc"),
        (["predict", "a.csv", "--radius", "2s"], "'2s' is no radius such as 2arcmin or 500kpc"),
        (["predict", "a.csv", "--radius", "-2arcmin"], "no radius|expected one argument"),
        (["predict", "a.csv", "--prior", "0"], "'0' leaves nothing to classify: give a fraction"),
        (["predict", "a.csv", "--prior", "5"], "'5' is not a number from 0 to 1"),
        (["validate", "a.csv", "--prevalence", "1"], "'1' leaves nothing to classify"),
        (["tiles", "*", "--band", "xmm", "-o", "t", "--order", "30"], "'30' is not an order of HE"),
        (["tiles", "*", "--band", "xmm", "-o", "t", "--order", "x"], "'x' is not an order"),
        (["tiles", "*", "--band", "xmm", "-o", "t", "--tile-width", "100"], "'100' is not a power"),
        (["tiles", "*", "--band", "xmm", "-o", "t", "--tile-width", "0"], "'0' is not a whole"),
        (["predict", "a.csv", "--images", "a.fits"], "'a.fits' is not BAND=PATTERN"),
        (["train"], "one of the arguments RECIPE --dataset is required"),
        (["train", "xmm", "--n", "0"], "'0' is not a whole number above zero"),
        (["train", "xmm", "--seed", "-1"], "'-1' is not a whole|expected one"),
        (["train", "xmm", "--epochs", "2.5"], "'2.5' is not a whole number above zero"),
        (["match", "a.csv", "b.csv", "--radius", "2 3 arcmin"], "'2 3 arcmin' is no radius"),
        (["match", "a.csv", "b.csv", "--radius", "2 3 kpc"], "'2 3 kpc' is no radius"),
        (["match", "a.csv", "b.csv", "--shift", "2 3 deg"], "'2 3 deg' is no angle"),
        (["match", "a.csv", "b.csv", "--radius", "1deg", "--radius=2deg"], "--radius: given twice"),
        (["match", "a.csv", ""], "an empty text is no path"),
        (["predict", "a.csv", "-o", "a.csv", "--output", "b.csv"], "-o/--output: given twice"),
        (["predict", "a.csv", "--folder", ""], "--folder: an empty text is no path"),
        (["predict", "a.csv", "--images", "xmm= "], "'xmm= ' is not BAND=PATTERN"),
        (["validate", "a.csv", "--truth", " "], "an empty text is no path"),
        (["tiles", "", "--band", "xmm", "-o", "t"], "IMAGES: an empty text is no path"),
        (["tiles", "a", "--band", "xmm", "--band", "xmm", "-o", "t"], "--band: given twice"),
        (["tiles", "*", "--band", "xmm", "-o", "t", "--tile-width", "8192"], "power of two up to"),
        (["demo", "-o", ""], "an empty text is no path"),
    ],
)
def test_wrong_command_line(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, [])
    assert err[0].startswith("usage:")
    assert any(part in err[-1] for part in message.split("|"))


def raising(error):
    def run(args):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file", "a.fits"), "error: No such file: 'a.fits'"),
        (OSError("two\nlines"), "error: two lines"),
        (InvalidParameterError("size must\nbe an angle"), "error: size must be an angle"),
        (KeyError("flux"), "error: unexpected KeyError: 'flux' (--debug shows where; please"),
    ],
)
def test_error_is_one_line(run, monkeypatch, error, line):
    monkeypatch.setattr(_info, "run", raising(error))
    code, out, err = run("info")
    assert (code, out, len(err)) == (1, [], 1)
    assert err[0].startswith(line)


def test_debug_shows_where(run, monkeypatch):
    monkeypatch.setattr(_info, "run", raising(KeyError("flux")))
    code, _, err = run("info", "--debug")
    assert code == 1
    assert err[0] == "Traceback (most recent call last):"
    assert err[-1].startswith("error: unexpected KeyError")


def test_interruption(run, monkeypatch):
    monkeypatch.setattr(_info, "run", raising(KeyboardInterrupt()))
    assert run("info") == (130, [], ["interrupted"])


def test_warnings_are_one_line_each(run, monkeypatch):
    """Those for the user; those for developers only with --debug."""

    def warn(args):
        warnings.warn("look\nhere", AstropyUserWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(_info, "run", warn)
    assert run("info") == (0, [], ["warning: look here"])
    assert run("info", "--debug")[2] == ["warning: look here", "warning: old"]


def test_warnings_stay_so_with_astroquery(run, monkeypatch):
    """Its logger takes over warnings when it is imported."""
    for name in [name for name in sys.modules if name.split(".")[0] == "astroquery"]:
        monkeypatch.delitem(sys.modules, name)

    def warn(args):
        from astroquery import log  # noqa: F401

        warnings.warn("look here", AstropyUserWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(_info, "run", warn)
    assert run("info") == (0, [], ["warning: look here"])


def test_settings_are_as_before(run, monkeypatch):
    from astrocnn.config import conf

    seen = []
    monkeypatch.setattr(_info, "run", lambda args: seen.append(conf.progress) or 0)
    with conf.set_temp("progress", True):
        before = warnings.showwarning, warnings.filters[:]
        run("info")
        run("info", "--quiet")
        assert conf.progress
        assert (warnings.showwarning, warnings.filters[:]) == before
    assert seen == [True, False]


def test_reader_that_stops_reading(folder, monkeypatch):
    """As in ``astrocnn info | head -1``: no traceback, the code that shells use."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", closefd=True) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["info", "--weights", "xmm"]) == 141


def test_module():
    """As ``python -m astrocnn``, where the command is not on the path."""
    command = [sys.executable, "-m", "astrocnn", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("astrocnn ")
