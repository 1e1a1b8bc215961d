"""Settings: right values are kept, wrong ones are refused when they are set."""

from pathlib import Path

import numpy as np
import pytest

from astrocnn.config import conf
from astrocnn.exceptions import InvalidParameterError, UnknownNameError

WRONG = [
    ("image_cache_size", "20", "a size with a unit, such as '5 GB', not '20'"),
    ("image_cache_size", 20, "a size with a unit"),
    ("catalog_cache_size", "much", "a size with a unit"),
    ("catalog_cache_size", "5 m", "a size with a unit"),
    ("image_cache", 5, "a path, or '' for the usual place, not 5"),
    ("chunk_size", "many", "a whole number of at least 1, not 'many'"),
    ("chunk_size", 2.5, "a whole number"),
    ("chunk_size", 0, "a whole number of at least 1, not 0"),
    ("threads", True, "a whole number of at least 1, not True"),
    ("retries", -1, "a whole number of at least 0"),
    ("timeout", float("nan"), "a number of at least 0.1, not nan"),
    ("total_timeout", "soon", "a number of at least 0.1"),
    ("total_timeout", float("inf"), "a number"),
    ("tile_memory", "1 GB", "a number of at least 1"),
    ("min_exposure", 5, "a number from 0 to 1, not 5"),
    ("progress", "maybe", "True or False"),
    ("precision", "float64", "'float32' or 'bfloat16', not 'float64'"),
    ("keras_backend", "theano", "'tensorflow', 'jax', 'torch' or '', not 'theano'"),
    ("hips2fits_server", 5, "an address that begins with http"),
    ("hips2fits_server", [], "an address that begins with http"),
    ("moc_server", ["http://a.org", "ftp://b.org"], "an address that begins with http"),
    ("vizier_server", "vizier.cds.unistra.fr", "an address that begins with http"),
    ("redirect_hosts", [5], "names of hosts"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_wrong_values_are_refused_when_set(name, value, message):
    before = getattr(conf, name)
    with pytest.raises(InvalidParameterError, match=f"conf.{name} must be {message}"):
        setattr(conf, name, value)
    with pytest.raises(InvalidParameterError), conf.set_temp(name, value):
        pass
    assert getattr(conf, name) == before


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("image_cache_size", "1.5 GiB", "1.5 GiB"),
        ("image_cache_size", "0", "0"),
        ("image_cache", Path("kept") / "images", "kept/images"),
        ("chunk_size", 7, 7),
        ("timeout", 3, 3.0),
        ("retries", 0, 0),
        ("progress", True, True),
        ("moc_server", "http://a.org", ["http://a.org"]),
        ("redirect_hosts", "*", ["*"]),
        ("redirect_hosts", [], []),
    ],
)
def test_right_values_are_kept(name, value, kept):
    with conf.set_temp(name, value):
        assert getattr(conf, name) == kept
        assert type(getattr(conf, name)) is type(kept)


def test_every_default_is_right():
    for name, item in conf.items():
        with conf.set_temp(name, item.defaultvalue):
            assert getattr(conf, name) == item.defaultvalue


def test_a_setting_that_is_none():
    with pytest.raises(UnknownNameError, match="no setting 'chunksize'.*chunk_size"):
        conf.chunksize = 3


def test_wrong_values_in_the_file():
    """What a person wrote into astrocnn.cfg is checked when it is used."""
    from astropy.config import get_config

    section = get_config("astrocnn.config", rootname="astropy")
    before = dict(section)
    try:
        section["image_cache_size"], section["chunk_size"] = "20", "many"
        with pytest.raises(InvalidParameterError, match="image_cache_size must be a size"):
            _ = conf.image_cache_size
        with pytest.raises(InvalidParameterError, match="chunk_size .* must be a whole number"):
            _ = conf.chunk_size
    finally:
        section.clear()
        section.update(before)


def test_numbers_of_numpy():
    with conf.set_temp("chunk_size", np.int64(8)):
        assert conf.chunk_size == 8
