"""Do the probabilities of matches mean what they say? Simulated catalogs whose truth is known.

Positions, offsets, densities over two decades and targets without a counterpart are drawn; the
matches are judged by the truth. Cases that break an assumption of the model show how it fails.

    python benchmarks/match_probability.py                   # under a minute on one core
    python benchmarks/match_probability.py --n-targets 100000 --figure match_probability.png
    python benchmarks/match_probability.py --nway nway.py    # beside NWAY, where it is installed
    python benchmarks/match_probability.py --speed           # 100,000 targets, 1,000,000 entries
"""

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM
from astropy.table import QTable, Table

from astrocnn.matching import RedshiftPrior, match_cutoffs, match_probability
from astrocnn.validation import expected_calibration_error, reliability

COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)
#: Targets per square degree, share of them with a counterpart, and factor by which the catalog
#: gets denser along right ascension.
TARGET_DENSITY, SHARE, DENSER = 200.0, 0.7, 100.0
#: Share of photometric redshifts that say nothing.
OUTLIERS = 0.05
#: Real offsets (kpc): one Rayleigh law, or two with their shares.
ONE, TWO = [(1.0, 60.0)], [(0.8, 40.0), (0.2, 250.0)]


@dataclass
class Case:
    """What is drawn, and what the matching is told."""

    name: str
    density: float = 100.0  # of the sparse end, per square degree
    real_offset: list = field(default_factory=list)
    told_offset: list = field(default_factory=list)
    errors_grown: float = 1.0  # real error over the stated one
    clumps: bool = False  # the field comes in clumps of five
    companions: int = 0  # more entries around each target, with or without a counterpart
    learned: bool = False  # prior on magnitude
    redshifts: bool = False  # photometric ones of the targets against those of the entries
    redshift_errors_grown: float = 1.0  # real error over the stated one


HOLDS = [
    Case("points"),
    Case("points, magnitudes learned", learned=True),
    Case("offsets", 10.0, ONE, ONE),
    Case("two offsets", 10.0, TWO, TWO),
    Case("offsets, redshifts", 10.0, ONE, ONE, redshifts=True),
]
BROKEN = [
    Case("clustered field", clumps=True),
    Case("targets in crowds", companions=2),
    Case("wrong offsets", 10.0, TWO, ONE),
    Case("errors 1.5 times as large", errors_grown=1.5),
    Case("z errors twice as large", 10.0, ONE, ONE, redshifts=True, redshift_errors_grown=2.0),
]


@dataclass
class Sky:
    """Simulated targets and catalog, the true entry of each target (-1: none), the arguments."""

    targets: QTable
    catalog: QTable
    truth: np.ndarray
    radius: u.Quantity
    options: dict


def size(n_targets: int) -> tuple[float, float]:
    """Width and height of the field in degrees: 20 by 5 for 20,000 targets."""
    height = np.sqrt(n_targets / TARGET_DENSITY) / 2
    return 4 * height, height


def simulate(case: Case, n_targets: int, random_state: int = 0) -> Sky:
    rng = np.random.default_rng(random_state)
    width, height = size(n_targets)
    n_true = rng.binomial(n_targets, SHARE)
    ra, dec = (
        rng.uniform(0.02, 0.98, n_targets) * width,
        rng.uniform(-0.48, 0.48, n_targets) * height,
    )
    entries = [
        field_entries(case, rng, width, height),
        counterparts(ra[:n_true], dec[:n_true], rng),
        companions(ra, dec, case.companions, rng),
    ]
    rows = len(entries[0]["ra"]) + np.arange(n_targets)
    truth = np.where(np.arange(n_targets) < n_true, rows, -1)
    entries = {name: np.concatenate([part[name] for part in entries]) for name in entries[0]}
    # Rows in no order.
    order = rng.permutation(len(entries["ra"]))
    entries = {name: values[order] for name, values in entries.items()}
    truth = np.where(truth >= 0, np.argsort(order)[truth], -1)
    low, high = (3.0, 10.0) if case.real_offset else (1.0, 6.0)
    error = np.exp(rng.uniform(np.log(low), np.log(high), n_targets))
    variance = case.errors_grown**2 * (error**2 + entries["error"][truth] ** 2)
    z = np.where(truth >= 0, entries["z_spec"][truth], 0.5)
    if case.real_offset:
        shares, sizes = np.transpose(case.real_offset)
        kpc = rng.choice(sizes, n_targets, p=shares)
        variance += (kpc * COSMOLOGY.arcsec_per_kpc_proper(z).value) ** 2
    ra, dec = scattered(ra, dec, np.sqrt(variance), rng)
    targets = QTable({"ra": ra * u.deg, "dec": dec * u.deg, "error": error * u.arcsec})
    options = {"target_error": "error", "entry_error": "error"}
    if case.told_offset:
        options["offset"] = [(share, size * u.kpc) for share, size in case.told_offset]
    if case.learned:
        options["priors"] = {"mag": "learn"}
    if case.redshifts:
        targets["z_phot"], targets["z_error"] = photometric(case, z, truth, random_state)
        options["priors"] = {"z_spec": RedshiftPrior("z_phot", "z_error", outliers=OUTLIERS)}
    catalog = QTable(entries)
    for name, unit in (("ra", u.deg), ("dec", u.deg), ("error", u.arcsec)):
        catalog[name] = catalog[name] * unit
    return Sky(targets, catalog, truth, (120 if case.real_offset else 30) * u.arcsec, options)


