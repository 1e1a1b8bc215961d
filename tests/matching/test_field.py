"""Fields on the sky against astropy, mocpy and the regions package; areas against formulas."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable, Table
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st
from regions import (
    CircleAnnulusSkyRegion,
    CirclePixelRegion,
    CircleSkyRegion,
    EllipseAnnulusSkyRegion,
    EllipseSkyRegion,
    PixCoord,
    PointSkyRegion,
    PolygonSkyRegion,
    RectangleAnnulusSkyRegion,
    RectangleSkyRegion,
    Regions,
)

from astrocnn.exceptions import AstrocnnWarning, InvalidTargetError
from astrocnn.matching import Field

MODEST = settings(deadline=None, max_examples=40)
SKY = (4 * np.pi * u.sr).to(u.deg**2)

right_ascension = st.one_of(st.sampled_from([0.0, 1e-9, 180.0, 359.9999999]), st.floats(0, 360))
declination = st.one_of(st.sampled_from([-90.0, 89.9999999, 90.0, 0.0]), st.floats(-90, 90))


def at(ra, dec, **kwargs):
    return SkyCoord(ra, dec, unit="deg", **kwargs)


def around(center, radius, n, seed=0):
    """Random positions within about a radius of a center."""
    rng = np.random.default_rng(seed)
    angles, distances = rng.uniform(0, 360, n) * u.deg, np.sqrt(rng.uniform(0, 1, n)) * radius
    return center.directional_offset_by(angles, distances)


def tangent(center):
    """A tangent plane at a center, in its frame, on which great circles are straight."""
    wcs = WCS(naxis=2)
    galactic = center.frame.name == "galactic"
    wcs.wcs.ctype = ["GLON-TAN", "GLAT-TAN"] if galactic else ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [center.spherical.lon.deg, center.spherical.lat.deg]
    wcs.wcs.crpix, wcs.wcs.cdelt = [1, 1], [-1e-3, 1e-3]
    return wcs


# ---- which positions -------------------------------------------------------------------------


@MODEST
@given(right_ascension, declination, st.floats(1e-6, 180), st.integers(0, 2**31))
def test_circles_are_separations(ra, dec, radius, seed):
    """At the poles, across RA = 0, from microarcseconds to the whole sky."""
    center = at(ra, dec)
    coords = around(center, min(2 * radius, 180) * u.deg, 200, seed)
    separation = coords.separation(center).deg
    clear = np.abs(separation - radius) > 1e-9
    inside = Field(CircleSkyRegion(center, radius * u.deg)).contains(coords)
    np.testing.assert_array_equal(inside[clear], (separation <= radius)[clear])


@MODEST
@given(right_ascension, declination, st.floats(1e-3, 80), st.integers(0, 2**31))
def test_triangles_are_three_half_skies(ra, dec, size, seed):
    """Inside is what lies on the same side of all three great circles as the middle does."""
    center = at(ra, dec)
    corners = center.directional_offset_by(
        [10, 140, 250] * u.deg, np.array([1, 0.5, 0.8]) * size * u.deg
    )
    coords = around(center, 1.2 * size * u.deg, 200, seed)
    xyz, vertices = (c.cartesian.xyz.value.T for c in (coords, corners))
    normals = np.cross(vertices, np.roll(vertices, -1, axis=0))
    normals *= np.sign(normals @ center.cartesian.xyz.value)[:, np.newaxis]
    sides = xyz @ normals.T
    clear = np.all(np.abs(sides) > 1e-12, axis=1)
    for order in (slice(None), slice(None, None, -1)):
        inside = Field(PolygonSkyRegion(corners[order])).contains(coords)
        np.testing.assert_array_equal(inside[clear], np.all(sides > 0, axis=1)[clear])


def star(center, radius, n=11):
    """A star that is not convex."""
    angles = np.arange(2 * n) * 180 / n * u.deg
    return center.directional_offset_by(angles, np.tile([1, 0.45], n) * radius)


CENTERS = [at(0.0, 0.0), at(359.99, 45.0), at(120.0, -89.9), at(33.0, 90.0),
           SkyCoord(l=10, b=-60, unit="deg", frame="galactic")]  # fmt: skip


@pytest.mark.parametrize("center", CENTERS)
def test_polygons_on_a_tangent_plane(center):
    """There the regions package sees the same polygon."""
    region = PolygonSkyRegion(star(center, 3 * u.deg))
    coords = around(center, 3.2 * u.deg, 5_000)
    expected = region.contains(coords, tangent(center))
    assert 1_000 < expected.sum() < 4_500
    np.testing.assert_array_equal(Field(region).contains(coords), expected)


@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("angle", [0, 30, 90, 200] * u.deg)
def test_small_regions_on_a_tangent_plane(center, angle):
    """Ellipses, boxes and rings: the plane differs from the sphere by 1e-6 of their size."""
    small = (6 * u.arcmin, 3 * u.arcmin)
    wcs = tangent(center)
    coords = around(center, 8 * u.arcmin, 3_000)
    for region in (
        EllipseSkyRegion(center, *small, angle),
        RectangleSkyRegion(center, *small, angle),
        CircleAnnulusSkyRegion(center, 2 * u.arcmin, 3 * u.arcmin),
        EllipseAnnulusSkyRegion(
            center, 3 * u.arcmin, 6 * u.arcmin, 2 * u.arcmin, 4 * u.arcmin, angle
        ),
        RectangleAnnulusSkyRegion(
            center, 3 * u.arcmin, 6 * u.arcmin, 2 * u.arcmin, 4 * u.arcmin, angle
        ),
    ):
        expected = region.contains(coords, wcs)
        assert 100 < expected.sum() < 2_000
        differing = np.sum(Field(region).contains(coords) != expected)
        assert differing <= 3, type(region)


@pytest.mark.parametrize("center", CENTERS)
def test_shapes_of_mocpy(center):
    """mocpy's cells, but for those on the rim."""
    mocpy = pytest.importorskip("mocpy")
    icrs = center.icrs
    corners = star(icrs, 8 * u.deg, 5)
    polygon = mocpy.MOC.from_polygon_skycoord(corners, max_depth=13)
    ellipse = mocpy.MOC.from_elliptical_cone(
        lon=icrs.ra, lat=icrs.dec, a=5 * u.deg, b=2 * u.deg, pa=30 * u.deg, max_depth=13
    )
    coords = around(icrs, 9 * u.deg, 20_000)
    angle = 30 * u.deg + 90 * u.deg  # from north of mocpy, from the longitude axis of regions
    for region, moc in (
        (PolygonSkyRegion(corners), polygon),
        (EllipseSkyRegion(icrs, 10 * u.deg, 4 * u.deg, angle - 180 * u.deg), ellipse),
    ):
        expected = moc.contains_skycoords(coords)
        assert 2_000 < expected.sum() < 15_000
        inside = Field(region).contains(coords)
        assert np.all(expected[inside])  # its cells cover the rim
        assert np.mean(inside != expected) < 0.002


