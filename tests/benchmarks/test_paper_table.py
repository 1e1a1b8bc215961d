"""The command of the paper's table, on few and small simulated targets."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Better rows have less noise in their made-up scores.
NOISE = {
    "cn-e": 0.3, "mn-e": 0.35, "cn-e-optical": 0.9, "cn-e-xray": 0.5, "cn-z": 0.45, "mn-z": 0.45,
    "cn-e-plain": 0.6, "mn-e-plain": 0.6,
}  # fmt: skip
TINY = ["--scale", "0.03", "--test", "40", "--epochs", "1,1", "--pixels", "32,40"]


@pytest.fixture
def command(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import paper_table

    return paper_table


@pytest.fixture
def parts(command):
    import paper_report
    import paper_runs

    return paper_runs, paper_report


def write_truth(folder, protocol, blocks):
    rng = np.random.default_rng(5)
    for name, seed, n in blocks(protocol):
        cluster = rng.random(n) < 0.5
        truth = Table({"target_id": np.arange(n), "is_cluster": cluster, "list": np.full(n, seed)})
        truth["snr"] = rng.lognormal(2.5, 1, n)
        truth["extent"] = np.where(cluster, 20.0, 0.0)
        truth.write(folder / f"{name}.ecsv")


@pytest.fixture
def made(tmp_path, parts):
    """A folder with the truth of lists of full size, and made-up scores of all rows."""
    runs, report = parts
    protocol = runs.reduced_protocol(n_test=2000)
    write_truth(tmp_path, protocol, runs.blocks)
    lists, rng = runs.read_lists(tmp_path, protocol), np.random.default_rng(6)
    truth = [runs.read_truth(tmp_path, "train")["is_cluster"][lists["test"]]]
    truth = np.concatenate([*truth, runs.read_truth(tmp_path, "test")["is_cluster"]])
    for run in range(3):
        common = rng.normal(size=len(truth))
        for key, noise in NOISE.items():
            # Volunteers are strict: fewer clusters, more of them right.
            shift = 0.2 if key.endswith("z") else 0.5
            scatter = 0.4 * noise * (common + rng.normal(size=len(truth)))
            score = shift + 0.25 * (2 * truth - 1) + scatter
            path = runs.run_path(tmp_path, key, run)
            np.save(path.with_suffix(".npy"), np.clip(score, 0, 1).astype(np.float32))
            path.write_text(json.dumps({"row": key, "run": run, "seconds": 1.5}))
    return report.Results(tmp_path, protocol, list(NOISE), 3)


def test_lists_are_the_papers(made, parts):
    lists = parts[0].read_lists(made.folder, made.protocol)
    cluster = np.asarray(made.train["is_cluster"])
    assert len(lists["both"]) == 404
    assert cluster[lists["both"]].sum() == 254
    assert (len(lists["expert"]), len(lists["volunteer"])) == (1537, 1430)
    assert (len(lists["test"]), cluster[lists["test"]].sum()) == (170, 85)
    assert set(lists["test"]) <= set(lists["both"])
    for name in ("expert", "volunteer"):
        assert len(set(lists[name])) == len(lists[name])
        assert not set(lists[name]) & set(lists["test"])
    assert len(set(lists["expert"]) & set(lists["volunteer"])) == 404 - 170
    snr = np.asarray(made.train["snr"])
    confirmed = lists["test"][:85]
    assert np.median(snr[confirmed]) > np.median(snr[cluster])


def test_training_and_test_are_different_lists(parts):
    runs, _ = parts
    seeds = [seed for _, seed, _ in runs.blocks(runs.reduced_protocol())]
    assert len(set(seeds)) == len(seeds)
    sizes = [(name[:4], n) for name, _, n in runs.blocks(runs.reduced_protocol())]
    assert sum(n for part, n in sizes if part == "test") == 10_000
    assert sum(n for part, n in sizes if part == "trai") == 1707 + 1600 - 404


def test_table(made, parts):
    table = parts[1].make_table(made)
    assert list(table["network"][::3]) == [parts[0].ROWS[key].name for key in NOISE]
    found = table[(table["network"] == "CN-E") & (table["test"] == "2,000")][0]
    scores, truth = made.scores("cn-e", "10000"), made.truth["10000"]
    accuracy = [np.mean((score >= 0.5) == truth) for score in scores]
    assert found["accuracy"] == pytest.approx(np.mean(accuracy))
    assert found["accuracy_std"] == pytest.approx(np.std(accuracy, ddof=1))
    paper = table[(table["network"] == "MN-Z") & (table["test"] == "paper")][0]
    assert (paper["recall"], paper["recall_std"]) == (0.62, 0.03)
    text = parts[1].markdown(parts[1].in_words(table))
    assert "| CN-E | paper | 0.90 ± 0.03 | 0.89 ± 0.05 | 0.91 ± 0.03 | 0.96 ± 0.01 |" in text


def test_orderings(made, parts):
    table = parts[1].make_orderings(made)
    large = table[table["test"] == "2,000"]
    assert len(large) == len(parts[1].ORDERINGS)
    assert np.all(large["low"] < large["difference"])
    assert np.all(large["difference"] < large["high"])
    assert set(large["holds"]) == {"yes"}
    small = table[table["test"] == "170"]
    assert np.all(small["high"] - small["low"] > large["high"] - large["low"])
    recall = table[(table["measure"] == "recall") & (table["test"] == "2,000")][0]
    # Recall over runs and over targets is one and the same mean.
    assert recall["difference"] == pytest.approx(recall["runs_difference"])


def test_ordering_that_does_not_hold(made, parts, monkeypatch):
    monkeypatch.setattr(parts[1], "ORDERINGS", [("cn-e-optical", "cn-e", "auc")])
    assert set(parts[1].make_orderings(made)["holds"]) == {"no"}


def test_evidence(made, parts):
    table = parts[1].make_evidence(made)
    assert table["independent"][-1] == pytest.approx(0.92, abs=0.005)
    large = table[1]
    assert large["X-ray"] > large["optical"]
    assert large["independent"] > large["X-ray"]
    assert 0.5 < large["sum of log-odds"] < 1


def test_rows_without_verdicts(parts):
    found = parts[1].measures(np.array([True, False]), np.array([0.2, 0.1]))
    assert np.isnan(found["precision"])
    assert found["auc"] == 1.0


def test_report_of_some_rows(made, command, tmp_path, capsys):
    """Rows that are not there yet are left out; the page's files are written."""
    for path in tmp_path.glob("run-cn-e-??.json"):
        path.unlink()
    command.report(tmp_path, made.protocol, list(NOISE), 3, out=tmp_path / "page")
    assert "MN-E no augmentation" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        "paper_table.ecsv", "paper_table.csv", "paper_orderings.csv", "paper_evidence.csv",
        "paper_roc.png",
    }  # fmt: skip
    table = Table.read(tmp_path / "page" / "paper_table.ecsv")
    assert len(table) == 3 * 7
    assert table.meta["data"] == "simulated"


