"""Catalogs from VizieR: the request, the answer, and what becomes of each fault."""

import gzip
import hashlib
import time
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astrocnn.catalogs import CATALOGS, _request, cache_folder, clear_cache, fetch_catalog
from astrocnn.catalogs._vizier import drop_repeated, request_body
from astrocnn.config import conf
from astrocnn.exceptions import (
    AstrocnnWarning,
    CatalogError,
    InvalidParameterError,
    InvalidTargetError,
    UnknownNameError,
)
from astrocnn.services import forget_services

PSZ2 = "J/A+A/594/A27/psz2"
COLUMNS = [
    ("RAJ2000", "pos.eq.ra;meta.main", "deg", "double"),
    ("DEJ2000", "pos.eq.dec;meta.main", "deg", "double"),
    ("PSZ2", "meta.id;meta.main", "", "char"),
    ("z", "src.redshift", "", "double"),
    ("MSZ", "phys.mass", "10+14solMass", "double"),
]
ROWS = [
    (10.0, -5.0, "G000.04+45.13", 0.1198, 3.96),
    (10.2, -5.0, "G000.13+78.04", 0.171, 5.12),
    (200.0, 40.0, "G000.40-41.86", None, None),
    (359.95, 0.0, "G000.77-35.69", -1, 6.33),
]


@pytest.fixture
def service(make_service):
    return make_service(tables={PSZ2: (COLUMNS, ROWS)})


def target(ra=10.0, dec=-5.0):
    return SkyCoord(np.atleast_1d(ra), np.atleast_1d(dec), unit="deg")


# Requests -----------------------------------------------------------------------------------------


def test_request_for_the_whole_catalog():
    lines = request_body(CATALOGS["psz2"]).split("\n")
    assert f"-source={PSZ2}" in lines
    assert "-out.max=unlimited" in lines
    assert "-out.all" in lines
    assert "-out.add=_RAJ2000,_DEJ2000" in lines
    assert "-oc.form=d" in lines
    assert not any(line.startswith("-c") for line in lines)


def test_request_around_positions():
    coords = SkyCoord([10, 359.99], [-5, 89.5], unit="deg")
    lines = request_body(CATALOGS["psz2"], coords, 90 * u.arcsec).split("\n")
    assert "-c.rm=1.5" in lines
    start = lines.index("-c=<<====AstroqueryList")
    assert lines[-1] == "====AstroqueryList"
    sent = SkyCoord([line.replace("+", " +").replace("-", " -") for line in lines[start + 1 : -1]],
                    unit="deg", frame="fk5")  # fmt: skip
    assert sent.separation(coords).max() < 1 * u.mas


def test_request_of_a_large_catalog_names_columns_and_conditions():
    lines = request_body(CATALOGS["sdss16"], target(), 5 * u.arcmin).split("\n")
    assert "-out=objID,RA_ICRS,DE_ICRS,mode,class,SpObjID,zsp,e_zsp" in lines
    assert "SpObjID=>0" in lines


def test_what_is_sent_is_what_is_built(service):
    fetch_catalog("psz2", target([10, 200], [-5, 40]), 6 * u.arcmin)
    [request] = service.requests
    sent = dict(request)
    assert sent["-source"] == PSZ2
    assert sent["-c.rm"] == "6.0"
    np.testing.assert_allclose(service.centers(), [(10, -5), (200, 40)], atol=1e-5)


# Answers ------------------------------------------------------------------------------------------


def test_whole_catalog(service):
    catalog = fetch_catalog("psz2")
    assert catalog.colnames == ["source_id", "ra", "dec", "z_spec", "z_best", "mass"]
    assert catalog["source_id"].tolist() == [row[2] for row in ROWS]
    assert catalog["z_best"].tolist() == [0.1198, 0.171, None, None]
    assert catalog["z_spec"].mask.all()
    np.testing.assert_allclose(catalog["mass"][:2].to_value(1e14 * u.Msun), [3.96, 5.12])
    assert catalog["mass"].mask[2]
    assert catalog.meta["name"] == "PSZ2"
    fetched = catalog.meta["fetched"]
    assert (fetched["vizier"], fetched["n_circles"], fetched["n_requests"]) == (PSZ2, None, 1)


