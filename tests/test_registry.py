"""Names to objects."""

import pytest

from astrocnn._registry import Registry
from astrocnn.exceptions import UnknownNameError

SHAPES = Registry("shape", {"circle": 0, "square": 4})


def test_is_a_mapping():
    assert dict(SHAPES) == {"circle": 0, "square": 4}
    assert len(SHAPES) == 2
    assert "circle" in SHAPES
    assert "hexagon" not in SHAPES


def test_unknown_name_lists_the_choices():
    with pytest.raises(UnknownNameError, match=r"unknown shape 'x'; Choices: circle, square"):
        SHAPES["x"]


def test_near_miss_gets_a_hint():
    with pytest.raises(UnknownNameError, match=r"did you mean 'square'\?"):
        SHAPES["sqare"]


def test_other_case_gets_a_hint():
    with pytest.raises(UnknownNameError, match="did you mean 'CN'"):
        Registry("network", {"CN": 1, "mobilenet": 2})["cn"]


@pytest.mark.parametrize("key", [None, 3, ["circle"], {"circle"}])
def test_what_is_no_name_is_unknown(key):
    """Not a TypeError about hashing."""
    with pytest.raises(UnknownNameError, match="unknown shape"):
        SHAPES[key]


def test_cannot_be_changed():
    source = {"a": 1}
    registry = Registry("letter", source)
    source["b"] = 2
    assert list(registry) == ["a"]
    with pytest.raises(TypeError):
        registry["c"] = 3


def test_repr_says_what_is_inside():
    assert repr(SHAPES) == "<Registry of 2 shapes: circle, square>"