def test_positions_in_line_with_corners():
    """A grid on which corners, sides and positions share coordinates: none is counted twice."""
    square = PolygonSkyRegion(at([-1, 1, 1, -1], [-1, -1, 1, 1]))
    ra, dec = np.meshgrid(np.arange(-2, 2.01, 0.25), np.arange(-2, 2.01, 0.25))
    inside = Field(square).contains(at(ra, dec))
    assert inside.shape == ra.shape
    clear = (np.abs(np.abs(ra) - 1) > 1e-3) & (np.abs(np.abs(dec) - 1) > 1e-3)
    expected = (np.abs(ra) < 1) & (np.abs(dec) < 1)
    np.testing.assert_array_equal(inside[clear], expected[clear])


def test_polygon_around_the_pole():
    ring = PolygonSkyRegion(at(np.arange(0, 360, 5), np.full(72, 80.0)))
    coords = at([0, 100, 200, 300, 7], [90, 85, 80.5, 79, -85])
    assert Field(ring).contains(coords).tolist() == [True, True, True, False, False]


def test_many_small_regions():
    """Found by pairs of neighbors, not one after the other."""
    rng = np.random.default_rng(3)
    centers = at(rng.uniform(358, 362, 120) % 360, rng.uniform(-2, 2, 120))
    radii = rng.uniform(2, 8, 120) * u.arcmin
    circles = [CircleSkyRegion(c, r) for c, r in zip(centers[:60], radii, strict=False)]
    boxes = [RectangleSkyRegion(c, r, 2 * r) for c, r in zip(centers[60:], radii, strict=False)]
    coords = at(rng.uniform(358, 362, 20_000) % 360, rng.uniform(-2, 2, 20_000))
    for regions in (circles, boxes, circles + boxes):
        inside = Field(exclude=regions).contains(coords)
        one_by_one = np.ones(len(coords), dtype=bool)
        for region in regions:
            one_by_one &= Field(exclude=region).contains(coords)
        np.testing.assert_array_equal(inside, one_by_one)
        assert 10_000 < inside.sum() < 19_900
        assert Field(exclude=regions).contains(at([180], [0])).all()


