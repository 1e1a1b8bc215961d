"""Labels in the forms in which users have them."""

import numpy as np
import pandas as pd
import pytest

from astrocnn.estimators._labels import class_names, encode, say_positive, sorted_labels
from astrocnn.exceptions import InvalidParameterError, LabelWarning

WORDS = ["cluster", "agn", "cluster"]


@pytest.mark.parametrize("kind", [None, "category", object])
def test_words_of_pandas(kind):
    y = pd.Series(WORDS, dtype=kind)
    assert class_names(y) == ["agn", "cluster"]
    assert encode(y, 3, ["agn", "cluster"]).tolist() == [1, 0, 1]
    labels, columns = sorted_labels(["agn", "cluster"], y)
    assert (labels.tolist(), columns.tolist()) == (["agn", "cluster"], [0, 1])


@pytest.mark.parametrize("kind", [bool, "boolean", int, "Int64", float, object])
def test_truth_values_of_pandas(kind):
    y = pd.Series([True, False, True]).astype(kind)
    assert encode(y, 3, ["non_cluster", "cluster"]).tolist() == [1, 0, 1]
    assert sorted_labels(["non_cluster", "cluster"], y)[0].dtype.kind in "bif"


def test_a_class_may_be_called_none():
    assert class_names(np.array(["None", "na"], object)) == ["None", "na"]
    with pytest.raises(InvalidParameterError, match="masked labels"):
        class_names(np.array(["cluster", "nan"], object))


@pytest.mark.parametrize("other", ["agn", "AGN", "zodiacal light", "POINT"])
@pytest.mark.parametrize("name", ["cluster", "Cluster", "CLUSTER"])
def test_the_cluster_is_the_positive_class_however_it_is_written(name, other, recwarn):
    names = class_names([name, other, name])
    assert names == [other, name]
    assert encode([name, other], 2, names).tolist() == [1, 0]
    say_positive(names)
    say_positive(["non_cluster", "cluster"])
    say_positive(["agn", "galaxy cluster", "star"])  # the threshold is for two classes
    assert not recwarn


def test_two_other_names_are_said():
    with pytest.warns(LabelWarning, match="'star', the last one, counts as the class of the clus"):
        say_positive(class_names(["galaxy cluster", "star"]))


@pytest.mark.parametrize("kind", [object, "S"])
def test_bytes_and_blanks_of_files(kind):
    y = np.array([b"cluster", b"agn  ", b"agn"], dtype=kind)
    assert class_names(y) == ["agn", "cluster"]
    assert encode(y, 3, ["agn", "cluster"]).tolist() == [1, 0, 0]
    assert sorted_labels(["agn", "cluster"], y)[0].tolist() == ["agn", "cluster"]


@pytest.mark.parametrize("empty", ["", "  ", b""])
def test_empty_labels_are_refused(empty):
    with pytest.raises(InvalidParameterError, match="or empty names"):
        class_names([*np.array(WORDS, np.array(empty).dtype.kind), empty])


def test_one_class_written_in_two_ways_is_refused():
    with pytest.raises(InvalidParameterError, match="in upper and lower case only"):
        class_names(["Cluster", "cluster", "agn"])


def test_truth_values_of_text_files():
    """CSV files hold words: they are no classes called False and True."""
    y = np.array(["True", "False", "TRUE"])
    assert class_names(y) == ["non_cluster", "cluster"]
    assert encode(y, 3, ["non_cluster", "cluster"]).tolist() == [1, 0, 1]
    assert sorted_labels(["non_cluster", "cluster"], y)[0].tolist() == [False, True]


@pytest.mark.parametrize("missing", [pd.NA, None, np.nan])
def test_missing_labels_of_pandas_are_refused(missing):
    for y in (pd.Series([True, missing], dtype="boolean"), np.array([True, missing], object)):
        with pytest.raises(InvalidParameterError, match="masked labels, None or NaN"):
            encode(y, 2, ["non_cluster", "cluster"])


def test_upper_and_lower_case_are_the_same_class():
    """What ``fit`` was given in one way, ``score`` takes in the other."""
    assert encode(["cluster", "AGN"], 2, ["agn", "Cluster"]).tolist() == [1, 0]
    with pytest.raises(InvalidParameterError, match=r"labels \['star'\] are not among"):
        encode(["cluster", "star"], 2, ["agn", "Cluster"])