def test_circles_around_targets(service):
    catalog = fetch_catalog("psz2", target([10, 0.0], [-5, 0]), 6 * u.arcmin)
    assert catalog["source_id"].tolist() == ["G000.04+45.13", "G000.77-35.69"]
    assert catalog.meta["fetched"]["radius"] == "6.0 arcmin"


def test_rows_of_overlapping_circles_are_there_once(service):
    catalog = fetch_catalog("psz2", target([10, 10.1, 10.2], [-5, -5, -5]), 20 * u.arcmin)
    assert catalog["source_id"].tolist() == ["G000.04+45.13", "G000.13+78.04"]
    assert "row_flag" not in catalog.colnames


def test_long_lists_go_in_chunks(service, monkeypatch):
    monkeypatch.setattr("astrocnn.catalogs._fetch._CHUNK", 3)
    ra = [10, 50, 60, 70, 80, 10.2, 200]
    catalog = fetch_catalog("psz2", target(ra, [-5, 0, 0, 0, 0, -5, 40]), 3 * u.arcmin)
    assert [len(service.centers(i)) for i in range(3)] == [3, 3, 1]
    assert len(catalog) == 3
    assert catalog.meta["fetched"]["n_circles"] == 7


def test_no_rows_around_the_targets(service):
    catalog = fetch_catalog("psz2", target(100, 0), 1 * u.arcmin)
    assert len(catalog) == 0
    assert catalog.colnames[:4] == ["source_id", "ra", "dec", "z_spec"]


def test_positions_of_any_kind(service, tmp_path):
    wanted = ["G000.04+45.13"]
    galactic = target().galactic
    table = Table({"RA": [10.0, np.nan], "DEC": [-5.0, 0.0]})
    table[:1].write(tmp_path / "targets.csv")
    for coords in (galactic, galactic[0], table, tmp_path / "targets.csv", [target()[0]]):
        assert fetch_catalog("psz2", coords, 3 * u.arcmin)["source_id"].tolist() == wanted


def test_same_position_is_asked_once(service):
    fetch_catalog("psz2", target([10, 10, 10], [-5, -5, -5]), 3 * u.arcmin)
    assert len(service.centers()) == 1


@pytest.mark.parametrize(
    "radius", [0 * u.deg, -1 * u.deg, 31 * u.deg, 5 * u.kpc, 5, [1, 2] * u.deg, np.nan * u.deg]
)
def test_radius_is_checked(service, radius):
    with pytest.raises(InvalidTargetError, match="radius must be"):
        fetch_catalog("psz2", target(), radius)
    assert not service.requests


@pytest.mark.parametrize("coords", [SkyCoord([], [], unit="deg"), target(np.nan, 0)])
def test_no_valid_position(service, coords):
    with pytest.raises(InvalidTargetError, match=r"none of \d positions is valid"):
        fetch_catalog("psz2", coords, 5 * u.arcmin)


def test_unknown_name_and_large_catalog():
    with pytest.raises(UnknownNameError, match="did you mean 'psz2'"):
        fetch_catalog("psz")
    with pytest.raises(InvalidTargetError, match="too large to be fetched whole: give the targets"):
        fetch_catalog("wen-han")


def test_columns_argument_wins(service):
    catalog = fetch_catalog("psz2", columns={"z_spec": "z", "mass": None})
    assert catalog["z_spec"].tolist() == [0.1198, 0.171, None, None]
    assert catalog.colnames == ["source_id", "ra", "dec", "z_spec", "MSZ"]


def test_column_that_is_gone(make_service):
    columns = [c if c[0] != "MSZ" else ("M500", *c[1:]) for c in COLUMNS]
    make_service(tables={PSZ2: (columns, ROWS)})
    with pytest.warns(AstrocnnWarning, match="PSZ2 has no column MSZ any more"):
        catalog = fetch_catalog("psz2")
    assert catalog.colnames[-1] == "M500"


