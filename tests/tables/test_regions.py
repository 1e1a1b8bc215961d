"""Candidates and matches as regions, read back by the regions package and by us."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regions import CircleSkyRegion, LineSkyRegion, Regions

from astrocnn.catalogs import read_catalog
from astrocnn.exceptions import InvalidTargetError, InvalidTargetWarning, UnknownNameError
from astrocnn.matching import match_sky
from astrocnn.tables import read_targets, write_regions

FORMATS = {".reg": "ds9", ".crtf": "crtf"}
MODEST = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def catalog():
    """The second identifier is that of two entries."""
    return read_catalog(
        Table({"name": ["A1835", "X", "X"], "ra": [210.258, 0.002, 120.0],
               "dec": [2.879, -20.0, 40.0]})
    )  # fmt: skip


@pytest.fixture
def result():
    """Four targets: the second beyond RA = 0 from its match, the last without a prediction."""
    table = QTable({
        "target_id": ["a", "b", "c", "d"],
        "ra": [210.26, 359.999, 12.0, 90.0] * u.deg,
        "dec": [2.88, -20.0, 89.9999, 0.0] * u.deg,
        "label": MaskedColumn(["cluster", "non_cluster", "cluster", ""], mask=[0, 0, 0, 1]),
        "proba_cluster": MaskedColumn([0.97, 0.08, 0.5, 0.0], mask=[0, 0, 0, 1]),
        "proba_err": [0.1, 0.1, 0.1, 0.1],
    })  # fmt: skip
    table.meta["classes"] = ["non_cluster", "cluster"]
    return table


def read(path):
    return list(Regions.read(path, format=FORMATS[path.suffix]))


def label_of(region):
    text = region.meta.get("text")  # regions 0.12 makes numbers of digits
    return region.meta.get("label", "") if text is None else text


def color_of(region):
    return region.visual.get("edgecolor") or region.visual["color"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_circles(result, tmp_path, suffix):
    path = write_regions(result, tmp_path / f"a{suffix}", 90 * u.arcsec)
    regions = read(path)
    assert all(isinstance(region, CircleSkyRegion) for region in regions)
    centers = SkyCoord([region.center for region in regions])
    assert np.all(centers.separation(SkyCoord(result["ra"], result["dec"])) < 1e-4 * u.arcsec)
    np.testing.assert_allclose([r.radius.to_value("arcsec") for r in regions], 90, rtol=1e-6)
    assert [label_of(region) for region in regions] == [
        "a cluster 0.97", "b non_cluster 0.08", "c cluster 0.50", "d",
    ]  # fmt: skip
    assert [color_of(region) for region in regions] == ["cyan", "orange", "cyan", "white"]
    assert path.read_text().split("\n")[1] == "# label: cyan = cluster, orange = non_cluster"


@pytest.mark.parametrize("suffix", FORMATS)
def test_lines_to_matches(result, catalog, tmp_path, suffix):
    table = match_sky(result, catalog, prefix="x_")
    path = write_regions(table, tmp_path / f"a{suffix}", catalog=catalog, prefix="x_")
    lines = [region for region in read(path) if isinstance(region, LineSkyRegion)]
    assert [label_of(line) for line in lines] == ["A1835", "X"]
    for line, row in zip(lines, (0, 1), strict=True):
        length = line.start.separation(line.end)
        expected = table["x_separation"][row].unmasked
        assert abs(length - expected) < 1e-3 * u.arcsec
        assert line.start.separation(SkyCoord(table["ra"], table["dec"])[row]) < 1e-4 * u.arcsec


def test_targets_come_back(result, catalog, tmp_path):
    """Lines are no targets, and the text may be the identifier alone."""
    table = match_sky(result, catalog)
    path = write_regions(table, tmp_path / "a.reg", text="target_id", catalog=catalog)
    targets = read_targets(path)
    assert targets["target_id"].tolist() == ["a", "b", "c", "d"]
    np.testing.assert_allclose(targets["ra"], table["ra"], atol=1e-8)
    np.testing.assert_allclose(targets["dec"], table["dec"], atol=1e-8)


@pytest.mark.parametrize("suffix", FORMATS)
@MODEST
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])), min_size=1))
def test_any_identifier(tmp_path, suffix, names):
    """Whatever an identifier holds, the file has one circle per row, with a text like it."""
    table = QTable({"ra": np.arange(len(names)) * u.deg, "dec": np.zeros(len(names)) * u.deg})
    table["target_id"] = np.array(names, dtype=str)
    path = write_regions(table, tmp_path / f"a{suffix}", overwrite=True)
    regions = read(path)
    assert len(regions) == len(names)
    for region, name in zip(regions, table["target_id"], strict=True):
        if not isinstance(label_of(region), str):  # regions 0.12 makes numbers of digits
            continue
        ours = [c for c in name if c.isalnum()]
        assert [c for c in str(label_of(region)) if c.isalnum()] == ours


def test_radius_per_row_and_color_by_column(result, tmp_path):
    result["kind"] = ["x", "y", "z", "x"]
    radius = [1, 2, 3, 4] * u.arcmin
    regions = read(write_regions(result, tmp_path / "a.reg", radius, color="kind", text="kind"))
    np.testing.assert_allclose(
        [r.radius.to_value("arcmin") for r in regions], [1, 2, 3, 4], rtol=1e-6
    )
    assert [color_of(r) for r in regions] == ["cyan", "orange", "magenta", "cyan"]
    assert [label_of(r) for r in regions] == ["x", "y", "z", "x"]


def test_matched_rows_have_another_color(result, catalog, tmp_path):
    del result["label"]
    table = match_sky(result, catalog)
    regions = read(write_regions(table, tmp_path / "a.reg"))
    assert [color_of(r) for r in regions] == ["cyan", "cyan", "orange", "orange"]


def test_more_values_than_colors(tmp_path):
    table = QTable({"ra": np.arange(9) * u.deg, "dec": np.zeros(9) * u.deg, "n": np.arange(9)})
    regions = read(write_regions(table, tmp_path / "a.reg", color="n"))
    assert len({color_of(r) for r in regions}) == 7
    assert color_of(regions[8]) == "white"


def test_rows_without_a_position(result, tmp_path):
    result["ra"][1] = np.nan * u.deg
    with pytest.warns(InvalidTargetWarning, match="1 of 4 rows have no valid position"):
        path = write_regions(result, tmp_path / "a.reg")
    assert [label_of(r)[0] for r in read(path)] == ["a", "c", "d"]
    result["ra"] = np.nan * u.deg
    with pytest.raises(InvalidTargetError, match="there is no valid position"):
        write_regions(result, tmp_path / "b.reg")


def test_positions_alone(tmp_path):
    regions = read(write_regions(Table({"ra": [1.0], "dec": [2.0]}), tmp_path / "a.reg"))
    assert label_of(regions[0]) == ""


def test_what_is_wrong(result, catalog, tmp_path):
    table, path = match_sky(result, catalog), tmp_path / "a.reg"
    for arguments, message in (
        ({"radius": 3}, "radius must be an angle such as"),
        ({"radius": 3 * u.m}, "radius must be an angle such as"),
        ({"radius": -1 * u.deg}, "one angle above 0"),
        ({"radius": [1, 2] * u.deg}, r"an array of shape \(2,\)"),
        ({"text": "nam"}, "there is no column 'nam'"),
        ({"color": "nam"}, "there is no column 'nam'"),
        ({"catalog": catalog, "prefix": "x_"}, "there is no column 'x_match_id'"),
        ({"catalog": catalog[:1]}, "1 of 2 match_id are not in the catalog"),
    ):
        with pytest.raises(InvalidTargetError, match=message):
            write_regions(table, path, **arguments)
    with pytest.raises(InvalidTargetError, match="of a table, not of SkyCoord"):
        write_regions(SkyCoord([1], [2], unit="deg"), path)
    with pytest.raises(UnknownNameError, match=r"must end in \.reg or \.crtf"):
        write_regions(table, tmp_path / "a.fits")
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        write_regions(table, path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["target_id", "Name", "id"])
def test_circles_are_named_by_the_identifiers(tmp_path, name):
    table = QTable({name: ["A", "B"], "ra": [10.0, 20.0] * u.deg, "dec": [0.0, 0.0] * u.deg})
    path = write_regions(table, tmp_path / "a.reg")
    assert read_targets(path)["target_id"].tolist() == ["A", "B"]
