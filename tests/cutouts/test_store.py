"""Cut-outs on disk: the same as in memory, whole or not at all, read lazily."""

import shutil
import warnings

import numpy as np
import pytest
import xarray as xr
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable

from astrocnn import conf
from astrocnn.cutouts import make_cutouts, open_cutouts, write_cutouts
from astrocnn.cutouts._identity import dataset_identity
from astrocnn.exceptions import (
    DamagedPartWarning,
    NoCoverageError,
    ProviderError,
    StoreError,
)
from astrocnn.grid import CutoutGrid
from astrocnn.providers import Pixels, Provider
from astrocnn.storage import RunFolder
from astrocnn.surveys import get_band

pytest.importorskip("zarr")

BANDS = ["xmm", "dss2-red"]
TARGETS = QTable(
    {"name": [f"J{i:02d}é" for i in range(11)], "ra": np.arange(11.0), "dec": np.zeros(11)}
)


class NoiseProvider(Provider):
    """Noise with a hole; one target fails, one is not covered; X-rays have an exposure map."""

    description = "made up"

    def __init__(self, band, interrupt_after=None, fail=2):
        super().__init__(get_band(band))
        self.interrupt_after, self.fail = interrupt_after, fail
        self.asked = []

    def cutout(self, grid):
        number = round(grid.center.ra.deg)
        if len(self.asked) == self.interrupt_after:
            raise KeyboardInterrupt
        self.asked.append(number)
        if number == self.fail:
            raise ProviderError("the connection broke")
        if number == 7:
            raise NoCoverageError("a hole")
        image = np.random.default_rng(number).normal(size=grid.shape).astype(np.float32)
        image[:3] = np.nan
        exposure = np.full_like(image, 1e4) if self.band.name == "xmm" else None
        return Pixels(image, np.isfinite(image), exposure)


def sources(**changes):
    return {band: NoiseProvider(band, **changes) for band in BANDS}


def write(path, images=None, targets=TARGETS, **changes):
    images = sources() if images is None else images
    return write_cutouts(path, targets, BANDS, images, **({"pixels": 12} | changes))


@pytest.fixture(autouse=True)
def small_chunks():
    with conf.set_temp("chunk_size", 4), conf.set_temp("threads", 1):
        yield


def test_same_as_in_memory(tmp_path):
    kept = open_cutouts(write(tmp_path))
    made = make_cutouts(TARGETS, BANDS, sources(), pixels=12)
    assert kept["image"].chunksizes["target"] == (4, 4, 3)
    xr.testing.assert_identical(kept.load(), made)


def test_numbers_as_identifiers_and_no_exposure(tmp_path):
    coords = SkyCoord(TARGETS["ra"], TARGETS["dec"], unit="deg")
    images = {"dss2-red": NoiseProvider("dss2-red")}
    kept = open_cutouts(write_cutouts(tmp_path, coords, ["dss2"], images, pixels=12))
    assert "exposure" not in kept
    assert kept["target_id"].values.tolist() == list(range(11))


def test_positions_that_are_invalid(tmp_path):
    targets = QTable({"ra": [1.0, np.nan], "dec": [0.0, 0.0]})
    with pytest.warns(match="1 without a valid position"):
        path = write(tmp_path, targets=targets)
    assert open_cutouts(path)["status"].values.tolist() == [["", ""], ["invalid_position"] * 2]


def test_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, sources(interrupt_after=6))
    with pytest.raises(StoreError, match="4 of 11 cut-outs are finished; call write_cutouts"):
        open_cutouts(tmp_path)
    part = open_cutouts(tmp_path, complete=False)
    assert part["valid"].sum(("band", "y", "x")).values.astype(bool).tolist() == [
        True, True, False, True, *[False] * 7,
    ]  # fmt: skip
    assert part["status"].values[4:].tolist() == [["interrupted"] * 2] * 7
    images = sources()
    with conf.set_temp("chunk_size", 7):
        write(tmp_path, images)
    assert images["xmm"].asked == list(range(4, 11))
    made = make_cutouts(TARGETS, BANDS, sources(), pixels=12)
    xr.testing.assert_identical(open_cutouts(tmp_path).load(), made)
    again = sources()
    write(tmp_path, again)
    assert again["xmm"].asked == []


