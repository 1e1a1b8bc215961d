"""Model archives: round trips, and everything that must be refused."""

import json
import re
import zipfile

import numpy as np
import pytest
from astropy import units as u
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrocnn.estimators import RECIPES
from astrocnn.exceptions import UnknownNameError, WeightsError
from astrocnn.networks import (
    ModelDescription,
    build_cn,
    file_hash,
    find_weights,
    load_keras,
    load_model,
    read_description,
    save_model,
    weights_names,
    weights_table,
)
from astrocnn.preprocessing import Preprocessing
from astrocnn.surveys import get_band

IMAGES = np.random.default_rng(0).normal(size=(4, 24, 24, 1)).astype("float32")


def describe(**changes):
    parts = {
        "network": "cn",
        "arguments": {"input_shape": [24, 24, 1], "n_classes": 2},
        "bands": ["xmm"],
        "size": 6.0,
        "classes": ["non_cluster", "cluster"],
        "preprocessing": Preprocessing().to_config(),
        "card": {"training": "none"},
    }
    return ModelDescription(**(parts | changes))


@pytest.fixture(scope="module")
def model():
    return build_cn((24, 24, 1))


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("saved") / "small.keras", model, describe())


def repack(saved, path, **members):
    """Copy an archive with some members replaced; None leaves one out."""
    members = {name.replace("_json", ".json"): content for name, content in members.items()}
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = members.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


def edit(saved, path, **changes):
    """Copy an archive with some entries of its description changed."""
    with zipfile.ZipFile(saved) as archive:
        content = json.loads(archive.read("astrocnn.json")) | changes
    return repack(saved, path, astrocnn_json=json.dumps(content))


class TestRoundTrip:
    def test_same_predictions(self, model, saved):
        again, description = load_model(saved)
        assert description == describe()
        expected = np.asarray(model(IMAGES, training=False))
        assert np.abs(np.asarray(again(IMAGES, training=False)) - expected).max() < 1e-6
        assert np.ptp(expected[:, 0]) > 0

    def test_kinds_of_bands_are_optional(self, saved, tmp_path):
        """Archives of before do not have them."""
        with zipfile.ZipFile(saved) as archive:
            content = json.loads(archive.read("astrocnn.json"))
        assert content.pop("band_kinds") == {}
        old = repack(saved, tmp_path / "old.keras", astrocnn_json=json.dumps(content))
        assert read_description(old) == describe()

    def test_description_as_a_quantity(self, saved):
        description = read_description(str(saved))
        assert description.field_size == 6 * u.arcmin
        assert description.pixels == 24

    def test_optimizer_is_left_out(self, tmp_path):
        trained = build_cn((24, 24, 1))
        trained.compile("adam", "categorical_crossentropy")
        trained.fit(IMAGES, np.eye(2)[[0, 1, 0, 1]], verbose=0)
        path = save_model(tmp_path / "trained.keras", trained, describe())
        bare = save_model(tmp_path / "bare.keras", build_cn((24, 24, 1)), describe())
        assert path.stat().st_size < 1.2 * bare.stat().st_size
        again, _ = load_model(path)
        assert np.allclose(again(IMAGES), trained(IMAGES), atol=1e-6)

    def test_replaced_at_once_or_not_at_all(self, model, tmp_path, monkeypatch):
        path = save_model(tmp_path / "a.keras", model, describe())
        before = path.read_bytes()
        keras = load_keras()

        def full_disk(*_):
            raise OSError("no space left")

        monkeypatch.setattr(keras.saving, "save_model", full_disk)
        with pytest.raises(OSError, match="no space left"):
            save_model(path, model, describe())
        assert path.read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["a.keras"]

    def test_name(self, model, tmp_path):
        with pytest.raises(WeightsError, match=r"named \*\.keras, not 'a\.h5'"):
            save_model(tmp_path / "a.h5", model, describe())

    def test_hash(self, saved, tmp_path):
        assert len(file_hash(saved)) == 64
        assert file_hash(saved) != file_hash(edit(saved, tmp_path / "b.keras", size=7.0))


