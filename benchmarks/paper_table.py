"""The table of Kosiba et al. (2020) on simulated targets: eight rows, ten runs each.

    python benchmarks/paper_table.py [--folder paper_table] [--runs 10] [--rows cn-e,mn-e]

It can be killed at any time: started again with the same options, it goes on where it was. What is
done lies in the folder, a small file per run. `--full` is the paper's own protocol (an accelerator
needs half a day for it), without it a reduced one, which the table states.
"""

import argparse
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

import numpy as np
from paper_figures import plot_galleries, plot_rocs
from paper_report import Results, in_words, make_evidence, make_orderings, make_table, markdown
from paper_runs import (
    ROWS,
    Protocol,
    blocks,
    check_folder,
    full_protocol,
    one_run,
    reduced_protocol,
    run_path,
    simulate_block,
    write_atomic,
)
from tqdm.auto import tqdm

from astrocnn.simulation import (
    confirmed_clusters,
    fit_volunteers,
    simulate_field,
    truth_table,
    volunteer_labels,
)

#: Images per second of two processes on two cores at 89 pixels: training, prediction.
SPEED = {"cn": (500, 1000), "mn": (75, 500)}
#: Simulated two-band targets per second, the same.
SIMULATED = 50


def _start_worker(threads: int) -> None:
    """One process of several: few threads, silent on Ctrl-C, gone when its parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = str(threads)

    def watch():
        connection.wait([parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_all(function, tasks: list[tuple], jobs: int, what: str) -> None:
    """Call a function for every task, in this process or in several."""
    with tqdm(total=len(tasks), desc=what, unit="task", disable=not tasks) as bar:
        if jobs == 1 or len(tasks) < 2:
            for task in tasks:
                function(*task)
                bar.update()
            return
        threads = max((os.cpu_count() or 1) // jobs, 1)
        with ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(threads,)
        ) as pool:
            futures = [pool.submit(function, *task) for task in tasks]
            try:
                for future in as_completed(futures):
                    future.result()
                    bar.update()
            finally:
                pool.shutdown(cancel_futures=True)


def estimate(folder: Path, protocol: Protocol, tasks: list[tuple], to_simulate: int) -> str:
    """What is to be done, and about how long it takes two cores."""
    seconds = to_simulate / SIMULATED
    for _, _, key, _ in tasks:
        training = protocol.cn if ROWS[key].network == "cn" else protocol.mn
        train, test = SPEED[ROWS[key].network]
        area = (training.pixels / 89) ** 2
        seconds += area * (training.steps * training.batch / train + protocol.n_test / test)
    return (
        f"{protocol.describe()}\nto do: {to_simulate} simulated targets, {len(tasks)} runs; about "
        f"{seconds / 60:.0f} minutes on two cores; kept in {folder}"
    )


def make_runs(folder: Path, protocol: Protocol, keys, runs: int, jobs: int) -> None:
    """Simulate, train and test all that is not done yet."""
    check_folder(folder, protocol)
    parts = [
        (folder, protocol, *block)
        for block in blocks(protocol)
        if not (folder / f"{block[0]}.npy").exists()
    ]
    tasks = [
        (folder, protocol, key, run)
        for run in range(runs)
        for key in keys
        if not run_path(folder, key, run).exists()
    ]
    print(estimate(folder, protocol, tasks, sum(part[-1] for part in parts)), flush=True)
    run_all(simulate_block, parts, jobs, "simulated lists")
    run_all(one_run, tasks, jobs, "runs")


def report(folder: Path, protocol: Protocol, keys, runs: int, out: Path | None = None) -> Results:
    """Print the tables; write them and the figures into the folder, and where a page has them."""
    results = Results(folder, protocol, keys, runs)
    table = make_table(results)
    shown = {
        "paper_table": in_words(table),
        "paper_orderings": make_orderings(results),
        "paper_evidence": make_evidence(results),
    }
    for place in (folder, out) if out else (folder,):
        place.mkdir(parents=True, exist_ok=True)
        table.write(place / "paper_table.ecsv", format="ascii.ecsv", overwrite=True)
        for name, rows in shown.items():
            rows.write(place / f"{name}.csv", format="ascii.csv", overwrite=True)
        plot_rocs(results, place / "paper_roc.png")
        if "cn-e" in results.keys:
            plot_galleries(results, place)
    text = "\n".join(markdown(rows) for rows in shown.values())
    write_atomic(folder / "paper_table.md", lambda part: part.write_text(text, encoding="utf-8"))
    for rows in shown.values():
        rows.pprint(max_lines=-1, max_width=-1, align="<")
        print()
    return results


def refit(n: int, seed: int) -> None:
    """Fit the simulated volunteers to the simulation as it is, and print them with their rates."""
    truth = truth_table([simulate_field(i, seed, bands=()).truth for i in range(n)], seed)
    fitted, cluster = fit_volunteers(truth, rows=100_000), np.asarray(truth["is_cluster"])
    found = []
    for i in range(10):
        labels = volunteer_labels(truth, i, fitted)
        bright = confirmed_clusters(truth, i)
        found.append([labels[which].mean() for which in (cluster, bright, ~cluster)])
    print(fitted)
    rates = zip(("all clusters", "confirmed", "others"), np.mean(found, axis=0), strict=True)
    print("called clusters: " + ", ".join(f"{name} {rate:.4f}" for name, rate in rates))


def parse(arguments=None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--folder", type=Path, default=Path("paper_table"), help="where all is kept")
    add("--rows", default=",".join(ROWS), help="rows, of %(default)s")
    add("--runs", type=int, default=10)
    add("--jobs", type=int, help="processes (default 2; 1 with --full)")
    add("--epochs", default="15,8", help="of CN, MN (default %(default)s)")
    add("--pixels", default="89,56", help="side of the images of CN, MN (default %(default)s)")
    add("--precision", help="of CN: mixed_bfloat16 is faster on GPUs, and with AMX")
    add("--test", type=int, default=10_000, help="targets of the large test")
    add("--scale", type=float, default=1.0, help="share of the paper's list sizes, for a trial")
    add("--seed", type=int, default=2020)
    add("--full", action="store_true", help="the paper's own protocol; needs an accelerator")
    add("--out", type=Path, help="write tables and ROC figure here too (docs/results)")
    add("--fit-volunteers", type=int, metavar="N", help="fit them to N targets, and stop")
    options = parser.parse_args(arguments)
    options.rows = options.rows.split(",")
    options.jobs = options.jobs or (1 if options.full else 2)
    unknown = [key for key in options.rows if key not in ROWS]
    if unknown:
        parser.error(f"unknown row {unknown[0]!r}; choices: {', '.join(ROWS)}")
    return options


def main(arguments=None) -> Results | None:
    """Run the command."""
    options = parse(arguments)
    if options.fit_volunteers:
        return refit(options.fit_volunteers, options.seed)
    settings = {"n_test": options.test, "scale": options.scale, "seed": options.seed}
    if options.full:
        protocol = full_protocol(options.precision, **settings)
    else:
        epochs, pixels = (
            tuple(int(number) for number in text.split(","))
            for text in (options.epochs, options.pixels)
        )
        protocol = reduced_protocol(epochs, pixels, precision=options.precision, **settings)
    folder = options.folder.resolve()
    make_runs(folder, protocol, options.rows, options.runs, options.jobs)
    return report(folder, protocol, options.rows, options.runs, options.out)


if __name__ == "__main__":
    main()
