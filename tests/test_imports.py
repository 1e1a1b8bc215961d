"""The shape of the package: what imports what, and what an import costs."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import astrocnn

PACKAGE = Path(astrocnn.__file__).parent

#: Sub-package -> layer. It imports only those of lower layers, itself, and what SAME_LAYER names.
LAYERS = {
    "config": 0,
    "exceptions": 0,
    "_compiled": 0,
    "_optional": 0,
    "_packed": 0,
    "_fits_counts": 0,
    "_paths": 0,
    "_registry": 0,
    "_settings": 0,
    "services": 1,
    "storage": 1,
    "surveys": 1,
    "grid": 1,
    "tables": 1,
    "providers": 2,
    "preprocessing": 2,
    "networks": 2,
    "labels": 2,
    "catalogs": 2,
    "extent": 2,
    "matching": 2,
    "cutouts": 3,
    "training": 3,
    "validation": 3,
    "simulation": 3,
    "estimators": 4,
    "plotting": 5,
    "datasets": 5,
    "cli": 5,
    "__main__": 6,
}

#: (sub-package, one of the same layer that it may import). Keep it short.
SAME_LAYER = {
    ("config", "_settings"),
    ("config", "exceptions"),
    ("_settings", "exceptions"),
    ("_paths", "exceptions"),
    ("_registry", "exceptions"),
    ("grid", "surveys"),
    ("preprocessing", "extent"),
    ("tables", "storage"),
    ("tables", "surveys"),
    ("simulation", "cutouts"),
    ("training", "simulation"),
    ("cli", "datasets"),
    ("cli", "plotting"),
}

HEAVY = {
    "astropy", "astroquery", "healpy", "jax", "keras", "matplotlib", "numba", "numpy", "pandas",
    "reproject", "scipy", "sklearn", "tensorflow", "torch", "xarray",
}  # fmt: skip

DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}


def name_of(path):
    """Dotted name of a module below the package, e.g. ``surveys._core``; "" for the top."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
ROOMS = {name.partition(".")[0] for name in MODULES} - {""}


def imports(name):
    """Yield the dotted names that a module imports, anywhere in its text; ours are relative to
    the package and start with a dot.
    """
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    package = [part for part in package if part]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ["astrocnn", *package[: len(package) + 1 - node.level]] if node.level else []
            base += node.module.split(".") if node.module else []
            found = [".".join([*base, alias.name]) for alias in node.names]
        else:
            continue
        for target in found:
            top, _, rest = target.partition(".")
            yield f".{rest}" if top == "astrocnn" else target


def rooms_imported(name):
    """Rooms, other than its own, that a module imports."""
    tops = {target[1:].partition(".")[0] for target in imports(name) if target.startswith(".")}
    assert "" not in tops, f"{name} imports the whole package: import from the room instead"
    rooms = {astrocnn._EXPORTS.get(top, top) for top in tops}
    return rooms & (ROOMS | set(LAYERS)) - {name.partition(".")[0]}


def run(code):
    """Run code in a fresh interpreter and return what it prints, word by word."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_import_loads_nothing_but_itself():
    """``import astrocnn`` is as cheap as an import can be."""
    loaded = run(
        "import sys; before = set(sys.modules); import astrocnn; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    assert set(loaded) - sys.stdlib_module_names == {"astrocnn"}


def test_settings_load_astropy_only():
    """Reading a setting costs no more than astropy does."""
    loaded = run("import sys, astrocnn; astrocnn.conf; print(*sys.modules)")
    assert HEAVY & set(loaded) == {"astropy", "numpy"}


@pytest.mark.parametrize("name", astrocnn.__all__)
def test_export(name):
    """Each name at the top can be had, and is remembered."""
    value = getattr(astrocnn, name)
    assert value is getattr(astrocnn, name)
    assert name in dir(astrocnn)


PUBLIC = sorted(room for room in ROOMS if not room.startswith("_"))


@pytest.fixture(scope="module")
def names_of_rooms():
    """Room -> what it is called, each had as the first of a package that is imported anew."""
    lines = run(f"""
import sys
for room in {PUBLIC}:
    for name in [name for name in sys.modules if name.partition(".")[0] == "astrocnn"]:
        del sys.modules[name]
    import astrocnn
    print(getattr(astrocnn, room).__name__)
""")
    return dict(zip(PUBLIC, lines, strict=True))


@pytest.mark.parametrize("room", PUBLIC)
def test_room_is_an_attribute(room, names_of_rooms):
    """``import astrocnn; astrocnn.surveys`` works in a fresh session, and the summary has it."""
    assert names_of_rooms[room] == f"astrocnn.{room}"
    assert room in dir(astrocnn)
    assert f"`astrocnn.{room}`" in astrocnn.__doc__


def test_unknown_attribute():
    with pytest.raises(AttributeError, match=r"module 'astrocnn' has no attribute 'clusters'"):
        astrocnn.clusters  # noqa: B018


def test_version():
    from importlib.metadata import version

    assert astrocnn.__version__ == version("astrocnn")


@pytest.mark.parametrize("name", MODULES)
def test_layers(name):
    """Imports point down the layers; docs/development/layout.rst shows them."""
    room = name.partition(".")[0]
    if not room:
        assert rooms_imported(name) == set()
        return
    assert room in LAYERS, f"give astrocnn/{room} a layer in LAYERS"
    wrong = {
        other
        for other in rooms_imported(name)
        if LAYERS[other] >= LAYERS[room] and (room, other) not in SAME_LAYER
    }
    assert not wrong, f"{name} (layer {LAYERS[room]}) may not import {sorted(wrong)}"


def test_no_circle():
    """What SAME_LAYER allows has an order too (a circle raises CycleError)."""
    order = TopologicalSorter()
    for room, other in SAME_LAYER:
        assert LAYERS[room] == LAYERS[other]
        order.add(room, other)
    order.prepare()


@pytest.mark.parametrize("name", MODULES)
def test_no_direct_backend(name):
    """TensorFlow is reached through Keras alone: other backends run the same code."""
    assert "tensorflow" not in {target.partition(".")[0] for target in imports(name)}


@pytest.mark.parametrize("name", MODULES)
def test_all_and_name(name):
    """Every module says what is public, and none is a drawer."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert "__all__" in assigned
    assert not {part.strip("_") for part in name.split(".")} & DRAWERS