def test_include_and_exclude():
    tile, star = CircleSkyRegion(at(0, 0), 2 * u.deg), CircleSkyRegion(at(1, 0), 30 * u.arcmin)
    coords = at([0, 1, 1.6, 3], [0, 0, 0, 0])
    assert Field(tile, star).contains(coords).tolist() == [True, False, True, False]
    assert Field(tile).contains(coords).tolist() == [True, True, True, False]
    assert Field(exclude=star).contains(coords).tolist() == [True, False, True, True]
    assert Field().contains(coords).all()
    both = Field([tile, CircleSkyRegion(at(3, 0), 30 * u.arcmin)], [star])
    assert both.contains(coords).tolist() == [True, False, True, True]
    assert repr(both) == "<Field: 2 regions without 1 region>"
    assert repr(Field()) == "<Field: all sky>"


def test_combined_regions():
    first, second = (CircleSkyRegion(at(ra, 0), 2 * u.deg) for ra in (0, 3))
    coords = at([-1, 1.5, 4], [0, 0, 0])
    for region, expected in (
        (first | second, [True, True, True]),
        (first & second, [False, True, False]),
        (first ^ second, [True, False, True]),
    ):
        assert Field(region).contains(coords).tolist() == expected


@pytest.mark.parametrize("kind", ["Circle", "Polygon"])
def test_spherical_regions(kind):
    """The classes that newer versions of regions have for the sphere itself."""
    regions = pytest.importorskip("regions", minversion="0.12")
    make = getattr(regions, f"{kind}SphericalSkyRegion")
    region = make(at(0, 0), 2 * u.deg) if kind == "Circle" else make(at([-2, 2, 0], [-2, -2, 3]))
    coords = around(at(0, 0), 4 * u.deg, 2_000)
    np.testing.assert_array_equal(Field(region).contains(coords), region.contains(coords))


def test_invalid_positions_are_outside():
    field = Field()
    assert field.contains(at([np.nan, 1], [0, 0])).tolist() == [False, True]
    assert field.contains(at(1, 2)).shape == ()
    assert field.contains(at([], [])).shape == (0,)
    assert field.contains(Table({"ra": [1.0], "dec": [2.0]})).tolist() == [True]
    assert field.contains(QTable()).shape == (0,)


# ---- MOCs ------------------------------------------------------------------------------------


@pytest.fixture
def moc():
    mocpy = pytest.importorskip("mocpy")
    return mocpy.MOC.from_cone(lon=0 * u.deg, lat=0 * u.deg, radius=5 * u.deg, max_depth=10)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.txt", "5/12288"), ("a.txt", "3/5-1"), ("a.json", '{"5": [12288]}'), ("a.txt", "3")],
)
def test_moc_of_cells_that_do_not_exist(moc, tmp_path, name, words):
    """mocpy takes them, and panics when they are used."""
    (tmp_path / name).write_text(words)
    with pytest.raises(InvalidTargetError, match=f"cannot read '.*{name}': "):
        Field(tmp_path / name)


