"""XML that is safe to hand to a reader."""

from typing import BinaryIO
from xml.parsers import expat

from ..exceptions import InvalidTargetError

__all__ = ["is_xml", "refuse_entities"]

#: What stands before the first element of a table is a few hundred bytes.
_MAX_PROLOG = 2**20
_BLOCK = 2**14
#: XML starts with "<", in UTF-8 or UTF-16, with a byte order mark or without.
_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<", b"\x00<")


class _Started(Exception):
    """The first element: no entity can be declared any more."""


def is_xml(start: bytes) -> bool:
    """Say whether bytes are the start of an XML file.

    Examples
    --------
    >>> from astrocnn.tables._xml import is_xml
    >>> is_xml(b"<?xml version='1.0'?>"), is_xml(b"ra,dec")
    (True, False)
    """
    return start.lstrip().startswith(_STARTS)


def refuse_entities(file: BinaryIO) -> None:
    """Raise unless an XML file declares no entities of its own.

    Entities that name each other grow without bounds ("billion laughs"), and external ones read
    other files. No table needs them. A document type without entities, as VOTables of 2002 have,
    passes.

    Parameters
    ----------
    file : binary file
        It is read up to the first element only.

    Raises
    ------
    InvalidTargetError
        If an entity is declared, or no element comes within a megabyte.

    Examples
    --------
    >>> import io
    >>> from astrocnn.tables._xml import refuse_entities
    >>> refuse_entities(io.BytesIO(b"<VOTABLE/>"))
    >>> refuse_entities(io.BytesIO(b"<!DOCTYPE v [<!ENTITY a 'ha'>]><v>&a;</v>"))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidTargetError: the file declares the XML entity 'a', ...
    """
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _declared
    parser.StartElementHandler = _started
    size = 0
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)
            size += len(block)
            if size > _MAX_PROLOG:
                raise InvalidTargetError(
                    f"the first {size} bytes of the file hold no XML element: it is no table"
                )
    except _Started:
        return
    except expat.ExpatError:
        return  # whoever reads the table says what is wrong


def _declared(name, *_) -> None:
    raise InvalidTargetError(
        f"the file declares the XML entity {name!r}, which tables have no use for and which may "
        "fill the memory: take the <!DOCTYPE ...> out if you trust the file"
    )


def _started(*_) -> None:
    raise _Started
