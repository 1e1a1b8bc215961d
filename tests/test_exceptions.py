"""How errors and warnings are caught."""

import ast
import pickle
from pathlib import Path

import pytest
from astropy.utils.exceptions import AstropyUserWarning

from astrocnn import exceptions

PACKAGE = Path(exceptions.__file__).parent

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
        (exceptions.InvalidParameterError, ValueError),
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


@pytest.mark.parametrize("cls", ERRORS)
def test_errors_travel_between_processes(cls):
    """As from a worker of Dask."""
    error = pickle.loads(pickle.dumps(cls("what to do")))
    assert type(error) is cls
    assert str(error) == "what to do"


#: Modules that raise a plain ValueError for themselves: they catch it and say more.
OWN = {
    "catalogs/_numbers.py", "cli/_positions.py", "cutouts/_kept.py",
    "cutouts/_marks.py", "cutouts/_zarr.py",
    "datasets/_kosiba2020.py", "estimators/_parts.py", "estimators/_part.py", "estimators/_run.py",
    "matching/_region_files.py", "networks/_archive.py", "networks/_description.py",
    "providers/_images/_decode.py", "providers/_remote/_moc.py",
    "services/_sockets.py", "storage/_arrays.py", "storage/_folder.py",
    "tables/_parquet.py", "validation/_files.py",
}  # fmt: skip


def test_no_plain_value_error_reaches_the_user():
    """The command line would call it unexpected."""
    plain = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and ast.unparse(node).startswith("raise ValueError"):
                plain.add(path.relative_to(PACKAGE).as_posix())
    assert plain <= OWN


def test_interruption_is_not_swallowed_and_keeps_the_result():
    """A loop's ``except Exception`` must not eat Ctrl-C."""
    with pytest.raises(KeyboardInterrupt) as caught:
        try:
            raise exceptions.PredictionInterrupted("stopped", result="rows so far")
        except Exception:  # noqa: BLE001
            pytest.fail("swallowed")
    assert caught.value.result == "rows so far"
