"""Positions on the command line."""

import pytest

from astrocnn.cli._positions import parse_positions
from astrocnn.exceptions import InvalidTargetError


@pytest.mark.parametrize(
    "text",
    [
        "10h00m00s +02d00m00s",
        "10:00:00 +02:00:00",
        "10:00:00+02:00:00",
        "10 00 00 +02 00 00",
        "10 00 00 02 00 00",
        "10 00 + 02 00",
        "10h 00m, 2°",
        "10:00 2",
        "150 2",
        "150,2",
        "150.0, 2.0",
        "150 + 2",
        "150 2d",
        "150° 2.0°",
        "150d 02:00:00",
        "150d00m00s 02:00:00",
        "1.5e2 +2",
        "1.5e+2 20e-1",
        "150.0\t2.0",
        "J100000+020000",
    ],
)
def test_any_writing(text):
    (coord,) = parse_positions(text, None)
    assert (coord.ra.deg, coord.dec.deg) == (pytest.approx(150), pytest.approx(2))


@pytest.mark.parametrize("minus", ["-", "- ", "\u2212", "\u2212 ", "\u2013", "\uff0d"])
@pytest.mark.parametrize("ra", ["149.592 ", "149.592", "149.592, ", "09h58m22.08s ", "9 58 22.08 "])
def test_south(minus, ra):
    (coord,) = parse_positions(f"{ra}{minus}11.064", None)
    assert (coord.ra.deg, coord.dec.deg) == (pytest.approx(149.592), pytest.approx(-11.064))


def test_just_south_of_the_equator():
    (coord,) = parse_positions("10:00:00 -00:30:00", None)
    assert coord.dec.deg == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A1835", r"or \"210.26 2.88\" \(degrees\)$"),
        ("missing.csv", r"or \"210.26 2.88\" \(degrees\)$"),
        ("150", "degrees"),
        ("150 2 3", "not two coordinates"),
        ("14 01 02 5", "not two coordinates"),
        ("150 95", "Latitude"),
        ("400 2", "right ascension is from 0 to 360 degrees, not 400"),
        ("", "neither a file nor a position"),
        ("nan nan", "neither a file nor a position"),
        ("210.26 +02:52:42", "is 210.26 hours or degrees\\? write 210.26h or 210.26d"),
        ("12.5 2d52m42s", "is 12.5 hours or degrees"),
        ("40 -5 00", "is 40 hours or degrees"),
        ("10,0 -5,0", "write decimals with a point"),
        ("10,5 -5", "write decimals with a point"),
        ("10,5 5", "write decimals with a point"),
        ("210:15:36 +02:52:42", "hours"),
        ("210.26h 2.88", "210.26h is above 24 hours: mark degrees by a d"),
        ("14h01m02s 2h52m42s", "declination is in degrees, not in hours"),
    ],
)
def test_no_position(tmp_path, monkeypatch, text, reason):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidTargetError, match=reason):
        parse_positions(text, None)


def test_advice_on_hours_or_degrees():
    for mark, degrees in (("h", 187.5), ("d", 12.5)):
        (coord,) = parse_positions(f"12.5{mark} +02:52:42", None)
        assert coord.ra.deg == pytest.approx(degrees)
