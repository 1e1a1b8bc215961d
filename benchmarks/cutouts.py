"""Cut-outs per second from local tiles, HEALPix maps and FITS images, and the obvious ways.

All on simulated noise. Each figure is the median of --repeats, both ways in the same run.

    python benchmarks/cutouts.py
"""

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import healpy
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS
from reproject import reproject_exact, reproject_from_healpix, reproject_interp
from reproject.hips import hips_as_dask_array

from astrocnn import conf
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import HealpixProvider, HipsProvider, SkyImage, resample_image
from astrocnn.surveys import get_band

ORDER, WIDTH, PIXELS, CHUNK = 7, 512, 356, 64
CENTER, RADIUS = (150.0, 2.0), 2.2
BAND = get_band("dss2-red")
#: Field whose pixels are as large as those of the tiles: 3.2 arcsec.
SIZE = 356 * 3.2 * u.arcsec


def write_tiles(folder: Path) -> int:
    """Write noise as the tiles around the center; return their size in bytes."""
    disc = healpy.query_disc(
        2**ORDER, healpy.ang2vec(*CENTER, lonlat=True), np.radians(RADIUS), True, nest=True
    )
    rng, size = np.random.default_rng(0), 0
    for number in disc:
        path = folder / f"Norder{ORDER}" / f"Dir{number // 10000 * 10000}" / f"Npix{number}.fits"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = rng.normal(size=(WIDTH, WIDTH)).astype(np.float32)
        fits.PrimaryHDU(data).writeto(path)
        size += path.stat().st_size
    lines = {
        "obs_title": "simulated noise", "dataproduct_type": "image", "hips_version": "1.4",
        "hips_order": ORDER, "hips_order_min": ORDER, "hips_frame": "equatorial",
        "hips_tile_width": WIDTH, "hips_tile_format": "fits", "hips_pixel_bitpix": -32,
    }  # fmt: skip
    (folder / "properties").write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))
    return size


def random_targets(n: int, radius: float, size=SIZE) -> CutoutGrids:
    """Grids at random around the center, in the order of the tiles."""
    rng = np.random.default_rng(1)
    angle, away = rng.uniform(0, 360, n), radius * np.sqrt(rng.uniform(size=n))
    place = SkyCoord(*CENTER, unit="deg").directional_offset_by(angle * u.deg, away * u.deg)
    number = healpy.ang2pix(2**ORDER, place.ra.deg, place.dec.deg, nest=True, lonlat=True)
    place = place[np.argsort(number)]
    return CutoutGrids(place.ra.deg, place.dec.deg, size, PIXELS)


def part(grids: CutoutGrids, start: int) -> CutoutGrids:
    stop = start + CHUNK
    return CutoutGrids(grids.ra[start:stop], grids.dec[start:stop], grids.size, grids.pixels)


def run_provider(provider, grids, pool) -> None:
    """All targets, chunk by chunk; pixels are let go."""
    for start in range(0, len(grids), CHUNK):
        for pixels in provider.cutouts(part(grids, start), pool):
            assert pixels.valid.all()


