"""Labels in the forms in which users have them."""

import numpy as np
import pandas as pd
import pytest

from astrocnn.estimators._labels import class_names, encode, sorted_labels

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
    assert class_names(np.array(["None", "nan"], object)) == ["None", "nan"]