def test_half_a_chunk_is_never_read(tmp_path, monkeypatch):
    """Pixels without their mark: the process died in between."""

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path)
    assert list((tmp_path / "cutouts.zarr" / "image" / "c").iterdir())
    part = open_cutouts(tmp_path, complete=False)
    assert not part["valid"].any()
    assert np.isnan(part["image"]).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"pixels": 13}, r"grids differ \(12 pixels on 6 arcmin there, 13 pixels"),
        ({"size": 5 * u.arcmin}, "grids differ"),
        ({"targets": TARGETS[::-1]}, "targets differ"),
    ],
)
def test_other_cutouts_are_refused(tmp_path, change, word):
    write(tmp_path)
    with pytest.raises(StoreError, match=f"holds another run: {word}"):
        write(tmp_path, **change)


def test_no_store(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StoreError, match=r"is no folder of a run: it has no run\.json"):
            open_cutouts(path)
    with RunFolder(tmp_path, {"targets": "ten"}):
        pass
    with pytest.raises(StoreError, match="holds no cut-outs of write_cutouts"):
        open_cutouts(tmp_path)


def test_full_disk(tmp_path, monkeypatch):
    from astrocnn.cutouts import _zarr

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_zarr.os, "fsync", full)
        with pytest.raises(StoreError, match="cannot write .*No space left on device"):
            write(tmp_path)
    write(tmp_path)
    assert len(open_cutouts(tmp_path)["target"]) == 11


def test_a_damaged_chunk_is_a_flagged_target(tmp_path):
    from astrocnn.cutouts._lazy import load_cutouts

    kept = open_cutouts(write(tmp_path))
    path = tmp_path / "cutouts.zarr" / "image" / "c" / "1" / "0" / "0" / "0"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    good = load_cutouts(kept.isel(target=slice(0, 4)))
    assert good["status"].values[0].tolist() == ["", ""]
    bad = load_cutouts(kept.isel(target=slice(3, 5)))
    assert bad["status"].values.tolist() == [["", ""], ["failed:xmm", "failed:dss2-red"]]
    assert bad["valid"].values.any(axis=(1, 2, 3)).tolist() == [True, False]
    assert "target J04é: its cut-out cannot be read" in bad.attrs["faults"][-1]


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "another"])
def test_reading_a_damaged_chunk(tmp_path, damage):
    """Whoever reads it, and however little of it, gets the same error; other chunks are read."""
    made = make_cutouts(TARGETS, BANDS, sources(), pixels=12)
    kept = open_cutouts(write(tmp_path))
    files = chunks(tmp_path, "image")
    content = files[0].read_bytes()
    if damage == "flipped":
        flip(files[0], np.random.default_rng(2))
    else:
        damaged = {"cut": content[:-5], "empty": b"", "another": files[-1].read_bytes()}
        files[0].write_bytes(damaged[damage])
    for read in (kept.compute, kept["image"].isel(target=1, x=3).compute):
        with pytest.raises(StoreError, match=r"pixels of image are damaged or missing .*: call"):
            read()
    np.testing.assert_array_equal(kept["image"][4:], made["image"][4:])


def test_other_images_are_another_run(tmp_path):
    """Whatever they are called: pixels that are there are not theirs."""
    field = CutoutGrid(SkyCoord(3, 0, unit="deg"), 20 * u.arcmin, 60)
    one, two = (fits.PrimaryHDU(np.full(field.shape, x), field.wcs.to_header()) for x in (1.0, 2.0))
    images = sources() | {"dss2-red": one}
    path = write(tmp_path / "kept", images, TARGETS[3:4])
    write(path, images, TARGETS[3:4])
    with pytest.raises(StoreError, match=r"images differ \(.*the given HDU.* there"):
        write(path, images | {"dss2-red": two}, TARGETS[3:4])
    assert float(open_cutouts(path)["image"].sel(band="dss2-red").mean()) == 1


def test_opened_twice_is_the_same(tmp_path):
    path = write(tmp_path / "kept")
    identities = [dataset_identity(open_cutouts(path), 4) for _ in range(2)]
    assert identities[0] == identities[1]
    assert dataset_identity(open_cutouts(path).isel(target=slice(5)), 4) != identities[0]


def chunks(path, name):
    """The files of an array."""
    return sorted(p for p in (path / "cutouts.zarr" / name / "c").rglob("*") if p.is_file())


def flip(file, rng):
    """Flip one bit of a file."""
    content = bytearray(file.read_bytes())
    content[rng.integers(len(content))] ^= 1 << rng.integers(8)
    file.write_bytes(content)