def photometric(case, z, truth, random_state):
    """Redshifts of the targets as stated, and their errors; some say nothing."""
    rng = np.random.default_rng([random_state, 1])
    anywhere = rng.uniform(0.1, 0.8, len(z))
    z = np.where(truth >= 0, z, anywhere)
    error = 0.02 * (1 + z)
    measured = z + rng.normal(0, case.redshift_errors_grown * error)
    return np.where(rng.random(len(z)) < OUTLIERS, rng.uniform(0.1, 0.8, len(z)), measured), error


def field_entries(case, rng, width, height):
    """Entries that have nothing to do with the targets; a hundred times denser at one end."""
    mean = case.density * (DENSER - 1) / np.log(DENSER)
    n = rng.poisson(mean * width * height / (5 if case.clumps else 1))
    ra = width * np.log1p(rng.random(n) * (DENSER - 1)) / np.log(DENSER)
    dec = rng.uniform(-0.5, 0.5, n) * height
    if case.clumps:
        ra, dec = scattered(np.repeat(ra, 5), np.repeat(dec, 5), 15.0, rng)
    mag = 22 + np.log10(rng.uniform(0.001, 1, len(ra))) / 0.3
    return attributes(ra, dec, mag, rng)


def counterparts(ra, dec, rng):
    return attributes(ra, dec, rng.normal(18, 1, len(ra)), rng)


def companions(ra, dec, n, rng):
    """Entries around each target, such as the other galaxies of a group."""
    ra, dec = scattered(np.repeat(ra, n), np.repeat(dec, n), 15.0, rng)
    return attributes(ra, dec, rng.uniform(18, 22, len(ra)), rng)


def attributes(ra, dec, mag, rng):
    return {
        "ra": ra, "dec": dec, "mag": mag,
        "error": rng.uniform(0.1, 1, len(ra)), "z_spec": rng.uniform(0.1, 0.8, len(ra)),
    }  # fmt: skip


def scattered(ra, dec, arcsec, rng):
    """Positions with an error along each axis."""
    east, north = rng.normal(size=(2, len(ra))) * arcsec / 3600
    return ra + east / np.cos(np.radians(dec)), dec + north


def judge(case: Case, n_targets: int, random_state: int, n_shifts: int) -> dict:
    """Match one simulated sky and compare with the truth."""
    sky = simulate(case, n_targets, random_state)
    start = time.perf_counter()
    found = match_probability(sky.targets, sky.catalog, sky.radius, **sky.options)
    seconds = time.perf_counter() - start
    true_pair = np.asarray(found.pairs["entry_row"]) == sky.truth[found.pairs["target_row"]]
    listed = np.zeros(n_targets, dtype=bool)
    listed[found.pairs["target_row"][true_pair]] = True
    best = np.asarray(found.pairs["match_flag"]) == 1
    right = np.zeros(n_targets, dtype=bool)
    right[found.pairs["target_row"][best & true_pair]] = True
    p_any = np.asarray(found.targets["p_any"], dtype=float)
    p_true = 1 - np.ma.array(found.targets["false_probability"]).filled(1.0)
    chosen = p_any >= 0.5
    nearest, distance = nearest_match(found.pairs, sky.truth, n_targets)
    cut = match_cutoffs(found, [0.5], shift=0.25 * u.deg, n_shifts=n_shifts)
    return {
        "case": case.name,
        "ECE p_any": expected_calibration_error(listed, p_any),
        "ECE best": expected_calibration_error(right, p_true),
        "bias": float(np.mean(p_any - listed)),
        "share": np.mean(sky.truth >= 0),
        "fitted": found.completeness,
        "by counts": cut.meta["completeness_by_counts"],
        "false": int(np.sum(chosen & ~right)),
        "expected": found.expected_false(0.5),
        "chance": int(np.sum(chosen & (sky.truth < 0))),
        "moved": float(cut["n_chance"][0]),
        "purity": [purity_at(right, p_true, level, sky.truth) for level in (0.8, 0.9)],
        "nearest": [purity_at(nearest, -distance, level, sky.truth) for level in (0.8, 0.9)],
        "seconds": seconds,
        "reliability": reliability(listed, p_any),
    }