def test_table_of_unknown_name_is_found(make_service):
    """Of a catalog whose table is not known, the largest one with positions counts."""
    columns = [("XClass", "meta.id;meta.main", "", "int"), ("z", "src.redshift", "", "double")]
    rows = [(10.0, -5.0, 7, 0.2), (11.0, 5, 8, 0.3)]
    service = make_service(tables={"J/A+A/652/A12": ([*COLUMNS[:2], *columns], rows)})
    answer = service.vizier

    def two_tables(query, fault):
        main = answer(query, fault).replace(b'name="J/A+A/652/A12"', b'name="J/A+A/652/A12/big"')
        notes = b'<TABLE name="J/A+A/652/A12/notes"><FIELD name="n" datatype="int"/></TABLE>'
        return main.replace(b"</RESOURCE>", notes + b"</RESOURCE>")

    service.answer = two_tables
    catalog = fetch_catalog("xclass")
    assert catalog["source_id"].tolist() == [7, 8]
    assert catalog["z_best"].tolist() == [0.2, 0.3]
    assert catalog["z_spec"].mask.all()


def test_sexagesimal_positions_and_those_that_vizier_computes(make_service):
    rows = [(210.2583, 2.8783, "14 01 02.0", "+02 52 42", "J1401.0+0252", 0.2528)]
    columns = [
        ("_RAJ2000", "pos.eq.ra", "deg", "double"),
        ("_DEJ2000", "pos.eq.dec", "deg", "double"),
        ("RAJ2000", "pos.eq.ra;meta.main", '"h:m:s"', "char"),
        ("DEJ2000", "pos.eq.dec;meta.main", '"d:m:s"', "char"),
        ("MCXC", "meta.id;meta.main", "", "char"),
        ("z", "src.redshift", "", "double"),
    ]
    make_service(tables={"J/A+A/534/A109/mcxc": (columns, rows)})
    with pytest.warns(AstrocnnWarning, match="no column M500, R500"):
        row = fetch_catalog("mcxc")[0]
    assert row["ra"].to_value("deg") == pytest.approx(210.258333, abs=1e-6)
    assert row["dec"].to_value("deg") == pytest.approx(2.878333, abs=1e-6)
    assert row["source_id"] == "J1401.0+0252"


def test_velocities_become_redshifts(make_service):
    columns = [*COLUMNS[:2], ("cz", "spect.dopplerVeloc", "km/s", "double")]
    make_service(tables={"J/ApJ/767/15/table2": (columns, [(10, -5, 59958.4916), (11, -5, None)])})
    catalog = fetch_catalog("hecs-galaxies")
    assert catalog["z_spec"][0] == pytest.approx(0.2)
    assert catalog["z_spec"].mask.tolist() == [False, True]
    assert "cz" in catalog.colnames


def test_kind_of_redshift_of_each_row(make_service):
    """Where the catalog says which redshifts are spectroscopic, they are also in z_spec."""
    columns = [
        *COLUMNS[:2], ("Name", "meta.id;meta.main", "", "char"),
        ("zBest", "src.redshift", "", "double"), ("zType", "meta.code", "", "char"),
        ("M500", "phys.mass", "10+13solMass", "double"),
        ("R500", "phys.size.radius", "kpc", "double"),
        ("pcont", "stat.probability", "", "double"),
    ]  # fmt: skip
    rows = [
        (10, -5, "a", 0.2, "spec_z", 50, 1000, 0.01), (11, -5, "b", 0.3, "photo_z", 30, 800, 0.1),
        (12, -5, "c", None, "spec_z", 30, 800, 0.1),
    ]  # fmt: skip
    make_service(tables={"J/A+A/685/A106/emain": (columns, rows)})
    catalog = fetch_catalog("erass1")
    assert catalog["z_spec"].tolist() == [0.2, None, None]
    assert catalog["z_best"].tolist() == [0.2, 0.3, None]
    np.testing.assert_allclose(catalog["mass"].to_value(1e14 * u.Msun), [5, 3, 3])
    assert catalog["r500"].unit == u.kpc


def test_definition_of_ones_own(make_service):
    make_service(tables={"J/MNRAS/1/1/t1": (COLUMNS, ROWS)})
    mine = replace(CATALOGS["psz2"], name="mine", title="Mine", vizier="J/MNRAS/1/1/t1",
                   redshift="spec", columns={"source_id": "PSZ2"})  # fmt: skip
    assert fetch_catalog(mine)["z_spec"].tolist() == [0.1198, 0.171, None, None]


