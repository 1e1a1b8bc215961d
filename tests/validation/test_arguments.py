"""Arguments that make no validation: a sentence, whatever they are."""

import pytest
from astropy.table import QTable

from astrocnn.exceptions import AstrocnnError
from astrocnn.tables import read_targets, result_table
from astrocnn.validation import auc, completeness_against, proportion, validate

RESULT = QTable({"target_id": ["a", "b", "c"], "proba_cluster": [0.9, 0.2, 0.4]})
TRUTH = [True, False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: validate(None, TRUTH), "a result is the table"),
        (lambda: validate([1, 2, 3], TRUTH), "a result is the table"),
        (lambda: validate(RESULT, None), "one value per target"),
        (lambda: validate(RESULT, "cluster"), "one value per target"),
        (lambda: validate(RESULT, [[1], [2, 3], [4]]), "one value per target"),
        (lambda: validate(RESULT, TRUTH, threshold="x"), "threshold must be a number from 0 to 1"),
        (lambda: validate(RESULT, TRUTH, threshold=5), "threshold must be a number from 0 to 1"),
        (lambda: validate(RESULT, TRUTH, confidence="a"), "confidence lies between 0 and 1"),
        (lambda: validate(RESULT, TRUTH, prevalence=2), "prevalence is a fraction between 0 and 1"),
        (lambda: validate(RESULT, TRUTH, prevalence="2"), "prevalence is a fraction"),
        (lambda: completeness_against(RESULT, TRUTH, [1, 2, 3], bins=10**9), "bins cannot be made"),
        (lambda: auc([1, 0], ["a", "b"]), "score must hold numbers"),
        (lambda: proportion(5, 3), "whole numbers, and no more of the former"),
        (lambda: proportion(-1, 3), "whole numbers"),
        (lambda: proportion("a", 3), "whole numbers"),
    ],
)
def test_validation(call, message):
    with pytest.raises(AstrocnnError, match=message):
        call()


@pytest.mark.parametrize("classes", [["cluster", "cluster"], ["Cluster", "cluster"], [], ["a"]])
def test_classes_of_a_result(classes):
    from astropy.coordinates import SkyCoord

    targets = read_targets(SkyCoord([1], [2], unit="deg"))
    with pytest.raises(AstrocnnError, match="two or more different names"):
        result_table(targets, [[0.1, 0.9]], classes=classes)
    with pytest.raises(AstrocnnError, match="proba must hold numbers"):
        result_table(targets, "abc")