def nearest_match(pairs, truth, n):
    """Whether the nearest entry of each target is the true one, and how far it is."""
    first = np.unique(pairs["target_row"], return_index=True)[1]
    right, distance = np.zeros(n, dtype=bool), np.full(n, np.inf)
    rows = pairs["target_row"][first]
    right[rows] = pairs["entry_row"][first] == truth[rows]
    distance[rows] = pairs["separation"][first].to_value(u.arcsec)
    return right, distance


def purity_at(right, score, completeness, truth):
    """Purity of the best scores that find this share of the counterparts; NaN if none do."""
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(right[order])
    enough = np.flatnonzero(found >= completeness * np.sum(truth >= 0))
    return found[enough[0]] / (enough[0] + 1) if len(enough) else np.nan


def beside_nway(command: str, n_targets: int, random_state: int) -> list[str]:
    """The same point sources, in a field of one density, through NWAY."""
    rng = np.random.default_rng(random_state)
    density, (width, height) = 3000.0, size(n_targets)
    area = width * height
    sky = simulate(Case("points"), n_targets, random_state)
    true = sky.truth[sky.truth >= 0]
    n = rng.poisson(density * area)
    catalog = Table({
        "RA": np.append(sky.catalog["ra"][true].value, rng.uniform(0, width, n)),
        "DEC": np.append(sky.catalog["dec"][true].value, rng.uniform(-0.5, 0.5, n) * height),
        "pos_err": np.append(sky.catalog["error"][true].value, rng.uniform(0.1, 1, n)),
    })  # fmt: skip
    targets = Table({
        "RA": sky.targets["ra"].value, "DEC": sky.targets["dec"].value,
        "pos_err": sky.targets["error"].value,
    })  # fmt: skip
    theirs, best = run_nway(command, targets, catalog, area)
    listed = sky.truth >= 0
    lines = [
        f"NWAY, {n_targets} simulated targets, {len(catalog)} entries, completeness {SHARE}: "
        f"calibration error of p_any {expected_calibration_error(listed, theirs):.4f}"
    ]
    for label, share in (("the same completeness", SHARE), ("c / (1 + c)", SHARE / (1 + SHARE))):
        found = match_probability(
            targets, catalog, 30 * u.arcsec,
            target_error=targets["pos_err"] * u.arcsec, entry_error=catalog["pos_err"] * u.arcsec,
            completeness=share, density=len(catalog) / area / u.deg**2,
        )  # fmt: skip
        ours = np.asarray(found.targets["p_any"], dtype=float)
        match = np.ma.array(found.targets["match_id"]).filled(-1)
        off = np.abs(ours - theirs)
        lines.append(
            f"  ours with {label}: calibration error {expected_calibration_error(listed, ours):.4f}"
            f"; |difference of p_any| {off.mean():.1e} on average, {off.max():.1e} at most; "
            f"the same best entry for {100 * np.mean(match == best):.2f} %"
        )
    return lines