def test_every_row_takes_the_same_steps(parts):
    runs, _ = parts
    protocol = runs.reduced_protocol(epochs=(15, 12))
    assert (protocol.cn.steps, protocol.mn.steps) == (154 * 15, 77 * 12)
    full = runs.full_protocol()
    assert (full.cn.steps, full.cn.batch, full.mn.steps, full.mn.batch) == (153_000, 10, 3_825, 20)


def test_images_are_resized(parts):
    tensor = np.arange(32, dtype=np.float16).reshape(1, 4, 4, 2)
    binned = parts[0]._resized(tensor, 2)
    assert binned.shape == (1, 2, 2, 2)
    assert binned[0, 0, 0, 1] == tensor[0, :2, :2, 1].mean()
    assert parts[0]._resized(tensor, 4) is tensor
    between = parts[0]._resized(tensor, 3)
    assert between.shape == (1, 3, 3, 2)
    assert between[0, 1, 1] == pytest.approx(tensor.mean(axis=(0, 1, 2)), abs=0.01)


def test_protocol_in_words(parts):
    protocol = parts[0].reduced_protocol(precision="mixed_bfloat16")
    assert protocol.describe() == (
        "CN: 2310 steps of 10, adam, learning rate 0.0004, cosine, 89 pixels, mixed_bfloat16; "
        "MN: 616 steps of 20, adam, learning rate 0.001, cosine, 56 pixels, batch normalization "
        "keeps 0.9"
    )


def test_folder_of_another_protocol(parts, tmp_path):
    runs, _ = parts
    runs.check_folder(tmp_path, runs.reduced_protocol())
    (tmp_path / "train-000.77.part.npy").touch()
    runs.check_folder(tmp_path, runs.reduced_protocol())
    assert [path.name for path in tmp_path.iterdir()] == ["protocol.json"]
    with pytest.raises(SystemExit, match="differs in n_test, seed"):
        runs.check_folder(tmp_path, runs.reduced_protocol(n_test=10, seed=1))


def test_unknown_row(command, capsys):
    with pytest.raises(SystemExit):
        command.parse(["--rows", "cn-e,vgg"])
    assert "unknown row 'vgg'" in capsys.readouterr().err


def times(folder):
    """When the files of done work were written."""
    return {p.name: p.stat().st_mtime_ns for p in folder.glob("*.json") if p.name[:3] == "run"} | {
        p.name: p.stat().st_mtime_ns for p in folder.glob("t*.npy")
    }


@pytest.mark.slow
def test_all_rows_and_resume(command, tmp_path):
    """All eight rows end to end; the second call makes what is missing and nothing else."""
    arguments = ["--folder", str(tmp_path), "--runs", "1", "--jobs", "1", *TINY]
    results = command.main(arguments)
    assert results.keys == list(NOISE)
    assert all(np.isfinite(results.scores(key, "10000")).all() for key in NOISE)
    assert (tmp_path / "paper_roc.png").stat().st_size > 10_000
    assert list(tmp_path.glob("cn-e-*.png"))
    before = times(tmp_path)
    assert len(before) == 8 + 2
    missing = "run-cn-z-00.json"
    (tmp_path / missing).unlink()
    scores = results.scores("cn-z", "10000")
    again = command.main(arguments)
    after = times(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {missing}
    assert np.allclose(again.scores("cn-z", "10000"), scores, atol=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_command_goes_on(tmp_path):
    """After kill -9 no process stays; what was done is kept, the rest is made."""
    call = [
        sys.executable, str(BENCHMARKS / "paper_table.py"), "--folder", str(tmp_path),
        "--runs", "2", "--jobs", "2", "--rows", "cn-e,cn-e-xray", *TINY,
    ]  # fmt: skip
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(call, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(lambda: list(tmp_path.glob("run-*.json")) or process.poll() is not None)
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not group_lives(process.pid), 30)
    before = times(tmp_path)
    assert before
    subprocess.run(call, check=True, capture_output=True, timeout=600)
    after = times(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(after) == 4 + 2


def wait_until(done, seconds=600):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
