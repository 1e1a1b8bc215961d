"""Identifiers: none becomes another one on the way."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError
from astrocnn.tables import read_file, read_targets
from astrocnn.validation import align_truth, find_rows

BIG = 4512345678901234567


@pytest.mark.parametrize("ids", ["00123,00124", "1E0657,2E0123", "+5,6", "1.50,1.5", "1D10,2D10"])
@pytest.mark.parametrize("name", ["target_id", "Name", "ACT_ID", "obj_name"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " ", " | "])
def test_text_of_a_file_stays_text(tmp_path, ids, name, separator):
    path = tmp_path / "a.csv"
    rows = [[name, "ra", "dec"], *([i, "1", str(j)] for j, i in enumerate(ids.split(",")))]
    path.write_text("\n".join(separator.join(row) for row in rows) + "\n")
    assert read_file(path)[name].tolist() == ids.split(",")


def test_numbers_stay_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"target_id,id,name,ra,dec\n{BIG},1,5.0,1,2\n{BIG + 1},2,,3,4\n")
    table = read_file(path)
    assert table["target_id"].tolist() == [BIG, BIG + 1]
    assert table["id"].dtype.kind == "i"
    assert find_rows([5], table["name"]).tolist() == [0]


def test_text_of_ds9_regions(tmp_path):
    path = tmp_path / "a.reg"
    path.write_text(
        'icrs\ncircle(1,2,3") # text={00123}\ncircle(2,2,3") # text={1E0657} color=red\n'
        "circle(3,2,3\") # color=red text='007'\ncircle(4,2,3\") # text={_x}\n"
    )
    assert read_targets(path)["target_id"].tolist() == ["00123", "1E0657", "007", "_x"]


@pytest.mark.parametrize("dtype", [float, "f4"])
def test_floats_that_skip_whole_numbers(dtype):
    frame = pd.DataFrame({"source_id": [BIG, None], "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
    table = Table({"id": np.array([BIG, 1], dtype), "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
    truth = Table({"target_id": np.array([BIG, 1], dtype), "is_cluster": [True, False]})
    for call in (
        lambda: read_targets(frame),
        lambda: read_targets(table),
        lambda: read_catalog(table),
        lambda: find_rows([BIG + 100], truth["target_id"]),
        lambda: align_truth(Table({"target_id": [BIG + 100, 1]}), truth),
    ):
        with pytest.raises(InvalidTargetError, match="skip whole numbers.*dtype=str or 'Int64'"):
            call()
    assert read_catalog(table, columns={"source_id": None})["source_id"].tolist() == [0, 1]


def test_floats_that_are_whole():
    table = Table({"id": [2.0**53, 1.0], "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
    assert read_targets(table)["target_id"].tolist() == [2.0**53, 1.0]
    ids = pd.array([BIG, None], dtype="Int64")
    frame = pd.DataFrame({"id": ids, "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
    assert read_targets(frame)["target_id"].tolist() == [BIG, None]  # the advice


@pytest.mark.parametrize("column", ["redshift", "z", "ra", "RAJ2000", "mass"])
def test_a_file_named_like_a_column(tmp_path, column):
    path = tmp_path / f"{column}.csv"
    path.write_text("name,ra,dec,RAJ2000,DEJ2000,redshift,z,mass\nA,1,2,1,2,0.1,0.1,3\nB,3,4,3,4,0.2,0.2,4\n")
    catalog = read_catalog(path)
    assert catalog["source_id"].tolist() == ["A", "B"]
    assert catalog["z_spec"].tolist() == [0.1, 0.2]


def test_a_file_named_like_its_identifiers(tmp_path):
    path = tmp_path / "mcxc.csv"
    path.write_text("ra,dec,MCXC,type,Name\n1,2,J0001,RXC,\n3,4,J0002,RXC,\n")
    assert read_catalog(path)["source_id"].tolist() == ["J0001", "J0002"]
    assert read_catalog(path, name="type")["source_id"].tolist() != ["RXC", "RXC"]


def test_column_of_one_survey():
    table = Table({"SPT_ID": ["x", "y"], "field_id": ["f", "f"], "ra": [1.0, 2], "dec": [3.0, 4]})
    assert read_targets(table)["target_id"].tolist() == ["x", "y"]
    table["SPT_ID"] = MaskedColumn(["x", "y"], mask=[True, False])
    assert read_targets(table)["target_id"].tolist() == [0, 1]
