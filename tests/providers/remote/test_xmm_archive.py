"""The XMM-Newton archive: observations of a position, tar files of images, over a connection."""

import gzip
import io
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astrocnn.config import conf
from astrocnn.exceptions import NoCoverageError, ProviderError
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import FitsProvider, XMMArchiveProvider
from astrocnn.providers._remote import _products_archive
from astrocnn.providers._remote._products_archive import as_tar, read_products
from astrocnn.surveys import get_band, xmm_band

CENTER = SkyCoord(150, 2, unit="deg")
FIELD = CutoutGrid(CENTER, 12 * u.arcmin, 90)  # 8 arcsec pixels
COUNTS = np.random.default_rng(1).poisson(0.5, FIELD.shape).astype("int16")
EXPOSURE = np.full(FIELD.shape, 20e3, dtype="float32")


def ftz(data):
    file = io.BytesIO()
    fits.PrimaryHDU(data, FIELD.wcs.to_header()).writeto(file)
    return gzip.compress(file.getvalue(), 1)


def tar(members, mode="w"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def products(observation, kind, data, cameras=("PN", "M2"), bands="238"):
    return {
        f"{observation}/pps/P{observation}{camera}S001{kind}{band}000.FTZ": ftz(data)
        for camera in cameras
        for band in bands
    }


@pytest.fixture(scope="module")
def tars():
    """Archive files of one observation."""
    name = "0123456701"
    return {
        "IMAGE_": tar(products(name, "IMAGE_", COUNTS)),
        "EXPMAP": tar(products(name, "EXPMAP", EXPOSURE)),
    }


@pytest.fixture
def archive(web, tars, monkeypatch):
    """The archive; ``web.fault`` makes the data fail, ``web.observations`` is its list."""
    web.fault, web.observations = None, ["0123456701"]

    def answer(path, query):
        if path == "/tap":
            rows = [f"{name},{10000 - i}" for i, name in enumerate(web.observations)]
            return "\n".join(["observation_id,duration", *rows, ""]).encode()
        if callable(web.fault):
            return web.fault(query)
        return web.fault or tars[query["name"]]

    web.answer = answer
    with (
        conf.set_temp("xmm_tap_server", web.url + "/tap"),
        conf.set_temp("xmm_data_server", web.url + "/aio"),
        conf.set_temp("retries", 0),
    ):
        yield web


@pytest.fixture
def grid():
    return CutoutGrid(CENTER, 368 * u.arcsec, 46)


def test_counts_and_exposure_of_all_cameras(archive, grid):
    """Two energy bands and two cameras: counts are added, exposure once for each camera."""
    pixels = XMMArchiveProvider().cutout(grid)
    inside = COUNTS[22:68, 22:68].sum()
    assert pixels.image.sum() == pytest.approx(4 * inside, rel=1e-4)
    assert np.median(pixels.exposure) == pytest.approx(40e3)
    assert pixels.valid.all()
    one = XMMArchiveProvider(xmm_band([1, 2] * u.keV), cameras=["PN"]).cutout(grid)
    assert one.image.sum() == pytest.approx(inside, rel=1e-4)
    assert np.median(one.exposure) == pytest.approx(20e3)


def test_requests(archive, grid):
    XMMArchiveProvider().cutout(grid)
    (_, asked), *data = archive.requests
    assert (asked["REQUEST"], asked["LANG"], asked["FORMAT"]) == ("doQuery", "ADQL", "csv")
    ra, dec, radius = map(float, re.search(
        r"CIRCLE\('ICRS', ([\d.]+), ([\d.]+), ([\d.]+)\)", asked["QUERY"]).groups())  # fmt: skip
    assert (ra, dec) == (150, 2)
    assert radius * 60 == pytest.approx(15 + 184 / 60 * np.sqrt(2), abs=0.01)
    assert [query for _, query in data] == [
        {"obsno": "0123456701", "level": "PPS", "extension": "FTZ", "name": kind}
        for kind in ("IMAGE_", "EXPMAP")
    ]


def test_targets_of_one_observation_share_it(archive, kept):
    grids = CutoutGrids(np.linspace(149.95, 150.05, 6), np.full(6, 2.0), 3 * u.arcmin, 45)
    with ThreadPoolExecutor(4) as pool:
        found = XMMArchiveProvider().cutouts(grids, pool)
        assert all(pixels.valid.all() for pixels in found)
        assert [path for path, _ in archive.requests].count("/aio") == 2
        assert len(archive.requests) == 8
        XMMArchiveProvider().cutouts(grids, pool)  # another run
    assert len(archive.requests) == 8


def test_position_without_observation(archive, grid, kept):
    archive.observations = []
    for _ in range(2):
        with pytest.raises(NoCoverageError, match=r"no xmm image of 10h00m00s .* PN \+ M1 \+ M2"):
            XMMArchiveProvider().cutout(grid)
    assert len(archive.requests) == 1


def test_observation_without_images(archive, grid):
    archive.fault = tar({"readme.txt": b"nothing"})
    with pytest.raises(NoCoverageError, match="no xmm image of"):
        XMMArchiveProvider().cutout(grid)


def test_useless_observation_beside_a_good_one(archive, grid, tars):
    archive.observations = ["0999999901", "0123456701"]
    archive.fault = lambda query: 404 if query["obsno"] == "0999999901" else tars[query["name"]]
    assert XMMArchiveProvider().cutout(grid).valid.all()


def test_longest_observations_only(archive, grid):
    archive.observations = ["0123456701", "0999999901", "0999999902"]
    XMMArchiveProvider(most=1).cutout(grid)
    assert {query["obsno"] for path, query in archive.requests if path == "/aio"} == {"0123456701"}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (503, "answered 503"),
        (404, "refused the request: status 404"),
        (b"<html>Maintenance</html>", "sent no images of observation 0123456701 but 24 bytes"),
        (b"", "sent no images"),
        ("cut", "sent no images"),
    ],
)
def test_faults(archive, grid, kept, tars, fault, message):
    archive.fault = tars["IMAGE_"][:3000] if fault == "cut" else fault
    if fault == b"":
        archive.fault = lambda query: b""
    with pytest.raises(ProviderError, match=message):
        XMMArchiveProvider().cutout(grid)
    assert len(list(kept.rglob("*.answer"))) == 1  # the list of observations