def seconds(function, repeats: int) -> float:
    """Median of several calls, after one that is not counted."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def sliced_dask(folder: Path, grids):
    """The obvious way: the tiles as one lazy array, the part below a target, reproject_interp."""
    array, wcs = hips_as_dask_array(str(folder), level=ORDER)
    turn = iter(range(10**6))

    def one():
        grid = grids[next(turn) % len(grids)]
        x, y = wcs.wcs_world2pix(*(v.ravel() for v in grid.lonlat()), 0)
        # Slices that are not aligned with the tiles come out with the wrong shape.
        low = [int(v.min() // WIDTH) * WIDTH for v in (y, x)]
        high = [int(-(-(v.max() + 1) // WIDTH)) * WIDTH for v in (y, x)]
        where = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        data = array[where].compute()
        reproject_interp((data, wcs[where]), grid.wcs, grid.shape, return_footprint=False)

    return one


def forget(files) -> None:
    """Drop files from the page cache."""
    for path in files:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def cold(folder: Path, grids, pool, repeats: int) -> tuple[float, float, int]:
    """Seconds from files out of the page cache, seconds to read the same bytes, and the bytes.

    The provider has taken its memory before, as in a run it has after the first targets: what a
    system needs to find memory that no process has used yet varies from one to the next.
    """
    provider = HipsProvider(folder, BAND)
    run_provider(provider, grids, pool)
    held = provider._maps[0]._tiles._pool
    numbers = sorted(number for _, number in held._slots)
    files = [folder / f"Norder{ORDER}/Dir{n // 10000 * 10000}/Npix{n}.fits" for n in numbers]
    times = []
    for _ in range(repeats):
        forget(files)
        start = time.perf_counter()
        total = sum(len(path.read_bytes()) for path in files)
        middle = time.perf_counter()
        forget(files)
        held._slots.clear()
        held._touched = 0
        again = time.perf_counter()
        run_provider(provider, grids, pool)
        times.append((time.perf_counter() - again, middle - start))
        assert len(held._slots) == len(files)
    return (*np.median(times, axis=0), total)


def hips_lines(folder: Path, n: int, repeats: int, pool) -> None:
    grids = random_targets(n, RADIUS - 0.9)
    size = write_tiles(folder)
    with conf.set_temp("tile_memory", 2 * size / 2**20):
        provider = HipsProvider(folder, BAND)
        ours = n / seconds(lambda: run_provider(provider, grids, pool), repeats)
        near = HipsProvider(folder, BAND, "nearest")
        nearest = n / seconds(lambda: run_provider(near, grids, pool), repeats)
    theirs = 1 / seconds(sliced_dask(folder, grids), repeats)
    print(f"HiPS, tiles in memory, bilinear: {ours:.0f}/s; nearest: {nearest:.0f}/s")
    print(f"  reproject_interp on the sliced dask array: {theirs:.2f}/s; ratio {ours / theirs:.0f}")
    # One target per tile: what counts is how files are read.
    few = random_targets(60, RADIUS - 0.9)
    with conf.set_temp("tile_memory", 2 * size / 2**20):
        mine, bare, size = cold(folder, few, pool, repeats)
    print(f"HiPS, {len(few)} cut-outs from cold files ({size / 2**20:.0f} MiB): {mine:.3f} s")
    print(f"  reading the same bytes: {bare:.3f} s; ratio {mine / bare:.2f}")


def healpix_lines(n: int, repeats: int, pool) -> None:
    nside = 2048
    values = np.random.default_rng(0).normal(size=12 * nside**2).astype(np.float32)
    grids = random_targets(n, 2.0, 6 * u.deg)
    provider = HealpixProvider(values, BAND)
    ours = n / seconds(lambda: run_provider(provider, grids, pool), repeats)

    def obvious():
        reproject_from_healpix((values, "icrs"), grids[0].wcs, grids[0].shape, nested=False)

    theirs = 1 / seconds(obvious, repeats)
    print(f"HEALPix map, nside {nside}: {ours:.0f}/s")
    print(f"  reproject_from_healpix: {theirs:.1f}/s; ratio {ours / theirs:.0f}")


def image_wcs(center: SkyCoord, n: int, scale: float) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [center.ra.deg, center.dec.deg]
    wcs.wcs.crpix, wcs.wcs.cdelt = [n / 2 + 0.8, n / 2 + 0.3], [-scale / 3600, scale / 3600]
    wcs.wcs.set()
    return wcs


def fits_lines(repeats: int) -> None:
    center, rng = SkyCoord(*CENTER, unit="deg"), np.random.default_rng(0)
    image = SkyImage(rng.normal(size=(3000, 3000)).astype("f4"), image_wcs(center, 3000, 1.0))
    events = SkyImage(rng.poisson(0.2, (750, 750)), image_wcs(center, 750, 4.0), "counts")
    grid = CutoutGrid(center.directional_offset_by(70 * u.deg, 8 * u.arcmin), 6 * u.arcmin, PIXELS)
    few = max(repeats, 5)
    ours = seconds(lambda: resample_image(image, grid), 5 * few)
    theirs = seconds(
        lambda: reproject_interp((image.data, image.wcs), grid.wcs, grid.shape), few
    )
    print(f"FITS image: {1 / ours:.0f}/s; reproject_interp {1 / theirs:.0f}/s; "
          f"ratio {theirs / ours:.0f}")  # fmt: skip
    ours = seconds(lambda: resample_image(events, grid), 5 * few)
    theirs = seconds(
        lambda: reproject_exact((events.data, events.wcs), grid.wcs, grid.shape), few
    )
    print(f"counts, 4 to 1 arcsec: {1 / ours:.0f}/s; reproject_exact {1 / theirs:.1f}/s; "
          f"ratio {theirs / ours:.0f}")  # fmt: skip
    aligned = CutoutGrid(center, 6 * u.arcmin, PIXELS)
    wcs = aligned.wcs.deepcopy()
    wcs.wcs.crpix = [1500.5, 1500.5]
    same = SkyImage(image.data, wcs)
    ours = seconds(lambda: resample_image(same, aligned), 10 * few)
    theirs = seconds(lambda: Cutout2D(image.data, center, PIXELS, wcs, copy=True), 10 * few)
    print(f"FITS image, same pixels: {1e3 * ours:.2f} ms; Cutout2D {1e3 * theirs:.2f} ms; "
          f"ratio {ours / theirs:.2f}")  # fmt: skip


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=512, help="targets (default: 512)")
    parser.add_argument("--repeats", type=int, default=5, help="default: 5")
    parser.add_argument("--threads", type=int, default=conf.threads)
    args = parser.parse_args(argv)
    with ThreadPoolExecutor(args.threads) as pool, tempfile.TemporaryDirectory() as folder:
        hips_lines(Path(folder), args.n, args.repeats, pool)
        healpix_lines(args.n, args.repeats, pool)
    fits_lines(args.repeats)


if __name__ == "__main__":
    main()
