"""Rows of a VOTable that are said to be elsewhere."""

import base64
import gzip
import select
import socket

import numpy as np
import pytest
from astropy.table import Table

from astrocnn.catalogs import CATALOGS, read_catalog
from astrocnn.catalogs._vizier import parse_answer
from astrocnn.exceptions import CatalogError, InvalidTargetError
from astrocnn.tables import read_targets

_START = (
    '<?xml version="1.0"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
    '<RESOURCE><TABLE name="t"><FIELD name="ra" datatype="double" unit="deg" ucd="pos.eq.ra"/>'
    '<FIELD name="dec" datatype="double" unit="deg" ucd="pos.eq.dec"/><DATA>'
)
_END = "</DATA></TABLE></RESOURCE></VOTABLE>"
_ROWS = base64.b64encode(np.array([150.0, 2.0], ">f8").tobytes()).decode()


@pytest.fixture
def silent():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.parametrize(
    "stream",
    [
        '<BINARY><STREAM href="http://127.0.0.1:{port}/"/></BINARY>',
        "<BINARY2><STREAM actuate='onLoad'\n href = 'ftp://127.0.0.1:{port}/'></STREAM></BINARY2>",
        '<FITS><STREAM href="http://127.0.0.1:{port}/a.fits"/></FITS>',
        '<PARQUET type="VOParquet-local-file"><STREAM href="file:///etc/hostname"/></PARQUET>',
        '<BINARY><STREAM href="file:///etc/hostname"/></BINARY>',
        '<BINARY><STREAM rights="{long}" href="http://127.0.0.1:{port}/"/></BINARY>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_rows_elsewhere_are_not_followed(tmp_path, silent, stream, encoding, packed):
    stream = stream.format(port=silent.getsockname()[1], long="x" * 40_000)
    content = (_START + stream + _END).encode(encoding)
    path = tmp_path / ("a.vot.gz" if packed else "a.vot")
    path.write_bytes(gzip.compress(content) if packed else content)
    for read in (read_targets, read_catalog):
        with pytest.raises(InvalidTargetError, match="rows are not in the file"):
            read(path)
    if encoding == "utf-8":
        with pytest.raises(CatalogError, match="VizieR: the rows are not in the file"):
            parse_answer(content, CATALOGS["psz2"])
    assert not select.select([silent], [], [], 0)[0]


@pytest.mark.parametrize("gap", [0, 2**20 - 30])
def test_rows_in_the_file_are_read(tmp_path, gap):
    stream = f'<STREAM encoding="base64">{_ROWS}</STREAM>'
    path = tmp_path / "a.vot"
    path.write_text(f"{_START}<BINARY><!--{'-.' * (gap // 2)}-->{stream}</BINARY>{_END}")
    targets = read_targets(path)
    assert (targets["ra"][0].value, targets["dec"][0].value) == (150, 2)


def test_packing_that_astropy_passes_over(tmp_path):
    path = tmp_path / "a.vot"
    rows = base64.b64encode(gzip.compress(base64.b64decode(_ROWS))).decode()
    path.write_text(f'{_START}<BINARY><STREAM encoding="gzip">{rows}</STREAM></BINARY>{_END}')
    with pytest.raises(InvalidTargetError, match="packed as 'gzip'"):
        read_targets(path)


def test_votable_in_a_parquet_file(tmp_path, silent):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = Table({"ra": [150.0], "dec": [2.0]})
    table.write(tmp_path / "plain.parquet")
    content = parquet.read_table(tmp_path / "plain.parquet")
    href = f'<BINARY><STREAM href="http://127.0.0.1:{silent.getsockname()[1]}/"/></BINARY>'
    xml = (_START + href + _END).encode()
    key = b"IVOA.VOTable-Parquet.content"
    parquet.write_table(content.replace_schema_metadata({key: xml}), tmp_path / "a.parquet")
    with pytest.raises(InvalidTargetError, match="rows are not in the file"):
        read_targets(tmp_path / "a.parquet")
