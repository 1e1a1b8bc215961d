"""How errors and warnings are caught."""

import pytest
from astropy.utils.exceptions import AstropyUserWarning

from astrocnn import exceptions

PUBLIC = [getattr(exceptions, name) for name in exceptions.__all__]
ERRORS = [cls for cls in PUBLIC if issubclass(cls, Exception) and not issubclass(cls, Warning)]
WARNINGS = [cls for cls in PUBLIC if issubclass(cls, Warning)]


@pytest.mark.parametrize("cls", ERRORS)
def test_one_except_clause_catches_every_error(cls):
    assert issubclass(cls, exceptions.AstrocnnError)


@pytest.mark.parametrize("cls", WARNINGS)
def test_one_filter_silences_every_warning(cls):
    assert issubclass(cls, exceptions.AstrocnnWarning)
    assert issubclass(cls, AstropyUserWarning)


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        (exceptions.InvalidTargetError, ValueError),
        (exceptions.InvalidImageError, ValueError),
        (exceptions.UnknownNameError, ValueError),
        (exceptions.SurveyMismatchError, ValueError),
        (exceptions.WeightsError, ValueError),
        (exceptions.ProviderError, OSError),
        (exceptions.NoCoverageError, exceptions.ProviderError),
        (exceptions.BroadcastError, OSError),
        (exceptions.CatalogError, OSError),
    ],
)
def test_errors_are_also_of_the_usual_kind(cls, builtin):
    with pytest.raises(builtin, match="what to do"):
        raise cls("what to do")


def test_interruption_is_not_swallowed_and_keeps_the_result():
    """A loop's ``except Exception`` must not eat Ctrl-C."""
    with pytest.raises(KeyboardInterrupt) as caught:
        try:
            raise exceptions.PredictionInterrupted("stopped", result="rows so far")
        except Exception:  # noqa: BLE001
            pytest.fail("swallowed")
    assert caught.value.result == "rows so far"