@pytest.mark.parametrize(("suffix", "kind"), [("fits", "fits"), ("json", "json"), ("txt", "ascii")])
def test_sound_moc_file(moc, tmp_path, suffix, kind):
    moc.save(str(tmp_path / f"a.{suffix}"), kind)
    coords = at(np.linspace(-9, 9, 50), 1)
    field = Field(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(field.contains(coords), moc.contains_skycoords(coords))


def test_moc_file_that_makes_mocpy_panic(moc, tmp_path):
    """A panic of its Rust code is no `Exception`."""
    path = tmp_path / "moc.fits"
    moc.save(path, "fits")
    raw = path.read_bytes()
    path.write_bytes(raw[:100] + raw[144:])
    with pytest.raises(InvalidTargetError, match=r"cannot read '.*moc\.fits'"):
        Field(path)


def test_moc(moc):
    coords = around(at(0, 0), 8 * u.deg, 10_000)
    expected = moc.contains_skycoords(coords)
    field, mask = Field(moc), CircleSkyRegion(at(5, 0), 1 * u.deg)
    np.testing.assert_array_equal(field.contains(coords), expected)
    assert field.area_error == 0
    assert field.area.to_value(u.sr) == pytest.approx(4 * np.pi * moc.sky_fraction)
    masked = coords.separation(at(5, 0)) <= 1 * u.deg
    np.testing.assert_array_equal(Field(moc, mask).contains(coords), expected & ~masked)
    np.testing.assert_array_equal(Field([moc, mask]).contains(coords), expected | masked)
    np.testing.assert_array_equal(Field(mask, moc).contains(coords), masked & ~expected)
    np.testing.assert_array_equal(Field(exclude=[moc, mask]).contains(coords), ~expected & ~masked)
    assert repr(Field(exclude=[moc, mask])) == "<Field: all sky without 1 region and a MOC>"


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".fits", "fits"), (".json", "json"), (".txt", "ascii")]
)
def test_moc_files(moc, tmp_path, suffix, kind):
    path = tmp_path / f"a{suffix}"
    moc.save(path, kind)
    coords = around(at(0, 0), 8 * u.deg, 2_000)
    expected = moc.contains_skycoords(coords)
    np.testing.assert_array_equal(Field(str(path)).contains(coords), expected)
    np.testing.assert_array_equal(Field(exclude=path).contains(coords), ~expected)


def without(first, second):
    """Not `mocpy.MOC.difference`, which is empty for MOCs that do not meet (0.21.0)."""
    return first.intersection(second.complement())


def test_areas_of_mocs_and_shapes(moc):
    """Against MOCs of everything, which cover their rim: 0.24 % more for the circle."""
    mocpy = pytest.importorskip("mocpy")
    other = mocpy.MOC.from_cone(lon=6 * u.deg, lat=0 * u.deg, radius=3 * u.deg, max_depth=10)
    circle = CircleSkyRegion(at(-4, 1), 2 * u.deg)
    far = mocpy.MOC.from_cone(lon=90 * u.deg, lat=0 * u.deg, radius=3 * u.deg, max_depth=8)
    fine = mocpy.MOC.from_cone(lon=356 * u.deg, lat=1 * u.deg, radius=2 * u.deg, max_depth=14)
    for field, expected in (
        (Field([moc, circle]), moc.union(fine)),
        (Field([moc, circle], other), without(moc.union(fine), other)),
        (Field(moc, [circle, other]), without(without(moc, fine), other)),
        (Field(moc, far), moc),
        (Field(circle, other), without(fine, other)),
        (Field(circle, moc), without(fine, moc)),
        (Field(exclude=[moc, circle]), moc.union(fine).complement()),
    ):
        area = 4 * np.pi * expected.sky_fraction * u.sr
        assert abs(field.area - area) < 3 * field.area_error + 4e-3 * fine.sky_fraction * SKY