@pytest.mark.parametrize("name", ["ra", "dec", "target_id"])
@pytest.mark.parametrize("damage", ["gone", "flipped"])
def test_positions_are_in_the_marks(tmp_path, name, damage):
    """Whatever becomes of the arrays: no position moves, no name changes."""
    write(tmp_path)
    rng = np.random.default_rng(4)
    for file in chunks(tmp_path, name):
        flip(file, rng) if damage == "flipped" else file.unlink()
    if damage == "flipped":  # a flipped bit may not be readable at all; anew it is
        write(tmp_path)
    kept = open_cutouts(tmp_path)
    assert kept["target_id"].values.tolist() == TARGETS["name"].tolist()
    assert kept["ra"].values.tolist() == TARGETS["ra"].tolist()
    assert kept["dec"].values.tolist() == TARGETS["dec"].tolist()


def test_positions_that_are_no_numbers_are_damage(tmp_path):
    write(tmp_path)
    with RunFolder.existing(tmp_path) as folder:
        start, stop = folder.parts()[0]
        text = np.array(["a"] * (stop - start))
        folder.write(start, stop, folder.read(start, stop) | {"ra": text})
    with pytest.raises(StoreError, match=r"are damaged \(ra of .* holds <U1\)"):
        open_cutouts(tmp_path)


@pytest.mark.parametrize("name", ["image", "valid", "exposure"])
def test_a_chunk_that_is_gone_is_damage(tmp_path, name):
    """Not zeros, not NaN with valid 1: the rows are flagged, and made anew by another call."""
    from astrocnn.cutouts._lazy import load_cutouts

    kept = open_cutouts(write(tmp_path))
    chunks(tmp_path, name)[0].unlink()
    with pytest.raises(StoreError, match=f"pixels of {name} are damaged or missing.*: call write_"):
        kept[name].load()
    loaded = load_cutouts(open_cutouts(tmp_path))
    assert loaded["status"].values[:4].tolist() == [["failed:xmm", "failed:dss2-red"]] * 4
    assert not loaded["valid"].values[:4].any()
    assert loaded["status"].values[4].tolist() == ["", ""]
    images = sources()
    with pytest.warns(DamagedPartWarning, match="damaged or gone, 4 cut-outs are made anew"):
        write(tmp_path, images)
    assert images["xmm"].asked == [0, 1, 2, 3]
    made = make_cutouts(TARGETS, BANDS, sources(), pixels=12)
    xr.testing.assert_identical(open_cutouts(tmp_path).load(), made)


@pytest.mark.parametrize("gone", ["image", "exposure", "zarr.json", "image/zarr.json"])
def test_arrays_that_are_gone_are_made_anew(tmp_path, gone):
    """Pixels whose description alone is gone are not asked for again."""
    write(tmp_path)
    path = tmp_path / "cutouts.zarr" / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(StoreError, match="damaged .*: call write_cutouts again"):
        open_cutouts(tmp_path)
    images = sources()
    if path.name == "zarr.json":
        write(tmp_path, images)
    else:
        with pytest.warns(DamagedPartWarning, match="11 cut-outs are made anew"):
            write(tmp_path, images)
    assert images["xmm"].asked == ([] if path.name == "zarr.json" else list(range(11)))
    made = make_cutouts(TARGETS, BANDS, sources(), pixels=12)
    xr.testing.assert_identical(open_cutouts(tmp_path).load(), made)


def test_no_flipped_bit_changes_a_number(tmp_path):
    """Anywhere in the folder: the same numbers, flagged targets, or an error of ours."""
    from astrocnn.cutouts._lazy import load_cutouts

    good = open_cutouts(write(tmp_path / "good")).load()
    files = sorted(p for p in (tmp_path / "good").rglob("*") if p.is_file())
    rng = np.random.default_rng(8)
    for number in range(3 * len(files)):
        path = tmp_path / "bad"
        shutil.copytree(tmp_path / "good", path)
        flip(path / files[number % len(files)].relative_to(tmp_path / "good"), rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DamagedPartWarning)
            try:
                found = load_cutouts(open_cutouts(path, complete=False))
            except StoreError:
                continue
            finally:
                shutil.rmtree(path)
        failed = np.char.startswith(found["status"].values.astype(str), "failed")
        failed |= found["status"].values == "interrupted"
        same = good["status"].values == found["status"].values
        assert (failed | same).all()
        for name in ("image", "valid", "exposure", "background", "coverage", "survey"):
            if name in found:
                one, two = good[name].values[~failed], found[name].values[~failed]
                np.testing.assert_array_equal(one, two)
        for name in ("target_id", "ra", "dec", "band", "waveband", "unit"):
            assert found[name].values.tolist() == good[name].values.tolist()
        assert {**found.attrs, "faults": 0} == {**good.attrs, "faults": 0}
