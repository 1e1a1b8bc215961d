"""How exactly cut-outs lie where they should, and keep their counts.

Tiles and images hold functions that are linear in the position, so that values are positions:
what they differ by from the exact ones is the error of the place, in pixels of the source.

    python benchmarks/cutout_accuracy.py
"""

import argparse

import healpy
import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS, Sip
from reproject import reproject_exact
from tqdm.auto import tqdm

from astrocnn import conf
from astrocnn.grid import CutoutGrid, CutoutGrids
from astrocnn.providers import SkyImage, resample_image
from astrocnn.providers._tiles._healpix_tiles import HealpixTiles
from astrocnn.providers._tiles._hips_map import nested_to_flat

WIDTH, ORDER = 64, 11  # pixels of 1.6 arcsec
CAP = np.degrees(np.arcsin(2 / 3))
#: Twelve middles of edges between faces that touch, by rows, and eight corners of three faces.
EDGES = [(lon + 22.5, lat) for lon in range(0, 360, 45) for lat in (19.4712, -19.4712)]
EDGES += [(lon, lat) for lon in range(0, 360, 90) for lat in (66.4435, -66.4435)]
CORNERS = [(lon, lat) for lon in range(0, 360, 90) for lat in (CAP, -CAP)]
POLES = [(0, 90), (77, 89.99), (10, -90), (200, -89.95)]
ZERO = [(0, lat) for lat in (-75, -30, 0, 12, 50)] + [(359.9999, lat) for lat in (-50, 3, 80)]


def places(n: int, seed: int = 0) -> dict:
    """Positions to look at, by kind."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    return {
        "random": list(zip(lon, lat, strict=True)), "edges of faces": EDGES,
        "corners of three faces": CORNERS, "poles": POLES, "RA 0": ZERO,
    }  # fmt: skip


def tile_error(lon: float, lat: float, frame: str, pixels: int = 120) -> float:
    """Largest error of a place on HiPS tiles; the field is two arcmin wide."""
    position = SkyCoord(lon, lat, unit="deg", frame=frame).icrs
    grids = CutoutGrids(position.ra.deg, position.dec.deg, 2 * u.arcmin, pixels)
    sky = SkyCoord(*grids[0].lonlat(), unit="deg").transform_to(frame)
    exact = np.moveaxis(sky.cartesian.xyz.value, 0, -1)
    center, n, flat = exact[pixels // 2, pixels // 2], WIDTH << ORDER, nested_to_flat(WIDTH)
    missed = []
    for axis in np.linalg.svd(center[np.newaxis])[2][1:]:

        def read(_, number, axis=axis):
            inside = number * WIDTH**2 + np.arange(WIDTH**2)
            tile = np.empty(WIDTH**2)
            tile[flat] = (np.transpose(healpy.pix2vec(n, inside, nest=True)) - center) @ axis * n
            return tile.reshape(WIDTH, WIDTH)

        image = HealpixTiles(read, WIDTH, frame, "test").sample(grids, ORDER)[0]
        missed.append(image - (exact - center) @ axis * n)
    return float(np.hypot(*missed).max())


def random_wcs(rng, projection: str, distorted: bool) -> tuple[WCS, SkyCoord]:
    """WCS of 300 x 300 pixels of 1.3 arcsec somewhere on the sky, turned by any angle."""
    wcs = WCS(naxis=2)
    names = ("RA--", "DEC-") if rng.uniform() < 0.5 else ("GLON", "GLAT")
    wcs.wcs.ctype = [f"{name}-{projection}" for name in names]
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1)))
    wcs.wcs.crval = [rng.uniform(0, 360), 0 if projection == "CAR" else lat]
    wcs.wcs.crpix = rng.uniform(140, 160, 2)
    turn = rng.uniform(0, 2 * np.pi)
    turned = [[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    wcs.wcs.cd = np.array(turned) * 1.3 / 3600
    if distorted:
        a, b = np.zeros((2, 3, 3))
        a[2, 0], a[1, 1], b[0, 2] = 2e-5, 1e-5, -2e-5
        wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
        wcs.wcs.ctype = [f"{name}-TAN-SIP" for name in names]
    wcs.wcs.set()
    return wcs, wcs.pixel_to_world(150, 150).icrs


def image_error(rng, projection: str, distorted: bool = False) -> float:
    """Largest error of a place in a FITS image."""
    wcs, center = random_wcs(rng, projection, distorted)
    grid = CutoutGrid(center, 4 * u.arcmin, 240)
    y, x = np.mgrid[:300, :300] - 150.0
    found = [resample_image(SkyImage(v, wcs), grid).image + 150 for v in (x, y)]
    sky = SkyCoord(*grid.lonlat(), unit="deg")
    return float(np.hypot(*(np.array(found) - wcs.world_to_pixel(sky))).max())


def count_errors(rng, scale: float) -> tuple[float, float]:
    """Largest share of a pixel's counts that is lost, and largest difference per pixel."""
    wcs, center = random_wcs(rng, "TAN", False)
    counts = np.zeros((300, 300))
    inside = rng.integers(100, 200, (20, 2))
    counts[tuple(inside.T)] = rng.integers(1, 9, 20)
    grid = CutoutGrid(center, 5 * u.arcmin, round(300 / scale))
    image = resample_image(SkyImage(counts, wcs, "counts"), grid).image
    lost = abs(np.nansum(image, dtype=float) / counts.sum() - 1)
    noise = rng.normal(100, 20, (300, 300))
    image = resample_image(SkyImage(noise, wcs, "counts"), grid).image
    mean, footprint = reproject_exact((noise, wcs), grid.wcs, grid.shape)
    whole = footprint > 1 - 1e-6
    wanted = mean * (grid.pixel_scale.to_value(u.arcsec) / 1.3) ** 2
    return lost, float(np.abs(image / wanted - 1)[whole].max())


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=2000, help="random positions (default: 2000)")
    args = parser.parse_args(argv)
    for frame in ("icrs", "galactic"):
        for kind, positions in places(args.n).items():
            bar = tqdm(positions, desc=f"{frame}, {kind}", delay=2, disable=not conf.progress)
            worst = max(tile_error(*position, frame) for position in bar)
            fields = f"HiPS, {frame}, {kind}: {len(positions)} fields"
            print(f"{fields}, largest error {worst:.5f} pixel")
    rng, each = np.random.default_rng(1), max(args.n // 20, 5)
    for projection, distorted in (
        ("TAN", False), ("SIN", False), ("ZEA", False), ("CAR", False), ("TAN", True),
    ):  # fmt: skip
        worst = max(image_error(rng, projection, distorted) for _ in range(each))
        name = f"{projection}{' with SIP' if distorted else ''}"
        print(f"FITS, {name}: {each} images, largest error {worst:.5f} pixel")
    for scale in (0.5, 1.0, 2.02, 4.0, 8.0):
        lost, off = np.max([count_errors(rng, scale) for _ in range(5)], axis=0)
        print(f"counts, 1.3 to {scale:g} arcsec: lost {lost:.1e}, per pixel {off:.1e}")


if __name__ == "__main__":
    main()
