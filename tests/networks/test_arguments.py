"""Arguments of networks, and weights that are not finite."""

import numpy as np
import pytest

from astrocnn import ClusterClassifier
from astrocnn.exceptions import AstrocnnError, InvalidParameterError, WeightsError
from astrocnn.networks import (
    ModelDescription,
    build_cn,
    build_ensemble,
    build_mn,
    build_network,
    build_two_branch,
    load_model,
    save_model,
)
from astrocnn.preprocessing import Preprocessing


def describe(**changes):
    arguments = {"input_shape": [24, 24, 1], "n_classes": 2}
    known = {"network": "cn", "arguments": arguments, "bands": ["xmm"], "size": 6.0,
             "classes": ["non_cluster", "cluster"], "preprocessing": {}}  # fmt: skip
    return ModelDescription(**{**known, **changes})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: build_ensemble((32, 32, 1), n_members=10**5), "100 members at most, not 100000"),
        (lambda: build_ensemble((32, 32, 1), n_members="3"), "at least two members"),
        (lambda: build_ensemble((32, 32, 1), n_members=2.5), "at least two members"),
        (lambda: build_ensemble((32, 32, 1), member="cn", foo=1), "'cn' has no argument 'foo'"),
        (lambda: build_cn((32,)), "three whole numbers above zero"),
        (lambda: build_cn((0, 0, 1)), "three whole numbers above zero"),
        (lambda: build_two_branch("abc"), "three whole numbers above zero"),
        (lambda: build_cn((32, 32, 1), 1), "from 2 on, not 1"),
        (lambda: build_cn((32, 32, 1), -1), "from 2 on"),
        (lambda: build_mn((8, 8, 1)), "32 x 32 pixels at least"),
        (
            lambda: build_network(describe(arguments={"foo": 1})),
            "no argument 'foo'; its arguments:",
        ),
        (lambda: build_network(describe(network="two_branch", arguments={})), "'input_shape'"),
    ],
)
def test_arguments_that_make_no_network(build, message):
    with pytest.raises(InvalidParameterError, match=message):
        build()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"network": "resnet"}, "unknown network 'resnet'"),
        ({"network": "ensemble", "network_arguments": {"n_members": 10**5}}, "100 members at most"),
        ({"network_arguments": {"foo": 1}}, "no argument 'foo'"),
        ({"pixels": 10**6}, "4096 at most"),
        ({"bands": 5}, "bands must be a list"),
        ({"checkpoint": 5}, "checkpoint must be a path"),
        ({"class_weight": {True: "a"}}, "class_weight must hold numbers"),
        ({"y": None}, "masked labels, None"),
        ({"y": [[1], [2, 3]]}, "one value per target"),
        ({"y": np.array(["2020", "2021"], "M8[s]")}, "truth values or names"),
        ({"y": "abc"}, r"y has shape \(\)"),
        ({"sample_weight": ["a", "b"]}, "sample_weight must hold numbers"),
    ],
)
def test_fit_says_it_before_any_image_is_fetched(parameters, message):
    parameters = {"weights": None, "bands": ["xmm"], "pixels": 16, **parameters}
    y, weight = parameters.pop("y", [True, False]), parameters.pop("sample_weight", None)
    classifier = ClusterClassifier(**parameters, images={"xmm": None})
    from astropy.coordinates import SkyCoord

    with pytest.raises(AstrocnnError, match=message):
        classifier.fit(SkyCoord([1, 2], [3, 4], unit="deg"), y, weight)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite(tmp_path, number):
    """They would judge nothing: every row masked, and no flag."""
    import zipfile

    import h5py

    model = build_cn((24, 24, 1))
    path = save_model(tmp_path / "a.keras", model, describe())
    load_model(path)
    broken = model.get_weights()
    broken[0][0] = number
    model.set_weights(broken)
    with pytest.raises(WeightsError, match=r"hold NaN or infinite numbers, in 1 of \d+ arrays"):
        save_model(tmp_path / "b.keras", model, describe())
    assert not (tmp_path / "b.keras").exists()
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "w.h5").write_bytes(members["model.weights.h5"])
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        first = next(name for name in names if file[name].ndim > 1)
        file[first][0] = number
    members["model.weights.h5"] = (tmp_path / "w.h5").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(WeightsError, match=r"a\.keras hold NaN.*smaller learning_rate"):
        load_model(path)
    with pytest.raises(WeightsError, match="hold NaN"):
        ClusterClassifier.load(path)


@pytest.mark.parametrize(
    "config", [{"smothing": {}}, [1], None, {"smoothing": 6}, {"smoothing": {"xray": "6"}},
               {"smoothing": {"xray": np.nan}}, {"smoothing": {"xray": 1e12}}]
)  # fmt: skip
def test_what_is_no_preprocessing(config):
    with pytest.raises(InvalidParameterError, match="preprocessing|smoothing"):
        Preprocessing.from_config(config)


def test_weights_with_an_unknown_preprocessing(tmp_path):
    """Found when they are read, not when the images are there."""
    description = describe(preprocessing={"sharpened": True})
    path = save_model(tmp_path / "a.keras", build_cn((24, 24, 1)), description)
    with pytest.raises(WeightsError, match="no 'sharpened'"):
        ClusterClassifier.load(path)


@pytest.mark.parametrize("classes", [["a", "a"], ["Cluster", "cluster"]])
def test_classes_that_are_the_same(tmp_path, classes):
    path = save_model(tmp_path / "a.keras", build_cn((24, 24, 1)), describe(classes=classes))
    with pytest.raises(WeightsError, match="are not different"):
        load_model(path)