def run_nway(command, targets, catalog, area):
    """``p_any`` and the best entry (-1: none) that NWAY gives each target."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in (("TARGETS", targets), ("CATALOG", catalog)):
            table = table.copy()
            table["ID"] = np.arange(len(table))
            table.meta = {"EXTNAME": name, "SKYAREA": area}
            table.write(Path(folder) / f"{name}.fits")
        subprocess.run(
            [command, "--radius", "30", "--prior-completeness", str(SHARE), "--out", "out.fits",
             "TARGETS.fits", ":pos_err", "CATALOG.fits", ":pos_err"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        rows = Table.read(Path(folder) / "out.fits")
    p_any, best = np.zeros(len(targets)), np.full(len(targets), -1)
    p_any[rows["TARGETS_ID"]] = rows["p_any"]
    # Its best row of a target may be that of no counterpart: take the best entry.
    rows = rows[np.asarray(rows["CATALOG_ID"]) >= 0]
    rows.sort("p_i")
    best[rows["TARGETS_ID"]] = rows["CATALOG_ID"]
    return p_any, best


def speed() -> str:
    """100,000 targets against 1,000,000 entries."""
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(0, 20, 1_000_000), rng.uniform(-5, 5, 1_000_000)
    chosen = rng.choice(1_000_000, 100_000, replace=False)
    x, y = scattered(ra[chosen], dec[chosen], 3.0, rng)
    targets = QTable({"ra": x * u.deg, "dec": y * u.deg})
    catalog = QTable({"ra": ra * u.deg, "dec": dec * u.deg})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    found = match_probability(targets, catalog, 15 * u.arcsec, target_error=3 * u.arcsec)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return (
        f"100,000 targets, 1,000,000 entries, {len(found.pairs)} pairs: {seconds:.1f} s "
        f"({cpu:.1f} s of processors), {more:.0f} MiB above the inputs"
    )


def show(rows: list[dict]) -> None:
    print(
        f"{'':27}{'calibration error':>18} {'mean of':>9} {'with counterpart (%)':>23}"
        f"{'false at p_any 0.5':>20}{'by chance':>15}{'purity (nearest) at completeness':>36}"
    )
    print(
        f"{'':27}{'p_any':>9}{'best':>9} {'p - true':>9} {'true':>7}{'fitted':>8}{'counts':>8}"
        f"{'true':>10}{'expected':>10}{'true':>7}{'moved':>8}{'0.8':>18}{'0.9':>18}{'s':>6}"
    )
    for row in rows:
        purity = "".join(
            f"{f'{ours:.3f} ({other:.3f})':>18}"
            for ours, other in zip(row["purity"], row["nearest"], strict=True)
        )
        shares = "".join(f"{100 * row[name]:>8.1f}" for name in ("share", "fitted", "by counts"))
        print(
            f"{row['case']:27}{row['ECE p_any']:>9.4f}{row['ECE best']:>9.4f} {row['bias']:>+9.4f}"
            f"{shares}{row['false']:>10}{row['expected']:>10.0f}{row['chance']:>7}"
            f"{row['moved']:>8.0f}{purity}{row['seconds']:>6.1f}"
        )


def draw(rows: list[dict], path: str) -> None:
    from astrocnn.plotting import plot_reliability
    from astrocnn.plotting._matplotlib import import_pyplot

    plt = import_pyplot()
    figure, axes = plt.subplots(1, 2, figsize=(10, 6), layout="constrained")
    names = {case.name for case in HOLDS}
    for ax, holds, title in zip(
        axes, (True, False), ("the model holds", "an assumption is broken"), strict=True
    ):
        plot_reliability(
            {row["case"]: row["reliability"] for row in rows if (row["case"] in names) == holds}, ax
        )
        ax.set(xlabel="p_any", ylabel="share of targets with a counterpart", title=title)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize=9)
    figure.savefig(path, dpi=120)


def main(arguments=None) -> list[dict]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-targets", type=int, default=20_000)
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--n-shifts", type=int, default=2, help="positions of the moved targets")
    parser.add_argument("--figure", help="file for the reliability diagrams")
    parser.add_argument("--nway", help="command of NWAY, to run it on the same point sources")
    parser.add_argument("--speed", action="store_true", help="time 100,000 x 1,000,000 only")
    options = parser.parse_args(arguments)
    if options.speed:
        print(speed())
        return []
    rows = [
        judge(case, options.n_targets, options.random_state, options.n_shifts)
        for case in HOLDS + BROKEN
    ]
    show(rows)
    if options.figure:
        draw(rows, options.figure)
    if options.nway and shutil.which(options.nway):
        n_targets = min(options.n_targets, 10_000)
        print("\n".join(beside_nway(options.nway, n_targets, options.random_state)))
    elif options.nway:
        print(f"NWAY: there is no command '{options.nway}', so it is skipped")
    return rows


if __name__ == "__main__":
    main()