@pytest.mark.parametrize("found", [b"<html>", b"", b"ERROR", b"observation_idx\n1", b"\x00"])
def test_list_that_is_none(archive, grid, kept, found):
    archive.answer = lambda path, query: found
    with pytest.raises(ProviderError, match="sent no list of observations"):
        XMMArchiveProvider().cutout(grid)


def test_real_products(archive, real_data):
    """Images of Abell 1835 that come through the archive are those of the files."""
    files = {path.name: path.read_bytes() for path in (real_data / "a1835_xmm").glob("*.FTZ")}
    archive.observations = ["0098010101"]
    archive.fault = lambda query: tar({n: c for n, c in files.items() if query["name"] in n})
    grid = CutoutGrid(SkyCoord(210.2583, 2.8786, unit="deg"), 6 * u.arcmin, 90)
    found = XMMArchiveProvider().cutout(grid)
    wanted = FitsProvider(str(real_data / "a1835_xmm" / "*.FTZ"), get_band("xmm")).cutout(grid)
    np.testing.assert_array_equal(found.image, wanted.image)
    np.testing.assert_array_equal(found.exposure, wanted.exposure)
    assert found.image.max() > 5


def test_cameras():
    with pytest.raises(ValueError, match="cameras are some of PN, M1, M2"):
        XMMArchiveProvider(cameras=["MOS1"])


# Archive files ------------------------------------------------------------------------------------

NAME = "P0098010101M2U009IMAGE_3000.FTZ"


def test_compressed_and_single_files():
    members = {f"a/pps/{NAME}": b"pixels"}
    assert read_products(tar(members)) == {NAME: b"pixels"}
    assert read_products(tar(members, "w:gz")) == {NAME: b"pixels"}
    assert read_products(as_tar(b"pixels", NAME)) == {NAME: b"pixels"}
    assert as_tar(b"a tar file", "0098010101.tar") == b"a tar file"


def test_names_and_links_that_lead_elsewhere():
    """Only names of products are taken, without their folders; nothing is written."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in (f"../../{NAME}", "/etc/passwd", "../P1.FTZ"):
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
        link = tarfile.TarInfo(NAME.replace("IMAGE_", "EXPMAP"))
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert read_products(file.getvalue()) == {NAME: b"abc"}


def test_bombs(monkeypatch):
    monkeypatch.setattr(_products_archive, "_MAX_BYTES", 10_000)
    monkeypatch.setattr(_products_archive, "_MOST", 20)
    with pytest.raises(ProviderError, match="more than 10000 bytes when unpacked"):
        read_products(gzip.compress(bytes(10**6)))
    with pytest.raises(ProviderError, match="more than 10000 bytes"):
        read_products(tar({NAME: bytes(20_000)}))
    with pytest.raises(ProviderError, match="more than 20 members"):
        read_products(tar({str(i): b"" for i in range(30)}))


@pytest.mark.remote_data
def test_real_service():
    """Abell 1835 is bright in the middle of its field, and its exposure is known."""
    grid = CutoutGrid(SkyCoord(210.2583, 2.8786, unit="deg"), 6 * u.arcmin, 90)
    pixels = XMMArchiveProvider(most=1).cutout(grid)
    assert pixels.exposure_known
    assert pixels.image[40:50, 40:50].mean() > 10 * pixels.image[:20].mean()
