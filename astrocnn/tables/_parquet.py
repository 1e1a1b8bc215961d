"""Parquet files: columns for pyarrow, LSDB and pandas, their meaning for astropy and TOPCAT.

What a column means stands in the file three times, for whoever reads it: as metadata of the Arrow
field, as astropy's YAML header, and as a VOTable without rows (IVOA Note VOParquet 1.0, 2025).
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from astropy.table import Column, MaskedColumn, Table

from .._optional import import_optional
from ..exceptions import InvalidTargetError
from ._formats import to_votable
from ._result import describe_result
from ._storable import storable
from ._xml import refuse_entities, refuse_streams

__all__ = ["from_arrow", "import_pyarrow", "read_parquet", "write_parquet"]

_YAML = b"table_meta_yaml"
_VOTABLE = b"IVOA.VOTable-Parquet.content"


def import_pyarrow():
    """Return pyarrow and its Parquet module.

    Raises
    ------
    ImportError
        If pyarrow is not installed; the message says how to get it.
    """
    need = ("Parquet files", "pyarrow", "parquet")
    return import_optional("pyarrow", *need), import_optional("pyarrow.parquet", *need)


def write_parquet(table: Table, path: Path) -> None:
    """Write a table that `storable` returned; what is masked becomes null."""
    arrow, parquet = import_pyarrow()
    arrays = []
    for name in table.colnames:
        try:
            arrays.append(_array(table[name], arrow))
        except (arrow.ArrowException, ValueError) as error:
            raise InvalidTargetError(
                f"column {name!r} cannot be written to a .parquet file: {error}"
            ) from error
    fields = [
        arrow.field(name, array.type, metadata=_field_metadata(table[name]))
        for name, array in zip(table.colnames, arrays, strict=True)
    ]
    schema = arrow.schema(fields, metadata=_table_metadata(table))
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=schema), path)


def read_parquet(path: Path) -> Table:
    """Read a Parquet file of any origin; nulls are masked."""
    _, parquet = import_pyarrow()
    content = parquet.read_table(path)
    metadata = content.schema.metadata or {}
    if b"__serialized_columns__" in metadata.get(_YAML, b""):
        return Table.read(path, format="parquet")  # astropy's own way to store its classes
    return from_arrow(content)


def from_arrow(content) -> Table:
    """Return a table of pyarrow as a `~astropy.table.Table`; nulls are masked."""
    metadata = content.schema.metadata or {}
    table = Table([_values(content[name].combine_chunks()) for name in content.column_names],
                  names=content.column_names)  # fmt: skip
    for field in content.schema:
        known = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        _describe(table[field.name], known)
    if _YAML in metadata:
        _from_yaml(table, metadata[_YAML].decode())
    elif _VOTABLE in metadata:
        _from_votable(table, metadata[_VOTABLE])
    return table


def _array(column: Column, arrow):
    """A column as an Arrow array."""
    values, mask = np.asarray(column), np.broadcast_to(np.ma.getmaskarray(column), column.shape)
    if column.ndim == 1:
        return arrow.array(values.tolist() if values.dtype.kind in "UO" else values, mask=mask,
                           type=arrow.string() if values.dtype.kind == "U" else None)  # fmt: skip
    flat = Column(values.ravel())
    items = _array(MaskedColumn(flat, mask=mask.ravel()), arrow)
    return arrow.FixedSizeListArray.from_arrays(items, int(np.prod(column.shape[1:])))


def _field_metadata(column: Column) -> dict[str, str] | None:
    known = {
        "unit": column.unit and column.unit.to_string(),
        "description": column.description,
        "ucd": (column.info.meta or {}).get("ucd"),
    }
    return {key: str(value) for key, value in known.items() if value} or None


def _table_metadata(table: Table) -> dict[bytes, bytes]:
    """Header for astropy, and for readers of VOTables."""
    from astropy.table.meta import get_yaml_from_table

    metadata = {_YAML: "\n".join(get_yaml_from_table(table)).encode()}
    for name in table.colnames:
        if table[name].dtype.kind == "U":  # astropy asks how long the longest text is
            metadata[f"table::len::{name}".encode()] = str(table[name].dtype.itemsize // 4).encode()
    xml = BytesIO()
    to_votable(storable(table[:0], ".vot"), describe_result(table)).to_xml(xml)
    return metadata | {b"IVOA.VOTable-Parquet.version": b"1.0", _VOTABLE: xml.getvalue()}


def _values(array) -> Column:
    """An Arrow array as a column, masked where null."""
    from pyarrow import types

    if types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if str(array.type) in ("string_view", "large_string"):
        array = array.cast("string")
    missing = array.is_null().to_numpy(zero_copy_only=False)
    if types.is_fixed_size_list(array.type) and not missing.any():
        items = _values(array.flatten())
        return items.reshape(len(array), array.type.list_size)
    if types.is_string(array.type):
        filled = array.fill_null("").to_numpy(zero_copy_only=False)
        values = filled.astype(str) if len(filled) else np.empty(0, dtype="U1")
    elif types.is_integer(array.type) or types.is_boolean(array.type):
        values = array.fill_null(False if types.is_boolean(array.type) else 0)
        values = values.to_numpy(zero_copy_only=False)
    else:
        values = array.to_numpy(zero_copy_only=False)
    return MaskedColumn(values, mask=missing) if missing.any() else Column(values)


def _describe(column: Column, known: dict) -> None:
    if known.get("unit"):
        column.unit = known["unit"]
    column.description = known.get("description") or column.description
    if known.get("ucd"):
        column.info.meta = {"ucd": known["ucd"]}


def _from_yaml(table: Table, header: str) -> None:
    """Meta of table and columns from astropy's header."""
    from astropy.table.meta import get_header_from_yaml

    content = get_header_from_yaml(header.split("\n"))
    table.meta.update(content.get("meta", {}))
    for spec in content["datatype"]:
        if spec["name"] in table.colnames:
            column = table[spec["name"]]
            _describe(column, {key: spec.get(key) for key in ("unit", "description")})
            column.info.meta = dict(spec.get("meta", {})) or None


def _from_votable(table: Table, xml: bytes) -> None:
    """Units, descriptions and UCDs from the VOTable in the file."""
    from astropy.io.votable import parse

    refuse_entities(BytesIO(xml))
    refuse_streams(BytesIO(xml))
    for field in parse(BytesIO(xml)).get_first_table().fields:
        if field.name in table.colnames:
            unit = field.unit and field.unit.to_string()
            known = {"unit": unit, "description": field.description, "ucd": field.ucd}
            _describe(table[field.name], known)