def test_without_mocpy(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mocpy", None)
    (tmp_path / "a.fits").write_bytes(b"")
    with pytest.raises(ImportError, match=r"pip install astrocnn\[moc\]"):
        Field(tmp_path / "a.fits")


# ---- areas -----------------------------------------------------------------------------------


def test_areas_that_have_formulas():
    deg2 = u.deg**2
    assert Field().area.to_value(deg2) == pytest.approx(41252.96125)
    octant = Field(PolygonSkyRegion(at([0, 90, 0], [0, 0, 90])))
    assert octant.area.to_value(u.sr) == pytest.approx(np.pi / 2, rel=1e-12)
    half = Field(CircleSkyRegion(at(10, 20), 90 * u.deg))
    assert half.area.to_value(u.sr) == pytest.approx(2 * np.pi)
    small = Field(EllipseSkyRegion(at(10, 20), 2 * u.arcmin, 40 * u.arcmin, 15 * u.deg))
    assert small.area.to_value(u.arcmin**2) == pytest.approx(np.pi * 20, rel=1e-5)
    round_ = Field(EllipseSkyRegion(at(10, 20), 40 * u.deg, 40 * u.deg))
    circle = Field(CircleSkyRegion(at(10, 20), 20 * u.deg))
    assert round_.area.value == pytest.approx(circle.area.value, rel=1e-12)
    tiny = Field(RectangleSkyRegion(at(10, 89), 1 * u.arcsec, 3 * u.arcsec, 15 * u.deg))
    assert tiny.area.to_value(u.arcsec**2) == pytest.approx(3, rel=1e-9)
    ring = Field(CircleAnnulusSkyRegion(at(0, 0), 1 * u.deg, 2 * u.deg))
    expected = 2 * np.pi * (np.cos(np.radians(1)) - np.cos(np.radians(2))) * u.sr
    assert ring.area.to_value(u.sr) == pytest.approx(expected.value, rel=1e-12)
    for field in (octant, half, small, tiny, ring):
        assert field.area_error == 0


def lens(radius, distance):
    """Overlap of two equal circles on the sphere (sr): two segments of a cap."""
    cos, sin = np.cos(radius), np.sin(radius)
    half = np.arccos(np.tan(distance / 2) / np.tan(radius))  # of the angle at a center
    corner = np.arcsin(np.sin(half) * np.sin(distance / 2) / np.sin(np.arcsin(sin * np.sin(half))))
    triangle = 2 * half + 2 * corner - np.pi  # isosceles, with the two corners
    return 2 * (2 * half * (1 - cos) - triangle)


def test_regions_given_many_times(tmp_path):
    """The same area, and the memory of one, whatever the number of times."""
    polygon = "polygon(149, 1, 151, 1, 151, 0.001)\n"
    path = tmp_path / "a.reg"
    path.write_text("fk5\n" + polygon)
    once = Field(path).area
    path.write_text("fk5\n" + 40 * polygon + "circle(150, 1, 1)\n" + polygon)
    with_circle = Field(path).area
    assert once < with_circle < once + np.pi * u.deg**2
    path.write_text("fk5\n" + polygon + "circle(150, 1, 1)\n")
    assert with_circle.value == pytest.approx(Field(path).area.value, rel=1e-3)


@pytest.mark.parametrize("distance", [0.1, 1.0, 1.9, 2.1])
def test_two_circles_that_overlap(distance):
    """Their union, and one without the other."""
    first, second = (CircleSkyRegion(at(ra, 0), 1 * u.deg) for ra in (0, distance))
    cap = 4 * np.pi * np.sin(np.radians(0.5)) ** 2
    common = lens(np.radians(1), np.radians(distance)) if distance < 2 else 0.0
    for field, expected in (
        (Field([first, second]), 2 * cap - common),
        (Field(first, second), cap - common),
        (Field(exclude=[first, second]), 4 * np.pi - 2 * cap + common),
        (Field(first & second) if distance < 2 else Field(first, second), None),
    ):
        if expected is None:
            expected = common if distance < 2 else cap
        error = field.area_error.to_value(u.sr)
        assert abs(field.area.to_value(u.sr) - expected) < 2 * error + 1e-12
        assert error < 3e-3 * cap
        assert (error == 0) == (distance > 2)


def test_masks_on_a_footprint():
    """Inside they count exactly, at the rim in part, outside not at all."""
    tile = PolygonSkyRegion(at([-5, 5, 5, -5], [-5, -5, 5, 5]))
    whole = Field(tile).area
    mask = CircleSkyRegion(at(0, 0), 1 * u.deg)
    exact = Field(tile, mask)
    assert exact.area_error == 0
    cap = SKY * np.sin(np.radians(0.5)) ** 2
    assert (whole - exact.area).value == pytest.approx(cap.value, rel=1e-9)
    outside = Field(tile, CircleSkyRegion(at(20, 0), 1 * u.deg))
    assert (outside.area, outside.area_error) == (whole, 0 * u.deg**2)
    rim = Field(tile, CircleSkyRegion(at(5, 0), 1 * u.deg))  # a meridian, which is a great circle
    assert abs(whole - rim.area - cap / 2) < 2 * rim.area_error < 0.01 * cap
    assert rim.area_error > 0


def test_area_is_the_share_of_random_positions():
    """A field of all kinds, measured by its own `contains`: independent of how areas are added."""
    rng = np.random.default_rng(7)
    tile = PolygonSkyRegion(star(at(0, 80), 8 * u.deg, 4))
    other = CircleSkyRegion(at(180, 85), 6 * u.deg)
    masks = [
        EllipseSkyRegion(at(ra, dec), a * u.deg, b * u.deg, angle * u.deg)
        for ra, dec, a, b, angle in zip(
            rng.uniform(0, 360, 30), rng.uniform(72, 90, 30), rng.uniform(0.5, 4, 30),
            rng.uniform(0.5, 4, 30), rng.uniform(0, 180, 30), strict=True,
        )
    ]  # fmt: skip
    field = Field([tile, other], masks)
    n = 100_000
    z = rng.uniform(np.sin(np.radians(70)), 1, n)
    coords = at(rng.uniform(0, 360, n), np.degrees(np.arcsin(z)))
    share = np.mean(field.contains(coords))
    cap = 2 * np.pi * (1 - np.sin(np.radians(70))) * u.sr
    error = (cap * np.sqrt(share * (1 - share) / n)).to(u.deg**2)
    assert 0.1 < share < 0.9
    assert abs(field.area - cap * share) < 4 * np.hypot(error, field.area_error)
    assert field.area_error < 0.01 * field.area


# ---- files -----------------------------------------------------------------------------------


DS9 = """# Region file format: DS9
fk5
circle(10:00:00, +02:00:00, 60")
-circle(150.0, 2.0, 10")
ellipse(151.0, 2.0, 120", 60", 30)
polygon(152.0,2.0, 152.1,2.0, 152.1,2.1)
box(153.0, 2.0, 60", 120", 0)
"""


def test_ds9_files(tmp_path):
    path = tmp_path / "a.reg"
    path.write_text(DS9)
    coords = at([150, 150.01, 151, 152.09, 153, 154], [2, 2, 2, 2.02, 2.01, 2])
    assert Field(path).contains(coords).tolist() == [False, True, True, True, True, False]
    with pytest.raises(InvalidTargetError, match="some of the excluded regions have a minus sign"):
        Field(exclude=path)


def test_masks_with_minus_signs(tmp_path):
    path = tmp_path / "stars.reg"
    path.write_text("icrs\n-circle(10, 0, 1)\n-circle(20, 0, 1)\n")
    coords = at([10, 15, 20], [0, 0, 0])
    for field in (Field(path), Field(exclude=path)):
        assert field.contains(coords).tolist() == [False, True, False]
    assert Field(exclude=str(path)).area == Field(path).area < SKY


@pytest.mark.parametrize("suffix", [".reg", ".crtf"])
def test_files_of_the_regions_package(tmp_path, suffix):
    center = at(359.9, -89.0)
    shapes = Regions([
        CircleSkyRegion(center, 1 * u.deg),
        EllipseSkyRegion(at(10, 0), 2 * u.deg, 1 * u.deg, 40 * u.deg),
        PolygonSkyRegion(star(at(30, 0), 1 * u.deg, 4)),
    ])  # fmt: skip
    path = tmp_path / f"a{suffix}"
    kind = {".reg": "ds9", ".crtf": "crtf"}[suffix]
    shapes.write(path, format=kind)
    for place in (center, at(10, 0), at(30, 0)):
        coords = around(place, 1.5 * u.deg, 2_000)
        expected = Field(shapes).contains(coords)
        assert 100 < expected.sum() < 1_500
        assert np.sum(Field(path).contains(coords) != expected) <= 1


def test_regions_without_area(tmp_path):
    regions = [PointSkyRegion(at(1, 0)), CircleSkyRegion(at(0, 0), 1 * u.deg)]
    with pytest.warns(AstrocnnWarning, match="1 region without an area .* left out"):
        field = Field(regions)
    assert repr(field) == "<Field: 1 region>"
    with (
        pytest.warns(AstrocnnWarning, match="1 region without"),
        pytest.raises(InvalidTargetError, match="no region to include"),
    ):
        Field(regions[:1])


CIRCLE = "circle(10, 0, 1d)\n"


@pytest.mark.parametrize("role", ["include", "exclude"])
@pytest.mark.parametrize(
    "content", [CIRCLE, f"physical\n{CIRCLE}", "fk5\npanda(1,0,0,9,1,0,1,1)\n"]
)
def test_files_of_which_nothing_can_be_read(tmp_path, role, content):
    path = tmp_path / "stars.reg"
    path.write_text(content)
    with pytest.raises(InvalidTargetError, match=r"1 of 1 regions in '.*stars\.reg' cannot"):
        Field(**{role: path})


@pytest.mark.parametrize("role", ["include", "exclude"])
def test_files_of_which_a_part_can_be_read(tmp_path, role):
    path = tmp_path / "stars.reg"
    path.write_text(f"fk5\n{CIRCLE}panda(12,0,0,90,1,0d,1d,1)\n{CIRCLE}nonsense(1)\n")
    with pytest.warns(AstrocnnWarning, match=r"2 of 4 regions in '.*stars\.reg' cannot be read"):
        field = Field(**{role: path})
    assert field.contains(at([10.0], [0.0])).tolist() == [role == "include"]
    path.write_text(f"fk5\n{CIRCLE.strip()} # color=red color=blue\nruler(1,0,2,0)\n")
    with pytest.warns(AstrocnnWarning, match="1 region without an area"):  # and nothing else
        Field(**{role: path})


@pytest.mark.parametrize("numbers", ["nan, 0, 10d", "10, nan, 1d"])
def test_regions_that_are_nowhere(tmp_path, numbers):
    path = tmp_path / "a.reg"
    path.write_text(f"fk5\ncircle({numbers})\n")
    with pytest.raises(InvalidTargetError, match=r"a\.reg': a region has numbers .* not finite"):
        Field(exclude=path)
    with pytest.raises(InvalidTargetError, match="not finite"):
        Field(CircleSkyRegion(at(10, 0), np.inf * u.deg))


def test_what_is_no_region(tmp_path):
    for wrong, message in (
        (CirclePixelRegion(PixCoord(1, 1), 3), "in image coordinates"),
        (3, "int is no region of the sky"),
        ([], "no region to include"),
        (PolygonSkyRegion(at([0, 1, 1, 0], [0, 0, 1, 1])[[0, 2, 1, 3]]), "crosses itself"),
        (PolygonSkyRegion(at([0, 1, 1], [0, 0, 0])), "three vertices"),
        (PolygonSkyRegion(at([0, 120, 240], [0, 0, 0])), "wider than 170 degrees"),
        (RectangleSkyRegion(at(0, 0), 175 * u.deg, 1 * u.deg), "wider than 170 degrees"),
    ):
        with pytest.raises(InvalidTargetError, match=message):
            Field(wrong)
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*no\.reg'"):
        Field(tmp_path / "no.reg")
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(InvalidTargetError, match="is of no known kind: regions are read from"):
        Field(tmp_path / "a.csv")
    (tmp_path / "a.reg").write_text("image\ncircle(1,2,3)\n")
    with pytest.raises(InvalidTargetError, match=r"a\.reg': a region is in image coordinates"):
        Field(tmp_path / "a.reg")
    (tmp_path / "b.crtf").write_text("nothing")
    with pytest.raises(InvalidTargetError, match=r"cannot read '.*b\.crtf'"):
        Field(tmp_path / "b.crtf")


# ---- tables ----------------------------------------------------------------------------------


def test_mark_keeps_all_rows():
    field = Field(CircleSkyRegion(at(0, 0), 1 * u.deg))
    table = QTable(
        {"ra": [0, 5, np.nan] * u.deg, "dec": [0, 0, 0] * u.deg, "name": ["a", "b", "c"]}
    )
    marked = field.mark(table, "in_survey")
    assert marked["in_survey"].tolist() == [True, False, False]
    assert marked["name"].tolist() == ["a", "b", "c"]
    assert table.colnames == ["ra", "dec", "name"]
    assert marked.meta["in_survey"]["n_inside"] == 1
    assert marked.meta["in_survey"]["area_deg2"] == pytest.approx(field.area.value)
    assert marked["in_survey"].info.description
    with pytest.raises(InvalidTargetError, match="already has the column 'in_survey'"):
        field.mark(marked, "in_survey")


def test_density_of_a_real_catalog(real_data):
    """MCXC outside of the Galactic plane: as many per area as the count and the area say."""
    from astrocnn.catalogs import read_catalog

    catalog = read_catalog(real_data / "cluster_catalogues" / "mcxc.csv.gz")
    caps = [
        CircleSkyRegion(SkyCoord(l=0, b=b, unit="deg", frame="galactic"), 70 * u.deg)
        for b in (-90, 90)
    ]
    marked = Field(caps).mark(catalog)
    latitude = SkyCoord(catalog["ra"], catalog["dec"]).galactic.b
    np.testing.assert_array_equal(marked["in_field"], np.abs(latitude) >= 20 * u.deg)
    share = Field(caps).area / SKY
    assert share.to_value(u.one) == pytest.approx(1 - np.sin(np.radians(20)))
