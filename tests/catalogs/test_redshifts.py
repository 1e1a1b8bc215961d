"""Redshifts of galaxies from SIMBAD, NED and SDSS: requests, answers, faults."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astrocnn.catalogs import fetch_redshifts
from astrocnn.catalogs._redshift_services import SERVICES
from astrocnn.exceptions import CatalogError, InvalidTargetError, UnknownNameError

TARGETS = SkyCoord([210.2583, 35.0], [2.8783, -4.7], unit="deg")
RADIUS = 3 * u.arcmin

SKY = [
    ("ra", "pos.eq.ra;meta.main", "deg", "double"),
    ("dec", "pos.eq.dec;meta.main", "deg", "double"),
]
SIMBAD = [
    ("main_id", "meta.id;meta.main", "", "char"), *SKY, ("otype", "src.class", "", "char"),
    ("rvz_redshift", "src.redshift", "", "double"), ("rvz_err", "stat.error", "", "double"),
    ("rvz_type", "meta.code", "", "char"), ("rvz_nature", "meta.code", "", "char"),
    ("rvz_qual", "meta.code.qual", "", "char"),
]  # fmt: skip
SIMBAD_ROWS = [
    ("LEDA 1", 210.25, 2.87, "GiC", 0.2528, 0.0001, "z", "s", "B"),
    ("LEDA 2", 210.26, 2.88, "BiC", 0.2512, None, "z", None, "D"),
    ("LEDA 3", 210.27, 2.89, "G", 0.31, None, "z", "p", "C"),
]
NED = [
    ("prefname", "meta.id;meta.main", "", "char"), *SKY, ("z", "src.redshift", "", "double"),
    ("zunc", "stat.error", "", "double"), ("zflag", "meta.code", "", "char"),
    ("prefphytype", "src.class", "", "char"),
]  # fmt: skip
NED_ROWS = [
    ("WISEA 1", 210.25, 2.87, 0.2528, 0.0001, "SUN", "G"),
    ("WISEA 2", 210.26, 2.88, 0.25, None, "PUN", "G"),
    ("WISEA 3", 210.27, 2.89, None, None, None, "G"),
    ("ABELL 1835", 210.26, 2.88, 0.2532, None, "SPEC", "GClstr"),
    ("star", 210.26, 2.88, 0.0001, None, "S", "*"),
]
SDSS = b"""#Table1
specObjID,ra,dec,z,zErr,zWarning,class,subClass
18446744073709551615,210.25,2.87,0.2528,0.00002,0,GALAXY,
600000000000000001,210.26,2.88,0.9,0.1,4,GALAXY,AGN
"""


@pytest.fixture
def simbad(make_service, make_votable):
    return make_service(answer=lambda *_: make_votable("result/1", SIMBAD, SIMBAD_ROWS))


# Requests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["simbad", "ned"])
def test_tap_request_is_that_of_pyvo(name):
    tap = pytest.importorskip("pyvo.dal.tap")
    request = SERVICES[name].request(TARGETS, RADIUS)
    theirs = dict(tap.TAPQuery("https://example.org/tap", request["QUERY"], maxrec=100_000))
    for key in ("REQUEST", "LANG", "QUERY"):
        assert request[key] == theirs[key]
    assert int(request["MAXREC"]) == theirs["MAXREC"]


def test_circles_of_a_tap_request():
    query = SERVICES["simbad"].request(TARGETS, RADIUS)["QUERY"]
    assert "FROM basic WHERE rvz_redshift IS NOT NULL AND otype = 'Galaxy..' AND (CONTAINS" in query
    circle = "CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {}, 0.05000000)) = 1"
    assert circle.format("210.25830000, 2.87830000") in query
    assert f" OR {circle.format('35.00000000, -4.70000000')}" in query
    assert "FROM NEDTAP.objdir WHERE (CONTAINS" in SERVICES["ned"].request(TARGETS, RADIUS)["QUERY"]


def test_request_to_sdss_is_that_of_astroquery():
    sdss = pytest.importorskip("astroquery.sdss")
    request = SERVICES["sdss"].request(TARGETS[:1], RADIUS)
    theirs = sdss.SDSS.query_sql(request["cmd"], data_release=17, get_query_payload=True)
    assert request == {**theirs, "cmd": theirs["cmd"].strip()}
    assert "dbo.fGetNearbySpecObjEq(210.25830000, 2.87830000, 3.000000)" in request["cmd"]


def test_addresses_are_those_of_astroquery():
    from astrocnn.config import conf

    sdss = pytest.importorskip("astroquery.sdss")
    assert sdss.SDSS._get_query_url(17) == conf.sdss_server
    simbad = pytest.importorskip("astroquery.simbad")
    assert conf.simbad_server == f"https://{simbad.conf.server}/simbad/sim-tap/sync"
    vizier = pytest.importorskip("astroquery.vizier")
    assert conf.vizier_server == vizier.Vizier._server_to_url()


def test_what_is_sent_is_what_is_built(simbad):
    fetch_redshifts(TARGETS, RADIUS)
    assert [dict(r) for r in simbad.requests] == [SERVICES["simbad"].request(TARGETS, RADIUS)]


# Answers ------------------------------------------------------------------------------------------


def test_simbad(simbad):
    galaxies = fetch_redshifts(TARGETS, RADIUS)
    assert galaxies.colnames[:6] == ["source_id", "ra", "dec", "z_spec", "z_best", "object_type"]
    assert galaxies["z_spec"].tolist() == [0.2528, 0.2512, None]
    assert galaxies["z_best"].tolist() == [None, None, 0.31]
    assert galaxies["object_type"].tolist() == ["GiC", "BiC", "G"]
    assert galaxies["rvz_qual"].tolist() == ["B", "D", "C"]
    assert galaxies.meta["fetched"]["service"] == "SIMBAD"


def test_ned_without_clusters_stars_and_rows_without_redshift(make_service, make_votable):
    make_service(answer=lambda *_: make_votable("result/1", NED, NED_ROWS))
    galaxies = fetch_redshifts(TARGETS, RADIUS, "ned")
    assert galaxies["source_id"].tolist() == ["WISEA 1", "WISEA 2"]
    assert galaxies["z_spec"].tolist() == [0.2528, None]


def test_sdss(make_service):
    service = make_service(answer=lambda *_: SDSS)
    galaxies = fetch_redshifts(TARGETS, RADIUS, "sdss")
    assert [dict(r)["cmd"].count("210.2583") for r in service.requests] == [1, 0]
    assert galaxies["source_id"].tolist() == ["18446744073709551615", "600000000000000001"]
    assert galaxies["z_spec"].tolist() == [0.2528, None]
    assert galaxies["object_type"].tolist() == ["GALAXY", "GALAXY"]


@pytest.mark.parametrize("name", ["simbad", "ned", "sdss"])
def test_nothing_there(make_service, make_votable, name):
    columns = {"simbad": SIMBAD, "ned": NED}
    body = SDSS[: SDSS.index(b"1844")] if name == "sdss" else make_votable("r/1", columns[name], [])
    make_service(answer=lambda *_: body)
    galaxies = fetch_redshifts(TARGETS, RADIUS, name)
    assert len(galaxies) == 0
    assert galaxies.colnames[:4] == ["source_id", "ra", "dec", "z_spec"]
    assert galaxies["z_spec"].dtype.kind == "f"


def test_long_lists_go_in_chunks(simbad):
    coords = SkyCoord(np.linspace(0, 300, 120), np.zeros(120), unit="deg")
    galaxies = fetch_redshifts(coords, RADIUS)
    assert [dict(r)["QUERY"].count("CIRCLE") for r in simbad.requests] == [50, 50, 20]
    assert len(galaxies) == 3
    assert len(fetch_redshifts(coords, RADIUS)) == 3
    assert len(simbad.requests) == 3


# Faults -------------------------------------------------------------------------------------------


def test_bad_input(simbad):
    with pytest.raises(UnknownNameError, match="did you mean 'simbad'"):
        fetch_redshifts(TARGETS, RADIUS, "simbat")
    with pytest.raises(InvalidTargetError, match=r"between 0 and 1\.0 deg"):
        fetch_redshifts(TARGETS, 2 * u.deg)
    assert not simbad.requests


def test_error_of_a_tap_service(make_service, make_votable):
    """The reason stands in the VOTable, with status 200 or 400."""
    info = '<INFO name="QUERY_STATUS" value="ERROR">Unknown column "rvz"</INFO>'
    service = make_service(answer=lambda *_: make_votable("result/1", [], [], info))
    with pytest.raises(CatalogError, match='SIMBAD answered with an error: Unknown column "rvz"'):
        fetch_redshifts(TARGETS, RADIUS)
    service.always, service.refusal = "400", service.answer()
    with pytest.raises(CatalogError, match='status 400 .it reports: Unknown column "rvz"'):
        fetch_redshifts(TARGETS, RADIUS)


@pytest.mark.parametrize("name", ["simbad", "ned", "sdss"])
@pytest.mark.parametrize("fault", ["html", "empty", "404"])
def test_useless_answer(make_service, name, fault):
    service = make_service()
    service.always = fault
    with pytest.raises(CatalogError, match="sent no|status 404"):
        fetch_redshifts(TARGETS, RADIUS, name)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'#Table1\nerror_message,"SQL is wrong"', "SDSS answered with an error: .*SQL is wrong"),
        (b"#Table1\nra,dec\n1,2\n", "the table of SDSS cannot be read"),
        (b"#Table1\n\xff\xfe", "the table of SDSS cannot be read"),
    ],
)
def test_useless_table_of_sdss(make_service, body, message):
    make_service(answer=lambda *_: body)
    with pytest.raises(CatalogError, match=message):
        fetch_redshifts(TARGETS, RADIUS, "sdss")


@pytest.mark.parametrize("name", ["simbad", "ned"])
@pytest.mark.parametrize("kind", ["char", "double"])
def test_table_of_other_columns(make_service, make_votable, name, kind):
    """A service that renamed its columns, or changed what is in them."""
    renamed = [("ra", "", "deg", "double"), ("other", "", "", kind)]
    make_service(answer=lambda *_: make_votable("result/1", renamed, [(1.0, 2)]))
    with pytest.raises(CatalogError, match="the table of http://.* cannot be read: "):
        fetch_redshifts(TARGETS, RADIUS, name)
    columns = {"simbad": SIMBAD, "ned": NED}[name]
    texts = [(column, ucd, "", "char") for column, ucd, _, _ in columns]
    make_service(answer=lambda *_: make_votable("result/1", texts, [["x"] * len(texts)]))
    message = f"the table of {name.upper()} cannot be read: column 'ra' holds no numbers .*'x'"
    with pytest.raises(CatalogError, match=message):
        fetch_redshifts(TARGETS, RADIUS, name)


@pytest.mark.parametrize("name", ["simbad", "ned", "sdss"])
@pytest.mark.parametrize("column", ["ra", "dec", "redshift"])
@pytest.mark.parametrize("kind", ["of_kept_row", "of_star", "of_truth"])
def test_numbers_that_are_none(make_service, make_votable, name, column, kind):
    """One word in a column of numbers is no missing value, also in a row that is left out."""
    if name == "sdss":
        column = {"redshift": "z"}.get(column, column)
        at = ["specObjID", "ra", "dec", "z"].index(column)
        lines = SDSS.decode().splitlines()
        cells = lines[-1].split(",")
        cells[at] = {"of_truth": "True"}.get(kind, "x")
        body = "\n".join([*lines[:-1], ",".join(cells)]).encode()
    else:
        columns, rows = {"simbad": (SIMBAD, SIMBAD_ROWS), "ned": (NED, NED_ROWS)}[name]
        column = {"redshift": {"simbad": "rvz_redshift", "ned": "z"}[name]}.get(column, column)
        at = [c[0] for c in columns].index(column)
        other = {"of_truth": "boolean"}.get(kind, "char")
        columns = [(*c[:3], other) if i == at else c for i, c in enumerate(columns)]
        row = {"of_kept_row": 0}.get(kind, -1)
        rows = [list(r) for r in rows]
        rows[row][at] = "x"
        if kind == "of_truth":
            for cells in rows:
                cells[at] = "true"
        body = make_votable("result/1", columns, rows)
    service = make_service(answer=lambda *_: body)
    for _ in range(2):
        with pytest.raises(CatalogError, match=f"cannot be read: column '{column}' holds no numb"):
            fetch_redshifts(TARGETS[:1], RADIUS, name)
    assert len(service.requests) == 2  # such an answer is not kept


def test_quality_that_is_no_number(make_service):
    """Without it no redshift is known to be good; that is said, not masked."""
    body = SDSS.replace(b",0,GALAXY", b",fine,GALAXY")
    make_service(answer=lambda *_: body)
    with pytest.raises(CatalogError, match="column 'zWarning' holds no numbers"):
        fetch_redshifts(TARGETS, RADIUS, "sdss")


def test_numbers_as_text(make_service, make_votable):
    texts = [(c, ucd, unit, "char") for c, ucd, unit, _ in NED]
    make_service(answer=lambda *_: make_votable("result/1", texts, NED_ROWS))
    galaxies = fetch_redshifts(TARGETS, RADIUS, "ned")
    assert galaxies["z_spec"].tolist() == [0.2528, None]
    assert galaxies["z_best"].tolist() == [None, 0.25]
    assert galaxies["ra"].to_value("deg").tolist() == [210.25, 210.26]


@pytest.mark.parametrize("name", ["simbad", "ned", "sdss"])
def test_numbers_out_of_range(make_service, make_votable, name):
    if name == "sdss":
        body = SDSS.replace(b",2.87,", b",287,").replace(b",2.88,", b",288,")
    else:
        columns, rows = {"simbad": (SIMBAD, SIMBAD_ROWS), "ned": (NED, NED_ROWS)}[name]
        body = make_votable("result/1", columns, [(r[0], r[1], 287.0, *r[3:]) for r in rows])
    make_service(answer=lambda *_: body)
    with pytest.raises(CatalogError, match="out of range.*cache='update'"):
        fetch_redshifts(TARGETS, RADIUS, name)


@pytest.mark.parametrize("name", ["simbad", "ned", "sdss"])
def test_passing_fault_is_tried_again(make_service, make_votable, name):
    columns = {"simbad": (SIMBAD, SIMBAD_ROWS), "ned": (NED, NED_ROWS)}
    body = SDSS if name == "sdss" else make_votable("result/1", *columns[name])
    service = make_service(answer=lambda *_: body)
    service.faults = ["503", "cut"]
    assert len(fetch_redshifts(TARGETS[:1], RADIUS, name, retries=2)) >= 2
    assert len(service.requests) == 3


@pytest.mark.remote_data
@pytest.mark.parametrize("name", ["simbad", "ned", "sdss"])
def test_real_service(name):
    """The galaxies of Abell 1835 are at its redshift."""
    galaxies = fetch_redshifts(TARGETS[:1], 5 * u.arcmin, name, cache=False)
    z = galaxies["z_spec"].compressed()
    assert np.sum(np.abs(z - 0.2528) < 0.01) >= 3
