"""Answers that are VOTables."""

import io
import warnings

from astropy.table import Table

from ..exceptions import CatalogError, InvalidTargetError
from ..services import PassingFault
from ..tables._votable import votable_faults
from ..tables._xml import is_xml, refuse_entities, refuse_streams

__all__ = ["check_votable", "parse_votable"]


def check_votable(content: bytes, who: str) -> None:
    """Raise unless an answer is a whole VOTable.

    Parameters
    ----------
    content : bytes
        Body of the answer.
    who : str
        Name of the service, for messages.

    Raises
    ------
    PassingFault
        If it ends too early.
    CatalogError
        If it is something else.

    Examples
    --------
    >>> from astrocnn.catalogs._votable import check_votable
    >>> check_votable(b"<VOTABLE></VOTABLE>", "VizieR")
    >>> check_votable(b"<html>Maintenance</html>", "VizieR")
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.CatalogError: VizieR sent no VOTable but 24 bytes that start with ...
    """
    if not is_xml(content) or b"VOTABLE" not in content[:4096].upper():
        start = " ".join(content[:100].decode("utf-8", "replace").split())
        raise CatalogError(
            f"{who} sent no VOTable but {len(content)} bytes"
            + (f" that start with {start!r}" if start else "")
        )
    if b"</VOTABLE>" not in content[-4096:].upper():
        raise PassingFault(f"{who} sent only the first {len(content)} bytes of a VOTable")
    try:
        refuse_entities(io.BytesIO(content))
        refuse_streams(io.BytesIO(content))
    except InvalidTargetError as error:
        raise CatalogError(f"{who}: {error}") from None


def parse_votable(content: bytes, who: str) -> dict[str, Table]:
    """Return the tables of an answer by name; tables without rows keep their columns.

    Parameters
    ----------
    content : bytes
        Body of the answer.
    who : str
        Name of the service, for messages.

    Raises
    ------
    PassingFault
        If it ends too early.
    CatalogError
        If it is no VOTable, cannot be read, reports an error, or says that rows are missing.
    """
    from astropy.io import votable
    from astropy.table import vstack

    check_votable(content, who)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # services bend the standard
            tree = votable.parse(io.BytesIO(content), verify="ignore", invalid="mask")
            _check_infos(tree, who)
            pieces = {}
            for table in tree.iter_tables():
                name = tree.get_table_by_id(table.ref).name if table.ref else table.name
                pieces.setdefault(name or "", []).append(table.to_table(use_names_over_ids=True))
            return {
                name: tables[0] if len(tables) == 1 else vstack(tables, metadata_conflicts="silent")
                for name, tables in pieces.items()
            }
    except CatalogError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise CatalogError(f"the VOTable of {who} cannot be read: {reason}") from error


def _check_infos(tree, who: str) -> None:
    """Raise CatalogError if an INFO element reports one, or that rows are missing."""
    for kind, said in votable_faults(tree):
        if kind == "error":
            raise CatalogError(f"{who} answered with an error: {said}")
        raise CatalogError(
            f"{who} left out rows ({said}): ask for fewer positions or a smaller radius"
        )