# Faults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "503", "429", "reset", "cut", "truncated"])
def test_passing_fault_is_tried_again(service, fault):
    service.faults = [fault]
    assert len(fetch_catalog("psz2", retries=1)) == 4
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("500", r"answered 500 \(7 bytes .* with 'no luck'\) \(3 tried\); check .*read_catalog"),
        ("reset", r"could not reach http://127.* \(3 tried\); check the connection"),
        ("truncated", r"VizieR sent only the first \d+ bytes of a VOTable \(3 tried\)"),
        ("slow", r"did not answer within 0\.3 s \(3 tried\)"),
        ("drip", r"did not answer within 0\.3 s \(3 tried\)"),
    ],
)
def test_lasting_fault(service, fault, message):
    service.always = fault
    started = time.monotonic()
    with pytest.raises(CatalogError, match=message):
        fetch_catalog("psz2", retries=2, timeout=0.3 if fault in ("slow", "drip") else 60)
    assert time.monotonic() - started < 50
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("404", r"refused the request: status 404 \(7 bytes of text/plain .* 'no luck'\)"),
        ("html", r"VizieR sent no VOTable but 37 bytes that start with '<html><body>Maint"),
        ("empty", r"VizieR sent no VOTable but 0 bytes$"),
        ("garbage", r"the VOTable of VizieR cannot be read"),
        ("error", r"VizieR answered with an error: Table or Catalog not found: J/A\+A/594/A27"),
        ("other", r"VizieR answered with J/A\+A/590/A31/table1 in place of J/A\+A/594/A27/psz2"),
        ("overflow", r"VizieR left out rows \(truncated result\): ask for fewer"),
        ("entities", r"VizieR: the file declares the XML entity 'a'"),
    ],
)
def test_useless_answer_is_not_tried_again(service, fault, message):
    service.always = fault
    with pytest.raises(CatalogError, match=message):
        fetch_catalog("psz2", retries=3)
    assert len(service.requests) == 1


def test_endless_answer_is_cut_off(service, monkeypatch):
    monkeypatch.setattr(_request, "_MAX_BYTES", 10**6)
    service.always = "endless"
    with pytest.raises(CatalogError, match="sent more than 1000000 bytes"):
        fetch_catalog("psz2", timeout=100)


def test_catalog_without_rows_is_an_error_when_all_of_it_is_wanted(make_service):
    make_service(tables={PSZ2: (COLUMNS, [])})
    with pytest.raises(CatalogError, match="VizieR sent no rows of J/A"):
        fetch_catalog("psz2")


def test_nobody_listens(make_service, monkeypatch):
    make_service()
    monkeypatch.setattr(conf, "vizier_server", "http://127.0.0.1:9/")
    message = r"could not reach http://127\.0\.0\.1:9/ \(.*refused\) \(1 tried\).*read_catalog"
    with pytest.raises(CatalogError, match=message):
        fetch_catalog("psz2", retries=0)


@pytest.mark.parametrize("server", ["file:///etc/hostname", "nonsense"])
def test_address_that_is_none(server):
    with pytest.raises(InvalidParameterError, match="vizier_server must be an address"):
        conf.vizier_server = server


def test_address_without_a_name(make_service, monkeypatch):
    make_service()
    monkeypatch.setattr(conf, "vizier_server", "http://")
    with pytest.raises(CatalogError, match="cannot be used"):
        fetch_catalog("psz2")