class TestRefused:
    def test_missing(self, tmp_path):
        with pytest.raises(WeightsError, match=r"there is no file '.*none\.keras'"):
            read_description(tmp_path / "none.keras")

    def test_unknown_name(self):
        with pytest.raises(UnknownNameError, match=r"unknown weights 'xmn'; did you mean 'xmm'"):
            read_description("xmn")

    @pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100])
    def test_no_zip(self, tmp_path, content):
        path = tmp_path / "x.keras"
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="x.keras is no model archive of astrocnn"):
            read_description(path)

    def test_archive_of_keras_alone(self, model, tmp_path):
        path = tmp_path / "plain.keras"
        load_keras().saving.save_model(model, path)
        with pytest.raises(WeightsError, match=r"plain\.keras is no .*ClusterClassifier\.save"):
            load_model(path)

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
    def test_truncated(self, saved, tmp_path, share):
        raw = saved.read_bytes()
        path = tmp_path / "cut.keras"
        path.write_bytes(raw[: int(share * len(raw))])
        with pytest.raises(WeightsError, match=r"cut\.keras is no model archive"):
            load_model(path)

    def test_too_large(self, saved, tmp_path):
        path = edit(saved, tmp_path / "big.keras", card={"training": "x" * 2_000_000})
        assert path.stat().st_size < 500_000  # it is packed: what it unpacks to counts
        with pytest.raises(WeightsError, match="description in big.keras is too large"):
            read_description(path)

    def test_newer_format(self, saved, tmp_path):
        with pytest.raises(WeightsError, match=r"newer astrocnn; please update"):
            read_description(edit(saved, tmp_path / "new.keras", format=2))

    @pytest.mark.parametrize(
        "text", ['"words"', "3", "null", "[]", "{}", "{", "[" * 10_000, b"\xff\xfe"], ids=repr
    )
    def test_description_is_something_else(self, saved, tmp_path, text):
        path = repack(saved, tmp_path / "odd.keras", astrocnn_json=text)
        with pytest.raises(WeightsError, match="odd.keras is no model archive"):
            load_model(path)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"network": "resnet"}, "unknown network 'resnet'"),
            ({"network": ["cn"]}, "unknown network"),
            ({"arguments": {}}, "input_shape"),
            ({"arguments": {"input_shape": [24]}}, "not enough values"),
            ({"arguments": {"input_shape": [24, 25, 1]}}, "input of 24 x 25 x 1"),
            ({"bands": ["xmm", "dss2-red"]}, "input of 24 x 24 x 1 for the bands"),
            ({"bands": [3]}, "bands and classes"),
            ({"classes": None}, "NoneType"),
            ({"size": "six"}, "'<' not supported"),
            ({"arguments": {"input_shape": [24, 24, 1], "n_classes": 3}}, "3 outputs for"),
            ({"arguments": {"input_shape": [24, 24, 1], "layers": 7}}, "argument 'layers'"),
            ({"band_kinds": ["xray"]}, "band_kinds must be a JSON object"),
            ({"band_kinds": {"xmm": "xr"}}, "xr for waveband and quantity of xmm"),
            ({"band_kinds": {"xmm": ["xray", 1]}}, "for waveband and quantity of xmm"),
            ({"secret": 1}, "unexpected keyword argument 'secret'"),
        ],
    )
    def test_description_that_does_not_fit(self, saved, tmp_path, changes, words):
        with pytest.raises(WeightsError, match=words):
            load_model(edit(saved, tmp_path / "odd.keras", **changes))

    @pytest.mark.parametrize(
        "changes",
        [
            {"arguments": {"input_shape": [24, 24, 2]}, "bands": ["xmm", "dss2-red"]},
            {"arguments": {"input_shape": [100, 100, 1]}},
        ],
    )
    def test_weights_of_another_shape(self, saved, tmp_path, changes):
        with pytest.raises(WeightsError, match="the weights in odd.keras cannot be loaded"):
            load_model(edit(saved, tmp_path / "odd.keras", **changes))

    @pytest.mark.parametrize("content", [None, b"", b"\x89HDF\r\n\x1a\n" + b"\0" * 500])
    def test_weights_are_missing_or_damaged(self, saved, tmp_path, content):
        path = repack(saved, tmp_path / "odd.keras", **{"model.weights.h5": content})
        with pytest.raises(WeightsError, match="the weights in odd.keras cannot be loaded"):
            load_model(path)

    @settings(
        max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(data=st.data())
    def test_damaged_bytes_never_raise_anything_else(self, saved, tmp_path, data):
        raw = bytearray(saved.read_bytes())
        with zipfile.ZipFile(saved) as archive:
            start = archive.getinfo("astrocnn.json").header_offset
        for place in data.draw(st.lists(st.integers(start, len(raw) - 1), min_size=1, max_size=5)):
            raw[place] = data.draw(st.integers(0, 255))
        path = tmp_path / "damaged.keras"
        path.write_bytes(raw)
        try:
            description = read_description(path)
        except WeightsError:
            return
        assert isinstance(description, ModelDescription)


    @pytest.mark.parametrize("change", [lambda b: 0, lambda b: 2, lambda b: 255, lambda b: b ^ 128])
    def test_every_byte_damaged(self, saved, tmp_path, change):
        """Sizes that end beyond the file and unknown compressions are among them."""
        raw, path = saved.read_bytes(), tmp_path / "damaged.keras"
        with zipfile.ZipFile(saved) as archive:
            start = archive.getinfo("astrocnn.json").header_offset
        refused = 0
        for place in range(start, len(raw)):
            path.write_bytes(raw[:place] + bytes([change(raw[place])]) + raw[place + 1 :])
            try:
                read_description(path)
            except WeightsError:
                refused += 1
        assert refused > 50


class TestNothingIsExecuted:
    """Keras could be told to run code by ``config.json``: we never read it."""

    def test_architecture_is_not_read(self, model, saved, tmp_path):
        path = repack(saved, tmp_path / "odd.keras", config_json="no JSON", metadata_json="neither")
        assert np.allclose(load_model(path)[0](IMAGES), model(IMAGES), atol=1e-6)

    def test_code_in_the_architecture(self, saved, tmp_path):
        """A layer that leaves a file behind whenever its code runs."""
        keras = load_keras()
        mark = tmp_path / "executed"
        code = eval(f"lambda x: (__import__('pathlib').Path({str(mark)!r}).touch(), x)[1]")
        evil = keras.Sequential([keras.Input((24, 24, 1)), keras.layers.Lambda(code)])
        config = json.dumps(keras.saving.serialize_keras_object(evil))
        mark.unlink()
        keras.saving.deserialize_keras_object(json.loads(config), safe_mode=False)
        mark.unlink()  # so Keras would have run it
        path = repack(saved, tmp_path / "evil.keras", config_json=config)
        loaded, _ = load_model(path)
        assert [layer.name for layer in loaded.layers][:2] == ["conv1", "pool1"]
        assert not mark.exists()


SHIPPED = [
    "erosita", "erosita-legacy", "erosita-legacy-psf", "erosita-psf",
    "xmm", "xmm-dss2", "xmm-dss2-psf", "xmm-psf",
]  # fmt: skip


class TestShipped:
    def test_names(self):
        assert weights_names() == SHIPPED

    @pytest.mark.parametrize("name", SHIPPED)
    def test_they_load_and_say_what_they_are(self, name):
        path = find_weights(name)
        assert path.stat().st_size < 3_000_000
        model, description = load_model(name)
        assert [get_band(band).name for band in description.bands] == description.bands
        assert description.bands == list(RECIPES[name].bands)
        assert description.classes == ["non_cluster", "cluster"]
        assert "simulated" in description.card["training"]
        assert re.search(r"simulated training, (3\d|50) %", description.card["training"])
        Preprocessing.from_config(description.preprocessing)
        proba = np.asarray(model(np.zeros((2, *model.input_shape[1:]), dtype="float32")))
        assert np.allclose(proba.sum(axis=-1), 1, atol=1e-5)  # of every member

    def test_table(self):
        table = weights_table()
        assert table["weights"].tolist() == weights_names()
        assert table["sha256"][SHIPPED.index("xmm")] == file_hash(find_weights("xmm"))[:8]
