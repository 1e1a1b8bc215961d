"""XML that is safe to hand to a reader."""

import re
from typing import BinaryIO
from xml.parsers import expat

from ..exceptions import InvalidTargetError

__all__ = ["is_xml", "refuse_entities", "refuse_streams"]

#: What stands before the first element of a table is a few hundred bytes.
_MAX_PROLOG = 2**20
_BLOCK = 2**14
#: XML starts with "<", in UTF-8 or UTF-16, with a byte order mark or without.
_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<", b"\x00<")
#: Start of the element that holds the rows of a VOTable, with its attributes.
_STREAM = re.compile(
    rb"<(?:[\w.-]+:)?STREAM\b((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)(\s*/?>)?"
)
_ATTRIBUTE = re.compile(rb"\s([\w:.-]+)\s*=\s*[\"']\s*([^\"'<]*)")
#: Longest start of an element that is read, and bytes that are searched together.
_TAG, _SEARCHED = 2**14, 2**20


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


def refuse_streams(file: BinaryIO) -> None:
    """Raise unless the rows of a VOTable are in the file itself.

    Its ``STREAM`` may name a place instead, on this computer or another, which `astropy` then opens
    without any limit of time or size.

    Parameters
    ----------
    file : binary file
        All of it is read, in pieces.

    Raises
    ------
    InvalidTargetError
        If the rows are elsewhere, or packed in a way that is not read.

    Examples
    --------
    >>> import io
    >>> from astrocnn.tables._xml import refuse_streams
    >>> refuse_streams(io.BytesIO(b"<STREAM encoding='base64'>AAAA</STREAM>"))
    >>> refuse_streams(io.BytesIO(b"<STREAM href='http://example.org/'/>"))
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.InvalidTargetError: the rows are not in the file but in ...
    """
    text = b""
    while block := file.read(_SEARCHED):
        # Text of UTF-16 becomes that of one byte a letter, as far as names go.
        text = text[-_TAG:] + (block.replace(b"\0", b"") if b"\0" in block else block)
        for found in _STREAM.finditer(text):
            if found[2] or found.start() < len(text) - _TAG:  # else it is seen with the next block
                _check_stream(found)


def _check_stream(found: re.Match) -> None:
    """Raise unless the attributes of a STREAM are those of rows in the file itself."""
    attributes = {name.lower(): value for name, value in _ATTRIBUTE.findall(found[1])}
    if b"href" in attributes or not found[2]:
        place = attributes.get(b"href", b"?").decode("utf-8", "replace")[:200]
        raise InvalidTargetError(
            f"the rows are not in the file but in {place!r}, which is not followed: get that file, "
            "or save the table with its rows in it (BINARY2 or TABLEDATA in TOPCAT)"
        )
    encoding = attributes.get(b"encoding", b"base64").strip()
    if encoding != b"base64":
        raise InvalidTargetError(
            f"the rows are packed as {encoding.decode('utf-8', 'replace')[:40]!r}, which is not "
            "read: save the table with plain rows (BINARY2 or TABLEDATA in TOPCAT)"
        )


def _declared(name, *_) -> None:
    raise InvalidTargetError(
        f"the file declares the XML entity {name!r}, which tables have no use for and which may "
        "fill the memory: take the <!DOCTYPE ...> out if you trust the file"
    )


def _started(*_) -> None:
    raise _Started