def test_waits_grow_and_obey_the_service(service, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    service.always = "500"
    with pytest.raises(CatalogError):
        fetch_catalog("psz2", retries=3)
    for longest, wait in zip((0.01, 0.02, 0.04), waits, strict=True):
        assert longest / 2 <= wait <= longest
    service.faults, service.always, service.retry_after = ["503"], None, "7"
    fetch_catalog("psz2")
    assert sum(waits[3:]) == pytest.approx(7, abs=1)
    n_waits = len(waits)
    forget_services()
    service.always, service.retry_after = "503", "3600"
    with pytest.raises(CatalogError, match=r"asks to come back in 3600 s \(1 tried\)"):
        fetch_catalog("psz2", retries=5, cache=False)
    assert len(waits) == n_waits


# Cache --------------------------------------------------------------------------------------------


def test_second_call_asks_nobody(service):
    first = fetch_catalog("psz2")
    again = fetch_catalog("psz2")
    assert len(service.requests) == 1
    assert again["source_id"].tolist() == first["source_id"].tolist()
    assert again.meta["fetched"]["n_cached"] == 1


def test_another_request_has_another_place(service):
    fetch_catalog("psz2", target(), 5 * u.arcmin)
    fetch_catalog("psz2", target(), 6 * u.arcmin)
    fetch_catalog("psz2", target(10.001), 5 * u.arcmin)
    assert len(service.requests) == 3
    assert len(list(cache_folder().glob("*.vot.gz"))) == 3


def test_cache_can_be_passed_by_or_renewed(service):
    fetch_catalog("psz2", cache=False)
    assert not cache_folder().exists()
    fetch_catalog("psz2")
    fetch_catalog("psz2", cache="update")
    assert len(service.requests) == 3
    with pytest.raises(ValueError, match="cache must be True, False or 'update'"):
        fetch_catalog("psz2", cache="yes")


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "half", "html"])
def test_damaged_file_is_fetched_again(service, damage):
    fetch_catalog("psz2")
    [path] = cache_folder().iterdir()
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 0xFF
    path.write_bytes({
        "truncate": content[: len(content) // 2],
        "flip": bytes(flipped),
        "empty": b"",
        "half": gzip.compress(gzip.decompress(content)[:500]),
        "html": gzip.compress(b"<html>Maintenance</html>"),
    }[damage])  # fmt: skip
    assert len(fetch_catalog("psz2")) == 4
    assert len(service.requests) == 2
    assert gzip.decompress(path.read_bytes()) == gzip.decompress(content)


def test_answers_under_each_other_s_names_are_fetched_again(service):
    one, other = (fetch_catalog("psz2", target(ra, dec)) for ra, dec in ((10, -5), (200, 40)))
    paths = sorted(cache_folder().iterdir())
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, reversed(contents), strict=True):
        path.write_bytes(content)
    assert fetch_catalog("psz2", target(10, -5))["source_id"].tolist() == one["source_id"].tolist()
    again = fetch_catalog("psz2", target(200, 40))
    assert again["source_id"].tolist() == other["source_id"].tolist() == ["G000.40-41.86"]
    assert [path.read_bytes() for path in paths] == contents


@pytest.mark.parametrize("fault", ["error", "other", "overflow", "garbage"])
def test_useless_answer_is_not_kept(service, fault):
    service.faults = [fault]
    with pytest.raises(CatalogError):
        fetch_catalog("psz2")
    assert not cache_folder().exists()
    assert len(fetch_catalog("psz2")) == 4


def test_what_earlier_versions_kept_is_read(service):
    """A file of the name and form that they gave it."""
    request = repr(("POST", request_body(CATALOGS["psz2"])))
    digest = hashlib.sha256(request.encode()).hexdigest()[:16]
    cache_folder().mkdir(parents=True)
    body = service.vizier([("-source", PSZ2)], None)
    (cache_folder() / f"J_A_A_594_A27_psz2-{digest}.vot.gz").write_bytes(gzip.compress(body))
    assert len(fetch_catalog("psz2")) == 4
    assert not service.requests


def test_folder_is_bounded(service):
    """The answers that were not used for the longest time make room."""
    other = "notes.vot.gz"
    with conf.set_temp("catalog_cache_size", "2500 B"):
        for i in range(8):
            fetch_catalog("psz2", target(10 + i), 5 * u.arcmin)
            (cache_folder() / other).write_bytes(b"mine" * 1000)
            kept = [p for p in cache_folder().iterdir() if p.name != other]
            assert 0 < sum(path.stat().st_size for path in kept) <= 2500
    assert len(kept) < 8
    assert (cache_folder() / other).exists()
    with conf.set_temp("catalog_cache_size", "0 GB"):
        n_requests = len(service.requests)
        for _ in range(2):
            fetch_catalog("psz2")
        assert len(service.requests) == n_requests + 2


def test_packed_answer(service):
    """A VOTable that is sent as the .gz file that it is."""
    usual = service.answer
    service.answer = lambda query, fault: gzip.compress(usual(query, fault))
    assert len(fetch_catalog("psz2")) == 4
    service.answer = lambda query, fault: gzip.compress(usual(query, fault))[:-9]
    with pytest.raises(CatalogError, match="the packed answer is cut short"):
        fetch_catalog("psz2", cache="update")


def test_interrupted_list_goes_on_where_it_stopped(service, monkeypatch):
    monkeypatch.setattr("astrocnn.catalogs._fetch._CHUNK", 1)
    coords = target([10, 200, 359.95], [-5, 40, 0])
    service.faults = [None, "404"]
    with pytest.raises(CatalogError):
        fetch_catalog("psz2", coords, 3 * u.arcmin)
    catalog = fetch_catalog("psz2", coords, 3 * u.arcmin)
    assert len(catalog) == 3
    assert catalog.meta["fetched"]["n_cached"] == 1
    assert len(service.requests) == 4


@pytest.mark.parametrize("unit", ["", "mag"])
def test_velocities_that_are_none(make_service, unit):
    definition = next(c for c in CATALOGS.values() if c.velocity)
    columns = [*COLUMNS[:3], (definition.velocity, "", unit, "double" if unit else "char")]
    rows = [(10.0, -5.0, "1", 300 if unit else "fast")]
    make_service(tables={definition.vizier: (columns, rows)})
    message = "'cz' has the unit 'mag'" if unit else "'cz' holds no numbers .*fast"
    with pytest.raises(CatalogError, match=message):
        fetch_catalog(definition, target(), 3 * u.arcmin)


def test_redshifts_that_are_text(make_service):
    columns = [c if c[0] != "z" else ("z", "src.redshift", "", "char") for c in COLUMNS]
    make_service(tables={PSZ2: (columns, [(*row[:3], "far", row[4]) for row in ROWS])})
    with pytest.raises(CatalogError, match="'z' holds text.*cache='update'"):
        fetch_catalog("psz2")


def test_nothing_incomplete_is_left(service, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.warns(AstrocnnWarning, match="are not kept.*No space left.*conf.catalog_cache"):
        assert len(fetch_catalog("psz2")) == 4
    assert list(cache_folder().iterdir()) == []


def test_folder_that_cannot_be_written(service, tmp_path):
    (tmp_path / "file").write_text("")
    with (
        conf.set_temp("catalog_cache", str(tmp_path / "file" / "cache")),
        pytest.warns(AstrocnnWarning, match="cannot be written"),
    ):
        assert len(fetch_catalog("psz2")) == 4


def test_clearing_the_cache_spares_other_files(service):
    fetch_catalog("psz2")
    other = cache_folder() / "thesis.csv.gz"
    other.write_bytes(b"")
    assert clear_cache() == 1
    assert list(cache_folder().iterdir()) == [other]


# Repeated rows ------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.sampled_from([1, np.nan]))))
def test_repeated_rows_against_a_dictionary(rows):
    table = Table(rows=rows or None, names=["n", "s", "x"], dtype=[int, "U1", float])
    table["_q"] = np.arange(len(table))
    wanted = list({(n, s, str(float(x))): None for n, s, x in rows})
    assert [(n, s, str(x)) for n, s, x in drop_repeated(table).iterrows()] == wanted


def test_masked_cells_differ_from_any_value():
    table = Table({"n": [1, 1, 1], "x": np.ma.array([0.0, 0.0, 0.0], mask=[False, True, True])})
    assert drop_repeated(table)["x"].tolist() == [0.0, None]


@pytest.mark.remote_data
@pytest.mark.parametrize("name", [c.name for c in CATALOGS.values()])
def test_real_service(name):
    """Every definition is served, and the columns it names are there (else a warning is raised)."""
    coords = SkyCoord([210.2583, 35.0, 359.9], [2.8783, -4.7, 0.0], unit="deg")
    catalog = fetch_catalog(name, coords, 1 * u.deg, cache=False)
    assert catalog.colnames[:4] == ["source_id", "ra", "dec", "z_spec"]
